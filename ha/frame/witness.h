/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * witness.h - the witness of the pair: a file that one VIOS at a time can raise.
 *
 * A VIOS that commits while its peer is away must raise the witness first; one whose state is older
 *than the witness serves none of the changed adapters until it has synchronised.
 *
 *	witness_get    {} -> {epoch, version, digest, holder (or null), changed [ids] or "all"}
 *	witness_raise  {vios, expect {epoch, version, digest}, epoch, version, digest, changed [ids]
 *or "all", in_step (both VIOS have it)} -> as witness_get
 *
 * witness_raise is answered after write, fsync, rename and fsync of the directory. It fails with
 *RPC_FAILED and the reason when the witness is not at `expect`, when the wanted mark is not above
 *it, or when the epoch is the other VIOS's. A corrupt witness fails both, by name, until
 *`vios-framed --run DIR --witness-reset`.
 */
#ifndef VIOS_FRAME_WITNESS_H
#define VIOS_FRAME_WITNESS_H

#include <stddef.h>

#include "ha/frame/witness_text.h"

#define WITNESS_WHY 512

/* dir: where the file `witness` is. An absent file is a witness at 0. 0 or -errno, with the
 * sentence in why. */
int witness_load(const char *dir, struct witness *out, char why[WITNESS_WHY]);
/* Compares, raises, and makes it durable. 0 and the new witness in *now; -ECANCELED: the rule
 * forbids it, with *now as it is. */
int witness_commit(const char *dir, const char *vios, const struct witness_mark *expect,
	const struct witness_mark *wanted, const struct witness_ids *changed, bool in_step,
	struct witness *now, char why[WITNESS_WHY]);
/* Keeps what is there as witness.corrupt and begins at 0 with all adapters changed. Safe beside a
 * running daemon. */
int witness_reset(const char *dir, char why[WITNESS_WHY]);

#endif
