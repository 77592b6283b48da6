// SPDX-License-Identifier: BSD-3-Clause
/*
 * reach.c - finds a viosd that answers. One thread, blocking; each try is bounded by a time limit.
 * A VIOS is a directory of the run directory that holds a viosd.sock.
 */
#include "vios-core/base/log.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"
#include "vios-core/cli/cli.h"
#include "vios-core/model/frame_config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES 512

struct answer {
	json_t *result;
	char message[MESSAGE_BYTES];
};

/* 0, -errno: nobody there, or an rpc_code. */
static int ask_one(const struct cli *cli, const char *vios, const char *method, json_t *params,
	unsigned timeout_ms, struct answer *answer)
{
	struct runpath path;
	int r = runpath_viosd(&path, cli->run, vios);

	if (r < 0) {
		snprintf(answer->message, sizeof(answer->message), "%s", strerror(-r));
		return r;
	}
	return rpc_sync_call(path.text, method, json_incref(params), timeout_ms, &answer->result,
		answer->message, sizeof(answer->message));
}

static int is_vios(const struct dirent *entry)
{
	return model_name_valid(entry->d_name);
}

/* Nobody was there to do it, or what is asked for changes nothing: the next may be asked. */
static bool may_go_on(int r, enum cli_kind kind)
{
	if (r == -ENOENT || r == -ECONNREFUSED || r == -EACCES || r == -ENAMETOOLONG)
		return true;
	return kind == CLI_READS && r < 0 && r > -4096;
}

static int ask_any(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, struct answer *answer)
{
	struct dirent **entries;
	int n = scandir(cli->run, &entries, is_vios, alphasort);
	int r = n < 0 ? -errno : -ENOENT;
	bool go_on = true;

	for (int i = 0; i < n; i++) {
		struct runpath path;
		if (go_on && runpath_viosd(&path, cli->run, entries[i]->d_name) == 0 &&
			access(path.text, F_OK) == 0) {
			r = ask_one(cli, entries[i]->d_name, method, params, timeout_ms, answer);
			go_on = may_go_on(r, kind);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r;
}

static int complain(const struct cli *cli, const char *method, int r, const struct answer *answer)
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
	log_refuse("%s", answer->message[0] ? answer->message : method);
	return CLI_FAILED;
}

int cli_ask(const struct cli *cli, enum cli_kind kind, const char *method, json_t *params,
	unsigned timeout_ms, json_t **result)
{
	struct answer answer = {0};
	json_t *wanted = params ? params : json_object();
	int r = cli->vios ? ask_one(cli, cli->vios, method, wanted, timeout_ms, &answer)
			  : ask_any(cli, kind, method, wanted, timeout_ms, &answer);

	json_decref(wanted);
	if (r == 0) {
		*result = answer.result;
		return CLI_OK;
	}
	return complain(cli, method, r, &answer);
}

int cli_print_json(json_t *result)
{
	int r = json_dumpf(result, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(result);
	return r == 0 && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

const char *cli_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}
