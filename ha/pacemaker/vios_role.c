/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_role.c - RUN/VIOS/pacemaker.role: the role that Pacemaker last set, kept over calls of the
 * agent and durable before an action is said to be done. One thread; Pacemaker runs one action of
 * a resource at a time.
 */
#include "ha/pacemaker/vios_agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vios-core/base/file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#define ROLE_FILE "pacemaker.role"

void vios_role_load(const struct talk_site *site, struct role *out)
{
	char text[ROLE_TEXT_MAX];
	struct runpath dir;
	ssize_t len = -ENOENT;

	*out = (struct role){0};
	if (runpath_vios_dir(&dir, site->run, site->self) == 0)
		len = file_read(dir.text, ROLE_FILE, text, sizeof(text));
	if (len == -ENOENT)
		return;
	if (len < 0 || role_parse(text, (size_t)len, out) < 0) {
		*out = (struct role){.is = ROLE_UNPROMOTED};
		log_warn("role-unreadable", "file=%s/" ROLE_FILE " taken_as=unpromoted", dir.text);
	}
}

int vios_role_store(const struct talk_site *site, const struct role *role)
{
	char text[ROLE_TEXT_MAX];
	struct runpath dir;
	int r = runpath_vios_dir(&dir, site->run, site->self);

	if (r == 0)
		r = file_replace(dir.text, ROLE_FILE, text, role_format(role, text), true);
	if (r < 0)
		agent_reason(
			"the role cannot be kept in %s/" ROLE_FILE " (%s)", dir.text, strerror(-r));
	return r;
}

int vios_role_drop(const struct talk_site *site)
{
	struct runpath path;
	int r = runpath_vios_file(&path, site->run, site->self, ROLE_FILE);

	if (r == 0 && unlink(path.text) < 0 && errno != ENOENT)
		r = -errno;
	if (r < 0)
		agent_reason("%s cannot be removed (%s)", path.text, strerror(-r));
	return r;
}
