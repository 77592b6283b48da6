#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""
The simulation of the replicated state must see broken rules: as mutants.py, for the rules of ha/cluster/replica*.c.

	replica_mutants.py TOP CC SEEDS [NAME...]
"""
import mutants

SOURCES = ["replica.c", "replica_alone.c", "replica_msg.c", "replica_open.c", "replica_out.c", "replica_pair.c",
           "replica_view.c", "replica_work.c", "stamp.c"]
SIMULATION = ["tests/sim/replica_sim.c", "tests/sim/rapply.c", "tests/sim/rworld.c", "tests/sim/rpromises.c", "ha/frame/witness_text.c"]

# What one deterministic apply() never does (two ACKs that differ), or a Corosync that loses nothing (no progress), is
# guarded by replica_test.c.
MUTANTS = {
    "acknowledges before it has stored":
        ("replica_pair.c", "replica_ask_store(r, W_PAIR_STORE);",
         "replica_ask_store(r, W_PAIR_STORE);\n\t\treplica_say_ack(r, &r->next.stamp);"),
    "delivered to itself is committed":
        ("replica_work.c", "\tr->work = W_ACK;\n", "\treplica_commit(r, false);\n\treturn;\n"),
    "commits alone without the witness":
        ("replica_work.c", "\tr->work = W_CLAIM;\n", "\treplica_commit(r, true);\n"),
    "an intent is not stored before the witness is raised":
        ("replica_alone.c", "replica_ask_store(r, W_CLAIM_STORE);\n}\n\nstatic void claim_doubt", "r->work = W_CLAIM;\n}\n\nstatic void claim_doubt"),
    "an intent on disk is taken for committed":
        ("replica.c", "bool unfinished = newest->intent && !r->doubtful;", "bool unfinished = false;"),
    "an intent on disk is forgotten":
        ("replica.c", "if (unfinished && replica_record_copy", "if (unfinished && !base && replica_record_copy"),
    "an intent is forgotten when the witness has not moved":
        ("replica_alone.c", "} else if (!stamp_covers(&r->next.base, mark)) {", "} else if (true) {"),
    "an overtaken intent is raised again":
        ("replica_alone.c", "} else if (!stamp_covers(&r->next.base, mark)) {", "} else if (false) {"),
    "what was stored with the peer is dropped when it leaves":
        ("replica_pair.c", "\tif (r->work == W_ACK)\n\t\treplica_next_is_cur(r);", "\tif (r->work == W_ACK)\n\t\treplica_next_drop(r, \"\");"),
    "what was stored with the peer is certain when it leaves":
        ("replica_pair.c", "\tif (r->work == W_ACK)\n\t\treplica_next_is_cur(r);", "\tif (r->work == W_ACK)\n\t\treplica_commit(r, false);"),
    "a store that outlives its session counts in the next":
        ("replica_pair.c", "\tr->orphan = true;\n", ""),
    "messages of another session are taken":
        ("replica.c", "} else if (is_current(r, &msg, w.own)) {", "} else {"),
    "a HAVE of an earlier acquaintance is enough":
        ("replica_pair.c", "\tr->self.count++;\n", ""),
    "what is offered may change":
        ("replica_pair.c", "if (r->have_sent || r->work != W_IDLE)", "if (r->have_sent)"),
    "the epoch does not matter at a merge":
        ("stamp.c", "return epochs ? epochs : compare", "return 0 * epochs ? epochs : compare"),
    "the version does not matter at a merge":
        ("stamp.c", "return epochs ? epochs : compare(a->version, b->version)", "return epochs"),
    "the older one wins":
        ("replica_pair.c", "return order != 0 ? order > 0 :", "return order != 0 ? order < 0 :"),
    "the pair begins before both have acknowledged":
        ("replica_pair.c", "else if (r->peer_has_acked && r->self_has_acked &&", "else if (r->self_has_acked &&"),
    "the witness's digest does not matter":
        ("stamp.c", "return stamp->version == mark->version && strcmp(own.digest, mark->digest) == 0;",
         "return stamp->version == mark->version;"),
    "a stale state commits":
        ("replica_alone.c", "if (r->doubtful || replica_behind(r)) {", "if (r->doubtful) {"),
    "a stale state serves all":
        ("replica_view.c", "if (!stamp_covers(&r->adopted.stamp, &r->witness.mark) &&", "if (false &&"),
    "what the witness said is forgotten with the connection":
        ("replica_view.c", "if (!stamp_covers(&r->adopted.stamp", "if (r->known && !stamp_covers(&r->adopted.stamp"),
    "an alone commit does not say what has changed":
        ("replica_alone.c", "\t\ta->changed = record->changed;", "\t\t;"),
    "a request is applied twice":
        ("replica_open.c", "\tif (r->n_open == 0 || done->incarnation != r->self.incarnation ||", "\tif (true || done->incarnation != r->self.incarnation ||"),
    "refuses what was sent":
        ("replica_open.c", "if (r->open[i].sent_ever || r->open[i].claimed)\n\t\t\ti++;", "if (false)\n\t\t\ti++;"),
    "says refused of what was sent, at the deadline":
        ("replica_open.c", "else if (r->open[i].sent_ever || r->open[i].claimed)", "else if (false)"),
    "never says that both are in step":
        ("replica_alone.c", "\t\traise(r, ASKED_SETTLE, &r->cur);", "\t\t;"),
    "a base version is not looked at":
        ("replica_open.c", "p->base == REPLICA_ANY_BASE || p->base == r->cur.stamp.version", "true"),
}

if __name__ == "__main__":
    mutants.Suite("ha/cluster", SOURCES, MUTANTS, SIMULATION, ["-lmd"]).main()
