// SPDX-License-Identifier: BSD-3-Clause
/*
 * mapping.c - asks both VIOS about devices before they are mapped. viosd's one thread; owns the
 * checks that are under way.
 *
 *   config_change --> needs --(none)--------------------------------------> pair_change
 *                       '--> a batch: our process (file_look) --.             ^
 *                              '----> the peer (cluster, look) --+--> judge --+--> next batch
 *                                                                 '--> refused
 *
 * A disk may hold up whoever looks at it, so each batch has a time limit, and what is not told by
 * then was not told. Questions are numbered from a random start: an answer to the viosd before
 * this one is nobody's.
 */
#include "vios-core/daemon/mapping.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/backing_look.h"
#include "vios-core/daemon/file_look.h"
#include "vios-core/daemon/mapping_rules.h"
#include "vios-core/daemon/viosd.h"
#include "vios-core/model/config_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define LOOK_US 3000000u /* less than the peer is given to say so */
#define BATCH_US 4000000u
#define CHECKS_MAX 8 /* at once */
#define GUESTS_MAX 4 /* the peer's questions, at once */
#define WARNINGS_MAX 16

struct check {
	struct check *next;
	struct mapping *owner;
	struct rpc_call *call;
	json_t *params;
	bool forced;
	/* of mapping_look_all(), which has no call; else NULL */
	void (*told)(const struct config_backing *b, const struct mapping_look *looks, void *user);
	void (*done)(void *user);
	void *user;
	struct config_backing *list;
	size_t n, at, batch; /* how many; where the batch begins; how many it has */
	struct mapping_ask asks[MODEL_VIOS_MAX];     /* of the batch, by VIOS */
	size_t place[MODEL_VIOS_MAX][MAPPING_BATCH]; /* which element of its ask; SIZE_MAX: none */
	json_t *looks[MODEL_VIOS_MAX];
	unsigned open; /* answers to come */
	bool looking;  /* our process has it as its user */
	bool over;     /* freed when that has ended */
	sd_event_source *timer;
	json_t *faults, *warnings;
};

struct guest {
	struct mapping *owner;
	uint64_t number;
	char to[MODEL_NAME_MAX + 1];
};

struct mapping {
	struct viosd *v;
	struct check *checks;
	unsigned n_checks, n_guests;
	uint64_t number;	/* of the last question */
	sd_event_source *begin; /* of those that have been asked for */
};

static const char *vios_name(const struct mapping *m, size_t i)
{
	return m->v->frame->vios[i].name;
}

static bool peer_is_there(const struct mapping *m)
{
	const struct viosd *v = m->v;
	const struct members *members = v->cluster ? cluster_members(v->cluster) : NULL;

	return members && members->joined && v->frame->n_vios == MODEL_VIOS_MAX &&
	       members_state(members, v->frame->vios[!v->self].node_id) == MEMBER_ONLINE;
}

/* ---- a check's end ---- */

static void free_check(struct check *c)
{
	if (c->looking) { /* on_looked() comes */
		c->over = true;
		return;
	}
	for (size_t i = 0; i < MODEL_VIOS_MAX; i++)
		json_decref(c->looks[i]);
	json_decref(c->params);
	json_decref(c->faults);
	json_decref(c->warnings);
	sd_event_source_disable_unref(c->timer);
	free(c->list);
	free(c);
}

static void drop_check(struct check *c)
{
	struct check **at = &c->owner->checks;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->owner->n_checks--;
	retimer_stop(c->timer);
	free_check(c);
}

static void finish(struct check *c)
{
	struct viosd *v = c->owner->v;

	if (c->told) {
		c->done(c->user);
	} else if (!rpc_call_conn(c->call)) { /* whoever asked has gone: nothing is changed */
		rpc_fail(c->call, RPC_CLOSED, "gone");
	} else if (json_array_size(c->faults) > 0) {
		rpc_fail_data(c->call, RPC_INVALID_PARAMS, json_pack("{s:O}", "faults", c->faults),
			"the VIOS do not see what is to be mapped alike; nothing was changed");
	} else {
		pair_change(v->pair, c->call, c->params,
			json_array_size(c->warnings) > 0 ? c->warnings : NULL);
	}
	drop_check(c);
}

/* ---- a batch ---- */

static void warn(struct check *c, const struct config_backing *b, const char *vios,
	const struct mapping_look *look)
{
	for (size_t i = 0; i < look->n_warnings; i++) {
		errlog_note(c->owner->v->errlog, ERRLOG_DISK_WAITS, b->name, "vios=%s %s", vios,
			look->warning[i]);
		if (json_array_size(c->warnings) < WARNINGS_MAX)
			json_array_append_new(c->warnings,
				json_sprintf("%s: %s: %s", vios, b->name, look->warning[i]));
	}
}

static void judge_one(struct check *c, size_t i)
{
	const struct config_backing *b = &c->list[c->at + i];
	struct mapping_look looks[MODEL_VIOS_MAX] = {{.told = false}};
	char why[MAPPING_WHY_BYTES];

	for (size_t k = 0; k < b->n_paths; k++)
		for (size_t side = 0; side < c->owner->v->frame->n_vios; side++) {
			const char *vios = vios_name(c->owner, side);

			if (strcmp(vios, b->paths[k].vios) != 0 || c->place[side][i] == SIZE_MAX)
				continue;
			mapping_look_read(
				json_array_get(c->looks[side], c->place[side][i]), &looks[k]);
			if (!c->told)
				warn(c, b, vios, &looks[k]);
		}
	if (c->told) {
		c->told(b, looks, c->user);
		return;
	}
	if (mapping_judge(b, looks, c->forced, why))
		return;
	log_info("mapping-refused", "backing=%s reason=\"%s\"", b->name, why);
	json_array_append_new(c->faults,
		json_pack("{s:o, s:s}", "path", json_sprintf("backing %s", b->name), "text", why));
}

static void begin_batch(struct check *c);

static void end_batch(struct check *c)
{
	retimer_stop(c->timer);
	for (size_t i = 0; i < c->batch; i++)
		judge_one(c, i);
	c->at += c->batch;
	for (size_t i = 0; i < MODEL_VIOS_MAX; i++) {
		json_decref(c->looks[i]);
		c->looks[i] = NULL;
		c->asks[i].number = 0;
	}
	if (c->at == c->n || json_array_size(c->faults) > 0)
		finish(c);
	else
		begin_batch(c);
}

static void told(struct check *c, size_t side, json_t *looks)
{
	if (json_is_array(looks) && !c->looks[side])
		c->looks[side] = json_incref(looks);
	if (--c->open == 0)
		end_batch(c);
}

static void on_looked(const json_t *answer, void *user)
{
	struct check *c = user;

	c->looking = false;
	if (c->over)
		free_check(c);
	else if (c->open > 0)
		told(c, c->owner->v->self, (json_t *)answer);
}

static int on_late(sd_event_source *source, uint64_t usec, void *user)
{
	struct check *c = user;

	if (c->open > 0) {
		c->open = 0;
		end_batch(c);
	}
	return 0;
}

static void fill_asks(struct check *c)
{
	for (size_t side = 0; side < MODEL_VIOS_MAX; side++)
		c->asks[side].n = 0;
	for (size_t i = 0; i < c->batch; i++)
		for (size_t side = 0; side < c->owner->v->frame->n_vios; side++) {
			const struct config_backing *b = &c->list[c->at + i];
			struct mapping_ask *ask = &c->asks[side];

			c->place[side][i] = SIZE_MAX;
			for (size_t k = 0; k < b->n_paths; k++) {
				if (strcmp(b->paths[k].vios, vios_name(c->owner, side)) != 0)
					continue;
				c->place[side][i] = ask->n;
				memcpy(ask->list[ask->n].path, b->paths[k].path,
					sizeof(ask->list[0].path));
				/* of a device it is compared, of a file it is what it says */
				ask->list[ask->n++].block_bytes = b->block_bytes;
			}
		}
}

static bool ask_peer(struct check *c)
{
	struct mapping *m = c->owner;
	struct mapping_ask *ask = &c->asks[!m->v->self];
	char *text;
	int r;

	if (ask->n == 0 || !peer_is_there(m))
		return false;
	ask->number = ++m->number;
	text = mapping_ask_write(vios_name(m, !m->v->self), ask);
	r = text ? cluster_ask(m->v->cluster, text, strlen(text)) : -ENOMEM;
	free(text);
	return r == 0;
}

static void begin_batch(struct check *c)
{
	struct viosd *v = c->owner->v;

	c->batch = c->n - c->at < MAPPING_BATCH ? c->n - c->at : MAPPING_BATCH;
	fill_asks(c);
	c->open = 1; /* until all have been asked */
	if (ask_peer(c))
		c->open++;
	if (c->asks[v->self].n > 0 && !c->looking &&
		file_look_run(v->ev, backing_look, &c->asks[v->self], LOOK_US, on_looked, c) == 0) {
		c->looking = true;
		c->open++;
	}
	if (retimer_set(v->ev, &c->timer, BATCH_US, on_late, c) < 0)
		c->open = 1;
	if (--c->open == 0)
		end_batch(c);
}

/* ---- the beginning ---- */

/* What the change maps anew. 0 with none also when it is faulty: the pair says so. */
static int find_needs(struct mapping *m, json_t *params, struct config_backing **list, size_t *n)
{
	const struct config *now = pair_config_now(m->v->pair);
	struct config_applied applied;
	struct model_faults faults;
	json_t *change;
	int r;

	*n = 0;
	*list = NULL;
	change = now ? json_pack("{s:O}", "ops", json_object_get(params, "ops")) : NULL;
	if (!change)
		return 0;
	r = config_apply(now, change, &applied, &faults);
	json_decref(change);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	r = mapping_needs(now, applied.config, list, n);
	config_applied_fini(&applied);
	return r;
}

static int on_begin(sd_event_source *source, void *user)
{
	struct mapping *m = user;
	struct check *c = m->checks, *next;

	for (; c; c = next) {
		next = c->next;
		if (c->batch == 0)
			begin_batch(c);
	}
	return 0;
}

static struct check *make_check(struct mapping *m, struct rpc_call *call, json_t *params)
{
	struct check *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->owner = m;
	c->call = call;
	c->params = json_incref(params);
	c->forced = mapping_forced(json_object_get(params, "ops"));
	c->faults = json_array();
	c->warnings = json_array();
	return c;
}

void mapping_change(struct mapping *m, struct rpc_call *call, json_t *params)
{
	struct config_backing *list;
	struct check *c = NULL;
	size_t n;
	int r = find_needs(m, params, &list, &n);

	if (r == 0 && n == 0) {
		free(list);
		pair_change(m->v->pair, call, params, NULL);
		return;
	}
	if (r == 0 && m->n_checks < CHECKS_MAX)
		c = make_check(m, call, params);
	if (!c) {
		free(list);
		rpc_fail(call, RPC_UNAVAILABLE,
			"%u changes that map devices wait already; try again when they are done",
			m->n_checks);
		return;
	}
	c->list = list;
	c->n = n;
	c->next = m->checks;
	m->checks = c;
	m->n_checks++;
	sd_event_source_set_enabled(m->begin, SD_EVENT_ONESHOT); /* not from within the call */
}

int mapping_look_all(struct mapping *m, struct config_backing *list, size_t n,
	void (*each)(const struct config_backing *b, const struct mapping_look *looks, void *user),
	void (*done)(void *user), void *user)
{
	struct check *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct check){.owner = m,
		.told = each,
		.done = done,
		.user = user,
		.list = list,
		.n = n,
		.next = m->checks};
	m->checks = c;
	m->n_checks++;
	sd_event_source_set_enabled(m->begin, SD_EVENT_ONESHOT);
	return 0;
}

/* ---- the peer ---- */

static void on_guest(const json_t *answer, void *user)
{
	struct guest *g = user;
	struct viosd *v = g->owner->v;
	char *text = json_is_array(answer) ? mapping_answer_write(g->to, g->number, answer) : NULL;

	/* Without an answer its time runs out. */
	if (text && v->cluster && cluster_ask(v->cluster, text, strlen(text)) < 0)
		log_warn("look-not-answered", "to=%s", g->to);
	free(text);
	g->owner->n_guests--;
	free(g);
}

static void look_for_peer(struct mapping *m, const char *peer, const struct mapping_ask *ask)
{
	struct guest *g = m->n_guests < GUESTS_MAX ? calloc(1, sizeof(*g)) : NULL;

	if (!g) {
		log_warn("look-not-made", "for=%s under_way=%u", peer, m->n_guests);
		return;
	}
	*g = (struct guest){.owner = m, .number = ask->number};
	memcpy(g->to, peer, strlen(peer));
	m->n_guests++;
	if (file_look_run(m->v->ev, backing_look, ask, LOOK_US, on_guest, g) < 0) {
		m->n_guests--;
		free(g);
	}
}

void mapping_hear(struct mapping *m, uint32_t node_id, const char *text, size_t text_bytes)
{
	const struct viosd *v = m->v;
	static struct mapping_ask ask; /* large, and of the one thread */
	struct check *c = m->checks;
	json_t *looks = NULL;
	uint64_t number;

	if (v->frame->n_vios != MODEL_VIOS_MAX || node_id != v->frame->vios[!v->self].node_id)
		return;
	switch (mapping_read(text, text_bytes, vios_name(m, v->self), &ask, &number, &looks)) {
	case MAPPING_ASK:
		look_for_peer(m, vios_name(m, !v->self), &ask);
		break;
	case MAPPING_ANSWER:
		while (c && c->asks[!v->self].number != number)
			c = c->next;
		if (c && c->open > 0 && !c->looks[!v->self])
			told(c, !v->self, looks);
		break;
	case MAPPING_NONE:
		break;
	}
	json_decref(looks);
}

int mapping_new(struct viosd *v, struct mapping **out)
{
	struct mapping *m = calloc(1, sizeof(*m));
	uint32_t start = 0;

	if (!m)
		return -ENOMEM;
	m->v = v;
	if (getrandom(&start, sizeof(start), 0) < 0 ||
		sd_event_add_defer(v->ev, &m->begin, on_begin, m) < 0) {
		free(m);
		return -ENOMEM;
	}
	sd_event_source_set_enabled(m->begin, SD_EVENT_OFF);
	m->number = (uint64_t)start << 24;
	*out = m;
	return 0;
}

void mapping_free(struct mapping *m)
{
	if (!m)
		return;
	while (m->checks) {
		if (!m->checks->told)
			rpc_fail(m->checks->call, RPC_UNAVAILABLE,
				"viosd ends; nothing was changed");
		drop_check(m->checks);
	}
	sd_event_source_disable_unref(m->begin);
	free(m);
}
