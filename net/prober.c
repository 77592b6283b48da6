/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prober.c - see prober.h. A worker sends what is due and writes down who answered; here, by a
 * timer, is decided what follows. Main thread; the prober owns its timer and the verdicts.
 */
#include "net/prober.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/netd.h"
#include "net/worker.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/model/ip_list.h"

struct prober {
	struct netd_uplink *at;
	struct netd *netd;
	const struct uplink *uplink; /* through which they were asked last; NULL: none */
	struct reach reach;
	char name[UPLINK_NAME_MAX + 1];
	enum reach_state told;
	sd_event_source *timer;
};

struct prober *prober_new(struct netd_uplink *at)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->at = at;
	p->netd = at->netd;
	return p;
}

void prober_free(struct prober *p)
{
	if (!p)
		return;
	sd_event_source_disable_unref(p->timer);
	free(p);
}

static bool read_number(const json_t *value, uint32_t least, uint32_t most, uint32_t *out)
{
	if (!value)
		return true;
	*out = (uint32_t)json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= least &&
	       json_integer_value(value) <= most;
}

static bool read_targets(const json_t *list, struct probe_table *out)
{
	const json_t *one;
	size_t i;

	if (list && (!json_is_array(list) || json_array_size(list) > PROBE_TARGETS))
		return false;
	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(one);
		uint8_t *ip = out->target[out->n].byte;

		if (!text || !ip_parse(text, ip) || !ip_is_host(ip))
			return false;
		out->n++;
	}
	return true;
}

int prober_read(const json_t *uplink, struct prober_config *out, char *why, size_t why_size)
{
	*out = (struct prober_config){.rules = {PROBER_INTERVAL_MS, PROBER_MISSES}};
	if (read_targets(json_object_get(uplink, "netaddr"), &out->table) &&
		read_number(json_object_get(uplink, "netaddr_interval"), PROBER_INTERVAL_MIN_MS,
			PROBER_INTERVAL_MAX_MS, &out->rules.interval_ms) &&
		read_number(json_object_get(uplink, "netaddr_misses"), 1, PROBER_MISSES_MAX,
			&out->rules.misses))
		return 0;
	snprintf(why, why_size,
		"uplink: netaddr: give at most %d addresses of hosts; netaddr_interval: %d to %d; "
		"netaddr_misses: 1 to %d",
		PROBE_TARGETS, PROBER_INTERVAL_MIN_MS, PROBER_INTERVAL_MAX_MS, PROBER_MISSES_MAX);
	return -EINVAL;
}

static void tell(struct prober *p)
{
	const enum reach_state state = reach_state(&p->reach);

	if (state == p->told)
		return;
	p->told = state;
	log_info("netaddr", "uplink=%s state=%s", p->name, reach_state_name(state));
	control_note(p->netd, "netaddr",
		json_pack("{s:s, s:s}", "uplink", p->name, "state", reach_state_name(state)));
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user);

static void set_timer(struct prober *p, uint64_t now_us)
{
	const uint64_t at_us = reach_next_us(&p->reach);

	if (at_us == REACH_NEVER)
		retimer_stop(p->timer);
	else if (retimer_set(p->netd->ev, &p->timer, at_us > now_us ? at_us - now_us : 0, on_timer,
			 p) < 0)
		log_error("netaddr-timer", "reason=memory");
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct prober *p = user;
	struct plane *plane = p->netd->plane;
	struct probe_ear *ear = &plane->probe[p->at->number];
	const uint64_t now_us = plane_now_us();
	uint64_t heard_us[PROBE_TARGETS];
	uint32_t due;

	for (unsigned i = 0; i < PROBE_TARGETS; i++)
		heard_us[i] = atomic_load(&ear->heard_us[i]);
	due = reach_step(&p->reach, heard_us, !atomic_load(&ear->due), now_us);
	if (due) {
		atomic_store(&ear->due, due);
		atomic_fetch_add(&plane->expected, 1); /* after: who sees it sees what is due */
		worker_wake(plane->worker[0]);
	}
	tell(p);
	set_timer(p, now_us);
	return 0;
}

/* A worker may still note an answer by the table before, in its place: that target is taken for
 * present once. */
void prober_configure(struct prober *p, const struct prober_config *config)
{
	const struct uplink *uplink = p->at->uplink;
	struct plane *plane = p->netd->plane;
	const uint64_t now_us = plane_now_us();
	struct probe_table table = config->table;

	if (uplink)
		table.mac = uplink_mac(uplink);
	else
		table.n = 0;
	rulebook_set_probe(p->netd->rulebook, p->at->number, &table);
	reach_set(&p->reach, &config->rules, &table, now_us);
	if (uplink != p->uplink)
		reach_anew(&p->reach, now_us);
	p->uplink = uplink;
	for (unsigned i = 0; i < PROBE_TARGETS; i++)
		atomic_store(&plane->probe[p->at->number].heard_us[i], 0);
	if (uplink) /* else it is told of the one that was there */
		strcpy(p->name, uplink_config(uplink)->name);
	tell(p);
	set_timer(p, now_us);
}

static json_t *target_json(const struct reach_target *t, uint64_t now_us)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "address", ip_show(t->ip.byte).text,
		"state", reach_state_name(t->state), "probes", (json_int_t)t->n_probes, "answers",
		(json_int_t)t->n_answers, "missed", (json_int_t)t->n_missed, "lost",
		(json_int_t)t->n_lost, "heard_ms",
		t->heard_us ? json_integer((json_int_t)((now_us - t->heard_us) / 1000))
			    : json_null());
}

json_t *prober_json(const struct prober *p)
{
	const struct reach *r = &p->reach;
	json_t *targets;

	if (!r->n)
		return json_null();
	targets = json_array();
	for (unsigned i = 0; i < r->n; i++)
		json_array_append_new(targets, target_json(&r->target[i], plane_now_us()));
	return json_pack("{s:s, s:I, s:I, s:o}", "state", reach_state_name(reach_state(r)),
		"interval_ms", (json_int_t)r->rules.interval_ms, "misses",
		(json_int_t)r->rules.misses, "targets", targets);
}
