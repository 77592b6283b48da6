/* SPDX-License-Identifier: BSD-3-Clause */
/* role_text_test.c - the role's file: what is written comes back, what is damaged is not promoted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "ha/pacemaker/role_text.h"

static void what_is_written_comes_back(void **state)
{
	static const struct role some[] = {
		{ROLE_UNPROMOTED, 0, 0, 0},
		{ROLE_PROMOTED, 3, 125, 18},
		{ROLE_PROMOTED, 1000, 100000, 1},
	};
	char text[ROLE_TEXT_MAX];
	struct role back;

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		size_t len = role_format(&some[i], text);

		assert_int_equal(role_parse(text, len, &back), 0);
		assert_memory_equal(&back, &some[i], sizeof(back));
		for (size_t cut = 0; cut < len; cut++) {
			assert_int_equal(role_parse(text, cut, &back), -EBADMSG);
			assert_int_equal(back.is, ROLE_UNPROMOTED);
		}
	}
}

static void damage_is_seen(void **state)
{
	static const char *const texts[] = {
		"role none\nrevivals 0\nscore 0\nhealth 0\n",
		"role promoted\nrevivals 1001\nscore 0\nhealth 0\n",
		"role promoted\nrevivals 0\nscore -1\nhealth 0\n",
		"role promoted\nrevivals 0\nscore 0\nhealth 19\n",
		"role promoted\nrevivals 0\nscore 0\nhealth 0\nmore\n",
		"revivals 0\nrole promoted\nscore 0\nhealth 0\n",
	};
	struct role back;
	char zero[] = "role promoted\nrevivals 0\nscore 0\nhealth 0\n";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(role_parse(texts[i], strlen(texts[i]), &back), -EBADMSG);
		assert_int_equal(back.is, ROLE_UNPROMOTED);
		assert_int_equal(back.score, 0);
	}
	zero[5] = '\0';
	assert_int_equal(role_parse(zero, sizeof(zero) - 1, &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_comes_back),
		cmocka_unit_test(damage_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
