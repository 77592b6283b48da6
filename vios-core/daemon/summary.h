/* SPDX-License-Identifier: BSD-3-Clause */
/* summary.h - what the viosds of a pair tell each other about their own VIOS. Pure; jansson on
 * memory only. */
#ifndef VIOS_DAEMON_SUMMARY_H
#define VIOS_DAEMON_SUMMARY_H

#include "ha/policy/sea_policy.h"
#include "vios-core/daemon/greeting.h"
#include "vios-core/daemon/path_fault.h"
#include "vios-core/daemon/path_state.h"
#include "vios-core/model/config_objects.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum plane_word { PLANE_UNKNOWN, PLANE_UP, PLANE_DOWN, PLANE_STARTING, PLANE_N_WORDS };

#define SUMMARY_REASON_BYTES 256

#define SUMMARY_SCSIDS 64 /* more than vios-framed watches */
#define SUMMARY_ADAPTER_BYTES (2 * MODEL_NAME_MAX + 2)

struct summary_plane {
	int64_t pid; /* 0: none */
	char incarnation[INCARNATION_BYTES];
	enum plane_word state;
	unsigned deaths;		   /* since its viosd started */
	char reason[SUMMARY_REASON_BYTES]; /* why it is not up, or is suspected; "" */
};

struct summary_scsid {
	char adapter[SUMMARY_ADAPTER_BYTES]; /* CLIENT/ADAPTER */
	struct summary_plane plane;
	struct path_faults faults;
};

struct summary_uplink {
	char name[MODEL_NAME_MAX + 1];
	char devargs[MODEL_DEVARGS_MAX + 1];
	enum link_state link;
	enum link_state netaddr; /* LINK_UNKNOWN: nobody is asked, or not long */
};

struct summary_sea {
	char name[MODEL_NAME_MAX + 1]; /* "": no SEA has the uplink, or it is not told */
	struct sea_advert advert;
};

struct summary_more { /* a SEA beside the first one */
	struct summary_uplink uplink;
	struct summary_sea sea;
};

#define SUMMARY_MORE (CONFIG_VIOS_SEAS_MAX - 1)

struct summary {
	char vios[MODEL_NAME_MAX + 1];
	int64_t viosd_pid;
	struct summary_plane netd;
	size_t n_scsids; /* of those there are, the first so many */
	struct summary_scsid scsids[SUMMARY_SCSIDS];
	struct summary_uplink uplink;
	struct summary_sea sea;
	size_t n_more;
	struct summary_more more[SUMMARY_MORE];
	enum link_state trunk; /* to the other VIOS's switch; LINK_UNKNOWN: none */
};

/* A new object, or NULL without memory. Also a VIOS's entry in `status`. */
json_t *summary_json(const struct summary *summary);
/* The text as it is multicast: *text is the caller's to free(). 0 or -ENOMEM. */
int summary_write(const struct summary *summary, char **text, size_t *text_bytes);
/* text: hostile, need not be terminated. Unknown members are ignored; a member that is missing or
 * of the wrong kind makes it no summary. 0 or -EINVAL. */
int summary_read(const char *text, size_t text_bytes, struct summary *out);

const char *plane_word_name(enum plane_word word);
enum plane_word plane_word_parse(const char *name); /* PLANE_UNKNOWN for anything else */

#endif
