// SPDX-License-Identifier: BSD-3-Clause
/* verb_viosbr.c - viosctl viosbr: the replicated state into a file, what a file holds, and back.
 * One thread, blocking. */
#include "vios-core/base/log.h"
#include "vios-core/cli/backup.h"
#include "vios-core/cli/change.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/restore.h"
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

/* CLI_OK and the file's object, or a line on stderr. */
static int read_file(const char *path, json_t **file)
{
	char fault[BACKUP_FAULT_BYTES] = "";
	size_t n = 0;
	char *text = load(path, &n);

	if (!text) {
		log_refuse("%s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	*file = backup_read(text, n, fault);
	free(text);
	if (!*file)
		log_refuse("%s %s", path, fault);
	return *file ? CLI_OK : CLI_FAILED;
}

static int view(const struct cli *cli, const char *path)
{
	json_t *file;
	int r = read_file(path, &file);

	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(file);
	r = cli_print(backup_view(file, path, args_get(&cli->args, "type")));
	json_decref(file);
	return r;
}

static int refuse_faults(const char *path, int error, const struct model_faults *faults)
{
	if (error == -ENOMEM)
		log_refuse("%s: no memory", path);
	for (size_t i = 0; error != -ENOMEM && i < faults->n && i < MODEL_FAULTS_MAX; i++)
		log_refuse("%s does not fit: %s", path, faults->text[i]);
	return CLI_FAILED;
}

static int print_same(const struct cli *cli, const char *path)
{
	if (cli->json)
		return cli_print_json(json_pack("{s:b}", "changed", false));
	printf("The configuration is that of %s already\n", path);
	return CLI_OK;
}

static int carry_out(
	const struct cli *cli, const char *path, const json_t *ops, const json_t *config)
{
	size_t n = restore_bytes(ops);
	int r = CLI_OK;

	if (args_has(&cli->args, "dry-run"))
		r = cli->json ? cli_print_json(json_pack("{s:O}", "ops", ops))
			      : cli_print(restore_lay(ops));
	if (n > RESTORE_BYTES_MAX) {
		log_refuse("%s differs too much: it takes %zu bytes in one change, which has at "
			   "most %u; make some of what --dry-run shows by hand first",
			path, n, RESTORE_BYTES_MAX);
		return CLI_FAILED;
	}
	if (args_has(&cli->args, "dry-run"))
		return r;
	return json_array_size(ops) ? change_send(cli, ops, config) : print_same(cli, path);
}

static int restore(const struct cli *cli, const char *path)
{
	struct model_faults faults = {.n = 0};
	struct facts_held held = {0};
	json_t *file, *ops = NULL;
	int r = read_file(path, &file), built;

	if (r != CLI_OK)
		return r;
	r = facts_get(cli, FACTS_STATE, &held);
	if (r == CLI_OK) {
		ops = json_array();
		built = restore_build(
			held.facts.state, json_object_get(file, "state"), ops, &faults);
		r = built < 0 ? refuse_faults(path, built, &faults)
			      : carry_out(cli, path, ops, held.config);
	}
	json_decref(ops);
	json_decref(file);
	facts_free(&held);
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
	return restore(cli, path);
}

static const struct arg_form forms[] = {
	[BACKUP] = {"backup", "file", ""},
	[VIEW] = {"view", "file", "type"},
	[RESTORE] = {"restore", "file", "dry-run"},
	{NULL},
};

static const struct arg_option options[] = {
	{"-backup", ARG_NONE, false, NULL, "store the configuration in the file"},
	{"-view", ARG_NONE, false, NULL, "list what the file holds"},
	{"-restore", ARG_NONE, false, NULL,
		"make the configuration that of the file, as one change"},
	{"-file", ARG_VALUE, false, "FILE", "the file"},
	{"-type", ARG_VALUE, false, "TYPE", "only vios, client, sea, veth, svsa or disk"},
	{"--dry-run", ARG_NONE, false, NULL, "show what -restore would do, and do nothing"},
	{NULL},
};

const struct verb verb_viosbr = {
	.name = "viosbr",
	.usage = "-backup -file FILE\n-view -file FILE [-type TYPE]\n-restore -file FILE "
		 "[--dry-run]",
	.does = "stores the configuration of the pair in a file, lists a file, or restores it",
	.help = "The file is written whole or not at all. A damaged one is refused.\n"
		"-restore makes one change, all or nothing: what the file does not have is "
		"removed. "
		"What does not fit is\n"
		"refused: another frame, other VIOS, or more than one change holds (48 KiB). "
		"Adapters "
		"that are made anew\n"
		"have new ids; what is as in the file is not touched.\n",
	.options = options,
	.forms = forms,
	.run = run,
};
