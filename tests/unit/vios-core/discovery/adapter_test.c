/* SPDX-License-Identifier: BSD-3-Clause */
/* adapter_test.c - ports and PCI functions as objects; PCI functions from a fake sysfs. One thread.
 */
#include "tests/unit/vios-core/discovery/fake_root.h"
#include "vios-core/discovery/pci_scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NIC "0000:3b:00.1"
#define NIC_DIR "sys/bus/pci/devices/" NIC

static void addresses_are_put_into_one_form(void **state)
{
	static const char *const bad[] = {"", "3b:00", "3b:00.8", "3b:00.1x", "g0:00.0",
		"0000:3b:00.1 ", "00003b:00.1", "net_null0", "0000:3b:00.", "0000;3b:00.1"};
	char out[PCI_ADDRESS_BYTES];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pci_address(bad[i], out));
	assert_true(pci_address("3B:00.1", out));
	assert_string_equal(out, "0000:3b:00.1");
	assert_true(pci_address("aBCD:3b:1f.7", out));
	assert_string_equal(out, "abcd:3b:1f.7");
}

static json_t *value(json_t *device, const char *key)
{
	json_t *own = json_object_get(device, key);

	return own ? own : json_object_get(json_object_get(device, "attrs"), key);
}

static const char *text(json_t *device, const char *key)
{
	return json_string_value(value(device, key));
}

static void a_physical_port_is_described(void **state)
{
	struct port_facts facts = {.ifindex = 2,
		.name = "enp3s0",
		.mac = {2, 0x76, 0x69, 0, 0, 1},
		.mtu = 9000,
		.up = true,
		.carrier = true,
		.driver = "ixgbe",
		.bus = "0000:03:00.0",
		.speed_mbit = 10000,
		.permanent_mac = {0, 0x1b, 0x21, 0, 0, 9}};
	json_t *port = port_json(&facts, "ent0");

	assert_string_equal(text(port, "name"), "enp3s0");
	assert_string_equal(text(port, "class"), "adapter");
	assert_string_equal(text(port, "type"), "ethernet");
	assert_string_equal(text(port, "status"), "Available");
	assert_string_equal(text(port, "description"), "Ethernet port (ixgbe at 0000:03:00.0)");
	assert_string_equal(text(port, "identity"), "mac.001b21000009");
	assert_string_equal(text(port, "mac"), "02:76:69:00:00:01");
	assert_string_equal(text(port, "link"), "up");
	assert_string_equal(text(port, "uplink"), "ent0");
	assert_int_equal(json_integer_value(value(port, "speed_mbit")), 10000);
	assert_int_equal(json_integer_value(value(port, "mtu")), 9000);
	assert_true(json_is_true(value(port, "physical")));
	json_decref(port);
	facts.up = false; /* the wire may have its carrier still */
	port = port_json(&facts, NULL);
	assert_string_equal(text(port, "link"), "down");
	assert_true(json_is_null(value(port, "uplink")));
	json_decref(port);
}

static void a_virtual_port_has_no_identity(void **state)
{
	struct port_facts facts = {.name = "up0", .kind = "veth", .driver = "veth"};
	json_t *port = port_json(&facts, NULL);

	assert_string_equal(text(port, "description"), "Virtual Ethernet interface (veth)");
	assert_true(json_is_null(value(port, "identity")));
	assert_true(json_is_null(value(port, "speed_mbit")));
	assert_true(json_is_false(value(port, "physical")));
	json_decref(port);
	port = adapter_missing_json("up1", "ent1");
	assert_string_equal(text(port, "status"), "Defined");
	assert_string_equal(text(port, "uplink"), "ent1");
	json_decref(port);
}

static void make_nic(const char *class_code, const char *driver)
{
	fake_file(NIC_DIR "/class", class_code);
	fake_file(NIC_DIR "/vendor", "0x8086\n");
	fake_file(NIC_DIR "/device", "0x10fb\n");
	if (driver)
		fake_link(NIC_DIR "/driver", driver);
}

static void expect_status(const char *status, const char *node)
{
	struct pci_facts facts;

	assert_int_equal(pci_scan_read(fake_root(), NIC, &facts), 0);
	assert_string_equal(facts.node, node);
	json_t *device = pci_json(&facts, NULL);
	assert_string_equal(text(device, "name"), NIC);
	assert_string_equal(text(device, "status"), status);
	assert_string_equal(text(device, "pci_id"), "8086:10fb");
	json_decref(device);
}

static void a_function_of_vfio_needs_its_groups_node(void **state)
{
	make_nic("0x020000\n", "../../../bus/pci/drivers/vfio-pci");
	expect_status("Defined", "");
	fake_link(NIC_DIR "/iommu_group", "../../../kernel/iommu_groups/12");
	expect_status("Defined", "/dev/vfio/12");
	fake_file("dev/vfio/12", "");
	expect_status("Available", "/dev/vfio/12");
	fake_file("dev/vfio/noiommu-12", "");
	expect_status("Available", "/dev/vfio/noiommu-12");
}

static void a_function_of_uio_needs_its_node(void **state)
{
	make_nic("0x020000\n", "../../../bus/pci/drivers/igb_uio");
	expect_status("Defined", "");
	fake_dir(NIC_DIR "/uio/uio3");
	expect_status("Defined", "/dev/uio3");
	fake_file("dev/uio3", "");
	expect_status("Available", "/dev/uio3");
}

static void a_function_without_a_driver_is_defined(void **state)
{
	make_nic("0x028000\n", NULL);
	expect_status("Defined", "");
}

static void others_are_left_out(void **state)
{
	struct pci_facts facts;
	struct sysfile_names names;

	assert_int_equal(pci_scan_list(fake_root(), &names), 0);
	assert_int_equal(names.n, 0);
	make_nic("0x020000\n", "../../../bus/pci/drivers/ixgbe");
	assert_int_equal(pci_scan_read(fake_root(), NIC, &facts), -ENODEV);
	assert_int_equal(pci_scan_list(fake_root(), &names), 0);
	assert_int_equal(names.n, 1);
	sysfile_names_fini(&names);
	fake_file("sys/bus/pci/devices/0000:04:00.0/class", "0x010802\n"); /* a disk's, for SPDK */
	fake_link("sys/bus/pci/devices/0000:04:00.0/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_int_equal(pci_scan_read(fake_root(), "0000:04:00.0", &facts), -ENODEV);
	fake_file(NIC_DIR "/class", "garbage\n");
	assert_int_equal(pci_scan_read(fake_root(), NIC, &facts), -ENODEV);
	assert_int_equal(pci_scan_read(fake_root(), "0000:3b:00.2", &facts), -ENODEV);
	assert_int_equal(pci_scan_read(fake_root(), "../../x", &facts), -ENODEV);
}

#define with_root(fn) cmocka_unit_test_setup_teardown(fn, fake_set_up, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_put_into_one_form),
		cmocka_unit_test(a_physical_port_is_described),
		cmocka_unit_test(a_virtual_port_has_no_identity),
		with_root(a_function_of_vfio_needs_its_groups_node),
		with_root(a_function_of_uio_needs_its_node),
		with_root(a_function_without_a_driver_is_defined),
		with_root(others_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
