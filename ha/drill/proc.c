/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds and signals processes of the frame.
 *
 * Main thread only. A node's processes are those in the pid namespace of its init. Others may run
 * frames of their own on the machine, so nothing is ever found by its name alone.
 */
#include "ha/drill/proc.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_TRIES 200
#define CONNECT_PAUSE_MS 10

static int hold(pid_t pid, struct proc *out)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return -errno;
	*out = (struct proc){pid, fd};
	return 0;
}

/* A listener that waits for the CPU may have its queue full. */
static int connect_soon(int fd, const struct sockaddr_un *address)
{
	for (int tries = 0; tries < CONNECT_TRIES; tries++) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
		poll(NULL, 0, CONNECT_PAUSE_MS);
	}
	return -1;
}

int proc_of_socket(const char *path, struct proc *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	int fd, rc = 0;

	*out = PROC_NONE;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect_soon(fd, &address) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		rc = -errno;
	else
		rc = peer.pid > 0 ? hold(peer.pid, out) : -ESRCH;
	close(fd);
	return rc;
}

int proc_of_file(const char *file, struct proc *out)
{
	FILE *f = fopen(file, "re");
	int pid = 0;

	*out = PROC_NONE;
	if (!f)
		return -errno;
	if (fscanf(f, "%d", &pid) != 1 || pid <= 1)
		pid = 0;
	fclose(f);
	return pid ? hold(pid, out) : -EINVAL;
}

static bool pid_namespace(pid_t pid, struct stat *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, out) == 0;
}

static bool in_namespace(pid_t pid, const struct stat *ns)
{
	struct stat st;

	return pid_namespace(pid, &st) && st.st_ino == ns->st_ino && st.st_dev == ns->st_dev;
}

/* Calls visit for each process in init's namespace until it returns something else than 0. */
static int each_in_node(const struct proc *init, int (*visit)(pid_t pid, void *user), void *user)
{
	struct stat own, ns;
	struct dirent *entry;
	DIR *dir;
	int rc = 0;

	if (init->pid <= 1 || !pid_namespace(init->pid, &ns) || !pid_namespace(getpid(), &own))
		return -ESRCH;
	/* A node without a pid namespace of its own would make the whole machine its node. */
	if (ns.st_ino == own.st_ino && ns.st_dev == own.st_dev)
		return -EPERM;
	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while (rc == 0 && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && in_namespace(pid, &ns))
			rc = visit(pid, user);
	}
	closedir(dir);
	return rc;
}

struct collect {
	struct proc *out;
	size_t n, max;
};

static int collect_one(pid_t pid, void *user)
{
	struct collect *c = user;

	if (c->n == c->max)
		return -E2BIG;
	if (hold(pid, &c->out[c->n]) == 0)
		c->n++;
	return 0;
}

int proc_node(const struct proc *init, struct proc *out, size_t max)
{
	struct collect c = {.out = out, .max = max};
	int rc = each_in_node(init, collect_one, &c);

	if (rc == 0)
		return (int)c.n;
	for (size_t i = 0; i < c.n; i++)
		proc_close(&out[i]);
	return rc;
}

struct search {
	const char *comm;
	struct proc *out;
};

static int search_one(pid_t pid, void *user)
{
	const struct search *s = user;
	char path[64], comm[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	fclose(f);
	comm[strcspn(comm, "\n")] = '\0';
	if (strcmp(comm, s->comm) != 0)
		return 0;
	return hold(pid, s->out) == 0 ? 1 : 0;
}

int proc_in_node(const struct proc *init, const char *comm, struct proc *out)
{
	struct search s = {comm, out};
	int rc;

	*out = PROC_NONE;
	rc = each_in_node(init, search_one, &s);
	if (rc == 1)
		return 0;
	return rc < 0 ? rc : -ENOENT;
}

bool proc_runs(const struct proc *proc, const char *name)
{
	char path[64], exe[PATH_MAX];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)proc->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	last = strrchr(exe, '/');
	return strcmp(last ? last + 1 : exe, name) == 0;
}

int proc_signal(const struct proc *proc, int signo)
{
	if (proc->fd < 0)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, proc->fd, signo, NULL, 0) < 0 ? -errno : 0;
}

bool proc_gone(const struct proc *proc, int timeout_ms)
{
	struct pollfd p = {.fd = proc->fd, .events = POLLIN};

	return proc->fd < 0 || poll(&p, 1, timeout_ms) == 1;
}

void proc_close(struct proc *proc)
{
	if (proc->fd >= 0)
		close(proc->fd);
	*proc = PROC_NONE;
}
