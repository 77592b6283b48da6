/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsids_test.c - many server adapters at once: their targets are started a few at a time, in the
 * state's order; one that does not come up holds up nobody for long, one that runs already waits
 * for nobody. Planes are fakes that the test brings up. One thread, a run directory in /tmp.
 */
#include "vios-core/daemon/scsids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define N 40

struct plane {
	struct plane_config config;
	bool started, starting, stopped;
};

static struct plane *planes[N + 1];
static unsigned n_planes, order[N + 1], n_started;

const struct plane_kind plane_kind_scsid = {.word = "scsid"};

int plane_new(sd_event *ev, const struct plane_config *config, struct plane **out)
{
	*out = calloc(1, sizeof(**out));
	(*out)->config = *config;
	planes[n_planes++] = *out;
	return 0;
}

void plane_free(struct plane *plane)
{
	free(plane);
}

void plane_start(struct plane *plane)
{
	assert_false(plane->started);
	plane->started = plane->starting = true;
	order[n_started++] = (unsigned)atoi(plane->config.adapter + strlen("scsi"));
	plane->config.changed(plane->config.user);
}

void plane_stop(struct plane *plane)
{
	plane->stopped = true;
	plane->starting = false;
	plane->config.stopped(plane->config.user);
}

void plane_restart(struct plane *plane)
{
	plane->stopped = false;
}

void plane_reconfigure(struct plane *plane)
{
}

bool plane_greeting(const struct plane *plane)
{
	return false;
}

bool plane_starting(const struct plane *plane)
{
	return plane->starting;
}

void plane_declare_dead(struct plane *plane, const char *incarnation)
{
}

void plane_suspect(struct plane *plane, const char *incarnation, const char *report, long long ms)
{
}

static char run[64];
static sd_event *ev;
static struct scsids *scsids;
static struct config config;
static struct config_vhost vhosts[N];
static int listener = -1;

static void nothing(void *user)
{
}

static void greeted(struct plane *plane, void *user)
{
}

static unsigned n_paths;

static void path(struct scsid *s, enum path_fault_state before, void *user)
{
	assert_int_equal(before, PATH_FAULT_NONE);
	s->returns = true; /* as viosd_paths.c has it */
	n_paths++;
}

static bool unused(const char *adapter, void *user)
{
	return false;
}

static int setup(void **state)
{
	const struct scsids_config with = {.vios = "vios1",
		.run = run,
		.changed = nothing,
		.greeted = greeted,
		.stopped = nothing,
		.path = path,
		.in_use = unused};
	char dir[80];

	snprintf(run, sizeof(run), "/tmp/v-unit-scsids-XXXXXX");
	if (!mkdtemp(run))
		return -1;
	snprintf(dir, sizeof(dir), "%s/vios1", run);
	mkdir(dir, 0700);
	n_planes = n_started = 0;
	config = (struct config){.vhost = vhosts, .n_vhost = N};
	for (unsigned i = 0; i < N; i++) {
		vhosts[i] = (struct config_vhost){.client = "lpar1"};
		vhosts[i].adapter.id = i + 1;
		snprintf(vhosts[i].adapter.name, sizeof(vhosts[i].adapter.name), "scsi%u", i);
	}
	return sd_event_new(&ev) < 0 || scsids_new(ev, &with, &scsids) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[128];

	scsids_free(scsids);
	sd_event_unref(ev);
	if (listener >= 0)
		close(listener);
	listener = -1;
	snprintf(command, sizeof(command), "rm -rf '%s'", run);
	return system(command);
}

/* Whatever is due; not what a timer brings later. */
static void settle(void)
{
	while (sd_event_run(ev, 0) > 0)
		;
}

static unsigned starting(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_planes; i++)
		n += planes[i]->starting;
	return n;
}

static void comes_up(unsigned i)
{
	planes[i]->starting = false;
	planes[i]->config.changed(planes[i]->config.user);
}

static void a_few_at_a_time(void **state)
{
	assert_int_equal(scsids_follow(scsids, &config), 0);
	settle();
	assert_int_equal(starting(), SCSIDS_STARTING_MAX);
	for (unsigned i = 0; i < N; i++) {
		assert_true(planes[i]->started);
		comes_up(i);
		settle();
		assert_true(starting() <= SCSIDS_STARTING_MAX);
		assert_int_equal(starting() + i + 1, n_started);
	}
	assert_int_equal(n_started, N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(order[i], i);
}

/* What a viosd that is new is told of a path that has healed: once is enough. */
static void a_path_has_healed(void **state)
{
	json_t *note = json_pack("{s:i, s:s, s:s, s:b}", "lun", 1, "state", "enabled", "error",
		"E?", "healed", false);

	n_paths = 0;
	scsids_follow(scsids, &config);
	settle();
	planes[0]->config.path(note, planes[0]->config.user);
	assert_int_equal(n_paths, 0);
	json_object_set_new(note, "healed", json_true());
	planes[0]->config.path(note, planes[0]->config.user);
	json_object_set_new(note, "lun", json_integer(2));
	planes[0]->config.path(note, planes[0]->config.user);
	assert_int_equal(n_paths, 1);
	json_decref(note);
}

static void one_that_hangs(void **state)
{
	scsids_follow(scsids, &config);
	settle();
	for (unsigned i = SCSIDS_STARTING_MAX; i > 1; i--)
		comes_up(i - 1);
	settle();
	assert_int_equal(n_started, 2 * SCSIDS_STARTING_MAX - 1);
	/* the four that have their turns now never come up, yet the next ones start */
	while (n_started < 2 * SCSIDS_STARTING_MAX)
		assert_true(sd_event_run(ev, 10u * 1000000u) > 0);
	assert_true(planes[0]->starting);
}

static void one_that_is_not_wanted_any_more(void **state)
{
	scsids_follow(scsids, &config);
	settle();
	config.n_vhost = SCSIDS_STARTING_MAX;
	scsids_follow(scsids, &config);
	settle();
	for (unsigned i = 0; i < SCSIDS_STARTING_MAX; i++)
		comes_up(i);
	settle();
	assert_int_equal(n_started, SCSIDS_STARTING_MAX);
	config.n_vhost = SCSIDS_STARTING_MAX + 1;
	scsids_follow(scsids, &config);
	settle();
	assert_int_equal(n_started, SCSIDS_STARTING_MAX + 1);
}

static void one_that_runs(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/vios1/lpar1.scsi39.ctl", run);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	scsids_follow(scsids, &config);
	assert_int_equal(n_started, 1); /* at once */
	assert_int_equal(order[0], 39);
	settle();
	assert_int_equal(n_started, 1 + SCSIDS_STARTING_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_few_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(a_path_has_healed, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_is_not_wanted_any_more, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_runs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
