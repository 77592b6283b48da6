// SPDX-License-Identifier: BSD-3-Clause
/* verb_status.c - viosctl status: the frame as one viosd sees it, as two tables or as the JSON that
 * viosd sent. */
#include "vios-core/cli/jx.h"
#include "vios-core/cli/table.h"
#include "vios-core/cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MS 2000u
#define CELL_BYTES 96
#define VIOS_MAX 2

static int print_table(struct table *table)
{
	char *text = table ? table_text(table) : NULL;

	if (text)
		fputs(text, stdout);
	free(text);
	table_free(table);
	return text ? CLI_OK : CLI_FAILED;
}

static void number(const json_t *object, const char *key, char cell[CELL_BYTES])
{
	const json_t *value = json_object_get(object, key);

	cell[0] = '\0';
	if (json_is_integer(value))
		snprintf(cell, CELL_BYTES, "%lld", (long long)json_integer_value(value));
}

static void print_head(const json_t *status)
{
	const json_t *cluster = json_object_get(status, "cluster");

	printf("Frame %s, as %s sees it. Cluster: %s, %zu members. Frame daemon: %s.\n\n",
		cli_text(status, "frame"), cli_text(status, "answered_by"),
		cli_text(cluster, "state"), json_array_size(json_object_get(cluster, "members")),
		cli_text(status, "framed"));
}

static void note_reason(struct table *table, const char *whose, const json_t *object)
{
	const char *reason = json_string_value(json_object_get(object, "reason"));
	char note[TABLE_CELL_MAX];

	if (!reason || !reason[0])
		return;
	snprintf(note, sizeof(note), "%s: %s", whose, reason);
	table_note(table, note);
}

static void note_netaddr(struct table *table, const json_t *uplink)
{
	if (strcmp(cli_text(uplink, "netaddr"), "silent") == 0)
		table_note(table, "uplink: no address of netaddr answers");
}

/* The SEAs of a VIOS beside its first one, each with its uplink. */
static void add_more(struct table *table, const json_t *vios)
{
	const json_t *list = json_object_get(vios, "more");
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const json_t *uplink = json_object_get(one, "uplink");
		const char *cells[] = {cli_text(vios, "name"), "", "", "", "",
			cli_text(uplink, "name"), cli_text(uplink, "link"), "",
			cli_text(json_object_get(one, "sea"), "state"),
			cli_text(uplink, "devargs")};

		table_row(table, cells);
		note_netaddr(table, uplink);
	}
}

static int print_vios(const json_t *status)
{
	static const char *const heads[] = {"VIOS", "STATE", "VIOSD", "NETD", "NETD-PID", "UPLINK",
		"LINK", "TRUNK", "SEA", "DEVICE"};
	struct table *table = table_new(heads, sizeof(heads) / sizeof(heads[0]));
	size_t i;
	json_t *vios;

	json_array_foreach(json_object_get(status, "vios"), i, vios)
	{
		const json_t *netd = json_object_get(vios, "netd");
		const json_t *uplink = json_object_get(vios, "uplink");
		char viosd_pid[CELL_BYTES], netd_pid[CELL_BYTES];
		number(vios, "viosd_pid", viosd_pid);
		number(netd, "pid", netd_pid);
		const char *cells[] = {cli_text(vios, "name"), cli_text(vios, "state"), viosd_pid,
			cli_text(netd, "state"), netd_pid, cli_text(uplink, "name"),
			cli_text(uplink, "link"), cli_text(vios, "trunk"),
			cli_text(json_object_get(vios, "sea"), "state"),
			cli_text(uplink, "devargs")};
		if (table) {
			table_row(table, cells);
			note_reason(table, "netd", netd);
			note_netaddr(table, uplink);
			add_more(table, vios);
		}
	}
	return print_table(table);
}

/* Of a VIOS, the SCSI target of one server adapter; NULL: it runs none. */
static const json_t *target_of(const json_t *vios, const char *adapter)
{
	return jx_find(json_object_get(vios, "scsids"), "adapter", adapter);
}

static void add_target(struct table *table, const json_t *list, const char *adapter)
{
	char states[VIOS_MAX][CELL_BYTES] = {{0}}, pids[VIOS_MAX][CELL_BYTES] = {{0}};
	const char *cells[1 + 2 * VIOS_MAX] = {adapter};
	size_t n = json_array_size(list) < VIOS_MAX ? json_array_size(list) : VIOS_MAX;

	for (size_t i = 0; i < VIOS_MAX; i++) {
		const json_t *target = target_of(json_array_get(list, i), adapter);
		snprintf(states[i], CELL_BYTES, "%s", cli_text(target, "state"));
		number(target, "pid", pids[i]);
		cells[1 + 2 * i] = states[i];
		cells[2 + 2 * i] = pids[i];
	}
	table_row(table, cells);
	for (size_t i = 0; i < n; i++)
		note_reason(table, cli_text(json_array_get(list, i), "name"),
			target_of(json_array_get(list, i), adapter));
}

/* Each adapter once, whichever VIOS has a target of it. */
static int print_targets(const json_t *status)
{
	const json_t *list = json_object_get(status, "vios"), *vios, *target;
	const char *heads[1 + 2 * VIOS_MAX] = {"SCSI TARGET",
		cli_text(json_array_get(list, 0), "name"), "PID",
		cli_text(json_array_get(list, 1), "name"), "PID"};
	size_t n = json_array_size(list) < VIOS_MAX ? json_array_size(list) : VIOS_MAX, i, j;
	struct table *table = table_new(heads, 1 + 2 * n);
	bool any = false;

	json_array_foreach(list, i, vios)
	{
		json_array_foreach(json_object_get(vios, "scsids"), j, target)
		{
			const char *adapter = cli_text(target, "adapter");
			if (!table || (i > 0 && target_of(json_array_get(list, 0), adapter)))
				continue;
			add_target(table, list, adapter);
			any = true;
		}
	}
	if (any) {
		putchar('\n');
		return print_table(table);
	}
	table_free(table);
	return CLI_OK;
}

static const char *client_word(const json_t *adapter)
{
	if (!json_is_true(json_object_get(adapter, "mux_connected")))
		return "no mux";
	return json_is_true(json_object_get(adapter, "client_connected")) ? "connected" : "absent";
}

#define FIXED 5

static void add_adapter(
	struct table *table, const json_t *adapter, const char *const *vios, size_t n)
{
	const json_t *paths = json_object_get(adapter, "paths");
	char id[CELL_BYTES], states[VIOS_MAX][CELL_BYTES] = {{0}};
	const char *cells[FIXED + VIOS_MAX] = {cli_text(adapter, "adapter"), id,
		cli_text(adapter, "mac"), client_word(adapter), cli_text(adapter, "live")};

	number(adapter, "id", id);
	for (size_t i = 0; i < n; i++) {
		const json_t *path = json_object_get(paths, vios[i]);
		if (path)
			snprintf(states[i], CELL_BYTES, "%s, %s", cli_text(path, "phase"),
				cli_text(path, "state"));
		cells[FIXED + i] = states[i];
	}
	table_row(table, cells);
	for (size_t i = 0; i < n; i++)
		note_reason(table, vios[i], json_object_get(paths, vios[i]));
	if (json_is_true(json_object_get(adapter, "held")))
		table_note(table, "held: it has killed a data plane, which is not back yet");
	if (json_is_true(json_object_get(adapter, "profile_pending")))
		table_note(
			table, "profile pending: it counts from the client's next connection on");
	if (json_is_true(json_object_get(adapter, "quarantined")))
		table_note(
			table, "in quarantine: it has killed data planes; see viosctl quarantine");
}

static int print_adapters(const json_t *status)
{
	const char *heads[FIXED + VIOS_MAX] = {"ADAPTER", "ID", "MAC", "CLIENT", "LIVE"};
	const json_t *list = json_object_get(status, "vios");
	size_t n = json_array_size(list) < VIOS_MAX ? json_array_size(list) : VIOS_MAX, i;
	json_t *adapter;

	for (i = 0; i < n; i++)
		heads[FIXED + i] = cli_text(json_array_get(list, i), "name");
	struct table *table = table_new(heads, FIXED + n);
	json_array_foreach(json_object_get(status, "adapters"), i, adapter) if (table)
		add_adapter(table, adapter, heads + FIXED, n);
	return print_table(table);
}

int status_print(const json_t *status)
{
	json_t *clean = jx_clean(status);

	print_head(clean);
	int r = print_vios(clean);
	putchar('\n');
	if (r == CLI_OK)
		r = print_adapters(clean);
	if (r == CLI_OK)
		r = print_targets(clean);
	json_decref(clean);
	return r;
}

static int run(const struct cli *cli)
{
	json_t *status;
	int r = cli_ask(cli, CLI_READS, "status", NULL, STATUS_MS, &status);

	if (r != CLI_OK)
		return r;
	if (cli->json)
		return cli_print_json(status);
	r = status_print(status);
	json_decref(status);
	return r;
}

const struct verb verb_status = {
	.name = "status",
	.usage = "",
	.does = "shows both VIOS, their uplinks, every adapter with its paths, and the SCSI "
		"targets",
	.help = "One viosd answers for the frame: the VIOS table shows what the viosds tell each "
		"other, the adapter\n"
		"table what each client's mux tells the viosd that answers. A path's column shows "
		"its phase (absent,\n"
		"connecting, priming, ready, live, releasing, refused) and its state; the reason "
		"for a refusal stands\n"
		"below. --json prints the same as viosd sends it.\n",
	.run = run,
};
