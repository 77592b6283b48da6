// SPDX-License-Identifier: BSD-3-Clause
/*
 * verb_cluster.c - viosctl cluster: is the pair there; its configuration for Corosync and
 * Pacemaker. -create asks nobody: it goes by frame.json, since the cluster comes before viosd.
 */
#include "vios-core/base/frame_file.h"
#include "vios-core/base/log.h"
#include "vios-core/cli/facts.h"
#include "vios-core/cli/lay.h"
#include "vios-core/cli/recipe.h"
#include "vios-core/cli/verbs.h"
#include "vios-core/model/frame_config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BYTES 256 /* as corosync-keygen */
#define KEY 0

enum { STATUS, CREATE };

/* What is made; the key first. */
struct made {
	const char *name;
	mode_t mode;
	size_t bytes;
	char *text;
};
#define N_MADE 4

static int status(const struct cli *cli)
{
	struct facts_held held;
	int r = facts_get(cli, FACTS_STATUS, &held);

	if (r == CLI_OK) {
		json_t *record = view_cluster(&held.facts);
		r = cli->json ? cli_print_json(json_incref(record))
			      : cli_print(lay_cluster(record));
		json_decref(record);
	}
	facts_free(&held);
	return r;
}

static int take_links(const struct cli *cli, struct recipe *recipe, char *fault)
{
	static const char *const options[RECIPE_LINKS] = {"link0", "link1"};

	for (int link = 0; link < RECIPE_LINKS; link++) {
		const char *word;
		size_t at = 0;

		while ((word = args_next(&cli->args, options[link], &at)))
			if (recipe_link(recipe, link, word, fault) < 0)
				return -EINVAL;
	}
	return 0;
}

static int take(const struct cli *cli, const struct model_frame *frame, struct recipe *recipe)
{
	char fault[RECIPE_FAULT_BYTES];

	if (frame->n_vios != RECIPE_VIOS) {
		log_refuse(
			"frame.json has %zu VIOS; a cluster takes %d", frame->n_vios, RECIPE_VIOS);
		return CLI_FAILED;
	}
	*recipe = (struct recipe){.frame = frame->name,
		.run = cli->run,
		.token_ms = args_has(&cli->args, "token") ? args_number(&cli->args, "token")
							  : RECIPE_TOKEN_MS,
		.qdevice = args_get(&cli->args, "qdevice")};
	recipe->consensus_ms = args_has(&cli->args, "consensus")
				       ? args_number(&cli->args, "consensus")
				       : recipe->token_ms + recipe->token_ms / 5;
	for (int i = 0; i < RECIPE_VIOS; i++) {
		recipe->vios[i] = frame->vios[i].name;
		recipe->node_id[i] = frame->vios[i].node_id;
	}
	if (take_links(cli, recipe, fault) < 0 || recipe_check(recipe, fault) < 0) {
		log_refuse("%s", fault);
		return CLI_USAGE;
	}
	return CLI_OK;
}

static char *new_key(void)
{
	char *key = malloc(KEY_BYTES);

	if (key && getrandom(key, KEY_BYTES, 0) == KEY_BYTES)
		return key;
	free(key);
	return NULL;
}

static int make(const struct recipe *recipe, struct made made[N_MADE])
{
	made[KEY] = (struct made){"authkey", 0400, KEY_BYTES, new_key()};
	made[1] = (struct made){"corosync.conf", 0644, 0, recipe_corosync(recipe)};
	made[2] = (struct made){"pair.crmsh", 0644, 0, recipe_crmsh(recipe)};
	made[3] = (struct made){"pair.pcs", 0755, 0, recipe_pcs(recipe)};
	for (size_t i = 0; i < N_MADE; i++) {
		if (!made[i].text) {
			log_refuse("there is not enough memory, or no random numbers");
			return CLI_FAILED;
		}
		if (i != KEY)
			made[i].bytes = strlen(made[i].text);
	}
	return CLI_OK;
}

static int write_file(int dir, const struct made *made)
{
	int fd = openat(
		dir, made->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, made->mode);
	int r = 0;

	if (fd < 0)
		return -errno;
	for (size_t at = 0; r == 0 && at < made->bytes;) {
		ssize_t n = write(fd, made->text + at, made->bytes - at);
		if (n < 0 && errno != EINTR)
			r = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	if (r == 0 && (fchmod(fd, made->mode) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlinkat(dir, made->name, 0);
	return r;
}

/* All, or none: what is there is somebody's. */
static int write_all(const char *path, const struct made made[N_MADE])
{
	size_t n = 0;
	int r = 0, dir;

	if (mkdir(path, 0755) < 0 && errno != EEXIST) {
		log_refuse("-dir %s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		log_refuse("-dir %s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	for (; r == 0 && n < N_MADE; n++)
		r = write_file(dir, &made[n]);
	if (r < 0) {
		n--;
		log_refuse("%s/%s: %s; nothing was written%s", path, made[n].name, strerror(-r),
			r == -EEXIST ? ", nothing is overwritten: give a new directory" : "");
		while (n > 0)
			unlinkat(dir, made[--n].name, 0);
	} else {
		fsync(dir);
	}
	close(dir);
	return r < 0 ? CLI_FAILED : CLI_OK;
}

static int show_json(const struct made made[N_MADE], const char *path)
{
	json_t *files = json_object();

	for (size_t i = 0; i < N_MADE; i++)
		if (i != KEY)
			json_object_set_new(files, made[i].name, json_string(made[i].text));
	return cli_print_json(json_pack("{s:s?, s:o}", "dir", path, "files", files));
}

static int show(const struct made made[N_MADE], const char *path)
{
	for (size_t i = 0; i < N_MADE; i++) {
		if (i == KEY && path)
			printf("==> %s/%s <==\n%zu random bytes\n\n", path, made[i].name,
				made[i].bytes);
		if (i != KEY)
			printf("==> %s%s%s <==\n%s\n", path ? path : "", path ? "/" : "",
				made[i].name, made[i].text);
	}
	puts("corosync.conf and one authkey belong into /etc/corosync of both VIOS; then Corosync "
	     "and Pacemaker are started\non both, and one of pair.crmsh and pair.pcs is loaded "
	     "once, on one of them.");
	return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int create(const struct cli *cli)
{
	const char *path = args_get(&cli->args, "dir");
	struct made made[N_MADE] = {{0}};
	struct model_frame *frame = NULL;
	struct recipe recipe;
	int r = frame_file_load_run(cli->run, &frame) < 0 ? CLI_FAILED : CLI_OK;

	if (r == CLI_OK)
		r = take(cli, frame, &recipe);
	if (r == CLI_OK)
		r = make(&recipe, made);
	if (r == CLI_OK && path)
		r = write_all(path, made);
	if (r == CLI_OK)
		r = cli->json ? show_json(made, path) : show(made, path);
	if (made[KEY].text)
		explicit_bzero(made[KEY].text, KEY_BYTES);
	for (size_t i = 0; i < N_MADE; i++)
		free(made[i].text);
	model_frame_free(frame);
	return r;
}

static int run(const struct cli *cli)
{
	static const char *const later[] = {"addnode", "rmnode", "remove", "sync"};

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (args_has(&cli->args, later[i])) {
			log_refuse("-%s: the cluster is the pair of frame.json; there is nothing "
				   "to %s",
				later[i], later[i]);
			return CLI_FAILED;
		}
	}
	return cli->form == CREATE ? create(cli) : status(cli);
}

static const struct arg_form forms[] = {
	[STATUS] = {"status", "", ""},
	[CREATE] = {"create", "link0", "dir link1 token consensus qdevice"},
	{"addnode", "", ""},
	{"rmnode", "", ""},
	{"remove", "", ""},
	{"sync", "", ""},
	{NULL},
};

static const struct arg_option options[] = {
	{"-status", ARG_NONE, false, NULL, "the cluster and its nodes"},
	{"-create", ARG_NONE, false, NULL, "make the configuration of Corosync and Pacemaker"},
	{"-dir", ARG_VALUE, false, "DIR", "write it into this directory; without it, only print"},
	{"-link0", ARG_PAIRS, false, "VIOS=ADDRESS",
		"the first link between the two VIOS: an address of each"},
	{"-link1", ARG_PAIRS, false, "VIOS=ADDRESS", "the second link, of another network"},
	{"-token", ARG_NUMBER, false, "MS", "Corosync's token timeout, 500 to 30000 (1000)"},
	{"-consensus", ARG_NUMBER, false, "MS",
		"Corosync's consensus timeout, 100 to 60000 (1.2 times the token's)"},
	{"-qdevice", ARG_VALUE, false, "HOST",
		"a third vote: the host of corosync-qnetd, outside the frame"},
	{"-addnode", ARG_NONE, false, NULL, "not there"},
	{"-rmnode", ARG_NONE, false, NULL, "not there"},
	{"-remove", ARG_NONE, false, NULL, "not there"},
	{"-sync", ARG_NONE, false, NULL, "not there: both VIOS are always in step"},
	{NULL},
};

const struct verb verb_cluster = {
	.name = "cluster",
	.usage = "-status\n-create -link0 VIOS=ADDRESS... [-link1 VIOS=ADDRESS...] [-dir DIR] "
		 "[-token MS] "
		 "[-consensus MS] [-qdevice HOST]",
	.does = "shows whether both VIOS are there, or makes the cluster's configuration",
	.help = "OK: both serve. DEGRADED: one of them does not. DOWN: none.\n"
		"The round trip is that of the answering viosd's last messages (at most 64) "
		"through the group, Corosync's.\n"
		"-create goes by frame.json and asks no viosd. It makes corosync.conf with a new "
		"authkey, and the pair under\n"
		"Pacemaker for crmsh and for pcs. The files are printed, the key is not; nothing "
		"is overwritten. With -qdevice a\n"
		"half without quorum goes on with what it has; else both halves stay quorate, and "
		"a VIOS that starts waits for\n"
		"the other one.\n",
	.options = options,
	.forms = forms,
	.run = run,
};
