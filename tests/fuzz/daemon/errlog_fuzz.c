/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * errlog_fuzz.c - any bytes as the file of the error log, then as a change's operations. What is
 * taken of a file is printable, in order, and read again as the same when it is written.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/daemon/change_words.h"
#include "vios-core/daemon/errlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void printable(const char *text)
{
	for (; *text; text++)
		assert(*text >= 0x20 && *text <= 0x7e);
}

static void check(const struct errlog_entry *entry)
{
	json_t *object = errlog_entry_json(entry);
	struct errlog_entry again;
	char line[ERRLOG_LINE];
	size_t n = json_dumpb(object, line, sizeof(line), JSON_COMPACT);

	assert(n > 0 && n <= sizeof(line));
	assert(errlog_line_read(line, n, &again) == 0);
	assert(memcmp(entry, &again, sizeof(again)) == 0);
	json_decref(object);
	printable(entry->vios);
	printable(entry->label);
	printable(entry->resource);
	printable(entry->text);
}

static void read_lines(struct errlog *log, const uint8_t *data, size_t size)
{
	struct errlog_entry entry;

	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		const size_t n = end ? (size_t)(end - data) : size;
		char *line = malloc(n ? n : 1); /* of its size, so that a read beyond it is seen */

		memcpy(line, data, n);
		if (errlog_line_read(line, n, &entry) == 0) {
			const uint64_t last = log->last;

			check(&entry);
			if (errlog_restore(log, "vios1", &entry) == 0)
				assert(log->last == entry.seq && log->last > last);
		}
		free(line);
		data += end ? n + 1 : n;
		size -= end ? n + 1 : n;
	}
}

static void in_words(const uint8_t *data, size_t size)
{
	json_t *ops = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	char words[CHANGE_WORDS_BYTES];

	change_words(ops, words);
	assert(memchr(words, '\0', sizeof(words)));
	printable(words);
	json_decref(ops);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct errlog log; /* half a megabyte: only its counters are cleared */
	const char *fault;
	json_t *answer;

	log.n = log.first = log.last = 0;
	read_lines(&log, data, size);
	answer = errlog_answer(&log, NULL, &fault);
	assert(answer && json_array_size(json_object_get(answer, "entries")) == log.n);
	json_decref(answer);
	in_words(data, size);
	return 0;
}
