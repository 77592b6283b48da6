/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_priv.h - private to vios-core/model: the kinds of objects as data, and lists of any kind.
 */
#ifndef VIOS_MODEL_CONFIG_PRIV_H
#define VIOS_MODEL_CONFIG_PRIV_H

#include "vios-core/model/config.h"
#include "vios-core/model/schema.h"
#include "vios-core/model/schema_write.h"

struct config_kind_row {
	const char *name;
	const struct schema_field *fields;
	void (*init)(void *object); /* before the fields are read; or NULL */
	size_t list, count;	    /* where in struct config */
	size_t size, most;
	bool owned;	   /* its name is OWNER/NAME */
	size_t owner, key; /* where in the object */
};

/* By enum config_kind; the frame's row has no list. */
extern const struct config_kind_row config_kind_rows[CONFIG_KINDS];
extern const struct schema_field config_root_fields[];

void *config_items(const struct config *config, enum config_kind kind);
size_t config_count(const struct config *config, enum config_kind kind);
void *config_item(const struct config *config, enum config_kind kind, size_t index);

/* Order of the list: by owner, then by name. */
int config_compare(enum config_kind kind, const void *a, const void *b);
void config_sort(struct config *config, enum config_kind kind);
/* The index of the object, or -1. owner: "" for a kind without. */
ptrdiff_t config_index(
	const struct config *config, enum config_kind kind, const char *owner, const char *key);
/* The first whose owner is not below owner; with n of them. Kinds with an owner only. */
size_t config_owned(
	const struct config *config, enum config_kind kind, const char *owner, size_t *n);
/* "lpar1/eth0" in two, "vhost0" into key. False: it cannot be a name of this kind. */
bool config_name_split(enum config_kind kind, const char *name, char owner[MODEL_NAME_MAX + 1],
	char key[MODEL_NAME_MAX + 1]);

/* Copies object into its place; 0 or -ENOMEM. */
int config_insert(struct config *config, enum config_kind kind, const void *object);
void config_delete(struct config *config, enum config_kind kind, size_t index);
/* A copy of its own; NULL: no memory. */
struct config *config_copy(const struct config *config);

/* "veth[lpar1/eth0].member" until schema_pop() with the result; member may be NULL. */
size_t config_push(struct schema *s, enum config_kind kind, const void *object, const char *member);

/* The oldest format that can say the state, so that every version reads what it understands. */
uint32_t config_format(const struct config *config);

/* config_check.c: a fault for each rule between objects that is broken. Members that were refused
 * (empty, zero) are passed over. 0 or -ENOMEM. */
int config_check(const struct config *config, struct schema *s);

#endif
