/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_fuzz.c - what the other side of the trunk may write: a message, or the memory of a ring;
 * and what the trunk is configured as. The first byte says which. Of a ring, the next nine are its
 * head's lower half and where this end is; the rest is data from there on. What is taken lies
 * within the ring and is no longer than a frame, and the end stops at the first record that is
 * none.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/rules.h"
#include "net/trunk_config.h"
#include "net/trunk_msg.h"
#include "net/trunk_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_message(const uint8_t *data, size_t size)
{
	uint8_t again[TRUNK_MSG_BYTES];
	struct trunk_msg msg;

	if (!trunk_msg_read(data, size, &msg))
		return;
	assert(size == TRUNK_MSG_BYTES);
	assert(msg.type == TRUNK_MSG_SAY || (msg.type == TRUNK_MSG_HELLO && msg.n_rings >= 1 &&
						    msg.n_rings <= TRUNK_MSG_RINGS_MAX));
	trunk_msg_write(&msg, again);
	assert(!memcmp(again, data, size));
}

static void one_ring(const uint8_t *data, size_t size)
{
	static struct trunk_ring ring; /* large */
	uint64_t head = 0, tail = 0, there;
	struct trunk_in in;
	size_t len;

	memcpy(&head, data, 5);
	memcpy(&tail, data + 5, 4);
	data += 9;
	size -= 9;
	memset(ring.data, 0, sizeof(ring.data));
	for (size_t i = 0; i < size; i++)
		ring.data[(tail + i) % TRUNK_RING_DATA_BYTES] = data[i];
	atomic_store(&ring.head, head);
	trunk_in_init(&in, &ring);
	in.tail = tail;
	while ((len = trunk_in_next(&in)) > 0) {
		uint8_t *to = malloc(len);

		there = head - in.tail;
		assert(to && len <= TRUNK_FRAME_MAX && len <= there);
		trunk_in_take(&in, to, len);
		assert(head - in.tail < there);
		free(to);
	}
	assert(in.broken || in.tail == head);
	assert(!trunk_in_waiting(&in));
}

static void one_configuration(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL), *primary;
	struct trunk_config config;
	char why[160] = "";

	primary = json_object_get(object, "primary");
	if (trunk_config_read(object, &config, why, sizeof(why))) {
		assert(why[0] && strlen(why) < sizeof(why));
	} else if (config.wanted) {
		assert(config.socket[0] && strlen(config.socket) <= TRUNK_SOCKET_MAX);
		assert(!vlanset_has(&config.primary, 0) &&
			!vlanset_has(&config.primary, RULES_VLAN_MAX + 1));
		assert(config.keep == json_is_null(primary));
		assert(!json_is_array(primary) ||
			vlanset_count(&config.primary) <= json_array_size(primary));
	} else {
		assert(!object || json_is_null(object));
	}
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == 'c')
		one_configuration(data + 1, size - 1);
	else if (size > 0 && data[0] % 2 == 0)
		one_message(data + 1, size - 1);
	else if (size > 10)
		one_ring(data + 1, size - 1);
	return 0;
}
