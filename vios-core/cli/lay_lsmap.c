// SPDX-License-Identifier: BSD-3-Clause
/* lay_lsmap.c - lsmap's blocks, and its lines with a delimiter. Pure. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/out.h"
#include "vios-core/cli/suggest.h"

#include <string.h>

#define FIELDS_MAX 12

struct field {
	const char *name; /* in the record, and of -field */
	const char *label;
	bool inner; /* of each mapping */
	bool ours;  /* the original has no such field: only where it is asked for, or one adapter */
};

static const struct field scsi_fields[] = {
	{"svsa", "SVSA", false},
	{"physloc", "Physloc", false},
	{"clientid", "Client Partition ID", false},
	{"target", "Target", false, true},
	{"vtd", "VTD", true},
	{"status", "Status", true},
	{"lun", "LUN", true},
	{"backing", "Backing device", true},
	{"bdphysloc", "Physloc", true},
	{"mirrored", "Mirrored", true},
	{"size", "Size (bytes)", true, true},
	{NULL, NULL, false},
};

static const struct field net_fields[] = {
	{"svea", "SVEA", false},
	{"physloc", "Physloc", false},
	{"sea", "SEA", true},
	{"backing", "Backing device", true},
	{"status", "Status", true},
	{"bdphysloc", "Physloc", true},
	{NULL, NULL, false},
};

static const struct field *fields_of(bool net)
{
	return net ? net_fields : scsi_fields;
}

const char *lay_lsmap_field(const char *field, bool net)
{
	const char *names[FIELDS_MAX];
	size_t n = 0;

	for (const struct field *f = fields_of(net); f->name; f++) {
		if (strcmp(f->name, field) == 0)
			return NULL;
		names[n++] = f->name;
	}
	const char *nearest = suggest_nearest(field, names, n);
	return nearest ? nearest : "";
}

static bool is_wanted(const struct lay_format *format, const char *name)
{
	for (size_t i = 0; i < format->n_fields; i++)
		if (strcmp(format->fields[i], name) == 0)
			return true;
	return format->n_fields == 0;
}

static bool shows(const struct lay_format *format, const struct field *f)
{
	return is_wanted(format, f->name) && (!f->ours || format->n_fields > 0);
}

static void scsi_head(struct out *out, const json_t *record, bool alone)
{
	const char *target = jx_text(record, "target");

	out_add(out,
		"SVSA            Physloc                                      Client Partition ID\n"
		"--------------- -------------------------------------------- ------------------\n"
		"%-15s %-44s %s\n\n",
		jx_text(record, "svsa"), jx_text(record, "physloc"), jx_text(record, "clientid"));
	if (alone && target[0])
		out_add(out, "%-21s %s\n\n", "Target", target);
}

static void net_head(struct out *out, const json_t *record)
{
	const char *name = jx_text(record, "svea");
	int width = strlen(name) > 6 ? (int)strlen(name) : 6;

	out_add(out, "%-*s Physloc\n%.*s --------------------------------------------\n%-*s %s\n\n",
		width, "SVEA", width,
		"------------------------------------------------------------------------", width,
		name, jx_text(record, "physloc"));
}

static void chosen_head(
	struct out *out, const json_t *record, const struct lay_format *format, bool net)
{
	for (const struct field *f = fields_of(net); f->name; f++)
		if (!f->inner && is_wanted(format, f->name))
			out_add(out, "%-21s %s\n", f->label, jx_text(record, f->name));
}

static void block(struct out *out, const json_t *record, const struct lay_format *format, bool net)
{
	const json_t *list = json_object_get(record, net ? "seas" : "vtds"), *inner;
	size_t i;

	if (format->n_fields > 0)
		chosen_head(out, record, format, net);
	else if (net)
		net_head(out, record);
	else
		scsi_head(out, record, format->alone);
	json_array_foreach(list, i, inner)
	{
		for (const struct field *f = fields_of(net); f->name; f++)
			if (f->inner && shows(format, f))
				out_add(out, "%-21s %s\n", f->label, jx_text(inner, f->name));
		out_add(out, "\n");
	}
	if (i > 0)
		return;
	if (is_wanted(format, net ? "sea" : "vtd"))
		out_add(out, "%-21s %s\n", net ? "SEA" : "VTD",
			net ? "NO SHARED ETHERNET ADAPTER FOUND"
			    : "NO VIRTUAL TARGET DEVICE FOUND");
	out_add(out, "\n");
}

static void put_field(
	struct out *out, const struct lay_format *format, const char *value, bool *first)
{
	out_add(out, "%s%s", *first ? "" : format->delimiter,
		value[0] || format->empty_is_nothing ? value : " ");
	*first = false;
}

/* One line for each adapter; the fields of its mappings follow one another. */
static void line(struct out *out, const json_t *record, const struct lay_format *format, bool net)
{
	const json_t *list = json_object_get(record, net ? "seas" : "vtds"), *inner;
	bool first = true;
	size_t i;

	for (const struct field *f = fields_of(net); f->name; f++)
		if (!f->inner && shows(format, f))
			put_field(out, format, jx_text(record, f->name), &first);
	json_array_foreach(list, i, inner) for (const struct field *f = fields_of(net); f->name;
						f++) if (f->inner && shows(format, f))
		put_field(out, format, jx_text(inner, f->name), &first);
	if (i == 0 && is_wanted(format, net ? "sea" : "vtd"))
		put_field(out, format,
			net ? "NO SHARED ETHERNET ADAPTER FOUND" : "NO VIRTUAL TARGET DEVICE FOUND",
			&first);
	out_add(out, "\n");
}

char *lay_lsmap(const json_t *records, bool net, const struct lay_format *format)
{
	struct out out = {0};
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
	{
		if (format->delimiter)
			line(&out, record, format, net);
		else
			block(&out, record, format, net);
	}
	return out_take(&out);
}
