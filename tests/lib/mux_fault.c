/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mux_fault.c - for tests, in a build of its own: kills the mux at a chosen fault point. The file
 * that VIOS_MUX_FAULT names holds a number (8 bytes); each fault point takes one off, and the mux
 * dies where it gets to 0. The test writes it, whenever it likes. The mux's thread.
 */
#include "ha/mux/mux.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t *counter(void)
{
	static _Atomic uint64_t *mapped;
	const char *path = getenv("VIOS_MUX_FAULT");
	int fd;

	if (mapped || !path)
		return mapped;
	fd = open(path, O_RDWR | O_CLOEXEC);
	mapped = mmap(NULL, sizeof(*mapped), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped == MAP_FAILED)
		abort();
	return mapped;
}

void mux_fault_point(struct mux *m)
{
	_Atomic uint64_t *left = counter();

	if (left && *left && atomic_fetch_sub(left, 1) == 1)
		raise(SIGKILL);
}
