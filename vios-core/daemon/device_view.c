// SPDX-License-Identifier: BSD-3-Clause
/*
 * device_view.c - puts the finds together and says which of them serve as uplinks. Pure. Adapters
 * come first: they are few, so that a list that is cut loses disks only.
 */
#include "vios-core/daemon/device_view.h"

#include <errno.h>

/* Which uplinks were found, by their place in view->uplinks. */
struct found {
	bool at[UPLINK_USE_MAX];
};

static void mark(const struct device_view *view, const char *uplink, struct found *found)
{
	for (size_t i = 0; uplink && i < view->n_uplinks; i++)
		found->at[i] |= view->uplinks[i].name == uplink;
}

static int add_ports(const struct device_view *view, struct device_list *list, struct found *found)
{
	int r = 0;

	for (size_t i = 0; i < view->n_ports && r == 0; i++) {
		const char *uplink =
			uplink_use_port(view->uplinks, view->n_uplinks, &view->ports[i]);
		mark(view, uplink, found);
		r = device_list_add(list, port_json(&view->ports[i], uplink));
	}
	return r;
}

static int add_pci(const struct device_view *view, struct device_list *list, struct found *found)
{
	int r = 0;

	for (size_t i = 0; i < view->n_pci && r == 0; i++) {
		const char *uplink = uplink_use_pci(view->uplinks, view->n_uplinks, &view->pci[i]);
		mark(view, uplink, found);
		r = device_list_add(list, pci_json(&view->pci[i], uplink));
	}
	return r;
}

static int add_missing(
	const struct device_view *view, struct device_list *list, const struct found *found)
{
	char device[PORT_NAME_BYTES];
	int r = 0;

	for (size_t i = 0; i < view->n_uplinks && r == 0; i++)
		if (!found->at[i] && uplink_use_device(&view->uplinks[i], device))
			r = device_list_add(
				list, adapter_missing_json(device, view->uplinks[i].name));
	return r;
}

int device_view_make(const struct device_view *view, struct device_list *list)
{
	struct found found = {{false}};
	int r = device_list_init(list);

	if (r < 0)
		return r;
	r = add_ports(view, list, &found);
	if (r == 0)
		r = add_pci(view, list, &found);
	if (r == 0)
		r = add_missing(view, list, &found);
	for (size_t i = 0; i < json_array_size(view->disks) && r == 0; i++)
		r = device_list_add(list, json_incref(json_array_get(view->disks, i)));
	if (r < 0)
		device_list_fini(list);
	return r;
}
