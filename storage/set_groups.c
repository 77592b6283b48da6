/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client's SET TARGET PORT GROUPS is a change of the pair's configuration: viosd is asked for it,
 * by `set_groups`, and answers when both VIOS have it, or why not. Main thread.
 */
#include "storage/set_groups.h"

#include <stdlib.h>

#include "vios-core/base/log.h"

#define ANSWER_MS 15000u /* the worker waits a little longer: AGREE_WAIT_MAX_NS */

struct asked {
	struct scsid *d;
	struct worker_groups what;
};

static void on_answer(
	json_t *result, int error_code, const char *message, struct rpc_fds *fds, void *user)
{
	struct asked *a = user;

	if (error_code == 0)
		log_info("groups-set", "lun=%u group=%u", a->what.lun, a->what.group);
	else
		log_warn("groups-not-set", "lun=%u group=%u reason=\"%s\"", a->what.lun,
			a->what.group, message);
	worker_groups_answer(a->d->worker, a->what.number, error_code == 0);
	free(a);
}

static bool ask(struct scsid *d, const struct worker_groups *what)
{
	struct asked *a = d->viosd ? malloc(sizeof(*a)) : NULL;

	if (!a)
		return false;
	*a = (struct asked){d, *what};
	if (rpc_call_send(d->viosd, "set_groups",
		    json_pack("{s:s, s:i, s:i}", "adapter", d->name, "lun", (int)what->lun, "group",
			    (int)what->group),
		    NULL, 0, ANSWER_MS, on_answer, a) == 0)
		return true;
	free(a);
	return false;
}

void set_groups_look(struct scsid *d)
{
	struct worker_groups what;

	if (!worker_groups_take(d->worker, &what) || ask(d, &what))
		return;
	log_warn("groups-not-set", "lun=%u group=%u reason=\"no viosd is connected\"", what.lun,
		what.group);
	worker_groups_answer(d->worker, what.number, false);
}
