/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_schema.h - private to vios-core/model: the values of a client's adapter that are more
 * than a number or a name. frame.json and the replicated state share them. Pure.
 */
#ifndef VIOS_MODEL_ADAPTER_SCHEMA_H
#define VIOS_MODEL_ADAPTER_SCHEMA_H

#include "vios-core/model/schema.h"
#include "vios-core/model/schema_write.h"

/* Rows of a struct model_adapter, whose type must be set before they are read. */
extern const struct schema_field adapter_profile_fields[];

/* frame_config.c: a struct model_client. */
extern const struct schema_field model_client_fields[];

/* SCHEMA_CUSTOM; object: a struct model_adapter whose type is set. */
void adapter_read_mac(struct schema *s, void *object, json_t *value);
void adapter_write_mac(struct schema_out *out, const void *object);

struct adapter_mac_text {
	char text[18];
};
struct adapter_mac_text adapter_mac_show(const uint8_t mac[6]);

/* Faults of the features, at the path of the profile. */
void adapter_check_features(const struct model_adapter *adapter, struct schema *s);

/* Short forms for tables of fields. */
#define AT(type, member)                                                                           \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define UINT(least, most_, otherwise_)                                                             \
	.kind = SCHEMA_UINT, .min = least, .max = most_, .def = otherwise_
#define BOOL(otherwise_) .kind = SCHEMA_BOOL, .def = otherwise_
#define NAME .kind = SCHEMA_NAME
#define MUST .required = true
#define CUSTOM(read_, write_) .kind = SCHEMA_CUSTOM, .fn = read_, .write = write_

#endif
