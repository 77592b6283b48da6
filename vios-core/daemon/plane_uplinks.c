// SPDX-License-Identifier: BSD-3-Clause
/* plane_uplinks.c - see plane_uplinks.h. Pure; viosd's one thread; the caller owns everything. */
#include "vios-core/daemon/plane_uplinks.h"

#include <string.h>

const struct plane_uplink *plane_uplinks_find(const struct plane_uplinks *uplinks, const char *name)
{
	static const struct plane_uplink none;

	for (size_t i = 0; i < uplinks->n; i++)
		if (strcmp(uplinks->of[i].name, name) == 0)
			return &uplinks->of[i];
	return &none;
}

/* The place of one of this name, which is new if need be. NULL: it is no name, or there are enough.
 */
static struct plane_uplink *place_of(struct plane_uplinks *uplinks, const json_t *name)
{
	const char *text = json_string_value(name);
	struct plane_uplink *to;

	if (!text || !*text || strlen(text) > MODEL_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < uplinks->n; i++)
		if (strcmp(uplinks->of[i].name, text) == 0)
			return &uplinks->of[i];
	if (uplinks->n == CONFIG_VIOS_SEAS_MAX)
		return NULL;
	to = &uplinks->of[uplinks->n++];
	*to = (struct plane_uplink){.link = LINK_UNKNOWN, .netaddr = LINK_UNKNOWN};
	strcpy(to->name, text);
	return to;
}

static bool set(enum link_state *to, enum link_state state)
{
	const bool changed = *to != state;

	*to = state;
	return changed;
}

bool plane_uplinks_link(struct plane_uplinks *uplinks, const json_t *note)
{
	const char *text = json_string_value(json_object_get(note, "link"));
	struct plane_uplink *to;
	enum link_state link;

	if (link_state_parse(text, &link) < 0)
		return false;
	to = place_of(uplinks, json_object_get(note, "name"));
	return to && set(&to->link, link);
}

/* "none": nobody is asked. */
static enum link_state answers(const json_t *state)
{
	const char *text = json_string_value(state);

	if (text && strcmp(text, "answers") == 0)
		return LINK_UP;
	return text && strcmp(text, "silent") == 0 ? LINK_DOWN : LINK_UNKNOWN;
}

bool plane_uplinks_netaddr(struct plane_uplinks *uplinks, const json_t *note)
{
	const json_t *name = json_object_get(note, "uplink");
	const enum link_state state = answers(json_object_get(note, "state"));
	struct plane_uplink *to = name ? place_of(uplinks, name) : NULL;
	bool changed = false;

	if (name)
		return to && set(&to->netaddr, state);
	for (size_t i = 0; i < uplinks->n; i++)
		changed |= set(&uplinks->of[i].netaddr, state);
	return changed;
}

static void take_one(struct plane_uplinks *uplinks, const json_t *uplink)
{
	const json_t *netaddr = json_object_get(uplink, "netaddr");
	struct plane_uplink *to = place_of(uplinks, json_object_get(uplink, "name"));

	plane_uplinks_link(uplinks, uplink);
	if (to)
		to->netaddr = answers(json_object_get(netaddr, "state"));
}

static bool same(const struct plane_uplinks *a, const struct plane_uplinks *b)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct plane_uplink *one = plane_uplinks_find(b, a->of[i].name);

		if (one->link != a->of[i].link || one->netaddr != a->of[i].netaddr)
			return false;
	}
	return a->n == b->n;
}

/* Those that are not told of any more are forgotten. */
bool plane_uplinks_status(struct plane_uplinks *uplinks, const json_t *status)
{
	const json_t *list = json_object_get(status, "uplinks"), *one;
	const struct plane_uplinks before = *uplinks;
	size_t i;

	*uplinks = (struct plane_uplinks){0};
	if (!json_is_array(list))
		take_one(uplinks, json_object_get(status, "uplink"));
	json_array_foreach(list, i, one) take_one(uplinks, one);
	return !same(&before, uplinks);
}
