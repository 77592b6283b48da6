/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fence_vios.c - the fence agent of a frame's VIOS. One thread, one action a process. It carries
 * nothing out itself: vios-framed is asked, which alone kills, and refuses what would take the last
 * VIOS that serves a client away.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ha/pacemaker/fence_params.h"
#include "ha/pacemaker/process.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rpc_sync.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_IS_OFF }; /* as fence agents end */

#define STATUS_MS 5000u

static int print_help(void)
{
	puts("Usage: fence_vios [OPTION]... , or without options key=value lines on stdin\n"
	     "Powers a Virtual I/O Server of this frame off and on, by vios-framed.\n");
	for (const struct agent_param *p = fence_params; p->name; p++)
		printf("  --%s VALUE%*s%s%s%s%s\n", p->name, (int)(15 - strlen(p->name)), "",
			p->text, p->value && p->value[0] ? " (default " : "",
			p->value && p->value[0] ? p->value : "",
			p->value && p->value[0] ? ")" : "");
	puts("  --help, --version");
	return EXIT_DONE;
}

/* 0: go on; 1: exit with *code. */
static int read_options(struct fence_request *r, int argc, char **argv, int *code)
{
	enum { HELP = FENCE_PARAMS, VERSION };
	struct option longs[FENCE_PARAMS + 3] = {0};
	char why[AGENT_WHY];
	int option;

	for (int i = 0; i < FENCE_PARAMS; i++)
		longs[i] = (struct option){fence_params[i].name, required_argument, NULL, 256 + i};
	longs[HELP] = (struct option){"help", no_argument, NULL, 'h'};
	longs[VERSION] = (struct option){"version", no_argument, NULL, 'V'};
	*code = EXIT_FAILED;
	while ((option = getopt_long(argc, argv, "o:n:r:t:d:hV", longs, NULL)) != -1) {
		const char *name = option >= 256 ? longs[option - 256].name : fence_letter(option);

		if (option == 'h' || option == 'V') {
			*code = option == 'h' ? print_help() : EXIT_DONE;
			if (option == 'V')
				puts("fence_vios " VIOS_VERSION);
			return 1;
		}
		if (!name)
			return 1; /* getopt has said it */
		if (fence_set(r, name, optarg, true, why) < 0) {
			log_refuse("%s", why);
			return 1;
		}
	}
	return 0;
}

static int read_stdin(struct fence_request *r, char *why)
{
	char text[FENCE_INPUT_MAX];
	size_t n = fread(text, 1, sizeof(text), stdin);

	if (n == sizeof(text)) {
		snprintf(why, AGENT_WHY, "stdin holds more than %d bytes", FENCE_INPUT_MAX - 1);
		return -EINVAL;
	}
	text[n] = '\0';
	return fence_input(r, text, why);
}

static int list(const struct fence_request *r)
{
	struct model_frame *frame = NULL;

	if (frame_file_load_run(r->value[F_RUN], &frame) < 0)
		return EXIT_FAILED;
	for (size_t i = 0; i < frame->n_vios; i++)
		printf("%s\n", frame->vios[i].name);
	model_frame_free(frame);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* 0 and *result, or -1 after it has been said why. */
static int ask(const struct fence_request *r, const char *method, const char *action,
	unsigned timeout_ms, json_t **result)
{
	char message[RPC_SYNC_MESSAGE];
	struct runpath path;
	int rc = runpath_framed(&path, r->value[F_RUN]);

	*result = NULL;
	if (rc == 0)
		rc = rpc_sync_call(path.text, method,
			json_pack("{s:s*, s:s}", "vios",
				r->value[F_PLUG][0] ? r->value[F_PLUG] : NULL, "action", action),
			timeout_ms, result, message, sizeof(message));
	if (rc > -4096 && rc < 0)
		log_refuse("vios-framed does not answer at %s (%s); is it running?", path.text,
			strerror(-rc));
	else if (rc < 0)
		log_refuse("%s of %s: %s", action, r->value[F_PLUG], message);
	return rc < 0 ? -1 : 0;
}

static int monitor(const struct fence_request *r)
{
	json_t *result;
	int rc = ask(r, "status", "monitor", STATUS_MS, &result);

	json_decref(result);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int status(const struct fence_request *r)
{
	json_t *result;
	int rc = ask(r, "fence", "status", STATUS_MS, &result);
	bool on = json_is_true(json_object_get(result, "on"));

	json_decref(result);
	if (rc < 0)
		return EXIT_FAILED;
	printf("Status: %s\n", on ? "ON" : "OFF");
	return on ? EXIT_DONE : EXIT_IS_OFF;
}

static int power(const struct fence_request *r)
{
	const char *action = fence_action_name(r->action);
	json_t *result;
	int rc;

	if (r->action != FENCE_ON && r->delay_ms)
		process_wait_ms(r->delay_ms);
	rc = ask(r, "fence", action, r->timeout_ms, &result);
	if (rc == 0 && !json_is_true(json_object_get(result, "power"))) {
		log_refuse("%s of %s: its data planes were killed, but vios-framed cannot power "
			   "it: start vios-framed with --power PROGRAM",
			action, r->value[F_PLUG]);
		rc = -1;
	}
	json_decref(result);
	if (rc < 0)
		return EXIT_FAILED;
	printf("Success: %s %s\n", r->value[F_PLUG], action);
	return EXIT_DONE;
}

static int act(const struct fence_request *r)
{
	char *text;
	int rc;

	switch (r->action) {
	case FENCE_METADATA:
		text = fence_metadata();
		rc = text && fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_DONE
									     : EXIT_FAILED;
		free(text);
		return rc;
	case FENCE_LIST:
		return list(r);
	case FENCE_VALIDATE:
		return EXIT_DONE;
	case FENCE_MONITOR:
		return monitor(r);
	case FENCE_STATUS:
		return status(r);
	default:
		return power(r);
	}
}

int main(int argc, char **argv)
{
	static struct fence_request request;
	char why[AGENT_WHY];
	int code;

	log_init("fence_vios", LOGL_INFO);
	fence_init(&request);
	if (read_options(&request, argc, argv, &code) != 0)
		return code;
	if ((argc < 2 && read_stdin(&request, why) < 0) || fence_finish(&request, why) < 0) {
		log_refuse("%s", why);
		return EXIT_FAILED;
	}
	return act(&request);
}
