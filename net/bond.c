/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bond.c - see bond.h. The main thread owns everything; it changes who is in only while no worker
 * uses the port, so workers read it without a lock (bond_drain()). A member that leaves is closed,
 * and probed anew when it comes back: the driver stops a port that joins, and net_af_packet's does
 * not open its sockets again. A port that joins is given the bond's MAC address and MTU, down to
 * the kernel's interface; the MTU is the operator's and is put back.
 */
#include "net/bond.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eth_bond.h>
#include <rte_eth_bond_8023ad.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "net/bond_lacp.h"
#include "vios-core/base/log.h"

#define DRAIN 32
/* The bond looks for members that it can use this often, and no sooner after one has joined. */
#define LOOK_MS 10
#define AWAIT_MS 200
#define NAME_BYTES 32

struct member {
	bool open, in;
	uint16_t port_id;
	unsigned ifindex; /* of the kernel's interface below it, or 0 */
	int mtu;	  /* which that had, or 0 */
	struct bond_lacp lacp;
};

struct bond {
	struct aggregate_config config;
	char name[NAME_BYTES];
	uint16_t port_id;
	bool started;
	unsigned first; /* ACTIVE_BACKUP: which one carries the traffic */
	struct member member[AGGREGATE_MEMBERS_MAX];
};

static const uint8_t modes[AGGREGATE_MODES] = {
	[AGGREGATE_ACTIVE_BACKUP] = BONDING_MODE_ACTIVE_BACKUP,
	[AGGREGATE_BALANCE_XOR] = BONDING_MODE_BALANCE,
	[AGGREGATE_8023AD] = BONDING_MODE_8023AD,
};

const struct aggregate_config *bond_config(const struct bond *bond)
{
	return &bond->config;
}

bool bond_is_in(const struct bond *bond, unsigned member)
{
	return bond->member[member].in;
}

bool bond_has_ifindex(const struct bond *bond, unsigned ifindex)
{
	for (unsigned i = 0; i < bond->config.n; i++)
		if (bond->member[i].in && ifindex && bond->member[i].ifindex == ifindex)
			return true;
	return false;
}

unsigned bond_n_in(const struct bond *bond, bool *kernel)
{
	unsigned n = 0;

	*kernel = true;
	for (unsigned i = 0; i < bond->config.n; i++) {
		if (!bond->member[i].in)
			continue;
		n++;
		*kernel &= bond->member[i].ifindex != 0;
	}
	return n;
}

void bond_iface(const struct bond *bond, unsigned member, char out[IF_NAMESIZE])
{
	const char *at = strstr(bond->config.member[member].devargs, ",iface=");
	size_t n = at ? strcspn(at + strlen(",iface="), ",") : 0;

	out[0] = '\0';
	if (n == 0 || n >= IF_NAMESIZE)
		return;
	memcpy(out, at + strlen(",iface="), n);
	out[n] = '\0';
}

bool bond_link_is_up(const struct bond *bond, unsigned member)
{
	struct rte_eth_link link;

	if (!bond->member[member].open ||
		rte_eth_link_get_nowait(bond->member[member].port_id, &link))
		return false;
	return link.link_status == RTE_ETH_LINK_UP;
}

bool bond_agreed(const struct bond *bond, unsigned member)
{
	static const uint8_t flows = STATE_COLLECTING | STATE_DISTRIBUTING;
	static const uint8_t alone = STATE_DEFAULTED | STATE_EXPIRED;
	struct rte_eth_bond_8023ad_slave_info info;

	if (bond->config.mode != AGGREGATE_8023AD || !bond->member[member].in ||
		rte_eth_bond_8023ad_slave_info(bond->port_id, bond->member[member].port_id, &info))
		return false;
	return info.selected == SELECTED && (info.actor_state & flows) == flows &&
	       !(info.actor_state & alone);
}

bool bond_is_active(const struct bond *bond, unsigned member)
{
	uint16_t active[RTE_MAX_ETHPORTS];
	int n = bond->member[member].in
			? rte_eth_bond_active_slaves_get(bond->port_id, active, RTE_MAX_ETHPORTS)
			: 0;

	for (int i = 0; i < n; i++)
		if (active[i] == bond->member[member].port_id)
			return true;
	return false;
}

static bool all_are_active(const struct bond *bond)
{
	for (unsigned i = 0; i < bond->config.n; i++)
		if (bond->member[i].in && bond_link_is_up(bond, i) && !bond_is_active(bond, i))
			return false;
	return true;
}

void bond_await_active(const struct bond *bond)
{
	for (unsigned n = 0; n < AWAIT_MS && !all_are_active(bond); n++)
		usleep(1000);
}

struct bond_counts bond_counts(const struct bond *bond, unsigned member)
{
	struct rte_eth_stats stats;

	if (!bond->member[member].open || rte_eth_stats_get(bond->member[member].port_id, &stats))
		return (struct bond_counts){0};
	return (struct bond_counts){stats.ipackets, stats.opackets};
}

/* 0 or -errno; mtu 0: asks. */
static int kernel_mtu(unsigned ifindex, int mtu)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ask = {.ifr_mtu = mtu};
	int rc = -1;

	if (fd >= 0 && if_indextoname(ifindex, ask.ifr_name))
		rc = ioctl(fd, mtu ? SIOCSIFMTU : SIOCGIFMTU, &ask);
	if (fd >= 0)
		close(fd);
	return rc < 0 ? 0 : ask.ifr_mtu;
}

static void put_mtu_back(const struct member *member)
{
	if (member->mtu && kernel_mtu(member->ifindex, 0) != member->mtu)
		kernel_mtu(member->ifindex, member->mtu);
}

bool bond_has_room(const struct bond *bond)
{
	uint16_t ids[AGGREGATE_MEMBERS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < bond->config.n; i++)
		if (bond->member[i].open)
			ids[n++] = bond->member[i].port_id;
	return bond->config.mode != AGGREGATE_8023AD || bond_lacp_has_room(bond->port_id, ids, n);
}

int bond_probe(struct bond *bond, unsigned number)
{
	struct member *member = &bond->member[number];
	const char *devargs = bond->config.member[number].devargs;
	char device[AGGREGATE_DEVARGS_MAX + 1];
	struct rte_eth_dev_info info;
	int rc;

	if (member->open)
		return 0;
	snprintf(device, sizeof(device), "%.*s", (int)strcspn(devargs, ","), devargs);
	if (!rte_eth_dev_get_port_by_name(device, &member->port_id))
		return -EEXIST;
	rc = rte_dev_probe(devargs);
	if (!rc)
		rc = rte_eth_dev_get_port_by_name(device, &member->port_id);
	if (rc)
		return rc < 0 ? rc : -ENODEV;
	member->open = true;
	member->ifindex = rte_eth_dev_info_get(member->port_id, &info) ? 0 : info.if_index;
	member->mtu = member->ifindex ? kernel_mtu(member->ifindex, 0) : 0;
	if (!bond->started || bond_has_room(bond))
		return 0;
	bond_forget(bond, number);
	return -ENOMEM;
}

int bond_join(struct bond *bond, unsigned number)
{
	struct member *member = &bond->member[number];

	if (rte_eth_bond_slave_add(bond->port_id, member->port_id))
		return -EIO;
	member->in = true;
	if (bond->config.mode == AGGREGATE_8023AD)
		bond_lacp_ask(&member->lacp, member->port_id);
	/* The driver does so with those that carry traffic, and not when they change. */
	(void)!rte_eth_promiscuous_enable(member->port_id);
	put_mtu_back(member);
	return 0;
}

void bond_leave(struct bond *bond, unsigned number)
{
	bond_lacp_undo(&bond->member[number].lacp, bond->member[number].port_id);
	rte_eth_bond_slave_remove(bond->port_id, bond->member[number].port_id);
	bond->member[number].in = false;
}

void bond_set_first(struct bond *bond, unsigned number)
{
	bond->first = number;
	rte_eth_bond_primary_set(bond->port_id, bond->member[number].port_id);
}

void bond_forget(struct bond *bond, unsigned number)
{
	struct member *member = &bond->member[number];
	struct rte_eth_dev_info info;
	int rc;

	if (!member->open)
		return;
	rc = rte_eth_dev_info_get(member->port_id, &info);
	rte_eth_dev_stop(member->port_id);
	rte_eth_dev_close(member->port_id);
	if (!rc)
		rte_dev_remove(info.device);
	member->open = false;
}

void bond_drain(struct bond *bond, uint16_t queue)
{
	struct rte_mbuf *frames[DRAIN];

	if (bond->config.mode != AGGREGATE_ACTIVE_BACKUP)
		return;
	for (unsigned i = 0; i < bond->config.n; i++)
		if (bond->member[i].in && i != bond->first)
			rte_pktmbuf_free_bulk(frames,
				rte_eth_rx_burst(bond->member[i].port_id, queue, frames, DRAIN));
}

/* Those that can be. Returns how many. */
static unsigned probe_all(struct bond *bond, char *why, size_t why_size)
{
	unsigned n = 0;

	for (unsigned i = 0; i < bond->config.n; i++) {
		const struct aggregate_member *member = &bond->config.member[i];
		int rc = bond_probe(bond, i);

		n += rc == 0;
		if (rc == 0)
			continue;
		snprintf(why, why_size,
			"uplink: no member of the aggregation can be used; %s, devargs \"%s\": %s",
			member->name, member->devargs,
			rc == -EEXIST ? "a device of that name is in use"
				      : "DPDK cannot use it; correct the driver's name and "
					"arguments, or create its interface in this VIOS");
		log_warn("member-absent", "member=%s devargs=%s error=\"%s\"", member->name,
			member->devargs, strerror(-rc));
	}
	return n;
}

static int make_port(struct bond *bond, char *why, size_t why_size)
{
	static unsigned serial; /* an old and a new one may exist side by side; main thread */
	int port;

	snprintf(bond->name, sizeof(bond->name), "net_bonding%u", serial++);
	port = rte_eth_bond_create(bond->name, modes[bond->config.mode], 0);
	if (port < 0) {
		snprintf(why, why_size, "uplink: DPDK makes no bonding port (%s)", strerror(-port));
		return -EIO;
	}
	bond->port_id = (uint16_t)port;
	bond->first = AGGREGATE_NONE;
	rte_eth_bond_xmit_policy_set(bond->port_id, BALANCE_XMIT_POLICY_LAYER34);
	rte_eth_bond_link_monitoring_set(bond->port_id, LOOK_MS);
	if (bond->config.mode == AGGREGATE_8023AD && bond_lacp_times(bond->port_id))
		log_warn("lacp-slow", "bond=%s", bond->name);
	for (unsigned i = 0; i < bond->config.n; i++) {
		if (!bond->member[i].open)
			continue;
		if (bond_join(bond, i)) {
			snprintf(why, why_size,
				"uplink: member %s, devargs \"%s\", does not fit the others of its "
				"aggregation; take like ones",
				bond->config.member[i].name, bond->config.member[i].devargs);
			return -EINVAL;
		}
		if (bond->first == AGGREGATE_NONE)
			bond->first = i;
	}
	if (bond->config.mode == AGGREGATE_ACTIVE_BACKUP)
		bond_set_first(bond, bond->first);
	return 0;
}

int bond_open(const struct aggregate_config *config, struct bond **out, uint16_t *port_id,
	char *why, size_t why_size)
{
	struct bond *bond = calloc(1, sizeof(*bond));
	int rc = -ENODEV;

	if (!bond)
		return -ENOMEM;
	bond->config = *config;
	if (probe_all(bond, why, why_size))
		rc = make_port(bond, why, why_size);
	if (rc) {
		bond_close(bond);
		return rc;
	}
	*port_id = bond->port_id;
	*out = bond;
	return 0;
}

void bond_started(struct bond *bond)
{
	bond->started = true;
	for (unsigned i = 0; i < bond->config.n; i++) {
		if (!bond->member[i].in)
			continue;
		if (bond->config.mode == AGGREGATE_8023AD)
			bond_lacp_ask(&bond->member[i].lacp, bond->member[i].port_id);
		(void)!rte_eth_promiscuous_enable(bond->member[i].port_id);
		put_mtu_back(&bond->member[i]);
	}
}

void bond_close(struct bond *bond)
{
	uint16_t port_id;

	/* Its close lets go of the members, which get their own MAC addresses back. */
	if (bond->name[0] && !rte_eth_dev_get_port_by_name(bond->name, &port_id)) {
		rte_eth_dev_stop(port_id);
		for (unsigned i = 0; i < bond->config.n; i++)
			if (bond->member[i].in)
				bond_leave(bond, i);
		rte_eth_bond_free(bond->name);
	}
	for (unsigned i = 0; i < bond->config.n; i++)
		bond_forget(bond, i);
	free(bond);
}
