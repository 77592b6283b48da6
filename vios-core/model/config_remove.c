/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_remove.c - the op remove: who needs the object, and with cascade their removal. Pure; any
 * thread. A refusal says what to do.
 */
#include <string.h>

#include "vios-core/model/config_check.h"
#include "vios-core/model/config_ops.h"

struct removal {
	struct change *change;
	const struct op *op;
	bool cascade;
	size_t index; /* of the object */
};

static void drop_vtds(struct config *config, const char *vhost)
{
	for (size_t i = config->n_vtd; i-- > 0;) {
		if (strcmp(config->vtd[i].vhost, vhost) == 0)
			config_delete(config, CONFIG_VTD, i);
	}
}

static size_t count_vtds(const struct config *config, const char *vhost)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_vtd; i++)
		n += strcmp(config->vtd[i].vhost, vhost) == 0;
	return n;
}

static size_t count_vhosts(const struct config *config, const char *client)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_vhost; i++)
		n += strcmp(config->vhost[i].client, client) == 0;
	return n;
}

static bool free_client(struct removal *r)
{
	struct config *config = r->change->config;
	const char *client = config->client[r->index].name;
	size_t n, first = config_owned(config, CONFIG_VETH, client, &n);

	if (!r->cascade && n + count_vhosts(config, client) > 0) {
		schema_fault(&r->change->s,
			"client %s has %zu adapters; remove them first, or set cascade", client,
			n + count_vhosts(config, client));
		return false;
	}
	while (n-- > 0)
		config_delete(config, CONFIG_VETH, first + n);
	for (size_t i = config->n_vhost; i-- > 0;) {
		if (strcmp(config->vhost[i].client, client) != 0)
			continue;
		drop_vtds(config, config->vhost[i].name);
		config_delete(config, CONFIG_VHOST, i);
	}
	return true;
}

static bool free_vhost(struct removal *r)
{
	struct config *config = r->change->config;
	const char *vhost = config->vhost[r->index].name;
	size_t n = count_vtds(config, vhost);

	if (n > 0 && !r->cascade) {
		schema_fault(&r->change->s,
			"%s has %zu virtual target devices; remove them first, or set cascade",
			vhost, n);
		return false;
	}
	drop_vtds(config, vhost);
	return true;
}

static bool mapped(struct removal *r, const struct config_backing *backing)
{
	const struct config *config = r->change->config;

	for (size_t i = 0; i < config->n_vtd; i++) {
		const struct config_vtd *vtd = &config->vtd[i];

		if (strcmp(vtd->backing, backing->name) != 0)
			continue;
		if (backing->type == CONFIG_OPTICAL)
			schema_fault(&r->change->s, "%s is loaded in %s (%s); unload it first",
				backing->name, vtd->name, vtd->vhost);
		else
			schema_fault(&r->change->s, "%s is mapped by %s (%s); remove that first",
				backing->name, vtd->name, vtd->vhost);
		return true;
	}
	return false;
}

/* Not with cascade either: a client would lose a disk without being named. */
static bool free_backing(struct removal *r)
{
	return !mapped(r, &r->change->config->backing[r->index]);
}

/* Nor does cascade take a medium out of a drive. */
static bool free_repository(struct removal *r)
{
	struct config *config = r->change->config;
	const char *repository = config->repository[r->index].name;
	size_t n = 0;

	for (size_t i = 0; i < config->n_backing; i++) {
		if (strcmp(config->backing[i].repository, repository) != 0)
			continue;
		if (mapped(r, &config->backing[i]))
			return false;
		n++;
	}
	if (n > 0 && !r->cascade) {
		schema_fault(&r->change->s, "%s has %zu media; remove them first, or set cascade",
			repository, n);
		return false;
	}
	for (size_t i = config->n_backing; i-- > 0;) {
		if (strcmp(config->backing[i].repository, repository) == 0)
			config_delete(config, CONFIG_BACKING, i);
	}
	return true;
}

static bool free_physical(struct removal *r)
{
	const struct config *config = r->change->config;
	const struct config_physical *physical = &config->physical[r->index];
	const struct config_physical *of = config_aggregation_of(config, physical, NULL);

	if (of) {
		schema_fault(&r->change->s, "%s/%s is a member of %s; take it out of that first",
			physical->vios, physical->name, of->name);
		return false;
	}
	for (size_t i = 0; i < config->n_sea; i++) {
		const struct config_sea *sea = &config->sea[i];

		for (size_t j = 0; j < sea->n_sides; j++) {
			if (strcmp(sea->sides[j].vios, physical->vios) != 0 ||
				strcmp(sea->sides[j].real_adapter, physical->name) != 0)
				continue;
			schema_fault(&r->change->s,
				"%s/%s is the real adapter of %s; give that another one first",
				physical->vios, physical->name, sea->name);
			return false;
		}
	}
	return true;
}

static bool vios_used(const struct config *config, const char *vios)
{
	size_t n;

	config_owned(config, CONFIG_PHYSICAL, vios, &n);
	for (size_t i = 0; i < config->n_sea; i++) {
		for (size_t j = 0; j < config->sea[i].n_sides; j++)
			n += strcmp(config->sea[i].sides[j].vios, vios) == 0;
	}
	for (size_t i = 0; i < config->n_backing; i++) {
		for (size_t j = 0; j < config->backing[i].n_paths; j++)
			n += strcmp(config->backing[i].paths[j].vios, vios) == 0;
	}
	for (size_t i = 0; i < config->n_repository; i++) {
		for (size_t j = 0; j < config->repository[i].n_paths; j++)
			n += strcmp(config->repository[i].paths[j].vios, vios) == 0;
	}
	return n > 0;
}

/* Without the element whose first member is key; the rest of the array is zeros again. */
static void drop_key(void *elements, size_t *n, size_t size, const char *key)
{
	for (size_t i = 0; i < *n; i++) {
		char *at = (char *)elements + i * size;

		if (strcmp(at, key) != 0)
			continue;
		memmove(at, at + size, (*n - i - 1) * size);
		memset((char *)elements + (*n - 1) * size, 0, size);
		(*n)--;
		return;
	}
}

static void forget_preferred(struct model_adapter *adapter, const char *vios)
{
	if (strcmp(adapter->preferred, vios) == 0)
		memset(adapter->preferred, 0, sizeof(adapter->preferred));
}

static void drop_vios(struct config *config, const char *vios)
{
	size_t n, first = config_owned(config, CONFIG_PHYSICAL, vios, &n);

	while (n-- > 0)
		config_delete(config, CONFIG_PHYSICAL, first + n);
	for (size_t i = 0; i < config->n_sea; i++)
		drop_key(config->sea[i].sides, &config->sea[i].n_sides,
			sizeof(config->sea[i].sides[0]), vios);
	for (size_t i = 0; i < config->n_backing; i++)
		drop_key(config->backing[i].paths, &config->backing[i].n_paths,
			sizeof(config->backing[i].paths[0]), vios);
	for (size_t i = 0; i < config->n_repository; i++)
		drop_key(config->repository[i].paths, &config->repository[i].n_paths,
			sizeof(config->repository[i].paths[0]), vios);
	for (size_t i = 0; i < config->n_veth; i++)
		forget_preferred(&config->veth[i].adapter, vios);
	for (size_t i = 0; i < config->n_vhost; i++)
		forget_preferred(&config->vhost[i].adapter, vios);
}

static bool free_vios(struct removal *r)
{
	struct config *config = r->change->config;
	const char *vios = config->vios[r->index].name;

	if (vios_used(config, vios) && !r->cascade) {
		schema_fault(&r->change->s,
			"%s has adapters, SEA sides or paths to devices; remove them first, or set "
			"cascade",
			vios);
		return false;
	}
	drop_vios(config, vios);
	return true;
}

static bool read_cascade(struct removal *r)
{
	struct schema *s = &r->change->s;
	size_t was = schema_push(s, "attrs", 0), before = s->faults->n;
	const char *name;
	json_t *value;

	json_object_foreach(r->op->attrs, name, value)
	{
		if (strcmp(name, "cascade") != 0)
			schema_fault(
				s, "remove takes \"cascade\" only, not \"%.40s\"; remove it", name);
		else if (!json_is_boolean(value))
			schema_fault(
				s, "cascade is %s; write true or false", schema_show(value).text);
		else
			r->cascade = json_is_true(value);
	}
	schema_pop(s, was);
	return s->faults->n == before;
}

void config_op_remove(struct change *change, const struct op *op)
{
	static bool (*const make_free[CONFIG_KINDS])(struct removal *) = {
		[CONFIG_BACKING] = free_backing,
		[CONFIG_CLIENT] = free_client,
		[CONFIG_PHYSICAL] = free_physical,
		[CONFIG_REPOSITORY] = free_repository,
		[CONFIG_VHOST] = free_vhost,
		[CONFIG_VIOS] = free_vios,
	};
	struct removal r = {.change = change, .op = op};
	ptrdiff_t at = config_op_find(change, op);

	if (at < 0 || !read_cascade(&r))
		return;
	r.index = (size_t)at;
	if (make_free[op->kind] == NULL || make_free[op->kind](&r))
		config_delete(change->config, op->kind, r.index);
}
