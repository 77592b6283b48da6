// SPDX-License-Identifier: BSD-3-Clause
/* lay.c - the shorter tables of the original's listings. Pure. */
#include "vios-core/cli/lay.h"
#include "vios-core/cli/jx.h"
#include "vios-core/cli/out.h"
#include "vios-core/cli/table.h"

#include <stdlib.h>
#include <string.h>

/* Lines of -fmt over records without lists. */
static char *delimited(
	const json_t *records, const struct lay_format *format, const char *const *keys, size_t n)
{
	struct out out = {0};
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		for (size_t k = 0; k < n; k++) {
			const char *value = jx_text(record, keys[k]);
			out_add(&out, "%s%s", k ? format->delimiter : "",
				value[0] || format->empty_is_nothing ? value : " ");
		}
		out_add(&out, "\n");
	}
	return out_take(&out);
}

char *lay_lsdev(const json_t *records, const struct lay_format *format)
{
	static const char *const keys[] = {"name", "status", "description"};
	struct out out = {0};
	json_t *record;
	size_t i;

	if (format->delimiter)
		return delimited(records, format, keys, 3);
	out_add(&out, "name             status      description\n");
	json_array_foreach(records, i, record) out_add(&out, "%-16s %-11s %s\n",
		jx_text(record, "name"), jx_text(record, "status"), jx_text(record, "description"));
	return out_take(&out);
}

static int widest(const json_t *records, const char *key, const char *head)
{
	size_t width = strlen(head), i;
	json_t *record;

	json_array_foreach(records, i, record)
	{
		size_t length = strlen(jx_text(record, key));
		width = length > width ? length : width;
	}
	return (int)width;
}

char *lay_attrs(const json_t *records)
{
	int name = widest(records, "attribute", "attribute");
	int value = widest(records, "value", "value");
	int description = widest(records, "description", "description");
	struct out out = {0};
	json_t *record;
	size_t i;

	out_add(&out, "%-*s %-*s %-*s user_settable\n\n", name, "attribute", value, "value",
		description, "description");
	json_array_foreach(records, i, record)
		out_add(&out, "%-*s %-*s %-*s %s\n", name, jx_text(record, "attribute"), value,
			jx_text(record, "value"), description, jx_text(record, "description"),
			json_is_true(json_object_get(record, "user_settable")) ? "True" : "False");
	return out_take(&out);
}

char *lay_value(const json_t *records)
{
	struct out out = {0};
	json_t *record;
	size_t i;

	out_add(&out, "value\n\n");
	json_array_foreach(records, i, record) out_add(&out, "%s%s%s\n",
		json_array_size(records) > 1 ? jx_text(record, "attribute") : "",
		json_array_size(records) > 1 ? " " : "", jx_text(record, "value"));
	return out_take(&out);
}

char *lay_lspath(const json_t *records, const struct lay_format *format)
{
	static const char *const keys[] = {"status", "name", "parent", "connection"};
	int name = widest(records, "name", "name");
	int parent = widest(records, "parent", "parent");
	struct out out = {0};
	json_t *record;
	size_t i;

	if (format->delimiter)
		return delimited(records, format, keys, 4);
	out_add(&out, "status  %-*s %-*s connection\n\n", name, "name", parent, "parent");
	json_array_foreach(records, i, record) out_add(&out, "%-7s %-*s %-*s %s\n",
		jx_text(record, "status"), name, jx_text(record, "name"), parent,
		jx_text(record, "parent"), jx_text(record, "connection"));
	return out_take(&out);
}

/* Rows of a table.h: members of each record. */
static char *table_of(
	const json_t *records, const char *const *heads, const char *const *keys, size_t n)
{
	struct table *table = table_new(heads, n);
	json_t *record;
	char *text;
	size_t i;

	json_array_foreach(records, i, record)
	{
		struct jx_value shown[TABLE_COLUMNS_MAX];
		const char *cells[TABLE_COLUMNS_MAX];
		for (size_t k = 0; k < n; k++) {
			shown[k] = jx_show(json_object_get(record, keys[k]));
			cells[k] = shown[k].text;
		}
		if (table)
			table_row(table, cells);
	}
	text = table ? table_text(table) : NULL;
	table_free(table);
	return text;
}

char *lay_lsclient(const json_t *records)
{
	static const char *const heads[] = {"CLIENT", "ID", "ADAPTER", "TYPE", "SLOT", "MAC",
		"PVID", "VLANS", "PREFERRED", "LIVE"};
	static const char *const keys[] = {"client", "id", "adapter", "type", "slot", "mac", "pvid",
		"vlans", "preferred", "live"};

	return table_of(records, heads, keys, sizeof(keys) / sizeof(keys[0]));
}

char *lay_seastat(const json_t *records)
{
	static const char *const heads[] = {"VIOS", "LPAR_NAME", "MAC", "VLAN", "PRIO", "IP",
		"IN_PKTS", "IN_BYTES", "OUT_PKTS", "OUT_BYTES"};
	static const char *const keys[] = {"vios", "lpar_name", "mac", "vlan", "prio", "ip",
		"in_pkts", "in_bytes", "out_pkts", "out_bytes"};

	return table_of(records, heads, keys, sizeof(keys) / sizeof(keys[0]));
}

char *lay_cluster(const json_t *record)
{
	const json_t *nodes = json_object_get(record, "nodes"), *node;
	const json_t *trip = json_object_get(record, "round_trip");
	struct out out = {0};
	size_t i;

	out_add(&out, "Cluster Name         State\n%-20s %s\n\n", jx_text(record, "cluster"),
		jx_text(record, "state"));
	out_add(&out, "Node Name        MTM           Partition Num  State     Pool State\n");
	json_array_foreach(nodes, i, node) out_add(&out, "%-16s %-13s %-14lld %-9s %s\n",
		jx_text(node, "node"), "-", (long long)jx_int(node, "partition"),
		jx_text(node, "state"), jx_text(node, "pool")[0] ? jx_text(node, "pool") : "-");
	if (trip)
		out_add(&out,
			"\nRound trip of a message of %s: median %lld us, last %lld us, worst "
			"%lld us of %lld\n",
			jx_text(record, "answered_by"), (long long)jx_int(trip, "median_us"),
			(long long)jx_int(trip, "last_us"), (long long)jx_int(trip, "worst_us"),
			(long long)jx_int(trip, "of"));
	return out_take(&out);
}

/* Drives, "vtopt0,vtopt1", or None. */
static struct jx_value drives(const json_t *medium)
{
	struct jx_value shown = jx_show(json_object_get(medium, "optical"));

	if (!shown.text[0])
		memcpy(shown.text, "None", sizeof("None"));
	return shown;
}

char *lay_lsrep(const json_t *record)
{
	const json_t *media = json_object_get(record, "media"), *medium;
	struct out out = {0};
	size_t i;

	out_add(&out, "Size(mb) Free(mb) Parent Pool         Parent Size      Parent Free\n");
	out_add(&out, "%8lld %8lld %-19s %11s %16s\n", (long long)jx_int(record, "size_mb"),
		(long long)jx_int(record, "free_mb"), jx_text(record, "parent_pool"), "-", "-");
	if (json_array_size(media) > 0)
		out_add(&out, "\n%-37s %9s %-15s %s\n", "Name", "File Size", "Optical", "Access");
	json_array_foreach(media, i, medium) out_add(&out, "%-37s %9lld %-15s %s\n",
		jx_text(medium, "name"), (long long)jx_int(medium, "file_size_mb"),
		drives(medium).text, jx_text(medium, "access"));
	return out_take(&out);
}

char *lay_diff(const json_t *records)
{
	struct out out = {0};
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record) out_add(&out, "%s: configured %s, runs %s\n",
		jx_text(record, "what"), jx_text(record, "configured"), jx_text(record, "running"));
	return out_take(&out);
}
