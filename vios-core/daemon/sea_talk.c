/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_talk.c - see sea_talk.h. Pure; viosd's one thread; the caller owns what it gets. */
#include "vios-core/daemon/sea_talk.h"

#include <errno.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

static const char *const modes[SEA_MODES] = {
	[SEA_AUTO] = "auto",
	[SEA_DISABLED] = "disabled",
	[SEA_SHARING] = "sharing",
	[SEA_STANDBY] = "standby",
};
static const char *const uplinks[SEA_UPLINKS] = {
	[SEA_UPLINK_DEAD] = "dead",
	[SEA_UPLINK_HEALING] = "healing",
	[SEA_UPLINK_WELL] = "well",
};

static json_t *vlans_json(const struct vlan_set *set)
{
	char text[VLAN_SET_TEXT];

	vlan_set_write(set, text, sizeof(text));
	return json_string(text);
}

json_t *sea_talk_json(const char *name, const struct sea_advert *a)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:b, s:s, s:I, s:b, s:s, s:b, s:o, s:o}", "name",
		name, "state", sea_state_name(a->state), "seq", (json_int_t)a->seq, "heard",
		(json_int_t)a->heard, "ask", a->ask, "ha_mode", modes[a->side.mode], "priority",
		(json_int_t)a->side.priority, "serving", a->side.serving, "uplink",
		uplinks[a->side.uplink], "settled", a->side.settled, "primary",
		vlans_json(&a->mine), "granted", vlans_json(&a->granted));
}

static int word_of(const json_t *value, const char *const *words, int n)
{
	const char *text = json_string_value(value);

	for (int i = 0; text && i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

static bool read_number(const json_t *value, uint64_t most, uint64_t *out)
{
	const json_int_t n = json_integer_value(value);

	*out = (uint64_t)n;
	return json_is_integer(value) && n >= 0 && *out <= most;
}

static bool read_side(const json_t *object, struct sea_side *out)
{
	const int mode = word_of(json_object_get(object, "ha_mode"), modes, SEA_MODES);
	const int uplink = word_of(json_object_get(object, "uplink"), uplinks, SEA_UPLINKS);
	uint64_t priority = 0;

	if (mode < 0 || uplink < 0 ||
		!read_number(json_object_get(object, "priority"), UINT32_MAX, &priority))
		return false;
	/* member by member: what is between them stays zero, and equal adverts have equal bytes */
	out->mode = (enum sea_mode)mode;
	out->priority = (uint32_t)priority;
	out->serving = json_is_true(json_object_get(object, "serving"));
	out->uplink = (enum sea_uplink)uplink;
	out->settled = json_is_true(json_object_get(object, "settled"));
	return true;
}

static bool read_vlans(const json_t *value, struct vlan_set *out)
{
	const char *text = json_string_value(value);

	return text && vlan_set_read(text, out) == 0;
}

int sea_talk_read(const json_t *object, const char **name, struct sea_advert *out)
{
	memset(out, 0, sizeof(*out));
	*name = json_string_value(json_object_get(object, "name"));
	out->ask = json_is_true(json_object_get(object, "ask"));
	if (!*name || !model_name_valid(*name) ||
		sea_state_parse(json_string_value(json_object_get(object, "state")), &out->state) <
			0 ||
		!read_number(json_object_get(object, "seq"), INT64_MAX, &out->seq) ||
		!read_number(json_object_get(object, "heard"), INT64_MAX, &out->heard) ||
		!read_side(object, &out->side) ||
		!read_vlans(json_object_get(object, "primary"), &out->mine) ||
		!read_vlans(json_object_get(object, "granted"), &out->granted))
		return -EINVAL;
	return 0;
}

static const struct config_side *side_of(const struct config_sea *sea, const char *vios, bool own)
{
	for (size_t i = 0; i < sea->n_sides; i++)
		if ((strcmp(sea->sides[i].vios, vios) == 0) == own)
			return &sea->sides[i];
	return NULL;
}

const struct config_physical *sea_talk_real(
	const struct config *config, const struct config_sea *sea, const char *vios)
{
	const struct config_side *side = side_of(sea, vios, true);

	for (size_t i = 0; side && i < config->n_physical; i++)
		if (strcmp(config->physical[i].vios, vios) == 0 &&
			strcmp(config->physical[i].name, side->real_adapter) == 0)
			return &config->physical[i];
	return NULL;
}

size_t sea_talk_list(const struct config *config, const char *vios,
	const struct config_sea *list[CONFIG_VIOS_SEAS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_sea && n < CONFIG_VIOS_SEAS_MAX; i++)
		if (sea_talk_real(config, &config->sea[i], vios))
			list[n++] = &config->sea[i];
	return n;
}

const struct config_sea *sea_talk_find(const struct config *config, const char *vios)
{
	const struct config_sea *list[CONFIG_VIOS_SEAS_MAX];

	return sea_talk_list(config, vios, list) > 0 ? list[0] : NULL;
}

static enum sea_mode mode_of(const struct config_side *side)
{
	static const enum sea_mode of[] = {
		[CONFIG_HA_AUTO] = SEA_AUTO,
		[CONFIG_HA_DISABLED] = SEA_DISABLED,
		[CONFIG_HA_SHARING] = SEA_SHARING,
		[CONFIG_HA_STANDBY] = SEA_STANDBY,
	};

	return of[side->ha_mode];
}

struct sea_rules sea_talk_rules(const struct config_sea *sea, const char *vios, bool first)
{
	const struct config_side *own = side_of(sea, vios, true);
	const struct config_side *other = side_of(sea, vios, false);
	struct sea_rules rules = {.first = first,
		.paired = other != NULL,
		.noauto_failback = sea->noauto_failback,
		.failback_ns = sea->fb_delay * SECOND_NS,
		.health = {sea->link_time * SECOND_NS, sea->health_time * SECOND_NS, 1},
		.start_ns = SEA_TALK_START_NS,
		.repeat_ns = SEA_TALK_REPEAT_NS};

	vlan_set_add(&rules.vlans, sea->pvid);
	for (size_t i = 0; i < sea->n_vlans; i++)
		vlan_set_add(&rules.vlans, sea->vlans[i]);
	if (own) {
		/* vios-netd counts what is missed, and tells of all addresses together */
		rules.n_targets = own->netaddr[0] ? 1 : 0;
		rules.mode[0] = mode_of(own);
		rules.priority[0] = own->priority;
	}
	if (other) {
		rules.mode[1] = mode_of(other);
		rules.priority[1] = other->priority;
	}
	return rules;
}

static const char *bridge_mode(const struct sea_policy *policy)
{
	const struct vlan_set primary = sea_policy_primary(policy);

	if (vlan_set_empty(&primary))
		return "None";
	return vlan_set_equal(&primary, &policy->rules.vlans) ? "All" : "Partial";
}

json_t *sea_talk_shown(const struct sea_policy *policy)
{
	const struct sea_counts *c = &policy->counts;
	const uint64_t other = c->in[SEA_RECOVERY] + c->in[SEA_NOTIFY] + c->in[SEA_LIMBO];
	const struct vlan_set primary = sea_policy_primary(policy);

	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "state",
		sea_state_name(policy->state), "bridge_mode", bridge_mode(policy), "primary",
		vlans_json(&primary), "control_in", (json_int_t)c->in_all, "control_out",
		(json_int_t)c->out, "keep_alive", (json_int_t)(c->in_all - other), "recovery",
		(json_int_t)c->in[SEA_RECOVERY], "notify", (json_int_t)c->in[SEA_NOTIFY], "limbo",
		(json_int_t)c->in[SEA_LIMBO], "became_backup", (json_int_t)c->became_backup,
		"became_primary", (json_int_t)c->became_primary);
}
