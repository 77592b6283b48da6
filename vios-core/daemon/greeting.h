/* SPDX-License-Identifier: BSD-3-Clause */
/* greeting.h - a data plane's answer to `hello`, checked. Pure; jansson on memory only. */
#ifndef VIOS_DAEMON_GREETING_H
#define VIOS_DAEMON_GREETING_H

#include "vios-core/model/incarnation.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GREETING_WORKERS_MAX 16u
#define GREETING_VERSION_BYTES 32

struct greeting {
	int64_t pid;
	char incarnation[INCARNATION_BYTES];
	char version[GREETING_VERSION_BYTES]; /* "" if it did not say */
	unsigned workers;
	bool configured;
};

/* Who should answer. */
struct greeting_whom {
	const char *vios;    /* that it serves */
	const char *plane;   /* "netd", "scsid" */
	const char *adapter; /* "lpar1/scsi0" of a scsid; NULL: it has none of its own */
};

/* n_fds: descriptors that came along (pidfd, page, one ping a worker). NULL: fine; else what is
 * wrong, a string constant. */
const char *greeting_parse(
	const json_t *result, const struct greeting_whom *whom, size_t n_fds, struct greeting *out);
/* 16 hex digits, lower case. */
bool greeting_incarnation_valid(const char *text);

#endif
