/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_main.c - test-nback: a fake VIOS (nback.h) as a process, so that tests can stop, kill and
 * command it over its control sockets. Prints "ready" when its sockets are open. One thread, which
 * owns everything.
 */
#include "tests/lib/nback/nback.h"
#include "vios-core/base/log.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

static void usage(FILE *to)
{
	fputs("usage: test-nback --run DIR --vios NAME --mark N [--state STATE] [--no-viosd]\n"
	      "                  CLIENT/ADAPTER...\n"
	      "A fake VIOS for tests: vhost-user back ends that echo marked frames, netd.sock, "
	      "viosd.sock.\n",
		to);
}

static void draw_incarnation(struct nback *nb)
{
	uint64_t r = 0;

	if (getrandom(&r, sizeof(r), 0) < 0)
		r = 1;
	snprintf(nb->incarnation, sizeof(nb->incarnation), "%016llx", (unsigned long long)r);
}

static int open_all(struct nback *nb)
{
	struct runpath dir;
	int err = runpath_vios_dir(&dir, nb->run, nb->vios);

	if (!err && mkdir(dir.text, 0755) < 0 && errno != EEXIST)
		err = -errno;
	for (size_t i = 0; !err && i < nb->n_devices; i++)
		err = nb_device_open(nb, &nb->device[i]);
	return err < 0 ? err : nb_control_open(nb);
}

static int parse(struct nback *nb, int argc, char **argv)
{
	static const struct option longs[] = {{"run", 1, NULL, 'r'}, {"vios", 1, NULL, 'v'},
		{"mark", 1, NULL, 'm'}, {"state", 1, NULL, 's'}, {"no-viosd", 0, NULL, 'n'},
		{"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
	const char *state = "active/optimized";
	int c, err = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			nb->run = optarg;
			break;
		case 'v':
			nb->vios = optarg;
			break;
		case 'm':
			nb->mark = (uint8_t)atoi(optarg);
			break;
		case 's':
			state = optarg;
			break;
		case 'n':
			nb->no_viosd = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	for (; !err && optind < argc; optind++)
		err = nb->run && nb->vios ? nb_set_add(nb, argv[optind], state, NULL) : -EINVAL;
	return nb->run && nb->vios && !err ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	static struct nback nb;
	sigset_t stop;
	int err;

	log_init("test-nback", LOGL_INFO);
	if (parse(&nb, argc, argv) < 0) {
		usage(stderr);
		return 2;
	}
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	draw_incarnation(&nb);
	err = sd_event_default(&nb.ev);
	if (err >= 0)
		err = sd_event_add_signal(nb.ev, NULL, SIGTERM, NULL, NULL);
	if (err >= 0)
		err = open_all(&nb);
	if (err < 0) {
		log_refuse("--run %s --vios %s: %s; is the directory there and ours?", nb.run,
			nb.vios, strerror(-err));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	return sd_event_loop(nb.ev) < 0;
}
