/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nback.h - a fake VIOS for tests of the mux: the vhost-user back ends of some adapters, netd's and
 * viosd's control sockets, and faults on command. It echoes every frame that it is sent, marked
 * with its number. One thread, one sd_event loop.
 */
#ifndef VIOS_TESTS_NBACK_H
#define VIOS_TESTS_NBACK_H

#include "tests/lib/nback/nb_ring.h"
#include "vios-core/base/rpc.h"
#include "vios-core/vhostuser/vu_sock.h"

#define NB_DEVICES_MAX 16
#define NB_FRAME_MAX 16384

/* Each is done to a message that matches (nb_fault_match()). */
enum nb_fault_kind {
	NB_NONE,
	NB_MUTE,	  /* processed, not answered */
	NB_DEAF,	  /* reads nothing any more */
	NB_SLOW,	  /* pauses for ms before it processes */
	NB_HALF,	  /* sends the first n bytes of the answer */
	NB_WRONG_REQUEST, /* the answer names another request */
	NB_WRONG_FLAGS,
	NB_WRONG_SIZE,	/* n bytes instead of the right number */
	NB_WRONG_VALUE, /* the answer's first 8 bytes are n */
	NB_FDS,		/* n descriptors beside the answer */
	NB_CLOSE,	/* hangs up instead */
	NB_UNASKED,	/* n answers more than asked for */
	NB_FAULT_END
};

struct nb_fault {
	enum nb_fault_kind kind;
	uint32_t request; /* 0: any */
	uint32_t at;	  /* the message's number on its connection, from 1; 0: any */
	uint32_t times;	  /* how often it still happens */
	uint32_t ms;
	uint64_t n;
};

struct nb_device {
	struct nback *nb;
	char name[64]; /* CLIENT/ADAPTER */
	char path[108];
	int listen_fd;
	struct vu_sock sock; /* fd -1: nobody connected */
	sd_event_source *listen_source, *sock_source, *timer;
	sd_event_source *kick_source[VU_RINGS_MAX];
	struct nb_fault fault;
	bool deaf, slept; /* slept: the message at hand has had its pause */
	uint64_t features, features_offered, protocol_offered;
	struct nb_mem mem;
	struct nb_ring ring[VU_RINGS_MAX];
	uint64_t start_told, released;
	uint64_t hints[2]; /* ahead of a switch: expect, yield */
	bool ready;
	/* counted since the process began */
	uint64_t connections, messages, frames, no_buffer;
	uint32_t seen; /* messages on this connection */
	char state[32];
	uint64_t generation;
};

struct nback {
	sd_event *ev;
	const char *run, *vios;
	char incarnation[17];
	uint8_t mark;
	bool release_mute, no_viosd;
	size_t n_devices;
	struct nb_device device[NB_DEVICES_MAX];
	struct rpc_server *netd, *viosd;
	json_t *client;	     /* as mux_hello says it and the note `client`; NULL: not at all */
	json_t *last_status; /* the mux's last adapter_status, by adapter */
	uint8_t frame[NB_FRAME_MAX];
};

int nb_device_open(struct nback *nb, struct nb_device *d);
/* Looks at all rings of d: after a kick, an enable, a start. */
void nb_device_run(struct nb_device *d);
void nb_device_hang_up(struct nb_device *d);
void nb_device_set_fault(struct nb_device *d, const struct nb_fault *fault);

int nb_fault_kind(const char *name); /* "half" -> NB_HALF; -ENOENT */
bool nb_fault_match(struct nb_fault *fault, const struct vu_msg *m, uint32_t number);
/* Sends answer, spoilt if fault is not NULL. 0 or -errno. */
int nb_fault_answer(struct vu_sock *sock, struct vu_msg *answer, const struct nb_fault *fault);

/* nb_set.c: adapters come and go. 0 or -errno; out may be NULL. */
int nb_set_add(struct nback *nb, const char *name, const char *state, struct nb_device **out);
void nb_set_remove(struct nb_device *d);
rpc_handler_fn nb_set_on_add, nb_set_on_remove, nb_set_on_client;

json_t *nb_paths(const struct nback *nb); /* as `paths` has it */
int nb_control_open(struct nback *nb);
struct nb_device *nb_control_device(struct nback *nb, const char *name); /* NULL: none */

#endif
