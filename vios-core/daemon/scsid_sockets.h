// SPDX-License-Identifier: BSD-3-Clause
/* scsid_sockets.h - SCSI targets that run, by their control sockets below the run directory. */
#ifndef VIOS_DAEMON_SCSID_SOCKETS_H
#define VIOS_DAEMON_SCSID_SOCKETS_H

#include <stdbool.h>

/* Whether somebody listens there. Does not wait. */
bool scsid_socket_runs(const char *run, const char *vios, const char *client, const char *adapter);

/* Calls fn for each name of that form ("lpar1.scsi0.ctl"), whether somebody listens or not. */
void scsid_sockets_each(const char *run, const char *vios,
	void (*fn)(const char *client, const char *adapter, void *user), void *user);

#endif
