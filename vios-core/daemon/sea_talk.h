/* SPDX-License-Identifier: BSD-3-Clause */
/* sea_talk.h - the roles of a SEA's sides in the words of others: the configuration, the summaries
 * that viosds send each other, what an operator reads. Pure; jansson on memory only. */
#ifndef VIOS_DAEMON_SEA_TALK_H
#define VIOS_DAEMON_SEA_TALK_H

#include "ha/policy/sea_policy.h"
#include "vios-core/model/config.h"

#include <jansson.h>

#define SEA_TALK_START_NS UINT64_C(1000000000)
#define SEA_TALK_REPEAT_NS UINT64_C(5000000000) /* Corosync loses nothing */

/* {"name", "state", "seq", "heard", "ask", "ha_mode", "priority", "serving", "uplink", "settled",
 * "primary": "1,5-8", "granted"}; NULL without memory. */
json_t *sea_talk_json(const char *name, const struct sea_advert *advert);
/* object: hostile. 0 or -EINVAL; name lives as long as object. */
int sea_talk_read(const json_t *object, const char **name, struct sea_advert *out);
/* The SEAs with a side on this VIOS whose real adapter is there, by name. Returns how many. The
 * uplinks of the VIOS are the real adapters of these, in this order. */
size_t sea_talk_list(const struct config *config, const char *vios,
	const struct config_sea *list[CONFIG_VIOS_SEAS_MAX]);
/* The first of them, or NULL. */
const struct config_sea *sea_talk_find(const struct config *config, const char *vios);
/* The real adapter of one of them on this VIOS. */
const struct config_physical *sea_talk_real(
	const struct config *config, const struct config_sea *sea, const char *vios);
/* first: this VIOS is the first one of the frame. */
struct sea_rules sea_talk_rules(const struct config_sea *sea, const char *vios, bool first);
/* What entstat shows: {"state", "bridge_mode" "All"/"Partial"/"None", counts}. */
json_t *sea_talk_shown(const struct sea_policy *policy);

#endif
