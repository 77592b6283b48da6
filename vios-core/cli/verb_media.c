// SPDX-License-Identifier: BSD-3-Clause
/* verb_media.c - viosctl mkrep, chrep, rmrep, lsrep, mkvopt, rmvopt, loadopt, unloadopt: virtual
 * optical media and what holds them. */
#include "vios-core/base/log.h"
#include "vios-core/cli/build_media.h"
#include "vios-core/cli/change.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/verbs.h"

#include <errno.h>

#define LOOK_MS 5000u
#define DIGEST_MS 600000u /* the largest images, from a slow disk */

static int mkrep(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_mkrep(facts, &cli->args, ops, fault);
}

static int mkrep_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, mkrep);
}

static const struct arg_option mkrep_options[] = {
	{"-sp", ARG_VALUE, true, "FOLDER", "the folder of the media's files on each VIOS"},
	{"-size", ARG_VALUE, true, "SIZE", "what its media may have together: 512M, 10G"},
	{NULL},
};

const struct verb verb_mkrep = {
	.name = "mkrep",
	.usage = "-sp FOLDER -size SIZE",
	.does = "makes the repository of virtual optical media",
	.help = "A frame has one. With --vios the folder is that of this VIOS; the other one is "
		"given its own by another mkrep.\n",
	.options = mkrep_options,
	.picks_side = true,
	.run = mkrep_run,
};

static int chrep(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_chrep(facts, &cli->args, ops, fault);
}

static int chrep_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, chrep);
}

static const struct arg_option chrep_options[] = {
	{"-size", ARG_VALUE, true, "SIZE", "so much more: 512M, 10G"},
	{NULL},
};

const struct verb verb_chrep = {
	.name = "chrep",
	.usage = "-size SIZE",
	.does = "enlarges the media repository",
	.help = "",
	.options = chrep_options,
	.picks_side = true,
	.run = chrep_run,
};

static int rmrep(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_rmrep(facts, &cli->args, ops, fault);
}

static int rmrep_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, rmrep);
}

static const struct arg_option rmrep_options[] = {
	{"-f", ARG_NONE, false, NULL, "with its media"},
	{NULL},
};

const struct verb verb_rmrep = {
	.name = "rmrep",
	.usage = "[-f]",
	.does = "removes the media repository",
	.help = "Not while a medium is loaded. Files stay where they are.\n",
	.options = rmrep_options,
	.picks_side = true,
	.run = rmrep_run,
};

static int lsrep_run(const struct cli *cli)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATE, &held);

	if (r == CLI_OK) {
		json_t *record = view_lsrep(&held.facts, fault);
		if (!record)
			r = facts_refuse(fault);
		else if (cli->json)
			r = cli_print_json(json_incref(record));
		else
			r = cli_print(lay_lsrep(record));
		json_decref(record);
	}
	facts_free(&held);
	return r;
}

const struct verb verb_lsrep = {
	.name = "lsrep",
	.usage = "",
	.does = "lists the media repository and its virtual optical media",
	.help = "",
	.picks_side = true,
	.run = lsrep_run,
};

/* A file is where a VIOS sees it: each is asked for its own. */
static void look(const struct cli *cli, const json_t *paths, bool digest, json_t *files)
{
	const char *vios;
	json_t *path;

	json_object_foreach((json_t *)paths, vios, path)
	{
		json_t *params = json_pack("{s:O}", "path", path);
		if (digest)
			jx_put(params, "digest", json_true());
		json_t *answer =
			cli_ask_at(cli, vios, "file", params, digest ? DIGEST_MS : LOOK_MS);
		if (answer)
			jx_put(files, vios, jx_clean(answer));
		json_decref(answer);
	}
}

static int mkvopt(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	json_t *paths = build_medium_paths(facts, args_get(&cli->args, "file"), fault);
	json_t *files = json_object();
	int r = -ENOENT;

	if (paths) {
		look(cli, paths, false, files);
		if (!args_has(&cli->args, "f") && build_needs_digest(files))
			look(cli, paths, true, files);
		r = build_mkvopt(facts, &cli->args, paths, files, ops, fault);
	}

	json_decref(files);
	json_decref(paths);
	return r;
}

static int mkvopt_run(const struct cli *cli)
{
	if (args_has(&cli->args, "size")) {
		log_refuse("-size: a drive only reads, and a blank medium has nothing to read; "
			   "give -file");
		return CLI_FAILED;
	}
	return change_run(cli, FACTS_STATE, true, mkvopt);
}

static const struct arg_form mkvopt_forms[] = {
	{"file", "name", "ro f"},
	{"size", "name", "ro f"},
	{NULL},
};

static const struct arg_option mkvopt_options[] = {
	{"-name", ARG_VALUE, false, "NAME", "its name"},
	{"-file", ARG_VALUE, false, "FILE", "an ISO image in the repository's folder of each VIOS"},
	{"-size", ARG_VALUE, false, "SIZE", "not there: drives only read"},
	{"-ro", ARG_NONE, false, NULL, "taken, and without effect: media are read only"},
	{"-f", ARG_NONE, false, NULL,
		"even if a VIOS does not answer, or has another file of the same size"},
	{NULL},
};

const struct verb verb_mkvopt = {
	.name = "mkvopt",
	.usage = "-name NAME -file FILE [-ro] [-f]",
	.does = "makes a virtual optical medium of an ISO image",
	.help = "The file is not copied: put it into the repository's folder of both VIOS first. "
		"Each VIOS looks at its own, and\n"
		"they must be the same. With --vios the medium is only on that one.\n",
	.options = mkvopt_options,
	.forms = mkvopt_forms,
	.picks_side = true,
	.run = mkvopt_run,
};

static int rmvopt(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_rmvopt(facts, &cli->args, ops, fault);
}

static int rmvopt_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, rmvopt);
}

static const struct arg_option rmvopt_options[] = {
	{"-name", ARG_VALUE, true, "NAME", "which"},
	{"-f", ARG_NONE, false, NULL, "even if it is loaded: it is unloaded first"},
	{NULL},
};

const struct verb verb_rmvopt = {
	.name = "rmvopt",
	.usage = "-name NAME [-f]",
	.does = "removes a virtual optical medium",
	.help = "Its file stays where it is.\n",
	.options = rmvopt_options,
	.picks_side = true,
	.run = rmvopt_run,
};

static int loadopt(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_loadopt(facts, &cli->args, ops, fault);
}

static int loadopt_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, loadopt);
}

static const struct arg_option loadopt_options[] = {
	{"-disk", ARG_VALUE, true, "NAME", "the medium"},
	{"-vtd", ARG_VALUE, true, "VTD", "the drive: vtopt0"},
	{"-f", ARG_NONE, false, NULL, "in place of the medium that is in it"},
	{NULL},
};

const struct verb verb_loadopt = {
	.name = "loadopt",
	.usage = "-disk NAME -vtd VTD [-f]",
	.does = "puts a medium into a virtual optical drive",
	.help = "A medium may be in several drives at once. viosctl mkvdev -fbo makes a drive.\n",
	.options = loadopt_options,
	.picks_side = true,
	.run = loadopt_run,
};

static int unloadopt(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_unloadopt(facts, &cli->args, ops, fault);
}

static int unloadopt_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, true, unloadopt);
}

static const struct arg_option unloadopt_options[] = {
	{"-vtd", ARG_VALUE, true, "VTD", "the drive: vtopt0"},
	{"-release", ARG_NONE, false, NULL,
		"taken, and without effect: a client's lock does not hold the medium"},
	{NULL},
};

const struct verb verb_unloadopt = {
	.name = "unloadopt",
	.usage = "-vtd VTD [-release]",
	.does = "takes the medium out of a virtual optical drive",
	.help = "",
	.options = unloadopt_options,
	.picks_side = true,
	.run = unloadopt_run,
};
