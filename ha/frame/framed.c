/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed.c - the daemon's loop: looks when the judge wants one, and carries out what it says. Main
 * thread. The struct belongs to main.c; everything it points to is made and freed here.
 *
 * Nothing here waits: eventfds are non-blocking, /proc is read for a suspect only, the state file
 * is not synced.
 */
#include "ha/frame/framed.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <time.h>

#include "ha/frame/params.h"
#include "ha/frame/proc.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#define MS_NS UINT64_C(1000000)
#define OVERSLEPT_LOG_NS (10000 * MS_NS)

uint64_t framed_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void report_overslept(struct framed *f, uint64_t ms)
{
	uint64_t now_ns = framed_now_ns();

	f->overslept++;
	if (f->overslept_told_ns != 0 && now_ns - f->overslept_told_ns < OVERSLEPT_LOG_NS)
		return;
	f->overslept_told_ns = now_ns;
	log_info("overslept", "by_ms=%" PRIu64 " times=%" PRIu64 " held_against=nobody", ms,
		f->overslept);
}

static void report(struct framed *f, const struct judge_action *a)
{
	struct registry_plane *p = registry_by_slot(&f->registry, a->slot);
	const char *name = notes_report_name(a->report);
	json_t *note;

	if (a->report == JUDGE_OVERSLEPT || !p) {
		report_overslept(f, a->ms);
		return;
	}
	p->report = name;
	p->report_ns = framed_now_ns();
	log_warn(name, "vios=%s plane=%s incarnation=%016" PRIx64 " pid=%d ms=%" PRIu64, p->vios,
		p->plane, p->incarnation, (int)p->pid, a->ms);
	note = notes_plane(p->vios, p->plane, p->incarnation);
	json_object_set_new(note, "report", json_string(name));
	json_object_set_new(note, "ms", json_integer((json_int_t)a->ms));
	notes_send(f, "suspect", note);
}

static void kill_plane(struct framed *f, uint32_t slot)
{
	struct registry_plane *p = registry_by_slot(&f->registry, slot);

	if (!p)
		return;
	if (pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH) {
		log_error("kill-failed", "vios=%s plane=%s pid=%d error=\"%s\"", p->vios, p->plane,
			(int)p->pid, strerror(errno));
		return;
	}
	f->kill_ns = framed_now_ns();
	memcpy(f->kill_vios, p->vios, sizeof(p->vios));
	memcpy(f->kill_plane, p->plane, sizeof(p->plane));
	log_warn("killed", "vios=%s plane=%s incarnation=%016" PRIx64 " pid=%d", p->vios, p->plane,
		p->incarnation, (int)p->pid);
	framed_save(f);
}

/* The states of a suspect's threads; what it ticked meanwhile counts too. */
static void threads(struct framed *f, uint32_t slot)
{
	struct registry_plane *p = registry_by_slot(&f->registry, slot);
	struct judge_sample sample;
	int in_d;

	if (!p)
		return;
	in_d = proc_any_in_d(p->pid);
	if (in_d < 0 && in_d != -ESRCH)
		log_error("threads-unread", "vios=%s plane=%s pid=%d error=\"%s\" killed=no",
			p->vios, p->plane, (int)p->pid, strerror(-in_d));
	registry_sample(p, &sample);
	judge_sample(f->judge, slot, &sample);
	/* Gone: the signal does no harm. Not readable: do not kill what we do not know. */
	judge_threads(f->judge, slot, in_d != 0 && in_d != -ESRCH, framed_now_ns(), &f->inner);
	framed_carry_out(f, &f->inner);
}

static const char *refusal(enum judge_verdict verdict)
{
	static const char *const text[] = {
		[JUDGE_UNKNOWN] =
			"is not watched; it may have died long ago, or was never registered",
		[JUDGE_LOST] =
			"is not killed: another fencing is under way; ask again when it is over",
		[JUDGE_LAST] =
			"is not killed: the other path does not tick, so it may be the last that "
			"serves; ask again when the other is back",
		[JUDGE_HOLDOFF] = "is not killed: the last kill is too fresh",
		[JUDGE_IN_KERNEL] =
			"is not killed: a thread of it waits in the kernel (state D), which is "
			"a slow disk and not a hang",
		[JUDGE_STILL_THERE] = "was killed and is not dead yet; it may hang in the kernel",
		[JUDGE_BUSY] = "is not killed: too many requests wait; ask again",
		[JUDGE_STUCK] = "were killed and are not all dead yet; one may hang in the kernel",
	};

	return text[verdict];
}

static void answer(struct framed *f, const struct judge_action *a)
{
	struct framed_request *r = NULL;

	for (size_t i = 0; i < FRAMED_REQUESTS; i++)
		if (f->request[i].id == a->request)
			r = &f->request[i];
	if (!r || a->request == 0)
		return;
	if ((a->verdict == JUDGE_KILLED || a->verdict == JUDGE_STUCK) && r->power)
		power_start(&f->power, r->call, r->vios, r->power);
	else if (a->verdict == JUDGE_KILLED)
		rpc_reply(r->call, json_pack("{s:b}", "killed", 1), NULL, 0);
	else if (a->verdict == JUDGE_HOLDOFF)
		rpc_fail(r->call, RPC_FAILED, "%s %s %s; the next one is allowed in %" PRIu64 " ms",
			r->vios, r->plane, refusal(a->verdict), a->ms);
	else
		rpc_fail(r->call, a->verdict == JUDGE_UNKNOWN ? RPC_NOT_FOUND : RPC_FAILED,
			"%s %s %s", r->vios, r->plane, refusal(a->verdict));
	log_info("request-answered", "vios=%s plane=%s verdict=%s", r->vios, r->plane,
		a->verdict == JUDGE_KILLED  ? "killed"
		: a->verdict == JUDGE_STUCK ? "stuck"
					    : "refused");
	r->id = 0;
}

void framed_carry_out(struct framed *f, struct judge_actions *actions)
{
	for (size_t i = 0; i < actions->n; i++) {
		const struct judge_action *a = &actions->v[i];
		struct registry_plane *p = registry_by_slot(&f->registry, a->slot);

		switch (a->kind) {
		case JUDGE_PING:
			if (p)
				registry_ping(p, a->mask);
			break;
		case JUDGE_THREADS:
			threads(f, a->slot);
			break;
		case JUDGE_KILL:
			kill_plane(f, a->slot);
			break;
		case JUDGE_REPORT:
			report(f, a);
			break;
		case JUDGE_POWER:
			if (p)
				power_cycle(&f->power, p->vios);
			break;
		case JUDGE_DEAD: /* framed_death() has told everybody */
			break;
		case JUDGE_ANSWER:
			answer(f, a);
			break;
		}
	}
}

void framed_arm(struct framed *f)
{
	uint64_t next_ns = judge_next_ns(f->judge);

	if (next_ns == UINT64_MAX) {
		sd_event_source_set_enabled(f->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(f->timer, (next_ns + 999) / 1000);
	sd_event_source_set_enabled(f->timer, SD_EVENT_ONESHOT);
}

static void came_back(struct framed *f, const struct registry_plane *p)
{
	if (poison_back(&f->poison, p->vios, p->plane) == 0)
		return;
	log_info("held-released", "vios=%s plane=%s reason=\"it ticks again\"", p->vios, p->plane);
	notes_send(f, "quarantine", notes_quarantine(f));
	framed_save(f);
}

static int on_look(sd_event_source *s, uint64_t usec, void *user)
{
	struct framed *f = user;
	struct judge_sample sample;

	f->looks++;
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		struct registry_plane *p = &f->registry.plane[i];

		if (!p->used || p->slot == REGISTRY_NONE)
			continue;
		if (registry_sample(p, &sample))
			came_back(f, p);
		judge_sample(f->judge, p->slot, &sample);
	}
	judge_program(f->judge, power_busy(&f->power));
	judge_look(f->judge, framed_now_ns(), &f->actions);
	framed_carry_out(f, &f->actions);
	framed_arm(f);
	return 0;
}

static int on_pidfd(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct framed *f = user;

	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (f->registry.plane[i].used && f->registry.plane[i].pid_io == s) {
			framed_death(f, &f->registry.plane[i], "pidfd");
			break;
		}
	return 0;
}

static int on_futex(sd_event_source *s, int fd, uint32_t events, void *user)
{
	struct framed *f = user;
	struct registry_plane *p;
	uint64_t incarnation;

	while (futex_watch_take(f->futex, &incarnation)) {
		p = registry_find(&f->registry, incarnation);
		if (p)
			framed_death(f, p, "futex");
	}
	return 0;
}

static int watch_page(struct framed *f, struct registry_plane *p)
{
	int slot = judge_watch(f->judge, p->vios, p->plane, p->incarnation, p->page.workers,
		p->page.requests_matter, &p->first, framed_now_ns());
	int r;

	if (slot < 0)
		return slot;
	p->slot = (uint32_t)slot;
	r = futex_watch_add(f->futex, p->incarnation, p->memfd);
	if (r < 0)
		log_warn("futex-unwatched", "vios=%s plane=%s error=\"%s\" watched_by=pidfd",
			p->vios, p->plane, strerror(-r));
	framed_arm(f);
	return 0;
}

int framed_watch(struct framed *f, struct registry_plane *p)
{
	int r = 0;

	if (!p->pid_io) {
		r = sd_event_add_io(f->ev, &p->pid_io, p->pidfd, EPOLLIN, on_pidfd, f);
		if (r < 0)
			return r;
		sd_event_source_set_priority(p->pid_io, SD_EVENT_PRIORITY_IMPORTANT);
	}
	if (p->page.map && p->slot == REGISTRY_NONE)
		r = watch_page(f, p);
	return r;
}

static int start_socket(struct framed *f, const char *run)
{
	struct runpath path;
	int r = runpath_framed(&path, run);

	if (r < 0) {
		log_refuse("socket path %s... is longer than %d bytes; choose a shorter --run "
			   "directory",
			path.text, RUNPATH_SOCKET_MAX);
		return r;
	}
	r = rpc_server_new(f->ev, path.text, 0660, &framed_service, f, &f->server);
	if (r < 0)
		log_refuse("socket %s cannot be made (%s); let this user write to its directory",
			path.text, strerror(-r));
	return r;
}

static int start_sources(struct framed *f, enum futex_how how)
{
	int r = futex_watch_new(how, &f->futex);

	if (r == 0)
		r = sd_event_add_io(
			f->ev, &f->futex_io, futex_watch_fd(f->futex), EPOLLIN, on_futex, f);
	if (r >= 0)
		r = sd_event_source_set_priority(f->futex_io, SD_EVENT_PRIORITY_IMPORTANT - 1);
	if (r >= 0) /* to the microsecond: 0 would mean a quarter of a second */
		r = sd_event_add_time(f->ev, &f->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_look, f);
	if (r >= 0)
		r = sd_event_source_set_enabled(f->timer, SD_EVENT_OFF);
	if (r < 0)
		log_refuse(
			"event sources cannot be made (%s); is the process out of descriptors or "
			"threads?",
			strerror(-r));
	return r < 0 ? r : 0;
}

int framed_start(struct framed *f, sd_event *ev, const char *run, const char *dir,
	const char *witness_dir, const struct model_frame *frame, uint64_t power_ns,
	enum futex_how how)
{
	int r;

	memset(f, 0, sizeof(*f));
	f->ev = sd_event_ref(ev);
	f->run = run;
	snprintf(f->dir, sizeof(f->dir), "%s", dir);
	snprintf(f->witness_dir, sizeof(f->witness_dir), "%s", witness_dir);
	f->rules = (struct judge_rules){.hang_ns = frame->hang_ms * MS_NS,
		.last_resort_ns = frame->last_resort_ms * MS_NS,
		.holdoff_ns = frame->kill_holdoff_ms * MS_NS,
		.power_ns = power_ns};
	registry_init(&f->registry);
	poison_init(&f->poison);
	names_init(&f->names, frame);
	f->judge = judge_new(&f->rules, framed_now_ns());
	if (!f->judge) {
		log_refuse("no memory; free some, then start it again");
		return -ENOMEM;
	}
	r = start_sources(f, how);
	if (r == 0)
		r = start_socket(f, run);
	if (r == 0)
		framed_restore(f);
	return r;
}

void framed_stop(struct framed *f)
{
	power_fini(&f->power);
	methods_end(f);
	rpc_server_free(f->server);
	registry_fini(&f->registry);
	f->timer = sd_event_source_disable_unref(f->timer);
	f->futex_io = sd_event_source_disable_unref(f->futex_io);
	futex_watch_free(f->futex);
	judge_free(f->judge);
	sd_event_unref(f->ev);
}
