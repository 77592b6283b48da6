/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost-user requests that a SCSI target has beside those of every device: its configuration
 * space, and the inflight region, which the mux keeps and gives to whichever target is live. Main
 * thread; a region is mapped here and belongs to the session.
 */
#include "storage/session_private.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/inflight.h"
#include "storage/outcome.h"
#include "storage/vring.h"
#include "vios-core/vhostuser/vu_config.h"
#include "vios-core/vhostuser/vu_inflight.h"

static void send_reply(struct session *s, struct vu_msg *m)
{
	vu_msg_make_reply(m);
	if (vu_sock_send(&s->sock, m))
		session_broken("cannot be answered", vu_msg_name(m->request));
}

static enum vu_fault get_config(struct session *s, struct vu_msg *m)
{
	struct vu_config c;
	struct vu_msg reply;
	uint8_t space[VS_CONFIG_BYTES];
	enum vu_fault fault = vu_config_get(m, &c);

	if (fault)
		return fault;
	vs_config_put(&s->config.config_space, space);
	memset(c.bytes, 0, sizeof(c.bytes));
	for (uint32_t i = 0; i < c.size_bytes && c.offset < VS_CONFIG_BYTES - i; i++)
		c.bytes[i] = space[c.offset + i];
	vu_config_put(&reply, VU_GET_CONFIG, &c);
	send_reply(s, &reply);
	return VU_OK;
}

/* ACK or "no", to those who ask. */
static enum vu_fault acknowledge(struct session *s, const struct vu_msg *m, bool good)
{
	struct vu_msg reply;

	if (!vu_msg_wants_answer(m, s->back.protocol >> VU_PROTOCOL_REPLY_ACK & 1))
		return good ? VU_OK : VU_BAD_VALUE;
	vu_msg_u64(&reply, m->request, !good);
	send_reply(s, &reply);
	return VU_OK;
}

static enum vu_fault set_config(struct session *s, struct vu_msg *m)
{
	struct vu_config c;
	enum vu_fault fault = vu_config_get(m, &c);

	if (fault)
		return fault;
	return acknowledge(
		s, m, vs_config_accepts(&s->config.config_space, c.offset, c.bytes, c.size_bytes));
}

static bool possible(const struct session *s, const struct vu_inflight *i)
{
	return i->n_queues && i->n_queues <= 64 && i->queue_size &&
	       i->queue_size <= VRING_SIZE_MAX && !(i->queue_size & (i->queue_size - 1));
}

_Static_assert(OUTCOME_ENTRY_BYTES == VU_OUTCOME_ENTRY_BYTES, "a mux keeps as much");

static enum vu_fault get_inflight(struct session *s, struct vu_msg *m)
{
	struct vu_inflight i;
	struct vu_msg reply;
	size_t bytes;
	int fd;

	if (!vu_msg_get_inflight(m, &i) || !possible(s, &i))
		return VU_BAD_VALUE;
	/* The text's region, and behind it room for outcomes: whoever keeps one keeps both. */
	bytes = inflight_bytes(i.n_queues, i.queue_size) + outcome_bytes(i.n_queues, i.queue_size);
	fd = vu_mem_new_region(bytes);
	if (fd < 0)
		session_broken(strerror(-fd), "GET_INFLIGHT_FD");
	i.mmap_size = bytes;
	i.mmap_offset = 0;
	vu_msg_inflight(&reply, VU_GET_INFLIGHT_FD, &i);
	reply.fds[reply.n_fds++] = fd;
	send_reply(s, &reply);
	close(fd);
	return VU_OK;
}

void session_drop_inflight(struct session *s)
{
	if (s->dropped_inflight)
		munmap(s->dropped_inflight, s->dropped_inflight_bytes);
	s->dropped_inflight = s->inflight;
	s->dropped_inflight_bytes = s->inflight_bytes;
	s->inflight = NULL;
	s->inflight_version++;
}

static enum vu_fault map_inflight(struct session *s, int fd, const struct vu_inflight *i)
{
	struct stat st;
	void *at;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || i->mmap_offset ||
		i->mmap_size > (uint64_t)st.st_size)
		return VU_MEM_SHORT;
	at = mmap(NULL, i->mmap_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return VU_BAD_VALUE;
	session_drop_inflight(s);
	s->inflight = at;
	s->inflight_bytes = i->mmap_size;
	s->inflight_told = *i;
	return VU_OK;
}

static enum vu_fault set_inflight(struct session *s, struct vu_msg *m)
{
	struct vu_inflight i;
	enum vu_fault fault;

	if (!vu_msg_get_inflight(m, &i) || !possible(s, &i) || m->n_fds != 1)
		return VU_BAD_VALUE;
	if (i.mmap_size < inflight_bytes(i.n_queues, i.queue_size) || i.mmap_size > (1u << 26))
		return VU_BAD_VALUE;
	fault = map_inflight(s, m->fds[0], &i);
	if (!fault && vu_msg_wants_answer(m, s->back.protocol >> VU_PROTOCOL_REPLY_ACK & 1))
		s->back.owed = (struct vu_back_owed){VU_SET_INFLIGHT_FD, 0};
	return fault;
}

bool session_is_own(uint32_t request)
{
	return request == VU_GET_CONFIG || request == VU_SET_CONFIG ||
	       request == VU_GET_INFLIGHT_FD || request == VU_SET_INFLIGHT_FD;
}

enum vu_fault session_own(struct session *s, struct vu_msg *m)
{
	enum vu_fault fault = vu_msg_check_request(m);

	if (fault)
		return fault;
	switch (m->request) {
	case VU_GET_CONFIG:
		return get_config(s, m);
	case VU_SET_CONFIG:
		return set_config(s, m);
	case VU_GET_INFLIGHT_FD:
		return get_inflight(s, m);
	default:
		return set_inflight(s, m);
	}
}
