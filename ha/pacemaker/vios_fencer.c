/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_fencer.c - vios-fencer VIOS: asks the cluster's fencer, whatever device that uses, to power
 * a VIOS off and on. viosd starts it. Pacemaker's library is loaded when it is needed, so that a
 * frame without Pacemaker needs none. One thread; it waits for the answer.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "vios-core/base/log.h"
#include "vios-core/model/frame_config.h"

#define TIMEOUT_S 60
#define LIBRARY "libstonithd.so.26"

/* As <crm/stonith-ng.h> has it: 0, or -errno. */
typedef int kick_fn(uint32_t node_id, const char *name, int timeout_s, bool off);

int main(int argc, char **argv)
{
	kick_fn *kick;
	void *library;
	int r;

	log_init("vios-fencer", LOGL_INFO);
	if (argc != 2 || !model_name_valid(argv[1])) {
		log_refuse("give the name of one VIOS, which is that of its node");
		return 2;
	}
	library = dlopen(LIBRARY, RTLD_NOW);
	kick = library ? (kick_fn *)(uintptr_t)dlsym(library, "stonith_api_kick") : NULL;
	if (!kick) {
		log_refuse("%s; install Pacemaker", dlerror());
		return 1;
	}
	r = kick(0, argv[1], TIMEOUT_S, false);
	if (r != 0) {
		log_error("fence-refused", "vios=%s reason=\"%s\"", argv[1],
			strerror(r < 0 ? -r : r));
		return 1;
	}
	log_info("fenced", "vios=%s", argv[1]);
	return 0;
}
