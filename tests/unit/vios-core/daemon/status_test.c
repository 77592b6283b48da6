// SPDX-License-Identifier: BSD-3-Clause
/* Tests of inventory.c, summary.c, greeting.c and status.c: others' JSON in, ours
 * out. */
#include "vios-core/daemon/greeting.h"
#include "vios-core/daemon/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char frame_text[] =
	"{\"frame\":\"frame1\",\"vios\":["
	"{\"name\":\"vios1\",\"node_id\":1,\"uplink\":{\"name\":\"ent0\",\"devargs\":\"net_null0\"}"
	"},"
	"{\"name\":\"vios2\",\"node_id\":2,\"uplink\":{\"name\":\"ent0\",\"devargs\":\"net_null0\"}"
	"}],"
	"\"clients\":[{\"name\":\"lpar1\",\"adapters\":["
	"{\"name\":\"eth0\",\"type\":\"ethernet\",\"id\":1,\"mac\":\"02:76:69:00:00:01\"},"
	"{\"name\":\"scsi0\",\"type\":\"scsi\",\"id\":2}]},"
	"{\"name\":\"lpar2\",\"adapters\":["
	"{\"name\":\"eth0\",\"type\":\"ethernet\",\"id\":3,\"mac\":\"02:76:69:00:00:03\"}]}]}";

static struct model_frame *frame;
static struct inventory inventory;
static bool connected;

static int setup(void **state)
{
	struct model_faults faults;

	connected = true;
	if (model_frame_parse(frame_text, strlen(frame_text), &frame, &faults) < 0) {
		print_error("%s\n", faults.text[0]);
		return -1;
	}
	return inventory_init(&inventory, frame);
}

static int teardown(void **state)
{
	inventory_fini(&inventory);
	model_frame_free(frame);
	return 0;
}

static json_t *json(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (!value)
		fail_msg("%s: %s", text, error.text);
	return value;
}

static const char *report(const char *text, struct adapter_status *out)
{
	json_t *params = json(text);
	const char *fault = adapter_status_parse(frame, params, out);

	json_decref(params);
	return fault;
}

static bool is_connected(const void *user, size_t client)
{
	return connected;
}

static void test_inventory(void **state)
{
	size_t n;

	assert_int_equal(inventory.n, 3);
	assert_ptr_equal(inventory_find(&inventory, "lpar2/eth0"), &inventory.list[2]);
	assert_null(inventory_find(&inventory, "lpar2/eth1"));
	assert_null(inventory_find(&inventory, NULL));
	assert_null(inventory_find(&inventory, "lpar1"));
	assert_null(inventory_find(&inventory, "/eth0"));
	assert_null(inventory_find(&inventory, "lpar1/"));
	assert_null(inventory_find(&inventory, "lpar1/eth0/"));
	assert_null(inventory_find(&inventory, "lpar1lpar1lpar1lpar1lpar1lpar1lpar1/eth0"));
	assert_int_equal(inventory_client(&inventory, "lpar2"), 1);
	assert_int_equal(inventory_client(&inventory, "lpar3"), -1);
	assert_ptr_equal(inventory_of_client(&inventory, 0, &n), &inventory.list[0]);
	assert_int_equal(n, 2);
	assert_ptr_equal(inventory_of_client(&inventory, 1, &n), &inventory.list[2]);
	assert_int_equal(n, 1);
}

static void test_inventory_update_says_whose(void **state)
{
	struct path_facts facts = {.serving = true};
	uint64_t clock = 10;
	bool changed[2] = {false, false};

	assert_true(inventory_update(&inventory, &facts, &clock, changed));
	assert_true(changed[0] && changed[1]);
	assert_int_equal(inventory.list[0].path.state, MODEL_PATH_OPTIMIZED);
	/* Nothing is known of the target yet: its path is not spoken of. */
	assert_int_equal(inventory.list[1].path.state, MODEL_PATH_UNAVAILABLE);
	assert_int_equal(inventory.list[1].path.generation, 0);
	assert_int_equal(clock, 12);

	json_t *names = json("{\"adapters\": [\"lpar2/eth0\", 7, \"nobody/eth9\"]}");
	json_t *held = json("{\"held\": [\"lpar2/eth0\"], \"adapters\": 7}");
	json_t *former = json("{\"adapters\": [\"lpar2/eth0\"], \"adapter_ids\": [4]}");
	assert_true(inventory_quarantine(&inventory, names));
	assert_false(inventory_quarantine(&inventory, names));
	changed[0] = changed[1] = false;
	assert_true(inventory_update(&inventory, &facts, &clock, changed));
	assert_false(changed[0]);
	assert_true(changed[1]);
	assert_int_equal(inventory.list[2].path.state, MODEL_PATH_UNAVAILABLE);
	/* Held is as good as quarantined; each list stands for itself. */
	assert_true(inventory_quarantine(&inventory, held));
	assert_false(inventory_update(&inventory, &facts, &clock, changed));
	assert_true(inventory.list[2].held && !inventory.list[2].quarantined);
	/* A former bearer of its name is another adapter. */
	assert_true(inventory_quarantine(&inventory, former));
	assert_false(inventory_quarantine(&inventory, NULL));
	assert_true(inventory_update(&inventory, &facts, &clock, changed));
	assert_int_equal(inventory.list[2].path.state, MODEL_PATH_OPTIMIZED);
	json_decref(names);
	json_decref(held);
	json_decref(former);
}

/* A target's path is up to the target, whatever becomes of the uplink and the other data plane. */
static void test_targets_paths(void **state)
{
	const struct path_facts none = {.kernel_link = LINK_DOWN};
	struct inventory_adapter *scsi = &inventory.list[1];
	uint64_t clock = 0;
	bool changed[2] = {false, false};

	scsi->target_known = scsi->target_serves = scsi->target_is_current = true;
	assert_true(inventory_update(&inventory, &none, &clock, changed));
	assert_int_equal(inventory.list[0].path.state, MODEL_PATH_UNAVAILABLE);
	assert_int_equal(scsi->path.state, MODEL_PATH_OPTIMIZED);
	scsi->target_is_current = false;
	assert_true(inventory_update(&inventory, &none, &clock, changed));
	assert_int_equal(scsi->path.state, MODEL_PATH_NON_OPTIMIZED);
	changed[0] = changed[1] = false;
	scsi->target_serves = false;
	assert_true(inventory_update(&inventory, &none, &clock, changed));
	assert_true(changed[0] && !changed[1]);
	assert_int_equal(scsi->path.state, MODEL_PATH_UNAVAILABLE);
	scsi->target_serves = scsi->target_is_current = scsi->held = true;
	assert_false(inventory_update(&inventory, &none, &clock, changed));
	scsi->held = false;
	scsi->behind = true;
	assert_false(inventory_update(&inventory, &none, &clock, changed));
}

static struct summary some_summary(void)
{
	struct summary summary = {.viosd_pid = 12, .n_scsids = 2};

	strcpy(summary.scsids[0].adapter, "lpar1/scsi0");
	summary.scsids[0].plane.pid = 77;
	strcpy(summary.scsids[0].plane.incarnation, "00000000000000ab");
	summary.scsids[0].plane.state = PLANE_UP;
	strcpy(summary.scsids[1].adapter, "lpar2/scsi1");
	summary.scsids[1].plane.deaths = 3;
	path_faults_take(&summary.scsids[1].faults,
		&(struct path_fault_note){9, PATH_FAULT_FAILED, "ENODEV"});
	strcpy(summary.scsids[1].plane.reason, "configure: LUN 1 (a): /dev/x: \"gone\"");

	strcpy(summary.vios, "vios2");
	summary.netd.pid = 34;
	strcpy(summary.netd.incarnation, "0123456789abcdef");
	summary.netd.state = PLANE_UP;
	strcpy(summary.uplink.name, "ent0");
	strcpy(summary.uplink.devargs, "net_af_packet0,iface=up0");
	summary.uplink.link = LINK_DOWN;
	return summary;
}

static void test_summary_round_trip(void **state)
{
	struct summary in = some_summary(), out;
	size_t text_bytes;
	char *text;

	assert_int_equal(summary_write(&in, &text, &text_bytes), 0);
	assert_int_equal(summary_read(text, text_bytes, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	/* Each shorter text is rubbish, and nothing is read beyond its end. */
	for (size_t n = 0; n < text_bytes; n++) {
		char *copy = malloc(n ? n : 1);
		memcpy(copy, text, n);
		assert_int_not_equal(summary_read(copy, n, &out), 0);
		free(copy);
	}
	free(text);
	/* A data plane that is not there. */
	in.netd.pid = 0;
	in.uplink.netaddr = LINK_DOWN;
	in.netd.state = PLANE_STARTING;
	in.netd.deaths = 7;
	strcpy(in.netd.reason, "process 7 ended with 1: no huge pages");
	memset(in.netd.incarnation, 0, sizeof(in.netd.incarnation));
	assert_int_equal(summary_write(&in, &text, &text_bytes), 0);
	assert_int_equal(summary_read(text, text_bytes, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	free(text);
}

#define REST(scsids)                                                                               \
	"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"},"               \
	"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"},\"scsids\":" scsids "}"

/* As many as there is room for are told, and no more are taken. */
static void test_many_targets(void **state)
{
	struct summary in = some_summary(), out;
	json_t *list, *object;
	size_t text_bytes;
	char *text;

	in.n_scsids = SUMMARY_SCSIDS;
	for (size_t i = 0; i < SUMMARY_SCSIDS; i++) {
		in.scsids[i] = in.scsids[0];
		memset(in.scsids[i].adapter, 0, sizeof(in.scsids[i].adapter));
		memset(in.scsids[i].adapter, 'a', MODEL_NAME_MAX);
		strcpy(in.scsids[i].adapter + MODEL_NAME_MAX, "/scsi0");
		memset(in.scsids[i].plane.reason, '"', SUMMARY_REASON_BYTES - 1);
	}
	assert_int_equal(summary_write(&in, &text, &text_bytes), 0);
	assert_true(text_bytes < 60000); /* of a message of 64 KiB */
	assert_int_equal(summary_read(text, text_bytes, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	object = json(text);
	free(text);
	list = json_object_get(object, "scsids");
	json_array_append(list, json_array_get(list, 0));
	text = json_dumps(object, 0);
	assert_int_not_equal(summary_read(text, strlen(text), &out), 0);
	free(text);
	json_decref(object);
}

static void test_bad_summaries(void **state)
{
	static const char *const bad[] = {
		"[]",
		"7",
		"{}",
		"{\"name\":\"../x\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":-1,\"netd\":{\"pid\":1,\"state\":\"up\"},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"incarnation\":\"xyz\"},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"deaths\":-1},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"reason\":\"\\u001b[2J\"}"
		","
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"reason\":7},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"sideways\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"},"
		"\"uplink\":{\"name\":\"e\\n\",\"devargs\":\"d\",\"link\":\"up\"}}",
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"}}",
		REST("7"),
		REST("[7]"),
		REST("[{\"pid\":1,\"state\":\"up\"}]"),
		REST("[{\"adapter\":\"lpar1\",\"pid\":1,\"state\":\"up\"}]"),
		REST("[{\"adapter\":\"lpar1/../x\",\"pid\":1,\"state\":\"up\"}]"),
		REST("[{\"adapter\":\"lpar1/scsi0\",\"pid\":-1,\"state\":\"up\"}]"),
	};
	static const char fine[] =
		"{\"name\":\"vios2\",\"viosd_pid\":1,\"netd\":{\"pid\":1,\"state\":\"up\"},"
		"\"uplink\":{\"name\":\"e\",\"devargs\":\"d\",\"link\":\"up\"}}";
	struct summary out;

	assert_int_equal(summary_read(fine, strlen(fine), &out), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (summary_read(bad[i], strlen(bad[i]), &out) == 0)
			fail_msg("taken: %s", bad[i]);
}

static void test_greeting(void **state)
{
	static const char fine[] = "{\"vios\":\"vios1\",\"plane\":\"netd\",\"pid\":5,"
				   "\"incarnation\":\"0123456789abcdef\",\"workers\":2,"
				   "\"version\":\"1\",\"configured\":true}";
	static const char *const bad[] = {
		"{}",
		"{\"vios\":\"vios2\",\"plane\":\"netd\",\"pid\":5,\"incarnation\":"
		"\"0123456789abcdef\",\"workers\":2}",
		"{\"vios\":\"vios1\",\"plane\":\"scsid\",\"pid\":5,\"incarnation\":"
		"\"0123456789abcdef\",\"workers\":2}",
		"{\"vios\":\"vios1\",\"plane\":\"netd\",\"pid\":0,\"incarnation\":"
		"\"0123456789abcdef\",\"workers\":2}",
		"{\"vios\":\"vios1\",\"plane\":\"netd\",\"pid\":5,\"incarnation\":"
		"\"0123456789ABCDEF\",\"workers\":2}",
		"{\"vios\":\"vios1\",\"plane\":\"netd\",\"pid\":5,\"incarnation\":"
		"\"0123456789abcde\",\"workers\":2}",
		"{\"vios\":\"vios1\",\"plane\":\"netd\",\"pid\":5,\"incarnation\":"
		"\"0123456789abcdef\",\"workers\":17}",
	};
	const struct greeting_whom netd = {.vios = "vios1", .plane = "netd"};
	struct greeting got;
	json_t *answer = json(fine);

	assert_null(greeting_parse(answer, &netd, 4, &got));
	assert_int_equal(got.workers, 2);
	assert_int_equal(got.pid, 5);
	assert_true(got.configured);
	assert_non_null(greeting_parse(answer, &netd, 3, &got));
	assert_non_null(greeting_parse(answer, &netd, 0, &got));
	json_decref(answer);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answer = json(bad[i]);
		if (!greeting_parse(answer, &netd, 4, &got))
			fail_msg("taken: %s", bad[i]);
		json_decref(answer);
	}
}

/* A target of another adapter, or one that does not say of which, is not the one that was meant. */
static void test_greeting_of_a_target(void **state)
{
	static const char text[] = "{\"vios\":\"vios1\",\"plane\":\"scsid\",\"adapter\":"
				   "\"lpar1/scsi0\",\"pid\":5,\"incarnation\":"
				   "\"0123456789abcdef\",\"workers\":2}";
	struct greeting_whom whom = {.vios = "vios1", .plane = "scsid", .adapter = "lpar1/scsi0"};
	struct greeting got;
	json_t *answer = json(text);

	assert_null(greeting_parse(answer, &whom, 4, &got));
	assert_false(got.configured);
	whom.adapter = "lpar1/scsi1";
	assert_non_null(greeting_parse(answer, &whom, 4, &got));
	whom.adapter = "lpar1/scsi0";
	json_object_del(answer, "adapter");
	assert_non_null(greeting_parse(answer, &whom, 4, &got));
	whom = (struct greeting_whom){.vios = "vios1", .plane = "netd"};
	assert_non_null(greeting_parse(answer, &whom, 4, &got));
	json_decref(answer);
}

static struct roundtrip_figures round_trip;
static bool no_adapters;

static json_t *status(const struct members *members, const struct summary *peer)
{
	struct summary own = {.viosd_pid = 1};
	struct status_facts facts = {
		.inventory = &inventory,
		.members = members,
		.summaries = {&own, peer},
		.mux_connected = is_connected,
		.round_trip = round_trip,
		.no_adapters = no_adapters,
	};

	strcpy(own.vios, "vios1");
	json_t *result = status_assemble(&facts);
	assert_non_null(result);
	return result;
}

static const char *peer_text(const json_t *result, const char *key)
{
	return json_string_value(
		json_object_get(json_array_get(json_object_get(result, "vios"), 1), key));
}

static void test_status_of_the_peer(void **state)
{
	struct members members = {.joined = true, .n = 2, .list = {{1, 10}, {2, 20}}};
	struct summary peer = some_summary();
	json_t *result = status(&members, &peer);
	const json_t *vios = json_array_get(json_object_get(result, "vios"), 1);

	assert_string_equal(peer_text(result, "state"), "online");
	assert_int_equal(json_integer_value(json_object_get(vios, "viosd_pid")), 12);
	vios = json_array_get(json_object_get(vios, "scsids"), 0);
	assert_string_equal(json_string_value(json_object_get(vios, "adapter")), "lpar1/scsi0");
	assert_string_equal(json_string_value(json_object_get(vios, "state")), "up");
	json_decref(result);

	/* Gone: what it said last is not shown as if it were so still. */
	members.n = 1;
	result = status(&members, &peer);
	vios = json_array_get(json_object_get(result, "vios"), 1);
	assert_string_equal(peer_text(result, "state"), "offline");
	assert_true(json_is_null(json_object_get(vios, "viosd_pid")));
	json_decref(result);

	members_disconnect(&members);
	result = status(&members, &peer);
	assert_string_equal(peer_text(result, "state"), "unknown");
	json_decref(result);
	result = status(NULL, NULL);
	assert_string_equal(peer_text(result, "state"), "unknown");
	json_decref(result);
}

static void test_status_of_the_group(void **state)
{
	struct members members = {.joined = true, .n = 1, .list = {{1, 10}}};
	json_t *result = status(&members, NULL), *trip;

	trip = json_object_get(json_object_get(result, "cluster"), "round_trip");
	assert_true(json_is_null(trip));
	json_decref(result);
	round_trip = (struct roundtrip_figures){4, 700, 600, 900};
	result = status(&members, NULL);
	trip = json_object_get(json_object_get(result, "cluster"), "round_trip");
	assert_int_equal(json_integer_value(json_object_get(trip, "of")), 4);
	assert_int_equal(json_integer_value(json_object_get(trip, "last_us")), 700);
	assert_int_equal(json_integer_value(json_object_get(trip, "median_us")), 600);
	assert_int_equal(json_integer_value(json_object_get(trip, "worst_us")), 900);
	json_decref(result);
	round_trip.n = 0;
}

static const json_t *adapter(const json_t *result, size_t i)
{
	return json_array_get(json_object_get(result, "adapters"), i);
}

static void test_status_of_an_adapter(void **state)
{
	struct path_facts facts = {.serving = true};
	uint64_t clock = 100;
	bool changed[2];

	inventory_update(&inventory, &facts, &clock, changed);
	assert_null(
		report("{\"live\":\"vios2\",\"start\":3,\"client_connected\":true,\"paths\":{"
		       "\"vios1\":{\"phase\":\"ready\",\"state\":\"unavailable\",\"generation\":1},"
		       "\"vios2\":{\"phase\":\"live\",\"state\":\"standby\"}}}",
			&inventory.list[0].report));
	json_t *result = status(NULL, NULL);
	const json_t *paths = json_object_get(adapter(result, 0), "paths");
	const json_t *own = json_object_get(paths, "vios1");

	assert_string_equal(
		json_string_value(json_object_get(adapter(result, 0), "live")), "vios2");
	assert_string_equal(
		json_string_value(json_object_get(adapter(result, 0), "mac")), "02:76:69:00:00:01");
	/* Of our own paths we know better than the mux. */
	assert_string_equal(json_string_value(json_object_get(own, "state")), "active/optimized");
	assert_int_equal(json_integer_value(json_object_get(own, "generation")), 101);
	assert_string_equal(json_string_value(json_object_get(own, "phase")), "ready");
	assert_true(json_is_null(json_object_get(adapter(result, 1), "mac")));
	json_decref(result);

	connected = false;
	result = status(NULL, NULL);
	assert_true(json_is_null(json_object_get(adapter(result, 0), "live")));
	assert_true(json_is_false(json_object_get(adapter(result, 0), "client_connected")));
	assert_null(json_object_get(json_object_get(adapter(result, 0), "paths"), "vios2"));
	json_decref(result);
}

static void test_status_without_adapters(void **state)
{
	json_t *result = status(NULL, NULL);

	assert_true(json_array_size(json_object_get(result, "adapters")) > 0);
	json_decref(result);
	no_adapters = true;
	result = status(NULL, NULL);
	no_adapters = false;
	assert_null(json_object_get(result, "adapters"));
	assert_int_equal(json_array_size(json_object_get(result, "vios")), 2);
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_inventory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inventory_update_says_whose, setup, teardown),
		cmocka_unit_test(test_summary_round_trip),
		cmocka_unit_test(test_bad_summaries),
		cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_greeting_of_a_target),
		cmocka_unit_test(test_many_targets),
		cmocka_unit_test_setup_teardown(test_targets_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status_of_the_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status_of_the_group, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status_of_an_adapter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_status_without_adapters, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
