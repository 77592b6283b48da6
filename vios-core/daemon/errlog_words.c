/* SPDX-License-Identifier: BSD-3-Clause */
/* errlog_words.c - what each kind of entry is called: a table. Pure; constants only. */
#include "vios-core/daemon/errlog.h"

static const struct errlog_words words[ERRLOG_N_KINDS] = {
	[ERRLOG_NETD_DIED] = {"netd-died", "VIOS_NETD_DIED", 'S', ERRLOG_TEMP,
		"the data plane has died"},
	[ERRLOG_NETD_NOT_STARTED] = {"netd-not-started", "VIOS_NETD_NOSTART", 'S', ERRLOG_PERM,
		"the data plane cannot be started"},
	[ERRLOG_NETD_UNFIT] = {"netd-unfit", "VIOS_NETD_UNFIT", 'S', ERRLOG_PERM,
		"the data plane refuses its configuration"},
	[ERRLOG_NETD_UP] = {"netd-up", "VIOS_NETD_UP", 'S', ERRLOG_INFO, "the data plane is up"},
	[ERRLOG_NETD_SUSPECT] = {"netd-suspect", "VIOS_NETD_SUSPECT", 'S', ERRLOG_TEMP,
		"the data plane does not tick"},
	[ERRLOG_NETD_RECOVERED] = {"netd-suspect", "VIOS_NETD_RECOVERED", 'S', ERRLOG_INFO,
		"the data plane ticks again"},
	/* the label that operators have in their filters */
	[ERRLOG_LINK_DOWN] = {"uplink", "VIOS_SEA_ADAP_FAIL", 'H', ERRLOG_TEMP,
		"adapter link down"},
	[ERRLOG_LINK_UP] = {"uplink", "VIOS_SEA_ADAP_UP", 'H', ERRLOG_INFO, "adapter link up"},
	[ERRLOG_QUARANTINED] = {"quarantine", "VIOS_PATH_QUARANTINE", 'S', ERRLOG_PERM,
		"no data plane serves this adapter until it is released: it has killed two"},
	[ERRLOG_HELD] = {"quarantine", "VIOS_PATH_HELD", 'S', ERRLOG_TEMP,
		"no data plane serves this adapter until the one that it has killed is back"},
	[ERRLOG_RELEASED] = {"quarantine", "VIOS_PATH_RELEASED", 'O', ERRLOG_INFO,
		"this adapter may be served again"},
	[ERRLOG_PEER_LOST] = {"peer-state", "VIOS_PEER_LOST", 'S', ERRLOG_TEMP,
		"the other VIOS is offline"},
	[ERRLOG_PEER_BACK] = {"peer-state", "VIOS_PEER_BACK", 'S', ERRLOG_INFO,
		"the other VIOS is online"},
	[ERRLOG_CLUSTER_LOST] = {"peer-state", "VIOS_CLUSTER_LOST", 'S', ERRLOG_TEMP,
		"Corosync is away: nothing is known of the other VIOS"},
	[ERRLOG_ROLE_PAIR] = {"role", "VIOS_ROLE_PAIR", 'S', ERRLOG_INFO,
		"both VIOS have the same configuration"},
	[ERRLOG_ROLE_ALONE] = {"role", "VIOS_ROLE_ALONE", 'S', ERRLOG_TEMP,
		"this VIOS has the configuration alone"},
	[ERRLOG_ROLE_WAITING] = {"role", "VIOS_ROLE_WAITING", 'S', ERRLOG_TEMP,
		"this VIOS cannot change the configuration"},
	[ERRLOG_STATE_ASIDE] = {NULL, "VIOS_STATE_ASIDE", 'S', ERRLOG_PERM,
		"a configuration was kept aside, and another took its place"},
	[ERRLOG_STATE_DAMAGED] = {"state-damaged", "VIOS_STATE_DAMAGED", 'H', ERRLOG_PERM,
		"a file of the configuration is damaged"},
	[ERRLOG_STATE_NOT_STORED] = {"state-not-stored", "VIOS_STATE_NOSTORE", 'H', ERRLOG_PERM,
		"the configuration cannot be written to the disk"},
	[ERRLOG_CONFIG_CHANGED] = {"config-changed", "VIOS_CONFIG_CHANGED", 'O', ERRLOG_INFO,
		"configuration changed"},
	[ERRLOG_CONFIG_DOUBTFUL] = {"config-doubtful", "VIOS_CONFIG_DOUBT", 'O', ERRLOG_TEMP,
		"it is not known whether the configuration was changed"},
};

const struct errlog_words *errlog_words(enum errlog_kind kind)
{
	return &words[kind];
}
