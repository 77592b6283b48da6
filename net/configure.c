/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `configure`: takes the whole wanted state, checks all of it, and only then changes anything:
 * first what can fail (the uplink, new adapters), which is undone on a failure, last what cannot
 * (removals). An adapter whose place another one still has (its own former shape, or the bearer of
 * its id, MAC or socket) is for later: the place is cleared, and whoever configures asks again. One
 * whose frames are too long for the buffers is refused by name, and the rest is taken. Main thread.
 */
#include "net/netd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/configure_uplink.h"
#include "net/worker.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rpc_types.h"
#include "vios-core/model/features.h"
#include "vios-core/model/frame_config.h"

struct wanted {
	struct wanted_uplinks uplinks;
	struct trunk_config trunk;
	size_t n;
	struct adapter_config adapter[PORT_CLIENTS];
	bool added[PORT_CLIENTS]; /* by this call */
	bool later[PORT_CLIENTS];
	bool refused[PORT_CLIENTS]; /* its frames are too long for the buffers */
};

struct why {
	char *text;
	size_t size;
};

static int refuse(const struct why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(const struct why *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, why->size, fmt, args);
	va_end(args);
	return RPC_INVALID_PARAMS;
}

static bool take_text(json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text || !*text || strlen(text) >= size)
		return false;
	strcpy(out, text);
	return true;
}

static bool take_number(json_t *object, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_integer(value))
		return false;
	/* As a number of 64 bits without a sign: feature bits may use the highest. */
	*out = (uint64_t)json_integer_value(value);
	return *out >= min && *out <= max;
}

static bool take_mac(json_t *object, uint8_t mac[6])
{
	const char *text = json_string_value(json_object_get(object, "mac"));
	unsigned b[6];
	int used = 0;

	if (!text ||
		sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
			&used) != 6 ||
		text[used])
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return !(mac[0] & 1) && frame_mac_number(mac);
}

static int parse_adapter(json_t *object, struct adapter_config *a, const struct why *why)
{
	uint64_t id, mtu, pairs, ring;
	size_t len = strlen(json_string_value(json_object_get(object, "socket")) ?: "");
	char what[sizeof("adapter ") + ADAPTER_NAME_MAX];

	if (!take_text(object, "adapter", a->name, sizeof(a->name)))
		return refuse(why, "adapters[].adapter: give CLIENT/ADAPTER in at most %d bytes",
			ADAPTER_NAME_MAX);
	if (len > ADAPTER_SOCKET_MAX)
		return refuse(why,
			"adapter %s: its socket path has %zu bytes, %d fit; shorten the run "
			"directory",
			a->name, len, ADAPTER_SOCKET_MAX);
	if (!take_text(object, "socket", a->socket, sizeof(a->socket)))
		return refuse(why, "adapter %s: socket: give a path", a->name);
	if (!take_mac(object, a->mac))
		return refuse(why, "adapter %s: mac: give a single station's address", a->name);
	if (!take_number(object, "id", 1, UINT32_MAX, &id))
		return refuse(why, "adapter %s: id: give a number from 1 on", a->name);
	if (!take_number(object, "mtu", 68, 9216, &mtu))
		return refuse(why, "adapter %s: mtu: give 68 to 9216", a->name);
	if (!take_number(object, "queue_pairs", 1, PLANE_PAIRS_MAX, &pairs))
		return refuse(
			why, "adapter %s: queue_pairs: give 1 to %d", a->name, PLANE_PAIRS_MAX);
	if (!take_number(object, "ring_size", 1, 32768, &ring))
		return refuse(why, "adapter %s: ring_size: give 1 to 32768", a->name);
	if (!take_number(object, "virtio_features", 0, UINT64_MAX, &a->virtio_features))
		return refuse(why, "adapter %s: virtio_features: give a number", a->name);
	snprintf(what, sizeof(what), "adapter %s", a->name);
	if (rulebook_read_adapter(object, what, &a->rules, why->text, why->size))
		return RPC_INVALID_PARAMS;
	a->id = (uint32_t)id;
	a->mtu = (uint16_t)mtu;
	a->queue_pairs = (uint16_t)pairs;
	a->ring_size = (uint16_t)ring;
	return 0;
}

static int check_unique(const struct wanted *w, const struct why *why)
{
	const struct adapter_config *last = &w->adapter[w->n - 1];

	for (size_t i = 0; i + 1 < w->n; i++) {
		const struct adapter_config *a = &w->adapter[i];

		if (!strcmp(a->name, last->name))
			return refuse(why, "adapter %s: is there twice", a->name);
		if (a->id == last->id || !memcmp(a->mac, last->mac, 6) ||
			!strcmp(a->socket, last->socket))
			return refuse(why, "adapters %s and %s: id, mac and socket must differ",
				a->name, last->name);
	}
	return 0;
}

static int parse(json_t *params, struct wanted *w, const struct why *why)
{
	json_t *adapters = json_object_get(params, "adapters"), *one;
	size_t index;
	int code;

	if (uplinks_read(params, &w->uplinks, why->text, why->size) ||
		trunk_config_read(
			json_object_get(params, "trunk"), &w->trunk, why->text, why->size))
		return RPC_INVALID_PARAMS;
	if (!json_is_array(adapters))
		return refuse(why, "adapters: give a list");
	if (json_array_size(adapters) > PORT_CLIENTS)
		return refuse(why, "adapters: %zu are more than the %d that one vios-netd serves",
			json_array_size(adapters), PORT_CLIENTS);
	json_array_foreach(adapters, index, one)
	{
		struct adapter_config *a = &w->adapter[w->n++];

		code = parse_adapter(one, a, why);
		if (!code)
			code = check_unique(w, why);
		if (code)
			return code;
	}
	return 0;
}

static bool same_adapter(const struct adapter_config *a, const struct adapter_config *b)
{
	return !strcmp(a->socket, b->socket) && a->id == b->id && !memcmp(a->mac, b->mac, 6) &&
	       a->mtu == b->mtu && a->queue_pairs == b->queue_pairs &&
	       a->ring_size == b->ring_size && a->virtio_features == b->virtio_features;
}

/* What is there under a wanted name and is otherwise must go first. */
static void part_changed(struct netd *netd, struct wanted *w)
{
	struct adapter_status now;

	for (size_t i = 0; i < w->n; i++) {
		int slot = adapters_find(netd->adapters, w->adapter[i].name);

		w->later[i] = slot >= 0 && adapters_get(netd->adapters, (unsigned)slot, &now) &&
			      !same_adapter(&now.config, &w->adapter[i]);
	}
}

static size_t mtu_max(const struct netd *netd)
{
	return plane_frame_max_bytes(netd->plane) - FRAME_HEADER_BYTES - FRAME_VLAN_TAG_BYTES;
}

/* Buffers are as large as they were made at the start. */
static void part_refused(struct netd *netd, struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		w->refused[i] = w->adapter[i].mtu > mtu_max(netd);
}

/* Those in the way are not wanted: wanted ones are unique, and fit. */
static bool is_in_the_way(int rc)
{
	return rc == -EALREADY || rc == -EEXIST || rc == -ENOSPC;
}

static int add_adapters(struct netd *netd, struct wanted *w, const struct why *why)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct adapter_config *a = &w->adapter[i];
		uint64_t missing = 0;
		char names[256];
		int rc;

		if (w->later[i] || w->refused[i] || adapters_find(netd->adapters, a->name) >= 0)
			continue;
		rc = adapters_add(netd->adapters, a, &missing);
		w->later[i] = is_in_the_way(rc);
		if (w->later[i])
			continue;
		if (rc < 0) {
			refuse(why,
				"adapter %s: socket %s: %s; check the directory and its "
				"permissions",
				a->name, a->socket, strerror(-rc));
			return RPC_FAILED;
		}
		w->added[i] = true;
		log_info("adapter-added", "adapter=%s id=%u port=%d", a->name, a->id, rc);
		if (!missing)
			continue;
		features_describe(FEATURE_VIRTIO_NET, missing, names, sizeof(names));
		log_warn("features-missing", "adapter=%s features=%s", a->name, names);
	}
	return 0;
}

static void undo_adapters(struct netd *netd, const struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++) {
		int slot = w->added[i] ? adapters_find(netd->adapters, w->adapter[i].name) : -1;

		if (slot >= 0)
			adapters_remove(netd->adapters, (unsigned)slot);
	}
}

/* One whose new shape is refused goes on in the one that it has. */
static bool is_wanted(const struct wanted *w, const struct adapter_config *now)
{
	for (size_t i = 0; i < w->n; i++)
		if (!strcmp(w->adapter[i].name, now->name))
			return w->refused[i] ? w->adapter[i].id == now->id : !w->later[i];
	return false;
}

static json_t *later_json(const struct wanted *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		if (w->later[i] && !w->refused[i])
			json_array_append_new(list, json_string(w->adapter[i].name));
	return list;
}

static json_t *refused_json(const struct netd *netd, const struct wanted *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++) {
		const struct adapter_config *a = &w->adapter[i];

		if (!w->refused[i])
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:o}", "adapter", a->name, "reason",
				json_sprintf("adapter %s: mtu %u: the buffers of this vios-netd "
					     "hold up to %zu; lower it, or raise memory_mb in "
					     "frame.json and restart vios-netd",
					a->name, a->mtu, mtu_max(netd))));
		log_warn("adapter-refused", "adapter=%s mtu=%u most=%zu", a->name, a->mtu,
			mtu_max(netd));
	}
	return list;
}

static void remove_unwanted(struct netd *netd, const struct wanted *w)
{
	struct adapter_status a;

	for (unsigned i = 0; i < PORT_CLIENTS; i++)
		if (adapters_get(netd->adapters, i, &a) && !is_wanted(w, &a.config))
			adapters_remove(netd->adapters, i);
}

static void flush_uplinks(struct netd *netd)
{
	for (unsigned i = 0; i < PORT_UPLINKS; i++)
		fdb_flush_port(netd->plane->fdb, (uint16_t)(PORT_UPLINK + i));
}

/* What stays may have other rules. Returns 0 or an rpc_code. */
static int follow_rules(struct netd *netd, const struct wanted *w, const struct why *why)
{
	bool changed[PORT_CLIENTS] = {false}, moves;
	struct uplinks_rules uplinks;

	uplinks_rules(&w->uplinks, &uplinks);
	moves = rulebook_moves(netd->rulebook, &uplinks);
	for (size_t i = 0; i < w->n; i++) {
		int slot = adapters_find(netd->adapters, w->adapter[i].name);

		if (slot >= 0 && !w->refused[i] && !w->later[i])
			changed[slot] = adapters_set_rules(netd->adapters, (unsigned)slot,
						&w->adapter[i].rules) ||
					moves;
	}
	if (rulebook_publish(netd->rulebook, netd->plane, netd->adapters, &uplinks)) {
		refuse(why, "no memory for the rules of the switch");
		return RPC_INTERNAL;
	}
	if (moves)
		flush_uplinks(netd);
	for (unsigned slot = 0; slot < PORT_CLIENTS; slot++) {
		if (!changed[slot])
			continue;
		/* What is behind it is to be learned anew, here and outside. */
		fdb_flush_port(netd->plane->fdb, (uint16_t)slot);
		status_announce(netd, slot);
	}
	return 0;
}

static int apply(struct netd *netd, struct wanted *w, const struct why *why)
{
	int code;

	if (uplinks_open(netd, &w->uplinks, why->text, why->size))
		return RPC_FAILED;
	code = add_adapters(netd, w, why);
	if (code) {
		undo_adapters(netd, w);
		uplinks_undo(netd, &w->uplinks);
		return code;
	}
	uplinks_take(netd, &w->uplinks);
	remove_unwanted(netd, w);
	code = follow_rules(netd, w, why);
	trunk_configure(netd->trunk, &w->trunk);
	netd->configured = true;
	return code;
}

int configure_apply(
	struct netd *netd, json_t *params, json_t **answer, char *why_text, size_t why_size)
{
	const struct why why = {why_text, why_size};
	struct wanted *w = calloc(1, sizeof(*w));
	int code;

	*answer = NULL;
	if (!w) {
		refuse(&why, "no memory for the configuration");
		return RPC_INTERNAL;
	}
	code = parse(params, w, &why);
	if (!code) {
		part_refused(netd, w);
		part_changed(netd, w);
		code = apply(netd, w, &why);
	}
	if (!code)
		*answer = json_pack(
			"{s:o, s:o}", "later", later_json(w), "refused", refused_json(netd, w));
	else
		log_warn("configure-refused", "reason=\"%s\"", why_text);
	free(w);
	return code;
}
