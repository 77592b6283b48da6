// SPDX-License-Identifier: BSD-3-Clause
/*
 * answers_fuzz.c - any JSON as the answers of a viosd, through every view and layout: text that
 * cannot command a terminal, in whole lines. Input: {"config", "status", "devices", "running",
 * "errlog", "files"}.
 */
#include "vios-core/cli/attr.h"
#include "vios-core/cli/build_media.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct lay_format blocks;
static const struct lay_format colons = {.delimiter = ":"};

/* Both: ownership moves. */
static void check(json_t *records, char *text)
{
	assert(text);
	for (const char *at = text; *at; at++)
		assert(*at == '\n' || (*at >= 0x20 && *at <= 0x7e));
	assert(!text[0] || text[strlen(text) - 1] == '\n');
	free(text);
	json_decref(records);
}

static void listings(const struct facts *facts)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct lsmap_ask all = {0};
	struct lsdev_ask devices = {0};
	json_t *records = view_lsmap(facts, &all, fault);

	check(json_incref(records), lay_lsmap(records, false, &blocks));
	check(records, lay_lsmap(records, false, &colons));
	records = view_lsmap_net(facts, &all, fault);
	check(json_incref(records), lay_lsmap(records, true, &blocks));
	check(records, lay_lsmap(records, true, &colons));
	records = view_lsdev(facts, &devices, fault);
	check(json_incref(records), lay_lsdev(records, &colons));
	check(records, lay_lsdev(records, &blocks));
	records = view_lspath(facts, NULL, fault);
	check(records, lay_lspath(records, &blocks));
	records = view_lsclient(facts, NULL, fault);
	check(records, lay_lsclient(records));
	records = view_cluster(facts);
	check(records, lay_cluster(records));
	records = view_lsrep(facts, fault);
	assert(records || fault[0]);
	if (records)
		check(records, lay_lsrep(records));
	records = view_diff(facts);
	check(records, lay_diff(records));
}

typedef int build_fn(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

/* What the verbs of media make of it: operations, or a sentence. */
static void media(const struct facts *facts, const json_t *files)
{
	static build_fn *const builds[] = {build_mkrep, build_chrep, build_rmrep, build_rmvopt,
		build_loadopt, build_unloadopt};
	static const char *const line[] = {"-name", "install", "-disk", "install", "-vtd", "vtopt0",
		"-size", "1G", "-sp", "/srv", "-f"};
	static const struct arg_option options[] = {{"-name", ARG_VALUE}, {"-disk", ARG_VALUE},
		{"-vtd", ARG_VALUE}, {"-size", ARG_VALUE}, {"-sp", ARG_VALUE}, {"-f", ARG_NONE},
		{NULL}};
	size_t n = sizeof(line) / sizeof(line[0]);

	for (size_t forced = 0; forced < 2; forced++) {
		struct args args = {.verb = "x", .options = options};
		int r = args_parse(&args, line, n - 1 + forced, n);
		assert(r == 0);
		for (size_t i = 0; i <= sizeof(builds) / sizeof(builds[0]); i++) {
			char fault[BUILD_FAULT_BYTES] = "";
			json_t *ops = json_array(), *paths = NULL;
			if (i < sizeof(builds) / sizeof(builds[0])) {
				r = builds[i](facts, &args, ops, fault);
			} else {
				paths = build_medium_paths(facts, "x.iso", fault);
				r = paths ? build_mkvopt(facts, &args, paths, files, ops, fault)
					  : -1;
			}
			assert(r == 0 ? json_array_size(ops) > 0 : fault[0] != '\0');
			json_decref(paths);
			json_decref(ops);
		}
		args_free(&args);
	}
	build_needs_digest(files);
}

static void of_one(const struct facts *facts, const char *name)
{
	char fault[VIEW_FAULT_BYTES] = "";
	struct object object;
	json_t *records = view_entstat(facts, name, fault);

	assert(records || fault[0]);
	if (records)
		check(records, lay_entstat(records, true));
	records = view_seastat(facts, name, fault);
	assert(records || fault[0]);
	if (records)
		check(records, lay_seastat(records));
	records = view_device_attrs(facts, name, NULL);
	if (records)
		check(records, lay_attrs(records));
	if (object_find(facts->state, name, facts->vios, &object, fault) == 0) {
		records = attr_records(object.kind, object.json, object.vios, NULL);
		check(records, lay_attrs(records));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *raw = json_loadb((const char *)data, size, 0, NULL);
	json_t *clean = jx_clean(raw);
	const json_t *config = json_object_get(clean, "config");
	struct facts facts = {
		.config = config,
		.state = json_object_get(config, "state"),
		.status = json_object_get(clean, "status"),
		.devices = json_object_get(json_object_get(clean, "devices"), "vios"),
		.running = json_object_get(clean, "running"),
	};

	if (!raw)
		return 0;
	view_prepare(&facts);
	for (int side = 0; side < 2; side++) {
		facts.vios = side ? "vios1" : NULL;
		listings(&facts);
		of_one(&facts, "ent5");
		of_one(&facts, "lpar1/eth0");
		media(&facts, json_object_get(clean, "files"));
	}
	const json_t *entries = json_object_get(json_object_get(clean, "errlog"), "entries");
	check(NULL, lay_errlog(entries, false));
	check(NULL, lay_errlog(entries, true));
	view_done(&facts);
	json_decref(clean);
	json_decref(raw);
	return 0;
}
