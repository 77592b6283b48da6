// SPDX-License-Identifier: BSD-3-Clause
/* scene.c - reads the answers that the tests look at. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

void scene_load(struct scene *scene, const char *dir)
{
	char path[512];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/frame.json", dir);
	scene->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!scene->root) {
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
		exit(1);
	}
	json_t *config = json_object_get(scene->root, "config");
	scene->facts = (struct facts){
		.config = config,
		.state = json_object_get(config, "state"),
		.status = json_object_get(scene->root, "status"),
		.devices = json_object_get(json_object_get(scene->root, "devices"), "vios"),
		.running = json_object_get(scene->root, "running"),
	};
	view_prepare(&scene->facts);
}

void scene_free(struct scene *scene)
{
	view_done(&scene->facts);
	json_decref(scene->root);
}

json_t *scene_list(struct scene *scene, const char *kind)
{
	return json_object_get(scene->facts.state, kind);
}
