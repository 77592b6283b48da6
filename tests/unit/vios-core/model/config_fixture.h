/* SPDX-License-Identifier: BSD-3-Clause */
/* config_fixture.h - a small state, changes written with ' for ", and what came of them. */
#ifndef TESTS_CONFIG_FIXTURE_H
#define TESTS_CONFIG_FIXTURE_H

#include "vios-core/model/config_change.h"
#include "vios-core/model/config_frame.h"

extern struct model_faults faults;

/* ' stands for ". */
json_t *json_of(const char *text);
/* frame.json's state: two VIOS with ent0, lpar1 with eth0 (id 1) and scsi0 (id 2), lpar2 empty. */
struct config *small_state(void);
/* Applies, frees the old state, gives the new one; fails the test on a fault. */
struct config *change(struct config *config, const char *ops);
/* Must be refused, with this among the faults ("PATH: TEXT" or a part of it). */
void refuse(const struct config *config, const char *ops, const char *fault);
/* The text of a member ("pvid", "sides.vios1.ent") of an object; free() it. */
char *member(
	const struct config *config, enum config_kind kind, const char *name, const char *path);
void assert_member(const struct config *config, enum config_kind kind, const char *name,
	const char *path, const char *json);

#endif
