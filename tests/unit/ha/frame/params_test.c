/* SPDX-License-Identifier: BSD-3-Clause */
/* params_test.c - parameters, /proc texts and the state file: what is accepted, and that the fault
 * is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/frame/keep.h"
#include "ha/frame/params.h"
#include "ha/frame/procstat.h"

static char why[PARAMS_WHY];

static json_t *json(const char *text)
{
	json_t *o = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(o);
	return o;
}

/* The fault that params_plane() names, "" when it takes them. */
static const char *plane_fault(const char *text)
{
	json_t *o = json(text);
	struct params_plane out;

	why[0] = 0;
	if (params_plane(o, &out, why) == 0)
		why[0] = 0;
	json_decref(o);
	return why;
}

static void planes_are_checked(void **state)
{
	static const char ok[] = "{\"vios\":\"vios1\",\"plane\":\"scsid:lpar1/"
				 "scsi0\",\"incarnation\":\"00000000000000a1\"}";
	struct params_plane out;
	json_t *o = json(ok);

	assert_int_equal(params_plane(o, &out, why), 0);
	assert_int_equal(out.incarnation, 0xa1);
	assert_string_equal(out.plane, "scsid:lpar1/scsi0");
	json_decref(o);
	assert_int_equal(params_plane(NULL, &out, why), -EINVAL);
	assert_non_null(strstr(plane_fault("{}"), "\"vios\""));
	assert_non_null(strstr(plane_fault("{\"vios\":7}"), "\"vios\""));
	assert_non_null(strstr(plane_fault("{\"vios\":\"vi\\u0000os\"}"), "\"vios\""));
	assert_non_null(strstr(plane_fault("{\"vios\":\"v\",\"plane\":\"a b\"}"), "\"plane\""));
	assert_non_null(strstr(plane_fault("{\"vios\":\"v\",\"plane\":\"netd\",\"incarnation\":"
					   "\"00000000000000A1\"}"),
		"\"incarnation\""));
	assert_non_null(strstr(plane_fault("{\"vios\":\"v\",\"plane\":\"netd\",\"incarnation\":"
					   "\"0000000000000000\"}"),
		"\"incarnation\""));
	assert_non_null(strstr(plane_fault("{\"vios\":\"v\",\"plane\":\"netd\",\"incarnation\":"
					   "\"00000000000000a1a\"}"),
		"\"incarnation\""));
}

/* Of the longest names that a client and an adapter may have, and not one byte more. */
static void long_planes_are_taken_whole(void **state)
{
	char name[80] = "scsid:", text[256];
	struct params_plane out;
	json_t *o;

	memset(name + 6, 'a', 63);
	name[6 + 31] = '/';
	for (int more = 0; more < 2; more++) {
		name[6 + 63] = more ? 'a' : '\0';
		name[6 + 63 + more] = '\0';
		snprintf(text, sizeof(text),
			"{\"vios\":\"vios1\",\"plane\":\"%s\",\"incarnation\":"
			"\"00000000000000a1\"}",
			name);
		o = json(text);
		assert_int_equal(params_plane(o, &out, why), more ? -EINVAL : 0);
		if (!more)
			assert_string_equal(out.plane, name);
		json_decref(o);
	}
}

static void incarnations_survive_their_text(void **state)
{
	static const uint64_t some[] = {1, 0xf, 0x0123456789abcdef, UINT64_MAX};
	char text[INCARNATION_BYTES];
	uint64_t back;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		incarnation_text(some[i], text);
		assert_int_equal(incarnation_parse(text, &back), 0);
		assert_true(back == some[i]);
	}
	assert_int_equal(incarnation_parse(NULL, &back), -EINVAL);
}

static int live(const char *text, struct params_live *out)
{
	json_t *o = json(text);
	int r = params_live(o, out, why);

	json_decref(o);
	return r;
}

static void live_paths_are_checked(void **state)
{
	struct params_live out;
	json_t *o = json("{\"adapter\":\"lpar1/eth0\",\"id\":7,\"vios\":\"vios1\","
			 "\"incarnation\":\"00000000000000a1\"}");

	assert_int_equal(params_live(o, &out, why), 0);
	assert_int_equal(out.id, 7);
	assert_int_equal(out.client_len, 5);
	json_decref(o);
	assert_int_equal(live("{\"adapter\":\"l/e\",\"id\":7,\"vios\":null}", &out), 0);
	assert_true(out.incarnation == 0);
	assert_int_equal(live("{\"adapter\":\"l/e\",\"id\":0,\"vios\":null}", &out), -EINVAL);
	assert_int_equal(
		live("{\"adapter\":\"l/e\",\"id\":4294967296,\"vios\":null}", &out), -EINVAL);
	assert_int_equal(live("{\"adapter\":\"l/e\",\"id\":7,\"vios\":\"v\"}", &out), -EINVAL);
	assert_int_equal(live("{\"adapter\":\"l/e/f\",\"id\":7,\"vios\":null}", &out), -EINVAL);
	assert_int_equal(live("{\"adapter\":\"/e\",\"id\":7,\"vios\":null}", &out), -EINVAL);
	assert_int_equal(
		live("{\"adapter\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/e\",\"id\":7}", &out),
		-EINVAL);
}

static void reasons_fit_a_log_line(void **state)
{
	json_t *o = json("{\"reason\":\"a\\n\\\"b\\u00e9 and much more\"}");
	char out[8];

	params_reason(o, out, sizeof(out));
	assert_string_equal(out, "a..b.. ");
	json_decref(o);
	params_reason(NULL, out, sizeof(out));
	assert_string_equal(out, "");
}

static void the_name_of_a_process_may_be_anything(void **state)
{
	static const char text[] =
		"77 (a) D 9 (x) S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 8\n";
	struct procstat stat;

	assert_int_equal(procstat_parse(text, sizeof(text) - 1, &stat), 0);
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.start_time, 4711);
	for (size_t len = 0; len < 30; len++)
		assert_int_equal(procstat_parse(text, len, &stat), -EBADMSG);
	assert_int_equal(procstat_parse("1 (a) R", 7, &stat), -EBADMSG);
}

/* proc(5): field 9 has the kernel's flags, 31 the signals that wait for the thread. */
static bool dies(const char *flags, const char *pending)
{
	struct procstat stat;
	char text[512];

	snprintf(text, sizeof(text),
		"7 (a) b) R 1 7 7 0 -1 %s 5 0 0 0 1 2 0 0 20 0 4 0 4711 9 9 9 1 1 9 9 9 %s 0 0 0\n",
		flags, pending);
	assert_int_equal(procstat_parse(text, strlen(text), &stat), 0);
	assert_int_equal(stat.start_time, 4711);
	return stat.dying;
}

static void who_is_dying_is_known(void **state)
{
	assert_false(dies("4194560", "0"));
	assert_true(dies("4194564", "0"));	/* PF_EXITING */
	assert_true(dies("4194560", "256"));	/* SIGKILL */
	assert_false(dies("4194560", "16384")); /* SIGTERM: it may take its time */
	assert_false(dies("-", "-"));
}

static int pid_of(const char *text)
{
	return procstat_fdinfo_pid(text, strlen(text));
}

static void a_pidfd_tells_its_process(void **state)
{
	assert_int_equal(pid_of("pos:\t0\nflags:\t02\nPid:\t77\nNSpid:\t77\n"), 77);
	assert_int_equal(pid_of("Pid:\t-1\n"), -1);
	assert_int_equal(pid_of("Pid:\t0\n"), 0);
	assert_int_equal(pid_of("pos:\t0\nNSpid:\t77\n"), -EBADMSG);
	assert_int_equal(pid_of("Pid:\t99999999999\n"), -EBADMSG);
	assert_int_equal(pid_of("Pid:\t77"), -EBADMSG);
	assert_int_equal(pid_of(""), -EBADMSG);
}

static void the_state_file_survives_and_drops_nonsense(void **state)
{
	struct keep *k = calloc(1, sizeof(*k)), *back = calloc(1, sizeof(*back));
	json_t *o;

	strcpy(k->boot, "some-boot");
	k->n_planes = 1;
	k->plane[0] = (struct keep_plane){
		.vios = "vios1", .plane = "netd", .incarnation = 0xa1, .pid = 77, .start_time = 5};
	k->kill_ns = 9;
	strcpy(k->kill_vios, "vios2");
	strcpy(k->kill_plane, "netd");
	k->n_poison = 1;
	k->poison[0] = (struct poison_adapter){.id = 7,
		.state = POISON_QUARANTINED,
		.crash_ns = 3,
		.vios = "vios1",
		.plane = "netd"};
	strcpy(k->poison_name[0], "lpar1/eth0");
	o = keep_format(k);
	assert_int_equal(keep_parse(o, back), 0);
	assert_memory_equal(k, back, sizeof(*k));
	json_object_set_new(
		json_array_get(json_object_get(o, "planes"), 0), "pid", json_integer(1));
	json_object_set_new(
		json_array_get(json_object_get(o, "poison"), 0), "state", json_integer(9));
	assert_int_equal(keep_parse(o, back), 0);
	assert_int_equal(back->n_planes + back->n_poison, 0);
	assert_true(back->kill_ns == 9);
	json_decref(o);
	o = json_array();
	assert_int_equal(keep_parse(o, back), -EINVAL);
	json_decref(o);
	free(k);
	free(back);
}

static int release(const char *text, const char **adapter, uint32_t *id)
{
	json_t *o = json(text);
	int r = params_release(o, adapter, id, why);

	/* the name is the JSON's: only whether there is one is looked at afterwards */
	json_decref(o);
	return r;
}

static void a_release_is_by_name_or_id(void **state)
{
	const char *adapter;
	uint32_t id;

	assert_int_equal(release("{\"adapter\":\"lpar1/eth0\"}", &adapter, &id), 0);
	assert_non_null(adapter);
	assert_int_equal(release("{\"id\":4294967295}", &adapter, &id), 0);
	assert_null(adapter);
	assert_int_equal(id, UINT32_MAX);
	assert_int_equal(release("{\"id\":0}", &adapter, &id), -EINVAL);
	assert_non_null(strstr(why, "\"id\""));
	assert_int_equal(release("{\"id\":4294967296}", &adapter, &id), -EINVAL);
	assert_int_equal(release("{\"id\":\"7\"}", &adapter, &id), -EINVAL);
	assert_int_equal(release("{\"adapter\":\"eth0\"}", &adapter, &id), -EINVAL);
	assert_non_null(strstr(why, "\"adapter\""));
	assert_int_equal(release("{}", &adapter, &id), -EINVAL);
}

static void lists_of_adapters_are_checked(void **state)
{
	json_t *o = json("{\"adapters\":[{\"adapter\":\"lpar1/eth0\",\"id\":7},"
			 "{\"adapter\":\"lpar2/eth0\",\"id\":8}]}");
	json_t *list = json_object_get(o, "adapters");
	size_t n;

	assert_int_equal(params_adapters(o, &n, why), 0);
	assert_int_equal(n, 2);
	json_object_set_new(json_array_get(list, 1), "id", json_integer(0));
	assert_int_equal(params_adapters(o, &n, why), -EINVAL);
	assert_non_null(strstr(why, "\"id\""));
	json_array_append_new(list, json_integer(1));
	json_object_set_new(json_array_get(list, 1), "id", json_integer(8));
	assert_int_equal(params_adapters(o, &n, why), -EINVAL);
	assert_non_null(strstr(why, "\"adapter\""));
	json_object_set_new(o, "adapters", json_integer(1));
	assert_int_equal(params_adapters(o, &n, why), -EINVAL);
	assert_non_null(strstr(why, "\"adapters\""));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planes_are_checked),
		cmocka_unit_test(long_planes_are_taken_whole),
		cmocka_unit_test(incarnations_survive_their_text),
		cmocka_unit_test(live_paths_are_checked),
		cmocka_unit_test(reasons_fit_a_log_line),
		cmocka_unit_test(the_name_of_a_process_may_be_anything),
		cmocka_unit_test(who_is_dying_is_known),
		cmocka_unit_test(a_pidfd_tells_its_process),
		cmocka_unit_test(the_state_file_survives_and_drops_nonsense),
		cmocka_unit_test(a_release_is_by_name_or_id),
		cmocka_unit_test(lists_of_adapters_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
