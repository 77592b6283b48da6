/* SPDX-License-Identifier: BSD-3-Clause */
/* announce.h - the frame that tells the switches outside where a client now lives. Pure. */
#ifndef VIOS_NET_ANNOUNCE_H
#define VIOS_NET_ANNOUNCE_H

#include <stdint.h>

#define ANNOUNCE_RARP_BYTES 60 /* the shortest Ethernet frame without its FCS */

/* A broadcast RARP request (RFC 903) from mac, about mac: what hypervisors send after a migration.
 */
void announce_rarp(const uint8_t mac[6], uint8_t out[ANNOUNCE_RARP_BYTES]);

#endif
