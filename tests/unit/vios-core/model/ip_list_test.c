/* SPDX-License-Identifier: BSD-3-Clause */
/* ip_list_test.c - addresses as text and back (RFC 4291, 5952). */
#include "vios-core/model/ip_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void one_text_for_one_address(void **state)
{
	static const char *const pairs[][2] = {
		{"10.0.0.5", "10.0.0.5"},
		{"255.255.255.255", "255.255.255.255"},
		{"0.0.0.0", "0.0.0.0"},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"FD00:0:0:0::5", "fd00::5"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"0001:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		uint8_t ip[16], again[16];

		assert_true(ip_parse(pairs[i][0], ip));
		assert_string_equal(ip_show(ip).text, pairs[i][1]);
		assert_true(ip_parse(pairs[i][1], again));
		assert_memory_equal(ip, again, 16);
	}
}

static void no_addresses(void **state)
{
	static const char *const texts[] = {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04",
		"1.2.3.4 ", "1..2.3", ":", ":::", "1:::2", "1::2::3", "1:2", ":1::2",
		"1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:", "12345::", "::g", "::ffff:10.0.0.1",
		"::ffff:a00:1", "fe80::1%eth0", "1:2:3:4:5:6:7:8::", "::1/64", "1::2:"};
	uint8_t ip[16];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (ip_parse(texts[i], ip))
			fail_msg("\"%s\" is taken for %s", texts[i], ip_show(ip).text);
}

static void hosts(void **state)
{
	static const char *const no[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1"};
	static const char *const yes[] = {
		"10.0.0.1", "fe80::1", "fd00::", "::2", "223.255.255.255"};
	uint8_t ip[16];

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_true(ip_parse(no[i], ip) && !ip_is_host(ip));
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(ip_parse(yes[i], ip) && ip_is_host(ip));
}

static void a_list_is_sorted(void **state)
{
	struct ip_list list = {0};
	uint8_t ip[16] = {0};

	for (uint8_t i = 0; i < IP_LIST_MAX; i++) {
		ip[15] = (uint8_t)(i * 7 % IP_LIST_MAX);
		assert_true(ip_list_add(&list, ip));
		assert_false(ip_list_add(&list, ip));
	}
	ip[15] = 99;
	assert_false(ip_list_add(&list, ip));
	for (size_t i = 1; i < list.n; i++)
		assert_true(memcmp(list.ip[i - 1], list.ip[i], 16) < 0);
}

static void lists_as_text(void **state)
{
	static const char *const no[] = {",", "10.0.0.1,", ",10.0.0.1", "10.0.0.1,,10.0.0.2",
		"10.0.0.1 ,10.0.0.2", "10.0.0.1,10.0.0.1", "10.0.0.1,x", "127.0.0.1", "ff02::1",
		"10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4", "fd00::1,FD00::0:1",
		"0000:0000:0000:0000:0000:0000:0000:00001"};
	struct ip_list list;

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (ip_list_parse(no[i], 3, &list))
			fail_msg("\"%s\" is taken", no[i]);
	assert_true(ip_list_parse("", 3, &list));
	assert_int_equal(list.n, 0);
	assert_true(ip_list_parse(
		"fd00:0000:0000:0000:0000:0000:0000:0001,10.0.0.9,10.0.0.1", 3, &list));
	assert_int_equal(list.n, 3);
	assert_string_equal(ip_show(list.ip[0]).text, "10.0.0.1");
	assert_string_equal(ip_show(list.ip[2]).text, "fd00::1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_for_one_address),
		cmocka_unit_test(no_addresses),
		cmocka_unit_test(hosts),
		cmocka_unit_test(a_list_is_sorted),
		cmocka_unit_test(lists_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
