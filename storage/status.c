/* SPDX-License-Identifier: BSD-3-Clause */
/* What vios-scsid says of itself: the `status` answer. Main thread. */
#include <stdatomic.h>

#include "storage/scsid.h"

static json_int_t get(const _Atomic uint64_t *counter)
{
	return (json_int_t)atomic_load_explicit(counter, memory_order_relaxed);
}

/* What viosd compares with the other side's before it believes that both have one disk. */
static json_t *identity_json(const struct backing *b)
{
	return json_pack("{s:b, s:I, s:I, s:I}", "device", b->is_device, "dev", (json_int_t)b->dev,
		"ino", (json_int_t)b->ino, "rdev", (json_int_t)b->rdev);
}

static json_t *unit_json(const struct unit *u)
{
	const struct unit_counters *c = &u->counters;

	return json_pack("{s:i, s:s, s:s, s:s, s:o, s:b, s:I, s:i, s:b, s:b, s:s, s:I, s:I, s:I, "
			 "s:I, s:I, s:I}",
		"lun", (int)u->config.lun, "name", u->config.name, "type",
		u->config.optical ? "optical" : "disk", "path", u->config.path, "identity",
		identity_json(&u->backing), "locked", atomic_load(&u->locked), "size_bytes",
		(json_int_t)u->wanted_bytes, "block_bytes", (int)u->backing.block_bytes,
		"read_only", u->config.read_only, "shared", u->config.shared, "path_state",
		path_life_name(u->path.watch.life), "reads", get(&c->reads), "writes",
		get(&c->writes), "read_bytes", get(&c->read_bytes), "write_bytes",
		get(&c->write_bytes), "others", get(&c->others), "errors", get(&c->errors));
}

static json_t *workers_json(struct scsid *d)
{
	static const char *const names[] = {"absent", "polling", "sleeping"};
	struct hb_page *page = hb_page(d->hb);
	json_t *list = json_array();

	for (unsigned i = 0; i < 2; i++) {
		uint32_t state = atomic_load(&page->worker[i].state);

		json_array_append_new(
			list, json_pack("{s:I, s:s}", "ticks",
				      (json_int_t)atomic_load(&page->worker[i].ticks), "state",
				      state <= HB_SLEEPING ? names[state] : "unknown"));
	}
	return list;
}

json_t *status_json(struct scsid *d)
{
	json_t *luns = json_array();

	for (unsigned i = 0; i < VS_LUNS; i++)
		if (d->unit[i])
			json_array_append_new(luns, unit_json(d->unit[i]));
	return json_pack("{s:s, s:I, s:i, s:i, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:i, s:o, s:o}",
		"adapter", d->name, "id", (json_int_t)d->adapter.id, "request_queues",
		(int)d->adapter.request_queues, "ring_size", (int)d->adapter.ring_size,
		"virtio_features", (json_int_t)d->adapter.virtio_features, "configured",
		d->configured, "connected", d->session.source != NULL, "started",
		(json_int_t)(gate_open(&d->gate) ? d->gate.start : 0), "released",
		(json_int_t)d->gate.released, "in_flight",
		(json_int_t)atomic_load(&hb_page(d->hb)->in_flight), "requests",
		(json_int_t)(d->worker ? worker_requests(d->worker) : 0), "held",
		(int)(d->worker ? worker_held(d->worker) : 0), "luns", luns, "workers",
		workers_json(d));
}
