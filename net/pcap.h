/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap.h - the two headers of a capture file (the classic format, nanoseconds, Ethernet), which
 * tcpdump and Wireshark open. Pure. */
#ifndef VIOS_NET_PCAP_H
#define VIOS_NET_PCAP_H

#include <stdint.h>

#define PCAP_FILE_BYTES 24
#define PCAP_FRAME_BYTES 16

/* In the byte order of this machine, as the magic number says. most_bytes: what is kept of a
 * frame. */
void pcap_file_header(uint8_t out[PCAP_FILE_BYTES], uint32_t most_bytes);
/* time_ns: since 1970. kept of len_bytes follow. */
void pcap_frame_header(
	uint8_t out[PCAP_FRAME_BYTES], uint64_t time_ns, uint32_t kept, uint32_t len_bytes);

#endif
