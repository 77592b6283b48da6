/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * virtio_scsi.h - what lies in the buffers of a virtio-scsi device's queues and in its
 * configuration (virtio 1.2, 5.6). Pure: bytes to structs and back.
 */
#ifndef VIOS_STORAGE_VIRTIO_SCSI_H
#define VIOS_STORAGE_VIRTIO_SCSI_H

#include <stdbool.h>
#include <stdint.h>

/* 5.6.4: the driver may ask for other sizes; these are the default, and the only ones here. */
#define VS_CDB_BYTES 32
#define VS_SENSE_BYTES 96

#define VS_REQUEST_BYTES (19 + VS_CDB_BYTES)
#define VS_RESPONSE_BYTES (12 + VS_SENSE_BYTES)
#define VS_CONFIG_BYTES 36
#define VS_CONTROL_BYTES_MAX 24
#define VS_CONTROL_ANSWER_BYTES_MAX 5
#define VS_EVENT_BYTES 16
#define VS_LUNS 256 /* 0 to 255: DESIGN, *Storage* */
enum vs_queue { VS_CONTROL_QUEUE, VS_EVENT_QUEUE, VS_REQUEST_QUEUE /* and those after it */ };

enum vs_response { /* 5.6.6.1, 5.6.6.2 */
	VS_OK,
	VS_OVERRUN,
	VS_ABORTED,
	VS_BAD_TARGET,
	VS_RESET,
	VS_BUSY,
	VS_TRANSPORT_FAILURE,
	VS_TARGET_FAILURE,
	VS_NEXUS_FAILURE,
	VS_FAILURE,
	VS_FUNCTION_SUCCEEDED,
	VS_FUNCTION_REJECTED,
	VS_INCORRECT_LUN,
};

struct vs_request {
	uint8_t lun[8];
	uint64_t tag;
	uint8_t task_attribute, cdb[VS_CDB_BYTES];
};
void vs_request_get(const uint8_t wire[VS_REQUEST_BYTES], struct vs_request *out);

struct vs_result {
	uint32_t residual;
	uint8_t status; /* SAM-6 */
	uint8_t response;
	uint32_t sense_bytes; /* at most VS_SENSE_BYTES */
	uint8_t sense[VS_SENSE_BYTES];
};
void vs_response_put(const struct vs_result *result, uint8_t wire[VS_RESPONSE_BYTES]);

enum vs_task_function { /* 5.6.6.2 */
	VS_ABORT_TASK,
	VS_ABORT_TASK_SET,
	VS_CLEAR_ACA,
	VS_CLEAR_TASK_SET,
	VS_I_T_NEXUS_RESET,
	VS_LOGICAL_UNIT_RESET,
	VS_QUERY_TASK,
	VS_QUERY_TASK_SET,
	VS_TASK_FUNCTIONS
};
enum vs_control_kind { VS_TASK_MANAGEMENT, VS_NOTIFICATION_QUERY, VS_NOTIFICATION_SUBSCRIBE };
struct vs_control {
	enum vs_control_kind kind;
	uint32_t function; /* VS_TASK_MANAGEMENT; may be one that does not exist */
	uint8_t lun[8];
	uint64_t tag;
	uint32_t answer_bytes;
};
/* 0, or -EINVAL: not a control request, or cut short. */
int vs_control_get(const uint8_t *wire, uint32_t bytes, struct vs_control *out);
/* Of out->answer_bytes bytes. */
void vs_control_answer(const struct vs_control *c, uint8_t response, uint8_t *wire);

/* 5.6.6.3 */
enum vs_event_kind {
	VS_EVENT_NONE,
	VS_EVENT_TRANSPORT_RESET,
	VS_EVENT_NOTIFY,
	VS_EVENT_PARAMETERS
};
enum vs_event_reason { VS_REASON_RESET_HARD, VS_REASON_RESCAN, VS_REASON_REMOVED };
#define VS_REASON_CAPACITY 0x092Au /* ASC 2A, ASCQ 09 */
void vs_event_put(uint32_t event, uint16_t lun, uint32_t reason, uint8_t wire[VS_EVENT_BYTES]);

struct vs_config {
	uint32_t request_queues, seg_max, max_sectors, cmd_per_lun;
};
void vs_config_put(const struct vs_config *config, uint8_t wire[VS_CONFIG_BYTES]);
/* May the driver write these bytes at that offset? */
bool vs_config_accepts(
	const struct vs_config *config, uint32_t offset, const uint8_t *bytes, uint32_t n);

#endif
