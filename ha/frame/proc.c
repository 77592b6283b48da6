/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * proc.c - the edge to /proc. Main thread; keeps nothing. Everything read is bounded: a process has
 * as many threads as it likes, but no more than THREADS_MAX are looked at.
 */
#include "ha/frame/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ha/frame/procstat.h"

#define THREADS_MAX 1024
#define TEXT_MAX 2048

static ssize_t read_text(int dirfd, const char *path, char *text, size_t size)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;
	int err;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, text + len, size - (size_t)len);
		err = errno;
		if (n > 0)
			len += n;
	} while (n > 0 && (size_t)len < size);
	close(fd);
	return n < 0 ? -err : len;
}

static int read_stat(int dirfd, const char *path, struct procstat *out)
{
	char text[TEXT_MAX];
	ssize_t len = read_text(dirfd, path, text, sizeof(text));

	if (len < 0)
		return (int)len;
	return procstat_parse(text, (size_t)len, out);
}

static int thread_in_d(int dirfd, const char *tid)
{
	char path[64];
	struct procstat stat;
	int r;

	snprintf(path, sizeof(path), "%.20s/stat", tid);
	r = read_stat(dirfd, path, &stat);
	if (r == -ENOENT || r == -ESRCH)
		return 0; /* that thread has ended */
	return r < 0 ? r : stat.state == 'D';
}

/* Where sessions are scheduled as groups (sched(7), autogroup) the rest would count within its
 * session only, so that one gives way, too, if it is the process's own. */
static void session_gives_way(pid_t pid)
{
	char path[64];
	int fd;

	if (getsid(pid) != pid)
		return;
	snprintf(path, sizeof(path), "/proc/%d/autogroup", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

/* Its threads' directory, or NULL. */
static DIR *open_tasks(pid_t pid, int pidfd)
{
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	/* Still to be waited for: so the number was its own when the directory was opened. */
	if (dir && pidfd_send_signal(pidfd, 0, NULL, 0) < 0) {
		closedir(dir);
		dir = NULL;
	}
	return dir;
}

void proc_give_way(pid_t pid, int pidfd)
{
	const struct sched_param none = {0};
	struct dirent *e;
	DIR *dir = open_tasks(pid, pidfd);

	if (!dir)
		return;
	session_gives_way(pid);
	for (int n = 0; n < THREADS_MAX && (e = readdir(dir)) != NULL; n++)
		if (e->d_name[0] != '.') {
			sched_setscheduler(atoi(e->d_name), SCHED_OTHER, &none);
			setpriority(PRIO_PROCESS, (id_t)atoi(e->d_name), 0);
		}
	closedir(dir);
}

bool proc_hurry_dying(pid_t pid, int pidfd)
{
	const struct sched_param first = {.sched_priority = 1};
	char path[64];
	struct procstat stat;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_stat(AT_FDCWD, path, &stat) < 0 || !stat.dying)
		return false;
	dir = open_tasks(pid, pidfd);
	if (!dir)
		return false;
	for (int n = 0; n < THREADS_MAX && (e = readdir(dir)) != NULL; n++)
		if (e->d_name[0] != '.')
			sched_setscheduler(atoi(e->d_name), SCHED_RR, &first);
	closedir(dir);
	return true;
}

int proc_any_in_d(pid_t pid)
{
	char path[64];
	struct dirent *e;
	DIR *dir;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	for (int n = 0; r == 0 && n < THREADS_MAX && (e = readdir(dir)) != NULL;)
		if (e->d_name[0] != '.') {
			r = thread_in_d(dirfd(dir), e->d_name);
			n++;
		}
	closedir(dir);
	return r;
}

int proc_start_time(pid_t pid, uint64_t *out)
{
	char path[64];
	struct procstat stat;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = read_stat(AT_FDCWD, path, &stat);
	if (r == 0)
		*out = stat.start_time;
	return r;
}

pid_t proc_pidfd_pid(int pidfd)
{
	char path[64], text[TEXT_MAX];
	ssize_t len;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	len = read_text(AT_FDCWD, path, text, sizeof(text));
	if (len < 0)
		return -EBADF;
	pid = procstat_fdinfo_pid(text, (size_t)len);
	if (pid == -EBADMSG)
		return -EBADF;
	if (pid == 0)
		return -EREMOTE;
	return pid < 0 ? -ESRCH : pid;
}

bool proc_is_eventfd(int fd)
{
	static const char name[] = "anon_inode:[eventfd]";
	char path[64], text[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, text, sizeof(text));
	return len == sizeof(name) - 1 && memcmp(text, name, (size_t)len) == 0;
}

int proc_boot_id(char out[37])
{
	ssize_t len = read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", out, 36);

	if (len != 36)
		return len < 0 ? (int)len : -EBADMSG;
	out[36] = 0;
	return 0;
}
