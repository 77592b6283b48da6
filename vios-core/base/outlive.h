/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outlive.h - whoever waits for the end of this process does not wait for the end of its memory.
 *
 * A killed process gives up its memory before its descriptors, and what the kernel does then takes
 * time: libaio's contexts cost two RCU grace periods (measured on two cores: 30 to 55 ms with
 * nothing in flight), a client's memory in small pages 40 ms a gigabyte; for so long its sockets
 * are not hung up and its locks not free. Processes that share the memory, and no descriptor, are
 * there for that: one for each thread, which leaves when that thread is gone. They do so also when
 * they are killed first or at the same moment, as when a node loses its power and all of its pid
 * namespace is killed at once. What is in flight with the kernel is no part of this: it holds the
 * descriptions that it works on, and their locks, until it has landed.
 */
#ifndef VIOS_BASE_OUTLIVE_H
#define VIOS_BASE_OUTLIVE_H

#define OUTLIVE_THREADS_MAX 8

/* Each thread calls it once, as the first thing that it does; the main one before it starts others.
 * The new process holds no descriptor, takes no signal but SIGKILL and is called "outlives". 0 or
 * -errno: then all goes on, more slowly in the end. */
int outlive_start(void);

#endif
