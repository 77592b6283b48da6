/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config.c - the replicated state: from text and back, its digest, finding objects by the names
 * that operators use. Pure; any thread; the caller owns the state and the texts.
 */
#include "vios-core/model/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sha256.h>

#include "vios-core/model/config_priv.h"

int config_from_json(json_t *json, struct config **out, struct model_faults *faults)
{
	struct config *config = calloc(1, sizeof(*config));
	struct schema s = {.faults = faults};
	int rc = 0;

	faults->n = 0;
	if (config == NULL)
		return -ENOMEM;
	schema_object(&s, config_root_fields, config, json);
	for (enum config_kind kind = 0; kind < CONFIG_LISTS; kind++)
		config_sort(config, kind);
	if (s.no_memory)
		rc = -ENOMEM;
	if (rc == 0)
		rc = config_check(config, &s);
	if (rc == 0 && faults->n > 0)
		rc = -EINVAL;
	if (rc < 0) {
		config_free(config);
		return rc;
	}
	*out = config;
	return 0;
}

int config_parse(
	const char *text, size_t len_bytes, struct config **out, struct model_faults *faults)
{
	struct schema s = {.faults = faults};
	json_error_t error;
	json_t *root = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, &error);
	int rc;

	faults->n = 0;
	if (root == NULL) {
		schema_fault(&s, "line %d, column %d: %s; mend the JSON there", error.line,
			error.column, error.text);
		return -EINVAL;
	}
	rc = config_from_json(root, out, faults);
	json_decref(root);
	return rc;
}

char *config_text(const struct config *config, size_t *len_bytes)
{
	struct schema_out out = {.text = NULL};

	schema_write(&out, config_root_fields, config);
	if (out.no_memory) {
		free(out.text);
		return NULL;
	}
	if (len_bytes != NULL)
		*len_bytes = out.len;
	return out.text;
}

json_t *config_json(const struct config *config)
{
	return schema_json(config_root_fields, config);
}

void config_digest_text(const char *text, size_t len_bytes, char digest[CONFIG_DIGEST_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t raw[SHA256_DIGEST_LENGTH];
	SHA256_CTX ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)text, len_bytes);
	SHA256Final(raw, &ctx);
	for (size_t i = 0; i < sizeof(raw); i++) {
		digest[2 * i] = digits[raw[i] >> 4];
		digest[2 * i + 1] = digits[raw[i] & 15];
	}
	digest[CONFIG_DIGEST_LEN] = '\0';
}

int config_digest(const struct config *config, char digest[CONFIG_DIGEST_LEN + 1])
{
	size_t len_bytes;
	char *text = config_text(config, &len_bytes);

	if (text == NULL)
		return -ENOMEM;
	config_digest_text(text, len_bytes, digest);
	free(text);
	return 0;
}

const char *config_kind_name(enum config_kind kind)
{
	return config_kind_rows[kind].name;
}

int config_kind_of(const char *word)
{
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		if (strcmp(config_kind_rows[kind].name, word) == 0)
			return kind;
	}
	return -ENOENT;
}

bool config_name_split(enum config_kind kind, const char *name, char owner[MODEL_NAME_MAX + 1],
	char key[MODEL_NAME_MAX + 1])
{
	const char *slash = strchr(name, '/');
	size_t len = slash != NULL ? (size_t)(slash - name) : 0;

	owner[0] = '\0';
	if (config_kind_rows[kind].owned != (slash != NULL) || len > MODEL_NAME_MAX)
		return false;
	if (slash != NULL) {
		memcpy(owner, name, len);
		owner[len] = '\0';
		if (!model_name_valid(owner))
			return false;
		name = slash + 1;
	}
	if (!model_name_valid(name))
		return false;
	memcpy(key, name, strlen(name) + 1);
	return true;
}

const void *config_find(const struct config *config, enum config_kind kind, const char *name)
{
	char owner[MODEL_NAME_MAX + 1], key[MODEL_NAME_MAX + 1];
	ptrdiff_t at;

	if (kind == CONFIG_FRAME)
		return strcmp(config->frame.name, name) == 0 ? &config->frame : NULL;
	if (!config_name_split(kind, name, owner, key))
		return NULL;
	at = config_index(config, kind, owner, key);
	return at >= 0 ? config_item(config, kind, (size_t)at) : NULL;
}

void config_name(enum config_kind kind, const void *object, char name[CONFIG_NAME_MAX + 1])
{
	const struct config_kind_row *row = &config_kind_rows[kind];
	const char *owner = row->owned ? (const char *)object + row->owner : "";

	snprintf(name, CONFIG_NAME_MAX + 1, "%s%s%s", owner, row->owned ? "/" : "",
		(const char *)object + row->key);
}

json_t *config_object_json(enum config_kind kind, const void *object)
{
	return schema_json(config_kind_rows[kind].fields, object);
}

size_t config_push(struct schema *s, enum config_kind kind, const void *object, const char *member)
{
	size_t was = schema_push(s, config_kind_rows[kind].name, 0);
	char name[CONFIG_NAME_MAX + 1], bracket[CONFIG_NAME_MAX + 3];

	if (kind != CONFIG_FRAME) {
		config_name(kind, object, name);
		snprintf(bracket, sizeof(bracket), "[%s]", name);
		if (strlen(bracket) < sizeof(s->path) - s->path_len) {
			memcpy(s->path + s->path_len, bracket, strlen(bracket) + 1);
			s->path_len += strlen(bracket);
		}
	}
	if (member != NULL)
		schema_push(s, member, 0);
	return was;
}

/* A fault may have been cut within a character. */
static json_t *text_json(const char *text, size_t len)
{
	json_t *json = json_stringn(text, len);
	char plain[MODEL_FAULT_TEXT];

	if (json != NULL)
		return json;
	for (size_t i = 0; i < len; i++)
		plain[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	return json_stringn(plain, len);
}

static json_t *fault_json(const struct model_faults *faults, size_t i)
{
	size_t path_len = faults->path_len[i];
	const char *text = faults->text[i];
	size_t from = path_len > 0 ? path_len + 2 : 0;

	return json_pack("{s:o, s:o}", "path", text_json(text, path_len), "text",
		text_json(text + from, strlen(text + from)));
}

json_t *config_faults_json(const struct model_faults *faults)
{
	size_t kept = faults->n < MODEL_FAULTS_MAX ? faults->n : MODEL_FAULTS_MAX;
	json_t *list = json_array();

	for (size_t i = 0; i < kept; i++)
		json_array_append_new(list, fault_json(faults, i));
	if (faults->n > kept)
		json_array_append_new(
			list, json_pack("{s:s, s:o}", "path", "", "text",
				      json_sprintf("%zu more faults; mend these first",
					      faults->n - kept)));
	if (list != NULL && json_array_size(list) != kept + (faults->n > kept)) {
		json_decref(list);
		return NULL;
	}
	return list;
}
