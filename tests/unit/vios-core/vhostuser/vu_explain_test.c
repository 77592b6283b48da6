/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_explain_test.c - what an operator reads names the request, the bit, the number, and fits. */
#include "vios-core/vhostuser/vu_explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_clients_message(void **state)
{
	struct vu_msg m = {.request = VU_SET_MEM_TABLE};
	char text[160];

	vu_explain_message(&m, VU_MEM_UNSEALED, text, sizeof(text));
	assert_non_null(strstr(text, "SET_MEM_TABLE (5): "));
	assert_non_null(strstr(text, "allow_unsealed"));
	vu_explain_message(&m, VU_BAD_REGION_COUNT, text, sizeof(text));
	assert_non_null(strstr(text, "at most 8"));
	vu_explain_message(&m, VU_BAD_VALUE, text, sizeof(text));
	assert_null(strchr(text, ';'));
	m.request = 4711; /* no such request */
	vu_explain_message(&m, VU_BAD_VALUE, text, sizeof(text));
	assert_non_null(strstr(text, "(4711)"));
	for (int fault = VU_OK; fault < VU_FAULT_END; fault++) {
		vu_explain_message(&m, (enum vu_fault)fault, text, sizeof(text));
		assert_in_range(strlen(text), 1, sizeof(text) - 2); /* not cut */
	}
}

static const char *event_text(struct vu_front_event event, char text[192])
{
	const struct vu_front_want want = {.queues = 4};

	vu_explain_event(&event, &want, text, 192);
	assert_in_range(strlen(text), 1, 190);
	return text;
}

static void a_back_ends_answer(void **state)
{
	struct vu_front_event event = {.kind = VU_FRONT_EV_REFUSED,
		.request = VU_GET_FEATURES,
		.fault = VU_FEATURES_MISSING,
		.missing_virtio = UINT64_C(1) << 15};
	char text[192];

	assert_non_null(strstr(event_text(event, text), "VIRTIO_NET_F_MRG_RXBUF"));
	assert_null(strchr(text, ','));
	event.missing_protocol = 1;
	assert_non_null(strstr(event_text(event, text), "VIRTIO_NET_F_MRG_RXBUF,"));
	assert_non_null(strstr(text, "VHOST_USER_PROTOCOL_F_MQ"));
	event.missing_virtio = event.missing_protocol = UINT64_MAX;
	event_text(event, text);
	event.request = VU_GET_QUEUE_NUM;
	event.fault = VU_BAD_VALUE;
	assert_non_null(strstr(event_text(event, text), "wants 4"));
	event.request = VU_GET_VRING_BASE;
	assert_non_null(strstr(event_text(event, text), "answer to GET_VRING_BASE: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clients_message),
		cmocka_unit_test(a_back_ends_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
