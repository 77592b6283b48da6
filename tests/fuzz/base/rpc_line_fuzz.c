/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rpc_line_fuzz.c - what a peer can send on a control socket. The input is a script of receives: a
 * byte with the number of descriptors (modulo 20), a byte with the length, the bytes. Descriptors
 * are numbers counted upwards, so it can be checked that each comes out exactly once, in order, and
 * that no byte is lost.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vios-core/base/rpc_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct rpc_reader reader;
	int next_fd;	 /* to give out */
	int expected_fd; /* to come back */
	size_t in, out;	 /* bytes */
	bool broken;
};

static void expect(struct run *run, const struct rpc_fds *fds)
{
	assert(fds->n <= RPC_FDS_MAX);
	for (size_t i = 0; i < fds->n; i++)
		assert(fds->fd[i] == run->expected_fd++);
}

static void parse(const char *line, size_t len)
{
	struct rpc_message m;
	char why[64];
	int code = rpc_line_parse(line, len, &m, why, sizeof(why));

	if (code != 0) {
		assert((code == RPC_PARSE || code == RPC_INVALID_REQUEST) && m.root == NULL);
		assert(strlen(why) > 0);
		return;
	}
	if (m.kind == RPC_KIND_CALL || m.kind == RPC_KIND_NOTE)
		assert(m.method != NULL && (m.kind == RPC_KIND_CALL) == (m.id != NULL));
	if (m.kind == RPC_KIND_RESULT)
		assert(m.result != NULL);
	if (m.kind == RPC_KIND_ERROR)
		assert(m.error_message != NULL && m.error_code != 0);

	size_t need = rpc_line_write(m.root, NULL, 0);
	char small[16];
	assert(need > 1 && rpc_line_write(m.root, small, sizeof(small)) == need);
	json_decref(m.root);
}

static void lines(struct run *run)
{
	struct rpc_fds fds;
	const char *line;
	size_t len;

	while (rpc_reader_next(&run->reader, &line, &len, &fds)) {
		assert(memchr(line, '\n', len) == NULL);
		run->out += len + 1;
		expect(run, &fds);
		parse(line, len);
	}
}

static void receive(struct run *run, const uint8_t *bytes, size_t len, size_t n_fds)
{
	struct rpc_fds fds = {.n = 0};
	size_t room;
	char *to;

	if (rpc_reader_room(&run->reader, &to, &room) < 0) {
		run->broken = true;
		return;
	}
	assert(room > 0);
	len = len < room ? len : room;
	memcpy(to, bytes, len);
	while (fds.n < n_fds)
		fds.fd[fds.n++] = run->next_fd++;
	run->in += len;
	run->broken = rpc_reader_commit(&run->reader, len, &fds) < 0;
	if (run->broken)
		run->next_fd -= (int)fds.n; /* left with the caller */
	else
		lines(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = {.next_fd = 100, .expected_fd = 100};
	struct rpc_fds left[2];

	while (size >= 3 && !run.broken) {
		size_t n_fds = data[0] % 20 > RPC_FDS_MAX ? RPC_FDS_MAX : data[0] % 20;
		size_t len = data[1] == 0 ? 1 : data[1];

		len = len < size - 2 ? len : size - 2;
		receive(&run, data + 2, len, n_fds);
		data += 2 + len;
		size -= 2 + len;
	}
	assert(run.broken || run.out + (run.reader.len - run.reader.at) == run.in);
	rpc_reader_fini(&run.reader, left);
	expect(&run, &left[0]);
	expect(&run, &left[1]);
	assert(run.expected_fd == run.next_fd);
	return 0;
}
