/* SPDX-License-Identifier: BSD-3-Clause */
/* errlog_file_test.c - the log over restarts, in a directory of the test's own. One thread. */
#include "vios-core/daemon/errlog_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/log.h"

static char base[64], dir[96], path[128], old[136];
static unsigned n_added;

static void added(const struct errlog_entry *entry, void *user)
{
	n_added++;
}

static int setup(void **state)
{
	log_init("test", LOGL_ERROR);
	snprintf(base, sizeof(base), "/tmp/v-unit-errlog-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/state", base);
	snprintf(path, sizeof(path), "%s/errlog", dir);
	snprintf(old, sizeof(old), "%s.old", path);
	n_added = 0;
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	unlink(old);
	rmdir(dir);
	return rmdir(base);
}

static struct errlog_file *begin(void)
{
	const struct errlog_file_config config = {
		.directory = dir, .vios = "vios1", .added = added};
	struct errlog_file *file;

	assert_int_equal(errlog_file_new(&config, &file), 0);
	return file;
}

static void note(struct errlog_file *file, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		errlog_note(file, ERRLOG_LINK_UP, "ent0", "n=%u", i);
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static size_t lines_of(const char *name)
{
	FILE *f = fopen(name, "re");
	size_t n = 0;

	for (int c; f && (c = fgetc(f)) != EOF;)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static void expect(struct errlog_file *file, size_t n, uint64_t last)
{
	assert_int_equal(errlog_file_get(file)->n, n);
	assert_int_equal(errlog_file_get(file)->last, last);
}

static void it_outlives_a_restart(void **state)
{
	struct errlog_file *file = begin();
	struct stat st;

	expect(file, 0, 0);
	note(file, 3);
	assert_int_equal(n_added, 3);
	errlog_file_free(file);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0027, 0); /* nobody else reads or writes it */
	file = begin();
	expect(file, 3, 3);
	assert_string_equal(errlog_file_get(file)->ring[2].text, "adapter link up: n=2");
	note(file, 1);
	expect(file, 4, 4);
	errlog_file_free(file);
}

/* A line that was cut by a crash costs itself alone, and not the one that is appended to it. */
static void damage_costs_the_damaged_lines(void **state)
{
	struct errlog_file *file = begin();

	note(file, 2);
	errlog_file_free(file);
	append("rubbish\n\n{\"seq\":3,\"time");
	file = begin();
	expect(file, 2, 2);
	note(file, 2);
	errlog_file_free(file);
	file = begin();
	expect(file, 4, 4);
	errlog_file_free(file);
	assert_int_equal(lines_of(path), 7);
}

static void two_files_hold_the_ring(void **state)
{
	struct errlog_file *file = begin();

	note(file, ERRLOG_MAX);
	assert_int_equal(lines_of(path), ERRLOG_MAX);
	assert_int_equal(access(old, F_OK), -1);
	note(file, 10);
	assert_int_equal(lines_of(path), 10);
	assert_int_equal(lines_of(old), ERRLOG_MAX);
	errlog_file_free(file);
	file = begin();
	expect(file, ERRLOG_MAX, ERRLOG_MAX + 10);
	note(file, ERRLOG_MAX - 10);
	assert_int_equal(lines_of(path), ERRLOG_MAX);
	note(file, 1);
	assert_int_equal(lines_of(path), 1);
	errlog_file_free(file);
}

/* The log works in memory. */
static void without_a_disk_it_goes_on(void **state)
{
	struct errlog_file *file;

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* stands where the file should be */
	file = begin();
	note(file, 3);
	expect(file, 3, 3);
	errlog_file_free(file);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/nowhere", path), 0);
	file = begin();
	note(file, 1);
	expect(file, 1, 1);
	errlog_file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_outlives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_costs_the_damaged_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(two_files_hold_the_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_disk_it_goes_on, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
