/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * switch_fuzz.c - hostile frames through parser, table and forwarding decision. The input is a
 * script of records: a byte for the port and which ports are live, one for the time that passes,
 * one for the length, then the frame. A client's own address must never move, no frame may go back
 * where it came from or to a port that is not live, and no client may fill the table.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/forward.h"
#include "net/frame.h"

#define CLIENTS 4
#define CLIENT_LIMIT 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 02:00:00:00:00:00 to :03 */
static uint64_t own_mac(uint16_t port)
{
	return UINT64_C(0x020000000000) + port;
}

static struct fdb *make_table(void)
{
	struct fdb *fdb = fdb_new(64, CLIENT_LIMIT);

	assert(fdb);
	for (uint16_t p = 0; p < CLIENTS; p++)
		assert(fdb_static_add(fdb, own_mac(p), p) == 0);
	return fdb;
}

static uint16_t pick_port(uint8_t byte)
{
	unsigned port = byte % (CLIENTS + 1);

	return port == CLIENTS ? PORT_UPLINK : (uint16_t)port;
}

static struct portset pick_live(uint8_t byte, uint16_t in_port)
{
	struct portset live = {{0}};

	for (unsigned p = 0; p < CLIENTS; p++)
		if (byte >> (3 + p) & 1)
			portset_add(&live, p);
	if (byte >> 7 & 1)
		portset_add(&live, PORT_UPLINK);
	portset_add(&live, in_port);
	return live;
}

static void check(const struct forward *out, const struct portset *live, uint16_t in_port)
{
	assert(out->reason < DROP_COUNT);
	if (out->reason != DROP_NONE) {
		assert(out->charged == in_port ||
			(out->reason == DROP_NOT_LIVE && out->charged < CLIENTS));
		return;
	}
	if (out->port != PORT_NONE) {
		assert(out->port != in_port && portset_has(live, out->port));
		return;
	}
	assert(portset_count(&out->set) > 0 && !portset_has(&out->set, in_port));
	for (uint16_t p = portset_next(&out->set, 0); p != PORT_NONE;
		p = portset_next(&out->set, p + 1u))
		assert(portset_has(live, p));
}

static void check_table(const struct fdb *fdb, uint32_t now_s)
{
	for (uint16_t p = 0; p < CLIENTS; p++) {
		assert(fdb_static_get(fdb, own_mac(p)) == p);
		assert(fdb_get(fdb, own_mac(p), 0, now_s) == PORT_NONE);
		assert(fdb_learned_count(fdb, p) <= CLIENT_LIMIT);
	}
	assert(fdb_learned_count(fdb, PORT_UPLINK) <= 64);
}

static void one_frame(
	struct fdb *fdb, uint8_t choice, const uint8_t *bytes, size_t len_bytes, uint32_t now_s)
{
	uint16_t in_port = pick_port(choice);
	struct portset live = pick_live(choice, in_port);
	uint8_t *copy = malloc(len_bytes ? len_bytes : 1);
	struct forward out;
	struct frame frame;

	assert(copy);
	memcpy(copy, bytes, len_bytes);
	if (!frame_parse(copy, len_bytes, &frame)) {
		assert(frame.vlan <= 4095 && frame.payload_offset <= len_bytes);
		forward_frame(fdb, &frame, in_port, &live, now_s, &out);
		check(&out, &live, in_port);
		check_table(fdb, now_s);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdb *fdb = make_table();
	uint32_t now_s = 0;

	while (size >= 3) {
		uint8_t choice = data[0];
		size_t len_bytes = data[2] < size - 3 ? data[2] : size - 3;

		now_s += data[1];
		if (choice == 0xFF)
			fdb_age(fdb, now_s);
		else if (choice == 0xFE)
			fdb_flush_port(fdb, pick_port(data[1]));
		else
			one_frame(fdb, choice, data + 3, len_bytes, now_s);
		data += 3 + len_bytes;
		size -= 3 + len_bytes;
	}
	fdb_free(fdb);
	return 0;
}
