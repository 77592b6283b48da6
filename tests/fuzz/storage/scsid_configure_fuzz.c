/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsid_configure_fuzz.c - parameters of vios-scsid's `configure` that are any JSON. What is taken
 * holds what the rest of the program relies on; what is refused says why.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "storage/lun_config.h"
#include "storage/vring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lun_config luns[SCSI_LUNS];
	json_t *params = json_loadb((const char *)data, size, 0, NULL);
	struct adapter_config adapter;
	char why[256] = "";
	unsigned n = 0;

	if (lun_config_parse(params, "lpar1/scsi0", &adapter, luns, &n, why, sizeof(why))) {
		assert(why[0]);
	} else {
		assert(adapter.id && adapter.request_queues >= 1 && adapter.request_queues <= 16);
		assert(adapter.ring_size <= VRING_SIZE_MAX);
		assert(!(adapter.ring_size & (adapter.ring_size - 1)));
		assert(n <= SCSI_LUNS && adapter.hold_ms <= 3600000);
		assert(adapter.path_error_ms >= 1 && adapter.path_error_ms <= 600000);
	}
	for (unsigned i = 0; i < n && !why[0]; i++) {
		struct scsi_lun_config scsi;
		struct alua alua;

		assert(luns[i].lun < SCSI_LUNS && luns[i].path[0] && luns[i].serial[0]);
		assert(luns[i].naa_bytes == 8 || luns[i].naa_bytes == 16);
		for (unsigned k = 0; k < i; k++)
			assert(luns[k].lun != luns[i].lun);
		lun_config_scsi(&luns[i], 1 << 20, 512, true, &scsi);
		assert(scsi.blocks == 2048);
		lun_config_alua(&luns[i], &adapter.port, &alua);
		assert(alua.groups >= 1 && alua.groups <= ALUA_GROUPS && alua.group[0].ports == 1);
	}
	json_decref(params);
	return 0;
}
