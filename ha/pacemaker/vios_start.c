/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vios_start.c - starts viosd, which starts or finds its data planes, and waits until it serves.
 * One thread. viosd outlives the agent: a session of its own, its output in a file.
 */
#include "ha/pacemaker/vios_agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"

#define RESERVE_MS 2000u /* for what is to be said after the wait */
#define LOOK_MS 100u
#define WORDS_MAX 24

static int state_dir(
	const struct agent_call *call, const struct talk_site *site, char out[PATH_MAX])
{
	int r;

	snprintf(out, PATH_MAX, "%s/%s", call->value[V_STATE], site->self);
	r = rundir_make(call->value[V_STATE]);
	return r < 0 ? r : rundir_make(out);
}

static int spawn(
	const struct agent_call *call, const struct talk_site *site, const char *log, pid_t *pid)
{
	const struct rlimit no_core = {0, 0};
	char words[AGENT_TEXT_MAX + 1], state[PATH_MAX];
	char *argv[WORDS_MAX] = {(char *)call->value[V_VIOSD], "--vios", (char *)site->self,
		"--run", (char *)site->run, "--state", state};
	int r = state_dir(call, site, state);

	if (r < 0)
		return r;
	snprintf(words, sizeof(words), "%s", call->value[V_OPTIONS]);
	agent_words(words, argv + 7, WORDS_MAX - 7);
	setrlimit(RLIMIT_CORE, &no_core); /* a core dump delays the close of its sockets */
	r = process_detach(argv, log, pid);
	if (r == 0)
		log_info("started", "program=%s pid=%d", argv[0], (int)*pid);
	return r;
}

/* 0, or -errno with the reason given. */
static int wait_for(
	const struct agent_call *call, const struct talk_site *site, pid_t pid, const char *log)
{
	enum verdict_viosd viosd;
	struct facts facts;
	int status;

	for (;;) {
		viosd = talk_own(site, &facts);
		if (viosd == VIOSD_ANSWERS && facts.own.netd_up)
			return 0;
		if (process_ended(pid, &status)) {
			agent_reason("viosd of %s ended with %d; see %s", site->self,
				WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), log);
			return -ECHILD;
		}
		if (agent_left_ms(call, RESERVE_MS) == 0)
			break;
		process_wait_ms(LOOK_MS);
	}
	agent_reason(viosd == VIOSD_ANSWERS ? "the data plane of %s does not come up; see viosctl "
					      "status and %s"
					    : "viosd of %s does not answer in time; see %s",
		site->self, log);
	return -ETIMEDOUT;
}

int vios_start_viosd(const struct agent_call *call, const struct talk_site *site)
{
	struct runpath log;
	const char *path = call->value[V_LOG];
	pid_t pid;
	int r;

	r = runpath_vios_dir(&log, site->run, site->self);
	if (r == 0)
		r = rundir_make(log.text);
	if (r == 0)
		r = runpath_vios_file(&log, site->run, site->self, "viosd.log");
	if (r == 0)
		r = spawn(call, site, path ? path : log.text, &pid);
	if (r < 0) {
		agent_reason("%s cannot be started (%s)", call->value[V_VIOSD], strerror(-r));
		return r;
	}
	return wait_for(call, site, pid, path ? path : log.text);
}
