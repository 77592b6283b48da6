/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi_lun.c - a logical unit's own state and what happens to it from outside: attention to what
 * its client has not been told, capacity, medium, access states, modes, resets. Pure; the caller's
 * storage; one thread at a time.
 */
#include "storage/scsi_lun.h"

#include <errno.h>
#include <string.h>

#include "storage/scsi_private.h"

static const uint16_t codes[SCSI_ATTENTIONS] = {
	[SCSI_ATTENTION_POWER_ON] = SENSE_CODE(0x29, 0x00),
	[SCSI_ATTENTION_LUN_RESET] = SENSE_CODE(0x29, 0x03),
	[SCSI_ATTENTION_NEXUS_LOST] = SENSE_CODE(0x29, 0x07),
	[SCSI_ATTENTION_MEDIUM] = SENSE_CODE(0x28, 0x00),
	[SCSI_ATTENTION_CAPACITY] = SENSE_CODE(0x2A, 0x09),
	[SCSI_ATTENTION_CLEARED] = SENSE_CODE(0x2F, 0x00),
	[SCSI_ATTENTION_PREEMPTED] = SENSE_CODE(0x2A, 0x03),
	[SCSI_ATTENTION_RELEASED] = SENSE_CODE(0x2A, 0x04),
	[SCSI_ATTENTION_UNREGISTERED] = SENSE_CODE(0x2A, 0x05),
	[SCSI_ATTENTION_MODES] = SENSE_CODE(0x2A, 0x01),
	[SCSI_ATTENTION_ALUA] = SENSE_CODE(0x2A, 0x06),
	[SCSI_ATTENTION_INQUIRY] = SENSE_CODE(0x3F, 0x03),
	[SCSI_ATTENTION_LUNS] = SENSE_CODE(0x3F, 0x0E),
};

uint16_t scsi_attention_code(enum scsi_attention attention)
{
	return codes[attention];
}

void scsi_lun_init(struct scsi_lun *lun, const struct scsi_lun_config *config)
{
	memset(lun, 0, sizeof(*lun));
	lun->config = *config;
	modes_factory(&lun->modes.current);
	lun->modes.saved = lun->modes.current;
}

void scsi_lun_attend(struct scsi_lun *lun, enum scsi_attention attention)
{
	/* SAM-6, Unit attention condition: a power on or a reset makes older news pointless */
	if (attention == SCSI_ATTENTION_POWER_ON)
		lun->attentions = 0;
	lun->attentions |= 1u << attention;
}

enum scsi_attention scsi_lun_tell(struct scsi_lun *lun, uint32_t mask)
{
	uint32_t pending = lun->attentions & mask;

	for (unsigned i = 0; i < SCSI_ATTENTIONS; i++) {
		if (!(pending & 1u << i))
			continue;
		lun->attentions &= ~(1u << i);
		return i;
	}
	return SCSI_ATTENTIONS;
}

void scsi_lun_resize(struct scsi_lun *lun, uint64_t blocks)
{
	if (lun->config.blocks == blocks)
		return;
	lun->config.blocks = blocks;
	scsi_lun_attend(lun, SCSI_ATTENTION_CAPACITY);
}

void scsi_lun_medium(struct scsi_lun *lun, uint64_t blocks)
{
	bool was = lun->config.blocks > 0;

	lun->config.blocks = blocks;
	if (blocks) {
		lun->media_event = SCSI_MEDIA_NEW;
		scsi_lun_attend(lun, SCSI_ATTENTION_MEDIUM);
	} else if (was) {
		lun->media_event = SCSI_MEDIA_REMOVED;
		lun->attentions &= ~(1u << SCSI_ATTENTION_MEDIUM);
	}
}

bool scsi_lun_ask_eject(struct scsi_lun *lun)
{
	if (!lun->removal_prevented)
		return true;
	lun->media_event = SCSI_MEDIA_EJECT_ASKED;
	return false;
}

void scsi_lun_alua(struct scsi_lun *lun, const struct alua *alua, bool by_this_nexus)
{
	bool differs = alua_differs(&lun->alua, alua);

	lun->alua = *alua;
	/* SPC-5, SET TARGET PORT GROUPS: every I_T nexus but the one that asked for it */
	if (differs && !by_this_nexus)
		scsi_lun_attend(lun, SCSI_ATTENTION_ALUA);
}

void scsi_lun_explicit(struct scsi_lun *lun, bool on)
{
	if (lun->config.explicit_alua != on)
		scsi_lun_attend(lun, SCSI_ATTENTION_INQUIRY); /* TPGS */
	lun->config.explicit_alua = on;
}

static bool same_modes(const struct scsi_mode_values *a, const struct scsi_mode_values *b)
{
	return a->wce == b->wce && a->d_sense == b->d_sense && a->swp == b->swp;
}

void scsi_lun_modes(struct scsi_lun *lun, const struct scsi_modes *modes, bool by_this_nexus)
{
	bool differs = !same_modes(&lun->modes.current, &modes->current);

	lun->modes = *modes;
	if (differs && !by_this_nexus)
		scsi_lun_attend(lun, SCSI_ATTENTION_MODES);
}

void scsi_lun_reset(struct scsi_lun *lun)
{
	/* SPC-5, Mode parameters: a reset brings the saved values back */
	lun->modes.current = lun->modes.saved;
	lun->removal_prevented = false;
	scsi_lun_attend(lun, SCSI_ATTENTION_LUN_RESET);
}

static bool power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static bool printable(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	if (len == room)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7E)
			return false;
	return true;
}

/* Does it make a logical unit whose pages contradict nothing? */
static bool config_valid(const struct scsi_lun_config *config)
{
	bool optical = config->type == SCSI_OPTICAL;

	if (config->type != SCSI_DISK && !optical)
		return false;
	if (!power_of_two(config->block_len) || config->block_len < 512 ||
		config->block_len > 4096 || config->physical_exponent > 8)
		return false;
	if (config->naa_len != 8 && config->naa_len != 16)
		return false;
	if (!printable(config->vendor, sizeof(config->vendor)) ||
		!printable(config->product, sizeof(config->product)) ||
		!printable(config->revision, sizeof(config->revision)) ||
		!printable(config->serial, sizeof(config->serial)))
		return false;
	if (optical ? !config->read_only || config->unmap : !config->blocks)
		return false;
	if (config->blocks > INT64_MAX / config->block_len)
		return false;
	if (config->unmap && !config->max_unmap_blocks)
		return false;
	/* so that no transfer's length exceeds what 32 bits hold */
	return config->max_transfer_blocks &&
	       config->max_transfer_blocks <= UINT32_MAX / config->block_len &&
	       (optical || config->max_write_same_blocks);
}

static void tell_others(struct scsi_target *target, const struct scsi_lun *but)
{
	for (unsigned i = 0; i < SCSI_LUNS; i++)
		if (target->lun[i] && target->lun[i] != but)
			scsi_lun_attend(target->lun[i], SCSI_ATTENTION_LUNS);
}

int scsi_attach(struct scsi_target *target, unsigned number, struct scsi_lun *lun, bool told)
{
	if (number >= SCSI_LUNS || !config_valid(&lun->config))
		return -EINVAL;
	if (target->lun[number])
		return -EEXIST;
	target->lun[number] = lun;
	if (told)
		tell_others(target, lun);
	return 0;
}

struct scsi_lun *scsi_detach(struct scsi_target *target, unsigned number)
{
	struct scsi_lun *lun = number < SCSI_LUNS ? target->lun[number] : NULL;

	if (!lun)
		return NULL;
	target->lun[number] = NULL;
	tell_others(target, NULL);
	return lun;
}
