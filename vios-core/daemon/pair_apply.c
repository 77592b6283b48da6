/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair_apply.c - applies a change to the text of a state. Pure, and the same on both VIOS; viosd's
 * one thread; the caller owns the struct.
 */
#include "vios-core/daemon/pair_apply.h"

#include "vios-core/model/config_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pair_apply_fini(struct pair_apply *pa)
{
	free(pa->text);
	config_free(pa->config);
	*pa = (struct pair_apply){0};
}

/* Both ownerships move. */
static void remember(struct pair_apply *pa, char *text, size_t text_bytes, struct config *config)
{
	pair_apply_fini(pa);
	*pa = (struct pair_apply){text, text_bytes, config};
}

const struct config *pair_apply_config(
	struct pair_apply *pa, const char *text, size_t text_bytes, struct model_faults *faults)
{
	struct config *config;
	char *copy;

	faults->n = 0;
	if (pa->config && pa->text_bytes == text_bytes && memcmp(pa->text, text, text_bytes) == 0)
		return pa->config;
	if (config_parse(text, text_bytes, &config, faults) < 0)
		return NULL;
	copy = malloc(text_bytes ? text_bytes : 1);
	if (!copy) {
		config_free(config);
		return NULL;
	}
	memcpy(copy, text, text_bytes);
	remember(pa, copy, text_bytes, config);
	return config;
}

static int faulty(struct replica_applied *out, const struct model_faults *faults)
{
	json_t *result = json_pack("{s:o}", "faults", config_faults_json(faults));

	out->verdict = REPLICA_FAULTY;
	out->result = result ? json_dumps(result, JSON_COMPACT) : NULL;
	json_decref(result);
	return out->result ? 0 : -ENOMEM;
}

static int one_fault(struct replica_applied *out, const char *text)
{
	struct model_faults faults = {.n = 1};

	strncpy(faults.text[0], text, MODEL_FAULT_TEXT - 1);
	return faulty(out, &faults);
}

static void take_ids(const struct config_applied *applied, struct stamp_ids *out)
{
	*out = (struct stamp_ids){.all = applied->n_ids > STAMP_IDS};
	if (!out->all)
		out->n = (uint32_t)applied->n_ids;
	for (uint32_t i = 0; i < out->n; i++)
		out->id[i] = applied->ids[i];
}

/* The new state becomes the remembered one: most likely it is asked for next. */
static int changed(
	struct pair_apply *pa, struct config_applied *applied, struct replica_applied *out)
{
	size_t text_bytes;
	char *text = config_text(applied->config, &text_bytes);
	char *copy = text ? malloc(text_bytes ? text_bytes : 1) : NULL;
	const bool same =
		text && pa->text_bytes == text_bytes && memcmp(pa->text, text, text_bytes) == 0;
	json_t *result = json_pack("{s:O, s:b}", "created", applied->created, "changed", !same);

	out->result = result ? json_dumps(result, JSON_COMPACT) : NULL;
	json_decref(result);
	if (!copy || !out->result) {
		free(text);
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, text, text_bytes);
	out->verdict = same ? REPLICA_UNCHANGED : REPLICA_CHANGED;
	take_ids(applied, &out->changed);
	if (same)
		free(text);
	else
		out->text = text, out->text_bytes = text_bytes;
	remember(pa, copy, text_bytes, applied->config);
	applied->config = NULL;
	return 0;
}

int pair_apply(const char *text, size_t text_bytes, const char *change, size_t change_bytes,
	struct replica_applied *out, void *user)
{
	struct pair_apply *pa = user;
	struct config_applied applied;
	struct model_faults faults;
	const struct config *config = pair_apply_config(pa, text, text_bytes, &faults);
	json_t *json;
	int rc;

	*out = (struct replica_applied){0};
	if (!config)
		return faults.n ? one_fault(out, "state: it cannot be read; see the log of viosd")
				: -ENOMEM;
	json = json_loadb(change, change_bytes, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		return one_fault(out, "change: it is no JSON; send {\"ops\": [...]}");
	rc = config_apply(config, json, &applied, &faults);
	json_decref(json);
	if (rc == -EINVAL)
		return faulty(out, &faults);
	if (rc < 0)
		return rc;
	rc = changed(pa, &applied, out);
	config_applied_fini(&applied);
	if (rc < 0)
		free(out->result), out->result = NULL;
	return rc;
}

bool pair_apply_valid(const char *text, size_t text_bytes, void *user)
{
	struct model_faults faults;

	return pair_apply_config(user, text, text_bytes, &faults) != NULL;
}
