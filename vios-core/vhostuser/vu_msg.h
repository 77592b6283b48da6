/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_msg.h - vhost-user messages: one as it is on the wire, the rule each request must keep, and
 * readers and writers of payloads. Pure: descriptors are only numbers here. QEMU's vhost-user
 * specification, "Message Specification" and "Front-end message types".
 */
#ifndef VIOS_VHOSTUSER_VU_MSG_H
#define VIOS_VHOSTUSER_VU_MSG_H

#include "vios-core/vhostuser/vu_fault.h"
#include "vios-core/vhostuser/vu_payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message with its descriptors. size_bytes is the payload's length, at most VU_PAYLOAD_MAX.
 * Whoever holds the message owns fds[0..n_fds); taking one sets its slot to -1. */
struct vu_msg {
	uint32_t request;
	uint32_t flags;
	uint32_t size_bytes;
	uint32_t n_fds;
	int fds[VU_FDS_MAX];
	uint8_t payload[VU_PAYLOAD_MAX];
};

enum vu_answer {
	VU_ANSWER_ACK,	/* u64, 0 for success, if NEED_REPLY is set and REPLY_ACK negotiated */
	VU_ANSWER_DATA, /* always; carries what was asked for */
};

struct vu_rule {
	const char *name;			     /* "SET_MEM_TABLE" */
	uint16_t min_bytes, max_bytes;		     /* request's payload */
	uint16_t answer_min_bytes, answer_max_bytes; /* VU_ANSWER_DATA */
	uint8_t fds_min, fds_max; /* with the request; SET_MEM_TABLE: equal to its regions */
	uint8_t answer_fds_max;
	enum vu_answer answer;
};
/* NULL: not a front-end request of the specification. */
const struct vu_rule *vu_msg_rule(uint32_t request);
const char *vu_msg_name(uint32_t request); /* "request 99" is "?"; never NULL */

/* Decodes a header into m (no descriptors, no payload). VU_OK; VU_BAD_VERSION; VU_TOO_LONG, or
 * VU_BAD_REGION_COUNT for a memory table: m is filled, its payload must not be read. */
enum vu_fault vu_msg_header_get(struct vu_msg *m, const uint8_t wire[VU_HEADER_BYTES]);
void vu_msg_header_put(const struct vu_msg *m, uint8_t wire[VU_HEADER_BYTES]);

/* Is this a well-formed request (flags, size, descriptor count; payload values are vu_check.h's)?
 */
enum vu_fault vu_msg_check_request(const struct vu_msg *m);
/* Is this the answer to request (its number, flags, size, descriptor count)? acked: the request had
 * NEED_REPLY. */
enum vu_fault vu_msg_check_answer(const struct vu_msg *m, uint32_t request, bool acked);
/* Must the receiver answer m? */
bool vu_msg_wants_answer(const struct vu_msg *m, bool reply_ack_negotiated);

/* May descriptors come with m, a request or (VU_FLAG_REPLY) an answer, by its rule and
 * VU_VRING_NO_FD? */
bool vu_msg_brings_fds(const struct vu_msg *m);

/* Writers: each starts m over, without descriptors, and flags VU_FLAG_VERSION. */
void vu_msg_empty(struct vu_msg *m, uint32_t request);
void vu_msg_u64(struct vu_msg *m, uint32_t request, uint64_t value);
void vu_msg_state(struct vu_msg *m, uint32_t request, uint32_t index, uint32_t num);
void vu_msg_addr(struct vu_msg *m, const struct vu_vring_addr *addr);
void vu_msg_mem_table(struct vu_msg *m, const struct vu_mem_table *table, const int *fds);
void vu_msg_inflight(struct vu_msg *m, uint32_t request, const struct vu_inflight *inflight);
/* SET_VRING_KICK, CALL, ERR: fd -1 sets VU_VRING_NO_FD. The number is copied, not the descriptor.
 */
void vu_msg_vring_fd(struct vu_msg *m, uint32_t request, uint32_t index, int fd);
/* Turns an answer's body into an answer: VU_FLAG_REPLY on, VU_FLAG_NEED_REPLY off. */
void vu_msg_make_reply(struct vu_msg *m);

/* Readers: false if the payload is too short (never after a successful check); *out is then
 * unchanged. */
bool vu_msg_get_u64(const struct vu_msg *m, uint64_t *out);
bool vu_msg_get_state(const struct vu_msg *m, struct vu_vring_state *out);
bool vu_msg_get_addr(const struct vu_msg *m, struct vu_vring_addr *out);
bool vu_msg_get_region(
	const struct vu_msg *m, struct vu_region *out); /* ADD_MEM_REG, REM_MEM_REG */
bool vu_msg_get_inflight(const struct vu_msg *m, struct vu_inflight *out);
/* VU_BAD_REGION_COUNT for none or more than VU_REGIONS_MAX, VU_BAD_SIZE if the size does not fit
 * the count. */
enum vu_fault vu_msg_get_mem_table(const struct vu_msg *m, struct vu_mem_table *out);

#endif
