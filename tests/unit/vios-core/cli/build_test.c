// SPDX-License-Identifier: BSD-3-Clause
/*
 * build_test.c - command lines that change something, as operations; attributes there and back.
 *
 * build_test DIR
 */
#include "scene.h"
#include "vios-core/cli/args.h"
#include "vios-core/cli/attr.h"
#include "vios-core/cli/build.h"
#include "vios-core/cli/object.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *dir;

/* All options of the verbs, as the verbs' own tables have them. */
static const struct arg_option options[] = {
	{"-name", ARG_VALUE, false, "", ""},
	{"-id", ARG_NUMBER, false, "", ""},
	{"-attr", ARG_PAIRS, false, "", ""},
	{"-client", ARG_VALUE, false, "", ""},
	{"-type", ARG_VALUE, false, "", ""},
	{"-pvid", ARG_NUMBER, false, "", ""},
	{"-vlan", ARG_NUMBERS, false, "", ""},
	{"-mac", ARG_VALUE, false, "", ""},
	{"-preferred", ARG_VALUE, false, "", ""},
	{"-mtu", ARG_NUMBER, false, "", ""},
	{"-queues", ARG_NUMBER, false, "", ""},
	{"-ring", ARG_NUMBER, false, "", ""},
	{"-vdev", ARG_VALUE, false, "", ""},
	{"-vadapter", ARG_LIST, false, "", ""},
	{"-dev", ARG_VALUE, false, "", ""},
	{"-f", ARG_NONE, false, NULL, ""},
	{"-lun", ARG_NUMBER, false, "", ""},
	{"-sea", ARG_VALUE, false, "", ""},
	{"-default", ARG_VALUE, false, "", ""},
	{"-defaultid", ARG_NUMBER, false, "", ""},
	{NULL},
};

typedef int build_fn(const struct facts *facts, const struct args *args, json_t *ops, char *fault);

static int chdev(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	return build_chdev(facts, args_get(args, "dev"), args, ops, fault);
}

static int rmclient(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	return build_rmclient(facts, args_get(args, "name"), args_has(args, "id"), ops, fault);
}

static int rmvadapter(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	return build_rmvadapter(facts, args_get(args, "name"), args_has(args, "id"), ops, fault);
}

static int rmvdev(const struct facts *facts, const struct args *args, json_t *ops, char *fault)
{
	return build_rmvdev(facts, args_get(args, "dev"), args_get(args, "vdev"), ops, fault);
}

/* want: the operations as JSON with ' for ", or with a negative result words of the sentence. */
struct made {
	build_fn *fn;
	const char *vios, *line;
	int result;
	const char *want;
};

static const struct made made[] = {
	{build_client, NULL, "-name lpar9 -id 7 -attr allow_unsealed=yes vcpus=2", 0,
		"[{'op':'add','kind':'client','name':'lpar9','attrs':{'allow_unsealed':true,"
		"'vcpus':2,'id':7}}]"},
	{build_client, NULL, "-name x -attr memory=1", -ENOENT, "did you mean memory_mb?"},
	{build_client, NULL, "-name x -attr allow_unsealed=2", -EINVAL, "yes or no"},
	{build_client, NULL, "-name x -attr id=2", -ENOENT, "id cannot be set"},
	{rmclient, NULL, "-name lpar1", 0, "[{'op':'remove','kind':'client','name':'lpar1'}]"},
	{rmclient, NULL, "-name lpar2 -id 1", 0,
		"[{'op':'remove','kind':'vhost','name':'vhost1'},"
		"{'op':'remove','kind':'veth','name':'lpar2/eth0'},"
		"{'op':'remove','kind':'veth','name':'lpar2/eth1'},"
		"{'op':'remove','kind':'client','name':'lpar2'}]"},
	{rmclient, NULL, "-name lpar9", -ENOENT, "lpar9 is no client"},
	{build_vadapter, NULL,
		"-client lpar1 -type ethernet -pvid 5 -vlan 10,20 -mac 02:76:69:00:00:09 -mtu 9000 "
		"-queues 2 -ring 512 -preferred vios2",
		0,
		"[{'op':'add','kind':'veth','attrs':{'profile':{'mtu':9000,"
		"'queue_pairs':2,'ring_size':512,"
		"'features':['VIRTIO_NET_F_MRG_RXBUF','VIRTIO_F_INDIRECT_DESC',"
		"'VIRTIO_F_EVENT_IDX','VIRTIO_F_VERSION_1','VIRTIO_NET_F_CTRL_VQ',"
		"'VIRTIO_NET_F_MQ'],"
		"'protocol_features':['VHOST_USER_PROTOCOL_F_REPLY_ACK',"
		"'VHOST_USER_PROTOCOL_F_MQ']},"
		"'preferred':'vios2','client':'lpar1','pvid':5,'"
		"vlans':[10,20],"
		"'mac':'02:76:69:00:00:09'}}]"},
	{build_vadapter, NULL, "-client lpar3 -type scsi", 0,
		"[{'op':'add','kind':'vhost','attrs':{'client':'lpar3'}}]"},
	{build_vadapter, NULL, "-client lpar1 -type scsi -name disks", 0,
		"[{'op':'add','kind':'vhost','attrs':{'client_adapter':'lpar1/disks'}}]"},
	{build_vadapter, NULL,
		"-client lpar3 -type ethernet -mtu 9000 -attr send_kbit_s=50000 vlans=2,3", 0,
		"[{'op':'add','kind':'veth','attrs':{'client':'lpar3','profile':{'mtu':9000},"
		"'send_kbit_s':50000,'vlans':[2,3]}}]"},
	{build_vadapter, NULL, "-client lpar1 -type scsi -attr pvid=2", -ENOENT, "pvid"},
	{build_vadapter, NULL, "-client lpar1 -type fc", -EINVAL, "ethernet or scsi"},
	{build_vadapter, NULL, "-client lpar1 -type scsi -pvid 3", -EINVAL, "-pvid"},
	{rmvadapter, NULL, "-name lpar1/eth0", 0,
		"[{'op':'remove','kind':'veth','name':'lpar1/eth0'}]"},
	{rmvadapter, NULL, "-name lpar2/scsi0", 0,
		"[{'op':'remove','kind':'vhost','name':'vhost1'}]"},
	{rmvadapter, NULL, "-name vhost0 -id 1", 0,
		"[{'op':'remove','kind':'vtd','name':'vtopt0'},"
		"{'op':'remove','kind':'vtd','name':'vtopt1'},"
		"{'op':'remove','kind':'vtd','name':'vtscsi0'},"
		"{'op':'remove','kind':'vtd','name':'vtscsi1'},"
		"{'op':'remove','kind':'vtd','name':'vtscsi2'},"
		"{'op':'remove','kind':'vhost','name':'vhost0'}]"},
	{rmvadapter, NULL, "-name hdisk1", -ENOENT, "hdisk1 is no adapter"},
	{build_vtd, NULL, "-vdev hdisk1 -vadapter vhost0 -dev vtscsi9 -lun 4", 0,
		"[{'op':'add','kind':'vtd','name':'vtscsi9','attrs':{'vhost':'vhost0','backing':"
		"'hdisk1','type':'disk','lun':4}}]"},
	/* a disk that both see, under another name in vios2 */
	{build_vtd, NULL, "-vdev hdisk3 -vadapter lpar2/scsi0", 0,
		"[{'op':'add','kind':'backing','name':'hdisk3','attrs':{'type':'disk','path':"
		"{'vios1':'/dev/sde','vios2':'/dev/sdz'},'wwid':'naa.600a0b80000f1c6f',"
		"'size_bytes':42949672960,'block_bytes':512}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'hdisk3','type':"
		"'disk'}}]"},
	/* the name that the kernel gives is no name for a backing device */
	{build_vtd, "vios1", "-vdev sdf -vadapter vhost1 -f", 0,
		"[{'op':'add','kind':'backing','name':'hdisk4','attrs':{'type':'lv','path':{"
		"'vios1':'/dev/dm-1','vios2':'/dev/dm-7'},'size_bytes':1048576,'block_bytes':512,"
		"'unique_id':'lvm-1','read_only':true}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'hdisk4','type':"
		"'disk','force':true}}]"},
	/* only vios1 has it */
	{build_vtd, NULL, "-vdev hdisk0 -vadapter vhost1", 0,
		"[{'op':'add','kind':'backing','name':'hdisk0','attrs':{'type':'disk','path':"
		"{'vios1':'/dev/sda'},'wwid':'naa.600a0b80000f1c60','size_bytes':10737418240,"
		"'block_bytes':512}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'hdisk0','type':"
		"'disk'}}]"},
	{build_vtd, "vios2", "-vdev hdisk0 -vadapter vhost1", -ENOENT, "no disk of vios2"},
	{build_vtd, NULL, "-vdev ent0 -vadapter vhost1", -ENOENT, "ent0 is no disk"},
	{build_vtd, NULL, "-vdev hdisk1 -vadapter vhost7", -ENOENT, "vhost7"},
	{build_vtd, NULL, "-vdev /srv/a-b.img -vadapter vhost1", 0,
		"[{'op':'add','kind':'backing','name':'a-b','attrs':{'type':'file','path':{'vios1':"
		"'/srv/a-b.img','vios2':'/srv/a-b.img'}}},"
		"{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'a-b','type':"
		"'disk'}}]"},
	{build_vtd, NULL, "-vdev /srv/disk1.img -vadapter vhost1", 0,
		"[{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'disk1','type':"
		"'disk'}}]"},
	{build_vtd, NULL, "-vdev /other/disk1.img -vadapter vhost1", -ENOENT, "another backing"},
	{build_vtd, NULL, "-vdev install -vadapter vhost1", 0,
		"[{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'install','type':"
		"'optical'}}]"},
	{build_vtd, NULL, "-vadapter vhost1", 0,
		"[{'op':'add','kind':'vtd','attrs':{'vhost':'vhost1','backing':'','type':"
		"'optical'}}]"},
	{build_sea, NULL,
		"-sea ent0 -vadapter ent2,ent3 -default ent3 -defaultid 10 -attr "
		"ha_mode=sharing health_time=30 accounting=enabled",
		0,
		"[{'op':'add','kind':'sea','attrs':{'pvid':10,'virt_adapters':['ent2','ent3'],"
		"'sides':{'vios1':{'real_adapter':'ent0','ha_mode':'sharing'},'vios2':{"
		"'real_adapter':'ent0','ha_mode':'sharing'}},'health_time':30,"
		"'accounting':true}}]"},
	{build_sea, NULL, "-sea ent1 -vadapter ent2 -default ent2 -defaultid 1 -dev sea1", 0,
		"[{'op':'add','kind':'sea','name':'sea1','attrs':{'pvid':1,'virt_adapters':"
		"['ent2'],'sides':{'vios1':{'real_adapter':'ent1'}}}}]"},
	{build_sea, "vios2", "-sea ent0 -vadapter ent2 -default ent2 -defaultid 1 -dev sea0", 0,
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'pvid':1,'virt_adapters':"
		"['ent2'],'sides':{'vios2':{'real_adapter':'ent0'}}}}]"},
	{build_sea, "vios2", "-sea ent1 -vadapter ent2 -default ent2 -defaultid 1", -ENOENT,
		"ent1 is no physical adapter of vios2"},
	{build_sea, NULL, "-sea ent0 -vadapter ent2,ent3 -default ent -defaultid 1", -EINVAL,
		"-default ent is not among"},
	{build_sea, NULL, "-sea ent0 -vadapter ent2 -default ent2 -defaultid 1 -attr ctl_chan=ent4",
		-ENOENT, "ctl_chan: the two VIOS need no control channel"},
	{build_sea, NULL,
		"-sea ent0 -vadapter ent2 -default ent2 -defaultid 1 -attr health_time=long",
		-EINVAL, "health_time takes a number"},
	{rmvdev, NULL, "-dev vtscsi0", 0, "[{'op':'remove','kind':'vtd','name':'vtscsi0'}]"},
	{rmvdev, NULL, "-dev ent5", 0, "[{'op':'remove','kind':'sea','name':'sea0'}]"},
	{rmvdev, NULL, "-vdev disk1", 0, "[{'op':'remove','kind':'vtd','name':'vtscsi1'}]"},
	{rmvdev, NULL, "-vdev hdisk9", -ENOENT, "mapped nowhere"},
	{rmvdev, NULL, "-dev vhost0", -ENOENT, "rmvadapter"},
	{chdev, "vios2", "-dev ent5 -attr ha_mode=standby", 0,
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{'vios2':{'ha_mode':"
		"'standby'}}}}]"},
	{chdev, NULL, "-dev vios1/ent5 -attr priority=3 vlans=none", 0,
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{'vios1':{'priority':3}},"
		"'vlans':[]}}]"},
	{chdev, NULL, "-dev sea0 -attr ha_mode=auto vlans=7,8", 0,
		"[{'op':'set','kind':'sea','name':'sea0','attrs':{'sides':{'vios1':{'ha_mode':"
		"'auto'},'vios2':{'ha_mode':'auto'}},'vlans':[7,8]}}]"},
	{chdev, NULL, "-dev vios2/ent0 -attr devargs=0000:05:00.0", 0,
		"[{'op':'set','kind':'physical','name':'vios2/ent0','attrs':{'devargs':"
		"'0000:05:00.0'}}]"},
	{chdev, "vios1", "-dev ent0 -attr devargs=x", 0,
		"[{'op':'set','kind':'physical','name':'vios1/ent0','attrs':{'devargs':'x'}}]"},
	{chdev, NULL, "-dev ent0 -attr devargs=x", -EINVAL, "more than one"},
	{chdev, NULL, "-dev lpar1/eth0 -attr mtu=9000 ring_size=512", 0,
		"[{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':{'profile':{'mtu':9000,"
		"'ring_size':512}}}]"},
	{chdev, NULL, "-dev lpar1/eth0 -attr features=VIRTIO_NET_F_MRG_RXBUF,VIRTIO_NET_F_CSUM", 0,
		"[{'op':'set','kind':'veth','name':'lpar1/eth0','attrs':{'profile':{'features':["
		"'VIRTIO_NET_F_MRG_RXBUF','VIRTIO_NET_F_CSUM']}}}]"},
	{chdev, NULL, "-dev vios2 -attr hugepages=yes workers=4", 0,
		"[{'op':'set','kind':'vios','name':'vios2','attrs':{'hugepages':true,"
		"'workers':4}}]"},
	{chdev, NULL, "-dev frameA -attr hang_ms=80", 0,
		"[{'op':'set','kind':'frame','name':'frameA','attrs':{'hang_ms':80}}]"},
	{chdev, NULL, "-dev ent5 -attr largesend=1", -ENOENT,
		"long frames of clients are always taken"},
	{chdev, NULL, "-dev ent5 -attr vlans=1,,2", -EINVAL, "numbers with commas"},
	{chdev, NULL, "-dev nobody -attr a=b", -ENOENT, "nobody is no device"},
};

static json_t *wanted(const char *text)
{
	char *copy = strdup(text);

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	json_t *json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	free(copy);
	return json;
}

static void check(const struct made *one, const json_t *ops, int result, const char *fault)
{
	char *text = json_dumps(ops, JSON_COMPACT);

	if (result != one->result)
		print_error("%s: %d %s %s\n", one->line, result, fault, text);
	assert_int_equal(result, one->result);
	if (result < 0) {
		if (!strstr(fault, one->want))
			print_error("%s: %s\n", one->line, fault);
		assert_non_null(strstr(fault, one->want));
	} else {
		json_t *want = wanted(one->want);
		if (!json_equal(ops, want))
			print_error("%s: %s\n", one->line, text);
		assert_true(json_equal(ops, want));
		json_decref(want);
	}
	free(text);
}

static void test_operations(void **state)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct args args = {.verb = "test", .options = options};
		char line[256], fault[BUILD_FAULT_BYTES] = "";
		const char *argv[32];
		struct scene scene;
		size_t n = 0;
		strcpy(line, made[i].line);
		for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
			argv[n++] = word;
		assert_int_equal(args_parse(&args, argv, n, n), 0);
		scene_load(&scene, dir);
		scene.facts.vios = made[i].vios;
		json_t *ops = json_array();
		int r = made[i].fn(&scene.facts, &args, ops, fault);
		check(&made[i], ops, r, fault);
		json_decref(ops);
		scene_free(&scene);
		args_free(&args);
	}
}

/* Every settable attribute that can be shown can be set to what is shown. */
static void test_there_and_back(void **state)
{
	static const char *const kinds[] = {"sea", "veth", "vhost", "backing", "client", "vios"};
	static const char *const side[] = {"vios1"};
	struct scene scene;
	unsigned n = 0;

	scene_load(&scene, dir);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		json_t *object = json_array_get(scene_list(&scene, kinds[k]), 0), *record;
		json_t *records = attr_records(kinds[k], object, "vios1", NULL);
		size_t i;
		json_array_foreach(records, i, record)
		{
			const char *name = json_string_value(json_object_get(record, "attribute"));
			const struct attr *attr = attr_find(kinds[k], name);
			struct jx_value shown = attr_show(attr, object, "vios1");
			char pair[512], fault[ATTR_FAULT_BYTES];
			if (!attr->settable)
				continue;
			snprintf(pair, sizeof(pair), "%s=%s", name, shown.text);
			json_t *attrs = json_object();
			assert_int_equal(attr_set(kinds[k], pair, side, 1, attrs, fault), 0);
			struct jx_value back = attr_show(attr, attrs, "vios1");
			assert_string_equal(back.text, shown.text);
			json_decref(attrs);
			n++;
		}
		json_decref(records);
	}
	assert_true(n > 20);
	scene_free(&scene);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_there_and_back),
	};

	dir = argc > 1 ? argv[1] : ".";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
