/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * power.c - runs the frame's power program for a fencing. Main thread; nothing waits: the program
 * is known by a pidfd, and what must follow its end is looked at by a timer. The program runs as an
 * ordinary process, not with the watcher's priority.
 *
 *   OFF: program -> settle (until none of its data planes is left) -> ON, if asked -> answer
 *
 * A fencing is done when the VIOS is off: how long ON takes and how it ends does not change that,
 * so the answer waits for it PATIENCE_US at most. (It does wait: a cluster that hears of a fencing
 * before it has missed the node fences it once more.) Should the VIOS not come on, that is tried
 * anew for a while, between which other fencings go on; who powers it otherwise meanwhile puts an
 * end to it.
 */
#include "ha/frame/power.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ha/frame/registry.h"
#include "vios-core/base/log.h"

#define PROGRAM_US UINT64_C(30000000)
#define SETTLE_US UINT64_C(5000000)
#define LOOK_US UINT64_C(20000)
#define PATIENCE_US UINT64_C(5000000)
#define AGAIN_US UINT64_C(5000000)
#define AGAIN_MAX 20
#define EXIT_IS_OFF 2

extern char **environ;

static void step(struct power *p);

void power_init(struct power *p, sd_event *ev, const struct registry *registry, const char *program,
	const struct model_frame *frame)
{
	*p = (struct power){.ev = ev, .registry = registry, .program = program, .pidfd = -1};
	for (size_t i = 0; i < frame->n_vios; i++)
		memcpy(p->known[i], frame->vios[i].name, sizeof(p->known[i]));
}

bool power_knows(const struct power *p, const char *vios)
{
	for (size_t i = 0; i < MODEL_VIOS_MAX; i++)
		if (p->known[i][0] && strcmp(p->known[i], vios) == 0)
			return true;
	return false;
}

bool power_busy(const struct power *p)
{
	return p->busy;
}

static const char *word(unsigned steps)
{
	if (steps & POWER_OFF)
		return "off";
	return steps & POWER_ON ? "on" : "status";
}

static void forget_program(struct power *p)
{
	p->io = sd_event_source_disable_unref(p->io);
	p->timer = sd_event_source_disable_unref(p->timer);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
}

static void begin(struct power *p, struct rpc_call *call, const char *vios, unsigned steps);

static int on_again(sd_event_source *s, uint64_t usec, void *user)
{
	struct power *p = user;

	if (!p->busy) {
		p->again = sd_event_source_disable_unref(p->again);
		begin(p, NULL, p->again_vios, POWER_ON | POWER_AGAIN);
		return 0;
	}
	sd_event_source_set_time(p->again, usec + AGAIN_US);
	sd_event_source_set_enabled(p->again, SD_EVENT_ONESHOT);
	return 0;
}

/* It was powered off for a fencing, and does not come on. */
static void again(struct power *p)
{
	if (p->tries++ >= AGAIN_MAX || p->again) {
		log_error("power-given-up", "vios=%s tries=%u", p->vios, p->tries);
		return;
	}
	memcpy(p->again_vios, p->vios, sizeof(p->again_vios));
	if (sd_event_add_time_relative(
		    p->ev, &p->again, CLOCK_MONOTONIC, AGAIN_US, 0, on_again, p) < 0)
		log_error("power-given-up", "vios=%s tries=%u", p->vios, p->tries);
}

static void answer(struct power *p, json_t *result)
{
	struct rpc_call *call = p->call;

	p->patience = sd_event_source_disable_unref(p->patience);
	p->call = NULL;
	if (call)
		rpc_reply(call, result, NULL, 0);
	else
		json_decref(result);
}

static json_t *fenced(void)
{
	return json_pack("{s:b, s:b}", "killed", 1, "power", 1);
}

static int on_patience(sd_event_source *s, uint64_t usec, void *user)
{
	answer(user, fenced());
	return 0;
}

static void fail(struct power *p, const char *why, int number)
{
	struct rpc_call *call = p->call;
	const bool comes_back =
		(!call || p->is_off) && (p->steps & POWER_ON) && !(p->steps & POWER_OFF);

	forget_program(p);
	p->busy = false;
	log_error("power-failed", "vios=%s step=%s reason=\"%s\" number=%d", p->vios,
		word(p->steps), why, number);
	if (p->is_off)
		answer(p, fenced());
	else if (call)
		rpc_fail(call, RPC_FAILED, "%s %s %s: %s (%d)", p->program, word(p->steps), p->vios,
			why, number);
	p->call = NULL;
	if (comes_back)
		again(p);
}

static void done(struct power *p, json_t *result)
{
	forget_program(p);
	p->busy = false;
	answer(p, result);
}

void power_fini(struct power *p)
{
	if (p->busy)
		fail(p, "vios-framed stops", 0);
	p->again = sd_event_source_disable_unref(p->again);
}

/* The step is done; what is next? */
static void next(struct power *p)
{
	log_info("powered", "vios=%s step=%s", p->vios, word(p->steps));
	p->steps = p->steps & POWER_OFF ? p->steps & ~(unsigned)POWER_OFF : 0;
	if (p->steps == 0) {
		done(p, fenced());
		return;
	}
	p->is_off = true;
	if (p->call && sd_event_add_time_relative(p->ev, &p->patience, CLOCK_MONOTONIC, PATIENCE_US,
			       0, on_patience, p) < 0)
		answer(p, fenced());
	step(p);
}

/*
 * Off is not proven, so a fencing has failed. Unasked, the VIOS comes back all the same: no ring of
 * what is still there moves without its own proof, and the others have their second path again.
 */
static void unsettled(struct power *p)
{
	if (p->call) {
		fail(p, "it says that the VIOS is off, but data planes run; seconds waited",
			(int)(SETTLE_US / 1000000));
		return;
	}
	log_error("power-unsettled", "vios=%s waited_ms=%d", p->vios, (int)(SETTLE_US / 1000));
	forget_program(p);
	next(p);
}

static int on_time(sd_event_source *s, uint64_t usec, void *user)
{
	struct power *p = user;

	if (p->pidfd >= 0) { /* on_ended() follows */
		log_error("power-overdue", "vios=%s step=%s", p->vios, word(p->steps));
		pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
	} else if (!registry_any(p->registry, p->vios)) {
		forget_program(p);
		next(p);
	} else if (usec >= p->until_us) {
		unsettled(p);
	} else {
		sd_event_source_set_time(p->timer, usec + LOOK_US);
		sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
	}
	return 0;
}

/* 0 or -errno */
static int arm(struct power *p, uint64_t after_us, uint64_t until_us)
{
	uint64_t now_us = 0;
	int r = sd_event_now(p->ev, CLOCK_MONOTONIC, &now_us);

	p->until_us = now_us + until_us;
	if (r >= 0)
		r = sd_event_add_time(
			p->ev, &p->timer, CLOCK_MONOTONIC, now_us + after_us, 1000, on_time, p);
	return r < 0 ? r : 0;
}

static void status_is(struct power *p, int code)
{
	if (code == 0 || code == EXIT_IS_OFF)
		done(p, json_pack("{s:b, s:b}", "on", code == 0, "power", 1));
	else
		fail(p, "it ended with", code);
}

static int on_ended(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct power *p = user;
	siginfo_t info = {0};
	int code;

	waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED);
	code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
	forget_program(p);
	if (p->steps & POWER_STATUS)
		status_is(p, code);
	else if (code != 0)
		fail(p, "it ended with", code);
	else if (!(p->steps & POWER_OFF))
		next(p);
	else if ((code = arm(p, 0, SETTLE_US)) < 0)
		fail(p, strerror(-code), code);
	return 0;
}

/* The pid, or -errno. */
static int spawn(char *const argv[])
{
	const struct sched_param ordinary = {0};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int r;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSCHEDULER);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setschedpolicy(&attr, SCHED_OTHER);
	posix_spawnattr_setschedparam(&attr, &ordinary);
	r = posix_spawn(&pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? pid : -r;
}

static void step(struct power *p)
{
	char *const argv[] = {
		(char *)(uintptr_t)p->program, (char *)(uintptr_t)word(p->steps), p->vios, NULL};
	int r = spawn(argv);

	if (r >= 0) {
		p->pid = r;
		p->pidfd = pidfd_open(p->pid, 0);
		r = p->pidfd < 0 ? -errno : 0;
	}
	if (r == 0)
		r = sd_event_add_io(p->ev, &p->io, p->pidfd, EPOLLIN, on_ended, p);
	if (r >= 0)
		r = arm(p, PROGRAM_US, PROGRAM_US);
	if (r < 0)
		fail(p, strerror(-r), r);
}

/* What is asked for is what counts: it does not come on again against that. */
static void forget_again(struct power *p, const char *vios, unsigned steps)
{
	if (steps & (POWER_STATUS | POWER_AGAIN))
		return;
	p->tries = 0;
	if (p->again && strcmp(p->again_vios, vios) == 0)
		p->again = sd_event_source_disable_unref(p->again);
}

static void begin(struct power *p, struct rpc_call *call, const char *vios, unsigned steps)
{
	forget_again(p, vios, steps);
	p->busy = true;
	p->call = call;
	p->steps = steps;
	p->is_off = false;
	snprintf(p->vios, sizeof(p->vios), "%s", vios);
	if (!(steps & POWER_STATUS))
		log_warn("power-asked", "vios=%s steps=%s%s", vios, steps & POWER_OFF ? "off" : "",
			steps & POWER_ON ? "on" : "");
	step(p);
}

void power_start(struct power *p, struct rpc_call *call, const char *vios, unsigned steps)
{
	if (power_busy(p)) {
		rpc_fail(call, RPC_FAILED,
			"%s is left alone: a fencing of %s is under way; ask again when it is over",
			vios, p->vios);
		return;
	}
	begin(p, call, vios, steps);
}

void power_cycle(struct power *p, const char *vios)
{
	if (!p->busy)
		begin(p, NULL, vios, POWER_OFF | POWER_ON);
}

bool power_join(struct power *p, struct rpc_call *call, const char *vios, unsigned steps)
{
	if (!p->busy || p->call || strcmp(p->vios, vios) != 0 || !(p->steps & steps & POWER_OFF))
		return false;
	log_info("power-joined", "vios=%s", vios);
	p->call = call;
	p->steps = steps;
	return true;
}
