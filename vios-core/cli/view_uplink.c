// SPDX-License-Identifier: BSD-3-Clause
/* view_uplink.c - see view_uplink.h. Pure; what is returned belongs to the answer. */
#include "vios-core/cli/view_uplink.h"

#include "vios-core/cli/jx.h"

size_t view_uplinks(const json_t *netd)
{
	const json_t *list = json_object_get(netd, "uplinks");

	if (json_is_array(list))
		return json_array_size(list);
	return json_is_object(json_object_get(netd, "uplink"));
}

const json_t *view_uplink_at(const json_t *netd, size_t i)
{
	const json_t *list = json_object_get(netd, "uplinks");

	return json_is_array(list) ? json_array_get(list, i) : json_object_get(netd, "uplink");
}

const json_t *view_uplink(const json_t *netd, const char *name)
{
	for (size_t i = 0; i < view_uplinks(netd); i++)
		if (jx_is(view_uplink_at(netd, i), "name", name))
			return view_uplink_at(netd, i);
	return NULL;
}
