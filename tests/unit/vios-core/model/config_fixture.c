/* SPDX-License-Identifier: BSD-3-Clause */
/* config_fixture.c - see config_fixture.h. Single thread. */
#include "config_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct model_faults faults;

static const char small[] =
	"{'frame':'frame1','vios':["
	"{'name':'vios1','node_id':1,'uplink':{'name':'ent0','devargs':'net_null0'}},"
	"{'name':'vios2','node_id':2,'uplink':{'name':'ent0','devargs':'net_null0'}}],"
	"'clients':[{'name':'lpar1','adapters':["
	"{'name':'eth0','id':1,'mac':'02:76:69:00:00:01','preferred':'vios1'},"
	"{'name':'scsi0','type':'scsi','id':2}]},{'name':'lpar2','adapters':[]}]}";

static char *quoted(const char *text)
{
	char *json = strdup(text);

	for (char *c = json; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return json;
}

json_t *json_of(const char *text)
{
	char *json = quoted(text);
	json_error_t error;
	json_t *value = json_loads(json, JSON_DECODE_ANY, &error);

	if (value == NULL)
		fail_msg("%s: %s", json, error.text);
	free(json);
	return value;
}

struct config *small_state(void)
{
	char *json = quoted(small);
	struct model_frame *frame = NULL;
	struct config *config = NULL;

	if (model_frame_parse(json, strlen(json), &frame, &faults) != 0)
		fail_msg("%s", faults.text[0]);
	assert_int_equal(config_from_frame(frame, &config), 0);
	model_frame_free(frame);
	free(json);
	return config;
}

static int apply(const struct config *config, const char *ops, struct config_applied *applied)
{
	json_t *list = json_of(ops);
	json_t *value = json_pack("{s:o}", "ops", list);
	int rc = config_apply(config, value, applied, &faults);

	json_decref(value);
	return rc;
}

struct config *change(struct config *config, const char *ops)
{
	struct config_applied applied;
	struct config *after;

	if (apply(config, ops, &applied) != 0)
		fail_msg("%s: %s", ops, faults.text[0]);
	after = applied.config;
	applied.config = NULL;
	config_applied_fini(&applied);
	config_free(config);
	return after;
}

void refuse(const struct config *config, const char *ops, const char *fault)
{
	struct config_applied applied;
	size_t kept;

	assert_int_equal(apply(config, ops, &applied), -EINVAL);
	assert_null(applied.config);
	assert_null(applied.created);
	assert_null(applied.ids);
	kept = faults.n < MODEL_FAULTS_MAX ? faults.n : MODEL_FAULTS_MAX;
	for (size_t i = 0; i < kept; i++) {
		if (strstr(faults.text[i], fault) != NULL)
			return;
	}
	fail_msg("%s:\n  wanted: %s\n  got: %s", ops, fault, faults.text[0]);
}

char *member(const struct config *config, enum config_kind kind, const char *name, const char *path)
{
	const void *object = config_find(config, kind, name);
	json_t *all, *at;
	char *copy = strdup(path), *rest = copy, *text;

	if (object == NULL)
		fail_msg("there is no %s", name);
	at = all = config_object_json(kind, object);
	for (char *word; (word = strsep(&rest, ".")) != NULL;)
		at = json_object_get(at, word);
	text = at != NULL ? json_dumps(at, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
	json_decref(all);
	free(copy);
	return text;
}

void assert_member(const struct config *config, enum config_kind kind, const char *name,
	const char *path, const char *json)
{
	char *text = member(config, kind, name, path), *wanted = quoted(json);

	if (text == NULL || strcmp(text, wanted) != 0)
		fail_msg(
			"%s.%s is %s, not %s", name, path, text != NULL ? text : "missing", wanted);
	free(text);
	free(wanted);
}
