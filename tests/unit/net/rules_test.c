/* SPDX-License-Identifier: BSD-3-Clause */
/* rules_test.c - who is in which VLAN, and what becomes of tags. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/rules.h"

static void test_members(void **state)
{
	const uint16_t vlans[] = {20, 4094};
	const struct rules_port port = {.pvid = 10, .n_vlans = 2, .vlans = vlans, .storm_per_s = 7};
	struct rules *rules = rules_new();
	unsigned members = 0;

	assert_int_equal(rules_set(rules, 5, &port), 0);
	for (unsigned vlan = 0; vlan < FRAME_VLANS; vlan++)
		members += portset_count(&rules->member[vlan]);
	assert_int_equal(members, 3);
	assert_true(rules_member(rules, 10, 5) && rules_member(rules, 20, 5) &&
		    rules_member(rules, 4094, 5));
	assert_false(rules_member(rules, 10, 4) || rules_member(rules, 0, 5));
	assert_int_equal(rules->storm_per_s[5], 7);
	assert_int_equal(rules->n_vlans[5], 2);
	rules_free(rules);
}

static void test_refused(void **state)
{
	uint16_t vlans[RULES_UPLINK_VLANS_MAX + 1];
	struct rules_port port = {.pvid = 0, .vlans = vlans};
	struct rules *rules = rules_new();

	for (uint16_t i = 0; i <= RULES_UPLINK_VLANS_MAX; i++)
		vlans[i] = (uint16_t)(i + 2);
	assert_int_equal(rules_set(rules, 0, &port), -EINVAL);
	port.pvid = 4095;
	assert_int_equal(rules_set(rules, 0, &port), -EINVAL);
	port.pvid = 1;
	port.n_vlans = RULES_CLIENT_VLANS_MAX + 1;
	assert_int_equal(rules_set(rules, 0, &port), -EINVAL);
	assert_int_equal(rules_set(rules, PORT_UPLINK, &port), 0);
	port.n_vlans = RULES_UPLINK_VLANS_MAX + 1;
	assert_int_equal(rules_set(rules, PORT_UPLINK, &port), -EINVAL);
	port.n_vlans = 1;
	vlans[0] = 0;
	assert_int_equal(rules_set(rules, 1, &port), -EINVAL);
	vlans[0] = 4095;
	assert_int_equal(rules_set(rules, 1, &port), -EINVAL);
	assert_int_equal(rules_set(rules, PORT_COUNT, &(struct rules_port){.pvid = 1}), -EINVAL);
	assert_false(rules_member(rules, 1, 0) || rules_member(rules, 1, 1));
	rules_free(rules);
}

static void test_edits(void **state)
{
	const uint16_t vlans[] = {20};
	const struct rules_port port = {.pvid = 10, .n_vlans = 1, .vlans = vlans};
	struct rules *rules = rules_new();
	const uint32_t priority = FRAME_TAGGED | 0xB000; /* priority 5, DEI */
	uint8_t tag[4];

	assert_int_equal(rules_set(rules, 0, &port), 0);
	/* VLAN 10 goes out untagged, 20 tagged. */
	assert_int_equal(rules_edit(rules, 0, 10, 0), 0);
	assert_int_equal(rules_edit(rules, 0, 10, FRAME_TAGGED | 10), FRAME_EDIT_STRIP);
	assert_int_equal(rules_edit(rules, 0, 10, priority), FRAME_EDIT_STRIP);
	assert_int_equal(rules_edit(rules, 0, 20, priority | 20), 0);
	assert_int_equal(rules_edit(rules, 0, 20, 0), FRAME_EDIT_PUSH | 20);
	assert_int_equal(rules_edit(rules, 0, 20, priority),
		FRAME_EDIT_STRIP | FRAME_EDIT_PUSH | 0xB000 | 20);
	assert_int_equal(frame_edit_bytes(0), 0);
	assert_int_equal(frame_edit_bytes(FRAME_EDIT_STRIP), -4);
	assert_int_equal(frame_edit_bytes(FRAME_EDIT_PUSH | 20), 4);
	assert_int_equal(frame_edit_bytes(FRAME_EDIT_STRIP | FRAME_EDIT_PUSH | 20), 0);
	frame_tag_bytes(FRAME_EDIT_PUSH | 0xB014, tag);
	assert_memory_equal(tag, ((const uint8_t[]){0x81, 0x00, 0xB0, 0x14}), 4);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_edits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
