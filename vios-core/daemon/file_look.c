// SPDX-License-Identifier: BSD-3-Clause
/*
 * file_look.c - a process for each file that is looked at: a file server that is gone would stop
 * viosd's one thread, and reading a whole image would keep it for minutes. The child has nothing
 * of ours but the pipe and leaves one line in it; the parent reads that when the child has ended.
 * Runs on viosd's one thread; a look belongs to its event sources.
 */
#include "vios-core/daemon/file_look.h"

#include "vios-core/discovery/file_id.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sha256.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_US (20u * 1000000u)
#define DIGEST_US (600u * 1000000u)
#define PIECE_BYTES (1u << 20)

struct look {
	file_look_fn *fn;
	void *user;
	int out;   /* the reading end */
	int pidfd; /* -1: none */
	bool ended;
	bool counted; /* among FILE_LOOKS_MAX */
	sd_event_source *timer;
};

struct file {
	const char *path;
	bool digest;
};

static unsigned running;

static json_t *fault(int error)
{
	const char *why = error == EINVAL ? "it is no file" : strerror(error);

	return json_pack("{s:s}", "fault", why);
}

static int digest_of(int fd, char hex[2 * SHA256_DIGEST_LENGTH + 1])
{
	static uint8_t piece[PIECE_BYTES];
	uint8_t raw[SHA256_DIGEST_LENGTH];
	SHA256_CTX ctx;
	ssize_t n;

	SHA256Init(&ctx);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			SHA256Update(&ctx, piece, (size_t)n);
	}
	SHA256Final(raw, &ctx);
	for (size_t i = 0; i < sizeof(raw); i++) {
		hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
	}
	hex[2 * sizeof(raw)] = '\0';
	return 0;
}

static json_t *look_at(const void *what)
{
	const char *path = ((const struct file *)what)->path;
	const bool digest = ((const struct file *)what)->digest;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char id[FILE_ID_BYTES], hex[2 * SHA256_DIGEST_LENGTH + 1];
	uint64_t size_bytes;
	struct stat st;
	int fd, r = root < 0 ? -errno : file_id(root, path, id, &size_bytes);

	if (r < 0)
		return fault(-r);
	/* It may have become another kind of file meanwhile: never one that opening waits for. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fault(errno);
	if (!S_ISREG(st.st_mode))
		return fault(EINVAL);
	r = digest ? digest_of(fd, hex) : 0;
	if (r < 0)
		return fault(-r);
	return json_pack("{s:I, s:s, s:s*}", "size_bytes", (json_int_t)size_bytes, "identity", id,
		"sha256", digest ? hex : NULL);
}

/* Only a bystander: it gives way to everything, keeps no lock and no socket of ours, and goes with
 * us. */
static void __attribute__((noreturn))
run_child(int out, file_look_work *work, const void *what, pid_t parent)
{
	const struct sched_param none = {.sched_priority = 0};
	sigset_t mask;
	ssize_t written = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(out, STDIN_FILENO) < 0 ||
		syscall(SYS_close_range, (unsigned)STDERR_FILENO + 1, ~0u, 0u) < 0)
		_exit(1);
	sched_setscheduler(0, SCHED_IDLE, &none);
	setpriority(PRIO_PROCESS, 0, 19);
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	char *line = json_dumps(work(what), JSON_COMPACT);
	if (line && strlen(line) < FILE_LOOK_BYTES)
		written = write(STDIN_FILENO, line, strlen(line));
	_exit(written < 0);
}

static void free_look(void *user)
{
	struct look *look = user;

	sd_event_source_unref(look->timer); /* NULL, or the loop ends, and it with it */
	if (look->pidfd >= 0 && !look->ended)
		syscall(SYS_pidfd_send_signal, look->pidfd, SIGKILL, NULL, 0u);
	if (look->pidfd >= 0)
		close(look->pidfd);
	close(look->out);
	running -= look->counted;
	free(look);
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *user)
{
	static char line[FILE_LOOK_BYTES]; /* of the one thread */
	struct look *look = user;
	ssize_t n = read(look->out, line, sizeof(line));
	json_t *answer = n > 0 ? json_loadb(line, (size_t)n, 0, NULL) : NULL;
	siginfo_t info;

	(void)events;
	waitid(P_PIDFD, (id_t)fd, &info, WEXITED);
	look->ended = true;
	look->fn(answer, look->user);
	json_decref(answer);
	sd_event_source_set_floating(look->timer, false);
	look->timer = sd_event_source_disable_unref(look->timer);
	sd_event_source_set_floating(source, false); /* the last thing: look goes with it */
	return 0;
}

/* on_end() follows, unless its disk holds the child. */
static int on_late(sd_event_source *timer, uint64_t now_us, void *user)
{
	const struct look *look = user;

	(void)timer;
	(void)now_us;
	syscall(SYS_pidfd_send_signal, look->pidfd, SIGKILL, NULL, 0u);
	return 0;
}

/* From here on look is the source's. */
static int watch(sd_event *ev, struct look *look, uint64_t limit_us)
{
	sd_event_source *source;
	int r = sd_event_add_io(ev, &source, look->pidfd, EPOLLIN, on_end, look);

	if (r < 0) {
		free_look(look);
		return r;
	}
	sd_event_source_set_destroy_callback(source, free_look);
	r = sd_event_add_time_relative(
		ev, &look->timer, CLOCK_MONOTONIC, limit_us, 0, on_late, look);
	if (r >= 0)
		r = sd_event_source_set_floating(look->timer, true);
	if (r >= 0)
		r = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source);
	return r < 0 ? r : 0;
}

static int start(
	sd_event *ev, struct look *look, file_look_work *work, const void *what, uint64_t limit_us)
{
	pid_t self = getpid(), pid;
	int pipe_fd[2];

	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK) < 0) {
		free(look);
		return -ENOMEM;
	}
	look->out = pipe_fd[0];
	running += look->counted;
	pid = fork();
	if (pid == 0)
		run_child(pipe_fd[1], work, what, self);
	close(pipe_fd[1]);
	if (pid > 0)
		look->pidfd = (int)syscall(SYS_pidfd_open, pid, 0u);
	if (look->pidfd < 0) {
		if (pid > 0)
			kill(pid, SIGKILL);
		free_look(look);
		return -EAGAIN;
	}
	return watch(ev, look, limit_us);
}

static struct look *new_look(file_look_fn *fn, void *user, bool counted)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look)
		*look = (struct look){.fn = fn, .user = user, .pidfd = -1, .counted = counted};
	return look;
}

int file_look_start(sd_event *ev, const char *path, bool digest, file_look_fn *fn, void *user)
{
	const struct file file = {path, digest};
	struct look *look = running < FILE_LOOKS_MAX ? new_look(fn, user, true) : NULL;

	if (!look)
		return running < FILE_LOOKS_MAX ? -ENOMEM : -EBUSY;
	return start(ev, look, look_at, &file, digest ? DIGEST_US : LOOK_US);
}

int file_look_run(sd_event *ev, file_look_work *work, const void *what, uint64_t limit_us,
	file_look_fn *fn, void *user)
{
	struct look *look = new_look(fn, user, false);

	return look ? start(ev, look, work, what, limit_us) : -ENOMEM;
}
