/* SPDX-License-Identifier: BSD-3-Clause */
/* reservation_file_test.c - what a file of reservations brings back, at the same boot and another.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/reservation_file.h"

static const char here[] = "01234567-89ab-cdef-0123-456789abcdef";
static const char there[] = "01234567-89ab-cdef-0123-456789abcdee";

static void apply(struct reservations *state, struct reservation_event event)
{
	struct reservation_effects effects;

	event.from = (struct reservation_nexus){7, 1};
	reservations_apply(state, &event, &effects);
	assert_int_equal(effects.result, RESERVATION_DONE);
}

static struct reservations registered(bool aptpl)
{
	struct reservations state = {0};

	apply(&state, (struct reservation_event){
			      .action = RESERVATION_REGISTER, .service_key = 5, .aptpl = aptpl});
	apply(&state, (struct reservation_event){.action = RESERVATION_RESERVE,
			      .key = 5,
			      .type = RESERVATION_WRITE_EXCLUSIVE});
	return state;
}

static void same(const struct reservations *a, const struct reservations *b)
{
	uint8_t x[RESERVATIONS_BYTES_MAX], y[RESERVATIONS_BYTES_MAX];
	size_t n = reservations_encode(a, x);

	assert_int_equal(reservations_encode(b, y), n);
	assert_memory_equal(x, y, n);
}

static void test_same_boot(void **state)
{
	uint8_t file[RESERVATION_FILE_BYTES_MAX];
	struct reservations was = registered(false), is;

	assert_int_equal(
		reservation_file_get(&is, here, file, reservation_file_put(&was, here, file)), 0);
	same(&is, &was);
	was = (struct reservations){0};
	apply(&was, (struct reservation_event){.action = RESERVATION_SPC2_RESERVE});
	assert_int_equal(
		reservation_file_get(&is, here, file, reservation_file_put(&was, here, file)), 0);
	assert_true(is.spc2);
	same(&is, &was);
}

static void test_another_boot(void **state)
{
	uint8_t file[RESERVATION_FILE_BYTES_MAX];
	struct reservations was = registered(true), is;

	assert_int_equal(
		reservation_file_get(&is, there, file, reservation_file_put(&was, here, file)), 0);
	assert_true(is.aptpl && is.count == 1 && is.type == RESERVATION_WRITE_EXCLUSIVE);
	assert_int_equal(is.registrant[0].key, 5);
	was = registered(false);
	assert_int_equal(
		reservation_file_get(&is, there, file, reservation_file_put(&was, here, file)), 0);
	assert_true(is.count == 0 && is.type == RESERVATION_NONE);
	was = (struct reservations){0};
	apply(&was, (struct reservation_event){.action = RESERVATION_SPC2_RESERVE});
	assert_int_equal(
		reservation_file_get(&is, there, file, reservation_file_put(&was, here, file)), 0);
	assert_false(is.spc2);
}

static void test_damaged(void **state)
{
	uint8_t file[RESERVATION_FILE_BYTES_MAX + 1] = {0};
	struct reservations was = registered(true), is = {.generation = 99};
	size_t len = reservation_file_put(&was, here, file);

	for (size_t n = 0; n < len; n++)
		assert_int_equal(reservation_file_get(&is, here, file, n), -EBADMSG);
	assert_int_equal(reservation_file_get(&is, here, file, len + 1), -EBADMSG);
	for (size_t i = 0; i < 20; i++) {
		file[i] ^= 1;
		assert_int_equal(reservation_file_get(&is, here, file, len), -EBADMSG);
		file[i] ^= 1;
	}
	file[20 + RESERVATION_FILE_BOOT] = ' ';
	assert_int_equal(reservation_file_get(&is, here, file, len), -EBADMSG);
	assert_int_equal(is.generation, 99); /* unchanged */
	assert_int_equal(is.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_boot),
		cmocka_unit_test(test_another_boot),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
