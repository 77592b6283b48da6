/* SPDX-License-Identifier: BSD-3-Clause */
/* vpd.h - vital product data pages of SCSI devices, as sysfs shows them (SPC-5 7.7). Pure. */
#ifndef VIOS_DISCOVERY_VPD_H
#define VIOS_DISCOVERY_VPD_H

#include <stddef.h>
#include <stdint.h>

#define VPD_NAME_BYTES 272 /* a designator has at most 255 bytes, and its kind stands before it */

/*
 * Page 83h: the best name of the logical unit itself, like "naa.600140545a2d...", in this order:
 * NAA (6, then 5, then 2), EUI-64 (16, 12, 8 bytes), UUID, SCSI name string, T10 vendor ID, locally
 * assigned NAA (3). A page that is cut is read as far as its designators are whole. 0; -ENOENT: it
 * names none; -EINVAL: it is not that page.
 */
int vpd_designator(const uint8_t *page, size_t n, char out[VPD_NAME_BYTES]);
/* Page 80h: the unit's serial number. Results as above. */
int vpd_serial(const uint8_t *page, size_t n, char *out, size_t size);

#endif
