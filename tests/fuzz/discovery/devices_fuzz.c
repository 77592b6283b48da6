/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devices_fuzz.c - any bytes as what devices and the kernel say: VPD pages, uevents, texts of sysfs
 * that end in an identity and in JSON. The first byte picks one.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/discovery/adapter.h"
#include "vios-core/discovery/disk.h"
#include "vios-core/discovery/mpath.h"
#include "vios-core/discovery/plain.h"
#include "vios-core/discovery/uevent.h"
#include "vios-core/discovery/vpd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(const char *text, char space)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		assert((text[i] > 0x20 && text[i] < 0x7f) || text[i] == space);
	assert(n == 0 || (text[0] != ' ' && text[n - 1] != ' '));
	assert(!strstr(text, "  "));
}

static void designator(const uint8_t *page, size_t n)
{
	char out[VPD_NAME_BYTES], again[VPD_NAME_BYTES];
	int r = vpd_designator(page, n, out);

	assert(r == 0 || r == -ENOENT || r == -EINVAL);
	assert((r == -EINVAL) == (n < 4 || page[1] != 0x83));
	if (r < 0)
		return;
	check_printable(out, '_');
	assert(out[0]);
	/* it depends on nothing but the page, and what is better is never lost by reading more */
	assert(vpd_designator(page, n, again) == 0 && strcmp(out, again) == 0);
	struct disk_facts facts = {.scsi_type = -1};
	char identity[DISK_IDENTITY_BYTES];
	memcpy(facts.designator, out, sizeof(out));
	assert(disk_identity(&facts, identity) && strcasecmp(identity, out) == 0);
}

static void serial(const uint8_t *page, size_t n)
{
	char out[64];

	if (vpd_serial(page, n, out, sizeof(out)) == 0) {
		assert(out[0] && strlen(out) < sizeof(out));
		check_printable(out, ' ');
	}
}

static void uevent(const uint8_t *message, size_t n)
{
	struct uevent event;

	if (uevent_parse((const char *)message, n, &event) < 0)
		return;
	assert(n <= UEVENT_BYTES_MAX && message[n - 1] == '\0');
	assert(event.action < UEVENT_N_ACTIONS && event.subsystem[0]);
	const char *word = uevent_action_name(event.action);
	assert(memcmp(message, word, strlen(word)) == 0 && message[strlen(word)] == '@');
	check_printable(event.subsystem, ' ');
	check_printable(event.name, ' ');
	uevent_matters(&event);
}

/* The next text, up to a newline, as a scanner would have it. */
static void take(const uint8_t **at, size_t *left, char *out, size_t size)
{
	const uint8_t *end = memchr(*at, '\n', *left);
	size_t n = end ? (size_t)(end - *at) : *left;

	plain_copy(*at, n, out, size);
	*at += n + (end != NULL);
	*left -= n + (end != NULL);
}

static void disk(const uint8_t *at, size_t left)
{
	struct disk_facts facts = {.scsi_type = -1, .timeout_s = -1};
	char identity[DISK_IDENTITY_BYTES], part[DISK_IDENTITY_BYTES];

	take(&at, &left, facts.name, sizeof(facts.name));
	take(&at, &left, facts.dm_name, sizeof(facts.dm_name));
	take(&at, &left, facts.dm_uuid, sizeof(facts.dm_uuid));
	take(&at, &left, facts.wwid, sizeof(facts.wwid));
	take(&at, &left, facts.vendor, sizeof(facts.vendor));
	take(&at, &left, facts.model, sizeof(facts.model));
	take(&at, &left, facts.serial, sizeof(facts.serial));
	take(&at, &left, facts.backing_file, sizeof(facts.backing_file));
	take(&at, &left, facts.file_identity, sizeof(facts.file_identity));
	assert(disk_kind(&facts) < DISK_N_KINDS);
	disk_wanted(&facts);
	bool known = disk_identity(&facts, identity);
	assert(known == (identity[0] != '\0') && strlen(identity) < sizeof(identity));
	assert(!strchr(identity, ' '));
	json_t *object = disk_json(&facts);
	assert(object); /* whatever it is called, it can be told */
	char *text = json_dumps(object, JSON_COMPACT);
	assert(text && strlen(text) < 8192);
	free(text);
	json_decref(object);
	facts.partition = 7; /* a part is never taken for the whole */
	if (disk_identity(&facts, part))
		assert(known && strcmp(part, identity) != 0);
}

static void words(const uint8_t *at, size_t left)
{
	char text[64], address[PCI_ADDRESS_BYTES], again[PCI_ADDRESS_BYTES];
	uint64_t value;

	take(&at, &left, text, sizeof(text));
	if (plain_number(text, 1000, &value))
		assert(value <= 1000);
	if (pci_address(text, address))
		assert(strlen(address) == 12 && pci_address(address, again) &&
			strcmp(address, again) == 0);
	const char *last = plain_component(text, 0, again, sizeof(again));
	assert(!last || (last[0] && !strchr(last, '/') && strcmp(last, "..") != 0));
}

/* What follows the words that are counted is no feature. */
static void table(const uint8_t *at, size_t left)
{
	char *text = malloc(left + 1);
	bool queues = mpath_queues((const char *)at, left);

	memcpy(text, at, left);
	text[left] = '\0';
	assert(mpath_queues(text, left) == queues);
	assert(!queues || (memmem(at, left, "queue_if_no_path", 16) && !memchr("0", at[0], 1)));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const uint8_t *, size_t) = {
		designator, serial, uevent, disk, words, table};

	if (size == 0)
		return 0;
	/* A copy of exactly its size, so that a read beyond it is seen. */
	uint8_t *copy = malloc(size);
	memcpy(copy, data + 1, size - 1);
	copy = realloc(copy, size - 1 ? size - 1 : 1);
	parsers[data[0] % (sizeof(parsers) / sizeof(parsers[0]))](copy, size - 1);
	free(copy);
	return 0;
}
