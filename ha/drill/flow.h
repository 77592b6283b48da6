/* SPDX-License-Identifier: BSD-3-Clause */
/* flow.h - one direction of one adapter's numbered traffic: a sending socket and a receiving one,
 * each in a network namespace of its own, and what has arrived. */
#ifndef VIOS_DRILL_FLOW_H
#define VIOS_DRILL_FLOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "ha/drill/env.h"
#include "ha/drill/probe.h"
#include "ha/drill/trace.h"

struct flow {
	const struct env_traffic *traffic; /* borrowed */
	enum probe_direction direction;
	int tx_fd, rx_fd; /* connected to one another */
	/* In every packet: stragglers of the previous run are not counted. Writer: main thread. */
	uint32_t epoch;

	_Atomic uint64_t next_seq;    /* writer: sender */
	_Atomic uint64_t send_errors; /* writer: sender; main thread: 0 when a window begins */
	_Atomic uint64_t arrived;     /* writer: receiver */
	/* The receiver's until the threads are joined, then the main thread's. */
	struct trace_record *records;
	size_t n_records, max_records;
	bool overflow;

	struct trace_window window; /* main thread */
};

#define FLOW_RECORDS_MAX (16u << 20) /* of 16 bytes each */

/* 0, or -errno with a sentence in fault. Pages of the records are touched here, not while traffic
 * runs; beyond max_records there is room for a run that takes long, up to FLOW_RECORDS_MAX. */
int flow_open(struct flow *flow, const struct env_traffic *traffic, enum probe_direction direction,
	size_t max_records, char fault[ENV_FAULT_BYTES]);
void flow_close(struct flow *flow);

/* Before the threads start. */
void flow_reset(struct flow *flow, uint32_t epoch);
/* Sends packet number seq; never blocks. */
void flow_send(struct flow *flow, uint64_t seq);
/* Takes all that waits in the socket; never blocks. */
void flow_drain(struct flow *flow);

#endif
