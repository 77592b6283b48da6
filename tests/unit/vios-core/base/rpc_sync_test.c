/* SPDX-License-Identifier: BSD-3-Clause */
/* rpc_sync_test.c - the blocking call against a scripted peer in a thread of its own. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "vios-core/base/rpc.h"

struct peer {
	char dir[64], path[96];
	int listener;
	const char *says; /* NULL: nothing, but stays */
	char heard[4096];
	pthread_t thread;
};

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->listener, NULL, NULL);
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(p->heard) - 1 && memchr(p->heard, '\n', len) == NULL) {
		n = recv(fd, p->heard + len, sizeof(p->heard) - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (p->says != NULL)
		send(fd, p->says, strlen(p->says), MSG_NOSIGNAL);
	else
		recv(fd, p->heard, sizeof(p->heard), 0); /* until the caller hangs up */
	close(fd);
	return NULL;
}

static void peer_start(struct peer *p, const char *says)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/v-unit-sync-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/s", p->dir);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", p->path);
	p->says = says;
	p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(p->listener, 1), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
}

static void peer_end(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->listener);
	unlink(p->path);
	rmdir(p->dir);
}

static int call(
	struct peer *p, const char *says, unsigned timeout_ms, json_t **result, char *message)
{
	peer_start(p, says);
	int rc = rpc_sync_call(
		p->path, "status", json_pack("{s:i}", "x", 1), timeout_ms, result, message, 128);
	peer_end(p);
	return rc;
}

static void test_answers(void **state)
{
	struct peer p;
	char message[128];
	json_t *result;

	/* Notifications and answers to others before ours. */
	assert_int_equal(call(&p,
				 "{\"jsonrpc\":\"2.0\",\"method\":\"paths\",\"params\":{}}\n"
				 "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n"
				 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ok\":true}}\n",
				 5000, &result, message),
		0);
	assert_true(json_is_true(json_object_get(result, "ok")));
	assert_non_null(strstr(p.heard, "\"method\":\"status\""));
	assert_non_null(strstr(p.heard, "\"params\":{\"x\":1}"));
	json_decref(result);

	assert_int_equal(call(&p,
				 "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":"
				 "{\"code\":-32000,\"message\":\"not ready\"}}\n",
				 5000, &result, message),
		RPC_FAILED);
	assert_string_equal(message, "not ready");
	assert_null(result);
}

static void test_bad_peers(void **state)
{
	struct peer p;
	char message[128];
	json_t *result;

	assert_int_equal(call(&p, NULL, 50, &result, message), -ETIMEDOUT);
	assert_true(message[0] != '\0');
	assert_int_equal(call(&p, "", 5000, &result, message), -ECONNRESET);
	assert_int_equal(call(&p, "{\"jsonrpc\"", 5000, &result, message), -ECONNRESET);
	assert_int_equal(call(&p, "garbage\n", 5000, &result, message), -EPROTO);
	/* A positive or small code must not look like success or an errno. */
	assert_int_equal(
		call(&p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":2,\"message\":\"\"}}\n",
			5000, &result, message),
		RPC_INTERNAL);
	assert_null(result);
}

static void test_nobody(void **state)
{
	char message[128];
	json_t *result;
	char path[120];

	assert_int_equal(rpc_sync_call("/tmp/v-unit-none/s", "x", NULL, 100, &result, message,
				 sizeof(message)),
		-ENOENT);
	assert_string_equal(message, strerror(ENOENT));
	memset(path, 'p', sizeof(path));
	path[108] = '\0';
	assert_int_equal(rpc_sync_call(path, "x", NULL, 100, &result, message, sizeof(message)),
		-ENAMETOOLONG);
}

static void test_error_data(void **state)
{
	struct rpc_sync_answer answer;
	struct rpc_sync *sync;
	struct peer p;

	peer_start(&p, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":"
		       "\"1 fault\",\"data\":{\"faults\":[7]}}}\n");
	assert_int_equal(rpc_sync_open(p.path, 5000, &sync), 0);
	assert_int_equal(rpc_sync_ask(sync, "x", NULL, 5000, &answer), RPC_INVALID_PARAMS);
	assert_string_equal(answer.message, "1 fault");
	assert_int_equal(json_array_size(json_object_get(answer.data, "faults")), 1);
	assert_null(answer.result);
	rpc_sync_answer_fini(&answer);
	/* the peer has hung up */
	assert_int_equal(rpc_sync_ask(sync, "x", NULL, 5000, &answer), -ECONNRESET);
	assert_string_equal(answer.message, strerror(ECONNRESET));
	rpc_sync_answer_fini(&answer);
	rpc_sync_close(sync);
	peer_end(&p);
}

static void test_notes(void **state)
{
	struct rpc_sync_answer answer;
	struct rpc_sync *sync;
	json_t *params;
	struct peer p;

	/* what comes before the answer is dropped, other notifications and late answers are, too */
	peer_start(&p, "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"n\":1}}\n"
		       "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"
		       "{\"jsonrpc\":\"2.0\",\"method\":\"paths\",\"params\":{}}\n"
		       "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"late\":true}}\n"
		       "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"n\":2}}\n"
		       "{\"jsonrpc\":\"2.0\",\"method\":\"event\"}\n");
	assert_int_equal(rpc_sync_open(p.path, 5000, &sync), 0);
	assert_int_equal(rpc_sync_ask(sync, "subscribe", NULL, 5000, &answer), 0);
	rpc_sync_answer_fini(&answer);
	assert_int_equal(rpc_sync_note(sync, "event", 5000, &params), 1);
	assert_int_equal(json_integer_value(json_object_get(params, "n")), 2);
	json_decref(params);
	assert_int_equal(rpc_sync_note(sync, "event", 5000, &params), 1);
	assert_int_equal(json_object_size(params), 0);
	json_decref(params);
	assert_int_equal(rpc_sync_note(sync, "event", 5000, &params), -ECONNRESET);
	assert_null(params);
	rpc_sync_close(sync);
	peer_end(&p);
	/* silence */
	peer_start(&p, NULL);
	assert_int_equal(rpc_sync_open(p.path, 5000, &sync), 0);
	assert_int_equal(rpc_sync_note(sync, "event", 20, &params), 0);
	rpc_sync_close(sync);
	peer_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_bad_peers),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_error_data),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
