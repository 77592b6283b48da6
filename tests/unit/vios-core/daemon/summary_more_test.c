/* SPDX-License-Identifier: BSD-3-Clause */
/* summary_more_test.c - a VIOS with several SEAs, as its viosd tells of it. */
#include "vios-core/daemon/summary.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct summary_more one(const char *sea, const char *ent, uint16_t vlan)
{
	struct summary_more more = {.uplink.link = LINK_UP};

	snprintf(more.sea.name, sizeof(more.sea.name), "%s", sea);
	snprintf(more.uplink.name, sizeof(more.uplink.name), "%s", ent);
	snprintf(more.uplink.devargs, sizeof(more.uplink.devargs), "net_null%u", (unsigned)vlan);
	more.sea.advert.seq = vlan;
	vlan_set_add(&more.sea.advert.mine, vlan);
	return more;
}

static struct summary some(size_t n_more)
{
	struct summary summary;

	memset(&summary, 0, sizeof(summary));
	strcpy(summary.vios, "vios1");
	summary.viosd_pid = 12;
	const struct summary_more first = one("sea0", "ent0", 1);
	summary.uplink = first.uplink;
	summary.sea = first.sea;
	for (; summary.n_more < n_more; summary.n_more++) {
		const uint16_t vlan = (uint16_t)(10 + summary.n_more);

		summary.more[summary.n_more] = one("sea1", "ent1", vlan);
	}
	return summary;
}

static void round_trip(void **state)
{
	for (size_t n = 0; n <= SUMMARY_MORE; n++) {
		struct summary in = some(n), out;
		size_t text_bytes;
		char *text;

		assert_int_equal(summary_write(&in, &text, &text_bytes), 0);
		/* One that knows of no others is not troubled with them. */
		assert_int_equal(strstr(text, "\"more\"") != NULL, n > 0);
		assert_int_equal(summary_read(text, text_bytes, &out), 0);
		assert_int_equal(out.n_more, n);
		assert_string_equal(out.sea.name, "sea0");
		for (size_t i = 0; i < n; i++) {
			assert_string_equal(out.more[i].uplink.name, "ent1");
			assert_int_equal(out.more[i].uplink.link, LINK_UP);
			assert_string_equal(out.more[i].sea.name, "sea1");
			assert_int_equal(out.more[i].sea.advert.seq, 10 + i);
			assert_true(vlan_set_has(&out.more[i].sea.advert.mine, (uint16_t)(10 + i)));
		}
		free(text);
	}
}

static void refused(void **state)
{
	static const char *const lists[] = {"7", "{}", "[7]", "[{}]",
		"[{\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"},\"sea\":7}]"};
	struct summary in = some(0), out;
	json_t *object = summary_json(&in);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) + 1; i++) {
		const bool many = i == sizeof(lists) / sizeof(lists[0]);
		json_t *list = many ? json_array() : json_loads(lists[i], JSON_DECODE_ANY, NULL);
		char *text;

		for (size_t n = 0; many && n <= SUMMARY_MORE; n++)
			json_array_append_new(
				list, json_pack("{s:{s:s, s:s, s:s}}", "uplink", "name", "e",
					      "devargs", "d", "link", "up"));
		json_object_set_new(object, "more", list);
		text = json_dumps(object, 0);
		assert_int_equal(summary_read(text, strlen(text), &out), -EINVAL);
		free(text);
		if (!many)
			continue;
		json_array_remove(list, 0);
		text = json_dumps(object, 0);
		assert_int_equal(summary_read(text, strlen(text), &out), 0);
		free(text);
	}
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
