/* SPDX-License-Identifier: BSD-3-Clause */
/* eal.h - starts DPDK. Edge: EAL. */
#ifndef VIOS_NET_EAL_H
#define VIOS_NET_EAL_H

#include <stdbool.h>

struct eal_config {
	const char *vios;
	unsigned memory_mb;
	bool hugepages;
	const char *devargs; /* of the uplink; "" if there is none */
	bool verbose;
};

/* Starts EAL on all processors that this process may use, without pinning anything to one. Refuses
 * missing huge pages itself, in one line, and writes one line for any other failure. 0 or -errno.
 */
int eal_start(const struct eal_config *config);
/* With the operator's own options: argv[0] is the program's name. */
int eal_start_with(int argc, char **argv);

#endif
