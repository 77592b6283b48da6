/* SPDX-License-Identifier: BSD-3-Clause */
/* recipe.h - ready configurations of a pair under Corosync and Pacemaker: facts in, texts out.
 * Pure. */
#ifndef VIOS_CLI_RECIPE_H
#define VIOS_CLI_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECIPE_FAULT_BYTES 256
#define RECIPE_LINKS 2
#define RECIPE_VIOS 2

#define RECIPE_TOKEN_MS 1000u
#define RECIPE_TOKEN_MIN_MS 500u /* below, the ring partitions itself */
#define RECIPE_TOKEN_MAX_MS 30000u
#define RECIPE_CONSENSUS_MIN_MS 100u
#define RECIPE_CONSENSUS_MAX_MS 60000u

/* All strings are borrowed. */
struct recipe {
	const char *frame, *run;
	const char *alert; /* the path of vios-alert */
	const char *vios[RECIPE_VIOS];
	uint32_t node_id[RECIPE_VIOS];
	/* addresses of a link; NULL: not given */
	const char *link[RECIPE_LINKS][RECIPE_VIOS];
	uint32_t token_ms, consensus_ms;
	const char *qdevice; /* host of corosync-qnetd; NULL: none, two_node */
};

/* Takes "VIOS=ADDRESS" for a link. 0, or -EINVAL with the sentence. word: borrowed. */
int recipe_link(struct recipe *recipe, int link, const char *word, char fault[RECIPE_FAULT_BYTES]);
/* A literal address or a name, as far as that can be told without a resolver. */
bool recipe_address_valid(const char *text);
/* Whether all that is needed is there and fits. 0, or -EINVAL with the sentence. */
int recipe_check(const struct recipe *recipe, char fault[RECIPE_FAULT_BYTES]);

/* Of one that was checked. The caller's; NULL: no memory. */
char *recipe_corosync(const struct recipe *recipe);
char *recipe_crmsh(const struct recipe *recipe);
char *recipe_pcs(const struct recipe *recipe);

#endif
