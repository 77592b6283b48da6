// SPDX-License-Identifier: BSD-3-Clause
/*
 * api.c - see api.h. Runs on viosd's one thread; owns nothing but what it asks for meanwhile.
 */
#include "vios-core/daemon/api.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/file_look.h"
#include "vios-core/daemon/mapping.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool replicates(struct viosd *v, struct rpc_call *call)
{
	if (v->pair)
		return true;
	rpc_fail(call, RPC_UNAVAILABLE,
		"this viosd works alone (--no-cluster): its clients are those of frame.json");
	return false;
}

void api_config_get(struct viosd *v, struct rpc_call *call)
{
	if (!replicates(v, call))
		return;
	char *text = pair_text(v->pair);
	if (text)
		rpc_reply_text(call, text, strlen(text));
	else
		rpc_fail(call, RPC_INTERNAL, "no memory for the state");
	free(text);
}

void api_config_change(struct viosd *v, struct rpc_call *call, json_t *params)
{
	if (replicates(v, call))
		mapping_change(v->mapping, call, params);
}

void api_errlog(struct viosd *v, struct rpc_call *call, json_t *params)
{
	const char *fault;
	json_t *answer = errlog_answer(errlog_file_get(v->errlog), params, &fault);

	if (fault)
		rpc_fail(call, RPC_INVALID_PARAMS, "%s", fault);
	else
		rpc_reply(call, answer, NULL, 0);
}

/* What each mux has said last of its adapters, by client. */
static json_t *muxes_json(const struct viosd *v)
{
	json_t *muxes = json_object();

	for (size_t c = 0; c < v->frame->n_clients; c++) {
		const struct inventory_adapter *first;
		json_t *adapters = json_array();
		size_t n;

		first = inventory_of_client(&v->inventory, c, &n);
		for (size_t i = 0; i < n; i++)
			if (first[i].report.known)
				json_array_append_new(
					adapters, json_pack("{s:s, s:I}", "adapter", first[i].name,
							  "id", (json_int_t)first[i].model->id));
		if (server_mux(v->server, c))
			json_object_set_new(muxes, v->frame->clients[c].name,
				json_pack("{s:O}", "adapters", adapters));
		json_decref(adapters);
	}
	return muxes;
}

/* `running` is under way: answered when all data planes have. */
struct asked {
	struct viosd *v;
	struct rpc_call *call;
	json_t *netd, *scsids;
	unsigned open; /* answers that are still to come, and one while asking */
};

struct asked_one {
	struct asked *asked;
	char adapter[SCSID_ADAPTER_BYTES]; /* "": vios-netd */
};

static void answer_running(struct asked *asked)
{
	struct viosd *v = asked->v;

	if (--asked->open > 0)
		return;
	if (asked->netd)
		json_object_set_new(asked->netd, "sea", viosd_sea_json(v));
	if (v->server)
		rpc_reply(asked->call,
			json_pack("{s:{s:{s:s?, s:O?, s:O}}, s:o}", "vios",
				v->frame->vios[v->self].name, "digest",
				v->pair ? pair_digest(v->pair) : NULL, "netd", asked->netd,
				"scsids", asked->scsids, "muxes", muxes_json(v)),
			NULL, 0);
	json_decref(asked->netd);
	json_decref(asked->scsids);
	free(asked);
}

static void on_told(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct asked_one *one = user;
	struct asked *asked = one->asked;

	if (error_code == 0 && one->adapter[0])
		json_object_set(asked->scsids, one->adapter, result);
	else if (error_code == 0)
		asked->netd = json_incref(result);
	free(one);
	answer_running(asked);
}

/* One that is not there is told of as null. */
static void ask_one(struct asked *asked, struct plane *plane, const char *adapter)
{
	struct asked_one *one = calloc(1, sizeof(*one));

	if (!one)
		return;
	one->asked = asked;
	memcpy(one->adapter, adapter, strlen(adapter));
	if (plane_ask(plane, "status", on_told, one) < 0)
		free(one);
	else
		asked->open++;
}

void api_running(struct viosd *v, struct rpc_call *call)
{
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked) {
		rpc_fail(call, RPC_INTERNAL, "no memory");
		return;
	}
	*asked = (struct asked){.v = v, .call = call, .scsids = json_object(), .open = 1};
	ask_one(asked, v->plane, "");
	for (const struct scsid *s = scsids_first(v->scsids); s; s = s->next) {
		json_object_set_new(asked->scsids, s->name, json_null());
		ask_one(asked, s->plane, s->name);
	}
	answer_running(asked);
}

static void on_look(const json_t *answer, void *user)
{
	struct rpc_call *call = user;

	if (answer)
		rpc_reply(call, json_deep_copy(answer), NULL, 0);
	else
		rpc_fail(call, RPC_FAILED, "looking at the file took too long; is its disk well?");
}

void api_file(struct viosd *v, struct rpc_call *call, json_t *params)
{
	const char *path = json_string_value(json_object_get(params, "path"));
	int r = -EINVAL;

	if (path && path[0] == '/')
		r = file_look_start(v->ev, path, json_is_true(json_object_get(params, "digest")),
			on_look, call);
	if (r == -EINVAL)
		rpc_fail(call, RPC_INVALID_PARAMS, "path is no absolute path; begin it with /");
	else if (r < 0)
		rpc_fail(call, RPC_FAILED, "too many files are being looked at; ask again");
}

static void on_traced(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct rpc_call *call = user;

	if (error_code)
		rpc_fail(call, error_code == RPC_CLOSED ? RPC_UNAVAILABLE : error_code, "%s",
			message);
	else
		rpc_reply(call, json_incref(result), NULL, 0);
}

void api_trace(struct viosd *v, struct rpc_call *call, json_t *params, bool is_root)
{
	if (!is_root)
		rpc_fail(call, RPC_DENIED, "trace shows what clients send: it is for root alone");
	else if (plane_tell(v->plane, "trace", json_incref(params), on_traced, call) < 0)
		rpc_fail(call, RPC_UNAVAILABLE, "vios-netd does not run; see viosctl status");
}
