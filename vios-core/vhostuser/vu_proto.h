/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vu_proto.h - numbers, flags and payloads of QEMU's vhost-user specification (names of its
 * sections in quotes). Payload structs hold decoded values: they are never laid over wire bytes.
 */
#ifndef VIOS_VHOSTUSER_VU_PROTO_H
#define VIOS_VHOSTUSER_VU_PROTO_H

#include <stdint.h>

#define VU_HEADER_BYTES                                                                            \
	12		   /* "Header": request, flags, size; u32 each, in the host's byte order   \
			    */
#define VU_PAYLOAD_MAX 272 /* the largest we take: GET_CONFIG, 12 + 256, rounded up */
#define VU_REGIONS_MAX 8   /* "Memory regions description", without CONFIGURE_MEM_SLOTS */
#define VU_FDS_MAX 8	   /* SET_MEM_TABLE: one a region */
#define VU_RINGS_MAX 18	   /* 8 queue pairs, and the SCSI control, event and request queues */
#define VU_RING_SIZE_MAX 32768u /* virtio 1.2 2.7 */

/* "Header", flags */
#define VU_FLAG_VERSION 0x1u
#define VU_FLAG_VERSION_MASK 0x3u
#define VU_FLAG_REPLY 0x4u
#define VU_FLAG_NEED_REPLY 0x8u
#define VU_FLAGS_KNOWN 0xfu

/* "Front-end message types" */
enum vu_request {
	VU_GET_FEATURES = 1,
	VU_SET_FEATURES = 2,
	VU_SET_OWNER = 3,
	VU_RESET_OWNER = 4,
	VU_SET_MEM_TABLE = 5,
	VU_SET_LOG_BASE = 6,
	VU_SET_LOG_FD = 7,
	VU_SET_VRING_NUM = 8,
	VU_SET_VRING_ADDR = 9,
	VU_SET_VRING_BASE = 10,
	VU_GET_VRING_BASE = 11,
	VU_SET_VRING_KICK = 12,
	VU_SET_VRING_CALL = 13,
	VU_SET_VRING_ERR = 14,
	VU_GET_PROTOCOL_FEATURES = 15,
	VU_SET_PROTOCOL_FEATURES = 16,
	VU_GET_QUEUE_NUM = 17,
	VU_SET_VRING_ENABLE = 18,
	VU_SEND_RARP = 19,
	VU_NET_SET_MTU = 20,
	VU_SET_BACKEND_REQ_FD = 21,
	VU_IOTLB_MSG = 22,
	VU_SET_VRING_ENDIAN = 23,
	VU_GET_CONFIG = 24,
	VU_SET_CONFIG = 25,
	VU_CREATE_CRYPTO_SESSION = 26,
	VU_CLOSE_CRYPTO_SESSION = 27,
	VU_POSTCOPY_ADVISE = 28,
	VU_POSTCOPY_LISTEN = 29,
	VU_POSTCOPY_END = 30,
	VU_GET_INFLIGHT_FD = 31,
	VU_SET_INFLIGHT_FD = 32,
	VU_GPU_SET_SOCKET = 33,
	VU_RESET_DEVICE = 34,
	VU_VRING_KICK = 35,
	VU_GET_MAX_MEM_SLOTS = 36,
	VU_ADD_MEM_REG = 37,
	VU_REM_MEM_REG = 38,
	VU_SET_STATUS = 39,
	VU_GET_STATUS = 40,
	VU_REQUEST_END
};

#define VU_F_PROTOCOL_FEATURES 30 /* "Feature negotiation": a virtio feature bit */
#define VU_F_LOG_ALL 26

/* "Protocol features" */
enum vu_protocol_feature {
	VU_PROTOCOL_MQ = 0,
	VU_PROTOCOL_LOG_SHMFD = 1,
	VU_PROTOCOL_RARP = 2,
	VU_PROTOCOL_REPLY_ACK = 3,
	VU_PROTOCOL_MTU = 4,
	VU_PROTOCOL_CONFIG = 9,
	VU_PROTOCOL_INFLIGHT_SHMFD = 12,
};

#endif
