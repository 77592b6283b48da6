/* SPDX-License-Identifier: BSD-3-Clause */
/* Status answers: what a redundant pair looks like, and every way in which it is not one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ha/drill/view.h"

static const char whole[] =
	"{'answered_by':'vios1','cluster':{'state':'joined','members':[1,2]},"
	"'vios':[{'name':'vios1','state':'online','netd':{'state':'up','incarnation':'00aa'}},"
	"{'name':'vios2','state':'online','netd':{'state':'up','incarnation':'00bb'}}],"
	"'adapters':[{'adapter':'lpar1/eth0','live':'vios1','start':7,'client_connected':true,"
	"'paths':{'vios1':{'phase':'live','state':'active/optimized'},"
	"'vios2':{'phase':'ready','state':'standby'}}}]}";

static const char *const adapter[] = {"lpar1/eth0"};

/* Parses text with ' for ", after the first `from` in it was replaced by `to`. */
static struct view view_with(const char *from, const char *to)
{
	char text[2048];
	const char *at = strstr(whole, from);
	struct view view;
	json_t *json;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	view_parse(json, &view);
	json_decref(json);
	return view;
}

static void reads_everything(void **state)
{
	struct view view = view_with("", "");
	char why[VIEW_WHY_BYTES];

	assert_string_equal(view.answered_by, "vios1");
	assert_string_equal(view_vios(&view, "vios2")->incarnation, "00bb");
	assert_string_equal(view_adapter(&view, "lpar1/eth0")->live, "vios1");
	assert_int_equal(view_adapter(&view, "lpar1/eth0")->start, 7);
	assert_null(view_vios(&view, "vios3"));
	assert_null(view_adapter(&view, "lpar1/eth1"));
	assert_true(view_redundant(&view, adapter, 1, why));
}

static void each_lack_is_named(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} lack[] = {
		{"'joined'", "'disconnected'", "0 members"},
		{"[1,2]", "[1]", "1 members"},
		{"'state':'online'", "'state':'offline'", "vios1 is offline"},
		{"'state':'online'", "'state':7", "vios1 is unknown"},
		{"'state':'up'", "'state':'starting'", "vios-netd of vios1 is starting"},
		{"'netd':{", "'other':{", "vios-netd of vios1 is unknown"},
		{"lpar1/eth0", "lpar2/eth0", "not known to vios1"},
		{"'live':'vios1'", "'live':null", "no live path"},
		{"'live':'vios1'", "'live':'vios2'", "is live, not ready"},
		{"'client_connected':true", "'client_connected':1", "no client"},
		{"'ready'", "'priming'", "is priming, not ready"},
		{"'ready'", "'a phase of more than sixteen bytes'", "is unknown, not ready"},
		{"'vios2':{'phase'", "'vios1':{'phase'", "has 1 paths"},
		{"'standby'", "'unavailable'", "path vios2 of lpar1/eth0 is unavailable"},
		{"'active/optimized'", "'unavailable'", "path vios1 of lpar1/eth0 is unavailable"},
	};
	char why[VIEW_WHY_BYTES];

	for (size_t i = 0; i < sizeof(lack) / sizeof(lack[0]); i++) {
		struct view view = view_with(lack[i].from, lack[i].to);

		assert_false(view_redundant(&view, adapter, 1, why));
		if (!strstr(why, lack[i].why))
			fail_msg("'%s' for %s", why, lack[i].to);
	}
}

static void hostile_shapes(void **state)
{
	static const char *const texts[] = {"null", "[]", "{}", "7", "{\"vios\":{},\"adapters\":7}",
		"{\"vios\":[1,2,3,4],\"adapters\":[[],[],null]}", "{\"cluster\":[]}"};
	char why[VIEW_WHY_BYTES];
	struct view view;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);

		assert_non_null(json);
		view_parse(json, &view);
		assert_false(view_redundant(&view, adapter, 1, why));
		json_decref(json);
	}
	view_parse(NULL, &view);
	assert_false(view_redundant(&view, adapter, 1, why));
}

static void more_than_there_is_room_for(void **state)
{
	json_t *root = json_object(), *list = json_array(), *paths = json_object();
	char name[8];
	struct view view;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		json_object_set_new(paths, name, json_pack("{s:s}", "phase", "ready"));
	}
	for (int i = 0; i < 40; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:O}", "adapter", "a/b", "paths", paths));
	json_object_set(root, "adapters", list);
	json_object_set(root, "vios", list);
	view_parse(root, &view);
	assert_int_equal(view.n_adapters, VIEW_ADAPTERS_MAX);
	assert_int_equal(view.n_vios, VIEW_VIOS_MAX);
	assert_int_equal(view.adapter[0].n_paths, VIEW_VIOS_MAX);
	json_decref(root);
	json_decref(list);
	json_decref(paths);
}

static void what_the_state_wants_of_a_path(void **state)
{
	static const char text[] =
		"{'state':{'vhost':[7,{'client':'lpar1','adapter':'scsi'},"
		"{'client':'lpar','adapter':'scsi0','preferred':'vios2','failback':'manual'},"
		"{'client':'lpar1','adapter':'scsi0','preferred':'vios1','hold_time':0},"
		"{'client':'lpar1','adapter':'scsi1','failback':7}]}}";
	struct view_vhost vhost;
	char quoted[sizeof(text)];
	json_t *json;

	memcpy(quoted, text, sizeof(text));
	for (char *c = quoted; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	json = json_loads(quoted, 0, NULL);
	assert_non_null(json);
	assert_true(view_vhost_parse(json, "lpar1/scsi0", &vhost));
	assert_string_equal(vhost.preferred, "vios1");
	assert_true(vhost.failback && vhost.hold_s == 0);
	assert_true(view_vhost_parse(json, "lpar/scsi0", &vhost));
	assert_string_equal(vhost.preferred, "vios2");
	assert_true(!vhost.failback && vhost.hold_s == 60);
	assert_true(view_vhost_parse(json, "lpar1/scsi1", &vhost));
	assert_true(!vhost.failback && !vhost.preferred[0]);
	assert_false(view_vhost_parse(json, "lpar1/eth0", &vhost));
	assert_false(view_vhost_parse(json, "lpar1", &vhost));
	assert_false(view_vhost_parse(NULL, "lpar1/scsi0", &vhost));
	json_decref(json);
}

static void switched(const char *text, int rc, const char *says)
{
	char why[VIEW_WHY_BYTES] = "x";
	json_t *json = json_loads(text, 0, NULL);

	assert_int_equal(view_switched(json, why), rc);
	assert_string_equal(why, says);
	json_decref(json);
}

static void what_became_of_a_switch(void **state)
{
	switched("{\"switched\":[{}],\"unchanged\":[],\"failed\":[]}", 0, "");
	switched("{\"switched\":[],\"unchanged\":[\"lpar1/eth0\"],\"failed\":[]}", 0, "");
	switched("{\"switched\":[],\"failed\":[{\"reason\":\"it is not ready\"}]}", -EPROTO,
		"it is not ready");
	switched("{\"failed\":[{\"reason\":7}]}", -EPROTO, "'switched' names no adapter");
	switched("[]", -EPROTO, "'switched' names no adapter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(each_lack_is_named),
		cmocka_unit_test(hostile_shapes),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(what_the_state_wants_of_a_path),
		cmocka_unit_test(what_became_of_a_switch),
	};

	return cmocka_run_group_tests_name("ha/drill/view", tests, NULL, NULL);
}
