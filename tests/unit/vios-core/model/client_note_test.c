/* SPDX-License-Identifier: BSD-3-Clause */
/* client_note_test.c - a client goes from a viosd to a mux and is the same there; what is no client
 * is refused with every fault's path. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/client_note.h"

static const char client_text[] =
	"{'name':'lpar1','allow_unsealed':true,'adapters':["
	"{'name':'eth0','type':'ethernet','id':7,'mac':'02:76:69:00:00:0a','preferred':'vios2',"
	"'profile':{'version':3,'queue_pairs':2,'ring_size':512,'mtu':9000,"
	"'features':['VIRTIO_NET_F_MQ','VIRTIO_NET_F_CTRL_VQ'],"
	"'protocol_features':['VHOST_USER_PROTOCOL_F_MQ']}},"
	"{'name':'eth1','id':9,'mac':'02:76:69:00:00:0b'},"
	"{'name':'scsi0','type':'scsi','id':8}]}";

static const struct model_frame frame = {
	.n_vios = 2, .vios = {{.name = "vios1"}, {.name = "vios2"}}};
static struct model_faults faults;
static struct client_note note;

/* ' stands for ". */
static json_t *json(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	free(copy);
	return value;
}

static int parse(const char *text)
{
	json_t *value = json(text);
	int rc = client_note_parse(value, &frame, "lpar1", &note, &faults);

	json_decref(value);
	return rc;
}

static void a_client_arrives_as_it_was_sent(void **state)
{
	static struct model_client sent;
	json_t *value = json(client_text), *wire;

	assert_int_equal(model_client_parse(value, &frame, &sent, &faults), 0);
	json_decref(value);
	wire = client_note_json(3, 40, &sent);
	assert_non_null(wire);
	assert_int_equal(client_note_parse(wire, &frame, "lpar1", &note, &faults), 0);
	json_decref(wire);
	assert_true(note.present);
	assert_int_equal(note.epoch, 3);
	assert_int_equal(note.version, 40);
	assert_int_equal(note.client.n_adapters, 3);
	assert_int_equal(note.client.adapters[0].profile.queue_pairs, 2);
	assert_string_equal(note.client.adapters[0].preferred, "vios2");
	assert_memory_equal(&note.client, &sent, sizeof(sent));
}

static void none_is_not_a_fault(void **state)
{
	json_t *wire = client_note_json(1, 2, NULL);

	assert_int_equal(client_note_parse(wire, &frame, "lpar1", &note, &faults), 0);
	assert_false(note.present);
	json_decref(wire);
}

static void what_is_no_client_is_refused(void **state)
{
	assert_int_equal(parse("7"), -EINVAL);
	assert_int_equal(parse("{'epoch':0,'version':0}"), -EINVAL);
	assert_string_equal(faults.text[0], "client: is missing; add it");
	assert_int_equal(parse("{'epoch':0,'version':-1,'client':null}"), -EINVAL);
	assert_non_null(strstr(faults.text[0], "version: -1"));
	assert_int_equal(parse("{'epoch':'a','version':0,'client':null}"), -EINVAL);
	assert_int_equal(
		parse("{'epoch':0,'version':0,'client':{'name':'lpar2','adapters':[]}}"), -EINVAL);
	assert_non_null(strstr(faults.text[0], "lpar2"));
}

/* All at once: the schema's, the rules between members, and the frame's. */
static void all_faults_are_named(void **state)
{
	assert_int_equal(
		parse("{'epoch':0,'version':0,'client':{'name':'lpar1','adapters':["
		      "{'name':'eth0','id':1,'mac':'03:00:00:00:00:01'},"
		      "{'name':'eth0','id':1,'mac':'02:00:00:00:00:01','preferred':'x'}]}}"),
		-EINVAL);
	assert_int_equal(faults.n, 4);
	assert_non_null(strstr(faults.text[0], "client.adapters[0].mac: "));
	assert_non_null(strstr(faults.text[1], "adapters[1].name: "));
	assert_non_null(strstr(faults.text[2], "adapters[1].preferred: \"x\" is no VIOS"));
	assert_non_null(strstr(faults.text[3], "adapters[1].id: 1 is used"));
}

/* Of a viosd that is newer than this mux; what is known of them counts. */
static void unknown_members_are_passed_over(void **state)
{
	assert_int_equal(
		parse("{'epoch':1,'version':2,'later':{},'client':{'name':'lpar1','later':[1],"
		      "'adapters':[{'name':'eth0','id':7,'mac':'02:76:69:00:00:0a','vlans':[5],"
		      "'profile':{'mtu':9000,'later':null}}]}}"),
		0);
	assert_int_equal(faults.n, 0);
	assert_int_equal(note.client.n_adapters, 1);
	assert_int_equal(note.client.adapters[0].profile.mtu, 9000);
	assert_int_equal(parse("{'epoch':1,'version':2,'client':{'name':'lpar1','later':1,"
			       "'adapters':[{'name':'eth0','id':0,'mac':'02:76:69:00:00:0a'}]}}"),
		-EINVAL);
	assert_int_equal(faults.n, 1);
	assert_non_null(strstr(faults.text[0], "client.adapters[0].id: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_arrives_as_it_was_sent),
		cmocka_unit_test(none_is_not_a_fault),
		cmocka_unit_test(what_is_no_client_is_refused),
		cmocka_unit_test(all_faults_are_named),
		cmocka_unit_test(unknown_members_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
