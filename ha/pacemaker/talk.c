/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * talk.c - asks viosd and the data planes over their control sockets. One thread; every call has a
 * limit, so that an agent answers Pacemaker within its own.
 */
#include "ha/pacemaker/talk.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ha/pacemaker/process.h"
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/base/rpc_sync.h"
#include "vios-core/base/runpath.h"

#define STATUS_MS 2000u
#define SWITCH_MS 8000u /* viosd gives each mux 5 s */
#define SHUTDOWN_MS 3000u
#define HANG_UPS 5 /* of a viosd that is just ending or being started again */

int talk_site(struct talk_site *site, const char *run, const char *vios)
{
	struct model_frame *frame = NULL;
	int r = frame_file_load_run(run, &frame);

	if (r < 0)
		return r;
	*site = (struct talk_site){.run = run};
	r = -ENOENT;
	for (size_t i = 0; i < frame->n_vios; i++) {
		bool own = strcmp(frame->vios[i].name, vios) == 0;

		memcpy(own ? site->self : site->peer, frame->vios[i].name, sizeof(site->self));
		r = own ? 0 : r;
	}
	model_frame_free(frame);
	return r;
}

static int ask(const struct talk_site *site, const char *vios, const char *method, json_t *params,
	unsigned timeout_ms, json_t **result)
{
	char message[RPC_SYNC_MESSAGE];
	struct runpath path;
	int r = runpath_viosd(&path, site->run, vios);

	*result = NULL;
	if (r < 0) {
		json_decref(params);
		return r;
	}
	r = rpc_sync_call(path.text, method, params, timeout_ms, result, message, sizeof(message));
	if (r <= -4096) /* an rpc_code */
		log_warn("refused", "vios=%s method=%s reason=\"%s\"", vios, method, message);
	return r;
}

static enum verdict_viosd status_of(
	const struct talk_site *site, const char *vios, struct facts *out)
{
	json_t *result = NULL;
	int r = -ECONNRESET;

	for (int i = 0; i < HANG_UPS && r == -ECONNRESET; i++) {
		if (i > 0)
			process_wait_ms(100);
		r = ask(site, vios, "status", NULL, STATUS_MS, &result);
	}
	if (r == 0)
		r = facts_read(result, site->self, out);
	json_decref(result);
	if (r == 0)
		return VIOSD_ANSWERS;
	return r == -ENOENT || r == -ECONNREFUSED ? VIOSD_GONE : VIOSD_SILENT;
}

enum verdict_viosd talk_own(const struct talk_site *site, struct facts *out)
{
	return status_of(site, site->self, out);
}

bool talk_any(const struct talk_site *site, struct facts *out)
{
	if (talk_own(site, out) == VIOSD_ANSWERS)
		return true;
	return site->peer[0] && status_of(site, site->peer, out) == VIOSD_ANSWERS;
}

static void read_switched(const json_t *result, struct talk_switched *out)
{
	const json_t *failed = json_object_get(result, "failed");
	const json_t *first = json_array_get(failed, 0);
	const char *adapter = json_string_value(json_object_get(first, "adapter"));
	const char *reason = json_string_value(json_object_get(first, "reason"));

	out->switched = (unsigned)json_array_size(json_object_get(result, "switched"));
	out->unchanged = (unsigned)json_array_size(json_object_get(result, "unchanged"));
	out->failed = (unsigned)json_array_size(failed);
	if (out->failed)
		snprintf(out->reason, sizeof(out->reason), "%s: %s", adapter ? adapter : "?",
			reason ? reason : "no reason is given");
}

int talk_switch(const struct talk_site *site, const char *to, struct talk_switched *out)
{
	const char *const whom[] = {site->self, site->peer};
	json_t *result = NULL;
	int r = -ENOENT;

	*out = (struct talk_switched){0};
	for (size_t i = 0; i < 2 && whom[i][0]; i++) {
		r = ask(site, whom[i], "switch", json_pack("{s:b, s:s}", "all", 1, "to", to),
			SWITCH_MS, &result);
		if (r == 0)
			break;
	}
	if (r == 0)
		read_switched(result, out);
	json_decref(result);
	return r;
}

int talk_shutdown(const struct talk_site *site)
{
	json_t *result;
	int r = ask(site, site->self, "shutdown", json_pack("{s:b}", "data_planes", 1), SHUTDOWN_MS,
		&result);

	json_decref(result);
	return r;
}

static unsigned plane(const char *path, bool ask_it)
{
	char message[RPC_SYNC_MESSAGE];
	json_t *result = NULL;

	if (!process_listens(path))
		return 0;
	if (ask_it && rpc_sync_call(path, "shutdown", NULL, STATUS_MS, &result, message,
			      sizeof(message)) < 0)
		log_warn("plane-not-asked", "socket=%s reason=\"%s\"", path, message);
	json_decref(result);
	return 1;
}

unsigned talk_planes(const struct talk_site *site, bool ask_them)
{
	struct runpath dir, path;
	struct dirent *entry;
	unsigned n = 0;
	DIR *d;

	if (runpath_vios_dir(&dir, site->run, site->self) < 0)
		return 0;
	d = opendir(dir.text);
	if (!d)
		return 0;
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);
		bool scsid = len > 4 && strcmp(entry->d_name + len - 4, ".ctl") == 0;

		if (!scsid && strcmp(entry->d_name, "netd.sock") != 0)
			continue;
		if (runpath_vios_file(&path, site->run, site->self, entry->d_name) == 0)
			n += plane(path.text, ask_them);
	}
	closedir(d);
	return n;
}
