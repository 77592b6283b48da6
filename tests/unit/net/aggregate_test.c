/* SPDX-License-Identifier: BSD-3-Clause */
/* aggregate_test.c - which members of an aggregation carry traffic, and what may be asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "net/aggregate.h"

#define NOBODY AGGREGATE_NONE

static const struct aggregate_view well = {
	.found = true, .carrier = true, .in = true, .active = true};
static const struct aggregate_view joining = {.found = true, .carrier = true, .in = true};
static const struct aggregate_view dead = {.found = true, .in = true, .active = true};
static const struct aggregate_view healed = {.found = true, .carrier = true};
static const struct aggregate_view out = {.found = true};
static const struct aggregate_view absent;

static void check_step(enum aggregate_mode mode, const struct aggregate_view *a,
	const struct aggregate_view *b, unsigned comes, unsigned first, unsigned goes)
{
	const struct aggregate_config config = {.mode = mode, .n = 2};
	const struct aggregate_view view[AGGREGATE_MEMBERS_MAX] = {*a, *b};
	struct aggregate_step step = aggregate_step(&config, view);

	assert_int_equal(step.comes, comes);
	assert_int_equal(step.first, first);
	assert_int_equal(step.goes, goes);
}

static void test_active_backup(void **state)
{
	const enum aggregate_mode mode = AGGREGATE_ACTIVE_BACKUP;

	check_step(mode, &well, &well, NOBODY, 0, NOBODY);
	check_step(mode, &dead, &well, NOBODY, 1, 0);
	check_step(mode, &well, &dead, NOBODY, 0, 1);
	check_step(mode, &out, &well, NOBODY, 1, NOBODY);
	check_step(mode, &absent, &well, NOBODY, 1, NOBODY);
	/* The one to prefer is back: it comes, and is the first when frames reach it. */
	check_step(mode, &healed, &well, 0, 1, NOBODY);
	check_step(mode, &joining, &well, NOBODY, 1, NOBODY);
	check_step(mode, &joining, &dead, NOBODY, 0, 1);
	check_step(mode, &well, &healed, 1, 0, NOBODY);
	/* The last one stays, until another one can take its place. */
	check_step(mode, &dead, &out, NOBODY, NOBODY, NOBODY);
	check_step(mode, &dead, &healed, 1, 1, 0);
	check_step(mode, &dead, &dead, NOBODY, NOBODY, 0);
}

static void test_balance(void **state)
{
	for (enum aggregate_mode mode = AGGREGATE_BALANCE_XOR; mode < AGGREGATE_MODES; mode++) {
		check_step(mode, &well, &well, NOBODY, NOBODY, NOBODY);
		check_step(mode, &dead, &well, NOBODY, NOBODY, 0);
		check_step(mode, &out, &healed, 1, NOBODY, NOBODY);
		check_step(mode, &dead, &healed, 1, NOBODY, 0);
		check_step(mode, &dead, &absent, NOBODY, NOBODY, NOBODY);
	}
}

/* Whatever happens, it ends, with all that are well and nobody else unless nobody is. */
static void test_every_state(void **state)
{
	const struct aggregate_config config = {.mode = AGGREGATE_BALANCE_XOR, .n = 3};

	for (unsigned bits = 0; bits < 512; bits++) {
		struct aggregate_view view[AGGREGATE_MEMBERS_MAX] = {0};
		unsigned n_in = 0, n_well = 0;

		for (unsigned i = 0; i < 3; i++) {
			unsigned b = bits >> 3 * i;

			view[i] = (struct aggregate_view){
				.found = b & 1, .carrier = b & 2, .in = b & 4, .active = b & 4};
		}
		for (unsigned n = 0; n < 8; n++) {
			struct aggregate_step step = aggregate_step(&config, view);

			if (step.comes < 3)
				view[step.comes].in = view[step.comes].active = true;
			if (step.goes < 3)
				view[step.goes].in = false;
		}
		for (unsigned i = 0; i < 3; i++) {
			bool is_well = view[i].found && view[i].carrier;

			n_in += view[i].in;
			n_well += is_well;
			assert_true(!is_well || view[i].in);
		}
		assert_true(n_well ? n_in == n_well : n_in <= 1);
		assert_int_equal(aggregate_up(&config, view), n_well > 0);
	}
}

static void test_up(void **state)
{
	struct aggregate_config config = {.mode = AGGREGATE_BALANCE_XOR, .n = 2};
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX] = {dead, well};

	assert_true(aggregate_up(&config, view));
	view[1].carrier = false;
	assert_false(aggregate_up(&config, view));
	view[1] = healed; /* it is about to come */
	assert_false(aggregate_up(&config, view));
	view[1] = joining;
	assert_false(aggregate_up(&config, view));
	view[1] = well;
	config.mode = AGGREGATE_8023AD;
	assert_false(aggregate_up(&config, view));
	view[1].agreed = true;
	assert_true(aggregate_up(&config, view));
}

static void test_states(void **state)
{
	struct aggregate_config config = {.mode = AGGREGATE_ACTIVE_BACKUP, .n = 4};
	struct aggregate_view view[AGGREGATE_MEMBERS_MAX] = {out, well, well, absent};

	assert_string_equal(aggregate_state(&config, view, 0), "down");
	assert_string_equal(aggregate_state(&config, view, 1), "active");
	assert_string_equal(aggregate_state(&config, view, 2), "backup");
	assert_string_equal(aggregate_state(&config, view, 3), "absent");
	view[1] = joining;
	assert_string_equal(aggregate_state(&config, view, 1), "joining");
	assert_string_equal(aggregate_state(&config, view, 2), "active");
	view[1] = well;
	config.mode = AGGREGATE_BALANCE_XOR;
	assert_string_equal(aggregate_state(&config, view, 2), "active");
	config.mode = AGGREGATE_8023AD;
	assert_string_equal(aggregate_state(&config, view, 2), "negotiating");
	view[2].agreed = true;
	assert_string_equal(aggregate_state(&config, view, 2), "active");
}

static int read_text(const char *text, struct aggregate_config *config, char why[256])
{
	json_t *object = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	int rc;

	assert_non_null(object);
	why[0] = '\0';
	rc = aggregate_read(object, config, why, 256);
	json_decref(object);
	return rc;
}

#define TWO                                                                                        \
	"{'mode':'balance-xor','members':[{'name':'ent0','devargs':'net_af_packet0,iface=up0'},"   \
	"{'name':'ent1','devargs':'net_af_packet1,iface=up1'}]}"

static void quotes(const char *from, char *to)
{
	do
		*to++ = *from == '\'' ? '"' : *from;
	while (*from++);
}

static void test_read(void **state)
{
	static const char *const wrong[] = {"{'members':[]}", "{'mode':'802.3ad','members':[]}",
		"{'mode':'8023ad'}", "{'mode':'8023ad','members':[]}",
		"{'mode':'8023ad','members':{}}", "{'mode':'8023ad','members':[1]}",
		"{'mode':'8023ad','members':[{'name':'ent0'}]}",
		"{'mode':'8023ad','members':[{'name':'','devargs':'a'}]}",
		"{'mode':'8023ad','members':[{'name':'ent0','devargs':'a\\u0000'}]}",
		"{'mode':'8023ad','members':[{'name':'a','devargs':'x'},{'name':'a','devargs':'y'}]"
		"}",
		"{'mode':'8023ad','members':[{'name':'a','devargs':'x,iface=a'},{'name':'b','"
		"devargs':"
		"'x'}]}",
		"{'mode':'8023ad','members':[{},{},{},{},{},{},{},{},{}]}", "[]", "7"};
	struct aggregate_config config, other;
	char text[512], why[256];

	assert_int_equal(aggregate_read(NULL, &config, why, sizeof(why)), 0);
	assert_int_equal(config.n, 0);
	quotes(TWO, text);
	assert_int_equal(read_text(text, &config, why), 0);
	assert_int_equal(config.n, 2);
	assert_int_equal(config.mode, AGGREGATE_BALANCE_XOR);
	assert_string_equal(config.member[1].devargs, "net_af_packet1,iface=up1");
	other = config;
	assert_true(aggregate_equal(&config, &other));
	other.mode = AGGREGATE_8023AD;
	assert_false(aggregate_equal(&config, &other));
	other = config;
	other.member[1].devargs[0] = 'N';
	assert_false(aggregate_equal(&config, &other));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		quotes(wrong[i], text);
		assert_int_not_equal(read_text(text, &config, why), 0);
		assert_int_not_equal(why[0], '\0');
	}
}

static void test_shares(void **state)
{
	struct aggregate_config none = {0}, two;
	char text[512], why[256];

	quotes(TWO, text);
	assert_int_equal(read_text(text, &two, why), 0);
	assert_true(aggregate_shares(&none, "net_af_packet1,iface=x", &two, "net_bonding"));
	assert_true(aggregate_shares(&two, "net_bonding", &none, "net_af_packet0"));
	assert_false(aggregate_shares(&two, "net_bonding", &none, "net_af_packet"));
	assert_false(aggregate_shares(&none, "net_af_packet2,iface=x", &two, ""));
	assert_true(aggregate_shares(&two, "", &two, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_active_backup),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_every_state),
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
