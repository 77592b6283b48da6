/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * service.c - the mux's own control socket: `status` and `switch`. The mux's thread; owns the
 * listening socket and the calls that wait for a switch to end.
 */
#include "ha/mux/service.h"

#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <string.h>

#define SWITCH_TIMEOUT_US 2000000
#define HINT_US 15000 /* a data plane that does not answer by then is not waited for */

/*
 * What is said ahead of the rings' move. Where the adapter will be, the data plane wakes up: it may
 * have slept since it started, and the client is still served meanwhile. Where it leaves, it sends
 * no more, or the switch outside would take it to be there still. Then it is expected, and so
 * announced, where it will be. What has been sent needs a moment to be through that switch.
 */
static const struct {
	const char *name;
	bool to; /* is said to the side where it will be */
	unsigned then_us;
} hints[] = {{"prepare", true, 0}, {"yield", false, 200}, {"expect", true, 300}};

#define N_HINTS (sizeof(hints) / sizeof(hints[0]))

/* ---- switch ---- */

static void end_move(struct move *mv, const char *failure)
{
	const struct state *st = mux_state(mv->sv->m);
	const struct state_name name = state_adapter_name(st, mv->adapter);
	struct rpc_call *call = mv->call;

	mv->call = NULL;
	retimer_stop(mv->timer);
	if (failure)
		rpc_fail(call, RPC_FAILED, "%s: not moved to %s: %s", name.text,
			st->vios[mv->to].name, failure);
	else
		rpc_reply(call,
			json_pack("{s:s, s:s?, s:s}", "adapter", name.text, "from",
				mv->from < 0 ? NULL : st->vios[mv->from].name, "to",
				st->vios[mv->to].name),
			NULL, 0);
}

static bool moved(const struct adapter *a, int to)
{
	if (adapter_live(a) == to)
		return true;
	/* Nothing runs: then the next start will be there. */
	return adapter_live(a) < 0 && a->current == to && !vu_back_runnable(&a->session);
}

void service_refresh(struct service *sv)
{
	const struct state *st = mux_state(sv->m);

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		struct move *mv = &sv->move[i];

		if (!mv->call)
			continue;
		if (moved(&st->adapter[i], mv->to))
			end_move(mv, NULL);
		else if (adapter_live(&st->adapter[i]) >= 0 &&
			 adapter_live(&st->adapter[i]) != mv->from)
			end_move(mv, "another path was taken meanwhile");
	}
}

void service_forget(struct service *sv, uint32_t adapter)
{
	if (sv->move[adapter].call)
		end_move(&sv->move[adapter], "it has been removed");
}

/* The rings follow. */
static void move_rings(struct move *mv)
{
	struct step s = mux_begin(mv->sv->m);
	const char *why = NULL;

	if (adapter_switch(&s.state->adapter[mv->adapter], &s.ctx, mv->to, &why) < 0)
		end_move(mv, why);
	mux_commit(&s);
}

static int on_time(sd_event_source *source, uint64_t usec, void *user);

/* on_time() comes then, or at once when there is no memory for a timer. */
static void wait_for(struct move *mv, uint64_t us)
{
	if (retimer_set(mv->sv->m->watch.ev, &mv->timer, us, on_time, mv) < 0)
		end_move(mv, "no memory");
}

static void carry_on(struct move *mv)
{
	if (mv->stage == N_HINTS) {
		wait_for(mv, SWITCH_TIMEOUT_US);
		if (mv->call)
			move_rings(mv);
		return;
	}
	mv->asked = ++mv->sv->hints;
	if (!control_hint(mv->sv->m, mv->adapter, hints[mv->stage].to ? mv->to : mv->from,
		    hints[mv->stage].name, mv->asked))
		mv->asked = 0;
	wait_for(mv, mv->asked ? HINT_US : 0);
}

static int on_time(sd_event_source *source, uint64_t usec, void *user)
{
	struct move *mv = user;

	if (!mv->call)
		return 0;
	mv->asked = 0;
	if (mv->stage++ < N_HINTS)
		carry_on(mv);
	else
		end_move(mv, "the path that it leaves has not released it yet");
	return 0;
}

void service_heard(struct service *sv, uint32_t adapter, uint64_t number)
{
	struct move *mv = &sv->move[adapter];

	if (!mv->call || mv->asked != number)
		return;
	mv->asked = 0;
	wait_for(mv, hints[mv->stage].then_us);
}

/* The path that `to` names; absent: the other one. -1 with the call answered. */
static int target(const struct state *st, int adapter, struct rpc_call *call, json_t *params)
{
	const char *to = json_string_value(json_object_get(params, "to"));
	const int now = st->adapter[adapter].current;

	if (!to && st->n_vios == 2 && now >= 0)
		return !now;
	if (state_find_vios(st, to) >= 0)
		return state_find_vios(st, to);
	rpc_fail(call, RPC_INVALID_PARAMS, "to: %s is not a VIOS of this frame that it can move to",
		to ? to : "(none)");
	return -1;
}

void service_switch(struct service *sv, struct rpc_call *call, json_t *params)
{
	const struct state *st = mux_state(sv->m);
	const char *name = json_string_value(json_object_get(params, "adapter"));
	const int i = state_find_adapter(st, name), to = i < 0 ? -1 : target(st, i, call, params);

	if (i < 0)
		rpc_fail(call, RPC_NOT_FOUND, "adapter %s: not one of client %s",
			name ? name : "(none)", st->client);
	if (to < 0)
		return;
	if (sv->move[i].call) {
		rpc_fail(call, RPC_FAILED, "%s: a switch is under way; wait for its end", name);
		return;
	}
	sv->move[i] = (struct move){.sv = sv,
		.adapter = (uint32_t)i,
		.from = st->adapter[i].current,
		.to = to,
		.call = call,
		.timer = sv->move[i].timer};
	/* Nobody yields for a switch that will be refused, or is none. */
	if (st->adapter[i].path[to].phase != SELECT_READY)
		sv->move[i].stage = N_HINTS;
	carry_on(&sv->move[i]);
}

static void on_switch(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	service_switch(user, call, params);
}

/* ---- status ---- */

static void on_status(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct service *sv = user;
	const struct state *st = mux_state(sv->m);
	json_t *list = json_array();
	struct adapter_status status;

	for (uint32_t i = 0; i < st->n_adapters; i++) {
		if (!st->adapter[i].used)
			continue;
		state_status(st, i, &status);
		json_array_append_new(list, adapter_status_json(&sv->m->frame, &status));
	}
	rpc_reply(call,
		json_pack("{s:s, s:b, s:I, s:I, s:o}", "client", st->client, "waiting", st->waiting,
			"epoch", (json_int_t)st->epoch, "version", (json_int_t)st->version,
			"adapters", list),
		NULL, 0);
}

/* ---- life ---- */

static const struct rpc_method methods[] = {{"status", on_status}, {"switch", on_switch}, {0}};
static const struct rpc_service served = {.methods = methods};

int service_open(struct service *sv)
{
	struct runpath path;
	int err = runpath_mux(&path, sv->m->run, mux_state(sv->m)->client);

	if (!err)
		err = rpc_server_new(sv->m->watch.ev, path.text, 0660, &served, sv, &sv->server);
	if (err)
		log_refuse("%s: cannot listen there: %s; check the directory's owner and mode",
			path.text, strerror(-err));
	return err;
}

void service_close(struct service *sv)
{
	if (sv->server)
		rpc_server_free(sv->server);
	for (uint32_t i = 0; i < MODEL_ADAPTERS_MAX; i++)
		sd_event_source_disable_unref(sv->move[i].timer);
}
