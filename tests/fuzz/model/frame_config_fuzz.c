/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame_config_fuzz.c - any bytes as frame.json. What is accepted must obey the limits that others
 * rely on without checking again; what is refused must say why.
 */
#include <assert.h>
#include <string.h>

#include "vios-core/model/features.h"
#include "vios-core/model/frame_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_adapter(const struct model_adapter *a)
{
	enum feature_space space = a->type == MODEL_SCSI ? FEATURE_VIRTIO_SCSI : FEATURE_VIRTIO_NET;
	const struct model_profile *p = &a->profile;

	assert(model_name_valid(a->name) && a->id != 0);
	assert(a->type == MODEL_SCSI || (a->mac[0] & 1) == 0);
	assert(p->queue_pairs >= 1 && p->queue_pairs <= MODEL_QUEUE_PAIRS_MAX);
	assert(p->ring_size >= 64 && p->ring_size <= 1024);
	assert((p->ring_size & (p->ring_size - 1)) == 0);
	assert(p->mtu >= 576 && p->mtu <= 9000);
	assert((p->virtio_features & ~features_allowed(space)) == 0);
	assert(p->virtio_features >> 32 & 1);
	assert((p->protocol_features & ~features_allowed(FEATURE_PROTOCOL)) == 0);
}

static void check_frame(const struct model_frame *f)
{
	assert(model_name_valid(f->name));
	assert(f->n_vios >= 1 && f->n_vios <= MODEL_VIOS_MAX);
	assert(f->n_clients <= MODEL_CLIENTS_MAX);
	for (size_t i = 0; i < f->n_vios; i++) {
		assert(model_frame_vios(f, f->vios[i].name) == &f->vios[i]);
		assert(strlen(f->vios[i].uplink_devargs) >= 1);
		assert(f->vios[i].workers >= 1 && f->vios[i].workers <= 16);
	}
	for (size_t c = 0; c < f->n_clients; c++) {
		const struct model_client *client = &f->clients[c];

		assert(model_frame_client(f, client->name) == client);
		assert(client->n_adapters <= MODEL_ADAPTERS_MAX);
		for (size_t a = 0; a < client->n_adapters; a++) {
			check_adapter(&client->adapters[a]);
			assert(model_client_adapter(client, client->adapters[a].name) ==
				&client->adapters[a]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct model_faults faults;
	struct model_frame *frame = NULL;
	int rc = model_frame_parse((const char *)data, size, &frame, &faults);

	if (rc == 0) {
		assert(faults.n == 0);
		check_frame(frame);
		model_frame_free(frame);
	} else {
		assert(faults.n > 0);
		for (size_t i = 0; i < faults.n && i < MODEL_FAULTS_MAX; i++)
			assert(strnlen(faults.text[i], MODEL_FAULT_TEXT) < MODEL_FAULT_TEXT);
	}
	return 0;
}
