/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_life.c - an adapter's beginning, its changes and its end. Pure; the caller owns the
 * struct, stores it and carries out the operations.
 */
#include "ha/mux/adapter_life.h"

#include "ha/mux/route.h"
#include "vios-core/model/client_note.h"
#include "vios-core/vhostuser/vu_profile.h"

#include <string.h>

void adapter_clear(struct adapter *a)
{
	memset(a, 0, sizeof(*a));
	a->preferred = a->current = a->pinned = a->listener = a->region = a->conn = -1;
	vu_back_init(&a->session, 0);
	for (int i = 0; i < SELECT_PATHS; i++)
		a->path[i].conn = -1;
}

void adapter_init(struct adapter *a, const struct model_adapter *config, uint32_t hang_ms,
	uint32_t n_paths, int preferred, uint64_t start)
{
	adapter_clear(a);
	a->used = true;
	a->config = *config;
	a->next = config->profile;
	a->hang_ms = hang_ms;
	a->n_paths = n_paths;
	a->preferred = preferred;
	a->start = start;
	vu_back_init(&a->session, vu_profile_rings(config->type, &config->profile));
	for (uint32_t i = 0; i < n_paths; i++) {
		struct path *p = &a->path[i];

		p->phase = SELECT_LOST;
		p->start = start;
		/* Until viosd says otherwise; a viosd that goes away changes nothing. */
		p->state = (int)i == preferred ? MODEL_PATH_OPTIMIZED : MODEL_PATH_NON_OPTIMIZED;
		route_explain(p, "not known yet whether it had the rings before");
	}
}

bool adapter_pending(const struct adapter *a)
{
	return !model_profile_same(&a->config.profile, &a->next);
}

/* Without a client what has been agreed with the last one counts no longer; paths that were greeted
 * for it are greeted anew. One that still owns the rings follows when it has let go of them. */
static void refit(struct adapter *a, struct adapter_context *c)
{
	const bool pending = adapter_pending(a);

	if (pending && a->session.connected)
		return;
	a->config.profile = a->next;
	if (!pending)
		return;
	vu_back_init(&a->session, vu_profile_rings(a->config.type, &a->next));
	for (uint32_t i = 0; i < a->n_paths; i++)
		if (!select_owns(a->path[i].phase))
			route_event(a, c, (int)i, SELECT_FORGET);
}

void adapter_configure(struct adapter *a, struct adapter_context *c,
	const struct model_adapter *config, int preferred)
{
	struct model_profile now = a->config.profile;

	model_profile_raise(&now, &config->profile);
	a->config = *config;
	a->config.profile = now;
	a->next = config->profile;
	a->preferred = preferred;
	refit(a, c);
	route_settle(a, c);
}

void adapter_leave(struct adapter *a, struct adapter_context *c, bool leaving)
{
	a->leaving = leaving;
	route_settle(a, c);
}

bool adapter_gone(const struct adapter *a)
{
	return a->leaving && route_owner(a) < 0;
}

void adapter_forget_client(struct adapter *a, struct adapter_context *c)
{
	struct vu_keep way;

	route_to_client(&way, a, c);
	vu_back_close(&a->session, &way.client);
	keep_drop(c->ops, c->slots, &a->conn);
	refit(a, c);
}

void adapter_free(struct adapter *a, struct adapter_context *c)
{
	adapter_forget_client(a, c);
	keep_drop(c->ops, c->slots, &a->listener);
	keep_drop(c->ops, c->slots, &a->region);
	for (uint32_t i = 0; i < a->n_paths; i++)
		keep_drop(c->ops, c->slots, &a->path[i].conn);
	adapter_clear(a);
}
