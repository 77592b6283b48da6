/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * params.h - the parameters of framed.sock's methods, checked. Pure: JSON in, a struct or a fault
 * out.
 *
 * Each returns 0, or -EINVAL with the fault (what, which value, what is wanted) in why. Strings are
 * borrowed from the JSON.
 */
#ifndef VIOS_FRAME_PARAMS_H
#define VIOS_FRAME_PARAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ha/frame/witness_text.h"
#include "vios-core/model/incarnation.h"

#define PARAMS_WHY 256
#define PARAMS_ADAPTERS 1024 /* in one message */

struct params_plane {
	const char *vios, *plane;
	uint64_t incarnation; /* not 0 */
};

struct params_live {
	const char *adapter; /* CLIENT/ADAPTER */
	size_t client_len;
	uint32_t id;
	uint64_t incarnation; /* 0: live nowhere */
};

struct params_fence {
	const char *vios;
	bool kill, start; /* neither: the state is asked */
};

struct params_raise {
	const char *vios;
	struct witness_mark expect, wanted;
	struct witness_ids changed;
	bool in_step;
};

int params_plane(json_t *params, struct params_plane *out, char *why);
int params_live(json_t *params, struct params_live *out, char *why);
int params_fence(json_t *params, struct params_fence *out, char *why);
int params_raise(json_t *params, struct params_raise *out, char *why);
int params_client(json_t *params, const char **client, char *why);
int params_adapter(json_t *params, const char **adapter, char *why);
/* {adapter, id} */
int params_adapter_id(json_t *params, const char **adapter, uint32_t *id, char *why);
/* {adapter} or {id}: *adapter NULL: the id counts. */
int params_release(json_t *params, const char **adapter, uint32_t *id, char *why);
/* {adapters: [{adapter, id}, ...]}: all of them are right. *n: how many. */
int params_adapters(json_t *params, size_t *n, char *why);
/* "" when absent; cut to something fit for a log line. */
void params_reason(json_t *params, char *out, size_t size);

/* Of a data plane: "netd", "scsid:lpar1/scsi0". */
bool params_plane_name_valid(const char *name);

#endif
