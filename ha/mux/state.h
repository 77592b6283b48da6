/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state.h - all that a restarted mux must know, flat, and the descriptors that go with it. The
 * journal (keep_journal.h) keeps it in memory that outlives the process.
 *
 * What the client shall have (`wanted`) is frame.json's until a viosd has told, then that of the
 * highest (epoch, version) that any has told. The adapters follow it as far as they can at once:
 * one that is wanted no longer goes when nobody owns its rings, and keeps its name until then. An
 * adapter's index does not change while it lives.
 */
#ifndef VIOS_MUX_STATE_H
#define VIOS_MUX_STATE_H

#include "ha/mux/adapter_life.h"
#include "vios-core/model/client_note.h"

struct state_vios {
	char name[MODEL_NAME_MAX + 1];
};

/* The process that said hello last. */
struct state_plane {
	uint64_t incarnation; /* 0: none yet */
	int pidfd;	      /* slot, or -1 */
};

struct state {
	char client[MODEL_NAME_MAX + 1];
	bool set_up;  /* false: nothing below holds yet */
	bool waiting; /* nobody has said yet that there is such a client */
	bool told;    /* by a viosd */
	uint32_t hang_ms;
	uint64_t epoch, version; /* of what is wanted */
	struct model_client wanted;
	uint64_t start; /* no adapter that has gone had used a higher one */
	uint32_t n_vios;
	struct state_vios vios[SELECT_PATHS];
	struct state_plane plane[ADAPTER_PLANES][SELECT_PATHS];
	struct keep_slots slots;
	uint32_t n_adapters;			    /* places, used or not */
	struct adapter adapter[MODEL_ADAPTERS_MAX]; /* last: only those places are copied */
};

/* Takes what the mux needs from the configuration; config: the client's, or NULL: not in it. */
void state_init(struct state *st, const struct model_frame *frame, const char *client,
	const struct model_client *config);
/* True: it is newer than what is wanted, and wanted from now on; state_follow() has to follow. */
bool state_take(struct state *st, const struct client_note *note);
/* Configures the adapters that are there, lets go of those that are not wanted, makes those that
 * are missing, if there is a place and the name is free. start: see adapter_init(). */
void state_follow(struct state *st, struct adapter_context *c, uint64_t start);
/* The end of an adapter that is gone; state_follow() has to follow. */
void state_free(struct state *st, struct adapter_context *c, uint32_t adapter);

struct state_name {
	char text[ADAPTER_STATUS_NAME_BYTES];
};

struct state_name state_adapter_name(
	const struct state *st, uint32_t adapter); /* "CLIENT/ADAPTER" */
/* What is told to others. Equal bytes: nothing new. */
void state_status(const struct state *st, uint32_t adapter, struct adapter_status *out);
/* The frame as far as the mux knows it: the names of its VIOS. */
void state_frame(const struct state *st, struct model_frame *out);

/* Its index, or -1; name may be NULL. */
int state_find_vios(const struct state *st, const char *name);
int state_find_adapter(const struct state *st, const char *name); /* as above */
/* The number of its data planes; NULL: the netds'. -1: it has none of its own. */
int state_find_plane(const struct state *st, const char *adapter);

#endif
