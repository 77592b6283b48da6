/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_paths_test.c - which adapters are left to the other VIOS, by their VLANs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vios-core/daemon/sea_paths.h"

static struct model_client clients[] = {
	{.name = "lpar1",
		.n_adapters = 3,
		.adapters = {{.name = "eth0", .id = 1}, {.name = "eth1", .id = 2},
			{.name = "scsi0", .id = 3, .type = MODEL_SCSI}}},
	{.name = "lpar2", .n_adapters = 1, .adapters = {{.name = "eth0", .id = 4}}},
};
static const struct model_frame frame = {.n_clients = 2, .clients = clients};
static struct inventory inventory;
static json_t *rules;

static int setup(void **state)
{
	rules = json_loads("{\"lpar1/eth0\": {\"pvid\": 10}, \"lpar1/eth1\": {\"pvid\": 20}, "
			   "\"lpar1/scsi0\": {\"pvid\": 10}}",
		0, NULL);
	return inventory_init(&inventory, &frame);
}

static int teardown(void **state)
{
	inventory_fini(&inventory);
	json_decref(rules);
	return 0;
}

static void are_left(const char *vlans, bool a, bool b)
{
	struct vlan_set leaves;

	assert_int_equal(vlan_set_read(vlans, &leaves), 0);
	sea_paths_mark(&inventory, rules, &leaves);
	assert_int_equal(inventory.list[0].leaves, a);
	assert_int_equal(inventory.list[1].leaves, b);
	/* A target has no VLAN; of the last one nothing is known. */
	assert_false(inventory.list[2].leaves || inventory.list[3].leaves);
}

static void by_the_pvid(void **state)
{
	are_left("10", true, false);
	are_left("20-30", false, true);
	are_left("0-4095", true, true);
	are_left("", false, false);
}

static void rubbish_is_not_left(void **state)
{
	static const char *const pvids[] = {"-1", "0", "4096", "65546", "\"10\"", "null"};
	struct vlan_set leaves;

	vlan_set_read("0-4095", &leaves);
	for (size_t i = 0; i < sizeof(pvids) / sizeof(pvids[0]); i++) {
		json_object_set_new(json_object_get(rules, "lpar1/eth0"), "pvid",
			json_loads(pvids[i], JSON_DECODE_ANY, NULL));
		sea_paths_mark(&inventory, rules, &leaves);
		assert_false(inventory.list[0].leaves);
	}
	sea_paths_mark(&inventory, NULL, &leaves);
	assert_false(inventory.list[1].leaves);
}

static void its_path_is_the_worse_one(void **state)
{
	const struct path_facts facts = {.serving = true};
	bool changed[2] = {false};
	uint64_t clock = 1;

	are_left("20", false, true);
	assert_true(inventory_update(&inventory, &facts, &clock, changed));
	assert_int_equal(inventory.list[0].path.state, MODEL_PATH_OPTIMIZED);
	assert_int_equal(inventory.list[1].path.state, MODEL_PATH_NON_OPTIMIZED);
	are_left("10", true, false);
	changed[0] = changed[1] = false;
	assert_true(inventory_update(&inventory, &facts, &clock, changed));
	assert_true(changed[0] && !changed[1]);
	assert_int_equal(inventory.list[0].path.state, MODEL_PATH_NON_OPTIMIZED);
	assert_int_equal(inventory.list[1].path.state, MODEL_PATH_OPTIMIZED);
}

/* Its uplink is that of the SEA that bridges its PVID. */
static void each_by_its_sea(void **state)
{
	const struct path_facts facts[] = {{.serving = true, .kernel_link = LINK_UP},
		{.serving = true, .kernel_link = LINK_DOWN}};
	const struct vlan_set *vlans[2];
	struct vlan_set first, second;
	bool changed[2] = {false};
	uint64_t clock = 1;

	vlan_set_read("1,10", &first);
	vlan_set_read("20-22", &second);
	vlans[0] = &first;
	vlans[1] = &second;
	sea_paths_assign(&inventory, rules, vlans, 2);
	assert_int_equal(inventory.list[0].sea, 0); /* PVID 10 */
	assert_int_equal(inventory.list[1].sea, 1); /* PVID 20 */
	assert_true(inventory_update(&inventory, facts, &clock, changed));
	assert_int_equal(inventory.list[0].path.state, MODEL_PATH_OPTIMIZED);
	assert_int_equal(inventory.list[1].path.state, MODEL_PATH_NON_OPTIMIZED);
	/* That of none is the first one's; so are all where there is but one. */
	vlan_set_read("30", &second);
	sea_paths_assign(&inventory, rules, vlans, 2);
	assert_int_equal(inventory.list[1].sea, 0);
	vlan_set_read("20", &second);
	sea_paths_assign(&inventory, rules, vlans, 2);
	assert_int_equal(inventory.list[1].sea, 1);
	sea_paths_assign(&inventory, rules, vlans, 1);
	assert_int_equal(inventory.list[1].sea, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_the_pvid),
		TEST(rubbish_is_not_left),
		TEST(its_path_is_the_worse_one),
		TEST(each_by_its_sea),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
