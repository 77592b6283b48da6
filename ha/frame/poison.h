/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * poison.h - which adapter's requests kill their server? Pure: crashes in, where an adapter may
 * start out.
 *
 * Only a death by SIGSEGV, SIGBUS, SIGABRT, SIGILL or SIGFPE that the dying data plane itself
 * marked counts; SIGKILL blames nobody. After the first such death the adapter starts nowhere
 * (held) until the dead data plane's successor ticks; two within a minute and it is quarantined
 * until somebody releases it.
 */
#ifndef VIOS_FRAME_POISON_H
#define VIOS_FRAME_POISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POISON_MAX 1024
#define POISON_NAME 80 /* as JUDGE_NAME */
#define POISON_MINUTE_NS UINT64_C(60000000000)

enum poison_state { POISON_CLEAR, POISON_HELD, POISON_MARKED, POISON_QUARANTINED, POISON_STATES };
enum poison_event {
	POISON_CRASH,	    /* the first within a minute */
	POISON_CRASH_AGAIN, /* the second */
	POISON_BACK,	    /* the dead data plane's successor ticks */
	POISON_RELEASE,	    /* the operator's */
	POISON_EVENTS
};

struct poison_adapter {
	uint32_t id; /* 0: free */
	enum poison_state state;
	uint64_t crash_ns;			    /* the last one */
	char vios[POISON_NAME], plane[POISON_NAME]; /* whom it killed last */
};

struct poison {
	struct poison_adapter adapter[POISON_MAX];
};

void poison_init(struct poison *p);
/* Whether a data plane that marked signo and adapter blames it. */
bool poison_blames(uint32_t signo, uint32_t adapter);
/* 0: the state changed; -EALREADY: it did not; -ENOSPC. Times are monotonic and not 0. */
int poison_crash(
	struct poison *p, uint32_t adapter, const char *vios, const char *plane, uint64_t now_ns);
/* A data plane of this name ticks again. Returns how many adapters were let go. */
size_t poison_back(struct poison *p, const char *vios, const char *plane);
/* 0 or -ENOENT: neither held nor quarantined. */
int poison_release(struct poison *p, uint32_t adapter);
enum poison_state poison_state(const struct poison *p, uint32_t adapter);
/* For reading back what was kept. 0 or -EINVAL, -ENOSPC. */
int poison_restore(struct poison *p, const struct poison_adapter *a);

/* For the test of the table: false when a cell was forgotten. */
bool poison_cell_set(unsigned state, unsigned event);

#endif
