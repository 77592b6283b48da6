// SPDX-License-Identifier: BSD-3-Clause
/*
 * view_diff.c - the replicated state against what each data plane and mux says it runs. Pure.
 *
 * Compared are the adapters of each data plane with their members, its uplinks, the disks of each
 * SCSI target, and the adapters of each mux. A member that the other side does not report is not
 * compared; a client whose mux does not run is no difference: its virtual machine is off. Nor is a
 * virtual SCSI adapter of which nobody reports that it runs.
 */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/object.h"
#include "vios-core/cli/view.h"
#include "vios-core/cli/view_uplink.h"

#include <stdio.h>
#include <string.h>

#define NOTHING "nothing"

struct what {
	char text[160];
};

__attribute__((format(printf, 1, 2))) static struct what what(const char *fmt, ...)
{
	struct what w;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w.text, sizeof(w.text), fmt, ap);
	va_end(ap);
	return w;
}

static void differ(json_t *records, const char *where, const char *configured, const char *running)
{
	json_array_append_new(records, json_pack("{s:s, s:s, s:s}", "what", where, "configured",
					       configured, "running", running));
}

static void compare(json_t *records, const char *where, const char *member,
	const json_t *configured, const json_t *running)
{
	if (!configured || !running || json_equal(configured, running))
		return;
	differ(records, what("%.100s %s", where, member).text, jx_show(configured).text,
		jx_show(running).text);
}

/* Of an Ethernet adapter, in the state and as a data plane or mux tells of it. */
static void compare_veth(
	json_t *records, const char *where, const json_t *veth, const json_t *running)
{
	static const char *const own[] = {"id", "mac", "pvid", "vlans"};
	static const char *const of_profile[] = {"mtu", "queue_pairs", "ring_size"};
	const json_t *profile = json_object_get(veth, "profile");
	const json_t *inner = json_object_get(running, "profile");

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		compare(records, where, own[i], json_object_get(veth, own[i]),
			json_object_get(running, own[i]));
	for (size_t i = 0; i < sizeof(of_profile) / sizeof(of_profile[0]); i++)
		compare(records, where, of_profile[i], json_object_get(profile, of_profile[i]),
			json_object_get(inner ? inner : running, of_profile[i]));
}

static const json_t *physical_of(const struct facts *facts, const char *vios, const char *name)
{
	json_t *physical;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "physical"), i, physical)
	{
		if (jx_is(physical, "vios", vios) && jx_is(physical, "name", name))
			return physical;
	}
	return NULL;
}

/* An aggregation's devargs are those of its members. */
static void compare_devargs(
	const json_t *physical, const json_t *uplink, const char *where, json_t *records)
{
	const char *devargs = jx_text(physical, "devargs");

	if (!jx_is(physical, "type", "aggregation") && json_object_get(uplink, "devargs") &&
		strcmp(devargs, jx_text(uplink, "devargs")) != 0)
		differ(records, what("%s devargs", where).text, devargs,
			jx_text(uplink, "devargs"));
}

/* One that is configured, and maybe another one in its place. */
static void compare_uplink(const struct facts *facts, const char *vios, const char *real,
	const json_t *uplink, const char *instead, json_t *records)
{
	struct what where = what("%.31s netd uplink", vios);

	if (uplink)
		compare_devargs(physical_of(facts, vios, real), uplink, where.text, records);
	else
		differ(records, where.text, real, instead);
}

/* The real adapters of its SEAs, and its uplinks. */
static void compare_uplinks(
	const struct facts *facts, const char *vios, const json_t *netd, json_t *records)
{
	json_t *wanted = json_object(), *sea, *one;
	const size_t n = view_uplinks(netd);
	const char *real;
	bool swapped = false;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "sea"), i, sea)
	{
		one = json_object_get(json_object_get(sea, "sides"), vios);
		if (one)
			json_object_set(wanted, jx_text(one, "real_adapter"), one);
	}
	json_object_foreach(wanted, real, one)
	{
		const json_t *uplink = view_uplink(netd, real);

		swapped = !uplink && json_object_size(wanted) == 1 && n == 1;
		compare_uplink(facts, vios, real, uplink,
			swapped ? jx_text(view_uplink_at(netd, 0), "name") : NOTHING, records);
	}
	for (i = 0; i < n && !swapped; i++) {
		real = jx_text(view_uplink_at(netd, i), "name");
		if (!json_object_get(wanted, real))
			differ(records, what("%.31s netd uplink", vios).text, NOTHING, real);
	}
	json_decref(wanted);
}

static void compare_netd(
	const struct facts *facts, const char *vios, const json_t *netd, json_t *records)
{
	const json_t *list = json_object_get(netd, "adapters"), *veth, *running;
	json_t *by_name = json_object(), *known = json_object();
	size_t i;

	json_array_foreach(list, i, running)
		json_object_set(by_name, jx_text(running, "adapter"), (json_t *)running);

	json_array_foreach(json_object_get(facts->state, "veth"), i, veth)
	{
		struct object_slot slot = object_slot("veth", veth);
		struct what where = what("%.31s netd %s", vios, slot.text);
		running = json_object_get(by_name, slot.text);
		json_object_set(known, slot.text, (json_t *)veth);
		if (running)
			compare_veth(records, where.text, veth, running);
		else
			differ(records, where.text, slot.text, NOTHING);
	}
	json_array_foreach(list, i, running)
	{
		const char *name = jx_text(running, "adapter");
		if (!json_object_get(known, name))
			differ(records, what("%.31s netd %.71s", vios, name).text, NOTHING, name);
	}
	json_decref(by_name);
	json_decref(known);
	compare_uplinks(facts, vios, netd, records);
}

/* A disk of a server adapter on a side: what the target has of it. */
static void compare_lun(const struct facts *facts, const char *vios, const char *where,
	const json_t *vtd, const json_t *lun, json_t *records)
{
	const json_t *backing = view_named(facts, "backing", jx_text(vtd, "backing"));
	struct what name = what("%.80s LUN %lld", where, (long long)jx_int(vtd, "lun"));

	if (!lun) {
		differ(records, name.text, jx_text(vtd, "name"), NOTHING);
		return;
	}
	compare(records, name.text, "name", json_object_get(vtd, "name"),
		json_object_get(lun, "name"));
	if (!backing) { /* a drive without a medium */
		if (jx_text(lun, "path")[0])
			differ(records, name.text, NOTHING, jx_text(lun, "path"));
		return;
	}
	compare(records, name.text, "path", json_object_get(json_object_get(backing, "path"), vios),
		json_object_get(lun, "path"));
	compare(records, name.text, "block_bytes", json_object_get(backing, "block_bytes"),
		json_object_get(lun, "block_bytes"));
	compare(records, name.text, "read_only", json_object_get(backing, "read_only"),
		json_object_get(lun, "read_only"));
}

static const json_t *lun_of(const json_t *list, json_int_t number)
{
	const json_t *lun;
	size_t i;

	json_array_foreach(list, i, lun) if (jx_int(lun, "lun") == number) return lun;
	return NULL;
}

static void compare_luns(const struct facts *facts, const char *vios, const char *where,
	const json_t *vhost, const json_t *list, json_t *records)
{
	const json_t *vtds = view_named(facts, "vtds", jx_text(vhost, "name")), *vtd, *lun;
	size_t i, j;

	json_array_foreach(vtds, i, vtd)
		compare_lun(facts, vios, where, vtd, lun_of(list, jx_int(vtd, "lun")), records);
	json_array_foreach(list, i, lun)
	{
		bool known = false;
		json_array_foreach(vtds, j, vtd) known |= jx_int(vtd, "lun") == jx_int(lun, "lun");
		if (!known)
			differ(records,
				what("%.80s LUN %lld", where, (long long)jx_int(lun, "lun")).text,
				NOTHING, jx_text(lun, "name"));
	}
}

static void compare_target(const struct facts *facts, const char *vios, const char *name,
	const json_t *vhost, const json_t *target, json_t *records)
{
	struct what where = what("%.31s scsid %.71s", vios, name);
	const json_t *profile = json_object_get(vhost, "profile");

	if (!json_is_object(target) || json_is_false(json_object_get(target, "configured"))) {
		differ(records, where.text, name, NOTHING);
		return;
	}
	compare(records, where.text, "id", json_object_get(vhost, "id"),
		json_object_get(target, "id"));
	compare(records, where.text, "queue_pairs", json_object_get(profile, "queue_pairs"),
		json_object_get(target, "request_queues"));
	compare(records, where.text, "ring_size", json_object_get(profile, "ring_size"),
		json_object_get(target, "ring_size"));
	compare_luns(facts, vios, where.text, vhost, json_object_get(target, "luns"), records);
}

/* scsids: {CLIENT/ADAPTER: `status` or null}; a viosd that knows of none says nothing. */
static void compare_targets(
	const struct facts *facts, const char *vios, const json_t *scsids, json_t *records)
{
	json_t *left = json_copy((json_t *)scsids), *vhost;
	const char *name;
	void *next;
	size_t i;

	if (!json_is_object(scsids)) {
		json_decref(left);
		return;
	}
	json_array_foreach(json_object_get(facts->state, "vhost"), i, vhost)
	{
		struct object_slot slot = object_slot("vhost", vhost);
		compare_target(
			facts, vios, slot.text, vhost, json_object_get(scsids, slot.text), records);
		json_object_del(left, slot.text);
	}
	json_object_foreach_safe(left, next, name, vhost)
		differ(records, what("%.31s scsid %.71s", vios, name).text, NOTHING, name);
	json_decref(left);
}

static void compare_vios(const struct facts *facts, const char *vios, json_t *records)
{
	const json_t *running = json_object_get(json_object_get(facts->running, "vios"), vios);
	const json_t *netd = json_object_get(running, "netd");
	const json_t *mine = json_object_get(facts->config, "digest");

	if (!json_is_object(running)) {
		differ(records, vios, "a VIOS", "its viosd does not answer");
		return;
	}
	compare(records, vios, "digest", mine, json_object_get(running, "digest"));
	if (json_is_object(netd))
		compare_netd(facts, vios, netd, records);
	else
		differ(records, what("%.31s netd", vios).text, "a data plane", NOTHING);
	compare_targets(facts, vios, json_object_get(running, "scsids"), records);
}

/* The client's adapters in the state, as a mux names them. */
static json_t *adapters_of(const struct facts *facts, const char *client)
{
	static const char *const kinds[] = {"veth", "vhost"};
	json_t *wanted = json_object(), *object;
	size_t i;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(json_object_get(facts->state, kinds[k]), i,
			object) if (jx_is(object, "client", client)) json_object_set(wanted,
			strchr(object_slot(kinds[k], object).text, '/') + 1, object);
	return wanted;
}

/* "eth0" or "lpar1/eth0", in a member `name` or `adapter`. */
static const char *mux_adapter_name(const json_t *adapter)
{
	const char *name = jx_text(adapter, "name");
	const char *slash;

	name = name[0] ? name : jx_text(adapter, "adapter");
	slash = strchr(name, '/');
	return slash ? slash + 1 : name;
}

/* Who reports Ethernet adapters reports them all. */
static void compare_absent(json_t *records, const char *client, json_t *absent)
{
	const char *name;
	json_t *object;

	json_object_foreach(absent, name, object)
	{
		if (json_object_get(object, "mac"))
			differ(records, what("mux %.31s/%.31s", client, name).text, name, NOTHING);
	}
}

static void compare_mux(
	const struct facts *facts, const char *client, const json_t *mux, json_t *records)
{
	const json_t *told = json_object_get(mux, "client");
	const json_t *list = json_object_get(json_is_object(told) ? told : mux, "adapters");
	json_t *wanted = adapters_of(facts, client), *running, *object;
	const char *name;
	size_t i;

	json_array_foreach(list, i, running)
	{
		name = mux_adapter_name(running);
		struct what where = what("mux %.31s/%.31s", client, name);
		object = json_object_get(wanted, name);
		if (object)
			compare_veth(records, where.text, object, running);
		else
			differ(records, where.text, NOTHING, name);
		json_object_del(wanted, name);
	}
	if (json_is_array(list))
		compare_absent(records, client, wanted);
	json_decref(wanted);
}

json_t *view_diff(const struct facts *facts)
{
	const json_t *muxes = json_object_get(facts->running, "muxes"), *vios, *mux;
	json_t *records = json_array();
	const char *client;
	size_t i;

	json_array_foreach(json_object_get(facts->state, "vios"), i,
		vios) if (view_wants(facts, jx_text(vios, "name")))
		compare_vios(facts, jx_text(vios, "name"), records);
	json_object_foreach((json_t *)muxes, client, mux) if (json_is_object(mux))
		compare_mux(facts, client, mux, records);
	return records;
}
