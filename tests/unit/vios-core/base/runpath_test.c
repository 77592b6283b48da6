/* SPDX-License-Identifier: BSD-3-Clause */
/* runpath_test.c - the names in the run directory, and the length at which a socket path ends. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vios-core/base/runpath.h"

static void test_names(void **state)
{
	struct runpath p;

	assert_int_equal(runpath_frame_json(&p, "/r"), 0);
	assert_string_equal(p.text, "/r/frame.json");
	assert_int_equal(runpath_framed(&p, "/r"), 0);
	assert_string_equal(p.text, "/r/frame/framed.sock");
	assert_int_equal(runpath_vios_dir(&p, "/r", "vios1"), 0);
	assert_string_equal(p.text, "/r/vios1");
	assert_int_equal(runpath_vios_file(&p, "/r", "vios1", "netd.lock"), 0);
	assert_string_equal(p.text, "/r/vios1/netd.lock");
	assert_int_equal(runpath_viosd(&p, "/r", "vios1"), 0);
	assert_string_equal(p.text, "/r/vios1/viosd.sock");
	assert_int_equal(runpath_netd(&p, "/r", "vios2"), 0);
	assert_string_equal(p.text, "/r/vios2/netd.sock");
	assert_int_equal(runpath_scsid(&p, "/r", "vios2", "lpar1", "scsi0"), 0);
	assert_string_equal(p.text, "/r/vios2/lpar1.scsi0.ctl");
	assert_int_equal(runpath_backend(&p, "/r", "vios2", "lpar1", "eth0"), 0);
	assert_string_equal(p.text, "/r/vios2/lpar1.eth0.sock");
	assert_int_equal(runpath_client_dir(&p, "/r", "lpar1"), 0);
	assert_string_equal(p.text, "/r/clients/lpar1");
	assert_int_equal(runpath_frontend(&p, "/r", "lpar1", "eth0"), 0);
	assert_string_equal(p.text, "/r/clients/lpar1/eth0.sock");
	assert_int_equal(runpath_mux(&p, "/r", "lpar1"), 0);
	assert_string_equal(p.text, "/r/clients/lpar1/mux.sock");
}

/* By the name that vios-framed keeps a data plane under; what could lead elsewhere is none. */
static void test_planes(void **state)
{
	static const char *const bad[] = {"", "scsid", "scsid:", "scsid:lpar1", "scsid:lpar1/",
		"scsid:/scsi0", "scsid:lpar1/scsi0/x", "scsid:../x/y", "scsid:lpar1/../y",
		"scsid:a.b/c", "scsid:a/b.c", "netd2", "other:lpar1/scsi0"};
	struct runpath p;

	assert_int_equal(runpath_scsid(&p, "/r", "vios1", "lpar1", "scsi0"), 0);
	assert_string_equal(p.text, "/r/vios1/lpar1.scsi0.ctl");
	assert_int_equal(runpath_plane(&p, "/r", "vios1", "netd"), 0);
	assert_string_equal(p.text, "/r/vios1/netd.sock");
	assert_int_equal(runpath_plane(&p, "/r", "vios2", "scsid:lpar1/scsi0"), 0);
	assert_string_equal(p.text, "/r/vios2/lpar1.scsi0.ctl");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (runpath_plane(&p, "/r", "vios1", bad[i]) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

static void test_length(void **state)
{
	const size_t tail = strlen("/frame/framed.sock");
	char run[200];
	struct runpath p;

	memset(run, 'r', sizeof(run));
	run[RUNPATH_SOCKET_MAX - tail] = '\0';
	assert_int_equal(runpath_framed(&p, run), 0);
	assert_int_equal(strlen(p.text), RUNPATH_SOCKET_MAX);

	run[RUNPATH_SOCKET_MAX - tail] = 'r';
	run[RUNPATH_SOCKET_MAX - tail + 1] = '\0';
	assert_int_equal(runpath_framed(&p, run), -ENAMETOOLONG);
	assert_int_equal(strlen(p.text), RUNPATH_SOCKET_MAX); /* cut, for the message */
	assert_memory_equal(p.text, run, strlen(run));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_planes),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
