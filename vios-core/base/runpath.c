/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * runpath.c - composes the names of the run directory. Pure: no file is touched, any thread may
 * call it, the caller owns the result. A path that does not fit a socket address is refused, never
 * cut silently.
 */
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static int compose(struct runpath *out, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out->text, sizeof(out->text), fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= sizeof(out->text) ? -ENAMETOOLONG : 0;
}

int runpath_frame_json(struct runpath *out, const char *run)
{
	return compose(out, "%s/frame.json", run);
}

int runpath_framed(struct runpath *out, const char *run)
{
	return compose(out, "%s/frame/framed.sock", run);
}

int runpath_vios_dir(struct runpath *out, const char *run, const char *vios)
{
	return compose(out, "%s/%s", run, vios);
}

int runpath_vios_file(struct runpath *out, const char *run, const char *vios, const char *file)
{
	return compose(out, "%s/%s/%s", run, vios, file);
}

int runpath_viosd(struct runpath *out, const char *run, const char *vios)
{
	return compose(out, "%s/%s/viosd.sock", run, vios);
}

int runpath_netd(struct runpath *out, const char *run, const char *vios)
{
	return compose(out, "%s/%s/netd.sock", run, vios);
}

int runpath_scsid(struct runpath *out, const char *run, const char *vios, const char *client,
	const char *adapter)
{
	return compose(out, "%s/%s/%s.%s.ctl", run, vios, client, adapter);
}

int runpath_plane(struct runpath *out, const char *run, const char *vios, const char *plane)
{
	static const char scsid[] = "scsid:";
	const char *client = plane + sizeof(scsid) - 1, *slash;

	if (strcmp(plane, "netd") == 0)
		return runpath_netd(out, run, vios);
	if (strncmp(plane, scsid, sizeof(scsid) - 1) != 0)
		return -EINVAL;
	slash = strchr(client, '/');
	/* Another slash or a leading dot would lead out of the directory. */
	if (!slash || slash == client || !slash[1] || slash[1 + strcspn(slash + 1, "/.")] ||
		strcspn(client, ".") < (size_t)(slash - client))
		return -EINVAL;
	return compose(
		out, "%s/%s/%.*s.%s.ctl", run, vios, (int)(slash - client), client, slash + 1);
}

int runpath_backend(struct runpath *out, const char *run, const char *vios, const char *client,
	const char *adapter)
{
	return compose(out, "%s/%s/%s.%s.sock", run, vios, client, adapter);
}

int runpath_client_dir(struct runpath *out, const char *run, const char *client)
{
	return compose(out, "%s/clients/%s", run, client);
}

int runpath_frontend(struct runpath *out, const char *run, const char *client, const char *adapter)
{
	return compose(out, "%s/clients/%s/%s.sock", run, client, adapter);
}

int runpath_mux(struct runpath *out, const char *run, const char *client)
{
	return compose(out, "%s/clients/%s/mux.sock", run, client);
}

int runpath_client_file(struct runpath *out, const char *run, const char *client, const char *file)
{
	return compose(out, "%s/clients/%s/%s", run, client, file);
}
