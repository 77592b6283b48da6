/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * runpath.h - where things are below the frame's run directory (see ARCHITECTURE.md, "Run
 * directory"). Pure: it only composes names. Each returns 0, or -ENAMETOOLONG when the result would
 * not fit the 107 bytes of a socket path; out then holds the path cut, for the error message.
 */
#ifndef VIOS_BASE_RUNPATH_H
#define VIOS_BASE_RUNPATH_H

#define RUNPATH_SOCKET_MAX 107
#define RUNPATH_DEFAULT "/run/vios"

struct runpath {
	char text[RUNPATH_SOCKET_MAX + 1];
};

int runpath_frame_json(struct runpath *out, const char *run); /* RUN/frame.json */
int runpath_framed(struct runpath *out, const char *run);     /* RUN/frame/framed.sock */
int runpath_vios_dir(struct runpath *out, const char *run, const char *vios); /* RUN/VIOS */
/* RUN/VIOS/FILE: "viosd.lock", "netd.lock", "netd.log" */
int runpath_vios_file(struct runpath *out, const char *run, const char *vios, const char *file);
int runpath_viosd(struct runpath *out, const char *run, const char *vios); /* RUN/VIOS/viosd.sock */
int runpath_netd(struct runpath *out, const char *run, const char *vios);  /* RUN/VIOS/netd.sock */
/* The control socket of a scsid: RUN/VIOS/CLIENT.ADAPTER.ctl */
int runpath_scsid(struct runpath *out, const char *run, const char *vios, const char *client,
	const char *adapter);
/* That of a data plane by its name: "netd", "scsid:lpar1/scsi0". -EINVAL: no such name. */
int runpath_plane(struct runpath *out, const char *run, const char *vios, const char *plane);
/* vhost-user, VIOS side: RUN/VIOS/CLIENT.ADAPTER.sock */
int runpath_backend(struct runpath *out, const char *run, const char *vios, const char *client,
	const char *adapter);
int runpath_client_dir(struct runpath *out, const char *run, const char *client);
/* vhost-user, client side: RUN/clients/CLIENT/ADAPTER.sock */
int runpath_client_file(struct runpath *out, const char *run, const char *client, const char *file);
int runpath_frontend(struct runpath *out, const char *run, const char *client, const char *adapter);
int runpath_mux(
	struct runpath *out, const char *run, const char *client); /* RUN/clients/CLIENT/mux.sock */

#endif
