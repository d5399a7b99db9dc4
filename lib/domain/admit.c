#include "domain/admit.h"

#include <stdlib.h>

#include "domain/request.h"

static const rota_span always = { INT64_MIN, INT64_MAX };

/* --- groups: who is taken through whom --- */

typedef struct walk {
    rota__write *w;
    const rota__change *change; /* never NULL here */
    rota__reach *reach;
    rota_span window;
    bool down;
    bool all; /* inactive ones too: what could be taken, not what is */
} walk;

/* Many small groups within groups can multiply; beyond this it is a mistake. */
enum { MAX_REACHED = 200000 };

static int reach_from(const walk *k, int64_t resource, rota_span within, int depth);

static int reach_link(const walk *k, int64_t next, rota_span stay, rota_span within, int depth)
{
    rota_span common = rota__time_common(stay, within);
    bool matters = common.start < common.end && rota__time_overlap(common, k->window);
    return matters ? reach_from(k, next, common, depth + 1) : ROTA_OK;
}

/* A resource that is not active takes no part in its groups: nothing is taken
 * through it from above, though what it was itself booked for stays. */
static int reach_from(const walk *k, int64_t resource, rota_span within, int depth)
{
    rota__write *w = k->w;
    rota__timeline *t;
    if (depth > ROTA_MAX_NESTING)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT, "groups are nested more than %d deep",
                               (int)ROTA_MAX_NESTING);
    int rc = rota__write_look(w, resource, &t);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(w->cx->env.error, ROTA_ECORRUPT, "a membership leads nowhere");
    if (rc != ROTA_OK) return rc;
    const rota__resource *as = k->change->resource;
    bool active = k->all || (as && as->row == resource ? as->active : t->resource.active);
    if (k->down && depth > 0 && !active) return ROTA_OK;

    if (k->reach->count == MAX_REACHED)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                               "groups lead to more than %d memberships", (int)MAX_REACHED);
    rota__reached *reached = ROTA__PUSH(w->cx->env.arena, k->reach);
    if (!reached) return rota__context_nomem(w->cx);
    *reached = (rota__reached){ .resource = resource, .within = within };
    if (!k->down && !active) return ROTA_OK;

    const rota__member *stays = k->down ? t->members : t->groups;
    int64_t count = k->down ? t->member_count : t->group_count;
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = reach_link(k, k->down ? stays[i].member : stays[i].group, stays[i].when, within,
                        depth);
    const rota__member *joining = k->change->joining;
    if (rc == ROTA_OK && joining && resource == (k->down ? joining->group : joining->member))
        rc = reach_link(k, k->down ? joining->member : joining->group, joining->when, within,
                        depth);
    return rc;
}

static const rota__change no_change;

int rota__admit_below(rota__write *w, int64_t resource, rota_span window,
                      const rota__change *change, bool all, rota__reach *reach)
{
    walk k = { .w = w,
               .change = change ? change : &no_change,
               .reach = reach,
               .window = window,
               .down = true,
               .all = all };
    return reach_from(&k, resource, always, 0);
}

int rota__admit_above(rota__write *w, int64_t resource, rota_span window,
                      const rota__change *change, bool all, rota__reach *reach)
{
    walk k = { .w = w,
               .change = change ? change : &no_change,
               .reach = reach,
               .window = window,
               .down = false,
               .all = all };
    return reach_from(&k, resource, always, 0);
}

/* --- one resource: how many units are taken, at every instant --- */

/* So many units for so long. booking 0: what is asked for. */
typedef struct piece {
    int64_t booking, via;
    rota_span span;
    int64_t units;
} piece;

typedef ROTA__LIST(piece) pieces;

static int add_piece(rota__write *w, pieces *list, const piece *p)
{
    piece *added = ROTA__PUSH(w->cx->env.arena, list);
    if (!added) return rota__context_nomem(w->cx);
    *added = *p;
    return ROTA_OK;
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_booking(const void *left, const void *right)
{
    const piece *a = left, *b = right;
    int order = compare_int(a->booking, b->booking);
    if (order == 0) order = compare_int(a->span.start, b->span.start);
    if (order == 0) order = compare_int(a->span.end, b->span.end);
    return order ? order : compare_int(a->via, b->via);
}

static int by_value(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return compare_int(*a, *b);
}

static void sort(void *items, int64_t count, size_t size,
                 int (*compare)(const void *, const void *))
{
    if (count > 1) qsort(items, (size_t)count, size, compare);
}

/* One booking may take a resource in several ways at once: itself and through a
 * group, or through two groups. It takes the most that any of them asks for, not
 * their sum: who is in two teams comes to the meeting of both once. */
static int flatten_one(rota__write *w, const piece *ways, int64_t count, pieces *out)
{
    int64_t *cuts = rota__arena_alloc(w->cx->env.arena, 2 * count, (int64_t)sizeof *cuts);
    if (!cuts) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < count; i++) {
        cuts[2 * i] = ways[i].span.start;
        cuts[2 * i + 1] = ways[i].span.end;
    }
    sort(cuts, 2 * count, sizeof *cuts, by_value);
    for (int64_t c = 0; c + 1 < 2 * count; c++) {
        piece most = { .booking = ways[0].booking, .span = { cuts[c], cuts[c + 1] } };
        if (most.span.start == most.span.end) continue;
        for (int64_t i = 0; i < count; i++)
            if (rota__time_overlap(ways[i].span, most.span) && ways[i].units > most.units) {
                most.units = ways[i].units;
                most.via = ways[i].via;
            }
        int rc = most.units ? add_piece(w, out, &most) : ROTA_OK;
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static int flatten(rota__write *w, pieces *list)
{
    sort(list->items, list->count, sizeof *list->items, by_booking);
    bool several = false;
    for (int64_t i = 1; i < list->count; i++)
        several |= list->items[i].booking == list->items[i - 1].booking;
    if (!several) return ROTA_OK;

    pieces flat = { 0 };
    for (int64_t i = 0, end; i < list->count; i = end) {
        for (end = i + 1; end < list->count && list->items[end].booking == list->items[i].booking;)
            end++;
        int rc = end - i == 1 ? add_piece(w, &flat, &list->items[i])
                              : flatten_one(w, &list->items[i], end - i, &flat);
        if (rc != ROTA_OK) return rc;
    }
    *list = flat;
    return ROTA_OK;
}

/* Where a booking lies whose setup and cleanup may reach into a span. */
static rota_span widened(rota_span span, int64_t before, int64_t after)
{
    if (span.start > ROTA_TIME_MIN) span.start -= after;
    if (span.end < ROTA_TIME_MAX) span.end += before;
    return span;
}

static bool is_absent(const rota__absent *absent, int64_t booking)
{
    return absent && absent->count &&
           bsearch(&booking, absent->items, (size_t)absent->count, sizeof booking, by_value);
}

/* A lapsed hold takes nothing (I7). But somebody with a slower clock may still
 * see it held: whoever takes its time must end it in the same commit. */
static int pass_over(rota__write *w, int64_t booking)
{
    if (w->lapsed_known) return ROTA_OK;
    int64_t *row = ROTA__PUSH(w->cx->env.arena, &w->lapsed);
    if (!row) return rota__context_nomem(w->cx);
    *row = booking;
    return ROTA_OK;
}

/* What a booking of `when` takes of a resource that belongs to its group within
 * `stay`: who is not in the booking itself needs no setup and no cleanup for it. */
static rota_span occupied(const rota__resource *resource, rota_span when, rota_span stay)
{
    static const rota_span nothing = { 0, 0 };
    rota_span whole = { when.start - resource->before, when.end + resource->after };
    return rota__time_overlap(when, stay) ? rota__time_common(whole, stay) : nothing;
}

/* What takes a resource within `when`: its own bookings, and those of the groups
 * it belongs to at that moment, each with the resource's own setup and cleanup. */
static int gather(rota__write *w, const rota__resource *resource, rota_span when,
                  const rota__change *change, const rota__absent *absent, pieces *taken)
{
    rota__reach above = { 0 };
    const rota_span window = widened(when, resource->before, resource->after);
    int rc = rota__admit_above(w, resource->row, window, change, false, &above);
    for (int64_t g = 0; rc == ROTA_OK && g < above.count; g++) {
        const rota__reached *source = &above.items[g];
        const rota_span common = rota__time_common(window, source->within);
        rota__timeline *t;
        if ((rc = rota__write_look(w, source->resource, &t)) != ROTA_OK) break;

        rota__busy_cursor cursor;
        rota__interval interval;
        for (rota__busy_seek(t, common, &cursor);
             rc == ROTA_OK && rota__busy_next(&cursor, &interval);) {
            if (is_absent(absent, interval.booking)) continue;
            piece p = { .booking = interval.booking,
                        .via = g > 0 ? source->resource : 0,
                        .span = occupied(resource, interval.span, source->within),
                        .units = interval.units };
            if (!rota__time_overlap(p.span, when)) continue;
            bool lapsed = interval.expires && interval.expires <= w->cx->now;
            rc = lapsed ? pass_over(w, interval.booking) : add_piece(w, taken, &p);
        }
    }
    return rc == ROTA_OK ? flatten(w, taken) : rc;
}

typedef struct edge {
    rota_time at;
    int64_t taken, asked; /* what begins (above zero) or ends (below) here */
} edge;

static int by_time(const void *left, const void *right)
{
    const edge *a = left, *b = right;
    return compare_int(a->at, b->at);
}

/* A span in which the units run out, by the same number throughout. */
typedef struct shortage {
    rota_span span;
    int64_t left, asked;
} shortage;

typedef ROTA__LIST(shortage) shortages; /* in order, none overlapping another */

static int add_shortage(rota__write *w, shortages *list, const shortage *s)
{
    shortage *last = list->count ? &list->items[list->count - 1] : NULL;
    if (last && last->span.end == s->span.start && last->left == s->left &&
        last->asked == s->asked) {
        last->span.end = s->span.end;
        return ROTA_OK;
    }
    shortage *added = ROTA__PUSH(w->cx->env.arena, list);
    if (!added) return rota__context_nomem(w->cx);
    *added = *s;
    return ROTA_OK;
}

/* Walk along the edges of everything taken and asked for. Where something is
 * asked for, it must fit on top; else what is taken must fit by itself. */
static int sweep(rota__write *w, int64_t capacity, const pieces *taken, const pieces *asked,
                 shortages *out)
{
    int64_t count = 2 * (taken->count + asked->count), n = 0;
    edge *edges = rota__arena_alloc(w->cx->env.arena, count, (int64_t)sizeof *edges);
    if (!edges) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < taken->count; i++) {
        const piece *p = &taken->items[i];
        edges[n++] = (edge){ .at = p->span.start, .taken = p->units };
        edges[n++] = (edge){ .at = p->span.end, .taken = -p->units };
    }
    for (int64_t i = 0; i < asked->count; i++) {
        const piece *p = &asked->items[i];
        edges[n++] = (edge){ .at = p->span.start, .asked = p->units };
        edges[n++] = (edge){ .at = p->span.end, .asked = -p->units };
    }
    sort(edges, count, sizeof *edges, by_time);

    int64_t units_taken = 0, units_asked = 0;
    for (int64_t i = 0; i < count; i++) {
        units_taken += edges[i].taken;
        units_asked += edges[i].asked;
        if (i + 1 == count || edges[i + 1].at == edges[i].at) continue;
        bool counts = asked->count == 0 || units_asked > 0;
        if (!counts || units_taken + units_asked <= capacity) continue;
        shortage s = { .span = { edges[i].at, edges[i + 1].at },
                       .left = units_taken < capacity ? capacity - units_taken : 0,
                       .asked = units_asked };
        int rc = add_shortage(w, out, &s);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static const shortage *first_overlap(const shortages *list, rota_span span)
{
    int64_t low = 0, high = list->count;
    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        if (list->items[mid].span.end <= span.start)
            low = mid + 1;
        else
            high = mid;
    }
    return low < list->count && rota__time_overlap(list->items[low].span, span) ? &list->items[low]
                                                                                : NULL;
}

static int add_clash(rota__write *w, rota__clashes *clashes, const rota__timeline *t,
                     const piece *p, const shortage *s)
{
    rota__clash *clash = ROTA__PUSH(w->cx->env.arena, clashes);
    if (!clash) return rota__context_nomem(w->cx);
    *clash = (rota__clash){ .resource = t,
                            .booking = p ? p->booking : 0,
                            .via = p ? p->via : 0,
                            .overlap = p ? rota__time_common(p->span, s->span) : s->span,
                            .units_left = s->left,
                            .units_asked = s->asked };
    return ROTA_OK;
}

/* A resource that is reached in several ways is looked at in several windows, one
 * after the other: what was told of an earlier one is not told again. */
static bool told_before(const rota__clashes *clashes, int64_t count, const rota__timeline *t,
                        int64_t booking)
{
    while (count > 0 && clashes->items[count - 1].resource == t)
        if (clashes->items[--count].booking == booking) return true;
    return false;
}

/* One clash for each booking that takes units where there are too few. */
static int tell(rota__write *w, const rota__timeline *t, const pieces *taken,
                const shortages *short_of, rota__clashes *clashes)
{
    const int64_t earlier = clashes->count;
    int64_t told = 0;
    for (int64_t i = 0; i < taken->count; i++) {
        const piece *p = &taken->items[i];
        const shortage *s = first_overlap(short_of, p->span);
        if (!s || told == p->booking) continue; /* pieces stand by booking, then start */
        told = p->booking;
        if (told_before(clashes, earlier, t, told)) continue;
        int rc = add_clash(w, clashes, t, p, s);
        if (rc != ROTA_OK) return rc;
    }
    return short_of->count && !told ? add_clash(w, clashes, t, NULL, &short_of->items[0]) : ROTA_OK;
}

static int admit_one(rota__write *w, int64_t row, rota_span when, pieces *asked,
                     const rota__change *change, const rota__absent *absent, rota__clashes *clashes)
{
    pieces taken = { 0 };
    shortages short_of = { 0 };
    rota__timeline *t;
    int rc = rota__write_look(w, row, &t);
    if (rc != ROTA_OK) return rc;
    bool changed = change && change->resource && change->resource->row == row;
    const rota__resource *resource = changed ? change->resource : &t->resource;

    if ((rc = gather(w, resource, when, change, absent, &taken)) != ROTA_OK ||
        (rc = flatten(w, asked)) != ROTA_OK ||
        (rc = sweep(w, resource->capacity, &taken, asked, &short_of)) != ROTA_OK)
        return rc;

    /* Without a wish, what lies outside of the window is not looked at. */
    if (asked->count == 0) {
        int64_t kept = 0;
        for (int64_t i = 0; i < short_of.count; i++)
            if (rota__time_overlap(short_of.items[i].span, when))
                short_of.items[kept++] = short_of.items[i];
        short_of.count = kept;
    }
    return tell(w, t, &taken, &short_of, clashes);
}

/* --- what the rest of the domain asks --- */

/* So many units of a resource, asked for within a span of it. */
typedef struct wish {
    int64_t resource;
    rota_span within;
    int64_t units;
} wish;

typedef ROTA__LIST(wish) wishes;

static int by_resource(const void *left, const void *right)
{
    const wish *a = left, *b = right;
    return compare_int(a->resource, b->resource);
}

static int wish_for(rota__write *w, const rota__claim *claim, rota_span when, wishes *list)
{
    rota__timeline *t;
    int rc = rota__write_look(w, claim->resource, &t);
    if (rc == ROTA_OK && !t->resource.active)
        rc = rota__error_set(w->cx->env.error, ROTA_ESTATE, "resource \"%.*s\" is not active",
                             ROTA__SHOW_NAME(t->resource.name));
    rota__reach below = { 0 };
    if (rc == ROTA_OK) rc = rota__admit_below(w, claim->resource, when, NULL, false, &below);
    for (int64_t i = 0; rc == ROTA_OK && i < below.count; i++) {
        wish *added = ROTA__PUSH(w->cx->env.arena, list);
        if (!added) return rota__context_nomem(w->cx);
        *added = (wish){ .resource = below.items[i].resource,
                         .within = below.items[i].within,
                         .units = claim->units };
    }
    return rc;
}

/* The wishes for one resource: are there units for them? */
static int admit_wishes(rota__write *w, rota_span when, const wish *list, int64_t count,
                        const rota__absent *absent, const rota_span *near, rota__clashes *clashes)
{
    rota__timeline *t;
    pieces asked = { 0 };
    rota_span part = always;
    int rc = rota__write_look(w, list[0].resource, &t);
    if (rc != ROTA_OK) return rc;
    const rota__resource *resource = &t->resource;
    if (near) part = occupied(resource, *near, always);
    for (int64_t i = 0; i < count; i++) {
        piece p = { .span = rota__time_common(occupied(resource, when, list[i].within), part),
                    .units = list[i].units };
        if (p.span.start < p.span.end && (rc = add_piece(w, &asked, &p)) != ROTA_OK) return rc;
    }
    if (asked.count == 0) return ROTA_OK;
    rota_span window = rota__time_common(occupied(resource, when, always), part);
    return admit_one(w, resource->row, window, &asked, NULL, absent, clashes);
}

int rota__admit_claims(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       const rota__absent *absent, const rota_span *near, rota__clashes *clashes)
{
    wishes list = { 0 };
    int rc = ROTA_OK;
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        if (rota__claim_blocks(&claims[i])) rc = wish_for(w, &claims[i], when, &list);
    sort(list.items, list.count, sizeof *list.items, by_resource);

    for (int64_t i = 0, end; rc == ROTA_OK && i < list.count; i = end) {
        for (end = i + 1; end < list.count && list.items[end].resource == list.items[i].resource;)
            end++;
        rc = admit_wishes(w, when, &list.items[i], end - i, absent, near, clashes);
    }
    return rc;
}

/* As gather() and sweep() would find it, of a resource that nobody takes but by its
 * own bookings: free where there is none in the way, whatever its capacity. */
static int peek_one(const rota__timeline *t, rota_span when, int32_t units, rota_time now)
{
    const rota__resource *resource = &t->resource;
    const rota_span span = occupied(resource, when, always);
    rota__busy_cursor cursor;
    rota__interval interval;
    if (units > resource->capacity) return ROTA__ADMIT_UNKNOWN;
    if (resource->capacity == 1 && rota__itree_is_firm(&t->tree))
        return rota__itree_meets(&t->tree, widened(span, resource->before, resource->after))
                   ? ROTA__ADMIT_TAKEN
                   : ROTA__ADMIT_FREE;
    rota__busy_seek(t, widened(span, resource->before, resource->after), &cursor);
    while (rota__busy_next(&cursor, &interval)) {
        bool lapsed = interval.expires && interval.expires <= now;
        if (lapsed || !rota__time_overlap(occupied(resource, interval.span, always), span))
            continue;
        return resource->capacity == 1 ? ROTA__ADMIT_TAKEN : ROTA__ADMIT_UNKNOWN;
    }
    return ROTA__ADMIT_FREE;
}

int rota__admit_peek(rota__context *cx, rota_span when, const rota_claim *claims, int64_t count,
                     int *answer)
{
    bool taken = false;
    int64_t i = 0;
    int rc = rota__busy_peek_begin(cx->looker, &cx->env);
    if (rc != ROTA_OK) return rc;
    for (; i < count; i++) {
        const rota__timeline *t = rota__busy_peek(cx->looker, &claims[i].resource);
        if (!t || t->resource.removed) break;
        if (claims[i].role == ROTA_ROLE_OPTIONAL || (claims[i].flags & ROTA_CLAIM_FREE)) continue;
        if (!t->resource.active || t->group_count > 0 || t->member_count > 0) break;
        int one = peek_one(t, when, claims[i].units, cx->now);
        if (one == ROTA__ADMIT_UNKNOWN) break;
        taken |= one == ROTA__ADMIT_TAKEN;
    }
    rota__busy_peek_end(cx->looker);
    *answer = i < count ? ROTA__ADMIT_UNKNOWN : taken ? ROTA__ADMIT_TAKEN : ROTA__ADMIT_FREE;
    return ROTA_OK;
}

static int by_reached(const void *left, const void *right)
{
    const rota__reached *a = left, *b = right;
    int order = compare_int(a->resource, b->resource);
    return order ? order : compare_int(a->within.start, b->within.start);
}

int rota__admit_change(rota__write *w, int64_t resource, rota_span when, const rota__change *change,
                       rota__clashes *clashes)
{
    rota__reach below = { 0 };
    rota_span window = widened(when, ROTA_MAX_BUFFER, ROTA_MAX_BUFFER);
    int rc = rota__admit_below(w, resource, window, change, false, &below);
    sort(below.items, below.count, sizeof *below.items, by_reached);
    for (int64_t i = 0; i < below.count && rc == ROTA_OK; i++) {
        pieces nothing = { 0 };
        rota_span common = rota__time_common(when, below.items[i].within);
        if (common.start < common.end)
            rc = admit_one(w, below.items[i].resource, common, &nothing, change, NULL, clashes);
    }
    return rc;
}

int rota__admit_self(rota__write *w, int64_t resource, rota_span when, rota__clashes *clashes)
{
    pieces nothing = { 0 };
    return admit_one(w, resource, when, &nothing, NULL, NULL, clashes);
}
