/* SPDX-License-Identifier: BSD-3-Clause */
/* role_text.h - the text of the file that keeps the role that Pacemaker last set. Pure. */
#ifndef VIOS_PACEMAKER_ROLE_TEXT_H
#define VIOS_PACEMAKER_ROLE_TEXT_H

#include <stddef.h>

#define ROLE_TEXT_MAX 128

enum role_is { ROLE_NONE, ROLE_UNPROMOTED, ROLE_PROMOTED };

/* Zeroed: there is no file, the VIOS is not started. */
struct role {
	enum role_is is;
	unsigned revivals; /* monitors in a row that found viosd dead */
	int score;	   /* told to Pacemaker last; 0: nothing was */
	unsigned health;   /* likewise: verdict_told() */
};

/* Its length. */
size_t role_format(const struct role *role, char text[ROLE_TEXT_MAX]);
/* 0, or -EBADMSG: *out is then as of a VIOS that has been started and not promoted. */
int role_parse(const char *text, size_t len, struct role *out);

#endif
