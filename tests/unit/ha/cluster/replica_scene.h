/* SPDX-License-Identifier: BSD-3-Clause */
/* replica_scene.h - two replicas in one test: the group is a queue in which everything is delivered
 * to both; stores and questions are answered at once, until a test takes that away. */
#ifndef TESTS_REPLICA_SCENE_H
#define TESTS_REPLICA_SCENE_H

#include "ha/cluster/replica_in.h"

#define MESSAGES 512

struct side {
	struct replica *r;
	struct replica_actions out;
	uint64_t answered;
	enum replica_outcome outcome;
	char sentence[REPLICA_SENTENCE], last_log[REPLICA_SENTENCE], *result;
	struct stamp adopted;
	size_t adoptions, stores, gets, raises, asides;
	size_t stale_raises; /* from a mark that the witness had no more */
	bool auto_store, store_fails, auto_witness, alone;
	struct replica_action raise; /* the last one */
};

struct scene {
	struct side side[2];
	struct {
		uint32_t node;
		uint8_t *bytes;
		size_t n;
	} group[MESSAGES];
	size_t n_group;
	uint64_t now_ns;
	struct replica_witness witness;
	char flavour[2]; /* what each apply() adds: the same, unless a scene breaks the rule */
};

void scene_hear(struct scene *s, int who, enum replica_heard heard);
void scene_view(struct scene *s, int who, bool peer);
void scene_run(struct scene *s);
void scene_tick(struct scene *s, uint64_t ms);
struct replica_record scene_record(uint64_t epoch, uint64_t version, const char *text);
void scene_start(struct scene *s, int who, const struct replica_record *newest,
	const struct replica_record *base, bool doubtful);
void scene_pair_up(struct scene *s, const struct replica_record *a, const struct replica_record *b);
int scene_begin(void **state);
int scene_end(void **state);
void scene_propose(struct scene *s, int who, uint64_t request, const char *change, int64_t base);
void scene_assert_pair(struct scene *s);
void scene_act(struct scene *s, int who);
void scene_hear(struct scene *s, int who, enum replica_heard heard);

#endif
