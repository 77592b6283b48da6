#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The simulation of a SEA's roles must see broken rules, as mutants.py says of the judge's.

	sea_mutants.py TOP CC SEEDS [NAME...]
"""
from mutants import Suite

SOURCES = ["sea_choice.c", "sea_health.c", "sea_policy.c", "sea_role.c", "sea_roles.c", "vlan_set.c"]

# What old news must not do (take what nobody has, open the trunk) needs letters that cross a crash, or two cuts; it is
# guarded by sea_policy_test.c, as is that answers are not answered (here the loss of some ends it). That what overlaps keeps the trunk
# closed is never the only guard. The times of sea_health.c are guarded by sea_health_test.c.
# name: (file, what is there, what is put there instead)
MUTANTS = {
    "an unhealthy side does not serve alone":
        ("sea_policy.c", "if (worth(p) == SEA_WORTHLESS) {", "if (worth(p) != SEA_WORTH_WELL) {"),
    "gives before its having is known":
        ("sea_policy.c", "if (!up_to_date(p))\n\t\treturn;\n\tif (sea_choice_share", "if (sea_choice_share"),
    "both take what nobody has":
        ("sea_policy.c", "if (!p->rules.first || !up_to_date(p))", "if (!up_to_date(p))"),
    "keeps what both have":
        ("sea_policy.c", "p->mine = vlan_set_without(&p->mine, &both);", ";"),
    "both keep the same half":
        ("sea_policy.c", "both = p->rules.first ? vlan_set_and(&both, &second) : vlan_set_without(&both, &second);",
         "both = vlan_set_and(&both, &second);"),
    "is primary of what it has given":
        ("sea_policy.c", "p->mine = vlan_set_without(&p->mine, set);\n\tp->granted", "p->granted"),
    "tells each change once":
        ("sea_policy.c", "now_ns >= p->repeat_at_ns;", "now_ns < p->repeat_at_ns;"),
    "never answers":
        ("sea_policy.c", "p->owes_answer = p->owes_answer || advert->ask;", ";"),
    "believes what is older":
        ("sea_policy.c", "|| advert->seq < p->peer.seq)", ")"),
    "all that is shared stays":
        ("sea_policy.c", "return a > b ? (a - b) / 2 : 0;", "return 0 * (a + b);"),
    "gives one too many":
        ("sea_policy.c", "return a > b ? (a - b) / 2 : 0;", "return a > b ? (a - b + 1) / 2 : 0;"),
    "a dead uplink stays primary":
        ("sea_choice.c", "return a < b;", "return false;"),
    "standby is a word":
        ("sea_choice.c", "return by_mode(other) > by_mode(holder);", "return false;"),
    "the priority is a number":
        ("sea_choice.c", "ahead_by_priority(other, holder, !holder_first);", "false;"),
    "what is disabled serves":
        ("sea_choice.c", "if (other->mode != SEA_DISABLED || !ahead", "if (!ahead"),
    "nobody asks for an answer":
        ("sea_policy.c", ".ask = unconfirmed(p),", ".ask = false,"),
    "what is given is let go at once":
        ("sea_roles.c", "return vlan_set_or(&primary, &p->granted);", "return primary;"),
    "what is taken stays claimed":
        ("sea_roles.c", "return vlan_set_or(&primary, &p->granted);", "return vlan_set_or(&primary, &p->peer.mine);"),
    "clients stay where they are":
        ("sea_roles.c", "return vlan_set_and(&theirs, &p->rules.vlans);", "return none;"),
    "clients of what is its own are left, too":
        ("sea_roles.c", "theirs = vlan_set_without(&theirs, &p->mine);", "theirs = vlan_set_or(&theirs, &p->mine);"),
}

if __name__ == "__main__":
    Suite("ha/policy", SOURCES, MUTANTS,
          ["tests/sim/sea_sim.c", "tests/sim/sea_promises.c", "tests/sim/world.c"]).main()
