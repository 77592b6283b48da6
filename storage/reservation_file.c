/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line that says what it is, a line with the boot at which it was written, the bytes of
 * reservation_bytes.c. What is read was written by anybody. Pure.
 */
#include "storage/reservation_file.h"

#include <errno.h>
#include <string.h>

static const char magic[] = "VIOS reservations 1\n";
#define MAGIC_BYTES (sizeof(magic) - 1)
#define HEAD_BYTES (MAGIC_BYTES + RESERVATION_FILE_BOOT + 1)

size_t reservation_file_put(
	const struct reservations *state, const char *boot, uint8_t to[RESERVATION_FILE_BYTES_MAX])
{
	_Static_assert(HEAD_BYTES <= RESERVATION_FILE_BYTES_MAX - RESERVATIONS_BYTES_MAX, "room");

	memcpy(to, magic, MAGIC_BYTES);
	memcpy(to + MAGIC_BYTES, boot, RESERVATION_FILE_BOOT);
	to[HEAD_BYTES - 1] = '\n';
	return HEAD_BYTES + reservations_encode(state, to + HEAD_BYTES);
}

int reservation_file_get(
	struct reservations *state, const char *boot, const uint8_t *from, size_t len)
{
	const struct reservation_event power_on = {
		.action = RESERVATION_POWER_ON, .from = {.port = 1}};
	struct reservation_effects effects;
	struct reservations read;

	if (len < HEAD_BYTES || memcmp(from, magic, MAGIC_BYTES) || from[HEAD_BYTES - 1] != '\n' ||
		reservations_decode(&read, from + HEAD_BYTES, len - HEAD_BYTES))
		return -EBADMSG;
	if (memcmp(from + MAGIC_BYTES, boot, RESERVATION_FILE_BOOT))
		reservations_apply(&read, &power_on, &effects);
	*state = read;
	return 0;
}
