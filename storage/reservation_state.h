/* SPDX-License-Identifier: BSD-3-Clause */
/* reservation_state.h - the reservations of one logical unit: what all of its targets agree on. */
#ifndef VIOS_STORAGE_RESERVATION_STATE_H
#define VIOS_STORAGE_RESERVATION_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define RESERVATION_REGISTRANTS 128

/* An I_T nexus: a client adapter (its frame-wide id) at the one target port that serves it. */
struct reservation_nexus {
	uint32_t initiator;
	uint16_t port; /* relative target port */
};

struct reservation_registrant {
	struct reservation_nexus nexus;
	uint64_t key; /* never 0 */
};

enum reservation_type { /* SPC-5, Persistent reservation scope and type: TYPE */
	RESERVATION_NONE = 0,
	RESERVATION_WRITE_EXCLUSIVE = 1,
	RESERVATION_EXCLUSIVE = 3,
	RESERVATION_WRITE_EXCLUSIVE_RO = 5, /* registrants only */
	RESERVATION_EXCLUSIVE_RO = 6,
	RESERVATION_WRITE_EXCLUSIVE_AR = 7, /* all registrants */
	RESERVATION_EXCLUSIVE_AR = 8,
};

struct reservations {
	uint32_t generation; /* PRGENERATION */
	uint8_t type;
	bool aptpl;				      /* survives a power cycle (SPC-5: APTPL) */
	bool spc2;				      /* RESERVE is held, by spc2_holder */
	struct reservation_nexus holder, spc2_holder; /* holder: not for the _AR types */
	unsigned count;
	struct reservation_registrant registrant[RESERVATION_REGISTRANTS];
};

#endif
