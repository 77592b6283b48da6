/* SPDX-License-Identifier: BSD-3-Clause */
/* object.h - finds what an operator names in the replicated state. Pure. */
#ifndef VIOS_CLI_OBJECT_H
#define VIOS_CLI_OBJECT_H

#include <jansson.h>

#define OBJECT_AGGREGATION "EtherChannel / IEEE 802.3ad Link Aggregation"
#define OBJECT_NAME_BYTES 72 /* "CLIENT/ADAPTER", and its end */
#define OBJECT_FAULT_BYTES 256

struct object {
	const char *kind;	      /* as in a change: "sea", "vtd", ... */
	char name[OBJECT_NAME_BYTES]; /* as in a change: "vios1/ent0", "sea0" */
	const json_t *json;	      /* borrowed from the state */
	const char *vios;	      /* the side that was named or asked for; NULL: none */
};

/*
 * name: "vhost0" or "lpar1/scsi0", "lpar1/eth0", "vtscsi0", "hdisk1", "sea0" or the name it has on
 * a side ("ent5", "vios1/ent5"), "ent0" or "vios1/ent0", a client, a VIOS, the frame. vios: the
 * side where a name is not enough, or NULL. 0; -ENOENT, -EINVAL (more than one) with a sentence.
 */
int object_find(const json_t *state, const char *name, const char *vios, struct object *out,
	char fault[OBJECT_FAULT_BYTES]);

/* As object_find(), and it is of the kind; `what` names the kind in the sentence. */
int object_of_kind(const json_t *state, const char *kind, const char *what, const char *name,
	struct object *out, char fault[OBJECT_FAULT_BYTES]);

/* "CLIENT/ADAPTER" of a veth or vhost. */
struct object_slot {
	char text[OBJECT_NAME_BYTES];
};
struct object_slot object_slot(const char *kind, const json_t *object);

#endif
