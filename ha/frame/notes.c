/* SPDX-License-Identifier: BSD-3-Clause */
/* notes.c - what vios-framed tells: notes to all muxes and viosds, and its status. Main thread;
 * keeps nothing. */
#include "ha/frame/framed.h"

#include <stdio.h>

#include "ha/frame/params.h"

#define MS_NS UINT64_C(1000000)

json_t *notes_plane(const char *vios, const char *plane, uint64_t incarnation)
{
	char text[INCARNATION_BYTES];

	incarnation_text(incarnation, text);
	return json_pack("{s:s, s:s, s:s}", "vios", vios, "plane", plane, "incarnation", text);
}

json_t *notes_dead_list(const struct framed *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < FRAMED_DEAD; i++)
		if (f->dead[i].incarnation != 0)
			json_array_append_new(list, notes_plane(f->dead[i].vios, f->dead[i].plane,
							    f->dead[i].incarnation));
	return list;
}

const char *notes_adapter(const struct framed *f, uint32_t id, char unnamed[NOTES_UNNAMED])
{
	const char *name = names_text(&f->names, id);

	snprintf(unnamed, NOTES_UNNAMED, "?/%u", id);
	return name ? name : unnamed;
}

/* Names where they are known; the ids stand beside them in the same order. */
static void add_state(const struct framed *f, json_t *to, enum poison_state state,
	const char *names, const char *ids)
{
	json_t *name_list = json_array(), *id_list = json_array();
	char unnamed[NOTES_UNNAMED];

	for (size_t i = 0; i < POISON_MAX; i++) {
		const struct poison_adapter *a = &f->poison.adapter[i];

		if (a->id == 0 || a->state != state)
			continue;
		json_array_append_new(name_list, json_string(notes_adapter(f, a->id, unnamed)));
		json_array_append_new(id_list, json_integer(a->id));
	}
	json_object_set_new(to, names, name_list);
	json_object_set_new(to, ids, id_list);
}

json_t *notes_quarantine(const struct framed *f)
{
	json_t *o = json_object();

	add_state(f, o, POISON_QUARANTINED, "adapters", "adapter_ids");
	add_state(f, o, POISON_HELD, "held", "held_ids");
	return o;
}

static bool is_mux(struct rpc_conn *conn, void *user)
{
	return framed_is_mux(conn);
}

static bool is_other(struct rpc_conn *conn, void *user)
{
	return rpc_conn_data(conn) != NULL && !framed_is_mux(conn);
}

/* Muxes first: traffic waits for them, and each process that is woken takes a CPU. */
void notes_send(struct framed *f, const char *method, json_t *params)
{
	rpc_server_notify(f->server, method, json_incref(params), is_mux, NULL);
	rpc_server_notify(f->server, method, params, is_other, NULL);
}

const char *notes_report_name(enum judge_report report)
{
	static const char *const names[] = {
		[JUDGE_SUSPECTED] = "suspected",
		[JUDGE_LAST_HUNG] = "last-hung",
		[JUDGE_HELD_OFF] = "held-off",
		[JUDGE_BLOCKED] = "blocked",
		[JUDGE_RECOVERED] = "recovered",
		[JUDGE_WILL_NOT_DIE] = "will-not-die",
		[JUDGE_OVERSLEPT] = "overslept",
		[JUDGE_POWERED_OFF] = "powered-off",
	};

	return names[report];
}

static json_t *plane_status(const struct framed *f, const struct registry_plane *p)
{
	json_t *o = notes_plane(p->vios, p->plane, p->incarnation);
	struct judge_view view;

	json_object_set_new(o, "pid", json_integer(p->pid));
	json_object_set_new(o, "ticked", json_boolean(p->ticked));
	json_object_set_new(o, "report", p->report ? json_string(p->report) : json_null());
	if (p->report)
		json_object_set_new(o, "report_age_ms",
			json_integer((json_int_t)((framed_now_ns() - p->report_ns) / MS_NS)));
	if (p->slot == REGISTRY_NONE || !judge_view(f->judge, p->slot, &view)) {
		json_object_set_new(o, "state", json_string("process-only"));
		return o;
	}
	json_object_set_new(o, "state", json_string(view.state));
	json_object_set_new(o, "workers", json_integer(view.workers));
	json_object_set_new(o, "live", json_integer(view.live));
	json_object_set_new(o, "silent_ms", json_integer((json_int_t)view.silent_ms));
	return o;
}

static json_t *last_kill(const struct framed *f)
{
	if (f->kill_ns == 0)
		return json_null();
	return json_pack("{s:s, s:s, s:I}", "vios", f->kill_vios, "plane", f->kill_plane, "age_ms",
		(json_int_t)((framed_now_ns() - f->kill_ns) / MS_NS));
}

json_t *notes_status(struct framed *f)
{
	json_t *planes = json_array();

	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (f->registry.plane[i].used)
			json_array_append_new(planes, plane_status(f, &f->registry.plane[i]));
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "hang_ms",
		(json_int_t)(f->rules.hang_ns / MS_NS), "last_resort_ms",
		(json_int_t)(f->rules.last_resort_ns / MS_NS), "kill_holdoff_ms",
		(json_int_t)(f->rules.holdoff_ns / MS_NS), "power_after_ms",
		(json_int_t)(f->rules.power_ns / MS_NS), "planes", planes, "dead",
		notes_dead_list(f), "last_kill", last_kill(f), "quarantine", notes_quarantine(f),
		"looks", (json_int_t)f->looks, "overslept", (json_int_t)f->overslept,
		"futex_wakeups", (json_int_t)futex_watch_wakeups(f->futex));
}
