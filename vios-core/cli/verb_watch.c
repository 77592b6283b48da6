// SPDX-License-Identifier: BSD-3-Clause
/*
 * verb_watch.c - viosctl watch: the status again and again. A viosd that knows `subscribe` says
 * when there is something new; else it is asked each second. One thread, blocking.
 */
#include "vios-core/base/rpc_sync.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/verbs.h"
#include "vios-core/cli/view_rates.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define STATUS_MS 2000u
#define POLL_US 1000000u
#define NEWS_MS 10000u	 /* looked at again, whatever is heard */
#define SETTLE_US 50000u /* events come in bursts */
#define BURST_MAX 1000

static void begin_view(bool first)
{
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (!first)
		putchar('\n');
}

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
		begin_view(first);
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

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Prints, and frees records. */
static int show_rates(const struct cli *cli, json_t *records, bool first)
{
	int r;

	if (cli->json) {
		r = json_dumpf(records, stdout, JSON_COMPACT) == 0 ? CLI_OK : CLI_FAILED;
		putchar('\n');
		fflush(stdout);
	} else {
		begin_view(first);
		r = cli_print(lay_rates(records));
	}
	json_decref(records);
	return r;
}

static int run_rates(const struct cli *cli, uint32_t count)
{
	uint32_t seconds =
		args_has(&cli->args, "interval") ? args_number(&cli->args, "interval") : 1;
	struct facts_held before, now;
	uint64_t then = now_ms(), at;
	int r = facts_get(cli, FACTS_STATE | FACTS_RUNNING, &before);

	for (uint32_t shown = 0; r == CLI_OK && (count == 0 || shown < count); shown++) {
		sleep(seconds);
		at = now_ms();
		r = facts_get(cli, FACTS_STATE | FACTS_RUNNING, &now);
		if (r == CLI_OK)
			r = show_rates(cli,
				view_rates(before.running, now.running, before.facts.vios,
					(uint32_t)(at - then)),
				shown == 0);
		facts_free(&before);
		before = now;
		then = at;
	}
	facts_free(&before);
	return r;
}

static int run(const struct cli *cli)
{
	if (args_has(&cli->args, "rates"))
		return run_rates(cli, args_number(&cli->args, "count"));

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
	{"-rates", ARG_NONE, false, NULL, "what each adapter carries a second, instead"},
	{"-interval", ARG_NUMBER, false, "N", "of -rates: seconds from one view to the next (1)"},
	{NULL},
};

const struct verb verb_watch = {
	.name = "watch",
	.usage = "[-count N]\n-rates [-interval N] [-count N]",
	.does = "shows the status, and again whenever something changes",
	.help = "With --json a line of JSON for each view.\n",
	.options = options,
	.run = run,
};
