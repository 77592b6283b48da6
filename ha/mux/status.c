/* SPDX-License-Identifier: BSD-3-Clause */
/* status.c - an adapter's state for others. The mux's thread; owns nothing. */
#include "ha/mux/status.h"

#include "vios-core/model/incarnation.h"

#include <stdio.h>
#include <string.h>

void status_take(struct status *out, const struct state *st, uint32_t adapter)
{
	const struct adapter *a = &st->adapter[adapter];

	memset(out, 0, sizeof(*out)); /* padding too: it is compared as bytes */
	out->live = adapter_live(a);
	out->start = a->start;
	out->incarnation = out->live >= 0 ? a->path[out->live].incarnation : 0;
	out->client_connected = a->session.connected;
	out->profile_pending = adapter_pending(a);
	for (uint32_t i = 0; i < st->n_vios; i++) {
		out->path[i].phase = a->path[i].phase;
		out->path[i].state = a->path[i].state;
		out->path[i].generation = a->path[i].generation;
		memcpy(out->path[i].reason, a->path[i].reason, strlen(a->path[i].reason));
	}
}

static json_t *live_name(const struct status *s, const struct state *st)
{
	return s->live < 0 ? json_null() : json_string(st->vios[s->live].name);
}

static json_t *name_of(const struct state *st, uint32_t adapter)
{
	return json_sprintf("%s/%s", st->client, st->adapter[adapter].config.name);
}

json_t *status_json(const struct status *s, const struct state *st, uint32_t adapter)
{
	json_t *paths = json_object();

	for (uint32_t i = 0; i < st->n_vios; i++)
		json_object_set_new(paths, st->vios[i].name,
			json_pack("{s:s, s:s, s:I, s:s}", "phase",
				select_phase_name(s->path[i].phase), "state",
				model_path_state_name(s->path[i].state), "generation",
				(json_int_t)s->path[i].generation, "reason", s->path[i].reason));
	return json_pack("{s:o, s:I, s:o, s:I, s:b, s:b, s:o}", "adapter", name_of(st, adapter),
		"id", (json_int_t)st->adapter[adapter].config.id, "live", live_name(s, st), "start",
		(json_int_t)s->start, "client_connected", s->client_connected, "profile_pending",
		s->profile_pending, "paths", paths);
}

json_t *status_live_json(const struct status *s, const struct state *st, uint32_t adapter)
{
	char incarnation[INCARNATION_BYTES] = "";

	if (s->live >= 0)
		incarnation_text(s->incarnation, incarnation);
	return json_pack("{s:o, s:I, s:o, s:s}", "adapter", name_of(st, adapter), "id",
		(json_int_t)st->adapter[adapter].config.id, "vios", live_name(s, st), "incarnation",
		incarnation);
}
