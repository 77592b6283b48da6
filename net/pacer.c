/* SPDX-License-Identifier: BSD-3-Clause */
/* pacer.c - see pacer.h. Pure; the worker's thread. */
#include "net/pacer.h"

void pacer_want(struct pacer *p, uint16_t port, uint64_t mac, uint64_t now_us)
{
	const bool under_way = portset_has(&p->due, port);

	(void)!bucket_take(&p->bucket, PACER_PER_S, PACER_BURST, 1, now_us);
	p->job[port].mac = mac;
	p->job[port].again = under_way;
	if (under_way)
		return;
	portset_add(&p->due, port);
	p->job[port].next = 1;
}

uint16_t pacer_next(struct pacer *p, uint32_t per_s, uint64_t now_us, unsigned *index)
{
	uint16_t port = portset_next(&p->due, p->last + 1u);

	if (port == PORT_NONE)
		port = portset_next(&p->due, 0);
	if (port == PORT_NONE || !bucket_take(&p->bucket, per_s, PACER_BURST, 1, now_us))
		return PORT_NONE;
	p->last = port;
	*index = p->job[port].next++;
	return port;
}

void pacer_done(struct pacer *p, uint16_t port)
{
	if (p->job[port].again)
		p->job[port].next = 1;
	else
		portset_remove(&p->due, port);
	p->job[port].again = false;
}

void pacer_drop(struct pacer *p, uint16_t port)
{
	portset_remove(&p->due, port);
	p->job[port].again = false;
}

bool pacer_busy(const struct pacer *p)
{
	return portset_next(&p->due, 0) != PORT_NONE;
}
