/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of whole nodes and of the control plane.
 *
 * Main thread, while the probe's threads send and receive.
 */
#include "ha/drill/fault.h"

#include <errno.h>
#include <string.h>

#include "ha/drill/stop.h"

#define OFF_MS 1000    /* how long a node stays without power */
#define BETWEEN_MS 300 /* between one viosd's return and the other's end */
#define PARTITION_MS                                                                               \
	10000 /* the longest time for both sides to miss each other: token + consensus and more */
#define PARTITION_HOLD_MS 300
#define POLL_MS 100
#define GONE_MS 5000 /* what a power_off that has returned left behind */

void fault_vios(struct run *run)
{
	struct drill *drill = run->drill;
	struct proc init, netd = PROC_NONE, scsid = PROC_NONE;
	int rc = proc_of_file(drill->env->vios[run->vios].init_pid_file, &init);

	if (rc == 0)
		rc = fault_hold(run, run->vios, FRAME_NETD, &netd);
	if (rc == 0 && drill->storage)
		rc = fault_hold(run, run->vios, FRAME_SCSID, &scsid);
	if (rc < 0) {
		run_fail(run, "no processes of %s to kill: %s", drill->env->vios[run->vios].name,
			strerror(-rc));
		return;
	}
	run_fact(run, "powered_off", json_string(drill->env->vios[run->vios].name));
	rc = repair_power(&drill->repair, run->vios, false);
	if (rc < 0)
		run_fail(run, "power_off failed: %s", strerror(-rc));
	else if (!proc_gone(&init, GONE_MS) || !proc_gone(&netd, GONE_MS) ||
		 !proc_gone(&scsid, GONE_MS))
		run_fail(run, "power_off left init or vios-netd or vios-scsid of %s alive",
			drill->env->vios[run->vios].name);
	else if (fault_wait_live(run, run->peer) == 0)
		fault_wait_storage(run, run->peer);
	proc_close(&init);
	proc_close(&netd);
	proc_close(&scsid);
	stop_sleep_ms(OFF_MS);
	rc = repair_power(&drill->repair, run->vios, true);
	if (rc < 0)
		run_fail(run, "power_on failed: %s", strerror(-rc));
}

static int kill_viosd(struct run *run, int vios, const char *fact)
{
	struct proc viosd;
	char path[108];
	pid_t old_pid;

	if (fault_hold(run, vios, FRAME_VIOSD, &viosd) < 0)
		return -1;
	old_pid = viosd.pid;
	frame_socket(run->drill->env, vios, FRAME_VIOSD, path);
	if (fault_kill_proc(run, fact, &viosd) < 0)
		return -1;
	return fault_wait_new(run, "viosd", path, old_pid);
}

void fault_viosd(struct run *run)
{
	if (kill_viosd(run, run->vios, "killed_viosd_of_live") < 0)
		return;
	stop_sleep_ms(BETWEEN_MS);
	if (kill_viosd(run, run->peer, "killed_viosd_of_peer") == 0)
		fault_wait_live(run, run->vios);
}

void fault_corosync(struct run *run)
{
	struct proc init, corosync;
	int rc = proc_of_file(run->drill->env->vios[run->vios].init_pid_file, &init);

	if (rc == 0) {
		rc = proc_in_node(&init, "corosync", &corosync);
		proc_close(&init);
	}
	if (rc < 0) {
		run_fail(run, "no corosync in %s: %s", run->drill->env->vios[run->vios].name,
			strerror(-rc));
		return;
	}
	if (fault_kill_proc(run, "killed_corosync", &corosync) == 0)
		fault_wait_live(run, run->vios);
}

/* Whether vios no longer sees other as online. */
static bool misses(struct run *run, int vios, int other)
{
	const struct env *env = run->drill->env;
	const struct view_vios *seen;
	char why[VIEW_WHY_BYTES];
	struct view view;

	if (frame_viosd_status(env, vios, &view, why) != 0)
		return false;
	seen = view_vios(&view, env->vios[other].name);
	return !seen || strcmp(seen->state, "online") != 0;
}

static void await_partition(struct run *run)
{
	int64_t from_ms = stop_now_ms();
	bool a, b;

	do {
		a = misses(run, 0, 1);
		b = misses(run, 1, 0);
	} while (
		!(a && b) && stop_now_ms() - from_ms < PARTITION_MS && stop_sleep_ms(POLL_MS) == 0);
	run_fact(run, "partitioned_after_ms", json_integer(stop_now_ms() - from_ms));
	if (!a || !b)
		run_fail(run, "%s still sees its peer online %d ms after both links were cut",
			run->drill->env->vios[a ? 1 : 0].name, PARTITION_MS);
}

void fault_partition(struct run *run)
{
	struct drill *drill = run->drill;
	int rc = repair_links(&drill->repair, run->vios, false);

	if (rc < 0) {
		run_fail(run, "cut failed: %s", strerror(-rc));
		return;
	}
	await_partition(run);
	stop_sleep_ms(PARTITION_HOLD_MS);
	rc = repair_links(&drill->repair, run->vios, true);
	if (rc < 0)
		run_fail(run, "heal failed: %s", strerror(-rc));
	fault_wait_live(run, run->vios);
}
