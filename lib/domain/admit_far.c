#include "domain/admit_far.h"

#include "domain/pattern.h"
#include "domain/request.h"
#include "domain/series_put.h"

/* --- what has an end --- */

static int note_end(rota__far *far, rota_span span)
{
    bool added = rota__spans_push(far->w->cx->env.arena, &far->noted, span);
    return added ? ROTA_OK : rota__context_nomem(far->w->cx);
}

/* The eras that another one follows: they end, wherever they were moved to, though the
 * series may not. */
static int note_eras(rota__far *far, const rota__series *series)
{
    enum { SLACK = ROTA__SERIES_SLACK_MOST };
    int rc = ROTA_OK;
    for (int64_t e = 0; e + 1 < series->era_count && rc == ROTA_OK; e++) {
        const rota__era *era = &series->eras[e];
        const rota__tz *zone = series->every.zone;
        rota_time from = e ? rota__tz_instant(zone, era->from, NULL) : ROTA_TIME_MIN;
        rota_time until = rota__tz_instant(zone, era[1].from, NULL);
        int64_t length = era->length * (series->all_day ? 86400 : 1);
        rota_span span = { from + era->shift - SLACK, until + era->shift + length + SLACK };
        if (!era->cancelled) rc = note_end(far, span);
    }
    return rc;
}

/* Its additions, of which each comes once, wherever the last era has moved them to. */
static int note_dates(rota__far *far, const rota__series *series)
{
    const int64_t last = series->era_count - 1, slack = rota__series_slack(series, last);
    const rota__era *era = &series->eras[last];
    int64_t length = era->length * (series->all_day ? 86400 : 1);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < series->rdate_count && rc == ROTA_OK && !era->cancelled; i++) {
        rota_time at = series->rdates[i] + era->shift;
        rc = note_end(far, (rota_span){ at - slack, at + length + slack });
    }
    return rc;
}

int rota__far_note_series(rota__far *far, const rota__series *series)
{
    far->noted.count = 0;
    int rc = note_eras(far, series);
    return rc == ROTA_OK ? note_dates(far, series) : rc;
}

/* Between when and when that lies of a series which has an end. One that has none by its
 * rule may have been cancelled from some point on. */
int rota__far_note(rota__far *far, const rota__recurring *recurring)
{
    rota__env *env = &far->w->cx->env;
    rota_span when = recurring->taken.when;
    rota__series series;
    far->noted.count = 0;
    if (when.end < ROTA_TIME_MAX) return note_end(far, when);
    int rc = rota__series_read(env, far->w->cx->zones, recurring->series, recurring->series_size,
                               &series);
    if (rc == ROTA_OK) rc = rota__far_note_series(far, &series);
    if (rc != ROTA_OK || rota__series_endless(&series)) return rc;
    const rota__era *last = &series.eras[series.era_count - 1];
    return last->cancelled ? ROTA_OK : note_end(far, when);
}

void rota__far_latest(const rota__far *far, rota_time *last)
{
    for (int64_t i = 0; i < far->noted.count; i++)
        if (far->noted.items[i].end > *last) *last = far->noted.items[i].end;
}

rota_time rota__far_begins(const rota__far *far)
{
    return far->until - far->reach;
}

/* With what setup and cleanup may add to it, which can be all of it that lies far away. */
static int add_end(rota__far *far, rota_span span)
{
    const rota_span rest = { rota__far_begins(far), far->last };
    rota_span around = rota__time_common(span, rest);
    if (around.start >= around.end) return ROTA_OK;
    around.start -= far->reach;
    around.end += far->reach;
    if (around.start < rota__far_begins(far)) around.start = rota__far_begins(far);
    bool added = rota__spans_push(far->w->cx->env.arena, &far->ends, around);
    return added ? ROTA_OK : rota__context_nomem(far->w->cx);
}

int rota__far_add_edges(rota__far *far, rota_span stay)
{
    int rc = ROTA_OK;
    if (stay.start > ROTA_TIME_MIN) rc = add_end(far, (rota_span){ stay.start, stay.start + 1 });
    if (rc == ROTA_OK && stay.end < ROTA_TIME_MAX)
        rc = add_end(far, (rota_span){ stay.end - 1, stay.end });
    return rc;
}

int rota__far_add_noted(rota__far *far)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < far->noted.count && rc == ROTA_OK; i++)
        rc = add_end(far, far->noted.items[i]);
    return rc;
}

int rota__far_add_ends(rota__far *far, const rota__timeline *t)
{
    const rota_span rest = { rota__far_begins(far), INT64_MAX };
    const rota__recurring *recurring;
    rota__busy_cursor cursor;
    rota__interval interval;
    int rc = ROTA_OK;
    for (rota__busy_seek(t, rest, &cursor); rc == ROTA_OK && rota__busy_next(&cursor, &interval);)
        rc = add_end(far, interval.span);
    for (int64_t at = 0; rc == ROTA_OK && (recurring = rota__busy_next_recurring(t, &at));)
        if ((rc = rota__far_note(far, recurring)) == ROTA_OK) rc = rota__far_add_noted(far);
    return rc;
}

/* --- what has none --- */

int rota__far_endless(rota__far *far, const rota__recurring *recurring, int64_t source,
                      rota__series *out, int64_t *units)
{
    const rota__taken *taken = &recurring->taken;
    *units = 0;
    if (taken->when.end < ROTA_TIME_MAX) return ROTA_OK;
    int rc = rota__series_read(&far->w->cx->env, far->w->cx->zones, recurring->series,
                               recurring->series_size, out);
    if (rc != ROTA_OK || !rota__series_endless(out)) return rc;
    const rota__era *last = &out->eras[out->era_count - 1];
    for (int64_t i = 0; i < last->claim_count; i++)
        if (last->claims[i].resource == source && rota__claim_blocks(&last->claims[i]))
            *units = last->claims[i].units;
    return ROTA_OK;
}

/* Without what is added, which comes once, and is looked at there. */
static const rota__series *by_rule(const rota__series *series, rota__series *room)
{
    if (series->rdate_count == 0) return series;
    *room = *series;
    room->rdate_count = room->every.rdate_count = room->set.rdate_count = 0;
    return room;
}

/* From where on two that stay from then on meet as they would without the stay: what was over
 * by then is seen where the stay begins. */
static rota_time meets_from(const rota__far *far, const rota__resource *resource, rota_span stay)
{
    bool late = stay.start > rota__far_begins(far) - resource->after;
    return late ? stay.start + resource->after : rota__far_begins(far);
}

int rota__far_meet(rota__far *far, const rota__resource *resource, const rota__series *mine,
                   rota_span my_stay, const rota__series *other, rota_span other_stay,
                   int64_t *work, rota__meeting *found)
{
    const rota_span stay = rota__time_common(my_stay, other_stay);
    const rota_span within = { meets_from(far, resource, stay), stay.end };
    rota__series my_rule, other_rule;
    *found = (rota__meeting){ .decided = true };
    if (within.start >= within.end) return ROTA_OK;
    return rota__forever_meet(&far->w->cx->env, by_rule(mine, &my_rule), mine->era_count - 1,
                              by_rule(other, &other_rule), other->era_count - 1, resource->before,
                              resource->after, within, work, found);
}

int rota__far_meet_itself(rota__far *far, const rota__resource *resource,
                          const rota__series *series, int64_t units, rota_span stay, int64_t *work,
                          rota__meeting *found)
{
    const int64_t many = resource->capacity / units + 1;
    const rota_span within = { meets_from(far, resource, stay), stay.end };
    rota__series rule;
    *found = (rota__meeting){ .decided = true };
    if (within.start >= within.end || many < 2) return ROTA_OK;
    return rota__forever_meet_itself(&far->w->cx->env, by_rule(series, &rule),
                                     series->era_count - 1, many, resource->before, resource->after,
                                     within, work, found);
}

bool rota__far_may_stack(const rota__far *far, const rota__resource *resource,
                         const rota__series *series, rota_span stay)
{
    rota__series rule;
    return !rota__pattern_apart_itself(by_rule(series, &rule), series->era_count - 1,
                                       resource->before + resource->after,
                                       meets_from(far, resource, stay));
}

/* --- what is there already --- */

/* One that has no end, and how long it takes the resource. */
typedef struct endless {
    rota__series series;
    int64_t booking, units;
    rota_span stay;
} endless;

typedef struct look {
    rota__far far;
    const rota__resource *resource; /* as it is to be */
    const rota__change *change;
    rota__clashes *clashes;
    bool *proven;
    ROTA__LIST(endless *) all;
    int64_t looks;
} look;

static int add_endless(look *k, const rota__recurring *recurring, const rota__reached *source)
{
    rota__context *cx = k->far.w->cx;
    const rota_span by_then = { INT64_MIN, k->far.last };
    if (rota__lapsed(recurring->taken.expires, cx->now)) return ROTA_OK;
    endless *one = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *one), **added;
    if (!one) return rota__context_nomem(cx);
    one->booking = recurring->taken.booking;
    one->stay = rota__time_common(source->within, by_then);
    int rc = rota__far_endless(&k->far, recurring, source->resource, &one->series, &one->units);
    if (rc != ROTA_OK || one->units == 0) return rc;
    if (!(added = ROTA__PUSH(cx->env.arena, &k->all))) return rota__context_nomem(cx);
    *added = one;
    return ROTA_OK;
}

static int add_source(look *k, const rota__reached *source)
{
    const rota__recurring *recurring;
    rota__timeline *t;
    int rc = rota__write_look(k->far.w, source->resource, &t);
    if (rc == ROTA_OK) rc = rota__far_add_ends(&k->far, t);
    if (rc == ROTA_OK) rc = rota__far_add_edges(&k->far, source->within);
    for (int64_t at = 0; rc == ROTA_OK && (recurring = rota__busy_next_recurring(t, &at));)
        rc = add_endless(k, recurring, source);
    return rc;
}

/* In memory of its own, for there are many. */
static int sweep_span(look *k, rota_span span)
{
    rota__write *w = k->far.w;
    rota__aside aside;
    rota__clashes found = { 0 };
    rota__write_aside(w, &aside);
    int rc = rota__admit_within(w, k->resource->row, span, k->change, &found);
    rc = rota__write_back(w, &aside, rc);
    if (rc == ROTA_OK) rc = rota__admit_keep(w, &found, k->clashes);
    rota__arena_free(&aside.own);
    return rc;
}

/* Around all that has an end. */
static int sweep_ends(look *k)
{
    enum { MOST_LOOKS = 8192 };
    const int64_t most = 16 * (int64_t)ROTA__BLOCK_SECONDS;
    for (int64_t i = 0; i < k->far.ends.count; i++) {
        rota_span rest = k->far.ends.items[i];
        while (rest.start < rest.end) {
            rota_span span = rest;
            if (span.end - span.start > most) span.end = span.start + most;
            if (k->looks++ >= MOST_LOOKS)
                return rota__error_set(k->far.w->cx->env.error, ROTA_ELIMIT,
                                       "too much lies behind %s to be looked at",
                                       rota__request_show(span.start).text);
            int rc = sweep_span(k, span);
            if (rc != ROTA_OK || k->clashes->count > 0) return rc;
            rest.start = span.end;
        }
    }
    return ROTA_OK;
}

/* What takes the resource where two take it decides. */
static int sweep_common(look *k, const rota__happening *one, rota_span my_stay,
                        const rota__happening *two, rota_span other_stay)
{
    rota_span mine = rota__admit_occupied(k->resource, one->when, my_stay);
    rota_span other = rota__admit_occupied(k->resource, two->when, other_stay);
    return sweep_span(k, rota__time_common(mine, other));
}

/* Where it is too many alone: the first that it has while it stays. */
static int compare_units(look *k, const endless *one)
{
    rota__series_walk *walk;
    rota__happening at;
    const rota_span far = { rota__far_begins(&k->far), ROTA_TIME_MAX };
    int rc = rota__series_start(k->far.w, &walk);
    if (rc != ROTA_OK) return rc;
    rota__series_open(walk, &one->series, one->series.era_count - 1,
                      rota__time_common(one->stay, far), false);
    rc = rota__series_next(walk, &at);
    /* What is too far away to be found takes nothing. */
    if (rc != ROTA_OK) return rc == ROTA__RECUR_DONE || rc == ROTA_ELIMIT ? ROTA_OK : rc;
    return sweep_common(k, &at, one->stay, &at, one->stay);
}

static int compare_itself(look *k, const endless *one)
{
    rota__meeting found;
    int64_t work = ROTA__FAR_WORK;
    int rc = rota__far_meet_itself(&k->far, k->resource, &one->series, one->units, one->stay, &work,
                                   &found);
    *k->proven &= found.decided || k->resource->capacity > 1;
    if (rc != ROTA_OK || !found.found) return rc;
    return sweep_common(k, &found.mine, one->stay, &found.other, one->stay);
}

static int compare_two(look *k, const endless *one, const endless *two, int64_t *work)
{
    rota__meeting found;
    int rc = rota__far_meet(&k->far, k->resource, &one->series, one->stay, &two->series, two->stay,
                            work, &found);
    if (rc != ROTA_OK) return rc;
    *k->proven &= found.decided || k->resource->capacity > 1;
    if (!found.found) return ROTA_OK;
    return sweep_common(k, &found.mine, one->stay, &found.other, two->stay);
}

static int compare_all(look *k)
{
    const int32_t capacity = k->resource->capacity;
    int rc = ROTA_OK;
    for (int64_t a = 0; a < k->all.count && rc == ROTA_OK; a++) {
        const endless *one = k->all.items[a];
        int64_t work = ROTA__FAR_WORK;
        rc = one->units > capacity ? compare_units(k, one) : compare_itself(k, one);
        for (int64_t b = a + 1; b < k->all.count && rc == ROTA_OK && k->clashes->count == 0; b++) {
            const endless *two = k->all.items[b];
            if (one->booking != two->booking && one->units + two->units > capacity)
                rc = compare_two(k, one, two, &work);
        }
    }
    return rc;
}

/* Without a series everything was looked at. */
static int recurs(rota__write *w, const rota__reach *sources, bool *any)
{
    *any = false;
    for (int64_t i = 0; i < sources->count && !*any; i++) {
        rota__timeline *t;
        int rc = rota__write_look(w, sources->items[i].resource, &t);
        if (rc != ROTA_OK) return rc;
        *any = rota__busy_recurs(t);
    }
    return ROTA_OK;
}

int rota__admit_far(rota__write *w, int64_t row, const rota__change *change, rota_span far,
                    rota__clashes *clashes, bool *proven)
{
    rota__reach above = { 0 };
    rota__timeline *t;
    bool any = false;
    *proven = true;
    int rc = rota__admit_above(w, row, far, change, false, &above);
    if (rc == ROTA_OK) rc = recurs(w, &above, &any);
    if (rc == ROTA_OK && any) rc = rota__write_look(w, row, &t);
    if (rc != ROTA_OK || !any) return rc;
    bool changed = change && change->resource && change->resource->row == row;
    const rota__resource *resource = changed ? change->resource : &t->resource;
    look k = { .far = { .w = w,
                        .until = far.start,
                        .last = far.end,
                        .reach = resource->before + resource->after },
               .resource = resource,
               .change = change,
               .clashes = clashes,
               .proven = proven };
    for (int64_t i = 0; i < above.count && rc == ROTA_OK; i++)
        rc = add_source(&k, &above.items[i]);
    rota__spans_merge(&k.far.ends);
    if (rc == ROTA_OK) rc = sweep_ends(&k);
    return rc == ROTA_OK && clashes->count == 0 ? compare_all(&k) : rc;
}
