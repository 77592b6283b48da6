// SPDX-License-Identifier: BSD-3-Clause
/*
 * fencer.c - starts vios-fencer, which asks Pacemaker, and hears how it ended. The VIOS beside the
 * stuck one does it: who waits in the kernel may not be able to. viosd's one thread.
 */
#include "vios-core/daemon/fencer.h"

#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"
#include "vios-core/daemon/spawn.h"
#include "vios-core/daemon/viosd.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PROGRAM VIOS_LIBEXECDIR "/vios-fencer"

static void forget(struct fencer *fencer)
{
	fencer->running = sd_event_source_disable_unref(fencer->running);
	close(fencer->pidfd);
}

static int on_ended(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct viosd *v = user;
	const char *peer = v->frame->vios[!v->self].name;
	int status = spawn_reap(fd);

	if (status == -EAGAIN)
		return 0;
	forget(&v->fencer);
	if (status == 0)
		errlog_note(v->errlog, ERRLOG_FENCED, peer, "vios=%s", peer);
	else
		errlog_note(v->errlog, ERRLOG_FENCE_FAILED, peer, "vios=%s status=%d", peer,
			status > 0 ? status >> 8 : status);
	return 0;
}

static int start(struct viosd *v, const char *peer)
{
	const char *path = v->options->fencer ? v->options->fencer : PROGRAM;
	char *const argv[] = {(char *)(uintptr_t)path, (char *)(uintptr_t)peer, NULL};
	struct fencer *f = &v->fencer;
	struct runpath log;
	pid_t pid;
	int r = runpath_vios_file(
		&log, v->options->run, v->frame->vios[v->self].name, "fencer.log");

	if (r == 0)
		r = spawn_detached(path, argv, log.text, &f->pidfd, &pid);
	if (r < 0)
		return r;
	r = sd_event_add_io(v->ev, &f->running, f->pidfd, EPOLLIN, on_ended, v);
	if (r < 0)
		close(f->pidfd);
	return r < 0 ? r : 0;
}

/* vios-framed does it by itself; the cluster may have been asked before. */
static void note_powered(struct viosd *v, const char *peer, const char *incarnation)
{
	uint64_t number;
	char text[INCARNATION_BYTES];

	if (incarnation_parse(incarnation, &number) < 0)
		return;
	incarnation_text(number, text);
	errlog_note(v->errlog, ERRLOG_POWERED_OFF, peer, "vios=%s incarnation=%s", peer, text);
}

void fencer_suspect(struct viosd *v, const char *vios, const char *incarnation, const char *report)
{
	struct fencer *f = &v->fencer;
	const char *peer = v->frame->n_vios == 2 ? v->frame->vios[!v->self].name : "";
	uint64_t number;
	int r;

	if (strcmp(vios, peer) == 0 && strcmp(report, "powered-off") == 0)
		note_powered(v, peer, incarnation);
	if (strcmp(vios, peer) != 0 || strcmp(report, "will-not-die") != 0 ||
		incarnation_parse(incarnation, &number) < 0 || f->running ||
		strcmp(f->asked, incarnation) == 0)
		return;
	incarnation_text(number, f->asked);
	errlog_note(v->errlog, ERRLOG_FENCE_ASKED, peer, "vios=%s incarnation=%s", peer, f->asked);
	r = start(v, peer);
	if (r < 0)
		errlog_note(v->errlog, ERRLOG_FENCE_FAILED, peer, "vios=%s error=\"%s\"", peer,
			strerror(-r));
}

void fencer_fini(struct fencer *fencer)
{
	if (fencer->running)
		forget(fencer); /* it ends by itself */
}
