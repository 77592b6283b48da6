/* SPDX-License-Identifier: BSD-3-Clause */
/* config_dice.c - see config_dice.h. One thread; names come from small pools, so that they meet. */
#include "tests/lib/config_dice.h"

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vios-core/model/config_frame.h"

static struct model_faults faults;

unsigned config_dice_roll(struct config_dice *dice, unsigned below)
{
	if (dice->bytes != NULL) {
		unsigned byte = dice->n_bytes > 0 ? *dice->bytes : 0;

		dice->bytes += dice->n_bytes > 0;
		dice->n_bytes -= dice->n_bytes > 0;
		return byte % below;
	}
	dice->seed ^= dice->seed << 13; /* xorshift64 */
	dice->seed ^= dice->seed >> 7;
	dice->seed ^= dice->seed << 17;
	return (unsigned)(dice->seed >> 33) % below;
}

static const char *pick(struct config_dice *dice, const char *const *of)
{
	unsigned n = 0;

	while (of[n] != NULL)
		n++;
	return of[config_dice_roll(dice, n)];
}

#define WORDS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static json_t *rubbish(struct config_dice *dice)
{
	switch (config_dice_roll(dice, 5)) {
	case 0:
		return json_null();
	case 1:
		return json_integer(-1);
	case 2:
		return json_string("");
	case 3:
		return json_array();
	default:
		return json_true();
	}
}

static json_t *vlans(struct config_dice *dice)
{
	json_t *list = json_array();

	for (unsigned n = config_dice_roll(dice, 4); n > 0; n--)
		json_array_append_new(list, json_integer(2 + config_dice_roll(dice, 40)));
	return list;
}

static json_t *sides(struct config_dice *dice)
{
	json_t *both = json_object();

	for (unsigned n = 1 + config_dice_roll(dice, 2); n > 0; n--) {
		const char *vios = pick(dice, WORDS("vios1", "vios2"));
		json_t *side = json_object();

		if (config_dice_roll(dice, 8) == 0) {
			json_decref(side);
			json_object_set_new(both, vios, json_null());
			continue;
		}
		json_object_set_new(side, "real_adapter",
			json_string(pick(dice, WORDS("ent0", "ent1", "ent9"))));
		json_object_set_new(side, "ha_mode",
			json_string(pick(dice, WORDS("auto", "standby", "sharing"))));
		json_object_set_new(both, vios, side);
	}
	return both;
}

static json_t *paths(struct config_dice *dice)
{
	char path[32];

	if (config_dice_roll(dice, 6) == 0)
		snprintf(path, sizeof(path), "/dev");
	else
		snprintf(path, sizeof(path), "/dev/%u", config_dice_roll(dice, 30));
	return json_pack("{s:s}", pick(dice, WORDS("vios1", "vios2")), path);
}

static json_t *attr_value(struct config_dice *dice, const char *attr)
{
	if (config_dice_roll(dice, 40) == 0)
		return rubbish(dice);
	if (strcmp(attr, "vlans") == 0)
		return vlans(dice);
	if (strcmp(attr, "sides") == 0)
		return sides(dice);
	if (strcmp(attr, "path") == 0)
		return paths(dice);
	if (strcmp(attr, "profile") == 0)
		return json_pack("{s:i}", "mtu", 1000 + (int)config_dice_roll(dice, 100));
	if (strcmp(attr, "client") == 0)
		return json_string(pick(dice, WORDS("a", "b", "c", "d")));
	if (strcmp(attr, "preferred") == 0)
		return json_string(pick(dice, WORDS("", "vios1", "vios2")));
	if (strcmp(attr, "vhost") == 0)
		return json_string(pick(dice, WORDS("vhost0", "vhost1", "vhost2")));
	if (strcmp(attr, "backing") == 0)
		return json_string(pick(dice, WORDS("d0", "d1", "d2", "d3")));
	if (strcmp(attr, "type") == 0)
		return json_string(pick(dice, WORDS("disk", "optical", "lv")));
	if (strcmp(attr, "repository") == 0)
		return json_string(pick(dice, WORDS("r0", "r0", "r1")));
	if (strcmp(attr, "size_bytes") == 0)
		return json_integer(2048 * (1 + (json_int_t)config_dice_roll(dice, 9)));
	if (strcmp(attr, "devargs") == 0)
		return json_string(pick(dice, WORDS("x", "y")));
	if (strcmp(attr, "mac") == 0)
		return json_string(pick(dice, WORDS("02:76:69:00:00:05", "02:00:00:00:00:01")));
	if (strcmp(attr, "cascade") == 0 || strcmp(attr, "force") == 0 ||
		strcmp(attr, "allow_unsealed") == 0)
		return json_boolean(config_dice_roll(dice, 2));
	return json_integer(1 + config_dice_roll(dice, 60));
}

/* Needed ones first, then those that may be there. */
static const struct shape {
	const char *kind;
	const char *needs[3], *may[5], *names[8];
} shapes[] = {
	{"client", {NULL}, {"id", "allow_unsealed", "vcpus"}, {"a", "b", "c", "d"}},
	{"veth", {"client"}, {"vlans", "pvid", "mac", "profile", "preferred"},
		{NULL, "a/eth0", "a/eth1", "b/eth0", "c/eth0", "d/eth2"}},
	{"vhost", {"client"}, {"preferred", "profile"}, {NULL, "vhost0", "vhost1", "vhost2"}},
	{"backing", {"path"}, {"type", "read_only", "path"}, {"d0", "d1", "d2", "d3"}},
	{"backing", {"path", "medium", "repository"}, {"size_bytes", "path"}, {"d0", "d1", "d2"}},
	{"repository", {"folder", "size_bytes"}, {"size_bytes", "path"}, {"r0", "r1"}},
	{"vtd", {"vhost", "backing"}, {"lun", "type", "force"},
		{NULL, "vtscsi0", "vtscsi1", "vtopt0"}},
	{"sea", {"sides"}, {"vlans", "pvid", "link_time"}, {NULL, "sea0", "sea1"}},
	{"physical", {"devargs"}, {"devargs"}, {"vios1/ent1", "vios2/ent1", "vios1/ent2"}},
	{"frame", {NULL}, {"hang_ms", "last_resort_ms"}, {NULL}},
	{"vios", {"node_id"}, {"workers", "node_id"}, {"vios1", "vios2"}},
};

static void put(struct config_dice *dice, json_t *attrs, const char *attr)
{
	if (attr == NULL)
		return;
	if (strcmp(attr, "medium") == 0) {
		json_object_set_new(attrs, "type", json_string("optical"));
		json_object_set_new(attrs, "read_only", json_true());
	} else if (strcmp(attr, "folder") == 0) {
		json_object_set_new(
			attrs, "path", json_pack("{s:s, s:s}", "vios1", "/dev", "vios2", "/dev/"));
	} else {
		json_object_set_new(attrs, attr, attr_value(dice, attr));
	}
}

static json_t *roll_op(struct config_dice *dice)
{
	const struct shape *shape =
		&shapes[config_dice_roll(dice, sizeof(shapes) / sizeof(shapes[0]))];
	const char *verb = pick(dice, WORDS("add", "add", "add", "set", "set", "remove"));
	bool add = strcmp(verb, "add") == 0, remove = strcmp(verb, "remove") == 0;
	json_t *op = json_pack("{s:s, s:s}", "op", verb, "kind", shape->kind),
	       *attrs = json_object();
	unsigned n_names = 0, begin = shape->names[0] == NULL && !add;
	const char *name;

	while (n_names < 2 || (n_names < 8 && shape->names[n_names] != NULL))
		n_names++;
	name = shape->names[begin + config_dice_roll(dice, n_names - begin)];
	if (name != NULL)
		json_object_set_new(op, "name", json_string(name));
	for (size_t i = 0; i < 3 && add; i++) {
		if (!(name != NULL && strchr(name, '/') != NULL && i == 0 &&
			    strcmp(shape->kind, "veth") == 0))
			put(dice, attrs, shape->needs[i]);
	}
	if (!remove && config_dice_roll(dice, 3) > 0)
		put(dice, attrs, shape->may[config_dice_roll(dice, 5)]);
	if (remove && config_dice_roll(dice, 2) == 0)
		put(dice, attrs, "cascade");
	json_object_set_new(op, "attrs", attrs);
	return op;
}

json_t *config_dice_change(struct config_dice *dice)
{
	json_t *ops = json_array();

	for (unsigned n = 1 + config_dice_roll(dice, 8) / 6; n > 0; n--)
		json_array_append_new(ops, roll_op(dice));
	return json_pack("{s:o}", "ops", ops);
}

struct config *config_dice_start(void)
{
	static const char text[] =
		"{\"frame\":\"f\",\"vios\":[{\"name\":\"vios1\",\"node_id\":1,\"uplink\":"
		"{\"name\":\"ent0\",\"devargs\":\"x\"}},{\"name\":\"vios2\",\"node_id\":2,"
		"\"uplink\":{\"name\":\"ent0\",\"devargs\":\"x\"}}]}";
	struct model_frame *frame;
	struct config *config;

	assert(model_frame_parse(text, strlen(text), &frame, &faults) == 0);
	assert(config_from_frame(frame, &config) == 0);
	model_frame_free(frame);
	return config;
}

static bool has_id(const struct config *config, uint32_t id)
{
	for (size_t i = 0; i < config->n_veth; i++) {
		if (config->veth[i].adapter.id == id)
			return true;
	}
	for (size_t i = 0; i < config->n_vhost; i++) {
		if (config->vhost[i].adapter.id == id)
			return true;
	}
	return false;
}

static bool told(const struct config_applied *applied, uint32_t id)
{
	for (size_t i = 0; i < applied->n_ids; i++) {
		if (applied->ids[i] == id)
			return true;
	}
	return false;
}

/* No id comes back; who comes or goes is named. */
static void check_id(const struct config *before, const struct config_applied *applied, uint32_t id)
{
	bool was = has_id(before, id), is = has_id(applied->config, id);

	assert(was || id >= before->next_id);
	assert(id < applied->config->next_id);
	if (was != is)
		assert(told(applied, id));
}

static void check_ids(const struct config *before, const struct config_applied *applied)
{
	const struct config *after = applied->config;

	assert(after->next_id >= before->next_id);
	for (size_t i = 0; i < after->n_veth; i++)
		check_id(before, applied, after->veth[i].adapter.id);
	for (size_t i = 0; i < after->n_vhost; i++)
		check_id(before, applied, after->vhost[i].adapter.id);
	for (size_t i = 0; i < before->n_veth; i++)
		check_id(before, applied, before->veth[i].adapter.id);
	for (size_t i = 1; i < applied->n_ids; i++)
		assert(applied->ids[i - 1] < applied->ids[i]);
}

/* It obeys the rules, and its text is canonical. */
static void check_text(const struct config *config)
{
	size_t len, len_again;
	char *text = config_text(config, &len), *again, *sorted;
	json_t *json = json_loadb(text, len, 0, NULL);
	struct config *back;

	if (config_parse(text, len, &back, &faults) != 0) {
		fprintf(stderr, "%s\n%s\n", faults.text[0], text);
		abort();
	}
	again = config_text(back, &len_again);
	assert(len == len_again && memcmp(text, again, len) == 0);
	sorted = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert(strcmp(text, sorted) == 0);
	json_decref(json);
	config_free(back);
	free(text);
	free(again);
	free(sorted);
}

/* The other VIOS gets the same. */
static void check_twin(
	const struct config *before, json_t *change, const struct config_applied *applied)
{
	char x[CONFIG_DIGEST_LEN + 1], y[CONFIG_DIGEST_LEN + 1];
	struct config_applied twin;
	json_t *diff;

	assert(config_apply(before, change, &twin, &faults) == 0);
	assert(config_digest(applied->config, x) == 0 && config_digest(twin.config, y) == 0);
	assert(strcmp(x, y) == 0 && json_equal(applied->created, twin.created));
	diff = config_diff(applied->config, twin.config);
	assert(json_array_size(diff) == 0);
	json_decref(diff);
	assert(config_digest(before, y) == 0);
	diff = config_diff(before, applied->config);
	assert((json_array_size(diff) == 0) == (strcmp(x, y) == 0));
	json_decref(diff);
	config_applied_fini(&twin);
}

static void check_created(const struct config_applied *applied)
{
	for (size_t i = 0; i < json_array_size(applied->created); i++) {
		json_t *row = json_array_get(applied->created, i);
		int kind = config_kind_of(json_string_value(json_object_get(row, "kind")));

		assert(kind >= 0 && json_string_length(json_object_get(row, "name")) > 0);
	}
}

static void check_refused(int rc, const struct config_applied *applied)
{
	json_t *list = config_faults_json(&faults);

	assert(rc == -EINVAL && faults.n > 0);
	assert(applied->config == NULL && applied->created == NULL && applied->ids == NULL);
	assert(json_array_size(list) > 0);
	json_decref(list);
}

bool config_dice_step(struct config **config, json_t *change)
{
	char before[CONFIG_DIGEST_LEN + 1], after[CONFIG_DIGEST_LEN + 1];
	struct config_applied applied;
	int rc;

	assert(config_digest(*config, before) == 0);
	rc = config_apply(*config, change, &applied, &faults);
	assert(config_digest(*config, after) == 0 && strcmp(before, after) == 0);
	if (rc != 0) {
		check_refused(rc, &applied);
		return false;
	}
	check_ids(*config, &applied);
	check_text(applied.config);
	check_created(&applied);
	check_twin(*config, change, &applied);
	config_free(*config);
	*config = applied.config;
	applied.config = NULL;
	config_applied_fini(&applied);
	return true;
}
