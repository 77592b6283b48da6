/* SPDX-License-Identifier: BSD-3-Clause */
/* vt_outside.h - an interface of another network namespace, its frames with and without a tag
 * (802.1Q). */
#ifndef VIOS_TESTS_VT_OUTSIDE_H
#define VIOS_TESTS_VT_OUTSIDE_H

#include <stddef.h>
#include <stdint.h>

/* The calling thread stays in that namespace. A descriptor, or -errno. */
int vt_outside_open(const char *netns, const char *interface);
/* vlan 0: without a tag. len_bytes: at most 1500. 0 or -errno. */
int vt_outside_send(int fd, unsigned vlan, const uint8_t *frame, size_t len_bytes);
/* A frame's bytes without its tag, *vlan: 0, it had none. 0: there is none. */
size_t vt_outside_recv(int fd, uint8_t *frame, size_t size, unsigned *vlan);

#endif
