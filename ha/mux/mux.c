/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mux.c - steps: from the committed state to the next one, and what follows from it. The mux's only
 * thread; owns the loop, the journal's mapping and every descriptor in a slot.
 */
#include "ha/mux/mux.h"

#include "vios-core/base/deadline.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/keep_held.h"
#include "vios-core/base/log.h"
#include "vios-core/base/loop.h"
#include "vios-core/vhostuser/vu_mem.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct state *mux_state(const struct mux *m)
{
	return keep_state(&m->journal);
}

/* ---- steps ---- */

struct step mux_begin(struct mux *m)
{
	const struct state *from = mux_state(m);
	struct step s = {.mux = m};

	s.state = keep_begin(&m->journal, offsetof(struct state, adapter[from->n_adapters]));
	s.ctx = (struct adapter_context){
		.now_ns = loop_now_ns(),
		.ops = keep_ops(&m->journal),
		.slots = &s.state->slots,
		.used_idx = vu_mem_kept_used_idx,
	};
	memcpy(s.ctx.control_up, m->control_up, sizeof(s.ctx.control_up));
	for (uint32_t p = 0; p < ADAPTER_PLANES; p++)
		for (uint32_t v = 0; v < s.state->n_vios; v++)
			s.ctx.incarnation[p][v] = s.state->plane[p][v].incarnation;
	mux_fault_point(m);
	return s;
}

int mux_store(struct step *s, int fd)
{
	int slot = keep_held_store(s->mux->holder, s->ctx.slots, fd);

	mux_fault_point(s->mux);
	return slot;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct step s = mux_begin(user);

	for (uint32_t i = 0; i < s.state->n_adapters; i++)
		adapter_tick(&s.state->adapter[i], &s.ctx);
	mux_commit(&s);
	return 0;
}

static void refresh_timer(struct mux *m)
{
	const struct state *st = mux_state(m);
	uint64_t first = 0;

	for (uint32_t i = 0; i < st->n_adapters; i++)
		first = deadline_sooner(first, adapter_deadline_ns(&st->adapter[i]));
	sd_event_source_set_enabled(m->timer, first ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (first)
		sd_event_source_set_time(m->timer, first / 1000 + 1);
}

void mux_commit(struct step *s)
{
	struct mux *m = s->mux;
	struct keep_ops *ops = s->ctx.ops;

	keep_commit(&m->journal);
	mux_fault_point(m);
	if (ops->n > 0) {
		keep_watch_let_go(&m->watch, ops);
		if (keep_held_carry_out(m->holder) < 0)
			_exit(1); /* the holder is gone: nothing that we promised can be kept */
		mux_fault_point(m);
	}
	/* From here on another step may begin: the operations of this one are done. */
	control_tell(m);
	door_refresh(m);
	reach_refresh(m);
	control_refresh(m);
	refresh_timer(m);
	sd_event_source_set_enabled(m->pump, SD_EVENT_ONESHOT);
}

/* The socket's name goes first: should we die now, the next of us finds the adapter and goes on. */
static void remove_adapter(struct mux *m, uint32_t adapter)
{
	struct step s;

	log_info("adapter-removed", "adapter=%s/%s id=%u", mux_state(m)->client,
		mux_state(m)->adapter[adapter].config.name,
		mux_state(m)->adapter[adapter].config.id);
	control_forget(m, adapter);
	reach_forget(m, adapter);
	door_close(m, adapter);
	s = mux_begin(m);
	state_free(s.state, &s.ctx, adapter);
	mux_follow(&s);
	mux_commit(&s);
}

/* After every step, and at start: what the state asks for and no message brings. */
static int on_pump(sd_event_source *source, void *user)
{
	struct mux *m = user;

	for (uint32_t i = 0; i < mux_state(m)->n_adapters; i++)
		if (adapter_gone(&mux_state(m)->adapter[i]))
			remove_adapter(m, i);
	door_open(m);
	control_follow(m);
	door_pump(m);
	return 0;
}

/* ---- start ---- */

/* Higher than any start of a former life of this mux, unless that had more than 4096 a second. */
static uint64_t first_start(void)
{
	return (uint64_t)time(NULL) << 12;
}

void mux_follow(struct step *s)
{
	state_follow(s->state, &s->ctx, first_start());
	control_ban(s);
}

static int set_up(struct mux *m, const char *client)
{
	struct model_frame *frame;
	struct step s;
	int err = frame_file_load_run(m->run, &frame);

	if (err)
		return err;
	s = mux_begin(m);
	state_init(s.state, frame, client, model_frame_client(frame, client));
	mux_follow(&s);
	mux_commit(&s);
	model_frame_free(frame);
	return door_open(m) ? 0 : -EIO; /* at the very start it has been started wrongly */
}

static void take_over(struct mux *m)
{
	struct step s = mux_begin(m);

	keep_held_sweep(s.ctx.ops, s.ctx.slots);
	mux_commit(&s);
	door_recover(m);
}

int mux_start(struct mux *m, const char *client)
{
	int err = sd_event_add_time(m->watch.ev, &m->timer, CLOCK_MONOTONIC, 0, 1, on_timer, m);

	if (err >= 0)
		err = sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	if (err >= 0)
		err = sd_event_add_defer(m->watch.ev, &m->pump, on_pump, m);
	if (err >= 0)
		err = reach_new(m);
	if (err >= 0)
		err = control_new(m);
	if (err < 0) {
		log_refuse("cannot start: %s; look for exhausted memory or descriptors",
			strerror(-err));
		return err;
	}
	if (!mux_state(m)->set_up)
		err = set_up(m, client);
	else
		take_over(m);
	state_frame(mux_state(m), &m->frame);
	if (!err)
		err = control_open(m, client);
	return err;
}

void mux_stop(struct mux *m)
{
	const struct state *st = mux_state(m);

	control_free(m);
	reach_free(m);
	for (uint32_t i = 0; i < st->n_adapters; i++)
		door_close(m, i);
}
