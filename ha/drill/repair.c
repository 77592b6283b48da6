/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Makes and undoes the faults that last, by the environment's hooks and by SIGSTOP.
 *
 * Main thread only. The struct is the caller's; it holds the pidfds of stopped processes.
 */
#include "ha/drill/repair.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ha/drill/frame.h"
#include "vios-core/base/log.h"

#define HOOK_TIMEOUT_MS 120000 /* it may have to find CPU time first */

extern char **environ;

void repair_init(struct repair *repair, const struct env *env)
{
	memset(repair, 0, sizeof(*repair));
	repair->env = env;
}

/* Own process group, so that ^C reaches the drill alone and a timeout reaches all of the hook;
 * stdout goes to stderr, the drill's stdout is its report. */
static int spawn(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	rc = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int wait_for(pid_t pid, const char *name)
{
	struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int status = 0;

	if (p.fd >= 0 && poll(&p, 1, HOOK_TIMEOUT_MS) != 1) {
		log_error("hook-timeout", "hook=%s after_ms=%d", name, HOOK_TIMEOUT_MS);
		kill(-pid, SIGKILL);
	}
	if (p.fd >= 0)
		close(p.fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	log_error("hook-failed", "hook=%s wait_status=%d", name, status);
	return -EIO;
}

static int run_hook(const struct repair *repair, enum env_hook hook, int vios)
{
	char *argv[ENV_ARGS_MAX + 2] = {0};
	char name[VIEW_NAME_BYTES];
	size_t n = 0;
	pid_t pid;
	int rc;

	if (!repair->env->hook[hook][0])
		return -ENOENT;
	memcpy(name, repair->env->vios[vios].name, sizeof(name));
	while (repair->env->hook[hook][n]) {
		argv[n] = repair->env->hook[hook][n];
		n++;
	}
	argv[n] = name;
	rc = spawn(argv, &pid);
	if (rc < 0) {
		log_error("hook-failed", "hook=%s command=%s error=\"%s\"", env_hook_name(hook),
			argv[0], strerror(-rc));
		return rc;
	}
	return wait_for(pid, env_hook_name(hook));
}

/* Noted before the fault is made and forgotten only after it is undone. */
static int switch_fault(struct repair *repair, enum env_hook hook, int vios, bool *noted, bool on)
{
	int rc;

	if (on)
		*noted = true;
	rc = run_hook(repair, hook, vios);
	if (rc == -ENOENT && on)
		*noted = false;
	if (rc == 0 && !on)
		*noted = false;
	return rc;
}

int repair_power(struct repair *repair, int vios, bool on)
{
	return switch_fault(
		repair, on ? ENV_POWER_ON : ENV_POWER_OFF, vios, &repair->powered_off[vios], !on);
}

int repair_links(struct repair *repair, int vios, bool whole)
{
	if (!whole)
		repair->cut_vios = vios;
	return switch_fault(repair, whole ? ENV_HEAL : ENV_CUT, vios, &repair->cut, !whole);
}

int repair_uplink(struct repair *repair, int vios, bool up)
{
	return switch_fault(repair, up ? ENV_UPLINK_UP : ENV_UPLINK_DOWN, vios,
		&repair->uplink_down[vios], !up);
}

int repair_disk(
	struct repair *repair, int vios, const char *what, unsigned ms, char why[VIEW_WHY_BYTES])
{
	const bool ends = strcmp(what, "none") == 0;
	json_t *result;
	int rc;

	repair->disk[vios] |= !ends;
	rc = frame_call(repair->env, vios, FRAME_SCSID, "fault",
		json_pack("{s:s, s:i, s:i}", "disk", what, "lun", (int)repair->env->storage.lun,
			"ms", (int)ms),
		&result, why);
	json_decref(result);
	if (rc == 0 && ends)
		repair->disk[vios] = false;
	return rc;
}

int repair_stop(struct repair *repair, struct proc *proc)
{
	int rc;

	if (repair->n_stopped == REPAIR_STOPPED_MAX) {
		proc_close(proc);
		return -E2BIG;
	}
	repair->stopped[repair->n_stopped++] = *proc;
	rc = proc_signal(proc, SIGSTOP);
	*proc = PROC_NONE;
	return rc;
}

void repair_continue(struct repair *repair)
{
	for (size_t i = 0; i < repair->n_stopped; i++)
		proc_signal(&repair->stopped[i], SIGCONT);
	for (size_t i = 0; i < repair->n_stopped; i++)
		proc_close(&repair->stopped[i]);
	repair->n_stopped = 0;
}

int repair_all(struct repair *repair)
{
	int rc = 0, one;

	repair_continue(repair);
	if (repair->cut) {
		log_info("undo", "what=links");
		rc = repair_links(repair, repair->cut_vios, true);
	}
	for (int i = 0; i < (int)repair->env->n_vios; i++) {
		if (repair->uplink_down[i]) {
			log_info("undo", "what=uplink vios=%s", repair->env->vios[i].name);
			one = repair_uplink(repair, i, true);
			rc = rc ? rc : one;
		}
		if (repair->disk[i]) {
			char why[VIEW_WHY_BYTES];

			/* A target that is another process by now has no fault to end. */
			log_info("undo", "what=disk vios=%s", repair->env->vios[i].name);
			repair_disk(repair, i, "none", 0, why);
			repair->disk[i] = false;
		}
		if (repair->powered_off[i]) {
			log_info("undo", "what=power vios=%s", repair->env->vios[i].name);
			one = repair_power(repair, i, true);
			rc = rc ? rc : one;
		}
	}
	return rc;
}
