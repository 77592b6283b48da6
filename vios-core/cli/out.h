/* SPDX-License-Identifier: BSD-3-Clause */
/* out.h - text that grows. Pure. */
#ifndef VIOS_CLI_OUT_H
#define VIOS_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>

/* Zero to begin with. */
struct out {
	char *text;
	size_t len, cap;
	bool no_memory;
};

void out_add(struct out *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text, "" for none; the caller frees it. NULL: memory was lacking. Leaves out empty. */
char *out_take(struct out *out);

#endif
