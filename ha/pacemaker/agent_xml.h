/* SPDX-License-Identifier: BSD-3-Clause */
/* agent_xml.h - XML text that grows in memory. Pure. */
#ifndef VIOS_PACEMAKER_AGENT_XML_H
#define VIOS_PACEMAKER_AGENT_XML_H

#include <stdbool.h>
#include <stddef.h>

struct agent_param;

/* Zeroed to begin with; text is the caller's to free. */
struct xml {
	char *text;
	size_t len, size;
	bool failed; /* no memory: text is NULL */
};

void xml_raw(struct xml *x, const char *text);
void xml_text(struct xml *x, const char *text); /* escaped */
/* <tag lang="en">text</tag> and a line end */
void xml_said(struct xml *x, const char *tag, const char *text);
/* name="value", a blank before it */
void xml_attr(struct xml *x, const char *name, const char *value);
void xml_attr_number(struct xml *x, const char *name, unsigned long value, const char *unit);
/* What a resource agent and a fence agent say alike of a parameter. */
void xml_content(struct xml *x, const struct agent_param *p);

#endif
