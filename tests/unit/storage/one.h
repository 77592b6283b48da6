/* SPDX-License-Identifier: BSD-3-Clause */
/* one.h - a target with one logical unit, and how a test talks to it. The caller's storage. */
#ifndef VIOS_TESTS_ONE_H
#define VIOS_TESTS_ONE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "storage/opcodes.h"

#define ONE_BLOCKS 10000

struct one {
	struct scsi_target target;
	struct scsi_lun lun;
	struct scsi_request request;
	uint8_t data[SCSI_DATA_MAX];
};
void one_init(struct one *one, const struct scsi_lun_config *config);
struct scsi_lun_config one_disk_config(void);
void one_disk(struct one *one);

/* blocks 0: an empty drive */
void one_drive(struct one *one, uint64_t blocks);

void one_send_to(struct one *one, unsigned lun, uint32_t in, uint32_t out, const uint8_t *cdb,
	size_t cdb_len);

/* SEND(one, in offered, out offered, CDB...) */
#define SEND(one, in, out, ...)                                                                    \
	one_send_to(one, 0, in, out, (const uint8_t[]){__VA_ARGS__},                               \
		sizeof((const uint8_t[]){__VA_ARGS__}))

/* The parameter list that the last command waits for. */
#define GIVE(one, ...)                                                                             \
	one_give(one, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
void one_give(struct one *one, const uint8_t *params, size_t len);

void one_is_status(const struct one *one, enum scsi_status status);

void one_is_good(const struct one *one);

/* Fixed format sense data with this key and code. */
void one_is_check(const struct one *one, enum sense_key key, uint16_t code);

/* INVALID FIELD IN CDB (parameters: IN PARAMETER LIST) that points at byte, bit (8: whole). */
void one_is_bad_field(const struct one *one, bool parameters, unsigned byte, unsigned bit);

/* GOOD with exactly these bytes. */
#define IS_DATA(one, ...)                                                                          \
	one_is_data(one, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
void one_is_data(const struct one *one, const uint8_t *bytes, size_t len);

/* A plan for blocks [lba, lba + blocks) that moves so many bytes. */
void one_is_plan(const struct one *one, enum scsi_plan plan, uint64_t lba, uint64_t blocks,
	uint32_t in_len, uint32_t out_len);

#endif
