/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * client_agent.c - ocf:vios:client: the multiplexer of one client partition as a resource. One
 * thread, one action a process. viomuxd outlives the agent and starts itself again when it crashes;
 * here it is only started, asked and told to end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ha/pacemaker/agent.h"
#include "ha/pacemaker/agent_tables.h"
#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rpc_sync.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"

#define ASK_MS 2000u
#define LOOK_MS 100u
#define RESTART_MS 1000u /* a mux that crashed is there again by then */
#define RESERVE_MS 2000u
#define WORDS_MAX 24

enum mux { MUX_GONE, MUX_SILENT, MUX_WAITING, MUX_SERVES };

static int socket_of(const struct agent_call *call, struct runpath *out)
{
	int r = runpath_mux(out, call->value[C_RUN], call->value[C_CLIENT]);

	if (r < 0)
		agent_reason(
			"socket path %s... is too long; choose a shorter run directory", out->text);
	return r;
}

static enum mux look(const char *path)
{
	char message[RPC_SYNC_MESSAGE];
	json_t *result = NULL;
	enum mux is = MUX_SILENT;
	int r = rpc_sync_call(path, "status", NULL, ASK_MS, &result, message, sizeof(message));

	if (r == 0)
		is = json_is_true(json_object_get(result, "waiting")) ? MUX_WAITING : MUX_SERVES;
	else if (r == -ENOENT || r == -ECONNREFUSED)
		is = MUX_GONE;
	json_decref(result);
	return is;
}

static enum ocf validate(struct agent_call *call)
{
	struct runpath path;

	if (access(call->value[C_VIOMUXD], X_OK) < 0) {
		agent_reason("%s cannot be executed (%s); install it, or set the parameter viomuxd",
			call->value[C_VIOMUXD], strerror(errno));
		return OCF_INSTALLED;
	}
	return socket_of(call, &path) < 0 ? OCF_CONFIGURED : OCF_SUCCESS;
}

static enum ocf monitor(struct agent_call *call)
{
	uint64_t until_ms = process_now_ms() + (call->probe ? 0 : RESTART_MS);
	struct runpath path;
	enum mux is;

	if (call->wrong || socket_of(call, &path) < 0) {
		if (call->wrong)
			agent_reason("%s", call->why);
		return call->probe ? OCF_NOT_RUNNING : OCF_CONFIGURED;
	}
	is = look(path.text);
	while (is == MUX_GONE && process_now_ms() < until_ms) {
		process_wait_ms(LOOK_MS);
		is = look(path.text);
	}
	if (is == MUX_SILENT)
		agent_reason("viomuxd of %s runs and does not answer", call->value[C_CLIENT]);
	if (is == MUX_GONE)
		return OCF_NOT_RUNNING;
	return is == MUX_SILENT ? OCF_GENERIC : OCF_SUCCESS;
}

static int spawn(const struct agent_call *call, const char *log, pid_t *pid)
{
	const struct rlimit no_core = {0, 0};
	char words[AGENT_TEXT_MAX + 1];
	char *argv[WORDS_MAX] = {(char *)call->value[C_VIOMUXD], "--client",
		(char *)call->value[C_CLIENT], "--run", (char *)call->value[C_RUN]};

	snprintf(words, sizeof(words), "%s", call->value[C_OPTIONS]);
	agent_words(words, argv + 5, WORDS_MAX - 5);
	setrlimit(RLIMIT_CORE, &no_core);
	return process_detach(argv, log, pid);
}

static enum ocf wait_for(
	const struct agent_call *call, const char *path, pid_t pid, const char *log)
{
	const char *client = call->value[C_CLIENT];
	enum mux is;
	int status;

	while ((is = look(path)) != MUX_SERVES) {
		if (process_ended(pid, &status)) {
			agent_reason("viomuxd of %s ended with %d; see %s", client,
				WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), log);
			return OCF_GENERIC;
		}
		if (agent_left_ms(call, RESERVE_MS) == 0) {
			agent_reason(is == MUX_WAITING
					     ? "no viosd says what adapters %s has; start "
					       "a VIOS (%s)"
					     : "viomuxd of %s does not answer; see %s",
				client, log);
			return OCF_GENERIC;
		}
		process_wait_ms(LOOK_MS);
	}
	return OCF_SUCCESS;
}

static int log_of(const struct agent_call *call, struct runpath *out, const char **log)
{
	const char *run = call->value[C_RUN], *client = call->value[C_CLIENT];
	char clients[sizeof(out->text) + 16];
	int r = runpath_client_dir(out, run, client);

	snprintf(clients, sizeof(clients), "%s/clients", run);
	if (r == 0)
		r = rundir_make(clients);
	if (r == 0)
		r = rundir_make(out->text);
	if (r == 0)
		r = runpath_client_file(out, run, client, "mux.log");
	*log = call->value[C_LOG] ? call->value[C_LOG] : out->text;
	return r;
}

static enum ocf start(struct agent_call *call)
{
	struct runpath path, log_path;
	enum ocf rc = validate(call);
	const char *log;
	pid_t pid;
	int r;

	if (rc != OCF_SUCCESS || socket_of(call, &path) < 0)
		return rc != OCF_SUCCESS ? rc : OCF_CONFIGURED;
	switch (look(path.text)) {
	case MUX_GONE:
		break;
	case MUX_SILENT:
		agent_reason("viomuxd of %s runs and does not answer", call->value[C_CLIENT]);
		return OCF_GENERIC;
	default:
		return OCF_SUCCESS;
	}
	r = log_of(call, &log_path, &log);
	if (r == 0)
		r = spawn(call, log, &pid);
	if (r < 0) {
		agent_reason("%s cannot be started (%s)", call->value[C_VIOMUXD], strerror(-r));
		return OCF_GENERIC;
	}
	return wait_for(call, path.text, pid, log);
}

/* Its holder ends with it when it ends by itself, and starts it again when it is killed. */
static enum ocf stop(struct agent_call *call)
{
	struct runpath path;
	int pidfd;

	if (!call->value[C_CLIENT] || !call->value[C_RUN] || socket_of(call, &path) < 0)
		return OCF_SUCCESS; /* nothing of that name was ever started */
	while (process_listens(path.text)) {
		pidfd = process_of_socket(path.text);
		if (pidfd >= 0) {
			process_ask_to_end(pidfd, ASK_MS);
			close(pidfd);
		}
		if (agent_left_ms(call, RESERVE_MS) == 0) {
			agent_reason("viomuxd of %s does not end", call->value[C_CLIENT]);
			return OCF_GENERIC;
		}
		process_wait_ms(LOOK_MS);
	}
	return OCF_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct agent_handler handlers[] = {
		{"start", start},
		{"stop", stop},
		{"monitor", monitor},
		{"validate-all", validate},
		{NULL, NULL},
	};

	return agent_main(&client_agent, handlers, argc, argv);
}
