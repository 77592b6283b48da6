// SPDX-License-Identifier: BSD-3-Clause
/* view_rates.c - what adapters carry a second: two answers of `running`, and the time between.
 * Pure; records and text are the caller's. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/table.h"
#include "vios-core/cli/view_uplink.h"
#include "vios-core/cli/view_rates.h"

#include <stdio.h>
#include <string.h>

/* A counter that is lower than it was has begun anew: its data plane has. */
static json_int_t rate(json_int_t before, json_int_t now, uint32_t ms)
{
	json_int_t more = now >= before ? now - before : now;

	return ms > 0 && more > 0 ? (json_int_t)((double)more * 1000 / ms + 0.5) : 0;
}

static json_int_t drops_of(const json_t *counters)
{
	json_t *drops = json_object_get(counters, "drops"), *n;
	json_int_t sum = 0;
	const char *reason;

	json_object_foreach(drops, reason, n) sum += json_integer_value(n);
	return sum;
}

static void add(json_t *records, const char *vios, const char *name, const json_t *before,
	const json_t *now, uint32_t ms)
{
	static const char *const counters[] = {
		"tx_packets", "tx_bytes", "rx_packets", "rx_bytes", "held_times"};
	json_t *record = json_pack("{s:s, s:s}", "vios", vios, "adapter", name);
	char key[32];

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		snprintf(key, sizeof(key), "%s_s", counters[i]);
		jx_put(record, key,
			json_integer(
				rate(jx_int(before, counters[i]), jx_int(now, counters[i]), ms)));
	}
	jx_put(record, "drops_s", json_integer(rate(drops_of(before), drops_of(now), ms)));
	json_array_append_new(records, record);
}

/* One that was not there before has no rates yet. */
static void add_netd(
	json_t *records, const char *vios, const json_t *before, const json_t *now, uint32_t ms)
{
	json_t *adapter;
	size_t i;

	for (i = 0; i < view_uplinks(now); i++) {
		const json_t *uplink = view_uplink_at(now, i),
			     *former = view_uplink(before, jx_text(uplink, "name"));

		add(records, vios, jx_text(uplink, "name"), former ? former : uplink, uplink, ms);
	}
	json_array_foreach(json_object_get(now, "adapters"), i, adapter)
	{
		const char *name = jx_text(adapter, "adapter");
		const json_t *was = jx_find(json_object_get(before, "adapters"), "adapter", name);
		add(records, vios, name, was ? was : adapter, adapter, ms);
	}
}

json_t *view_rates(const json_t *before, const json_t *now, const char *only, uint32_t ms)
{
	json_t *all = json_object_get(before, "vios"), *records = json_array(), *one;
	const char *vios;

	json_object_foreach(
		json_object_get(now, "vios"), vios, one) if (!only || strcmp(only, vios) == 0)
		add_netd(records, vios, json_object_get(json_object_get(all, vios), "netd"),
			json_object_get(one, "netd"), ms);
	return records;
}

char *lay_rates(const json_t *records)
{
	static const char *const heads[] = {"VIOS", "Adapter", "Transmit pkts/s", "kB/s",
		"Receive pkts/s", "kB/s", "Drops/s", "Held/s"};
	static const char *const keys[] = {"tx_packets_s", "tx_bytes_s", "rx_packets_s",
		"rx_bytes_s", "drops_s", "held_times_s"};
	struct table *table = table_new(heads, 8);
	char cells[6][24], *text;
	json_t *record;
	size_t i;

	if (!table)
		return NULL;
	json_array_foreach(records, i, record)
	{
		const char *row[8] = {jx_text(record, "vios"), jx_text(record, "adapter")};
		for (size_t k = 0; k < 6; k++) {
			long long n = jx_int(record, keys[k]);
			if (k == 1 || k == 3) /* to one digit: a trickle is not nothing */
				snprintf(cells[k], sizeof(cells[k]), "%.1f", (double)n / 1000);
			else
				snprintf(cells[k], sizeof(cells[k]), "%lld", n);
			row[k + 2] = cells[k];
		}
		table_row(table, row);
	}
	text = table_text(table);
	table_free(table);
	return text;
}
