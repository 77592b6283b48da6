/* SPDX-License-Identifier: BSD-3-Clause */
/* env.h - the environment file: where the frame runs, between which namespaces the traffic goes,
 * and the commands that do what only a person could (power, cables). Format: ARCHITECTURE.md,
 * "Drill". */
#ifndef VIOS_DRILL_ENV_H
#define VIOS_DRILL_ENV_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "ha/drill/view.h"

#define ENV_TRAFFIC_MAX 8
#define ENV_ARGS_MAX 15
#define ENV_COMMAND_MAX 27
#define ENV_ADDRESS_BYTES 64
#define ENV_FAULT_BYTES 256

enum env_hook {
	ENV_POWER_OFF,
	ENV_POWER_ON,
	ENV_CUT,
	ENV_HEAL,
	ENV_UPLINK_DOWN,
	ENV_UPLINK_UP,
	ENV_HOOKS
};

struct env_traffic {
	char adapter[VIEW_NAME_BYTES]; /* CLIENT/ADAPTER */
	char client_netns[PATH_MAX];   /* a path; a bare name means /run/netns/NAME */
	char outside_netns[PATH_MAX];
	char client_address[ENV_ADDRESS_BYTES]; /* numeric */
	char outside_address[ENV_ADDRESS_BYTES];
};

struct env_vios {
	char name[VIEW_NAME_BYTES];
	char init_pid_file[PATH_MAX]; /* pid of the node's init, as the drill sees it */
};

/* A client's disk with somebody at it. */
struct env_storage {
	char adapter[VIEW_NAME_BYTES];	    /* CLIENT/ADAPTER; "": there is none */
	unsigned lun;			    /* as the client sees it */
	char *command[ENV_COMMAND_MAX + 1]; /* argv of the storage client, ends with NULL */
};

struct env {
	char run_dir[PATH_MAX];
	size_t n_traffic;
	struct env_traffic traffic[ENV_TRAFFIC_MAX];
	size_t n_vios;
	struct env_vios vios[VIEW_VIOS_MAX];
	struct env_storage storage;
	char *hook[ENV_HOOKS][ENV_ARGS_MAX + 1]; /* argv, ends with NULL; [0] NULL: not given */
};

const char *env_hook_name(enum env_hook hook);
bool env_has_storage(const struct env *env);

/* 0 and *out (free with env_free), or -errno with one sentence in fault. */
int env_load(const char *path, struct env **out, char fault[ENV_FAULT_BYTES]);
/* The same from text (unit tests). */
int env_parse(const char *text, struct env **out, char fault[ENV_FAULT_BYTES]);
void env_free(struct env *env);

#endif
