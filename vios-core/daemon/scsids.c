/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsids.c - the list of this VIOS's SCSI targets, kept as the state wants it. viosd's one thread;
 * the list owns its planes. A target whose server adapter has gone is shut down first and forgotten
 * when its process has ended, from the loop's next round (a plane must not free itself).
 *
 * What a connected client knows of its adapter (queues, ring size, features) stays while it is
 * connected: LUNs come and go, the rest waits, and then the target is started anew.
 *
 * Those that run already are adopted at once. Others are started a few at a time, in the order of
 * the state: hundreds of programs that load together on two cores keep what serves from running,
 * and each other from answering in time.
 */
#include "vios-core/daemon/scsids.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/scsid_groups.h"
#include "vios-core/daemon/scsid_sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scsids {
	sd_event *ev;
	struct scsids_config config;
	struct scsid *list;
	sd_event_source *sweep, *starter, *turns; /* turns: one may have had its turn for long */
	bool followed;				  /* once, at least */
	bool stopping;
};

static void free_scsid(struct scsid *s)
{
	plane_free(s->plane);
	json_decref(s->params);
	json_decref(s->taken);
	free(s);
}

/* One that left and is wanted again begins anew; one that is gone for good is forgotten. */
static int on_sweep(sd_event_source *source, void *user)
{
	struct scsids *scsids = user;
	struct scsid **at = &scsids->list;

	while (*at) {
		struct scsid *s = *at;

		if (!s->gone) {
			at = &s->next;
			continue;
		}
		log_info("scsid-forgotten", "adapter=%s", s->name);
		*at = s->next;
		free_scsid(s);
	}
	if (scsids->stopping && !scsids->list)
		scsids->config.stopped(scsids->config.user);
	return 0;
}

static void tell_to_go(struct scsid *s)
{
	if (s->told || plane_greeting(s->plane))
		return; /* on_changed() comes when it is known who is there */
	s->told = true;
	plane_stop(s->plane);
}

static void on_changed(void *user)
{
	struct scsid *s = user;

	if (s->leaving)
		tell_to_go(s);
	if (s->started_us > 0 && !plane_starting(s->plane))
		sd_event_source_set_enabled(s->owner->starter, SD_EVENT_ONESHOT);
	s->owner->config.changed(s->owner->config.user);
}

/* It tells of its paths after this. */
static void on_greeted(void *user)
{
	struct scsid *s = user;

	s->faults = (struct path_faults){0};
	s->told_path_errors = s->returns = false;
	if (!s->leaving)
		s->owner->config.greeted(s->plane, s->owner->config.user);
}

static void on_path(const json_t *params, void *user)
{
	struct scsid *s = user;
	const enum path_fault_state before = path_faults_state(&s->faults);
	struct path_fault_note note;

	if (path_fault_parse(params, &note) < 0)
		log_warn("path-note-refused", "adapter=%s", s->name);
	else if (path_faults_take(&s->faults, &note) || (note.healed && !s->returns))
		s->owner->config.path(s, before, s->owner->config.user);
}

static void on_set_groups(struct rpc_call *call, json_t *params, void *user)
{
	struct scsid *s = user;

	s->owner->config.set_groups(s, call, params, s->owner->config.user);
}

static void on_stopped(void *user)
{
	struct scsid *s = user;

	s->gone = true;
	sd_event_source_set_enabled(s->owner->sweep, SD_EVENT_ONESHOT);
}

static bool in_use(const struct scsid *s)
{
	return s->owner->config.in_use(s->name, s->owner->config.user);
}

/* Its client has it in another shape than is wanted. */
static bool shape_waits(const struct scsid *s)
{
	return s->params && s->taken && !scsid_params_fit(s->taken, s->params);
}

static json_t *configuration(const char **why, void *user)
{
	struct scsid *s = user;

	if (s->leaving)
		return NULL;
	if (!s->params) {
		*why = s->why[0] ? s->why : "no memory";
		return NULL;
	}
	if (shape_waits(s)) {
		json_t *params = scsid_params_luns(s->taken, s->params);

		json_decref(s->taken);
		s->taken = json_incref(params);
		return params;
	}
	json_decref(s->taken);
	s->taken = json_incref(s->params);
	return json_incref(s->params);
}

static struct scsid *find(const struct scsids *scsids, const char *adapter)
{
	struct scsid *s = scsids->list;

	while (s && strcmp(s->name, adapter) != 0)
		s = s->next;
	return s;
}

/* A new entry; NULL: a line has been written. */
static struct scsid *make(struct scsids *scsids, const char *client, const char *adapter)
{
	struct scsid *s = calloc(1, sizeof(*s));
	struct plane_config config = {
		.kind = &plane_kind_scsid,
		.vios = scsids->config.vios,
		.run = scsids->config.run,
		.program = scsids->config.program,
		.log_level = scsids->config.log_level,
		.errlog = scsids->config.errlog,
		.changed = on_changed,
		.greeted = on_greeted,
		.stopped = on_stopped,
		.path = on_path,
		.set_groups = on_set_groups,
		.configuration = configuration,
		.user = s,
	};
	int r = -ENOMEM;

	if (s) {
		s->owner = scsids;
		snprintf(s->client, sizeof(s->client), "%s", client);
		snprintf(s->adapter, sizeof(s->adapter), "%s", adapter);
		snprintf(s->name, sizeof(s->name), "%s/%s", client, adapter);
		config.client = s->client;
		config.adapter = s->adapter;
		r = plane_new(scsids->ev, &config, &s->plane);
	}
	if (r < 0) {
		log_error("scsid-not-followed", "adapter=%s/%s error=\"%s\"", client, adapter,
			strerror(-r));
		free(s);
		return NULL;
	}
	s->next = scsids->list;
	scsids->list = s;
	return s;
}

/* Params: ownership moves. */
static void take(struct scsid *s, json_t *params, const char why[SCSID_WHY_BYTES])
{
	json_decref(s->params);
	s->params = params;
	memcpy(s->why, why, sizeof(s->why));
}

static bool runs(const struct scsids *scsids, const char *client, const char *adapter)
{
	return scsid_socket_runs(scsids->config.run, scsids->config.vios, client, adapter);
}

/* Who has not come up by then goes on trying without a turn. */
static unsigned count_turns(struct scsids *scsids, uint64_t now_us)
{
	unsigned n = 0;

	for (struct scsid *s = scsids->list; s; s = s->next) {
		if (s->started_us > 0 && (!plane_starting(s->plane) || s->leaving ||
						 now_us - s->started_us >= SCSIDS_TURN_US))
			s->started_us = 0;
		n += s->started_us > 0;
	}
	return n;
}

/* The list is kept with the newest first. */
static struct scsid *next_to_start(const struct scsids *scsids)
{
	struct scsid *last = NULL;

	for (struct scsid *s = scsids->list; s; s = s->next)
		if (s->waiting && !s->leaving)
			last = s;
	return last;
}

static int on_turns(sd_event_source *source, uint64_t usec, void *user)
{
	struct scsids *scsids = user;

	sd_event_source_set_enabled(scsids->starter, SD_EVENT_ONESHOT);
	return 0;
}

static int on_starter(sd_event_source *source, void *user)
{
	struct scsids *scsids = user;
	uint64_t now_us;
	struct scsid *s;

	sd_event_now(scsids->ev, CLOCK_MONOTONIC, &now_us);
	while ((s = next_to_start(scsids)) && count_turns(scsids, now_us) < SCSIDS_STARTING_MAX) {
		s->waiting = false;
		s->started_us = now_us;
		plane_start(s->plane);
	}
	if (s)
		retimer_set(scsids->ev, &scsids->turns, SCSIDS_TURN_US, on_turns, scsids);
	return 0;
}

static void begin(struct scsid *s)
{
	if (runs(s->owner, s->client, s->adapter)) {
		plane_start(s->plane);
		return;
	}
	s->waiting = true;
	sd_event_source_set_enabled(s->owner->starter, SD_EVENT_ONESHOT);
}

/* What has been told to go does so first. */
static void come_back(struct scsid *s, json_t *params, const char why[SCSID_WHY_BYTES])
{
	const bool told = s->told;

	take(s, params, why);
	json_decref(s->taken);
	s->taken = NULL;
	s->leaving = s->told = s->gone = false;
	if (told)
		plane_restart(s->plane);
	else
		plane_reconfigure(s->plane);
}

static void want(struct scsid *s, json_t *params, const char why[SCSID_WHY_BYTES])
{
	const bool same = params ? s->params && json_equal(s->params, params)
				 : !s->params && strcmp(s->why, why) == 0;

	take(s, params, why);
	if (same)
		return;
	/* The name's former bearer is another adapter, whoever uses it. */
	if (shape_waits(s) && (!in_use(s) || !json_equal(json_object_get(s->taken, "id"),
						     json_object_get(params, "id")))) {
		json_decref(s->taken);
		s->taken = NULL;
		plane_restart(s->plane);
	} else {
		plane_reconfigure(s->plane);
	}
}

static int follow_one(
	struct scsids *scsids, const struct config *config, const struct config_vhost *vhost)
{
	char name[SCSID_ADAPTER_BYTES], why[SCSID_WHY_BYTES];
	struct scsid *s;
	json_t *params;

	snprintf(name, sizeof(name), "%s/%s", vhost->client, vhost->adapter.name);
	s = find(scsids, name);
	params = scsid_params(config, vhost, scsids->config.vios, why);
	if (params)
		scsid_groups_choose(params, scsids->config.away, scsids->config.user);
	if (s && !s->leaving) {
		want(s, params, why);
	} else if (s) {
		come_back(s, params, why);
	} else if ((s = make(scsids, vhost->client, vhost->adapter.name))) {
		take(s, params, why);
		begin(s);
	} else {
		json_decref(params);
		return -ENOMEM;
	}
	s->found = true;
	s->id = vhost->adapter.id;
	s->failback = vhost->failback == CONFIG_FAILBACK_AUTO;
	return 0;
}

static void leave(struct scsid *s)
{
	if (s->leaving)
		return;
	log_info("scsid-leaves", "adapter=%s", s->name);
	s->leaving = true;
	s->waiting = false;
	tell_to_go(s);
}

/* Of an adapter that the state does not have, and whose target runs. */
static void look_at(const char *client, const char *adapter, void *user)
{
	struct scsids *scsids = user;
	char name[SCSID_ADAPTER_BYTES];
	struct scsid *s;

	snprintf(name, sizeof(name), "%s/%s", client, adapter);
	if (find(scsids, name) || !runs(scsids, client, adapter))
		return;
	s = make(scsids, client, adapter);
	if (!s)
		return;
	plane_start(s->plane);
	leave(s);
}

int scsids_follow(struct scsids *scsids, const struct config *config)
{
	int r = 0;

	if (scsids->stopping)
		return 0;
	for (struct scsid *s = scsids->list; s; s = s->next)
		s->found = false;
	for (size_t i = 0; i < config->n_vhost; i++) {
		int one = follow_one(scsids, config, &config->vhost[i]);

		r = one < 0 ? one : r;
	}
	for (struct scsid *s = scsids->list; s; s = s->next)
		if (!s->found)
			leave(s);
	if (!scsids->followed)
		scsid_sockets_each(scsids->config.run, scsids->config.vios, look_at, scsids);
	scsids->followed = true;
	return r;
}

static void choose_again(struct scsid *s)
{
	const struct scsids_config *config = &s->owner->config;
	json_t *params = json_deep_copy(s->params); /* s->taken may be the same object */

	if (!params || s->leaving || !scsid_groups_choose(params, config->away, config->user)) {
		json_decref(params);
		return;
	}
	json_decref(s->params);
	s->params = params;
	plane_reconfigure(s->plane);
}

void scsids_settle(struct scsids *scsids)
{
	for (struct scsid *s = scsids->list; s; s = s->next) {
		choose_again(s);
		if (s->leaving || !shape_waits(s) || in_use(s))
			continue;
		json_decref(s->taken);
		s->taken = NULL;
		plane_restart(s->plane);
	}
}

void scsids_look_again(struct scsids *scsids)
{
	for (struct scsid *s = scsids->list; s; s = s->next)
		if (!s->leaving && json_array_size(json_object_get(s->params, "luns")) > 0)
			plane_reconfigure(s->plane);
}

bool scsids_stop(struct scsids *scsids)
{
	scsids->stopping = true;
	for (struct scsid *s = scsids->list; s; s = s->next)
		leave(s);
	return scsids->list != NULL;
}

const struct scsid *scsids_first(const struct scsids *scsids)
{
	return scsids->list;
}

struct scsid *scsids_find(const struct scsids *scsids, const char *adapter)
{
	return find(scsids, adapter);
}

void scsids_declare_dead(struct scsids *scsids, const char *incarnation)
{
	for (struct scsid *s = scsids->list; s; s = s->next)
		plane_declare_dead(s->plane, incarnation);
}

void scsids_suspect(
	struct scsids *scsids, const char *incarnation, const char *report, long long ms)
{
	for (struct scsid *s = scsids->list; s; s = s->next)
		plane_suspect(s->plane, incarnation, report, ms);
}

int scsids_new(sd_event *ev, const struct scsids_config *config, struct scsids **out)
{
	struct scsids *scsids = calloc(1, sizeof(*scsids));
	int r;

	if (!scsids)
		return -ENOMEM;
	scsids->config = *config;
	r = sd_event_add_defer(ev, &scsids->sweep, on_sweep, scsids);
	if (r >= 0)
		r = sd_event_add_defer(ev, &scsids->starter, on_starter, scsids);
	if (r < 0) {
		sd_event_source_disable_unref(scsids->sweep);
		free(scsids);
		return r;
	}
	sd_event_source_set_enabled(scsids->sweep, SD_EVENT_OFF);
	sd_event_source_set_enabled(scsids->starter, SD_EVENT_OFF);
	scsids->ev = sd_event_ref(ev);
	*out = scsids;
	return 0;
}

void scsids_free(struct scsids *scsids)
{
	if (!scsids)
		return;
	while (scsids->list) {
		struct scsid *s = scsids->list;

		scsids->list = s->next;
		free_scsid(s);
	}
	sd_event_source_disable_unref(scsids->sweep);
	sd_event_source_disable_unref(scsids->starter);
	sd_event_source_disable_unref(scsids->turns);
	sd_event_unref(scsids->ev);
	free(scsids);
}
