/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_help_test.c - every field has a help text, and vios-objects(5) says of each what the table
 * says. With an argument: prints the sections of the page, to be put into it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/config_help.h"

#define PAGE_MAX 65536

static char page[PAGE_MAX];

struct section {
	char text[16384];
	size_t len, n;
};

static void add(void *arg, const struct config_help *help)
{
	struct section *section = arg;
	size_t room = sizeof(section->text) - section->len;
	int n = snprintf(section->text + section->len, room, ".TP\n.B %s\n%s\nTakes %s.\n",
		help->path, help->text, help->takes);

	assert_true(help->text[0] != '\0' && help->text[strlen(help->text) - 1] == '.');
	assert_true(help->takes[0] != '\0');
	section->len += (size_t)n;
	room = sizeof(section->text) - section->len;
	if (help->otherwise[0] != '\0')
		n = snprintf(section->text + section->len, room, "Default: %s.\n", help->otherwise);
	else
		n = snprintf(section->text + section->len, room, "Needed.\n");
	section->len += (size_t)n;
	if (help->fixed)
		section->len += (size_t)snprintf(section->text + section->len,
			sizeof(section->text) - section->len, "Stays as it is.\n");
	section->n++;
}

static struct section *section_of(enum config_kind kind)
{
	struct section *section = calloc(1, sizeof(*section));

	section->len = (size_t)snprintf(
		section->text, sizeof(section->text), ".SS %s\n", config_kind_name(kind));
	config_help_walk(kind, add, section);
	return section;
}

static void test_page(void **state)
{
	(void)state;
	for (enum config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
		struct section *section = section_of(kind);

		if (strstr(page, section->text) == NULL)
			fail_msg("vios-objects.5 has another section on %s; it must be:\n%s",
				config_kind_name(kind), section->text);
		free(section);
	}
}

struct wanted {
	const char *path, *takes, *otherwise;
	bool fixed, found;
};

static void look(void *arg, const struct config_help *help)
{
	struct wanted *wanted = arg;

	if (strcmp(help->path, wanted->path) != 0)
		return;
	assert_string_equal(help->takes, wanted->takes);
	assert_string_equal(help->otherwise, wanted->otherwise);
	assert_int_equal(help->fixed, wanted->fixed);
	wanted->found = true;
}

static void test_words(void **state)
{
	struct wanted rows[] = {
		{"pvid", "1 to 4094", "1", false, false},
		{"vlans", "a list of at most 340 numbers from 1 to 4094", "[]", false, false},
		{"name", "a name", "", true, false},
		{"accounting", "true or false", "false", false, false},
		{"sides.VIOS.ha_mode", "auto, disabled, sharing or standby", "auto", false, false},
		{"sides.VIOS.ent", "a name", "the lowest free entN of that VIOS", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		config_help_walk(CONFIG_SEA, look, &rows[i]);
		if (!rows[i].found)
			fail_msg("%s is not there", rows[i].path);
	}
}

static void print_sections(void)
{
	for (enum config_kind kind = 0; kind < CONFIG_KINDS; kind++) {
		struct section *section = section_of(kind);

		fputs(section->text, stdout);
		free(section);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_words),
	};
	FILE *file = argc > 1 ? fopen(argv[1], "re") : NULL;

	if (file == NULL) {
		print_sections();
		return argc > 1;
	}
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
