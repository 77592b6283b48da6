/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leak_check.h - what a process had allocated goes with it: a test that plays a process that dies
 * does so between __lsan_disable() and __lsan_enable().
 */
#ifndef TESTS_LEAK_CHECK_H
#define TESTS_LEAK_CHECK_H

/* GCC and Clang tell it in different ways. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define LEAK_CHECK 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(LEAK_CHECK)
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable()
#define __lsan_enable()
#endif

#endif
