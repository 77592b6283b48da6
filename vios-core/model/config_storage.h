/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_storage.h - what virtual SCSI adds to the replicated state, as structs. Pure. As
 * config_objects.h.
 */
#ifndef VIOS_MODEL_CONFIG_STORAGE_H
#define VIOS_MODEL_CONFIG_STORAGE_H

#include "vios-core/model/frame_config.h"

#define CONFIG_PATH_MAX 255
#define CONFIG_IDENTITY_MAX 127
#define CONFIG_LUN_MAX 255

enum config_backing_type { CONFIG_DISK, CONFIG_FILE, CONFIG_LV, CONFIG_OPTICAL };
struct config_path {
	char vios[MODEL_NAME_MAX + 1]; /* first: the key */
	char path[CONFIG_PATH_MAX + 1];
};

struct config_backing {
	char name[MODEL_NAME_MAX + 1];
	char repository[MODEL_NAME_MAX + 1]; /* whose medium it is; "": nobody's */
	enum config_backing_type type;
	size_t n_paths;
	struct config_path paths[MODEL_VIOS_MAX];
	char wwid[CONFIG_IDENTITY_MAX + 1], unique_id[CONFIG_IDENTITY_MAX + 1];
	uint64_t size_bytes; /* 0: not known */
	uint32_t block_bytes;
	bool read_only;
};

/* A folder on each VIOS for the files of virtual optical media. */
struct config_repository {
	char name[MODEL_NAME_MAX + 1];
	size_t n_paths;
	struct config_path paths[MODEL_VIOS_MAX];
	uint64_t size_bytes; /* that its media may have together */
};

enum config_vtd_type { CONFIG_VTD_DISK, CONFIG_VTD_OPTICAL };
struct config_vtd {
	char name[MODEL_NAME_MAX + 1], vhost[MODEL_NAME_MAX + 1];
	char backing[MODEL_NAME_MAX + 1]; /* "": no medium */
	uint16_t lun;
	enum config_vtd_type type;
};

#endif
