/* SPDX-License-Identifier: BSD-3-Clause */
/* vlan_set.h - a set of VLAN ids, 0 to 4095, as bits. Pure. */
#ifndef VIOS_POLICY_VLAN_SET_H
#define VIOS_POLICY_VLAN_SET_H

#include <stdbool.h>
#include <stdint.h>

#define VLAN_SET_IDS 4096
#define VLAN_SET_WORDS (VLAN_SET_IDS / 64)

struct vlan_set {
	uint64_t w[VLAN_SET_WORDS];
};

static inline bool vlan_set_has(const struct vlan_set *s, uint16_t id)
{
	return s->w[id / 64 % VLAN_SET_WORDS] >> (id % 64) & 1;
}

static inline void vlan_set_add(struct vlan_set *s, uint16_t id)
{
	s->w[id / 64 % VLAN_SET_WORDS] |= UINT64_C(1) << (id % 64);
}

static inline void vlan_set_remove(struct vlan_set *s, uint16_t id)
{
	s->w[id / 64 % VLAN_SET_WORDS] &= ~(UINT64_C(1) << (id % 64));
}

struct vlan_set vlan_set_or(const struct vlan_set *a, const struct vlan_set *b);
struct vlan_set vlan_set_and(const struct vlan_set *a, const struct vlan_set *b);
/* What is in a and not in b. */
struct vlan_set vlan_set_without(const struct vlan_set *a, const struct vlan_set *b);
bool vlan_set_empty(const struct vlan_set *s);
bool vlan_set_equal(const struct vlan_set *a, const struct vlan_set *b);
unsigned vlan_set_count(const struct vlan_set *s);
/* The n highest of s (or all, if there are fewer). */
struct vlan_set vlan_set_highest(const struct vlan_set *s, unsigned n);

#define VLAN_SET_TEXT 20480 /* every second one: "1,3,5,..." */

/* "1,7-9,4094"; always terminated, cut at a whole id if size is too small. Returns the length. */
unsigned vlan_set_write(const struct vlan_set *s, char *text, unsigned size);
/* text: hostile, terminated. 0, or -EINVAL and *out is empty. */
int vlan_set_read(const char *text, struct vlan_set *out);

#endif
