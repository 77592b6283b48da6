/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * features.h - names and white list of virtio and vhost-user protocol feature bits.
 * Pure. Names are spelled as in virtio 1.2 and QEMU's vhost-user specification.
 */
#ifndef VIOS_MODEL_FEATURES_H
#define VIOS_MODEL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feature_space { FEATURE_VIRTIO_NET, FEATURE_VIRTIO_SCSI, FEATURE_PROTOCOL };

/* The bits that a profile of this kind may hold (never packed rings, RING_RESET, ...). */
uint64_t features_allowed(enum feature_space space);
/* What a profile without a list of its own gets. */
uint64_t features_default(enum feature_space space);
/* "VIRTIO_NET_F_MTU" -> bit number; -ENOENT: unknown; -EPERM: known, and not on the white list. */
int features_bit(enum feature_space space, const char *name);
/* NULL for a bit without a name. */
const char *features_name(enum feature_space space, unsigned bit);
/* The n-th name that features_bit() knows, allowed or not; NULL after the last one. */
const char *features_nth(enum feature_space space, size_t n);
/* Writes the names of all bits of mask, comma-separated (unknown ones as "bit N"); always
 * terminated. */
void features_describe(enum feature_space space, uint64_t mask, char *out, size_t size);

#endif
