/* SPDX-License-Identifier: BSD-3-Clause */
/* sc_reserve.c - PERSISTENT RESERVE OUT and IN. One thread; owns nothing. */
#include "tests/lib/sfront/sc_reserve.h"

#include <errno.h>
#include <string.h>

#define OUT_BYTES 24u
#define IN_BYTES 256u
#define REGISTER 0
#define RESERVE 1
#define REGISTER_AND_IGNORE 6
#define READ_KEYS 0
#define READ_RESERVATION 1
#define WRITE_EXCLUSIVE 1

static void put_key(uint8_t *at, uint64_t key)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(key >> 8 * (7 - i));
}

static uint64_t get_key(const uint8_t *at)
{
	uint64_t key = 0;

	for (unsigned i = 0; i < 8; i++)
		key = key << 8 | at[i];
	return key;
}

static int out(struct sc_pace *p, uint8_t action, uint64_t key, uint64_t service_key)
{
	uint8_t cdb[10] = {0x5f, action, action == RESERVE ? WRITE_EXCLUSIVE : 0};
	uint8_t list[OUT_BYTES] = {0};

	cdb[8] = OUT_BYTES;
	put_key(list, key);
	put_key(list + 8, service_key);
	list[20] = action == REGISTER_AND_IGNORE; /* APTPL: it outlives a loss of power */
	return sc_command(p, cdb, sizeof(cdb), list, sizeof(list), true);
}

static int in(struct sc_pace *p, uint8_t action, uint8_t data[IN_BYTES])
{
	uint8_t cdb[10] = {0x5e, action};

	cdb[7] = IN_BYTES >> 8;
	cdb[8] = IN_BYTES & 255;
	memset(data, 0, IN_BYTES);
	return sc_command(p, cdb, sizeof(cdb), data, IN_BYTES, false);
}

int sc_reserve(struct sc_pace *p, uint64_t key)
{
	int rc = out(p, REGISTER_AND_IGNORE, 0, key);

	return rc ? rc : out(p, RESERVE, key, 0);
}

int sc_unreserve(struct sc_pace *p, uint64_t key)
{
	return out(p, REGISTER, key, 0);
}

int sc_reserved(struct sc_pace *p, struct sc_reservation *held)
{
	uint8_t data[IN_BYTES];
	int rc = in(p, READ_KEYS, data);

	*held = (struct sc_reservation){0};
	if (rc)
		return rc;
	held->n_keys = (unsigned)data[6] << 5 | data[7] >> 3; /* additional length / 8 */
	rc = in(p, READ_RESERVATION, data);
	if (rc == 0 && data[7] >= 16) {
		held->key = get_key(data + 8);
		held->type = data[21] & 15;
	}
	return rc;
}
