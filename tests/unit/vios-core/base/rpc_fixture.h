/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_fixture.h - a server and what is needed to provoke it, on one loop in one thread: a
 * connection through the library, and raw sockets that can say anything.
 */
#ifndef TESTS_RPC_FIXTURE_H
#define TESTS_RPC_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/rpc.h"

#define HELD_MAX 5000
#define STEP_US 20000 /* nothing came for so long: the loop is idle */

struct fixture {
	char dir[64];
	char path[96];
	sd_event *ev;
	struct rpc_server *server;
	struct rpc_conn *client;
	struct rpc_conn *accepted; /* the last one */
	struct rpc_call *held;	   /* by "hold", the last one */
	struct rpc_call *all[HELD_MAX];
	unsigned n_held;
	unsigned n_opened, n_closed;
	char notes[4096]; /* "a:0 b:2 ": what "note" got, with its number of descriptors */
	char fd_text[32]; /* what stood in the first descriptor of the last "note" */
	/* the last answer */
	unsigned n_answers;
	int code;
	json_t *result;
	char message[160];
	size_t n_fds;
};

/* A memfd that holds text. */
int text_fd(const char *text);
void read_text_fd(int fd, char *to, size_t size);
void run_until_idle(struct fixture *f);
unsigned open_fds(void);

int raw_connect(const struct fixture *f);
/* n copies of fd with the first byte. */
void raw_send(int sock, const char *text, size_t len, int fd, size_t n);
void raw_say(int sock, const char *text);
/* True when the other end has hung up; what it said before is in text. */
bool raw_hung_up(int sock, char *text, size_t size);

int fixture_setup(void **state);
int fixture_teardown(void **state);
void on_answer(json_t *result, int code, const char *message, struct rpc_fds *fds, void *user);
/* Calls method over f->client and runs the loop until it is idle. */
void call_and_run(struct fixture *f, const char *method, json_t *params);

#endif
