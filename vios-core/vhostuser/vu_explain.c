/* SPDX-License-Identifier: BSD-3-Clause */
/* vu_explain.c - see vu_explain.h. Pure; the text is the caller's. */
#include "vios-core/vhostuser/vu_explain.h"

#include "vios-core/model/features.h"

#include <stdio.h>

void vu_explain_message(const struct vu_msg *m, enum vu_fault fault, char *out, size_t size)
{
	const char *hint = "";

	if (fault == VU_MEM_UNSEALED)
		hint = "; seal the client's memory (F_SEAL_SHRINK) or set allow_unsealed for it";
	else if (fault == VU_BAD_REGION_COUNT)
		hint = "; a VIOS takes at most 8 memory regions";
	snprintf(out, size, "%s (%u): %s%s", vu_msg_name(m->request), m->request,
		vu_fault_text(fault), hint);
}

static void explain_missing(const struct vu_front_event *event, char *out, size_t size)
{
	char virtio[64], protocol[64];

	features_describe(FEATURE_VIRTIO_NET, event->missing_virtio, virtio, sizeof(virtio));
	features_describe(FEATURE_PROTOCOL, event->missing_protocol, protocol, sizeof(protocol));
	snprintf(out, size, "features that the profile wants are missing: %s%s%s", virtio,
		virtio[0] && protocol[0] ? "," : "", protocol);
}

void vu_explain_event(const struct vu_front_event *event, const struct vu_front_want *want,
	char *out, size_t size)
{
	if (event->fault == VU_FEATURES_MISSING)
		explain_missing(event, out, size);
	else if (event->request == VU_GET_QUEUE_NUM && event->fault == VU_BAD_VALUE)
		snprintf(out, size, "too few queues: the profile wants %llu",
			(unsigned long long)want->queues);
	else
		snprintf(out, size, "answer to %s: %s", vu_msg_name(event->request),
			vu_fault_text(event->fault));
}
