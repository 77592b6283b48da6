/* SPDX-License-Identifier: BSD-3-Clause */
/* mux_world_fuzz.c - both sides of the mux at once: the bytes say what the client, the data planes
 * and time do (mw.h). */
#include "tests/lib/muxworld/mw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mw w;

	mw_init(&w, data, size);
	while (mw_step(&w))
		;
	mw_end(&w);
	return 0;
}
