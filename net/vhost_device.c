/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices behind the sockets. rte_vhost's one event thread runs everything here but the
 *functions that vhost.h gives to adapters.c, which are called between on_up and on_down, when that
 *thread changes nothing.
 *
 * rte_vhost keeps the connection and maps the memory; the rings are worked by split_ring.c. So that
 *nothing moves under a worker, a device is down while any message is handled that could change it,
 *and up again afterwards:
 *
 *	message ----> down: workers let go ----> rte_vhost handles it ----> up, with all looked up
 *anew
 *
 * What rte_vhost 22.11 does, and this file copes with:
 *  - GET_VRING_BASE on one ring tears the whole device down.
 *  - It takes any ring size, 0 included, also for a ring whose addresses it has checked for
 *another.
 *  - After a memory table that it could not map it has none.
 *  - Its own ring code believes the guest: more buffers made available than a ring holds overflow
 *an array of its heap, and two buffers of a byte each let it write behind them, into the next
 *client's memory.
 */
#include "net/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <rte_vhost.h>

#include "net/vhost_private.h"

#define RINGS_MAX 32
#define RING_ENTRIES_MIN 2
#define NO_RING_SIZE UINT32_MAX /* which rte_vhost refuses itself, with all that belongs to it */

/* vhost-user: Front-end message types */
enum request {
	GET_FEATURES = 1,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	GET_VRING_BASE = 11,
	GET_PROTOCOL_FEATURES = 15,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
};

/* The beginning of a message with a vring state description. */
struct message {
	uint32_t request, flags, size_bytes, index, number;
};

static const struct vhost_events *events;

/* Event thread; adapters.c reads it by way of the functions below. */
static struct device {
	int slot; /* or -1 */
	bool running;
	bool has_memory;
	uint32_t enabled; /* bit n: SET_VRING_ENABLE for ring n was last not 0 */
} devices[RTE_MAX_VHOST_DEVICE];

void vhost_init(const struct vhost_events *user)
{
	events = user;
	for (unsigned i = 0; i < RTE_MAX_VHOST_DEVICE; i++)
		devices[i].slot = -1;
}

static bool ring_size_ok(int vid, const struct message *m)
{
	const struct device *d = &devices[vid];
	struct rte_vhost_vring ring;

	if (m->number < RING_ENTRIES_MIN || m->number > vhost_ring_max((unsigned)d->slot))
		return false;
	/* Its addresses were checked for the size that it has. */
	return rte_vhost_get_vhost_vring(vid, (uint16_t)m->index, &ring) || !ring.desc ||
	       ring.size == m->number;
}

static void note_message(int vid, struct message *m)
{
	struct device *d = &devices[vid];

	if (m->request == SET_VRING_NUM && !ring_size_ok(vid, m))
		m->number = NO_RING_SIZE;
	if (m->request == SET_MEM_TABLE)
		d->has_memory = false;
	if (m->request != SET_VRING_ENABLE || m->index >= RINGS_MAX)
		return;
	if (m->number)
		d->enabled |= 1u << m->index;
	else
		d->enabled &= ~(1u << m->index);
}

/* Those that only ask; GET_VRING_BASE, which does more, brings the device down itself. */
static bool changes_nothing(uint32_t request)
{
	return request == GET_FEATURES || request == GET_PROTOCOL_FEATURES ||
	       request == GET_QUEUE_NUM || request == GET_VRING_BASE;
}

static enum rte_vhost_msg_result before_message(int vid, void *message)
{
	struct device *d = &devices[vid];
	struct message m;

	if (d->slot < 0)
		return RTE_VHOST_MSG_RESULT_ERR;
	memcpy(&m, message, sizeof(m));
	if (changes_nothing(m.request))
		return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	if (d->running)
		events->down((unsigned)d->slot, vid, false);
	note_message(vid, &m);
	memcpy(message, &m, sizeof(m));
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

/* Not called for a message that failed: the device then stays down until the next one, or its end.
 */
static enum rte_vhost_msg_result after_message(int vid, void *message)
{
	struct device *d = &devices[vid];
	struct message m;

	memcpy(&m, message, sizeof(m));
	if (m.request == SET_MEM_TABLE)
		d->has_memory = true;
	if (d->running && !changes_nothing(m.request))
		events->up((unsigned)d->slot, vid);
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static const struct rte_vhost_user_extern_ops extern_ops = {
	.pre_msg_handle = before_message,
	.post_msg_handle = after_message,
};

static int on_new_connection(int vid)
{
	char path[PATH_MAX];
	int slot;

	devices[vid] = (struct device){.slot = -1};
	if (rte_vhost_get_ifname(vid, path, sizeof(path)) ||
		rte_vhost_extern_callback_register(vid, &extern_ops, NULL))
		return -1;
	slot = vhost_slot_of_path(path);
	if (slot < 0)
		return -1;
	devices[vid].slot = slot;
	vhost_bound_message_time(path);
	events->connected((unsigned)slot, true);
	return 0;
}

static void on_destroy_connection(int vid)
{
	int slot = devices[vid].slot;

	devices[vid] = (struct device){.slot = -1};
	if (slot >= 0)
		events->connected((unsigned)slot, false);
}

static int on_new_device(int vid)
{
	struct device *d = &devices[vid];

	if (d->slot < 0)
		return -1;
	d->running = true;
	events->up((unsigned)d->slot, vid);
	return 0;
}

static void on_destroy_device(int vid)
{
	struct device *d = &devices[vid];

	d->running = false;
	if (d->slot >= 0)
		events->down((unsigned)d->slot, vid, true);
}

const struct rte_vhost_device_ops vhost_device_ops = {
	.new_device = on_new_device,
	.destroy_device = on_destroy_device,
	.new_connection = on_new_connection,
	.destroy_connection = on_destroy_connection,
};

unsigned vhost_pairs(int vid)
{
	return rte_vhost_get_vring_num(vid) / 2;
}

uint64_t vhost_features(int vid)
{
	uint64_t features;

	return rte_vhost_get_negotiated_features(vid, &features) ? 0 : features;
}

int vhost_memory_get(int vid, struct guest_mem *out)
{
	struct rte_vhost_memory *memory;

	if (!devices[vid].has_memory || rte_vhost_get_mem_table(vid, &memory))
		return -ENOENT;
	out->n = 0;
	for (uint32_t i = 0; i < memory->nregions && i < GUEST_REGIONS_MAX; i++) {
		const struct rte_vhost_mem_region *r = &memory->regions[i];

		out->region[out->n++] = (struct guest_region){
			r->guest_phys_addr,
			r->size,
			(uint8_t *)(uintptr_t)r->host_user_addr,
		};
	}
	free(memory);
	return 0;
}

static bool has(uint64_t features, unsigned bit)
{
	return features >> bit & 1;
}

/* Without F_PROTOCOL_FEATURES a ring is enabled as soon as it is started. */
static bool is_enabled(int vid, unsigned ring, uint64_t features)
{
	return !has(features, VHOST_USER_F_PROTOCOL_FEATURES) ||
	       (ring < RINGS_MAX && devices[vid].enabled >> ring & 1);
}

int vhost_ring_get(int vid, unsigned ring, struct split_ring_setup *out)
{
	struct rte_vhost_vring v;
	uint64_t features;

	if (rte_vhost_get_negotiated_features(vid, &features) ||
		rte_vhost_get_vhost_vring(vid, (uint16_t)ring, &v))
		return -ENOENT;
	if (!is_enabled(vid, ring, features) || !v.desc || !v.avail || !v.used)
		return -ENOENT;
	*out = (struct split_ring_setup){
		.desc = v.desc,
		.avail = v.avail,
		.used = v.used,
		.size = v.size,
		.event_idx = has(features, VIRTIO_RING_F_EVENT_IDX),
		.indirect = has(features, VIRTIO_RING_F_INDIRECT_DESC),
		.mergeable = has(features, VIRTIO_NET_F_MRG_RXBUF),
		.long_header =
			has(features, VIRTIO_F_VERSION_1) || has(features, VIRTIO_NET_F_MRG_RXBUF),
	};
	return rte_vhost_get_vring_base(vid, (uint16_t)ring, &out->next_avail, &out->next_used)
		       ? -ENOENT
		       : 0;
}

void vhost_ring_save(int vid, unsigned ring, uint16_t next_avail, uint16_t next_used)
{
	rte_vhost_set_vring_base(vid, (uint16_t)ring, next_avail, next_used);
}

static int dup_fd(int fd)
{
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -ENOENT : copy;
}

int vhost_kick_dup(int vid, unsigned ring)
{
	struct rte_vhost_vring v;

	return rte_vhost_get_vhost_vring(vid, (uint16_t)ring, &v) ? -ENOENT : dup_fd(v.kickfd);
}

int vhost_call_dup(int vid, unsigned ring)
{
	struct rte_vhost_vring v;

	return rte_vhost_get_vhost_vring(vid, (uint16_t)ring, &v) ? -ENOENT : dup_fd(v.callfd);
}
