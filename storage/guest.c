/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps the files behind a client's memory table. Main maps, whoever drops the last reference
 * unmaps. */
#include "storage/guest.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vios-core/vhostuser/vu_ring.h"

static int map_region(struct guest *g, unsigned i, int fd)
{
	const struct vu_region *r = &g->table.region[i];
	uint64_t bytes = r->mmap_offset + r->size_bytes, page;
	struct stat st;
	void *at;

	if (fstat(fd, &st))
		return -errno;
	/* From the file's start, in its own pages: huge ones are mapped whole. */
	page = st.st_blksize > 4096 ? (uint64_t)st.st_blksize : 4096;
	bytes = (bytes + page - 1) / page * page;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	g->mapped[i] = at;
	g->mapped_bytes[i] = bytes;
	g->mem.region[i] =
		(struct guest_region){r->guest_addr, r->size_bytes, (uint8_t *)at + r->mmap_offset};
	return 0;
}

int guest_map(const struct vu_mem_table *table, const int *fds, struct guest **out)
{
	struct guest *g = calloc(1, sizeof(*g));
	int rc = 0;

	if (!g)
		return -ENOMEM;
	g->table = *table;
	atomic_init(&g->refs, 1);
	for (unsigned i = 0; i < table->n_regions && !rc; i++) {
		rc = map_region(g, i, fds[i]);
		g->mem.n = i + 1;
	}
	if (rc)
		guest_put(g);
	else
		*out = g;
	return rc;
}

struct guest *guest_get(struct guest *g)
{
	atomic_fetch_add(&g->refs, 1);
	return g;
}

void guest_put(struct guest *g)
{
	if (!g || atomic_fetch_sub(&g->refs, 1) != 1)
		return;
	for (unsigned i = 0; i < VU_REGIONS_MAX; i++)
		if (g->mapped[i])
			munmap(g->mapped[i], g->mapped_bytes[i]);
	free(g);
}

void *guest_user(const struct guest *g, uint64_t user_addr, uint64_t len_bytes)
{
	struct vu_span span;

	if (vu_ring_span(&g->table, user_addr, len_bytes, &span))
		return NULL;
	return (uint8_t *)g->mapped[span.region] + span.offset;
}
