/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_socket.h - records with descriptors beside them, over a sequenced socket. Edge: sockets. */
#ifndef VIOS_NET_TRUNK_SOCKET_H
#define VIOS_NET_TRUNK_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "net/trunk_link.h"

/* A descriptor, or -errno. listen: replaces a stale name, whose owner is gone. */
int trunk_socket_listen(const char *path);
int trunk_socket_accept(int listen_fd);
int trunk_socket_connect(const char *path);

/* Never wait. 0 or -errno. */
int trunk_socket_send(int fd, const struct trunk_msg *msg, const int *fds, size_t n_fds);
/* 1: *msg, and the caller owns fds[0 to *n_fds); 0: nothing more for now; else -errno: it is gone,
 * or what it says is no message. */
int trunk_socket_receive(int fd, struct trunk_msg *msg, int fds[TRUNK_LINK_FDS_MAX], size_t *n_fds);

#endif
