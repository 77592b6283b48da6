/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * turn.c - see turn.h. Pure; the main thread. Why two sides never use one VLAN at a time: say X
 * took it second, after Y's word that it does not use it, which answered X's claim. So Y took it
 * knowing of that claim. If X is the server, Y does not take what X claims; if Y is, it needed X's
 * answer to its own claim, which X gave either before it took (then it knew, and did not take) or
 * after (then it said that it uses the VLAN).
 */
#include "net/turn.h"

void turn_hello(struct turn *turn, struct turn_say *out)
{
	*out = (struct turn_say){.claims = turn->claims};
	turn->said = *out;
}

/* Of two hellos, both sides find the same. */
static struct vlanset first_uses(
	const struct vlanset *own, const struct vlanset *other, bool server)
{
	struct vlanset uses;

	for (unsigned i = 0; i < VLANSET_WORDS; i++)
		uses.word[i] = own->word[i] & (server ? ~UINT64_C(0) : ~other->word[i]);
	return uses;
}

void turn_begin(struct turn *turn, const struct turn_say *hello)
{
	turn->up = true;
	turn->draining = false;
	turn->lets_go = (struct vlanset){{0}};
	turn->heard = (struct turn_say){.claims = hello->claims};
	turn->heard.uses = first_uses(&hello->claims, &turn->said.claims, !turn->server);
	turn->uses = first_uses(&turn->said.claims, &hello->claims, turn->server);
	turn->said.uses = turn->uses;
}

void turn_end(struct turn *turn)
{
	turn->up = turn->draining = false;
	turn->uses = turn->lets_go = (struct vlanset){{0}};
}

void turn_claim(struct turn *turn, const struct vlanset *claims)
{
	turn->claims = *claims;
}

void turn_hear(struct turn *turn, const struct turn_say *say)
{
	if (turn->up)
		turn->heard = *say;
}

void turn_quiet(struct turn *turn)
{
	turn->draining = false;
	turn->lets_go = (struct vlanset){{0}};
}

bool turn_step(struct turn *turn)
{
	struct turn_say *heard = &turn->heard;
	/* What was told last is what is claimed, and it has been answered. */
	const bool answered =
		heard->ack == turn->said.seq && vlanset_equal(&turn->said.claims, &turn->claims);
	bool changed = false;

	if (!turn->up || turn->draining)
		return false;
	for (unsigned i = 0; i < VLANSET_WORDS; i++) {
		uint64_t want = turn->claims.word[i] & ~(turn->server ? 0 : heard->claims.word[i]);
		uint64_t now = turn->uses.word[i], keep = now & want;
		uint64_t take = answered ? want & ~heard->uses.word[i] : 0;

		turn->lets_go.word[i] = now & ~want;
		turn->uses.word[i] = keep | take;
		changed |= turn->uses.word[i] != now;
	}
	turn->draining = changed;
	return changed;
}

bool turn_speak(struct turn *turn, struct turn_say *out)
{
	const bool claims = !vlanset_equal(&turn->said.claims, &turn->claims);
	struct turn_say say = {
		.seq = turn->said.seq + claims, .ack = turn->heard.seq, .claims = turn->claims};

	if (!turn->up)
		return false;
	for (unsigned i = 0; i < VLANSET_WORDS; i++)
		say.uses.word[i] = turn->uses.word[i] | turn->lets_go.word[i];
	if (!claims && say.ack == turn->said.ack && vlanset_equal(&say.uses, &turn->said.uses))
		return false;
	*out = turn->said = say;
	return true;
}
