/* SPDX-License-Identifier: BSD-3-Clause */
/* uplink_use_test.c - which device the devargs of an uplink mean. One thread. */
#include "vios-core/daemon/uplink_use.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct uplink_use uplinks[] = {
	{"ent0", "net_af_packet0,iface=up0,framesz=2048"},
	{"ent1", "3B:00.1,mac=0000:3b:00.2"},
	{"ent2", "pci:0000:3b:00.3"},
	{"ent3", "net_null0"},
};
#define N_UPLINKS (sizeof(uplinks) / sizeof(uplinks[0]))

static const char *of_port(const char *name, const char *bus)
{
	struct port_facts facts = {0};

	strcpy(facts.name, name);
	strcpy(facts.bus, bus);
	return uplink_use_port(uplinks, N_UPLINKS, &facts);
}

static const char *of_pci(const char *address)
{
	struct pci_facts facts = {0};

	strcpy(facts.address, address);
	return uplink_use_pci(uplinks, N_UPLINKS, &facts);
}

static void ports_are_meant_by_name_or_address(void **state)
{
	assert_ptr_equal(of_port("up0", ""), uplinks[0].name);
	assert_null(of_port("up1", ""));
	assert_null(of_port("up", "0000:03:00.0"));
	assert_ptr_equal(of_port("ens1", "0000:3b:00.1"), uplinks[1].name);
}

static void functions_are_meant_by_address(void **state)
{
	assert_ptr_equal(of_pci("0000:3b:00.1"), uplinks[1].name);
	assert_null(of_pci("0000:3b:00.2"));
	assert_ptr_equal(of_pci("0000:3b:00.3"), uplinks[2].name);
	assert_null(uplink_use_pci(uplinks, 0, &(struct pci_facts){.address = "0000:3b:00.1"}));
}

static void devices_have_their_own_names(void **state)
{
	char out[PORT_NAME_BYTES];

	assert_true(uplink_use_device(&uplinks[0], out));
	assert_string_equal(out, "up0");
	assert_true(uplink_use_device(&uplinks[1], out));
	assert_string_equal(out, "0000:3b:00.1");
	assert_false(uplink_use_device(&uplinks[3], out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_meant_by_name_or_address),
		cmocka_unit_test(functions_are_meant_by_address),
		cmocka_unit_test(devices_have_their_own_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
