// SPDX-License-Identifier: BSD-3-Clause
/*
 * uevent.c - reads a kernel uevent. Pure. Only what decides whether to look again is kept; the
 * devices themselves are read from sysfs, which is never older than the event.
 */
#include "vios-core/discovery/uevent.h"

#include "vios-core/discovery/plain.h"

#include <errno.h>
#include <string.h>

static const char *const actions[UEVENT_N_ACTIONS] = {
	[UEVENT_ADD] = "add",
	[UEVENT_REMOVE] = "remove",
	[UEVENT_CHANGE] = "change",
	[UEVENT_MOVE] = "move",
	[UEVENT_ONLINE] = "online",
	[UEVENT_OFFLINE] = "offline",
	[UEVENT_BIND] = "bind",
	[UEVENT_UNBIND] = "unbind",
};

const char *uevent_action_name(enum uevent_action action)
{
	return actions[action];
}

/* text is ended by a NUL; n: up to the @ */
static int find_action(const char *text, size_t n, enum uevent_action *out)
{
	for (unsigned i = 0; i < UEVENT_N_ACTIONS; i++)
		if (strlen(actions[i]) == n && memcmp(actions[i], text, n) == 0) {
			*out = (enum uevent_action)i;
			return 0;
		}
	return -EINVAL;
}

static int read_head(const char *head, struct uevent *out)
{
	const char *at = strchr(head, '@');
	char name[sizeof(out->name)];

	if (!at || at[1] != '/' || find_action(head, (size_t)(at - head), &out->action) < 0 ||
		!plain_component(at + 1, 0, name, sizeof(name)))
		return -EINVAL;
	plain_copy(name, strlen(name), out->name, sizeof(out->name));
	return 0;
}

static int read_pair(const char *pair, struct uevent *out)
{
	static const char key[] = "SUBSYSTEM=";
	const char *value = pair + sizeof(key) - 1;

	if (!strchr(pair, '='))
		return -EINVAL;
	if (strncmp(pair, key, sizeof(key) - 1) != 0)
		return 0;
	if (out->subsystem[0] || strlen(value) >= sizeof(out->subsystem))
		return -EINVAL;
	return plain_copy(value, strlen(value), out->subsystem, sizeof(out->subsystem)) > 0
		       ? 0
		       : -EINVAL;
}

int uevent_parse(const char *message, size_t n, struct uevent *out)
{
	*out = (struct uevent){0};
	if (n == 0 || n > UEVENT_BYTES_MAX || message[n - 1] != '\0' || read_head(message, out) < 0)
		return -EINVAL;
	for (size_t at = strlen(message) + 1; at < n; at += strlen(message + at) + 1)
		if (read_pair(message + at, out) < 0)
			return -EINVAL;
	return out->subsystem[0] ? 0 : -EINVAL;
}

bool uevent_matters(const struct uevent *event)
{
	if (strcmp(event->subsystem, "block") == 0)
		return true;
	/* vfio, uio: the node appears through which a data plane opens the function */
	return event->action != UEVENT_CHANGE &&
	       (strcmp(event->subsystem, "pci") == 0 || strcmp(event->subsystem, "vfio") == 0 ||
		       strcmp(event->subsystem, "uio") == 0);
}
