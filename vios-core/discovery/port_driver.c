// SPDX-License-Identifier: BSD-3-Clause
/*
 * port_driver.c - asks by ioctl, because sysfs may show another network namespace than viosd's, and
 * rtnetlink tells neither driver nor speed. Runs on viosd's one thread.
 */
#include "vios-core/discovery/port_driver.h"

#include "vios-core/discovery/plain.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESS_MAX 32 /* MAX_ADDR_LEN */
#define WORDS_MAX 127  /* of each of the three link mode masks; the kernel's counter is 8 bits */

static int ask(int fd, const char *name, void *request)
{
	struct ifreq ifr = {0};

	memcpy(ifr.ifr_name, name, strnlen(name, sizeof(ifr.ifr_name) - 1));
	ifr.ifr_data = request;
	return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

static void ask_names(int fd, struct port_facts *facts)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (ask(fd, facts->name, &info) < 0)
		return;
	plain_copy(info.driver, sizeof(info.driver), facts->driver, sizeof(facts->driver));
	plain_copy(info.bus_info, sizeof(info.bus_info), facts->bus, sizeof(facts->bus));
	/* tun and veth write words there; whoever is on a bus has an address with a digit */
	if (!strpbrk(facts->bus, "0123456789"))
		facts->bus[0] = '\0';
}

/* The first call tells how long the masks are (as a negative number), the second fills them in. */
static void ask_speed(int fd, struct port_facts *facts)
{
	union { /* the masks follow the head */
		struct ethtool_link_settings head;
		uint8_t room[sizeof(struct ethtool_link_settings) +
			     3 * WORDS_MAX * sizeof(uint32_t)];
	} settings = {.head.cmd = ETHTOOL_GLINKSETTINGS};

	if (!facts->carrier || ask(fd, facts->name, &settings) < 0 ||
		settings.head.link_mode_masks_nwords >= 0 ||
		settings.head.cmd != ETHTOOL_GLINKSETTINGS)
		return;
	int words = -settings.head.link_mode_masks_nwords;
	memset(&settings, 0, sizeof(settings));
	settings.head.cmd = ETHTOOL_GLINKSETTINGS;
	settings.head.link_mode_masks_nwords = (int8_t)words;
	if (words > WORDS_MAX || ask(fd, facts->name, &settings) < 0 ||
		settings.head.link_mode_masks_nwords != words)
		return;
	if (settings.head.speed != (uint32_t)SPEED_UNKNOWN)
		facts->speed_mbit = settings.head.speed;
}

static void ask_permanent(int fd, struct port_facts *facts)
{
	union {
		struct ethtool_perm_addr head;
		uint8_t room[sizeof(struct ethtool_perm_addr) + ADDRESS_MAX];
	} answer = {.head = {.cmd = ETHTOOL_GPERMADDR, .size = ADDRESS_MAX}};

	if (ask(fd, facts->name, &answer) == 0 && answer.head.size == sizeof(facts->permanent_mac))
		memcpy(facts->permanent_mac, answer.head.data, sizeof(facts->permanent_mac));
}

void port_driver_ask(struct port_facts *facts)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	facts->asked = true;
	facts->speed_mbit = 0;
	facts->driver[0] = facts->bus[0] = '\0';
	memset(facts->permanent_mac, 0, sizeof(facts->permanent_mac));
	if (fd < 0)
		return;
	ask_names(fd, facts);
	ask_speed(fd, facts);
	ask_permanent(fd, facts);
	close(fd);
}
