/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of single processes of the data path, planned switches, and what all faults share.
 *
 * Main thread, while the probe's threads send and receive.
 */
#include "ha/drill/fault.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "ha/drill/scenario.h"
#include "ha/drill/stop.h"

/* How long to wait for what must come, on a machine that may be busy with other things. */
#define DEATH_MS 20000
#define RETURN_MS 20000
#define MOVE_MS 20000
#define POLL_MS 50
#define RETURN_POLL_MS 5
#define SETTLE_MS 300

int fault_hold(struct run *run, int vios, enum frame_service service, struct proc *out)
{
	char path[108];
	int rc = frame_socket(run->drill->env, vios, service, path);

	if (rc == 0)
		rc = proc_of_socket(path, out);
	if (rc < 0)
		return run_fail(run, "nobody listens at %s: %s", path, strerror(-rc));
	return 0;
}

int fault_kill_proc(struct run *run, const char *what, struct proc *proc)
{
	int rc = proc_signal(proc, SIGKILL);

	run_fact(run, what, json_integer(proc->pid));
	if (rc == 0 && !proc_gone(proc, DEATH_MS))
		rc = -ETIMEDOUT;
	if (rc < 0)
		run_fail(
			run, "%s: process %d did not die: %s", what, (int)proc->pid, strerror(-rc));
	proc_close(proc);
	return rc < 0 ? -1 : 0;
}

int fault_wait_new(struct run *run, const char *what, const char *path, pid_t old_pid)
{
	int64_t until_ms = stop_now_ms() + RETURN_MS;
	struct proc proc;

	while (stop_now_ms() < until_ms && stop_sleep_ms(RETURN_POLL_MS) == 0) {
		pid_t pid;

		if (proc_of_socket(path, &proc) < 0)
			continue;
		pid = proc.pid;
		proc_close(&proc);
		if (pid != old_pid)
			return 0;
	}
	return run_fail(run, "%s did not come back within %d ms", what, RETURN_MS);
}

static int wait_path(struct run *run, int vios, const char *adapter, const char *fact,
	char live[VIEW_NAME_BYTES])
{
	const char *want = run->drill->env->vios[vios].name;
	int64_t until_ms = stop_now_ms() + MOVE_MS;
	struct frame_path path;

	do {
		/* A pause first: the question must not be in the mux's way while it moves the
		 * rings. */
		if (stop_sleep_ms(2 * POLL_MS) < 0)
			return run_fail(run, "interrupted");
		frame_live(run->drill->env, adapter, &path);
	} while (strcmp(path.live, want) != 0 && stop_now_ms() < until_ms);
	memcpy(live, path.live, VIEW_NAME_BYTES);
	run_fact(run, fact, json_integer((json_int_t)path.start));
	if (strcmp(live, want) != 0)
		return run_fail(run, "the live path of %s is '%s' %d ms after the fault, not %s",
			adapter, live, MOVE_MS, want);
	return 0;
}

int fault_wait_live(struct run *run, int vios)
{
	return wait_path(run, vios, run->drill->env->traffic[0].adapter, "start_after_fault",
		run->live_after);
}

int fault_wait_storage(struct run *run, int vios)
{
	if (!run->drill->storage)
		return 0;
	return wait_path(run, vios, run->drill->env->storage.adapter, "storage_start_after_fault",
		run->storage_live_after);
}

static int kill_live(struct run *run)
{
	struct proc netd;

	if (fault_hold(run, run->vios, FRAME_NETD, &netd) < 0)
		return -1;
	return fault_kill_proc(run, "killed_netd", &netd);
}

void fault_kill(struct run *run)
{
	if (kill_live(run) == 0)
		fault_wait_live(run, run->peer);
}

static int switch_to_peer(struct run *run, const char *adapter, const char *fact)
{
	const struct env *env = run->drill->env;
	const char *to = env->vios[run->peer].name;
	char why[VIEW_WHY_BYTES];

	if (frame_switch(env, adapter, to, why) < 0)
		return run_fail(run, "the switch of %s to %s was not done: %s", adapter, to, why);
	run_fact(run, fact, json_string(to));
	return 0;
}

int fault_switch_to_peer(struct run *run)
{
	return switch_to_peer(run, run->drill->env->traffic[0].adapter, "switched_to");
}

void fault_switch(struct run *run)
{
	if (fault_switch_to_peer(run) < 0 || fault_wait_live(run, run->peer) < 0 ||
		!run->drill->storage)
		return;
	if (switch_to_peer(run, run->drill->env->storage.adapter, "storage_switched_to") == 0)
		fault_wait_storage(run, run->peer);
}

void fault_uplink(struct run *run)
{
	struct drill *drill = run->drill;
	int rc = repair_uplink(&drill->repair, run->vios, false);

	if (rc < 0) {
		run_fail(run, "uplink_down failed: %s", strerror(-rc));
		return;
	}
	run_fact(run, "uplink_down", json_string(drill->env->vios[run->vios].name));
	if (fault_wait_live(run, run->peer) < 0)
		return;
	stop_sleep_ms(SETTLE_MS);
	if (repair_uplink(&drill->repair, run->vios, true) < 0)
		run_fail(run, "uplink_up failed");
}

/* Until the mux answers; the one that did before is known to be dead. */
static int wait_mux(struct run *run)
{
	const struct env *env = run->drill->env;
	int64_t until_ms = stop_now_ms() + RETURN_MS;
	char why[VIEW_WHY_BYTES];
	struct view view;

	while (frame_mux_status(env, env->traffic[0].adapter, &view, why) != 0)
		if (stop_now_ms() > until_ms || stop_sleep_ms(1) < 0)
			return run_fail(
				run, "viomuxd did not come back within %d ms: %s", RETURN_MS, why);
	return 0;
}

/* Until the new mux knows both paths as whole: then it has a way to move the rings, or to answer a
 * death. */
static int wait_paths(struct run *run)
{
	const struct env *env = run->drill->env;
	const char *name = env->traffic[0].adapter;
	int64_t until_ms = stop_now_ms() + RETURN_MS;
	char why[VIEW_WHY_BYTES];

	for (;;) {
		const struct view_adapter *adapter;
		struct view view;

		frame_mux_status(env, name, &view, why);
		adapter = view_adapter(&view, name);
		if (adapter && view_adapter_whole(adapter, why))
			return 0;
		if (stop_now_ms() > until_ms || stop_sleep_ms(POLL_MS) < 0)
			return run_fail(
				run, "the new viomuxd has not both paths of %s: %s", name, why);
	}
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int kill_mux(struct run *run)
{
	struct proc mux;
	char path[108];
	int rc = frame_mux_socket(run->drill->env, run->drill->env->traffic[0].adapter, path);

	if (rc == 0)
		rc = proc_of_socket(path, &mux);
	if (rc < 0)
		return run_fail(run, "nobody listens at %s: %s", path, strerror(-rc));
	return fault_kill_proc(run, "killed_mux", &mux);
}

/* The mux dies, comes back, and must then move the path: in turns as asked and because it must. In
 * one run of four it comes back and finds that the data plane has died meanwhile. */
void fault_mux(struct run *run)
{
	const bool kills = run->number % 2 == 1, at_once = run->number % 4 == 3;
	const double from_ms = now_ms();

	run->also_new = kills ? SCN_NETD : 0;
	if (kill_mux(run) < 0 || (at_once && kill_live(run) < 0) || wait_mux(run) < 0)
		return;
	run_fact(run, "mux_back_ms", json_real(now_ms() - from_ms));
	if (!at_once && wait_paths(run) < 0)
		return;
	if (at_once || (kills ? kill_live(run) : fault_switch_to_peer(run)) == 0)
		fault_wait_live(run, run->peer);
}
