/* SPDX-License-Identifier: BSD-3-Clause */
/* pcap.c - see pcap.h. Pure; any thread; the caller owns the bytes. */
#include "net/pcap.h"

#include <string.h>

#define MAGIC_NANOSECONDS UINT32_C(0xA1B23C4D)
#define LINK_ETHERNET 1u
#define SECOND_NS UINT64_C(1000000000)

void pcap_file_header(uint8_t out[PCAP_FILE_BYTES], uint32_t most_bytes)
{
	const uint16_t version[] = {2, 4};
	const uint32_t magic = MAGIC_NANOSECONDS, rest[] = {0, 0, most_bytes, LINK_ETHERNET};

	memcpy(out, &magic, sizeof(magic));
	memcpy(out + 4, version, sizeof(version));
	memcpy(out + 8, rest, sizeof(rest));
}

void pcap_frame_header(
	uint8_t out[PCAP_FRAME_BYTES], uint64_t time_ns, uint32_t kept, uint32_t len_bytes)
{
	const uint32_t words[] = {
		(uint32_t)(time_ns / SECOND_NS), (uint32_t)(time_ns % SECOND_NS), kept, len_bytes};

	memcpy(out, words, sizeof(words));
}
