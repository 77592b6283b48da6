/* SPDX-License-Identifier: BSD-3-Clause */
/* file_look_test.c - what is told of files that are there, alike, missing or none. One thread. */
#include "vios-core/daemon/file_look.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* FIPS 180-4's example. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char dir[64], file[96], other[96], fifo[96];
static sd_event *ev;
static json_t *told;
static unsigned n_told;

static void put(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/v-unit-look-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/a.iso", dir);
	snprintf(other, sizeof(other), "%s/b.iso", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	put(file, "abc");
	put(other, "abc");
	return mkfifo(fifo, 0600) < 0 || sd_event_new(&ev) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	sd_event_unref(ev);
	json_decref(told);
	told = NULL;
	unlink(file);
	unlink(other);
	unlink(fifo);
	return rmdir(dir);
}

static void on_told(const json_t *answer, void *user)
{
	json_decref(told);
	told = json_deep_copy(answer);
	n_told += *(unsigned *)user;
}

static unsigned one = 1;

static const char *look(const char *path, bool digest, const char *member)
{
	n_told = 0;
	assert_int_equal(file_look_start(ev, path, digest, on_told, &one), 0);
	while (n_told == 0)
		assert_true(sd_event_run(ev, 10u * 1000000u) > 0);
	assert_non_null(told);
	const char *text = json_string_value(json_object_get(told, member));
	return text ? text : "";
}

static void test_what_it_is(void **state)
{
	char first[128];

	snprintf(first, sizeof(first), "%s", look(file, false, "identity"));
	assert_int_equal(strncmp(first, "file.", 5), 0);
	assert_int_equal(json_integer_value(json_object_get(told, "size_bytes")), 3);
	assert_null(json_object_get(told, "sha256"));
	assert_string_equal(look(file, false, "identity"), first);
	assert_string_not_equal(look(other, false, "identity"), first);
	assert_string_equal(look(other, true, "sha256"), ABC);
	put(other, "abd");
	assert_string_not_equal(look(other, true, "sha256"), ABC);
}

/* Nothing that opening or reading waits for. */
static void test_faults(void **state)
{
	assert_string_equal(look("/nonexistent/x", false, "fault"), "No such file or directory");
	assert_string_equal(look(dir, false, "fault"), "it is no file");
	assert_string_equal(look(fifo, true, "fault"), "it is no file");
	assert_string_equal(look("/dev/zero", true, "fault"), "it is no file");
	assert_null(json_object_get(told, "size_bytes"));
}

/* A few at once, each with its answer; none stays behind. */
static void test_many(void **state)
{
	n_told = 0;
	for (unsigned i = 0; i < FILE_LOOKS_MAX; i++)
		assert_int_equal(file_look_start(ev, file, true, on_told, &one), 0);
	assert_int_equal(file_look_start(ev, file, true, on_told, &one), -EBUSY);
	while (n_told < FILE_LOOKS_MAX)
		assert_true(sd_event_run(ev, 10u * 1000000u) > 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_string_equal(look(file, true, "sha256"), ABC);
}

/* The loop may end first. */
static void test_left(void **state)
{
	n_told = 0;
	assert_int_equal(file_look_start(ev, file, true, on_told, &one), 0);
	sd_event_unref(ev);
	assert_int_equal(sd_event_new(&ev), 0);
	assert_int_equal(n_told, 0);
	assert_string_equal(look(file, true, "sha256"), ABC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
