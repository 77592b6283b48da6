/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed_keep.c - how vios-framed survives itself. Main thread.
 *
 * The file RUN/frame/state.json names the processes that are watched, by pid and start time. After
 * a restart each is opened again by its pid; one that is not there any more died meanwhile, and is
 * told to muxes that say hello. The others' pages and pings are asked from themselves (`hello` on
 * their control socket), which works when viosd is down; a viosd that registers sooner is as good.
 */
#include "ha/frame/framed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "vios-core/base/file.h"
#include "ha/frame/keep.h"
#include "ha/frame/params.h"
#include "ha/frame/proc.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#define NAME "state.json"
#define TEXT_MAX (1u << 20)
#define ASK_US 250000u
#define ASK_TIMEOUT_MS 1000u

static void gather_planes(const struct framed *f, struct keep *keep)
{
	for (size_t i = 0; i < JUDGE_SLOTS; i++) {
		const struct registry_plane *p = &f->registry.plane[i];
		struct keep_plane *k = &keep->plane[keep->n_planes];

		if (!p->used || p->pid == 0)
			continue;
		memcpy(k->vios, p->vios, sizeof(k->vios));
		memcpy(k->plane, p->plane, sizeof(k->plane));
		k->incarnation = p->incarnation;
		k->pid = (int)p->pid;
		k->start_time = p->start_time;
		keep->n_planes++;
	}
}

static void gather_poison(const struct framed *f, struct keep *keep)
{
	for (size_t i = 0; i < POISON_MAX; i++) {
		const struct poison_adapter *a = &f->poison.adapter[i];
		const char *name = names_text(&f->names, a->id);

		if (a->id == 0)
			continue;
		keep->poison[keep->n_poison] = *a;
		snprintf(keep->poison_name[keep->n_poison], KEEP_ADAPTER, "%s", name ? name : "");
		keep->n_poison++;
	}
}

static char *gather(const struct framed *f)
{
	struct keep *keep = calloc(1, sizeof(*keep));
	char *text = NULL;
	json_t *root;

	if (!keep)
		return NULL;
	proc_boot_id(keep->boot);
	gather_planes(f, keep);
	gather_poison(f, keep);
	keep->kill_ns = f->kill_ns;
	memcpy(keep->kill_vios, f->kill_vios, sizeof(keep->kill_vios));
	memcpy(keep->kill_plane, f->kill_plane, sizeof(keep->kill_plane));
	root = keep_format(keep);
	if (root)
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	free(keep);
	return text;
}

void framed_save(struct framed *f)
{
	char *text = gather(f);
	int r = text ? file_replace(f->dir, NAME, text, strlen(text), false) : -ENOMEM;

	if (r < 0)
		log_error("state-unsaved",
			"file=%s/" NAME " error=\"%s\" after_a_restart=forgotten", f->dir,
			strerror(-r));
	free(text);
}

/* Asks again later; the process itself is watched meanwhile. */
static void ask_later(struct registry_plane *p)
{
	sd_event_source_set_time_relative(p->ask_timer, ASK_US);
	sd_event_source_set_enabled(p->ask_timer, SD_EVENT_ONESHOT);
}

static void hang_up(struct registry_plane *p)
{
	rpc_conn_free(p->ask);
	p->ask = NULL;
}

static bool is_its_own(const struct registry_plane *p, json_t *result)
{
	uint64_t incarnation;
	pid_t peer = rpc_conn_peer(p->ask).pid; /* 0: not visible from here */

	if (incarnation_parse(
		    json_string_value(json_object_get(result, "incarnation")), &incarnation) < 0)
		return false;
	return incarnation == p->incarnation && (peer == 0 || peer == p->pid);
}

static struct framed *owner_of(const struct registry_plane *p)
{
	return sd_event_source_get_userdata(p->ask_timer);
}

static void on_hello(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user)
{
	struct registry_plane *p = user;
	struct framed *f;
	const char *why = message;
	int r = -EIO;

	if (!p->ask_timer) /* dropped: rpc_conn_free() ends the call */
		return;
	f = owner_of(p);
	if (code == 0) {
		why = "another process answers on its socket";
		r = is_its_own(p, result) ? registry_take(p, fds, &why) : -EINVAL;
	}
	hang_up(p);
	if (r == 0)
		r = framed_watch(f, p);
	if (r < 0) {
		log_info("adopt-waits", "vios=%s plane=%s pid=%d reason=\"%s\"", p->vios, p->plane,
			(int)p->pid, why);
		ask_later(p);
		return;
	}
	log_info("adopted", "vios=%s plane=%s incarnation=%016" PRIx64 " pid=%d", p->vios, p->plane,
		p->incarnation, (int)p->pid);
	framed_save(f);
}

static void on_ask_closed(struct rpc_conn *conn, void *user)
{
	struct registry_plane *p = user;

	p->ask = NULL;
}

static const struct rpc_service ask_service = {.closed = on_ask_closed};

static int on_ask(sd_event_source *s, uint64_t usec, void *user)
{
	struct framed *f = user;
	struct registry_plane *p = NULL;
	struct runpath path;
	int r;

	for (size_t i = 0; i < JUDGE_SLOTS; i++)
		if (f->registry.plane[i].used && f->registry.plane[i].ask_timer == s)
			p = &f->registry.plane[i];
	if (!p)
		return 0;
	hang_up(p);
	if (p->page.map || runpath_plane(&path, f->run, p->vios, p->plane) < 0)
		return 0;
	r = rpc_connect(f->ev, path.text, &ask_service, p, &p->ask);
	if (r == 0)
		r = rpc_call_send(p->ask, "hello", json_pack("{s:s}", "role", "framed"), NULL, 0,
			ASK_TIMEOUT_MS, on_hello, p);
	if (r < 0)
		ask_later(p);
	return 0;
}

static void restore_plane(struct framed *f, const struct keep_plane *k)
{
	struct registry_plane *p = registry_new(&f->registry, k->vios, k->plane, k->incarnation);
	struct runpath path;
	int r;

	if (!p)
		return;
	if (registry_reopen(p, (pid_t)k->pid, k->start_time) < 0) {
		log_info("dead",
			"vios=%s plane=%s incarnation=%016" PRIx64
			" pid=%d proof=pidfd when=\"while vios-framed was away\"",
			k->vios, k->plane, k->incarnation, k->pid);
		framed_remember_dead(f, k->vios, k->plane, k->incarnation);
		registry_drop(p);
		return;
	}
	r = framed_watch(f, p);
	if (r >= 0 && runpath_plane(&path, f->run, p->vios, p->plane) == 0)
		r = sd_event_add_time_relative(
			f->ev, &p->ask_timer, CLOCK_MONOTONIC, 0, 1, on_ask, f);
	if (r < 0)
		log_error("restore-failed", "vios=%s plane=%s error=\"%s\"", p->vios, p->plane,
			strerror(-r));
}

static void restore_poison(struct framed *f, const struct keep *keep, bool same_boot)
{
	for (size_t i = 0; i < keep->n_poison; i++) {
		struct poison_adapter a = keep->poison[i];

		if (!same_boot) { /* its clock has begun anew, and nobody will come back */
			if (a.state != POISON_QUARANTINED)
				continue;
			a.crash_ns = 1;
		}
		if (poison_restore(&f->poison, &a) == 0 && keep->poison_name[i][0])
			names_learn(&f->names, a.id, keep->poison_name[i]);
	}
}

static void restore_all(struct framed *f, const struct keep *keep)
{
	char boot[KEEP_BOOT] = "";
	bool same_boot;

	proc_boot_id(boot);
	same_boot = strcmp(boot, keep->boot) == 0;
	restore_poison(f, keep, same_boot);
	if (!same_boot)
		return;
	if (keep->kill_ns != 0 && keep->kill_ns <= framed_now_ns()) {
		f->kill_ns = keep->kill_ns;
		memcpy(f->kill_vios, keep->kill_vios, sizeof(f->kill_vios));
		memcpy(f->kill_plane, keep->kill_plane, sizeof(f->kill_plane));
		judge_killed_before(f->judge, f->kill_ns, f->kill_vios, f->kill_plane);
	}
	for (size_t i = 0; i < keep->n_planes; i++)
		restore_plane(f, &keep->plane[i]);
}

static json_t *load(const struct framed *f)
{
	char *text = malloc(TEXT_MAX);
	ssize_t len = text ? file_read(f->dir, NAME, text, TEXT_MAX) : -ENOMEM;
	json_t *root = len >= 0 ? json_loadb(text, (size_t)len, 0, NULL) : NULL;

	if (!root && len != -ENOENT)
		log_error("state-unread", "file=%s/" NAME " watched=\"only who registers again\"",
			f->dir);
	free(text);
	return root;
}

void framed_restore(struct framed *f)
{
	struct keep *keep = calloc(1, sizeof(*keep));
	json_t *root = load(f);

	if (keep && root && keep_parse(root, keep) == 0)
		restore_all(f, keep);
	else if (root)
		log_error("state-unread", "file=%s/" NAME " watched=\"only who registers again\"",
			f->dir);
	json_decref(root);
	free(keep);
}
