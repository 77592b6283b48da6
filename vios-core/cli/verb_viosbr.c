// SPDX-License-Identifier: BSD-3-Clause
/* verb_viosbr.c - viosctl viosbr: the replicated state into a file, and what a file holds. One
 * thread, blocking. */
#include "vios-core/base/log.h"
#include "vios-core/cli/backup.h"
#include "vios-core/cli/suggest.h"
#include "vios-core/cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_MS 5000u

enum { BACKUP, VIEW, RESTORE };

static int write_all(int fd, const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Whole or not at all: under another name first. */
static int store(const char *path, const char *text)
{
	char temporary[PATH_MAX];
	int r = 0;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	int fd = mkstemp(temporary);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text);
	if (r == 0 && fchmod(fd, 0640) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}

static int backup(const struct cli *cli, const char *path)
{
	json_t *config = NULL;
	char date[64] = "", *text;
	time_t now = time(NULL);
	struct tm tm;
	int r = cli_ask(cli, CLI_READS, "config_get", NULL, CONFIG_MS, &config);

	if (r != CLI_OK)
		return r;
	if (localtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S%z", &tm);
	text = backup_write(config, date);
	int stored = text ? store(path, text) : -ENOMEM;
	const char *frame =
		cli_text(json_object_get(json_object_get(config, "state"), "frame"), "name");
	if (stored < 0) {
		log_refuse("%s: %s; nothing was written", path, strerror(-stored));
		r = CLI_FAILED;
	} else if (cli->json) {
		r = cli_print_json(json_pack("{s:s, s:s}", "frame", frame, "file", path));
	} else {
		printf("Backup of this frame (%s) successful\n", frame);
	}
	free(text);
	json_decref(config);
	return r;
}

/* At most BACKUP_BYTES_MAX; the caller frees it. NULL with errno. */
static char *load(const char *path, size_t *n)
{
	char *text = malloc(BACKUP_BYTES_MAX);
	int fd = text ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t got = fd < 0 ? -1 : 1;

	for (*n = 0; got > 0 && *n < BACKUP_BYTES_MAX;) {
		got = read(fd, text + *n, BACKUP_BYTES_MAX - *n);
		*n += got > 0 ? (size_t)got : 0;
	}
	if (got > 0)
		errno = EFBIG;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	if (got == 0)
		return text;
	free(text);
	return NULL;
}

static int view(const struct cli *cli, const char *path)
{
	char fault[BACKUP_FAULT_BYTES] = "";
	size_t n = 0;
	char *text = load(path, &n);

	if (!text) {
		log_refuse("%s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	json_t *file = backup_read(text, n, fault);
	free(text);
	if (!file) {
		log_refuse("%s %s", path, fault);
		return CLI_FAILED;
	}
	if (cli->json)
		return cli_print_json(file);
	int r = cli_print(backup_view(file, path, args_get(&cli->args, "type")));
	json_decref(file);
	return r;
}

static int check_type(const char *type)
{
	size_t n = 0;

	for (; type && backup_types[n]; n++)
		if (strcmp(backup_types[n], type) == 0)
			return CLI_OK;
	if (!type)
		return CLI_OK;
	const char *nearest = suggest_nearest(type, backup_types, n);
	log_refuse("-type %.32s is not known; %s%s%s", type,
		nearest ? "did you mean " : "see viosctl viosbr --help", nearest ? nearest : "",
		nearest ? "?" : "");
	return CLI_USAGE;
}

static int run(const struct cli *cli)
{
	const char *path = args_get(&cli->args, "file");
	int r = check_type(args_get(&cli->args, "type"));

	if (r != CLI_OK)
		return r;
	if (cli->form == BACKUP)
		return backup(cli, path);
	if (cli->form == VIEW)
		return view(cli, path);
	log_refuse("-restore is not built yet; -view shows what %s holds, and mkclient, mkvadapter "
		   "and mkvdev make it again",
		path);
	return CLI_FAILED;
}

static const struct arg_form forms[] = {
	[BACKUP] = {"backup", "file", ""},
	[VIEW] = {"view", "file", "type"},
	[RESTORE] = {"restore", "file", ""},
	{NULL},
};

static const struct arg_option options[] = {
	{"-backup", ARG_NONE, false, NULL, "store the configuration in the file"},
	{"-view", ARG_NONE, false, NULL, "list what the file holds"},
	{"-restore", ARG_NONE, false, NULL, "not there yet"},
	{"-file", ARG_VALUE, false, "FILE", "the file"},
	{"-type", ARG_VALUE, false, "TYPE", "only vios, client, sea, veth, svsa or disk"},
	{NULL},
};

const struct verb verb_viosbr = {
	.name = "viosbr",
	.usage = "-backup -file FILE\n-view -file FILE [-type TYPE]",
	.does = "stores the configuration of the pair in a file, or lists a file",
	.help = "The file is written whole or not at all. A damaged one is refused.\n",
	.options = options,
	.forms = forms,
	.run = run,
};
