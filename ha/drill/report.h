/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - what a drill found: a table for people, JSON for programs (its fields are stable: they
 * may be added to). */
#ifndef VIOS_DRILL_REPORT_H
#define VIOS_DRILL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "ha/drill/session.h"

void report_table(FILE *out, const struct session *session);
json_t *report_json(const struct session *session);
/* Writes beside the file and renames. 0 or -errno. */
int report_write(const struct session *session, const char *path);

#endif
