/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_media_test.c - the media repository, its media, and the drives that they are loaded in:
 * what goes together, what is refused and in which words, and the format of a state that has them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_fixture.h"

#define ADD(kind, name, attrs)                                                                     \
	"{'op':'add','kind':'" kind "','name':'" name "','attrs':{" attrs "}}"
#define SET(kind, name, attrs)                                                                     \
	"{'op':'set','kind':'" kind "','name':'" name "','attrs':{" attrs "}}"
#define REMOVE(kind, name) "{'op':'remove','kind':'" kind "','name':'" name "'}"
#define CASCADE(kind, name)                                                                        \
	"{'op':'remove','kind':'" kind "','name':'" name "','attrs':{'cascade':true}}"
#define LIBRARY                                                                                    \
	ADD("repository", "VMLibrary", "'path':{'vios1':'/m','vios2':'/n/'},'size_bytes':10240")
#define BOTH(file) "'path':{'vios1':'/m/" file "','vios2':'/n/" file "'}"
#define MEMBER "'type':'optical','repository':'VMLibrary','read_only':true,'block_bytes':2048"
#define MEDIUM(name) ADD("backing", name, BOTH(name) "," MEMBER ",'size_bytes':4096")
#define DRIVE "{'op':'add','kind':'vtd','attrs':{'vhost':'vhost0','type':'optical'}}"

static struct config *library(void)
{
	return change(
		small_state(), "[" LIBRARY "," MEDIUM("a") "," MEDIUM("b") "," DRIVE "," DRIVE "]");
}

static const struct row {
	const char *op, *fault;
} rows[] = {
	{ADD("repository", "other", "'path':{'vios1':'/o'},'size_bytes':1"),
		"ops[0]: a frame has at most 1 of kind repository; remove one"},
	{SET("repository", "VMLibrary", "'size_bytes':8191"),
		"repository[VMLibrary].size_bytes: its media have 8192 bytes, and it may have "
		"8191; enlarge"},
	{SET("repository", "VMLibrary", "'size_bytes':0"), "size_bytes: 0 is not a whole number"},
	{SET("repository", "VMLibrary", "'path':{'vios1':null,'vios2':null}"),
		"repository[VMLibrary].path: it has none; name its folder on each VIOS"},
	{SET("repository", "VMLibrary", "'path':{'vios1':'m'}"), "\"m\" on vios1 is not an absol"},
	{SET("repository", "VMLibrary", "'path':{'vios2':'/x'}"),
		"backing[a].path: /n/a is not below /x of vios2; put the file there"},
	{SET("repository", "VMLibrary", "'path':{'vios2':null}"),
		"backing[a].path: VMLibrary has no folder on vios2; give it one first"},
	{ADD("backing", "c", BOTH("c") "," MEMBER ",'size_bytes':4096"),
		"its media have 12288 bytes, and it may have 10240"},
	{ADD("backing", "c", BOTH("c") ",'type':'optical','repository':'x','read_only':true"),
		"backing[c].repository: there is no media repository \"x\"; make it first"},
	{ADD("backing", "c", BOTH("c") ",'type':'file','repository':'VMLibrary','read_only':true"),
		"backing[c].type: a repository holds optical media"},
	{ADD("backing", "c", BOTH("c") ",'type':'optical','repository':'VMLibrary'"),
		"backing[c].read_only: clients cannot write on a medium; set true"},
	{SET("backing", "a", "'read_only':false"), "backing[a].read_only: clients cannot write"},
	{SET("backing", "a", "'repository':'x'"), "repository: it cannot be changed"},
	{ADD("backing", "c", BOTH("c") "," MEMBER ",'size_bytes':1000"), "not a multiple of"},
	{ADD("backing", "c", "'path':{'vios1':'/elsewhere/c'}," MEMBER),
		"/elsewhere/c is not below"},
	{ADD("backing", "c", "'path':{'vios1':'/mcc'}," MEMBER), "/mcc is not below /m of vios1"},
	{ADD("backing", "c", "'path':{'vios1':'/m/'}," MEMBER), "/m/ is not below /m of vios1"},
	{ADD("backing", "c", "'path':{'vios1':'/m/../c'}," MEMBER), "/m/../c is not below"},
	{ADD("backing", "c", "'path':{'vios1':'/m/x/..'}," MEMBER), "/m/x/.. is not below"},
	{ADD("backing", "c", BOTH("a") "," MEMBER), "/m/a is used by backing a, too"},
	{REMOVE("repository", "VMLibrary"), "ops[0]: VMLibrary has 2 media; remove them first"},
	{REMOVE("repository", "VMLibary"), "did you mean \"VMLibrary\"?"},
	{SET("vtd", "vtopt0", "'backing':'aa'"), "there is no backing device \"aa\""},
	{ADD("vtd", "t", "'vhost':'vhost0','backing':'a','type':'disk'"), "a is an optical medium"},
	{REMOVE("vios", "vios2"), "vios2 has adapters, SEA sides or paths to devices"},
};

static void test_rows(void **state)
{
	struct config *c = library();
	char ops[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(ops, sizeof(ops), "[%s]", rows[i].op);
		refuse(c, ops, rows[i].fault);
	}
	config_free(c);
}

/* The names of files may have dots. */
static void test_dots(void **state)
{
	struct config *c = change(
		library(), "[" ADD("backing", "c", "'path':{'vios1':'/m/..c/d...'}," MEMBER) "]");

	(void)state;
	assert_member(c, CONFIG_BACKING, "c", "repository", "'VMLibrary'");
	config_free(c);
}

static void test_load(void **state)
{
	struct config *c = change(library(), "[" SET("vtd", "vtopt0", "'backing':'a'") "]");

	(void)state;
	refuse(c, "[" REMOVE("backing", "a") "]",
		"ops[0]: a is loaded in vtopt0 (vhost0); unload it first");
	refuse(c, "[" CASCADE("repository", "VMLibrary") "]",
		"ops[0]: a is loaded in vtopt0 (vhost0); unload it first");
	/* read only: in two drives at once, and without force */
	c = change(c, "[" SET("vtd", "vtopt1", "'backing':'a'") "]");
	assert_member(c, CONFIG_VTD, "vtopt1", "backing", "'a'");
	c = change(c, "[" SET("vtd", "vtopt0", "'backing':'b'") "]");
	assert_member(c, CONFIG_VTD, "vtopt0", "backing", "'b'");
	c = change(c, "[" SET("vtd", "vtopt0", "'backing':''") "," SET(
			      "vtd", "vtopt1", "'backing':null") "," REMOVE("backing", "a") "]");
	assert_member(c, CONFIG_VTD, "vtopt1", "backing", "''");
	assert_int_equal(c->n_backing, 1);
	c = change(c, "[" CASCADE("repository", "VMLibrary") "]");
	assert_int_equal(c->n_backing + c->n_repository, 0);
	config_free(c);
}

/* A change of media concerns the adapter of the drive, and no other. */
static void test_ids(void **state)
{
	struct config *c = library();
	json_t *value = json_of("{'ops':[" SET("vtd", "vtopt0", "'backing':'a'") "]}");
	struct config_applied applied;

	(void)state;
	assert_int_equal(config_apply(c, value, &applied, &faults), 0);
	assert_int_equal(applied.n_ids, 1);
	assert_int_equal(applied.ids[0], 2);
	config_applied_fini(&applied);
	json_decref(value);
	value = json_of("{'ops':[" SET("repository", "VMLibrary", "'size_bytes':99999") "]}");
	assert_int_equal(config_apply(c, value, &applied, &faults), 0);
	assert_int_equal(applied.n_ids, 0);
	config_applied_fini(&applied);
	json_decref(value);
	config_free(c);
}

static void test_remove_vios(void **state)
{
	struct config *c = change(library(), "[" CASCADE("vios", "vios1") "]");

	(void)state;
	assert_member(c, CONFIG_REPOSITORY, "VMLibrary", "path", "{'vios2':'/n/'}");
	assert_member(c, CONFIG_BACKING, "a", "path", "{'vios2':'/n/a'}");
	config_free(c);
}

static struct config *parsed(const char *text)
{
	struct config *config;

	return config_parse(text, strlen(text), &config, &faults) == 0 ? config : NULL;
}

/* Older versions read every state in which they miss nothing, and refuse the others by number. */
static void test_format(void **state)
{
	struct config *c = small_state(), *again;
	char *before = config_text(c, NULL), *with, *after;

	(void)state;
	assert_int_equal(c->format, 1);
	assert_null(strstr(before, "repository"));
	c = change(c, "[" LIBRARY "," MEDIUM("a") "]");
	assert_int_equal(c->format, CONFIG_FORMAT_MEDIA);
	with = config_text(c, NULL);
	again = parsed(with);
	assert_non_null(again);
	assert_member(again, CONFIG_REPOSITORY, "VMLibrary", "size_bytes", "10240");
	config_free(again);
	memcpy(strstr(with, "\"format\":2"), "\"format\":1", strlen("\"format\":1"));
	assert_null(parsed(with));
	assert_string_equal(faults.text[0], "format: 1 is not the format of what is here; write 2");
	c = change(c, "[" CASCADE("repository", "VMLibrary") "]");
	after = config_text(c, NULL);
	assert_string_equal(before, after);
	memcpy(strstr(after, "\"format\":1"), "\"format\":2", strlen("\"format\":2"));
	assert_null(parsed(after));
	free(before);
	free(with);
	free(after);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_dots),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_remove_vios),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
