/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scenarios as a table: fault, limits, and the processes that must be new afterwards, which is
 * the proof that the fault hit what it was aimed at and nothing else.
 *
 * Main thread only.
 */
#include "ha/drill/scenario.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ha/drill/fault.h"

#define MS 1000000LL
#define WINDOW_MS 4000
#define WINDOW_LONG_MS 6000 /* control-plane faults, with the return of what died */

/* Gap limits; the loss rule follows the table of what failover may cost. */
#define LIMIT_FAILOVER(median_ms, worst_ms)                                                        \
	{                                                                                          \
		JUDGE_GAP_ABSOLUTE, (median_ms)*MS, (worst_ms)*MS, JUDGE_LOSS_GAP, 0, 0            \
	}
#define LIMIT_PLANNED(median_ms, lost_max)                                                         \
	{                                                                                          \
		JUDGE_GAP_ABSOLUTE, (median_ms)*MS, 0, JUDGE_LOSS_FIXED, (lost_max), 0             \
	}
#define LIMIT_UNDISTURBED                                                                          \
	{                                                                                          \
		JUDGE_GAP_BASELINE, 0, 0, JUDGE_LOSS_BASELINE, 0, 0                                \
	}

/* The network beside a fault of the storage path: nothing is lost, but a target that dies and a
 * disk that is busy take their share of the machine. */
#define LIMIT_BESIDE                                                                               \
	{                                                                                          \
		JUDGE_GAP_ABSOLUTE, 10 * MS, 60 * MS, JUDGE_LOSS_BASELINE, 0, 0                    \
	}

/* Of the storage client. A path that moves waits for what the disk has begun. */
#define STALL_FAILOVER(median_ms, worst_ms)                                                        \
	{                                                                                          \
		JUDGE_GAP_ABSOLUTE, (median_ms)*MS, (worst_ms)*MS, true                            \
	}
/* A hung target's disk has long ended what was begun. */
#define STALL_HANG(median_ms, worst_ms)                                                            \
	{                                                                                          \
		JUDGE_GAP_ABSOLUTE, (median_ms)*MS, (worst_ms)*MS, false                           \
	}
#define STALL_UNDISTURBED                                                                          \
	{                                                                                          \
		JUDGE_GAP_BASELINE, 0, 0, false                                                    \
	}

/* A silence of seconds makes the client's kernel give up its neighbour entry; until it has asked
 * again (once a second) it refuses to send. Packets at 10,000/s, of two such seconds. */
#define LOST_TO_NEIGHBOURS 20000
/* What the sender's kernel keeps for a neighbour that it does not know: a socket buffer's worth of
 * small packets (212992 bytes, 832 each). When the neighbour answers they are sent in one go, and
 * the sender, on the other processor, may overtake them: seen without any VIOS, two plain network
 * namespaces and a veth pair. Of one flow. */
#define LATE_BY_NEIGHBOURS 256
/* What queues that filled up during a stall may drop while they are drained. */
#define LOST_TO_QUEUES 1000

const struct scenario scenario_table[] = {
	{.name = "kill",
		.what = "SIGKILL of the live vios-netd",
		.limit = LIMIT_FAILOVER(10, 60),
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_MS,
		.moves = true,
		.live_new = SCN_NETD,
		.inject = fault_kill},
	{.name = "vios",
		.what = "power off the live VIOS, power on a second later",
		.limit = LIMIT_FAILOVER(10, 60),
		.stall = STALL_FAILOVER(10, 100),
		.window_ms = WINDOW_LONG_MS,
		.moves = true,
		.storage_moves = true,
		.live_new = SCN_NODE,
		.inject = fault_vios,
		.hooks = 1u << ENV_POWER_OFF | 1u << ENV_POWER_ON},
	{.name = "switch",
		.what = "planned switch to the other VIOS",
		.limit = LIMIT_PLANNED(5, 10),
		.stall = STALL_FAILOVER(10, 100),
		.window_ms = WINDOW_MS,
		.moves = true,
		.storage_moves = true,
		.inject = fault_switch},
	{.name = "viosd",
		.what = "SIGKILL of both viosd, one after the other",
		.limit = LIMIT_UNDISTURBED,
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_LONG_MS,
		.live_new = SCN_VIOSD,
		.peer_new = SCN_VIOSD,
		.inject = fault_viosd},
	{.name = "corosync",
		.what = "SIGKILL of corosync on the live VIOS",
		.limit = LIMIT_UNDISTURBED,
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_LONG_MS,
		.live_new = SCN_COROSYNC,
		.inject = fault_corosync},
	{.name = "partition",
		.what = "both links between the VIOS cut silently, then healed",
		.limit = LIMIT_UNDISTURBED,
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_LONG_MS,
		.inject = fault_partition,
		.hooks = 1u << ENV_CUT | 1u << ENV_HEAL},
	{.name = "hang",
		.what = "SIGSTOP of the live vios-netd",
		.limit = LIMIT_FAILOVER(20, 80),
		.stall = STALL_UNDISTURBED,
		.plus = SCN_PLUS_HANG,
		.window_ms = WINDOW_MS,
		.moves = true,
		.live_new = SCN_NETD,
		.inject = fault_hang},
	{.name = "spin",
		.what = "a worker of the live vios-netd loops for ever",
		.limit = LIMIT_FAILOVER(20, 80),
		.stall = STALL_UNDISTURBED,
		.plus = SCN_PLUS_HANG,
		.window_ms = WINDOW_MS,
		.moves = true,
		.live_new = SCN_NETD,
		.needs_faults = true,
		.inject = fault_spin},
	{.name = "stall",
		.what = "all processes of both VIOS stopped for a second, then continued",
		.limit = {JUDGE_GAP_ABSOLUTE, 0, 0, JUDGE_LOSS_GAP, LOST_TO_QUEUES, 0},
		.window_ms = WINDOW_MS,
		.min_gap_ms = 900,
		.min_stall_ms = 900,
		.inject = fault_stall},
	{.name = "framed",
		.what = "SIGKILL of vios-framed, then a hang after its return",
		.limit = LIMIT_FAILOVER(20, 80),
		.stall = STALL_UNDISTURBED,
		.plus = SCN_PLUS_HANG,
		.window_ms = WINDOW_MS,
		.moves = true,
		.live_new = SCN_NETD,
		.frame_new = SCN_FRAMED,
		.inject = fault_framed},
	{.name = "alone",
		.what = "the peer without power, the live vios-netd hangs",
		.limit = {JUDGE_GAP_ABSOLUTE, 0, 0, JUDGE_LOSS_GAP, LOST_TO_NEIGHBOURS,
			LATE_BY_NEIGHBOURS},
		.stall = STALL_UNDISTURBED,
		.plus = SCN_PLUS_LAST_RESORT,
		.window_ms = WINDOW_LONG_MS,
		.live_new = SCN_NETD,
		.peer_new = SCN_NODE,
		.inject = fault_alone,
		.hooks = 1u << ENV_POWER_OFF | 1u << ENV_POWER_ON},
	{.name = "uplink",
		.what = "the live VIOS's uplink loses its carrier, then has it again",
		.limit = LIMIT_FAILOVER(20, 0),
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_MS,
		.moves = true,
		.inject = fault_uplink,
		.hooks = 1u << ENV_UPLINK_DOWN | 1u << ENV_UPLINK_UP},
	{.name = "mux",
		.what = "SIGKILL of viomuxd, then its successor must switch or survive a kill",
		.limit = {JUDGE_GAP_ABSOLUTE, 10 * MS, 60 * MS, JUDGE_LOSS_GAPS, 0, 0},
		.stall = STALL_UNDISTURBED,
		.window_ms = WINDOW_MS,
		.moves = true,
		.frame_new = SCN_MUX,
		.inject = fault_mux},
	{.name = "kill-scsid",
		.what = "SIGKILL of the live vios-scsid of the storage client's disk",
		.limit = LIMIT_BESIDE,
		.stall = STALL_FAILOVER(10, 100),
		.window_ms = WINDOW_MS,
		.storage_moves = true,
		.live_new = SCN_SCSID,
		.needs_storage = true,
		.inject = fault_kill_scsid},
	{.name = "hang-scsid",
		.what = "SIGSTOP of the live vios-scsid of the storage client's disk",
		.limit = LIMIT_BESIDE,
		.stall = STALL_HANG(20, 80),
		.plus = SCN_PLUS_HANG,
		.window_ms = WINDOW_MS,
		.storage_moves = true,
		.live_new = SCN_SCSID,
		.needs_storage = true,
		.inject = fault_hang_scsid},
	{.name = "disk-slow",
		.what = "each request to the disk takes half a second on the live VIOS",
		.limit = LIMIT_BESIDE,
		.window_ms = WINDOW_MS,
		.min_latency_ms = 500,
		.needs_storage = true,
		.needs_disk_faults = true,
		.inject = fault_disk_slow},
	{.name = "disk-stuck",
		.what = "no request to the disk ends on the live VIOS, for two seconds",
		.limit = LIMIT_BESIDE,
		.window_ms = WINDOW_MS,
		.min_stall_ms = 1900,
		.needs_storage = true,
		.needs_disk_faults = true,
		.inject = fault_disk_stuck},
	{.name = "disk-error",
		.what = "each request to the disk fails on the live VIOS, until the path has moved",
		.limit = LIMIT_BESIDE,
		.stall = STALL_FAILOVER(10, 100),
		.window_ms = WINDOW_MS,
		.storage_moves = true,
		.needs_storage = true,
		.heals = true,
		.needs_disk_faults = true,
		.inject = fault_disk_error},
	{.name = "disk-gone",
		.what = "the live VIOS has no path to the disk any more, until the path has moved",
		.limit = LIMIT_BESIDE,
		.stall = STALL_FAILOVER(10, 100),
		.window_ms = WINDOW_MS,
		.storage_moves = true,
		.needs_storage = true,
		.heals = true,
		.needs_disk_faults = true,
		.inject = fault_disk_gone},
	{.name = "pr-failover",
		.what = "a reservation is held while each VIOS is without power in turn, then both",
		.limit = {JUDGE_GAP_ABSOLUTE, 0, 0, JUDGE_LOSS_GAPS, LOST_TO_NEIGHBOURS,
			LATE_BY_NEIGHBOURS},
		.window_ms = WINDOW_LONG_MS,
		.min_stall_ms = 1000,
		.live_new = SCN_NODE,
		.peer_new = SCN_NODE,
		.needs_storage = true,
		.reserves = true,
		.inject = fault_reservation,
		.hooks = 1u << ENV_POWER_OFF | 1u << ENV_POWER_ON},
	{.name = NULL},
};

const struct scenario *scenario_find(const char *name)
{
	for (const struct scenario *s = scenario_table; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static bool has_faults(const struct env *env, enum frame_service service, const char *program)
{
	bool all = true;

	for (int i = 0; i < (int)env->n_vios; i++) {
		struct proc plane = PROC_NONE;
		char path[108];

		all = frame_socket(env, i, service, path) == 0 &&
		      proc_of_socket(path, &plane) == 0 && proc_runs(&plane, program) && all;
		proc_close(&plane);
	}
	return all;
}

const char *scenario_unable(const struct drill *drill, const struct scenario *scenario)
{
	char path[108];
	struct stat st;

	for (int hook = 0; hook < ENV_HOOKS; hook++)
		if ((scenario->hooks & 1u << hook) && !drill->env->hook[hook][0])
			return "the environment has no hook for it";
	if (scenario->plus != SCN_PLUS_NOTHING &&
		(frame_socket(drill->env, -1, FRAME_FRAMED, path) < 0 || stat(path, &st) < 0))
		return "vios-framed is not running";
	if (scenario->needs_faults && !has_faults(drill->env, FRAME_NETD, "vios-netd-faults"))
		return "the data planes are not vios-netd-faults";
	if (scenario->needs_storage && !env_has_storage(drill->env))
		return "the environment has no storage client";
	if (scenario->needs_disk_faults &&
		!has_faults(drill->env, FRAME_SCSID, "vios-scsid-faults"))
		return "the targets are not vios-scsid-faults";
	return NULL;
}

unsigned scenario_window_ms(const struct drill *drill, const struct scenario *scenario)
{
	return drill->window_wish_ms ? drill->window_wish_ms : scenario->window_ms;
}

unsigned scenario_extra_ms(const struct drill *drill, const struct scenario *scenario)
{
	switch (scenario->plus) {
	case SCN_PLUS_HANG:
		return drill->hang_ms;
	case SCN_PLUS_LAST_RESORT:
		return drill->last_resort_ms;
	case SCN_PLUS_NOTHING:
		break;
	}
	return 0;
}

struct judge_limit scenario_limit(const struct drill *drill, const struct scenario *scenario)
{
	struct judge_limit limit = scenario->limit;
	/* What hangs is the one that the path moves away from. */
	bool storage_alone = scenario->storage_moves && !scenario->moves;
	int64_t extra_ns = storage_alone ? 0 : scenario_extra_ms(drill, scenario) * MS;

	if (limit.median_ns)
		limit.median_ns += extra_ns;
	if (limit.worst_ns)
		limit.worst_ns += extra_ns;
	limit.reordered_max *= drill->env->n_traffic;
	return limit;
}

struct stall_limit scenario_stall(const struct drill *drill, const struct scenario *scenario)
{
	struct stall_limit limit = scenario->stall;
	int64_t extra_ns = scenario_extra_ms(drill, scenario) * MS;

	if (limit.median_ns)
		limit.median_ns += extra_ns;
	if (limit.worst_ns)
		limit.worst_ns += extra_ns;
	return limit;
}

static void compare(struct run *run, const char *whose, const char *process, bool is_new,
	unsigned bit, unsigned must, unsigned may)
{
	if (is_new && !((must | may) & bit))
		run_fail(run, "%s%s is another process after the run", whose, process);
	if (!is_new && (must & bit))
		run_fail(run, "%s%s is the same process after the run: the fault did not hit",
			whose, process);
}

static void compare_vios(struct run *run, int vios, unsigned must, unsigned may)
{
	const struct frame_vios *b = &run->before.vios[vios], *a = &run->after.vios[vios];
	char whose[VIEW_NAME_BYTES + 8];

	snprintf(whose, sizeof(whose), "%s's ", run->drill->env->vios[vios].name);
	compare(run, whose, "init", a->init_pid != b->init_pid, SCN_INIT, must, may);
	compare(run, whose, "viosd", a->viosd_pid != b->viosd_pid, SCN_VIOSD, must, may);
	compare(run, whose, "vios-netd", a->netd_pid != b->netd_pid, SCN_NETD, must, may);
	compare(run, whose, "vios-netd (by its incarnation)",
		strcmp(a->incarnation, b->incarnation) != 0, SCN_NETD, must, may);
	compare(run, whose, "vios-scsid", run->drill->storage && a->scsid_pid != b->scsid_pid,
		SCN_SCSID, run->drill->storage ? must : 0, may);
	compare(run, whose, "corosync", a->corosync_pid != b->corosync_pid, SCN_COROSYNC, must,
		may);
}

/* A fault that must be felt, and was not, did not hit. */
static void prove_gap(struct run *run, int64_t min_gap_ms)
{
	for (int d = 0; run->measured && d < PROBE_DIRECTIONS; d++)
		if (run->result[d].trace.gap_ns < min_gap_ms * MS)
			run_fail(run, "%s: a gap of only %.1f ms: the fault did not hit",
				probe_direction_name((enum probe_direction)d),
				(double)run->result[d].trace.gap_ns / MS);
}

static void prove_stall(struct run *run, const struct scenario *s)
{
	if (!run->measured || !s || !run->drill->storage)
		return;
	if (run->stall.stall_ns < s->min_stall_ms * MS)
		run_fail(run, "storage: a stall of only %.1f ms: the fault did not hit",
			(double)run->stall.stall_ns / MS);
	if (run->stall.latency_ns < s->min_latency_ms * MS)
		run_fail(run, "storage: no request took longer than %.1f ms: the fault did not hit",
			(double)run->stall.latency_ns / MS);
}

/* Rings that moved there and back were started anew, twice. */
static void prove_start(
	struct run *run, const char *what, uint64_t before_start, uint64_t after_start, bool grows)
{
	unsigned long long before = before_start, after = after_start;

	if (grows && after <= before)
		run_fail(run, "the %sring start number did not grow: %llu", what, after);
	if (!grows && after != before)
		run_fail(run, "the %srings were started anew: start number %llu instead of %llu",
			what, after, before);
}

static void prove_storage_path(struct run *run, const struct scenario *s)
{
	const bool moves = s && s->storage_moves;
	const struct env_vios *vios = run->drill->env->vios;
	const char *expected = vios[moves ? run->peer : run->vios].name;

	if (!run->drill->storage)
		return;
	if (moves && strcmp(run->storage_live_after, expected) != 0)
		run_fail(run, "the storage path was live on '%s' after the fault, not on %s",
			run->storage_live_after, expected);
	if (run->storage_returned)
		expected = vios[run->vios].name;
	if (strcmp(run->after.storage.live, expected) != 0)
		run_fail(run, "the storage path is live on '%s' at the end, not on %s",
			run->after.storage.live, expected);
	prove_start(run, "storage ", run->before.storage.start, run->after.storage.start,
		moves || (s && (s->live_new & SCN_SCSID)));
}

void scenario_prove(struct run *run)
{
	const struct scenario *s = run->scenario;
	const char *expected = run->drill->env->vios[s && s->moves ? run->peer : run->vios].name;
	unsigned none = 0;

	prove_gap(run, s ? s->min_gap_ms : 0);
	prove_stall(run, s);
	compare_vios(
		run, run->vios, s ? s->live_new | run->also_new : none, s ? s->live_may : none);
	compare_vios(run, run->peer, s ? s->peer_new : none, s ? s->peer_may : none);
	compare(run, "", "viomuxd", run->after.mux_pid != run->before.mux_pid, SCN_MUX,
		s ? s->frame_new : none, 0);
	compare(run, "", "vios-framed", run->after.framed_pid != run->before.framed_pid, SCN_FRAMED,
		s ? s->frame_new : none, 0);
	if (s && strcmp(run->live_after, expected) != 0)
		run_fail(run, "the path was live on '%s' after the fault, not on %s",
			run->live_after, expected);
	if (strcmp(run->after.live, expected) != 0)
		run_fail(run, "the path is live on '%s' at the end, not on %s", run->after.live,
			expected);
	prove_start(run, "", run->before.start, run->after.start,
		s && (s->moves || (s->live_new & SCN_NETD)));
	prove_storage_path(run, s);
}
