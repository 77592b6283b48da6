/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sea_policy.h - which VLANs one side of a SEA is the primary of: only it takes frames from its
 * uplink and sends frames there. Pure; facts in, what follows out, time passed in. Each VIOS has
 * one for each of its SEAs; the two tell each other all they know in an advert.
 */
#ifndef VIOS_POLICY_SEA_POLICY_H
#define VIOS_POLICY_SEA_POLICY_H

#include "ha/policy/sea_advert.h"

struct sea_rules {
	struct vlan_set vlans; /* that the SEA bridges */
	enum sea_mode mode[2]; /* own, peer's */
	uint32_t priority[2];
	bool first;  /* of the two, by their place in the frame: decides between equals */
	bool paired; /* the SEA has a side on the other VIOS */
	struct sea_health_rules health;
	unsigned n_targets; /* of probes; at most SEA_TARGETS */
	bool noauto_failback;
	uint64_t failback_ns; /* fb_delay: WELL for so long before it is given VLANs back */
	uint64_t start_ns;    /* waits so long for the peer's first word */
	uint64_t repeat_ns;   /* an advert that was not confirmed is told again */
};

struct sea_counts {
	uint64_t in[SEA_STATES], in_all, out; /* adverts, by the state of the sender */
	uint64_t became_primary, became_backup;
};

struct sea_policy {
	struct sea_rules rules;
	struct sea_health health;
	struct sea_side self;
	enum sea_state state;
	bool peer_talks, peer_heard;
	struct sea_advert peer; /* its seq is kept while it is away */
	struct vlan_set mine, granted;
	uint64_t seq;	    /* of what was told last */
	uint64_t sets_seq;  /* since then the sets are as they are */
	uint64_t alone_seq; /* then VLANs were taken that nobody had given */
	uint64_t start_ns, well_since_ns, repeat_at_ns;
	bool told, owes_answer, fresh; /* fresh: it has decided nothing yet */
	bool trunk_was;		       /* at the end of the last step, as primary_was */
	struct vlan_set primary_was;
	struct sea_side said; /* in the last change that was told */
	struct sea_counts counts;
};

struct sea_out {
	bool send;  /* tell the peer sea_policy_advert() */
	bool roles; /* sea_policy_primary() or sea_policy_trunk() is another */
	bool moved; /* the state is another */
	enum sea_state from;
	enum sea_report report;
};

/* first_seq: above all that an earlier one of this side has used; a wall clock in us does. */
void sea_policy_init(
	struct sea_policy *p, const struct sea_rules *rules, uint64_t first_seq, uint64_t now_ns);
void sea_policy_rules(struct sea_policy *p, const struct sea_rules *rules);
void sea_policy_serving(struct sea_policy *p, bool serving);
void sea_policy_link(struct sea_policy *p, bool up, uint64_t now_ns);
void sea_policy_probe(struct sea_policy *p, unsigned target, bool answered);
/* False: it is known to be gone, or its data plane to be dead. */
void sea_policy_peer(struct sea_policy *p, bool talks);
/* One that is older than what is known is ignored, as is any while the peer does not talk. */
void sea_policy_hear(struct sea_policy *p, const struct sea_advert *advert);

/* After any of these, and at sea_policy_next_ns(). */
void sea_policy_step(struct sea_policy *p, uint64_t now_ns, struct sea_out *out);
uint64_t sea_policy_next_ns(const struct sea_policy *p, uint64_t now_ns);

struct sea_advert sea_policy_advert(const struct sea_policy *p);
/* Of these VLANs this side uses its uplink now. */
struct vlan_set sea_policy_primary(const struct sea_policy *p);
/* Both sides share the load, and it is known of the peer. */
bool sea_policy_shares(const struct sea_policy *p);
/* Its clients are better off on the other VIOS: the uplink is dead here, or the operator wants the
 * other one, and that is not dead. */
bool sea_policy_yields(const struct sea_policy *p);
/* Frames may cross the trunk: no VLAN has two primaries. Closed on one side, it is closed. */
bool sea_policy_trunk(const struct sea_policy *p);

#endif
