/* SPDX-License-Identifier: BSD-3-Clause */
/* uevent_test.c - the kernel's messages, and what only looks like one. One thread. */
#include "vios-core/discovery/uevent.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char add_sda[] =
	"add@/devices/pci0000:00/0000:00:02.0/block/sda\0ACTION=add\0"
	"DEVPATH=/devices/pci0000:00/0000:00:02.0/block/sda\0SUBSYSTEM=block\0MAJOR=8\0"
	"MINOR=0\0DEVNAME=sda\0DEVTYPE=disk\0SEQNUM=1234";

static void a_message_is_read(void **state)
{
	struct uevent event;

	assert_int_equal(uevent_parse(add_sda, sizeof(add_sda), &event), 0);
	assert_int_equal(event.action, UEVENT_ADD);
	assert_string_equal(event.subsystem, "block");
	assert_string_equal(event.name, "sda");
	assert_true(uevent_matters(&event));
}

static void a_cut_message_is_refused(void **state)
{
	struct uevent event;

	for (size_t n = 0; n < sizeof(add_sda); n++) {
		char *copy = malloc(n ? n : 1);
		memcpy(copy, add_sda, n);
		int r = uevent_parse(copy, n, &event);
		/* cut between two pairs, behind the subsystem, it cannot be told from a whole one
		 */
		bool whole = n > 0 && copy[n - 1] == '\0' && memmem(copy, n, "SUBSYSTEM=block", 16);
		assert_int_equal(r, whole ? 0 : -EINVAL);
		free(copy);
	}
}

#define refused(text)                                                                              \
	do {                                                                                       \
		struct uevent event_;                                                              \
		assert_int_equal(uevent_parse(text, sizeof(text), &event_), -EINVAL);              \
	} while (0)

static void what_the_kernel_never_says_is_refused(void **state)
{
	static char huge[UEVENT_BYTES_MAX + 1] = "add@/x\0SUBSYSTEM=block";
	struct uevent event;

	refused("libudev\0\xfe\xed\xca\xfe");
	refused("eat@/devices/x\0SUBSYSTEM=block");
	refused("addd@/devices/x\0SUBSYSTEM=block");
	refused("ad@/devices/x\0SUBSYSTEM=block");
	refused("@/devices/x\0SUBSYSTEM=block");
	refused("add@devices/x\0SUBSYSTEM=block");
	refused("add@/\0SUBSYSTEM=block");
	refused("add@/devices/..\0SUBSYSTEM=block");
	refused("add@/devices/x");
	refused("add@/devices/x\0SUBSYSTEM=");
	refused("add@/devices/x\0SUBSYSTEM=block\0SUBSYSTEM=pci");
	refused("add@/devices/x\0SUBSYSTEM=0123456789012345678901234567890123456789");
	refused("add@/devices/x\0SUBSYSTEM=block\0NOPAIR");
	assert_int_equal(uevent_parse(huge, sizeof(huge), &event), -EINVAL);
	memset(huge + 22, 'x', sizeof(huge) - 22);
	memcpy(huge + 22, "\0A=", 3);
	huge[sizeof(huge) - 2] = '\0';
	assert_int_equal(uevent_parse(huge, sizeof(huge) - 1, &event), 0); /* as long as allowed */
}

static void only_what_changes_the_list_matters(void **state)
{
	static const struct {
		const char *subsystem;
		enum uevent_action action;
		bool matters;
	} rows[] = {
		{"block", UEVENT_CHANGE, true},
		{"block", UEVENT_REMOVE, true},
		{"pci", UEVENT_ADD, true},
		{"pci", UEVENT_BIND, true},
		{"pci", UEVENT_UNBIND, true},
		{"pci", UEVENT_CHANGE, false},
		{"vfio", UEVENT_ADD, true},
		{"uio", UEVENT_REMOVE, true},
		{"net", UEVENT_ADD, false},
		{"cpu", UEVENT_ONLINE, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uevent event = {.action = rows[i].action};
		strcpy(event.subsystem, rows[i].subsystem);
		assert_int_equal(uevent_matters(&event), rows[i].matters);
	}
}

static void every_action_has_its_word(void **state)
{
	char message[64];
	struct uevent event;

	for (unsigned i = 0; i < UEVENT_N_ACTIONS; i++) {
		const char *word = uevent_action_name((enum uevent_action)i);
		assert_non_null(word);
		size_t n = strlen(word);
		memcpy(message, word, n);
		memcpy(message + n, "@/x\0SUBSYSTEM=pci", 18);
		assert_int_equal(uevent_parse(message, n + 18, &event), 0);
		assert_int_equal(event.action, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read),
		cmocka_unit_test(a_cut_message_is_refused),
		cmocka_unit_test(what_the_kernel_never_says_is_refused),
		cmocka_unit_test(only_what_changes_the_list_matters),
		cmocka_unit_test(every_action_has_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
