#include "domain/series_put.h"

#include <stdlib.h>

#include "base/sort.h"
#include "domain/event.h"

static const rota_span ever = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* --- what there is of it --- */

int rota__series_step(rota__write *w, rota__series_walk *walk, rota__happening *out)
{
    int rc = rota__series_next(walk, out);
    if (rc != ROTA_ELIMIT) return rc;
    return rota__error_set(w->cx->env.error, rc,
                           "the rule needs too many steps to its next occurrence");
}

int rota__series_start(rota__write *w, rota__series_walk **walk)
{
    *walk = rota__arena_room(w->cx->env.arena, 1, (int64_t)sizeof(**walk));
    return *walk ? ROTA_OK : rota__context_nomem(w->cx);
}

typedef rota__extent extent;

static bool is_skipped(const rota__series *series, rota_time original)
{
    const rota__exception *exception = rota__series_exception(series, original);
    return exception && exception->kind == ROTA__EXCEPT_SKIPPED;
}

static int measure_era(rota__write *w, const rota__series *series, int64_t era,
                       rota__series_walk *walk, extent *out)
{
    bool live = !series->eras[era].cancelled;
    bool first_is_all = live ? rota__series_endless(series) : !rota__recur_ends(&series->every);
    rota__happening at;
    int rc;
    rota__series_open(walk, series, era, ever, true);
    while ((rc = rota__series_step(w, walk, &at)) == ROTA_OK) {
        if (at.when.start < out->when.start) out->when.start = at.when.start;
        if (at.when.end > out->when.end) out->when.end = at.when.end;
        if (live && !is_skipped(series, at.original)) {
            bool first = out->count++ == 0;
            if (first || at.when.start < out->first.when.start) out->first = at;
        }
        if (first_is_all && (!live || out->count > 0)) return ROTA_OK;
    }
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

int rota__series_measure(rota__write *w, const rota__series *series, extent *out)
{
    rota__series_walk *walk;
    int rc = rota__series_start(w, &walk);
    *out = (extent){ .when = { INT64_MAX, INT64_MIN } };
    for (int64_t e = 0; e < series->era_count && rc == ROTA_OK; e++)
        rc = measure_era(w, series, e, walk, out);
    if (rc != ROTA_OK || rota__recur_ends(&series->every)) return rc;
    out->when.end = ROTA_TIME_MAX;
    if (rota__series_endless(series)) out->count = -1;
    return ROTA_OK;
}

static int by_resource(const void *left, const void *right)
{
    const rota__claim *a = left, *b = right;
    return rota__id_compare(&a->resource_id, &b->resource_id);
}

/* What it takes, or lists, in any era: each resource once. What blocks goes first. */
static int unite_claims(rota__write *w, const rota__series *series, rota__booking *out)
{
    int64_t room = 0, count = 0, kept = 0;
    for (int64_t e = 0; e < series->era_count; e++)
        room += series->eras[e].claim_count;
    rota__claim *claims = rota__arena_alloc(w->cx->env.arena, room, (int64_t)sizeof *claims);
    if (!claims) return rota__context_nomem(w->cx);
    for (int64_t e = 0; e < series->era_count; e++)
        for (int64_t i = 0; i < series->eras[e].claim_count; i++)
            claims[count++] = series->eras[e].claims[i];
    rota__sort(claims, count, sizeof *claims, by_resource);
    for (int64_t i = 0; i < count; i++) {
        rota__claim *last = kept ? &claims[kept - 1] : NULL;
        if (!last || by_resource(last, &claims[i]) != 0) {
            claims[kept++] = claims[i];
            continue;
        }
        bool old = rota__claim_blocks(last), new = rota__claim_blocks(&claims[i]);
        if (new > old || (new == old &&claims[i].units > last->units)) *last = claims[i];
    }
    out->claims = claims;
    out->claim_count = kept;
    return ROTA_OK;
}

/* The record as the series has it now. */
static int fill(rota__write *w, const rota__series *series, rota__booking *out)
{
    extent all;
    int rc;
    if ((rc = rota__series_write(&w->cx->env, series, &out->series, &out->series_size)) !=
            ROTA_OK ||
        (rc = unite_claims(w, series, out)) != ROTA_OK ||
        (rc = rota__series_measure(w, series, &all)) != ROTA_OK)
        return rc;
    out->when = all.when;
    w->answer.receipt.recurs = ROTA_RECURS_SERIES;
    w->answer.receipt.count = all.count;
    w->answer.receipt.checked_until = series->checked_until;
    w->answer.receipt.when = all.count != 0 ? all.first.when : out->when;
    return ROTA_OK;
}

/* What a zone says now is kept with the series that go by it: no newer file of the system
 * moves them unasked. */
static int keep_zone(rota__write *w, const rota__series *series)
{
    rota__context *cx = w->cx;
    rota__zone zone = { .name = series->zone, .digest = series->zone_digest }, there;
    zone.data = rota__tz_bytes(series->every.zone, &zone.size);
    if (!zone.data) return ROTA_OK;
    int rc = cx->store->ops->zone_get(cx->store, &cx->env, zone.name, zone.digest, &there);
    if (rc != ROTA_ENOTFOUND) return rc;
    rota__zone *put = ROTA__PUSH(cx->env.arena, &w->batch.zones);
    if (!put) return rota__context_nomem(cx);
    *put = zone;
    return ROTA_OK;
}

/* Lists of what its occurrences claim show the series. */
static int touch_parts(rota__write *w, const rota__booking *before, const rota__series *series)
{
    rota__context *cx = w->cx;
    rota__booking_filter filter = { .when = ever, .statuses = UINT32_MAX };
    rota__booking *rows = NULL;
    int64_t count = 0;
    bool any = false;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < series->exception_count && !any; i++)
        any = series->exceptions[i].kind == ROTA__EXCEPT_APART;
    if (!before || !any) return ROTA_OK;
    filter.part_of = before->row;
    rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &rows, &count);
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < rows[i].claim_count && rc == ROTA_OK; c++)
            rc = rota__write_touch(w, rows[i].claims[c].resource);
    return rc;
}

/* Put the series, tell the feed unless it was told of an occurrence, and answer. */
int rota__series_put(rota__write *w, int32_t event, const rota__booking *before,
                     rota__booking *after, const rota__series *series)
{
    int rc = fill(w, series, after);
    rota_span when = w->answer.receipt.when;
    if (rc == ROTA_OK) rc = keep_zone(w, series);
    if (rc == ROTA_OK) rc = touch_parts(w, before, series);
    if (rc == ROTA_OK) rc = rota__write_put(w, before, after);
    if (rc == ROTA_OK && event) rc = rota__event_booking(w, event, NULL);
    if (rc != ROTA_OK) return rc;
    rota__write_answer(w, &w->batch.bookings.items[w->batch.bookings.count - 1]);
    w->answer.receipt.when = when;
    return ROTA_OK;
}

int rota__series_by_original(const void *left, const void *right)
{
    const rota__exception *a = left, *b = right;
    return (a->original > b->original) - (a->original < b->original);
}

int rota__series_except(rota__write *w, rota__series *series, rota_time original, int32_t kind)
{
    rota__exception wanted = { .original = original, .kind = kind };
    rota__exception *known = series->exception_count
                                 ? bsearch(&wanted, series->exceptions,
                                           (size_t)series->exception_count, sizeof wanted,
                                           rota__series_by_original)
                                 : NULL;
    if (known) {
        known->kind = kind;
        return ROTA_OK;
    }
    if (series->exception_count == ROTA__SERIES_EXCEPTIONS)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                               "more than %d occurrences of the series differ",
                               (int)ROTA__SERIES_EXCEPTIONS);
    int64_t count = series->exception_count + 1;
    rota__exception *more = rota__arena_alloc(w->cx->env.arena, count, (int64_t)sizeof *more);
    if (!more) return rota__context_nomem(w->cx);
    if (count > 1) memcpy(more, series->exceptions, (size_t)(count - 1) * sizeof *more);
    more[count - 1] = wanted;
    rota__sort(more, count, sizeof *more, rota__series_by_original);
    series->exceptions = more;
    series->exception_count = count;
    return ROTA_OK;
}

/* --- one occurrence --- */

int rota__series_part(rota__context *cx, const rota__booking *row, const rota__series *series,
                      const rota__happening *at, int32_t kind, rota__booking *part)
{
    const rota__era *era = &series->eras[at->era];
    rota__by by = { .part_of = row->row, .occurrence = at->original };
    if (kind == ROTA__EXCEPT_APART) {
        int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, part);
        part->title = row->title;
        part->data = row->data;
        part->priority = row->priority;
        return rc;
    }
    *part = *row;
    part->row = 0;
    part->ref = NULL;
    part->series = NULL;
    part->series_size = 0;
    part->part_of = row->row;
    part->part_of_id = row->id;
    part->occurrence = at->original;
    part->when = at->when;
    part->claims = era->claims;
    part->claim_count = era->claim_count;
    bool gone = era->cancelled || kind == ROTA__EXCEPT_SKIPPED;
    if (gone) part->status = ROTA_BOOKING_CANCELLED;
    return ROTA_OK;
}

int rota__series_put_part(rota__write *w, int32_t event, const rota__booking *before,
                          const rota__booking *after, const rota__booking *winner,
                          rota__series *series)
{
    rota__booking part = *after;
    int rc;
    if (part.row == 0 && rota__id_next(w->cx->ids, w->cx->now, &part.id) != ROTA_OK)
        return rota__error_set(w->cx->env.error, ROTA_EIO, "no random bytes for a new id");
    if ((rc = rota__write_put(w, before, &part)) != ROTA_OK ||
        (rc = rota__event_booking(w, event, winner)) != ROTA_OK)
        return rc;
    return rota__series_except(w, series, part.occurrence, ROTA__EXCEPT_APART);
}
