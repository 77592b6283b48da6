/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervise.c - lab-supervise DIR: the lab's init. Starts the programs named in DIR/children and
 * starts them again when they end; stands in for systemd, once in the frame and as process 1 of
 * each VIOS node.
 *
 * DIR/children/NAME says what is wanted: its first line is the log file, each further line one
 * argument. A file must be renamed into place; taking it away stops the child (SIGTERM, after 2 s
 * SIGKILL). DIR/pids/NAME holds the pid, in the supervisor's own pid namespace, while the child
 * runs. On SIGTERM everything that descends from the supervisor ends, processes that went their own
 * way with setsid(2) included, and then itself.
 *
 * One thread. The children's state is only changed by the loop in main().
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 512
#define NAME_BYTES 64
#define ARGS_MAX 64
#define FILE_MAX 8192
#define NEVER UINT64_MAX
#define STOP_GRACE_MS 2000
#define SHUT_DOWN_GRACE_MS 1000
#define HEALTHY_MS 1000 /* a child that lived so long starts again at once */
#define RESTART_FIRST_MS 50
#define RESTART_LAST_MS 2000

struct child {
	char name[NAME_BYTES];
	bool wanted;
	pid_t pid; /* 0: not running */
	uint64_t started_ms;
	uint64_t start_at_ms; /* NEVER: running */
	uint64_t kill_at_ms;  /* NEVER: not being stopped */
	unsigned delay_ms;
};

static struct child children[CHILDREN_MAX];
static size_t n_children;
static int dir_fd;

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void note_pid(const struct child *c)
{
	char path[96], part[96], text[16];
	int fd, len;

	snprintf(path, sizeof(path), "pids/%.*s", NAME_BYTES - 1, c->name);
	if (!c->pid) {
		unlinkat(dir_fd, path, 0);
		return;
	}
	/* Renamed into place: nobody reads half of it. */
	snprintf(part, sizeof(part), "pids/.%.*s", NAME_BYTES - 1, c->name);
	fd = openat(dir_fd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	len = snprintf(text, sizeof(text), "%d\n", c->pid);
	if (write(fd, text, (size_t)len) != len || renameat(dir_fd, part, dir_fd, path) < 0)
		fprintf(stderr, "lab-supervise: %s: cannot note the pid\n", c->name);
	close(fd);
}

/* Reads children/NAME into text and cuts it into lines. The number of lines, or -errno. */
static int read_lines(const char *name, char text[static FILE_MAX], char *lines[static ARGS_MAX])
{
	char path[96], *save = NULL, *line;
	ssize_t len;
	int fd, n = 0;

	snprintf(path, sizeof(path), "children/%.*s", NAME_BYTES - 1, name);
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, FILE_MAX - 1);
	close(fd);
	if (len < 0)
		return -EIO;
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line && n < ARGS_MAX - 1;
		line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	lines[n] = NULL;
	return n;
}

__attribute__((noreturn)) static void child_exec(char *lines[])
{
	struct rlimit no_core = {0, 0};
	sigset_t none;
	int log, in;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	setrlimit(RLIMIT_CORE, &no_core);
	in = open("/dev/null", O_RDONLY);
	log = open(lines[0], O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (in < 0 || log < 0) {
		fprintf(stderr, "lab-supervise: %s: %m\n", lines[0]);
		_exit(127);
	}
	dup2(in, 0);
	dup2(log, 1);
	dup2(log, 2);
	execvp(lines[1], lines + 1);
	fprintf(stderr, "lab-supervise: %s: %m\n", lines[1]);
	_exit(127);
}

static void child_start(struct child *c, uint64_t now_ms)
{
	char text[FILE_MAX], *lines[ARGS_MAX];
	int n = read_lines(c->name, text, lines);

	c->start_at_ms = NEVER;
	if (n < 2)
		return; /* taken away meanwhile: the event for it follows */
	c->pid = fork();
	if (c->pid == 0)
		child_exec(lines);
	if (c->pid < 0) {
		c->pid = 0;
		c->start_at_ms = now_ms + RESTART_LAST_MS;
		return;
	}
	c->started_ms = now_ms;
	note_pid(c);
}

static void child_ended(pid_t pid, int status, uint64_t now_ms)
{
	for (size_t i = 0; i < n_children; i++) {
		struct child *c = &children[i];

		if (c->pid != pid)
			continue;
		fprintf(stderr, "lab-supervise: %s pid %d ended by %s %d\n", c->name, pid,
			WIFSIGNALED(status) ? "signal" : "exit",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		c->pid = 0;
		note_pid(c);
		c->kill_at_ms = NEVER;
		if (now_ms - c->started_ms >= HEALTHY_MS || !c->delay_ms)
			c->delay_ms = RESTART_FIRST_MS;
		else if (c->delay_ms < RESTART_LAST_MS)
			c->delay_ms *= 2;
		c->start_at_ms = c->wanted ? now_ms + c->delay_ms : NEVER;
		return;
	}
}

static struct child *child_find(const char *name)
{
	struct child *spare = NULL;

	for (size_t i = 0; i < n_children; i++) {
		if (strcmp(children[i].name, name) == 0)
			return &children[i];
		if (!children[i].wanted && !children[i].pid)
			spare = &children[i];
	}
	if (!spare && n_children < CHILDREN_MAX)
		spare = &children[n_children++];
	if (!spare) {
		fprintf(stderr, "lab-supervise: %s: over %d children\n", name, CHILDREN_MAX);
		return NULL;
	}
	memset(spare, 0, sizeof(*spare));
	snprintf(spare->name, sizeof(spare->name), "%s", name);
	spare->start_at_ms = spare->kill_at_ms = NEVER;
	return spare;
}

static void child_want(const char *name, uint64_t now_ms)
{
	struct child *c = child_find(name);

	if (!c)
		return;
	if (!c->wanted && !c->pid)
		c->start_at_ms = now_ms;
	c->wanted = true;
}

static void child_unwant(struct child *c, uint64_t now_ms)
{
	c->wanted = false;
	c->start_at_ms = NEVER;
	c->delay_ms = 0;
	if (!c->pid || c->kill_at_ms != NEVER)
		return;
	kill(c->pid, SIGTERM);
	c->kill_at_ms = now_ms + STOP_GRACE_MS;
}

/* Compares DIR/children with what we have; simpler and safer than following single events. */
static void rescan(uint64_t now_ms)
{
	int fd = openat(dir_fd, "children", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fprintf(stderr, "lab-supervise: children: %m\n");
		return;
	}
	for (size_t i = 0; i < n_children; i++)
		if (children[i].wanted && faccessat(fd, children[i].name, F_OK, 0) < 0)
			child_unwant(&children[i], now_ms);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < NAME_BYTES)
			child_want(entry->d_name, now_ms);
	closedir(dir);
}

static void reap(uint64_t now_ms)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		child_ended(pid, status, now_ms);
}

/* Does what is due; returns the milliseconds until the next thing is, -1: nothing. */
static int run_timers(uint64_t now_ms)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < n_children; i++) {
		struct child *c = &children[i];

		if (c->start_at_ms <= now_ms)
			child_start(c, now_ms);
		if (c->kill_at_ms <= now_ms) {
			kill(c->pid, SIGKILL);
			c->kill_at_ms = NEVER;
		}
		next = c->start_at_ms < next ? c->start_at_ms : next;
		next = c->kill_at_ms < next ? c->kill_at_ms : next;
	}
	return next == NEVER ? -1 : (int)(next - now_ms);
}

/*
 * Ends all descendants. Killing the direct children makes theirs ours (we are process 1 or a
 * subreaper), so a few rounds reach everything.
 */
static void kill_all(int signo)
{
	char path[64], text[FILE_MAX], *save = NULL, *word;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		kill((pid_t)atoi(word), signo);
}

static void shut_down(void)
{
	uint64_t deadline_ms = clock_ms() + SHUT_DOWN_GRACE_MS;
	pid_t pid;

	kill_all(SIGTERM);
	for (;;) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		if (clock_ms() > deadline_ms)
			kill_all(SIGKILL);
		poll(NULL, 0, 20);
	}
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* True when told to end. */
static bool read_signals(int fd)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		end = end || info.ssi_signo == SIGTERM;
	return end;
}

static void loop(int signal_fd, int watch_fd)
{
	struct pollfd fds[2] = {{signal_fd, POLLIN, 0}, {watch_fd, POLLIN, 0}};
	char events[4096];

	for (;;) {
		poll(fds, 2, run_timers(clock_ms()));
		if (read_signals(signal_fd))
			return;
		reap(clock_ms());
		if (read(watch_fd, events, sizeof(events)) > 0)
			rescan(clock_ms());
	}
}

int main(int argc, char **argv)
{
	int signal_fd, watch_fd;

	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: lab-supervise DIR\n");
		return 2;
	}
	dir_fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 || fchdir(dir_fd) < 0) {
		fprintf(stderr, "lab-supervise: %s: %m; make the directory first\n", argv[1]);
		return 1;
	}
	mkdirat(dir_fd, "children", 0755);
	mkdirat(dir_fd, "pids", 0755);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal_fd = signals_open();
	watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (signal_fd < 0 || watch_fd < 0 ||
		inotify_add_watch(watch_fd, "children", IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) <
			0) {
		fprintf(stderr, "lab-supervise: %m\n");
		return 1;
	}
	rescan(clock_ms());
	loop(signal_fd, watch_fd);
	shut_down();
	return 0;
}
