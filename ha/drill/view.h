/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view.h - what a status answer (viosd or mux) says about the frame, as a fixed-size copy.
 * The text comes from another process: whatever is missing, too long or of a wrong type reads as
 * unknown.
 */
#ifndef VIOS_DRILL_VIEW_H
#define VIOS_DRILL_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIEW_VIOS_MAX 2
#define VIEW_ADAPTERS_MAX 16
#define VIEW_NAME_BYTES 72 /* CLIENT/ADAPTER */
#define VIEW_WHY_BYTES 160

struct view_vios {
	char name[VIEW_NAME_BYTES];
	char state[16];	     /* "online", "offline", "unknown" */
	char netd_state[16]; /* "up", "down", "starting" */
	char incarnation[20];
};

struct view_path {
	char vios[VIEW_NAME_BYTES];
	char phase[16];
	char state[24];
};

struct view_adapter {
	char name[VIEW_NAME_BYTES];
	char live[VIEW_NAME_BYTES]; /* "": none */
	uint64_t start;
	bool client_connected;
	size_t n_paths;
	struct view_path path[VIEW_VIOS_MAX];
};

struct view {
	char answered_by[VIEW_NAME_BYTES];
	bool cluster_joined;
	size_t n_members;
	size_t n_vios;
	struct view_vios vios[VIEW_VIOS_MAX];
	size_t n_adapters;
	struct view_adapter adapter[VIEW_ADAPTERS_MAX];
};

/* Never fails: what cannot be read is left empty. */
void view_parse(const json_t *status, struct view *out);

/* Its VIOS cannot serve it, or met an error on the way to a disk. */
bool view_path_fails(const struct view_path *path);

/* Borrowed, or NULL. */
const struct view_path *view_path(const struct view_adapter *adapter, const char *vios);
const struct view_vios *view_vios(const struct view *view, const char *name);
const struct view_adapter *view_adapter(const struct view *view, const char *name);

/* What becomes of an adapter whose path to a disk has healed. */
struct view_vhost {
	char preferred[VIEW_NAME_BYTES]; /* "": none */
	bool failback;			 /* it goes back there by itself */
	unsigned hold_s;		 /* for which the path must be well before */
};
/* Out of the answer of config_get; false: it has no such adapter. */
bool view_vhost_parse(const json_t *config, const char *adapter, struct view_vhost *out);

/* Out of the answer of a switch of one adapter, which may have been there already. 0, or -EPROTO
 * with the reason that it was not done. */
int view_switched(const json_t *answer, char why[VIEW_WHY_BYTES]);

/* Its client is there, one path is live and the other one ready. If not, why[] says what is
 * missing. */
bool view_adapter_whole(const struct view_adapter *adapter, char why[VIEW_WHY_BYTES]);

/* Both VIOS online with their data planes up, the cluster complete, and each named adapter live on
 * one path with the other one ready, neither unavailable. If not, why[] says what is missing. */
bool view_redundant(const struct view *view, const char *const *adapters, size_t n_adapters,
	char why[VIEW_WHY_BYTES]);

#endif
