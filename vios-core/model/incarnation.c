/* SPDX-License-Identifier: BSD-3-Clause */
/* incarnation.c - see incarnation.h. Pure; owns nothing. */
#include "vios-core/model/incarnation.h"

#include <errno.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int incarnation_parse(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	if (!text || strlen(text) != INCARNATION_BYTES - 1)
		return -EINVAL;
	for (; *text; text++) {
		int digit = hex_digit(*text);

		if (digit < 0)
			return -EINVAL;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return value == 0 ? -EINVAL : 0;
}

void incarnation_text(uint64_t incarnation, char out[INCARNATION_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = INCARNATION_BYTES - 2; i >= 0; i--, incarnation >>= 4)
		out[i] = digits[incarnation & 15];
	out[INCARNATION_BYTES - 1] = 0;
}
