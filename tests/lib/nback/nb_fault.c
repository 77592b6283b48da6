/* SPDX-License-Identifier: BSD-3-Clause */
/* nb_fault.c - the ways in which the fake VIOS spoils its answers. One thread; owns nothing. */
#include "tests/lib/nback/nback.h"
#include "tests/lib/raw_send.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const names[NB_FAULT_END] = {
	[NB_NONE] = "none",
	[NB_MUTE] = "mute",
	[NB_DEAF] = "deaf",
	[NB_SLOW] = "slow",
	[NB_HALF] = "half",
	[NB_WRONG_REQUEST] = "wrong_request",
	[NB_WRONG_FLAGS] = "wrong_flags",
	[NB_WRONG_SIZE] = "wrong_size",
	[NB_WRONG_VALUE] = "wrong_value",
	[NB_FDS] = "fds",
	[NB_CLOSE] = "close",
	[NB_UNASKED] = "unasked",
};

int nb_fault_kind(const char *name)
{
	for (int i = 0; i < NB_FAULT_END; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -ENOENT;
}

bool nb_fault_match(struct nb_fault *fault, const struct vu_msg *m, uint32_t number)
{
	if (fault->kind == NB_NONE || fault->times == 0)
		return false;
	if (fault->request && fault->request != m->request)
		return false;
	if (fault->at && fault->at != number)
		return false;
	fault->times--;
	return true;
}

static int send_spoilt(int sock, const struct vu_msg *m, const struct nb_fault *fault)
{
	uint8_t wire[VU_HEADER_BYTES + 1024] = {0};
	size_t len_bytes = VU_HEADER_BYTES + m->size_bytes;
	unsigned n_fds = 0;
	int fd, err;

	vu_msg_header_put(m, wire);
	memcpy(wire + VU_HEADER_BYTES, m->payload,
		m->size_bytes < VU_PAYLOAD_MAX ? m->size_bytes : 0);
	if (fault->kind == NB_HALF && fault->n < len_bytes)
		len_bytes = fault->n;
	if (fault->kind == NB_FDS)
		n_fds = (unsigned)fault->n;
	if (len_bytes > sizeof(wire))
		len_bytes = sizeof(wire);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	err = raw_send(sock, wire, len_bytes, fd, n_fds);
	close(fd);
	return err < 0 ? err : 0;
}

int nb_fault_answer(struct vu_sock *sock, struct vu_msg *m, const struct nb_fault *fault)
{
	int err = 0;

	vu_msg_make_reply(m);
	if (!fault)
		return vu_sock_send(sock, m);
	switch (fault->kind) {
	case NB_MUTE:
		return 0;
	case NB_WRONG_REQUEST:
		m->request = m->request % 40 + 1;
		break;
	case NB_WRONG_FLAGS:
		m->flags = (uint32_t)fault->n;
		break;
	case NB_WRONG_SIZE:
		m->size_bytes = (uint32_t)fault->n;
		break;
	case NB_WRONG_VALUE:
		memcpy(m->payload, &fault->n, 8);
		break;
	case NB_UNASKED:
		for (uint64_t i = 0; !err && i < fault->n; i++)
			err = vu_sock_send(sock, m);
		break;
	default:
		break;
	}
	return err ? err : send_spoilt(sock->fd, m, fault);
}
