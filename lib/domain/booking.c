#include "domain/booking.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "domain/admit.h"
#include "domain/event.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/resource.h"

/* --- the life cycle --- */

#define IN(status) ROTA__BIT(ROTA_BOOKING_##status)

/* From which statuses, as the clock sees them, each step may be taken. */
static const struct life_step {
    const char *verb;
    uint32_t from;
    int32_t to, event;
} life[] = {
    [ROTA__CONFIRM] = { "confirmed", IN(HELD) | IN(EXPIRED), ROTA_BOOKING_CONFIRMED,
                        ROTA_EVENT_BOOKING_CONFIRMED },
    [ROTA__CANCEL] = { "cancelled", IN(HELD) | IN(CONFIRMED) | IN(CHECKED_IN),
                       ROTA_BOOKING_CANCELLED, ROTA_EVENT_BOOKING_CANCELLED },
    [ROTA__CHECK_IN] = { "checked in", IN(CONFIRMED), ROTA_BOOKING_CHECKED_IN,
                         ROTA_EVENT_BOOKING_CHECKED_IN },
    [ROTA__COMPLETE] = { "completed", IN(CONFIRMED) | IN(CHECKED_IN), ROTA_BOOKING_COMPLETED,
                         ROTA_EVENT_BOOKING_COMPLETED },
};

enum {
    SET_ALL = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_TITLE |
              ROTA_BOOKING_SET_DATA | ROTA_BOOKING_SET_PRIORITY
};

static const uint32_t movable = IN(HELD) | IN(CONFIRMED) | IN(CHECKED_IN);

int32_t rota__booking_seen(int32_t stored, rota_time hold_expires, rota_time now)
{
    bool lapsed = stored == ROTA_BOOKING_HELD && hold_expires <= now;
    return lapsed ? ROTA_BOOKING_EXPIRED : stored;
}

int32_t rota__booking_status(const rota__booking *booking, rota_time now)
{
    return rota__booking_seen(booking->status, booking->hold_expires, now);
}

/* 'booking "Standup"', or by its id. */
static const char *name_of(rota__write *w, const rota__booking *b)
{
    rota__str text;
    char id[37];
    rota_id_format(&b->id, id);
    rota__str_init(&text, w->cx->env.arena);
    if (b->title)
        rota__str_addf(&text, "booking \"%.*s\"", ROTA__SHOW_NAME(b->title));
    else
        rota__str_addf(&text, "booking %s", id);
    const char *name = rota__str_done(&text);
    return name ? name : "the booking";
}

static int check_status(rota__write *w, const rota__booking *b, uint32_t from, const char *verb)
{
    int32_t status = rota__booking_status(b, w->cx->now);
    if (ROTA__BIT(status) & from) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s is %s and cannot be %s",
                           name_of(w, b), rota__event_status(status), verb);
}

/* What the clock adds to the table: a booking that has begun is completed and not
 * cancelled, one that is over is not checked in. */
static int check_clock(rota__write *w, const rota__booking *b, int step)
{
    rota_time now = w->cx->now;
    bool firm = b->status != ROTA_BOOKING_HELD;
    bool begun = b->when.start <= now;
    if (step == ROTA__CANCEL && firm && begun && !(w->call.flags & ROTA_CALL_OVERRIDE))
        return rota__error_set(w->cx->env.error, ROTA_ESTATE,
                               "%s has begun at %s: it is completed, not cancelled", name_of(w, b),
                               rota__request_show(b->when.start).text);
    if (step == ROTA__CHECK_IN && b->when.end <= now)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s ended at %s", name_of(w, b),
                               rota__request_show(b->when.end).text);
    if (step == ROTA__COMPLETE && now < b->when.start)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s begins only at %s", name_of(w, b),
                               rota__request_show(b->when.start).text);
    return ROTA_OK;
}

/* --- requests --- */

static int compare_claims(const void *left, const void *right)
{
    const rota_claim *a = left, *b = right;
    return rota__id_compare(&a->resource, &b->resource);
}

static int check_claim(rota__context *cx, const rota_claim *claim)
{
    int rc;
    if ((rc = rota__request_range(cx, "units", claim->units, 1, INT32_MAX)) != ROTA_OK ||
        (rc = rota__request_range(cx, "role", claim->role, ROTA_ROLE_REQUIRED,
                                  ROTA_ROLE_ORGANIZER)) != ROTA_OK ||
        (rc = rota__request_bits(cx, "claim flags", claim->flags, ROTA_CLAIM_FREE)) != ROTA_OK)
        return rc;
    return rota__request_range(cx, "reserved field of a claim", claim->reserved, 0, 0);
}

/* A sorted copy of the claims, each of them checked. */
static int check_claims(rota__context *cx, rota_booking_request *request)
{
    int64_t count = request->claim_count;
    if (count > ROTA_MAX_CLAIMS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "%" PRId64 " claims are more than %d",
                               count, (int)ROTA_MAX_CLAIMS);
    if (count < 1 || !request->claims)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "a booking without a claim");
    rota_claim *claims = rota__arena_copy(cx->env.arena, request->claims,
                                          count * (int64_t)sizeof *claims);
    if (!claims) return rota__context_nomem(cx);
    qsort(claims, (size_t)count, sizeof *claims, compare_claims);
    for (int64_t i = 0; i < count; i++) {
        int rc = check_claim(cx, &claims[i]);
        if (rc != ROTA_OK) return rc;
        if (i == 0 || compare_claims(&claims[i - 1], &claims[i]) != 0) continue;
        char id[37];
        rota_id_format(&claims[i].resource, id);
        return rota__error_set(cx->env.error, ROTA_EINVALID, "resource %s is claimed twice", id);
    }
    request->claims = claims;
    return ROTA_OK;
}

/* The fields that `set` names. */
static int check_request(rota__context *cx, rota_booking_request *request, uint32_t set)
{
    int rc;
    if ((rc = rota__request_bits(cx, "flags", request->flags, ROTA_BOOKING_FUTURE)) != ROTA_OK ||
        (rc = rota__request_range(cx, "on_conflict", request->on_conflict, ROTA_ON_CONFLICT_DEFAULT,
                                  ROTA_ON_CONFLICT_ASK)) != ROTA_OK)
        return rc;
    if ((set & ROTA_BOOKING_SET_WHEN) == ROTA_BOOKING_SET_WHEN &&
        (rc = rota__request_span(cx, "the booking", request->when)) != ROTA_OK)
        return rc;
    if ((set & ROTA_BOOKING_SET_START) &&
        (rc = rota__request_range(cx, "the start", request->when.start, ROTA_TIME_MIN,
                                  ROTA_TIME_MAX)) != ROTA_OK)
        return rc;
    if ((set & ROTA_BOOKING_SET_END) &&
        (rc = rota__request_range(cx, "the end", request->when.end, ROTA_TIME_MIN,
                                  ROTA_TIME_MAX)) != ROTA_OK)
        return rc;
    if ((set & ROTA_BOOKING_SET_TITLE) &&
        (rc = rota__request_text(cx, "title", request->title, ROTA_MAX_NAME, ROTA__MAY_BE_EMPTY)) !=
            ROTA_OK)
        return rc;
    if ((set & ROTA_BOOKING_SET_DATA) &&
        (rc = rota__request_text(cx, "data", request->data, ROTA_MAX_DATA, ROTA__MAY_BE_EMPTY)) !=
            ROTA_OK)
        return rc;
    return set & ROTA_BOOKING_SET_CLAIMS ? check_claims(cx, request) : ROTA_OK;
}

/* What makes two requests the same under one idempotency key. */
static const char *content_of(rota__write *w, const char *verb, const rota_id *id,
                              const rota_booking_request *request)
{
    rota__str text;
    char hex[37] = "";
    if (!w->call.key) return ""; /* nobody will compare it */
    if (id) rota_id_format(id, hex);
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s %s %" PRIu32 " %" PRId64, verb, hex,
                   w->call.flags & ROTA_CALL_OVERRIDE, w->call.version);
    if (request) {
        rota__str_addf(&text,
                       " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRId32 " %" PRId32
                       " %" PRId32 " ",
                       request->set, request->when.start, request->when.end, request->flags,
                       request->hold_secs, request->priority, request->on_conflict);
        rota__str_json(&text, request->title);
        rota__str_json(&text, request->ref);
        rota__str_json(&text, request->data);
        for (int64_t i = 0; i < request->claim_count; i++) {
            const rota_claim *claim = &request->claims[i];
            rota_id_format(&claim->resource, hex);
            rota__str_addf(&text, " %s %" PRId32 " %" PRId32 " %" PRIu32, hex, claim->units,
                           claim->role, claim->flags);
        }
    }
    return rota__str_done(&text);
}

/* --- what is common to the calls --- */

static int get(rota__context *cx, const rota_id *id, rota__booking *out)
{
    rota__by by = { .id = id };
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, out);
    if (rc != ROTA_ENOTFOUND) return rc;
    char text[37];
    rota_id_format(id, text);
    return rota__error_set(cx->env.error, rc, "no booking %s", text);
}

static int get_for(rota__write *w, const rota_id *id, rota__booking *out)
{
    int rc = get(w->cx, id, out);
    return rc == ROTA_OK ? rota__write_expect(w, name_of(w, out), out->version) : rc;
}

/* The rows of the resources that a request claims, each guarded and touched. */
static int read_claims(rota__write *w, const rota_booking_request *request, rota__booking *out)
{
    rota__context *cx = w->cx;
    rota__claim *claims = rota__arena_alloc(cx->env.arena, request->claim_count,
                                            (int64_t)sizeof *claims);
    if (!claims) return rota__context_nomem(cx);
    for (int64_t i = 0; i < request->claim_count; i++) {
        const rota_claim *asked = &request->claims[i];
        rota__timeline *guarded;
        int rc = rota__resource_claim(w, &asked->resource, &guarded);
        /* Whatever its role: a resource that is claimed must not be removed meanwhile. */
        if (rc == ROTA_OK) rc = rota__write_touch(w, guarded->resource.row);
        if (rc != ROTA_OK) return rc;
        claims[i] = (rota__claim){ .resource = guarded->resource.row,
                                   .resource_id = asked->resource,
                                   .units = asked->units,
                                   .role = asked->role,
                                   .flags = asked->flags };
    }
    out->claims = claims;
    out->claim_count = request->claim_count;
    return ROTA_OK;
}

static int check_future(rota__write *w, const rota_booking_request *request)
{
    if (!(request->flags & ROTA_BOOKING_FUTURE) || request->when.start >= w->cx->now)
        return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EPOLICY, "the start %s lies before now, %s",
                           rota__request_show(request->when.start).text,
                           rota__request_show(w->cx->now).text);
}

static void fill_receipt(rota__write *w, const rota__booking *written)
{
    w->receipt.id = written->id;
    w->receipt.version = written->version;
    w->receipt.status = written->status;
    w->receipt.when = written->when;
    w->receipt.hold_expires = written->status == ROTA_BOOKING_HELD ? written->hold_expires : 0;
}

/* Put the record, tell the feed, and answer. */
static int put(rota__write *w, int32_t event, const rota__booking *before,
               const rota__booking *after)
{
    int rc;
    if ((rc = rota__write_put(w, before, after)) != ROTA_OK ||
        (rc = rota__event_booking(w, event, NULL)) != ROTA_OK)
        return rc;
    fill_receipt(w, &w->batch.bookings.items[w->batch.bookings.count - 1]);
    return ROTA_OK;
}

/* --- create --- */

static int check_ref(rota__write *w, const char *ref)
{
    rota__context *cx = w->cx;
    rota__booking other;
    rota__by by = { .ref = ref };
    if (!ref) return ROTA_OK;
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &other);
    if (rc == ROTA_ENOTFOUND) return ROTA_OK;
    if (rc != ROTA_OK) return rc;
    return rota__error_set(cx->env.error, ROTA_ESTATE, "a booking with ref \"%.*s\" is there",
                           ROTA__SHOW_NAME(ref));
}

static int decide_create(rota__write *w, const void *data)
{
    const rota_booking_request *request = data;
    rota__context *cx = w->cx;
    rota__booking booking = { .ref = request->ref,
                              .title = request->title,
                              .data = request->data,
                              .when = request->when,
                              .status = ROTA_BOOKING_CONFIRMED,
                              .priority = request->priority };
    int rc;
    if (request->hold_secs) {
        booking.status = ROTA_BOOKING_HELD;
        booking.hold_expires = cx->now + request->hold_secs;
        if (booking.hold_expires > ROTA_TIME_MAX)
            return rota__error_set(cx->env.error, ROTA_EINVALID, "the hold ends past year 9999");
    }
    if ((rc = read_claims(w, request, &booking)) != ROTA_OK ||
        (rc = check_ref(w, request->ref)) != ROTA_OK || (rc = check_future(w, request)) != ROTA_OK)
        return rc;
    if (rota__id_next(cx->ids, cx->now, &booking.id) != ROTA_OK)
        return rota__error_set(cx->env.error, ROTA_EIO, "no random bytes for a new id");
    rc = rota__resolve_claims(w, &booking, request->on_conflict, "");
    return rc == ROTA_OK ? put(w, ROTA_EVENT_BOOKING_CREATED, NULL, &booking) : rc;
}

static int check_create(rota__context *cx, rota_booking_request *request)
{
    int rc;
    request->set = 0;
    if ((rc = rota__request_range(cx, "hold_secs", request->hold_secs, 0, ROTA_MAX_BUFFER)) !=
            ROTA_OK ||
        (rc = rota__request_text(cx, "ref", request->ref, ROTA_MAX_NAME, 0)) != ROTA_OK)
        return rc;
    return check_request(cx, request, SET_ALL);
}

int rota__booking_create(rota__write *w, const rota_booking_request *asked)
{
    rota_booking_request request = *asked;
    int rc = check_create(w->cx, &request);
    if (rc != ROTA_OK) return rc;
    return rota__write_run(w, decide_create, &request,
                           content_of(w, "booking.create", NULL, &request));
}

/* --- many at once --- */

/* Each has a key of its own, so that of a call that is repeated only that is done
 * again which was refused. */
static int key_of(rota__write *w, const char *key, int64_t i)
{
    rota__str text;
    if (!key) return ROTA_OK;
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s#%" PRId64, key, i);
    w->call.key = rota__str_done(&text);
    if (!w->call.key) return rota__context_nomem(w->cx);
    return rota__request_text(w->cx, "key", w->call.key, ROTA_MAX_NAME, 0);
}

static int prepare(rota__write *w, const rota__write *call, int64_t i,
                   rota_booking_request *request)
{
    w->cx = call->cx;
    w->call = call->call;
    int rc = key_of(w, call->call.key, i);
    if (rc == ROTA_OK) rc = check_create(w->cx, request);
    if (rc != ROTA_OK) return rc;
    /* Nobody is asked while others wait for the turn, whoever said so. */
    bool asks = request->on_conflict == ROTA_ON_CONFLICT_ASK ||
                (request->on_conflict == ROTA_ON_CONFLICT_DEFAULT &&
                 w->cx->on_conflict == ROTA_ON_CONFLICT_ASK);
    if (asks) request->on_conflict = ROTA_ON_CONFLICT_REJECT;
    w->decide = decide_create;
    w->request = request;
    w->content = content_of(w, "booking.create", NULL, request);
    return w->content ? ROTA_OK : rota__context_nomem(w->cx);
}

/* The first one in the order of the requests, which is not that in which they are found. */
typedef struct refusal {
    int64_t place;
    rota__error said;
} refusal;

static void note_refusal(refusal *first, int64_t place, const rota__error *said, int rc)
{
    if (rc == ROTA_OK || (first->said.code != ROTA_OK && first->place < place)) return;
    first->place = place;
    if (said)
        first->said = *said;
    else
        rota__error_plain(&first->said, rc);
}

int rota__booking_create_all(rota__write *call, rota_booking_request *requests, int64_t count,
                             int32_t *answers, rota_receipt *receipts)
{
    rota__context *cx = call->cx;
    rota__write *writes = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *writes);
    int64_t *places = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *places), ready = 0;
    refusal first = { 0 };
    rota__error_plain(&first.said, ROTA_OK);
    if (!writes || !places) return rota__context_nomem(cx);
    for (int64_t i = 0; i < count; i++) {
        answers[i] = prepare(&writes[ready], call, i, &requests[i]);
        if (answers[i] == ROTA_ENOMEM) return ROTA_ENOMEM;
        note_refusal(&first, i, cx->env.error, answers[i]);
        if (answers[i] == ROTA_OK) places[ready++] = i;
    }
    int rc = ready > 0 ? rota__write_run_all(writes, ready) : ROTA_OK;
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < ready; i++) {
        answers[places[i]] = writes[i].status;
        receipts[places[i]] = writes[i].receipt;
        receipts[places[i]].cancelled = (int32_t)writes[i].cancelled.count;
        note_refusal(&first, places[i], writes[i].said, writes[i].status);
    }
    *cx->env.error = first.said;
    return ROTA_OK;
}

/* --- check --- */

/* Claims that the quick answer can be given for: each in its bounds, none twice. */
static bool are_plain(const rota_claim *claims, int64_t count)
{
    enum { FEW = 16 };
    if (count < 1 || count > FEW || !claims) return false;
    for (int64_t i = 0; i < count; i++) {
        const rota_claim *claim = &claims[i];
        if (claim->units < 1 || claim->role < ROTA_ROLE_REQUIRED ||
            claim->role > ROTA_ROLE_ORGANIZER || (claim->flags & ~(uint32_t)ROTA_CLAIM_FREE) ||
            claim->reserved)
            return false;
        for (int64_t k = 0; k < i; k++)
            if (compare_claims(&claims[k], claim) == 0) return false;
    }
    return true;
}

static bool is_plain(const rota_booking_request *request)
{
    return request->flags == 0 && request->when.start >= ROTA_TIME_MIN &&
           request->when.start < request->when.end && request->when.end <= ROTA_TIME_MAX &&
           are_plain(request->claims, request->claim_count);
}

int rota__booking_check(rota__context *cx, const rota_booking_request *asked)
{
    int answer = ROTA__ADMIT_UNKNOWN, rc = ROTA_OK;
    if (is_plain(asked))
        rc = rota__admit_peek(cx, asked->when, asked->claims, asked->claim_count, &answer);
    if (rc != ROTA_OK || answer == ROTA__ADMIT_FREE) return rc;
    if (answer == ROTA__ADMIT_TAKEN) return rota__error_plain(cx->env.error, ROTA_ECONFLICT);

    rota__write w = { .cx = cx, .call = { .flags = ROTA_CALL_DRY_RUN } };
    rota_booking_request request = { .when = asked->when,
                                     .claims = asked->claims,
                                     .claim_count = asked->claim_count,
                                     .flags = asked->flags,
                                     .on_conflict = ROTA_ON_CONFLICT_REJECT };
    rc = rota__booking_create(&w, &request);
    /* In the same words as the quick answer. */
    return rc == ROTA_ECONFLICT ? rota__error_plain(cx->env.error, rc) : rc;
}

/* --- move --- */

typedef struct move {
    const rota_id *id;
    const rota_booking_request *request;
} move;

/* A start alone keeps the length, an end alone the start. */
static rota_span moved(const rota__booking *before, const rota_booking_request *request)
{
    rota_span when = before->when;
    if (request->set & ROTA_BOOKING_SET_START) {
        when.end += request->when.start - when.start;
        when.start = request->when.start;
    }
    if (request->set & ROTA_BOOKING_SET_END) when.end = request->when.end;
    return when;
}

static int decide_move(rota__write *w, const void *data)
{
    const rota_booking_request *request = ((const move *)data)->request;
    const uint32_t set = request->set;
    rota__booking before, after;
    int rc;
    if ((rc = get_for(w, ((const move *)data)->id, &before)) != ROTA_OK) return rc;
    after = before;
    after.when = moved(&before, request);
    if (set & ROTA_BOOKING_SET_TITLE) after.title = request->title;
    if (set & ROTA_BOOKING_SET_DATA) after.data = request->data;
    if (set & ROTA_BOOKING_SET_PRIORITY) after.priority = request->priority;
    if ((set & ROTA_BOOKING_SET_CLAIMS) && (rc = read_claims(w, request, &after)) != ROTA_OK)
        return rc;
    if ((rc = check_status(w, &before, movable, "moved")) != ROTA_OK) return rc;
    if ((rc = rota__request_span(w->cx, "the booking", after.when)) != ROTA_OK) return rc;
    if ((set & ROTA_BOOKING_SET_START) && (rc = check_future(w, request)) != ROTA_OK) return rc;

    if (set & (ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS)) {
        rc = rota__resolve_claims(w, &after, request->on_conflict, "");
        if (rc != ROTA_OK) return rc;
    }
    return put(w, ROTA_EVENT_BOOKING_MOVED, &before, &after);
}

int rota__booking_move(rota__write *w, const rota_id *id, const rota_booking_request *asked)
{
    rota_booking_request request = *asked;
    move m = { .id = id, .request = &request };
    int rc;
    if ((rc = rota__request_bits(w->cx, "set", request.set, SET_ALL)) != ROTA_OK ||
        (rc = rota__request_range(w->cx, "hold_secs of a move", request.hold_secs, 0, 0)) !=
            ROTA_OK)
        return rc;
    if (request.ref)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "a ref cannot be changed");
    if (request.set == 0)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "a move that sets nothing");
    if (!(request.set & ROTA_BOOKING_SET_CLAIMS)) {
        request.claims = NULL;
        request.claim_count = 0;
    }
    if (!(request.set & ROTA_BOOKING_SET_START)) request.when.start = 0;
    if (!(request.set & ROTA_BOOKING_SET_END)) request.when.end = 0;
    if (!(request.set & ROTA_BOOKING_SET_TITLE)) request.title = NULL;
    if (!(request.set & ROTA_BOOKING_SET_DATA)) request.data = NULL;
    if ((rc = check_request(w->cx, &request, request.set)) != ROTA_OK) return rc;
    return rota__write_run(w, decide_move, &m, content_of(w, "booking.move", id, &request));
}

/* --- the steps --- */

typedef struct step_request {
    const rota_id *id;
    int step;
} step_request;

static int put_step(rota__write *w, const rota__booking *before, int step)
{
    rota__booking after = *before;
    rota_time now = w->cx->now;
    after.status = life[step].to;
    if (step == ROTA__COMPLETE && now < before->when.end) {
        /* Spans are never empty: completed at its very start, it took one second. */
        after.when.end = now > before->when.start ? now : before->when.start + 1;
    }
    return put(w, life[step].event, before, &after);
}

static int decide_step(rota__write *w, const void *data)
{
    const step_request *asked = data;
    const struct life_step *step = &life[asked->step];
    rota__booking before;
    int rc;
    if ((rc = get_for(w, asked->id, &before)) != ROTA_OK ||
        (rc = check_status(w, &before, step->from, step->verb)) != ROTA_OK ||
        (rc = check_clock(w, &before, asked->step)) != ROTA_OK)
        return rc;
    if (asked->step == ROTA__CONFIRM &&
        rota__booking_status(&before, w->cx->now) == ROTA_BOOKING_EXPIRED) {
        rc = rota__resolve_claims(w, &before, ROTA_ON_CONFLICT_REJECT, "the hold had lapsed, and ");
        if (rc != ROTA_OK) return rc;
    }
    return put_step(w, &before, asked->step);
}

int rota__booking_step(rota__write *w, const rota_id *id, int step)
{
    step_request request = { .id = id, .step = step };
    return rota__write_run(w, decide_step, &request, content_of(w, life[step].verb, id, NULL));
}

/* --- reads --- */

int rota__booking_find(rota__context *cx, const char *id_or_ref, rota_id *id)
{
    rota_id parsed;
    rota__booking found;
    int rc = rota__request_text(cx, "id or ref", id_or_ref, ROTA_MAX_NAME, ROTA__REQUIRED);
    if (rc != ROTA_OK) return rc;
    rc = ROTA_ENOTFOUND;
    if (rota_id_parse(id_or_ref, &parsed) == ROTA_OK) {
        rota__by by = { .id = &parsed };
        rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &found);
    }
    if (rc == ROTA_ENOTFOUND) {
        rota__by by = { .ref = id_or_ref };
        rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &found);
    }
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(cx->env.error, rc, "no booking \"%.*s\"",
                               ROTA__SHOW_NAME(id_or_ref));
    if (rc == ROTA_OK) *id = found.id;
    return rc;
}

int rota__booking_get(rota__context *cx, const rota_id *id, rota__booking *out)
{
    return get(cx, id, out);
}
