/* SPDX-License-Identifier: BSD-3-Clause */
/* virtio_scsi_test.c - layouts of virtio 1.2, 5.6, byte for byte; and iov.h, which moves them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/gate.h"
#include "storage/iov.h"
#include "storage/virtio_scsi.h"

static void test_request(void **state)
{
	uint8_t wire[VS_REQUEST_BYTES] = {
		1, 0, 0x40, 7, 0, 0, 0, 0, 0xef, 0xbe, 0, 0, 0, 0, 0, 0x80, 2};
	static const uint8_t lun[8] = {1, 0, 0x40, 7};
	struct vs_request r;

	wire[19] = 0x88;
	wire[50] = 0x99;
	vs_request_get(wire, &r);
	assert_memory_equal(r.lun, lun, 8);
	assert_int_equal(r.tag, 0x800000000000beef);
	assert_int_equal(r.task_attribute, 2);
	assert_int_equal(r.cdb[0], 0x88);
	assert_int_equal(r.cdb[31], 0x99);
}

static void test_response(void **state)
{
	struct vs_result r = {.residual = 0x01020304,
		.status = 2,
		.response = VS_OVERRUN,
		.sense_bytes = 200,
		.sense = {0x70, 0, 5}};
	uint8_t wire[VS_RESPONSE_BYTES];

	vs_response_put(&r, wire);
	assert_int_equal(wire[0], VS_SENSE_BYTES); /* never more than there is room for */
	assert_int_equal(wire[4], 4);
	assert_int_equal(wire[7], 1);
	assert_int_equal(wire[10], 2);
	assert_int_equal(wire[11], 1);
	assert_int_equal(wire[12], 0x70);
	assert_int_equal(wire[14], 5);
}

static void test_control(void **state)
{
	uint8_t wire[24] = {0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 9, 0, 0, 0, 0, 3}, answer[5];
	struct vs_control c;

	assert_int_equal(vs_control_get(wire, 24, &c), 0);
	assert_int_equal(c.function, VS_LOGICAL_UNIT_RESET);
	assert_int_equal(c.lun[3], 9);
	assert_int_equal(c.tag, 3);
	assert_int_equal(c.answer_bytes, 1);
	assert_int_equal(vs_control_get(wire, 23, &c), -EINVAL);
	assert_int_equal(vs_control_get(wire, 3, &c), -EINVAL);
	wire[0] = 2;
	assert_int_equal(vs_control_get(wire, 16, &c), 0);
	assert_int_equal(c.answer_bytes, 5);
	vs_control_answer(&c, VS_BAD_TARGET, answer);
	assert_int_equal(answer[0], 0);
	assert_int_equal(answer[4], VS_BAD_TARGET);
	assert_int_equal(vs_control_get(wire, 15, &c), -EINVAL);
	wire[0] = 3;
	assert_int_equal(vs_control_get(wire, 24, &c), -EINVAL);
}

static void test_event(void **state)
{
	static const uint8_t want[VS_EVENT_BYTES] = {3, 0, 0, 0, 1, 0, 0, 200, 0, 0, 0, 0, 0x2a, 9};
	uint8_t wire[VS_EVENT_BYTES];

	vs_event_put(VS_EVENT_PARAMETERS, 200, VS_REASON_CAPACITY, wire);
	assert_memory_equal(wire, want, sizeof(want));
}

static void test_config(void **state)
{
	struct vs_config config = {4, 126, 8192, 128};
	uint8_t wire[VS_CONFIG_BYTES], other[4] = {97};

	vs_config_put(&config, wire);
	assert_int_equal(wire[0], 4);
	assert_int_equal(wire[20], VS_SENSE_BYTES);
	assert_int_equal(wire[24], VS_CDB_BYTES);
	assert_int_equal(wire[32], 255);
	assert_true(vs_config_accepts(&config, 20, wire + 20, 8));
	assert_true(vs_config_accepts(&config, 24, wire + 24, 4));
	assert_false(vs_config_accepts(&config, 20, other, 4));
	assert_false(vs_config_accepts(&config, 16, wire + 16, 4)); /* read-only */
	assert_false(vs_config_accepts(&config, 26, wire + 26, 4));
	assert_false(vs_config_accepts(&config, UINT32_MAX, wire, 4));
	assert_false(vs_config_accepts(&config, 20, wire + 20, 16));
}

static void test_iov(void **state)
{
	uint8_t a[8] = "abcdefg", b[8] = "hijklmn", got[16] = "";
	struct iov iov[3] = {{a, 7}, {NULL, 0}, {b, 7}}, cut[3];

	assert_int_equal(iov_bytes(iov, 3), 14);
	assert_int_equal(iov_read(iov, 3, 5, got, 4), 4);
	assert_memory_equal(got, "fghi", 4);
	assert_int_equal(iov_read(iov, 3, 12, got, 16), 2);
	assert_int_equal(iov_read(iov, 3, 14, got, 16), 0);
	assert_int_equal(iov_write(iov, 3, 6, "XYZ", 3), 3);
	assert_string_equal((char *)a, "abcdefX");
	assert_string_equal((char *)b, "YZjklmn");
	assert_int_equal(iov_zero(iov, 3, 13, 9), 1);
	assert_int_equal(b[6], 0);
	assert_int_equal(iov_slice(iov, 3, 6, 3, cut), 2);
	assert_ptr_equal(cut[0].base, a + 6);
	assert_int_equal(cut[1].len_bytes, 2);
	assert_int_equal(iov_slice(iov, 3, 6, 3, iov), 2); /* in place */
	assert_ptr_equal(iov[1].base, b);
}

static void test_aligned(void **state)
{
	_Alignas(512) static uint8_t memory[1024];
	struct iov iov[2] = {{memory, 512}, {memory + 512, 512}};

	assert_true(iov_aligned(iov, 2, 512));
	iov[1].len_bytes = 256;
	assert_false(iov_aligned(iov, 2, 512));
	iov[1] = (struct iov){memory + 8, 512};
	assert_false(iov_aligned(iov, 2, 512));
}

static void test_gate(void **state)
{
	struct gate g = {0};

	assert_false(gate_open(&g));
	assert_true(gate_start(&g, 3));
	assert_true(gate_open(&g));
	gate_release(&g, 2); /* an old one */
	assert_true(gate_open(&g));
	gate_release(&g, 3);
	assert_false(gate_open(&g));
	assert_false(gate_start(&g, 3));
	gate_release(&g, 9); /* before it was told: that one never starts */
	assert_false(gate_start(&g, 8));
	assert_true(gate_start(&g, 10) && gate_open(&g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_iov),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
