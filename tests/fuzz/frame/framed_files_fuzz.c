/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * framed_files_fuzz.c - any bytes as what vios-framed reads from files: the witness (with its
 * checksum put right, so that inputs get past it), /proc texts, the state file. The first byte
 * picks one.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ha/frame/keep.h"
#include "ha/frame/procstat.h"
#include "ha/frame/witness_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void witness(const char *text, size_t size)
{
	char again[WITNESS_TEXT];
	struct witness w;
	const char *why = NULL;

	if (witness_parse(text, size, &w, &why) < 0) {
		assert(why);
		return;
	}
	assert(w.changed.n <= WITNESS_IDS && witness_digest_valid(w.mark.digest));
	assert(witness_format(&w, again) < WITNESS_TEXT);
}

/* An accepted text, with one byte changed, must be refused. */
static void damaged(const uint8_t *data, size_t size)
{
	struct witness w = {.mark = {.epoch = 3, .version = 17, .digest = "ab12"},
		.holder = "vios1",
		.changed = {.n = 2, .id = {7, 9}}};
	char text[WITNESS_TEXT];
	const char *why;
	size_t len = witness_format(&w, text);
	uint16_t at;

	if (size < 3)
		return;
	memcpy(&at, data, sizeof(at));
	at = (uint16_t)(at % len);
	if (text[at] == (char)data[2])
		return;
	text[at] = (char)data[2];
	assert(witness_parse(text, len, &w, &why) < 0);
}

static void keep(const char *text, size_t size)
{
	struct keep *k = malloc(sizeof(*k)), *again = malloc(sizeof(*again));
	json_t *root = json_loadb(text, size, 0, NULL), *out;

	if (k && again && root && keep_parse(root, k) == 0) {
		out = keep_format(k);
		if (out) { /* NULL: a name that is not UTF-8 cannot be written */
			assert(keep_parse(out, again) == 0);
			assert(again->n_planes == k->n_planes && again->n_poison == k->n_poison);
		}
		json_decref(out);
	}
	json_decref(root);
	free(k);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct procstat stat;
	int pid;

	if (size == 0)
		return 0;
	switch (*data++ % 5) {
	case 0:
		witness((const char *)data, size - 1);
		break;
	case 1:
		damaged(data, size - 1);
		break;
	case 2:
		keep((const char *)data, size - 1);
		break;
	case 3:
		procstat_parse((const char *)data, size - 1, &stat);
		break;
	default:
		pid = procstat_fdinfo_pid((const char *)data, size - 1);
		assert(pid >= -1 || pid == -EBADMSG);
	}
	return 0;
}
