/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accord_test.c - what targets share. The property: whoever makes a change dies before any store;
 * then everybody reads the state before or the one after it, whole, and the next change works; no
 * attention is lost that a finished change has raised, and none of an unfinished one is heard
 * before another change has its number. accord.c is compiled into this test with stores that count.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <stdatomic.h>

static jmp_buf death;
static unsigned stores_left; /* 0: immortal */

static void before_store(void)
{
	if (stores_left && --stores_left == 0)
		longjmp(death, 1);
}

#undef atomic_store_explicit
#define atomic_store_explicit(at, value, order) (before_store(), (void)(*(at) = (value)))
#include "storage/accord.c"

static const char boot[] = "01234567-89ab-cdef-0123-456789abcdef";
static const char reboot[] = "01234567-89ab-cdef-0123-456789abcdee";

static struct accord shared;
static uint64_t seed;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

static bool nobody_gone(void *user, uint32_t adapter)
{
	return false;
}

static bool is_gone(void *user, uint32_t adapter)
{
	return adapter == *(uint32_t *)user;
}

static uint64_t make(struct reservation_event event, uint32_t from)
{
	static struct reservation_effects effects;
	struct reservations state;
	uint64_t generation;

	assert_int_equal(accord_read(&shared, &state, &generation), 0);
	event.from = (struct reservation_nexus){from, 1};
	reservations_apply(&state, &event, &effects);
	return effects.changed ? accord_commit(&shared, &state, &effects) : generation;
}

static uint64_t make_key(uint32_t from, uint64_t key)
{
	return make((struct reservation_event){.action = RESERVATION_REGISTER_AND_IGNORE,
			    .service_key = key},
		from);
}

static struct accord_member *join(uint32_t adapter)
{
	return accord_join(&shared, adapter, nobody_gone, NULL);
}

static void begin(void)
{
	const struct reservations none = {0};

	accord_begin(&shared, boot, &none);
}

static void test_begins(void **state)
{
	struct reservations read, one = {.count = 1};
	uint64_t generation;

	memset(&shared, 0, sizeof(shared));
	assert_false(accord_holds(&shared, boot));
	one.registrant[0] = (struct reservation_registrant){{7, 1}, 9};
	accord_begin(&shared, boot, &one);
	assert_true(accord_holds(&shared, boot));
	assert_false(accord_holds(&shared, reboot));
	assert_int_equal(accord_read(&shared, &read, &generation), 0);
	assert_int_equal(generation, 1);
	assert_int_equal(read.count, 1);
	assert_int_equal(read.registrant[0].key, 9);
	assert_false(accord_foreign(&shared, boot));
	shared.bytes--;
	assert_false(accord_holds(&shared, boot));
	assert_true(accord_foreign(&shared, boot)); /* others use it: not to be begun anew */
	assert_false(accord_foreign(&shared, reboot));
	memset(&shared, 0, sizeof(shared));
	assert_false(accord_foreign(&shared, boot));
}

static void test_damaged(void **state)
{
	struct reservations read = {.generation = 77};
	uint64_t generation;

	begin();
	shared.state[1].word[0] ^= 0xff;
	assert_int_equal(accord_read(&shared, &read, &generation), -EBADMSG);
	assert_int_equal(read.generation, 77);
	begin();
	shared.state[1].len = RESERVATIONS_BYTES_MAX + 64; /* ASan sees whether it is read */
	assert_int_equal(accord_read(&shared, &read, &generation), -EBADMSG);
	shared.state[1].len = UINT64_MAX;
	assert_int_equal(accord_read(&shared, &read, &generation), -EBADMSG);
}

static void test_members_hear(void **state)
{
	struct accord_member *a, *b;
	uint64_t heard[SCSI_ATTENTIONS] = {0}, generation;
	const uint32_t bit = 1u << SCSI_ATTENTION_UNREGISTERED;

	begin();
	a = join(1);
	b = join(2);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(join(2), b);
	make_key(1, 11);
	generation = make_key(2, 22);
	assert_int_equal(generation, 3);
	assert_int_equal(accord_news(b, generation, heard), 0);
	generation = make((struct reservation_event){.action = RESERVATION_PREEMPT_AND_ABORT,
				  .key = 11,
				  .service_key = 22,
				  .type = RESERVATION_EXCLUSIVE},
		1);
	assert_int_equal(generation, 4);
	assert_int_equal(b->aborted, 4);
	assert_int_equal(a->aborted, 0);
	assert_int_equal(accord_news(b, 3, heard), 0); /* not before it goes by it */
	assert_int_equal(accord_news(b, 4, heard), bit);
	assert_int_equal(accord_news(b, 4, heard), 0);
	assert_true(accord_tell(b, heard, bit)); /* still to be told */
	assert_int_equal(b->told[SCSI_ATTENTION_UNREGISTERED], 0);
	/* its target dies: the successor hears it again */
	memset(heard, 0, sizeof(heard));
	assert_int_equal(accord_news(b, 4, heard), bit);
	assert_false(accord_tell(b, heard, 0));
	assert_int_equal(b->told[SCSI_ATTENTION_UNREGISTERED], 4);
}

static void test_reset_is_for_all_but_one(void **state)
{
	const struct reservations none = {0};
	struct accord_member *a, *b;

	begin();
	a = join(1);
	b = join(2);
	assert_int_equal(accord_commit_reset(&shared, &none, 1), 2);
	assert_int_equal(b->reset, 2);
	assert_int_equal(b->aborted, 2);
	assert_int_equal(b->raised[SCSI_ATTENTION_LUN_RESET], 2);
	assert_int_equal(a->reset, 0);
	assert_int_equal(a->raised[SCSI_ATTENTION_LUN_RESET], 0);
}

static void test_told_though_never_here(void **state)
{
	uint64_t heard[SCSI_ATTENTIONS] = {0};

	begin();
	make_key(1, 11);
	make_key(9, 99);
	make((struct reservation_event){.action = RESERVATION_CLEAR, .key = 11}, 1);
	assert_int_equal(accord_news(join(9), 4, heard), 1u << SCSI_ATTENTION_PREEMPTED);
}

static void test_places(void **state)
{
	uint32_t going = 7;

	begin();
	make_key(8, 88);
	for (uint32_t i = 1; i <= ACCORD_MEMBERS; i++)
		assert_non_null(join(i));
	assert_null(join(1000));
	assert_non_null(join(200));
	going = 8; /* registered: its place is kept */
	assert_null(accord_join(&shared, 1000, is_gone, &going));
	going = 7;
	assert_ptr_equal(accord_join(&shared, 1000, is_gone, &going), &shared.member[going - 1]);
	assert_int_equal(shared.member[going - 1].acknowledged, 2);
}

/* A model: what each of two adapters has to hear. */
static void lives(unsigned n)
{
	static struct reservations before, after, read;
	static struct reservation_effects effects;
	uint64_t heard[SCSI_ATTENTIONS] = {0}, generation, was;
	uint8_t x[RESERVATIONS_BYTES_MAX], y[RESERVATIONS_BYTES_MAX];
	static bool owed; /* a finished change told adapter 2 that it is unregistered */

	owed = false;
	begin();
	join(1);
	join(2);
	for (unsigned i = 0; i < n; i++) {
		struct reservation_event event = {.action = draw(RESERVATION_LUN_RESET),
			.from = {1 + draw(2), 1},
			.type = (uint8_t)draw(9)};
		size_t len;

		event.key = event.from.initiator;
		event.service_key = draw(3);
		assert_int_equal(accord_read(&shared, &before, &was), 0);
		after = before;
		reservations_apply(&after, &event, &effects);
		stores_left = draw(3) ? 1 + draw(60) : 0;
		if (!setjmp(death) && effects.changed)
			accord_commit(&shared, &after, &effects);
		stores_left = 0;
		assert_int_equal(accord_read(&shared, &read, &generation), 0);
		assert_true(generation == was || generation == was + 1);
		len = reservations_encode(generation == was ? &before : &after, x);
		assert_int_equal(reservations_encode(&read, y), len);
		assert_memory_equal(x, y, len);
		if (generation > was &&
			reservation_effect_on(&effects, (struct reservation_nexus){2, 1}))
			owed |= reservation_effect_on(&effects, (struct reservation_nexus){2, 1})
					->attentions == 1u << SCSI_ATTENTION_UNREGISTERED;
		if (draw(2))
			continue;
		if (accord_news(join(2), generation, heard) & 1u << SCSI_ATTENTION_UNREGISTERED)
			owed = false;
		assert_false(owed);
	}
}

static void test_dies_before_any_store(void **state)
{
	seed = getenv("VIOS_SEED") ? strtoull(getenv("VIOS_SEED"), NULL, 10)
				   : (uint64_t)time(NULL) | 1;
	printf("VIOS_SEED=%llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < 200; i++)
		lives(200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_members_hear),
		cmocka_unit_test(test_reset_is_for_all_but_one),
		cmocka_unit_test(test_told_though_never_here),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_dies_before_any_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
