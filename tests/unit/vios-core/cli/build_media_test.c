// SPDX-License-Identifier: BSD-3-Clause
/*
 * build_media_test.c - the verbs of the media repository as operations: what they ask for, and what
 * they refuse in which words.
 *
 * build_media_test DIR
 */
#include "scene.h"
#include "vios-core/cli/build_media.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *dir;

static const struct arg_option options[] = {
	{"-sp", ARG_VALUE, false, "", ""},
	{"-size", ARG_VALUE, false, "", ""},
	{"-name", ARG_VALUE, false, "", ""},
	{"-file", ARG_VALUE, false, "", ""},
	{"-disk", ARG_VALUE, false, "", ""},
	{"-vtd", ARG_VALUE, false, "", ""},
	{"-f", ARG_NONE, false, NULL, ""},
	{NULL},
};

typedef int build_fn(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

static json_t *of_text(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; (at = strchr(at, '\''));)
		*at = '"';
	json_t *json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	free(copy);
	return json;
}

/* What the two viosd say of the file; a row sets it. */
static const char *files_said = "{}";

static int mkvopt(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	json_t *paths = build_medium_paths(facts, args_get(args, "file"), fault);
	json_t *files = of_text(files_said);
	int r = paths ? build_mkvopt(facts, args, paths, files, ops, fault) : -ENOENT;

	json_decref(paths);
	json_decref(files);
	return r;
}

#define ONE(n) "'identity':'file.b.8:1." #n "','size_bytes':4096"
#define ALIKE "{'vios1':{" ONE(7) "},'vios2':{" ONE(7) "}}"
#define MEDIUM                                                                                     \
	"'type':'optical','repository':'VMLibrary','read_only':true,'block_bytes':2048,"           \
	"'size_bytes':"
#define X_ISO "'path':{'vios1':'/srv/media/x.iso','vios2':'/srv/media/x.iso'}"
#define ADD_X "[{'op':'add','kind':'backing','name':'x','attrs':{" X_ISO "," MEDIUM
#define SET_VTD(vtd, medium)                                                                       \
	"{'op':'set','kind':'vtd','name':'" vtd "','attrs':{'backing':'" medium "'}}"

/* want: the operations as JSON with ' for ", or with a negative result words of the sentence. */
static const struct made {
	build_fn *fn;
	const char *vios, *line;
	int result;
	const char *want, *files;
} made[] = {
	{build_mkrep, NULL, "-sp /m -size 10G", -ENOENT, "is there already"},
	{build_mkrep, NULL, "-sp rootvg -size 10G", -EINVAL, "there are no storage pools"},
	{build_mkrep, "vios2", "-sp /m -size 3", 0,
		"[{'op':'set','kind':'repository','name':'VMLibrary','attrs':{'path':"
		"{'vios2':'/m'},'size_bytes':3145728}}]"},
	{build_chrep, NULL, "-size 1G", 0,
		"[{'op':'set','kind':'repository','name':'VMLibrary','attrs':{"
		"'size_bytes':11811160064}}]"},
	{build_chrep, NULL, "-size 1K", -EINVAL, "not \"1K\""},
	{build_chrep, NULL, "-size 4294967295T", -EINVAL, "-size"},
	{build_rmrep, NULL, "-f", -ENOENT, "install is loaded in vtopt1 (vhost0); unload it"},
	{build_rmrep, NULL, "", -ENOENT, "install is loaded in vtopt1"},
	{mkvopt, NULL, "-name x -file x.iso", 0, ADD_X "4096}}]", ALIKE},
	{mkvopt, NULL, "-name x -file /srv/media/x.iso", 0, ADD_X "4096}}]", ALIKE},
	{mkvopt, "vios2", "-name x -file x.iso", 0,
		"[{'op':'add','kind':'backing','name':'x','attrs':{'path':{'vios2':"
		"'/srv/media/x.iso'}," MEDIUM "4096}}]",
		ALIKE},
	{mkvopt, NULL, "-name x.iso -file x.iso", -EINVAL, "not \"x.iso\"", ALIKE},
	{mkvopt, NULL, "-name hdisk1 -file x.iso", -ENOENT, "as a backing device", ALIKE},
	{mkvopt, NULL, "-name rescue -file x.iso", -ENOENT, "as a medium", ALIKE},
	{mkvopt, "vios2", "-name rescue -file x.iso", -ENOENT,
		"rescue has 94896128 bytes, and this file 4096", ALIKE},
	{mkvopt, "vios2", "-name rescue -file r.iso", 0,
		"[{'op':'set','kind':'backing','name':'rescue','attrs':{'path':{'vios2':"
		"'/srv/media/r.iso'}}}]",
		"{'vios2':{'identity':'a','size_bytes':94896128}}"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "vios2 does not tell",
		"{'vios1':{" ONE(7) "}}"},
	{mkvopt, NULL, "-name x -file x.iso -f", 0, ADD_X "4096}}]", "{'vios1':{" ONE(7) "}}"},
	{mkvopt, NULL, "-name x -file x.iso -f", 0, ADD_X "0}}]", "{}"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "x.iso on vios1: No such file",
		"{'vios1':{'fault':'No such file'},'vios2':{" ONE(7) "}}"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "file on vios1 is empty",
		"{'vios1':{'identity':'a','size_bytes':0},'vios2':{" ONE(7) "}}"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "different files of 4096 bytes",
		"{'vios1':{" ONE(7) "},'vios2':{" ONE(8) "}}"},
	{mkvopt, NULL, "-name x -file x.iso -f", 0, ADD_X "4096}}]",
		"{'vios1':{" ONE(7) "},'vios2':{" ONE(8) "}}"},
	{mkvopt, NULL, "-name x -file x.iso -f", -ENOENT, "4096 bytes on vios1, 5 on vios2",
		"{'vios1':{" ONE(7) "},'vios2':{'identity':'b','size_bytes':5}}"},
	/* two files of the same bytes */
	{mkvopt, NULL, "-name x -file x.iso", 0, ADD_X "4096}}]",
		"{'vios1':{" ONE(7) ",'sha256':'aa'},'vios2':{" ONE(8) ",'sha256':'aa'}}"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "there; copy one to the other",
		"{'vios1':{" ONE(7) ",'sha256':'aa'},'vios2':{" ONE(8) ",'sha256':'ab'}}"},
	{build_rmvopt, NULL, "-name rescue", 0,
		"[{'op':'remove','kind':'backing','name':'rescue'}]"},
	{build_rmvopt, NULL, "-name resceu", -ENOENT, "did you mean rescue?"},
	{build_rmvopt, NULL, "-name hdisk1", -ENOENT, "hdisk1 is no medium of the repository"},
	{build_rmvopt, NULL, "-name install", -ENOENT, "loaded in vtopt1 (vhost0); unload"},
	{build_rmvopt, NULL, "-name install -f", 0,
		"[" SET_VTD("vtopt1", "") ",{'op':'remove','kind':'backing','name':'install'}]"},
	{build_loadopt, NULL, "-disk rescue -vtd vtopt0", 0, "[" SET_VTD("vtopt0", "rescue") "]"},
	{build_loadopt, NULL, "-disk install -vtd vtopt0", 0, "[" SET_VTD("vtopt0", "install") "]"},
	{build_loadopt, NULL, "-disk rescue -vtd vtopt1", -ENOENT, "vtopt1 has the medium install"},
	{build_loadopt, NULL, "-disk rescue -vtd vtopt1 -f", 0,
		"[" SET_VTD("vtopt1", "rescue") "]"},
	{build_loadopt, NULL, "-disk instal -vtd vtopt0", -ENOENT, "did you mean install?"},
	{build_loadopt, NULL, "-disk qqqqqqqq -vtd vtopt0", -ENOENT, "see viosctl lsrep"},
	{build_loadopt, NULL, "-disk rescue -vtd vtscsi0", -ENOENT, "is a disk and takes no"},
	{build_loadopt, NULL, "-disk rescue -vtd vtopt7", -ENOENT, "did you mean vtopt0?"},
	{build_unloadopt, NULL, "-vtd vtopt1", 0, "[" SET_VTD("vtopt1", "") "]"},
	{build_unloadopt, NULL, "-vtd vtopt0", -ENOENT, "vtopt0 has no medium"},
};

static void check(const struct made *row, json_t *ops, int result, const char *fault)
{
	json_t *want;

	if (result != row->result)
		fail_msg("%s: %d, %s", row->line, result, fault);
	if (result < 0) {
		if (!strstr(fault, row->want))
			fail_msg("%s: %s", row->line, fault);
		return;
	}
	want = of_text(row->want);
	if (!json_equal(ops, want))
		fail_msg("%s: %s", row->line, json_dumps(ops, JSON_COMPACT));
	json_decref(want);
}

static void try(struct scene *scene, const struct made *row)
{
	struct args args = {.verb = "x", .options = options};
	char line[256], fault[BUILD_FAULT_BYTES] = "";
	const char *argv[16];
	json_t *ops = json_array();
	size_t n = 0;

	strcpy(line, row->line);
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		argv[n++] = word;
	assert_int_equal(args_parse(&args, argv, n, n), 0);
	scene->facts.vios = row->vios;
	files_said = row->files ? row->files : "{}";
	int r = row->fn(&scene->facts, &args, ops, fault);
	check(row, ops, r, fault);
	json_decref(ops);
	args_free(&args);
}

static void test_operations(void **state)
{
	struct scene scene;

	(void)state;
	scene_load(&scene, dir);
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		try(&scene, &made[i]);
	scene_free(&scene);
}

static const struct made without[] = {
	{build_mkrep, NULL, "-sp /m -size 10G", 0,
		"[{'op':'add','kind':'repository','name':'VMLibrary','attrs':{'path':"
		"{'vios1':'/m','vios2':'/m'},'size_bytes':10737418240}}]"},
	{build_mkrep, "vios1", "-sp /m -size 10m", 0,
		"[{'op':'add','kind':'repository','name':'VMLibrary','attrs':{'path':"
		"{'vios1':'/m'},'size_bytes':10485760}}]"},
	{build_chrep, NULL, "-size 1G", -ENOENT, "there is no media repository; make it"},
	{build_rmrep, NULL, "", -ENOENT, "there is no media repository"},
	{mkvopt, NULL, "-name x -file x.iso", -ENOENT, "there is no media repository", ALIKE},
};

/* Before there is a repository; and with one whose media are in no drive. */
static void test_others(void **state)
{
	static const struct made refused = {build_rmrep, NULL, "", -ENOENT, "it has 2 media"};
	static const struct made forced = {build_rmrep, NULL, "-f", 0,
		"[{'op':'remove','kind':'repository','name':'VMLibrary','attrs':{"
		"'cascade':true}}]"};
	static const struct made empty = {build_rmrep, NULL, "", 0,
		"[{'op':'remove','kind':'repository','name':'VMLibrary'}]"};
	static const struct made too_large = {
		build_chrep, NULL, "-size 1", -EINVAL, "is more than there can be"};
	struct scene scene;
	char fault[VIEW_FAULT_BYTES] = "";

	(void)state;
	scene_load(&scene, dir);
	json_array_clear(scene_list(&scene, "vtd"));
	try(&scene, &refused);
	try(&scene, &forced);
	json_array_clear(scene_list(&scene, "backing"));
	try(&scene, &empty);
	json_object_set_new(json_array_get(scene_list(&scene, "repository"), 0), "size_bytes",
		json_integer(INT64_MAX - 1000));
	try(&scene, &too_large);
	json_array_clear(scene_list(&scene, "repository"));
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		try(&scene, &without[i]);
	assert_null(view_lsrep(&scene.facts, fault));
	assert_non_null(strstr(fault, "mkrep"));
	scene_free(&scene);
}

static void test_size(void **state)
{
	static const char *const wrong[] = {
		"", "0", "G", "-1", "1K", "1GB", "1 G", "99999999999", "9000000T"};
	char fault[BUILD_FAULT_BYTES];
	uint64_t bytes;

	(void)state;
	assert_int_equal(build_size("512", &bytes, fault), 0);
	assert_int_equal(bytes, 512u << 20);
	assert_int_equal(build_size("2t", &bytes, fault), 0);
	assert_int_equal(bytes, UINT64_C(2) << 40);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(build_size(wrong[i], &bytes, fault), -EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_size),
	};

	dir = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
