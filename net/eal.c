/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starts DPDK's environment. Main thread, once. Huge pages are counted before EAL looks for them,
 * because EAL says what is missing in a dozen lines, none of which says what to do.
 */
#include "net/eal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "vios-core/base/log.h"

#define HUGE_DIR "/sys/kernel/mm/hugepages"
#define ARGS_MAX 24
#define CPUS_TEXT 512

/* "hugepages-2048kB" holds FILE with a count. 0 if it cannot be read. */
static unsigned long pages_in(const char *size_dir)
{
	char path[sizeof(HUGE_DIR) + 300];
	unsigned long n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/free_hugepages", HUGE_DIR, size_dir);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lu", &n) != 1)
		n = 0;
	fclose(file);
	return n;
}

static unsigned long free_huge_mb(void)
{
	DIR *dir = opendir(HUGE_DIR);
	struct dirent *entry;
	unsigned long mb = 0, page_kb;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		if (sscanf(entry->d_name, "hugepages-%lukB", &page_kb) == 1)
			mb += pages_in(entry->d_name) * page_kb / 1024;
	closedir(dir);
	return mb;
}

static int check_hugepages(const struct eal_config *config)
{
	unsigned long free_mb = free_huge_mb();

	if (free_mb >= config->memory_mb)
		return 0;
	log_refuse("huge pages: %lu MB are free, %s needs %u MB; raise /proc/sys/vm/nr_hugepages "
		   "by %lu "
		   "(2 MB pages) or set \"hugepages\": false for it in frame.json",
		free_mb, config->vios, config->memory_mb, (config->memory_mb - free_mb + 1) / 2);
	return -ENOMEM;
}

/* "0@(0,1)": EAL's one thread may run wherever this process may. */
static void lcores_text(char *out, size_t size)
{
	cpu_set_t set;
	size_t at = (size_t)snprintf(out, size, "0@(");
	const char *comma = "";

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = 0; cpu < CPU_SETSIZE && at + 8 < size; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%d", comma, cpu);
		comma = ",";
	}
	snprintf(out + at, size - at, ")");
}

/* "0000:01:00.0" or "01:00.0" at the beginning. */
static bool names_pci(const char *devargs)
{
	unsigned a, b, c, d;

	return sscanf(devargs, "%4x:%2x:%2x.%1x", &a, &b, &c, &d) == 4 ||
	       sscanf(devargs, "%2x:%2x.%1x", &a, &b, &c) == 3;
}

int eal_start_with(int argc, char **argv)
{
	if (rte_eal_init(argc, argv) >= 0)
		return 0;
	log_refuse("DPDK did not start (%s); the lines above say why, and EAL options can be given "
		   "after --",
		rte_strerror(rte_errno));
	return -EIO;
}

int eal_start(const struct eal_config *config)
{
	char program[] = "vios-netd", lcores[CPUS_TEXT], memory[16], prefix[64];
	char *argv[ARGS_MAX + 1] = {program};
	int argc = 1;

	if (config->hugepages && check_hugepages(config))
		return -ENOMEM;
	lcores_text(lcores, sizeof(lcores));
	snprintf(memory, sizeof(memory), "%u", config->memory_mb);
	snprintf(prefix, sizeof(prefix), "%s-%d", config->vios, (int)getpid());
	argv[argc++] = "--lcores";
	argv[argc++] = lcores;
	argv[argc++] = "-m";
	argv[argc++] = memory;
	argv[argc++] = "--file-prefix";
	argv[argc++] = prefix;
	argv[argc++] = "--iova-mode=va";
	argv[argc++] = "--no-telemetry";
	argv[argc++] = config->verbose ? "--log-level=*:info" : "--log-level=*:error";
	if (!names_pci(config->devargs))
		argv[argc++] = "--no-pci";
	if (config->hugepages) {
		argv[argc++] = "--in-memory";
	} else {
		argv[argc++] = "--no-huge";
		argv[argc++] = "--no-shconf";
	}
	return eal_start_with(argc, argv);
}
