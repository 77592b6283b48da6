/* SPDX-License-Identifier: BSD-3-Clause */
/* inventory_test.c - the frame gets other clients: what was known of an adapter follows its id, and
 * nothing follows a name that another one bears now. */
#include "vios-core/daemon/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct model_client before_clients[] = {
	{.name = "lpar1",
		.n_adapters = 3,
		.adapters = {{.name = "eth0", .id = 9}, {.name = "eth1", .id = 4},
			{.name = "eth2", .id = 6}}},
	{.name = "lpar2", .n_adapters = 1, .adapters = {{.name = "eth0", .id = 2}}},
};
static const struct model_frame before = {.n_vios = 2,
	.vios = {{.name = "vios1"}, {.name = "vios2"}},
	.n_clients = 2,
	.clients = before_clients};
static struct inventory inventory;

static int setup(void **state)
{
	if (inventory_init(&inventory, &before) < 0)
		return -1;
	for (size_t i = 0; i < inventory.n; i++) {
		struct inventory_adapter *entry = &inventory.list[i];

		entry->path = (struct path){MODEL_PATH_NON_OPTIMIZED, 100 + entry->model->id};
		entry->report = (struct adapter_status){
			.known = true, .live = 1, .start = entry->model->id};
	}
	inventory_find(&inventory, "lpar1/eth1")->quarantined = true;
	inventory_find(&inventory, "lpar2/eth0")->held = true;
	return 0;
}

static int teardown(void **state)
{
	inventory_fini(&inventory);
	return 0;
}

static void what_stays_is_known(void **state)
{
	static struct model_client clients[] = {
		{.name = "lpar0", .n_adapters = 1, .adapters = {{.name = "eth0", .id = 11}}},
		{.name = "lpar1",
			.n_adapters = 2,
			.adapters = {{.name = "eth1", .id = 4}, {.name = "eth0", .id = 9}}},
		{.name = "lpar2", .n_adapters = 1, .adapters = {{.name = "eth0", .id = 2}}},
	};
	const struct model_frame after = {.n_clients = 3, .clients = clients};
	const struct inventory_adapter *entry;
	size_t n;

	assert_int_equal(inventory_follow(&inventory, &after), 0);
	assert_ptr_equal(inventory.frame, &after);
	assert_int_equal(inventory.n, 4);
	assert_ptr_equal(inventory_of_client(&inventory, 1, &n), &inventory.list[1]);
	assert_int_equal(n, 2);
	entry = inventory_find(&inventory, "lpar1/eth1");
	assert_ptr_equal(entry->model, &clients[1].adapters[0]);
	assert_int_equal(entry->path.generation, 104);
	assert_int_equal(entry->path.state, MODEL_PATH_NON_OPTIMIZED);
	assert_int_equal(entry->report.start, 4);
	assert_true(entry->quarantined && !entry->held);
	entry = inventory_find(&inventory, "lpar2/eth0");
	assert_int_equal(entry->client, 2);
	assert_true(entry->held && !entry->quarantined);
	assert_int_equal(inventory_find(&inventory, "lpar1/eth0")->path.generation, 109);
	assert_null(inventory_find(&inventory, "lpar1/eth2"));
	/* the new one is unknown: its path's first state will be news */
	entry = inventory_find(&inventory, "lpar0/eth0");
	assert_int_equal(entry->path.generation, 0);
	assert_int_equal(entry->report.live, -1);
	assert_false(entry->report.known);
}

static void a_name_proves_nothing(void **state)
{
	static struct model_client clients[] = {
		{.name = "lpar1",
			.n_adapters = 2,
			.adapters = {{.name = "eth1", .id = 12}, {.name = "eth9", .id = 9}}},
	};
	const struct model_frame after = {.n_clients = 1, .clients = clients};
	const struct inventory_adapter *entry;

	assert_int_equal(inventory_follow(&inventory, &after), 0);
	entry = inventory_find(&inventory, "lpar1/eth1");
	assert_false(entry->quarantined || entry->report.known);
	assert_int_equal(entry->path.generation, 0);
	/* renamed: the path is the adapter's, but the mux spoke of another name */
	entry = inventory_find(&inventory, "lpar1/eth9");
	assert_int_equal(entry->path.generation, 109);
	assert_false(entry->report.known);
}

static void all_may_go_and_come(void **state)
{
	const struct model_frame none = {0};

	assert_int_equal(inventory_follow(&inventory, &none), 0);
	assert_int_equal(inventory.n, 0);
	assert_null(inventory_find(&inventory, "lpar1/eth0"));
	assert_int_equal(inventory_follow(&inventory, &before), 0);
	assert_int_equal(inventory.n, 4);
	assert_false(inventory_find(&inventory, "lpar1/eth1")->quarantined);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_stays_is_known),
		TEST(a_name_proves_nothing),
		TEST(all_may_go_and_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
