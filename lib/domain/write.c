#include "domain/write.h"

#include <inttypes.h>

#include "base/sort.h"
#include "domain/fresh.h"
#include "domain/request.h"

/* How often a decision is taken again because others were faster. Each time
 * somebody else has succeeded, so a call that still loses has met as many
 * commits on the very resources it wants. */
enum { MAX_ATTEMPTS = 64 };

int rota__write_replay(rota__write *w, bool *known)
{
    rota__context *cx = w->cx;
    const char *actor = w->call.actor ? w->call.actor : "";
    rota__key key;
    *known = false;
    if (!w->call.key) return ROTA_OK;
    int rc = cx->store->ops->key_get(cx->store, &cx->env, actor, w->call.key, &key);
    if (rc == ROTA_ENOTFOUND) return ROTA_OK;
    if (rc != ROTA_OK) return rc;
    if (key.at <= cx->now - ROTA__KEY_SECONDS) return ROTA_OK;
    *known = true;
    if (key.hash != rota__id_hash(w->content, (int64_t)strlen(w->content)))
        return rota__error_set(cx->env.error, ROTA_EKEY,
                               "key \"%.*s\" was used at %s for another request",
                               ROTA__SHOW_NAME(w->call.key), rota__request_show(key.at).text);
    return rota__answer_read(cx, &key, &w->answer);
}

/* --- guards --- */

static int guard_add(rota__write *w, int64_t resource, int64_t stamp, bool bump)
{
    rota__guard *guard = ROTA__PUSH(w->cx->env.arena, &w->batch.guards);
    if (!guard) return rota__context_nomem(w->cx);
    *guard = (rota__guard){ .resource = resource, .stamp = stamp, .bump = bump };
    return ROTA_OK;
}

int rota__write_look(rota__write *w, int64_t resource, rota__timeline **out)
{
    rota__context *cx = w->cx;
    rota__timeline *t;
    bool fresh;
    int rc = cx->pending
                 ? rota__pending_get(cx->pending, cx->looker, &cx->env, resource, &t, &fresh)
                 : rota__busy_get(cx->looker, &cx->env, resource, &t, &fresh);
    if (rc == ROTA_OK && fresh) rc = guard_add(w, resource, t->resource.stamp, false);
    if (rc == ROTA_OK) *out = t;
    return rc;
}

int rota__write_touch(rota__write *w, int64_t resource)
{
    rota__context *cx = w->cx;
    int64_t stamp;
    int rc = cx->pending ? rota__pending_stamp(cx->pending, cx->looker, &cx->env, resource, &stamp)
                         : rota__busy_stamp(cx->looker, &cx->env, resource, &stamp);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(cx->env.error, ROTA_ECORRUPT,
                               "resource row %" PRId64 " is claimed and is not there", resource);
    return rc == ROTA_OK ? guard_add(w, resource, stamp, true) : rc;
}

void rota__write_aside(rota__write *w, rota__aside *aside)
{
    aside->known = w->batch.guards.items;
    aside->all = rota__context_scratch(w->cx, &aside->own);
}

int rota__write_back(rota__write *w, rota__aside *aside, int rc)
{
    int64_t count = w->batch.guards.count;
    w->cx->env.arena = aside->all;
    if (w->batch.guards.items == aside->known) return rc;
    w->batch.guards.items = rota__arena_copy(aside->all, w->batch.guards.items,
                                             count * (int64_t)sizeof *w->batch.guards.items);
    w->batch.guards.count = w->batch.guards.room = w->batch.guards.items ? count : 0;
    return w->batch.guards.items ? rc : rota__context_nomem(w->cx);
}

static int by_resource(const void *left, const void *right)
{
    const rota__guard *a = left, *b = right;
    return (a->resource > b->resource) - (a->resource < b->resource);
}

/* One guard for each resource. Two that saw different stamps saw somebody else's
 * commit pass between them: what was decided on them is stale. */
static bool settle_guards(rota__write *w)
{
    rota__guard *guards = w->batch.guards.items;
    int64_t kept = 0;
    rota__sort(guards, w->batch.guards.count, sizeof *guards, by_resource);
    for (int64_t i = 0; i < w->batch.guards.count; i++) {
        rota__guard *last = kept ? &guards[kept - 1] : NULL;
        if (!last || last->resource != guards[i].resource) {
            guards[kept++] = guards[i];
            continue;
        }
        if (last->stamp != guards[i].stamp) return false;
        last->bump |= guards[i].bump;
    }
    w->batch.guards.count = kept;
    return true;
}

static int touch_claims(rota__write *w, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++)
        rc = rota__write_touch(w, booking->claims[i].resource);
    return rc;
}

static bool same_claims(const rota__booking *a, const rota__booking *b)
{
    return a->claims == b->claims && a->claim_count == b->claim_count;
}

/* Whatever changes of a booking, and in whatever role a resource is claimed: its lists
 * show it, so that they too are current exactly when its stamp is. */
static int touch(rota__write *w, const rota__booking *before, const rota__booking *after)
{
    int rc = touch_claims(w, after);
    if (rc == ROTA_OK && before && !same_claims(before, after)) rc = touch_claims(w, before);
    return rc;
}

int rota__write_put(rota__write *w, const rota__booking *before, const rota__booking *after)
{
    rota__booking *was = ROTA__PUSH(w->cx->env.arena, &w->before);
    rota__booking *put = ROTA__PUSH(w->cx->env.arena, &w->batch.bookings);
    if (!was || !put) return rota__context_nomem(w->cx);
    if (before) *was = *before;
    *put = *after;
    put->changed_at = w->cx->now;
    if (put->status != ROTA_BOOKING_HELD && put->status != ROTA_BOOKING_EXPIRED)
        put->hold_expires = 0;
    put->version = put->row ? before->version + 1 : 1;
    if (!put->row) put->created_at = w->cx->now;
    int rc = touch(w, before, after);
    if (rc == ROTA_OK && (put->series || (put->part_of && !put->row)))
        rc = rota__fresh_note(w->cx, &w->batch, before);
    return rc;
}

void rota__write_answer(rota__write *w, const rota__booking *written)
{
    w->answer.receipt.id = written->id;
    w->answer.receipt.version = written->version;
    w->answer.receipt.status = written->status;
    w->answer.receipt.when = written->when;
    w->answer.receipt.hold_expires = written->status == ROTA_BOOKING_HELD ? written->hold_expires
                                                                          : 0;
}

int rota__write_expect(rota__write *w, const char *what, int64_t version)
{
    if (w->call.version == 0 || w->call.version == version) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EVERSION,
                           "%s has version %" PRId64 ", not %" PRId64, what, version,
                           w->call.version);
}

int rota__write_conflict(rota__write *w, const rota_conflict *conflict)
{
    rota_conflict *row = ROTA__PUSH(w->cx->report, &w->answer.conflicts);
    if (!row) return rota__context_nomem(w->cx);
    *row = *conflict;
    return ROTA_OK;
}

int rota__write_violation(rota__write *w, const rota_violation *violation)
{
    rota_violation *row = ROTA__PUSH(w->cx->report, &w->answer.violations);
    if (!row) return rota__context_nomem(w->cx);
    *row = *violation;
    return ROTA_OK;
}

/* --- the loop --- */

void rota__write_begin(rota__write *w)
{
    rota__busy_let_go(w->cx->looker);
    memset(&w->batch, 0, sizeof w->batch);
    memset(&w->before, 0, sizeof w->before);
    memset(&w->lapsed, 0, sizeof w->lapsed);
    w->lapsed_known = w->any_hours = false;
    w->unplaced.json = NULL;
    w->answer.receipt = (rota_receipt){ .size = (uint32_t)sizeof w->answer.receipt };
    w->answer.alternatives.count = w->answer.conflicts.count = w->answer.violations.count =
        w->answer.cancelled.count = w->answer.moved.count = 0;
    w->wrote = w->on_others = w->again = false;
}

const rota__verdict *rota__write_verdict(const rota__write *w, const rota_id *booking,
                                         int64_t version)
{
    for (int64_t i = 0; i < w->verdicts.count; i++)
        if (rota__id_compare(&w->verdicts.items[i].booking, booking) == 0 &&
            w->verdicts.items[i].version == version)
            return &w->verdicts.items[i];
    return NULL;
}

/* Between attempts nothing is locked and nothing is decided, so the host may take
 * its time, and use other handles. */
static int ask(rota__write *w)
{
    rota__context *cx = w->cx;
    for (int64_t i = 0; i < w->answer.conflicts.count; i++) {
        const rota_conflict *conflict = &w->answer.conflicts.items[i];
        if (rota__id_is_none(&conflict->booking) ||
            rota__write_verdict(w, &conflict->booking, conflict->version))
            continue;
        int32_t answer = cx->ask(cx->ask_ctx, conflict);
        rota__verdict *verdict = ROTA__PUSH(cx->env.arena, &w->verdicts);
        if (!verdict) return rota__context_nomem(cx);
        *verdict = (rota__verdict){ .booking = conflict->booking,
                                    .version = conflict->version,
                                    .cancel = answer == ROTA_ASK_CANCEL };
    }
    w->since = 0; /* the host's time is not the others' */
    return ROTA_OK;
}

static int attach_key(rota__write *w)
{
    if (!w->call.key) return ROTA_OK;
    w->key = (rota__key){ .actor = w->call.actor ? w->call.actor : "",
                          .key = w->call.key,
                          .hash = rota__id_hash(w->content, (int64_t)strlen(w->content)),
                          .at = w->cx->now };
    w->batch.key = &w->key;
    w->batch.key_horizon = w->cx->now - ROTA__KEY_SECONDS;
    return rota__answer_write(w->cx, &w->answer, &w->key);
}

static bool nothing_to_write(const rota__batch *batch)
{
    return batch->resources.count == 0 && batch->bookings.count == 0 && batch->events.count == 0 &&
           batch->members_put.count == 0 && batch->members_dropped.count == 0 && !batch->key &&
           batch->keys_dropped_max == 0 && batch->consumers_put.count == 0 &&
           batch->consumers_dropped.count == 0 && !batch->remind.on &&
           batch->reminders_dropped_max == 0;
}

/* What is answered without a commit stands only if what it rests on did not change
 * while it was decided: parts of it may have been read before and after. At first
 * anybody's commit counts, since single records are read without a guard; but a
 * calendar that is never still must be able to answer too, so later only what was
 * guarded does. */
enum { STILL_ATTEMPTS = 4 };

static int still_stands(rota__write *w, int attempt, bool *stands)
{
    rota__context *cx = w->cx;
    bool moved;
    int rc = rota__busy_moved(cx->looker, &cx->env, &moved);
    *stands = rc == ROTA_OK && !moved;
    if (rc != ROTA_OK || *stands || attempt < STILL_ATTEMPTS) return rc;
    *stands = settle_guards(w);
    for (int64_t i = 0; i < w->batch.guards.count && *stands; i++) {
        const rota__guard *guard = &w->batch.guards.items[i];
        int64_t stamp = 0;
        rc = cx->store->ops->stamp(cx->store, &cx->env, guard->resource, &stamp);
        if (rc != ROTA_OK && rc != ROTA_ENOTFOUND) return rc;
        *stands = stamp == guard->stamp;
    }
    return ROTA_OK;
}

/* --- from a decision to its commit --- */

int rota__write_settle(rota__write *w, bool *empty, bool *stale)
{
    int rc = attach_key(w);
    *empty = rc == ROTA_OK && nothing_to_write(&w->batch);
    *stale = rc == ROTA_OK && !settle_guards(w);
    return rc;
}

void rota__write_count(rota__write *w)
{
    rota__meter *meter = w->cx->meter;
    int64_t created = 0, cancelled = 0;
    for (int64_t i = 0; i < w->batch.bookings.count; i++) {
        const rota__booking *was = &w->before.items[i], *is = &w->batch.bookings.items[i];
        created += was->version == 0;
        cancelled += is->status == ROTA_BOOKING_CANCELLED && was->status != is->status;
    }
    rota__meter_add(&meter->commits, 1);
    rota__meter_add(&meter->created, created);
    rota__meter_add(&meter->cancelled, cancelled);
}

int rota__write_unknown(rota__write *w)
{
    /* Asked once: a storage that fails again is not asked until it is well. */
    w->again = w->call.key && !w->unknown;
    w->unknown = true;
    if (w->again) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EIO,
                           "the storage failed in mid-commit: whether this was written is not "
                           "known, and %s",
                           w->call.key ? "it fails again where it is asked"
                                       : "without a key it cannot be asked");
}

/* One decision, taken already, is committed on a store whose writers do not exclude
 * each other. */
static int commit(rota__write *w)
{
    rota__context *cx = w->cx;
    rota__commit done = { 0 };
    bool empty, stale;
    int rc = rota__write_settle(w, &empty, &stale);
    if (rc != ROTA_OK || empty) return rc;
    if (!stale) rc = cx->store->ops->commit(cx->store, &cx->env, &w->batch, &done);
    if (rc != ROTA_OK) return rc;
    rota__busy_let_go(cx->looker);
    if (done.outcome != ROTA__COMMITTED) {
        rota__busy_doubt(cx->looker->busy);
        if (done.outcome == ROTA__UNKNOWN) return rota__write_unknown(w);
        w->again = true; /* stale, or the key came to be known meanwhile */
        return ROTA_OK;
    }
    rota__busy_follow_begin(cx->looker->busy);
    rota__busy_follow(cx->looker->busy, &w->batch, w->before.items);
    rota__busy_follow_end(cx->looker->busy);
    rota__write_count(w);
    rota__meter_add(&cx->meter->flushes, 1);
    return ROTA_OK;
}

/* Decided on what is committed, without a turn. *done: the answer stands. Else, where
 * it is ROTA_OK, the decision is to be committed, or with `again` taken once more. */
static int decide_alone(rota__write *w, int attempt, bool *done)
{
    rota__context *cx = w->cx;
    bool known = false, stands = false, dry = w->call.flags & ROTA_CALL_DRY_RUN;
    *done = true;
    rota__write_begin(w);
    int rc = rota__busy_refresh(cx->looker, &cx->env);
    if (rc == ROTA_OK) rc = rota__write_replay(w, &known);
    if (rc != ROTA_OK || known) return rc;

    int decided = w->decide(w, w->request);
    if (decided == ROTA__ASK_FIRST || (decided == ROTA_OK && !dry)) {
        *done = false;
        w->again = decided == ROTA__ASK_FIRST;
        return decided == ROTA__ASK_FIRST ? ask(w) : ROTA_OK;
    }
    rota__error said = *cx->env.error;
    if ((rc = still_stands(w, attempt, &stands)) != ROTA_OK) return rc;
    *done = stands;
    w->again = !stands;
    if (!stands) return ROTA_OK;
    *cx->env.error = said;
    if (decided == ROTA_OK) w->answer.receipt.flags |= ROTA_RECEIPT_DRY_RUN;
    return decided;
}

/* In a turn, which decides for itself. While somebody else has it there is nothing to
 * lose by deciding at once: what is refused is out of the way, and what is not has
 * its timelines in memory. */
static int run_in_turn(rota__write *w, int attempt, bool *done)
{
    rota__engine *engine = w->cx->engine;
    *done = false;
    if (rota__line_is_led(&engine->line)) {
        int rc = decide_alone(w, attempt, done);
        if (rc != ROTA_OK || *done || w->again) return rc;
    }
    rota__write_turn(engine, w, 1);
    if (w->again) return ROTA_OK;
    *done = w->status != ROTA__ASK_FIRST;
    return *done ? w->status : ask(w);
}

int rota__write_run(rota__write *w, rota__decide decide, const void *request, const char *content)
{
    rota__context *cx = w->cx;
    if (!content) return rota__context_nomem(cx);
    w->decide = decide;
    w->request = request;
    w->content = content;
    bool turns = cx->store->ops->turns && !(w->call.flags & ROTA_CALL_DRY_RUN);
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        bool done;
        if (i > 0) rota__meter_add(&cx->meter->retries, 1);
        int rc = turns ? run_in_turn(w, i, &done) : decide_alone(w, i, &done);
        if (rc == ROTA_OK && !turns && !done && !w->again) {
            rc = commit(w);
            done = !w->again;
        }
        if (rc != ROTA_OK || done) {
            rota__busy_let_go(cx->looker);
            return rc;
        }
    }
    rota__busy_let_go(cx->looker);
    return rota__error_set(cx->env.error, ROTA_EBUSY,
                           "others changed the same resources %d times while this was decided",
                           (int)MAX_ATTEMPTS);
}

int rota__write_rehearse(rota__write *w, rota__decide decide, const void *request,
                         rota__pending *pending)
{
    rota__context *cx = w->cx;
    rota__write_begin(w);
    cx->pending = pending;
    int rc = rota__busy_refresh(cx->looker, &cx->env);
    if (rc == ROTA_OK) rc = decide(w, request);
    if (rc == ROTA_OK && !rota__pending_add(pending, cx->looker, &w->batch, w->before.items))
        rc = rota__context_nomem(cx);
    rota__busy_let_go(cx->looker);
    cx->pending = NULL;
    return rc;
}
