/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_msg.c - the table of requests, and the only code that knows where a value lies in a payload.
 * Pure; runs in whichever thread calls it. Numbers are in the host's byte order ("Message
 * Specification"), so they are copied, not swapped.
 */
#include "vios-core/vhostuser/vu_msg.h"

#include <string.h>

#define U64 8
#define STATE 8
#define ADDR 40
#define REGION 32
#define MEM_HEADER 8
#define SINGLE_REGION (8 + REGION)
#define INFLIGHT_MIN 20 /* packed; QEMU and DPDK send it padded to 24 */
#define INFLIGHT_MAX 24
#define CONFIG_HEADER 12
#define CONFIG_MAX (CONFIG_HEADER + 256)

#define ACK .answer = VU_ANSWER_ACK
#define DATA(min, max)                                                                             \
	.answer = VU_ANSWER_DATA, .answer_min_bytes = (min), .answer_max_bytes = (max)
#define SIZE(min, max) .min_bytes = (min), .max_bytes = (max)
#define FDS(min, max) .fds_min = (min), .fds_max = (max)

/* clang-format off */
static const struct vu_rule rules[VU_REQUEST_END] = {
	[VU_GET_FEATURES] = {"GET_FEATURES", SIZE(0, 0), DATA(U64, U64)},
	[VU_SET_FEATURES] = {"SET_FEATURES", SIZE(U64, U64), ACK},
	[VU_SET_OWNER] = {"SET_OWNER", SIZE(0, 0), ACK},
	[VU_RESET_OWNER] = {"RESET_OWNER", SIZE(0, 0), ACK},
	[VU_SET_MEM_TABLE] = {"SET_MEM_TABLE", SIZE(MEM_HEADER + REGION, MEM_HEADER + VU_REGIONS_MAX * REGION),
		FDS(1, VU_REGIONS_MAX), ACK},
	[VU_SET_LOG_BASE] = {"SET_LOG_BASE", SIZE(16, 16), FDS(1, 1), DATA(0, U64)},
	[VU_SET_LOG_FD] = {"SET_LOG_FD", SIZE(0, 0), FDS(1, 1), ACK},
	[VU_SET_VRING_NUM] = {"SET_VRING_NUM", SIZE(STATE, STATE), ACK},
	[VU_SET_VRING_ADDR] = {"SET_VRING_ADDR", SIZE(ADDR, ADDR), ACK},
	[VU_SET_VRING_BASE] = {"SET_VRING_BASE", SIZE(STATE, STATE), ACK},
	[VU_GET_VRING_BASE] = {"GET_VRING_BASE", SIZE(STATE, STATE), DATA(STATE, STATE)},
	[VU_SET_VRING_KICK] = {"SET_VRING_KICK", SIZE(U64, U64), FDS(0, 1), ACK},
	[VU_SET_VRING_CALL] = {"SET_VRING_CALL", SIZE(U64, U64), FDS(0, 1), ACK},
	[VU_SET_VRING_ERR] = {"SET_VRING_ERR", SIZE(U64, U64), FDS(0, 1), ACK},
	[VU_GET_PROTOCOL_FEATURES] = {"GET_PROTOCOL_FEATURES", SIZE(0, 0), DATA(U64, U64)},
	[VU_SET_PROTOCOL_FEATURES] = {"SET_PROTOCOL_FEATURES", SIZE(U64, U64), ACK},
	[VU_GET_QUEUE_NUM] = {"GET_QUEUE_NUM", SIZE(0, 0), DATA(U64, U64)},
	[VU_SET_VRING_ENABLE] = {"SET_VRING_ENABLE", SIZE(STATE, STATE), ACK},
	[VU_SEND_RARP] = {"SEND_RARP", SIZE(U64, U64), ACK},
	[VU_NET_SET_MTU] = {"NET_SET_MTU", SIZE(U64, U64), ACK},
	[VU_SET_BACKEND_REQ_FD] = {"SET_BACKEND_REQ_FD", SIZE(0, 0), FDS(1, 1), ACK},
	[VU_IOTLB_MSG] = {"IOTLB_MSG", SIZE(26, 32), ACK},
	[VU_SET_VRING_ENDIAN] = {"SET_VRING_ENDIAN", SIZE(STATE, STATE), ACK},
	[VU_GET_CONFIG] = {"GET_CONFIG", SIZE(CONFIG_HEADER, CONFIG_MAX), DATA(0, CONFIG_MAX)},
	[VU_SET_CONFIG] = {"SET_CONFIG", SIZE(CONFIG_HEADER, CONFIG_MAX), ACK},
	[VU_CREATE_CRYPTO_SESSION] = {"CREATE_CRYPTO_SESSION", SIZE(0, VU_PAYLOAD_MAX),
		DATA(0, VU_PAYLOAD_MAX)},
	[VU_CLOSE_CRYPTO_SESSION] = {"CLOSE_CRYPTO_SESSION", SIZE(U64, U64), ACK},
	[VU_POSTCOPY_ADVISE] = {"POSTCOPY_ADVISE", SIZE(0, 0), DATA(0, 0), .answer_fds_max = 1},
	[VU_POSTCOPY_LISTEN] = {"POSTCOPY_LISTEN", SIZE(0, 0), ACK},
	[VU_POSTCOPY_END] = {"POSTCOPY_END", SIZE(0, 0), DATA(U64, U64)},
	[VU_GET_INFLIGHT_FD] = {"GET_INFLIGHT_FD", SIZE(INFLIGHT_MIN, INFLIGHT_MAX),
		DATA(INFLIGHT_MIN, INFLIGHT_MAX), .answer_fds_max = 1},
	[VU_SET_INFLIGHT_FD] = {"SET_INFLIGHT_FD", SIZE(INFLIGHT_MIN, INFLIGHT_MAX), FDS(1, 1), ACK},
	[VU_GPU_SET_SOCKET] = {"GPU_SET_SOCKET", SIZE(0, 0), FDS(1, 1), ACK},
	[VU_RESET_DEVICE] = {"RESET_DEVICE", SIZE(0, 0), ACK},
	[VU_VRING_KICK] = {"VRING_KICK", SIZE(STATE, STATE), ACK},
	[VU_GET_MAX_MEM_SLOTS] = {"GET_MAX_MEM_SLOTS", SIZE(0, 0), DATA(U64, U64)},
	[VU_ADD_MEM_REG] = {"ADD_MEM_REG", SIZE(SINGLE_REGION, SINGLE_REGION), FDS(1, 1), ACK},
	[VU_REM_MEM_REG] = {"REM_MEM_REG", SIZE(SINGLE_REGION, SINGLE_REGION), FDS(0, 1), ACK},
	[VU_SET_STATUS] = {"SET_STATUS", SIZE(U64, U64), ACK},
	[VU_GET_STATUS] = {"GET_STATUS", SIZE(0, 0), DATA(U64, U64)},
};
/* clang-format on */

const struct vu_rule *vu_msg_rule(uint32_t request)
{
	if (request >= VU_REQUEST_END || !rules[request].name)
		return NULL;
	return &rules[request];
}

const char *vu_msg_name(uint32_t request)
{
	const struct vu_rule *rule = vu_msg_rule(request);

	return rule ? rule->name : "?";
}

/* Bounded access to a payload: a field is copied only if it lies inside it. */
static bool field_get(const struct vu_msg *m, size_t at, void *out, size_t len_bytes)
{
	if (m->size_bytes > VU_PAYLOAD_MAX || at > m->size_bytes || len_bytes > m->size_bytes - at)
		return false;
	memcpy(out, m->payload + at, len_bytes);
	return true;
}

static void field_append(struct vu_msg *m, const void *value, size_t len_bytes)
{
	if (len_bytes > VU_PAYLOAD_MAX - (size_t)m->size_bytes)
		return; /* our own bug: payloads of every writer here are shorter */
	memcpy(m->payload + m->size_bytes, value, len_bytes);
	m->size_bytes += (uint32_t)len_bytes;
}

enum vu_fault vu_msg_header_get(struct vu_msg *m, const uint8_t wire[VU_HEADER_BYTES])
{
	memcpy(&m->request, wire, 4);
	memcpy(&m->flags, wire + 4, 4);
	memcpy(&m->size_bytes, wire + 8, 4);
	m->n_fds = 0;
	if ((m->flags & VU_FLAG_VERSION_MASK) != VU_FLAG_VERSION)
		return VU_BAD_VERSION;
	if (m->size_bytes <= VU_PAYLOAD_MAX)
		return VU_OK;
	return m->request == VU_SET_MEM_TABLE ? VU_BAD_REGION_COUNT : VU_TOO_LONG;
}

void vu_msg_header_put(const struct vu_msg *m, uint8_t wire[VU_HEADER_BYTES])
{
	memcpy(wire, &m->request, 4);
	memcpy(wire + 4, &m->flags, 4);
	memcpy(wire + 8, &m->size_bytes, 4);
}

static enum vu_fault check_fds(uint32_t n, uint32_t min, uint32_t max)
{
	if (n < min)
		return VU_FDS_MISSING;
	return n > max ? VU_FDS_UNWANTED : VU_OK;
}

static enum vu_fault check_size(uint32_t size_bytes, uint32_t min, uint32_t max)
{
	if (size_bytes > VU_PAYLOAD_MAX)
		return VU_TOO_LONG;
	return size_bytes < min || size_bytes > max ? VU_BAD_SIZE : VU_OK;
}

enum vu_fault vu_msg_check_request(const struct vu_msg *m)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);
	enum vu_fault fault;

	if ((m->flags & VU_FLAG_VERSION_MASK) != VU_FLAG_VERSION)
		return VU_BAD_VERSION;
	if (m->flags & ~(VU_FLAGS_KNOWN & ~VU_FLAG_REPLY))
		return VU_BAD_FLAGS;
	if (!rule)
		return VU_BAD_REQUEST;
	fault = check_size(m->size_bytes, rule->min_bytes, rule->max_bytes);
	if (fault)
		return fault;
	return check_fds(m->n_fds, rule->fds_min, rule->fds_max);
}

enum vu_fault vu_msg_check_answer(const struct vu_msg *m, uint32_t request, bool acked)
{
	const struct vu_rule *rule = vu_msg_rule(request);
	bool data = rule && rule->answer == VU_ANSWER_DATA;
	enum vu_fault fault;

	if ((m->flags & VU_FLAG_VERSION_MASK) != VU_FLAG_VERSION)
		return VU_BAD_VERSION;
	if (m->flags != (VU_FLAG_VERSION | VU_FLAG_REPLY))
		return VU_BAD_FLAGS;
	if (!rule || m->request != request)
		return VU_BAD_REQUEST;
	if (!data && !acked)
		return VU_UNEXPECTED;
	fault = data ? check_size(m->size_bytes, rule->answer_min_bytes, rule->answer_max_bytes)
		     : check_size(m->size_bytes, U64, U64);
	if (fault)
		return fault;
	return check_fds(m->n_fds, 0, data ? rule->answer_fds_max : 0);
}

bool vu_msg_wants_answer(const struct vu_msg *m, bool reply_ack_negotiated)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);

	if (rule && rule->answer == VU_ANSWER_DATA)
		return true;
	return reply_ack_negotiated && (m->flags & VU_FLAG_NEED_REPLY);
}

static bool is_vring_fd(uint32_t request)
{
	return request == VU_SET_VRING_KICK || request == VU_SET_VRING_CALL ||
	       request == VU_SET_VRING_ERR;
}

bool vu_msg_brings_fds(const struct vu_msg *m)
{
	const struct vu_rule *rule = vu_msg_rule(m->request);
	uint64_t value = 0;

	if (!rule)
		return false;
	if (m->flags & VU_FLAG_REPLY)
		return rule->answer_fds_max > 0;
	if (is_vring_fd(m->request) && vu_msg_get_u64(m, &value))
		return !(value & VU_VRING_NO_FD);
	return rule->fds_max > 0;
}

void vu_msg_empty(struct vu_msg *m, uint32_t request)
{
	m->request = request;
	m->flags = VU_FLAG_VERSION;
	m->size_bytes = 0;
	m->n_fds = 0;
}

void vu_msg_u64(struct vu_msg *m, uint32_t request, uint64_t value)
{
	vu_msg_empty(m, request);
	field_append(m, &value, 8);
}

void vu_msg_state(struct vu_msg *m, uint32_t request, uint32_t index, uint32_t num)
{
	vu_msg_empty(m, request);
	field_append(m, &index, 4);
	field_append(m, &num, 4);
}

void vu_msg_addr(struct vu_msg *m, const struct vu_vring_addr *addr)
{
	vu_msg_empty(m, VU_SET_VRING_ADDR);
	field_append(m, &addr->index, 4);
	field_append(m, &addr->flags, 4);
	field_append(m, &addr->desc, 8);
	field_append(m, &addr->used, 8);
	field_append(m, &addr->avail, 8);
	field_append(m, &addr->log, 8);
}

void vu_msg_mem_table(struct vu_msg *m, const struct vu_mem_table *table, const int *fds)
{
	const uint32_t padding = 0;

	vu_msg_empty(m, VU_SET_MEM_TABLE);
	field_append(m, &table->n_regions, 4);
	field_append(m, &padding, 4);
	for (uint32_t i = 0; i < table->n_regions && i < VU_REGIONS_MAX; i++) {
		const struct vu_region *r = &table->region[i];

		field_append(m, &r->guest_addr, 8);
		field_append(m, &r->size_bytes, 8);
		field_append(m, &r->user_addr, 8);
		field_append(m, &r->mmap_offset, 8);
		m->fds[m->n_fds++] = fds[i];
	}
}

void vu_msg_inflight(struct vu_msg *m, uint32_t request, const struct vu_inflight *inflight)
{
	const uint32_t padding = 0;

	vu_msg_empty(m, request);
	field_append(m, &inflight->mmap_size, 8);
	field_append(m, &inflight->mmap_offset, 8);
	field_append(m, &inflight->n_queues, 2);
	field_append(m, &inflight->queue_size, 2);
	field_append(m, &padding, 4);
}

void vu_msg_vring_fd(struct vu_msg *m, uint32_t request, uint32_t index, int fd)
{
	vu_msg_u64(m, request, (index & VU_VRING_INDEX_MASK) | (fd < 0 ? VU_VRING_NO_FD : 0));
	if (fd >= 0)
		m->fds[m->n_fds++] = fd;
}

void vu_msg_make_reply(struct vu_msg *m)
{
	m->flags = VU_FLAG_VERSION | VU_FLAG_REPLY;
}

bool vu_msg_get_u64(const struct vu_msg *m, uint64_t *out)
{
	return field_get(m, 0, out, 8);
}

bool vu_msg_get_state(const struct vu_msg *m, struct vu_vring_state *out)
{
	if (m->size_bytes < STATE)
		return false;
	return field_get(m, 0, &out->index, 4) && field_get(m, 4, &out->num, 4);
}

bool vu_msg_get_addr(const struct vu_msg *m, struct vu_vring_addr *out)
{
	if (m->size_bytes < ADDR)
		return false;
	return field_get(m, 0, &out->index, 4) && field_get(m, 4, &out->flags, 4) &&
	       field_get(m, 8, &out->desc, 8) && field_get(m, 16, &out->used, 8) &&
	       field_get(m, 24, &out->avail, 8) && field_get(m, 32, &out->log, 8);
}

static bool region_get(const struct vu_msg *m, size_t at, struct vu_region *out)
{
	return field_get(m, at, &out->guest_addr, 8) && field_get(m, at + 8, &out->size_bytes, 8) &&
	       field_get(m, at + 16, &out->user_addr, 8) &&
	       field_get(m, at + 24, &out->mmap_offset, 8);
}

bool vu_msg_get_region(const struct vu_msg *m, struct vu_region *out)
{
	return m->size_bytes >= SINGLE_REGION && region_get(m, 8, out);
}

bool vu_msg_get_inflight(const struct vu_msg *m, struct vu_inflight *out)
{
	if (m->size_bytes < INFLIGHT_MIN)
		return false;
	return field_get(m, 0, &out->mmap_size, 8) && field_get(m, 8, &out->mmap_offset, 8) &&
	       field_get(m, 16, &out->n_queues, 2) && field_get(m, 18, &out->queue_size, 2);
}

enum vu_fault vu_msg_get_mem_table(const struct vu_msg *m, struct vu_mem_table *out)
{
	uint32_t n = 0;

	if (!field_get(m, 0, &n, 4))
		return VU_BAD_SIZE;
	if (n == 0 || n > VU_REGIONS_MAX)
		return VU_BAD_REGION_COUNT;
	if (m->size_bytes != MEM_HEADER + n * REGION)
		return VU_BAD_SIZE;
	for (uint32_t i = 0; i < n; i++)
		if (!region_get(m, MEM_HEADER + i * REGION, &out->region[i]))
			return VU_BAD_SIZE;
	out->n_regions = n;
	return VU_OK;
}
