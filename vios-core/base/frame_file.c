/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_file.c - the edge of the model: brings frame.json from disk into memory and the model's
 * faults to the operator. Main thread, at start; the caller owns the frame.
 */
#include "vios-core/base/frame_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vios-core/base/log.h"
#include "vios-core/base/rundir.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/frame_config.h"

#define FILE_MAX_BYTES (16u << 20)
#define FIRST_BYTES 65536u

struct text {
	char *bytes;
	size_t len, cap;
};

static int text_grow(struct text *text)
{
	size_t cap = text->cap == 0 ? FIRST_BYTES : text->cap * 2;
	char *bytes = realloc(text->bytes, cap);

	if (bytes == NULL)
		return -ENOMEM;
	text->bytes = bytes;
	text->cap = cap;
	return 0;
}

/* 1: more may come; 0: the end; -errno. */
static int text_read(int fd, struct text *text)
{
	int rc = text->len == text->cap ? text_grow(text) : 0;
	ssize_t n;

	if (rc < 0)
		return rc;
	n = read(fd, text->bytes + text->len, text->cap - text->len);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	text->len += (size_t)n;
	if (text->len > FILE_MAX_BYTES)
		return -EFBIG;
	return n > 0;
}

static int file_read(const char *path, struct text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc = 1;

	if (fd < 0)
		return -errno;
	while (rc == 1)
		rc = text_read(fd, text);
	close(fd);
	return rc;
}

static int say_unreadable(const char *path, int rc)
{
	const char *advice = "check the path and its permissions";

	if (rc == -ENOENT)
		advice = "create it, or name another one (see frame.json(5))";
	else if (rc == -EFBIG)
		advice = "a frame's file has at most 16 MiB";
	log_refuse("%s: cannot be read: %s; %s", path, strerror(-rc), advice);
	return rc;
}

static void say_faults(const char *path, const struct model_faults *faults)
{
	size_t kept = faults->n < MODEL_FAULTS_MAX ? faults->n : MODEL_FAULTS_MAX;

	for (size_t i = 0; i < kept; i++)
		log_refuse("%s: %s", path, faults->text[i]);
	if (faults->n > kept)
		log_refuse("%s: %zu more faults; mend these first", path, faults->n - kept);
}

static int parse(const char *path, const struct text *text, struct model_frame **out)
{
	struct model_faults *faults = calloc(1, sizeof(*faults));
	int rc = faults == NULL ? -ENOMEM : model_frame_parse(text->bytes, text->len, out, faults);

	if (rc == -EINVAL)
		say_faults(path, faults);
	else if (rc < 0)
		log_refuse("%s: cannot be read: %s; free some memory", path, strerror(-rc));
	free(faults);
	return rc;
}

int frame_file_load(const char *path, struct model_frame **out)
{
	struct text text = {.bytes = NULL};
	int rc = file_read(path, &text);

	rc = rc < 0 ? say_unreadable(path, rc) : parse(path, &text, out);
	free(text.bytes);
	return rc;
}

int frame_file_load_run(const char *run, struct model_frame **out)
{
	struct runpath path;
	int rc = runpath_frame_json(&path, run);

	return rc < 0 ? rundir_refuse(&path, rc) : frame_file_load(path.text, out);
}
