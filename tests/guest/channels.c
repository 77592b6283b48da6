/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * channels.c - `channels DEV [N]`, for test guests: has the driver of DEV use N pairs of queues,
 * then prints how many it uses and may use, and its counters, one `name value` a line. Static; what
 * ethtool -L, -l and -S do. One thread.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define COUNTERS_MAX 256

static union {
	struct ethtool_channels channels;
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} set;
	struct {
		struct ethtool_gstrings head;
		char name[COUNTERS_MAX][ETH_GSTRING_LEN];
	} names;
} ask;
static struct {
	struct ethtool_stats head;
	uint64_t value[COUNTERS_MAX];
} counters;

static int call(const char *dev, void *what)
{
	struct ifreq request = {0};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int err;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dev);
	request.ifr_data = what;
	err = fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
	if (err)
		fprintf(stderr, "channels: %s: %s\n", dev, strerror(-err));
	return err;
}

static int set_channels(const char *dev, uint32_t n)
{
	ask.channels = (struct ethtool_channels){.cmd = ETHTOOL_GCHANNELS};
	if (call(dev, &ask.channels))
		return -1;
	ask.channels.cmd = ETHTOOL_SCHANNELS;
	ask.channels.combined_count = n;
	return call(dev, &ask.channels);
}

static int print_channels(const char *dev)
{
	ask.channels = (struct ethtool_channels){.cmd = ETHTOOL_GCHANNELS};
	if (call(dev, &ask.channels))
		return -1;
	printf("combined %u\nmax_combined %u\n", ask.channels.combined_count,
		ask.channels.max_combined);
	return 0;
}

static int print_counters(const char *dev)
{
	uint32_t n;

	memset(&ask, 0, sizeof(ask));
	ask.set.info.cmd = ETHTOOL_GSSET_INFO;
	ask.set.info.sset_mask = 1u << ETH_SS_STATS;
	if (call(dev, &ask.set))
		return -1;
	n = ask.set.n < COUNTERS_MAX ? ask.set.n : 0;
	memset(&ask, 0, sizeof(ask));
	ask.names.head = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = n};
	counters.head = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = n};
	if (call(dev, &ask.names) || call(dev, &counters))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		printf("%.*s %llu\n", ETH_GSTRING_LEN, ask.names.name[i],
			(unsigned long long)counters.value[i]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "channels: give a device, and how many channels it shall use\n");
		return 2;
	}
	if (argc == 3 && set_channels(argv[1], (uint32_t)strtoul(argv[2], NULL, 10)))
		return 1;
	return print_channels(argv[1]) || print_counters(argv[1]) ? 1 : 0;
}
