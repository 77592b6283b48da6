/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store_text.h - a state file: a header that a person can read, then the state's text. Pure.
 *
 *	vios-state 1
 *	epoch 3
 *	version 17
 *	kind pair                     ("alone": committed only if the witness has it)
 *	done 7f3a 12 0 0              (incarnation in hex and sequence number, of each VIOS)
 *	base 2 16 SHA-256 7f3a 11 0 0 (what an "alone" was made from; else "-")
 *	changed 7 9                   ("none"; "all")
 *	length 431
 *	digest SHA-256                (of the text)
 *	checksum SHA-256              (of the lines above)
 *	TEXT
 */
#ifndef HA_CLUSTER_STORE_TEXT_H
#define HA_CLUSTER_STORE_TEXT_H

#include "ha/cluster/replica_types.h"

#define STORE_HEADER_MAX 4096u

/* Its length, below STORE_HEADER_MAX. */
size_t store_text_header(const struct replica_record *record, char out[STORE_HEADER_MAX]);
/* The whole file. The record's text points into it. 0, or -EBADMSG with the reason. */
int store_text_read(
	const char *file, size_t file_bytes, struct replica_record *record, const char **why);

#endif
