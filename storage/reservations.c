/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reservations.c - events on the reservations of one logical unit (SPC-5, Persistent reservations;
 * SPC-2, RESERVE and RELEASE). Pure; the caller's storage.
 *
 * Held are either persistent registrations (and then perhaps a reservation) or an SPC-2
 * reservation:
 *
 *              REGISTER                       RESERVE
 *     nothing ----------> registered, NONE ----------> registered, a TYPE
 *      ^  | SPC2_RESERVE      |    ^                        |
 *      |  v                   |    '-- RELEASE, the holder -'
 *      | spc2                 |        goes (not the last of all registrants)
 *      '- SPC2_RELEASE, ... --+-- CLEAR, the last registration goes: from both
 */
#include "storage/reservations.h"

#include <errno.h>
#include <string.h>

#include "storage/scsi_lun.h"

bool reservation_type_valid(uint8_t type)
{
	return type == 1 || type == 3 || (type >= 5 && type <= 8);
}

static bool all_registrants(uint8_t type)
{
	return type == RESERVATION_WRITE_EXCLUSIVE_AR || type == RESERVATION_EXCLUSIVE_AR;
}

/* Registrants only, all registrants: more than the holder may write. */
static bool shared_type(uint8_t type)
{
	return type >= RESERVATION_WRITE_EXCLUSIVE_RO;
}

static bool reads_pass(uint8_t type)
{
	return type == RESERVATION_WRITE_EXCLUSIVE || type == RESERVATION_WRITE_EXCLUSIVE_RO ||
	       type == RESERVATION_WRITE_EXCLUSIVE_AR;
}

bool reservation_same_nexus(struct reservation_nexus a, struct reservation_nexus b)
{
	return a.initiator == b.initiator && a.port == b.port;
}

const struct reservation_registrant *reservations_find(
	const struct reservations *state, struct reservation_nexus nexus)
{
	for (unsigned i = 0; i < state->count; i++)
		if (reservation_same_nexus(state->registrant[i].nexus, nexus))
			return &state->registrant[i];
	return NULL;
}

bool reservations_holds(const struct reservations *state, struct reservation_nexus nexus)
{
	if (!state->type)
		return false;
	return all_registrants(state->type) ? reservations_find(state, nexus) != NULL
					    : reservation_same_nexus(state->holder, nexus);
}

bool reservations_allow(const struct reservations *state, struct reservation_nexus nexus,
	enum reservation_class class)
{
	if (class == RESERVATION_PASSES || class == RESERVATION_SPC2_ITSELF)
		return true;
	/* SPC-2: PERSISTENT RESERVE conflicts with any RESERVE, one's own too */
	if (state->spc2 && (class == RESERVATION_PR_ITSELF ||
				   !reservation_same_nexus(state->spc2_holder, nexus)))
		return false;
	if (!state->type || class == RESERVATION_PASSES_PR || class == RESERVATION_PR_ITSELF)
		return true;
	if (reservations_holds(state, nexus) ||
		(shared_type(state->type) && reservations_find(state, nexus)))
		return true;
	return class == RESERVATION_READS && reads_pass(state->type);
}

const struct reservation_effect *reservation_effect_on(
	const struct reservation_effects *effects, struct reservation_nexus nexus)
{
	for (unsigned i = 0; i < effects->count; i++)
		if (reservation_same_nexus(effects->effect[i].nexus, nexus))
			return &effects->effect[i];
	return NULL;
}

/* One step: the state, what is asked, what follows. Each nexus is told of one thing at most. */
struct step {
	struct reservations *state;
	const struct reservation_event *event;
	struct reservation_effects *effects;
};

static void tell(struct step *step, struct reservation_nexus nexus, enum scsi_attention attention,
	bool abort)
{
	struct reservation_effects *effects = step->effects;

	if (reservation_same_nexus(nexus, step->event->from))
		return;
	effects->effect[effects->count++] = (struct reservation_effect){
		.nexus = nexus, .attentions = 1u << attention, .abort = abort};
}

static void tell_registrants(struct step *step, enum scsi_attention attention)
{
	for (unsigned i = 0; i < step->state->count; i++)
		tell(step, step->state->registrant[i].nexus, attention, false);
}

static void end_reservation(struct reservations *state)
{
	state->type = RESERVATION_NONE;
	state->holder = (struct reservation_nexus){0};
}

static void begin_reservation(struct step *step)
{
	step->state->type = step->event->type;
	step->state->holder = all_registrants(step->event->type) ? (struct reservation_nexus){0}
								 : step->event->from;
}

/* Shifts, so that every target keeps the same order. */
static void drop_registrant(struct reservations *state, unsigned i)
{
	state->count--;
	memmove(&state->registrant[i], &state->registrant[i + 1],
		(state->count - i) * sizeof(state->registrant[0]));
	memset(&state->registrant[state->count], 0, sizeof(state->registrant[0]));
	if (!state->count)
		end_reservation(state);
}

/* The registrant that asks, if its key is right. */
static struct reservation_registrant *asking(struct step *step)
{
	const struct reservation_registrant *found =
		reservations_find(step->state, step->event->from);

	if (found && found->key == step->event->key)
		return &step->state->registrant[found - step->state->registrant];
	step->effects->result = RESERVATION_CONFLICT;
	return NULL;
}

static void unregister(struct step *step, unsigned i)
{
	struct reservations *state = step->state;
	uint8_t type = state->type;
	bool held = type && !all_registrants(type) &&
		    reservation_same_nexus(state->holder, state->registrant[i].nexus);

	if (held)
		end_reservation(state);
	drop_registrant(state, i);
	/* SPC-5, Unregistering: a registrants only reservation goes with its holder */
	if (held && shared_type(type))
		tell_registrants(step, SCSI_ATTENTION_RELEASED);
}

static void register_key(struct step *step)
{
	struct reservations *state = step->state;
	const struct reservation_event *event = step->event;
	bool ignore = event->action == RESERVATION_REGISTER_AND_IGNORE;
	const struct reservation_registrant *found = reservations_find(state, event->from);

	if (!ignore && event->key != (found ? found->key : 0)) {
		step->effects->result = RESERVATION_CONFLICT;
		return;
	}
	if (!found && !event->service_key)
		return;
	if (!found && state->count == RESERVATION_REGISTRANTS) {
		step->effects->result = RESERVATION_FULL;
		return;
	}
	if (!found)
		state->registrant[state->count++] = (struct reservation_registrant){
			.nexus = event->from, .key = event->service_key};
	else if (event->service_key)
		state->registrant[found - state->registrant].key = event->service_key;
	else
		unregister(step, (unsigned)(found - state->registrant));
	state->aptpl = event->aptpl;
	state->generation++;
	step->effects->changed = true;
}

static void reserve(struct step *step)
{
	struct reservations *state = step->state;

	if (!asking(step))
		return;
	if (!reservation_type_valid(step->event->type)) {
		step->effects->result = RESERVATION_BAD_PARAMETER;
	} else if (!state->type) {
		begin_reservation(step);
		step->effects->changed = true;
	} else if (!reservations_holds(state, step->event->from) ||
		   state->type != step->event->type) {
		step->effects->result = RESERVATION_CONFLICT;
	}
}

static void release(struct step *step)
{
	struct reservations *state = step->state;
	uint8_t type = state->type;

	if (!asking(step) || !reservations_holds(state, step->event->from))
		return;
	if (type != step->event->type) {
		step->effects->result = RESERVATION_BAD_RELEASE;
		return;
	}
	end_reservation(state);
	step->effects->changed = true;
	if (shared_type(type)) /* SPC-5, Releasing */
		tell_registrants(step, SCSI_ATTENTION_RELEASED);
}

static void clear(struct step *step)
{
	if (!asking(step))
		return;
	tell_registrants(step, SCSI_ATTENTION_PREEMPTED);
	while (step->state->count)
		drop_registrant(step->state, step->state->count - 1);
	step->state->generation++;
	step->effects->changed = true;
}

/* Removes who registered with key (0: whoever), the asking nexus only if it is not spared. Returns
 * how many. */
static unsigned remove_key(struct step *step, uint64_t key, bool spare_self)
{
	struct reservations *state = step->state;
	bool abort = step->event->action == RESERVATION_PREEMPT_AND_ABORT;
	unsigned removed = 0;

	for (unsigned i = state->count; i-- > 0;) {
		const struct reservation_registrant *one = &state->registrant[i];

		if ((key && one->key != key) ||
			(spare_self && reservation_same_nexus(one->nexus, step->event->from)))
			continue;
		tell(step, one->nexus, SCSI_ATTENTION_UNREGISTERED, abort);
		drop_registrant(state, i);
		removed++;
	}
	return removed;
}

/* SPC-5, Preempting: the holder's key, or 0 for all registrants, takes its reservation over;
 * another key is only unregistered, even if it is the asking nexus's own. */
static void preempt(struct step *step)
{
	struct reservations *state = step->state;
	const struct reservation_event *event = step->event;
	const struct reservation_registrant *holder = reservations_find(state, state->holder);
	uint8_t type = state->type;
	bool all = all_registrants(type);

	if (!asking(step))
		return;
	if (!event->service_key && !all) {
		step->effects->result = RESERVATION_BAD_PARAMETER;
		return;
	}
	if (all ? !event->service_key : type && holder && holder->key == event->service_key) {
		if (!reservation_type_valid(event->type)) {
			step->effects->result = RESERVATION_BAD_PARAMETER;
			return;
		}
		remove_key(step, event->service_key, true);
		begin_reservation(step);
		if (type != event->type)
			tell_registrants(step, SCSI_ATTENTION_RELEASED);
	} else if (!remove_key(step, event->service_key, false)) {
		step->effects->result = RESERVATION_CONFLICT;
		return;
	}
	state->generation++;
	step->effects->changed = true;
}

/* SPC-5, Exceptions to SPC-2 RESERVE and RELEASE behavior (CRH): who may write under a persistent
 * reservation is answered GOOD, and nothing happens. True: that settles it. */
static bool settled_by_persistent(struct step *step)
{
	struct reservations *state = step->state;
	struct reservation_nexus from = step->event->from;

	if (!state->count)
		return false;
	if (!reservations_holds(state, from) &&
		!(shared_type(state->type) && reservations_find(state, from)))
		step->effects->result = RESERVATION_CONFLICT;
	return true;
}

static void spc2_reserve(struct step *step)
{
	struct reservations *state = step->state;

	if (settled_by_persistent(step))
		return;
	if (state->spc2) {
		if (!reservation_same_nexus(state->spc2_holder, step->event->from))
			step->effects->result = RESERVATION_CONFLICT;
		return;
	}
	state->spc2 = true;
	state->spc2_holder = step->event->from;
	step->effects->changed = true;
}

static void spc2_end(struct step *step)
{
	if (!step->state->spc2)
		return;
	step->state->spc2 = false;
	step->state->spc2_holder = (struct reservation_nexus){0};
	step->effects->changed = true;
}

static void nexus_lost(struct step *step)
{
	if (reservation_same_nexus(step->state->spc2_holder, step->event->from))
		spc2_end(step);
}

static void spc2_release(struct step *step)
{
	if (!settled_by_persistent(step))
		nexus_lost(step);
}

static void power_on(struct step *step)
{
	struct reservations *state = step->state;

	if (!state->aptpl)
		memset(state, 0, sizeof(*state));
	state->generation = 0;
	state->spc2 = false;
	state->spc2_holder = (struct reservation_nexus){0};
	step->effects->changed = true;
}

static void (*const actions[RESERVATION_ACTIONS])(struct step *step) = {
	[RESERVATION_REGISTER] = register_key,
	[RESERVATION_RESERVE] = reserve,
	[RESERVATION_RELEASE] = release,
	[RESERVATION_CLEAR] = clear,
	[RESERVATION_PREEMPT] = preempt,
	[RESERVATION_PREEMPT_AND_ABORT] = preempt,
	[RESERVATION_REGISTER_AND_IGNORE] = register_key,
	[RESERVATION_SPC2_RESERVE] = spc2_reserve,
	[RESERVATION_SPC2_RELEASE] = spc2_release,
	[RESERVATION_LUN_RESET] = spc2_end,
	[RESERVATION_NEXUS_LOST] = nexus_lost,
	[RESERVATION_POWER_ON] = power_on,
};

void reservations_apply(struct reservations *state, const struct reservation_event *event,
	struct reservation_effects *effects)
{
	struct step step = {.state = state, .event = event, .effects = effects};

	effects->result = RESERVATION_DONE;
	effects->changed = false;
	effects->count = 0;
	if (event->action >= RESERVATION_ACTIONS || !event->from.port)
		effects->result = RESERVATION_BAD_PARAMETER; /* a peer's nonsense */
	else if (state->spc2 && event->action <= RESERVATION_REGISTER_AND_IGNORE)
		effects->result = RESERVATION_CONFLICT; /* it came in between */
	else
		actions[event->action](&step);
}
