/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.h - the faults of the scenario table: one function each, see struct scenario, inject. */
#ifndef VIOS_DRILL_FAULT_H
#define VIOS_DRILL_FAULT_H

#include "ha/drill/frame.h"
#include "ha/drill/proc.h"
#include "ha/drill/run.h"

void fault_kill(struct run *run);
void fault_switch(struct run *run);
void fault_uplink(struct run *run);
void fault_mux(struct run *run);

void fault_hang(struct run *run);
void fault_spin(struct run *run);
void fault_stall(struct run *run);
void fault_framed(struct run *run);
void fault_alone(struct run *run);

void fault_kill_scsid(struct run *run);
void fault_hang_scsid(struct run *run);
void fault_disk_slow(struct run *run);
void fault_disk_stuck(struct run *run);
void fault_disk_error(struct run *run);
void fault_disk_gone(struct run *run);
/* After such a fault: the path heals, and is live where the state wants it then. */
unsigned fault_heal_ms(struct run *run);
int fault_wait_healed(struct run *run);
void fault_reservation(struct run *run);

void fault_vios(struct run *run);
void fault_viosd(struct run *run);
void fault_corosync(struct run *run);
void fault_partition(struct run *run);

/* Helpers that they share. Each returns 0, or -1 with the reason noted in the run. */
/* Holds the process that listens on a control socket (vios -1: vios-framed). */
int fault_hold(struct run *run, int vios, enum frame_service service, struct proc *out);
/* SIGKILL, and waits for the end; notes the pid as fact. Closes proc. */
int fault_kill_proc(struct run *run, const char *what, struct proc *proc);
/* SIGSTOP of what listens there, and waits until somebody kills it, within so long. */
int fault_stop(struct run *run, enum frame_service service);
/* Waits until another process than old_pid listens on path. */
int fault_wait_new(struct run *run, const char *what, const char *path, pid_t old_pid);
/* Notes where the mux has the path, waiting until it is live on the expected VIOS. */
int fault_wait_live(struct run *run, int vios);
/* The same of the storage client's path; nothing if there is none. */
int fault_wait_storage(struct run *run, int vios);
/* Asks for a planned switch to the peer of the VIOS that was live. */
int fault_switch_to_peer(struct run *run);

#endif
