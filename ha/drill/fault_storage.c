/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of the storage client's path: its target, and the disk as one VIOS sees it.
 *
 * Main thread, while the probe's threads send and receive and the storage client does its I/O.
 */
#include "ha/drill/fault.h"

#include <string.h>

#include "ha/drill/stop.h"

#define BUSY_MS 50   /* until every request that the target has is one of the busy client's */
#define DELAY_MS 500 /* of each request to a slow disk */
#define SLOW_MS 1500 /* how long it is slow */
#define STUCK_MS 2000
#define BOTH_OFF_MS 1000
#define FAILED_MS 20000
#define RETURN_MS 20000
#define POLL_MS 50
#define HOLD_TIMES_MAX 16 /* storage/path_watch.c */

/* A target is to be hit with requests in flight; at the client's pace it has none most of the time.
 */
static int busy(struct run *run, bool begins)
{
	char fault[ENV_FAULT_BYTES];

	if (storage_busy(run->drill->storage, begins, fault) < 0)
		return run_fail(run, "%s", fault);
	return begins && stop_sleep_ms(BUSY_MS) < 0 ? run_fail(run, "interrupted") : 0;
}

void fault_kill_scsid(struct run *run)
{
	struct proc scsid;

	if (fault_hold(run, run->vios, FRAME_SCSID, &scsid) < 0)
		return;
	if (busy(run, true) < 0) {
		proc_close(&scsid);
		return;
	}
	if (fault_kill_proc(run, "killed_scsid", &scsid) < 0 || busy(run, false) < 0)
		return;
	if (fault_wait_storage(run, run->peer) == 0)
		fault_wait_live(run, run->vios);
}

/* At the client's pace: a hang between two requests is to be found as fast. */
void fault_hang_scsid(struct run *run)
{
	if (fault_stop(run, FRAME_SCSID) == 0 && fault_wait_storage(run, run->peer) == 0)
		fault_wait_live(run, run->vios);
}

/* What the fault layer of the live VIOS's target does to the disk for a while; nothing moves. */
static void disk_fault(struct run *run, const char *what, unsigned ms, unsigned lasts_ms)
{
	struct repair *repair = &run->drill->repair;
	char why[VIEW_WHY_BYTES];

	run_fact(run, "disk", json_string(what));
	if (repair_disk(repair, run->vios, what, ms, why) < 0) {
		run_fail(run, "vios-scsid refused the fault '%s': %s", what, why);
		return;
	}
	stop_sleep_ms(lasts_ms);
	if (repair_disk(repair, run->vios, "none", 0, why) < 0)
		run_fail(run, "vios-scsid does not end the fault: %s", why);
	if (fault_wait_storage(run, run->vios) == 0)
		fault_wait_live(run, run->vios);
}

void fault_disk_slow(struct run *run)
{
	disk_fault(run, "delay", DELAY_MS, SLOW_MS);
}

void fault_disk_stuck(struct run *run)
{
	disk_fault(run, "stuck", 0, STUCK_MS);
}

/* The VIOS whose disk fails says so: else its fault was none. */
static int wait_failed(struct run *run)
{
	const struct env *env = run->drill->env;
	const int64_t until_ms = stop_now_ms() + FAILED_MS;

	while (!frame_path_fails(env, run->vios, env->storage.adapter))
		if (stop_now_ms() > until_ms || stop_sleep_ms(POLL_MS) < 0)
			return run_fail(run,
				"%s does not call its path of %s unavailable %d ms after the fault",
				env->vios[run->vios].name, env->storage.adapter, FAILED_MS);
	return 0;
}

/* It fails under the busy client, and is well again once the path has moved. */
static void path_fault(struct run *run, const char *what)
{
	struct repair *repair = &run->drill->repair;
	char why[VIEW_WHY_BYTES];

	if (busy(run, true) < 0)
		return;
	run_fact(run, "disk", json_string(what));
	if (repair_disk(repair, run->vios, what, 0, why) < 0) {
		run_fail(run, "vios-scsid refused the fault '%s': %s", what, why);
		return;
	}
	if (fault_wait_storage(run, run->peer) == 0 && busy(run, false) == 0)
		wait_failed(run);
	if (repair_disk(repair, run->vios, "none", 0, why) < 0)
		run_fail(run, "vios-scsid does not end the fault: %s", why);
	fault_wait_live(run, run->vios);
}

void fault_disk_error(struct run *run)
{
	path_fault(run, "error");
}

void fault_disk_gone(struct run *run)
{
	path_fault(run, "gone");
}

unsigned fault_heal_ms(struct run *run)
{
	struct view_vhost vhost;
	char why[VIEW_WHY_BYTES];

	if (frame_vhost(run->drill->env, &vhost, why) < 0)
		return 0;
	/* Of one that fails again and again. */
	return vhost.hold_s * 1000 * HOLD_TIMES_MAX;
}

int fault_wait_healed(struct run *run)
{
	const struct env *env = run->drill->env;
	const int64_t until_ms = stop_now_ms() + RETURN_MS;
	char why[VIEW_WHY_BYTES];
	struct view_vhost vhost;
	struct frame_path path;

	if (frame_vhost(env, &vhost, why) < 0)
		return run_fail(run, "%s", why);
	run->storage_returned =
		vhost.failback && strcmp(vhost.preferred, env->vios[run->vios].name) == 0;
	if (!run->storage_returned)
		return 0;
	do {
		frame_live(env, env->storage.adapter, &path);
		if (strcmp(path.live, vhost.preferred) == 0)
			return 0;
	} while (stop_now_ms() < until_ms && stop_sleep_ms(POLL_MS) == 0);
	return run_fail(run, "%s is live on '%s' %d ms after its path on %s has healed",
		env->storage.adapter, path.live, RETURN_MS, vhost.preferred);
}

static int power(struct run *run, int vios, bool on)
{
	int rc = repair_power(&run->drill->repair, vios, on);

	if (rc < 0)
		return run_fail(run, "power_%s of %s failed: %s", on ? "on" : "off",
			run->drill->env->vios[vios].name, strerror(-rc));
	return 0;
}

static int await_redundant(struct run *run)
{
	char why[VIEW_WHY_BYTES];

	if (frame_wait_redundant(run->drill->env, run->drill->recover_ms, why) < 0)
		return run_fail(run, "the pair is not redundant between two faults: %s", why);
	return 0;
}

static int lose_one(struct run *run, int vios)
{
	if (power(run, vios, false) < 0 || fault_wait_storage(run, 1 - vios) < 0 ||
		power(run, vios, true) < 0)
		return -1;
	return await_redundant(run);
}

static int lose_both(struct run *run)
{
	if (power(run, run->peer, false) < 0 || power(run, run->vios, false) < 0)
		return -1;
	stop_sleep_ms(BOTH_OFF_MS);
	if (power(run, run->vios, true) < 0 || power(run, run->peer, true) < 0)
		return -1;
	return await_redundant(run);
}

/* Whichever is up first after the loss of both serves; a run ends where the table says. */
static int go_back(struct run *run, const char *adapter)
{
	const char *to = run->drill->env->vios[run->vios].name;
	char why[VIEW_WHY_BYTES];
	struct frame_path path;

	frame_live(run->drill->env, adapter, &path);
	if (strcmp(path.live, to) != 0 && frame_switch(run->drill->env, adapter, to, why) < 0)
		return run_fail(run, "%s does not go back to %s: %s", adapter, to, why);
	return 0;
}

void fault_reservation(struct run *run)
{
	const struct env *env = run->drill->env;

	if (lose_one(run, run->vios) < 0 || lose_one(run, run->peer) < 0 || lose_both(run) < 0)
		return;
	for (size_t i = 0; i < env->n_traffic; i++)
		if (go_back(run, env->traffic[i].adapter) < 0)
			return;
	if (go_back(run, env->storage.adapter) == 0 && fault_wait_storage(run, run->vios) == 0)
		fault_wait_live(run, run->vios);
}
