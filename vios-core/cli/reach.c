// SPDX-License-Identifier: BSD-3-Clause
/*
 * reach.c - finds a viosd that answers. One thread, blocking; each try is bounded by a time limit.
 * A VIOS is a directory of the run directory that holds a viosd.sock.
 */
#include "vios-core/base/log.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"
#include "vios-core/cli/cli.h"
#include "vios-core/cli/jx.h"
#include "vios-core/model/frame_config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONAL_MS 2000u
#define SUBSCRIBE_MS 1000u
#define VIOS_MAX 16 /* directories that are tried */

/* The VIOS to ask, in order. */
struct candidates {
	size_t n;
	char name[VIOS_MAX][MODEL_NAME_MAX + 1];
	int why; /* there are none */
};

static int is_vios(const struct dirent *entry)
{
	return model_name_valid(entry->d_name);
}

static void add(const struct cli *cli, struct candidates *list, const char *name)
{
	struct runpath path;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->name[i], name) == 0)
			return;
	if (list->n < VIOS_MAX && runpath_viosd(&path, cli->run, name) == 0 &&
		access(path.text, F_OK) == 0)
		snprintf(list->name[list->n++], sizeof(list->name[0]), "%.31s", name);
}

static struct candidates find(const struct cli *cli)
{
	struct candidates list = {.why = -ENOENT};
	struct dirent **entries;

	if (cli->vios && model_name_valid(cli->vios))
		snprintf(list.name[list.n++], sizeof(list.name[0]), "%.31s", cli->vios);
	if (cli->vios && !cli->verb->picks_side)
		return list;
	int n = scandir(cli->run, &entries, is_vios, alphasort);
	if (n < 0)
		list.why = -errno;
	for (int i = 0; i < n; i++) {
		add(cli, &list, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return list;
}

/* 0, -errno: nobody there, or an rpc_code. */
static int ask_one(const struct cli *cli, const char *vios, const char *method, json_t *params,
	unsigned timeout_ms, struct rpc_sync_answer *answer)
{
	struct rpc_sync *sync = NULL;
	struct runpath path;
	int r = runpath_viosd(&path, cli->run, vios);

	if (r == 0)
		r = rpc_sync_open(path.text, timeout_ms, &sync);
	if (r == 0)
		r = rpc_sync_ask(sync, method, json_incref(params), timeout_ms, answer);
	rpc_sync_close(sync);
	return r;
}

/* Nobody was there to do it, or what is asked for changes nothing: the next may be asked. */
static bool may_go_on(int r, enum cli_kind kind)
{
	if (r == -ENOENT || r == -ECONNREFUSED || r == -EACCES || r == -ENAMETOOLONG)
		return true;
	return kind == CLI_READS && r < 0 && r > -4096;
}

static int ask(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, struct rpc_sync_answer *answer)
{
	json_t *wanted = params ? params : json_object();
	struct candidates list = find(cli);
	int r = list.why;

	for (size_t i = 0; i < list.n; i++) {
		rpc_sync_answer_fini(answer);
		r = ask_one(cli, list.name[i], method, wanted, timeout_ms, answer);
		if (!may_go_on(r, kind))
			break;
	}
	json_decref(wanted);
	return r;
}

/* error.data.faults: a line each. */
static bool complain_of_faults(const json_t *data)
{
	json_t *faults = jx_clean(json_object_get(data, "faults")), *fault;
	bool any = false;
	size_t i;

	json_array_foreach(faults, i, fault)
	{
		const char *path = jx_text(fault, "path");
		log_refuse("%s%s%s", path, path[0] ? ": " : "", jx_text(fault, "text"));
		any = true;
	}
	json_decref(faults);
	return any;
}

static int complain(
	const struct cli *cli, const char *method, int r, const struct rpc_sync_answer *answer)
{
	if (r == -ETIMEDOUT) {
		log_refuse(
			"viosd did not answer %s in time; ask again, or look at its log", method);
		return CLI_UNREACHABLE;
	}
	if (r > -4096) {
		log_refuse("no viosd answers below %s%s%s (%s); start one, or give --run or --vios",
			cli->run, cli->vios ? "/" : "", cli->vios ? cli->vios : "", strerror(-r));
		return CLI_UNREACHABLE;
	}
	if (r == RPC_NO_METHOD)
		log_refuse("this viosd is too old for %s: it has no %s", cli->verb->name, method);
	else if (!complain_of_faults(answer->data))
		log_refuse("%s", answer->message[0] ? answer->message : method);
	return CLI_FAILED;
}

int cli_ask(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, json_t **result)
{
	struct rpc_sync_answer answer = {0};
	int r = ask(cli, kind, method, params, timeout_ms, &answer);

	*result = r == 0 ? json_incref(answer.result) : NULL;
	r = r == 0 ? CLI_OK : complain(cli, method, r, &answer);
	rpc_sync_answer_fini(&answer);
	return r;
}

int cli_ask_if_known(const struct cli *cli, const char *method, json_t *params, json_t **result)
{
	struct rpc_sync_answer answer = {0};
	int r = ask(cli, CLI_READS, method, params, OPTIONAL_MS, &answer);

	*result = r == 0 ? json_incref(answer.result) : NULL;
	r = r == 0 || r == RPC_NO_METHOD ? CLI_OK : complain(cli, method, r, &answer);
	rpc_sync_answer_fini(&answer);
	return r;
}

json_t *cli_ask_at(const struct cli *cli, const char *vios, const char *method, json_t *params,
	unsigned timeout_ms)
{
	struct rpc_sync_answer answer = {0};
	int r = -EINVAL;

	if (!params)
		params = json_object();
	if (model_name_valid(vios))
		r = ask_one(cli, vios, method, params, timeout_ms, &answer);
	json_t *result = r == 0 ? json_incref(answer.result) : NULL;

	json_decref(params);
	rpc_sync_answer_fini(&answer);
	return result;
}

struct rpc_sync *cli_subscribe(const struct cli *cli)
{
	struct candidates list = find(cli);

	for (size_t i = 0; i < list.n; i++) {
		struct rpc_sync_answer answer = {0};
		struct rpc_sync *sync = NULL;
		struct runpath path;
		if (runpath_viosd(&path, cli->run, list.name[i]) < 0 ||
			rpc_sync_open(path.text, SUBSCRIBE_MS, &sync) < 0)
			continue;
		int r = rpc_sync_ask(sync, "subscribe",
			json_pack("{s:[s,s,s,s]}", "topics", "config", "status", "devices", "log"),
			SUBSCRIBE_MS, &answer);
		rpc_sync_answer_fini(&answer);
		if (r == 0)
			return sync;
		rpc_sync_close(sync);
	}
	return NULL;
}

int cli_print_json(json_t *result)
{
	int r = json_dumpf(result, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(result);
	return r == 0 && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int cli_print(char *text)
{
	int r = text && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;

	if (!text)
		log_refuse("there is not enough memory");
	free(text);
	return r;
}

const char *cli_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}
