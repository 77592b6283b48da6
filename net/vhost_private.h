/* SPDX-License-Identifier: BSD-3-Clause */
/* vhost_private.h - between vhost_socket.c and vhost_device.c. */
#ifndef VIOS_NET_VHOST_PRIVATE_H
#define VIOS_NET_VHOST_PRIVATE_H

#include <rte_vhost.h>

extern const struct rte_vhost_device_ops vhost_device_ops;

/* -ENOENT: no adapter's socket. Any thread. */
int vhost_slot_of_path(const char *path);
unsigned vhost_ring_max(unsigned slot);
/* Bounds how long a message on the accepted connections of this socket may take to arrive. */
void vhost_bound_message_time(const char *path);

#endif
