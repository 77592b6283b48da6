/* SPDX-License-Identifier: BSD-3-Clause */
/* The environment file: a good one, and each fault named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/env.h"

static const char good[] =
	"{'run_dir':'/tmp/v/run','traffic':[{'adapter':'lpar1/eth0','client_netns':'/proc/7/ns/"
	"net',"
	"'client_address':'10.0.0.2','outside_netns':'out','outside_address':'10.0.0.1'}],"
	"'vios':{'vios1':{'init_pid_file':'/a'},'vios2':{'init_pid_file':'/b'}},"
	"'hooks':{'power_off':['/bin/lab','off'],'heal':['/bin/heal']},"
	"'storage':{'adapter':'lpar1/scsi0','lun':1,'command':['/bin/client','-x']},'more':1}";

static int parse_with(const char *from, const char *to, struct env **env, char *fault)
{
	char text[2048];
	const char *at = strstr(good, from);

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return env_parse(text, env, fault);
}

static void reads_a_good_one(void **state)
{
	char fault[ENV_FAULT_BYTES];
	struct env *env;

	assert_int_equal(parse_with("", "", &env, fault), 0);
	assert_string_equal(env->run_dir, "/tmp/v/run");
	assert_string_equal(env->traffic[0].client_netns, "/proc/7/ns/net");
	assert_string_equal(env->traffic[0].outside_netns, "/run/netns/out");
	assert_int_equal(env->n_vios, 2);
	assert_string_equal(env->vios[1].name, "vios2");
	assert_string_equal(env->vios[1].init_pid_file, "/b");
	assert_string_equal(env->hook[ENV_POWER_OFF][1], "off");
	assert_null(env->hook[ENV_POWER_OFF][2]);
	assert_null(env->hook[ENV_CUT][0]);
	assert_true(env_has_storage(env));
	assert_string_equal(env->storage.adapter, "lpar1/scsi0");
	assert_int_equal(env->storage.lun, 1);
	assert_string_equal(env->storage.command[1], "-x");
	assert_null(env->storage.command[2]);
	env_free(env);
}

static void needs_no_storage(void **state)
{
	char fault[ENV_FAULT_BYTES];
	struct env *env;

	assert_int_equal(parse_with("'storage'", "'other'", &env, fault), 0);
	assert_false(env_has_storage(env));
	env_free(env);
}

static void each_fault_is_named(void **state)
{
	static const struct {
		const char *from, *to, *fault;
	} bad[] = {
		{"'run_dir'", "'run'", "'run_dir' is missing"},
		{"'/tmp/v/run'", "7", "'run_dir' is missing or not a string"},
		{"'adapter'", "'adaptor'", "'adapter' is missing"},
		{"'client_address':'10.0.0.2'", "'client_address':''", "'client_address'"},
		{"'vios2':{'init_pid_file':'/b'}", "'vios2':{}", "'init_pid_file'"},
		{",'vios2':{'init_pid_file':'/b'}", "", "names 1 VIOS"},
		{"['/bin/heal']", "[]", "hook 'heal'"},
		{"['/bin/heal']", "'/bin/heal'", "hook 'heal'"},
		{"['/bin/heal']", "['/bin/heal',7]", "word 2 of hook 'heal'"},
		{"'lpar1/scsi0'", "5", "'adapter' is missing"},
		{"'lun':1,", "", "'lun' of 'storage'"},
		{"'lun':1", "'lun':256", "'lun' of 'storage'"},
		{"'lun':1", "'lun':-1", "'lun' of 'storage'"},
		{"['/bin/client','-x']", "[]", "'command' of 'storage'"},
		{"'-x'", "7", "word 2 of 'command' of 'storage'"},
		{"'more':1}", "", "line 1"},
		{"'more':1", "'run_dir':'x'", "valid JSON"},
	};
	char fault[ENV_FAULT_BYTES];
	struct env *env;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(parse_with(bad[i].from, bad[i].to, &env, fault) < 0);
		if (!strstr(fault, bad[i].fault))
			fail_msg("'%s', not '%s'", fault, bad[i].fault);
	}
}

static void limits(void **state)
{
	char fault[ENV_FAULT_BYTES], text[4096], list[2048] = "['x'";
	struct env *env;

	for (int i = 1; i < ENV_ARGS_MAX; i++)
		strcat(list, ",'x'");
	strcat(list, "]");
	assert_true(parse_with("['/bin/heal']", list, &env, fault) < 0);
	strcpy(list, "['x'");
	for (int i = 0; i < ENV_COMMAND_MAX; i++)
		strcat(list, ",'x'");
	strcat(list, "]");
	assert_true(parse_with("['/bin/client','-x']", list, &env, fault) < 0);
	snprintf(text, sizeof(text), "'%0100d'", 7);
	assert_true(parse_with("'10.0.0.2'", text, &env, fault) < 0);
	assert_non_null(strstr(fault, "100 bytes"));
	assert_true(env_load("/nonexistent/drill.json", &env, fault) < 0);
	assert_non_null(strstr(fault, "No such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_good_one),
		cmocka_unit_test(needs_no_storage),
		cmocka_unit_test(each_fault_is_named),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests_name("ha/drill/env", tests, NULL, NULL);
}
