/* SPDX-License-Identifier: BSD-3-Clause */
/* trunk_config.c - see trunk_config.h. Pure; any thread; owns nothing. */
#include "net/trunk_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/rules.h"

static bool read_primary(const json_t *primary, struct vlanset *out)
{
	json_t *one;
	size_t i;

	if (json_array_size(primary) > RULES_VLAN_MAX)
		return false;
	for (unsigned vlan = 1; json_is_true(primary) && vlan <= RULES_VLAN_MAX; vlan++)
		vlanset_add(out, vlan);
	json_array_foreach(primary, i, one)
	{
		if (!json_is_integer(one) || json_integer_value(one) < 1 ||
			json_integer_value(one) > RULES_VLAN_MAX)
			return false;
		vlanset_add(out, (unsigned)json_integer_value(one));
	}
	return json_is_boolean(primary) || json_is_array(primary);
}

int trunk_config_read(const json_t *object, struct trunk_config *out, char *why, size_t why_size)
{
	const char *socket = json_string_value(json_object_get(object, "socket"));
	const json_t *server = json_object_get(object, "server");
	const json_t *primary = json_object_get(object, "primary");

	*out = (struct trunk_config){0};
	if (!object || json_is_null(object))
		return 0;
	if (!socket || !*socket || strlen(socket) > TRUNK_SOCKET_MAX || !json_is_boolean(server)) {
		snprintf(why, why_size,
			"trunk: give socket (a path of at most %d bytes) and server (true on the "
			"one side, false on the other)",
			TRUNK_SOCKET_MAX);
		return -EINVAL;
	}
	out->keep = json_is_null(primary);
	if (!out->keep && !read_primary(primary, &out->primary)) {
		snprintf(why, why_size,
			"trunk: primary: give true, false, null, or a list of numbers from 1 to "
			"4094");
		return -EINVAL;
	}
	strcpy(out->socket, socket);
	out->server = json_is_true(server);
	out->wanted = true;
	return 0;
}
