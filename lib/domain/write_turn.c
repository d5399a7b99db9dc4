/* A turn: one thread decides and writes for all that stand in line, each request on
 * what those before it have written, and one flush makes it all durable. Then, and
 * only then, the index follows, and each has its answer.
 *
 * So no decision in a turn can turn out stale, however many want the same resource;
 * what it was decided on is compared all the same when it is written. Where anything
 * goes wrong the turn is taken back, and each is served by itself. */
#include "domain/write.h"

#include "base/clock.h"

/* What one flush carries at most, so that nobody waits long for those who came later. */
enum { MAX_TICKETS = 256 };

typedef struct ticket {
    rota__place place; /* first: the one is the other */
    rota__write *writes;
    int64_t count;
    struct ticket *next; /* of those that are served together */
} ticket;

typedef struct turn {
    rota__engine *engine;
    rota__write *lead; /* of who leads */
    rota__error said;  /* of the turn itself: who leads may have an answer of his own */
    ticket *first, **end;
    int64_t tickets;
    bool wrote;  /* something is there to be committed */
    bool broken; /* it has to be taken back, and this is */
    int why;     /* ... the reason; ROTA_OK: what it was decided on was stale */
    int64_t deadline;
    bool full; /* what comes next must not be decided in it */
} turn;

static ticket *ticket_of(rota__place *place)
{
    return (ticket *)(void *)place;
}

/* --- serving one --- */

/* Whoever is served sees what the turn has written, through the turn's store. */
static void enter(turn *t, rota__context *cx, rota__store **own)
{
    *own = cx->store;
    cx->store = cx->looker->store = t->engine->store;
    cx->pending = &t->engine->pending;
    cx->looker->epoch = t->lead->cx->looker->epoch;
    cx->looker->token = t->lead->cx->looker->token;
}

static void leave(rota__context *cx, rota__store *own)
{
    rota__busy_let_go(cx->looker);
    cx->store = cx->looker->store = own;
    cx->pending = NULL;
}

/* New resources and members, and how far reminders were made, are for those who look after
 * the commit. */
static bool is_about_bookings(const rota__batch *batch)
{
    return batch->resources.count == 0 && batch->members_put.count == 0 &&
           batch->members_dropped.count == 0 && !batch->remind.on;
}

static int write_one(turn *t, rota__write *w)
{
    rota__context *cx = w->cx;
    rota__commit done = { 0 };
    bool empty, stale;
    int rc = rota__write_settle(w, &empty, &stale);
    if (rc != ROTA_OK || empty) return rc;
    if (!stale) rc = cx->store->ops->turns->write(cx->store, &cx->env, &w->batch, &done);
    w->wrote = rc == ROTA_OK && done.outcome == ROTA__COMMITTED;
    w->again = rc == ROTA_OK && !w->wrote;
    t->broken = !w->wrote;
    t->why = rc;
    t->wrote |= w->wrote;
    if (w->wrote)
        t->full |= !is_about_bookings(&w->batch) ||
                   !rota__pending_add(cx->pending, cx->looker, &w->batch, w->before.items);
    return rc;
}

static void serve_one(turn *t, rota__write *w)
{
    bool known = false;
    rota__write_begin(w);
    w->on_others = t->wrote;
    w->status = rota__write_replay(w, &known);
    if (w->status == ROTA_OK && !known) w->status = w->decide(w, w->request);
    if (w->status == ROTA_OK && !known) w->status = write_one(t, w);
}

/* They share one place for errors. A message without memory for it is left out. */
static void note(rota__write *w)
{
    rota__context *cx = w->cx;
    if (w->status == ROTA_OK) return;
    w->said = rota__arena_copy(cx->env.arena, cx->env.error, (int64_t)sizeof *cx->env.error);
}

/* What cannot be decided, or not in this turn any more, breaks a ticket of several: they
 * are written together or not at all. One alone, that of others: a store that fails to read
 * may give its transaction up, and with it what they have written. */
static void serve(turn *t, ticket *served)
{
    rota__store *own;
    served->next = NULL;
    *t->end = served;
    t->end = &served->next;
    t->tickets++;
    enter(t, served->writes->cx, &own);
    for (int64_t i = 0; i < served->count && !t->broken; i++) {
        serve_one(t, &served->writes[i]);
        if (served->count > 1) note(&served->writes[i]);
        if (served->writes[i].status <= ROTA_EBUSY && (served->count > 1 || t->wrote)) {
            t->broken = true;
            t->why = served->writes[i].status;
        }
        rota__busy_let_go(served->writes->cx->looker);
        if (!t->full || i + 1 == served->count) continue;
        t->why = served->writes[i + 1].status = rota__context_nomem(served->writes->cx);
        t->broken = true;
    }
    leave(served->writes->cx, own);
}

/* --- beginning and ending --- */

static rota__env env_of(turn *t)
{
    return (rota__env){ .arena = t->lead->cx->env.arena, .error = &t->said };
}

static int begin(turn *t)
{
    rota__context *cx = t->lead->cx;
    rota__store *store = t->engine->store;
    rota__env env = env_of(t);
    int rc = store->ops->turns->begin(store, &env, t->deadline);
    if (rc == ROTA_OK) rota__busy_begin(cx->looker, store->ops->turns->token(store));
    return rc;
}

static void take_back(turn *t)
{
    rota__store *store = t->engine->store;
    rota__pending_clear(&t->engine->pending);
    store->ops->turns->cancel(store);
}

/* The commit failed, or nobody knows whether it did. What was decided on it has to be
 * decided again. */
static void undo(turn *t, int rc)
{
    rota__busy_doubt(&t->engine->busy);
    for (ticket *k = t->first; k; k = k->next)
        for (int64_t i = 0; i < k->count; i++) {
            rota__write *w = &k->writes[i];
            if (!w->wrote) {
                w->again |= w->on_others;
                continue;
            }
            w->wrote = false;
            if (rc == ROTA_OK) {
                w->status = rota__write_unknown(w);
                continue;
            }
            *w->cx->env.error = t->said;
            w->status = rc;
        }
}

static void follow(turn *t)
{
    rota__busy *busy = &t->engine->busy;
    for (ticket *k = t->first; k; k = k->next)
        for (int64_t i = 0; i < k->count; i++)
            if (k->writes[i].wrote)
                rota__busy_follow(busy, &k->writes[i].batch, k->writes[i].before.items);
}

static void commit(turn *t)
{
    rota__engine *engine = t->engine;
    rota__context *cx = t->lead->cx;
    rota__store *store = engine->store;
    rota__env env = env_of(t);
    rota__commit done = { 0 };
    uint64_t token = 0;
    rota__busy_flush_begin(&engine->busy);
    int64_t since = rota__clock_ns();
    int rc = store->ops->turns->finish(store, &env, &done, &token);
    rota__meter_time(&cx->meter->flush, since);
    rota__meter_add(&cx->meter->flushes, 1);
    rota__pending_clear(&engine->pending);
    bool committed = rc == ROTA_OK && done.outcome == ROTA__COMMITTED;
    if (committed) {
        rota__busy_follow_begin(&engine->busy);
        follow(t);
        rota__busy_account(&engine->busy, token);
        rota__busy_follow_end(&engine->busy);
    }
    rota__busy_flush_end(&engine->busy);
    if (!committed) undo(t, rc);
    for (ticket *k = t->first; k && committed; k = k->next)
        for (int64_t i = 0; i < k->count; i++)
            if (k->writes[i].wrote) rota__write_count(&k->writes[i]);
}

/* Ends a turn that is not broken. */
static void finish(turn *t)
{
    if (t->wrote)
        commit(t);
    else
        take_back(t);
}

/* lead: of who does the work; asked: of who has waited for it. */
static void start(turn *t, rota__engine *engine, rota__write *lead, const rota__write *asked)
{
    int64_t wait = asked->cx->busy_ms > 0 ? asked->cx->busy_ms * ROTA__MS : 0;
    *t = (turn){
        .engine = engine, .lead = lead, .end = &t->first, .deadline = asked->since + wait
    };
}

static void fail(ticket *k, int rc)
{
    for (int64_t i = 0; i < k->count; i++) {
        k->writes[i].status = rc;
        k->writes[i].wrote = k->writes[i].again = false;
    }
}

/* A ticket whose turn did not begin. */
static void fail_to_begin(const turn *t, ticket *k, int rc)
{
    *k->writes->cx->env.error = t->said;
    fail(k, rc);
}

/* A ticket that broke its own turn: what broke it is the answer of all of it. */
static void fail_broken(const turn *t, ticket *k)
{
    fail(k, t->why);
    for (int64_t i = 0; i < k->count; i++)
        k->writes[i].again = t->why == ROTA_OK;
}

static void serve_alone(rota__engine *engine, rota__write *lead, ticket *k)
{
    turn t;
    start(&t, engine, lead, k->writes);
    int rc = begin(&t);
    if (rc != ROTA_OK) {
        fail_to_begin(&t, k, rc);
        return;
    }
    serve(&t, k);
    if (!t.broken) {
        finish(&t);
        return;
    }
    take_back(&t);
    fail_broken(&t, k);
}

static void serve_line(rota__engine *engine, ticket *mine)
{
    turn t;
    start(&t, engine, mine->writes, mine->writes);
    int rc = begin(&t);
    if (rc != ROTA_OK) {
        fail_to_begin(&t, mine, rc);
        return;
    }
    rota__place *place = &mine->place;
    do {
        serve(&t, ticket_of(place));
    } while (!t.broken && !t.full && t.tickets < MAX_TICKETS &&
             (place = rota__line_next(&engine->line)));
    if (!t.broken) {
        finish(&t);
    } else {
        take_back(&t);
        if (!t.first->next)
            fail_broken(&t, t.first);
        else
            for (ticket *k = t.first, *next; k; k = next) {
                next = k->next;
                serve_alone(engine, mine->writes, k);
                k->next = next; /* its own turn had nobody behind it */
            }
    }
    rota__place *others = NULL;
    for (ticket *k = t.first; k; k = k->next) {
        if (k == mine) continue;
        k->place.next = others;
        others = &k->place;
    }
    rota__line_serve(others);
    engine->store->ops->turns->tidy(engine->store);
}

void rota__write_turn(rota__engine *engine, rota__write *writes, int64_t count)
{
    ticket mine = { .writes = writes, .count = count };
    rota__meter *meter = writes->cx->meter;
    int64_t since = rota__clock_ns();
    rota__busy_let_go(writes->cx->looker);
    if (writes->since == 0) writes->since = since;
    if (rota__line_enter(&engine->line, &mine.place)) {
        serve_line(engine, &mine);
        rota__line_leave(&engine->line);
    }
    rota__meter_time(&meter->commit, since);
}

/* Where there are no turns, as in some tests, one after the other. */
static int run_each(rota__write *writes, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        rota__write *w = &writes[i];
        w->status = rota__write_run(w, w->decide, w->request, w->content);
        note(w);
        if (w->status <= ROTA_EBUSY) return w->status;
    }
    return ROTA_OK;
}

int rota__write_run_all(rota__write *writes, int64_t count)
{
    enum { TRIES = 64 };
    rota__context *cx = writes->cx;
    if (!cx->store->ops->turns) return run_each(writes, count);
    for (int i = 0; i < TRIES; i++) {
        int failed = ROTA_OK;
        bool again = false;
        if (i > 0) rota__meter_add(&cx->meter->retries, 1);
        rota__write_turn(cx->engine, writes, count);
        for (int64_t k = 0; k < count; k++) {
            again |= writes[k].again;
            if (writes[k].status <= ROTA_EBUSY && failed == ROTA_OK) failed = writes[k].status;
        }
        if (failed != ROTA_OK) return failed;
        if (!again) return ROTA_OK;
    }
    return rota__error_set(cx->env.error, ROTA_EBUSY, "others were faster %d times", (int)TRIES);
}
