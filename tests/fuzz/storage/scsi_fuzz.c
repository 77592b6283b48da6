/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi_fuzz.c - a client that sends any CDB with any parameters to a logical unit in any state,
 * while peers reserve and the disk changes. The input is four bytes of configuration, then a script
 * of operations. Buffers are allocations of their own, so that a sanitizer sees a byte too far.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "storage/opcodes.h"

#define BLOCKS 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static uint32_t number(struct input *in, unsigned bytes)
{
	uint32_t value = 0;

	while (bytes--)
		value = value << 8 | byte(in);
	return value;
}

struct world {
	struct scsi_target target;
	struct scsi_lun lun, other;
	struct scsi_request request;
};

static void configure(struct world *world, struct input *in)
{
	uint8_t bits = byte(in), state = byte(in) & 0x0F;
	bool optical = bits & 0x01;
	const struct scsi_port port = {.initiator = 1, .relative_port = 1, .group = 1};
	const struct scsi_lun_config config = {
		.type = optical ? SCSI_OPTICAL : SCSI_DISK,
		.vendor = "VIOS",
		.product = "fuzz",
		.serial = "1",
		.naa_len = 8,
		.block_len = optical	   ? 2048
			     : bits & 0x02 ? 4096
					   : 512,
		.blocks = optical && (bits & 0x02) ? 0 : BLOCKS,
		.read_only = optical || (bits & 0x04),
		.unmap = !optical && (bits & 0x08),
		.explicit_alua = bits & 0x10,
		.saves_modes = bits & 0x20,
		.max_transfer_blocks = 1024,
		.max_unmap_blocks = 65536,
		.max_write_same_blocks = 2048,
		.max_compare_and_write_blocks = bits & 0x40 ? 16 : 0,
	};
	struct alua alua = {.groups = 2,
		.group = {{.id = 1, .ports = 1, .port = {1}}, {.id = 2, .ports = 1, .port = {2}}}};

	scsi_target_init(&world->target, &port);
	scsi_lun_init(&world->lun, &config);
	assert(!scsi_attach(&world->target, 0, &world->lun, false));
	scsi_lun_init(&world->other, &config);
	assert(!scsi_attach(&world->target, 3, &world->other, bits & 0x80));
	alua.group[0].state = state <= 3 || state == 15 ? state : 0;
	scsi_lun_alua(&world->lun, &alua, true);
	world->lun.attentions = number(in, 2) & ((1u << SCSI_ATTENTIONS) - 1);
}

static void check_answer(const struct scsi_request *request)
{
	assert(request->plan == SCSI_ANSWERED);
	assert(request->data_len <= request->in_offered && request->data_len <= SCSI_DATA_MAX);
	assert(request->residual <= (uint64_t)request->in_offered + request->out_offered);
	assert((request->status == SCSI_CHECK_CONDITION) == (request->sense_len > 0));
	if (request->sense_len)
		assert(sense_valid(request->sense, request->sense_len));
	if (request->status != SCSI_GOOD)
		assert(!request->data_len);
}

static bool modifies(enum scsi_plan plan)
{
	return plan == SCSI_WRITE || plan == SCSI_WRITE_VERIFY || plan == SCSI_UNMAP ||
	       plan == SCSI_WRITE_SAME || plan == SCSI_COMPARE_AND_WRITE || plan == SCSI_ORWRITE;
}

static void check_io(const struct scsi_request *request, const uint8_t *params)
{
	const struct scsi_lun *lun = request->lun;
	const struct alua_group *group = alua_find(&lun->alua, 1);
	const struct reservation_nexus own = {1, 1};

	assert(lun->config.blocks);
	assert(request->lba <= lun->config.blocks);
	assert(request->blocks <= lun->config.blocks - request->lba);
	assert(request->in_len <= request->in_offered && request->out_len <= request->out_offered);
	assert(!request->data_len && !request->sense_len);
	assert(!group || group->state <= ALUA_NON_OPTIMIZED);
	if (request->plan == SCSI_READ)
		assert(request->in_len == request->blocks * lun->config.block_len);
	if (request->plan == SCSI_WRITE)
		assert(request->out_len == request->blocks * lun->config.block_len);
	if (modifies(request->plan)) {
		assert(!lun->config.read_only && !lun->modes.current.swp);
		assert(reservations_allow(&lun->reservations, own, RESERVATION_WRITES));
	}
	if (request->plan == SCSI_UNMAP) {
		assert(request->unmap_count && request->out_len >= 8 + 16 * request->unmap_count);
		for (uint32_t i = 0; i < request->unmap_count; i++) {
			uint64_t lba, blocks;

			scsi_unmap_get(params, i, &lba, &blocks);
			assert(lba <= lun->config.blocks && blocks <= lun->config.blocks - lba);
		}
	}
}

static enum reservation_result reserve(
	struct world *world, struct scsi_lun *lun, const struct reservation_event *event)
{
	struct reservation_effects effects;
	uint8_t bytes[RESERVATIONS_BYTES_MAX], again[RESERVATIONS_BYTES_MAX];
	struct reservations copy;
	size_t len;

	scsi_reservation_apply(&world->target, lun, event, &effects);
	assert(reservations_valid(&lun->reservations));
	assert(effects.changed || !effects.count);
	len = reservations_encode(&lun->reservations, bytes);
	assert(len <= sizeof(bytes) && !reservations_decode(&copy, bytes, len));
	assert(reservations_encode(&copy, again) == len && !memcmp(bytes, again, len));
	return effects.result;
}

/* What the process around it does with a plan. */
static void carry_out(struct world *world, const uint8_t *params, uint8_t outcome)
{
	struct scsi_request *request = &world->request;
	struct scsi_lun *lun = request->lun;

	switch (request->plan) {
	case SCSI_ANSWERED:
		break;
	case SCSI_BAD_TARGET:
	case SCSI_OVERRUN:
		return;
	case SCSI_RESERVE:
		scsi_reserved(request, reserve(world, lun, &request->event));
		break;
	case SCSI_SET_GROUPS:
		assert(request->groups.count && request->groups.count <= ALUA_GROUPS);
		for (unsigned i = 0; i < request->groups.count; i++)
			assert(alua_find(&lun->alua, request->groups.want[i].id));
		scsi_groups_set(request, outcome & 1);
		break;
	case SCSI_SELECT_MODES:
		scsi_lun_modes(lun, &request->modes, true);
		scsi_modes_set(request);
		break;
	case SCSI_EJECT:
	case SCSI_LOAD:
		assert(lun->config.type == SCSI_OPTICAL);
		scsi_lun_medium(lun, request->plan == SCSI_LOAD ? BLOCKS : 0);
		scsi_complete(request, SCSI_IO_DONE, 0);
		break;
	default:
		assert(request->plan >= SCSI_READ && request->plan <= SCSI_PREFETCH);
		check_io(request, params);
		scsi_complete(request, outcome % SCSI_IOS, outcome);
	}
	check_answer(request);
}

static void command(struct world *world, struct input *in)
{
	struct scsi_request *request = &world->request;
	uint8_t *buffer = malloc(SCSI_DATA_MAX), *params = NULL;
	uint8_t outcome = byte(in), cdb_len = byte(in) % (SCSI_CDB_LEN + 1);

	assert(buffer);
	memset(request, 0xEE, sizeof(*request));
	memset(request->cdb, 0, sizeof(request->cdb));
	memset(request->lun_address, 0, sizeof(request->lun_address));
	request->lun_address[0] = outcome == 0xC1 ? 0xC1 : 1;
	request->lun_address[1] = outcome == 0xC1;
	request->lun_address[3] = outcome == 3 ? 3 : outcome == 0x77 ? byte(in) : 0;
	request->in_offered = number(in, 3);
	request->out_offered = number(in, 3);
	request->data = buffer;
	for (unsigned i = 0; i < cdb_len; i++)
		request->cdb[i] = byte(in);
	scsi_decode(&world->target, request);
	assert(request->plan < SCSI_PLANS);
	if (request->plan == SCSI_PARAMETERS) {
		assert(request->out_len && request->out_len <= request->out_offered);
		assert(request->out_len <= SCSI_PARAMETERS_MAX);
		params = malloc(request->out_len);
		assert(params);
		for (uint32_t i = 0; i < request->out_len; i++)
			params[i] = byte(in);
		scsi_parameters(&world->target, request, params);
		assert(request->plan != SCSI_PARAMETERS);
	}
	carry_out(world, params, outcome);
	free(params);
	free(buffer);
}

static void peer_reserves(struct world *world, struct input *in)
{
	const struct reservation_event event = {
		.action = byte(in) % (RESERVATION_ACTIONS + 1),
		.from = {byte(in) & 7, byte(in) & 7},
		.key = byte(in) & 3,
		.service_key = byte(in) & 3,
		.type = byte(in) & 15,
		.aptpl = byte(in) & 1,
	};

	reserve(world, &world->lun, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	static struct world world;

	memset(&world, 0, sizeof(world));
	configure(&world, &in);
	for (unsigned i = 0; in.left && i < 64; i++) {
		switch (byte(&in) % 8) {
		case 0:
			peer_reserves(&world, &in);
			break;
		case 1:
			scsi_lun_attend(&world.lun, byte(&in) % SCSI_ATTENTIONS);
			break;
		case 2:
			scsi_lun_reset(&world.lun);
			break;
		case 3:
			if (world.lun.config.type == SCSI_DISK)
				scsi_lun_resize(&world.lun, 1 + number(&in, 2));
			break;
		default:
			command(&world, &in);
		}
	}
	return 0;
}
