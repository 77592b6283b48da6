/* SPDX-License-Identifier: BSD-3-Clause */
/* frame_config_test.c - what frame.json means: values, defaults, limits, the objects that are found
 * by name. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/model/features.h"
#include "vios-core/model/frame_config.h"

#define BIT(n) (UINT64_C(1) << (n))

static const char full[] =
	"{'frame':'frame1','hang_ms':100,'last_resort_ms':9000,'kill_holdoff_ms':0,"
	"'vios':[{'name':'vios1','node_id':1,'memory_mb':128,'hugepages':false,'workers':2,"
	"'uplink':{'name':'ent0','devargs':'net_af_packet0,iface=up0'}},"
	"{'name':'vios2','node_id':2,'uplink':{'name':'ent0','devargs':'net_null0'}}],"
	"'clients':[{'name':'lpar1','allow_unsealed':true,'adapters':["
	"{'name':'eth0','type':'ethernet','id':1,'mac':'02:76:69:00:00:0A','preferred':'vios2',"
	"'profile':{'version':3,'queue_pairs':2,'ring_size':512,'mtu':9000,"
	"'features':['VIRTIO_NET_F_MQ','VIRTIO_NET_F_CTRL_VQ','VIRTIO_NET_F_MTU'],"
	"'protocol_features':['VHOST_USER_PROTOCOL_F_MQ','VHOST_USER_PROTOCOL_F_MTU']}},"
	"{'name':'scsi0','type':'scsi','id':2}]},"
	"{'name':'lpar2','adapters':[]}]}";

static struct model_faults faults;

/* ' stands for ". */
static int parse(const char *text, struct model_frame **out)
{
	char *json = strdup(text);

	for (char *c = json; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	int rc = model_frame_parse(json, strlen(json), out, &faults);
	free(json);
	return rc;
}

static struct model_frame *good(const char *text)
{
	struct model_frame *frame = NULL;

	if (parse(text, &frame) != 0)
		fail_msg("%s", faults.text[0]);
	return frame;
}

static void test_values(void **state)
{
	struct model_frame *f = good(full);
	const struct model_adapter *eth = &f->clients[0].adapters[0];

	assert_string_equal(f->name, "frame1");
	assert_int_equal(f->hang_ms, 100);
	assert_int_equal(f->last_resort_ms, 9000);
	assert_int_equal(f->kill_holdoff_ms, 0);
	assert_int_equal(f->n_vios, 2);
	assert_int_equal(f->vios[0].memory_mb, 128);
	assert_int_equal(f->vios[0].workers, 2);
	assert_false(f->vios[0].hugepages);
	assert_string_equal(f->vios[0].uplink_name, "ent0");
	assert_string_equal(f->vios[0].uplink_devargs, "net_af_packet0,iface=up0");
	assert_int_equal(f->vios[1].node_id, 2);
	assert_int_equal(f->n_clients, 2);
	assert_true(f->clients[0].allow_unsealed);
	assert_string_equal(eth->name, "eth0");
	assert_int_equal(eth->type, MODEL_ETHERNET);
	assert_int_equal(eth->id, 1);
	assert_memory_equal(eth->mac, "\x02\x76\x69\x00\x00\x0a", 6);
	assert_string_equal(eth->preferred, "vios2");
	assert_int_equal(eth->profile.version, 3);
	assert_int_equal(eth->profile.queue_pairs, 2);
	assert_int_equal(eth->profile.ring_size, 512);
	assert_int_equal(eth->profile.mtu, 9000);
	assert_true(eth->profile.virtio_features == (BIT(22) | BIT(17) | BIT(3) | BIT(32)));
	assert_true(eth->profile.protocol_features == (BIT(0) | BIT(4)));
	model_frame_free(f);
}

static void test_defaults(void **state)
{
	struct model_frame *f =
		good("{'frame':'f','vios':[{'name':'v','node_id':1,'uplink':{'name':'e','devargs':'"
		     "d'}}],"
		     "'clients':[{'name':'c','adapters':[{'name':'eth0','id':9,'mac':'02:00:00:00:"
		     "00:01'},"
		     "{'name':'scsi0','type':'scsi','id':10,'profile':{'mtu':600}}]}]}");
	const struct model_profile *eth = &f->clients[0].adapters[0].profile;
	const struct model_profile *scsi = &f->clients[0].adapters[1].profile;

	assert_int_equal(f->hang_ms, 50);
	assert_int_equal(f->last_resort_ms, 10000);
	assert_int_equal(f->kill_holdoff_ms, 60000);
	assert_int_equal(f->vios[0].memory_mb, 64);
	assert_int_equal(f->vios[0].workers, 1);
	assert_true(f->vios[0].hugepages);
	assert_false(f->clients[0].allow_unsealed);
	assert_string_equal(f->clients[0].adapters[0].preferred, "");
	assert_int_equal(eth->version, 1);
	assert_int_equal(eth->queue_pairs, 1);
	assert_int_equal(eth->ring_size, 256);
	assert_int_equal(eth->mtu, 1500);
	assert_true(eth->virtio_features == features_default(FEATURE_VIRTIO_NET));
	assert_true(eth->protocol_features == features_default(FEATURE_PROTOCOL));
	assert_int_equal(scsi->mtu, 600);
	assert_int_equal(scsi->ring_size, 256);
	assert_true(scsi->virtio_features == features_default(FEATURE_VIRTIO_SCSI));
	model_frame_free(f);
}

/* The pair's clients may all be in the replicated state. */
static void test_no_clients(void **state)
{
	struct model_frame *f = good("{'frame':'f','vios':[{'name':'vios1','node_id':1,"
				     "'uplink':{'name':'ent0','devargs':'net_null0'}}]}");

	(void)state;
	assert_int_equal(f->n_clients, 0);
	assert_null(model_frame_client(f, "lpar1"));
	model_frame_free(f);
}

static void test_find(void **state)
{
	struct model_frame *f = good(full);
	const struct model_client *client = model_frame_client(f, "lpar1");

	assert_ptr_equal(model_frame_vios(f, "vios2"), &f->vios[1]);
	assert_null(model_frame_vios(f, "vios3"));
	assert_ptr_equal(client, &f->clients[0]);
	assert_null(model_frame_client(f, ""));
	assert_ptr_equal(model_client_adapter(client, "scsi0"), &client->adapters[1]);
	assert_null(model_client_adapter(client, "scsi1"));
	model_frame_free(f);
}

static void test_names(void **state)
{
	char name[MODEL_NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[MODEL_NAME_MAX + 1] = '\0';
	assert_false(model_name_valid(name));
	name[MODEL_NAME_MAX] = '\0';
	assert_true(model_name_valid(name));
	assert_true(model_name_valid("a"));
	assert_true(model_name_valid("Lpar-1_b"));
	assert_false(model_name_valid(""));
	assert_false(model_name_valid("1a"));
	assert_false(model_name_valid("-a"));
	assert_false(model_name_valid("a.b"));
	assert_false(model_name_valid("a/b"));
	assert_false(model_name_valid("a b"));
	assert_false(model_name_valid("\xc3\xa4"));
	assert_false(model_name_valid("a@"));
	assert_false(model_name_valid("[a"));
}

/* Every way to cut the text short is a fault, none is read past its end. */
static void test_cut_anywhere(void **state)
{
	char *json = strdup(full);
	size_t len = strlen(json);

	for (size_t i = 0; i < len; i++) {
		if (json[i] == '\'')
			json[i] = '"';
	}
	for (size_t n = 0; n < len; n++) {
		struct model_frame *frame = NULL;
		char *exact = malloc(n > 0 ? n : 1); /* for the address sanitizer */

		memcpy(exact, json, n);
		assert_int_equal(model_frame_parse(exact, n, &frame, &faults), -EINVAL);
		assert_int_equal(faults.n, 1);
		assert_non_null(strstr(faults.text[0], "line 1"));
		free(exact);
	}
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_no_clients),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
