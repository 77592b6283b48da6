/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of virtio 1.2, 5.6. Pure; any thread; everything is the caller's memory. */
#include "storage/virtio_scsi.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define EVENT_INFO_BYTES 16

static uint32_t get32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, 4);
	return le32toh(v);
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, 8);
	return le64toh(v);
}

static void put16(uint8_t *at, uint16_t v)
{
	v = htole16(v);
	memcpy(at, &v, 2);
}

static void put32(uint8_t *at, uint32_t v)
{
	v = htole32(v);
	memcpy(at, &v, 4);
}

void vs_request_get(const uint8_t wire[VS_REQUEST_BYTES], struct vs_request *out)
{
	memcpy(out->lun, wire, sizeof(out->lun));
	out->tag = get64(wire + 8);
	out->task_attribute = wire[16];
	memcpy(out->cdb, wire + 19, VS_CDB_BYTES);
}

void vs_response_put(const struct vs_result *result, uint8_t wire[VS_RESPONSE_BYTES])
{
	uint32_t n = result->sense_bytes < VS_SENSE_BYTES ? result->sense_bytes : VS_SENSE_BYTES;

	memset(wire, 0, VS_RESPONSE_BYTES);
	put32(wire, n);
	put32(wire + 4, result->residual);
	wire[10] = result->status;
	wire[11] = result->response;
	memcpy(wire + 12, result->sense, n);
}

int vs_control_get(const uint8_t *wire, uint32_t bytes, struct vs_control *out)
{
	uint32_t type = bytes >= 4 ? get32(wire) : UINT32_MAX;

	*out = (struct vs_control){0};
	if (type == VS_TASK_MANAGEMENT && bytes >= 24) {
		out->function = get32(wire + 4);
		memcpy(out->lun, wire + 8, sizeof(out->lun));
		out->tag = get64(wire + 16);
		out->answer_bytes = 1;
		return 0;
	}
	if ((type != VS_NOTIFICATION_QUERY && type != VS_NOTIFICATION_SUBSCRIBE) || bytes < 16)
		return -EINVAL;
	out->kind = (enum vs_control_kind)type;
	memcpy(out->lun, wire + 4, sizeof(out->lun));
	out->answer_bytes = 5;
	return 0;
}

void vs_control_answer(const struct vs_control *c, uint8_t response, uint8_t *wire)
{
	/* Asynchronous notifications: none is offered, event_actual is 0. */
	memset(wire, 0, c->answer_bytes);
	wire[c->answer_bytes - 1] = response;
}

void vs_event_put(uint32_t event, uint16_t lun, uint32_t reason, uint8_t wire[VS_EVENT_BYTES])
{
	memset(wire, 0, VS_EVENT_BYTES);
	put32(wire, event);
	/* Peripheral addressing: Linux takes bytes 2 and 3 as the number, without a mask. */
	wire[4] = 1;
	wire[6] = (uint8_t)(lun >> 8);
	wire[7] = (uint8_t)lun;
	put32(wire + 12, reason);
}

void vs_config_put(const struct vs_config *config, uint8_t wire[VS_CONFIG_BYTES])
{
	memset(wire, 0, VS_CONFIG_BYTES);
	put32(wire, config->request_queues);
	put32(wire + 4, config->seg_max);
	put32(wire + 8, config->max_sectors);
	put32(wire + 12, config->cmd_per_lun);
	put32(wire + 16, EVENT_INFO_BYTES);
	put32(wire + 20, VS_SENSE_BYTES);
	put32(wire + 24, VS_CDB_BYTES);
	put16(wire + 28, 0); /* max_channel, max_target: there is one of each */
	put16(wire + 30, 0);
	put32(wire + 32, VS_LUNS - 1);
}

bool vs_config_accepts(
	const struct vs_config *config, uint32_t offset, const uint8_t *bytes, uint32_t n)
{
	uint8_t wire[VS_CONFIG_BYTES];

	/* sense_size and cdb_size may be written; what they are is the only value that they take.
	 */
	vs_config_put(config, wire);
	return offset >= 20 && offset <= 28 && n <= 28 - offset && !memcmp(wire + offset, bytes, n);
}
