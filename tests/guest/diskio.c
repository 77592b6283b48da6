/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * diskio.c - `diskio DEV JOBS MB PROGRESS`, for test guests: verified I/O on the first MB of a disk
 * until SIGTERM, then all that was written is read back and a line of results printed. Each job is
 * a thread with blocks of its own and one request at a time, past the guest's cache. Every 512
 * bytes carry who wrote them, where and how often that place had been written: what is read must
 * be what was written last. PROGRESS is a file with the number of requests so far. Static.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 16
#define BLOCK 4096u
#define SECTOR 512u
#define RUN_MAX 16u /* blocks of one request */

struct stamp {
	uint64_t writer, block, times;
};

struct job {
	pthread_t thread;
	int fd;
	uint64_t number, first, blocks; /* its part of the disk */
	uint32_t *times;		/* of each block; 0: not written yet */
	uint64_t random;
	_Atomic uint64_t requests; /* the job writes, main reads */
	uint64_t errors, bad, stall_ns;
	uint8_t *buffer;
};

static _Atomic bool stop;
static struct job jobs[JOBS_MAX];

static void on_signal(int signo)
{
	(void)signo;
	atomic_store(&stop, true);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t next_random(struct job *j, uint64_t below)
{
	j->random ^= j->random << 13;
	j->random ^= j->random >> 7;
	j->random ^= j->random << 17;
	return j->random % below;
}

static struct stamp stamp_of(const struct job *j, uint64_t block)
{
	return (struct stamp){j->number + 1, j->first + block, j->times[block]};
}

static void fill(struct job *j, uint64_t block, uint8_t *to)
{
	const struct stamp stamp = stamp_of(j, block);

	for (uint32_t at = 0; at < BLOCK; at += SECTOR) {
		memset(to + at, (int)(stamp.times & 0xFF), SECTOR);
		memcpy(to + at, &stamp, sizeof(stamp));
	}
}

static bool is_good(struct job *j, uint64_t block, const uint8_t *from)
{
	static const uint8_t nothing[SECTOR];
	const struct stamp stamp = stamp_of(j, block);

	for (uint32_t at = 0; at < BLOCK; at += SECTOR) {
		if (!stamp.times && memcmp(from + at, nothing, SECTOR) != 0)
			return false;
		if (stamp.times && (memcmp(from + at, &stamp, sizeof(stamp)) != 0 ||
					   from[at + SECTOR - 1] != (stamp.times & 0xFF)))
			return false;
	}
	return true;
}

/* A request, and how long it took. */
static bool transfer(struct job *j, bool write, uint64_t block, uint64_t n)
{
	const off_t at = (off_t)((j->first + block) * BLOCK);
	const size_t bytes = (size_t)(n * BLOCK);
	const uint64_t began = now_ns();
	ssize_t done =
		write ? pwrite(j->fd, j->buffer, bytes, at) : pread(j->fd, j->buffer, bytes, at);
	const uint64_t took = now_ns() - began;

	if (took > j->stall_ns)
		j->stall_ns = took;
	atomic_fetch_add(&j->requests, 1);
	if (done == (ssize_t)bytes)
		return true;
	j->errors++;
	printf("%s of block %llu: %s\n", write ? "write" : "read",
		(unsigned long long)(j->first + block), done < 0 ? strerror(errno) : "short");
	return false;
}

static void read_run(struct job *j, uint64_t block, uint64_t n)
{
	if (!transfer(j, false, block, n))
		return;
	for (uint64_t i = 0; i < n; i++) {
		struct stamp got;

		if (is_good(j, block + i, j->buffer + i * BLOCK))
			continue;
		memcpy(&got, j->buffer + i * BLOCK, sizeof(got));
		j->bad++;
		printf("bad block %llu: writer %llu, block %llu, times %llu instead of %u\n",
			(unsigned long long)(j->first + block + i), (unsigned long long)got.writer,
			(unsigned long long)got.block, (unsigned long long)got.times,
			j->times[block + i]);
	}
}

static void write_run(struct job *j, uint64_t block, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		j->times[block + i]++;
		fill(j, block + i, j->buffer + i * BLOCK);
	}
	transfer(j, true, block, n);
}

static void *run(void *arg)
{
	struct job *j = arg;

	while (!atomic_load(&stop)) {
		const uint64_t n = next_random(j, 4) ? 1 : 1 + next_random(j, RUN_MAX);
		const uint64_t block = next_random(j, j->blocks - n);

		if (next_random(j, 2))
			write_run(j, block, n);
		else
			read_run(j, block, n);
		if (!next_random(j, 64) && fdatasync(j->fd))
			j->errors++;
	}
	for (uint64_t block = 0; block < j->blocks; block += RUN_MAX)
		read_run(j, block, j->blocks - block < RUN_MAX ? j->blocks - block : RUN_MAX);
	return NULL;
}

static uint64_t requests(unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += atomic_load(&jobs[i].requests);
	return sum;
}

static void show_progress(const char *path, unsigned n)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)requests(n));
	const int fd = open(path, O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || write(fd, text, (size_t)len) != len)
		perror(path);
	close(fd);
}

static int begin(struct job *j, const char *dev, unsigned number, uint64_t blocks)
{
	void *buffer = NULL;

	j->number = number;
	j->first = number * blocks;
	j->blocks = blocks;
	j->random = now_ns() ^ (number + 1) * 0x9E3779B97F4A7C15u;
	j->times = calloc(blocks, sizeof(*j->times));
	j->fd = open(dev, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (j->fd < 0 || !j->times || posix_memalign(&buffer, BLOCK, RUN_MAX * BLOCK)) {
		perror(dev);
		return -1;
	}
	j->buffer = buffer;
	return pthread_create(&j->thread, NULL, run, j) ? -1 : 0;
}

static int finish(unsigned n)
{
	uint64_t errors = 0, bad = 0, stall_ns = 0;

	for (unsigned i = 0; i < n; i++) {
		pthread_join(jobs[i].thread, NULL);
		errors += jobs[i].errors;
		bad += jobs[i].bad;
		if (jobs[i].stall_ns > stall_ns)
			stall_ns = jobs[i].stall_ns;
	}
	printf("requests %llu errors %llu bad %llu stall_ms %llu\n",
		(unsigned long long)requests(n), (unsigned long long)errors,
		(unsigned long long)bad, (unsigned long long)(stall_ns / 1000000));
	return errors || bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	const unsigned n = argc == 5 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	const uint64_t blocks = n ? strtoull(argv[3], NULL, 10) * 256 / n : 0;

	if (n == 0 || n > JOBS_MAX || blocks <= RUN_MAX) {
		fprintf(stderr, "diskio: give a disk full of zeroes, 1 to %d jobs, MB, a file\n",
			JOBS_MAX);
		return 2;
	}
	signal(SIGTERM, on_signal);
	for (unsigned i = 0; i < n; i++)
		if (begin(&jobs[i], argv[1], i, blocks))
			return 1;
	while (!atomic_load(&stop)) {
		show_progress(argv[4], n);
		usleep(100000);
	}
	return finish(n);
}
