/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offload.h - what a driver leaves to the device: checksums and the cutting of long TCP frames
 * (virtio 1.2, 5.1.6). Pure.
 *
 * The driver is hostile, and what it writes in front of a frame is only a wish: the frame's own
 * headers must say the same, or the frame is dropped.
 */
#ifndef VIOS_NET_OFFLOAD_H
#define VIOS_NET_OFFLOAD_H

#include <stddef.h>
#include <stdint.h>

#define OFFLOAD_HEADER_BYTES 10 /* struct virtio_net_hdr without num_buffers */
/* An IP packet with its Ethernet header and tag. */
#define OFFLOAD_FRAME_MAX_BYTES (65535 + 18)
/* No smaller segment is asked for: Linux' least, net.ipv4.tcp_min_snd_mss. */
#define OFFLOAD_SEGMENT_MIN_BYTES 48
#define OFFLOAD_SEGMENTS_MAX (OFFLOAD_FRAME_MAX_BYTES / OFFLOAD_SEGMENT_MIN_BYTES + 1)

/* What somebody may ask for, and what somebody can do. */
enum {
	OFFLOAD_CHECKSUM = 1,
	OFFLOAD_TSO4 = 2,
	OFFLOAD_TSO6 = 4,
	OFFLOAD_CHAINS = 8, /* can take a frame that lies in several buffers */
};

struct offload {
	uint8_t asks;	    /* 0: nothing; OFFLOAD_CHECKSUM, or that with one OFFLOAD_TSO* */
	uint8_t protocol;   /* IPPROTO_TCP, IPPROTO_UDP; 0: anything, which only is a checksum */
	uint8_t ip_version; /* 4 or 6; 0 with no protocol */
	uint8_t l2_bytes, l4_bytes; /* Ethernet with tags; the TCP header: only to be cut */
	uint16_t checksum_start;    /* from the frame's beginning; the transport header */
	uint16_t checksum_offset;   /* from there to the field */
	uint16_t segment_bytes;	    /* of payload in each, where it is to be cut */
	uint32_t segments;	    /* into how many; 1: stays whole */
};

/* Why a wish is not granted. */
enum offload_fault {
	OFFLOAD_OK,
	OFFLOAD_BAD_PLACE,   /* the checksum's field or its beginning is not in the frame */
	OFFLOAD_BAD_TYPE,    /* a kind that was not agreed on, or a frame that is not of it */
	OFFLOAD_BAD_SIZE,    /* segments of no size, or too small */
	OFFLOAD_BAD_LENGTHS, /* the headers' lengths do not fit the frame's */
};

enum offload_todo { OFFLOAD_PASS, OFFLOAD_FINISH, OFFLOAD_CUT };

struct offload_frame {
	const uint8_t *bytes; /* the first len_bytes of it, in which all its headers must be */
	size_t len_bytes;
	size_t whole_bytes;
};

/* What a driver may ask for, and what it takes from the device, by the features agreed on. */
unsigned offload_may(uint64_t features);
unsigned offload_can(uint64_t features);

/* Reads what the driver wrote in front of the frame. may: OFFLOAD_* agreed on. */
enum offload_fault offload_read(const uint8_t header[OFFLOAD_HEADER_BYTES],
	const struct offload_frame *frame, unsigned may, struct offload *out);
/* The same for the next driver; moved: by how many bytes its headers begin later than they did. */
void offload_write(const struct offload *offload, int moved, uint8_t header[OFFLOAD_HEADER_BYTES]);

/* What is left to us, when the destination can do `can`. */
enum offload_todo offload_todo(const struct offload *offload, unsigned can);

#endif
