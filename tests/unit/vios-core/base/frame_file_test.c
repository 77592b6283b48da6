/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_file_test.c - a file that is good, absent, too large, or wrong in several places. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/model/frame_config.h"

static char path[64], said[8192];

static int load(struct model_frame **out)
{
	int saved = dup(STDERR_FILENO), fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	log_init("tester", LOGL_INFO);
	int rc = frame_file_load(path, out);
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = read(fds[0], said, sizeof(said) - 1);
	said[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return rc;
}

static void file_make(const char *text, off_t size)
{
	snprintf(path, sizeof(path), "/tmp/v-unit-frame-XXXXXX");
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	if (size > 0)
		assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void test_good(void **state)
{
	struct model_frame *frame = NULL;

	file_make("{\"frame\":\"f\",\"clients\":[],\"vios\":[{\"name\":\"v1\",\"node_id\":1,"
		  "\"uplink\":{\"name\":\"ent0\",\"devargs\":\"net_null0\"}}]}",
		0);
	assert_int_equal(load(&frame), 0);
	assert_string_equal(said, "");
	assert_string_equal(frame->vios[0].uplink_devargs, "net_null0");
	model_frame_free(frame);
	unlink(path);
}

static void test_every_fault_is_a_line(void **state)
{
	struct model_frame *frame = NULL;
	char expected[128];

	file_make("{\"frame\":\"7\",\"clients\":{},\"vioss\":[]}", 0);
	assert_int_equal(load(&frame), -EINVAL);
	snprintf(expected, sizeof(expected), "tester: %s: frame: \"7\" is not a name", path);
	assert_non_null(strstr(said, expected));
	assert_non_null(strstr(said, "clients: {} is not a list"));
	assert_non_null(strstr(said, "did you mean \"vios\"?"));
	assert_non_null(strstr(said, "vios: is missing"));
	unsigned lines = 0;
	for (const char *c = said; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 4);
	unlink(path);
}

static void test_unreadable(void **state)
{
	struct model_frame *frame = NULL;

	snprintf(path, sizeof(path), "/tmp/v-unit-none/frame.json");
	assert_int_equal(load(&frame), -ENOENT);
	assert_non_null(strstr(said, path));
	assert_non_null(strstr(said, "create it"));
	snprintf(path, sizeof(path), "/tmp");
	assert_int_equal(load(&frame), -EISDIR);
	file_make("", (16 << 20) + 1);
	assert_int_equal(load(&frame), -EFBIG);
	assert_non_null(strstr(said, "16 MiB"));
	unlink(path);
	file_make("", 0);
	assert_int_equal(load(&frame), -EINVAL);
	assert_non_null(strstr(said, "line 1"));
	unlink(path);
}

static void test_of_a_run_directory(void **state)
{
	struct model_frame *frame = NULL;
	char run[] = "/tmp/v-unit-run-XXXXXX", file[64], longest[200];

	log_init("tester", LOGL_ERROR);
	assert_non_null(mkdtemp(run));
	snprintf(file, sizeof(file), "%s/frame.json", run);
	assert_int_equal(frame_file_load_run(run, &frame), -ENOENT);
	file_make("{\"frame\":\"f\",\"clients\":[],\"vios\":[{\"name\":\"v1\",\"node_id\":1,"
		  "\"uplink\":{\"name\":\"ent0\",\"devargs\":\"net_null0\"}}]}",
		0);
	assert_int_equal(rename(path, file), 0);
	assert_int_equal(frame_file_load_run(run, &frame), 0);
	assert_string_equal(frame->vios[0].name, "v1");
	model_frame_free(frame);
	unlink(file);
	rmdir(run);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(frame_file_load_run(longest, &frame), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_every_fault_is_a_line),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_of_a_run_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
