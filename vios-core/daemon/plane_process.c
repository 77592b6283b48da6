// SPDX-License-Identifier: BSD-3-Clause
/*
 * plane_process.c - the data plane's process: started, adopted, watched, forgotten. viosd's one
 * thread.
 *
 * The plane owns the pidfd (from clone3, or from the hello of an adopted one) and the descriptors
 * of its hello. A process is "known" while its pidfd is held.
 */
#include "vios-core/base/log.h"
#include "vios-core/daemon/last_words.h"
#include "vios-core/daemon/plane_priv.h"
#include "vios-core/daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 16

static void drop_hello(struct plane *plane)
{
	for (size_t i = 0; i < plane->n_fds; i++)
		close(plane->fds[i]);
	plane->n_fds = 0;
	memset(&plane->greeting, 0, sizeof(plane->greeting));
}

void plane_process_forget(struct plane *plane)
{
	plane->watch = sd_event_source_disable_unref(plane->watch);
	if (plane->pidfd >= 0)
		close(plane->pidfd);
	plane->pidfd = -1;
	plane->child = false;
	plane->declared_dead = false;
	plane->suspicion[0] = '\0';
	plane->log_start = -1;
	drop_hello(plane);
}

/* The last line that it has logged; "" if that cannot be told. */
static void read_last_words(const struct plane *plane, char words[LAST_WORDS_BYTES])
{
	char text[1024];
	struct stat st;
	ssize_t n = 0;
	int fd = open(plane->log_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && fstat(fd, &st) == 0 && plane->log_start >= 0) {
		off_t from = st.st_size - (off_t)sizeof(text);
		n = pread(fd, text, sizeof(text),
			from > plane->log_start ? from : (off_t)plane->log_start);
	}
	if (fd >= 0)
		close(fd);
	last_words(text, n > 0 ? (size_t)n : 0, words);
}

static void tell_end(struct plane *plane)
{
	int status = spawn_reap(plane->pidfd);
	long long pid = plane->greeting.pid;
	const enum errlog_kind died = plane->config.kind->died;
	char words[LAST_WORDS_BYTES];

	if (plane->sup.state == SUP_STOPPING || plane->sup.state == SUP_TERMINATING) {
		log_info(plane->config.kind->ended_event, "plane=%s pid=%lld", plane->name, pid);
		return;
	}
	plane->deaths++;
	if (status < 0) {
		plane_note(plane, died, "pid=%lld adopted=yes", pid);
		plane_because(plane, "process %lld died", pid);
	} else if (WIFSIGNALED(status)) {
		plane_note(plane, died, "pid=%lld signal=%d", pid, WTERMSIG(status));
		plane_because(plane, "process %lld died of signal %d", pid, WTERMSIG(status));
	} else {
		read_last_words(plane, words);
		plane_note(plane, died, "pid=%lld exit=%d see=%s said=\"%s\"", pid,
			WEXITSTATUS(status), plane->log_name, words);
		plane_because(plane, "process %lld ended with %d: %s%s", pid, WEXITSTATUS(status),
			words[0] ? words : "see ", words[0] ? "" : plane->log_name);
	}
}

static int on_process_end(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct plane *plane = user;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	tell_end(plane);
	plane_step(plane, SUP_EV_DEAD);
	return 0;
}

/* Takes pidfd, also on failure. */
static int know_process(struct plane *plane, int pidfd)
{
	int r = sd_event_add_io(plane->ev, &plane->watch, pidfd, EPOLLIN, on_process_end, plane);

	if (r < 0) {
		close(pidfd);
		return r;
	}
	plane->pidfd = pidfd;
	return 0;
}

static void write_argv(const struct plane_config *config, char *argv[ARGS_MAX])
{
	const char *pairs[][2] = {{"--vios", config->vios}, {"--run", config->run},
		{"--log-level", config->log_level}, {"--frame", config->frame},
		{"--client", config->client}, {"--adapter", config->adapter}};
	size_t n = 0;

	argv[n++] = (char *)config->kind->program;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!pairs[i][1])
			continue;
		argv[n++] = (char *)pairs[i][0];
		argv[n++] = (char *)pairs[i][1];
	}
	argv[n] = NULL;
}

void plane_process_spawn(struct plane *plane)
{
	const struct plane_config *config = &plane->config;
	struct stat st;
	char *argv[ARGS_MAX];
	int pidfd = -1, r;
	pid_t pid = 0;

	write_argv(config, argv);

	plane->log_start = stat(plane->log_path, &st) == 0 ? (long long)st.st_size : 0;
	r = spawn_detached(config->program, argv, plane->log_path, &pidfd, &pid);
	if (r == 0)
		r = know_process(plane, pidfd);
	if (r < 0) {
		plane_note(plane, config->kind->not_started, "program=%s log=%s error=\"%s\"",
			config->program, plane->log_path, strerror(-r));
		plane_because(plane, "%s cannot be started: %s", config->program, strerror(-r));
		plane_step(plane, SUP_EV_SPAWN_FAILED);
		return;
	}
	plane->child = true;
	plane->greeting.pid = pid;
	log_info(config->kind->started_event, "plane=%s pid=%d", plane->name, (int)pid);
}

static void take_fds(struct plane *plane, struct rpc_fds *fds)
{
	for (size_t i = 0; i < fds->n; i++) {
		plane->fds[i] = fds->fd[i];
		fds->fd[i] = -1;
	}
	plane->n_fds = fds->n;
}

/* The process that answered may not be the one we started: another start may have won the lock. The
 * pidfd from clone3 is the better one, if it is of the same process. */
int plane_process_adopt(struct plane *plane, const struct greeting *greeting, struct rpc_fds *fds)
{
	bool same = plane->pidfd >= 0 && plane->greeting.pid == greeting->pid;
	bool again = same && strcmp(plane->greeting.incarnation, greeting->incarnation) == 0;

	if (!same) {
		plane_process_forget(plane);
		int pidfd = fcntl(fds->fd[0], F_DUPFD_CLOEXEC, 3);
		if (pidfd < 0 || know_process(plane, pidfd) < 0)
			return -EMFILE;
	}
	drop_hello(plane);
	take_fds(plane, fds);
	plane->greeting = *greeting;
	if (plane->child && dup3(plane->pidfd, plane->fds[0], O_CLOEXEC) < 0)
		return -errno;
	if (!again)
		log_info(plane->config.kind->greeted_event,
			"plane=%s pid=%lld incarnation=%s workers=%u adopted=%s", plane->name,
			(long long)greeting->pid, greeting->incarnation, greeting->workers,
			plane->child ? "no" : "yes");
	return 0;
}

void plane_process_terminate(struct plane *plane)
{
	if (plane->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, plane->pidfd, SIGTERM, NULL, 0u);
}
