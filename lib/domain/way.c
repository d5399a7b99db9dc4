#include "domain/way.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/sort.h"
#include "domain/displace.h"
#include "domain/event.h"
#include "domain/request.h"
#include "domain/series_put.h"

int rota__way_read(rota__write *w, int64_t row, rota__booking *out)
{
    rota__context *cx = w->cx;
    rota__by by = { .row = row };
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, out);
    if (rc != ROTA_ENOTFOUND) return rc;
    return rota__error_set(cx->env.error, ROTA_ECORRUPT,
                           "booking row %" PRId64 " takes time and is not there", row);
}

static int by_row(const void *left, const void *right)
{
    const rota__booking *a = left, *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

const rota__booking *rota__way_rival(const rota__rivals *list, int64_t row)
{
    const rota__booking wanted = { .row = row };
    return list->count ? bsearch(&wanted, list->items, (size_t)list->count, sizeof wanted, by_row)
                       : NULL;
}

static bool is_block(const rota__booking *booking)
{
    return booking->kind != ROTA_KIND_BOOKING;
}

static bool may_be_cancelled(const rota__booking *rival)
{
    return rival->status == ROTA_BOOKING_HELD || rival->status == ROTA_BOOKING_CONFIRMED ||
           rival->status == ROTA_BOOKING_CHECKED_IN;
}

/* A rival, and whether the booking has to do without it. */
typedef struct family family;
typedef struct candidate {
    const rota__booking *rival;
    family *family; /* of an occurrence: its series; else NULL */
    bool goes;      /* is cancelled, as things stand */
    bool alone;     /* clashes on a resource of one unit: it cannot come back */
} candidate;

typedef ROTA__LIST(candidate) candidates; /* the weightiest first */

struct family {
    rota__booking row;
    rota__series series;
    bool changed;
};
typedef ROTA__LIST(family *) families;

/* By whose id the host knows it. */
static const rota__booking *named(const candidate *one)
{
    return one->family ? &one->family->row : one->rival;
}

/* Those that stay if they can come first: the more important, then the earlier. */
static int by_weight(const void *left, const void *right)
{
    const candidate *first = left, *second = right;
    const rota__booking *a = first->rival, *b = second->rival;
    if (a->priority != b->priority) return a->priority > b->priority ? -1 : 1;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    int order = rota__id_compare(&named(first)->id, &named(second)->id);
    return order ? order : (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
}

/* Does the booking fit where it is not itself, and the candidates that go are not?
 * near and breaches: as rota__admit_claims(). */
static int clear(rota__write *w, const rota__booking *booking, const candidates *list,
                 const rota_span *near, rota__clashes *clashes, rota__breaches *breaches)
{
    rota__absent absent = { 0 };
    bool room = rota__admit_absent_booking(w, &absent, booking);
    for (int64_t i = 0; room && list && i < list->count; i++)
        if (list->items[i].goes)
            room = rota__admit_absent_booking(w, &absent, list->items[i].rival);
    if (!room) return rota__context_nomem(w->cx);
    rota__admit_sort_absent(&absent);
    return rota__admit_claims(w, booking->when, booking->claims, booking->claim_count, &absent,
                              near, clashes, breaches);
}

int rota__way_clear(rota__write *w, const rota__booking *booking, rota__clashes *clashes,
                    rota__breaches *breaches)
{
    return clear(w, booking, NULL, NULL, clashes, breaches);
}

/* The same, in memory of its own, since it is asked often. */
static int try_fit(rota__write *w, const rota__booking *booking, const candidates *list,
                   const rota_span *near, bool *fit)
{
    rota__aside aside;
    rota__clashes clashes = { 0 };
    rota__write_aside(w, &aside);
    w->lapsed_known = true;
    int rc = clear(w, booking, list, near, &clashes, NULL);
    w->lapsed_known = false;
    rc = rota__write_back(w, &aside, rc);
    *fit = rc == ROTA_OK && clashes.count == 0;
    rota__arena_free(&aside.own);
    return rc;
}

/* The first `stay` come back, but for those that cannot. */
static void let_stay(candidates *list, int64_t stay)
{
    for (int64_t i = 0; i < list->count; i++)
        list->items[i].goes = i >= stay || list->items[i].alone;
}

/* How many of the weightiest can come back together. The more come back the less
 * fits, so halving finds it, however many there are. */
static int count_staying(rota__write *w, const rota__booking *booking, candidates *list,
                         int64_t *staying)
{
    int64_t low = 0, high = list->count;
    while (low < high) {
        int64_t mid = high - (high - low) / 2;
        bool fit;
        let_stay(list, mid);
        int rc = try_fit(w, booking, list, NULL, &fit);
        if (rc != ROTA_OK) return rc;
        if (fit)
            low = mid;
        else
            high = mid - 1;
    }
    let_stay(list, low);
    *staying = low;
    return ROTA_OK;
}

static int check_count(rota__write *w, const candidates *list)
{
    int64_t going = 0;
    for (int64_t i = 0; i < list->count; i++)
        going += list->items[i].goes;
    if (going <= ROTA_MAX_CANCELLED) return ROTA_OK;
    return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                           "%" PRId64 " bookings would have to give way, more than %d", going,
                           (int)ROTA_MAX_CANCELLED);
}

/* Where a resource has several units not every rival has to go: each one stays
 * that can, the weightiest first. Beyond those that stay together, each is tried
 * where it was: it can matter nowhere else. */
static int put_back(rota__write *w, const rota__booking *booking, candidates *list)
{
    int64_t staying = 0;
    int rc = count_staying(w, booking, list, &staying);
    if (rc == ROTA_OK) rc = check_count(w, list);
    for (int64_t i = staying; rc == ROTA_OK && i < list->count; i++) {
        bool fit;
        if (list->items[i].alone) continue;
        list->items[i].goes = false;
        rc = try_fit(w, booking, list, &list->items[i].rival->when, &fit);
        list->items[i].goes = !fit;
    }
    return rc;
}

static bool told_to_cancel(const rota__write *w, const rota__booking *rival)
{
    const rota__verdict *verdict = rota__write_verdict(w, &rival->id, rival->version);
    return verdict && verdict->cancel;
}

static int add_candidate(rota__write *w, const rota__booking *rival, family *of, bool alone,
                         candidates *chosen)
{
    candidate *one = ROTA__PUSH(w->cx->env.arena, chosen);
    if (!one) return rota__context_nomem(w->cx);
    *one = (candidate){ .rival = rival, .family = of, .goes = true, .alone = alone };
    return ROTA_OK;
}

/* A block cancels all that is none, what is none never a block. Who is movable has said that he
 * gives way, to either. */
static bool goes(const rota__write *w, const rota__booking *rival, const rota__booking *booking,
                 int32_t on_conflict)
{
    const bool lower = rival->priority < booking->priority;
    if (on_conflict == ROTA_ON_CONFLICT_ASK) return told_to_cancel(w, rival);
    if (on_conflict == ROTA_ON_CONFLICT_DISPLACE)
        return rota__displace_may(w, rival, is_block(booking));
    return is_block(booking) ? lower || !is_block(rival) : lower && !is_block(rival);
}

/* --- occurrences, for which a series has to be written --- */

static int family_of(rota__write *w, int64_t row, families *list, family **out)
{
    rota__context *cx = w->cx;
    for (int64_t i = 0; i < list->count; i++)
        if (list->items[i]->row.row == row) {
            *out = list->items[i];
            return ROTA_OK;
        }
    family *new = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *new);
    family **known = ROTA__PUSH(cx->env.arena, list);
    if (!new || !known) return rota__context_nomem(cx);
    *out = *known = new;
    int rc = rota__way_read(w, row, &new->row);
    if (rc != ROTA_OK) return rc;
    return rota__series_read(&cx->env, cx->zones, new->row.series, new->row.series_size,
                             &new->series);
}

static int choose_part(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                       int64_t row, rota_time original, bool alone, families *list,
                       candidates *chosen)
{
    rota__context *cx = w->cx;
    family *of = NULL;
    rota__happening at;
    int32_t kind;
    rota__booking *part = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *part);
    int rc = part ? family_of(w, row, list, &of) : rota__context_nomem(cx);
    /* One that is cancelled may have occurrences that were restored; one that is held has none
     * of its own. */
    bool firm = rc == ROTA_OK && (of->row.status == ROTA_BOOKING_CONFIRMED ||
                                  of->row.status == ROTA_BOOKING_CANCELLED);
    if (!firm || row == booking->part_of) return rc;
    if ((rc = rota__series_find(&cx->env, &of->series, original, &at, &kind)) == ROTA_OK)
        rc = rota__series_part(cx, &of->row, &of->series, &at, kind, part);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(cx->env.error, ROTA_ECORRUPT, "an occurrence at %s is not there",
                               rota__request_show(original).text);
    if (rc != ROTA_OK || !may_be_cancelled(part) || !goes(w, part, booking, on_conflict)) return rc;
    /* There is no other time of day for what takes days. */
    if (on_conflict == ROTA_ON_CONFLICT_DISPLACE && of->series.all_day) return ROTA_OK;
    return add_candidate(w, part, of, alone, chosen);
}

static int put_families(rota__write *w, const families *list)
{
    rota__context *cx = w->cx;
    const rota_receipt receipt = w->answer.receipt;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < list->count && rc == ROTA_OK; i++) {
        family *of = list->items[i];
        rota__booking after = of->row;
        if (!of->changed) continue;
        rc = rota__series_prepare(&cx->env, cx->zones, &of->series);
        if (rc == ROTA_OK) rc = rota__series_put(w, 0, &of->row, &after, &of->series);
    }
    w->answer.receipt = receipt;
    return rc;
}

/* Who clashes, each once, and whether it does on a resource of one unit. */
typedef struct rival {
    int64_t booking;
    rota_time original; /* of an occurrence as its series has it; else ROTA__GONE_WHOLE */
    bool alone;
} rival;

static int by_who(const void *left, const void *right)
{
    const rival *a = left, *b = right;
    if (a->booking != b->booking) return a->booking < b->booking ? -1 : 1;
    return (a->original > b->original) - (a->original < b->original);
}

static rival *list_rivals(rota__write *w, const rota__clashes *clashes, int64_t *count)
{
    rival *list = rota__arena_alloc(w->cx->env.arena, clashes->count, (int64_t)sizeof *list);
    int64_t all = 0, kept = 0;
    for (int64_t i = 0; list && i < clashes->count; i++) {
        const rota__clash *clash = &clashes->items[i];
        if (clash->booking == 0) continue;
        list[all++] = (rival){ .booking = clash->booking,
                               .original = clash->recurs ? clash->original : ROTA__GONE_WHOLE,
                               .alone = clash->resource->resource.capacity == 1 };
    }
    rota__sort(list, all, sizeof *list, by_who);
    for (int64_t i = 0; i < all; i++) {
        if (kept == 0 || by_who(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
        else
            list[kept - 1].alone |= list[i].alone;
    }
    *count = kept;
    return list;
}

/* Of a series only a block weighs each occurrence. */
static int choose_one(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                      const rival *one, const rota__rivals *known, families *of, candidates *chosen)
{
    const rota__booking *row = rota__way_rival(known, one->booking);
    const bool once = one->original == ROTA__GONE_WHOLE && !row->part_of;
    if (once) {
        if (!may_be_cancelled(row) || !goes(w, row, booking, on_conflict)) return ROTA_OK;
        return add_candidate(w, row, NULL, one->alone, chosen);
    }
    if (!is_block(booking) || on_conflict == ROTA_ON_CONFLICT_ASK) return ROTA_OK;
    return choose_part(w, booking, on_conflict, row->part_of ? row->part_of : one->booking,
                       row->part_of ? row->occurrence : one->original, one->alone, of, chosen);
}

static int choose(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                  const rota__clashes *clashes, const rota__rivals *known, families *of,
                  candidates *chosen)
{
    int64_t count;
    int rc = ROTA_OK;
    const rival *list = list_rivals(w, clashes, &count);
    if (!list) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = choose_one(w, booking, on_conflict, &list[i], known, of, chosen);
    if (rc == ROTA_OK) rota__sort(chosen->items, chosen->count, sizeof *chosen->items, by_weight);
    return rc;
}

/* An occurrence with its series, which is written once all of them are known. */
static int put(rota__write *w, int32_t event, const candidate *one, const rota__booking *after,
               const rota__booking *winner)
{
    if (one->family) {
        one->family->changed = true;
        return rota__series_put_part(w, event, one->rival, after, winner, &one->family->series);
    }
    int rc = rota__write_put(w, one->rival, after);
    return rc == ROTA_OK ? rota__event_booking(w, event, winner) : rc;
}

static int cancel(rota__write *w, const candidate *one, const rota__booking *winner)
{
    rota__booking after = *one->rival;
    after.status = ROTA_BOOKING_CANCELLED;
    int rc = put(w, ROTA_EVENT_BOOKING_CANCELLED, one, &after, winner);
    if (rc != ROTA_OK) return rc;
    const rota__booking *put = &w->batch.bookings.items[w->batch.bookings.count - 1];
    rota__cancelled *row = ROTA__PUSH(w->cx->report, &w->answer.cancelled);
    if (!row) return rota__context_nomem(w->cx);
    *row = (rota__cancelled){ .id = put->id,
                              .series = put->part_of_id,
                              .occurrence = put->occurrence };
    return ROTA_OK;
}

static int cancel_all(rota__write *w, const rota__booking *booking, const candidates *chosen,
                      const families *of)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < chosen->count && rc == ROTA_OK; i++)
        if (chosen->items[i].goes) rc = cancel(w, &chosen->items[i], booking);
    return rc == ROTA_OK ? put_families(w, of) : rc;
}

static int move(rota__write *w, const candidate *one, rota_span when, const rota__booking *winner)
{
    const rota__booking *before = one->rival;
    rota__booking after = *before;
    after.when = when;
    rota_displacement *row = ROTA__PUSH(w->cx->report, &w->answer.moved);
    if (!row) return rota__context_nomem(w->cx);
    *row = (rota_displacement){ .size = (uint32_t)sizeof *row,
                                .recurs = one->family ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT,
                                .booking = named(one)->id,
                                .from = before->when,
                                .to = when,
                                .version = named(one)->version + 1,
                                .occurrence = before->occurrence };
    return put(w, ROTA_EVENT_BOOKING_MOVED, one, &after, winner);
}

static int displace_all(rota__write *w, const rota__booking *booking, const candidates *chosen,
                        const families *of, const rota__booking **stuck)
{
    rota__arena *arena = w->cx->env.arena;
    const rota__booking **going = rota__arena_alloc(arena, chosen->count, (int64_t)sizeof *going);
    rota_span *places = rota__arena_alloc(arena, chosen->count, (int64_t)sizeof *places);
    int64_t count = 0, at = 0;
    if (!going || !places) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < chosen->count; i++)
        if (chosen->items[i].goes) going[count++] = chosen->items[i].rival;
    int rc = rota__displace_find(w, booking, going, count, places, stuck);
    if (rc != ROTA_OK || *stuck) return rc;
    for (int64_t i = 0; i < chosen->count && rc == ROTA_OK; i++)
        if (chosen->items[i].goes) rc = move(w, &chosen->items[i], places[at++], booking);
    return rc == ROTA_OK ? put_families(w, of) : rc;
}

int rota__way_make(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                   const rota__clashes *clashes, const rota__rivals *known, bool *made,
                   const rota__booking **stuck)
{
    rota__clashes left = { 0 };
    candidates chosen = { 0 };
    families of = { 0 };
    *made = false;
    *stuck = NULL;
    int rc = choose(w, booking, on_conflict, clashes, known, &of, &chosen);
    if (rc == ROTA_OK) rc = clear(w, booking, &chosen, NULL, &left, NULL);
    if (rc != ROTA_OK || left.count > 0) return rc;
    rc = put_back(w, booking, &chosen);
    if (rc == ROTA_OK)
        rc = on_conflict == ROTA_ON_CONFLICT_DISPLACE
                 ? displace_all(w, booking, &chosen, &of, stuck)
                 : cancel_all(w, booking, &chosen, &of);
    *made = rc == ROTA_OK && !*stuck;
    return rc;
}
