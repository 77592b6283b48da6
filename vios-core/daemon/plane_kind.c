/* SPDX-License-Identifier: BSD-3-Clause */
/* plane_kind.c - the two kinds of data plane that viosd supervises. Constants only. */
#include "vios-core/daemon/plane.h"

const struct plane_kind plane_kind_netd = {
	.word = "netd",
	.program = "vios-netd",
	.died = ERRLOG_NETD_DIED,
	.not_started = ERRLOG_NETD_NOT_STARTED,
	.unfit = ERRLOG_NETD_UNFIT,
	.up = ERRLOG_NETD_UP,
	.suspect = ERRLOG_NETD_SUSPECT,
	.recovered = ERRLOG_NETD_RECOVERED,
	.state_event = "netd-state",
	.started_event = "netd-started",
	.greeted_event = "netd-greeted",
	.mute_event = "netd-mute",
	.ended_event = "netd-ended",
};

const struct plane_kind plane_kind_scsid = {
	.word = "scsid",
	.program = "vios-scsid",
	.disks = true,
	.died = ERRLOG_SCSID_DIED,
	.not_started = ERRLOG_SCSID_NOT_STARTED,
	.unfit = ERRLOG_SCSID_UNFIT,
	.up = ERRLOG_SCSID_UP,
	.suspect = ERRLOG_SCSID_SUSPECT,
	.recovered = ERRLOG_SCSID_RECOVERED,
	.state_event = "scsid-state",
	.started_event = "scsid-started",
	.greeted_event = "scsid-greeted",
	.mute_event = "scsid-mute",
	.ended_event = "scsid-ended",
};
