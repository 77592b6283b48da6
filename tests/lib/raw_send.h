/* SPDX-License-Identifier: BSD-3-Clause */
/* raw_send.h - any bytes with any number of descriptors, past the checks of vu_sock.h. For tests.
 */
#ifndef VIOS_TESTS_RAW_SEND_H
#define VIOS_TESTS_RAW_SEND_H

#include <stddef.h>
#include <stdint.h>

#define RAW_FDS_MAX 250 /* the kernel's SCM_MAX_FD is 253 */

/* Sends n_fds copies of fd beside the bytes. Bytes sent, or -errno. Never blocks. */
int raw_send(int sock, const void *bytes, size_t len_bytes, int fd, unsigned n_fds);

#endif
