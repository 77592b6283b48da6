/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults that leave a process alive and useless: vios-framed must tell them from a busy host.
 *
 * Main thread, while the probe's threads send and receive. Stopped processes are in the drill's
 * repair list.
 */
#include "ha/drill/fault.h"

#include <errno.h>
#include <string.h>

#include "ha/drill/stop.h"

#define KILL_SLACK_MS 15000 /* for the killing of a hung process, beyond the hang time */
#define STALL_MS 1000	    /* or twice the hang time */
#define SETTLE_MS 500
#define REPORT_MS 5000 /* beyond the hang time, and before the last resort */
/* Or the hang time: a silence may have begun before the stop. */
#define LAST_RESORT_EARLY_MS 200

/* Holds the live data plane a second time, to see its end after the first descriptor went to the
 * repair list. */
static int stop_plane(struct run *run, enum frame_service service, struct proc *watch)
{
	struct proc plane;
	int rc;

	if (fault_hold(run, run->vios, service, watch) < 0)
		return -1;
	if (fault_hold(run, run->vios, service, &plane) < 0) {
		proc_close(watch);
		return -1;
	}
	run_fact(run, service == FRAME_NETD ? "stopped_netd" : "stopped_scsid",
		json_integer(plane.pid));
	rc = repair_stop(&run->drill->repair, &plane);
	if (rc == 0)
		return 0;
	proc_close(watch);
	return run_fail(run, "cannot stop the data plane: %s", strerror(-rc));
}

/* Waits for the end of a process that somebody else is to kill. Closes it. */
static int await_kill(struct run *run, struct proc *proc, unsigned within_ms)
{
	int64_t from_ms = stop_now_ms();
	bool gone = proc_gone(proc, (int)within_ms);

	run_fact(run, "killed_after_ms", json_integer(stop_now_ms() - from_ms));
	if (!gone)
		run_fail(run, "vios-framed did not kill process %d within %u ms", (int)proc->pid,
			within_ms);
	proc_close(proc);
	return gone ? 0 : -1;
}

int fault_stop(struct run *run, enum frame_service service)
{
	struct proc plane;

	if (stop_plane(run, service, &plane) < 0)
		return -1;
	return await_kill(run, &plane, run->drill->hang_ms + KILL_SLACK_MS);
}

static void hang_now(struct run *run)
{
	if (fault_stop(run, FRAME_NETD) == 0)
		fault_wait_live(run, run->peer);
}

void fault_hang(struct run *run)
{
	hang_now(run);
}

void fault_spin(struct run *run)
{
	char why[VIEW_WHY_BYTES];
	struct proc netd;
	json_t *result;

	if (fault_hold(run, run->vios, FRAME_NETD, &netd) < 0)
		return;
	run_fact(run, "spinning_netd", json_integer(netd.pid));
	if (frame_call(run->drill->env, run->vios, FRAME_NETD, "fault",
		    json_pack("{s:i}", "spin", 0), &result, why) != 0) {
		proc_close(&netd);
		run_fail(run, "vios-netd refused the fault: %s", why);
		return;
	}
	json_decref(result);
	if (await_kill(run, &netd, run->drill->hang_ms + KILL_SLACK_MS) == 0)
		fault_wait_live(run, run->peer);
}

/* Returns how many there are, or -1. */
static int list_node(struct run *run, int vios, struct proc *procs)
{
	const char *name = run->drill->env->vios[vios].name;
	struct proc init;
	int rc = proc_of_file(run->drill->env->vios[vios].init_pid_file, &init), n;

	if (rc < 0)
		return run_fail(run, "no init process of %s: %s", name, strerror(-rc));
	n = proc_node(&init, procs, PROC_NODE_MAX);
	proc_close(&init);
	if (n < 0)
		return run_fail(run, "cannot list the processes of %s: %s", name, strerror(-n));
	return n;
}

static void stop_node(struct run *run, int vios, struct proc *procs, int n)
{
	for (int i = 0; i < n; i++)
		if (repair_stop(&run->drill->repair, &procs[i]) < 0)
			run_fail(run, "a process of %s could not be stopped",
				run->drill->env->vios[vios].name);
}

void fault_stall(struct run *run)
{
	static struct proc procs[2][PROC_NODE_MAX]; /* main thread only; too large for the stack */
	int n[2] = {list_node(run, 0, procs[0]), list_node(run, 1, procs[1])};
	const unsigned twice_ms = 2 * run->drill->hang_ms;
	int64_t from_ms;

	/* Listed before the first is stopped: it takes a while, and it is a stall of both that is
	 * wanted, not a hang of one. What lists without the other is stopped, too: its descriptors
	 * are closed then. */
	for (int i = 0; i < 2; i++)
		if (n[i] > 0)
			stop_node(run, i, procs[i], n[i]);
	from_ms = stop_now_ms();
	if (n[0] < 0 || n[1] < 0)
		return;
	run_fact(run, "stopped_processes", json_integer(n[0] + n[1]));
	stop_sleep_ms(twice_ms > STALL_MS ? twice_ms : STALL_MS);
	repair_continue(&run->drill->repair);
	run_fact(run, "stopped_ms", json_integer(stop_now_ms() - from_ms));
	fault_wait_live(run, run->vios);
	fault_wait_storage(run, run->vios);
}

void fault_framed(struct run *run)
{
	struct proc framed;
	char path[108];
	pid_t old_pid;

	if (fault_hold(run, -1, FRAME_FRAMED, &framed) < 0)
		return;
	old_pid = framed.pid;
	frame_socket(run->drill->env, -1, FRAME_FRAMED, path);
	if (fault_kill_proc(run, "killed_framed", &framed) < 0 ||
		fault_wait_new(run, "vios-framed", path, old_pid) < 0)
		return;
	/* Both viosd and the mux need a moment to find it again. */
	stop_sleep_ms(SETTLE_MS);
	hang_now(run);
}

/* True once vios-framed's status says of the live VIOS's data plane that it hangs and is the last.
 */
static bool reported(struct run *run)
{
	const char *vios = run->drill->env->vios[run->vios].name;
	char why[VIEW_WHY_BYTES];
	json_t *status, *plane;
	bool found = false;
	size_t i;

	if (frame_call(run->drill->env, -1, FRAME_FRAMED, "status", NULL, &status, why) != 0)
		return false;
	json_array_foreach(json_object_get(status, "planes"), i, plane)
	{
		const char *name = json_string_value(json_object_get(plane, "vios"));
		const char *report = json_string_value(json_object_get(plane, "report"));

		if (name && report && strcmp(name, vios) == 0 && strcmp(report, "last-hung") == 0)
			found = true;
	}
	json_decref(status);
	return found;
}

static void await_report(struct run *run)
{
	const unsigned within_ms = run->drill->hang_ms + REPORT_MS;
	int64_t from_ms = stop_now_ms();
	bool seen;

	do {
		seen = reported(run);
	} while (!seen && stop_now_ms() - from_ms < within_ms && stop_sleep_ms(20) == 0);
	run_fact(run, "reported_after_ms", json_integer(stop_now_ms() - from_ms));
	if (!seen)
		run_fail(run, "vios-framed did not report the hung last VIOS within %u ms",
			within_ms);
}

void fault_alone(struct run *run)
{
	struct drill *drill = run->drill;
	struct proc netd;
	const unsigned early_ms =
		drill->hang_ms > LAST_RESORT_EARLY_MS ? drill->hang_ms : LAST_RESORT_EARLY_MS;
	int64_t from_ms;
	int rc = repair_power(&drill->repair, run->peer, false);

	if (rc < 0) {
		run_fail(run, "power_off failed: %s", strerror(-rc));
		return;
	}
	stop_sleep_ms(SETTLE_MS);
	from_ms = stop_now_ms();
	if (stop_plane(run, FRAME_NETD, &netd) < 0)
		return;
	await_report(run);
	if (await_kill(run, &netd, drill->last_resort_ms + KILL_SLACK_MS) < 0)
		return;
	if (stop_now_ms() - from_ms + early_ms < drill->last_resort_ms)
		run_fail(run, "the last VIOS was killed after %lld ms, before last_resort_ms %u",
			(long long)(stop_now_ms() - from_ms), drill->last_resort_ms);
	fault_wait_live(run, run->vios);
	if (repair_power(&drill->repair, run->peer, true) < 0)
		run_fail(run, "power_on failed");
}
