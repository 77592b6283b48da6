/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults that last are undone, whatever happens in between; processes are found and signalled. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "ha/drill/repair.h"
#include "vios-core/base/log.h"

static char dir[64], journal[96], script[256];
static struct env env;
static struct repair repair;
static char sh[] = "/bin/sh", dash_c[] = "-c", zero[] = "hook", fails[] = "exit 3";
static char on[] = "on", off[] = "off";

/* A hook that appends "WORD VIOS" to the journal. */
static void hook(enum env_hook which, char *word)
{
	char *argv[] = {sh, dash_c, script, zero, word};

	memcpy(env.hook[which], argv, sizeof(argv));
}

static int set_up(void **state)
{
	log_init("repair_test", LOGL_ERROR);
	strcpy(dir, "/tmp/drill-repair-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(journal, sizeof(journal), "%s/journal", dir);
	snprintf(script, sizeof(script), "echo $1 $2 >> %s", journal);
	memset(&env, 0, sizeof(env));
	env.n_vios = 2;
	strcpy(env.vios[0].name, "vios1");
	strcpy(env.vios[1].name, "vios2");
	repair_init(&repair, &env);
	return 0;
}

static int tear_down(void **state)
{
	unlink(journal);
	return rmdir(dir);
}

static void journal_is(const char *expected)
{
	char text[256] = "";
	FILE *f = fopen(journal, "r");

	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	assert_string_equal(text, expected);
}

static void power_is_given_back(void **state)
{
	hook(ENV_POWER_OFF, off);
	hook(ENV_POWER_ON, on);
	assert_int_equal(repair_power(&repair, 1, false), 0);
	assert_int_equal(repair_all(&repair), 0);
	journal_is("off vios2\non vios2\n");
	assert_int_equal(repair_all(&repair), 0); /* and only once */
	journal_is("off vios2\non vios2\n");
}

static void what_was_repaired_is_left_alone(void **state)
{
	hook(ENV_CUT, off);
	hook(ENV_HEAL, on);
	assert_int_equal(repair_links(&repair, 0, false), 0);
	assert_int_equal(repair_links(&repair, 0, true), 0);
	assert_int_equal(repair_all(&repair), 0);
	journal_is("off vios1\non vios1\n");
}

/* A hook that failed may have done half of its work: undo it. */
static void a_failed_fault_is_undone_too(void **state)
{
	char *argv[] = {sh, dash_c, fails};

	hook(ENV_UPLINK_UP, on);
	memcpy(env.hook[ENV_UPLINK_DOWN], argv, sizeof(argv));
	assert_int_equal(repair_uplink(&repair, 0, false), -EIO);
	assert_int_equal(repair_all(&repair), 0);
	journal_is("on vios1\n");
}

static void a_missing_hook_makes_no_fault(void **state)
{
	assert_int_equal(repair_power(&repair, 0, false), -ENOENT);
	assert_int_equal(repair_all(&repair), 0);
	env.hook[ENV_CUT][0] = dir; /* a directory does not run */
	assert_true(repair_links(&repair, 0, false) < 0);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		for (;;)
			pause();
	}
	return pid;
}

static void held_by_file(pid_t pid, struct proc *out)
{
	FILE *f = fopen(journal, "w");

	assert_non_null(f);
	fprintf(f, "%d\n", (int)pid);
	fclose(f);
	assert_int_equal(proc_of_file(journal, out), 0);
	assert_int_equal(out->pid, pid);
}

static void stopped_processes_go_on(void **state)
{
	pid_t pid = sleeper();
	struct proc proc;
	int status;

	held_by_file(pid, &proc);
	assert_int_equal(repair_stop(&repair, &proc), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(repair_all(&repair), 0);
	assert_int_equal(waitpid(pid, &status, WCONTINUED), pid);
	assert_true(WIFCONTINUED(status));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static void death_is_seen(void **state)
{
	pid_t pid = sleeper();
	struct proc proc;

	held_by_file(pid, &proc);
	assert_false(proc_gone(&proc, 20));
	assert_int_equal(proc_signal(&proc, SIGKILL), 0);
	assert_true(proc_gone(&proc, 2000));
	waitpid(pid, NULL, 0);
	assert_int_equal(proc_signal(&proc, SIGKILL), -ESRCH); /* never a successor */
	proc_close(&proc);
	assert_true(proc_gone(&proc, 0));
}

static void listeners_are_found(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct proc proc;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s", journal);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(proc_of_socket(journal, &proc), -ECONNREFUSED);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(proc_of_socket(journal, &proc), 0);
	assert_int_equal(proc.pid, getpid());
	assert_true(proc_runs(&proc, "drill_repair_test"));
	assert_false(proc_runs(&proc, "repair_test"));
	proc_close(&proc);
	close(fd);
}

/* Without a namespace of its own, a node would be the whole machine. */
static void the_machine_is_no_node(void **state)
{
	struct proc self, found, all[4];

	held_by_file(getpid(), &self);
	assert_int_equal(proc_node(&self, all, 4), -EPERM);
	assert_int_equal(proc_in_node(&self, "repair_test", &found), -EPERM);
	proc_close(&self);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(power_is_given_back),
		TEST(what_was_repaired_is_left_alone),
		TEST(a_failed_fault_is_undone_too),
		TEST(a_missing_hook_makes_no_fault),
		TEST(stopped_processes_go_on),
		TEST(death_is_seen),
		TEST(listeners_are_found),
		TEST(the_machine_is_no_node),
	};

	return cmocka_run_group_tests_name("ha/drill/repair", tests, NULL, NULL);
}
