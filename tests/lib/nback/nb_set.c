/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nb_set.c - which adapters the fake VIOS has, and what it tells a mux of them: they come and go on
 * command. One thread; owns the list.
 */
#include "tests/lib/nback/nback.h"
#include "vios-core/base/runpath.h"
#include "vios-core/model/features.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct nb_device *place(struct nback *nb)
{
	for (size_t i = 0; i < nb->n_devices; i++)
		if (!nb->device[i].name[0])
			return &nb->device[i];
	return nb->n_devices < NB_DEVICES_MAX ? &nb->device[nb->n_devices++] : NULL;
}

int nb_set_add(struct nback *nb, const char *name, const char *state, struct nb_device **out)
{
	const char *slash = strchr(name, '/');
	struct nb_device *d;
	char client[64];
	struct runpath p;

	if (!slash || strlen(name) >= sizeof(d->name) || nb_control_device(nb, name))
		return -EINVAL;
	snprintf(client, sizeof(client), "%.*s", (int)(slash - name), name);
	if (runpath_backend(&p, nb->run, nb->vios, client, slash + 1) < 0)
		return -ENAMETOOLONG;
	d = place(nb);
	if (!d)
		return -ENOSPC;
	memset(d, 0, sizeof(*d));
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->path, sizeof(d->path), "%s", p.text);
	snprintf(d->state, sizeof(d->state), "%s", state);
	d->generation = 1;
	d->features_offered =
		features_allowed(FEATURE_VIRTIO_NET) | UINT64_C(1) << VU_F_PROTOCOL_FEATURES;
	d->protocol_offered = features_allowed(FEATURE_PROTOCOL);
	if (out)
		*out = d;
	return 0;
}

void nb_set_remove(struct nb_device *d)
{
	nb_device_hang_up(d);
	d->listen_source = sd_event_source_disable_unref(d->listen_source);
	close(d->listen_fd);
	unlink(d->path);
	d->name[0] = '\0';
}

/* {adapter}: what `configure` would bring to a netd. */
void nb_set_on_add(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	const char *name = json_string_value(json_object_get(params, "adapter"));
	struct nback *nb = user;
	struct nb_device *d;
	int err = name ? nb_set_add(nb, name, "active/optimized", &d) : -EINVAL;

	if (!err)
		err = nb_device_open(nb, d);
	if (err < 0)
		rpc_fail(call, RPC_FAILED, "%s: %s", name ? name : "(none)", strerror(-err));
	else
		rpc_reply(call, NULL, NULL, 0);
}

void nb_set_on_remove(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nb_device *d =
		nb_control_device(user, json_string_value(json_object_get(params, "adapter")));

	if (d)
		nb_set_remove(d);
	rpc_reply(call, NULL, NULL, 0);
}

/* Of viosd.sock: what it says of the client from now on. With quiet: only to who says hello. */
void nb_set_on_client(struct rpc_call *call, json_t *params, struct rpc_fds *fds, void *user)
{
	struct nback *nb = user;

	json_decref(nb->client);
	nb->client = json_deep_copy(json_object_get(params, "note"));
	if (!json_is_true(json_object_get(params, "quiet"))) {
		rpc_server_notify(nb->viosd, "client", json_incref(nb->client), NULL, NULL);
		rpc_server_notify(
			nb->viosd, "paths", json_pack("{s:o}", "paths", nb_paths(nb)), NULL, NULL);
	}
	rpc_reply(call, NULL, NULL, 0);
}
