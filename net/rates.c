/* SPDX-License-Identifier: BSD-3-Clause */
/* rates.c - see rates.h. Main thread; the caller owns everything. */
#include "net/rates.h"

#include <errno.h>
#include <stdio.h>

struct member {
	const char *name;
	json_int_t least, most, usual;
};

static const struct member members[] = {
	{"send_kbit_s", 0, RULES_KBIT_MAX, 0},
	{"send_burst_kib", 0, RULES_KIB_MAX, 0},
	{"recv_kbit_s", 0, RULES_KBIT_MAX, 0},
	{"recv_burst_kib", 0, RULES_KIB_MAX, 0},
	{"uplink_weight", 1, RULES_WEIGHT_MAX, DRR_WEIGHT_DEFAULT},
};
#define OF_ADAPTER (sizeof(members) / sizeof(members[0]))
#define OF_UPLINK 2

static int read_members(const json_t *object, const char *what, size_t n, uint32_t *numbers,
	char *why, size_t why_size)
{
	for (size_t i = 0; i < n; i++) {
		const struct member *m = &members[i];
		const json_t *value = json_object_get(object, m->name);
		json_int_t number = value ? json_integer_value(value) : m->usual;

		if ((value && !json_is_integer(value)) || number < m->least || number > m->most) {
			snprintf(why, why_size, "%s: %s: give %lld to %lld", what, m->name,
				(long long)m->least, (long long)m->most);
			return -EINVAL;
		}
		numbers[i] = (uint32_t)number;
	}
	return 0;
}

static struct rates made_of(const uint32_t numbers[OF_ADAPTER])
{
	return (struct rates){numbers[0], numbers[1], numbers[2], numbers[3], (uint8_t)numbers[4]};
}

int rates_read_adapter(
	const json_t *object, const char *what, struct rates *out, char *why, size_t why_size)
{
	uint32_t numbers[OF_ADAPTER] = {0};
	int rc = read_members(object, what, OF_ADAPTER, numbers, why, why_size);

	*out = made_of(numbers);
	return rc;
}

int rates_read_uplink(const json_t *object, struct rates *out, char *why, size_t why_size)
{
	uint32_t numbers[OF_ADAPTER] = {0};
	int rc = read_members(object, "uplink", OF_UPLINK, numbers, why, why_size);

	*out = made_of(numbers);
	return rc;
}

static void write_members(json_t *object, const struct rates *rates, size_t n)
{
	const uint32_t numbers[] = {rates->send_kbit_s, rates->send_burst_kib, rates->recv_kbit_s,
		rates->recv_burst_kib, rates->uplink_weight};

	for (size_t i = 0; i < n; i++)
		json_object_set_new(object, members[i].name, json_integer(numbers[i]));
}

void rates_write_adapter(json_t *object, const struct rates *rates)
{
	write_members(object, rates, OF_ADAPTER);
}

void rates_write_uplink(json_t *object, const struct rates *rates)
{
	write_members(object, rates, OF_UPLINK);
}

void rates_fill_adapter(struct rules_port *port, const struct rates *rates)
{
	port->in = rules_rate(rates->send_kbit_s, rates->send_burst_kib);
	port->out = rules_rate(rates->recv_kbit_s, rates->recv_burst_kib);
	port->weight = rates->uplink_weight;
}

void rates_fill_uplink(struct rules_port *port, const struct rates *rates, unsigned n_workers)
{
	port->out =
		rules_rate((rates->send_kbit_s + n_workers - 1) / n_workers, rates->send_burst_kib);
}
