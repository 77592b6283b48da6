/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk_link.c - see trunk_link.h. Each side makes the memory that it sends through, half a
 * megabyte a worker; pages that nothing has gone through do not exist. A ring is put into by the
 * worker of its number, and taken from by the other side's worker of that number, or what is left
 * of it when that side has fewer. Workers never wait: where there is no room, frames are dropped.
 */
#include "net/trunk_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_mbuf.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct trunk_link {
	unsigned n_workers, n_in;			    /* rings out, rings in */
	int memory_fd, wake_fds[TRUNK_MSG_RINGS_MAX];	    /* own */
	int in_memory_fd, in_wake_fds[TRUNK_MSG_RINGS_MAX]; /* the other side's */
	struct trunk_ring *out_rings, *in_rings;
	struct trunk_out out[TRUNK_MSG_RINGS_MAX]; /* each its worker's */
	struct trunk_in in[TRUNK_MSG_RINGS_MAX];
	_Atomic bool broken; /* set: workers */
};

static int make_memory(struct trunk_link *link)
{
	const size_t bytes = link->n_workers * sizeof(struct trunk_ring);
	void *at;

	link->memory_fd = memfd_create("vios-trunk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (link->memory_fd < 0 || ftruncate(link->memory_fd, (off_t)bytes) ||
		fcntl(link->memory_fd, F_ADD_SEALS, SEALS))
		return -errno;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, link->memory_fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	link->out_rings = at;
	return 0;
}

int trunk_link_new(unsigned n_workers, struct trunk_link **out)
{
	struct trunk_link *link = calloc(1, sizeof(*link));
	int rc;

	if (!link)
		return -ENOMEM;
	link->n_workers = n_workers;
	link->memory_fd = link->in_memory_fd = -1;
	for (unsigned i = 0; i < TRUNK_MSG_RINGS_MAX; i++)
		link->wake_fds[i] = link->in_wake_fds[i] = -1;
	rc = make_memory(link);
	for (unsigned i = 0; i < n_workers && !rc; i++) {
		trunk_out_init(&link->out[i], &link->out_rings[i]);
		link->wake_fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (link->wake_fds[i] < 0)
			rc = -errno;
	}
	if (rc)
		trunk_link_free(link);
	else
		*out = link;
	return rc;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void trunk_link_free(struct trunk_link *link)
{
	if (link->out_rings)
		munmap(link->out_rings, link->n_workers * sizeof(struct trunk_ring));
	if (link->in_rings)
		munmap(link->in_rings, link->n_in * sizeof(struct trunk_ring));
	close_fd(link->memory_fd);
	close_fd(link->in_memory_fd);
	for (unsigned i = 0; i < TRUNK_MSG_RINGS_MAX; i++) {
		close_fd(link->wake_fds[i]);
		close_fd(link->in_wake_fds[i]);
	}
	free(link);
}

size_t trunk_link_fds(const struct trunk_link *link, int fds[TRUNK_LINK_FDS_MAX])
{
	size_t n = 0;

	fds[n++] = link->memory_fd;
	for (unsigned i = 0; i < link->n_workers; i++)
		fds[n++] = link->wake_fds[i];
	return n;
}

/* Nobody can make it shorter under us. */
static bool is_sound(int fd, size_t bytes)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == (off_t)bytes &&
	       fcntl(fd, F_GET_SEALS) >= 0 && (fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK);
}

int trunk_link_join(struct trunk_link *link, const int *fds, size_t n_fds)
{
	const size_t bytes = (n_fds - 1) * sizeof(struct trunk_ring);
	void *at;

	link->in_memory_fd = fds[0];
	for (size_t i = 1; i < n_fds; i++)
		link->in_wake_fds[i - 1] = fds[i];
	if (!is_sound(fds[0], bytes))
		return -EINVAL;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
	if (at == MAP_FAILED)
		return -errno;
	link->in_rings = at;
	link->n_in = (unsigned)(n_fds - 1);
	for (unsigned i = 0; i < link->n_in; i++)
		trunk_in_init(&link->in[i], &link->in_rings[i]);
	return 0;
}

int trunk_link_wake_fd(const struct trunk_link *link, unsigned worker)
{
	return link->wake_fds[worker];
}

bool trunk_link_broken(const struct trunk_link *link)
{
	return atomic_load(&link->broken);
}

unsigned trunk_link_tx(struct trunk_link *link, unsigned worker, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n, uint64_t *bytes)
{
	struct trunk_out *out = &link->out[worker];
	unsigned sent = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!rte_pktmbuf_is_contiguous(frames[i]) ||
			!trunk_out_put(out, rte_pktmbuf_mtod(frames[i], const uint8_t *),
				rte_pktmbuf_data_len(frames[i]), edits[i]))
			continue;
		*bytes += rte_pktmbuf_data_len(frames[i]);
		sent++;
	}
	/* The one that takes this ring over there; only when it sleeps is the kernel called. */
	if (trunk_out_show(out))
		eventfd_write(link->in_wake_fds[worker % link->n_in], 1);
	return sent;
}

static unsigned take(struct trunk_in *in, struct rte_mempool *pool, struct rte_mbuf **frames,
	unsigned n, unsigned *stale, uint64_t *oversize)
{
	unsigned got = 0;
	size_t len;

	while (got < n && (len = trunk_in_next(in)) > 0) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		char *to = m ? rte_pktmbuf_append(m, (uint16_t)len) : NULL;

		if (!m)
			break; /* later */
		if (to && trunk_in_is_stale(in))
			++*stale;
		trunk_in_take(in, (uint8_t *)to, len);
		if (to) {
			m->hash.usr = in->flags;
			frames[got++] = m;
		} else {
			++*oversize;
			rte_pktmbuf_free(m);
		}
	}
	trunk_in_show(in);
	return got;
}

unsigned trunk_link_rx(struct trunk_link *link, unsigned worker, struct rte_mempool *pool,
	struct rte_mbuf **frames, unsigned n, unsigned *stale, uint64_t *oversize)
{
	unsigned got = 0;

	*stale = 0;
	/* One ring with frames a call: which of them are stale is told by a number. */
	for (unsigned i = worker; i < link->n_in && !got; i += link->n_workers) {
		got = take(&link->in[i], pool, frames, n, stale, oversize);
		if (link->in[i].broken)
			atomic_store(&link->broken, true);
	}
	return got;
}

void trunk_link_arm(struct trunk_link *link, unsigned worker)
{
	for (unsigned i = worker; i < link->n_in; i += link->n_workers)
		trunk_in_arm(&link->in[i], true);
}

bool trunk_link_waiting(const struct trunk_link *link, unsigned worker)
{
	for (unsigned i = worker; i < link->n_in; i += link->n_workers)
		if (trunk_in_waiting(&link->in[i]))
			return true;
	return false;
}
