/* SPDX-License-Identifier: BSD-3-Clause */
/* format.h - -fmt, -fmt2 and -field of a line. */
#ifndef VIOS_CLI_FORMAT_H
#define VIOS_CLI_FORMAT_H

#include "vios-core/cli/cli.h"
#include "vios-core/cli/lay.h"

#define FORMAT_FIELDS_MAX 16

struct format {
	struct lay_format lay; /* its fields are those below */
	const char *fields[FORMAT_FIELDS_MAX];
};

/* The verb has -fmt; -fmt2 and -field if it has them. CLI_OK, or CLI_USAGE after a line on stderr.
 * format must stay where it is. */
int format_get(const struct cli *cli, struct format *format);

#endif
