/* What is due: derived from bookings as they are, at the moment when it is given.
 *
 * Of what is yet to come nothing is kept. For each offset in use, those bookings have a
 * reminder due in (cursor, now] that start in (cursor + offset, now + offset]: the index
 * of starts finds them. Series have their next reminder in an index of their own. What
 * came to be when its reminder was due already was noted by the store. What was given is
 * kept until its booking has begun, so that it is known again. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/sort.h"
#include "base/words.h"
#include "domain/event.h"
#include "domain/reminder.h"
#include "domain/reminder_people.h"
#include "domain/request.h"
#include "domain/series.h"

enum {
    IDLE_SECONDS = 60,       /* the cursor is not written for less, where nothing is due */
    NOTES_AT_ONCE = 2000,    /* looked at in any case: what is due first may be behind any */
    MOST_NOTES = 10000,      /* looked at, whatever becomes of them */
    NEXT_AT_ONCE = 100000,   /* series of which it is not known yet when they are due */
    MOST_OPEN = 10000,       /* looked at, whatever becomes of them */
    MOST_OF_SERIES = 20000,  /* of series: beyond, less time is looked at */
    LOOK_AHEAD = 366 * 86400 /* a series without one by then is looked at again */
};

typedef rota__person person;

typedef struct found {
    rota__reminder reminder;
    rota_id booking, resource;
    bool recurs, stored;
} found;

typedef struct candidate {
    rota_time due;
    int64_t row;
    int64_t offset;
    const rota__starting *of;
} candidate;

typedef struct series_next {
    int64_t booking;
    rota_time at;
    bool dirty;
} series_next;

typedef struct poll {
    rota__write *w;
    rota__context *cx;
    rota_reminder_query query;
    rota__reminder_rows *rows;
    rota__arena *room; /* of the rows */
    rota__reminder_state was, state;
    int64_t *offsets, offset_count;
    ROTA__LIST(found) found;
    ROTA__LIST(candidate) candidates;
    rota__arena round; /* of occurrences among them: what is looked at anew needs those no more */
    ROTA__LIST(series_next) next;
    rota__people people;
    int64_t behind; /* so many of `found`, the first ones and by due, are no news to the cursor */
    int64_t passed; /* and so many of those are due before what is looked at now */
    rota__series_walk *walk;
    bool cut; /* not all series are known */
} poll;

/* --- one reminder --- */

/* Made of what it is, so that whoever derives it finds the same one. It begins with the time
 * of the start: what is over lies together. */
static rota_id make_id(const rota__starting *s, const rota_id *resource, int64_t offset)
{
    enum { ID = sizeof s->id.b };
    uint8_t bytes[2 * ID + 3 * 8], *at = bytes + 2 * ID;
    memcpy(bytes, rota__starting_id(s)->b, ID);
    memcpy(bytes + ID, resource->b, ID);
    at = rota__little_put_64(at, (uint64_t)(s->part_of ? s->occurrence : INT64_MIN));
    at = rota__little_put_64(at, (uint64_t)offset);
    (void)rota__little_put_64(at, (uint64_t)s->when.start);
    return rota__id_derive(s->when.start, bytes, (int64_t)sizeof bytes / 8);
}

static bool has_offset(const rota__reminder_list *list, int64_t offset)
{
    for (int64_t i = 0; i < list->count; i++)
        if (list->offsets[i] == offset) return true;
    return false;
}

/* What its list says of one that is late. first: nobody was given it yet. */
static bool is_wanted(const rota__reminder_list *list, rota_time start, int64_t offset,
                      rota_time now, bool first)
{
    if (list->late == ROTA_LATE_COLLAPSE) {
        for (int64_t i = 0; i < list->count && list->offsets[i] < offset; i++)
            if (start - list->offsets[i] <= now) return false;
    } else if (list->late == ROTA_LATE_SKIP) {
        if (first && now - (start - offset) > list->late_secs) return false;
        if (offset > 0 && start <= now) return false;
    }
    return true;
}

static int by_due(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (a->reminder.due != b->reminder.due) return a->reminder.due < b->reminder.due ? -1 : 1;
    return rota__id_compare(&a->reminder.id, &b->reminder.id);
}

/* A note may have led to it already. */
static bool is_found(const poll *p, rota_time due, const rota_id *id)
{
    const found one = { .reminder = { .id = *id, .due = due } };
    return p->behind > 0 &&
           bsearch(&one, p->found.items, (size_t)p->behind, sizeof one, by_due) != NULL;
}

static int add_found(poll *p, const rota__starting *s, const person *whom, int64_t offset,
                     bool may_be_known)
{
    rota__context *cx = p->cx;
    rota_time due = s->when.start - offset;
    rota__reminder known;
    if (due < ROTA_TIME_MIN || !has_offset(whom->list, offset) ||
        !is_wanted(whom->list, s->when.start, offset, cx->now, true))
        return ROTA_OK;
    rota_id id = make_id(s, &whom->id, offset);
    if (may_be_known) {
        int rc = cx->store->ops->reminder_get(cx->store, &cx->env, &id, &known);
        if (rc != ROTA_ENOTFOUND) return rc; /* it was given, or waits to be */
    }
    if (is_found(p, due, &id)) return ROTA_OK;
    found *row = ROTA__PUSH(cx->env.arena, &p->found);
    if (!row) return rota__context_nomem(cx);
    row->reminder = (rota__reminder){ .id = id,
                                      .booking = rota__starting_booking(s),
                                      .occurrence = s->occurrence,
                                      .resource = whom->resource,
                                      .start = s->when.start,
                                      .due = due,
                                      .state = ROTA_REMINDER_OPEN,
                                      .until = ROTA_TIME_MIN };
    row->booking = *rota__starting_id(s);
    row->resource = whom->id;
    row->recurs = s->part_of != 0;
    return ROTA_OK;
}

/* --- bookings and occurrences as they are --- */

/* What nobody is to be reminded of claims nothing. */
static rota__starting of_booking(const rota__booking *b)
{
    rota__starting s = rota__starting_of(b);
    s.changed_at = b->changed_at;
    if (!rota__status_reminds(b->status)) s.claim_count = 0;
    return s;
}

static rota__starting of_happening(const rota__booking *row, const rota__series *series,
                                   const rota__happening *at)
{
    const rota__era *era = &series->eras[at->era];
    bool alive = rota__status_reminds(row->status) && !era->cancelled;
    return (rota__starting){ .when = at->when,
                             .part_of = row->row,
                             .part_of_id = row->id,
                             .occurrence = at->original,
                             .claims = era->claims,
                             .claim_count = alive ? era->claim_count : 0 };
}

/* What is not there any more claims nothing, too. */
static int read_starting(poll *p, int64_t row, rota_time occurrence, rota__starting *out)
{
    rota__context *cx = p->cx;
    rota__by by = { .row = row };
    rota__booking booking, part;
    rota__series series;
    rota__happening at;
    int32_t kind;
    *out = (rota__starting){ .part_of = row, .occurrence = occurrence };
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &booking);
    if (rc != ROTA_OK) return rc == ROTA_ENOTFOUND ? ROTA_OK : rc;
    if (!booking.series) {
        *out = of_booking(&booking);
        return ROTA_OK;
    }
    by = (rota__by){ .part_of = row, .occurrence = occurrence };
    rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &part);
    if (rc == ROTA_OK) *out = of_booking(&part);
    if (rc != ROTA_ENOTFOUND) return rc;
    rc = rota__series_read(&cx->env, cx->zones, booking.series, booking.series_size, &series);
    if (rc == ROTA_OK) rc = rota__series_find(&cx->env, &series, occurrence, &at, &kind);
    if (rc != ROTA_OK) return rc == ROTA_ENOTFOUND ? ROTA_OK : rc;
    if (kind == 0) *out = of_happening(&booking, &series, &at);
    return ROTA_OK;
}

/* And whom it concerns, into `people`. */
static int look_at(poll *p, int64_t row, rota_time occurrence, const rota__starting **out)
{
    if ((*out = rota__people_last(&p->people, row, occurrence))) return ROTA_OK;
    rota__starting *s = rota__arena_room(p->cx->env.arena, 1, (int64_t)sizeof *s);
    if (!s) return rota__context_nomem(p->cx);
    *out = s;
    int rc = read_starting(p, row, occurrence, s);
    return rc == ROTA_OK ? rota__people_find(&p->people, s) : rc;
}

/* --- those that were given before, and not acknowledged --- */

static int drop(poll *p, const rota_id *id)
{
    rota_id *row = ROTA__PUSH(p->cx->env.arena, &p->w->batch.remind.dropped);
    if (!row) return rota__context_nomem(p->cx);
    *row = *id;
    return ROTA_OK;
}

static int bury(poll *p, const found *one)
{
    rota__reminder *put = ROTA__PUSH(p->cx->env.arena, &p->w->batch.remind.put);
    if (!put) return rota__context_nomem(p->cx);
    *put = one->reminder;
    put->state = ROTA_REMINDER_DEAD;
    put->until = ROTA_TIME_MIN;
    return rota__event_reminder(p->w, &one->booking, one->recurs, put, &one->resource);
}

static int weigh(poll *p, const rota__reminder *open)
{
    const rota__starting *s;
    if (open->due > p->cx->now) return ROTA_OK; /* the clock went back: it waits */
    int rc = look_at(p, open->booking, open->occurrence, &s);
    if (rc != ROTA_OK) return rc;
    const person *whom = rota__people_get(&p->people, open->resource);
    int64_t offset = open->start - open->due;
    if (!whom || s->when.start != open->start || !has_offset(whom->list, offset) ||
        !is_wanted(whom->list, open->start, offset, p->cx->now, open->until == ROTA_TIME_MIN))
        return drop(p, &open->id);
    found one = { .reminder = *open,
                  .booking = *rota__starting_id(s),
                  .resource = whom->id,
                  .recurs = s->part_of != 0,
                  .stored = true };
    if (open->attempt >= p->query.attempts) return bury(p, &one);
    found *row = ROTA__PUSH(p->cx->env.arena, &p->found);
    if (!row) return rota__context_nomem(p->cx);
    *row = one;
    return ROTA_OK;
}

static bool has_room(const poll *p)
{
    return p->found.count < p->query.limit;
}

/* Those that come to nothing are read past, up to a bound. */
static int gather_open(poll *p)
{
    rota__context *cx = p->cx;
    rota__reminder *open;
    int64_t count, at = 0;
    for (int64_t ask = p->query.limit; has_room(p); ask *= 8) {
        if (ask > MOST_OPEN) ask = MOST_OPEN;
        int rc = cx->store->ops->reminder_open(cx->store, &cx->env, cx->now, ask, &open, &count);
        for (; rc == ROTA_OK && at < count && has_room(p); at++)
            rc = weigh(p, &open[at]);
        if (rc != ROTA_OK || count < ask || ask == MOST_OPEN) return rc;
    }
    return ROTA_OK;
}

/* --- what was noted --- */

/* Was it over where it was put? A note does not say for which start it was made: what has changed
 * since it began was put there late, or was given when somebody asked. When an occurrence of a
 * series changed last its series does not know. */
static bool was_over(const poll *p, const rota__starting *s)
{
    return s->when.start < s->changed_at && s->when.start < p->state.cursor;
}

static int look_at_note(poll *p, const rota__reminder_note *note)
{
    rota__context *cx = p->cx;
    rota__remind *remind = &p->w->batch.remind;
    rota__reminder_note *gone = ROTA__PUSH(cx->env.arena, &remind->notes_dropped);
    rota_time next = ROTA_TIME_MAX;
    const rota__starting *s;
    if (!gone) return rota__context_nomem(cx);
    *gone = *note;
    int rc = look_at(p, note->booking, note->occurrence, &s);
    if (rc != ROTA_OK || was_over(p, s)) return rc;
    for (int64_t i = 0; rc == ROTA_OK && i < p->people.known.count; i++) {
        const person *whom = &p->people.known.items[i];
        for (int64_t k = 0; rc == ROTA_OK && k < whom->list->count; k++) {
            rota_time due = s->when.start - whom->list->offsets[k];
            if (due <= cx->now)
                rc = add_found(p, s, whom, whom->list->offsets[k], true);
            else if (due <= p->state.cursor && due < next)
                next = due;
        }
    }
    if (rc != ROTA_OK || next == ROTA_TIME_MAX) return rc;
    rota__reminder_note *later = ROTA__PUSH(cx->env.arena, &remind->notes_put);
    if (!later) return rota__context_nomem(cx);
    *later = *note;
    later->at = next;
    return ROTA_OK;
}

/* As gather_open(); in no order. */
static int gather_notes(poll *p)
{
    rota__context *cx = p->cx;
    rota__reminder_note *notes;
    int64_t count, at = 0;
    for (int64_t ask = NOTES_AT_ONCE; at == 0 || has_room(p); ask *= 8) {
        if (ask > MOST_NOTES) ask = MOST_NOTES;
        int rc = cx->store->ops->reminder_notes(cx->store, &cx->env, cx->now, ask, &notes, &count);
        for (; rc == ROTA_OK && at < count && (at < NOTES_AT_ONCE || has_room(p)); at++)
            rc = look_at_note(p, &notes[at]);
        if (rc != ROTA_OK || count < ask || ask == MOST_NOTES) return rc;
    }
    return ROTA_OK;
}

/* --- series --- */

/* The first instant at which something of this row can be due that is not made. */
static rota_time first_due(const poll *p, int64_t row)
{
    return p->state.cursor + (row <= p->state.cursor_row);
}

typedef int visit(poll *p, const rota__booking *row, const rota__series *series,
                  const rota__happening *at, int64_t offset, void *ctx, bool *enough);

/* What a series has due in [from, to], by era and offset. */
static int walk_series(poll *p, const rota__booking *row, rota_time from, rota_time to, visit *see,
                       void *ctx)
{
    rota__context *cx = p->cx;
    rota__series series;
    int rc = rota__series_read(&cx->env, cx->zones, row->series, row->series_size, &series);
    for (int64_t i = 0; rc == ROTA_OK && i < series.era_count; i++)
        for (int64_t k = 0; rc == ROTA_OK && k < p->offset_count; k++) {
            int64_t offset = p->offsets[k];
            bool enough = false;
            rota__happening at;
            rota__series_open(p->walk, &series, i, (rota_span){ from + offset, to + offset + 1 },
                              false);
            /* What is too far away to be found is not due. */
            while (rc == ROTA_OK && !enough && rota__series_next(p->walk, &at) == ROTA_OK)
                if (at.when.start >= from + offset && at.when.start <= to + offset)
                    rc = see(p, row, &series, &at, offset, ctx, &enough);
        }
    return rc;
}

/* Of an era with a slack what follows may be due earlier. */
static int see_next(poll *p, const rota__booking *row, const rota__series *series,
                    const rota__happening *at, int64_t offset, void *ctx, bool *enough)
{
    rota_time *next = ctx, due = at->when.start - offset;
    (void)p;
    (void)row;
    if (due < *next) *next = due;
    *enough = due > *next + rota__series_slack(series, at->era) ||
              rota__series_slack(series, at->era) == 0;
    return ROTA_OK;
}

static int find_next(poll *p, series_next *entry)
{
    rota__context *cx = p->cx;
    rota__by by = { .row = entry->booking };
    rota__booking row;
    rota_time from = first_due(p, entry->booking);
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &row);
    if (rc != ROTA_OK) return rc;
    entry->dirty = true;
    entry->at = ROTA_TIME_MAX;
    if (!row.series || !rota__status_reminds(row.status) || row.when.end <= from ||
        p->offset_count == 0)
        return ROTA_OK;
    rc = walk_series(p, &row, from, from + LOOK_AHEAD, see_next, &entry->at);
    if (entry->at == ROTA_TIME_MAX && from + LOOK_AHEAD < ROTA_TIME_MAX)
        entry->at = from + LOOK_AHEAD;
    return rc;
}

static int read_next(poll *p)
{
    rota__context *cx = p->cx;
    rota__reminder_next *rows;
    int64_t count, ask = NEXT_AT_ONCE;
    int rc;
    for (;; ask *= 8) {
        rc = cx->store->ops->reminder_next(cx->store, &cx->env, cx->now, ask, &rows, &count);
        if (rc != ROTA_OK || count < ask) break;
        if ((p->cut = rows[count - 1].at == ROTA_TIME_MIN)) break; /* they come first */
    }
    for (int64_t i = 0; rc == ROTA_OK && i < count; i++) {
        series_next *entry = ROTA__PUSH(cx->env.arena, &p->next);
        if (!entry) return rota__context_nomem(cx);
        *entry = (series_next){ .booking = rows[i].booking, .at = rows[i].at };
        if (p->was.cursor > p->state.cursor) entry->at = ROTA_TIME_MIN; /* the clock went back */
        if (entry->at == ROTA_TIME_MIN) rc = find_next(p, entry);
    }
    return rc;
}

/* --- what comes due between the cursor and now --- */

static int add_candidate(poll *p, const rota__starting *s, int64_t row, int64_t offset)
{
    candidate *one = ROTA__PUSH(p->cx->env.arena, &p->candidates);
    if (!one) return rota__context_nomem(p->cx);
    *one = (candidate){ s->when.start - offset, row, offset, s };
    return ROTA_OK;
}

/* The first `kept` candidates, which are no occurrences, stay. */
static void begin_round(poll *p, int64_t kept)
{
    p->candidates.count = kept;
    p->people.last = NULL;
    rota__arena_reset(&p->round);
}

static int see_due(poll *p, const rota__booking *row, const rota__series *series,
                   const rota__happening *at, int64_t offset, void *ctx, bool *enough)
{
    (void)ctx;
    rota__starting *s = rota__arena_room(&p->round, 1, (int64_t)sizeof *s);
    if (!s) return rota__context_nomem(p->cx);
    *s = of_happening(row, series, at);
    *enough = p->candidates.count > MOST_OF_SERIES;
    return add_candidate(p, s, row->row, offset);
}

static int gather_series(poll *p, rota_time to)
{
    rota__context *cx = p->cx;
    int rc = ROTA_OK;
    for (int64_t i = 0; rc == ROTA_OK && i < p->next.count; i++) {
        rota__by by = { .row = p->next.items[i].booking };
        rota__booking row;
        if (p->next.items[i].at > to) continue;
        rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &row);
        if (rc == ROTA_OK && row.series && rota__status_reminds(row.status))
            rc = walk_series(p, &row, first_due(p, by.row), to, see_due, NULL);
    }
    return rc;
}

typedef struct bound {
    rota_time at;
    int64_t row;
} bound;

/* The bookings that do not recur, so many of each offset: *end is where that is all. */
static int gather_starts(poll *p, bound *end)
{
    rota__context *cx = p->cx;
    int64_t limit = p->query.limit + 1;
    int rc = ROTA_OK;
    for (int64_t k = 0; rc == ROTA_OK && k < p->offset_count; k++) {
        int64_t offset = p->offsets[k], count;
        rota__starting *rows;
        rc = cx->store->ops->reminder_starts(cx->store, &cx->env, p->state.cursor + offset,
                                             p->state.cursor_row, cx->now + offset, limit, &rows,
                                             &count);
        for (int64_t i = 0; rc == ROTA_OK && i < count; i++)
            rc = add_candidate(p, &rows[i], rows[i].row, offset);
        if (rc != ROTA_OK || count < limit) continue;
        bound last = { rows[count - 1].when.start - offset, rows[count - 1].row };
        if (last.at < end->at || (last.at == end->at && last.row < end->row)) *end = last;
    }
    return rc;
}

static int by_place(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->due != b->due) return a->due < b->due ? -1 : 1;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    if (a->of->occurrence != b->of->occurrence)
        return a->of->occurrence < b->of->occurrence ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

/* Where there is too much of series, less time is looked at. */
static int gather_candidates(poll *p, bound *end)
{
    int rc = gather_starts(p, end);
    int64_t plain = p->candidates.count;
    while (rc == ROTA_OK) {
        begin_round(p, plain);
        rc = gather_series(p, end->at);
        if (p->candidates.count - plain <= MOST_OF_SERIES || end->at - p->state.cursor <= 1) break;
        *end = (bound){ p->state.cursor + (end->at - p->state.cursor) / 2, INT64_MAX };
    }
    if (rc == ROTA_OK)
        rota__sort(p->candidates.items, p->candidates.count, sizeof *p->candidates.items, by_place);
    return rc;
}

/* Are there as many as the answer holds that are due by then? The cursor comes to the rest in
 * their order, so that none of it is due earlier. */
static bool is_enough(poll *p, rota_time due)
{
    while (p->passed < p->behind && p->found.items[p->passed].reminder.due <= due)
        p->passed++;
    return p->passed + (p->found.count - p->behind) >= p->query.limit;
}

static int take_candidates(poll *p, bound *end, bool *enough)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; rc == ROTA_OK && i < p->candidates.count; i++) {
        const candidate *c = &p->candidates.items[i];
        const candidate *before = i > 0 ? c - 1 : NULL;
        if (c->due > end->at || (c->due == end->at && c->row > end->row)) break;
        bool begins = !before || before->due != c->due || before->row != c->row;
        if (begins && (*enough = is_enough(p, c->due))) {
            *end = before ? (bound){ before->due, before->row }
                          : (bound){ p->state.cursor, p->state.cursor_row };
            break;
        }
        rc = rota__people_find(&p->people, c->of);
        for (int64_t k = 0; rc == ROTA_OK && k < p->people.known.count; k++)
            rc = add_found(p, c->of, &p->people.known.items[k], c->offset,
                           c->due <= p->was.reached);
    }
    return rc;
}

static int gather_due(poll *p)
{
    bool enough = is_enough(p, p->state.cursor);
    int rc = read_next(p);
    while (rc == ROTA_OK && !p->cut && !enough &&
           (p->state.cursor < p->cx->now ||
            (p->state.cursor == p->cx->now && p->state.cursor_row < INT64_MAX))) {
        bound end = { p->cx->now, INT64_MAX };
        begin_round(p, 0);
        if ((rc = gather_candidates(p, &end)) != ROTA_OK ||
            (rc = take_candidates(p, &end, &enough)) != ROTA_OK)
            break;
        p->state.cursor = end.at;
        p->state.cursor_row = end.row;
        for (int64_t i = 0; rc == ROTA_OK && i < p->next.count; i++)
            if (p->next.items[i].at <= end.at) rc = find_next(p, &p->next.items[i]);
    }
    return rc;
}

/* --- the answer --- */

/* Several notes may lead to the same one. */
static void sort_found(poll *p)
{
    int64_t kept = 0;
    if (p->found.count < 2) return;
    rota__sort(p->found.items, p->found.count, sizeof *p->found.items, by_due);
    for (int64_t i = 0; i < p->found.count; i++) {
        const found *last = kept ? &p->found.items[kept - 1] : NULL;
        if (!last || rota__id_compare(&last->reminder.id, &p->found.items[i].reminder.id) != 0)
            p->found.items[kept++] = p->found.items[i];
    }
    p->found.count = kept;
}

/* What is to be looked at by itself, and whom it concerns. */
static int begin(poll *p)
{
    rota__context *cx = p->cx;
    rota__counts counts;
    int rc = cx->store->ops->reminder_state(cx->store, &cx->env, &p->was);
    p->state = p->was;
    if (rc != ROTA_OK || p->was.version == 0) return rc;
    /* Where writers do not exclude each other, nobody may have written since. */
    if (!cx->store->ops->turns) {
        if ((rc = cx->store->ops->counts(cx->store, &cx->env, &counts)) != ROTA_OK) return rc;
        p->w->batch.ends_at = counts.events;
    }
    return rota__people_begin(&p->people, p->w);
}

static int begin_walk(poll *p)
{
    rota__context *cx = p->cx;
    if (p->state.cursor > rota__clock_latest(cx->now)) {
        p->state.cursor = cx->now;
        p->state.cursor_row = INT64_MAX;
        p->w->batch.remind.look_again = true;
    }
    p->walk = rota__arena_room(cx->env.arena, 1, (int64_t)sizeof *p->walk);
    if (!p->walk) return rota__context_nomem(cx);
    return cx->store->ops->reminder_offsets(cx->store, &cx->env, &p->offsets, &p->offset_count);
}

static int gather(poll *p)
{
    int rc = begin(p);
    if (rc != ROTA_OK || p->was.version == 0) return rc;
    if ((rc = begin_walk(p)) != ROTA_OK || (rc = gather_open(p)) != ROTA_OK ||
        (rc = gather_notes(p)) != ROTA_OK)
        return rc;
    sort_found(p);
    p->behind = p->found.count;
    rota__arena_init(&p->round, p->cx->looker->mem);
    rc = gather_due(p);
    rota__arena_free(&p->round);
    sort_found(p);
    return rc;
}

static int give(poll *p, found *one)
{
    rota__context *cx = p->cx;
    rota__reminder *r = &one->reminder;
    rota_reminder *row = ROTA__PUSH(p->room, p->rows);
    if (!row) return rota__context_nomem(cx);
    r->attempt++;
    r->until = cx->now + p->query.lease < ROTA_TIME_MAX ? cx->now + p->query.lease : ROTA_TIME_MAX;
    *row = (rota_reminder){ .size = (uint32_t)sizeof *row,
                            .attempt = r->attempt,
                            .id = r->id,
                            .booking = one->booking,
                            .occurrence = r->occurrence,
                            .resource = one->resource,
                            .start = r->start,
                            .due = r->due,
                            .late = cx->now - r->due,
                            .recurs = one->recurs ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT,
                            .state = ROTA_REMINDER_OPEN,
                            .until = r->until };
    return ROTA_OK;
}

static int put_found(poll *p, const found *one)
{
    rota__reminder *put = ROTA__PUSH(p->cx->env.arena, &p->w->batch.remind.put);
    if (!put) return rota__context_nomem(p->cx);
    *put = one->reminder;
    return ROTA_OK;
}

static void reach(poll *p, rota_time due)
{
    if (p->state.reached < due) p->state.reached = due;
}

static int put_next(poll *p)
{
    for (int64_t i = 0; i < p->next.count; i++) {
        if (!p->next.items[i].dirty) continue;
        rota__reminder_next *row = ROTA__PUSH(p->cx->env.arena, &p->w->batch.remind.next);
        if (!row) return rota__context_nomem(p->cx);
        *row = (rota__reminder_next){ p->next.items[i].booking, p->next.items[i].at };
    }
    return ROTA_OK;
}

/* The first ones are leased; those that were found beside them wait in the store. */
static int finish(poll *p)
{
    rota__remind *remind = &p->w->batch.remind;
    for (int64_t i = 0; i < p->found.count; i++) {
        found *one = &p->found.items[i];
        bool given = i < p->query.limit;
        int rc = given ? give(p, one) : ROTA_OK;
        reach(p, one->reminder.due);
        if (rc == ROTA_OK && (given || !one->stored)) rc = put_found(p, one);
        if (rc != ROTA_OK) return rc;
    }
    reach(p, p->state.cursor);
    int rc = put_next(p);
    remind->state = p->state;
    remind->was = p->was.version;
    remind->on = remind->put.count > 0 || remind->dropped.count > 0 ||
                 remind->notes_dropped.count > 0 || remind->next.count > 0 || remind->look_again ||
                 p->state.cursor >= p->was.cursor + IDLE_SECONDS;
    return rc;
}

/* What a call asks for, and where its answer goes. */
typedef struct asking {
    rota_reminder_query query;
    rota__reminder_rows *rows;
    rota__arena *room;
} asking;

static int decide(rota__write *w, const void *data)
{
    const asking *asked = data;
    poll p = {
        .w = w, .cx = w->cx, .query = asked->query, .rows = asked->rows, .room = asked->room
    };
    p.rows->count = 0;
    int rc = gather(&p);
    return rc == ROTA_OK && p.was.version > 0 ? finish(&p) : rc;
}

static int check_query(rota__context *cx, rota_reminder_query *q)
{
    int rc = rota__request_limit(cx, q->limit);
    if (rc == ROTA_OK) rc = rota__request_range(cx, "lease", q->lease, 0, ROTA_MAX_LEASE);
    if (rc == ROTA_OK) rc = rota__request_range(cx, "attempts", q->attempts, 0, 1000);
    if (rc == ROTA_OK) rc = rota__request_range(cx, "reserved", q->reserved, 0, 0);
    if (q->limit == 0) q->limit = 1000;
    if (q->lease == 0) q->lease = 60;
    if (q->attempts == 0) q->attempts = 10;
    return rc;
}

int rota__reminder_due(rota__write *w, const rota_reminder_query *query, rota__arena *room,
                       rota__reminder_rows *rows)
{
    asking asked = { .query = *query, .rows = rows, .room = room };
    int rc = check_query(w->cx, &asked.query);
    w->call.key = NULL;
    w->call.version = 0;
    if (rc == ROTA_OK) rc = rota__write_run(w, decide, &asked, "");
    if (rc == ROTA_OK && !(w->call.flags & ROTA_CALL_DRY_RUN))
        rota__meter_add(&w->cx->meter->reminders, rows->count);
    return rc;
}

int rota__reminder_settle(rota__write *w)
{
    poll p = { .w = w, .cx = w->cx, .query = { .limit = INT64_MAX } };
    rota__remind *remind = &w->batch.remind;
    int rc = begin(&p);
    if (rc != ROTA_OK || p.was.version == 0) return rc;
    rc = gather_notes(&p);
    sort_found(&p);
    for (int64_t i = 0; rc == ROTA_OK && i < p.found.count; i++) {
        reach(&p, p.found.items[i].reminder.due);
        rc = put_found(&p, &p.found.items[i]);
    }
    remind->state.reached = p.state.reached;
    return rc;
}

int rota__reminder_count(rota__write *w, int64_t most, int64_t *count)
{
    poll p = { .w = w, .cx = w->cx, .query = { .limit = most, .attempts = INT32_MAX } };
    int rc = gather(&p);
    /* It was asked, and nothing is to be written for that. */
    memset(&w->batch.remind, 0, sizeof w->batch.remind);
    *count = p.found.count < most ? p.found.count : most;
    return rc;
}
