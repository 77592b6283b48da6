/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fdb.h - the forwarding database: which MAC address is behind which port (IEEE 802.1Q 8.8).
 *
 * Pure; time is passed in, in seconds of any clock that does not step back.
 * Any number of workers look up and learn at once, without a lock. Static entries and ageing have
 * one writer, the main thread.
 */
#ifndef VIOS_NET_FDB_H
#define VIOS_NET_FDB_H

#include <stdbool.h>
#include <stdint.h>

#include "net/portset.h"

#define FDB_AGE_S 300 /* 802.1Q table 8-6: the recommended ageing time */
/* A client cannot take over an address that was in use elsewhere so lately: it could be the
 * gateway's. The uplink and the trunk can take one over at any time. */
#define FDB_HOLD_S 30

struct fdb;

enum fdb_learned {
	FDB_KNOWN,	    /* was there; its age is new */
	FDB_NEW,	    /* was not there */
	FDB_MOVED,	    /* was behind another port */
	FDB_REFUSED_STATIC, /* a client's own address is never learned */
	FDB_REFUSED_HELD,   /* a client claims what is in use elsewhere */
	FDB_REFUSED_LIMIT,  /* the port has as many addresses as it may */
	FDB_REFUSED_FULL,   /* no free place near its hash */
};

/* slots: a power of two, at least 64. limit: learned addresses of one client port; the uplink and
 * the trunk may fill the table. NULL: no memory, or slots is neither. */
struct fdb *fdb_new(unsigned slots, unsigned client_limit);
void fdb_free(struct fdb *fdb);

/* A client's own address, in every VLAN. 0, -EEXIST (another port has it), -ENOSPC. */
int fdb_static_add(struct fdb *fdb, uint64_t mac, uint16_t port);
void fdb_static_del(struct fdb *fdb, uint64_t mac);
/* PORT_NONE: not a client's own address. */
uint16_t fdb_static_get(const struct fdb *fdb, uint64_t mac);

enum fdb_learned fdb_learn(
	struct fdb *fdb, uint64_t mac, uint16_t vlan, uint16_t port, uint32_t now_s);
/* PORT_NONE: not learned, or too old. */
uint16_t fdb_get(const struct fdb *fdb, uint64_t mac, uint16_t vlan, uint32_t now_s);

/* Drops what is too old. Call once a second or so. Returns how many went. */
unsigned fdb_age(struct fdb *fdb, uint32_t now_s);
/* Drops what was learned behind port: its client has moved away. */
void fdb_flush_port(struct fdb *fdb, uint16_t port);
unsigned fdb_learned_count(const struct fdb *fdb, uint16_t port);

#endif
