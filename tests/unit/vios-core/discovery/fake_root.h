/* SPDX-License-Identifier: BSD-3-Clause */
/* fake_root.h - a directory that stands for /, with what a test puts into sys, dev and proc. */
#ifndef TESTS_DISCOVERY_FAKE_ROOT_H
#define TESTS_DISCOVERY_FAKE_ROOT_H

#include <stddef.h>

/* cmocka's set-up and tear-down; one root at a time. */
int fake_set_up(void **state);
int fake_tear_down(void **state);
/* The open directory. */
int fake_root(void);
/* Paths are below the root; directories on the way are made. */
void fake_dir(const char *path);
void fake_file(const char *path, const char *text);
void fake_bytes(const char *path, const void *bytes, size_t n);
void fake_link(const char *path, const char *target);
/* A block device as sysfs has it: /sys/class/block/NAME -> ../../devices/WHERE, size and node. */
void fake_block(const char *name, const char *where, const char *sectors);
/* A file of the block device: fake_attr("devices/pci/sda", "device/model", "Disk"). */
void fake_attr(const char *where, const char *attr, const char *text);

#endif
