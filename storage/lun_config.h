/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lun_config.h - what `configure` says of the adapter and its LUNs: read, checked, refused in one
 * sentence. Pure.
 */
#ifndef VIOS_STORAGE_LUN_CONFIG_H
#define VIOS_STORAGE_LUN_CONFIG_H

#include <jansson.h>

#include "storage/scsi.h"

#define LUN_NAME_MAX 31
#define LUN_PATH_MAX 255

struct adapter_config {
	uint32_t id;
	unsigned request_queues, ring_size;
	uint64_t virtio_features;
	bool allow_unsealed;
	/* A path that heals must be well for so long; a request that fails on its path waits so
	 * long to be told what becomes of it. May change while it is in use. */
	uint32_t hold_ms, path_error_ms;
	struct scsi_port port;
};

struct lun_config {
	unsigned lun;
	char name[LUN_NAME_MAX + 1]; /* of the virtual target device */
	bool optical;		     /* a drive: what is in it may change */
	char path[LUN_PATH_MAX + 1]; /* "": a drive without a medium */
	/* Where the other VIOS has a node of its own of the same LUN; "": it has this one. */
	char other_path[LUN_PATH_MAX + 1];
	char serial[37];
	uint8_t naa[16];
	unsigned naa_bytes;
	uint32_t block_bytes; /* 0: the device's own, 512 for a file; 2048: of a drive */
	char reservations[LUN_PATH_MAX + 1]; /* the file that keeps them; "": none does */
	bool read_only;
	/* What may change while it is in use: */
	bool shared;	  /* other adapters have the device, too */
	struct alua alua; /* the port groups that lead to it; none: the adapter's own is all */
};

/* params of `configure`. luns: room for SCSI_LUNS. 0, or -EINVAL and in why what is wrong. */
int lun_config_parse(json_t *params, const char *adapter, struct adapter_config *out,
	struct lun_config *luns, unsigned *n_luns, char *why, size_t why_bytes);

/* The logical unit that such a LUN is on a device of that size. */
void lun_config_scsi(const struct lun_config *lun, uint64_t size_bytes, uint32_t block_bytes,
	bool is_file, struct scsi_lun_config *out);
/* The groups that its client is told of: not none. */
void lun_config_alua(const struct lun_config *lun, const struct scsi_port *port, struct alua *out);
/* May a LUN go on as it is under the new configuration? */
bool lun_config_same(const struct lun_config *a, const struct lun_config *b);
/* Are they one drive, whatever is in it? */
bool lun_config_same_drive(const struct lun_config *a, const struct lun_config *b);

#endif
