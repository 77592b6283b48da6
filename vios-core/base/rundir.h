/* SPDX-License-Identifier: BSD-3-Clause */
/* rundir.h - what a program does to the run directory before anything else. */
#ifndef VIOS_BASE_RUNDIR_H
#define VIOS_BASE_RUNDIR_H

/* Makes a directory (0750) unless it is there. 0, or -errno with one line written. */
int rundir_make(const char *path);
/* The one instance of `who` takes path (lockfile.h). A descriptor to keep, or -errno with one line
 * written. */
int rundir_lock(const char *path, const char *who);

struct runpath;

/* err, of a runpath_ function: writes the line for a path that is too long. Returns err. */
int rundir_refuse(const struct runpath *path, int err);
/* Makes RUN/clients/CLIENT and takes the lock FILE in it. As rundir_lock(). */
int rundir_client_lock(const char *run, const char *client, const char *file, const char *who);

#endif
