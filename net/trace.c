/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.c - see trace.h. The main thread makes a struct trace and frees its rings when the workers
 * have been quiescent since it ended; each worker puts into a ring of its own, the writing thread
 * takes from all, the oldest first. The classic capture format is 40 bytes of headers: rte_pdump
 * needs an ethdev and takes packet buffers, which clients' rings are not and a trace must not.
 */
#include "net/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "net/netd.h"
#include "net/pcap.h"
#include "net/trace_ring.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#define SECOND_NS UINT64_C(1000000000)
#define PAUSE_US 2000
#define PIECES_MAX 16

struct trace {
	char adapter[ADAPTER_NAME_MAX + 1];
	struct runpath path;
	unsigned slot;
	uint32_t adapter_id;
	unsigned n_rings;
	struct trace_ring *ring[PLANE_WORKERS_MAX]; /* NULL: freed */
	FILE *file;
	pthread_t thread;
	bool joined, quiet_asked;
	uint64_t token, until_ns, most_bytes;
	_Atomic bool stop, done;
	_Atomic uint64_t frames, bytes, lost; /* writer: its thread */
	_Atomic(const char *) ended;	      /* why */
};

/* One plane a process. */
static _Atomic uint32_t traced;		/* one above the port that is; 0: none */
static _Atomic(struct trace *) current; /* valid while traced; writer: main */

uint32_t trace_traced(void)
{
	return atomic_load_explicit(&traced, memory_order_acquire);
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

/* ---- the data path ---- */

/* The frame in pieces, as it will be; tag must live as long. */
static unsigned cut(const struct rte_mbuf *m, uint32_t edit, uint8_t *tag,
	struct trace_piece pieces[PIECES_MAX])
{
	unsigned n = 0;

	if (edit && m->data_len >= FRAME_HEADER_BYTES + FRAME_VLAN_TAG_BYTES) {
		const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
		size_t skip =
			FRAME_MACS_BYTES + (edit & FRAME_EDIT_STRIP ? FRAME_VLAN_TAG_BYTES : 0);

		pieces[n++] = (struct trace_piece){bytes, FRAME_MACS_BYTES};
		if (edit & FRAME_EDIT_PUSH) {
			frame_tag_bytes(edit, tag);
			pieces[n++] = (struct trace_piece){tag, FRAME_VLAN_TAG_BYTES};
		}
		pieces[n++] = (struct trace_piece){bytes + skip, m->data_len - skip};
		m = m->next;
	}
	for (; m && n < PIECES_MAX; m = m->next)
		pieces[n++] = (struct trace_piece){rte_pktmbuf_mtod(m, const void *), m->data_len};
	return n;
}

void trace_frames(struct plane *plane, unsigned worker, struct rte_mbuf **frames,
	const uint32_t *edits, unsigned n)
{
	struct trace *t = atomic_load_explicit(&current, memory_order_acquire);
	const uint64_t time_ns = now_ns(CLOCK_REALTIME);
	struct trace_piece pieces[PIECES_MAX];
	uint8_t tag[FRAME_VLAN_TAG_BYTES];

	/* The port may be another adapter's by now. */
	if (plane->port[t->slot].adapter_id != t->adapter_id)
		return;
	for (unsigned i = 0; i < n; i++)
		trace_put(t->ring[worker], time_ns, pieces,
			cut(frames[i], edits ? edits[i] : 0, tag, pieces));
}

/* ---- the thread that writes ---- */

static struct trace_ring *oldest(struct trace *t)
{
	const struct trace_slot *first = NULL, *slot;
	struct trace_ring *ring = NULL;

	for (unsigned i = 0; i < t->n_rings; i++) {
		slot = trace_next(t->ring[i]);
		if (slot && (!first || slot->time_ns < first->time_ns)) {
			first = slot;
			ring = t->ring[i];
		}
	}
	return ring;
}

/* Whether there was one. */
static bool write_one(struct trace *t)
{
	struct trace_ring *ring = oldest(t);
	uint8_t header[PCAP_FRAME_BYTES];
	const struct trace_slot *slot;
	uint64_t bytes;

	if (!ring)
		return false;
	slot = trace_next(ring);
	bytes = atomic_load(&t->bytes) + sizeof(header) + slot->kept;
	if (bytes > t->most_bytes) {
		atomic_store(&t->ended, "size");
		return false;
	}
	pcap_frame_header(header, slot->time_ns, slot->kept, slot->len_bytes);
	if (fwrite(header, sizeof(header), 1, t->file) != 1 ||
		fwrite(slot->bytes, slot->kept, 1, t->file) != 1) {
		atomic_store(&t->ended, "write");
		return false;
	}
	trace_took(ring);
	atomic_store(&t->bytes, bytes);
	atomic_fetch_add(&t->frames, 1);
	return true;
}

static void count_lost(struct trace *t)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < t->n_rings; i++)
		lost += atomic_load(&t->ring[i]->lost);
	atomic_store(&t->lost, lost);
}

static void *run(void *arg)
{
	static const struct sched_param none;
	struct trace *t = arg;

	/* Whatever the thread that made it is: this one has time. */
	sched_setscheduler(0, SCHED_OTHER, &none);
	setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	while (!atomic_load(&t->ended)) {
		if (atomic_load(&t->stop))
			atomic_store(&t->ended, "stopped");
		else if (now_ns(CLOCK_MONOTONIC) >= t->until_ns)
			atomic_store(&t->ended, "time");
		else if (!write_one(t) && !atomic_load(&t->ended)) {
			fflush(t->file);
			count_lost(t);
			usleep(PAUSE_US);
		}
	}
	atomic_store(&traced, 0);
	usleep(PAUSE_US);
	while (strcmp(atomic_load(&t->ended), "size") && strcmp(atomic_load(&t->ended), "write") &&
		write_one(t))
		;
	count_lost(t);
	if (fclose(t->file))
		atomic_store(&t->ended, "write");
	log_info("trace-ended", "adapter=%s reason=%s frames=%llu lost=%llu", t->adapter,
		atomic_load(&t->ended), (unsigned long long)atomic_load(&t->frames),
		(unsigned long long)atomic_load(&t->lost));
	atomic_store(&t->done, true);
	return NULL;
}

/* ---- the main thread ---- */

static void free_rings(struct trace *t)
{
	for (unsigned i = 0; i < t->n_rings; i++) {
		free(t->ring[i]);
		t->ring[i] = NULL;
	}
	t->n_rings = 0;
}

void trace_settle(struct netd *netd)
{
	struct trace *t = netd->trace;

	if (!t || !t->n_rings || !atomic_load(&t->done))
		return;
	if (!t->joined)
		pthread_join(t->thread, NULL);
	t->joined = true;
	if (!t->quiet_asked)
		t->token = rte_rcu_qsbr_start(netd->plane->quiet);
	t->quiet_asked = true;
	if (rte_rcu_qsbr_check(netd->plane->quiet, t->token, false) == 1)
		free_rings(t);
}

void trace_stop(struct netd *netd)
{
	struct trace *t = netd->trace;

	if (!t || t->joined)
		return;
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
	t->joined = true;
}

static int make_rings(struct trace *t, unsigned n)
{
	for (; t->n_rings < n; t->n_rings++) {
		struct trace_ring *ring =
			aligned_alloc(_Alignof(struct trace_ring), sizeof(struct trace_ring));

		if (!ring)
			return -ENOMEM;
		memset(ring, 0, sizeof(*ring)); /* in memory before a worker touches it */
		t->ring[t->n_rings] = ring;
	}
	return 0;
}

/* RUN/VIOS/CLIENT.ADAPTER.pcap, for root alone. */
static int open_file(struct netd *netd, struct trace *t)
{
	uint8_t header[PCAP_FILE_BYTES];
	char name[ADAPTER_NAME_MAX + sizeof(".pcap")];
	int fd;

	snprintf(name, sizeof(name), "%s.pcap", t->adapter);
	*strchr(name, '/') = '.';
	if (runpath_vios_file(&t->path, netd->run, netd->vios, name))
		return -ENAMETOOLONG;
	if (unlink(t->path.text) && errno != ENOENT)
		return -errno;
	fd = open(t->path.text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	t->file = fdopen(fd, "w");
	pcap_file_header(header, TRACE_KEPT_MAX);
	atomic_store(&t->bytes, sizeof(header));
	return fwrite(header, sizeof(header), 1, t->file) == 1 ? 0 : -EIO;
}

static int start(struct netd *netd, unsigned slot, struct trace *t)
{
	int rc = make_rings(t, netd->plane->n_workers);

	if (!rc)
		rc = open_file(netd, t);
	if (!rc)
		rc = -pthread_create(&t->thread, NULL, run, t);
	if (rc) {
		if (t->file)
			fclose(t->file);
		free_rings(t);
		return rc;
	}
	pthread_setname_np(t->thread, "trace");
	atomic_store(&current, t);
	atomic_store(&traced, slot + 1);
	return 0;
}

static bool take(
	const json_t *params, const char *name, json_int_t usual, json_int_t most, uint64_t *out)
{
	const json_t *value = json_object_get(params, name);
	json_int_t number = value ? json_integer_value(value) : usual;

	*out = (uint64_t)number;
	return (!value || json_is_integer(value)) && number >= 1 && number <= most;
}

/* Whether there may be one more; else the call has been answered. */
static bool is_free(struct netd *netd, struct rpc_call *call)
{
	struct trace *t = netd->trace;

	trace_settle(netd);
	if (t && t->n_rings) {
		rpc_fail(call, RPC_FAILED,
			"adapter %s is being traced: one at a time; wait for its end, or stop it",
			t->adapter);
		return false;
	}
	free(t);
	netd->trace = NULL;
	return true;
}

static void begin(struct netd *netd, struct rpc_call *call, const char *adapter, unsigned slot,
	uint64_t seconds, uint64_t mib)
{
	struct adapter_status status;
	struct trace *t = calloc(1, sizeof(*t));
	int rc = -ENOMEM;

	if (t && adapters_get(netd->adapters, slot, &status)) {
		snprintf(t->adapter, sizeof(t->adapter), "%s", adapter);
		t->slot = slot;
		t->adapter_id = status.config.id;
		t->until_ns = now_ns(CLOCK_MONOTONIC) + seconds * SECOND_NS;
		t->most_bytes = mib << 20;
		rc = start(netd, slot, t);
	}
	if (rc) {
		rpc_fail(call, RPC_FAILED, "adapter %s: cannot be traced: %s%s%s", adapter,
			t && t->path.text[0] ? t->path.text : "", t && t->path.text[0] ? ": " : "",
			strerror(-rc));
		free(t);
		return;
	}
	netd->trace = t;
	log_info("trace-started", "adapter=%s path=%s", t->adapter, t->path.text);
	rpc_reply(call, trace_json(netd), NULL, 0);
}

void trace_call(struct netd *netd, struct rpc_call *call, const json_t *params)
{
	const char *adapter = json_string_value(json_object_get(params, "adapter"));
	uint64_t seconds, mib;
	int slot;

	if (json_is_true(json_object_get(params, "stop"))) {
		if (netd->trace)
			atomic_store(&netd->trace->stop, true);
		rpc_reply(call, trace_json(netd), NULL, 0);
		return;
	}
	if (!adapter) {
		rpc_reply(call, trace_json(netd), NULL, 0);
		return;
	}
	if (!take(params, "seconds", TRACE_SECONDS, TRACE_SECONDS_MAX, &seconds) ||
		!take(params, "size_mib", TRACE_MIB, TRACE_MIB_MAX, &mib)) {
		rpc_fail(call, RPC_INVALID_PARAMS, "seconds, size_mib: give 1 to %d, 1 to %d",
			TRACE_SECONDS_MAX, TRACE_MIB_MAX);
		return;
	}
	slot = adapters_find(netd->adapters, adapter);
	if (slot < 0)
		rpc_fail(call, RPC_NOT_FOUND, "adapter %.64s: not configured here", adapter);
	else if (is_free(netd, call))
		begin(netd, call, adapter, (unsigned)slot, seconds, mib);
}

json_t *trace_json(struct netd *netd)
{
	struct trace *t = netd->trace;
	const char *ended = t ? atomic_load(&t->ended) : NULL;

	if (!t)
		return json_null();
	return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:I}", "adapter", t->adapter, "path",
		t->path.text, "ended", atomic_load(&t->done) ? ended : NULL, "frames",
		(json_int_t)atomic_load(&t->frames), "bytes", (json_int_t)atomic_load(&t->bytes),
		"lost", (json_int_t)atomic_load(&t->lost));
}
