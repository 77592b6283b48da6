// SPDX-License-Identifier: BSD-3-Clause
/* lay_errlog.c - the error log as a list, and each entry in full. Pure: times come as text. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/out.h"

#include <stdio.h>
#include <string.h>

struct lay_identifier lay_identifier(const char *label)
{
	struct lay_identifier id;

	/* the one that operators have in their filters */
	if (strcmp(label, "VIOS_SEA_ADAP_FAIL") == 0)
		snprintf(id.text, sizeof(id.text), "8D424E06");
	else
		snprintf(id.text, sizeof(id.text), "%08X", jx_crc32(label, strlen(label)));
	return id;
}

/* The first letter, as errpt writes it. */
static char initial(const json_t *entry, const char *key)
{
	char first = jx_text(entry, key)[0];

	if (first >= 'a' && first <= 'z')
		return (char)(first - 'a' + 'A');
	return first ? first : 'U';
}

static void line(struct out *out, const json_t *entry)
{
	out_add(out, "%-10s %-10s %c %c %-14s %s\n", lay_identifier(jx_text(entry, "label")).text,
		jx_text(entry, "timestamp"), initial(entry, "type"), initial(entry, "class"),
		jx_text(entry, "resource"), jx_text(entry, "text"));
}

static void detail(struct out *out, const json_t *entry)
{
	const char *label = jx_text(entry, "label");

	out_add(out,
		"---------------------------------------------------------------------------\n"
		"LABEL:          %s\nIDENTIFIER:     %s\n\n"
		"Date/Time:       %s\nSequence Number: %lld\nIncident:        %lld\n"
		"Node Id:         %s\n"
		"Class:           %c\nType:            %s\nResource Name:   %s\n\n"
		"Description\n%s\n\n",
		label, lay_identifier(label).text, jx_text(entry, "date"),
		(long long)jx_int(entry, "seq"), (long long)jx_int(entry, "incident"),
		jx_text(entry, "vios"), initial(entry, "class"), jx_text(entry, "type"),
		jx_text(entry, "resource"), jx_text(entry, "text"));
}

char *lay_errlog(const json_t *entries, bool detailed)
{
	struct out out = {0};
	size_t n = json_array_size(entries);

	if (!detailed)
		out_add(&out, "IDENTIFIER TIMESTAMP  T C RESOURCE_NAME  DESCRIPTION\n");
	for (size_t i = n; i-- > 0;) { /* the newest first */
		if (detailed)
			detail(&out, json_array_get(entries, i));
		else
			line(&out, json_array_get(entries, i));
	}
	return out_take(&out);
}
