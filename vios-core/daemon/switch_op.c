// SPDX-License-Identifier: BSD-3-Clause
/*
 * switch_op.c - one operator's request, one question to each mux concerned, one answer. Runs on
 * viosd's one thread. The operation owns itself: it is freed with its last item's answer, which
 * always comes (rpc.h).
 */
#include "vios-core/daemon/switch_op.h"

#include "vios-core/base/log.h"
#include "vios-core/daemon/viosd.h"

#include <stdlib.h>
#include <string.h>

struct switch_op {
	struct rpc_call *call;
	json_t *switched, *unchanged, *failed;
	size_t pending; /* answers to come, and one for the loop that asks */
};

struct switch_item {
	struct switch_op *op;
	char adapter[INVENTORY_NAME_BYTES];
};

static void settle(struct switch_op *op)
{
	if (--op->pending > 0)
		return;
	rpc_reply(op->call,
		json_pack("{s:o, s:o, s:o}", "switched", op->switched, "unchanged", op->unchanged,
			"failed", op->failed),
		NULL, 0);
	free(op);
}

static void fail(struct switch_op *op, const char *adapter, const char *reason)
{
	log_warn("switch-failed", "adapter=%s reason=\"%s\"", adapter, reason);
	json_array_append_new(
		op->failed, json_pack("{s:s, s:s}", "adapter", adapter, "reason", reason));
}

static void on_switched(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct switch_item *item = user;
	struct switch_op *op = item->op;
	const char *from = json_string_value(json_object_get(result, "from"));
	const char *to = json_string_value(json_object_get(result, "to"));

	if (error_code != 0) {
		fail(op, item->adapter, message);
	} else {
		log_info("switched", "adapter=%s from=%s to=%s", item->adapter,
			from ? from : "none", to ? to : "none");
		json_array_append_new(op->switched, json_pack("{s:s, s:s?, s:s?}", "adapter",
							    item->adapter, "from", from, "to", to));
	}
	free(item);
	settle(op);
}

static int ask(struct switch_op *op, struct rpc_conn *mux, const char *adapter, const char *to)
{
	struct switch_item *item = calloc(1, sizeof(*item));
	int r;

	if (!item)
		return -1;
	item->op = op;
	strcpy(item->adapter, adapter); /* both are INVENTORY_NAME_BYTES */
	r = rpc_call_send(mux, "switch", json_pack("{s:s, s:s*}", "adapter", adapter, "to", to),
		NULL, 0, SWITCH_MS, on_switched, item);
	if (r < 0)
		free(item);
	else
		op->pending++;
	return r;
}

static void add(struct switch_op *op, struct viosd *v, const struct inventory_adapter *adapter,
	const char *to)
{
	struct rpc_conn *mux = server_mux(v->server, adapter->client);
	const char *client = v->frame->clients[adapter->client].name;
	char reason[128];

	if (!mux) {
		snprintf(reason, sizeof(reason), "no mux of %s is connected to %s", client,
			v->frame->vios[v->self].name);
		fail(op, adapter->name, reason);
	} else if (to && adapter->report.live >= 0 &&
		   strcmp(v->frame->vios[adapter->report.live].name, to) == 0) {
		json_array_append_new(op->unchanged, json_string(adapter->name));
	} else if (ask(op, mux, adapter->name, to) < 0) {
		fail(op, adapter->name, "its mux could not be asked");
	}
}

/* True: the request makes no sense, and the call has been failed. */
static bool refuse(
	struct viosd *v, struct rpc_call *call, const char *name, bool all, const char *to)
{
	if (!all && !name)
		rpc_fail(call, RPC_INVALID_PARAMS, "which adapter? give adapter, or all");
	else if (all && name)
		rpc_fail(call, RPC_INVALID_PARAMS, "adapter and all exclude each other");
	else if (name && !inventory_find(&v->inventory, name))
		rpc_fail(call, RPC_NOT_FOUND,
			"adapter %.64s is not in the frame; see viosctl status", name);
	else if (to && !model_frame_vios(v->frame, to))
		rpc_fail(call, RPC_NOT_FOUND, "VIOS %.64s is not in the frame; see viosctl status",
			to);
	else
		return false;
	return true;
}

void switch_op_start(struct viosd *v, struct rpc_call *call, json_t *params)
{
	const char *name = json_string_value(json_object_get(params, "adapter"));
	const char *to = json_string_value(json_object_get(params, "to"));
	bool all = json_is_true(json_object_get(params, "all"));
	struct switch_op *op;

	if (refuse(v, call, name, all, to))
		return;
	op = calloc(1, sizeof(*op));
	if (!op) {
		rpc_fail(call, RPC_INTERNAL, "out of memory");
		return;
	}
	*op = (struct switch_op){call, json_array(), json_array(), json_array(), 1};
	for (size_t i = 0; i < v->inventory.n; i++)
		if (all || strcmp(v->inventory.list[i].name, name) == 0)
			add(op, v, &v->inventory.list[i], to);
	settle(op);
}
