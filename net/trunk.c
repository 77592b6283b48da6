/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trunk.c - see trunk.h. The server listens in its own run directory, the other side tries to
 * connect until it can. Each sends a hello with its memory; who has heard the other one's hello has
 * the trunk. From then on they tell each other whose turn it is (turn.h), and a hang-up ends it:
 * the workers get another view at their next round, and what they might still use is freed when all
 * have been quiescent. Nothing waits, neither for the other side nor for a worker. Main thread.
 */
#include "net/trunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "net/netd.h"
#include "net/trunk_link.h"
#include "net/trunk_socket.h"
#include "net/turn.h"
#include "net/worker.h"
#include "vios-core/base/log.h"
#include "vios-core/base/retimer.h"

#define AGAIN_US 100000 /* between attempts to connect */
#define LOOK_US 200	/* at whether the workers are quiet */
#define TURN_US 200000	/* till the switch outside has turned to a new primary */

struct retired { /* workers may still use it */
	struct retired *next;
	struct trunk_link *link;
	uint64_t token;
};

struct trunk {
	struct netd *netd;
	struct trunk_config config;
	struct turn turn;
	struct vlanset turning, left; /* rules.h */
	int listen_fd, fd;	      /* or -1 */
	struct trunk_link *link;
	bool up;		   /* the workers have it */
	uint64_t peer_incarnation; /* while it is up */
	uint64_t token;		   /* while turn.draining */
	unsigned flush_in;	   /* calls of trunk_tend(); 0: not again */
	struct retired *retired;
	sd_event_source *listen_source, *source, *again, *look, *turned;
};

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user);
static void start(struct trunk *t);

struct trunk *trunk_new(struct netd *netd)
{
	struct trunk *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->netd = netd;
	t->listen_fd = t->fd = -1;
	return t;
}

static void retire(struct trunk *t, struct trunk_link *link)
{
	struct retired *r = calloc(1, sizeof(*r));

	if (!r) {
		log_error("trunk-kept", "reason=memory"); /* better than to free what is in use */
		return;
	}
	r->link = link;
	r->token = rte_rcu_qsbr_start(t->netd->plane->quiet);
	r->next = t->retired;
	t->retired = r;
}

static void reap(struct trunk *t)
{
	struct retired **at = &t->retired;

	while (*at) {
		struct retired *r = *at;

		if (rte_rcu_qsbr_check(t->netd->plane->quiet, r->token, false) != 1) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		trunk_link_free(r->link);
		free(r);
	}
}

static void flush(struct trunk *t)
{
	for (uint16_t i = 0; i < PORT_UPLINKS; i++)
		fdb_flush_port(t->netd->plane->fdb, (uint16_t)(PORT_UPLINK + i));
	fdb_flush_port(t->netd->plane->fdb, PORT_TRUNK);
}

/* What was learned may be behind the other port now. Once more a second or two later: frames that
 * were under way are learned from, too. */
static void forget(struct trunk *t)
{
	flush(t);
	t->flush_in = 2;
}

static void announce_live(struct netd *netd)
{
	for (unsigned slot = 0; slot < PORT_CLIENTS; slot++)
		if (netd->noted[slot].started)
			status_announce(netd, slot);
}

/* Clients of both sides are reached by this side's uplink now, in the VLANs of which it is the
 * primary. */
static void announce_all(struct netd *netd)
{
	struct adapter_status a;

	for (unsigned slot = 0; slot < PORT_CLIENTS; slot++)
		if (adapters_get(netd->adapters, slot, &a))
			atomic_portset_set(&netd->plane->elsewhere, slot);
	atomic_fetch_add(&netd->plane->expected, 1);
	workers_wake(netd->plane);
	announce_live(netd);
}

static void publish_uses(struct trunk *t)
{
	rulebook_set_primary(t->netd->rulebook, &t->turn.uses, &t->turning, &t->left);
	if (rulebook_republish(t->netd->rulebook, t->netd->plane, t->netd->adapters))
		log_error("trunk-rules", "reason=memory");
}

static int on_turned(sd_event_source *source, uint64_t usec, void *user)
{
	struct trunk *t = user;

	t->turning = t->left = (struct vlanset){{0}};
	publish_uses(t);
	return 0;
}

/* The workers go by turn->uses from their next round on, and no more by what it was before. */
static void publish(struct trunk *t, const struct vlanset *before)
{
	for (unsigned i = 0; i < VLANSET_WORDS; i++) {
		const uint64_t uses = t->turn.uses.word[i];

		t->turning.word[i] |= before->word[i] ^ uses;
		t->left.word[i] = (t->left.word[i] | before->word[i]) & ~uses;
	}
	publish_uses(t);
	retimer_set(t->netd->ev, &t->turned, TURN_US, on_turned, t);
	t->token = rte_rcu_qsbr_start(t->netd->plane->quiet);
	workers_wake(t->netd->plane);
	forget(t);
}

static void note(struct trunk *t)
{
	log_info("trunk", "state=%s primary=%u", trunk_state(t),
		t->up ? vlanset_count(&t->turn.uses) : 0);
	control_note(t->netd, "trunk", json_pack("{s:s}", "state", trunk_state(t)));
}

static void come_up(struct trunk *t, const struct trunk_msg *hello)
{
	struct plane *plane = t->netd->plane;
	static const struct vlanset none;

	t->peer_incarnation = hello->incarnation;
	turn_begin(&t->turn, &hello->say);
	t->left = none;
	memset(&t->turning, 0xFF, sizeof(t->turning)); /* without a trunk each side had them */
	publish(t, &none); /* before the trunk: who sees it goes by these */
	workers_trunk_add(plane, t->link);
	atomic_store(&plane->trunk, t->link);
	atomic_portset_set(&plane->live, PORT_TRUNK);
	t->up = true;
	announce_all(t->netd);
	note(t);
}

static void go_down(struct trunk *t)
{
	struct plane *plane = t->netd->plane;

	atomic_portset_clear(&plane->live, PORT_TRUNK);
	atomic_store(&plane->trunk, NULL);
	workers_trunk_remove(plane, t->link);
	workers_wake(plane);
	t->up = false;
	turn_end(&t->turn);
	forget(t);
	announce_live(t->netd); /* by the own uplink, from now on */
}

static void hang_up(struct trunk *t)
{
	const bool was_up = t->up;

	t->source = sd_event_source_disable_unref(t->source);
	if (t->look)
		retimer_stop(t->look);
	if (was_up)
		go_down(t);
	if (t->link)
		retire(t, t->link);
	t->link = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	if (was_up)
		note(t);
}

static uint64_t own_incarnation(const struct trunk *t)
{
	return strtoull(t->netd->incarnation, NULL, 16);
}

static bool say(struct trunk *t)
{
	struct trunk_msg msg = {.type = TRUNK_MSG_SAY, .incarnation = own_incarnation(t)};

	return !turn_speak(&t->turn, &msg.say) || !trunk_socket_send(t->fd, &msg, NULL, 0);
}

static int on_look(sd_event_source *source, uint64_t usec, void *user);

/* After each event: takes or leaves VLANs, and tells. false: the other side does not listen. */
static bool go_on(struct trunk *t)
{
	const struct vlanset before = t->turn.uses;

	if (turn_step(&t->turn)) {
		publish(t, &before);
		if (vlanset_count(&t->turn.uses))
			announce_all(t->netd);
		note(t);
	}
	if (t->turn.draining)
		retimer_set(t->netd->ev, &t->look, LOOK_US, on_look, t);
	return say(t);
}

static void again_later(struct trunk *t)
{
	hang_up(t);
	start(t);
}

static int on_look(sd_event_source *source, uint64_t usec, void *user)
{
	struct trunk *t = user;

	if (rte_rcu_qsbr_check(t->netd->plane->quiet, t->token, false) == 1)
		turn_quiet(&t->turn);
	if (t->up && !go_on(t))
		again_later(t);
	return 0;
}

static bool hear(struct trunk *t, const struct trunk_msg *msg, const int *fds, size_t n_fds)
{
	if (msg->type == TRUNK_MSG_SAY) {
		turn_hear(&t->turn, &msg->say);
		return t->up && go_on(t);
	}
	if (t->up) { /* a second hello */
		for (size_t i = 0; i < n_fds; i++)
			close(fds[i]);
		return false;
	}
	if (trunk_link_join(t->link, fds, n_fds))
		return false;
	come_up(t, msg);
	return go_on(t);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	int fds[TRUNK_LINK_FDS_MAX], rc;
	struct trunk *t = user;
	struct trunk_msg msg;
	size_t n_fds;

	while ((rc = trunk_socket_receive(fd, &msg, fds, &n_fds)) == 1) {
		if (hear(t, &msg, fds, n_fds))
			continue;
		rc = -EBADMSG;
		break;
	}
	if (rc < 0)
		again_later(t);
	return 0;
}

/* Says hello to a new connection, which takes the place of a former one. */
static void greet(struct trunk *t, int fd)
{
	struct trunk_msg hello = {.type = TRUNK_MSG_HELLO,
		.n_rings = t->netd->plane->n_workers,
		.incarnation = own_incarnation(t)};
	int fds[TRUNK_LINK_FDS_MAX], rc;

	hang_up(t);
	t->fd = fd;
	t->turn.server = t->config.server;
	turn_hello(&t->turn, &hello.say);
	rc = trunk_link_new(t->netd->plane->n_workers, &t->link);
	if (!rc)
		rc = trunk_socket_send(fd, &hello, fds, trunk_link_fds(t->link, fds));
	if (!rc)
		rc = sd_event_add_io(t->netd->ev, &t->source, fd, EPOLLIN, on_readable, t);
	if (rc >= 0)
		return;
	log_warn("trunk-not-greeted", "reason=\"%s\"", strerror(-rc));
	again_later(t);
}

static int on_connection(sd_event_source *source, int listen_fd, uint32_t revents, void *user)
{
	int fd = trunk_socket_accept(listen_fd);

	if (fd >= 0)
		greet(user, fd);
	return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *user)
{
	start(user);
	return 0;
}

static int listen_for(struct trunk *t)
{
	t->listen_fd = trunk_socket_listen(t->config.socket);
	if (t->listen_fd < 0)
		return t->listen_fd;
	return sd_event_add_io(
		t->netd->ev, &t->listen_source, t->listen_fd, EPOLLIN, on_connection, t);
}

/* The client connects; the server listens, once. What does not succeed is tried again. */
static void start(struct trunk *t)
{
	int rc;

	if (!t->config.wanted || (t->config.server && t->listen_fd >= 0))
		return;
	rc = t->config.server ? listen_for(t) : trunk_socket_connect(t->config.socket);
	if (rc >= 0 && !t->config.server)
		greet(t, rc);
	else if (rc < 0)
		retimer_set(t->netd->ev, &t->again, AGAIN_US, on_again, t);
}

static void stop(struct trunk *t)
{
	if (t->again)
		retimer_stop(t->again);
	t->listen_source = sd_event_source_disable_unref(t->listen_source);
	if (t->listen_fd >= 0)
		close(t->listen_fd);
	t->listen_fd = -1;
	hang_up(t);
}

void trunk_free(struct trunk *t)
{
	if (!t)
		return;
	t->config.wanted = false;
	stop(t);
	t->again = sd_event_source_disable_unref(t->again);
	t->look = sd_event_source_disable_unref(t->look);
	t->turned = sd_event_source_disable_unref(t->turned);
	free(t); /* what is retired ends with the process */
}

void trunk_configure(struct trunk *t, const struct trunk_config *config)
{
	const bool same = t->config.wanted == config->wanted &&
			  t->config.server == config->server &&
			  !strcmp(t->config.socket, config->socket);
	const struct vlanset before = t->config.primary;

	t->config = *config;
	if (config->keep)
		t->config.primary = before;
	turn_claim(&t->turn, &t->config.primary);
	if (!same) {
		stop(t);
		start(t);
	} else if (t->up && !go_on(t)) {
		again_later(t);
	}
}

bool trunk_dead(struct trunk *t, const char *incarnation)
{
	if (!t->up || strtoull(incarnation, NULL, 16) != t->peer_incarnation)
		return false;
	again_later(t);
	return true;
}

const char *trunk_state(const struct trunk *t)
{
	if (!t->config.wanted)
		return "none";
	return t->up ? "up" : "down";
}

json_t *trunk_json(const struct trunk *t)
{
	if (!t->config.wanted)
		return json_null();
	return json_pack("{s:s, s:s, s:b, s:i, s:i}", "state", trunk_state(t), "socket",
		t->config.socket, "server", t->config.server, "wanted_vlans",
		(int)vlanset_count(&t->config.primary), "primary_vlans",
		t->up ? (int)vlanset_count(&t->turn.uses) : 0);
}

void trunk_tend(struct trunk *t)
{
	reap(t);
	if (t->flush_in && --t->flush_in == 0)
		flush(t);
	if (t->up && trunk_link_broken(t->link)) {
		log_error("trunk-broken", "reason=\"the other side's rings break the rules\"");
		again_later(t);
	}
}
