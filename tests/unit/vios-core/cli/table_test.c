// SPDX-License-Identifier: BSD-3-Clause
/* Tests of table.c and suggest.c. */
#include "vios-core/cli/suggest.h"
#include "vios-core/cli/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(struct table *table, const char *want)
{
	char *text = table_text(table);

	assert_string_equal(text, want);
	free(text);
	table_free(table);
}

static void test_columns(void **state)
{
	static const char *const heads[] = {"NAME", "ID", "STATE"};
	static const char *const row1[] = {"lpar1/eth0", "1", "live"};
	static const char *const row2[] = {"a", "1234", NULL};
	struct table *table = table_new(heads, 3);

	table_row(table, row1);
	table_row(table, row2);
	check(table, "NAME        ID    STATE\n"
		     "lpar1/eth0  1     live\n"
		     "a           1234  -\n");
}

static void test_heads_alone(void **state)
{
	static const char *const heads[] = {"NAME", "ID"};

	check(table_new(heads, 2), "NAME  ID\n");
}

static void test_notes_do_not_widen(void **state)
{
	static const char *const heads[] = {"A", "B"};
	static const char *const row[] = {"1", "2"};
	struct table *table = table_new(heads, 2);

	table_row(table, row);
	table_note(table, "vios2: a reason that is longer than all columns");
	table_row(table, row);
	check(table, "A  B\n1  2\n    vios2: a reason that is longer than all columns\n1  2\n");
}

static void test_terminal_commands_are_defused(void **state)
{
	static const char *const heads[] = {"A"};
	static const char *const row[] = {"x\033[2J\n\t\303\244\177"};
	struct table *table = table_new(heads, 1);

	table_row(table, row);
	check(table, "A\nx?[2J?????\n");
}

static void test_long_cells_are_cut(void **state)
{
	static const char *const heads[] = {"A", "B"};
	char *cell = calloc(1, 10001);
	struct table *table = table_new(heads, 2);

	memset(cell, 'x', 10000);
	const char *row[] = {cell, cell};
	table_row(table, row);
	char *text = table_text(table);
	assert_int_equal(strlen(strchr(text, '\n') + 1), 2 * TABLE_CELL_MAX + 3);
	free(text);
	table_free(table);
	free(cell);
}

static void test_widest_table(void **state)
{
	const char *cells[TABLE_COLUMNS_MAX];

	for (int i = 0; i < TABLE_COLUMNS_MAX; i++)
		cells[i] = i % 2 ? "" : "ab";
	struct table *table = table_new(cells, TABLE_COLUMNS_MAX);
	table_row(table, cells);
	check(table, "ab  -  ab  -  ab  -  ab  -  ab  -  ab  -\nab  -  ab  -  ab  -  ab  -  ab  -  "
		     "ab  -\n");
}

static void test_suggestions(void **state)
{
	static const char *const verbs[] = {"status", "switch", "quarantine", "version"};

	assert_string_equal(suggest_nearest("stauts", verbs, 4), "status");
	assert_string_equal(suggest_nearest("swtich", verbs, 4), "switch");
	assert_string_equal(suggest_nearest("statu", verbs, 4), "status");
	assert_string_equal(suggest_nearest("quarantaine", verbs, 4), "quarantine");
	assert_string_equal(suggest_nearest("gte", (const char *const[]){"get"}, 1), "get");
	assert_null(suggest_nearest("gtx", (const char *const[]){"get"}, 1));
	assert_null(suggest_nearest("reboot", verbs, 4));
	assert_null(suggest_nearest("", verbs, 4));
	assert_null(suggest_nearest("statusstatusstatusstatusstatusstatus", verbs, 4));
	assert_null(suggest_nearest("status", verbs, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_heads_alone),
		cmocka_unit_test(test_notes_do_not_widen),
		cmocka_unit_test(test_terminal_commands_are_defused),
		cmocka_unit_test(test_long_cells_are_cut),
		cmocka_unit_test(test_widest_table),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
