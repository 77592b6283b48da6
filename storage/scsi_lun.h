/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scsi_lun.h - one logical unit as the client of one server adapter sees it: what it is, what state
 * it is in, what has happened to it that the client has not been told yet.
 *
 * Pure; the caller's storage. One thread at a time.
 */
#ifndef VIOS_STORAGE_SCSI_LUN_H
#define VIOS_STORAGE_SCSI_LUN_H

#include "storage/alua.h"
#include "storage/reservations.h"

enum scsi_device_type { SCSI_DISK = 0x00, SCSI_OPTICAL = 0x05 };

struct scsi_lun_config {
	enum scsi_device_type type;
	char vendor[9], product[17], revision[5]; /* ASCII; padded with spaces when reported */
	char serial[37];
	uint8_t naa[16];	   /* NAA designator, as bytes; never changes */
	uint8_t naa_len;	   /* 8 or 16 */
	uint32_t block_len;	   /* 512, 4096; 2048: optical */
	uint8_t physical_exponent; /* a physical block is 2^n logical ones */
	uint64_t blocks;	   /* 0: no medium (optical) */
	bool read_only, rotational;
	bool unmap;	   /* UNMAP and WRITE SAME with UNMAP */
	bool unmap_zeroes; /* what is unmapped reads as zeros */
	bool thin;
	bool explicit_alua;		  /* SET TARGET PORT GROUPS is carried out */
	bool saves_modes;		  /* the caller keeps struct scsi_modes.saved */
	uint32_t max_transfer_blocks;	  /* of one READ or WRITE; not 0 */
	uint32_t optimal_transfer_blocks; /* 0: not told */
	uint32_t max_unmap_blocks, unmap_granularity;
	uint32_t max_write_same_blocks;
	uint8_t max_compare_and_write_blocks; /* 0: not supported */
};

struct scsi_mode_values {
	bool wce;     /* caching page: write cache enabled */
	bool d_sense; /* control page: sense data in descriptor format */
	bool swp;     /* control page: software write protect */
};

struct scsi_modes {
	struct scsi_mode_values current, saved;
};

/* Unit attentions, the one to report first first (SAM-6, Unit attention conditions). Sets: 1<<n */
enum scsi_attention {
	SCSI_ATTENTION_POWER_ON,     /* 29/00 POWER ON, RESET, OR BUS DEVICE RESET OCCURRED */
	SCSI_ATTENTION_LUN_RESET,    /* 29/03 BUS DEVICE RESET FUNCTION OCCURRED */
	SCSI_ATTENTION_NEXUS_LOST,   /* 29/07 I_T NEXUS LOSS OCCURRED */
	SCSI_ATTENTION_MEDIUM,	     /* 28/00 NOT READY TO READY CHANGE, MEDIUM MAY HAVE CHANGED */
	SCSI_ATTENTION_CAPACITY,     /* 2A/09 CAPACITY DATA HAS CHANGED */
	SCSI_ATTENTION_CLEARED,	     /* 2F/00 COMMANDS CLEARED BY ANOTHER INITIATOR */
	SCSI_ATTENTION_PREEMPTED,    /* 2A/03 RESERVATIONS PREEMPTED */
	SCSI_ATTENTION_RELEASED,     /* 2A/04 RESERVATIONS RELEASED */
	SCSI_ATTENTION_UNREGISTERED, /* 2A/05 REGISTRATIONS PREEMPTED */
	SCSI_ATTENTION_MODES,	     /* 2A/01 MODE PARAMETERS CHANGED */
	SCSI_ATTENTION_ALUA,	     /* 2A/06 ASYMMETRIC ACCESS STATE CHANGED */
	SCSI_ATTENTION_INQUIRY,	     /* 3F/03 INQUIRY DATA HAS CHANGED */
	SCSI_ATTENTION_LUNS,	     /* 3F/0E REPORTED LUNS DATA HAS CHANGED */
	SCSI_ATTENTIONS
};

enum scsi_media_event { /* MMC-6, GET EVENT STATUS NOTIFICATION: Media Event */
	SCSI_MEDIA_NO_CHANGE = 0,
	SCSI_MEDIA_EJECT_ASKED = 1,
	SCSI_MEDIA_NEW = 2,
	SCSI_MEDIA_REMOVED = 3,
};

struct scsi_lun {
	struct scsi_lun_config config;
	struct scsi_modes modes;
	struct alua alua;
	struct reservations reservations;
	uint32_t attentions; /* set of enum scsi_attention for this adapter's nexus */
	uint8_t media_event; /* optical: enum scsi_media_event not yet told */
	bool removal_prevented;
};

/* modes: factory values. */
void scsi_lun_init(struct scsi_lun *lun, const struct scsi_lun_config *config);
void scsi_lun_attend(struct scsi_lun *lun, enum scsi_attention attention);
/* Takes the first of those in mask that is pending; SCSI_ATTENTIONS: none. */
enum scsi_attention scsi_lun_tell(struct scsi_lun *lun, uint32_t mask);
void scsi_lun_resize(struct scsi_lun *lun, uint64_t blocks);
/* Optical: a medium has come (blocks > 0) or gone (0). */
void scsi_lun_medium(struct scsi_lun *lun, uint64_t blocks);
/* Optical: an operator wants it out; the client is asked, if it has locked it. True: not locked. */
bool scsi_lun_ask_eject(struct scsi_lun *lun);
void scsi_lun_alua(struct scsi_lun *lun, const struct alua *alua, bool by_this_nexus);
void scsi_lun_explicit(struct scsi_lun *lun, bool on); /* SET TARGET PORT GROUPS is done */
void scsi_lun_modes(struct scsi_lun *lun, const struct scsi_modes *modes, bool by_this_nexus);
/* LOGICAL UNIT RESET, target resets: to each target of the logical unit, the one that was asked
 * for it too. RESERVATION_LUN_RESET is the agreed event beside it. */
void scsi_lun_reset(struct scsi_lun *lun);

#endif
