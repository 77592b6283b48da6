/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi.h - SCSI (SAM-6, SPC-5, SBC-4; MMC-6 as far as a CD-ROM drive needs it) for one server
 * adapter, which has one initiator and so one I_T nexus.
 *
 * Pure: no I/O, clock, thread or allocation. One thread at a time per target. A command:
 *
 *   scsi_decode --> plan: ANSWERED, BAD_TARGET, OVERRUN -------------------------> to the client
 *        |                I/O: the caller does it, scsi_complete() --> ANSWERED
 *        |                RESERVE, SET_GROUPS, SELECT_MODES: agreed on, applied --> ANSWERED
 *        '--> PARAMETERS: the caller copies out_len bytes, scsi_parameters() --> as above
 */
#ifndef VIOS_STORAGE_SCSI_H
#define VIOS_STORAGE_SCSI_H

#include "storage/scsi_request.h"

#define SCSI_LUNS 256

struct scsi_port {		/* never changes for a server adapter */
	uint32_t initiator;	/* its adapter's id in the frame */
	uint16_t relative_port; /* 1 up */
	uint16_t group;		/* target port group */
	uint8_t naa[8];		/* the target port's name, NAA locally assigned (3h) */
	uint8_t target;		/* its number in virtio addresses: 0 */
};

struct scsi_target {
	struct scsi_port port;
	struct scsi_lun *lun[SCSI_LUNS]; /* the caller's */
};

void scsi_target_init(struct scsi_target *target, const struct scsi_port *port);
/* 0, -EINVAL (the configuration contradicts itself), -EEXIST. All other LUNs' clients are told
 * (REPORTED LUNS DATA HAS CHANGED), if told. */
int scsi_attach(struct scsi_target *target, unsigned number, struct scsi_lun *lun, bool told);
/* Returns the LUN, NULL if there was none. Its requests in flight are the caller's business. */
struct scsi_lun *scsi_detach(struct scsi_target *target, unsigned number);

enum scsi_address { SCSI_AT_LUN, SCSI_AT_WELL_KNOWN, SCSI_AT_NO_TARGET };
/* virtio 1.2 5.6.6.1. number: 0 to 16383, for SCSI_AT_LUN. Also for task management. */
enum scsi_address scsi_address(
	const struct scsi_target *target, const uint8_t lun_address[8], unsigned *number);

void scsi_decode(struct scsi_target *target, struct scsi_request *request);
/* Of a plan that has waited: does the reservation of now allow it? Else it is answered. */
bool scsi_still_allowed(const struct scsi_target *target, struct scsi_request *request);
/* Aborted by another initiator: answered TASK ABORTED. */
void scsi_aborted(struct scsi_request *request);
/* params: a copy of request->out_len bytes of data-out, which is kept until an UNMAP is done. */
void scsi_parameters(
	struct scsi_target *target, struct scsi_request *request, const uint8_t *params);
/* The range number i of an UNMAP plan: checked, not empty. */
void scsi_unmap_get(const uint8_t *params, uint32_t i, uint64_t *lba, uint64_t *blocks);

/* I/O is over: status, sense, residual. The LUN may have gone meanwhile. */
void scsi_complete(struct scsi_request *request, enum scsi_io result, uint64_t where);
/* An agreed event, from whatever nexus: changes lun->reservations, fills effects, and tells this
 * target's nexus. Returns true if this nexus's tasks on the LUN are to be aborted. */
bool scsi_reservation_apply(struct scsi_target *target, struct scsi_lun *lun,
	const struct reservation_event *event, struct reservation_effects *effects);
/* Answers plan RESERVE with what the agreed event resulted in. */
void scsi_reserved(struct scsi_request *request, enum reservation_result result);
/* Answers SET_GROUPS (0; -EBUSY: transition failed) and SELECT_MODES after scsi_lun_modes(). */
void scsi_groups_set(struct scsi_request *request, int rc);
void scsi_modes_set(struct scsi_request *request);
/* Two words for a log line or an event: 2A/09. */
uint16_t scsi_attention_code(enum scsi_attention attention);

#endif
