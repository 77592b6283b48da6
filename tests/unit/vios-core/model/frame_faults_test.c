/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_faults_test.c - what is refused in frame.json, and in which words. Each row puts one text
 * in the place of another in a good file; the fault must name the member, the value and what to do.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/frame_config.h"

static const char base[] =
	"{'frame':'f','hang_ms':50,'vios':["
	"{'name':'vios1','node_id':1,'workers':1,'uplink':{'name':'ent0','devargs':'net_null0'}},"
	"{'name':'vios2','node_id':2,'uplink':{'name':'ent0','devargs':'net_null0'}}],"
	"'clients':[{'name':'lpar1','adapters':[{'name':'eth0','id':1,'mac':'02:00:00:00:00:01',"
	"'preferred':'vios1','profile':{'mtu':1500,'queue_pairs':1,'ring_size':256,'features':[]}},"
	"{'name':'eth1','id':2,'mac':'02:00:00:00:00:02'}]},"
	"{'name':'lpar2','allow_unsealed':true,'adapters':[{'name':'eth0','id':3,"
	"'mac':'02:00:00:00:00:03'}]}]}";

#define TSO_ALONE "'features':['VIRTIO_NET_F_HOST_TSO4']"
#define MAC_TWICE "used by clients[0].adapters[0], too; give every adapter a MAC"

static const struct row {
	const char *put_for, *put, *fault;
} rows[] = {
	{"'frame':'f',", "", "frame: is missing; add it"},
	{"'frame':'f'", "'frame':7", "frame: 7 is not a name"},
	{"'frame':'f'", "'frame':'a/b'", "frame: \"a/b\" is not a name"},
	{"'hang_ms':50", "'hang_ms':0", "hang_ms: 0 is not a whole number from 1 to 60000"},
	{"'hang_ms':50", "'hang_ms':-1", "hang_ms: -1 is not"},
	{"'hang_ms':50", "'hang_ms':60001", "hang_ms: 60001 is not"},
	{"'hang_ms':50", "'hang_ms':1.5", "hang_ms: 1.5 is not"},
	{"'hang_ms':50", "'hang_ms':'50'", "hang_ms: \"50\" is not"},
	{"'hang_ms':50", "'hang_ms':null", "hang_ms: null is not"},
	{"'hang_ms'", "'hang_msec'", "member \"hang_msec\" here; did you mean \"hang_ms\"?"},
	{"'hang_ms'", "'zzzzz'", "there is no member \"zzzzz\" here; remove it"},
	{"'workers':1", "'workers':17", "vios[0].workers: 17 is not a whole number from 1 to 16"},
	{"'node_id':1", "'node_id':4294967296", "vios[0].node_id: 4294967296"},
	{"'node_id':2", "'node_id':1", "vios[1].node_id: 1 is used by vios[0], too"},
	{"'vios2','node_id'", "'vios1','node_id'",
		"vios[1].name: \"vios1\" is the name of vios[0]"},
	{"'vios2','node_id'", "'clients','node_id'",
		"\"clients\" is a folder of the run directory"},
	{"'devargs':'net_null0'}},", "'devargs':''}},",
		"vios[0].uplink.devargs: \"\" is not a text"},
	{"'devargs':'net_null0'}},", "'devargs':'a b'}},", "vios[0].uplink.devargs: \"a b\""},
	{"{'name':'ent0','devargs':'net_null0'}}]", "7}]", "vios[1].uplink: 7 is not an object"},
	{"'name':'lpar2'", "'name':'vios2'", "clients[1].name: \"vios2\" is a VIOS; give each"},
	{"'name':'lpar2'", "'name':'lpar1'",
		"clients[1].name: \"lpar1\" is the name of clients[0]"},
	{"true", "1", "clients[1].allow_unsealed: 1 is neither true nor false"},
	{"'eth1'", "'eth0'", "clients[0].adapters[1].name: \"eth0\" is the name of adapters[0]"},
	{"'id':3", "'id':1",
		"clients[1].adapters[0].id: 1 is used by clients[0].adapters[0], too; give every"},
	{"'id':3", "'id':0", "clients[1].adapters[0].id: 0 is not"},
	{"'id':3,", "", "clients[1].adapters[0].id: is missing"},
	{"00:02'", "00:01'", "clients[0].adapters[1].mac: 02:00:00:00:00:01 is " MAC_TWICE},
	{"'02:00:00:00:00:02'", "'02:00:00:00:00'", "mac: \"02:00:00:00:00\" is not a MAC"},
	{"'02:00:00:00:00:02'", "'02-00-00-00-00-02'", "is not a MAC address; write it as"},
	{"'02:00:00:00:00:02'", "'02:00:00:00:00:0g'", "is not a MAC address"},
	{"'02:00:00:00:00:02'", "'03:00:00:00:00:02'", "is a multicast address"},
	{"'02:00:00:00:00:02'", "'00:00:00:00:00:00'", "is no address"},
	{",'mac':'02:00:00:00:00:02'", "", "clients[0].adapters[1].mac: is missing"},
	{"'id':2", "'id':2,'type':'scsi'", "clients[0].adapters[1].mac: a scsi adapter has none"},
	{"'id':2", "'id':2,'type':'tape'", "type: \"tape\" is no type of adapter"},
	{"'preferred':'vios1'", "'preferred':'vios9'",
		"preferred: \"vios9\" is no VIOS of this frame"},
	{"'mtu':1500", "'mtu':9001", "profile.mtu: 9001 is not a whole number from 576 to 9000"},
	{"'mtu':1500", "'mut':1500", "did you mean \"mtu\"?"},
	{"'queue_pairs':1", "'queue_pairs':9", "profile.queue_pairs: 9 is not"},
	{"'queue_pairs':1", "'queue_pairs':2", "2 queue pairs need VIRTIO_NET_F_MQ"},
	{"'queue_pairs':1", "'queue_pairs':2", "2 queue pairs need VHOST_USER_PROTOCOL_F_MQ"},
	{"'ring_size':256", "'ring_size':100", "ring_size: 100 is no ring size"},
	{"'ring_size':256", "'ring_size':2048", "ring_size: 2048 is no ring size"},
	{"'ring_size':256", "'ring_size':'256'", "ring_size: \"256\" is no ring size"},
	{"'features':[]", "'features':7", "profile.features: 7 is not a list"},
	{"'features':[]", "'features':['X']", "profile.features[0]: \"X\" is no feature"},
	{"'features':[]", "'features':['VIRTIO_NET_F_MTO']", "did you mean \"VIRTIO_NET_F_MTU\"?"},
	{"'features':[]", "'features':['VIRTIO_F_RING_PACKED']", "does not survive a switch"},
	{"'features':[]", "'features':['VIRTIO_SCSI_F_HOTPLUG']", "is no feature"},
	{"'features':[]", TSO_ALONE, "VIRTIO_NET_F_HOST_TSO4 needs VIRTIO_NET_F_CSUM"},
	{"'features':[]", "'protocol_features':['VHOST_USER_PROTOCOL_F_LOG_SHMFD']",
		"profile.protocol_features[0]: \"VHOST_USER_PROTOCOL_F_LOG_SHMFD\" does not "
		"survive"},
	{"'adapters':[{'name':'eth0','id':3", "'adapters':7,'x':[{'name':'eth0','id':3",
		"clients[1].adapters: 7 is not a list"},
	{"'frame':'f'", "'frame':'f','frame':'f'", "duplicate object key"},
	{"{'frame'", "['frame'", "line 1, column "},
};

static struct model_faults faults;

static char *quoted(const char *text)
{
	char *json = strdup(text);

	for (char *c = json; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return json;
}

static int parse(const char *text, struct model_frame **frame)
{
	char *json = quoted(text);
	int rc = model_frame_parse(json, strlen(json), frame, &faults);

	free(json);
	return rc;
}

static bool has_fault(const char *text)
{
	for (size_t i = 0; i < faults.n && i < MODEL_FAULTS_MAX; i++) {
		if (strstr(faults.text[i], text) != NULL)
			return true;
	}
	return false;
}

static void test_base_is_good(void **state)
{
	struct model_frame *frame = NULL;

	assert_int_equal(parse(base, &frame), 0);
	assert_int_equal(faults.n, 0);
	model_frame_free(frame);
}

static void test_each_fault(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(base, rows[i].put_for);
		struct model_frame *frame = NULL;
		char text[2048];

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base, rows[i].put,
			at + strlen(rows[i].put_for));
		if (parse(text, &frame) != -EINVAL)
			fail_msg("accepted: %s", rows[i].put);
		if (!has_fault(rows[i].fault))
			fail_msg("%s: %s", rows[i].put, faults.text[0]);
	}
}

static void test_all_at_once(void **state)
{
	struct model_frame *frame = NULL;

	assert_int_equal(parse("{'frame':'7','hang_ms':0,'vios':[{'name':'v','node_id':1,"
			       "'uplink':{'name':'e','devargs':'d'}}],"
			       "'clients':[{'name':'c','adapters':[{'name':'e','id':5,"
			       "'mac':'02:00:00:00:00:01'},{'name':'e','id':5,"
			       "'mac':'02:00:00:00:00:01','prefered':'v'}]}]}",
				 &frame),
		-EINVAL);
	assert_int_equal(faults.n, 6);
	assert_true(has_fault("frame: "));
	assert_true(has_fault("hang_ms: "));
	assert_true(has_fault("did you mean \"preferred\"?"));
	assert_true(has_fault("adapters[1].id: 5"));
	assert_true(has_fault("adapters[1].mac: "));
	assert_true(has_fault("adapters[1].name: "));
}

static void test_counts(void **state)
{
	struct model_frame *frame = NULL;

	assert_int_equal(parse("{'frame':'f','vios':[],'clients':[]}", &frame), -EINVAL);
	assert_true(has_fault("vios: has 0 elements; it must have 1 to 2"));
	assert_int_equal(parse("{'frame':'f','vios':[1,2,3],'clients':[]}", &frame), -EINVAL);
	assert_true(has_fault("vios: has 3 elements"));
	assert_true(has_fault("vios[1]: 2 is not an object"));
	assert_false(has_fault("vios[2]"));
	assert_int_equal(parse("[]", &frame), -EINVAL);
	assert_true(has_fault("[] is not an object"));
}

/* More faults than are kept: counted, and nothing written past the end. */
static void test_many(void **state)
{
	struct model_frame *frame = NULL;
	char *text = malloc(64 * 1024);
	size_t at = (size_t)sprintf(text, "{'frame':'f','vios':[],'clients':[");

	for (int i = 0; i < 1024; i++)
		at += (size_t)sprintf(text + at, "%s{'name':7,'adapters':0}", i > 0 ? "," : "");
	sprintf(text + at, "]}");
	assert_int_equal(parse(text, &frame), -EINVAL);
	assert_int_equal(faults.n, 1 + 2 * 1024);
	for (size_t i = 0; i < MODEL_FAULTS_MAX; i++)
		assert_in_range(strnlen(faults.text[i], MODEL_FAULT_TEXT), 1, MODEL_FAULT_TEXT - 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_is_good),
		cmocka_unit_test(test_each_fault),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
