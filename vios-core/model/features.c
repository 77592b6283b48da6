/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * features.c - the names of feature bits and the white list, as tables. Pure; any thread.
 *
 * A bit is offered to a guest only when both VIOS and the multiplexer are known to keep it working
 * across a switch. So every bit that the standards name is here, but only those marked may be in a
 * profile.
 */
#include "vios-core/model/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NEVER, ALLOWED, DEFAULT }; /* DEFAULT: allowed, and in a profile that says nothing */

struct feature {
	const char *name;
	uint8_t bit;
	uint8_t use;
};

/* virtio 1.2, 6; linux/vhost_types.h (26); vhost-user (30: set by the multiplexer, never by a
 * profile). Where Linux spells a name differently, the alias follows the standard's name. */
#define RING_FEATURES                                                                              \
	{"VIRTIO_F_NOTIFY_ON_EMPTY", 24, NEVER}, {"VHOST_F_LOG_ALL", 26, NEVER},                   \
		{"VIRTIO_F_ANY_LAYOUT", 27, ALLOWED}, {"VIRTIO_F_INDIRECT_DESC", 28, DEFAULT},     \
		{"VIRTIO_RING_F_INDIRECT_DESC", 28, DEFAULT}, {"VIRTIO_F_EVENT_IDX", 29, DEFAULT}, \
		{"VIRTIO_RING_F_EVENT_IDX", 29, DEFAULT},                                          \
		{"VHOST_USER_F_PROTOCOL_FEATURES", 30, NEVER},                                     \
		{"VIRTIO_F_VERSION_1", 32, DEFAULT}, {"VIRTIO_F_ACCESS_PLATFORM", 33, NEVER},      \
		{"VIRTIO_F_IOMMU_PLATFORM", 33, NEVER}, {"VIRTIO_F_RING_PACKED", 34, NEVER},       \
		{"VIRTIO_F_IN_ORDER", 35, NEVER}, {"VIRTIO_F_ORDER_PLATFORM", 36, NEVER},          \
		{"VIRTIO_F_SR_IOV", 37, NEVER}, {"VIRTIO_F_NOTIFICATION_DATA", 38, NEVER},         \
		{"VIRTIO_F_NOTIF_CONFIG_DATA", 39, NEVER},                                         \
	{                                                                                          \
		"VIRTIO_F_RING_RESET", 40, NEVER                                                   \
	}

/* virtio 1.2, 5.1.3. Offloads are for the operator to ask for: both VIOS must have them. */
static const struct feature net_features[] = {
	{"VIRTIO_NET_F_CSUM", 0, ALLOWED},
	{"VIRTIO_NET_F_GUEST_CSUM", 1, ALLOWED},
	{"VIRTIO_NET_F_CTRL_GUEST_OFFLOADS", 2, NEVER},
	{"VIRTIO_NET_F_MTU", 3, ALLOWED},
	{"VIRTIO_NET_F_MAC", 5, ALLOWED},
	{"VIRTIO_NET_F_GSO", 6, NEVER},
	{"VIRTIO_NET_F_GUEST_TSO4", 7, ALLOWED},
	{"VIRTIO_NET_F_GUEST_TSO6", 8, ALLOWED},
	{"VIRTIO_NET_F_GUEST_ECN", 9, NEVER},
	{"VIRTIO_NET_F_GUEST_UFO", 10, NEVER},
	{"VIRTIO_NET_F_HOST_TSO4", 11, ALLOWED},
	{"VIRTIO_NET_F_HOST_TSO6", 12, ALLOWED},
	{"VIRTIO_NET_F_HOST_ECN", 13, NEVER},
	{"VIRTIO_NET_F_HOST_UFO", 14, NEVER},
	{"VIRTIO_NET_F_MRG_RXBUF", 15, DEFAULT},
	{"VIRTIO_NET_F_STATUS", 16, ALLOWED},
	{"VIRTIO_NET_F_CTRL_VQ", 17, ALLOWED},
	{"VIRTIO_NET_F_CTRL_RX", 18, NEVER},
	{"VIRTIO_NET_F_CTRL_VLAN", 19, NEVER},
	{"VIRTIO_NET_F_CTRL_RX_EXTRA", 20, NEVER},
	{"VIRTIO_NET_F_GUEST_ANNOUNCE", 21, ALLOWED},
	{"VIRTIO_NET_F_MQ", 22, ALLOWED},
	{"VIRTIO_NET_F_CTRL_MAC_ADDR", 23, NEVER},
	RING_FEATURES,
	{"VIRTIO_NET_F_NOTF_COAL", 53, NEVER},
	{"VIRTIO_NET_F_GUEST_USO4", 54, NEVER},
	{"VIRTIO_NET_F_GUEST_USO6", 55, NEVER},
	{"VIRTIO_NET_F_HOST_USO", 56, NEVER},
	{"VIRTIO_NET_F_HASH_REPORT", 57, NEVER},
	{"VIRTIO_NET_F_GUEST_HDRLEN", 59, NEVER},
	{"VIRTIO_NET_F_RSS", 60, NEVER},
	{"VIRTIO_NET_F_RSC_EXT", 61, NEVER},
	{"VIRTIO_NET_F_STANDBY", 62, NEVER},
	{"VIRTIO_NET_F_SPEED_DUPLEX", 63, NEVER},
};

/* virtio 1.2, 5.6.3 */
static const struct feature scsi_features[] = {
	{"VIRTIO_SCSI_F_INOUT", 0, ALLOWED},
	{"VIRTIO_SCSI_F_HOTPLUG", 1, DEFAULT},
	{"VIRTIO_SCSI_F_CHANGE", 2, DEFAULT},
	{"VIRTIO_SCSI_F_T10_PI", 3, NEVER},
	RING_FEATURES,
};

/* vhost-user, "Protocol features". LOG_SHMFD has its place kept for partition mobility. */
static const struct feature protocol_features[] = {
	{"VHOST_USER_PROTOCOL_F_MQ", 0, ALLOWED},
	{"VHOST_USER_PROTOCOL_F_LOG_SHMFD", 1, NEVER},
	{"VHOST_USER_PROTOCOL_F_RARP", 2, ALLOWED},
	{"VHOST_USER_PROTOCOL_F_REPLY_ACK", 3, DEFAULT},
	{"VHOST_USER_PROTOCOL_F_MTU", 4, ALLOWED},
	{"VHOST_USER_PROTOCOL_F_BACKEND_REQ", 5, NEVER},
	{"VHOST_USER_PROTOCOL_F_SLAVE_REQ", 5, NEVER},
	{"VHOST_USER_PROTOCOL_F_CROSS_ENDIAN", 6, NEVER},
	{"VHOST_USER_PROTOCOL_F_CRYPTO_SESSION", 7, NEVER},
	{"VHOST_USER_PROTOCOL_F_PAGEFAULT", 8, NEVER},
	{"VHOST_USER_PROTOCOL_F_CONFIG", 9, ALLOWED},
	{"VHOST_USER_PROTOCOL_F_BACKEND_SEND_FD", 10, NEVER},
	{"VHOST_USER_PROTOCOL_F_SLAVE_SEND_FD", 10, NEVER},
	{"VHOST_USER_PROTOCOL_F_HOST_NOTIFIER", 11, NEVER},
	{"VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD", 12, ALLOWED},
	{"VHOST_USER_PROTOCOL_F_RESET_DEVICE", 13, NEVER},
	{"VHOST_USER_PROTOCOL_F_INBAND_NOTIFICATIONS", 14, NEVER},
	{"VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS", 15, NEVER},
	{"VHOST_USER_PROTOCOL_F_STATUS", 16, NEVER},
	{"VHOST_USER_PROTOCOL_F_XEN_MMAP", 17, NEVER},
	{"VHOST_USER_PROTOCOL_F_SHARED_OBJECT", 18, NEVER},
	{"VHOST_USER_PROTOCOL_F_DEVICE_STATE", 19, NEVER},
};

#define TABLE(t)                                                                                   \
	{                                                                                          \
		t, sizeof(t) / sizeof(t[0])                                                        \
	}
static const struct {
	const struct feature *rows;
	size_t n;
} tables[] = {
	[FEATURE_VIRTIO_NET] = TABLE(net_features),
	[FEATURE_VIRTIO_SCSI] = TABLE(scsi_features),
	[FEATURE_PROTOCOL] = TABLE(protocol_features),
};

static uint64_t mask_of(enum feature_space space, uint8_t least_use)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < tables[space].n; i++) {
		if (tables[space].rows[i].use >= least_use)
			mask |= UINT64_C(1) << tables[space].rows[i].bit;
	}
	return mask;
}

uint64_t features_allowed(enum feature_space space)
{
	return mask_of(space, ALLOWED);
}

uint64_t features_default(enum feature_space space)
{
	return mask_of(space, DEFAULT);
}

int features_bit(enum feature_space space, const char *name)
{
	for (size_t i = 0; i < tables[space].n; i++) {
		const struct feature *row = &tables[space].rows[i];

		if (strcmp(row->name, name) == 0)
			return row->use == NEVER ? -EPERM : row->bit;
	}
	return -ENOENT;
}

const char *features_name(enum feature_space space, unsigned bit)
{
	for (size_t i = 0; i < tables[space].n; i++) {
		if (tables[space].rows[i].bit == bit)
			return tables[space].rows[i].name;
	}
	return NULL;
}

const char *features_nth(enum feature_space space, size_t n)
{
	return n < tables[space].n ? tables[space].rows[n].name : NULL;
}

void features_describe(enum feature_space space, uint64_t mask, char *out, size_t size)
{
	size_t len = 0;

	if (size == 0)
		return;
	out[0] = '\0';
	for (unsigned bit = 0; bit < 64 && len < size; bit++) {
		const char *comma = len > 0 ? ", " : "";
		const char *name = features_name(space, bit);
		int n;

		if (!(mask & (UINT64_C(1) << bit)))
			continue;
		if (name != NULL)
			n = snprintf(out + len, size - len, "%s%s", comma, name);
		else
			n = snprintf(out + len, size - len, "%sbit %u", comma, bit);
		len += n > 0 ? (size_t)n : 0;
	}
}
