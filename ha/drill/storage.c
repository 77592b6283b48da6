/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the storage client and talks with it.
 *
 * Main thread only. One socket is the client's stdin and stdout; when it is closed the client ends,
 * so that a drill that is killed leaves none behind. The storage owns process and socket, and
 * borrows the environment.
 */
#include "ha/drill/storage.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ha/drill/stop.h"

#define LINE_BYTES 2048
#define ANSWER_MS 20000
#define CONNECT_MS 60000 /* the mux may just be starting */
#define REST_MS 60000	 /* what is out ends, all is read back; a stuck path may have to end */
#define COUNT_MAX 1e15

extern char **environ;

struct storage {
	const struct env *env;
	char rate[12], depth[12];
	pid_t pid; /* 0: none */
	int fd;
};

int storage_new(const struct env *env, unsigned rate, unsigned depth, struct storage **out)
{
	struct storage *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->env = env;
	s->fd = -1;
	snprintf(s->rate, sizeof(s->rate), "%u", rate);
	snprintf(s->depth, sizeof(s->depth), "%u", depth);
	*out = s;
	return 0;
}

static void end(struct storage *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->pid == 0)
		return;
	kill(-s->pid, SIGKILL);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	s->pid = 0;
}

void storage_free(struct storage *s)
{
	if (!s)
		return;
	end(s);
	free(s);
}

/* A process group of its own, so that ^C reaches the drill alone. */
static int spawn(struct storage *s, int fd)
{
	char *argv[ENV_COMMAND_MAX + 5] = {0};
	char rate[] = "--rate", depth[] = "--depth";
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	size_t n = 0;
	int rc;

	while (s->env->storage.command[n]) {
		argv[n] = s->env->storage.command[n];
		n++;
	}
	memcpy(argv + n, (char *[]){rate, s->rate, depth, s->depth}, 4 * sizeof(*argv));
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	rc = posix_spawnp(&s->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (rc)
		s->pid = 0;
	return -rc;
}

static int start_client(struct storage *s)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	rc = spawn(s, pair[1]);
	close(pair[1]);
	if (rc < 0)
		close(pair[0]);
	else
		s->fd = pair[0];
	return rc;
}

/* One line, without its end. 0 or -errno. */
static int read_line(struct storage *s, char line[LINE_BYTES], int timeout_ms)
{
	const int64_t until_ms = stop_now_ms() + timeout_ms;
	size_t n = 0;

	for (;;) {
		struct pollfd p = {.fd = s->fd, .events = POLLIN};
		int64_t left_ms = until_ms - stop_now_ms();
		ssize_t got;

		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
			return -ETIMEDOUT;
		got = recv(s->fd, line + n, LINE_BYTES - 1 - n, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		n += (size_t)got;
		line[n] = '\0';
		if (line[n - 1] == '\n')
			return 0;
		if (n == LINE_BYTES - 1)
			return -EMSGSIZE;
	}
}

static int write_line(struct storage *s, const char *text)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s\n", text);

	if (n >= (int)sizeof(line))
		return -EMSGSIZE;
	return send(s->fd, line, (size_t)n, MSG_NOSIGNAL) == n ? 0 : -EPIPE;
}

/* What the client itself has to say against it: the answer's "error". */
static int check(const char *command, const json_t *answer, char *fault)
{
	const char *did = json_string_value(json_object_get(answer, "did"));
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (!did || strcmp(did, command) != 0) {
		snprintf(fault, ENV_FAULT_BYTES, "the storage client does not know '%s'", command);
		return -EPROTO;
	}
	if (!error)
		return 0;
	snprintf(fault, ENV_FAULT_BYTES, "the storage client could not '%s': %s", command, error);
	return -EIO;
}

static int refused(struct storage *s, int rc, const char *command, char *fault)
{
	if (fault[0] == '\0')
		snprintf(fault, ENV_FAULT_BYTES, "no answer of the storage client to '%s': %s",
			command, strerror(-rc));
	end(s);
	return rc;
}

/* *out: the caller's to give back. */
static int ask(struct storage *s, const char *command, int timeout_ms, json_t **out, char *fault)
{
	char line[LINE_BYTES];
	int rc = s->fd < 0 ? -ENOTCONN : write_line(s, command);

	fault[0] = '\0';
	*out = NULL;
	if (rc == 0)
		rc = read_line(s, line, timeout_ms);
	if (rc == 0) {
		*out = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		rc = check(command, *out, fault);
	}
	if (rc == 0)
		return 0;
	json_decref(*out);
	*out = NULL;
	return refused(s, rc, command, fault);
}

static int tell(struct storage *s, const char *command, int timeout_ms, char *fault)
{
	json_t *answer;
	int rc = ask(s, command, timeout_ms, &answer, fault);

	json_decref(answer);
	return rc;
}

int storage_connect(struct storage *s, char fault[ENV_FAULT_BYTES])
{
	int rc = 0;

	if (s->pid && waitpid(s->pid, NULL, WNOHANG) == s->pid) {
		s->pid = 0;
		end(s);
	}
	if (!s->pid)
		rc = start_client(s);
	if (rc < 0) {
		snprintf(fault, ENV_FAULT_BYTES, "cannot start the storage client %s: %s",
			s->env->storage.command[0], strerror(-rc));
		return rc;
	}
	return tell(s, "ready", CONNECT_MS, fault);
}

int storage_start(struct storage *s, char fault[ENV_FAULT_BYTES])
{
	return tell(s, "start", ANSWER_MS, fault);
}

int storage_busy(struct storage *s, bool busy, char fault[ENV_FAULT_BYTES])
{
	return tell(s, busy ? "busy" : "steady", ANSWER_MS, fault);
}

int storage_window_begin(struct storage *s, char fault[ENV_FAULT_BYTES])
{
	return tell(s, "window", ANSWER_MS, fault);
}

static bool take_ns(const json_t *answer, const char *member, int64_t *out)
{
	const json_t *value = json_object_get(answer, member);
	double ms = json_number_value(value);

	if (!json_is_number(value) || !(ms >= 0 && ms < COUNT_MAX / 1e6))
		return false;
	*out = (int64_t)(ms * 1e6);
	return true;
}

static bool take_count(const json_t *answer, const char *member, uint64_t *out)
{
	const json_t *value = json_object_get(answer, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

int storage_parse_report(const json_t *answer, struct stall_result *out)
{
	bool whole = take_ns(answer, "stall_ms", &out->stall_ns) &&
		     take_ns(answer, "stall_at_ms", &out->stall_at_ns) &&
		     take_ns(answer, "latency_ms", &out->latency_ns) &&
		     take_ns(answer, "idle_ms", &out->idle_ns) &&
		     take_ns(answer, "oldest_ms", &out->oldest_ns) &&
		     take_count(answer, "requests", &out->requests);

	return whole ? 0 : -EPROTO;
}

int storage_parse_rest(const json_t *answer, struct stall_result *out)
{
	const char *first = json_string_value(json_object_get(answer, "first"));

	if (!first || !take_count(answer, "io_errors", &out->io_errors) ||
		!take_count(answer, "bad_reads", &out->bad_reads) ||
		!take_count(answer, "retries", &out->retries) ||
		!take_count(answer, "read_back", &out->read_back))
		return -EPROTO;
	snprintf(out->first, sizeof(out->first), "%s", first);
	return 0;
}

int storage_window_end(struct storage *s, struct stall_result *out, char fault[ENV_FAULT_BYTES])
{
	json_t *answer;
	int rc = ask(s, "report", ANSWER_MS, &answer, fault);

	if (rc == 0) {
		rc = storage_parse_report(answer, out);
		rc = rc ? refused(s, rc, "report", fault) : 0;
	}
	json_decref(answer);
	return rc;
}

int storage_rest(struct storage *s, struct stall_result *out, char fault[ENV_FAULT_BYTES])
{
	json_t *answer;
	int rc = ask(s, "rest", REST_MS, &answer, fault);

	if (rc == 0) {
		rc = storage_parse_rest(answer, out);
		rc = rc ? refused(s, rc, "rest", fault) : 0;
	}
	json_decref(answer);
	return rc;
}

int storage_reservation(struct storage *s, const char *command, struct storage_reservation *out,
	char fault[ENV_FAULT_BYTES])
{
	const char *key;
	uint64_t keys = 0;
	json_t *answer;
	int rc = ask(s, command, REST_MS, &answer, fault);

	if (rc == 0) {
		key = json_string_value(json_object_get(answer, "key"));
		rc = key && take_count(answer, "keys", &keys) ? 0 : -EPROTO;
		snprintf(out->key, sizeof(out->key), "%s", key ? key : "");
		out->keys = (unsigned)keys;
		rc = rc ? refused(s, rc, command, fault) : 0;
	}
	json_decref(answer);
	return rc;
}
