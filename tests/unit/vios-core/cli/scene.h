/* SPDX-License-Identifier: BSD-3-Clause */
/* scene.h - the answers of a viosd that the tests of viosctl's pure parts look at: frame.json. */
#ifndef VIOS_TESTS_CLI_SCENE_H
#define VIOS_TESTS_CLI_SCENE_H

#include "vios-core/cli/view.h"

struct scene {
	json_t *root;
	struct facts facts; /* borrowed from root */
};

/* From the directory of the tests' data; ends the program when it is not there. */
void scene_load(struct scene *scene, const char *dir);
void scene_free(struct scene *scene);
/* The objects of a kind: to change them. */
json_t *scene_list(struct scene *scene, const char *kind);

#endif
