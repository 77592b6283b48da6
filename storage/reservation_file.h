/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservation_file.h - the reservations of a LUN as a file holds them, so that they outlive their
 * target; and beyond a power cycle of the frame if they are to (SPC-5: APTPL). Pure.
 */
#ifndef VIOS_STORAGE_RESERVATION_FILE_H
#define VIOS_STORAGE_RESERVATION_FILE_H

#include "storage/reservations.h"

#define RESERVATION_FILE_BOOT 36 /* characters of the kernel's boot id */
#define RESERVATION_FILE_BYTES_MAX (64 + RESERVATIONS_BYTES_MAX)

/* Returns the length. boot: RESERVATION_FILE_BOOT characters. */
size_t reservation_file_put(
	const struct reservations *state, const char *boot, uint8_t to[RESERVATION_FILE_BYTES_MAX]);
/* 0, or -EBADMSG: not what put makes; state is then unchanged. Written at another boot: what does
 * not survive a power cycle is left out. */
int reservation_file_get(
	struct reservations *state, const char *boot, const uint8_t *from, size_t len);

#endif
