#include "domain/admit_private.h"

#include "base/sort.h"
#include "domain/request.h"

/* --- one resource: how many units are taken, at every instant --- */

typedef rota__piece piece;
typedef rota__pieces pieces;

static int add_piece(rota__write *w, pieces *list, const piece *p)
{
    piece *added = ROTA__PUSH(w->cx->env.arena, list);
    if (!added) return rota__context_nomem(w->cx);
    *added = *p;
    return ROTA_OK;
}

static int by_booking(const void *left, const void *right)
{
    const piece *a = left, *b = right;
    int order = rota__compare(a->booking, b->booking);
    if (order == 0) order = rota__compare(a->original, b->original);
    if (order == 0) order = rota__compare(a->span.start, b->span.start);
    if (order == 0) order = rota__compare(a->span.end, b->span.end);
    return order ? order : rota__compare(a->via, b->via);
}

static bool is_same(const piece *a, const piece *b)
{
    return a->booking == b->booking && a->original == b->original;
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
    rota__sort(cuts, 2 * count, sizeof *cuts, rota__by_value);
    for (int64_t c = 0; c + 1 < 2 * count; c++) {
        piece most = ways[0];
        most.span = (rota_span){ cuts[c], cuts[c + 1] };
        most.units = most.via = 0;
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
    rota__sort(list->items, list->count, sizeof *list->items, by_booking);
    bool several = false;
    for (int64_t i = 1; i < list->count; i++)
        several |= is_same(&list->items[i], &list->items[i - 1]);
    if (!several) return ROTA_OK;

    pieces flat = { 0 };
    for (int64_t i = 0, end; i < list->count; i = end) {
        for (end = i + 1; end < list->count && is_same(&list->items[end], &list->items[i]);)
            end++;
        int rc = end - i == 1 ? add_piece(w, &flat, &list->items[i])
                              : flatten_one(w, &list->items[i], end - i, &flat);
        if (rc != ROTA_OK) return rc;
    }
    *list = flat;
    return ROTA_OK;
}

int rota__admit_pass_over(rota__write *w, int64_t booking)
{
    if (w->lapsed_known) return ROTA_OK;
    int64_t *row = ROTA__PUSH(w->cx->report, &w->lapsed); /* a look may have an arena of its own */
    if (!row) return rota__context_nomem(w->cx);
    *row = booking;
    return ROTA_OK;
}

/* A look at what takes a resource within a span. */
typedef struct look {
    rota__write *w;
    const rota__resource *resource;
    rota_span when;
    rota_time series_until; /* series are looked at up to here */
    const rota__absent *absent;
    pieces *taken;
    const pieces *near;    /* only what overlaps one of these, by start; NULL: everything */
    const rota_time *ends; /* the latest end of near, up to each */
} look;

/* Most of what takes a resource for decades lies between the occurrences of a series. */
static bool is_near(const look *k, rota_span span)
{
    int64_t low = 0, high = k->near->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (k->near->items[middle].span.start < span.end)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && k->ends[low - 1] > span.start;
}

static int take(const look *k, const rota__reached *source, rota_time expires, piece *p)
{
    if (!rota__time_overlap(p->span, k->when)) return ROTA_OK;
    if (k->near && !is_near(k, p->span)) return ROTA_OK;
    p->via = source->resource == k->resource->row ? 0 : source->resource;
    bool lapsed = rota__lapsed(expires, k->w->cx->now);
    return lapsed ? rota__admit_pass_over(k->w, p->booking) : add_piece(k->w, k->taken, p);
}

static int take_use(const look *k, const rota__reached *source, const rota__use *use)
{
    if (rota__admit_is_absent(k->absent, use->booking, ROTA__GONE_WHOLE) ||
        rota__admit_is_absent(k->absent, use->booking, use->original))
        return ROTA_OK;
    if (k->taken->count > ROTA__USES_MOST)
        return rota__error_set(k->w->cx->env.error, ROTA_ELIMIT,
                               "more than %d occurrences of series lie within the time asked for",
                               (int)ROTA__USES_MOST);
    piece p = { .booking = use->booking,
                .original = use->original,
                .recurs = true,
                .span = rota__admit_occupied(k->resource, use->when, source->within),
                .when = use->when,
                .units = use->units };
    return take(k, source, use->expires, &p);
}

/* From memory, as it was with what has changed since, or anew. */
static int get_block(rota__context *cx, const rota__timeline *t, int64_t number, rota__block **out)
{
    enum { MOST_RENEWED = 64 };
    const rota__timeline *base = t->base ? t->base : t;
    rota__block *old = rota__busy_block(cx->looker, t, number);
    int64_t changes = base->changes.count, known = old ? old->changes : 0;
    const rota__block_source source = { .zones = cx->zones,
                                        .mem = cx->looker->mem,
                                        .resource = base->resource.row,
                                        .recurring = base->recurring,
                                        .count = base->recurring_count };
    *out = old;
    if (old && known == changes) return ROTA_OK;
    int rc = old && changes - known <= MOST_RENEWED
                 ? rota__block_renew(&cx->env, &source, old, base->changes.items + known,
                                     changes - known, out)
                 : rota__block_new(&cx->env, &source, number, out);
    rota__block_drop(old);
    if (rc != ROTA_OK) return rc;
    (*out)->changes = changes;
    rota__busy_put_block(cx->looker, t, *out);
    return ROTA_OK;
}

/* Those of a block that may overlap a span, from *at on, where a look before has ended. */
static int gather_uses(const look *k, const rota__timeline *t, const rota__reached *source,
                       const rota__block *block, rota_span span, bool first, int64_t *at)
{
    int64_t seek = rota__block_seek(block, span);
    int rc = ROTA_OK;
    if (seek > *at) *at = seek;
    for (; *at < block->count && rc == ROTA_OK; ++*at) {
        const rota__use *use = &block->uses[*at];
        if (use->when.start >= span.end) break;
        if (!first && rota__block_of(use->when.start) != block->number) continue;
        if (!rota__busy_gone(t, use->booking)) rc = take_use(k, source, use);
    }
    return rc;
}

/* Each use once: in the block it starts in, or in the first one of the span. */
static int gather_block(const look *k, const rota__timeline *t, const rota__reached *source,
                        rota_span span, int64_t number)
{
    const rota__resource *resource = k->resource;
    rota__block *block;
    bool first = number == rota__block_of(span.start);
    int64_t at = 0;
    int rc = get_block(k->w->cx, t, number, &block);
    if (rc != ROTA_OK) return rc;
    if (!k->near) rc = gather_uses(k, t, source, block, span, first, &at);
    for (int64_t i = 0; k->near && i < k->near->count && rc == ROTA_OK; i++) {
        rota_span wide = rota__admit_widened(k->near->items[i].span, resource->before,
                                             resource->after);
        wide = rota__time_common(wide, span);
        if (wide.start < wide.end) rc = gather_uses(k, t, source, block, wide, first, &at);
    }
    rota__block_drop(block);
    return rc;
}

static void reach_out(rota_span *all, rota_span when)
{
    if (when.start < all->start) all->start = when.start;
    if (when.end > all->end) all->end = when.end;
}

/* To the time in which there are any series at all. */
static rota_span shorten(const rota__timeline *t, rota_span span)
{
    rota_span all = { INT64_MAX, INT64_MIN };
    for (int64_t i = 0; i < t->recurring_count; i++)
        reach_out(&all, t->recurring[i].taken.when);
    for (int64_t i = 0; t->delta && i < t->delta->recurring.count; i++)
        reach_out(&all, t->delta->recurring.items[i].taken.when);
    return rota__time_common(span, all);
}

/* The series that this turn has written. */
static int gather_new(const look *k, const rota__timeline *t, const rota__reached *source,
                      rota_span span)
{
    rota__context *cx = k->w->cx;
    const rota__block_source new = { .zones = cx->zones,
                                     .resource = t->resource.row,
                                     .recurring = t->delta->recurring.items,
                                     .count = t->delta->recurring.count };
    rota__uses uses = { 0 };
    int rc = new.count > 0 ? rota__block_expand(&cx->env, &new, span, &uses) : ROTA_OK;
    for (int64_t i = 0; i < uses.count && rc == ROTA_OK; i++)
        rc = take_use(k, source, &uses.items[i]);
    return rc;
}

static int gather_series(const look *k, const rota__timeline *t, const rota__reached *source,
                         rota_span span)
{
    const rota_span sure = { ROTA_TIME_MIN, k->series_until };
    int rc = ROTA_OK;
    span = rota__time_common(span, sure);
    if (!rota__busy_recurs(t) || span.start >= span.end) return ROTA_OK;
    if (span.end - span.start > 2 * ROTA__BLOCK_SECONDS) span = shorten(t, span);
    if (span.start >= span.end) return ROTA_OK;
    for (int64_t i = 0; t->recurring_count > 0 && rc == ROTA_OK; i++) {
        int64_t number = rota__block_of(span.start) + i;
        if (number > rota__block_of(span.end - 1)) break;
        rc = gather_block(k, t, source, span, number);
    }
    return rc == ROTA_OK && t->delta ? gather_new(k, t, source, span) : rc;
}

static int gather_bookings(const look *k, const rota__timeline *t, const rota__reached *source,
                           rota_span span)
{
    rota__busy_cursor cursor;
    rota__interval interval;
    int rc = ROTA_OK;
    for (rota__busy_seek(t, span, &cursor); rc == ROTA_OK && rota__busy_next(&cursor, &interval);) {
        if (rota__admit_is_absent(k->absent, interval.booking, ROTA__GONE_WHOLE)) continue;
        piece p = { .booking = interval.booking,
                    .span = rota__admit_occupied(k->resource, interval.span, source->within),
                    .units = interval.units };
        rc = take(k, source, interval.expires, &p);
    }
    return rc;
}

/* Each booking is another one, by a number that no row has. */
static int gather_arrivals(const look *k)
{
    const rota__reached own = { .resource = k->resource->row, .within = rota__unbounded };
    int rc = ROTA_OK;
    for (int64_t a = 0; k->absent && a < k->absent->arrivals.count; a++) {
        const rota__arrival *arrival = &k->absent->arrivals.items[a];
        for (int64_t i = 0; i < arrival->wishes->count && rc == ROTA_OK; i++) {
            const rota__wish *taken = &arrival->wishes->items[i];
            if (taken->resource != k->resource->row) continue;
            piece p = { .booking = -1 - a,
                        .span = rota__admit_occupied(k->resource, arrival->when, taken->within),
                        .units = taken->units };
            rc = take(k, &own, 0, &p);
        }
    }
    return rc;
}

/* Its own bookings, and those of the groups it belongs to at that moment, each with the
 * resource's own setup and cleanup. */
static int gather(const look *k, const rota__change *change)
{
    rota__reach above = { 0 };
    const rota_span window = rota__admit_widened(k->when, k->resource->before, k->resource->after);
    int rc = rota__admit_above(k->w, k->resource->row, window, change, false, &above);
    for (int64_t g = 0; rc == ROTA_OK && g < above.count; g++) {
        const rota__reached *source = &above.items[g];
        const rota_span common = rota__time_common(window, source->within);
        rota__timeline *t;
        if ((rc = rota__write_look(k->w, source->resource, &t)) == ROTA_OK &&
            (rc = gather_bookings(k, t, source, common)) == ROTA_OK)
            rc = gather_series(k, t, source, common);
    }
    if (rc == ROTA_OK) rc = gather_arrivals(k);
    return rc == ROTA_OK ? flatten(k->w, k->taken) : rc;
}

typedef struct edge {
    rota_time at;
    int64_t taken, asked; /* what begins (above zero) or ends (below) here */
} edge;

static int by_time(const void *left, const void *right)
{
    const edge *a = left, *b = right;
    return rota__compare(a->at, b->at);
}

/* Of both lists, by time; so many as twice the pieces. NULL: no memory. */
static edge *find_edges(rota__write *w, const pieces *taken, const pieces *asked)
{
    int64_t count = 2 * (taken->count + asked->count), n = 0;
    edge *edges = rota__arena_alloc(w->cx->env.arena, count, (int64_t)sizeof *edges);
    if (!edges) return NULL;
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
    rota__sort(edges, count, sizeof *edges, by_time);
    return edges;
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

/* Is anywhere in the window more taken than there is, and more than was taken before? */
static int is_fuller(const look *k, const pieces *before, bool *fuller)
{
    const int64_t count = 2 * (k->taken->count + before->count);
    const edge *edges = find_edges(k->w, k->taken, before);
    int64_t is = 0, was = 0;
    if (!edges) return rota__context_nomem(k->w->cx);
    for (int64_t i = 0; i + 1 < count && !*fuller; i++) {
        const rota_span until_next = { edges[i].at, edges[i + 1].at };
        is += edges[i].taken;
        was += edges[i].asked;
        *fuller = is > k->resource->capacity && is > was && until_next.start < until_next.end &&
                  rota__time_overlap(until_next, k->when);
    }
    return ROTA_OK;
}

/* Units may have been taken away from now on: then more is taken in the past than there is,
 * which is not for who joins to answer for. */
static int forgive(const look *k, shortages *short_of)
{
    pieces before = { 0 };
    look as_is = *k;
    bool fuller = false;
    as_is.taken = &before;
    int rc = gather(&as_is, NULL);
    if (rc == ROTA_OK) rc = is_fuller(k, &before, &fuller);
    if (rc == ROTA_OK && !fuller) short_of->count = 0;
    return rc;
}

/* Walk along the edges of everything taken and asked for. Where something is
 * asked for, it must fit on top; else what is taken must fit by itself. */
static int sweep(rota__write *w, int64_t capacity, const pieces *taken, const pieces *asked,
                 shortages *out)
{
    const int64_t count = 2 * (taken->count + asked->count);
    const edge *edges = find_edges(w, taken, asked);
    int64_t units_taken = 0, units_asked = 0;
    if (!edges) return rota__context_nomem(w->cx);
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
                     const piece *asked, const piece *p, const shortage *s)
{
    rota__clash *clash = ROTA__PUSH(w->cx->env.arena, clashes);
    if (!clash) return rota__context_nomem(w->cx);
    rota_span overlap = asked ? rota__time_common(asked->span, s->span) : s->span;
    *clash = (rota__clash){ .resource = t,
                            .overlap = p ? rota__time_common(p->span, overlap) : overlap,
                            .units_left = s->left,
                            .units_asked = s->asked };
    if (p) {
        clash->booking = p->booking;
        clash->via = p->via;
        clash->recurs = p->recurs;
        clash->original = p->original;
        clash->when = p->when;
    }
    if (asked) {
        clash->asked_recurs = true;
        clash->asked = asked->original;
    }
    return ROTA_OK;
}

/* A resource that is reached in several ways is looked at in several windows, one
 * after the other: what was told of an earlier one is not told again. */
static bool told_before(const rota__clashes *clashes, int64_t count, const rota__timeline *t,
                        const piece *p)
{
    while (count > 0 && clashes->items[count - 1].resource == t) {
        const rota__clash *clash = &clashes->items[--count];
        if (clash->booking == p->booking && clash->original == p->original) return true;
    }
    return false;
}

/* One clash for each booking, or occurrence, that takes units where there are too few. */
static int tell(rota__write *w, const rota__timeline *t, const pieces *taken,
                const shortages *short_of, rota__clashes *clashes)
{
    const int64_t earlier = clashes->count;
    const piece *told = NULL;
    for (int64_t i = 0; i < taken->count; i++) {
        const piece *p = &taken->items[i];
        const shortage *s = first_overlap(short_of, p->span);
        if (!s || (told && is_same(told, p))) continue; /* pieces stand by booking, then start */
        told = p;
        if (told_before(clashes, earlier, t, told)) continue;
        int rc = add_clash(w, clashes, t, NULL, p, s);
        if (rc != ROTA_OK) return rc;
    }
    return short_of->count && !told ? add_clash(w, clashes, t, NULL, NULL, &short_of->items[0])
                                    : ROTA_OK;
}

typedef struct hit {
    const piece *by;
    const shortage *at;
} hit;

/* What is taken, on its way past what is asked for, both by start: what has ended by then is
 * not looked at again. */
typedef struct passing {
    const piece **coming; /* by start */
    int64_t count, next;
    ROTA__LIST(const piece *) there;
    ROTA__LIST(hit) hits; /* of the one that is asked for */
} passing;

static int by_start(const void *left, const void *right)
{
    const piece *const *a = left, *const *b = right;
    return rota__compare((*a)->span.start, (*b)->span.start);
}

static const piece **sort_by_start(rota__write *w, const pieces *list)
{
    const piece **sorted = rota__arena_alloc(w->cx->env.arena, list->count,
                                             (int64_t)sizeof(*sorted));
    for (int64_t i = 0; sorted && i < list->count; i++)
        sorted[i] = &list->items[i];
    if (sorted) rota__sort(sorted, list->count, sizeof(*sorted), by_start);
    return sorted;
}

static bool move_on(rota__write *w, passing *p, rota_span span)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < p->there.count; i++)
        if (p->there.items[i]->span.end > span.start) p->there.items[kept++] = p->there.items[i];
    p->there.count = kept;
    while (p->next < p->count && p->coming[p->next]->span.start < span.end) {
        const piece **added = ROTA__PUSH(w->cx->env.arena, &p->there);
        if (!added) return false;
        *added = p->coming[p->next++];
    }
    return true;
}

/* Pieces stand by booking: so do these, and those of one by the shortage. */
static int by_rival(const void *left, const void *right)
{
    const hit *a = left, *b = right;
    int order = rota__compare(a->by->booking, b->by->booking);
    if (order == 0) order = rota__compare(a->by->original, b->by->original);
    if (order == 0) order = (a->at > b->at) - (a->at < b->at);
    return order ? order : (a->by > b->by) - (a->by < b->by);
}

static int tell_one(rota__write *w, const rota__timeline *t, const piece *asked, passing *p,
                    const shortages *short_of, rota__clashes *clashes)
{
    const shortage *first = first_overlap(short_of, asked->span);
    int rc = ROTA_OK;
    p->hits.count = 0;
    for (int64_t i = 0; first && i < p->there.count; i++) {
        const piece *by = p->there.items[i];
        const rota_span common = rota__time_common(by->span, asked->span);
        const shortage *at = common.start < common.end ? first_overlap(short_of, common) : NULL;
        hit *added = at ? ROTA__PUSH(w->cx->env.arena, &p->hits) : NULL;
        if (at && !added) return rota__context_nomem(w->cx);
        if (at) *added = (hit){ by, at };
    }
    rota__sort(p->hits.items, p->hits.count, sizeof *p->hits.items, by_rival);
    for (int64_t i = 0; i < p->hits.count && rc == ROTA_OK; i++)
        if (i == 0 || !is_same(p->hits.items[i - 1].by, p->hits.items[i].by))
            rc = add_clash(w, clashes, t, asked, p->hits.items[i].by, p->hits.items[i].at);
    if (!first || p->hits.count > 0) return rc;
    return add_clash(w, clashes, t, asked, NULL, first);
}

/* The same for each occurrence that is asked for and not there yet. */
static int tell_each(rota__write *w, const rota__timeline *t, const pieces *asked,
                     const pieces *taken, const shortages *short_of, rota__clashes *clashes)
{
    int rc = ROTA_OK;
    if (short_of->count == 0) return ROTA_OK;
    const piece **wanted = sort_by_start(w, asked);
    passing p = { .coming = sort_by_start(w, taken), .count = taken->count };
    if (!wanted || !p.coming) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < asked->count && rc == ROTA_OK; i++) {
        if (!move_on(w, &p, wanted[i]->span)) return rota__context_nomem(w->cx);
        if (!wanted[i]->stands) rc = tell_one(w, t, wanted[i], &p, short_of, clashes);
    }
    return rc;
}

static int by_span(const void *left, const void *right)
{
    const piece *a = left, *b = right;
    int order = rota__compare(a->span.start, b->span.start);
    return order ? order : by_booking(left, right);
}

static int set_near(look *k, const pieces *asked)
{
    rota_time *ends = rota__arena_alloc(k->w->cx->env.arena, asked->count, (int64_t)sizeof *ends);
    if (!ends) return rota__context_nomem(k->w->cx);
    rota__sort(asked->items, asked->count, sizeof *asked->items, by_span);
    for (int64_t i = 0; i < asked->count; i++) {
        rota_time end = asked->items[i].span.end;
        ends[i] = i > 0 && ends[i - 1] > end ? ends[i - 1] : end;
    }
    k->near = asked;
    k->ends = ends;
    return ROTA_OK;
}

/* From here on series are not looked at one by one, but where something is asked for. */
static rota_time far_from(rota__write *w, rota_span when)
{
    return rota__admit_near_end(when.start > w->cx->now ? when.start : w->cx->now);
}

static rota_time look_until(rota_span when)
{
    return when.end < ROTA_TIME_MAX - ROTA_MAX_BUFFER ? when.end + ROTA_MAX_BUFFER : ROTA_TIME_MAX;
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
    bool joins = change && change->joining;
    bool each = asked->count > 0 && asked->items[0].recurs;
    bool ends_far = asked->count == 0 && when.end > far_from(w, when);
    look k = { .w = w,
               .resource = changed ? change->resource : &t->resource,
               .when = when,
               .series_until = ends_far ? far_from(w, when) : look_until(when),
               .absent = absent,
               .taken = &taken };

    if ((each && (rc = set_near(&k, asked)) != ROTA_OK) || (rc = gather(&k, change)) != ROTA_OK ||
        (rc = flatten(w, asked)) != ROTA_OK ||
        (rc = sweep(w, k.resource->capacity, &taken, asked, &short_of)) != ROTA_OK)
        return rc;

    /* Without a wish, what lies outside of the window is not looked at. */
    if (asked->count == 0) {
        int64_t kept = 0;
        for (int64_t i = 0; i < short_of.count; i++)
            if (rota__time_overlap(short_of.items[i].span, when))
                short_of.items[kept++] = short_of.items[i];
        short_of.count = kept;
    }
    if (joins && short_of.count > 0 && (rc = forgive(&k, &short_of)) != ROTA_OK) return rc;
    return each ? tell_each(w, t, asked, &taken, &short_of, clashes)
                : tell(w, t, &taken, &short_of, clashes);
}

int rota__admit_pieces(rota__write *w, int64_t resource, rota_span window, pieces *asked,
                       const rota__absent *absent, rota__clashes *clashes)
{
    return admit_one(w, resource, window, asked, NULL, absent, clashes);
}

/* --- where too few units are left --- */

static int64_t seconds_in(rota_span span, rota_span window)
{
    rota_span common = rota__time_common(span, window);
    return common.start < common.end ? common.end - common.start : 0;
}

/* Of one unit, taken by nothing but its own bookings: they come in order, and each of them
 * takes all there is. */
static int full_alone(rota__write *w, const rota__timeline *t, rota_span window, rota__spans *out,
                      double *load)
{
    const rota__resource *resource = &t->resource;
    rota__itree_cursor cursor;
    rota__interval interval;
    rota__itree_seek(&t->tree, rota__admit_widened(window, resource->before, resource->after),
                     &cursor);
    while (rota__itree_next(&cursor, &interval)) {
        bool lapsed = rota__lapsed(interval.expires, w->cx->now);
        rota_span span = rota__admit_occupied(resource, interval.span, rota__unbounded);
        if (lapsed || !rota__time_overlap(span, window)) continue;
        if (load) *load += (double)interval.units * (double)seconds_in(span, window);
        if (!rota__spans_add(w->cx->env.arena, out, rota__time_common(span, window)))
            return rota__context_nomem(w->cx);
    }
    return ROTA_OK;
}

int rota__admit_full(rota__write *w, int64_t resource, rota_span window, int64_t units,
                     const rota__absent *absent, rota__spans *out, double *load)
{
    pieces taken = { 0 }, asked = { 0 };
    const piece all = { .span = window, .units = units };
    shortages short_of = { 0 };
    rota__timeline *t;
    int rc = rota__write_look(w, resource, &t);
    if (rc != ROTA_OK) return rc;
    bool alone = t->group_count == 0 && !rota__busy_recurs(t) && !t->delta;
    if (alone && units == 1 && t->resource.capacity == 1 && rota__admit_as_it_is(absent))
        return full_alone(w, t, window, out, load);

    look k = { .w = w,
               .resource = &t->resource,
               .when = window,
               .series_until = look_until(window),
               .absent = absent,
               .taken = &taken };
    if ((rc = add_piece(w, &asked, &all)) != ROTA_OK || (rc = gather(&k, NULL)) != ROTA_OK ||
        (rc = sweep(w, t->resource.capacity, &taken, &asked, &short_of)) != ROTA_OK)
        return rc;
    for (int64_t i = 0; i < short_of.count; i++)
        if (!rota__spans_add(w->cx->env.arena, out, short_of.items[i].span))
            return rota__context_nomem(w->cx);
    for (int64_t i = 0; load && i < taken.count; i++)
        *load += (double)taken.items[i].units * (double)seconds_in(taken.items[i].span, window);
    return rc;
}

/* --- what the rest of the domain asks --- */

typedef rota__wish wish;
typedef rota__wishes wishes;

static int by_resource(const void *left, const void *right)
{
    const wish *a = left, *b = right;
    return rota__compare(a->resource, b->resource);
}

void rota__admit_sort_wishes(wishes *list)
{
    rota__sort(list->items, list->count, sizeof *list->items, by_resource);
}

static int add_wishes(rota__write *w, const rota__claim *claim, rota_span when, wishes *list)
{
    rota__timeline *t;
    int rc = rota__write_look(w, claim->resource, &t);
    if (rc == ROTA_OK && !t->resource.active)
        rc = rota__error_set(w->cx->env.error, ROTA_ESTATE, "resource \"%.*s\" %s",
                             ROTA__SHOW_NAME(t->resource.name),
                             t->resource.removed ? "was removed" : "is not active");
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
    rota_span part = rota__unbounded;
    int rc = rota__write_look(w, list[0].resource, &t);
    if (rc != ROTA_OK) return rc;
    const rota__resource *resource = &t->resource;
    if (near) part = rota__admit_occupied(resource, *near, rota__unbounded);
    for (int64_t i = 0; i < count; i++) {
        piece p = { .span = rota__time_common(rota__admit_occupied(resource, when, list[i].within),
                                              part),
                    .units = list[i].units };
        if (p.span.start < p.span.end && (rc = add_piece(w, &asked, &p)) != ROTA_OK) return rc;
    }
    if (asked.count == 0) return ROTA_OK;
    rota_span window = rota__time_common(rota__admit_occupied(resource, when, rota__unbounded),
                                         part);
    return admit_one(w, resource->row, window, &asked, NULL, absent, clashes);
}

int rota__admit_wishes(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       wishes *list)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        if (rota__claim_blocks(&claims[i])) rc = add_wishes(w, &claims[i], when, list);
    return rc;
}

int rota__admit_claims(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       const rota__absent *absent, const rota_span *near, rota__clashes *clashes,
                       rota__breaches *breaches)
{
    wishes list = { 0 };
    int rc = rota__admit_wishes(w, when, claims, count, &list);
    rota__admit_sort_wishes(&list);
    if (rc == ROTA_OK && breaches) rc = rota__admit_open(w, when, &list, breaches);

    for (int64_t i = 0, end; rc == ROTA_OK && i < list.count; i = end) {
        for (end = i + 1; end < list.count && list.items[end].resource == list.items[i].resource;)
            end++;
        rc = admit_wishes(w, when, &list.items[i], end - i, absent, near, clashes);
    }
    return rc;
}

static int by_reached(const void *left, const void *right)
{
    const rota__reached *a = left, *b = right;
    int order = rota__compare(a->resource, b->resource);
    return order ? order : rota__compare(a->within.start, b->within.start);
}

int rota__admit_within(rota__write *w, int64_t resource, rota_span window,
                       const rota__change *change, rota__clashes *clashes)
{
    pieces nothing = { 0 };
    return admit_one(w, resource, window, &nothing, change, NULL, clashes);
}

/* *proven: see rota__admit_far(). */
static int admit_all(rota__write *w, int64_t resource, rota_span when, const rota__change *change,
                     rota__clashes *clashes, bool *proven)
{
    const rota_time until = far_from(w, when);
    int rc = rota__admit_within(w, resource, when, change, clashes);
    *proven = true;
    if (rc != ROTA_OK || when.end <= until || clashes->count > 0) return rc;
    if (change && change->eases) return rc;
    const rota_span far = { until, when.end < ROTA_TIME_MAX ? when.end : ROTA_TIME_MAX };
    return rota__admit_far(w, resource, change, far, clashes, proven);
}

/* One resource, in the spans in which it is reached. In memory of its own, for there may be many
 * of them, and decades of each. */
static int admit_reached(rota__write *w, const rota__reached *ways, int64_t count, rota_span when,
                         const rota__change *change, rota__clashes *clashes, bool *proven)
{
    rota__aside aside;
    rota__clashes found = { 0 };
    int rc = ROTA_OK;
    rota__write_aside(w, &aside);
    for (int64_t i = 0; i < count && rc == ROTA_OK && *proven; i++) {
        rota_span common = rota__time_common(when, ways[i].within);
        if (common.start < common.end)
            rc = admit_all(w, ways->resource, common, change, &found, proven);
    }
    rc = rota__write_back(w, &aside, rc);
    if (rc == ROTA_OK) rc = rota__admit_keep(w, &found, clashes);
    rota__arena_free(&aside.own);
    return rc;
}

int rota__admit_change(rota__write *w, int64_t resource, rota_span when, const rota__change *change,
                       rota__clashes *clashes)
{
    rota__reach below = { 0 };
    rota_span window = rota__admit_widened(when, ROTA_MAX_BUFFER, ROTA_MAX_BUFFER);
    bool proven = true;
    int rc = rota__admit_below(w, resource, window, change, false, &below);
    rota__sort(below.items, below.count, sizeof *below.items, by_reached);
    for (int64_t i = 0, end; i < below.count && rc == ROTA_OK && proven; i = end) {
        for (end = i + 1;
             end < below.count && below.items[end].resource == below.items[i].resource;)
            end++;
        rc = admit_reached(w, &below.items[i], end - i, when, change, clashes, &proven);
    }
    if (rc == ROTA_OK && !proven && clashes->count == 0)
        rc = rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                             "whether series without an end ever meet cannot be said");
    return rc;
}

int rota__admit_self(rota__write *w, int64_t resource, rota_span when, rota__clashes *clashes)
{
    bool proven;
    return admit_all(w, resource, when, NULL, clashes, &proven);
}
