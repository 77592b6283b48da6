/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - edge: the vhost-user socket of the adapter, and what the client has told over it.
 * Main thread. A connection at a time; another waits in the backlog. Whatever breaks the protocol
 * ends the process: see DESIGN, *Release*.
 */
#ifndef VIOS_STORAGE_SESSION_H
#define VIOS_STORAGE_SESSION_H

#include <systemd/sd-event.h>

#include "storage/guest.h"
#include "storage/virtio_scsi.h"
#include "vios-core/vhostuser/vu_back.h"
#include "vios-core/vhostuser/vu_sock.h"

#define SESSION_DROPPED_MAX 64

struct session_config {
	struct vu_back_offer offer;
	struct vs_config config_space;
	bool allow_unsealed;
	/* What was told has changed. The number that session_applied() must reach before the client
	 * is answered; 0: it holds already. */
	uint64_t (*changed)(void *user);
	void *user;
};

struct session {
	struct session_config config;
	sd_event *ev;
	int listen_fd;
	sd_event_source *listen_source, *source;
	struct vu_sock sock;
	struct vu_back back;
	struct guest *guest; /* what is mapped of it; NULL: nothing */
	void *inflight;	     /* mapped; NULL: none */
	size_t inflight_bytes;
	struct vu_inflight inflight_told;
	uint64_t inflight_version;
	uint64_t awaited; /* 0: nothing is awaited; else see changed() */
	bool hung_up;
	bool new_call; /* SET_VRING_CALL is being carried out while rings run */
	/* No longer told, perhaps still used: until the next plan is applied. */
	int dropped_fd[SESSION_DROPPED_MAX];
	unsigned n_dropped;
	struct guest *dropped_guest;
	void *dropped_inflight;
	size_t dropped_inflight_bytes;
};

/* Listens. 0 or -errno. */
int session_start(
	struct session *s, sd_event *ev, const char *path, const struct session_config *config);
/* Everything up to that number is as the client has told it. */
void session_applied(struct session *s, uint64_t number);

#endif
