// SPDX-License-Identifier: BSD-3-Clause
/*
 * greeting.c - checks what a data plane says of itself. Pure. Whoever listens on the socket may
 * answer, so every member is checked before viosd relies on it.
 */
#include "vios-core/daemon/greeting.h"

#include <stdio.h>
#include <string.h>

bool greeting_incarnation_valid(const char *text)
{
	uint64_t value;

	return incarnation_parse(text, &value) == 0;
}

static bool is_string(const json_t *object, const char *key, const char *wanted)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && strcmp(value, wanted) == 0;
}

/* "workers" is a number, or a list with one entry a worker. */
static bool read_workers(const json_t *value, unsigned *workers)
{
	json_int_t n = json_is_array(value) ? (json_int_t)json_array_size(value)
					    : json_integer_value(value);

	if (n < 1 || n > (json_int_t)GREETING_WORKERS_MAX)
		return false;
	*workers = (unsigned)n;
	return true;
}

const char *greeting_parse(
	const json_t *result, const struct greeting_whom *whom, size_t n_fds, struct greeting *out)
{
	const char *incarnation = json_string_value(json_object_get(result, "incarnation"));
	const char *version = json_string_value(json_object_get(result, "version"));

	memset(out, 0, sizeof(*out));
	if (!is_string(result, "vios", whom->vios))
		return "it serves another VIOS";
	if (!is_string(result, "plane", whom->plane))
		return "it is a data plane of another kind";
	if (whom->adapter && !is_string(result, "adapter", whom->adapter))
		return "it serves another adapter";
	out->pid = json_integer_value(json_object_get(result, "pid"));
	if (out->pid < 1 || out->pid > INT32_MAX)
		return "its pid is not one";
	if (!greeting_incarnation_valid(incarnation))
		return "its incarnation is not 16 hex digits";
	memcpy(out->incarnation, incarnation, INCARNATION_BYTES);
	if (!read_workers(json_object_get(result, "workers"), &out->workers))
		return "its number of workers is not 1 to 16";
	if (n_fds != 2 + (size_t)out->workers)
		return "its descriptors are not a pidfd, a page and one ping a worker";
	snprintf(out->version, sizeof(out->version), "%s", version ? version : "");
	out->configured = json_is_true(json_object_get(result, "configured"));
	return NULL;
}
