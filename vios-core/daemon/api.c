// SPDX-License-Identifier: BSD-3-Clause
/*
 * api.c - see api.h. Runs on viosd's one thread; owns nothing but what it asks for meanwhile.
 */
#include "vios-core/daemon/api.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/file_look.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdlib.h>

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
	if (replicates(v, call))
		rpc_reply(call, pair_json(v->pair), NULL, 0);
}

void api_config_change(struct viosd *v, struct rpc_call *call, json_t *params)
{
	if (replicates(v, call))
		pair_change(v->pair, call, params);
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

static void answer_running(struct viosd *v, struct rpc_call *call, json_t *netd)
{
	const char *self = v->frame->vios[v->self].name;

	rpc_reply(call,
		json_pack("{s:{s:{s:s?, s:o?}}, s:o}", "vios", self, "digest",
			v->pair ? pair_digest(v->pair) : NULL, "netd", netd, "muxes",
			muxes_json(v)),
		NULL, 0);
}

struct asked {
	struct viosd *v;
	struct rpc_call *call;
};

static void on_netd(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct asked *asked = user;

	answer_running(asked->v, asked->call, error_code ? NULL : json_incref(result));
	free(asked);
}

void api_running(struct viosd *v, struct rpc_call *call)
{
	struct asked *asked = malloc(sizeof(*asked));

	if (!asked) {
		rpc_fail(call, RPC_INTERNAL, "no memory");
		return;
	}
	*asked = (struct asked){v, call};
	if (plane_ask(v->plane, "status", on_netd, asked) < 0) {
		free(asked);
		answer_running(v, call, NULL);
	}
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
