#include "domain/occurrence.h"

#include <inttypes.h>

#include "base/sort.h"
#include "domain/booking.h"
#include "domain/recurrence.h"
#include "domain/request.h"

enum {
    DAY = 86400,
    /* By how much an occurrence of a shifted era may come before an earlier one: the clocks
     * change by a day at most. */
    DISORDER = 2 * DAY
};

static int nomem(rota__env *env)
{
    return rota__error_plain(env->error, ROTA_ENOMEM);
}

static int too_far(rota__env *env)
{
    return rota__error_set(env->error, ROTA_ELIMIT,
                           "the occurrences of a series are too far apart to be found");
}

static int read_series(rota__context *cx, rota__env *env, const rota__booking *row,
                       rota__series *out)
{
    return rota__series_read(env, cx->zones, row->series, row->series_size, out);
}

/* --- occurrences with rows of their own --- */

static int family_of(rota__context *cx, rota__env *env, rota__families *families, int64_t row,
                     const rota__booking **out)
{
    rota__by by = { .row = row };
    for (int64_t i = families->count; i-- > 0;) {
        *out = &families->items[i];
        if ((*out)->row == row) return ROTA_OK;
    }
    rota__booking *found = ROTA__PUSH(env->arena, families);
    if (!found) return nomem(env);
    *out = found;
    int rc = cx->store->ops->booking_get(cx->store, env, &by, found);
    if (rc == ROTA_ENOTFOUND)
        rc = rota__error_set(env->error, ROTA_ECORRUPT,
                             "the series of an occurrence, row %" PRId64 ", is not there", row);
    if (rc != ROTA_OK) families->count--;
    return rc;
}

/* What is told of a series as a whole is told of it. */
static void adopt(const rota__booking *series, rota_booking *out)
{
    out->title = series->title;
    out->ref = series->ref;
    out->data = series->data;
    out->priority = series->priority;
    out->version = series->version;
}

static int show_part(rota__context *cx, rota__env *env, rota__families *families,
                     const rota__booking *row, rota_booking *out)
{
    const rota__booking *series = NULL;
    if (!rota__page_record(env->arena, row, out)) return nomem(env);
    if (!row->part_of) return ROTA_OK;
    int rc = family_of(cx, env, families, row->part_of, &series);
    if (rc == ROTA_OK) adopt(series, out);
    return rc;
}

int rota__occurrence_show_all(rota__context *cx, rota__env *env, rota__families *families,
                              const rota__booking *rows, int64_t count, rota__records *out)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        rota_booking *record = ROTA__PUSH(env->arena, out);
        rc = record ? show_part(cx, env, families, &rows[i], record) : nomem(env);
    }
    return rc;
}

/* --- a series as a whole --- */

static const rota__era *first_era(const rota__series *series)
{
    for (int64_t i = 0; i < series->era_count; i++)
        if (!series->eras[i].cancelled) return &series->eras[i];
    return &series->eras[0];
}

static int32_t phase_of(rota_time first, rota_time last, rota_time now)
{
    if (now < first) return ROTA_PHASE_UPCOMING;
    return now < last ? ROTA_PHASE_ONGOING : ROTA_PHASE_PAST;
}

static int show_series(rota__context *cx, const rota__booking *row, rota_booking *out)
{
    rota__env *env = &cx->env;
    rota__booking like = *row;
    rota__series series;
    rota__happening first;
    int rc = read_series(cx, env, row, &series);
    if (rc != ROTA_OK) return rc;
    rc = rota__series_first(env, &series, ROTA_TIME_MIN, &first);
    if (rc == ROTA_OK) like.when = first.when;
    if (rc != ROTA_OK && rc != ROTA__RECUR_DONE) return rc;
    like.claims = first_era(&series)->claims;
    like.claim_count = first_era(&series)->claim_count;
    if (!rota__page_record(env->arena, &like, out)) return nomem(env);
    out->phase = phase_of(like.when.start, row->when.end, cx->now);
    out->checked_until = series.checked_until;
    return rota__recurrence_write(env, &series, &out->recurrence);
}

int rota__occurrence_show(rota__context *cx, const rota__booking *row, rota_booking *out)
{
    rota__families families = { 0 };
    if (row->series) return show_series(cx, row, out);
    return show_part(cx, &cx->env, &families, row, out);
}

/* --- occurrences as their series has them --- */

/* All that the occurrences of an era have in common. */
static bool show_era(rota__env *env, const rota__booking *row, const rota__era *era,
                     rota_booking *out)
{
    rota__booking like = *row;
    like.series = NULL;
    like.part_of = row->row;
    like.part_of_id = row->id;
    like.claims = era->claims;
    like.claim_count = era->claim_count;
    if (era->cancelled) like.status = ROTA_BOOKING_CANCELLED;
    return rota__page_record(env->arena, &like, out);
}

static void show_happening(const rota_booking *common, const rota__happening *at, rota_booking *out)
{
    *out = *common;
    out->when = at->when;
    out->occurrence = at->original;
}

static int no_occurrence(rota__context *cx, const rota__booking *row, rota_time original)
{
    char id[37];
    const char *at = rota__request_show(original).text;
    rota_id_format(&row->id, id);
    if (row->title)
        return rota__error_set(cx->env.error, ROTA_ENOTFOUND,
                               "booking \"%.*s\" has no occurrence %s", ROTA__SHOW_NAME(row->title),
                               at);
    return rota__error_set(cx->env.error, ROTA_ENOTFOUND, "booking %s has no occurrence %s", id,
                           at);
}

static int get_happening(rota__context *cx, const rota__booking *row, rota_time original,
                         rota_booking *out)
{
    rota__env *env = &cx->env;
    rota__series series;
    rota__happening at;
    rota_booking common;
    int32_t kind = 0;
    int rc = read_series(cx, env, row, &series);
    if (rc == ROTA_OK) rc = rota__series_find(env, &series, original, &at, &kind);
    if (rc == ROTA_ENOTFOUND) return no_occurrence(cx, row, original);
    if (rc != ROTA_OK) return rc;
    if (!show_era(env, row, &series.eras[at.era], &common)) return nomem(env);
    if (kind == ROTA__EXCEPT_SKIPPED) common.status = ROTA_BOOKING_CANCELLED;
    show_happening(&common, &at, out);
    return ROTA_OK;
}

/* The series goes first: an occurrence that gets a row of its own behind that is shown with
 * it, and none that has one is without. */
int rota__occurrence_get(rota__context *cx, const rota_id *id, rota_time original,
                         rota_booking *out)
{
    rota__families families = { 0 };
    rota__booking row, part;
    int rc = rota__booking_get(cx, id, &row);
    if (rc != ROTA_OK) return rc;
    if (!row.series) return no_occurrence(cx, &row, original);
    rota__by by = { .part_of = row.row, .occurrence = original };
    rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &part);
    if (rc == ROTA_ENOTFOUND) return get_happening(cx, &row, original, out);
    return rc == ROTA_OK ? show_part(cx, &cx->env, &families, &part, out) : rc;
}

/* --- many --- */

typedef struct expansion {
    rota__context *cx;
    rota__env *env;
    const rota__occurrence_query *asked;
    rota__records *rows;
    int64_t added;
    rota_span window; /* shrinks as the first ones are found */
    rota_span *spans; /* of the sources that the era at hand claims */
    int64_t span_count;
    rota_time last_skipped; /* of the series at hand, if such are wanted: its original start */
} expansion;

/* Finds the spans of the sources that it claims; false: none. */
static bool claims_source(expansion *x, const rota__era *era)
{
    const rota__occurrence_query *asked = x->asked;
    x->span_count = 0;
    for (int64_t i = 0; i < asked->source_count; i++)
        for (int64_t k = 0; k < era->claim_count; k++)
            if (era->claims[k].resource == asked->sources[i].resource)
                x->spans[x->span_count++] = asked->sources[i].when;
    return asked->source_count == 0 || x->span_count > 0;
}

static bool is_wanted(const expansion *x, const rota_booking *row)
{
    bool meets = x->asked->source_count == 0;
    for (int64_t i = 0; i < x->span_count && !meets; i++)
        meets = rota__time_overlap(row->when, x->spans[i]);
    return meets && rota__time_overlap(row->when, x->asked->window) &&
           (!x->asked->after || rota__page_compare(x->asked->after, row) < 0);
}

static int by_place(const void *left, const void *right)
{
    return rota__page_compare(left, right);
}

/* Of so many rows only the first ones are kept, and nothing behind them is looked for. */
static void shrink(expansion *x)
{
    rota__records *rows = x->rows;
    int64_t limit = x->asked->limit;
    if (limit == 0 || rows->count < limit) return;
    rota__sort(rows->items, rows->count, sizeof *rows->items, by_place);
    rows->count = limit;
    rota_time last = rows->items[limit - 1].when.start;
    /* What starts before the window is in it where it reaches its first second. */
    if (last < x->window.start) last = x->window.start;
    if (last < x->window.end) x->window.end = last + 1;
}

static int add_row(expansion *x, const rota_booking *row)
{
    if (++x->added > x->asked->most)
        return rota__error_set(x->env->error, ROTA_ELIMIT,
                               "more than %" PRId64 " occurrences: give a limit, or less time",
                               x->asked->most);
    rota_booking *added = ROTA__PUSH(x->env->arena, x->rows);
    if (!added) return nomem(x->env);
    *added = *row;
    return ROTA_OK;
}

/* Until so many are found that no later one is among the first. rest: what is like its era is
 * wanted, and not only what was left out. */
static int walk_on(expansion *x, rota__series_walk *walk, const rota_booking *common, bool rest,
                   rota_time disorder)
{
    int64_t limit = x->asked->limit, found = 0;
    rota_time last = ROTA_TIME_MIN, until = rest ? ROTA_TIME_MAX : x->last_skipped;
    rota__happening at;
    rota_booking row;
    int rc;
    while ((rc = rota__series_next(walk, &at)) == ROTA_OK && at.original <= until) {
        bool enough = limit > 0 && found >= limit;
        if (enough && at.when.start > last + disorder) return ROTA_OK;
        if (enough && at.when.start > last) continue;
        const rota__exception *is = rota__series_exception(walk->series, at.original);
        if (is ? is->kind != ROTA__EXCEPT_SKIPPED : !rest) continue;
        show_happening(common, &at, &row);
        if (is) row.status = ROTA_BOOKING_CANCELLED;
        if (!is_wanted(x, &row)) continue;
        if ((rc = add_row(x, &row)) != ROTA_OK) return rc;
        found++;
        if (!enough && at.when.start > last) last = at.when.start;
    }
    if (rc == ROTA_ELIMIT) return too_far(x->env);
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

/* No original start is there so early. */
#define NONE_SKIPPED (ROTA_TIME_MIN - 1)

static rota_time last_skipped(const expansion *x, const rota__series *series)
{
    if (!(ROTA__BIT(ROTA_BOOKING_CANCELLED) & x->asked->statuses)) return NONE_SKIPPED;
    for (int64_t i = series->exception_count; i-- > 0;)
        if (series->exceptions[i].kind == ROTA__EXCEPT_SKIPPED)
            return series->exceptions[i].original;
    return NONE_SKIPPED;
}

static int expand_era(expansion *x, const rota__booking *row, const rota__series *series,
                      int64_t number, rota__series_walk *walk)
{
    const rota__era *era = &series->eras[number];
    int32_t stored = era->cancelled ? ROTA_BOOKING_CANCELLED : row->status;
    int32_t seen = rota__booking_seen(stored, row->hold_expires, x->cx->now);
    bool rest = ROTA__BIT(seen) & x->asked->statuses, skipped = x->last_skipped != NONE_SKIPPED;
    rota_booking common;
    if ((!rest && !skipped) || x->window.start >= x->window.end || !claims_source(x, era))
        return ROTA_OK;
    if (!show_era(x->env, row, era, &common)) return nomem(x->env);
    /* Of a cancelled era a walk gives nothing, nor what was left out, unless it gives everything. */
    rota__series_open(walk, series, number, x->window, era->cancelled || skipped);
    int rc = walk_on(x, walk, &common, rest, era->shift == 0 ? 0 : DISORDER);
    if (rc == ROTA_OK) shrink(x);
    return rc;
}

static int expand_series(expansion *x, const rota__booking *row, rota__series_walk *walk)
{
    rota__series series;
    int rc = read_series(x->cx, x->env, row, &series);
    if (rc == ROTA_OK) x->last_skipped = last_skipped(x, &series);
    for (int64_t i = 0; rc == ROTA_OK && i < series.era_count; i++)
        rc = expand_era(x, row, &series, i, walk);
    return rc;
}

int rota__occurrence_expand(rota__context *cx, rota__env *env, const rota__occurrence_query *query,
                            const rota__booking *series, int64_t count, rota__records *out)
{
    expansion x = { .cx = cx, .env = env, .asked = query, .rows = out, .window = query->window };
    int rc = ROTA_OK;
    if (count == 0) return ROTA_OK;
    rota__series_walk *walk = rota__arena_room(env->arena, 1, (int64_t)sizeof *walk);
    x.spans = rota__arena_room(env->arena, query->source_count, (int64_t)sizeof *x.spans);
    if (!walk || !x.spans) return nomem(env);
    if (query->after && query->after->when.start > x.window.start)
        x.window.start = query->after->when.start;
    shrink(&x);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = expand_series(&x, &series[i], walk);
    return rc;
}

int rota__occurrence_longest(rota__context *cx, rota__env *env, const rota__booking *series,
                             int64_t *seconds)
{
    rota__series read;
    int rc = read_series(cx, env, series, &read);
    *seconds = 0;
    for (int64_t i = 0; rc == ROTA_OK && i < read.era_count; i++) {
        /* A day in which the clocks are put back is as long as two, at most. */
        const rota__era *era = &read.eras[i];
        int64_t longest = read.all_day ? (era->length + 1) * DAY : era->length;
        if (longest > *seconds) *seconds = longest;
    }
    return rc;
}
