/* SPDX-License-Identifier: BSD-3-Clause */
/* devargs.h - which kernel interface an uplink's devargs name. Pure. */
#ifndef VIOS_DAEMON_DEVARGS_H
#define VIOS_DAEMON_DEVARGS_H

#define DEVARGS_IFACE_BYTES 16 /* IFNAMSIZ */

/* "net_af_packet0,iface=up0,framesz=2048" -> "up0". 0; -ENOENT: it names none; -EINVAL: longer than
 * the kernel allows, or empty. */
int devargs_iface(const char *devargs, char iface[DEVARGS_IFACE_BYTES]);

#endif
