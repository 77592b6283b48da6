/* SPDX-License-Identifier: BSD-3-Clause */
/* log_test.c - what arrives on stderr: whole lines, one write each, nothing that a peer could
 * forge. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/log.h"

static int saved_stderr, pipe_out;

/* stderr becomes a packet pipe: each read() returns one write(). */
static int redirect(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_DIRECT | O_NONBLOCK | O_CLOEXEC), 0);
	saved_stderr = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	pipe_out = fds[0];
	log_init("tester", LOGL_INFO);
	return 0;
}

static int restore(void **state)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_out);
	return 0;
}

static const char *one_write(void)
{
	static char text[4096];
	ssize_t n = read(pipe_out, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_line(void **state)
{
	int year, pid, n = 0;

	log_info("path-live", "adapter=%s start=%d", "lpar1/eth0", 3);
	const char *line = one_write();
	assert_int_equal(
		sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*6dZ tester[%d] %n", &year, &pid, &n),
		2);
	assert_in_range(year, 2024, 2999);
	assert_int_equal(pid, getpid());
	assert_string_equal(line + n, "info path-live adapter=lpar1/eth0 start=3\n");
	assert_string_equal(one_write(), "");

	log_error("stopped", "%s", "");
	line = one_write();
	assert_string_equal(line + strlen(line) - 15, "error stopped \n");
}

static void test_level(void **state)
{
	enum log_level level;

	log_debug("hidden", "x=%d", 1);
	assert_string_equal(one_write(), "");
	assert_int_equal(log_level_parse("debug", &level), 0);
	log_init("tester", level);
	log_debug("shown", "x=%d", 1);
	assert_non_null(strstr(one_write(), "debug shown x=1\n"));
	assert_true(log_level_parse("loud", &level) < 0);
	assert_true(log_level_parse("", &level) < 0);
}

static void test_nothing_forged(void **state)
{
	log_warn("peer", "name=%s", "a\nerror b\r\033[2J\x7f");
	const char *line = one_write();
	assert_non_null(strstr(line, "name=a?error b??[2J?\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void test_long_values_are_cut(void **state)
{
	char value[3 * LOG_LINE_MAX];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_info("long", "value=%s", value);
	const char *line = one_write();
	assert_in_range(strlen(line), LOG_LINE_MAX - 2, LOG_LINE_MAX);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_string_equal(one_write(), "");
}

static void test_refuse(void **state)
{
	log_init("tester", LOGL_ERROR);
	log_refuse("port %d is taken; choose another one", 7);
	assert_string_equal(one_write(), "tester: port 7 is taken; choose another one\n");
}

#define T(t) cmocka_unit_test_setup_teardown(t, redirect, restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_line),
		T(test_level),
		T(test_nothing_forged),
		T(test_long_values_are_cut),
		T(test_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
