#include "domain/booking_private.h"

#include <inttypes.h>

#include "base/sort.h"
#include "base/str.h"
#include "domain/admit.h"
#include "domain/event.h"
#include "domain/place.h"
#include "domain/propose.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/resource_find.h"

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
    [ROTA__RESTORE] = { "restored", IN(CANCELLED), ROTA_BOOKING_CONFIRMED,
                        ROTA_EVENT_BOOKING_RESTORED },
    [ROTA__COMPLETE] = { "completed", IN(CONFIRMED) | IN(CHECKED_IN), ROTA_BOOKING_COMPLETED,
                         ROTA_EVENT_BOOKING_COMPLETED },
};

enum {
    SET_TIME = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_LENGTH,
    SET_ALL = SET_TIME | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_TITLE | ROTA_BOOKING_SET_DATA |
              ROTA_BOOKING_SET_PRIORITY
};

static const uint32_t movable = IN(HELD) | IN(CONFIRMED) | IN(CHECKED_IN);

int32_t rota__booking_status(const rota__booking *booking, rota_time now)
{
    return rota__booking_seen(booking->status, booking->hold_expires, now);
}

static int check_status(rota__write *w, const rota__booking *b, uint32_t from, const char *verb)
{
    int32_t status = rota__booking_status(b, w->cx->now);
    if (ROTA__BIT(status) & from) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s is %s and cannot be %s",
                           rota__request_booking(w->cx, b), rota__event_status(status), verb);
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
                               "%s has begun at %s: it is completed, not cancelled",
                               rota__request_booking(w->cx, b),
                               rota__request_show(b->when.start).text);
    if ((step == ROTA__CHECK_IN || step == ROTA__RESTORE) && b->when.end <= now)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s ended at %s",
                               rota__request_booking(w->cx, b),
                               rota__request_show(b->when.end).text);
    if (step == ROTA__COMPLETE && now < b->when.start)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s begins only at %s",
                               rota__request_booking(w->cx, b),
                               rota__request_show(b->when.start).text);
    return ROTA_OK;
}

int rota__booking_may_step(rota__write *w, const rota__booking *before, int step)
{
    int rc = check_status(w, before, life[step].from, life[step].verb);
    return rc == ROTA_OK ? check_clock(w, before, step) : rc;
}

int32_t rota__booking_step_event(int step)
{
    return life[step].event;
}

/* --- requests --- */

static int compare_claims(const void *left, const void *right)
{
    const rota_claim *a = left, *b = right;
    return rota__id_compare(&a->resource, &b->resource);
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
    rota__sort(claims, count, sizeof *claims, compare_claims);
    for (int64_t i = 0; i < count; i++) {
        int rc = rota__request_claim(cx, &claims[i]);
        if (rc != ROTA_OK) return rc;
        if (i == 0 || compare_claims(&claims[i - 1], &claims[i]) != 0) continue;
        char id[37];
        rota_id_format(&claims[i].resource, id);
        return rota__error_set(cx->env.error, ROTA_EINVALID, "resource %s is claimed twice", id);
    }
    request->claims = claims;
    return ROTA_OK;
}

/* A series, or a booking that gives no start. */
static int check_timeless(rota__context *cx, const rota_booking_request *request)
{
    if (request->recurrence && request->placement)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "a series cannot be placed");
    if (request->when.start == 0 && request->when.end == 0) return ROTA_OK;
    return rota__error_set(cx->env.error, ROTA_EINVALID,
                           request->recurrence ? "a series gets its time from its recurrence alone"
                                               : "what is placed gives no time of its own");
}

/* The fields that `set` names. */
static int check_request(rota__context *cx, rota_booking_request *request, uint32_t set)
{
    int rc;
    const bool timeless = request->recurrence || request->placement;
    const uint32_t flags = ROTA_BOOKING_FUTURE | ROTA_BOOKING_PARTIAL | ROTA_BOOKING_MOVABLE;
    if ((rc = rota__request_range(cx, "alternatives", request->alternatives, 0,
                                  ROTA_MAX_ALTERNATIVES)) != ROTA_OK ||
        (rc = rota__request_range(cx, "kind", request->kind, ROTA_KIND_BOOKING,
                                  ROTA_KIND_ABSENCE)) != ROTA_OK)
        return rc;
    if (request->recurrence && (request->flags & ROTA_BOOKING_MOVABLE))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "a series is not movable");
    if (!(set & SET_TIME) && (request->flags & ROTA_BOOKING_MOVABLE))
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "flags: only a move that sets a time makes a booking movable");
    if (!request->recurrence && (request->flags & ROTA_BOOKING_PARTIAL))
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "flags: only a series can be made in part");
    if ((rc = rota__request_bits(cx, "flags", request->flags, flags)) != ROTA_OK ||
        (rc = rota__request_range(cx, "on_conflict", request->on_conflict, ROTA_ON_CONFLICT_DEFAULT,
                                  ROTA_ON_CONFLICT_DISPLACE)) != ROTA_OK)
        return rc;
    if (timeless) {
        if ((rc = check_timeless(cx, request)) != ROTA_OK) return rc;
        set &= ~(uint32_t)SET_TIME;
    }
    const bool span = (set & ROTA_BOOKING_SET_LENGTH) ||
                      (set & ROTA_BOOKING_SET_WHEN) == ROTA_BOOKING_SET_WHEN;
    if (span && (rc = rota__request_span(cx, "the booking", request->when)) != ROTA_OK) return rc;
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

static void add_recurrence(rota__str *text, const rota_recurrence *recurrence)
{
    rota__str_addf(text, " %" PRId64 " ", recurrence->length);
    rota__str_json(text, recurrence->start);
    rota__str_json(text, recurrence->zone);
    rota__str_json(text, recurrence->rule);
    for (int64_t i = 0; i < recurrence->rdate_count; i++)
        rota__str_json(text, recurrence->rdates[i]);
    rota__str_add(text, "-");
    for (int64_t i = 0; i < recurrence->exdate_count; i++)
        rota__str_json(text, recurrence->exdates[i]);
}

static void add_placement(rota__str *text, const rota_placement *placement)
{
    rota__str_addf(text,
                   " p%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRId32
                   " %" PRId32 " ",
                   placement->window.start, placement->window.end, placement->duration,
                   placement->step, placement->days, placement->from, placement->until);
    rota__str_json(text, placement->zone);
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
    if (w->call.scope)
        rota__str_addf(&text, " %" PRId32 " %" PRId64, w->call.scope, w->call.occurrence);
    if (request) {
        rota__str_addf(&text,
                       " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRId32 " %" PRId32
                       " %" PRId32 " ",
                       request->set, request->when.start, request->when.end, request->flags,
                       request->hold_secs, request->priority, request->on_conflict);
        rota__str_json(&text, request->title);
        rota__str_json(&text, request->ref);
        rota__str_json(&text, request->data);
        if (request->recurrence) add_recurrence(&text, request->recurrence);
        if (request->placement) add_placement(&text, request->placement);
        if (request->kind) rota__str_addf(&text, " k%" PRId32, request->kind);
        if (request->alternatives) rota__str_addf(&text, " a%" PRId32, request->alternatives);
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
    w->any_hours = rc == ROTA_OK && out->kind != ROTA_KIND_BOOKING;
    return rc == ROTA_OK ? rota__write_expect(w, rota__request_booking(w->cx, out), out->version)
                         : rc;
}

int rota__booking_claims(rota__write *w, const rota_booking_request *request, rota__booking *out)
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

int rota__booking_future(rota__write *w, uint32_t flags, rota_span when)
{
    rota_violation row = { .size = (uint32_t)sizeof row, .rule = "past" };
    rota__str text;
    if (!(flags & ROTA_BOOKING_FUTURE) || when.start >= w->cx->now) return ROTA_OK;
    rota__str_init(&text, w->cx->report);
    rota__str_addf(&text, "the start %s lies before now, %s", rota__request_show(when.start).text,
                   rota__request_show(w->cx->now).text);
    row.message = rota__str_done(&text);
    if (!row.message) return rota__context_nomem(w->cx);
    row.limit = w->cx->now;
    row.actual = when.start;
    row.when = when;
    return rota__write_violation(w, &row);
}

/* Put the record, tell the feed, and answer. */
static int put(rota__write *w, int32_t event, const rota__booking *before,
               const rota__booking *after)
{
    int rc;
    if ((rc = rota__write_put(w, before, after)) != ROTA_OK ||
        (rc = rota__event_booking(w, event, NULL)) != ROTA_OK)
        return rc;
    rota__write_answer(w, &w->batch.bookings.items[w->batch.bookings.count - 1]);
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

int rota__booking_new(rota__write *w, const rota_booking_request *request, rota__booking *out)
{
    rota__context *cx = w->cx;
    int rc;
    *out = (rota__booking){ .ref = request->ref,
                            .title = request->title,
                            .data = request->data,
                            .when = request->when,
                            .status = ROTA_BOOKING_CONFIRMED,
                            .priority = request->priority,
                            .kind = request->kind };
    w->any_hours = request->kind != ROTA_KIND_BOOKING;
    if (request->hold_secs) {
        out->status = ROTA_BOOKING_HELD;
        out->hold_expires = cx->now + request->hold_secs;
        if (out->hold_expires > ROTA_TIME_MAX)
            return rota__error_set(cx->env.error, ROTA_EINVALID, "the hold ends past year 9999");
    }
    if ((rc = rota__booking_claims(w, request, out)) != ROTA_OK ||
        (rc = check_ref(w, request->ref)) != ROTA_OK)
        return rc;
    if (rota__id_next(cx->ids, cx->now, &out->id) != ROTA_OK)
        return rota__error_set(cx->env.error, ROTA_EIO, "no random bytes for a new id");
    return ROTA_OK;
}

/* What is asked for, and where it may be put. */
typedef struct creation {
    rota_booking_request request;
    bool movable;
    rota_id first; /* of its claims, in the host's order */
    rota__placement placement;
} creation;

/* Hours too, though the call might pass them over: nothing is placed outside of them. */
static int tell_of_start(rota__write *w, const rota__booking *booking)
{
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    int rc = rota__admit_claims(w, booking->when, booking->claims, booking->claim_count, NULL, NULL,
                                &clashes, &breaches);
    if (rc != ROTA_OK || (clashes.count == 0 && breaches.count == 0)) return rc;
    return rota__resolve_tell(w, &clashes, &breaches);
}

/* What is in the way is told of the first start that it might have. */
static int refuse_place(rota__write *w, const creation *c, rota__booking *booking)
{
    const rota_span window = c->placement.window;
    const int64_t length = c->request.placement->duration;
    int rc = rota__place_first(w, &c->placement, booking->claims, booking->claim_count, length,
                               &booking->when);
    const bool none = booking->when.start >= booking->when.end;
    if (rc == ROTA_OK && !none) rc = tell_of_start(w, booking);
    if (rc != ROTA_OK && rc != ROTA_ECONFLICT && rc != ROTA_EPOLICY) return rc;
    rc = rota__event_note_unplaced(w, booking, window, length);
    if (rc != ROTA_OK) return rc;
    return rota__error_set(w->cx->env.error, ROTA_ECONFLICT,
                           "%s has no place of %" PRId64 " seconds between %s and %s%s",
                           rota__request_booking(w->cx, booking), length,
                           rota__request_show(window.start).text,
                           rota__request_show(window.end).text,
                           none ? ": its days, its times and the clock leave no start" : "");
}

static int find_place(rota__write *w, const creation *c, rota__booking *booking)
{
    int rc = rota__place_find(w, &c->placement, booking->claims, booking->claim_count,
                              c->request.placement->duration, NULL, &booking->when);
    if (rc != ROTA_OK || booking->when.start < booking->when.end) return rc;
    return refuse_place(w, c, booking);
}

static int decide_create(rota__write *w, const void *data)
{
    creation c = *(const creation *)data;
    const rota_booking_request *request = &c.request;
    rota__booking booking;
    if (request->recurrence) return rota__booking_create_series(w, request);
    int rc = rota__booking_new(w, request, &booking);
    if (rc == ROTA_OK && c.movable) rc = rota__placement_zone(w->cx, &c.first, &c.placement);
    if (rc == ROTA_OK && c.movable) rc = rota__placement_write(&w->cx->env, &c.placement, &booking);
    if (rc == ROTA_OK && request->placement) rc = find_place(w, &c, &booking);
    if (rc == ROTA_OK) rc = rota__booking_future(w, request->flags, booking.when);
    if (rc == ROTA_OK) rc = rota__resolve_claims(w, &booking, request->on_conflict, "");
    return rc == ROTA_OK ? put(w, ROTA_EVENT_BOOKING_CREATED, NULL, &booking) : rc;
}

static int check_create(rota__context *cx, const rota_booking_request *asked, creation *c)
{
    rota_booking_request *request = &c->request;
    int rc;
    *c = (creation){ .request = *asked };
    request->set = 0;
    if ((rc = rota__request_range(cx, "hold_secs", request->hold_secs, 0, ROTA_MAX_BUFFER)) !=
            ROTA_OK ||
        (rc = rota__request_text(cx, "ref", request->ref, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = check_request(cx, request, SET_ALL)) != ROTA_OK)
        return rc;
    c->first = asked->claims[0].resource;
    c->movable = request->placement || (request->flags & ROTA_BOOKING_MOVABLE);
    if (request->placement) return rota__placement_check(cx, request->placement, &c->placement);
    if (c->movable) c->placement = rota__placement_default(request->when);
    return ROTA_OK;
}

/* --- what could be booked instead --- */

typedef struct instead {
    const rota_id *id; /* of the one that is moved; NULL: it is created */
    const rota_booking_request *request;
    const rota_claim *given; /* its claims, in the host's order */
} instead;

static int decide_instead(rota__write *w, const void *data)
{
    enum { USUAL = 3 };
    const instead *asked = data;
    const rota_booking_request *request = asked->request;
    rota__booking before, booking = { .when = request->when, .kind = request->kind };
    int rc = asked->id ? get(w->cx, asked->id, &before)
                       : rota__booking_claims(w, request, &booking);
    if (rc == ROTA_OK && asked->id) {
        if (before.series) return ROTA_OK;
        rc = rota__booking_apply(w, &before, request, &booking);
    }
    if (rc != ROTA_OK) return rc;
    w->any_hours = booking.kind != ROTA_KIND_BOOKING;
    const rota__proposed proposed = { .booking = &booking,
                                      .given = asked->given,
                                      .future = request->flags & ROTA_BOOKING_FUTURE,
                                      .most = request->alternatives ? request->alternatives
                                                                    : USUAL };
    return rota__propose(w, &proposed);
}

/* After a refusal, and in no turn, since it takes a while. The refusal stands, whatever
 * becomes of this; but for a failure. */
static int propose(rota__write *w, const rota_id *id, const rota_booking_request *request,
                   const rota_claim *given, int rc)
{
    rota__context *cx = w->cx;
    const rota__error said = *cx->env.error;
    const instead asked = { .id = id, .request = request, .given = request->claims ? given : NULL };
    int32_t strategy = request->on_conflict ? request->on_conflict : cx->on_conflict;
    bool closed = rc == ROTA_EPOLICY && w->answer.violations.count > 0;
    if (strategy != ROTA_ON_CONFLICT_PROPOSE || request->recurrence || request->placement ||
        (rc != ROTA_ECONFLICT && !closed))
        return rc;
    const uint32_t override = w->call.flags & ROTA_CALL_OVERRIDE;
    rota__write look = { .cx = cx, .call.flags = ROTA_CALL_DRY_RUN | override };
    int looked = rota__write_run(&look, decide_instead, &asked, "");
    if (looked <= ROTA_EBUSY) return looked;
    if (looked == ROTA_OK) {
        w->answer.alternatives.items = look.answer.alternatives.items;
        w->answer.alternatives.count = look.answer.alternatives.count;
    }
    *cx->env.error = said;
    return rc;
}

/* --- what could not be placed --- */

static int decide_unplaced(rota__write *w, const void *data)
{
    return rota__event_unplaced(w, data);
}

/* A refused call has no batch: it is told in one of its own. */
static int tell_unplaced(rota__write *w, int rc)
{
    const rota__error said = *w->cx->env.error;
    if (rc != ROTA_ECONFLICT || !w->unplaced.json || (w->call.flags & ROTA_CALL_DRY_RUN)) return rc;
    rota__write tell = {
        .cx = w->cx,
        .call = { .actor = w->call.actor, .role = w->call.role, .trace = w->call.trace }
    };
    int told = rota__write_run(&tell, decide_unplaced, &w->unplaced, "");
    if (told != ROTA_OK) return told;
    *w->cx->env.error = said;
    return rc;
}

int rota__booking_create(rota__write *w, const rota_booking_request *asked)
{
    creation c;
    int rc = check_create(w->cx, asked, &c);
    if (rc != ROTA_OK) return rc;
    rc = rota__write_run(w, decide_create, &c, content_of(w, "booking.create", NULL, &c.request));
    return propose(w, NULL, &c.request, asked->claims, tell_unplaced(w, rc));
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
                   const rota_booking_request *asked, creation *c)
{
    rota_booking_request *request = &c->request;
    w->cx = call->cx;
    w->call = call->call;
    int rc = key_of(w, call->call.key, i);
    if (rc == ROTA_OK) rc = check_create(w->cx, asked, c);
    if (rc != ROTA_OK) return rc;
    /* Nobody is asked while others wait for the turn, whoever said so. */
    bool asks = request->on_conflict == ROTA_ON_CONFLICT_ASK ||
                (request->on_conflict == ROTA_ON_CONFLICT_DEFAULT &&
                 w->cx->on_conflict == ROTA_ON_CONFLICT_ASK);
    if (asks) request->on_conflict = ROTA_ON_CONFLICT_REJECT;
    w->decide = decide_create;
    w->request = c;
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

int rota__booking_create_all(rota__write *call, const rota_booking_request *requests, int64_t count,
                             int32_t *answers, rota_receipt *receipts)
{
    rota__context *cx = call->cx;
    rota__write *writes = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *writes);
    creation *creations = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *creations);
    int64_t *places = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *places), ready = 0;
    refusal first = { 0 };
    rota__error_plain(&first.said, ROTA_OK);
    if (!writes || !creations || !places) return rota__context_nomem(cx);
    for (int64_t i = 0; i < count; i++) {
        answers[i] = prepare(&writes[ready], call, i, &requests[i], &creations[ready]);
        if (answers[i] == ROTA_ENOMEM) return ROTA_ENOMEM;
        note_refusal(&first, i, cx->env.error, answers[i]);
        if (answers[i] == ROTA_OK) places[ready++] = i;
    }
    int rc = ready > 0 ? rota__write_run_all(writes, ready) : ROTA_OK;
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < ready; i++) {
        answers[places[i]] = writes[i].status;
        receipts[places[i]] = writes[i].answer.receipt;
        receipts[places[i]].cancelled = (int32_t)writes[i].answer.cancelled.count;
        receipts[places[i]].moved = (int32_t)writes[i].answer.moved.count;
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
    return request->flags == 0 && request->kind == ROTA_KIND_BOOKING &&
           request->when.start >= ROTA_TIME_MIN && request->when.start < request->when.end &&
           request->when.end <= ROTA_TIME_MAX && are_plain(request->claims, request->claim_count);
}

bool rota__booking_glance(rota__context *cx, const rota_booking_request *asked, int *rc)
{
    int answer = ROTA__ADMIT_UNKNOWN;
    if (!is_plain(asked)) return false;
    *rc = rota__admit_peek(cx, asked->when, asked->claims, asked->claim_count, &answer);
    if (*rc != ROTA_OK) return true;
    if (answer == ROTA__ADMIT_TAKEN) *rc = rota__error_plain(cx->env.error, ROTA_ECONFLICT);
    if (answer == ROTA__ADMIT_CLOSED) *rc = rota__error_plain(cx->env.error, ROTA_EPOLICY);
    return answer != ROTA__ADMIT_UNKNOWN;
}

int rota__booking_check(rota__context *cx, const rota_booking_request *asked)
{
    rota__write w = { .cx = cx, .call = { .flags = ROTA_CALL_DRY_RUN } };
    rota_booking_request request = { .when = asked->when,
                                     .claims = asked->claims,
                                     .claim_count = asked->claim_count,
                                     .kind = asked->kind,
                                     .flags = asked->flags,
                                     .on_conflict = ROTA_ON_CONFLICT_REJECT };
    int rc = rota__booking_create(&w, &request);
    /* In the same words as at a glance. */
    bool plain = rc == ROTA_ECONFLICT || (rc == ROTA_EPOLICY && asked->flags == 0);
    return plain ? rota__error_plain(cx->env.error, rc) : rc;
}

/* --- move --- */

typedef struct move {
    const rota_id *id;
    const rota_booking_request *request;
} move;

/* A start alone keeps the length, an end or a length the start. */
static rota_span moved(const rota__booking *before, const rota_booking_request *request)
{
    rota_span when = before->when;
    if (request->set & ROTA_BOOKING_SET_START) {
        when.end += request->when.start - when.start;
        when.start = request->when.start;
    }
    if (request->set & ROTA_BOOKING_SET_END) when.end = request->when.end;
    if (request->set & ROTA_BOOKING_SET_LENGTH) when.end = when.start + request->when.end;
    return when;
}

/* Who says a time means it. */
static int fix(rota__write *w, uint32_t flags, rota__booking *after)
{
    rota__placement placement = rota__placement_default(after->when);
    bool gives_way = flags & ROTA_BOOKING_MOVABLE;
    if (!gives_way) {
        after->placement = NULL;
        after->placement_size = 0;
    }
    if (!gives_way || after->placement) return ROTA_OK;
    int rc = rota__placement_zone(w->cx, &after->claims[0].resource_id, &placement);
    return rc == ROTA_OK ? rota__placement_write(&w->cx->env, &placement, after) : rc;
}

int rota__booking_apply(rota__write *w, const rota__booking *before,
                        const rota_booking_request *request, rota__booking *after)
{
    const uint32_t set = request->set;
    int rc;
    *after = *before;
    after->when = moved(before, request);
    if (set & ROTA_BOOKING_SET_TITLE) after->title = request->title;
    if (set & ROTA_BOOKING_SET_DATA) after->data = request->data;
    if (set & ROTA_BOOKING_SET_PRIORITY) after->priority = request->priority;
    if ((set & SET_TIME) && (rc = fix(w, request->flags, after)) != ROTA_OK) return rc;
    if ((set & ROTA_BOOKING_SET_CLAIMS) &&
        (rc = rota__booking_claims(w, request, after)) != ROTA_OK)
        return rc;
    if ((rc = check_status(w, before, movable, "moved")) != ROTA_OK ||
        (rc = rota__request_span(w->cx, "the booking", after->when)) != ROTA_OK)
        return rc;
    return set & ROTA_BOOKING_SET_START ? rota__booking_future(w, request->flags, after->when)
                                        : ROTA_OK;
}

/* Where there is no series, there is no part of one. */
static int check_scope(rota__write *w, const rota__booking *b)
{
    if (w->call.scope == ROTA_SCOPE_NONE) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                           "%s is no series, and has no occurrences",
                           rota__request_booking(w->cx, b));
}

static int decide_move(rota__write *w, const void *data)
{
    const rota_booking_request *request = ((const move *)data)->request;
    rota__booking before, after;
    int rc;
    if ((rc = get_for(w, ((const move *)data)->id, &before)) != ROTA_OK) return rc;
    if (before.series && (request->flags & ROTA_BOOKING_MOVABLE))
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "a series is not movable");
    if (before.series) return rota__booking_move_series(w, &before, request);
    if ((rc = check_scope(w, &before)) != ROTA_OK ||
        (rc = rota__booking_apply(w, &before, request, &after)) != ROTA_OK)
        return rc;
    w->any_hours |= !(request->set & ROTA_BOOKING_SET_CLAIMS) &&
                    before.when.start == after.when.start && before.when.end == after.when.end;
    if (request->set & (SET_TIME | ROTA_BOOKING_SET_CLAIMS)) {
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
    if (request.ref || request.recurrence || request.placement || request.kind)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "a %s cannot be changed",
                               request.ref          ? "ref"
                               : request.recurrence ? "recurrence"
                               : request.placement  ? "placement"
                                                    : "kind");
    if (request.set == 0)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "a move that sets nothing");
    if (!(request.set & ROTA_BOOKING_SET_CLAIMS)) {
        request.claims = NULL;
        request.claim_count = 0;
    }
    const bool length = request.set & ROTA_BOOKING_SET_LENGTH;
    if (length && (request.set & ROTA_BOOKING_SET_WHEN))
        return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                               "a length is set beside a start or an end");
    if (!length && !(request.set & ROTA_BOOKING_SET_START)) request.when.start = 0;
    if (!length && !(request.set & ROTA_BOOKING_SET_END)) request.when.end = 0;
    if (!(request.set & ROTA_BOOKING_SET_TITLE)) request.title = NULL;
    if (!(request.set & ROTA_BOOKING_SET_DATA)) request.data = NULL;
    if ((rc = check_request(w->cx, &request, request.set)) != ROTA_OK) return rc;
    if (length) request.when = (rota_span){ 0, request.when.end - request.when.start };
    rc = rota__write_run(w, decide_move, &m, content_of(w, "booking.move", id, &request));
    return propose(w, id, &request, asked->claims, tell_unplaced(w, rc));
}

/* --- the steps --- */

typedef struct step_request {
    const rota_id *id;
    int step;
} step_request;

rota__booking rota__booking_after(const rota__booking *before, int step, rota_time now)
{
    rota__booking after = *before;
    after.status = life[step].to;
    if (step == ROTA__COMPLETE && now < before->when.end) {
        /* Spans are never empty: completed at its very start, it took one second. */
        after.when.end = now > before->when.start ? now : before->when.start + 1;
    }
    return after;
}

static int decide_step(rota__write *w, const void *data)
{
    const step_request *asked = data;
    rota__booking before, after;
    int rc;
    if ((rc = get_for(w, asked->id, &before)) != ROTA_OK) return rc;
    if (before.series) return rota__booking_step_series(w, &before, asked->step);
    if ((rc = check_scope(w, &before)) != ROTA_OK ||
        (rc = rota__booking_may_step(w, &before, asked->step)) != ROTA_OK)
        return rc;
    bool lapsed = rota__booking_status(&before, w->cx->now) == ROTA_BOOKING_EXPIRED;
    if (asked->step == ROTA__RESTORE || (asked->step == ROTA__CONFIRM && lapsed)) {
        rc = rota__resolve_claims(w, &before, ROTA_ON_CONFLICT_REJECT,
                                  lapsed ? "the hold had lapsed, and " : "");
        if (rc != ROTA_OK) return rc;
    }
    after = rota__booking_after(&before, asked->step, w->cx->now);
    return put(w, life[asked->step].event, &before, &after);
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
