// SPDX-License-Identifier: BSD-3-Clause
/* adapter.c - network devices as operators see them. Pure; the caller has gathered the facts. */
#include "vios-core/discovery/adapter.h"

#include <stdio.h>
#include <string.h>

#define CLASS_NETWORK 0x02 /* PCI Code and ID Assignment, 1.3 */

static json_t *text_or_null(const char *text)
{
	return text && text[0] ? json_string(text) : json_null();
}

static json_t *mac_json(const uint8_t mac[6])
{
	return json_sprintf(
		"%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* The address in the hardware stays with it, whatever is set and wherever it is plugged in. */
static json_t *port_identity(const uint8_t mac[6])
{
	static const uint8_t none[6];

	if (memcmp(mac, none, sizeof(none)) == 0)
		return json_null();
	return json_sprintf(
		"mac.%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* x: a hexadecimal digit; 7: 0 to 7. */
static bool matches(const char *text, const char *pattern)
{
	for (; *pattern; pattern++, text++) {
		bool good = *pattern == 'x'   ? is_hex(*text)
			    : *pattern == '7' ? *text >= '0' && *text <= '7'
					      : *text == *pattern;
		if (!good)
			return false;
	}
	return *text == '\0';
}

bool pci_address(const char *text, char out[PCI_ADDRESS_BYTES])
{
	if (matches(text, "xx:xx.7"))
		snprintf(out, PCI_ADDRESS_BYTES, "0000:%.7s", text);
	else if (matches(text, "xxxx:xx:xx.7"))
		snprintf(out, PCI_ADDRESS_BYTES, "%.12s", text);
	else
		return false;
	for (char *c = out; *c; c++)
		if (*c >= 'A' && *c <= 'F')
			*c = (char)(*c - 'A' + 'a');
	return true;
}

bool pci_driver_is_dpdk(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "uio_pci_generic") == 0 ||
	       strcmp(driver, "igb_uio") == 0;
}

bool pci_wanted(const struct pci_facts *facts)
{
	return facts->class_code >> 16 == CLASS_NETWORK &&
	       (!facts->driver[0] || pci_driver_is_dpdk(facts->driver));
}

bool port_physical(const struct port_facts *facts)
{
	return !facts->kind[0] && facts->bus[0];
}

static json_t *port_description(const struct port_facts *facts)
{
	if (port_physical(facts))
		return json_sprintf("Ethernet port (%s at %s)", facts->driver, facts->bus);
	const char *what = facts->kind[0] ? facts->kind : facts->driver;
	return json_sprintf("Virtual Ethernet interface (%s)", what[0] ? what : "unknown");
}

json_t *port_json(const struct port_facts *facts, const char *uplink)
{
	json_t *attrs = json_pack("{s:o, s:o, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:b, s:o}",
		"identity", port_identity(facts->permanent_mac), "mac", mac_json(facts->mac), "mtu",
		(json_int_t)facts->mtu, "admin", facts->up ? "up" : "down", "link",
		facts->up && facts->carrier ? "up" : "down", "speed_mbit",
		facts->speed_mbit ? json_integer(facts->speed_mbit) : json_null(), "driver",
		text_or_null(facts->driver), "kind", text_or_null(facts->kind), "bus",
		text_or_null(facts->bus), "physical", (int)port_physical(facts), "dpdk", 0,
		"uplink", text_or_null(uplink));

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "name", facts->name, "class", "adapter",
		"type", "ethernet", "status", "Available", "description", port_description(facts),
		"attrs", attrs);
}

json_t *pci_json(const struct pci_facts *facts, const char *uplink)
{
	bool dpdk = pci_driver_is_dpdk(facts->driver);
	json_t *attrs = json_pack("{s:n, s:o, s:s, s:o, s:o, s:b, s:b, s:o}", "identity", "driver",
		text_or_null(facts->driver), "bus", facts->address, "node",
		text_or_null(facts->node), "pci_id",
		json_sprintf("%04x:%04x", facts->vendor & 0xffff, facts->device & 0xffff),
		"physical", 1, "dpdk", (int)dpdk, "uplink", text_or_null(uplink));

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "name", facts->address, "class",
		"adapter", "type", "ethernet", "status",
		dpdk && facts->has_node ? "Available" : "Defined", "description",
		dpdk ? json_sprintf("PCI Ethernet port for DPDK (%s)", facts->driver)
		     : json_string("PCI Ethernet port without a driver"),
		"attrs", attrs);
}

json_t *adapter_missing_json(const char *name, const char *uplink)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:n, s:s}}", "name", name, "class",
		"adapter", "type", "ethernet", "status", "Defined", "description",
		json_sprintf("Uplink %s, not there", uplink), "attrs", "identity", "uplink",
		uplink);
}
