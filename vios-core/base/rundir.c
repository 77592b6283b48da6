/* SPDX-License-Identifier: BSD-3-Clause */
/* rundir.c - directories and locks, with the words for an operator. Runs before there are threads.
 */
#include "vios-core/base/rundir.h"

#include "vios-core/base/lockfile.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int rundir_make(const char *path)
{
	int err;

	if (mkdir(path, 0750) == 0 || errno == EEXIST)
		return 0;
	err = -errno;
	log_refuse("%s: cannot make it: %s; make it, or give --run a directory that this user may "
		   "write",
		path, strerror(-err));
	return err;
}

int rundir_lock(const char *path, const char *who)
{
	int fd = lockfile_take(path);

	if (fd == -EBUSY)
		log_refuse("%s already runs (%s is locked); stop that one first", who, path);
	else if (fd < 0)
		log_refuse("%s: cannot lock it: %s; check the directory's owner and mode", path,
			strerror(-fd));
	return fd;
}

int rundir_refuse(const struct runpath *path, int err)
{
	log_refuse("%s...: a path longer than %d bytes; choose a shorter --run", path->text,
		RUNPATH_SOCKET_MAX);
	return err;
}

int rundir_client_lock(const char *run, const char *client, const char *file, const char *who)
{
	char path[RUNPATH_SOCKET_MAX + 32];
	struct runpath dir;
	int err = runpath_client_dir(&dir, run, client);

	if (err)
		return rundir_refuse(&dir, err);
	snprintf(path, sizeof(path), "%s/clients", run);
	err = rundir_make(path);
	if (!err)
		err = rundir_make(dir.text);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%s", dir.text, file);
	return rundir_lock(path, who);
}
