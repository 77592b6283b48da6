/* SPDX-License-Identifier: BSD-3-Clause */
/* gate.c - see gate.h. viosd's thread; owns nothing. */
#include "vios-core/daemon/gate.h"

#include "vios-core/base/log.h"
#include "vios-core/base/rpc.h"
#include "vios-core/base/runpath.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool look_up(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);

	if (group)
		*gid = group->gr_gid;
	return group != NULL;
}

void gate_groups(struct access *access)
{
	*access = (struct access){.self = geteuid()};
	access->has_changers = look_up(ACCESS_CHANGERS, &access->changers);
	access->has_readers = look_up(ACCESS_READERS, &access->readers);
	log_info("access", "change=root%s read=%s", access->has_changers ? "," ACCESS_CHANGERS : "",
		access->has_readers ? ACCESS_READERS : "same");
}

static void let_pass(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 &&
		((st.st_mode & S_IXOTH) || chmod(path, (st.st_mode & 07777) | S_IXOTH) == 0))
		return;
	log_warn("access", "directory=%s error=\"%s\" shut=for-groups", path, strerror(errno));
}

mode_t gate_mode(const struct access *access, const char *run, const char *vios)
{
	struct runpath directory;

	if (!access_is_open(access))
		return 0660;
	let_pass(run);
	if (runpath_vios_dir(&directory, run, vios) == 0)
		let_pass(directory.text);
	return 0666;
}

struct rpc_standing gate_standing(const struct rpc_peer *peer, const struct access *access)
{
	const enum access_rank rank =
		access_rank(access, peer->id.uid, peer->id.gid, peer->groups, peer->n_groups);

	return (struct rpc_standing){
		.rank = rank,
		.pool = access_is_root(access, peer->id.uid) ? -1
			: rank == ACCESS_NONE		     ? GATE_STRANGERS
							     : GATE_MEMBERS,
	};
}

void gate_denied(const struct access *access, const struct rpc_method *method,
	const struct ucred *peer, char why[RPC_REFUSAL])
{
	access_denied(
		access, method->name, (enum access_rank)method->rank, peer->uid, why, RPC_REFUSAL);
}
