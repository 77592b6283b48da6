/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build.h - what an operator asks for, as the operations of one change, which lands on both VIOS or
 * on neither. Pure. Each adds to ops (an array) and returns 0; -ENOENT: not possible (exit code 1),
 * -EINVAL: a value is wrong (exit code 2), with a sentence in fault.
 */
#ifndef VIOS_CLI_BUILD_H
#define VIOS_CLI_BUILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "vios-core/cli/args.h"
#include "vios-core/cli/view.h"

#define BUILD_FAULT_BYTES 256
#define BUILD_NAME_BYTES 32

/* name NULL: it is given out. attrs: ownership moves, NULL: none. */
void build_op(json_t *ops, const char *op, const char *kind, const char *name, json_t *attrs);

/* mkclient: -name, -id, -attr */
int build_client(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* With its adapters and mappings if recursive. */
int build_rmclient(
	const struct facts *facts, const char *name, bool recursive, json_t *ops, char *fault);

/* mkvadapter: -client, -type, -name, -pvid, -vlan, -mac, -preferred, -mtu, -queues, -ring */
int build_vadapter(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* "vhost0", "lpar1/scsi0", "lpar1/eth0"; with its mappings if recursive. */
int build_rmvadapter(
	const struct facts *facts, const char *name, bool recursive, json_t *ops, char *fault);

/* mkvdev -vdev and -fbo: a disk that is no backing device yet becomes one in the same change. */
int build_vtd(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* mkvdev -sea: on the side that is asked for, or on each that has the adapter. A port that is no
 * physical adapter yet becomes one in the same change. */
int build_sea(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* mkvdev -lnagg: on each VIOS that has all of its members. What is no physical adapter yet becomes
 * one, and a SEA on a member moves to the aggregation, in the same change. */
int build_lnagg(const struct facts *facts, const struct args *args, json_t *ops, char *fault);
/* A port of this name, as it was found on these sides, becomes a physical adapter of one name on
 * all; name: BUILD_NAME_BYTES. build_has_port(): a side has it, and it is nobody's. */
void build_physical(const struct facts *facts, const char *const *sides, size_t n, const char *port,
	json_t *ops, char *name);
bool build_has_port(const struct facts *facts, const char *vios, const char *port);
/* rmvdev: by the device's own name, or all that map a backing device. */
int build_rmvdev(
	const struct facts *facts, const char *dev, const char *vdev, json_t *ops, char *fault);

/* chdev -dev -attr */
int build_chdev(const struct facts *facts, const char *dev, const struct args *args, json_t *ops,
	char *fault);

#endif
