// SPDX-License-Identifier: BSD-3-Clause
/*
 * store_test.c - the directory of state files: what was said to be stored is loaded again, after
 * kills at any instant and whatever happens to a file.
 */
#include "ha/cluster/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define KILLS 60

static char dir[64];

static int begin(void **state)
{
	strcpy(dir, "/tmp/vios-store-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* text: a version's own, so that a mixture of two is seen. */
static struct replica_record make(uint64_t version, char *text, size_t n)
{
	struct replica_record record = {
		.stamp = {.epoch = 1, .version = version}, .text = text, .text_bytes = n};

	memset(text, 'a' + (int)(version % 26), n);
	stamp_digest(text, n, record.stamp.digest);
	return record;
}

static void put(uint64_t number)
{
	char text[100];
	struct replica_record record = make(number, text, sizeof(text));

	assert_int_equal(store_put(dir, "state", number, &record), 0);
}

static uint64_t loaded_version(bool doubtful)
{
	struct store_loaded loaded;
	uint64_t version;

	assert_int_equal(store_load(dir, &loaded), 0);
	assert_true(loaded.found);
	assert_int_equal(loaded.doubtful, doubtful);
	version = loaded.newest.stamp.version;
	store_loaded_clear(&loaded);
	return version;
}

static void path_of(uint64_t number, char path[128])
{
	snprintf(path, 128, "%s/state.%llu", dir, (unsigned long long)number);
}

static void test_empty(void **state)
{
	struct store_loaded loaded;

	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(store_load(dir, &loaded), 0);
	assert_false(loaded.found || loaded.doubtful);
	assert_int_equal(loaded.next, 1);
}

static void test_newest_and_last_ten(void **state)
{
	char path[128];

	for (uint64_t i = 1; i <= 12; i++)
		put(i);
	assert_int_equal(loaded_version(false), 12);
	path_of(2, path);
	assert_int_equal(access(path, F_OK), -1);
	path_of(3, path);
	assert_int_equal(access(path, F_OK), 0);
}

/* Ten is more than nine, and names that are not ours are not read. */
static void test_names(void **state)
{
	char path[160];

	put(9);
	put(10);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir,
			i == 0	 ? "state.new"
			: i == 1 ? "state.011"
				 : "state.99x");
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	assert_int_equal(loaded_version(false), 10);
}

static void test_cut_at_every_byte(void **state)
{
	char path[128], old[160];
	struct store_loaded loaded;
	struct stat st;

	put(4);
	put(5);
	path_of(5, path);
	assert_int_equal(stat(path, &st), 0);
	for (off_t n = st.st_size - 1; n >= 0; n--) {
		assert_int_equal(truncate(path, n), 0);
		assert_int_equal(loaded_version(true), 4);
	}
	assert_int_equal(store_load(dir, &loaded), 0);
	assert_non_null(strstr(loaded.warning, path));
	snprintf(old, sizeof(old), "%s/state.4 is used", dir);
	assert_non_null(strstr(loaded.warning, old));
	assert_int_equal(loaded.next, 6); /* the damaged one is kept for whoever looks at it */
	store_loaded_clear(&loaded);
}

static void test_all_damaged(void **state)
{
	char path[128];
	struct store_loaded loaded;

	put(5);
	path_of(5, path);
	assert_int_equal(truncate(path, 10), 0);
	assert_int_equal(store_load(dir, &loaded), 0);
	assert_true(loaded.doubtful && !loaded.found);
	assert_non_null(strstr(loaded.warning, "no older one"));
}

static void test_base(void **state)
{
	char text[100], text2[100];
	struct replica_record base = make(1, text, sizeof(text)),
			      intent = make(2, text2, sizeof(text2));
	struct store_loaded loaded;

	intent.intent = true;
	intent.base = base.stamp;
	assert_int_equal(store_put(dir, "state", 1, &base), 0);
	assert_int_equal(store_put(dir, "state", 2, &intent), 0);
	intent.stamp.epoch = 9; /* the same, tried once more */
	assert_int_equal(store_put(dir, "state", 3, &intent), 0);
	assert_int_equal(store_load(dir, &loaded), 0);
	assert_true(loaded.newest.intent && loaded.has_base);
	assert_true(stamp_equal(&loaded.base.stamp, &base.stamp));
	store_loaded_clear(&loaded);
}

/* Writes versions as fast as it can; *said: the last one that is durable. */
static void write_for_ever(uint64_t first, volatile uint64_t *said)
{
	static char text[200000];

	for (uint64_t i = first;; i++) {
		struct replica_record record = make(i, text, 1000 + (i * 7919) % 190000);

		if (store_put(dir, "state", i, &record) == 0)
			*said = i;
	}
}

/* It has no processor yet, or none for long: killed before, nothing is learned. */
static void await_a_write(volatile uint64_t *said, uint64_t before)
{
	const struct timespec pause = {.tv_nsec = 200000};

	for (int i = 0; *said == before; i++) {
		assert_true(i < 100000);
		nanosleep(&pause, NULL);
	}
}

static void test_killed_at_any_instant(void **state)
{
	volatile uint64_t *said = mmap(
		NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seed = (unsigned)time(NULL);
	uint64_t version = 0;

	assert_true(said != MAP_FAILED);
	print_message("seed %u\n", seed);
	for (int i = 0; i < KILLS; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0)
			write_for_ever(version + 1, said);
		struct timespec wait = {.tv_nsec = rand_r(&seed) % 20000000};
		await_a_write(said, version);
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		version = loaded_version(false);
		assert_true(version >= *said && version <= *said + 1);
		*said = version; /* it has been read: it is there */
	}
	munmap((void *)said, sizeof(*said));
}

/* --- the thread --- */

struct heard {
	int n, errors;
	sd_event *ev;
	int wanted;
};

static void on_done(int error, void *user)
{
	struct heard *heard = user;

	heard->n++;
	heard->errors += error < 0;
	if (heard->n == heard->wanted)
		sd_event_exit(heard->ev, 0);
}

static void write_copy(struct store *store, uint64_t version, bool aside)
{
	char *text = malloc(100);
	struct replica_record record = make(version, text, 100);

	assert_int_equal(
		aside ? store_aside(store, &record, "a test") : store_write(store, &record), 0);
	assert_null(record.text);
}

static void test_thread(void **state)
{
	struct heard heard = {.wanted = 5};
	struct store *store;
	char path[128];

	assert_true(sd_event_new(&heard.ev) >= 0);
	assert_int_equal(store_new(heard.ev, dir, 1, on_done, &heard, &store), 0);
	write_copy(store, 100, true);
	for (uint64_t i = 1; i <= 5; i++)
		write_copy(store, i, false);
	assert_int_equal(sd_event_loop(heard.ev), 0);
	assert_int_equal(heard.errors, 0);
	assert_int_equal(loaded_version(false), 5);
	snprintf(path, sizeof(path), "%s/aside.1", dir);
	assert_int_equal(access(path, F_OK), 0);
	write_copy(store, 6, false);
	store_free(store); /* writes what is wanted, tells nobody */
	assert_int_equal(heard.n, 5);
	assert_int_equal(loaded_version(false), 6);
	sd_event_unref(heard.ev);
}

static void test_thread_fails(void **state)
{
	struct heard heard = {.wanted = 1};
	struct store *store;

	assert_int_equal(rmdir(dir), 0);
	assert_true(sd_event_new(&heard.ev) >= 0);
	assert_int_equal(store_new(heard.ev, dir, 1, on_done, &heard, &store), 0);
	write_copy(store, 1, false);
	assert_int_equal(sd_event_loop(heard.ev), 0);
	assert_int_equal(heard.errors, 1);
	store_free(store);
	sd_event_unref(heard.ev);
}

#define IN_DIR(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_empty),
		IN_DIR(test_newest_and_last_ten),
		IN_DIR(test_names),
		IN_DIR(test_cut_at_every_byte),
		IN_DIR(test_all_damaged),
		IN_DIR(test_base),
		IN_DIR(test_killed_at_any_instant),
		IN_DIR(test_thread),
		IN_DIR(test_thread_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
