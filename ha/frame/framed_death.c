/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed_death.c - a data plane has died: blame, tell, forget. Main thread.
 *
 * The order matters. Who may not start comes before who has died, on every connection: a mux that
 * hears of the death starts the rings elsewhere at once, and must know by then which adapter is
 * held. Notes go out before anything is written or logged.
 */
#include "ha/frame/framed.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#include "ha/frame/params.h"
#include "ha/frame/proc.h"
#include "vios-core/base/log.h"

void framed_remember_dead(
	struct framed *f, const char *vios, const char *plane, uint64_t incarnation)
{
	struct framed_dead *d = &f->dead[f->n_dead++ % FRAMED_DEAD];

	memset(d, 0, sizeof(*d));
	snprintf(d->vios, sizeof(d->vios), "%s", vios);
	snprintf(d->plane, sizeof(d->plane), "%s", plane);
	d->incarnation = incarnation;
}

/* Returns the adapter to blame, 0: nobody. */
static uint32_t blame(struct framed *f, const struct registry_plane *p)
{
	uint32_t signo = 0, adapter = 0;

	if (p->page.map)
		page_crash(&p->page, &signo, &adapter);
	if (!poison_blames(signo, adapter))
		return 0;
	if (poison_crash(&f->poison, adapter, p->vios, p->plane, framed_now_ns()) == 0)
		notes_send(f, "quarantine", notes_quarantine(f));
	return adapter;
}

static void log_blame(const struct framed *f, const struct registry_plane *p, uint32_t adapter)
{
	static const char *const words[POISON_STATES] = {"clear", "held", "marked", "quarantined"};
	const char *name = names_text(&f->names, adapter);
	uint32_t signo, ignored;

	page_crash(&p->page, &signo, &ignored);
	log_warn("poison", "adapter=%s id=%u vios=%s plane=%s signal=%u now=%s", name ? name : "?",
		adapter, p->vios, p->plane, signo, words[poison_state(&f->poison, adapter)]);
}

/* A target's successor waits for its locks, which fall when its last thread has let go of its
 * files; its memory goes with processes of their own (outlive.h). */
static bool awaited(const struct registry_plane *p)
{
	return strncmp(p->plane, "scsid:", strlen("scsid:")) == 0;
}

/* A VIOS that loses its power dies with all of its processes at once, and each of them wants a CPU
 * for that: its switch, which everybody waits for, comes first. (Measured on two cores: its worker
 * was gone 12 to 19 ms after its target in every second of such deaths.) */
static void hurry_the_switch(struct framed *f, const struct registry_plane *dead)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct registry_plane *p = &f->registry.plane[i];

		if (p->used && p != dead && p->pid && strcmp(p->plane, "netd") == 0 &&
			strcmp(p->vios, dead->vios) == 0 && proc_hurry_dying(p->pid, p->pidfd))
			log_debug("hurried", "vios=%s pid=%d", p->vios, (int)p->pid);
	}
}

void framed_death(struct framed *f, struct registry_plane *p, const char *proof)
{
	bool by_futex = strcmp(proof, "futex") == 0;
	json_t *note = notes_plane(p->vios, p->plane, p->incarnation);
	uint32_t adapter = blame(f, p);

	json_object_set_new(note, "proof", json_string(proof));
	notes_send(f, "dead", note);
	hurry_the_switch(f, p);
	/* All its workers are gone; what is left of it (if a broken plane only said so) must not go
	 * on. */
	if (by_futex) {
		pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
		if (!awaited(p))
			proc_give_way(p->pid, p->pidfd);
	} else {
		futex_watch_remove(f->futex, p->incarnation);
	}
	framed_remember_dead(f, p->vios, p->plane, p->incarnation);
	log_info("dead", "vios=%s plane=%s incarnation=%016" PRIx64 " pid=%d proof=%s", p->vios,
		p->plane, p->incarnation, (int)p->pid, proof);
	if (adapter != 0)
		log_blame(f, p, adapter);
	if (p->slot != REGISTRY_NONE) {
		judge_died(f->judge, p->slot, framed_now_ns(), &f->inner);
		framed_carry_out(f, &f->inner);
	}
	registry_drop(p);
	framed_save(f);
	framed_arm(f);
}
