/* SPDX-License-Identifier: BSD-3-Clause */
/* stop.h - sleeping that ends when the operator wants to stop (SIGINT, SIGTERM, SIGHUP). */
#ifndef VIOS_DRILL_STOP_H
#define VIOS_DRILL_STOP_H

#include <stdbool.h>
#include <stdint.h>

void stop_install(void); /* takes the signals; once, before any thread exists */
bool stop_wanted(void);
int64_t stop_now_ms(void); /* monotonic */
/* 0, or -EINTR: stop. */
int stop_sleep_ms(int64_t ms);
int stop_sleep_until_ms(int64_t at_ms);

#endif
