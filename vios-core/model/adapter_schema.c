/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_schema.c - MAC addresses, ring sizes and lists of features: read, written, checked. Pure;
 * any thread; owns nothing.
 */
#include "vios-core/model/adapter_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vios-core/model/features.h"

/* virtio 1.2, 5.1.3.1 */
static const struct {
	const char *feature, *needs;
} net_needs[] = {
	{"VIRTIO_NET_F_GUEST_TSO4", "VIRTIO_NET_F_GUEST_CSUM"},
	{"VIRTIO_NET_F_GUEST_TSO6", "VIRTIO_NET_F_GUEST_CSUM"},
	{"VIRTIO_NET_F_HOST_TSO4", "VIRTIO_NET_F_CSUM"},
	{"VIRTIO_NET_F_HOST_TSO6", "VIRTIO_NET_F_CSUM"},
	{"VIRTIO_NET_F_GUEST_ANNOUNCE", "VIRTIO_NET_F_CTRL_VQ"},
	{"VIRTIO_NET_F_GUEST_ANNOUNCE", "VIRTIO_NET_F_STATUS"},
	{"VIRTIO_NET_F_MQ", "VIRTIO_NET_F_CTRL_VQ"},
};

static enum feature_space space_of(const struct model_adapter *adapter)
{
	return adapter->type == MODEL_SCSI ? FEATURE_VIRTIO_SCSI : FEATURE_VIRTIO_NET;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "02:76:69:00:00:01" */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex(text[3 * i]), low = hex(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

void adapter_read_mac(struct schema *s, void *object, json_t *value)
{
	static const uint8_t zero[6];
	struct model_adapter *adapter = object;
	const char *text = json_string_value(value);
	uint8_t mac[6];

	if (value == NULL && adapter->type == MODEL_ETHERNET)
		schema_fault(s, "is missing; give the adapter a MAC address of its own");
	else if (value != NULL && adapter->type == MODEL_SCSI)
		schema_fault(s, "a scsi adapter has none; remove it");
	if (value == NULL || adapter->type == MODEL_SCSI)
		return;
	if (text == NULL || !mac_parse(text, mac))
		schema_fault(s, "%s is not a MAC address; write it as \"02:76:69:00:00:01\"",
			schema_show(value).text);
	else if (mac[0] & 1)
		schema_fault(s, "%s is a multicast address; the first byte must be even", text);
	else if (memcmp(mac, zero, sizeof(mac)) == 0)
		schema_fault(s, "%s is no address; give the adapter one of its own", text);
	else
		memcpy(adapter->mac, mac, sizeof(mac));
}

static void read_ring_size(struct schema *s, void *object, json_t *value)
{
	struct model_profile *profile = &((struct model_adapter *)object)->profile;
	json_int_t n = value != NULL ? json_integer_value(value) : 256;

	if (n < 64 || n > 1024 || (n & (n - 1)) != 0)
		schema_fault(s, "%s is no ring size; use 64, 128, 256, 512 or 1024",
			schema_show(value).text);
	else
		profile->ring_size = (uint16_t)n;
}

static const char *feature_suggest(enum feature_space space, const char *name)
{
	const char *found = NULL, *candidate;
	size_t best = SIZE_MAX;

	for (size_t i = 0; (candidate = features_nth(space, i)) != NULL; i++) {
		if (features_bit(space, candidate) >= 0 && suggest_nearer(name, candidate, &best))
			found = candidate;
	}
	return found;
}

static uint64_t read_feature(struct schema *s, enum feature_space space, json_t *value)
{
	const char *name = json_string_value(value);
	int bit = name != NULL ? features_bit(space, name) : -EINVAL;
	const char *meant = bit == -ENOENT ? feature_suggest(space, name) : NULL;

	if (bit >= 0)
		return UINT64_C(1) << bit;
	if (bit == -EPERM)
		schema_fault(s, "%s does not survive a switch between two VIOS; remove it",
			schema_show(value).text);
	else if (meant != NULL)
		schema_fault(s, "%s is no feature; did you mean \"%s\"?", schema_show(value).text,
			meant);
	else
		schema_fault(s, "%s is no feature of this kind of adapter; remove it",
			schema_show(value).text);
	return 0;
}

static uint64_t read_features(struct schema *s, enum feature_space space, json_t *value)
{
	uint64_t mask = 0;

	if (value == NULL)
		return features_default(space);
	if (!json_is_array(value)) {
		schema_fault(s, "%s is not a list; write the features' names in [ ... ]",
			schema_show(value).text);
		return 0;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		size_t was = schema_push(s, NULL, i);

		mask |= read_feature(s, space, json_array_get(value, i));
		schema_pop(s, was);
	}
	return mask;
}

/* virtio 1.2, 6.1: without VERSION_1 the guest's rings would be legacy ones. */
static void read_virtio_features(struct schema *s, void *object, json_t *value)
{
	struct model_adapter *adapter = object;
	enum feature_space space = space_of(adapter);

	adapter->profile.virtio_features = read_features(s, space, value) |
					   UINT64_C(1) << features_bit(space, "VIRTIO_F_VERSION_1");
}

static void read_protocol_features(struct schema *s, void *object, json_t *value)
{
	struct model_adapter *adapter = object;

	adapter->profile.protocol_features = read_features(s, FEATURE_PROTOCOL, value);
}

struct adapter_mac_text adapter_mac_show(const uint8_t mac[6])
{
	struct adapter_mac_text out;

	snprintf(out.text, sizeof(out.text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		mac[2], mac[3], mac[4], mac[5]);
	return out;
}

void adapter_write_mac(struct schema_out *out, const void *object)
{
	const struct model_adapter *adapter = object;

	if (adapter->type == MODEL_ETHERNET)
		schema_put_string(out, adapter_mac_show(adapter->mac).text);
}

static void write_ring_size(struct schema_out *out, const void *object)
{
	schema_put_uint(out, ((const struct model_adapter *)object)->profile.ring_size);
}

static void write_features(struct schema_out *out, enum feature_space space, uint64_t mask)
{
	bool first = true;

	schema_put(out, "[", 1);
	for (unsigned bit = 0; bit < 64; bit++) {
		if ((mask >> bit & 1) == 0)
			continue;
		if (!first)
			schema_put(out, ",", 1);
		schema_put_string(out, features_name(space, bit));
		first = false;
	}
	schema_put(out, "]", 1);
}

static void write_virtio_features(struct schema_out *out, const void *object)
{
	const struct model_adapter *adapter = object;

	write_features(out, space_of(adapter), adapter->profile.virtio_features);
}

static void write_protocol_features(struct schema_out *out, const void *object)
{
	const struct model_adapter *adapter = object;

	write_features(out, FEATURE_PROTOCOL, adapter->profile.protocol_features);
}

/* clang-format off */
const struct schema_field adapter_profile_fields[] = {
	{"features",          CUSTOM(read_virtio_features, write_virtio_features),
	                      .takes = "a list of names of virtio feature bits", .otherwise = "as in frame.json(5)",
	                      .help = "What the guest is offered, whichever VIOS serves it; VIRTIO_F_VERSION_1 is always there."},
	{"mtu",               UINT(576, MODEL_MTU_MAX, 1500), AT(model_adapter, profile.mtu),
	                      .help = "The largest packet that the guest is told."},
	{"protocol_features", CUSTOM(read_protocol_features, write_protocol_features),
	                      .takes = "a list of names of vhost-user protocol feature bits",
	                      .otherwise = "VHOST_USER_PROTOCOL_F_REPLY_ACK", .help = "What QEMU is offered."},
	{"queue_pairs",       UINT(1, MODEL_QUEUE_PAIRS_MAX, 1), AT(model_adapter, profile.queue_pairs),
	                      .help = "Pairs of a receive and a transmit queue."},
	{"ring_size",         CUSTOM(read_ring_size, write_ring_size),
	                      .takes = "64, 128, 256, 512 or 1024", .otherwise = "256", .help = "The largest ring."},
	{"version",           UINT(1, UINT32_MAX, 1), AT(model_adapter, profile.version),
	                      .help = "Raise it when the profile changes."},
	{NULL},
};
/* clang-format on */

static bool has(enum feature_space space, uint64_t mask, const char *name)
{
	int bit = features_bit(space, name);

	return bit >= 0 && (mask >> bit & 1) != 0;
}

void adapter_check_features(const struct model_adapter *adapter, struct schema *s)
{
	const struct model_profile *profile = &adapter->profile;
	uint64_t virtio = profile->virtio_features;

	if (adapter->type != MODEL_ETHERNET)
		return;
	for (size_t i = 0; i < sizeof(net_needs) / sizeof(net_needs[0]); i++) {
		if (has(FEATURE_VIRTIO_NET, virtio, net_needs[i].feature) &&
			!has(FEATURE_VIRTIO_NET, virtio, net_needs[i].needs))
			schema_fault(s, "%s needs %s; add it to the features", net_needs[i].feature,
				net_needs[i].needs);
	}
	if (profile->queue_pairs <= 1)
		return;
	if (!has(FEATURE_VIRTIO_NET, virtio, "VIRTIO_NET_F_MQ"))
		schema_fault(s, "%u queue pairs need VIRTIO_NET_F_MQ; add it to the features",
			profile->queue_pairs);
	if (!has(FEATURE_PROTOCOL, profile->protocol_features, "VHOST_USER_PROTOCOL_F_MQ"))
		schema_fault(s,
			"%u queue pairs need VHOST_USER_PROTOCOL_F_MQ; add it to the "
			"protocol_features",
			profile->queue_pairs);
}
