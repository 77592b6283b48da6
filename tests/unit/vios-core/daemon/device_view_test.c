/* SPDX-License-Identifier: BSD-3-Clause */
/* device_view_test.c - the one list: its order, which devices are uplinks, which are missing. One
 * thread. */
#include "vios-core/daemon/device_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct uplink_use uplinks[] = {
	{"ent0", "net_af_packet0,iface=up0"},
	{"ent1", "0000:3b:00.0"},
	{"ent2", "net_null0"},
	{"ent3", "net_af_packet1,iface=up3"},
	{"ent4", "0000:3b:00.9"},
	{"ent5", "0000:3c:00.0"},
};

static void expect(const struct device_list *list, size_t i, const char *name, const char *status,
	const char *uplink)
{
	json_t *device = json_array_get(list->array, i);
	const char *is =
		json_string_value(json_object_get(json_object_get(device, "attrs"), "uplink"));

	assert_string_equal(json_string_value(json_object_get(device, "name")), name);
	assert_string_equal(json_string_value(json_object_get(device, "status")), status);
	assert_string_equal(is ? is : "", uplink);
}

static void everything_found_or_missing_is_listed(void **state)
{
	const struct port_facts ports[] = {{.name = "eth0"}, {.name = "up0"}};
	const struct pci_facts pci[] = {{.address = "0000:3b:00.0", .driver = "vfio-pci"}};
	json_t *disks = json_pack("[{s:s, s:s}]", "name", "sda", "status", "Available");
	struct device_view view = {.uplinks = uplinks,
		.n_uplinks = sizeof(uplinks) / sizeof(uplinks[0]),
		.ports = ports,
		.n_ports = 2,
		.pci = pci,
		.n_pci = 1,
		.disks = disks};
	struct device_list list;

	assert_int_equal(device_view_make(&view, &list), 0);
	json_decref(disks);
	assert_int_equal(json_array_size(list.array), 6);
	expect(&list, 0, "eth0", "Available", "");
	expect(&list, 1, "up0", "Available", "ent0");
	expect(&list, 2, "0000:3b:00.0", "Defined", "ent1");
	expect(&list, 3, "up3", "Defined", "ent3");
	expect(&list, 4, "0000:3c:00.0", "Defined", "ent5");
	expect(&list, 5, "sda", "Available", "");
	device_list_fini(&list);
}

static void nothing_makes_an_empty_list(void **state)
{
	struct device_view view = {0};
	struct device_list list;

	assert_int_equal(device_view_make(&view, &list), 0);
	assert_int_equal(json_array_size(list.array), 0);
	device_list_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_found_or_missing_is_listed),
		cmocka_unit_test(nothing_makes_an_empty_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
