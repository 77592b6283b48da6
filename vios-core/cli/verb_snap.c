// SPDX-License-Identifier: BSD-3-Clause
/* verb_snap.c - viosctl snap: an adapter's frames into a capture file of the VIOS that serves it.
 */
#include "vios-core/base/log.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <string.h>

#define SNAP_MS 5000u

/* The VIOS on which the adapter is live: a name of the status, or NULL after a line. */
static const char *live_on(const json_t *status, const char *adapter)
{
	const json_t *entry = jx_find(json_object_get(status, "adapters"), "adapter", adapter);
	const char *vios = jx_text(entry, "live");

	if (!entry)
		log_refuse("%s: there is no such adapter; see viosctl status", adapter);
	else if (!vios[0])
		log_refuse("%s is on neither VIOS now; give --vios", adapter);
	return entry && vios[0] ? vios : NULL;
}

static void print_state(const json_t *state)
{
	const char *ended = jx_text(state, "ended");

	if (!json_is_object(state)) {
		printf("nothing has been traced\n");
		return;
	}
	printf("%s: %s%s, %lld frames, %lld lost, %s\n", jx_text(state, "adapter"),
		ended[0] ? "ended: " : "is being traced", ended, (long long)jx_int(state, "frames"),
		(long long)jx_int(state, "lost"), jx_text(state, "path"));
	fflush(stdout);
}

static json_t *params_of(const struct args *args)
{
	json_t *params = json_object();

	if (args_has(args, "trace"))
		jx_put_text(params, "adapter", args_get(args, "trace"));
	if (args_has(args, "seconds"))
		jx_put(params, "seconds", json_integer(args_number(args, "seconds")));
	if (args_has(args, "size"))
		jx_put(params, "size_mib", json_integer(args_number(args, "size")));
	if (args_has(args, "stop"))
		jx_put(params, "stop", json_true());
	return params;
}

static int ask(const struct cli *cli, const char *vios)
{
	struct cli there = *cli;
	json_t *result, *state;
	int r;

	there.vios = vios;
	r = cli_ask(&there, CLI_CHANGES, "trace", params_of(&cli->args), SNAP_MS, &result);
	if (r != CLI_OK || cli->json)
		return r != CLI_OK ? r : cli_print_json(result);
	state = jx_clean(result);
	print_state(state);
	json_decref(state);
	json_decref(result);
	return CLI_OK;
}

static int run(const struct cli *cli)
{
	const char *adapter = args_get(&cli->args, "trace"), *vios = cli->vios;
	json_t *status = NULL, *clean = NULL;
	int r = CLI_OK;

	if (adapter && args_has(&cli->args, "stop")) {
		log_refuse("give either -trace or -stop");
		return CLI_USAGE;
	}
	if (adapter && !vios) {
		r = cli_ask(cli, CLI_READS, "status", NULL, SNAP_MS, &status);
		if (r != CLI_OK)
			return r;
		clean = jx_clean(status);
		vios = live_on(clean, adapter);
		r = vios ? CLI_OK : CLI_FAILED;
	}
	if (r == CLI_OK)
		r = ask(cli, vios);
	json_decref(clean);
	json_decref(status);
	return r;
}

static const struct arg_option options[] = {
	{"-trace", ARG_VALUE, false, "ADAPTER", "trace this client adapter"},
	{"-seconds", ARG_NUMBER, false, "N", "end after so long (default 30, at most 3600)"},
	{"-size", ARG_NUMBER, false, "N", "or after so many MiB (default 16, at most 1024)"},
	{"-stop", ARG_NONE, false, NULL, "end what runs"},
	{NULL},
};

const struct verb verb_snap = {
	.name = "snap",
	.usage = "-trace ADAPTER [-seconds N] [-size N]\n-stop",
	.does = "traces an adapter into a file for tcpdump and Wireshark",
	.help = "For root alone. The VIOS that serves ADAPTER (or --vios) writes what the adapter "
		"sends and "
		"gets, at most\n"
		"2048 bytes of each frame, to CLIENT.ADAPTER.pcap in its run directory, in place "
		"of what "
		"is there. One trace\n"
		"at a time. Without options: what runs, or ran last.\n",
	.options = options,
	.run = run,
};
