/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservation_bytes.c - the reservations of a logical unit as bytes, for the other VIOS and for the
 * disk (APTPL). What is read was written by a peer, or by anybody: it is checked as such. Pure.
 */
#include <errno.h>
#include <string.h>

#include "storage/bytes.h"
#include "storage/reservations.h"

#define VERSION 1
#define HEAD 22
#define EACH 14
enum { APTPL = 0x01, SPC2 = 0x02 };

static void put_nexus(struct bytes_out *out, struct reservation_nexus nexus)
{
	bytes_32(out, nexus.initiator);
	bytes_16(out, nexus.port);
}

static struct reservation_nexus get_nexus(const uint8_t *from)
{
	return (struct reservation_nexus){bytes_get32(from), bytes_get16(from + 4)};
}

size_t reservations_encode(const struct reservations *state, uint8_t to[RESERVATIONS_BYTES_MAX])
{
	struct bytes_out out = {.to = to, .room = RESERVATIONS_BYTES_MAX};

	bytes_8(&out, VERSION);
	bytes_8(&out, state->type);
	bytes_8(&out, (uint8_t)((state->aptpl ? APTPL : 0) | (state->spc2 ? SPC2 : 0)));
	bytes_8(&out, 0);
	bytes_32(&out, state->generation);
	put_nexus(&out, state->holder);
	put_nexus(&out, state->spc2_holder);
	bytes_16(&out, (uint16_t)state->count);
	for (unsigned i = 0; i < state->count; i++) {
		put_nexus(&out, state->registrant[i].nexus);
		bytes_64(&out, state->registrant[i].key);
	}
	return out.len;
}

static bool registrants_valid(const struct reservations *state)
{
	for (unsigned i = 0; i < state->count; i++) {
		const struct reservation_registrant *one = &state->registrant[i];

		if (!one->key || !one->nexus.port || reservations_find(state, one->nexus) != one)
			return false; /* no key, no port, or the second of its nexus */
	}
	return true;
}

bool reservations_valid(const struct reservations *state)
{
	const struct reservation_nexus nobody = {0};
	bool all = state->type >= RESERVATION_WRITE_EXCLUSIVE_AR;

	if (state->count > RESERVATION_REGISTRANTS || !registrants_valid(state))
		return false;
	if (state->spc2 ? state->count > 0 || !state->spc2_holder.port
			: !reservation_same_nexus(state->spc2_holder, nobody))
		return false;
	if (!state->type || all)
		return reservation_same_nexus(state->holder, nobody) &&
		       (!state->type || (reservation_type_valid(state->type) && state->count));
	return reservation_type_valid(state->type) && reservations_find(state, state->holder);
}

int reservations_decode(struct reservations *state, const uint8_t *from, size_t len)
{
	struct reservations read = {0};

	if (len < HEAD || from[0] != VERSION || (from[2] & ~(APTPL | SPC2)) || from[3])
		return -EBADMSG;
	read.type = from[1];
	read.aptpl = from[2] & APTPL;
	read.spc2 = from[2] & SPC2;
	read.generation = bytes_get32(from + 4);
	read.holder = get_nexus(from + 8);
	read.spc2_holder = get_nexus(from + 14);
	read.count = bytes_get16(from + 20);
	if (read.count > RESERVATION_REGISTRANTS || len != HEAD + read.count * EACH)
		return -EBADMSG;
	for (unsigned i = 0; i < read.count; i++) {
		const uint8_t *at = from + HEAD + i * EACH;

		read.registrant[i].nexus = get_nexus(at);
		read.registrant[i].key = bytes_get64(at + 6);
	}
	if (!reservations_valid(&read))
		return -EBADMSG;
	*state = read;
	return 0;
}
