/* SPDX-License-Identifier: BSD-3-Clause */
/* ip_list.h - lists of Internet addresses in the state: text and bytes. Pure. */
#ifndef VIOS_MODEL_IP_LIST_H
#define VIOS_MODEL_IP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_LIST_MAX 16
#define IP_TEXT_MAX 39

/* Ascending, none twice. An IPv4 address is ::ffff:a.b.c.d. */
struct ip_list {
	size_t n;
	uint8_t ip[IP_LIST_MAX][16];
};

struct ip_text {
	char text[IP_TEXT_MAX + 1];
};

/* "10.0.0.5", "fd00::5": an IPv4 address in four numbers, an IPv6 address as in RFC 4291 2.2 (but
 * not with IPv4 at its end). Whether it is one. */
bool ip_parse(const char *text, uint8_t ip[16]);
/* As RFC 5952 has it: one text for one address. */
struct ip_text ip_show(const uint8_t ip[16]);
/* A single host may have it. */
bool ip_is_host(const uint8_t ip[16]);
/* Whether it was put into the list; false: it is full or has it. */
bool ip_list_add(struct ip_list *list, const uint8_t ip[16]);
/* "10.0.0.5,fd00::5": addresses of hosts, none twice, at most so many; "": none. Whether it is
 * such a list. */
bool ip_list_parse(const char *text, size_t most, struct ip_list *out);

#endif
