/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the environment file into a struct env.
 *
 * Runs once at the start, on the main thread; the caller owns the result. The file is the
 * operator's: every fault is named by its field.
 */
#include "ha/drill/env.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const hook_names[ENV_HOOKS] = {
	[ENV_POWER_OFF] = "power_off",
	[ENV_POWER_ON] = "power_on",
	[ENV_CUT] = "cut",
	[ENV_HEAL] = "heal",
	[ENV_UPLINK_DOWN] = "uplink_down",
	[ENV_UPLINK_UP] = "uplink_up",
};

const char *env_hook_name(enum env_hook hook)
{
	return hook_names[hook];
}

bool env_has_storage(const struct env *env)
{
	return env->storage.adapter[0] != '\0';
}

static int __attribute__((format(printf, 2, 3))) refuse(char *fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault, ENV_FAULT_BYTES, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int take_text(const json_t *object, const char *member, char *out, size_t size, char *fault)
{
	const char *text = json_string_value(json_object_get(object, member));

	if (!text || text[0] == '\0')
		return refuse(fault, "'%s' is missing or not a string; give it", member);
	if (strlen(text) >= size)
		return refuse(fault, "'%s' has %zu bytes; shorten it to %zu", member, strlen(text),
			size - 1);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int take_netns(const json_t *object, const char *member, char *out, char *fault)
{
	char name[PATH_MAX - 16];
	int rc = take_text(object, member, name, sizeof(name), fault);

	if (rc < 0)
		return rc;
	snprintf(out, PATH_MAX, "%s%s", strchr(name, '/') ? "" : "/run/netns/", name);
	return 0;
}

static int parse_traffic(const json_t *item, struct env_traffic *out, char *fault)
{
	int rc = take_text(item, "adapter", out->adapter, sizeof(out->adapter), fault);

	if (rc == 0)
		rc = take_netns(item, "client_netns", out->client_netns, fault);
	if (rc == 0)
		rc = take_netns(item, "outside_netns", out->outside_netns, fault);
	if (rc == 0)
		rc = take_text(item, "client_address", out->client_address,
			sizeof(out->client_address), fault);
	if (rc == 0)
		rc = take_text(item, "outside_address", out->outside_address,
			sizeof(out->outside_address), fault);
	return rc;
}

static int parse_traffic_list(const json_t *root, struct env *env, char *fault)
{
	const json_t *list = json_object_get(root, "traffic");
	json_t *item;
	size_t i;

	if (json_array_size(list) < 1 || json_array_size(list) > ENV_TRAFFIC_MAX)
		return refuse(fault, "'traffic' has %zu entries; give 1 to %d",
			json_array_size(list), ENV_TRAFFIC_MAX);
	json_array_foreach(list, i, item)
	{
		int rc = parse_traffic(item, &env->traffic[i], fault);

		if (rc < 0)
			return rc;
		env->n_traffic++;
	}
	return 0;
}

static int parse_vios(json_t *root, struct env *env, char *fault)
{
	json_t *list = json_object_get(root, "vios"), *item;
	const char *name;

	if (json_object_size(list) != VIEW_VIOS_MAX)
		return refuse(fault, "'vios' names %zu VIOS; name %d", json_object_size(list),
			VIEW_VIOS_MAX);
	json_object_foreach(list, name, item)
	{
		struct env_vios *vios = &env->vios[env->n_vios];
		int rc;

		if (strlen(name) >= sizeof(vios->name))
			return refuse(fault, "the VIOS name '%.40s...' is too long", name);
		memcpy(vios->name, name, strlen(name) + 1);
		rc = take_text(item, "init_pid_file", vios->init_pid_file,
			sizeof(vios->init_pid_file), fault);
		if (rc < 0)
			return rc;
		env->n_vios++;
	}
	return 0;
}

/* words: room for max and a NULL. */
static int take_words(const json_t *list, const char *what, char **words, size_t max, char *fault)
{
	json_t *item;
	size_t i;

	if (json_array_size(list) < 1 || json_array_size(list) > max)
		return refuse(fault, "%s is not a list of 1 to %zu words", what, max);
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return refuse(fault, "word %zu of %s is not a string", i + 1, what);
		words[i] = strdup(json_string_value(item));
		if (!words[i])
			return -ENOMEM;
	}
	return 0;
}

static int parse_hook(const json_t *list, enum env_hook hook, struct env *env, char *fault)
{
	char what[32];

	if (!list)
		return 0;
	snprintf(what, sizeof(what), "hook '%s'", hook_names[hook]);
	return take_words(list, what, env->hook[hook], ENV_ARGS_MAX - 1, fault);
}

static int parse_storage(const json_t *object, struct env_storage *out, char *fault)
{
	const json_t *lun = json_object_get(object, "lun");
	int rc;

	if (!object)
		return 0;
	rc = take_text(object, "adapter", out->adapter, sizeof(out->adapter), fault);
	if (rc < 0)
		return rc;
	if (!json_is_integer(lun) || json_integer_value(lun) < 0 || json_integer_value(lun) > 255)
		return refuse(fault, "'lun' of 'storage' is not a number from 0 to 255");
	out->lun = (unsigned)json_integer_value(lun);
	return take_words(json_object_get(object, "command"), "'command' of 'storage'",
		out->command, ENV_COMMAND_MAX, fault);
}

static int parse_root(json_t *root, struct env *env, char *fault)
{
	const json_t *hooks = json_object_get(root, "hooks");
	int rc = take_text(root, "run_dir", env->run_dir, sizeof(env->run_dir), fault);

	if (rc == 0)
		rc = parse_traffic_list(root, env, fault);
	if (rc == 0)
		rc = parse_vios(root, env, fault);
	if (rc == 0)
		rc = parse_storage(json_object_get(root, "storage"), &env->storage, fault);
	for (int i = 0; rc == 0 && i < ENV_HOOKS; i++)
		rc = parse_hook(
			json_object_get(hooks, hook_names[i]), (enum env_hook)i, env, fault);
	return rc;
}

static int from_json(json_t *root, const json_error_t *error, struct env **out, char *fault)
{
	struct env *env;
	int rc;

	if (!root)
		return refuse(fault, "line %d: %s; make it valid JSON", error->line, error->text);
	env = calloc(1, sizeof(*env));
	rc = env ? parse_root(root, env, fault) : -ENOMEM;
	json_decref(root);
	if (rc < 0)
		env_free(env);
	else
		*out = env;
	return rc;
}

int env_parse(const char *text, struct env **out, char fault[ENV_FAULT_BYTES])
{
	json_error_t error;

	fault[0] = '\0';
	return from_json(json_loads(text, JSON_REJECT_DUPLICATES, &error), &error, out, fault);
}

int env_load(const char *path, struct env **out, char fault[ENV_FAULT_BYTES])
{
	FILE *file = fopen(path, "re");
	json_error_t error;
	json_t *root;

	fault[0] = '\0';
	if (!file) {
		int rc = -errno;

		refuse(fault, "%s; name a file that the lab wrote", strerror(errno));
		return rc;
	}
	root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	return from_json(root, &error, out, fault);
}

void env_free(struct env *env)
{
	if (!env)
		return;
	for (int hook = 0; hook < ENV_HOOKS; hook++)
		for (int i = 0; i < ENV_ARGS_MAX; i++)
			free(env->hook[hook][i]);
	for (int i = 0; i < ENV_COMMAND_MAX; i++)
		free(env->storage.command[i]);
	free(env);
}
