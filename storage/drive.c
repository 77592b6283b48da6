/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * drive.c - a drive with media: the medium is changed under a client that keeps the drive. The old
 * one is taken out first, so that its client's requests are answered NOT READY while what is in
 * flight ends; then the new unit takes over what the client knows of the drive, and what it has not
 * been told yet. A client's own eject empties this target's drive until it loads it again, or an
 * operator does, or another target takes over. The worker's; units are main's.
 */
#include "storage/drive.h"

bool drive_stays(const struct unit *before, const struct unit *next)
{
	return next && lun_config_same_drive(&before->config, &next->config);
}

void drive_empty(struct unit *before)
{
	scsi_lun_medium(&before->scsi, 0);
}

void drive_take(struct worker *w, unsigned lun, struct unit *next)
{
	const struct scsi_lun_config config = next->scsi.config;
	const struct alua alua = next->scsi.alua;

	next->scsi = w->unit[lun]->scsi;
	next->scsi.config = config;
	next->scsi.config.blocks = 0;
	next->scsi.alua = alua;
	if (config.blocks)
		scsi_lun_medium(&next->scsi, config.blocks);
	w->unit[lun] = next;
	w->target.lun[lun] = &next->scsi;
}

void drive_move_tray(struct request *r)
{
	struct unit *u = r->unit;
	const uint64_t blocks = u->backing.size_bytes / u->backing.block_bytes;

	if (r->scsi.plan == SCSI_EJECT)
		scsi_lun_medium(&u->scsi, 0);
	else if (blocks && !u->scsi.config.blocks)
		scsi_lun_medium(&u->scsi, blocks);
	execute_done(r, SCSI_IO_DONE, 0);
}
