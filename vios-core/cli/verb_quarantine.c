// SPDX-License-Identifier: BSD-3-Clause
/*
 * verb_quarantine.c - viosctl quarantine: shows the adapters that were taken out of service because
 * they killed data planes, and puts one back.
 */
#include "vios-core/base/log.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUARANTINE_MS 8000u

/* A name, or an id as it is or as the list shows it: "7", "?/7". */
static json_t *whom(const char *word)
{
	const char *digits = strncmp(word, "?/", 2) == 0 ? word + 2 : word;
	size_t n = strspn(digits, "0123456789");

	if (n == 0 || n > 10 || digits[n])
		return json_pack("{s:s}", "adapter", word);
	return json_pack("{s:I}", "id", (json_int_t)strtoll(digits, NULL, 10));
}

static int release(const struct cli *cli)
{
	json_t *result;
	int r = cli_ask(cli, CLI_CHANGES, "quarantine_release", whom(cli->args.words[1]),
		QUARANTINE_MS, &result);

	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(result);
	json_t *clean = jx_clean(result);
	printf("%s: released\n", jx_text(clean, "adapter"));
	json_decref(clean);
	json_decref(result);
	return CLI_OK;
}

static size_t print_list(const json_t *list, const char *what)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry) printf("%s: %s\n",
		json_is_string(entry) ? json_string_value(entry) : cli_text(entry, "adapter"),
		what);
	return json_array_size(list);
}

static int show(const struct cli *cli)
{
	json_t *result;
	int r = cli_ask(cli, CLI_READS, "quarantine_list", NULL, QUARANTINE_MS, &result);

	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(result);
	if (print_list(json_object_get(result, "adapters"), "in quarantine") +
			print_list(json_object_get(result, "held"),
				"held back until the dead data plane is back") ==
		0)
		puts("no adapter is in quarantine");
	json_decref(result);
	return CLI_OK;
}

static int run(const struct cli *cli)
{
	if (cli->args.n_words == 0)
		return show(cli);
	if (strcmp(cli->args.words[0], "release") == 0 && cli->args.n_words == 2)
		return release(cli);
	log_refuse("quarantine %s is not complete or not known; give nothing, or release ADAPTER",
		cli->args.words[0]);
	return CLI_USAGE;
}

const struct verb verb_quarantine = {
	.name = "quarantine",
	.usage = "[release ADAPTER]",
	.does = "shows adapters that killed data planes, or puts one back into service",
	.help = "An adapter after whose request data planes crashed twice within a minute is "
		"served by no VIOS until\n"
		"it is released. vios-framed keeps the list, so it must be running; it keeps "
		"adapters that have been\n"
		"removed, too, and releases one by its id as well (7 or ?/7).\n",
	.words_max = 2,
	.run = run,
};
