/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * view.h - what the listing verbs show, as records: arrays of flat objects, made from what viosd
 * answered. --json prints them as they are; lay.h makes the tables of the original from them. Pure.
 *
 * Members of an answer that are missing or of another type are shown as empty; records are the
 * caller's, NULL when what was asked for is not there, with a sentence in fault.
 */
#ifndef VIOS_CLI_VIEW_H
#define VIOS_CLI_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define VIEW_FAULT_BYTES 256

/* Borrowed; those that a verb did not ask for are NULL. */
struct facts {
	const json_t *config;  /* of config_get */
	const json_t *state;   /* its state */
	const json_t *status;  /* of status */
	const json_t *devices; /* its vios */
	const json_t *running; /* of running */
	const char *vios;      /* the side that is asked for; NULL: the pair */
	json_t *index;	       /* owned: view_prepare() */
};

/* Once the answers are there, and before any view; then view_done(). */
void view_prepare(struct facts *facts);
void view_done(struct facts *facts);

/* {"svsa", "physloc", "clientid", "client", "target", "vtds": [{"vtd", "status", "lun", "backing",
 * "bdphysloc", "mirrored", "type"}]}. vadapter NULL: all; client_id 0: all; type NULL: all. */
struct lsmap_ask {
	const char *vadapter, *type;
	uint32_t client_id;
};
json_t *view_lsmap(
	const struct facts *facts, const struct lsmap_ask *ask, char fault[VIEW_FAULT_BYTES]);
/* {"svea", "physloc", "seas": [{"sea", "backing", "status", "bdphysloc"}]} */
json_t *view_lsmap_net(
	const struct facts *facts, const struct lsmap_ask *ask, char fault[VIEW_FAULT_BYTES]);

/* {"name", "status", "description", "class", "type"}; virtual_only: no adapters and disks of the
 * VIOS; type, name: NULL: all. */
struct lsdev_ask {
	bool virtual_only;
	const char *type, *name;
};
json_t *view_lsdev(
	const struct facts *facts, const struct lsdev_ask *ask, char fault[VIEW_FAULT_BYTES]);
extern const char *const view_lsdev_types[]; /* ends with NULL */
/* Attributes of a device of a VIOS that is no object of the state: as attr_records(). NULL: none.
 */
json_t *view_device_attrs(const struct facts *facts, const char *name, const char *attribute);

/* {"status", "name", "parent", "connection"} of adapters' and disks' paths. name NULL: all */
json_t *view_lspath(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES]);

/* {"client", "id", "adapter", "type", "slot", "mac", "pvid", "vlans", "preferred", "live"}; a
 * client without adapters has one with empty members. name NULL: all */
json_t *view_lsclient(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES]);

/* {"adapter", "vios", "type", "mac", "link", "counters": {...}, "sea": {...} or null} of an entN on
 * each side asked for, or of a client's adapter. */
json_t *view_entstat(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES]);
/* {"lpar_name", "mac", "vlan", "prio", "ip", "in_pkts", "in_bytes", "out_pkts", "out_bytes"} */
json_t *view_seastat(const struct facts *facts, const char *name, char fault[VIEW_FAULT_BYTES]);

/* {"repository", "size_mb", "free_mb", "parent_pool", "media": [{"name", "file_size_mb", "optical"
 * [vtd], "access", "path" {VIOS: its file}}]}; NULL with a fault when there is none */
json_t *view_lsrep(const struct facts *facts, char fault[VIEW_FAULT_BYTES]);

/* {"cluster", "state", "nodes": [{"node", "partition", "state", "pool"}]} */
json_t *view_cluster(const struct facts *facts);

/* {"what", "configured", "running"}: where data planes and muxes do not run what is configured. */
json_t *view_diff(const struct facts *facts);

/* Entries of the index; what: see view_index.c. Of a target: what the status says. */
const json_t *view_named(const struct facts *facts, const char *what, const char *name);
const json_t *view_target(const struct facts *facts, const char *vios, const char *adapter);
/* What the views share, all borrowed or NULL. The device that is a backing device on a side. */
const json_t *view_backing_device(
	const struct facts *facts, const json_t *backing, const char *vios);
/* The other way: the backing device that a disk of a VIOS is already. */
const json_t *view_device_backing(
	const struct facts *facts, const json_t *device, const char *vios);
/* The device that is a physical adapter of the state: what discovery says is its uplink. */
const json_t *view_adapter_device(const struct facts *facts, const char *vios, const char *name);
/* Whether the side is asked for. */
bool view_wants(const struct facts *facts, const char *vios);
/* "vios1/ent5", or "ent5" when one side is asked for. */
struct view_name {
	char text[72];
};
struct view_name view_name(const struct facts *facts, const char *vios, const char *name);

#endif
