/* SPDX-License-Identifier: BSD-3-Clause */
/* session_private.h - what the session's files share. */
#ifndef VIOS_STORAGE_SESSION_PRIVATE_H
#define VIOS_STORAGE_SESSION_PRIVATE_H

#include "storage/session.h"
#include "vios-core/vhostuser/vu_mem.h"

/* Ends the process. */
_Noreturn void session_broken(const char *why, const char *about);

/* session_own.c: requests of a SCSI target's own: configuration space and inflight region. */
bool session_is_own(uint32_t request);
enum vu_fault session_own(struct session *s, struct vu_msg *m);
void session_drop_inflight(struct session *s);

#endif
