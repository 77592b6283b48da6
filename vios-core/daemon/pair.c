/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair.c - see pair.h. Everything that happens is an event of the replica's; the actions that come
 * out of it are carried out when the loop comes round, so that no event is raised from within
 * another. The struct owns the replica, its store, the timer and the calls that wait.
 */
#include "vios-core/daemon/pair.h"

#include "ha/cluster/store.h"
#include "vios-core/base/log.h"
#include "vios-core/base/loop.h"
#include "vios-core/base/retimer.h"
#include "vios-core/daemon/change_words.h"
#include "vios-core/daemon/errlog_file.h"
#include "vios-core/daemon/pair_apply.h"
#include "vios-core/model/config_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* A change that waits. */
struct asked {
	struct rpc_call *call; /* NULL: none */
	uid_t uid;
	json_t *warnings; /* that go with its answer; NULL: none */
	char words[CHANGE_WORDS_BYTES];
};

_Static_assert(REPLICA_TEXT_MAX + 65536u <= RPC_LINE_MAX, "config_get tells every state");

struct pair {
	sd_event *ev;
	struct pair_config config;
	struct replica *replica;
	struct store *store;
	struct replica_record first; /* version 0; until pair_start(), as is loaded */
	struct store_loaded loaded;
	struct pair_apply apply;
	struct replica_actions actions;
	sd_event_source *settler, *timer;
	uint64_t timer_ns;
	struct asked asked[REPLICA_OPEN_MAX]; /* request n is asked[n - 1] */
	char digest[STAMP_HEX];
};

/* What the replica wants is done at the end of the loop's round. */
static void settle_soon(struct pair *pair)
{
	sd_event_source_set_enabled(pair->settler, SD_EVENT_ONESHOT);
}

/* Noted by the VIOS that was asked: once in the pair. */
static void note_answer(struct pair *pair, const struct replica_action *a, bool changed)
{
	const struct asked *asked = &pair->asked[a->request - 1];

	if (a->outcome == REPLICA_DONE && changed)
		errlog_note(pair->config.errlog, ERRLOG_CONFIG_CHANGED, "configuration",
			"version=%llu epoch=%llu uid=%u committed=%s ops=\"%s\"",
			(unsigned long long)a->record.stamp.version,
			(unsigned long long)a->record.stamp.epoch, (unsigned)asked->uid,
			a->alone ? "alone" : "pair", asked->words);
	if (a->outcome == REPLICA_UNKNOWN)
		errlog_note(pair->config.errlog, ERRLOG_CONFIG_DOUBTFUL, "configuration",
			"uid=%u ops=\"%s\"", (unsigned)asked->uid, asked->words);
}

static void answer(struct pair *pair, const struct replica_action *a)
{
	struct rpc_call *call = pair->asked[a->request - 1].call;
	json_t *result = a->result ? json_loads(a->result, 0, NULL) : NULL;
	const struct stamp_mark mark = stamp_mark(&a->record.stamp);

	note_answer(pair, a, json_is_true(json_object_get(result, "changed")));
	json_t *warnings = pair->asked[a->request - 1].warnings;

	pair->asked[a->request - 1].call = NULL;
	pair->asked[a->request - 1].warnings = NULL;
	switch (a->outcome) {
	case REPLICA_DONE:
		rpc_reply(call,
			json_pack("{s:I, s:I, s:s, s:s, s:O*, s:O*, s:O*}", "epoch",
				(json_int_t)mark.epoch, "version", (json_int_t)mark.version,
				"digest", mark.digest, "committed", a->alone ? "alone" : "pair",
				"created", json_object_get(result, "created"), "changed",
				json_object_get(result, "changed"), "warnings", warnings),
			NULL, 0);
		break;
	case REPLICA_FAULTS:
		rpc_fail_data(call, RPC_INVALID_PARAMS, json_incref(result),
			"the change is not possible; nothing was changed");
		break;
	case REPLICA_REFUSED:
		rpc_fail(call, RPC_FAILED, "%s", a->sentence);
		break;
	case REPLICA_UNKNOWN:
		rpc_fail(call, RPC_UNAVAILABLE, "%s", a->sentence);
		break;
	}
	json_decref(warnings);
	json_decref(result);
}

static void adopt(struct pair *pair, const struct replica_action *a)
{
	const struct stamp *stamp = &a->record.stamp;
	struct model_faults faults;
	const struct config *config =
		pair_apply_config(&pair->apply, a->record.text, a->record.text_bytes, &faults);

	stamp_hex(stamp->digest, pair->digest);
	log_info("state-adopted", "epoch=%llu version=%llu digest=%.16s stale=%s",
		(unsigned long long)stamp->epoch, (unsigned long long)stamp->version, pair->digest,
		a->stale ? "yes" : "no");
	if (config)
		pair->config.events->adopt(config, stamp->epoch, stamp->version, pair->config.user);
	else /* valid() was asked before it came this far */
		log_error("state-unreadable", "fault=\"%s\"",
			faults.n ? faults.text[0] : "no memory");
}

static void on_stored(int error, void *user)
{
	struct pair *pair = user;

	if (error)
		errlog_note(pair->config.errlog, ERRLOG_STATE_NOT_STORED, "configuration",
			"error=\"%s\" directory=%s", strerror(-error), pair->config.directory);
	replica_stored(pair->replica, loop_now_ns(), error == 0, &pair->actions);
	settle_soon(pair);
}

static void carry_out(struct pair *pair, struct replica_action *a)
{
	const struct pair_events *events = pair->config.events;
	void *user = pair->config.user;

	switch (a->what) {
	case REPLICA_MULTICAST:
		events->multicast(a->bytes, a->n_bytes, user);
		break;
	case REPLICA_STORE:
		if (store_write(pair->store, &a->record) < 0)
			on_stored(-ENOMEM, pair);
		break;
	case REPLICA_WITNESS_GET:
		events->witness_get(user);
		break;
	case REPLICA_WITNESS_RAISE:
		events->witness_raise(a, user);
		break;
	case REPLICA_ANSWER:
		answer(pair, a);
		break;
	case REPLICA_ADOPT:
		adopt(pair, a);
		break;
	case REPLICA_KEEP_ASIDE:
		errlog_note(pair->config.errlog, ERRLOG_STATE_ASIDE, "configuration", "%s",
			a->sentence);
		if (store_aside(pair->store, &a->record, a->sentence) < 0)
			log_error("state-not-kept-aside", "reason=\"no memory\"");
		break;
	case REPLICA_LOG:
		if (a->alone)
			log_warn("replica", "%s", a->sentence);
		else
			log_info("replica", "%s", a->sentence);
		break;
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct pair *pair = user;

	pair->timer_ns = UINT64_MAX;
	replica_tick(pair->replica, loop_now_ns(), &pair->actions);
	settle_soon(pair);
	return 0;
}

static void set_timer(struct pair *pair)
{
	const uint64_t next = replica_next_ns(pair->replica), now = loop_now_ns();

	if (next == pair->timer_ns)
		return;
	pair->timer_ns = next;
	if (next == UINT64_MAX)
		retimer_stop(pair->timer);
	else if (retimer_set(pair->ev, &pair->timer, next > now ? (next - now) / 1000 + 1 : 0,
			 on_timer, pair) < 0)
		sd_event_exit(pair->ev, -ENOMEM);
}

static int on_settle(sd_event_source *source, void *user)
{
	struct pair *pair = user;
	struct replica_actions todo = pair->actions;

	pair->actions = (struct replica_actions){0};
	if (todo.error < 0) {
		/* The next viosd begins from what is on the disk; the data plane goes on. */
		log_error("replica-failed", "error=\"%s\" action=restart", strerror(-todo.error));
		sd_event_exit(pair->ev, todo.error);
	}
	for (size_t i = 0; i < todo.n && todo.error == 0; i++)
		carry_out(pair, &todo.v[i]);
	replica_actions_clear(&todo);
	set_timer(pair);
	pair->config.events->standing(pair->config.user);
	return 0;
}

static int make_replica(struct pair *pair)
{
	const struct model_frame *frame = pair->config.frame;
	const struct model_vios *self = &frame->vios[pair->config.self];
	const struct model_vios *peer = &frame->vios[!pair->config.self];
	struct replica_rules rules = {
		.name = self->name,
		.peer_name = peer->name,
		.node = self->node_id,
		.peer_node = peer->node_id,
		.apply = pair_apply,
		.valid = pair_apply_valid,
		.user = &pair->apply,
	};

	while (rules.incarnation == 0)
		if (getrandom(&rules.incarnation, sizeof(rules.incarnation), 0) < 0)
			return -errno;
	pair->replica = replica_new(&rules);
	return pair->replica ? 0 : -ENOMEM;
}

/* Version 0 is made from frame.json, alike on both VIOS, and stored nowhere. */
static int make_first(struct pair *pair)
{
	struct replica_record *record = &pair->first;
	struct config *config;
	int r = config_from_frame(pair->config.frame, &config);

	if (r < 0)
		return r;
	record->text = config_text(config, &record->text_bytes);
	config_free(config);
	if (!record->text)
		return -ENOMEM;
	stamp_digest(record->text, record->text_bytes, record->stamp.digest);
	return 0;
}

static int load(struct pair *pair)
{
	int r = store_load(pair->config.directory, &pair->loaded);

	if (r < 0) {
		log_refuse("state directory %s cannot be read (%s); let this user read and write "
			   "there, or give another one with --state",
			pair->config.directory, strerror(-r));
		return r;
	}
	if (pair->loaded.warning[0])
		errlog_note(pair->config.errlog, ERRLOG_STATE_DAMAGED, "configuration", "%s",
			pair->loaded.warning);
	return make_first(pair);
}

int pair_new(sd_event *ev, const struct pair_config *config, struct pair **out)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int r;

	if (!pair)
		return -ENOMEM;
	pair->config = *config;
	pair->ev = sd_event_ref(ev);
	pair->timer_ns = UINT64_MAX;
	r = sd_event_add_defer(ev, &pair->settler, on_settle, pair);
	if (r >= 0)
		r = sd_event_source_set_enabled(pair->settler, SD_EVENT_OFF);
	if (r >= 0)
		r = load(pair);
	if (r >= 0)
		r = make_replica(pair);
	if (r >= 0)
		r = store_new(
			ev, config->directory, pair->loaded.next, on_stored, pair, &pair->store);
	if (r < 0) {
		pair_free(pair);
		return r;
	}
	*out = pair;
	return 0;
}

void pair_free(struct pair *pair)
{
	if (!pair)
		return;
	for (size_t i = 0; i < REPLICA_OPEN_MAX; i++) {
		json_decref(pair->asked[i].warnings);
		if (pair->asked[i].call)
			rpc_fail(pair->asked[i].call, RPC_UNAVAILABLE,
				"viosd ends; whether the change was made is not known: look with "
				"`viosctl lsclient` when it is back");
	}
	store_free(pair->store);
	store_loaded_clear(&pair->loaded);
	free(pair->first.text);
	replica_actions_clear(&pair->actions);
	if (pair->replica)
		replica_free(pair->replica);
	pair_apply_fini(&pair->apply);
	sd_event_source_disable_unref(pair->settler);
	sd_event_source_disable_unref(pair->timer);
	sd_event_unref(pair->ev);
	free(pair);
}

/* What the newest was made from, if that is an intent. */
static const struct replica_record *base_of(const struct pair *pair)
{
	const struct store_loaded *l = &pair->loaded;

	if (l->has_base)
		return &l->base;
	return l->found && l->newest.intent && l->newest.base.version == 0 ? &pair->first : NULL;
}

void pair_start(struct pair *pair)
{
	const struct store_loaded *l = &pair->loaded;

	replica_start(pair->replica, loop_now_ns(), l->found ? &l->newest : &pair->first,
		base_of(pair), l->doubtful, &pair->actions);
	store_loaded_clear(&pair->loaded);
	free(pair->first.text);
	pair->first.text = NULL;
	settle_soon(pair);
}

void pair_view(struct pair *pair, bool peer_is_there)
{
	replica_view(pair->replica, loop_now_ns(), peer_is_there, &pair->actions);
	settle_soon(pair);
}

void pair_deliver(struct pair *pair, uint32_t node_id, const uint8_t *bytes, size_t n_bytes)
{
	replica_deliver(pair->replica, loop_now_ns(), node_id, bytes, n_bytes, &pair->actions);
	settle_soon(pair);
}

void pair_witness(
	struct pair *pair, enum replica_heard heard, const struct replica_witness *witness)
{
	replica_witness(pair->replica, loop_now_ns(), heard, witness, &pair->actions);
	settle_soon(pair);
}

/* params without its `base`, as the text that is replicated. */
static char *change_text(json_t *params)
{
	json_t *change = json_pack("{s:O}", "ops", json_object_get(params, "ops"));
	char *text = change ? json_dumps(change, JSON_COMPACT) : NULL;

	json_decref(change);
	return text;
}

static uint64_t take_request(struct pair *pair, struct rpc_call *call, const json_t *params)
{
	for (size_t i = 0; i < REPLICA_OPEN_MAX; i++)
		if (!pair->asked[i].call) {
			pair->asked[i].call = call;
			pair->asked[i].uid = rpc_conn_peer(rpc_call_conn(call)).uid;
			change_words(json_object_get(params, "ops"), pair->asked[i].words);
			return i + 1;
		}
	return 0;
}

void pair_change(struct pair *pair, struct rpc_call *call, json_t *params, json_t *warnings)
{
	const json_t *base = json_object_get(params, "base");
	uint64_t request;
	char *text;

	if (!json_is_array(json_object_get(params, "ops")) || (base && !json_is_integer(base)) ||
		(base && json_integer_value(base) < 0)) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"ops: give a list of changes, and base, if at all, as a version from 0 up");
		return;
	}
	text = change_text(params);
	if (!text || strlen(text) > REPLICA_CHANGE_MAX) {
		rpc_fail(call, RPC_INVALID_PARAMS,
			"ops: they have %zu bytes, and one change has at most %u; make several of "
			"it",
			text ? strlen(text) : 0, REPLICA_CHANGE_MAX);
		free(text);
		return;
	}
	request = take_request(pair, call, params);
	if (request == 0) {
		rpc_fail(call, RPC_UNAVAILABLE,
			"%u changes wait already; try again when they are done", REPLICA_OPEN_MAX);
	} else {
		pair->asked[request - 1].warnings = json_incref(warnings);
		replica_propose(pair->replica, loop_now_ns(), request, text, strlen(text),
			base ? json_integer_value(base) : -1, &pair->actions);
	}
	free(text);
	settle_soon(pair);
}

json_t *pair_standing(const struct pair *pair)
{
	static const char *const roles[] = {
		[REPLICA_PAIR] = "pair", [REPLICA_ALONE] = "alone", [REPLICA_WAITING] = "waiting"};
	const struct replica_record *state = replica_state(pair->replica);
	char reason[REPLICA_SENTENCE];

	replica_reason(pair->replica, reason);
	return json_pack("{s:I, s:I, s:s, s:s, s:s}", "epoch",
		(json_int_t)(state ? state->stamp.epoch : 0), "version",
		(json_int_t)(state ? state->stamp.version : 0), "digest", pair->digest, "role",
		roles[replica_role(pair->replica)], "reason", reason);
}

char *pair_text(const struct pair *pair)
{
	static const char key[] = ",\"state\":", none[] = "null";
	const struct replica_record *state = replica_state(pair->replica);
	size_t n = state ? state->text_bytes : sizeof(none) - 1;
	json_t *standing = pair_standing(pair);
	char *head = json_dumps(standing, JSON_COMPACT), *text = NULL;
	size_t at = head ? strlen(head) - 1 : 0; /* without its brace */

	if (head)
		text = malloc(at + sizeof(key) + n + 1);
	if (text) {
		memcpy(text, head, at);
		memcpy(text + at, key, sizeof(key) - 1);
		at += sizeof(key) - 1;
		memcpy(text + at, state ? state->text : none, n);
		memcpy(text + at + n, "}", 2);
	}
	free(head);
	json_decref(standing);
	return text;
}

const struct config *pair_config_now(struct pair *pair)
{
	const struct replica_record *state = replica_state(pair->replica);
	struct model_faults faults;

	return state ? pair_apply_config(&pair->apply, state->text, state->text_bytes, &faults)
		     : NULL;
}

enum replica_role pair_role(const struct pair *pair)
{
	return replica_role(pair->replica);
}

void pair_reason(const struct pair *pair, char sentence[REPLICA_SENTENCE])
{
	replica_reason(pair->replica, sentence);
}

bool pair_may_serve(const struct pair *pair, uint32_t adapter_id)
{
	return replica_may_serve(pair->replica, adapter_id);
}

const char *pair_digest(const struct pair *pair)
{
	return pair->digest;
}
