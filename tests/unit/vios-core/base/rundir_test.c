/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rundir_test.c - the run directory's first steps, and what says when something appears in it. One
 * thread, a directory of its own below /tmp.
 */
#include "vios-core/base/dirwatch.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int set_up(void **state)
{
	strcpy(dir, "/tmp/vios-rundir-test-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static const char *in(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void a_directory_is_made_once(void **state)
{
	struct stat st;

	assert_int_equal(rundir_make(in("clients")), 0);
	assert_int_equal(rundir_make(in("clients")), 0);
	assert_int_equal(stat(in("clients"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(rundir_make(in("no/such")), -ENOENT);
}

static void a_lock_has_one_holder(void **state)
{
	int fd = rundir_lock(in("mux.lock"), "a mux");

	assert_true(fd >= 0);
	assert_int_equal(rundir_lock(in("mux.lock"), "a mux"), -EBUSY);
	close(fd);
	fd = rundir_lock(in("mux.lock"), "a mux");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(rundir_lock(in("no/such.lock"), "a mux"), -ENOENT);
}

static void on_change(void *user)
{
	++*(unsigned *)user;
}

static void run(sd_event *ev)
{
	while (sd_event_run(ev, 20000) > 0)
		;
}

static void make_file(const char *name)
{
	close(open(in(name), O_CREAT | O_WRONLY, 0600));
}

static void what_appears_is_seen(void **state)
{
	struct dirwatch *w = NULL;
	sd_event *ev = NULL;
	unsigned seen = 0;

	assert_true(sd_event_new(&ev) >= 0);
	assert_int_equal(dirwatch_new(ev, on_change, &seen, &w), 0);
	assert_int_equal(dirwatch_add(w, in("vios1")), -ENOENT);
	assert_int_equal(dirwatch_add(w, dir), 0);
	assert_int_equal(dirwatch_add(w, dir), 0);
	run(ev);
	assert_int_equal(seen, 0);
	make_file("a");
	run(ev);
	assert_int_equal(seen, 1);
	make_file("b");
	make_file("c");
	run(ev);
	assert_int_equal(seen, 2); /* once for both */
	unlink(in("b"));
	run(ev);
	assert_int_equal(seen, 2);
	assert_int_equal(rundir_make(in("vios1")), 0);
	run(ev);
	assert_int_equal(seen, 3);
	assert_int_equal(dirwatch_add(w, in("vios1")), 0);
	make_file("vios1/netd.sock");
	run(ev);
	assert_int_equal(seen, 4);
	dirwatch_free(w);
	dirwatch_free(NULL);
	sd_event_unref(ev);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_directory_is_made_once),
		TEST(a_lock_has_one_holder),
		TEST(what_appears_is_seen),
	};

	log_init("rundir_test", LOGL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
