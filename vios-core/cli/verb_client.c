// SPDX-License-Identifier: BSD-3-Clause
/* verb_client.c - viosctl mkclient, rmclient, mkvadapter, rmvadapter: clients and their adapters.
 */
#include "vios-core/cli/build.h"
#include "vios-core/cli/change.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>

static int mkclient(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_client(facts, &cli->args, ops, fault);
}

static int mkclient_run(const struct cli *cli)
{
	return change_run(cli, 0, false, mkclient);
}

static const struct arg_option mkclient_options[] = {
	{"-name", ARG_VALUE, true, "CLIENT", "its name"},
	{"-id", ARG_NUMBER, false, "N", "its partition number; else the lowest that is free"},
	{"-attr", ARG_PAIRS, false, "NAME=VALUE", "allow_unsealed, memory_mb, vcpus"},
	{NULL},
};

const struct verb verb_mkclient = {
	.name = "mkclient",
	.usage = "-name CLIENT [-id N] [-attr NAME=VALUE...]",
	.does = "adds a client partition",
	.help = "Its adapters follow: viosctl mkvadapter.\n",
	.options = mkclient_options,
	.picks_side = true,
	.run = mkclient_run,
};

static int rmclient(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_rmclient(
		facts, args_get(&cli->args, "name"), args_has(&cli->args, "recursive"), ops, fault);
}

static int rmclient_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, args_has(&cli->args, "recursive"), rmclient);
}

static const struct arg_option rmclient_options[] = {
	{"-name", ARG_VALUE, true, "CLIENT", "which"},
	{"-recursive", ARG_NONE, false, NULL, "with its adapters and mappings"},
	{NULL},
};

const struct verb verb_rmclient = {
	.name = "rmclient",
	.usage = "-name CLIENT [-recursive]",
	.does = "removes a client partition",
	.help = "One that has adapters is only removed with -recursive.\n",
	.options = rmclient_options,
	.picks_side = true,
	.run = rmclient_run,
};

static int mkvadapter(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_vadapter(facts, &cli->args, ops, fault);
}

static int mkvadapter_run(const struct cli *cli)
{
	return change_run(cli, 0, false, mkvadapter);
}

static const struct arg_option mkvadapter_options[] = {
	{"-client", ARG_VALUE, true, "CLIENT", "whose"},
	{"-type", ARG_VALUE, true, "TYPE", "ethernet, or scsi: a vhost for the client"},
	{"-name", ARG_VALUE, false, "NAME", "eth0, scsi0; else the lowest that is free"},
	{"-pvid", ARG_NUMBER, false, "N", "VLAN of frames without a tag"},
	{"-vlan", ARG_NUMBERS, false, "N,N", "VLANs of frames with a tag"},
	{"-mac", ARG_VALUE, false, "MAC", "its address"},
	{"-preferred", ARG_VALUE, false, "VIOS", "the VIOS that serves it when both can"},
	{"-mtu", ARG_NUMBER, false, "N", "the largest packet that the client is told"},
	{"-queues", ARG_NUMBER, false, "N", "pairs of queues"},
	{"-ring", ARG_NUMBER, false, "N", "entries of the largest ring"},
	{"-attr", ARG_PAIRS, false, "NAME=VALUE", "any other: see viosctl lsdev -dev NAME -attr"},
	{NULL},
};

const struct verb verb_mkvadapter = {
	.name = "mkvadapter",
	.usage = "-client CLIENT -type ethernet [-name NAME] [-pvid N] [-vlan N,N] [-mac MAC] "
		 "[-attr NAME=VALUE...]\n"
		 "-client CLIENT -type scsi [-name NAME] [-attr NAME=VALUE...]",
	.does = "gives a client a virtual adapter, served by both VIOS",
	.help = "",
	.options = mkvadapter_options,
	.picks_side = true,
	.run = mkvadapter_run,
};

static int rmvadapter(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	const char *client = args_get(&cli->args, "client"), *name = args_get(&cli->args, "name");
	const char *adapter = args_get(&cli->args, "vadapter");
	char full[80];

	snprintf(full, sizeof(full), "%.35s/%.35s", client ? client : "", name ? name : "");
	return build_rmvadapter(
		facts, adapter ? adapter : full, args_has(&cli->args, "recursive"), ops, fault);
}

static int rmvadapter_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, args_has(&cli->args, "recursive"), rmvadapter);
}

static const struct arg_form rmvadapter_forms[] = {
	{"client", "name", "recursive"},
	{"vadapter", "", "recursive"},
	{NULL},
};

static const struct arg_option rmvadapter_options[] = {
	{"-client", ARG_VALUE, false, "CLIENT", "whose"},
	{"-name", ARG_VALUE, false, "NAME", "the client's name for it: eth0, scsi0"},
	{"-vadapter", ARG_VALUE, false, "ADAPTER", "the same in one: lpar1/eth0, or vhost0"},
	{"-recursive", ARG_NONE, false, NULL, "with its mappings"},
	{NULL},
};

const struct verb verb_rmvadapter = {
	.name = "rmvadapter",
	.usage = "-client CLIENT -name NAME [-recursive]\n-vadapter ADAPTER [-recursive]",
	.does = "takes a virtual adapter from a client",
	.help = "One that maps devices is only removed with -recursive.\n",
	.options = rmvadapter_options,
	.forms = rmvadapter_forms,
	.picks_side = true,
	.run = rmvadapter_run,
};
