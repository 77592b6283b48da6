// SPDX-License-Identifier: BSD-3-Clause
/* verb_mkvdev.c - viosctl mkvdev, rmvdev, chdev: virtual devices and their attributes. */
#include "vios-core/base/log.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/change.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/verbs.h"

enum { VDEV, FBO, SEA, LNAGG, VLAN };

static int vtd(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_vtd(facts, &cli->args, ops, fault);
}

static int sea(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_sea(facts, &cli->args, ops, fault);
}

static int lnagg(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_lnagg(facts, &cli->args, ops, fault);
}

static int mkvdev_run(const struct cli *cli)
{
	switch (cli->form) {
	case VDEV:
	case FBO:
		return change_run(cli, FACTS_STATE | FACTS_DEVICES_IF, false, vtd);
	case SEA:
		return change_run(cli, FACTS_STATE | FACTS_DEVICES_IF, false, sea);
	case LNAGG:
		return change_run(cli, FACTS_STATE | FACTS_DEVICES_IF, false, lnagg);
	default:
		log_refuse(
			"-vlan: devices for one VLAN are not built yet; a SEA takes the VLANs of "
			"its attribute vlans");
		return CLI_FAILED;
	}
}

static const struct arg_form mkvdev_forms[] = {
	[VDEV] = {"vdev", "vadapter", "dev lun f"},
	[FBO] = {"fbo", "vadapter", "dev lun f"},
	[SEA] = {"sea", "vadapter default defaultid", "dev attr f"},
	[LNAGG] = {"lnagg", "", "attr dev f"},
	[VLAN] = {"vlan", "tagid", "dev f"},
	{NULL},
};

static const struct arg_option mkvdev_options[] = {
	{"-vdev", ARG_VALUE, false, "DEVICE", "map this: hdisk1, or a file's path from /"},
	{"-vadapter", ARG_LIST, false, "ADAPTER",
		"the vhost that maps it; of a SEA, the virtual adapters: ent2,ent3"},
	{"-dev", ARG_VALUE, false, "NAME", "the new device's name; else the lowest that is free"},
	{"-lun", ARG_NUMBER, false, "N", "the LUN that the client sees"},
	{"-fbo", ARG_NONE, false, NULL, "map an optical drive without a medium"},
	{"-sea", ARG_VALUE, false, "ENT",
		"make a SEA on this physical adapter, or on a port as lsdev names it"},
	{"-default", ARG_VALUE, false, "ENT", "of a SEA: the virtual adapter of untagged frames"},
	{"-defaultid", ARG_NUMBER, false, "N", "of a SEA: the VLAN of untagged frames"},
	{"-attr", ARG_PAIRS, false, "NAME=VALUE",
		"of a SEA: see viosctl lsdev -dev SEA -attr; of a link aggregation: mode=8023ad, "
		"active-backup (the usual one) or balance-xor"},
	{"-lnagg", ARG_LIST, false, "ENT,ENT",
		"make a link aggregation of these physical adapters, or of devices as lsdev names "
		"them"},
	{"-vlan", ARG_VALUE, false, "ENT", "not there yet: a device for one VLAN"},
	{"-tagid", ARG_NUMBER, false, "N", "of -vlan: the VLAN"},
	{"-f", ARG_NONE, false, NULL,
		"map it even if it is mapped already (its clients share it), or a VIOS cannot look "
		"at it"},
	{NULL},
};

const struct verb verb_mkvdev = {
	.name = "mkvdev",
	.usage = "-vdev DEVICE -vadapter VHOST [-dev NAME] [-lun N]\n"
		 "-fbo -vadapter VHOST [-dev NAME]\n"
		 "-sea ENT -vadapter ENT,ENT -default ENT -defaultid N [-dev NAME] [-attr "
		 "NAME=VALUE...]\n"
		 "-lnagg ENT,ENT [-dev NAME] [-attr mode=MODE]",
	.does = "maps a device to a client, or makes a SEA or a link aggregation",
	.help = "One command for both VIOS: a disk is mapped through both when both see it, a SEA "
		"is "
		"made on each that\n"
		"has the adapter. Both VIOS open a disk first, and it is refused if they do not "
		"see the same one: another size,\n"
		"block size, identity or content, or a VIOS that is away. What may keep its client "
		"waiting is warned of.\n"
		" With --vios on that one only; with -dev NAME of a SEA that is "
		"there, "
		"the other side is\n"
		"added to it. A link aggregation is made on each VIOS that has all of its members; "
		"a SEA on one of them moves\n"
		"to it. With 8023ad and balance-xor the switch must have the ports in one group.\n",
	.options = mkvdev_options,
	.forms = mkvdev_forms,
	.picks_side = true,
	.run = mkvdev_run,
};

static int rmvdev(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	const char *dev = args_get(&cli->args, "dev"), *name = args_get(&cli->args, "vtd");

	return build_rmvdev(facts, dev ? dev : name, args_get(&cli->args, "vdev"), ops, fault);
}

static int rmvdev_run(const struct cli *cli)
{
	return change_run(cli, FACTS_STATE, args_has(&cli->args, "vdev"), rmvdev);
}

static const struct arg_form rmvdev_forms[] = {
	{"vtd", "", "f"},
	{"dev", "", "f"},
	{"vdev", "", "f"},
	{NULL},
};

static const struct arg_option rmvdev_options[] = {
	{"-vtd", ARG_VALUE, false, "NAME", "this virtual target device"},
	{"-dev", ARG_VALUE, false, "NAME",
		"the same, or a SEA, a link aggregation that no SEA is on, or a backing device"},
	{"-vdev", ARG_VALUE, false, "DEVICE", "every mapping of this device"},
	{"-f", ARG_NONE, false, NULL, "taken, and without effect"},
	{NULL},
};

const struct verb verb_rmvdev = {
	.name = "rmvdev",
	.usage = "-vtd NAME\n-dev NAME\n-vdev DEVICE",
	.does = "removes a mapping, a SEA, or a link aggregation",
	.help = "",
	.options = rmvdev_options,
	.forms = rmvdev_forms,
	.picks_side = true,
	.run = rmvdev_run,
};

static int chdev(const struct cli *cli, const struct facts *facts, json_t *ops, char *fault)
{
	return build_chdev(facts, args_get(&cli->args, "dev"), &cli->args, ops, fault);
}

static int chdev_run(const struct cli *cli)
{
	if (args_has(&cli->args, "perm")) {
		log_refuse("-perm: a change works at once and stays; leave it out");
		return CLI_FAILED;
	}
	return change_run(cli, FACTS_STATE, false, chdev);
}

static const struct arg_option chdev_options[] = {
	{"-dev", ARG_VALUE, true, "NAME", "which: ent5, vhost0, lpar1/eth0, lpar1, vios1, ..."},
	{"-attr", ARG_PAIRS, true, "NAME=VALUE", "see viosctl lsdev -dev NAME -attr"},
	{"-perm", ARG_NONE, false, NULL, "not there: a change works at once and stays"},
	{NULL},
};

const struct verb verb_chdev = {
	.name = "chdev",
	.usage = "-dev NAME -attr NAME=VALUE...",
	.does = "changes attributes of a device",
	.help = "What a SEA has on each side (ha_mode, priority, real_adapter, netaddr,\n"
		"netaddr_interval, netaddr_misses) is changed on the side of --vios, or of the\n"
		"name (vios1/ent5); else on both.\n",
	.options = chdev_options,
	.picks_side = true,
	.run = chdev_run,
};
