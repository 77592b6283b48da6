/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recheck.c - a mapping may have been made, or a device changed, while this VIOS or the other one
 * was away. So each compares, when both are in step again, every device that is mapped
 * (device_match.h); an adapter with one that is not the other VIOS's is not served by the one whose
 * client is not there, until a later round finds it right. viosd's one thread; what was found is in
 * struct scsid. What cannot be told leaves an adapter as it is.
 *
 *   in step --> mapping_look_all --told--> each target: same, unknown, differs
 *      ^                           '-done-> kept away, or not: errlog, refresh
 *      '---- 30 s, a change of the state, while one is kept away
 */
#include "vios-core/daemon/recheck.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/device_match.h"
#include "vios-core/daemon/mapping.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_US (30 * 1000000u)

struct recheck {
	struct viosd *v;
	sd_event_source *timer;
	bool in_step, running, again; /* again: something has changed since the round began */
	uint64_t epoch, version;
};

static void start(struct recheck *r);

static bool any_kept_away(const struct recheck *r)
{
	const struct scsid *s = scsids_first(r->v->scsids);

	while (s && !s->differs)
		s = s->next;
	return s;
}

static bool has(const struct config *config, const struct scsid *s, const char *backing)
{
	for (size_t i = 0; i < config->n_vtd; i++) {
		const struct config_vtd *vtd = &config->vtd[i];
		const struct config_vhost *vhost =
			strcmp(vtd->backing, backing) == 0
				? config_find(config, CONFIG_VHOST, vtd->vhost)
				: NULL;

		if (vhost && vhost->adapter.id == s->id)
			return true;
	}
	return false;
}

static size_t own_path(const struct recheck *r, const struct config_backing *b)
{
	size_t i = 0;

	while (i < b->n_paths && strcmp(b->paths[i].vios, r->v->frame->vios[r->v->self].name) != 0)
		i++;
	return i;
}

static int live_of(const struct recheck *r, const struct scsid *s)
{
	const struct inventory_adapter *entry = inventory_find(&r->v->inventory, s->name);

	return entry && entry->report.known ? entry->report.live : -1;
}

/* One that is kept away has no client; that the other one has lost it, too, makes it no better. */
static bool keeps_away(
	const struct recheck *r, const struct scsid *s, const struct config_backing *b, int wrong)
{
	return (s->differs && wrong < 0) ||
	       device_match_keeps_away(wrong, own_path(r, b), r->v->self, live_of(r, s));
}

static void on_told(const struct config_backing *b, const struct mapping_look *looks, void *user)
{
	struct recheck *r = user;
	const struct config *config = pair_config_now(r->v->pair);
	char why[DEVICE_MATCH_WHY];
	int wrong;
	enum device_match match = device_match(b, looks, &wrong, why);

	if (match == DEVICE_DIFFERS)
		log_warn("device-differs", "backing=%s reason=\"%s\"", b->name, why);
	if (match == DEVICE_SAME || !config)
		return;
	for (const struct scsid *i = scsids_first(r->v->scsids); i; i = i->next) {
		struct scsid *s =
			has(config, i, b->name) ? scsids_find(r->v->scsids, i->name) : NULL;

		if (!s)
			continue;
		s->unsure = true;
		if (match != DEVICE_DIFFERS || !keeps_away(r, s, b, wrong))
			continue;
		s->wrong = true;
		memcpy(s->differs_why, why, sizeof(s->differs_why));
	}
}

static bool settle(struct recheck *r, struct scsid *s)
{
	const bool was = s->differs;

	if (s->wrong)
		s->differs = true;
	else if (!s->unsure)
		s->differs = false;
	if (s->differs && !was)
		errlog_note(r->v->errlog, ERRLOG_DISK_DIFFERS, s->name, "adapter=%s %s", s->name,
			s->differs_why);
	else if (!s->differs && was)
		errlog_note(r->v->errlog, ERRLOG_DISK_AGREES, s->name, "adapter=%s", s->name);
	s->wrong = s->unsure = false;
	return s->differs != was;
}

static int on_again(sd_event_source *source, uint64_t usec, void *user)
{
	struct recheck *r = user;

	if (r->in_step)
		start(r);
	return 0;
}

static void on_done(void *user)
{
	struct recheck *r = user;
	bool changed = false;

	r->running = false;
	for (const struct scsid *i = scsids_first(r->v->scsids); i; i = i->next)
		changed |= settle(r, scsids_find(r->v->scsids, i->name));
	if (changed)
		viosd_refresh(r->v);
	if (r->in_step && r->again)
		start(r);
	else if (any_kept_away(r))
		retimer_set(r->v->ev, &r->timer, AGAIN_US, on_again, r);
}

/* What clients have of both VIOS; free() it. NULL: no memory. */
static struct config_backing *mapped(const struct config *config, size_t *n)
{
	struct config_backing *list = calloc(config->n_backing + 1, sizeof(*list));

	*n = 0;
	for (size_t i = 0; list && i < config->n_backing; i++) {
		const struct config_backing *b = &config->backing[i];
		bool used = false;

		for (size_t k = 0; k < config->n_vtd && b->n_paths == 2; k++)
			used |= strcmp(config->vtd[k].backing, b->name) == 0;
		if (used && !b->repository[0])
			list[(*n)++] = *b;
	}
	return list;
}

static void start(struct recheck *r)
{
	const struct config *config = pair_config_now(r->v->pair);
	struct config_backing *list;
	size_t n;

	r->again = r->running;
	if (r->running || !config)
		return;
	list = mapped(config, &n);
	r->epoch = r->v->epoch;
	r->version = r->v->version;
	r->running =
		list && n > 0 && mapping_look_all(r->v->mapping, list, n, on_told, on_done, r) == 0;
	if (!r->running)
		free(list);
	if (!r->running && (n > 0 || any_kept_away(r)))
		retimer_set(r->v->ev, &r->timer, AGAIN_US, on_again, r);
}

void recheck_standing(struct recheck *r)
{
	const bool in_step = pair_role(r->v->pair) == REPLICA_PAIR;
	const bool news = r->epoch != r->v->epoch || r->version != r->v->version;
	const bool begins = in_step && (!r->in_step || (news && any_kept_away(r)));

	r->in_step = in_step;
	if (begins)
		start(r);
}

int recheck_new(struct viosd *v, struct recheck **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->v = v;
	return 0;
}

void recheck_free(struct recheck *r)
{
	if (r)
		sd_event_source_disable_unref(r->timer);
	free(r);
}
