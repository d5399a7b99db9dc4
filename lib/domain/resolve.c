#include "domain/resolve.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "domain/event.h"
#include "domain/request.h"

/* --- conflicts, as the host sees them --- */

typedef ROTA__LIST(rota__booking) rivals; /* by row */

static int by_row(const void *left, const void *right)
{
    const rota__booking *a = left, *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

static const rota__booking *find_rival(const rivals *list, int64_t row)
{
    const rota__booking wanted = { .row = row };
    return list->count ? bsearch(&wanted, list->items, (size_t)list->count, sizeof wanted, by_row)
                       : NULL;
}

static int by_int(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static int read_rival(rota__write *w, int64_t row, rota__booking *out)
{
    rota__context *cx = w->cx;
    rota__by by = { .row = row };
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, out);
    if (rc != ROTA_ENOTFOUND) return rc;
    return rota__error_set(cx->env.error, ROTA_ECORRUPT,
                           "booking row %" PRId64 " takes time and is not there", row);
}

/* Every other booking among the clashes, once. */
static int read_rivals(rota__write *w, const rota__clashes *clashes, rivals *list)
{
    rota__context *cx = w->cx;
    int64_t *rows = rota__arena_alloc(cx->env.arena, clashes->count, (int64_t)sizeof *rows);
    if (!rows) return rota__context_nomem(cx);
    for (int64_t i = 0; i < clashes->count; i++)
        rows[i] = clashes->items[i].booking;
    qsort(rows, (size_t)clashes->count, sizeof *rows, by_int);

    for (int64_t i = 0; i < clashes->count; i++) {
        if (rows[i] == 0 || (i > 0 && rows[i] == rows[i - 1])) continue;
        rota__booking *rival = ROTA__PUSH(cx->env.arena, list);
        if (!rival) return rota__context_nomem(cx);
        int rc = read_rival(w, rows[i], rival);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static int keep_text(rota__write *w, const char *text, const char **out)
{
    *out = rota__arena_text(w->cx->report, text, -1);
    return *out || !text ? ROTA_OK : rota__context_nomem(w->cx);
}

static int add_conflict(rota__write *w, const rota__clash *clash, const rivals *list)
{
    const rota__resource *resource = &clash->resource->resource;
    rota_conflict row = { .size = (uint32_t)sizeof row,
                          .units_asked = (int32_t)clash->units_asked,
                          .resource = resource->id,
                          .overlap = clash->overlap,
                          .units_left = clash->units_left };
    const rota__booking *rival = find_rival(list, clash->booking);
    int rc;
    if ((rc = keep_text(w, resource->name, &row.resource_name)) != ROTA_OK ||
        (rc = keep_text(w, resource->ref, &row.resource_ref)) != ROTA_OK)
        return rc;
    if (clash->via) {
        rota__timeline *via;
        if ((rc = rota__write_look(w, clash->via, &via)) != ROTA_OK) return rc;
        row.via = via->resource.id;
    }
    if (rival) {
        row.booking = rival->id;
        row.when = rival->when;
        row.version = rival->version;
        row.status = rival->status;
        row.priority = rival->priority;
        if ((rc = keep_text(w, rival->title, &row.title)) != ROTA_OK ||
            (rc = keep_text(w, rival->ref, &row.ref)) != ROTA_OK)
            return rc;
    } else {
        row.when = clash->overlap;
    }
    return rota__write_conflict(w, &row);
}

static int by_start(const void *left, const void *right)
{
    const rota_conflict *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    int order = rota__id_compare(&a->resource, &b->resource);
    return order ? order : rota__id_compare(&a->booking, &b->booking);
}

static int list_conflicts(rota__write *w, const rota__clashes *clashes, rivals *list)
{
    int rc = read_rivals(w, clashes, list);
    w->conflicts.count = 0;
    for (int64_t i = 0; rc == ROTA_OK && i < clashes->count; i++)
        rc = add_conflict(w, &clashes->items[i], list);
    if (rc == ROTA_OK)
        qsort(w->conflicts.items, (size_t)w->conflicts.count, sizeof *w->conflicts.items, by_start);
    return rc;
}

/* 'why "Blue" is taken … by "Standup", and 2 more conflicts'. */
static int say(rota__write *w, const char *why)
{
    const rota_conflict *first = &w->conflicts.items[0];
    rota__str text;
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s\"%.*s\" ", why, ROTA__SHOW_NAME(first->resource_name));
    if (rota__id_is_none(&first->booking)) {
        rota__str_addf(&text, "has %" PRId64 " unit%s, not the %" PRId32 " asked for",
                       first->units_left, first->units_left == 1 ? "" : "s", first->units_asked);
    } else {
        if (first->units_left > 0)
            rota__str_addf(&text, "has %" PRId64 " of the %" PRId32 " units asked for left",
                           first->units_left, first->units_asked);
        else
            rota__str_add(&text, "is taken");
        rota__str_addf(&text, " %s to %s by ", rota__request_show(first->when.start).text,
                       rota__request_show(first->when.end).text);
        char id[37];
        rota_id_format(&first->booking, id);
        if (first->title)
            rota__str_addf(&text, "\"%.*s\"", ROTA__SHOW_NAME(first->title));
        else
            rota__str_addf(&text, "booking %s", id);
    }
    if (w->conflicts.count > 1)
        rota__str_addf(&text, ", and %" PRId64 " more conflict%s", w->conflicts.count - 1,
                       w->conflicts.count == 2 ? "" : "s");
    const char *message = rota__str_done(&text);
    return message ? rota__error_set(w->cx->env.error, ROTA_ECONFLICT, "%s", message)
                   : rota__context_nomem(w->cx);
}

/* --- lapsed holds whose time is taken --- */

/* The status of a booking changes, and its time is given back. */
static int end_booking(rota__write *w, const rota__booking *before, int32_t status, int32_t event,
                       const rota__booking *winner)
{
    rota__booking after = *before;
    after.status = status;
    int rc = rota__write_put(w, before, &after);
    return rc == ROTA_OK ? rota__event_booking(w, event, winner) : rc;
}

int rota__resolve_expire(rota__write *w, const rota__booking *hold)
{
    return end_booking(w, hold, ROTA_BOOKING_EXPIRED, ROTA_EVENT_BOOKING_EXPIRED, NULL);
}

static int expire_lapsed(rota__write *w)
{
    rota__context *cx = w->cx;
    if (w->lapsed.count > 1)
        qsort(w->lapsed.items, (size_t)w->lapsed.count, sizeof *w->lapsed.items, by_int);
    for (int64_t i = 0; i < w->lapsed.count; i++) {
        if (i > 0 && w->lapsed.items[i] == w->lapsed.items[i - 1]) continue;
        rota__booking hold;
        int rc = read_rival(w, w->lapsed.items[i], &hold);
        if (rc != ROTA_OK) return rc;
        bool lapsed = hold.status == ROTA_BOOKING_HELD && hold.hold_expires <= cx->now;
        if (lapsed && (rc = rota__resolve_expire(w, &hold)) != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

/* --- cancelling others --- */

static bool may_be_cancelled(const rota__booking *rival)
{
    return rival->status == ROTA_BOOKING_HELD || rival->status == ROTA_BOOKING_CONFIRMED ||
           rival->status == ROTA_BOOKING_CHECKED_IN;
}

/* A rival, and whether the booking has to do without it. */
typedef struct candidate {
    const rota__booking *rival;
    bool goes;  /* is cancelled, as things stand */
    bool alone; /* clashes on a resource of one unit: it cannot come back */
} candidate;

typedef ROTA__LIST(candidate) candidates; /* the weightiest first */

/* Those that stay if they can come first: the more important, then the earlier. */
static int by_weight(const void *left, const void *right)
{
    const rota__booking *a = ((const candidate *)left)->rival;
    const rota__booking *b = ((const candidate *)right)->rival;
    if (a->priority != b->priority) return a->priority > b->priority ? -1 : 1;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    return rota__id_compare(&a->id, &b->id);
}

/* Does the booking fit where it is not itself, and the candidates that go are not?
 * near: as rota__admit_claims(). */
static int fits(rota__write *w, const rota__booking *booking, const candidates *list,
                const rota_span *near, rota__clashes *clashes)
{
    rota__absent absent = { 0 };
    int64_t count = list ? list->count : 0;
    absent.items = rota__arena_alloc(w->cx->env.arena, count + 1, (int64_t)sizeof *absent.items);
    if (!absent.items) return rota__context_nomem(w->cx);
    if (booking->row) absent.items[absent.count++] = booking->row;
    for (int64_t i = 0; i < count; i++)
        if (list->items[i].goes) absent.items[absent.count++] = list->items[i].rival->row;
    qsort(absent.items, (size_t)absent.count, sizeof *absent.items, by_int);
    return rota__admit_claims(w, booking->when, booking->claims, booking->claim_count, &absent,
                              near, clashes);
}

/* The same, in memory of its own, since it is asked often. It looks at nothing
 * that was not looked at and guarded before. */
static int try_fit(rota__write *w, const rota__booking *booking, const candidates *list,
                   const rota_span *near, bool *fit)
{
    rota__context *cx = w->cx;
    rota__arena *all = cx->env.arena, own;
    rota__clashes clashes = { 0 };
    const int64_t guards = w->batch.guards.count;
    rota__arena_init(&own, all->mem);
    cx->env.arena = &own;
    w->lapsed_known = true;
    int rc = fits(w, booking, list, near, &clashes);
    w->lapsed_known = false;
    cx->env.arena = all;
    assert(w->batch.guards.count == guards);
    (void)guards;
    *fit = rc == ROTA_OK && clashes.count == 0;
    rota__arena_free(&own);
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
                           "%" PRId64 " bookings would have to be cancelled, more than %d", going,
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

static int cancel(rota__write *w, const rota__booking *rival, const rota__booking *winner)
{
    int rc = end_booking(w, rival, ROTA_BOOKING_CANCELLED, ROTA_EVENT_BOOKING_CANCELLED, winner);
    if (rc != ROTA_OK) return rc;
    rota_id *id = ROTA__PUSH(w->cx->report, &w->cancelled);
    if (!id) return rota__context_nomem(w->cx);
    *id = rival->id;
    return ROTA_OK;
}

static bool told_to_cancel(const rota__write *w, const rota__booking *rival)
{
    const rota__verdict *verdict = rota__write_verdict(w, &rival->id, rival->version);
    return verdict && verdict->cancel;
}

static bool all_decided(const rota__write *w, const rivals *list)
{
    for (int64_t i = 0; i < list->count; i++)
        if (!rota__write_verdict(w, &list->items[i].id, list->items[i].version)) return false;
    return true;
}

/* Of each rival: does it clash on a resource of one unit? */
static bool *find_alone(rota__write *w, const rota__clashes *clashes, const rivals *list)
{
    bool *alone = rota__arena_alloc(w->cx->env.arena, list->count, (int64_t)sizeof *alone);
    for (int64_t i = 0; alone && i < clashes->count; i++) {
        const rota__booking *rival = find_rival(list, clashes->items[i].booking);
        if (rival && clashes->items[i].resource->resource.capacity == 1)
            alone[rival - list->items] = true;
    }
    return alone;
}

/* The rivals that may go. */
static int choose(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                  const rota__clashes *clashes, const rivals *list, candidates *chosen)
{
    const bool *alone = find_alone(w, clashes, list);
    if (!alone) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < list->count; i++) {
        const rota__booking *rival = &list->items[i];
        bool goes = on_conflict == ROTA_ON_CONFLICT_ASK ? told_to_cancel(w, rival)
                                                        : rival->priority < booking->priority;
        if (!goes || !may_be_cancelled(rival)) continue;
        candidate *one = ROTA__PUSH(w->cx->env.arena, chosen);
        if (!one) return rota__context_nomem(w->cx);
        *one = (candidate){ .rival = rival, .goes = true, .alone = alone[i] };
    }
    if (chosen->count > 1)
        qsort(chosen->items, (size_t)chosen->count, sizeof *chosen->items, by_weight);
    return ROTA_OK;
}

static int make_room(rota__write *w, const rota__booking *booking, candidates *chosen, bool *made)
{
    rota__clashes clashes = { 0 };
    int rc = fits(w, booking, chosen, NULL, &clashes);
    if (rc != ROTA_OK || clashes.count > 0) return rc;
    rc = put_back(w, booking, chosen);
    for (int64_t i = 0; i < chosen->count && rc == ROTA_OK; i++)
        if (chosen->items[i].goes) rc = cancel(w, chosen->items[i].rival, booking);
    *made = rc == ROTA_OK;
    return rc;
}

int rota__resolve_claims(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                         const char *why)
{
    rota__context *cx = w->cx;
    rota__clashes clashes = { 0 };
    rivals list = { 0 };
    candidates chosen = { 0 };
    bool made = false;
    int rc = fits(w, booking, NULL, NULL, &clashes);
    if (rc != ROTA_OK) return rc;
    if (clashes.count == 0) return expire_lapsed(w);
    if ((rc = list_conflicts(w, &clashes, &list)) != ROTA_OK) return rc;

    if (on_conflict == ROTA_ON_CONFLICT_DEFAULT) on_conflict = cx->on_conflict;
    bool asks = on_conflict == ROTA_ON_CONFLICT_ASK && cx->ask;
    if (asks && !all_decided(w, &list)) return ROTA__ASK_FIRST;
    if (asks || on_conflict == ROTA_ON_CONFLICT_OVERRIDE) {
        if ((rc = choose(w, booking, on_conflict, &clashes, &list, &chosen)) != ROTA_OK ||
            (rc = make_room(w, booking, &chosen, &made)) != ROTA_OK)
            return rc;
    }
    if (!made) return say(w, why);
    w->conflicts.count = 0;
    return expire_lapsed(w);
}

int rota__resolve_change(rota__write *w, int64_t resource, rota_span when,
                         const rota__change *change)
{
    rota__clashes clashes = { 0 };
    rivals list = { 0 };
    int rc = rota__admit_change(w, resource, when, change, &clashes);
    if (rc != ROTA_OK) return rc;
    if (clashes.count == 0) return expire_lapsed(w);
    rc = list_conflicts(w, &clashes, &list);
    return rc == ROTA_OK ? say(w, "") : rc;
}
