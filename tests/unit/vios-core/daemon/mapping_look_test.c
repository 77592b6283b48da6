/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mapping_look_test.c - questions and answers of two viosds about devices, and what a process of
 * their own finds of files: there, other, missing, none. One thread.
 */
#include "vios-core/daemon/backing_look.h"
#include "vios-core/daemon/file_look.h"
#include "vios-core/daemon/mapping_look.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct mapping_ask ask, got;
static uint64_t number;
static json_t *looks;

static enum mapping_word reads(const char *text)
{
	json_decref(looks);
	looks = NULL;
	return mapping_read(text, strlen(text), "vios2", &got, &number, &looks);
}

static void a_question_and_its_answer(void **state)
{
	json_t *list = json_pack("[{s:s}]", "fault", "is empty");
	struct mapping_look look;
	char *text;

	ask = (struct mapping_ask){.number = UINT64_C(5) << 40, .n = 1};
	strcpy(ask.list[0].path, "/dev/sda");
	ask.list[0].block_bytes = 4096;
	text = mapping_ask_write("vios2", &ask);
	assert_int_equal(reads(text), MAPPING_ASK);
	assert_memory_equal(&got, &ask, sizeof(ask));
	assert_int_equal(
		mapping_read(text, strlen(text), "vios1", &got, &number, &looks), MAPPING_NONE);
	free(text);
	text = mapping_answer_write("vios2", ask.number, list);
	assert_int_equal(reads(text), MAPPING_ANSWER);
	assert_true(number == ask.number);
	mapping_look_read(json_array_get(looks, 0), &look);
	assert_string_equal(look.fault, "is empty");
	free(text);
	json_decref(list);
	reads("");
}

static void rubbish(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "{\"to\":\"vios2\",\"ask\":1}",
		"{\"to\":\"vios2\",\"ask\":1,\"list\":[]}",
		"{\"to\":\"vios2\",\"ask\":0,\"list\":[{\"path\":\"/a\",\"block_bytes\":1}]}",
		"{\"to\":\"vios2\",\"ask\":1,\"list\":[{\"path\":\"a\",\"block_bytes\":1}]}",
		"{\"to\":\"vios2\",\"ask\":1,\"list\":[{\"path\":\"/a\",\"block_bytes\":-1}]}",
		"{\"to\":\"vios2\",\"ask\":1,\"list\":[{\"path\":\"/a\"}]}"};
	struct mapping_look look;
	json_t *odd = json_pack(
		"{s:i, s:i, s:s}", "size_bytes", -1, "block_bytes", 512, "node", "a\n\x1b[1m");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(reads(bad[i]), MAPPING_NONE);
	mapping_look_read(odd, &look);
	assert_string_equal(look.fault, "its size is not told");
	assert_string_equal(look.node, "a??[1m");
	mapping_look_read(NULL, &look);
	assert_false(look.told);
	json_decref(odd);
}

static char dir[64];
static sd_event *ev;
static struct mapping_look found[4];
static bool done;

static int setup(void **state)
{
	/* not a tmpfs: that has no direct I/O */
	snprintf(dir, sizeof(dir), "/var/tmp/v-unit-map-XXXXXX");
	return !mkdtemp(dir) || sd_event_new(&ev) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[128];

	sd_event_unref(ev);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void on_told(const json_t *answer, void *user)
{
	for (size_t i = 0; i < 4; i++)
		mapping_look_read(json_array_get(answer, i), &found[i]);
	done = true;
}

static void add(const char *name, const char *text, off_t size)
{
	struct mapping_device *device = &ask.list[ask.n++];
	int fd;

	snprintf(device->path, sizeof(device->path), "%s/%s", dir, name);
	if (!text)
		return;
	fd = open(device->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void look_at_all(void)
{
	done = false;
	assert_int_equal(file_look_run(ev, backing_look, &ask, 10000000, on_told, NULL), 0);
	while (!done)
		assert_true(sd_event_run(ev, 10u * 1000000u) > 0);
}

static void files(void **state)
{
	char alias[160];

	ask = (struct mapping_ask){.n = 0};
	add("a", "one", 1 << 20);
	add("b", "two", 1 << 20);
	add("missing", NULL, 0);
	add("alias", NULL, 0);
	snprintf(alias, sizeof(alias), "%s/alias", dir);
	assert_int_equal(symlink("a", alias), 0);
	ask.list[1].block_bytes = 4096;
	look_at_all();
	assert_string_equal(found[0].fault, "");
	assert_true(found[0].size_bytes == 1 << 20 && found[0].block_bytes == 512);
	assert_int_equal(found[1].block_bytes, 4096);
	assert_string_not_equal(found[0].node, found[1].node);
	assert_string_not_equal(found[0].sample, found[1].sample);
	assert_string_equal(
		found[2].fault, "cannot be opened for writing: No such file or directory");
	assert_string_equal(found[3].node, found[0].node);
	assert_string_equal(found[3].sample, found[0].sample);
}

/* Nothing that acts when it is opened, or that opening waits for, is opened. */
static void no_disks(void **state)
{
	char fifo[160];

	ask = (struct mapping_ask){.n = 0};
	add("fifo", NULL, 0);
	add("", NULL, 0);
	add("empty", "", 0);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	strcpy(ask.list[ask.n++].path, "/dev/null");
	look_at_all();
	assert_string_equal(found[0].fault, "is neither a block device nor a file");
	assert_string_equal(found[1].fault, "is neither a block device nor a file");
	assert_string_equal(found[2].fault, "is empty");
	assert_string_equal(found[3].fault, "is neither a block device nor a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_and_its_answer),
		cmocka_unit_test(rubbish),
		cmocka_unit_test_setup_teardown(files, setup, teardown),
		cmocka_unit_test_setup_teardown(no_disks, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
