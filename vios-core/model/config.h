/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config.h - the replicated state of a frame: objects that operators change, kept alike by both
 * VIOS. Pure. Its canonical text (one text for equal states) is what is stored, sent and digested.
 */
#ifndef VIOS_MODEL_CONFIG_H
#define VIOS_MODEL_CONFIG_H

#include <jansson.h>

#include "vios-core/model/config_objects.h"

#define CONFIG_FORMAT_FIRST 1
#define CONFIG_FORMAT_MEDIA 2			 /* with a media repository */
#define CONFIG_FORMAT 3				 /* the newest: with own_mac_only, storm_per_s */
#define CONFIG_NAME_MAX (2 * MODEL_NAME_MAX + 1) /* "lpar1/eth0" */
#define CONFIG_DIGEST_LEN 64

enum config_kind {
	CONFIG_BACKING,
	CONFIG_CLIENT,
	CONFIG_PHYSICAL,
	CONFIG_REPOSITORY,
	CONFIG_SEA,
	CONFIG_VETH,
	CONFIG_VHOST,
	CONFIG_VIOS,
	CONFIG_VTD,
	CONFIG_LISTS, /* kinds before it are lists of config */
	CONFIG_FRAME = CONFIG_LISTS,
	CONFIG_KINDS,
};

/* Each list is sorted by name; veth by client and name, physical by vios and name. Read it, but
 * change it with config_apply() only. */
struct config {
	uint32_t format;  /* config_format() of it */
	uint64_t next_id; /* of an adapter */
	struct config_frame frame;
	size_t n_backing, n_client, n_physical, n_repository, n_sea, n_veth, n_vhost, n_vios, n_vtd;
	struct config_backing *backing;
	struct config_client *client;
	struct config_physical *physical;
	struct config_repository *repository; /* at most one */
	struct config_sea *sea;
	struct config_veth *veth;
	struct config_vhost *vhost;
	struct config_vios *vios;
	struct config_vtd *vtd;
};

/* text: need not be terminated. 0 and *out (free with config_free), -EINVAL with all faults, or
 * -ENOMEM. What is accepted obeys every rule. */
int config_parse(
	const char *text, size_t len_bytes, struct config **out, struct model_faults *faults);
/* The same from a value, which is borrowed. */
int config_from_json(json_t *json, struct config **out, struct model_faults *faults);
void config_free(struct config *config);

/* The canonical text, terminated; free() it. NULL: no memory. len_bytes may be NULL. */
char *config_text(const struct config *config, size_t *len_bytes);
/* The state as a new value; NULL: no memory. */
json_t *config_json(const struct config *config);
/* SHA-256 of a canonical text in 64 hex digits. */
void config_digest_text(const char *text, size_t len_bytes, char digest[CONFIG_DIGEST_LEN + 1]);
/* Of the state; 0 or -ENOMEM. */
int config_digest(const struct config *config, char digest[CONFIG_DIGEST_LEN + 1]);

/* "vhost"; the kind of a word, or -ENOENT. */
const char *config_kind_name(enum config_kind kind);
int config_kind_of(const char *word);

/* An object by the name that operators use ("lpar1/eth0"), as a struct config_KIND; or NULL. */
const void *config_find(const struct config *config, enum config_kind kind, const char *name);
/* That name of an object. */
void config_name(enum config_kind kind, const void *object, char name[CONFIG_NAME_MAX + 1]);
/* One object as a new value; NULL: no memory. */
json_t *config_object_json(enum config_kind kind, const void *object);

/* [{path, text}] as a new value; NULL: no memory. The last one tells of those that were not kept.
 */
json_t *config_faults_json(const struct model_faults *faults);

#endif
