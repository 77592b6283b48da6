/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservations.h - who may do what with a logical unit that several initiators share: persistent
 * reservations (SPC-5, Persistent reservations) and the older RESERVE and RELEASE (SPC-2).
 *
 * Pure. Every target of a logical unit, on both VIOS, holds the same state and applies the same
 * events in the same agreed order; each carries out the effects on the I_T nexus that it serves.
 */
#ifndef VIOS_STORAGE_RESERVATIONS_H
#define VIOS_STORAGE_RESERVATIONS_H

#include <stddef.h>

#include "storage/reservation_state.h"

#define RESERVATIONS_BYTES_MAX (32 + 14 * RESERVATION_REGISTRANTS)

enum reservation_action { /* 0 to 6: the service actions of PERSISTENT RESERVE OUT */
	RESERVATION_REGISTER,
	RESERVATION_RESERVE,
	RESERVATION_RELEASE,
	RESERVATION_CLEAR,
	RESERVATION_PREEMPT,
	RESERVATION_PREEMPT_AND_ABORT,
	RESERVATION_REGISTER_AND_IGNORE,
	RESERVATION_SPC2_RESERVE,
	RESERVATION_SPC2_RELEASE,
	RESERVATION_LUN_RESET,	/* drops an SPC-2 reservation, whoever holds it */
	RESERVATION_NEXUS_LOST, /* drops one of that nexus */
	RESERVATION_POWER_ON,	/* both VIOS were away: without APTPL nothing is left */
	RESERVATION_ACTIONS
};

struct reservation_event {
	enum reservation_action action;
	struct reservation_nexus from;
	uint64_t key, service_key;
	uint8_t type;
	bool aptpl;
};

enum reservation_result {
	RESERVATION_DONE,
	RESERVATION_CONFLICT,	   /* status RESERVATION CONFLICT */
	RESERVATION_BAD_RELEASE,   /* 26/04 INVALID RELEASE OF PERSISTENT RESERVATION */
	RESERVATION_BAD_PARAMETER, /* 26/00, SERVICE ACTION RESERVATION KEY */
	RESERVATION_FULL,	   /* 55/04 INSUFFICIENT REGISTRATION RESOURCES */
};

struct reservation_effects {
	enum reservation_result result;
	bool changed; /* the state is another: keep it, if aptpl (or aptpl was) */
	unsigned count;
	struct reservation_effect {
		struct reservation_nexus nexus;
		uint32_t attentions; /* bits of enum scsi_attention (scsi_lun.h) */
		bool abort;	     /* abort all its tasks on this logical unit */
	} effect[RESERVATION_REGISTRANTS];
};

enum reservation_class {       /* of a command: what it does to what a reservation protects */
	RESERVATION_PASSES,    /* never conflicts */
	RESERVATION_PASSES_PR, /* conflicts with another's RESERVE only */
	RESERVATION_READS,
	RESERVATION_WRITES,
	RESERVATION_PR_ITSELF,	 /* PERSISTENT RESERVE IN, OUT */
	RESERVATION_SPC2_ITSELF, /* RESERVE, RELEASE: the event decides */
};

/* effects is overwritten; event->from is never among them: it gets the answer. Any event is safe;
 * RESERVATION_LUN_RESET and POWER_ON want a from, too, for whom they are not news. */
void reservations_apply(struct reservations *state, const struct reservation_event *event,
	struct reservation_effects *effects);
bool reservations_allow(const struct reservations *state, struct reservation_nexus nexus,
	enum reservation_class class);
bool reservation_same_nexus(struct reservation_nexus a, struct reservation_nexus b);
/* NULL: not registered. */
const struct reservation_registrant *reservations_find(
	const struct reservations *state, struct reservation_nexus nexus);
bool reservations_holds(const struct reservations *state, struct reservation_nexus nexus);

/* NULL: that nexus is not concerned. */
const struct reservation_effect *reservation_effect_on(
	const struct reservation_effects *effects, struct reservation_nexus nexus);
bool reservation_type_valid(uint8_t type);
/* What holds of every state that events can lead to. */
bool reservations_valid(const struct reservations *state);

/* For replication and for APTPL: bytes that are equal if the states are. Returns the length. */
size_t reservations_encode(const struct reservations *state, uint8_t to[RESERVATIONS_BYTES_MAX]);
/* 0, or -EBADMSG: not what encode makes; state is then unchanged. */
int reservations_decode(struct reservations *state, const uint8_t *from, size_t len);

#endif
