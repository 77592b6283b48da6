/* SPDX-License-Identifier: BSD-3-Clause */
/* path_fault_test.c - notes of targets, good and bad; what they mean for the adapter. */
#include "vios-core/daemon/path_fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct path_fault_note *out)
{
	json_t *params = json_loads(text, 0, NULL);
	int r = path_fault_parse(params, out);

	json_decref(params);
	return r;
}

static void notes(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"lun\": 256, \"state\": \"failed\", \"error\": \"EIO\"}",
		"{\"lun\": -1, \"state\": \"failed\", \"error\": \"EIO\"}",
		"{\"lun\": \"1\", \"state\": \"failed\", \"error\": \"EIO\"}",
		"{\"state\": \"failed\", \"error\": \"EIO\"}",
		"{\"lun\": 1, \"state\": \"dead\", \"error\": \"EIO\"}",
		"{\"lun\": 1, \"state\": 1, \"error\": \"EIO\"}",
		"{\"lun\": 1, \"state\": \"failed\"}",
		"{\"lun\": 1, \"state\": \"failed\", \"error\": \"\"}",
		"{\"lun\": 1, \"state\": \"failed\", \"error\": \"E I\"}",
		"{\"lun\": 1, \"state\": \"failed\", \"error\": \"E\\u001b[2J\"}",
		"{\"lun\": 1, \"state\": \"failed\", \"error\": \"EEEEEEEEEEEEEEEE\"}",
	};
	struct path_fault_note note;

	assert_int_equal(parse("{\"lun\": 255, \"name\": \"vtscsi0\", \"state\": \"recovering\", "
			       "\"error\": \"ENODEV\", \"opcode\": 40, \"lba\": 8}",
				 &note),
		0);
	assert_int_equal(note.lun, 255);
	assert_int_equal(note.state, PATH_FAULT_RECOVERING);
	assert_string_equal(note.error, "ENODEV");
	assert_false(note.healed);
	assert_int_equal(
		parse("{\"lun\": 0, \"state\": \"enabled\", \"error\": \"?\", \"healed\": true}",
			&note),
		0);
	assert_true(note.healed);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &note), -EINVAL);
	assert_int_equal(path_fault_parse(NULL, &note), -EINVAL);
}

static void luns_are_counted(void **state)
{
	struct path_faults faults = {0};
	const struct path_fault_note one = {1, PATH_FAULT_FAILED, "EIO"},
				     other = {7, PATH_FAULT_RECOVERING, "ENODEV"},
				     well = {1, PATH_FAULT_NONE, "EIO"};

	assert_int_equal(path_faults_state(&faults), PATH_FAULT_NONE);
	assert_false(path_faults_take(&faults, &well));
	assert_true(path_faults_take(&faults, &one));
	assert_false(path_faults_take(&faults, &one));
	assert_true(path_faults_take(&faults, &other));
	assert_int_equal(faults.n, 2);
	assert_int_equal(path_faults_state(&faults), PATH_FAULT_FAILED);
	assert_true(path_faults_take(&faults, &well));
	assert_int_equal(faults.n, 1);
	assert_int_equal(path_faults_state(&faults), PATH_FAULT_RECOVERING);
}

static void a_peer_reads_what_was_said(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"state\": \"enabled\", \"error\": \"EIO\", \"luns\": [1]}",
		"{\"state\": \"failed\", \"error\": \"EIO\", \"luns\": []}",
		"{\"state\": \"failed\", \"error\": \"EIO\", \"luns\": [256]}",
		"{\"state\": \"failed\", \"error\": \"\\n\", \"luns\": [1]}",
		"{\"state\": \"failed\", \"luns\": [1]}",
	};
	struct path_faults faults = {0}, read;
	const struct path_fault_note one = {0, PATH_FAULT_FAILED, "EIO"},
				     other = {255, PATH_FAULT_FAILED, "ENXIO"};
	json_t *json;

	assert_int_equal(path_faults_read(NULL, &read), 0);
	assert_int_equal(read.n, 0);
	path_faults_take(&faults, &one);
	path_faults_take(&faults, &other);
	json = path_faults_json(&faults);
	assert_int_equal(path_faults_read(json, &read), 0);
	assert_memory_equal(&read, &faults, sizeof(read));
	json_decref(json);
	json = path_faults_json(&(struct path_faults){0});
	assert_true(json_is_null(json));
	assert_int_equal(path_faults_read(json, &read), 0);
	json_decref(json);
	/* not all are named: the line that they are told in has a limit */
	for (unsigned i = 0; i < PATH_FAULT_LUNS; i++)
		path_faults_take(
			&faults, &(struct path_fault_note){i, PATH_FAULT_RECOVERING, "EIO"});
	assert_int_equal(faults.n, PATH_FAULT_LUNS);
	json = path_faults_json(&faults);
	assert_int_equal(path_faults_read(json, &read), 0);
	assert_int_equal(read.n, PATH_FAULT_TOLD);
	assert_int_equal(path_faults_state(&read), PATH_FAULT_RECOVERING);
	json_array_append_new(json_object_get(json, "luns"), json_integer(3));
	assert_int_equal(path_faults_read(json, &read), -EINVAL);
	json_decref(json);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json = json_loads(bad[i], 0, NULL);
		assert_int_equal(path_faults_read(json, &read), -EINVAL);
		json_decref(json);
	}
}

static struct adapter_status report;
static struct path_fault_facts facts;

static int setup(void **state)
{
	report = (struct adapter_status){.known = true, .live = 0};
	report.paths[0] = (struct adapter_status_path){
		.known = true, .phase = ADAPTER_PHASE_LIVE, .state = MODEL_PATH_OPTIMIZED};
	report.paths[1] = (struct adapter_status_path){
		.known = true, .phase = ADAPTER_PHASE_READY, .state = MODEL_PATH_OPTIMIZED};
	facts = (struct path_fault_facts){
		.report = &report, .self = 0, .peer = 1, .own = PATH_FAULT_FAILED};
	return 0;
}

static void the_other_path_takes_it(void **state)
{
	assert_true(path_fault_peer_better(&facts));
	assert_false(path_fault_answer(&facts));
	report.paths[1].phase = ADAPTER_PHASE_PRIMING; /* soon */
	assert_true(path_fault_peer_better(&facts));
}

static void the_other_path_is_away_for_now(void **state)
{
	report.paths[1].phase = ADAPTER_PHASE_ABSENT;
	assert_false(path_fault_peer_better(&facts));
	assert_false(path_fault_answer(&facts)); /* it may come back in time */
	report.paths[1].phase = ADAPTER_PHASE_READY;
	report.paths[1].state = MODEL_PATH_UNAVAILABLE;
	assert_false(path_fault_peer_better(&facts));
	report.paths[1].state = MODEL_PATH_STANDBY;
	assert_false(path_fault_peer_better(&facts));
	report.paths[1].known = false;
	assert_false(path_fault_peer_better(&facts));
	report.known = false;
	assert_false(path_fault_peer_better(&facts) || path_fault_answer(&facts));
}

static void there_is_no_other_path(void **state)
{
	facts.peers = PATH_FAULT_FAILED;
	assert_false(path_fault_peer_better(&facts));
	assert_true(path_fault_answer(&facts));
	facts.peers = PATH_FAULT_NONE;
	facts.peer_offline = true;
	report.paths[1].phase = ADAPTER_PHASE_ABSENT;
	assert_false(path_fault_peer_better(&facts));
	assert_true(path_fault_answer(&facts));
	report.known = false;
	assert_true(path_fault_answer(&facts));
	facts.peer_offline = false;
	facts.peer = facts.self;
	assert_false(path_fault_peer_better(&facts));
	assert_true(path_fault_answer(&facts));
}

/* The two VIOS do not see each other: the mux sees both. */
static void a_peer_that_is_only_cut_off_takes_it(void **state)
{
	facts.peer_offline = true;
	assert_true(path_fault_peer_better(&facts));
	assert_false(path_fault_answer(&facts));
	report.paths[1].phase = ADAPTER_PHASE_REFUSED;
	assert_false(path_fault_peer_better(&facts));
	assert_true(path_fault_answer(&facts));
	/* It cannot either, and nobody can say why: the target waits, and answers in the end. */
	report.paths[1].phase = ADAPTER_PHASE_READY;
	report.paths[1].state = MODEL_PATH_UNAVAILABLE;
	assert_false(path_fault_peer_better(&facts));
	assert_false(path_fault_answer(&facts));
}

/* Each would leave to the other what neither can do well, if both were the worse one. */
static void at_most_one_is_better(void **state)
{
	for (int own = 0; own < PATH_FAULT_STATES; own++) {
		for (int peers = 0; peers < PATH_FAULT_STATES; peers++) {
			struct path_fault_facts theirs;

			report.paths[0].state = report.paths[1].state = MODEL_PATH_STANDBY;
			facts.own = (enum path_fault_state)own;
			facts.peers = (enum path_fault_state)peers;
			theirs = facts;
			theirs.self = 1;
			theirs.peer = 0;
			theirs.own = facts.peers;
			theirs.peers = facts.own;
			assert_false(
				path_fault_peer_better(&facts) && path_fault_peer_better(&theirs));
			assert_false(path_fault_peer_better(&facts) && path_fault_answer(&facts));
		}
	}
	facts.own = PATH_FAULT_FAILED;
	facts.peers = PATH_FAULT_RECOVERING; /* it does what we cannot */
	assert_true(path_fault_peer_better(&facts));
	assert_false(path_fault_answer(&facts));
	facts.own = PATH_FAULT_NONE;
	facts.peers = PATH_FAULT_FAILED;
	assert_false(path_fault_answer(&facts)); /* nothing is held */
}

static void it_comes_back(void **state)
{
	assert_false(path_fault_may_return(&facts)); /* is here */
	report.live = 1;
	report.paths[0].phase = ADAPTER_PHASE_READY;
	assert_true(path_fault_may_return(&facts));
	report.paths[0].state = MODEL_PATH_STANDBY; /* the mux does not know yet that it is well */
	assert_false(path_fault_may_return(&facts));
	report.paths[0].state = MODEL_PATH_OPTIMIZED;
	report.paths[0].phase = ADAPTER_PHASE_PRIMING;
	assert_false(path_fault_may_return(&facts));
	report.paths[0].phase = ADAPTER_PHASE_READY;
	report.known = false;
	assert_false(path_fault_may_return(&facts));
	report.known = true;
	report.live = -1;
	assert_false(path_fault_may_return(&facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes),
		cmocka_unit_test(luns_are_counted),
		cmocka_unit_test(a_peer_reads_what_was_said),
		cmocka_unit_test_setup(the_other_path_takes_it, setup),
		cmocka_unit_test_setup(the_other_path_is_away_for_now, setup),
		cmocka_unit_test_setup(there_is_no_other_path, setup),
		cmocka_unit_test_setup(a_peer_that_is_only_cut_off_takes_it, setup),
		cmocka_unit_test_setup(at_most_one_is_better, setup),
		cmocka_unit_test_setup(it_comes_back, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
