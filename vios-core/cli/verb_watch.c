// SPDX-License-Identifier: BSD-3-Clause
/*
 * verb_watch.c - viosctl watch: the status again and again. A viosd that knows `subscribe` says
 * when there is something new; else it is asked each second. One thread, blocking.
 */
#include "vios-core/base/rpc_sync.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <unistd.h>

#define STATUS_MS 2000u
#define POLL_US 1000000u
#define NEWS_MS 10000u	 /* looked at again, whatever is heard */
#define SETTLE_US 50000u /* events come in bursts */
#define BURST_MAX 1000

static int show(const struct cli *cli, bool first)
{
	json_t *status = NULL;
	int r = cli_ask(cli, CLI_READS, "status", NULL, STATUS_MS, &status);

	if (r != CLI_OK)
		return r;
	if (cli->json) {
		r = json_dumpf(status, stdout, JSON_COMPACT) == 0 ? CLI_OK : CLI_FAILED;
		putchar('\n');
	} else {
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[2J", stdout);
		else if (!first)
			putchar('\n');
		r = status_print(status);
	}
	json_decref(status);
	return fflush(stdout) == 0 ? r : CLI_FAILED;
}

/* Until there may be news. The subscription, or NULL when it is lost. */
static struct rpc_sync *wait_for_news(struct rpc_sync *sync)
{
	json_t *params = NULL;
	int r = sync ? rpc_sync_note(sync, "event", NEWS_MS, &params) : -1;

	json_decref(params);
	if (r < 0) {
		rpc_sync_close(sync);
		usleep(POLL_US);
		return NULL;
	}
	if (r == 0)
		return sync;
	usleep(SETTLE_US);
	for (int i = 0; i < BURST_MAX && r == 1; i++) {
		params = NULL;
		r = rpc_sync_note(sync, "event", 0, &params);
		json_decref(params);
	}
	return sync;
}

static int run(const struct cli *cli)
{
	uint32_t count = args_number(&cli->args, "count");
	struct rpc_sync *sync = cli_subscribe(cli);
	int r = CLI_OK;

	for (uint32_t shown = 0;; shown++) {
		r = show(cli, shown == 0);
		if (r == CLI_USAGE || (r != CLI_OK && shown == 0) || shown + 1 == count)
			break;
		sync = wait_for_news(sync);
		if (!sync)
			sync = cli_subscribe(cli);
	}
	rpc_sync_close(sync);
	return r;
}

static const struct arg_option options[] = {
	{"-count", ARG_NUMBER, false, "N", "end after N views; 0 or nothing: never"},
	{NULL},
};

const struct verb verb_watch = {
	.name = "watch",
	.usage = "[-count N]",
	.does = "shows the status, and again whenever something changes",
	.help = "With --json a line of JSON for each view.\n",
	.options = options,
	.run = run,
};
