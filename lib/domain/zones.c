#include "domain/zones.h"

#include <inttypes.h>

#include "base/sort.h"
#include "domain/admit.h"
#include "domain/booking_private.h"
#include "domain/event.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/series_put.h"

/* No zone is further from itself as it was. */
enum { DAY = 86400, SWING = 3 * DAY };

static const rota_span ever = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* A single occurrence that would have moved, though the store does not know. */
typedef struct placed {
    rota_id series;
    rota_time occurrence; /* as the store has it */
    rota_span when;
} placed;

/* A dry run: who moves sees those that moved before. */
typedef struct rehearsal {
    rota__arena *arena;
    rota__pending pending;
    ROTA__LIST(placed) parts;
} rehearsal;

/* One series, and what becomes of it. */
typedef struct adoption {
    rota_id id;
    const rehearsal *dry;  /* NULL: it is none */
    rota_zone_change *row; /* filled in anew by each attempt */
} adoption;

typedef struct change {
    rota__write *w;
    rota__booking before;
    rota__series old, new;
    rota__booking *parts; /* its occurrences that are bookings of their own */
    int64_t part_count;
    rota_time from; /* the earliest time by the new data of what takes time that is not over */
    const adoption *asked;
    rota_zone_change *row;
} change;

/* What the clock showed by the old data is resolved by the new. */
static rota_time move(const change *k, rota_time t)
{
    const rota__tz *was = k->old.every.zone, *is = k->new.every.zone;
    rota__local local = k->old.all_day ? rota__series_shown(was, t) : t + rota__tz_offset(was, t);
    return rota__tz_instant(is, local, NULL);
}

static const rota_time *move_times(const change *k, const rota_time *times, int64_t count)
{
    rota_time *moved = rota__arena_alloc(k->w->cx->env.arena, count, (int64_t)sizeof *moved);
    for (int64_t i = 0; moved && i < count; i++)
        moved[i] = move(k, times[i]);
    if (moved) rota__sort(moved, count, sizeof *moved, rota__by_value);
    return moved;
}

static bool move_exceptions(change *k)
{
    int64_t count = k->old.exception_count;
    rota__exception *moved = rota__arena_alloc(k->w->cx->env.arena, count, (int64_t)sizeof *moved);
    for (int64_t i = 0; moved && i < count; i++)
        moved[i] = (rota__exception){ .original = move(k, k->old.exceptions[i].original),
                                      .kind = k->old.exceptions[i].kind };
    if (moved) rota__sort(moved, count, sizeof *moved, rota__series_by_original);
    k->new.exceptions = moved;
    return moved != NULL;
}

/* The series as it would be. *same: its zone's data are the system's, or the system knows
 * no such zone any more. */
static int renew(change *k, bool *same)
{
    rota__context *cx = k->w->cx;
    rota__error ignored;
    const rota__tz *now;
    k->new = k->old;
    k->new.zone_digest = 0;
    *same = rota__tz_get(cx->zones, k->old.zone, &ignored, &now) != ROTA_OK ||
            rota__tz_digest(now) == k->old.zone_digest;
    if (*same) return ROTA_OK;
    int rc = rota__series_prepare(&cx->env, cx->zones, &k->new);
    if (rc != ROTA_OK) return rc;
    k->new.rdates = move_times(k, k->old.rdates, k->old.rdate_count);
    k->new.exdates = move_times(k, k->old.exdates, k->old.exdate_count);
    if (!k->new.rdates || !k->new.exdates || !move_exceptions(k)) return rota__context_nomem(cx);
    return rota__series_prepare(&cx->env, cx->zones, &k->new);
}

static int list_parts(change *k)
{
    rota__context *cx = k->w->cx;
    rota__booking_filter filter = { .when = ever,
                                    .part_of = k->before.row,
                                    .statuses = UINT32_MAX };
    return cx->store->ops->booking_list(cx->store, &cx->env, &filter, &k->parts, &k->part_count);
}

/* --- what moves --- */

/* What has begun is not told. */
static void note(change *k, rota_time occurrence, rota_span was, rota_span is)
{
    rota_zone_change *row = k->row;
    rota_time now = k->w->cx->now;
    if (was.start == is.start && was.end == is.end) return;
    if (is.start < k->from && (was.start > now || is.end > now)) k->from = is.start;
    if (was.start <= now) return;
    if (row->moved++ > 0 && row->was.start <= was.start) return;
    row->occurrence = occurrence;
    row->was = was;
    row->is = is;
}

static int note_era(change *k, int64_t era, rota_span window, rota__series_walk *walk)
{
    rota__env *env = &k->w->cx->env;
    rota__happening was, is;
    int32_t kind;
    int rc;
    rota__series_open(walk, &k->old, era, window, false);
    while ((rc = rota__series_next(walk, &was)) == ROTA_OK) {
        rc = rota__series_find(env, &k->new, move(k, was.original), &is, &kind);
        if (rc == ROTA_ENOTFOUND) continue; /* two have become one */
        if (rc != ROTA_OK) return rc;
        note(k, was.original, was.when, is.when);
    }
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rota__error_plain(env->error, rc);
}

static int note_moves(change *k)
{
    rota__context *cx = k->w->cx;
    rota__series_walk *walk = rota__arena_room(cx->env.arena, 1, (int64_t)sizeof *walk);
    rota_span window = { cx->now - SWING, cx->now + ROTA__CHECK_SECONDS };
    int rc = ROTA_OK;
    k->from = cx->now;
    if (!walk) return rota__context_nomem(cx);
    for (int64_t e = 0; e < k->old.era_count && rc == ROTA_OK; e++)
        if (!k->old.eras[e].cancelled) rc = note_era(k, e, window, walk);
    return rc;
}

/* Dates stay dates, whether they are longer now or shorter. */
static bool has_dates(const change *k, rota_span when)
{
    const rota__tz *was = k->old.every.zone;
    return k->old.all_day && rota__series_shown(was, when.start) % DAY == 0 &&
           rota__series_shown(was, when.end) % DAY == 0;
}

/* As it would be; what has begun, or takes no time any more, keeps its own. */
static rota__booking moved_part(change *k, const rota__booking *part)
{
    rota__booking after = *part;
    bool stays = part->when.start <= k->w->cx->now || !rota__status_occupies(part->status);
    after.occurrence = move(k, part->occurrence);
    if (stays) return after;
    after.when.start = move(k, part->when.start);
    after.when.end = has_dates(k, part->when)
                         ? move(k, part->when.end)
                         : part->when.end + after.when.start - part->when.start;
    return after;
}

static bool moves(const rota__booking *part, const rota__booking *after)
{
    return after->when.start != part->when.start || after->when.end != part->when.end;
}

/* --- whether it fits --- */

/* When another one is that was read from the store. */
static rota_span as_moved(const change *k, const rota_id *series, rota_time occurrence,
                          rota_span when)
{
    for (int64_t i = 0; k->asked->dry && i < k->asked->dry->parts.count; i++) {
        const placed *m = &k->asked->dry->parts.items[i];
        if (m->occurrence == occurrence && rota__id_compare(&m->series, series) == 0)
            return m->when;
    }
    return when;
}

static int refuse(change *k, const rota_id *other, rota_span when)
{
    k->row->status = ROTA_ECONFLICT;
    k->row->other = *other;
    k->row->other_when = when;
    return rota__error_plain(k->w->cx->env.error, ROTA_ECONFLICT);
}

static int refuse_part(change *k, const rota__clash *clash)
{
    rota__context *cx = k->w->cx;
    static const rota_id none;
    rota__by by = { .row = clash->booking };
    rota__booking other;
    if (clash->booking == 0) return refuse(k, &none, clash->overlap);
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &other);
    if (rc != ROTA_OK) return rc;
    if (clash->recurs) return refuse(k, &other.id, clash->when);
    if (!other.part_of) return refuse(k, &other.id, other.when);
    return refuse(k, &other.part_of_id,
                  as_moved(k, &other.part_of_id, other.occurrence, other.when));
}

/* The earliest of what is in its way; of several at once that of the lowest id. */
static int refuse_series(change *k)
{
    const rota_conflict *all = k->w->answer.conflicts.items, *first = all;
    rota_span when = { INT64_MAX, INT64_MAX };
    for (int64_t i = 0; i < k->w->answer.conflicts.count; i++) {
        rota_span other = as_moved(k, &all[i].booking, all[i].occurrence, all[i].when);
        if (other.start > when.start ||
            (other.start == when.start && rota__id_compare(&all[i].booking, &first->booking) >= 0))
            continue;
        first = &all[i];
        when = other;
    }
    return refuse(k, &first->booking, when);
}

/* What moves with it, the rest of its series and other single occurrences: none of that is
 * there yet. */
static int arrive(change *k, const rota__booking *part, int64_t number, rota__absent *absent)
{
    int rc = rota__admit_arrive_series(k->w, &k->new, part, absent);
    for (int64_t i = 0; i < k->part_count && rc == ROTA_OK; i++) {
        const rota__booking other = moved_part(k, &k->parts[i]);
        if (i != number && moves(&k->parts[i], &other))
            rc = rota__admit_arrive(k->w, &other, absent);
    }
    return rc;
}

/* Beside what stays as it is, and what moves with it, all at once: where there are several
 * units, each of two may fit beside a third, and not both. */
static int admit_part(change *k, const rota__booking *part, int64_t number,
                      const rota__absent *absent)
{
    rota__absent changed = { .items = absent->items, .count = absent->count };
    rota__clashes clashes = { 0 };
    int rc = arrive(k, part, number, &changed);
    if (rc == ROTA_OK)
        rc = rota__admit_claims(k->w, part->when, part->claims, part->claim_count, &changed, NULL,
                                &clashes, NULL);
    if (rc != ROTA_OK || clashes.count == 0) return rc;
    for (int64_t i = 0; i < clashes.count; i++)
        if (clashes.items[i].booking >= 0) return refuse_part(k, &clashes.items[i]);
    int64_t arrived = -1 - clashes.items[0].booking;
    return refuse(k, &k->before.id, changed.arrivals.items[arrived].when);
}

static int admit(change *k)
{
    rota__write *w = k->w;
    rota__absent absent = { 0 };
    bool room = rota__admit_absent(w, &absent, k->before.row, ROTA__GONE_WHOLE);
    for (int64_t i = 0; i < k->part_count && room; i++) {
        const rota__booking after = moved_part(k, &k->parts[i]);
        if (moves(&k->parts[i], &after))
            room = rota__admit_absent(w, &absent, k->parts[i].row, ROTA__GONE_WHOLE);
    }
    if (!room) return rota__context_nomem(w->cx);
    rota__admit_sort_absent(&absent);
    w->any_hours = true; /* by its wall clock */
    int rc = rota__resolve_series(w, &k->new, k->from, NULL, &absent, false, "",
                                  &k->new.checked_until);
    if (rc == ROTA_ECONFLICT) return refuse_series(k);
    for (int64_t i = 0; i < k->part_count && rc == ROTA_OK; i++) {
        rota__booking after = moved_part(k, &k->parts[i]);
        if (moves(&k->parts[i], &after)) rc = admit_part(k, &after, i, &absent);
    }
    return rc;
}

/* --- the change --- */

static int put_part(change *k, const rota__booking *part)
{
    rota__booking after = moved_part(k, part);
    if (after.occurrence == part->occurrence && !moves(part, &after)) return ROTA_OK;
    int rc = rota__write_put(k->w, part, &after);
    return rc == ROTA_OK ? rota__event_booking(k->w, ROTA_EVENT_BOOKING_MOVED, NULL) : rc;
}

/* Names are given up before they are taken: those that move forward, from the last one. */
static int put_all(change *k)
{
    rota__booking after = k->before;
    bool forward = k->row->is.start > k->row->was.start;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < k->part_count && rc == ROTA_OK; i++)
        rc = put_part(k, &k->parts[forward ? k->part_count - 1 - i : i]);
    if (rc != ROTA_OK) return rc;
    return rota__series_put(k->w, ROTA_EVENT_BOOKING_MOVED, &k->before, &after, &k->new);
}

static int by_occurrence(const void *left, const void *right)
{
    const rota__booking *a = left, *b = right;
    return (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
}

static bool is_live(const rota__booking *booking, rota_time now)
{
    int32_t status = rota__booking_status(booking, now);
    return status == ROTA_BOOKING_CONFIRMED || status == ROTA_BOOKING_HELD;
}

static int decide(rota__write *w, const void *request)
{
    const adoption *a = request;
    rota__context *cx = w->cx;
    change k = { .w = w, .asked = a, .row = a->row };
    rota__by by = { .id = &a->id };
    bool same;
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &k.before);
    *a->row = (rota_zone_change){ .size = (uint32_t)sizeof *a->row, .booking = a->id };
    if (rc == ROTA_ENOTFOUND || (rc == ROTA_OK && !is_live(&k.before, cx->now))) return ROTA_OK;
    if (rc == ROTA_OK)
        rc = rota__series_read(&cx->env, cx->zones, k.before.series, k.before.series_size, &k.old);
    if (rc == ROTA_OK) rc = renew(&k, &same);
    if (rc != ROTA_OK || same) return rc;
    if ((rc = list_parts(&k)) != ROTA_OK || (rc = note_moves(&k)) != ROTA_OK) return rc;
    for (int64_t i = 0; i < k.part_count; i++)
        note(&k, k.parts[i].occurrence, k.parts[i].when, moved_part(&k, &k.parts[i]).when);
    if (a->row->moved == 0) return ROTA_OK;
    a->row->title = k.before.title;
    a->row->zone = k.old.zone;
    rota__sort(k.parts, k.part_count, sizeof *k.parts, by_occurrence);
    if ((rc = admit(&k)) != ROTA_OK) return rc;
    return put_all(&k);
}

/* --- all of them --- */

static int keep_row(rota__arena *arena, rota__zone_changes *rows, const rota_zone_change *row)
{
    rota_zone_change *kept = row->moved ? ROTA__PUSH(arena, rows) : NULL;
    if (!kept) return row->moved ? ROTA_ENOMEM : ROTA_OK;
    *kept = *row;
    kept->title = rota__arena_text(arena, row->title, -1);
    kept->zone = rota__arena_text(arena, row->zone, -1);
    return kept->zone && (kept->title || !row->title) ? ROTA_OK : ROTA_ENOMEM;
}

static int note_moved(rehearsal *dry, const rota__write *w)
{
    for (int64_t i = 0; i < w->batch.bookings.count; i++) {
        const rota__booking *was = &w->before.items[i], *is = &w->batch.bookings.items[i];
        if (!is->part_of) continue;
        placed *added = ROTA__PUSH(dry->arena, &dry->parts);
        if (!added) return rota__context_nomem(w->cx);
        *added = (placed){ is->part_of_id, was->occurrence, is->when };
    }
    return ROTA_OK;
}

static int rehearse(rota__write *w, const adoption *a, rehearsal *dry)
{
    int rc = rota__write_rehearse(w, decide, a, &dry->pending);
    return rc == ROTA_OK ? note_moved(dry, w) : rc;
}

/* In memory of its own, since there may be many. */
static int update_one(rota__context *cx, const rota_call *call, const rota__booking *series,
                      rehearsal *dry, rota__zone_changes *rows, bool *refused)
{
    rota__arena own;
    rota_zone_change row = { .size = (uint32_t)sizeof row };
    const adoption a = { .id = series->id, .dry = dry, .row = &row };
    rota__write w = { .cx = cx, .call = *call };
    rota__arena *all = rota__context_scratch(cx, &own);
    int rc = dry ? rehearse(&w, &a, dry) : rota__write_run(&w, decide, &a, "");
    *refused = rc == ROTA_ECONFLICT;
    if (*refused) rc = ROTA_OK; /* it is told in the row */
    if (rc == ROTA_OK && keep_row(all, rows, &row) != ROTA_OK) rc = rota__context_nomem(cx);
    cx->env.arena = all;
    rota__arena_free(&own);
    return rc;
}

static void drop_refused(rota__zone_changes *rows)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < rows->count; i++)
        if (rows->items[i].status == ROTA_OK) rows->items[kept++] = rows->items[i];
    rows->count = kept;
}

/* One may be in the way of another only until it has moved itself: who is refused is asked
 * again for as long as somebody moves. The waiting stand first in the list. */
static int update_all(rota__context *cx, const rota_call *call, rota__booking *series,
                      int64_t count, rehearsal *dry, rota__zone_changes *rows)
{
    for (;;) {
        int64_t waiting = 0;
        drop_refused(rows);
        for (int64_t i = 0; i < count; i++) {
            bool refused;
            int rc = update_one(cx, call, &series[i], dry, rows, &refused);
            if (rc != ROTA_OK) return rc;
            if (refused) series[waiting++] = series[i];
        }
        if (waiting == 0 || waiting == count) return ROTA_OK;
        count = waiting;
    }
}

static int rehearse_all(rota__context *cx, const rota_call *call, rota__booking *series,
                        int64_t count, rota__zone_changes *rows)
{
    rehearsal dry = { .arena = cx->env.arena };
    rota__pending_init(&dry.pending, cx->looker->busy, cx->looker->mem);
    int rc = update_all(cx, call, series, count, &dry, rows);
    rota__pending_free(&dry.pending);
    return rc;
}

/* Those that the new data may move stay in the list. */
static int choose(rota__context *cx, rota__booking *series, int64_t *count)
{
    int64_t kept = 0;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < *count && rc == ROTA_OK; i++) {
        rota__write w = { .cx = cx };
        change k = { .w = &w };
        bool same = true;
        rc = rota__series_read(&cx->env, cx->zones, series[i].series, series[i].series_size,
                               &k.old);
        if (rc == ROTA_OK) rc = renew(&k, &same);
        if (!same) series[kept++] = series[i];
    }
    *count = kept;
    return rc;
}

static int by_id(const void *left, const void *right)
{
    const rota_zone_change *a = left, *b = right;
    return rota__id_compare(&a->booking, &b->booking);
}

int rota__zones_update(rota__context *cx, const rota_call *call, rota__zone_changes *rows)
{
    rota__booking_filter filter = { .when = { cx->now, ROTA_TIME_MAX },
                                    .recurring = true,
                                    .statuses = ROTA__BIT(ROTA_BOOKING_HELD) |
                                                ROTA__BIT(ROTA_BOOKING_CONFIRMED) };
    rota__booking *series;
    int64_t count;
    if (call->key || call->version)
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "an update of zones has no key and no version");
    if (filter.when.start >= filter.when.end) return ROTA_OK;
    rota__tz_look_again(cx->zones);
    int rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &series, &count);
    if (rc == ROTA_OK) rc = choose(cx, series, &count);
    if (rc == ROTA_OK)
        rc = call->flags & ROTA_CALL_DRY_RUN ? rehearse_all(cx, call, series, count, rows)
                                             : update_all(cx, call, series, count, NULL, rows);
    rota__sort(rows->items, rows->count, sizeof *rows->items, by_id);
    return rc;
}
