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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/log.h"
#include "vios-core/daemon/incident_file.h"

static char base[64], dir[96], path[128], old[136], shared[96];
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
	snprintf(shared, sizeof(shared), "%s/incident", base);
	snprintf(old, sizeof(old), "%s.old", path);
	n_added = 0;
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	unlink(old);
	unlink(shared);
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

/* The log of one VIOS of a pair, in a directory of its own. */
static struct errlog_file *begin_side(const char *vios)
{
	static char dirs[2][128];
	char *side = dirs[vios[4] - '1'];
	struct errlog_file *file;

	snprintf(side, sizeof(dirs[0]), "%s/%s", base, vios);
	const struct errlog_file_config config = {
		.directory = side, .vios = vios, .incident = shared, .added = added};
	assert_int_equal(errlog_file_new(&config, &file), 0);
	return file;
}

static void end_side(struct errlog_file *file, const char *vios)
{
	char name[160];

	errlog_file_free(file);
	snprintf(name, sizeof(name), "%s/%s/errlog", base, vios);
	unlink(name);
	snprintf(name, sizeof(name), "%s/%s", base, vios);
	rmdir(name);
}

static uint64_t newest(const struct errlog_file *file)
{
	return errlog_incident(errlog_file_get(file)).number;
}

/* As if what is in the file had happened ms ago. */
static uint64_t age_shared(int64_t ms)
{
	struct incident was = {.number = 77, .last_ms = (int64_t)time(NULL) * 1000 - ms};
	char text[INCIDENT_TEXT];
	FILE *f = fopen(shared, "we");

	assert_non_null(f);
	incident_format(&was, text);
	fputs(text, f);
	fclose(f);
	return was.number;
}

static void both_vios_give_one_number(void **state)
{
	struct errlog_file *a = begin_side("vios1"), *b = begin_side("vios2");
	struct stat st;

	note(a, 1);
	note(b, 2);
	assert_int_equal(newest(a), newest(b));
	assert_true(newest(a) > 50000000);
	assert_int_equal(stat(shared, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644); /* alert agents read it */
	age_shared(10000); /* what the other one has begun is joined, whatever one's own was */
	note(a, 1);
	note(b, 1);
	assert_int_equal(newest(a), 77);
	assert_int_equal(newest(b), 77);
	errlog_file_free(b);
	b = begin_side("vios2"); /* and over a restart */
	note(b, 1);
	assert_int_equal(newest(b), 77);
	unlink(shared); /* and when the file is lost */
	note(b, 1);
	note(a, 1);
	assert_int_equal(newest(a), 77);
	assert_int_equal(newest(b), 77);
	end_side(a, "vios1");
	end_side(b, "vios2");
}

/* A hostile or broken file, a lock that a stopped process holds: noted all the same, at once. */
static void nothing_of_the_other_stops_it(void **state)
{
	static const char *const rubbish[] = {"", "77", "0000000000000000077 of soon",
		"0000000000000000077 of 0001795798800000000 ms\nand more"};
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct errlog_file *a = begin_side("vios1");
	int fd;

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		FILE *f = fopen(shared, "we");

		assert_non_null(f);
		fputs(rubbish[i], f);
		fclose(f);
		note(a, 1);
		assert_true(newest(a) > 50000000);
	}
	age_shared(1000);
	fd = open(shared, O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
	note(a, 1);
	assert_int_equal(newest(a), 77); /* it is read without the lock */
	close(fd);
	unlink(shared);
	assert_int_equal(mkdir(shared, 0700), 0);
	note(a, 1);
	assert_int_equal(newest(a), 77);
	rmdir(shared);
	assert_int_equal(mkfifo(shared, 0600), 0);
	note(a, 1);
	assert_int_equal(newest(a), 77);
	end_side(a, "vios1");
}

#define RACERS 8

/* All begin at once: whoever is first says the number. */
static void who_begin_at_once_agree(void **state)
{
	int results[2], error;

	age_shared(3 * INCIDENT_MS);
	assert_int_equal(pipe(results), 0);
	for (int i = 0; i < RACERS; i++) {
		if (fork() == 0) {
			struct timespec now;
			struct incident joined, own = {1, 0};

			clock_gettime(CLOCK_REALTIME, &now);
			joined = incident_file_join(
				shared, &own, (int64_t)now.tv_sec * 1000, &error);
			_exit(write(results[1], &joined.number, sizeof(joined.number)) != 8);
		}
	}
	uint64_t first = 0, number;
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(read(results[0], &number, sizeof(number)), sizeof(number));
		first = i == 0 ? number : first;
		assert_int_equal(number, first);
	}
	while (wait(NULL) > 0)
		;
	close(results[0]);
	close(results[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_outlives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_costs_the_damaged_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(two_files_hold_the_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_disk_it_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(both_vios_give_one_number, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_of_the_other_stops_it, setup, teardown),
		cmocka_unit_test_setup_teardown(who_begin_at_once_agree, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
