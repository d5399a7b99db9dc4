/* What the calls on bookings mean for a series: which occurrences they are for, and
 * what becomes of the others. Whether time is free is for admit_series.c to say. */
#include "domain/booking_private.h"

#include <inttypes.h>

#include "base/sort.h"
#include "domain/event.h"
#include "domain/recurrence.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/series_put.h"

/* The longest occurrence, in seconds: a year. */
enum { MAX_LENGTH = ROTA_MAX_BUFFER, DAY = 86400 };

static const rota_span ever = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* A series, and the occurrence that the call names. */
typedef struct edit {
    rota__write *w;
    const rota__booking *before; /* the record as it is */
    rota__series series;         /* to be changed */
    rota__happening at;
    int32_t kind;           /* what exception it is */
    rota__booking part;     /* as a booking of its own; row 0: it has none yet */
    rota__booking part_was; /* unchanged */
    bool follows;           /* it is a booking of its own, and moves with the others */
} edit;

/* --- create --- */

/* Each occurrence that a conflict or a rule is in the way of, once. */
static int skip(rota__write *w, rota__series *series)
{
    const rota__conflicts *conflicts = &w->answer.conflicts;
    const rota__violations *violations = &w->answer.violations;
    int64_t count = conflicts->count + violations->count, kept = 0;
    rota__exception *skipped = rota__arena_alloc(w->cx->env.arena, count, (int64_t)sizeof *skipped);
    if (!skipped) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < count; i++) {
        rota_time original = i < conflicts->count ? conflicts->items[i].asked
                                                  : violations->items[i - conflicts->count].asked;
        skipped[i] = (rota__exception){ .original = original, .kind = ROTA__EXCEPT_SKIPPED };
    }
    rota__sort(skipped, count, sizeof *skipped, rota__series_by_original);
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || rota__series_by_original(&skipped[kept - 1], &skipped[i]) != 0)
            skipped[kept++] = skipped[i];
    if (kept > ROTA__SERIES_EXCEPTIONS)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                               "more than %d occurrences of the series differ",
                               (int)ROTA__SERIES_EXCEPTIONS);
    series->exceptions = skipped;
    series->exception_count = kept;
    w->answer.receipt.skipped = (int32_t)kept;
    return rota__series_prepare(&w->cx->env, w->cx->zones, series);
}

/* What is left must fit as a whole, for ever: it is asked again. */
static int admit_part(rota__write *w, rota__series *series)
{
    const rota__conflicts told = w->answer.conflicts;
    const rota__violations forbidden = w->answer.violations;
    int rc = skip(w, series);
    if (rc != ROTA_OK) return rc;
    memset(&w->answer.conflicts, 0, sizeof w->answer.conflicts);
    memset(&w->answer.violations, 0, sizeof w->answer.violations);
    rc = rota__resolve_series(w, series, ROTA_TIME_MIN, NULL, NULL, false,
                              "with the others left out: ", &series->checked_until);
    if (rc != ROTA_OK) return rc;
    w->answer.conflicts = told;
    w->answer.violations = forbidden;
    return ROTA_OK;
}

static int check_length(rota__write *w, const rota__series *series, int64_t length)
{
    int64_t most = series->all_day ? MAX_LENGTH / DAY : MAX_LENGTH;
    if (length >= 1 && length <= most) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                           "an occurrence of %" PRId64 " %s, not 1 to %" PRId64, length,
                           series->all_day ? "days" : "seconds", most);
}

static int check_strategy(rota__write *w, int32_t on_conflict)
{
    if (on_conflict == ROTA_ON_CONFLICT_DEFAULT || on_conflict == ROTA_ON_CONFLICT_REJECT)
        return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                           "a series takes free time only: on_conflict is to reject");
}

static int read_new(rota__write *w, const rota_booking_request *request, const rota__booking *made,
                    rota__series *series)
{
    rota__context *cx = w->cx;
    int rc = rota__recurrence_read(&cx->env, cx->zones, request->recurrence, series);
    if (rc == ROTA_OK) rc = check_length(w, series, request->recurrence->length);
    if (rc != ROTA_OK) return rc;
    series->eras = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *series->eras);
    if (!series->eras) return rota__context_nomem(cx);
    series->eras[0] = (rota__era){ .from = ROTA_TIME_MIN,
                                   .length = request->recurrence->length,
                                   .claims = made->claims,
                                   .claim_count = made->claim_count };
    series->era_count = 1;
    return ROTA_OK;
}

int rota__booking_create_series(rota__write *w, const rota_booking_request *request)
{
    rota__booking booking;
    rota__series series;
    rota__happening first;
    int rc;
    if ((rc = check_strategy(w, request->on_conflict)) != ROTA_OK ||
        (rc = rota__booking_new(w, request, &booking)) != ROTA_OK ||
        (rc = read_new(w, request, &booking, &series)) != ROTA_OK)
        return rc;
    rc = rota__series_first(&w->cx->env, &series, ROTA_TIME_MIN, &first);
    if (rc == ROTA__RECUR_DONE)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "the series has no occurrence");
    if (rc != ROTA_OK || (rc = rota__booking_future(w, request->flags, first.when)) != ROTA_OK)
        return rc;
    bool partial = request->flags & ROTA_BOOKING_PARTIAL;
    rc = rota__resolve_series(w, &series, ROTA_TIME_MIN, NULL, NULL, partial, "",
                              &series.checked_until);
    if (rc == ROTA_OK && w->answer.conflicts.count + w->answer.violations.count > 0)
        rc = admit_part(w, &series);
    if (rc == ROTA_OK && w->answer.receipt.skipped > 0 &&
        rota__series_first(&w->cx->env, &series, ROTA_TIME_MIN, &first) == ROTA__RECUR_DONE) {
        w->answer.receipt.skipped = 0;
        bool taken = w->answer.conflicts.count > 0;
        return rota__error_set(w->cx->env.error, taken ? ROTA_ECONFLICT : ROTA_EPOLICY,
                               "no occurrence of the series is %s", taken ? "free" : "in hours");
    }
    return rc == ROTA_OK ? rota__series_put(w, ROTA_EVENT_BOOKING_CREATED, NULL, &booking, &series)
                         : rc;
}

/* --- one occurrence --- */

static int not_there(edit *k)
{
    return rota__error_set(k->w->cx->env.error, ROTA_ENOTFOUND, "%s has no occurrence %s",
                           rota__request_booking(k->w->cx, k->before),
                           rota__request_show(k->w->call.occurrence).text);
}

static int start(edit *k, rota__write *w, const rota__booking *before)
{
    rota__context *cx = w->cx;
    k->w = w;
    k->before = before;
    int rc = rota__series_read(&cx->env, cx->zones, before->series, before->series_size,
                               &k->series);
    if (rc != ROTA_OK || w->call.scope == ROTA_SCOPE_NONE) return rc;
    rc = rota__series_find(&cx->env, &k->series, w->call.occurrence, &k->at, &k->kind);
    if (rc == ROTA_ENOTFOUND) return not_there(k);
    if (rc == ROTA_OK) rc = rota__series_part(cx, k->before, &k->series, &k->at, k->kind, &k->part);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(cx->env.error, ROTA_ECORRUPT, "an occurrence at %s is not there",
                               rota__request_show(w->call.occurrence).text);
    k->part_was = k->part;
    return rc;
}

static int check_firm(edit *k, const char *what)
{
    int32_t status = rota__booking_status(k->before, k->w->cx->now);
    if (status == ROTA_BOOKING_CONFIRMED || status == ROTA_BOOKING_CANCELLED) return ROTA_OK;
    return rota__error_set(k->w->cx->env.error, ROTA_ESTATE, "%s is %s: %s",
                           rota__request_booking(k->w->cx, k->before), rota__event_status(status),
                           what);
}

/* The occurrence gets a row of its own, or changes it, and the series knows. */
static int put_part(edit *k, int32_t event, const rota__booking *after)
{
    rota__write *w = k->w;
    rota__booking series = *k->before;
    int rc;
    if ((rc = rota__series_put_part(w, event, &k->part_was, after, NULL, &k->series)) != ROTA_OK ||
        (rc = rota__series_prepare(&w->cx->env, w->cx->zones, &k->series)) != ROTA_OK ||
        (rc = rota__series_put(w, 0, k->before, &series, &k->series)) != ROTA_OK)
        return rc;
    w->answer.receipt.recurs = ROTA_RECURS_OCCURRENCE;
    w->answer.receipt.occurrence = after->occurrence;
    w->answer.receipt.when = after->when;
    w->answer.receipt.status = after->status;
    w->answer.receipt.count = 0;
    w->answer.receipt.checked_until = 0;
    return ROTA_OK;
}

/* So much later as the calendar shows it, where a day may have 23 hours. */
static rota_time later_by_days(const edit *k, rota_time start, int64_t seconds)
{
    const rota__tz *zone = k->series.every.zone;
    return rota__tz_instant(zone, rota__series_shown(zone, start) + seconds, NULL);
}

/* The end instead of a length: whole days of a series of days are those of the calendar. */
static void set_end(const edit *k, rota_time start, rota_booking_request *request)
{
    int64_t length = request->when.end;
    bool days = k->series.all_day && length % DAY == 0;
    if (!(request->set & ROTA_BOOKING_SET_LENGTH)) return;
    request->set ^= ROTA_BOOKING_SET_LENGTH | ROTA_BOOKING_SET_END;
    request->when.end = days ? later_by_days(k, start, length) : start + length;
}

/* Days that are moved stay whole days. */
static void keep_days(const edit *k, rota_booking_request *request)
{
    const rota__tz *zone = k->series.every.zone;
    rota_span was = k->part.when;
    rota__local from = rota__series_shown(zone, was.start), to = rota__series_shown(zone, was.end);
    rota__local start = rota__series_shown(zone, request->when.start);
    bool starts = request->set & ROTA_BOOKING_SET_START, ends = request->set & ROTA_BOOKING_SET_END;
    if (!k->series.all_day || !starts || ends || from % DAY || to % DAY || start % DAY) return;
    request->when.end = later_by_days(k, request->when.start, to - from);
    request->set |= ROTA_BOOKING_SET_END;
}

static int move_one(edit *k, const rota_booking_request *asked)
{
    enum { OWN = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS };
    rota_booking_request own = *asked, *request = &own;
    rota__booking after;
    int rc;
    set_end(k, k->part.when.start, request);
    keep_days(k, request);
    if (request->set & ~(uint32_t)OWN)
        return rota__error_set(k->w->cx->env.error, ROTA_EINVALID,
                               "title, data and priority are the series' as a whole");
    if ((rc = check_firm(k, "one occurrence cannot be moved")) != ROTA_OK ||
        (rc = rota__booking_apply(k->w, &k->part, request, &after)) != ROTA_OK ||
        (rc = rota__resolve_claims(k->w, &after, request->on_conflict, "")) != ROTA_OK)
        return rc;
    return put_part(k, ROTA_EVENT_BOOKING_MOVED, &after);
}

static int step_one(edit *k, int step)
{
    rota__booking after;
    int rc;
    if ((rc = check_firm(k, "one occurrence cannot be changed")) != ROTA_OK ||
        (rc = rota__booking_may_step(k->w, &k->part, step)) != ROTA_OK)
        return rc;
    if (step == ROTA__RESTORE) {
        rc = rota__resolve_claims(k->w, &k->part, ROTA_ON_CONFLICT_REJECT, "");
        if (rc != ROTA_OK) return rc;
    }
    after = rota__booking_after(&k->part, step, k->w->cx->now);
    return put_part(k, rota__booking_step_event(step), &after);
}

/* --- many --- */

/* The first original of an era from `named` on that starts behind `begun`. */
static int first_ahead(edit *k, int64_t era, rota_time named, rota_time begun, rota__happening *out)
{
    rota__series_walk *walk;
    const rota_span rest = { begun, ROTA_TIME_MAX };
    int rc = rota__series_start(k->w, &walk);
    if (rc != ROTA_OK) return rc;
    rota__series_open(walk, &k->series, era, rest, true);
    while ((rc = rota__series_step(k->w, walk, out)) == ROTA_OK)
        if (out->original >= named && out->when.start > begun) break;
    return rc;
}

/* One more era, which begins at an original of this one. */
static int split(edit *k, int64_t era, rota_time original)
{
    rota__series *series = &k->series;
    int64_t count = series->era_count + 1;
    rota__era *eras = rota__arena_alloc(k->w->cx->env.arena, count, (int64_t)sizeof *eras);
    if (!eras) return rota__context_nomem(k->w->cx);
    memcpy(eras, series->eras, (size_t)(era + 1) * sizeof *eras);
    memcpy(eras + era + 1, series->eras + era, (size_t)(series->era_count - era) * sizeof *eras);
    eras[era + 1].from = original + rota__tz_offset(series->every.zone, original);
    series->eras = eras;
    series->era_count = count;
    return ROTA_OK;
}

/* The original start from which on a call is for what it finds. */
static rota_time first_named(const edit *k)
{
    return k->w->call.scope == ROTA_SCOPE_FUTURE ? k->at.original : ROTA_TIME_MIN;
}

/* Up to when a start has begun, where none has: before all starts that there can be. */
#define NOTHING_BEGUN (ROTA_TIME_MIN - 1)

/* What the call is for, as eras that are marked: from the original that it names on, or the
 * first one, what starts behind `begun`. Since they may be shifted by weeks, that is a part of each
 * era. *any: there is something; *whole: nothing else is there. */
static int mark(edit *k, rota_time begun, bool *any, bool *whole)
{
    const rota_time named = first_named(k);
    *any = false;
    *whole = true;
    for (int64_t e = k->series.era_count; e-- > 0;) {
        rota__happening first = { 0 }, ahead = { 0 };
        if (k->series.eras[e].cancelled) continue;
        int rc = first_ahead(k, e, ROTA_TIME_MIN, NOTHING_BEGUN, &first);
        if (rc == ROTA_OK) rc = first_ahead(k, e, named, begun, &ahead);
        bool there = rc == ROTA_OK, before = there && first.original < ahead.original;
        if (rc == ROTA__RECUR_DONE) rc = ROTA_OK;
        if (before) rc = split(k, e, ahead.original);
        if (rc != ROTA_OK) return rc;
        if (there) k->series.eras[e + before].marked = *any = true;
        *whole &= there && !before;
    }
    return ROTA_OK;
}

/* Is any of what is marked still of its era? Those that were changed by themselves lie
 * where they lie. skipped: one that was left out counts, as for a move, which it follows. */
static int any_like_their_era(edit *k, rota_time begun, bool skipped, bool *any)
{
    const rota_span rest = { begun, ROTA_TIME_MAX };
    rota__series_walk *walk;
    rota__happening at;
    int rc = rota__series_start(k->w, &walk);
    *any = false;
    for (int64_t e = 0; e < k->series.era_count && rc == ROTA_OK && !*any; e++) {
        if (!k->series.eras[e].marked) continue;
        rota__series_open(walk, &k->series, e, rest, true);
        while (!*any && (rc = rota__series_step(k->w, walk, &at)) == ROTA_OK) {
            const rota__exception *is = rota__series_exception(&k->series, at.original);
            bool there = !is || (skipped && is->kind == ROTA__EXCEPT_SKIPPED);
            *any = there && at.original >= first_named(k) && at.when.start > begun;
        }
        if (rc == ROTA__RECUR_DONE) rc = ROTA_OK;
    }
    return rc;
}

/* What was cancelled earlier among what is changed follows it: it may be restored. */
static void mark_cancelled(edit *k)
{
    bool behind = false;
    for (int64_t e = 0; e < k->series.era_count; e++) {
        rota__era *era = &k->series.eras[e];
        if (era->cancelled) era->marked = behind;
        behind |= era->marked;
    }
}

/* The time that the request's is compared with: as its era has it. */
typedef struct reference {
    rota_time original;
    rota_span when;
    rota__local clock;
} reference;

static int find_reference(edit *k, reference *was)
{
    rota__env *env = &k->w->cx->env;
    rota__happening at = k->at;
    if (k->w->call.scope == ROTA_SCOPE_NONE) {
        int rc = rota__series_first(env, &k->series, ROTA_TIME_MIN, &at);
        if (rc != ROTA_OK) return rc;
    }
    was->original = at.original;
    was->when = at.when;
    return rota__series_clock(env, &k->series, &at, &was->clock);
}

/* The time that a request changes: of the one that is named, as it is now. */
static rota_span own_time(const edit *k, rota_span was)
{
    return k->w->call.scope == ROTA_SCOPE_NONE ? was : k->part.when;
}

/* By how much the wall clock moves, from where its era has the one that is named: so that one
 * which was changed by itself does not take the others along a way that only it went, nor one in
 * a gap by what it was put off. */
static int shift_of(edit *k, const rota_booking_request *request, const reference *was,
                    int64_t *shift, int64_t *length)
{
    const rota__tz *zone = k->series.every.zone;
    const rota_span own = own_time(k, was->when);
    rota_span when = own;
    bool starts = request->set & ROTA_BOOKING_SET_START, ends = request->set & ROTA_BOOKING_SET_END;
    int rc;
    if (starts) {
        when.start = request->when.start;
        when.end += when.start - own.start;
    }
    if (ends) when.end = request->when.end;
    if ((rc = rota__request_span(k->w->cx, "the booking", when)) != ROTA_OK ||
        (starts && (rc = rota__booking_future(k->w, request->flags, when)) != ROTA_OK))
        return rc;
    bool days = k->series.all_day;
    rota__local to = days ? rota__series_shown(zone, when.start)
                          : when.start + rota__tz_offset(zone, when.start);
    *shift = starts && when.start != was->when.start ? to - was->clock : 0;
    rota__local span = rota__series_shown(zone, when.end) -
                       rota__series_shown(zone, when.start); /* of days */
    *length = !ends ? 0 : days ? span / DAY : when.end - when.start;
    if (!days || (*shift % DAY == 0 && (!ends || span % DAY == 0)))
        return ends ? check_length(k->w, &k->series, *length) : ROTA_OK;
    return rota__error_set(k->w->cx->env.error, ROTA_EINVALID,
                           "an all-day series is moved by whole days");
}

/* Where the request has it, with what the request claims. A cancelled one goes along for when
 * it is restored. */
static int follow(edit *k, const rota_booking_request *asked, const rota__booking *claiming)
{
    rota_booking_request own = *asked;
    rota__booking was = k->part;
    own.set &= ROTA_BOOKING_SET_WHEN;
    keep_days(k, &own);
    was.status = ROTA_BOOKING_CONFIRMED;
    int rc = rota__booking_apply(k->w, &was, &own, &k->part);
    if (rc != ROTA_OK) return rc;
    k->part.status = k->part_was.status;
    if (!(asked->set & ROTA_BOOKING_SET_CLAIMS)) return ROTA_OK;
    k->part.claims = claiming->claims;
    k->part.claim_count = claiming->claim_count;
    return ROTA_OK;
}

static int change_eras(edit *k, const rota_booking_request *request, const reference *was)
{
    int64_t shift = 0, length = 0;
    rota__booking asked = { 0 };
    int rc = ROTA_OK;
    if (request->set & ROTA_BOOKING_SET_WHEN) rc = shift_of(k, request, was, &shift, &length);
    if (rc == ROTA_OK && (request->set & ROTA_BOOKING_SET_CLAIMS))
        rc = rota__booking_claims(k->w, request, &asked);
    if (rc == ROTA_OK && k->follows) rc = follow(k, request, &asked);
    if (rc != ROTA_OK) return rc;
    mark_cancelled(k);
    for (int64_t e = 0; e < k->series.era_count; e++) {
        rota__era *era = &k->series.eras[e];
        if (!era->marked) continue;
        era->shift += shift;
        if (length) era->length = length;
        if (!(request->set & ROTA_BOOKING_SET_CLAIMS)) continue;
        era->claims = asked.claims;
        era->claim_count = asked.claim_count;
    }
    return rota__series_prepare(&k->w->cx->env, k->w->cx->zones, &k->series);
}

/* Eras go by the clock, and where it shows a reading twice all have the first of the two: one that
 * was asked to the second must not be put there unsaid. */
static int check_named(edit *k, const rota_booking_request *request, const reference *was)
{
    rota__happening now;
    int32_t kind;
    if (!(request->set & ROTA_BOOKING_SET_START)) return ROTA_OK;
    int rc = rota__series_find(&k->w->cx->env, &k->series, was->original, &now, &kind);
    if (rc != ROTA_OK) return rc == ROTA_ENOTFOUND ? ROTA_OK : rc; /* out of the years */
    if (kind != 0 || !k->series.eras[now.era].marked || now.when.start == request->when.start)
        return ROTA_OK;
    return rota__error_set(k->w->cx->env.error, ROTA_EINVALID,
                           "at %s the clock shows the same for the second time: only one "
                           "occurrence by itself is moved there",
                           rota__request_show(request->when.start).text);
}

/* The earliest start in these eras: before it nothing has changed. Where the clocks change
 * one that follows the first may start before it. */
static int first_changed(edit *k, rota_time *from)
{
    rota__series_walk *walk;
    int rc = rota__series_start(k->w, &walk);
    *from = ROTA_TIME_MAX;
    for (int64_t e = 0; e < k->series.era_count && rc == ROTA_OK; e++) {
        rota__happening at;
        if (!k->series.eras[e].marked) continue;
        rota__series_open(walk, &k->series, e, ever, false);
        rc = rota__series_step(k->w, walk, &at);
        if (rc == ROTA_OK && at.when.start - 2 * DAY < *from) *from = at.when.start - 2 * DAY;
        if (rc == ROTA__RECUR_DONE) rc = ROTA_OK;
    }
    return rc;
}

static bool is_there(const rota__booking *part)
{
    return part->status != ROTA_BOOKING_CANCELLED;
}

/* any: others are changed. */
static int admit_change(edit *k, bool any)
{
    rota__absent absent = { 0 };
    const rota__booking *with = k->follows && is_there(&k->part) ? &k->part : NULL;
    rota_time from;
    if (!any) return with ? rota__resolve_claims(k->w, with, ROTA_ON_CONFLICT_REJECT, "") : ROTA_OK;
    if (!rota__admit_absent(k->w, &absent, k->before->row, ROTA__GONE_WHOLE) ||
        (with && !rota__admit_absent(k->w, &absent, with->row, ROTA__GONE_WHOLE)))
        return rota__context_nomem(k->w->cx);
    rota__admit_sort_absent(&absent);
    int rc = first_changed(k, &from);
    if (rc != ROTA_OK) return rc;
    return rota__resolve_series(k->w, &k->series, from, with, &absent, false, "",
                                &k->series.checked_until);
}

static int none_left(edit *k, const char *verb)
{
    rota__context *cx = k->w->cx;
    bool later = k->w->call.scope == ROTA_SCOPE_FUTURE, apart = false;
    bool gone = later && k->series.eras[k->at.era].cancelled;
    rota_time named = first_named(k);
    for (int64_t i = 0; i < k->series.exception_count && !apart; i++)
        apart = k->series.exceptions[i].kind == ROTA__EXCEPT_APART &&
                k->series.exceptions[i].original >= named;
    return rota__error_set(cx->env.error, ROTA_ESTATE, "%s %s%s%s and cannot be %s",
                           rota__request_booking(cx, k->before),
                           gone ? "is cancelled" : "has nothing to come",
                           later ? " from there on" : "",
                           apart && !gone ? ", but for what was changed by itself," : "", verb);
}

/* Of the occurrence that the call names, its time as it is now. */
static int answer_named(edit *k)
{
    rota__happening now;
    int32_t kind;
    if (k->w->call.scope == ROTA_SCOPE_NONE) return ROTA_OK;
    int rc = rota__series_find(&k->w->cx->env, &k->series, k->at.original, &now, &kind);
    if (rc != ROTA_OK) return rc;
    k->w->answer.receipt.occurrence = now.original;
    k->w->answer.receipt.when = kind == ROTA__EXCEPT_APART ? k->part.when : now.when;
    return ROTA_OK;
}

/* Of one without an end it is not told by how many there are. */
static bool before_the_years(const rota__series *series)
{
    for (int64_t e = 0; e < series->era_count; e++) {
        const rota__era *era = &series->eras[e];
        rota__local first = (era->from > series->start ? era->from : series->start) + era->shift;
        if (!era->cancelled && (first < ROTA_TIME_MIN ||
                                rota__tz_instant(series->every.zone, first, NULL) < ROTA_TIME_MIN))
            return true;
    }
    return false;
}

/* Does the one that is named move too, though it was changed by itself? */
static bool may_follow(const edit *k)
{
    int32_t status = k->part.status;
    bool movable = status == ROTA_BOOKING_CONFIRMED || status == ROTA_BOOKING_CHECKED_IN ||
                   status == ROTA_BOOKING_CANCELLED;
    return k->w->call.scope != ROTA_SCOPE_NONE && k->kind == ROTA__EXCEPT_APART && movable &&
           k->part.when.start > k->w->cx->now;
}

static int put_follower(edit *k)
{
    const rota__booking *was = &k->part_was, *is = &k->part;
    bool stays = was->when.start == is->when.start && was->when.end == is->when.end &&
                 was->claims == is->claims;
    if (!k->follows || stays) return ROTA_OK;
    return rota__series_put_part(k->w, ROTA_EVENT_BOOKING_MOVED, was, is, NULL, &k->series);
}

static int move_many(edit *k, const rota_booking_request *asked)
{
    enum { WHOLE = ROTA_BOOKING_SET_TITLE | ROTA_BOOKING_SET_DATA | ROTA_BOOKING_SET_PRIORITY };
    rota_booking_request own = *asked, *request = &own;
    rota__write *w = k->w;
    rota__booking after = *k->before;
    reference was;
    rota__extent all;
    bool any, whole;
    int rc;
    if (w->call.scope == ROTA_SCOPE_FUTURE && (request->set & WHOLE))
        return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                               "title, data and priority are the series' as a whole");
    if ((rc = check_firm(k, "it cannot be moved")) != ROTA_OK) return rc;
    if (k->before->status != ROTA_BOOKING_CONFIRMED)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE, "%s is cancelled and cannot be moved",
                               rota__request_booking(w->cx, k->before));
    if ((rc = check_strategy(w, request->on_conflict)) != ROTA_OK) return rc;
    if ((rc = find_reference(k, &was)) == ROTA__RECUR_DONE) return none_left(k, "moved");
    if (rc != ROTA_OK || (rc = rota__series_measure(w, &k->series, &all)) != ROTA_OK) return rc;
    set_end(k, own_time(k, was.when).start, request);
    if (request->set & ROTA_BOOKING_SET_TITLE) after.title = request->title;
    if (request->set & ROTA_BOOKING_SET_DATA) after.data = request->data;
    if (request->set & ROTA_BOOKING_SET_PRIORITY) after.priority = request->priority;
    if (request->set & ~(uint32_t)WHOLE) {
        if ((rc = mark(k, w->cx->now, &any, &whole)) != ROTA_OK) return rc;
        k->follows = may_follow(k);
        bool left = any;
        if (any) rc = any_like_their_era(k, w->cx->now, true, &left);
        if (rc != ROTA_OK) return rc;
        if (!left && !k->follows) return none_left(k, "moved");
        if ((rc = change_eras(k, request, &was)) != ROTA_OK ||
            (rc = check_named(k, request, &was)) != ROTA_OK ||
            (rc = admit_change(k, any)) != ROTA_OK || (rc = put_follower(k)) != ROTA_OK)
            return rc;
    }
    rc = rota__series_put(w, ROTA_EVENT_BOOKING_MOVED, k->before, &after, &k->series);
    if (rc == ROTA_OK && (w->answer.receipt.count < all.count || before_the_years(&k->series)))
        return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                               "an occurrence would lie outside of the years 1 to 9999");
    return rc == ROTA_OK ? answer_named(k) : rc;
}

/* Those that were changed by themselves are cancelled too, but for what has begun. */
static int cancel_parts(edit *k, rota_time begun, bool *any)
{
    rota__context *cx = k->w->cx;
    rota__booking_filter filter = { .when = ever,
                                    .part_of = k->before->row,
                                    .statuses = UINT32_MAX };
    rota__booking *rows;
    int64_t count;
    int rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &rows, &count);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        const rota__booking *part = &rows[i];
        bool live = part->status == ROTA_BOOKING_CONFIRMED ||
                    part->status == ROTA_BOOKING_CHECKED_IN;
        if (!live || part->when.start <= begun || part->occurrence < first_named(k)) continue;
        rota__booking after = rota__booking_after(part, ROTA__CANCEL, cx->now);
        *any = true;
        if ((rc = rota__write_put(k->w, part, &after)) == ROTA_OK)
            rc = rota__event_booking(k->w, ROTA_EVENT_BOOKING_CANCELLED, NULL);
    }
    return rc;
}

static int cannot_cancel(edit *k, int32_t status)
{
    return rota__error_set(k->w->cx->env.error, ROTA_ESTATE, "%s is %s and cannot be cancelled",
                           rota__request_booking(k->w->cx, k->before), rota__event_status(status));
}

/* Of a series that is cancelled some may have come back by themselves. */
static int cancel_many(edit *k)
{
    rota__write *w = k->w;
    rota__booking after = *k->before;
    int32_t status = rota__booking_status(k->before, w->cx->now);
    bool held = k->before->status == ROTA_BOOKING_HELD, gone = status == ROTA_BOOKING_CANCELLED;
    bool begun_too = held || (w->call.flags & ROTA_CALL_OVERRIDE);
    const rota_time begun = begun_too ? NOTHING_BEGUN : w->cx->now;
    bool parts = false, any = false, whole = false;
    int rc;
    if (status == ROTA_BOOKING_EXPIRED) return cannot_cancel(k, status);
    if ((rc = cancel_parts(k, begun, &parts)) != ROTA_OK ||
        (!gone && (rc = mark(k, begun, &any, &whole)) != ROTA_OK) ||
        (any && !parts && (rc = any_like_their_era(k, begun, false, &any)) != ROTA_OK))
        return rc;
    if (!any && !parts) return gone ? cannot_cancel(k, status) : none_left(k, "cancelled");
    if (held && any && !whole)
        return rota__error_set(w->cx->env.error, ROTA_ESTATE,
                               "%s is held: it is cancelled as a whole",
                               rota__request_booking(w->cx, k->before));
    if (any && whole) after.status = ROTA_BOOKING_CANCELLED;
    for (int64_t e = 0; any && !whole && e < k->series.era_count; e++)
        k->series.eras[e].cancelled |= k->series.eras[e].marked;
    if ((rc = rota__series_prepare(&w->cx->env, w->cx->zones, &k->series)) != ROTA_OK ||
        (rc = rota__series_put(w, ROTA_EVENT_BOOKING_CANCELLED, k->before, &after, &k->series)) !=
            ROTA_OK)
        return rc;
    w->answer.receipt.status = ROTA_BOOKING_CANCELLED; /* of what the call was for */
    return answer_named(k);
}

static int confirm_all(edit *k)
{
    rota__write *w = k->w;
    rota__booking after = *k->before;
    rota__absent absent = { 0 };
    int rc = rota__booking_may_step(w, k->before, ROTA__CONFIRM);
    if (rc != ROTA_OK) return rc;
    if (rota__booking_status(k->before, w->cx->now) == ROTA_BOOKING_EXPIRED) {
        if (!rota__admit_absent(w, &absent, k->before->row, ROTA__GONE_WHOLE))
            return rota__context_nomem(w->cx);
        rc = rota__resolve_series(w, &k->series, ROTA_TIME_MIN, NULL, &absent, false,
                                  "the hold had lapsed, and ", &k->series.checked_until);
        if (rc != ROTA_OK) return rc;
    }
    after.status = ROTA_BOOKING_CONFIRMED;
    return rota__series_put(w, ROTA_EVENT_BOOKING_CONFIRMED, k->before, &after, &k->series);
}

/* --- which of them --- */

int rota__booking_move_series(rota__write *w, const rota__booking *before,
                              const rota_booking_request *request)
{
    edit k = { 0 };
    int rc = start(&k, w, before);
    if (rc != ROTA_OK) return rc;
    return w->call.scope == ROTA_SCOPE_THIS ? move_one(&k, request) : move_many(&k, request);
}

int rota__booking_step_series(rota__write *w, const rota__booking *before, int step)
{
    edit k = { 0 };
    int32_t scope = w->call.scope;
    int rc = start(&k, w, before);
    if (rc != ROTA_OK) return rc;
    if (step == ROTA__CANCEL && scope != ROTA_SCOPE_THIS) return cancel_many(&k);
    if (step == ROTA__CONFIRM && (scope == ROTA_SCOPE_NONE || scope == ROTA_SCOPE_ALL))
        return confirm_all(&k);
    if (step != ROTA__CONFIRM && scope == ROTA_SCOPE_THIS) return step_one(&k, step);
    return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                           step == ROTA__CONFIRM
                               ? "%s is a series: it is confirmed as a whole"
                               : "%s is a series: this is for one occurrence of it",
                           rota__request_booking(w->cx, before));
}
