/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_xml.c - writes an agent's meta-data from its tables. Pure; one thread. The document follows
 * Pacemaker's "OCF resource agent API" in the form that Debian 12's schema takes.
 */
#include "ha/pacemaker/agent_xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ha/pacemaker/agent_table.h"

static bool grow(struct xml *x, size_t more)
{
	size_t size = x->size ? x->size : 4096;
	char *text;

	while (size < x->len + more + 1)
		size *= 2;
	if (x->failed || size == x->size)
		return !x->failed;
	text = realloc(x->text, size);
	if (!text) {
		free(x->text);
		*x = (struct xml){.failed = true};
		return false;
	}
	x->text = text;
	x->size = size;
	return true;
}

static void put(struct xml *x, const char *text, size_t len)
{
	if (!grow(x, len))
		return;
	memcpy(x->text + x->len, text, len);
	x->len += len;
	x->text[x->len] = '\0';
}

void xml_raw(struct xml *x, const char *text)
{
	put(x, text, strlen(text));
}

void xml_text(struct xml *x, const char *text)
{
	static const char special[] = "<>&\"";
	static const char *const escaped[] = {"&lt;", "&gt;", "&amp;", "&quot;"};

	while (*text) {
		size_t n = strcspn(text, special);

		put(x, text, n);
		text += n;
		if (*text)
			xml_raw(x, escaped[strchr(special, *text++) - special]);
	}
}

void xml_said(struct xml *x, const char *tag, const char *text)
{
	xml_raw(x, "<");
	xml_raw(x, tag);
	xml_raw(x, " lang=\"en\">");
	xml_text(x, text);
	xml_raw(x, "</");
	xml_raw(x, tag);
	xml_raw(x, ">\n");
}

void xml_attr(struct xml *x, const char *name, const char *value)
{
	xml_raw(x, " ");
	xml_raw(x, name);
	xml_raw(x, "=\"");
	xml_text(x, value);
	xml_raw(x, "\"");
}

void xml_attr_number(struct xml *x, const char *name, unsigned long value, const char *unit)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu%s", value, unit);
	xml_attr(x, name, text);
}

void xml_content(struct xml *x, const struct agent_param *p)
{
	static const char *const types[] = {
		[AGENT_NAME] = "string",
		[AGENT_PATH] = "string",
		[AGENT_SOCKET] = "string",
		[AGENT_WORDS] = "string",
		[AGENT_BOOL] = "boolean",
		[AGENT_SECONDS] = "integer",
	};

	xml_raw(x, "<content");
	xml_attr(x, "type", types[p->kind]);
	if (p->value && p->value[0])
		xml_attr(x, "default", p->value);
	xml_raw(x, "/>\n");
}

static void param(struct xml *x, const struct agent_param *p)
{
	xml_raw(x, "<parameter");
	xml_attr(x, "name", p->name);
	xml_attr(x, "unique", p->unique ? "1" : "0");
	xml_attr(x, "required", p->required ? "1" : "0");
	xml_raw(x, ">\n");
	xml_said(x, "longdesc", p->text);
	xml_said(x, "shortdesc", p->brief);
	xml_content(x, p);
	xml_raw(x, "</parameter>\n");
}

static void action(struct xml *x, const struct agent_action *a)
{
	xml_raw(x, "<action");
	xml_attr(x, "name", a->name);
	xml_attr_number(x, "timeout", a->timeout_s, "s");
	if (a->interval_s)
		xml_attr_number(x, "interval", a->interval_s, "s");
	if (a->depth >= 0)
		xml_attr_number(x, "depth", (unsigned long)a->depth, "");
	if (a->role)
		xml_attr(x, "role", a->role);
	xml_raw(x, "/>\n");
}

char *agent_metadata(const struct agent *agent)
{
	struct xml x = {0};

	xml_raw(&x, "<?xml version=\"1.0\"?>\n<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\">\n"
		    "<resource-agent");
	xml_attr(&x, "name", agent->name);
	xml_attr(&x, "version", VIOS_VERSION);
	xml_raw(&x, ">\n<version>1.0</version>\n");
	xml_said(&x, "longdesc", agent->text);
	xml_said(&x, "shortdesc", agent->brief);
	xml_raw(&x, "<parameters>\n");
	for (const struct agent_param *p = agent->params; p->name; p++)
		param(&x, p);
	xml_raw(&x, "</parameters>\n<actions>\n");
	for (const struct agent_action *a = agent->actions; a->name; a++)
		action(&x, a);
	xml_raw(&x, "</actions>\n</resource-agent>\n");
	return x.text;
}
