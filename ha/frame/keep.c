/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep.c - the state file's JSON. Pure; main thread. An entry that makes no sense is left out
 * rather than failing the whole: a daemon that does not start watches nobody.
 */
#include "ha/frame/keep.h"

#include <errno.h>
#include <string.h>

#include "ha/frame/params.h"

static json_t *plane_json(const struct keep_plane *p)
{
	char incarnation[INCARNATION_BYTES];

	incarnation_text(p->incarnation, incarnation);
	return json_pack("{s:s, s:s, s:s, s:i, s:I}", "vios", p->vios, "plane", p->plane,
		"incarnation", incarnation, "pid", p->pid, "start_time", (json_int_t)p->start_time);
}

static json_t *poison_json(const struct poison_adapter *a, const char *name)
{
	return json_pack("{s:I, s:s, s:i, s:I, s:s, s:s}", "id", (json_int_t)a->id, "adapter", name,
		"state", (int)a->state, "crash_ns", (json_int_t)a->crash_ns, "vios", a->vios,
		"plane", a->plane);
}

json_t *keep_format(const struct keep *keep)
{
	json_t *planes = json_array();
	json_t *poison = json_array();

	for (size_t i = 0; i < keep->n_planes; i++)
		json_array_append_new(planes, plane_json(&keep->plane[i]));
	for (size_t i = 0; i < keep->n_poison; i++)
		json_array_append_new(poison, poison_json(&keep->poison[i], keep->poison_name[i]));
	return json_pack("{s:s, s:o, s:{s:I, s:s, s:s}, s:o}", "boot", keep->boot, "planes", planes,
		"last_kill", "ns", (json_int_t)keep->kill_ns, "vios", keep->kill_vios, "plane",
		keep->kill_plane, "poison", poison);
}

static int copy(json_t *o, const char *member, char *to, size_t size)
{
	const char *s = json_string_value(json_object_get(o, member));
	size_t len = s ? strlen(s) : size;

	if (len >= size)
		return -EINVAL;
	memcpy(to, s, len + 1);
	return 0;
}

static uint64_t number(json_t *o, const char *member)
{
	json_int_t v = json_integer_value(json_object_get(o, member));

	return v > 0 ? (uint64_t)v : 0;
}

static int plane_parse(json_t *o, struct keep_plane *p)
{
	struct params_plane head;
	char why[PARAMS_WHY];
	uint64_t pid = number(o, "pid");

	if (params_plane(o, &head, why) < 0 || pid < 2 || pid > INT32_MAX)
		return -EINVAL;
	if (copy(o, "vios", p->vios, sizeof(p->vios)) < 0 ||
		copy(o, "plane", p->plane, sizeof(p->plane)) < 0)
		return -EINVAL;
	p->incarnation = head.incarnation;
	p->pid = (int)pid;
	p->start_time = number(o, "start_time");
	return p->start_time == 0 ? -EINVAL : 0;
}

static int poison_parse(json_t *o, struct poison_adapter *a, char *name)
{
	uint64_t id = number(o, "id"), state = number(o, "state");

	if (id == 0 || id > UINT32_MAX || state == 0 || state >= POISON_STATES)
		return -EINVAL;
	a->id = (uint32_t)id;
	a->state = (enum poison_state)state;
	a->crash_ns = number(o, "crash_ns");
	if (copy(o, "adapter", name, KEEP_ADAPTER) < 0 || copy(o, "vios", a->vios, POISON_NAME) < 0)
		return -EINVAL;
	return copy(o, "plane", a->plane, POISON_NAME);
}

static void kill_parse(json_t *o, struct keep *out)
{
	out->kill_ns = number(o, "ns");
	if (copy(o, "vios", out->kill_vios, JUDGE_NAME) < 0 ||
		copy(o, "plane", out->kill_plane, JUDGE_NAME) < 0)
		out->kill_ns = 0;
}

int keep_parse(json_t *root, struct keep *out)
{
	json_t *planes = json_object_get(root, "planes");
	json_t *poison = json_object_get(root, "poison");

	memset(out, 0, sizeof(*out));
	if (copy(root, "boot", out->boot, sizeof(out->boot)) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(planes) && out->n_planes < JUDGE_SLOTS; i++)
		if (plane_parse(json_array_get(planes, i), &out->plane[out->n_planes]) == 0)
			out->n_planes++;
	for (size_t i = 0; i < json_array_size(poison) && out->n_poison < POISON_MAX; i++)
		if (poison_parse(json_array_get(poison, i), &out->poison[out->n_poison],
			    out->poison_name[out->n_poison]) == 0)
			out->n_poison++;
	kill_parse(json_object_get(root, "last_kill"), out);
	return 0;
}
