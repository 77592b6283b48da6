/* SPDX-License-Identifier: BSD-3-Clause */
/* lacp.h - what is changed of an LACPDU (IEEE 802.1AX 6.4.2) that is on its way out. Pure. */
#ifndef VIOS_NET_LACP_H
#define VIOS_NET_LACP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many bytes are looked at. */
#define LACP_LOOK_BYTES 33

/* Has the actor ask for the short timeout: its partner then sends once a second, not once in
 * thirty. Whether the frame is an LACPDU of ours; any other, and one of less than LACP_LOOK_BYTES,
 * is left alone. */
bool lacp_ask_short(uint8_t *frame, size_t len_bytes);

#endif
