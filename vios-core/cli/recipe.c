// SPDX-License-Identifier: BSD-3-Clause
/*
 * recipe.c - the cluster of a pair. Pure; strings in struct recipe are borrowed, texts are the
 * caller's. Whatever gets into a text has been checked: nothing in it can end a value.
 */
#include "vios-core/cli/recipe.h"
#include "vios-core/cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_MAX 253
#define LABEL_MAX 63
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

__attribute__((format(printf, 2, 3))) static int refuse(char *fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault, RECIPE_FAULT_BYTES, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_v4(const char *text)
{
	for (int part = 0; part < 4; part++) {
		size_t n = strspn(text, DIGITS);
		unsigned value = 0;

		if (n < 1 || n > 3 || text[n] != (part < 3 ? '.' : '\0') || (n > 1 && *text == '0'))
			return false;
		for (size_t i = 0; i < n; i++)
			value = value * 10 + (unsigned)(text[i] - '0');
		if (value > 255)
			return false;
		text += n + (part < 3);
	}
	return true;
}

/* Groups of up to 4 digits: eight, or fewer around one "::". */
static bool is_v6(const char *text)
{
	const char *gap = strstr(text, "::");
	unsigned groups = 0;

	if (gap && strstr(gap + 1, "::"))
		return false;
	if (text[0] == ':' && text != gap)
		return false;
	for (const char *at = text; *at; groups++) {
		at += *at == ':';
		at += *at == ':';
		if (!*at)
			break;
		size_t n = strspn(at, DIGITS "abcdefABCDEF");
		if (n < 1 || n > 4 || (at[n] && at[n] != ':') ||
			(at[n] == ':' && !at[n + 1])) /* ends with one colon */
			return false;
		at += n;
	}
	return gap ? groups < 8 : groups == 8;
}

static bool is_name(const char *text)
{
	const char *label = text;

	for (size_t n; *label; label += n + (label[n] == '.')) {
		n = strspn(label, LETTERS DIGITS "-");
		if (n < 1 || n > LABEL_MAX || label[0] == '-' || label[n - 1] == '-' ||
			(label[n] && label[n] != '.') || (label[n] == '.' && !label[n + 1]))
			return false;
		/* what ends in a number was meant as an address */
		if (!label[n] && strspn(label, DIGITS) == n)
			return false;
	}
	return label != text;
}

bool recipe_address_valid(const char *text)
{
	if (strlen(text) > ADDRESS_MAX)
		return false;
	return is_v4(text) || (strchr(text, ':') && is_v6(text)) || is_name(text);
}

static int which(const struct recipe *recipe, const char *name, size_t length)
{
	for (int i = 0; i < RECIPE_VIOS; i++)
		if (strlen(recipe->vios[i]) == length &&
			strncmp(recipe->vios[i], name, length) == 0)
			return i;
	return -1;
}

int recipe_link(struct recipe *recipe, int link, const char *word, char fault[RECIPE_FAULT_BYTES])
{
	const size_t length = strcspn(word, "=");
	const char *address = word + length + (word[length] == '=');
	const int vios = which(recipe, word, length);

	if (vios < 0)
		return refuse(fault, "-link%d: %.*s is no VIOS of this frame; give %s and %s", link,
			(int)(length > LABEL_MAX ? LABEL_MAX : length), word, recipe->vios[0],
			recipe->vios[1]);
	if (recipe->link[link][vios])
		return refuse(fault, "-link%d: %s is given twice", link, recipe->vios[vios]);
	if (!recipe_address_valid(address))
		return refuse(fault,
			"-link%d: \"%.64s\" is no address; give one of %s, as 10.77.%d.1, or a "
			"name",
			link, address, recipe->vios[vios], link);
	recipe->link[link][vios] = address;
	return 0;
}

/* 0: a name, which may have both */
static int family(const char *address)
{
	return strchr(address, ':') ? 6 : is_v4(address) ? 4 : 0;
}

static int check_link(const struct recipe *recipe, int link, char *fault)
{
	const char *a = recipe->link[link][0], *b = recipe->link[link][1];

	if (!a && !b)
		return 0;
	if (!a || !b)
		return refuse(fault, "-link%d: the address of %s is missing", link,
			recipe->vios[a ? 1 : 0]);
	if (strcmp(a, b) == 0)
		return refuse(fault, "-link%d: %s is the address of both VIOS; give each its own",
			link, a);
	if (family(a) && family(b) && family(a) != family(b))
		return refuse(
			fault, "-link%d: %.64s and %.64s are of different families", link, a, b);
	return 0;
}

static int check_links(const struct recipe *recipe, char *fault)
{
	if (!recipe->link[0][0] && !recipe->link[0][1])
		return refuse(fault, "-link0 is missing; give %s=ADDRESS %s=ADDRESS",
			recipe->vios[0], recipe->vios[1]);
	for (int link = 0; link < RECIPE_LINKS; link++)
		if (check_link(recipe, link, fault) < 0)
			return -EINVAL;
	for (int i = 0; recipe->link[1][0] && i < RECIPE_VIOS * RECIPE_VIOS; i++) {
		const char *first = recipe->link[0][i / RECIPE_VIOS];
		if (strcmp(first, recipe->link[1][i % RECIPE_VIOS]) == 0)
			return refuse(fault,
				"%s is an address of both links; give the second link a network of "
				"its own",
				first);
	}
	return 0;
}

static int check_number(
	const char *option, uint32_t value, uint32_t least, uint32_t most, char *fault)
{
	if (value >= least && value <= most)
		return 0;
	return refuse(fault, "%s is %u; give %u to %u (ms)", option, value, least, most);
}

int recipe_check(const struct recipe *recipe, char fault[RECIPE_FAULT_BYTES])
{
	int r = check_links(recipe, fault);

	if (r == 0)
		r = check_number("-token", recipe->token_ms, RECIPE_TOKEN_MIN_MS,
			RECIPE_TOKEN_MAX_MS, fault);
	if (r == 0)
		r = check_number("-consensus", recipe->consensus_ms, RECIPE_CONSENSUS_MIN_MS,
			RECIPE_CONSENSUS_MAX_MS, fault);
	if (r == 0 && recipe->qdevice && !recipe_address_valid(recipe->qdevice))
		r = refuse(fault, "-qdevice: \"%.64s\" is no address and no name of a host",
			recipe->qdevice);
	if (r == 0 && (recipe->run[0] != '/' ||
			      recipe->run[strspn(recipe->run, LETTERS DIGITS "/._-")] != '\0'))
		r = refuse(fault,
			"--run %.128s cannot stand in a recipe; give an absolute path of letters, "
			"digits, /, ., _ and -",
			recipe->run);
	return r;
}

static void put_quorum(const struct recipe *recipe, struct out *out)
{
	out_add(out, "quorum {\n\tprovider: corosync_votequorum\n");
	if (recipe->qdevice)
		out_add(out,
			"\t# One vote of a third party decides between two halves; it runs "
			"corosync-qnetd, outside the frame.\n"
			"\tdevice {\n\t\tmodel: net\n\t\tvotes: 1\n\t\tnet {\n\t\t\thost: %s\n"
			"\t\t\talgorithm: ffsplit\n\t\t}\n\t}\n}\n",
			recipe->qdevice);
	else
		out_add(out,
			"\t# Both halves of a pair stay quorate; what each may commit alone is "
			"decided by the witness of vios-framed.\n"
			"\ttwo_node: 1\n"
			"\t# One that starts waits for the other: who was fenced does not fence "
			"back. To let it go on alone, on it:\n"
			"\t# corosync-cmapctl -s quorum.cancel_wait_for_all u8 1\n"
			"\twait_for_all: 1\n}\n");
}

static void put_nodes(const struct recipe *recipe, struct out *out)
{
	out_add(out, "nodelist {\n");
	for (int i = 0; i < RECIPE_VIOS; i++) {
		out_add(out, "\tnode {\n\t\tname: %s\n\t\tnodeid: %u\n", recipe->vios[i],
			recipe->node_id[i]);
		for (int link = 0; link < RECIPE_LINKS && recipe->link[link][i]; link++)
			out_add(out, "\t\tring%d_addr: %s\n", link, recipe->link[link][i]);
		out_add(out, "\t}\n");
	}
	out_add(out, "}\n");
}

char *recipe_corosync(const struct recipe *recipe)
{
	struct out out = {0};

	out_add(&out,
		"# SPDX-License-Identifier: BSD-3-Clause\n"
		"# Corosync of a pair: /etc/corosync/corosync.conf of both VIOS, with the same "
		"/etc/corosync/authkey (mode 0400).\n"
		"totem {\n\tversion: 2\n\tcluster_name: %s\n\ttransport: knet\n\tlink_mode: "
		"passive\n"
		"\t# Detection of a dead node takes about both together. Below 500 the ring "
		"partitions itself.\n"
		"\ttoken: %u\n\tconsensus: %u\n\tcrypto_cipher: aes256\n\tcrypto_hash: "
		"sha256\n}\n",
		recipe->frame, recipe->token_ms, recipe->consensus_ms);
	put_quorum(recipe, &out);
	put_nodes(recipe, &out);
	out_add(&out, "logging {\n\tto_syslog: yes\n\ttimestamp: hires\n}\n");
	return out_take(&out);
}

/* Who has no quorum goes on with what it has, which is no reason to take a client's paths away; it
 * starts nothing and fences nobody. */
#define NO_QUORUM "no-quorum-policy=freeze\n"

char *recipe_crmsh(const struct recipe *recipe)
{
	const char *a = recipe->vios[0], *b = recipe->vios[1], *run = recipe->run;
	struct out out = {0};

	out_add(&out,
		"# SPDX-License-Identifier: BSD-3-Clause\n"
		"# A pair of VIOS under Pacemaker, for crmsh:  crm configure load update "
		"pair.crmsh\n"
		"# The nodes are %s and %s, as in frame.json. vios-framed runs in the frame and "
		"has a power program.\n"
		"# Of two VIOS that fence each other %s loses: who fences it does so at once, who "
		"fences %s waits 3 s longer, and\n"
		"# vios-framed carries out one fencing at a time.\n",
		a, b, b, a);
	out_add(&out,
		"primitive vios ocf:vios:vios \\\n\tparams run=\"%s\" \\\n"
		"\top start timeout=60s interval=0 \\\n\top stop timeout=60s interval=0 \\\n"
		"\top promote timeout=30s interval=0 \\\n\top demote timeout=30s interval=0 \\\n"
		"\top monitor timeout=20s interval=9s role=Promoted \\\n"
		"\top monitor timeout=20s interval=10s role=Unpromoted \\\n"
		"\top monitor timeout=20s interval=59s role=Promoted OCF_CHECK_LEVEL=10 \\\n"
		"\top monitor timeout=20s interval=61s role=Unpromoted OCF_CHECK_LEVEL=10\n"
		"clone vios-clone vios \\\n"
		"\tmeta promotable=true promoted-max=1 clone-max=2 clone-node-max=1 notify=true "
		"interleave=true resource-stickiness=1\n",
		run);
	for (int i = 0; i < RECIPE_VIOS; i++)
		out_add(&out,
			"primitive fence-%s stonith:fence_vios \\\n"
			"\tparams plug=%s run=\"%s\" pcmk_host_list=%s%s \\\n"
			"\top monitor timeout=20s interval=60s\n",
			recipe->vios[i], recipe->vios[i], run, recipe->vios[i],
			i == 0 ? " pcmk_delay_base=3s" : "");
	for (int i = 0; i < RECIPE_VIOS; i++)
		out_add(&out, "location fence-%s-elsewhere fence-%s -inf: %s\n", recipe->vios[i],
			recipe->vios[i], recipe->vios[i]);
	out_add(&out, "property stonith-enabled=true stonith-timeout=60s " NO_QUORUM);
	return out_take(&out);
}

char *recipe_pcs(const struct recipe *recipe)
{
	struct out out = {0};

	out_add(&out,
		"#!/bin/sh\n# SPDX-License-Identifier: BSD-3-Clause\n"
		"# A pair of VIOS under Pacemaker, for pcs:  sh pair.pcs   (see pair.crmsh, which "
		"is the same)\n"
		"set -e\npcs resource create vios ocf:vios:vios run=%s \\\n"
		"\top start timeout=60s stop timeout=60s promote timeout=30s demote timeout=30s "
		"\\\n"
		"\tmonitor timeout=20s interval=9s role=Promoted \\\n"
		"\tmonitor timeout=20s interval=10s role=Unpromoted \\\n"
		"\tmonitor timeout=20s interval=59s role=Promoted OCF_CHECK_LEVEL=10 \\\n"
		"\tmonitor timeout=20s interval=61s role=Unpromoted OCF_CHECK_LEVEL=10 \\\n"
		"\tpromotable vios-clone promoted-max=1 clone-max=2 clone-node-max=1 notify=true "
		"interleave=true\n"
		"pcs resource meta vios-clone resource-stickiness=1\n",
		recipe->run);
	for (int i = 0; i < RECIPE_VIOS; i++)
		out_add(&out,
			"pcs stonith create fence-%s fence_vios plug=%s run=%s pcmk_host_list=%s%s "
			"\\\n\top monitor timeout=20s interval=60s\n",
			recipe->vios[i], recipe->vios[i], recipe->run, recipe->vios[i],
			i == 0 ? " pcmk_delay_base=3s" : "");
	for (int i = 0; i < RECIPE_VIOS; i++)
		out_add(&out, "pcs constraint location fence-%s avoids %s\n", recipe->vios[i],
			recipe->vios[i]);
	out_add(&out, "pcs property set stonith-enabled=true stonith-timeout=60s " NO_QUORUM);
	return out_take(&out);
}
