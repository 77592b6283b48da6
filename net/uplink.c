/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The uplink: probes an ethdev by its devargs, configures queues for the workers, and moves bursts.
 * Opened and closed by the main thread, used by workers in between; it owns packet memory only for
 * frames too long for the shared one.
 *
 * Where the driver sits on a kernel socket (net_af_packet, net_af_xdp), that socket is found among
 * the process's descriptors and becomes the wake-up source of sleeping workers: poll(2) on it says
 * whether its ring holds frames, and costs nothing while they are busy.
 */
#include "net/uplink.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_spinlock.h>

#include "net/bond.h"
#include "net/frame.h"
#include "net/offload.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif

#define RX_MBUFS 1023
#define RX_CACHE 128
#define RING_DESCRIPTORS 512

struct uplink {
	struct uplink_config config;
	size_t frame_max_bytes;
	uint16_t port_id;
	struct bond *bond; /* NULL: it is no aggregation */
	uint16_t n_rx, n_tx;
	unsigned n_workers;
	unsigned ifindex;
	unsigned can; /* OFFLOAD_* */
	struct rte_mempool *pool;
	struct rte_mempool *own_pool; /* the same, or NULL when it is shared */
	rte_spinlock_t tx_lock;	      /* taken only when there are fewer queues than workers */
	size_t n_sockets;
	int sockets[UPLINK_QUEUES_MAX]; /* the driver's; in the order in which it opened them */
};

const struct uplink_config *uplink_config(const struct uplink *uplink)
{
	return &uplink->config;
}

unsigned uplink_ifindex(const struct uplink *uplink)
{
	return uplink->ifindex;
}

uint64_t uplink_mac(const struct uplink *uplink)
{
	struct rte_ether_addr mac;

	return rte_eth_macaddr_get(uplink->port_id, &mac) ? 0 : frame_mac_number(mac.addr_bytes);
}

struct bond *uplink_bond(const struct uplink *uplink)
{
	return uplink->bond;
}

bool uplink_ticks(const struct uplink *uplink)
{
	return uplink->bond && uplink->config.aggregate.mode == AGGREGATE_8023AD;
}

unsigned uplink_can(const struct uplink *uplink)
{
	return uplink->can;
}

bool uplink_link_is_up(const struct uplink *uplink)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(uplink->port_id, &link))
		return true;
	return link.link_status == RTE_ETH_LINK_UP;
}

/* After a failure: says what is wrong with an interface named in devargs, which drivers report as a
 * bare number. */
static bool explain_iface(const char *devargs, char *why, size_t why_size)
{
	const char *iface = strstr(devargs, "iface=");
	char name[IF_NAMESIZE] = "";
	size_t n;

	if (!iface)
		return false;
	iface += strlen("iface=");
	n = strcspn(iface, ",");
	if (n && n < sizeof(name))
		memcpy(name, iface, n);
	if (if_nametoindex(name))
		return false;
	snprintf(why, why_size,
		"uplink devargs \"%s\": there is no network interface \"%.*s\" here; create it in "
		"this "
		"VIOS or correct iface=",
		devargs, (int)n, iface);
	return true;
}

static int probe(struct uplink *uplink, char *why, size_t why_size)
{
	const char *devargs = uplink->config.devargs;
	char device[UPLINK_DEVARGS_MAX + 1];
	int rc;

	if (uplink->config.aggregate.n)
		return bond_open(
			&uplink->config.aggregate, &uplink->bond, &uplink->port_id, why, why_size);
	snprintf(device, sizeof(device), "%.*s", (int)strcspn(devargs, ","), devargs);
	if (!rte_eth_dev_get_port_by_name(device, &uplink->port_id)) {
		snprintf(why, why_size,
			"uplink devargs \"%s\": a device named \"%s\" is in use; give the new one "
			"another "
			"number",
			devargs, device);
		return -EEXIST;
	}
	rc = rte_dev_probe(devargs);
	if (!rc && !rte_eth_dev_get_port_by_name(device, &uplink->port_id))
		return 0;
	if (!explain_iface(devargs, why, why_size))
		snprintf(why, why_size,
			"uplink devargs \"%s\": DPDK cannot use it (%s); correct the driver's name "
			"and "
			"arguments, e.g. \"net_af_packet0,iface=up0\"",
			devargs,
			rc ? strerror(rc < 0 ? -rc : rc) : "no Ethernet device came of it");
	return rc < 0 ? rc : -ENODEV;
}

/* net_af_packet spreads frames over all queues that it was given; one that is not read would lose
 * its share. So may a member of an aggregation. */
static uint16_t rx_queues(const struct rte_eth_dev_info *info, unsigned n_workers)
{
	uint16_t n = info->max_rx_queues;

	if (!info->driver_name || (strcmp(info->driver_name, "net_af_packet") != 0 &&
					  strcmp(info->driver_name, "net_bonding") != 0))
		n = RTE_MIN(n, (uint16_t)n_workers);
	return RTE_MIN(n, (uint16_t)UPLINK_QUEUES_MAX);
}

#define TX_CHECKSUMS                                                                               \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |                            \
		RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define TX_CUT (TX_CHECKSUMS | RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

/* What is left to the driver, which has one bit for TCP over both versions of IP; net_tap, which
 * cuts with rte_gso, means version 4. */
static unsigned can_of(const struct rte_eth_dev_info *info)
{
	const uint64_t has = info->tx_offload_capa;
	unsigned can = has & RTE_ETH_TX_OFFLOAD_MULTI_SEGS ? OFFLOAD_CHAINS : 0;

	if ((has & TX_CHECKSUMS) == TX_CHECKSUMS)
		can |= OFFLOAD_CHECKSUM;
	if ((has & TX_CUT) == TX_CUT)
		can |= OFFLOAD_TSO4;
	if ((can & OFFLOAD_TSO4) && strcmp(info->driver_name, "net_tap"))
		can |= OFFLOAD_TSO6;
	return can;
}

static int set_up_queues(struct uplink *uplink, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {0};
	int rc = 0;

	uplink->can = can_of(info);
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (uplink->can & OFFLOAD_CHECKSUM)
		conf.txmode.offloads |= TX_CHECKSUMS;
	if (uplink->can & OFFLOAD_TSO4)
		conf.txmode.offloads |= TX_CUT;
	if (uplink->n_rx > 1 && (info->flow_type_rss_offloads & RTE_ETH_RSS_IP)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & RTE_ETH_RSS_IP;
	}
	rc = rte_eth_dev_configure(uplink->port_id, uplink->n_rx, uplink->n_tx, &conf);
	for (uint16_t q = 0; q < uplink->n_rx && !rc; q++)
		rc = rte_eth_rx_queue_setup(
			uplink->port_id, q, RING_DESCRIPTORS, SOCKET_ID_ANY, NULL, uplink->pool);
	for (uint16_t q = 0; q < uplink->n_tx && !rc; q++)
		rc = rte_eth_tx_queue_setup(
			uplink->port_id, q, RING_DESCRIPTORS, SOCKET_ID_ANY, NULL);
	return rc;
}

static bool is_drivers_socket(const struct uplink *uplink, int fd)
{
	struct sockaddr_ll address = {0};
	socklen_t len = sizeof(int);
	int domain;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len))
		return false;
	if (domain == AF_XDP)
		return true;
	len = sizeof(address);
	if (domain != AF_PACKET || getsockname(fd, (struct sockaddr *)&address, &len))
		return false;
	return uplink->bond ? bond_has_ifindex(uplink->bond, (unsigned)address.sll_ifindex)
			    : (unsigned)address.sll_ifindex == uplink->ifindex;
}

static void find_sockets(struct uplink *uplink)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_drivers_socket(uplink, fd) &&
			uplink->n_sockets < UPLINK_QUEUES_MAX)
			uplink->sockets[uplink->n_sockets++] = fd;
	}
	closedir(dir);
}

void uplink_members_changed(struct uplink *uplink)
{
	uplink->n_sockets = 0;
	find_sockets(uplink);
}

static int start(struct uplink *uplink, char *why, size_t why_size)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(uplink->port_id, &info);

	if (rc)
		goto explain;
	uplink->ifindex = info.if_index;
	uplink->n_rx = rx_queues(&info, uplink->n_workers);
	uplink->n_tx = RTE_MIN(info.max_tx_queues, (uint16_t)uplink->n_workers);
	rc = uplink->n_rx && uplink->n_tx ? set_up_queues(uplink, &info) : -ENOTSUP;
	if (!rc && uplink->bond && !bond_has_room(uplink->bond)) {
		snprintf(why, why_size,
			"uplink: no memory for LACP on the members of the aggregation; raise "
			"memory_mb of this VIOS");
		return -ENOMEM;
	}
	if (!rc)
		rc = rte_eth_dev_start(uplink->port_id);
	if (rc)
		goto explain;
	/* A port that cannot be made promiscuous may still see all frames: a memory interface does.
	 */
	(void)!rte_eth_promiscuous_enable(uplink->port_id);
	if (uplink->bond)
		bond_started(uplink->bond);
	find_sockets(uplink);
	return 0;

explain:
	snprintf(why, why_size,
		"uplink devargs \"%s\": the device does not start with frames of %zu bytes (%s); "
		"for jumbo "
		"frames raise framesz= to fit",
		uplink->config.devargs, uplink->frame_max_bytes, strerror(rc < 0 ? -rc : rc));
	return rc < 0 ? rc : -EIO;
}

/* The room that a driver needs for one frame; net_af_packet wants a whole ring frame's. */
static size_t room_of(const char *devargs)
{
	const char *framesz = strstr(devargs, "framesz=");

	return framesz ? (size_t)strtoul(framesz + strlen("framesz="), NULL, 10) : 0;
}

static uint16_t data_room(const struct uplink_config *config, size_t frame_max_bytes)
{
	size_t room = RTE_MAX(frame_max_bytes, (size_t)2048);

	room = RTE_MAX(room, room_of(config->devargs));
	for (unsigned i = 0; i < config->aggregate.n; i++)
		room = RTE_MAX(room, room_of(config->aggregate.member[i].devargs));
	room = RTE_ALIGN_CEIL(room, (size_t)64) + RTE_PKTMBUF_HEADROOM;
	return (uint16_t)RTE_MIN(room, (size_t)UINT16_MAX);
}

static void remove_device(struct uplink *uplink)
{
	struct rte_eth_dev_info info;
	int rc;

	if (uplink->bond) {
		bond_close(uplink->bond);
		return;
	}
	rc = rte_eth_dev_info_get(uplink->port_id, &info);
	rte_eth_dev_stop(uplink->port_id);
	rte_eth_dev_close(uplink->port_id);
	if (!rc)
		rte_dev_remove(info.device);
}

/* Long frames get packet memory of their own, all others share. */
static int find_pool(struct uplink *uplink, struct rte_mempool *shared, char *why, size_t why_size)
{
	static unsigned serial; /* an old and a new uplink may exist side by side; main thread */
	uint16_t room = data_room(&uplink->config, uplink->frame_max_bytes);
	char name[32];

	uplink->pool = shared;
	if (room <= rte_pktmbuf_data_room_size(shared))
		return 0;
	snprintf(name, sizeof(name), "uplink%u", serial++);
	uplink->own_pool = uplink->pool =
		rte_pktmbuf_pool_create(name, RX_MBUFS, RX_CACHE, 0, room, SOCKET_ID_ANY);
	if (uplink->pool)
		return 0;
	snprintf(why, why_size,
		"uplink devargs \"%s\": no memory for frames of %u bytes; raise memory_mb of this "
		"VIOS",
		uplink->config.devargs, room);
	return -ENOMEM;
}

int uplink_open(const struct uplink_config *config, unsigned n_workers, size_t frame_max_bytes,
	struct rte_mempool *shared, struct uplink **out, char *why, size_t why_size)
{
	struct uplink *uplink = calloc(1, sizeof(*uplink));
	int rc;

	if (!uplink)
		return -ENOMEM;
	uplink->config = *config;
	uplink->n_workers = n_workers;
	uplink->frame_max_bytes = frame_max_bytes;
	rte_spinlock_init(&uplink->tx_lock);
	rc = probe(uplink, why, why_size);
	if (rc)
		goto free_uplink;
	rc = find_pool(uplink, shared, why, why_size);
	if (rc)
		goto remove_device;
	rc = start(uplink, why, why_size);
	if (rc)
		goto free_pool;
	*out = uplink;
	return 0;

free_pool:
	rte_mempool_free(uplink->own_pool);
remove_device:
	remove_device(uplink);
free_uplink:
	free(uplink);
	return rc;
}

void uplink_close(struct uplink *uplink)
{
	remove_device(uplink);
	/* No worker holds a frame of it: they have passed a quiescent point. */
	rte_mempool_free(uplink->own_pool);
	free(uplink);
}

size_t uplink_wake_fds(
	const struct uplink *uplink, unsigned worker, int *fds, size_t max, bool *complete)
{
	bool kernel = true;
	const unsigned n_devices = uplink->bond ? bond_n_in(uplink->bond, &kernel) : 1;
	size_t n = 0;

	/* Which socket feeds which queue is the driver's secret: only with one queue is it known.
	 */
	*complete = uplink->n_sockets == n_devices && kernel && uplink->n_rx == 1;
	/* One whose frames another worker takes would keep this one awake. */
	for (size_t i = 0; i < uplink->n_sockets && n < max && (!uplink->bond || *complete); i++)
		if ((uplink->bond ? 0 : i % uplink->n_workers) == worker)
			fds[n++] = uplink->sockets[i];
	/* A worker that reads no queue misses nothing. */
	if (worker >= uplink->n_rx)
		*complete = true;
	return n;
}

uint16_t uplink_rx(struct uplink *uplink, unsigned worker, struct rte_mbuf **frames, uint16_t n)
{
	uint16_t got = 0;

	for (unsigned q = worker; q < uplink->n_rx && got < n; q += uplink->n_workers)
		got += rte_eth_rx_burst(uplink->port_id, (uint16_t)q, frames + got, n - got);
	for (unsigned q = worker; uplink->bond && q < uplink->n_rx; q += uplink->n_workers)
		bond_drain(uplink->bond, (uint16_t)q);
	return got;
}

uint16_t uplink_tx(struct uplink *uplink, unsigned worker, struct rte_mbuf **frames, uint16_t n)
{
	const bool own_queue = uplink->n_tx >= uplink->n_workers;
	uint16_t sent;

	/* What a driver wants to be so before it makes checksums. */
	if (uplink->can & OFFLOAD_CHECKSUM)
		n = rte_eth_tx_prepare(
			uplink->port_id, own_queue ? (uint16_t)worker : 0, frames, n);
	if (own_queue)
		return rte_eth_tx_burst(uplink->port_id, (uint16_t)worker, frames, n);
	rte_spinlock_lock(&uplink->tx_lock);
	sent = rte_eth_tx_burst(uplink->port_id, 0, frames, n);
	rte_spinlock_unlock(&uplink->tx_lock);
	return sent;
}

void uplink_tick(struct uplink *uplink, unsigned worker)
{
	uplink_tx(uplink, worker, NULL, 0);
}
