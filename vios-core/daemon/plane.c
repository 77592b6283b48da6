// SPDX-License-Identifier: BSD-3-Clause
/*
 * plane.c - carries out what supervise.c decides. Runs on viosd's one thread.
 *
 * Events that arise while an action is carried out (a connection that succeeds at once, say) are
 * queued and stepped after it, so a step is never entered twice.
 */
#include "vios-core/base/log.h"
#include "vios-core/daemon/errlog_file.h"
#include "vios-core/daemon/plane_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plane_because(struct plane *plane, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(plane->reason, sizeof(plane->reason), fmt, args);
	va_end(args);
	for (char *c = plane->reason; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

void plane_note(struct plane *plane, enum errlog_kind kind, const char *fmt, ...)
{
	const bool adapter = plane->config.client != NULL;
	char details[2 * PLANE_REASON_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(details, sizeof(details), fmt, args);
	va_end(args);
	errlog_note(plane->config.errlog, kind, plane->resource, "%s%s%s%s",
		adapter ? "adapter=" : "", adapter ? plane->resource : "", adapter ? " " : "",
		details);
}

/* In the order of the actions' values. */
static void act(struct plane *plane, unsigned actions)
{
	if (actions & SUP_CONNECT)
		plane_talk_connect(plane);
	if (actions & SUP_SPAWN)
		plane_process_spawn(plane);
	if (actions & SUP_HELLO)
		plane_talk_hello(plane);
	if (actions & SUP_CONFIGURE)
		plane_talk_configure(plane);
	if (actions & SUP_CLOSE)
		plane_talk_drop(plane);
	if (actions & SUP_FORGET)
		plane_process_forget(plane);
	if (actions & SUP_SHUTDOWN)
		plane_talk_shutdown(plane);
	if (actions & SUP_TERM)
		plane_process_terminate(plane);
}

static void set_timer(struct plane *plane, const struct supervise_out *out)
{
	if (out->timer == SUP_TIMER_KEEP)
		return;
	if (out->timer == SUP_TIMER_SET)
		sd_event_source_set_time_relative(plane->timer, (uint64_t)out->timer_ms * 1000);
	sd_event_source_set_enabled(
		plane->timer, out->timer == SUP_TIMER_SET ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void step_one(struct plane *plane, enum supervise_event event)
{
	enum supervise_state before = plane->sup.state;
	struct supervise_out out = supervise_step(&plane->sup, event);

	if (plane->sup.state != before)
		log_debug(plane->config.kind->state_event, "plane=%s from=%s to=%s", plane->name,
			supervise_state_name(before), supervise_state_name(plane->sup.state));
	if (before != SUP_UP && plane->sup.state == SUP_UP)
		plane_note(plane, plane->config.kind->up, "pid=%lld incarnation=%s",
			(long long)plane->greeting.pid, plane->greeting.incarnation);
	set_timer(plane, &out);
	act(plane, out.actions);
	if (!(out.actions & SUP_DONE))
		return;
	if (plane->again)
		plane->queue[plane->n_queued++] = SUP_EV_START;
	else
		plane->config.stopped(plane->config.user);
	plane->again = false;
}

void plane_step(struct plane *plane, enum supervise_event event)
{
	if (plane->stepping) {
		/* An action raises at most one event; more would be our bug. */
		if (plane->n_queued < PLANE_QUEUE_MAX)
			plane->queue[plane->n_queued++] = event;
		return;
	}
	plane->stepping = true;
	step_one(plane, event);
	while (plane->n_queued > 0) {
		event = plane->queue[0];
		memmove(plane->queue, plane->queue + 1, --plane->n_queued * sizeof(event));
		step_one(plane, event);
	}
	plane->stepping = false;
	plane->config.changed(plane->config.user);
}

static int on_timer(sd_event_source *source, uint64_t now_us, void *user)
{
	plane_step(user, SUP_EV_TIMER);
	return 0;
}

/* Of all clients: "netd", netd.log. Of one adapter: "scsid:lpar1/scsi0", lpar1.scsi0.log. */
static void name_it(struct plane *plane)
{
	const struct plane_config *config = &plane->config;
	const char *word = config->kind->word;

	if (config->client) {
		snprintf(plane->name, sizeof(plane->name), "%s:%s/%s", word, config->client,
			config->adapter);
		snprintf(plane->log_path, sizeof(plane->log_path), "%s/%s/%s.%s.log", config->run,
			config->vios, config->client, config->adapter);
	} else {
		snprintf(plane->name, sizeof(plane->name), "%s", word);
		snprintf(plane->log_path, sizeof(plane->log_path), "%s/%s/%s.log", config->run,
			config->vios, word);
	}
	plane->resource = config->client ? plane->name + strlen(word) + 1 : plane->name;
	plane->log_name = strrchr(plane->log_path, '/') + 1;
}

int plane_new(sd_event *ev, const struct plane_config *config, struct plane **out)
{
	struct plane *plane = calloc(1, sizeof(*plane));
	int r;

	if (!plane)
		return -ENOMEM;
	plane->config = *config;
	plane->pidfd = -1;
	plane->log_start = -1;
	name_it(plane);
	supervise_init(&plane->sup);
	r = runpath_plane(&plane->socket, config->run, config->vios, plane->name);
	if (r == 0)
		r = sd_event_add_time_relative(
			ev, &plane->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, plane);
	if (r < 0) {
		free(plane);
		return r;
	}
	sd_event_source_set_enabled(plane->timer, SD_EVENT_OFF);
	plane->ev = sd_event_ref(ev);
	*out = plane;
	return 0;
}

void plane_free(struct plane *plane)
{
	if (!plane)
		return;
	plane_talk_drop(plane);
	plane_process_forget(plane);
	sd_event_source_disable_unref(plane->reconfigure);
	sd_event_source_disable_unref(plane->timer);
	sd_event_unref(plane->ev);
	free(plane);
}

void plane_start(struct plane *plane)
{
	plane_step(plane, SUP_EV_START);
}

void plane_reconfigure(struct plane *plane)
{
	plane_talk_reconfigure(plane);
}

void plane_restart(struct plane *plane)
{
	plane->again = true;
	plane_step(plane, SUP_EV_STOP);
}

void plane_stop(struct plane *plane)
{
	plane->again = false;
	plane_step(plane, SUP_EV_STOP);
}

void plane_declare_dead(struct plane *plane, const char *incarnation)
{
	if (!plane->greeting.incarnation[0] ||
		strcmp(plane->greeting.incarnation, incarnation) != 0 || plane->declared_dead)
		return;
	plane->declared_dead = true;
	plane_because(plane, "process %lld is dead, and has not gone yet",
		(long long)plane->greeting.pid);
	plane->config.changed(plane->config.user);
}

void plane_suspect(struct plane *plane, const char *incarnation, const char *report, long long ms)
{
	static const struct {
		const char *report, *before, *after; /* the time stands between them */
	} known[] = {
		{"suspected", "has been silent for", "ms; the other data plane is being asked"},
		{"last-hung", "hangs, and no other serves: it is killed after", "ms"},
		{"held-off", "hangs; the last kill is too fresh, it is killed after", "ms"},
		{"blocked", "is silent: a thread of it waits in the kernel; seen after", "ms"},
		{"will-not-die", "was killed, and is still there after", "ms"},
		{"powered-off", "was killed, and is still there: this VIOS is powered off after",
			"ms"},
		{"recovered", NULL, NULL},
	};
	size_t i = 0, n = sizeof(known) / sizeof(known[0]);

	while (i < n && strcmp(known[i].report, report) != 0)
		i++;
	if (i == n || strcmp(plane->greeting.incarnation, incarnation) != 0)
		return;
	plane_note(plane,
		known[i].before ? plane->config.kind->suspect : plane->config.kind->recovered,
		"pid=%lld report=%s ms=%lld", (long long)plane->greeting.pid, known[i].report, ms);
	plane->suspicion[0] = '\0';
	if (known[i].before)
		snprintf(plane->suspicion, sizeof(plane->suspicion), "%s %lld %s", known[i].before,
			ms, known[i].after);
	plane->config.changed(plane->config.user);
}

const char *plane_suspicion(const struct plane *plane)
{
	return plane->suspicion;
}

bool plane_serving(const struct plane *plane)
{
	return plane->sup.serving && !plane->declared_dead;
}

bool plane_decided(const struct plane *plane)
{
	return plane->sup.decided;
}

bool plane_current(const struct plane *plane)
{
	return !plane->told_unfit;
}

bool plane_greeting(const struct plane *plane)
{
	return plane->sup.state == SUP_PROBING || plane->sup.state == SUP_GREETING;
}

bool plane_starting(const struct plane *plane)
{
	return plane_greeting(plane) || plane->sup.state == SUP_STARTING;
}

const char *plane_name(const struct plane *plane)
{
	return plane->name;
}

const char *plane_word(const struct plane *plane)
{
	return plane->declared_dead ? "down" : supervise_word(&plane->sup);
}

const char *plane_reason(const struct plane *plane)
{
	return plane->reason;
}

unsigned plane_deaths(const struct plane *plane)
{
	return plane->deaths;
}

enum link_state plane_trunk(const struct plane *plane)
{
	return plane->trunk;
}

enum link_state plane_netaddr(const struct plane *plane, const char *uplink)
{
	return plane_uplinks_find(&plane->uplinks, uplink)->netaddr;
}

enum link_state plane_link(const struct plane *plane, const char *uplink)
{
	return plane_uplinks_find(&plane->uplinks, uplink)->link;
}

struct plane_process plane_process(const struct plane *plane)
{
	return (struct plane_process){
		.incarnation = plane->greeting.incarnation,
		.pid = plane->greeting.pid,
		.fds = plane->fds,
		.n_fds = plane->n_fds,
	};
}
