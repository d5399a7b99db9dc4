#include "domain/write.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "domain/request.h"

/* How often a decision is taken again because others were faster. Each time
 * somebody else has succeeded, so a call that still loses has met as many
 * commits on the very resources it wants. */
enum { MAX_ATTEMPTS = 64 };

/* --- answers: what a key remembers, in a layout of its own that never changes --- */

enum { ANSWER_VERSION = 1, ANSWER_HEAD = 1 + 16 + 8 * 6, ANSWER_ID = 16 };

static void put_int(uint8_t **at, int64_t value)
{
    for (int i = 0; i < 8; i++)
        *(*at)++ = (uint8_t)((uint64_t)value >> (8 * i));
}

static int64_t get_int(const uint8_t **at)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t) * (*at)++ << (8 * i);
    return (int64_t)value;
}

static int write_answer(rota__write *w, rota__key *key)
{
    const rota_receipt *receipt = &w->receipt;
    int64_t size = ANSWER_HEAD + ANSWER_ID * w->cancelled.count;
    uint8_t *bytes = rota__arena_alloc(w->cx->env.arena, size, 1), *at = bytes;
    if (!bytes) return rota__context_nomem(w->cx);

    *at++ = ANSWER_VERSION;
    memcpy(at, receipt->id.b, sizeof receipt->id.b);
    at += sizeof receipt->id.b;
    put_int(&at, receipt->version);
    put_int(&at, receipt->when.start);
    put_int(&at, receipt->when.end);
    put_int(&at, receipt->hold_expires);
    put_int(&at, receipt->status);
    put_int(&at, w->cancelled.count);
    for (int64_t i = 0; i < w->cancelled.count; i++, at += ANSWER_ID)
        memcpy(at, w->cancelled.items[i].b, ANSWER_ID);
    key->answer = bytes;
    key->answer_size = size;
    return ROTA_OK;
}

static int damaged(rota__write *w, const rota__key *key)
{
    return rota__error_set(w->cx->env.error, ROTA_ECORRUPT,
                           "the answer kept for key \"%.*s\" is damaged",
                           ROTA__SHOW_NAME(key->key));
}

static int read_answer(rota__write *w, const rota__key *key)
{
    rota__context *cx = w->cx;
    const uint8_t *at = key->answer;
    int64_t ids = key->answer_size - ANSWER_HEAD; /* bytes of them */
    if (ids < 0 || ids % ANSWER_ID != 0 || *at++ != ANSWER_VERSION) return damaged(w, key);
    rota_receipt *receipt = &w->receipt;
    memcpy(receipt->id.b, at, sizeof receipt->id.b);
    at += sizeof receipt->id.b;
    receipt->version = get_int(&at);
    receipt->when.start = get_int(&at);
    receipt->when.end = get_int(&at);
    receipt->hold_expires = get_int(&at);
    receipt->status = (int32_t)get_int(&at);
    int64_t cancelled = get_int(&at);
    if (cancelled != ids / ANSWER_ID) return damaged(w, key);
    w->cancelled.count = 0;
    for (int64_t i = 0; i < cancelled; i++, at += ANSWER_ID) {
        rota_id *id = ROTA__PUSH(cx->report, &w->cancelled);
        if (!id) return rota__context_nomem(cx);
        memcpy(id->b, at, ANSWER_ID);
    }
    receipt->flags |= ROTA_RECEIPT_REPLAYED;
    cx->counters->replays++;
    return ROTA_OK;
}

/* The answer of an earlier call under this key, if it has not been forgotten. */
static int replay(rota__write *w, const char *content, bool *known)
{
    rota__context *cx = w->cx;
    const char *actor = w->call.actor ? w->call.actor : "";
    rota__key key;
    *known = false;
    int rc = cx->store->ops->key_get(cx->store, &cx->env, actor, w->call.key, &key);
    if (rc == ROTA_ENOTFOUND) return ROTA_OK;
    if (rc != ROTA_OK) return rc;
    if (key.at <= cx->now - ROTA__KEY_SECONDS) return ROTA_OK;
    *known = true;
    if (key.hash != rota__id_hash(content, (int64_t)strlen(content)))
        return rota__error_set(cx->env.error, ROTA_EKEY,
                               "key \"%.*s\" was used at %s for another request",
                               ROTA__SHOW_NAME(w->call.key), rota__request_show(key.at).text);
    return read_answer(w, &key);
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
    rota__timeline *t;
    int rc = rota__busy_get(w->cx->busy, &w->cx->env, resource, &t);
    if (rc != ROTA_OK) return rc;
    if (t->guarded_by != w->attempt) {
        if ((rc = guard_add(w, resource, t->resource.stamp, false)) != ROTA_OK) return rc;
        t->guarded_by = w->attempt;
    }
    *out = t;
    return ROTA_OK;
}

int rota__write_touch(rota__write *w, int64_t resource)
{
    int64_t stamp;
    int rc = rota__busy_stamp(w->cx->busy, &w->cx->env, resource, &stamp);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(w->cx->env.error, ROTA_ECORRUPT,
                               "resource row %" PRId64 " is claimed and is not there", resource);
    return rc == ROTA_OK ? guard_add(w, resource, stamp, true) : rc;
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
    if (w->batch.guards.count > 1)
        qsort(guards, (size_t)w->batch.guards.count, sizeof *guards, by_resource);
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

int rota__write_touch_claims(rota__write *w, const rota__booking *booking)
{
    for (int64_t i = 0; i < booking->claim_count; i++) {
        if (!rota__claim_blocks(&booking->claims[i])) continue;
        int rc = rota__write_touch(w, booking->claims[i].resource);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
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
    put->version = before ? before->version + 1 : 1;
    if (!before) put->created_at = w->cx->now;
    return ROTA_OK;
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
    rota_conflict *row = ROTA__PUSH(w->cx->report, &w->conflicts);
    if (!row) return rota__context_nomem(w->cx);
    *row = *conflict;
    return ROTA_OK;
}

/* --- the loop --- */

static void begin_attempt(rota__write *w)
{
    memset(&w->batch, 0, sizeof w->batch);
    memset(&w->before, 0, sizeof w->before);
    memset(&w->lapsed, 0, sizeof w->lapsed);
    w->lapsed_known = false;
    w->receipt = (rota_receipt){ .size = (uint32_t)sizeof w->receipt };
    w->conflicts.count = w->cancelled.count = 0;
    w->attempt = ++w->cx->busy->attempts;
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
    for (int64_t i = 0; i < w->conflicts.count; i++) {
        const rota_conflict *conflict = &w->conflicts.items[i];
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
    return ROTA_OK;
}

static int attach_key(rota__write *w, rota__key *key, const char *content)
{
    if (!w->call.key) return ROTA_OK;
    *key = (rota__key){ .actor = w->call.actor ? w->call.actor : "",
                        .key = w->call.key,
                        .hash = rota__id_hash(content, (int64_t)strlen(content)),
                        .at = w->cx->now };
    w->batch.key = key;
    w->batch.key_horizon = w->cx->now - ROTA__KEY_SECONDS;
    return write_answer(w, key);
}

static bool nothing_to_write(const rota__batch *batch)
{
    return batch->resources.count == 0 && batch->bookings.count == 0 &&
           batch->members_put.count == 0 && batch->members_dropped.count == 0 && !batch->key &&
           batch->keys_dropped_max == 0 && batch->consumers_put.count == 0 &&
           batch->consumers_dropped.count == 0;
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
    int rc = rota__busy_refresh(cx->busy, &cx->env, &moved);
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

/* One commit; *again where the decision has to be taken anew. */
static int commit(rota__write *w, const char *content, bool *again)
{
    rota__context *cx = w->cx;
    rota__commit done = { 0 };
    rota__key key;
    int rc;
    if ((rc = attach_key(w, &key, content)) != ROTA_OK) return rc;
    if (nothing_to_write(&w->batch)) return ROTA_OK;
    if (!settle_guards(w)) {
        rota__busy_doubt(cx->busy);
        *again = true;
        return ROTA_OK;
    }
    if ((rc = cx->store->ops->commit(cx->store, &cx->env, &w->batch, &done)) != ROTA_OK) return rc;

    switch (done.outcome) {
    case ROTA__COMMITTED:
        rota__busy_apply(cx->busy, &w->batch, w->before.items);
        cx->counters->commits++;
        return ROTA_OK;
    case ROTA__UNKNOWN:
        rota__busy_doubt(cx->busy);
        if (w->call.key) {
            *again = true;
            return ROTA_OK;
        }
        return rota__error_set(cx->env.error, ROTA_EIO,
                               "the storage failed in mid-commit: whether this was written is not "
                               "known, and without a key it cannot be asked");
    default: /* stale, or the key came to be known meanwhile */
        rota__busy_doubt(cx->busy);
        *again = true;
        return ROTA_OK;
    }
}

int rota__write_run(rota__write *w, rota__decide decide, const void *request, const char *content)
{
    rota__context *cx = w->cx;
    int rc;

    if (!content) return rota__context_nomem(cx);
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        bool again = false, stands = false, known = false;
        if (i > 0) cx->counters->retries++;
        begin_attempt(w);
        if ((rc = rota__busy_refresh(cx->busy, &cx->env, NULL)) != ROTA_OK) return rc;
        if (w->call.key && ((rc = replay(w, content, &known)) != ROTA_OK || known)) return rc;

        int decided = decide(w, request);
        bool dry = w->call.flags & ROTA_CALL_DRY_RUN;
        if (decided == ROTA__ASK_FIRST) {
            if ((rc = ask(w)) != ROTA_OK) return rc;
            continue;
        }
        if (decided < 0 || dry) {
            rota__error said = *cx->env.error;
            if ((rc = still_stands(w, i, &stands)) != ROTA_OK) return rc;
            if (!stands) continue;
            *cx->env.error = said;
            if (decided == ROTA_OK) w->receipt.flags |= ROTA_RECEIPT_DRY_RUN;
            return decided;
        }
        if ((rc = commit(w, content, &again)) != ROTA_OK) return rc;
        if (!again) return ROTA_OK;
    }
    return rota__error_set(cx->env.error, ROTA_EBUSY,
                           "others changed the same resources %d times while this was decided",
                           (int)MAX_ATTEMPTS);
}
