/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adapter_fixture.h - one adapter on virtual time, with two scripted data planes and a client.
 * Descriptors are numbers; what the adapter sends in a step is looked at.
 */
#ifndef VIOS_TESTS_ADAPTER_FIXTURE_H
#define VIOS_TESTS_ADAPTER_FIXTURE_H

#include "ha/mux/adapter_life.h"
#include "ha/mux/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define START 1000
#define CLIENT 700 /* slots of connections */
#define PLANE(i) (701 + (i))
#define HANG_MS 100
#define LIMIT_MS (HANG_MS + PATH_LIVE_GRACE_MS)

extern struct adapter a;
extern struct keep_ops ops;
extern struct keep_slots slots;
extern struct adapter_context ctx;
extern uint16_t used[VU_RINGS_MAX]; /* used->idx in the client's memory */
extern bool memory_gone;	    /* and it cannot be read */

extern bool mute[SELECT_PATHS]; /* settle_planes() leaves it out */

int set_up(void **state);
struct adapter_context *step(void); /* begins a step: forgets the last one's operations */
void pass_ms(unsigned ms);

/* The nth such message to a connection in this step, or NULL. */
const struct keep_op *sent(int slot, uint32_t request, unsigned nth);
bool dropped(int slot);
unsigned signalled(int slot);

void answer(int p, uint32_t request, uint64_t value);
void answer_one(int p); /* the first that path p awaits, rightly */
void answer_all(int p);
void path_comes(int p); /* until it is ready */
void settle_planes(void);

void say_u64(uint32_t request, uint64_t value);
void say_state(uint32_t request, uint32_t ring, uint32_t value);
void say_memory(uint64_t bytes);
void client_comes(void); /* with two running rings */
void all_up(void);

#define TEST(name) cmocka_unit_test_setup(name, set_up)

#endif
