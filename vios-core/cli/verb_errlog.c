// SPDX-License-Identifier: BSD-3-Clause
/* verb_errlog.c - viosctl errlog: what has happened to the pair, the newest first. */
#include "vios-core/base/log.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

#include <time.h>

#define ERRLOG_MS 3000u
#define PAGE 500
#define PAGES_MAX 200

/* mmddhhmmyy, as errpt writes it, and in full: local time. */
static void add_times(json_t *entry)
{
	time_t at = (time_t)(jx_int(entry, "time_ms") / 1000);
	char stamp[32] = "", date[64] = "";
	struct tm tm;

	if (localtime_r(&at, &tm)) {
		strftime(stamp, sizeof(stamp), "%m%d%H%M%y", &tm);
		strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	}
	jx_put_text(entry, "timestamp", stamp);
	jx_put_text(entry, "date", date);
}

/* All pages; a `next` that does not grow ends it. */
static int fetch(const struct cli *cli, json_int_t since, json_t *entries)
{
	for (int page = 0; page < PAGES_MAX; page++) {
		json_t *answer = NULL;
		int r = cli_ask(cli, CLI_READS, "errlog",
			json_pack("{s:I, s:i}", "since", since, "limit", PAGE), ERRLOG_MS, &answer);
		if (r != CLI_OK)
			return r;
		json_t *list = json_object_get(answer, "entries");
		json_int_t next = jx_int(answer, "next");
		bool more = json_array_size(list) > 0 && next > since;
		json_array_extend(entries, list);
		json_decref(answer);
		if (!more)
			break;
		since = next;
	}
	return CLI_OK;
}

static int print(const struct cli *cli, const json_t *entries)
{
	json_t *clean = jx_clean(entries), *entry;
	size_t i;
	int r;

	json_array_foreach(clean, i, entry) add_times(entry);
	r = cli_print(lay_errlog(clean, args_has(&cli->args, "ls")));
	json_decref(clean);
	return r;
}

/* Whether an entry is wanted: by --vios, by -incident. */
static bool wanted(const struct cli *cli, const json_t *entry)
{
	if (cli->vios && !jx_is(entry, "vios", cli->vios))
		return false;
	return !args_has(&cli->args, "incident") ||
	       jx_int(entry, "incident") == args_number(&cli->args, "incident");
}

static int run(const struct cli *cli)
{
	json_t *entries = json_array();
	json_int_t since = args_number(&cli->args, "since");

	if (args_has(&cli->args, "rm")) {
		log_refuse("-rm: the log drops its oldest entries by itself");
		json_decref(entries);
		return CLI_FAILED;
	}
	int r = fetch(cli, since, entries);
	for (size_t i = json_array_size(entries); i-- > 0;)
		if (!wanted(cli, json_array_get(entries, i)))
			json_array_remove(entries, i);
	if (r == CLI_OK && cli->json)
		return cli_print_json(entries);
	if (r == CLI_OK)
		r = print(cli, entries);
	json_decref(entries);
	return r;
}

static const struct arg_option options[] = {
	{"-ls", ARG_NONE, false, NULL, "each entry in full"},
	{"-since", ARG_NUMBER, false, "N", "only entries from this sequence number on"},
	{"-incident", ARG_NUMBER, false, "N", "only what is of this incident"},
	{"-rm", ARG_NUMBER, false, "N", "not there: the log keeps its own length"},
	{NULL},
};

const struct verb verb_errlog = {
	.name = "errlog",
	.usage = "[-ls] [-since N] [-incident N]",
	.does = "shows the error log, the newest entry first",
	.help = "With --vios only what happened in that VIOS. An incident is what happens in both "
		"VIOS\n"
		"without a pause of 30 s: its number is the same in both logs and in Pacemaker's "
		"alerts.\n",
	.options = options,
	.picks_side = true,
	.run = run,
};
