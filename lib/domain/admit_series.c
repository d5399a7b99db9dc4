/* The gate for series. What lies within reach is looked at one stretch after the other,
 * by the same sweep that a single booking meets; what has no end is then compared as
 * patterns. */
#include "domain/admit_private.h"

#include "base/sort.h"
#include "domain/forever.h"
#include "domain/pattern.h"
#include "domain/request.h"
#include "domain/series_put.h"

enum {
    MOST = 400000,       /* occurrences looked at */
    PROOF_WORK = 2000000 /* steps of comparing patterns, each of some 50 ns */
};
/* What has an end so far away that it is not waited for. */
#define FAR_SECONDS (INT64_C(36525) * 86400)

static const rota_span ever = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* One era on its way. */
typedef struct strand {
    rota__series_walk *walk;
    rota__happening next;
    bool there;
    rota__wishes wishes; /* by resource */
} strand;

typedef struct look {
    rota__write *w;
    const rota__series *series;
    bool marks;     /* only the eras that are marked are new */
    rota_time from; /* what starts earlier is not new */
    rota_time until;
    rota_time far;  /* all that has an end is over by then */
    rota_time sure; /* of an endless one: up to here it must be looked at */
    rota_time last; /* what begins behind it does not matter */
    const rota__absent *absent;
    rota__clashes *clashes;
    rota__breaches *breaches;         /* NULL: hours do not matter */
    strand *strands;                  /* one for each era */
    ROTA__LIST(int64_t) resources;    /* rows, each once */
    int64_t reach;                    /* the longest setup and cleanup of them */
    int64_t slack;                    /* by as much the walk of a strand may be out of order */
    ROTA__LIST(rota__happening) near; /* those of the stretch, by start, after some before it */
    int64_t total;
    bool all;          /* the end was reached, and nothing is left to be looked at */
    rota__spans spans; /* of the series at hand */
    rota__spans ends;  /* else: what has an end, and its surroundings, behind `until`; apart */
    int64_t end_at, hops;
} look;

/* --- what is wished for --- */

static int wish_era(look *k, int64_t era)
{
    const rota__era *as = &k->series->eras[era];
    strand *s = &k->strands[era];
    int64_t count = as->cancelled ? 0 : as->claim_count;
    int rc = rota__admit_wishes(k->w, ever, as->claims, count, &s->wishes);
    rota__admit_sort_wishes(&s->wishes);
    for (int64_t i = 0; i < s->wishes.count && rc == ROTA_OK; i++) {
        int64_t *row = ROTA__PUSH(k->w->cx->env.arena, &k->resources);
        if (!row) return rota__context_nomem(k->w->cx);
        *row = s->wishes.items[i].resource;
    }
    return rc;
}

/* The first wish for a resource. */
static int64_t find_wish(const strand *s, int64_t resource)
{
    int64_t low = 0, high = s->wishes.count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (s->wishes.items[middle].resource < resource)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- how far it has to be looked --- */

static rota_time horizon(const look *k)
{
    rota__happening first;
    rota_time from = k->w->cx->now > k->from ? k->w->cx->now : k->from;
    if (rota__series_first(&k->w->cx->env, k->series, from, &first) == ROTA_OK)
        from = first.when.start;
    return from < ROTA_TIME_MAX - ROTA__CHECK_SECONDS ? from + ROTA__CHECK_SECONDS : ROTA_TIME_MAX;
}

static int note_end(look *k, rota_span span)
{
    bool added = rota__spans_push(k->w->cx->env.arena, &k->spans, span);
    return added ? ROTA_OK : rota__context_nomem(k->w->cx);
}

/* The eras that another one follows: they end, wherever they were moved to, though the
 * series may not. */
static int note_eras(look *k, const rota__series *series)
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
        if (!era->cancelled) rc = note_end(k, span);
    }
    return rc;
}

/* Its additions, of which each comes once, wherever the last era has moved them to. */
static int note_dates(look *k, const rota__series *series)
{
    const int64_t last = series->era_count - 1, slack = rota__series_slack(series, last);
    const rota__era *era = &series->eras[last];
    int64_t length = era->length * (series->all_day ? 86400 : 1);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < series->rdate_count && rc == ROTA_OK && !era->cancelled; i++) {
        rota_time at = series->rdates[i] + era->shift;
        rc = note_end(k, (rota_span){ at - slack, at + length + slack });
    }
    return rc;
}

/* Between when and when that lies of a series which has an end. One that has none by its
 * rule may have been cancelled from some point on. */
static int note_ends(look *k, const rota__recurring *recurring)
{
    rota__env *env = &k->w->cx->env;
    rota_span when = recurring->taken.when;
    rota__series series;
    k->spans.count = 0;
    if (when.end < ROTA_TIME_MAX) return note_end(k, when);
    int rc = rota__series_read(env, k->w->cx->zones, recurring->series, recurring->series_size,
                               &series);
    if (rc == ROTA_OK) rc = note_eras(k, &series);
    if (rc == ROTA_OK) rc = note_dates(k, &series);
    if (rc != ROTA_OK || rota__series_endless(&series)) return rc;
    const rota__era *last = &series.eras[series.era_count - 1];
    return last->cancelled ? ROTA_OK : note_end(k, when);
}

static int note_own(look *k)
{
    k->spans.count = 0;
    int rc = note_eras(k, k->series);
    return rc == ROTA_OK ? note_dates(k, k->series) : rc;
}

/* Where somebody begins to belong to a group, or ends to. */
static void latest_edge(rota_span stay, rota_time *last)
{
    if (stay.start > *last) *last = stay.start;
    if (stay.end > *last && stay.end < ROTA_TIME_MAX) *last = stay.end;
}

static void latest_noted(const look *k, rota_time *last)
{
    for (int64_t i = 0; i < k->spans.count; i++)
        if (k->spans.items[i].end > *last) *last = k->spans.items[i].end;
}

/* The latest end of what has one, and takes the timeline behind `from`. */
static int last_end(look *k, const rota__timeline *t, rota_time from, rota_time *last)
{
    rota_span rest = { from, INT64_MAX };
    const rota__recurring *recurring;
    rota__busy_cursor cursor;
    rota__interval interval;
    for (rota__busy_seek(t, rest, &cursor); rota__busy_next(&cursor, &interval);)
        if (interval.span.end > *last) *last = interval.span.end;
    for (int64_t at = 0; (recurring = rota__busy_next_recurring(t, &at));) {
        int rc = note_ends(k, recurring);
        if (rc != ROTA_OK) return rc;
        latest_noted(k, last);
    }
    return ROTA_OK;
}

/* Looks at every timeline that will be asked for, too: what is asked later, in an arena of
 * its own, guards nothing new. */
static int measure(look *k)
{
    bool endless = rota__series_endless(k->series);
    rota_time far = k->until = k->sure = endless ? horizon(k) : ROTA_TIME_MAX;
    int rc = endless ? note_own(k) : ROTA_OK;
    if (rc != ROTA_OK) return rc;
    if (endless) latest_noted(k, &far);
    for (int64_t e = 0; endless && e < k->series->era_count; e++)
        for (int64_t i = 0; i < k->strands[e].wishes.count; i++)
            latest_edge(k->strands[e].wishes.items[i].within, &far);
    for (int64_t i = 0; i < k->resources.count; i++) {
        rota__reach above = { 0 };
        rota__timeline *t;
        rc = rota__admit_above(k->w, k->resources.items[i], ever, NULL, false, &above);
        rota__places places;
        if (rc == ROTA_OK) rc = rota__admit_places(k->w, k->resources.items[i], &places);
        if (rc != ROTA_OK) return rc;
        for (int64_t g = 0; g < above.count; g++) {
            if ((rc = rota__write_look(k->w, above.items[g].resource, &t)) != ROTA_OK) return rc;
            if (endless) latest_edge(above.items[g].within, &far);
            if (endless && (rc = last_end(k, t, k->until, &far)) != ROTA_OK) return rc;
            if (g == 0 && t->resource.before + t->resource.after > k->reach)
                k->reach = t->resource.before + t->resource.after;
        }
    }
    /* What starts behind the last end may still be in the way of its cleanup. */
    k->far = far < ROTA_TIME_MAX - k->reach ? far + k->reach : ROTA_TIME_MAX;
    k->all = k->far - k->until <= FAR_SECONDS;
    if (k->all) k->until = k->far;
    return ROTA_OK;
}

/* --- what is far away --- */

/* Up to where what begins behind `until` is seen to reach back. */
static rota_time far_begins(const look *k)
{
    return k->until - k->reach;
}

/* With what setup and cleanup may add to it, which can be all of it that lies far away. */
static int add_end(look *k, rota_span span)
{
    const rota_span rest = { far_begins(k), k->last };
    rota_span around = rota__time_common(span, rest);
    if (around.start >= around.end) return ROTA_OK;
    around.start -= k->reach;
    around.end += k->reach;
    if (around.start < far_begins(k)) around.start = far_begins(k);
    bool added = rota__spans_push(k->w->cx->env.arena, &k->ends, around);
    return added ? ROTA_OK : rota__context_nomem(k->w->cx);
}

/* Where it begins and ends what is taken is cut; in between, two that have no end meet as they
 * would without it. */
static int add_edges(look *k, rota_span stay)
{
    int rc = ROTA_OK;
    if (stay.start > ROTA_TIME_MIN) rc = add_end(k, (rota_span){ stay.start, stay.start + 1 });
    if (rc == ROTA_OK && stay.end < ROTA_TIME_MAX)
        rc = add_end(k, (rota_span){ stay.end - 1, stay.end });
    return rc;
}

static int add_noted(look *k)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < k->spans.count && rc == ROTA_OK; i++)
        rc = add_end(k, k->spans.items[i]);
    return rc;
}

static int add_ends(look *k, const rota__timeline *t)
{
    const rota_span rest = { far_begins(k), INT64_MAX };
    const rota__recurring *recurring;
    rota__busy_cursor cursor;
    rota__interval interval;
    int rc = ROTA_OK;
    for (rota__busy_seek(t, rest, &cursor); rc == ROTA_OK && rota__busy_next(&cursor, &interval);)
        rc = add_end(k, interval.span);
    for (int64_t at = 0; rc == ROTA_OK && (recurring = rota__busy_next_recurring(t, &at));)
        if ((rc = note_ends(k, recurring)) == ROTA_OK) rc = add_noted(k);
    return rc;
}

/* Where too much lies in between, behind `until` only what has an end is looked at. */
static int find_ends(look *k)
{
    if (k->all) return ROTA_OK;
    int rc = note_own(k);
    if (rc == ROTA_OK) rc = add_noted(k);
    for (int64_t e = 0; e < k->series->era_count; e++)
        for (int64_t i = 0; i < k->strands[e].wishes.count && rc == ROTA_OK; i++)
            rc = add_edges(k, k->strands[e].wishes.items[i].within);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < k->resources.count; i++) {
        rota__reach above = { 0 };
        rota__timeline *t;
        rc = rota__admit_above(k->w, k->resources.items[i], ever, NULL, false, &above);
        for (int64_t g = 0; g < above.count && rc == ROTA_OK; g++)
            if ((rc = rota__write_look(k->w, above.items[g].resource, &t)) == ROTA_OK &&
                (rc = add_ends(k, t)) == ROTA_OK)
                rc = add_edges(k, above.items[g].within);
        if (rc != ROTA_OK) return rc;
    }
    rota__spans_merge(&k->ends);
    return ROTA_OK;
}

/* --- a stretch --- */

static int step(look *k, int64_t era)
{
    strand *s = &k->strands[era];
    int rc = rota__series_step(k->w, s->walk, &s->next);
    s->there = rc == ROTA_OK;
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

static int by_start(const void *left, const void *right)
{
    const rota__happening *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    return (a->original > b->original) - (a->original < b->original);
}

static int check_apart(look *k)
{
    for (int64_t i = 1; i < k->near.count; i++) {
        const rota__happening *a = &k->near.items[i - 1], *b = &k->near.items[i];
        if (!rota__time_overlap(a->when, b->when)) continue;
        return rota__error_set(k->w->cx->env.error, ROTA_EINVALID,
                               "the series overlaps itself: %s to %s, and again from %s",
                               rota__request_show(a->when.start).text,
                               rota__request_show(a->when.end).text,
                               rota__request_show(b->when.start).text);
    }
    return ROTA_OK;
}

/* The occurrences that start before `end`, beside those before them whose cleanup may still
 * reach what is left. */
static int fill(look *k, rota_time left, rota_time end)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < k->near.count; i++)
        if (k->near.items[i].when.end + k->reach > left) k->near.items[kept++] = k->near.items[i];
    k->near.count = kept;
    for (int64_t e = 0; e < k->series->era_count; e++)
        while (k->strands[e].there && k->strands[e].next.when.start < end) {
            rota__happening *at = ROTA__PUSH(k->w->cx->env.arena, &k->near);
            if (!at) return rota__context_nomem(k->w->cx);
            *at = k->strands[e].next;
            if (k->total++ >= MOST && at->when.start <= k->sure)
                return rota__error_set(k->w->cx->env.error, ROTA_ELIMIT,
                                       "more than %d occurrences up to %s", (int)MOST,
                                       rota__request_show(at->when.start).text);
            int rc = step(k, e);
            if (rc != ROTA_OK) return rc;
        }
    rota__sort(k->near.items, k->near.count, sizeof *k->near.items, by_start);
    return check_apart(k);
}

/* It is asked for, and there already. */
static bool stands(const look *k, const rota__happening *at)
{
    return k->marks ? !k->series->eras[at->era].marked : at->when.start < k->from;
}

static int ask_pieces(look *k, const rota__resource *resource, rota__pieces *asked,
                      rota_span *window)
{
    for (int64_t i = 0; i < k->near.count; i++) {
        const rota__happening *at = &k->near.items[i];
        const strand *s = &k->strands[at->era];
        for (int64_t n = find_wish(s, resource->row);
             n < s->wishes.count && s->wishes.items[n].resource == resource->row; n++) {
            const rota__wish *wish = &s->wishes.items[n];
            rota__piece p = { .original = at->original,
                              .recurs = true,
                              .stands = stands(k, at),
                              .span = rota__admit_occupied(resource, at->when, wish->within),
                              .units = wish->units };
            if (p.span.start >= p.span.end) continue;
            if (p.span.start < window->start) window->start = p.span.start;
            if (p.span.end > window->end) window->end = p.span.end;
            rota__piece *added = ROTA__PUSH(k->w->cx->env.arena, asked);
            if (!added) return rota__context_nomem(k->w->cx);
            *added = p;
        }
    }
    return ROTA_OK;
}

/* Those of the stretch that are new, by start, on a resource that has hours. */
static int ask_open(look *k, const rota__timeline *t, rota__breaches *breaches)
{
    rota__places places;
    ROTA__LIST(rota__asking) asked = { 0 };
    int rc = rota__admit_places(k->w, t->resource.row, &places);
    if (rc != ROTA_OK || places.count == 0) return rc;
    for (int64_t i = 0; i < k->near.count; i++) {
        const rota__happening *at = &k->near.items[i];
        const strand *s = &k->strands[at->era];
        if (stands(k, at)) continue;
        for (int64_t n = find_wish(s, t->resource.row);
             n < s->wishes.count && s->wishes.items[n].resource == t->resource.row; n++) {
            rota_span when = rota__time_common(at->when, s->wishes.items[n].within);
            if (when.start >= when.end) continue;
            rota__asking *added = ROTA__PUSH(k->w->cx->env.arena, &asked);
            if (!added) return rota__context_nomem(k->w->cx);
            *added = (rota__asking){ .when = when, .original = at->original };
        }
    }
    return rota__admit_open_each(k->w, t, &places, asked.items, asked.count, breaches);
}

static int ask(look *k, int64_t row, rota__clashes *clashes, rota__breaches *breaches)
{
    rota__pieces asked = { 0 };
    rota_span window = { INT64_MAX, INT64_MIN };
    rota__timeline *t;
    int rc = rota__write_look(k->w, row, &t);
    if (rc == ROTA_OK && k->breaches) rc = ask_open(k, t, breaches);
    if (rc == ROTA_OK) rc = ask_pieces(k, &t->resource, &asked, &window);
    if (rc != ROTA_OK || asked.count == 0) return rc;
    return rota__admit_pieces(k->w, row, window, &asked, k->absent, clashes);
}

static int keep_clashes(look *k, const rota__clashes *found)
{
    for (int64_t i = 0; i < found->count; i++) {
        rota__clash *kept = ROTA__PUSH(k->w->cx->env.arena, k->clashes);
        if (!kept) return rota__context_nomem(k->w->cx);
        *kept = found->items[i];
    }
    return ROTA_OK;
}

/* In memory of its own, since there are hundreds of stretches; the clashes are kept. */
static int ask_all(look *k)
{
    rota__context *cx = k->w->cx;
    rota__arena own;
    rota__clashes found = { 0 };
    rota__breaches closed = { 0 };
    int rc = ROTA_OK;
    rota__arena *all = rota__context_scratch(cx, &own);
    for (int64_t i = 0; i < k->resources.count && rc == ROTA_OK; i++)
        rc = ask(k, k->resources.items[i], &found, &closed);
    cx->env.arena = all;
    if (rc == ROTA_OK) rc = keep_clashes(k, &found);
    for (int64_t i = 0; i < closed.count && rc == ROTA_OK; i++) {
        rota__breach *kept = ROTA__PUSH(all, k->breaches);
        if (!kept) rc = rota__context_nomem(cx);
        if (kept) *kept = closed.items[i];
    }
    rota__arena_free(&own);
    return rc;
}

/* Of the strands as they stand. What is left starts at most the slack before it. */
static rota_time next_start(const look *k)
{
    rota_time next = INT64_MAX;
    for (int64_t e = 0; e < k->series->era_count; e++)
        if (k->strands[e].there && k->strands[e].next.when.start < next)
            next = k->strands[e].next.when.start;
    return next;
}

/* To what overlaps the window, for all that lies before it is known. */
static int open_strands(look *k, rota_span window)
{
    rota__context *cx = k->w->cx;
    k->near.count = 0;
    for (int64_t e = 0; e < k->series->era_count; e++) {
        strand *s = &k->strands[e];
        if (k->series->eras[e].cancelled) continue;
        if (rota__series_slack(k->series, e) > k->slack)
            k->slack = rota__series_slack(k->series, e);
        if (!s->walk) s->walk = rota__arena_room(cx->env.arena, 1, (int64_t)sizeof *s->walk);
        if (!s->walk) return rota__context_nomem(cx);
        rota__series_open(s->walk, k->series, e, window, false);
        int rc = step(k, e);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

/* Behind `until`, to the next thing that has an end; INT64_MAX where there is none, or
 * where there are too many. */
static int hop(look *k, rota_time *next)
{
    enum { MOST_HOPS = 2048 }; /* each a stretch, of some 50 us */
    int64_t at = k->end_at;
    while (at < k->ends.count && k->ends.items[at].end <= *next - k->slack)
        at++;
    bool there = k->hops > 0 && at == k->end_at;
    k->end_at = at;
    k->all = at == k->ends.count;
    if (k->all || k->hops++ >= MOST_HOPS || k->total >= MOST) {
        *next = INT64_MAX;
        return ROTA_OK;
    }
    rota_time start = k->ends.items[at].start;
    if (there || start <= *next) return ROTA_OK;
    int rc = open_strands(k, (rota_span){ start, k->far });
    *next = next_start(k);
    k->all = *next == INT64_MAX;
    return rc;
}

static int look_through(look *k)
{
    const bool far = !k->all;
    for (;;) {
        rota_time next = next_start(k);
        int rc = ROTA_OK;
        if (next == INT64_MAX) k->all = true;
        if (far && next - k->slack >= k->until && next < INT64_MAX) rc = hop(k, &next);
        if (rc != ROTA_OK) return rc;
        if (next == INT64_MAX || k->clashes->count >= ROTA__SERIES_CLASHES) return ROTA_OK;
        if (k->breaches && k->breaches->count >= ROTA__SERIES_CLASHES) return ROTA_OK;
        if (!far && k->total >= MOST && next - k->slack > k->sure) {
            k->until = next - k->slack;
            k->all = false;
            return ROTA_OK;
        }
        rota_time end = (rota__block_of(next) + 1) * ROTA__BLOCK_SECONDS;
        if ((rc = fill(k, next - k->slack, end)) != ROTA_OK || (rc = ask_all(k)) != ROTA_OK)
            return rc;
    }
}

/* Of one that reaches from a stretch into the next one it is told in both. */
static int by_asked(const void *left, const void *right)
{
    const rota__clash *a = left, *b = right;
    int64_t x = a->resource->resource.row, y = b->resource->resource.row;
    if (a->asked != b->asked) return a->asked < b->asked ? -1 : 1;
    if (x != y) return x < y ? -1 : 1;
    if (a->booking != b->booking) return a->booking < b->booking ? -1 : 1;
    return (a->original > b->original) - (a->original < b->original);
}

static void tell_each_once(rota__clashes *clashes)
{
    int64_t kept = 0;
    rota__sort(clashes->items, clashes->count, sizeof *clashes->items, by_asked);
    for (int64_t i = 0; i < clashes->count; i++)
        if (kept == 0 || by_asked(&clashes->items[kept - 1], &clashes->items[i]) != 0)
            clashes->items[kept++] = clashes->items[i];
    clashes->count = kept;
}

/* The same of breaches; a resource that is closed for two reasons is closed once. */
static int by_breach(const void *left, const void *right)
{
    const rota__breach *a = left, *b = right;
    int64_t x = a->resource->resource.row, y = b->resource->resource.row;
    if (a->original != b->original) return a->original < b->original ? -1 : 1;
    return (x > y) - (x < y);
}

static int by_breach_level(const void *left, const void *right)
{
    const rota__breach *a = left, *b = right;
    int order = by_breach(left, right);
    if (order == 0) order = (a->level > b->level) - (a->level < b->level);
    return order ? order : (a->when.start > b->when.start) - (a->when.start < b->when.start);
}

static void tell_breaches_once(rota__breaches *breaches)
{
    int64_t kept = 0;
    if (!breaches) return;
    rota__sort(breaches->items, breaches->count, sizeof *breaches->items, by_breach_level);
    for (int64_t i = 0; i < breaches->count; i++)
        if (kept == 0 || by_breach(&breaches->items[kept - 1], &breaches->items[i]) != 0)
            breaches->items[kept++] = breaches->items[i];
    breaches->count = kept;
}

/* --- for ever --- */

/* One resource that an endless series wishes for for ever, and what it may meet there. */
typedef struct proof {
    look *k;
    const rota__timeline *t;
    const rota__wish *wish;
    int64_t work;
    int64_t units; /* of the others that have no end */
    bool shares;   /* it meets one beside which there is room for it */
    bool stacks;   /* and of one of the two several may be there at once */
    bool meets;    /* and one beside which there is not: */
    bool undecided;
    rota__meeting first; /* the earliest of those */
    rota__clash clash;
} proof;

static void note_meeting(proof *p, const rota__meeting *found, int64_t booking, int64_t via)
{
    const rota__resource *resource = &p->t->resource;
    if (p->meets && by_start(&p->first.mine, &found->mine) <= 0) return;
    p->meets = true;
    p->first = *found;
    rota_span mine = rota__admit_occupied(resource, found->mine.when, p->wish->within);
    rota_span other = rota__admit_occupied(resource, found->other.when, ever);
    p->clash = (rota__clash){ .resource = p->t,
                              .booking = booking,
                              .via = via,
                              .overlap = rota__time_common(mine, other),
                              .units_asked = p->wish->units,
                              .recurs = true,
                              .original = found->other.original,
                              .when = found->other.when,
                              .asked_recurs = true,
                              .asked = found->mine.original };
}

/* What has an end was looked at. *units: that it takes of the source for ever; 0: it does not. */
static int read_endless(look *k, const rota__recurring *recurring, int64_t source,
                        rota__series *out, int64_t *units)
{
    const rota__taken *taken = &recurring->taken;
    *units = 0;
    if (taken->when.end < ROTA_TIME_MAX) return ROTA_OK;
    int rc = rota__series_read(&k->w->cx->env, k->w->cx->zones, recurring->series,
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
static rota_time meets_from(const look *k, const rota__resource *resource, rota_span stay)
{
    bool late = stay.start > far_begins(k) - resource->after;
    return late ? stay.start + resource->after : far_begins(k);
}

/* The first meeting far away while both stays last. */
static int meet(look *k, const rota__resource *resource, const rota__series *mine,
                rota_span my_stay, const rota__series *other, rota_span other_stay, int64_t *work,
                rota__meeting *found)
{
    const rota_span stay = rota__time_common(my_stay, other_stay);
    const rota_span within = { meets_from(k, resource, stay), stay.end };
    rota__series my_rule, other_rule;
    *found = (rota__meeting){ .decided = true };
    if (within.start >= within.end) return ROTA_OK;
    return rota__forever_meet(&k->w->cx->env, by_rule(mine, &my_rule), mine->era_count - 1,
                              by_rule(other, &other_rule), other->era_count - 1, resource->before,
                              resource->after, within, work, found);
}

/* The same of so many of one series that there are too few units for them. */
static int meet_itself(look *k, const rota__resource *resource, const rota__series *series,
                       int64_t units, rota_span stay, int64_t *work, rota__meeting *found)
{
    const int64_t many = resource->capacity / units + 1;
    const rota_span within = { meets_from(k, resource, stay), stay.end };
    rota__series rule;
    *found = (rota__meeting){ .decided = true };
    if (within.start >= within.end || many < 2) return ROTA_OK;
    return rota__forever_meet_itself(&k->w->cx->env, by_rule(series, &rule), series->era_count - 1,
                                     many, resource->before, resource->after, within, work, found);
}

/* May it be there several times at once? */
static bool may_stack(const look *k, const rota__resource *resource, const rota__series *series,
                      rota_span stay)
{
    rota__series rule;
    return !rota__pattern_apart_itself(by_rule(series, &rule), series->era_count - 1,
                                       resource->before + resource->after,
                                       meets_from(k, resource, stay));
}

static int compare(proof *p, const rota__recurring *recurring, const rota__reached *source)
{
    look *k = p->k;
    const rota__taken *taken = &recurring->taken;
    const rota__resource *resource = &p->t->resource;
    const bool lapsed = rota__lapsed(taken->expires, k->w->cx->now);
    rota__series other;
    rota__meeting found;
    int64_t units;
    if (rota__admit_is_absent(k->absent, taken->booking, ROTA__GONE_WHOLE)) return ROTA_OK;
    int rc = read_endless(k, recurring, source->resource, &other, &units);
    if (rc != ROTA_OK || units == 0) return rc;
    rc = meet(k, resource, k->series, p->wish->within, &other, source->within, &p->work, &found);
    if (rc != ROTA_OK) return rc;
    if (lapsed) return found.found ? rota__admit_pass_over(k->w, taken->booking) : ROTA_OK;
    p->units += units;
    p->undecided |= !found.decided;
    if (!found.found) return ROTA_OK;
    if (p->wish->units + units > resource->capacity) {
        note_meeting(p, &found, taken->booking,
                     source->resource == resource->row ? 0 : source->resource);
        return ROTA_OK;
    }
    p->shares = true;
    p->stacks |= may_stack(k, resource, k->series, p->wish->within) ||
                 may_stack(k, resource, &other, source->within);
    return ROTA_OK;
}

static int compare_all(proof *p, const rota__reached *source)
{
    const rota__recurring *recurring;
    rota__timeline *t;
    int rc = rota__write_look(p->k->w, source->resource, &t);
    for (int64_t at = 0; rc == ROTA_OK && (recurring = rota__busy_next_recurring(t, &at));)
        rc = compare(p, recurring, source);
    return rc;
}

/* Of its own occurrences those that meet are looked at as if they were near. */
static int look_at_itself(look *k, const rota__resource *resource, const rota__wish *wish,
                          int64_t *work, bool *proven)
{
    rota__meeting found;
    int rc = meet_itself(k, resource, k->series, wish->units, wish->within, work, &found);
    *proven &= found.decided;
    if (rc != ROTA_OK || !found.found) return rc;
    const rota_span both = { found.other.when.start, found.mine.when.end };
    if ((rc = open_strands(k, both)) == ROTA_OK && (rc = fill(k, both.start, both.end)) == ROTA_OK)
        rc = ask_all(k);
    return rc;
}

/* Where there are units for both, that two meet is not yet a collision: that they never do is
 * proof enough, and so are units for all of them. */
static int prove_one(look *k, const rota__wish *wish, int64_t *work, bool *proven)
{
    rota__reach above = { 0 };
    proof p = { .k = k, .wish = wish };
    rota__timeline *t;
    int rc = rota__write_look(k->w, wish->resource, &t);
    if (rc == ROTA_OK) rc = look_at_itself(k, &t->resource, wish, work, proven);
    if (rc != ROTA_OK || k->clashes->count > 0) return rc;
    p.t = t;
    p.work = *work;
    rc = rota__admit_above(k->w, wish->resource, ever, NULL, false, &above);
    for (int64_t g = 0; rc == ROTA_OK && g < above.count; g++)
        if (above.items[g].within.end > k->until) rc = compare_all(&p, &above.items[g]);
    *work = p.work;
    const bool enough = p.units + wish->units <= t->resource.capacity && !p.stacks;
    if (rc != ROTA_OK || enough) return rc;
    *proven &= !p.undecided && !p.shares && !p.meets;
    if (!p.meets) return rc;
    rota__clash *clash = ROTA__PUSH(k->w->cx->env.arena, k->clashes);
    if (!clash) return rota__context_nomem(k->w->cx);
    *clash = p.clash;
    return ROTA_OK;
}

static int prove(look *k, rota_time *checked_until)
{
    const strand *last = &k->strands[k->series->era_count - 1];
    int64_t work = PROOF_WORK;
    bool proven = k->all;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < last->wishes.count && rc == ROTA_OK; i++)
        if (last->wishes.items[i].within.end > k->until)
            rc = prove_one(k, &last->wishes.items[i], &work, &proven);
    *checked_until = proven ? ROTA_TIME_MAX : k->until;
    return rc;
}

/* --- hours for ever --- */

/* What the proof looks at of one era: places with hours, and a stay of who is in them. */
typedef struct looked {
    rota__hours_walk walk;
    rota_span within;
    const rota__timeline *resource;
} looked;

typedef struct hours_proof {
    look *k;
    ROTA__LIST(looked) all;
    rota_time settled; /* of all rules */
    int64_t work;
} hours_proof;

static int add_looked(hours_proof *p, const rota__wish *wish, const rota__timeline *resource,
                      const rota__timeline *place)
{
    rota_time settled;
    bool unbroken;
    for (int64_t i = 0; i < p->all.count; i++) {
        const looked *known = &p->all.items[i];
        if (known->walk.t == place && known->within.start == wish->within.start &&
            known->within.end == wish->within.end)
            return ROTA_OK;
    }
    looked *added = ROTA__PUSH(p->k->w->cx->env.arena, &p->all);
    if (!added) return rota__context_nomem(p->k->w->cx);
    added->within = wish->within;
    added->resource = resource;
    int rc = rota__hours_begin(&added->walk, p->k->w->cx, place, false);
    if (rc == ROTA_OK) rc = rota__hours_outlook(&added->walk, &settled, &unbroken);
    if (rc != ROTA_OK) return rc;
    if (unbroken && settled <= p->k->until) {
        p->all.count--;
        return ROTA_OK;
    }
    if (settled > p->settled) p->settled = settled;
    if (wish->within.start > p->settled) p->settled = wish->within.start;
    return ROTA_OK;
}

static int look_at_era(hours_proof *p, const strand *s)
{
    rota__places places;
    int rc = ROTA_OK;
    p->all.count = 0;
    for (int64_t i = 0; i < s->wishes.count && rc == ROTA_OK; i++) {
        const rota__wish *wish = &s->wishes.items[i];
        rota__timeline *t;
        if (wish->within.end <= p->k->until) continue;
        if ((rc = rota__write_look(p->k->w, wish->resource, &t)) == ROTA_OK)
            rc = rota__admit_places(p->k->w, wish->resource, &places);
        for (int64_t n = 0; rc == ROTA_OK && n < places.count; n++)
            rc = add_looked(p, wish, t, places.items[n]);
    }
    return rc;
}

static int check_far(hours_proof *p, const rota__happening *at)
{
    enum { STRETCH_WORK = 200 };
    for (int64_t i = 0; i < p->all.count; i++) {
        looked *l = &p->all.items[i];
        rota_span when = rota__time_common(at->when, l->within);
        rota_time until;
        if (when.start >= when.end) continue;
        int64_t made = l->walk.made;
        int rc = rota__hours_until(&l->walk, when, &until);
        if (rc != ROTA_OK) return rc;
        p->work -= 1 + (l->walk.made - made) * STRETCH_WORK;
        if (until >= when.end) continue;
        rota__breach *breach = ROTA__PUSH(p->k->w->cx->env.arena, p->k->breaches);
        if (!breach) return rota__context_nomem(p->k->w->cx);
        *breach = (rota__breach){ .resource = l->resource,
                                  .closed = l->walk.t,
                                  .when = when,
                                  .recurs = true,
                                  .original = at->original };
        return ROTA_OK;
    }
    return ROTA_OK;
}

/* To the first that is not in hours. *proven: there is none for ever. */
static int walk_far(hours_proof *p, int64_t era, bool *proven)
{
    look *k = p->k;
    rota__series_walk *walk = k->strands[era].walk;
    rota_time from = p->settled > k->until ? p->settled : k->until;
    const rota_span window = { k->until, rota__forever_horizon(k->series, era, from) };
    rota__happening at;
    int rc;
    *proven = false;
    if (p->all.count == 0) {
        *proven = true;
        return ROTA_OK;
    }
    rota__series_open(walk, k->series, era, window, false);
    while ((rc = rota__series_next(walk, &at)) == ROTA_OK && p->work-- > 0) {
        if (at.when.start < k->from) continue;
        if ((rc = check_far(p, &at)) != ROTA_OK || k->breaches->count > 0) return rc;
    }
    *proven = rc == ROTA__RECUR_DONE;
    return rc == ROTA__RECUR_DONE || rc == ROTA_ELIMIT ? ROTA_OK : rc;
}

static void end_walks(hours_proof *p)
{
    for (int64_t i = 0; i < p->all.count; i++)
        rota__hours_end(&p->all.items[i].walk);
}

/* What lies behind `until`, where rules, zones and dates come again: see forever.h. What
 * cannot be shown is said to be so, by checked_until. */
static int prove_open(look *k, rota_time *checked_until)
{
    hours_proof p = { .k = k, .settled = ROTA_TIME_MIN, .work = PROOF_WORK };
    bool proven = true;
    int rc = ROTA_OK;
    for (int64_t e = 0; e < k->series->era_count && proven && rc == ROTA_OK; e++) {
        const rota__era *era = &k->series->eras[e];
        if (era->cancelled || (k->marks && !era->marked)) continue;
        p.all.count = 0;
        if ((rc = look_at_era(&p, &k->strands[e])) == ROTA_OK) rc = walk_far(&p, e, &proven);
        end_walks(&p);
        if (k->breaches->count > 0) return rc;
    }
    if (!proven && *checked_until > k->until) *checked_until = k->until;
    return rc;
}

int rota__admit_series(rota__write *w, const rota__series *series, rota_time from,
                       const rota__absent *absent, rota__clashes *clashes, rota__breaches *breaches,
                       rota_time *checked_until)
{
    look k = { .w = w,
               .series = series,
               .from = from,
               .last = ROTA_TIME_MAX,
               .absent = absent,
               .clashes = clashes,
               .breaches = breaches };
    int rc = ROTA_OK;
    *checked_until = ROTA_TIME_MAX;
    k.strands = rota__arena_alloc(w->cx->env.arena, series->era_count, (int64_t)sizeof *k.strands);
    if (!k.strands) return rota__context_nomem(w->cx);
    for (int64_t e = 0; e < series->era_count && rc == ROTA_OK; e++)
        rc = wish_era(&k, e);
    for (int64_t e = 0; e < series->era_count; e++)
        k.marks |= series->eras[e].marked;
    k.resources.count = rota__sort_once(k.resources.items, k.resources.count);
    if (rc == ROTA_OK) rc = measure(&k);
    if (rc == ROTA_OK) rc = find_ends(&k);
    rota_time first = from > ROTA_TIME_MIN ? from - k.reach - 1 : from;
    if (rc == ROTA_OK) rc = open_strands(&k, (rota_span){ first, k.far });
    if (rc == ROTA_OK) rc = look_through(&k);
    if (rc == ROTA_OK && clashes->count == 0 && rota__series_endless(series))
        rc = prove(&k, checked_until);
    if (rc == ROTA_OK && breaches && breaches->count == 0 && clashes->count == 0 &&
        rota__series_endless(series))
        rc = prove_open(&k, checked_until);
    tell_each_once(clashes);
    tell_breaches_once(breaches);
    return rc;
}

/* --- what is there already --- */

/* One that has no end, and how long it takes the resource. */
typedef struct endless {
    rota__series series;
    int64_t booking, units;
    rota_span stay;
} endless;

typedef ROTA__LIST(endless *) endless_list;

static int add_endless(look *k, const rota__recurring *recurring, const rota__reached *source,
                       endless_list *list)
{
    rota__arena *arena = k->w->cx->env.arena;
    endless *one = rota__arena_alloc(arena, 1, (int64_t)sizeof *one), **added;
    const rota_span by_then = { INT64_MIN, k->last };
    if (!one) return rota__context_nomem(k->w->cx);
    one->booking = recurring->taken.booking;
    one->stay = rota__time_common(source->within, by_then);
    if (rota__lapsed(recurring->taken.expires, k->w->cx->now)) return ROTA_OK;
    int rc = read_endless(k, recurring, source->resource, &one->series, &one->units);
    if (rc != ROTA_OK || one->units == 0) return rc;
    if (!(added = ROTA__PUSH(arena, list))) return rota__context_nomem(k->w->cx);
    *added = one;
    return ROTA_OK;
}

static int add_source(look *k, const rota__reached *source, const rota__timeline *t,
                      endless_list *list)
{
    const rota__recurring *recurring;
    int rc = add_ends(k, t);
    if (rc == ROTA_OK) rc = add_edges(k, source->within);
    for (int64_t at = 0; rc == ROTA_OK && (recurring = rota__busy_next_recurring(t, &at));)
        rc = add_endless(k, recurring, source, list);
    return rc;
}

/* In memory of its own, as ask_all(). */
static int sweep_span(look *k, int64_t row, rota_span span, const rota__change *change)
{
    rota__context *cx = k->w->cx;
    rota__arena own;
    rota__clashes found = { 0 };
    rota__arena *all = rota__context_scratch(cx, &own);
    int rc = rota__admit_within(k->w, row, span, change, &found);
    cx->env.arena = all;
    if (rc == ROTA_OK) rc = keep_clashes(k, &found);
    rota__arena_free(&own);
    return rc;
}

/* Around all that has an end. */
static int sweep_ends(look *k, int64_t row, const rota__change *change)
{
    enum { MOST_LOOKS = 8192 };
    const int64_t most = 16 * (int64_t)ROTA__BLOCK_SECONDS;
    for (int64_t i = 0; i < k->ends.count; i++) {
        rota_span rest = k->ends.items[i];
        while (rest.start < rest.end) {
            rota_span span = rest;
            if (span.end - span.start > most) span.end = span.start + most;
            if (k->hops++ >= MOST_LOOKS)
                return rota__error_set(k->w->cx->env.error, ROTA_ELIMIT,
                                       "too much lies behind %s to be looked at",
                                       rota__request_show(span.start).text);
            int rc = sweep_span(k, row, span, change);
            if (rc != ROTA_OK || k->clashes->count > 0) return rc;
            rest.start = span.end;
        }
    }
    return ROTA_OK;
}

/* What takes the resource around two that meet decides. */
static int sweep_meeting(look *k, const rota__resource *resource, const rota__happening *one,
                         rota_span my_stay, const rota__happening *two, rota_span other_stay,
                         const rota__change *change)
{
    rota_span mine = rota__admit_occupied(resource, one->when, my_stay);
    rota_span other = rota__admit_occupied(resource, two->when, other_stay);
    return sweep_span(k, resource->row, rota__time_common(mine, other), change);
}

static int compare_two(look *k, const rota__resource *resource, const endless *one,
                       const endless *two, const rota__change *change, int64_t *work, bool *proven)
{
    rota__meeting found;
    int rc = meet(k, resource, &one->series, one->stay, &two->series, two->stay, work, &found);
    if (rc != ROTA_OK) return rc;
    *proven &= found.decided || resource->capacity > 1;
    if (!found.found) return ROTA_OK;
    return sweep_meeting(k, resource, &found.mine, one->stay, &found.other, two->stay, change);
}

/* The first that it has while it stays. */
static int compare_units(look *k, const rota__resource *resource, const endless *one,
                         const rota__change *change)
{
    rota__series_walk *walk;
    rota__happening at;
    const rota_span far = { far_begins(k), ROTA_TIME_MAX };
    int rc = rota__series_start(k->w, &walk);
    if (rc != ROTA_OK) return rc;
    rota__series_open(walk, &one->series, one->series.era_count - 1,
                      rota__time_common(one->stay, far), false);
    rc = rota__series_next(walk, &at);
    /* What is too far away to be found takes nothing. */
    if (rc != ROTA_OK) return rc == ROTA__RECUR_DONE || rc == ROTA_ELIMIT ? ROTA_OK : rc;
    return sweep_meeting(k, resource, &at, one->stay, &at, one->stay, change);
}

static int compare_itself(look *k, const rota__resource *resource, const endless *one,
                          const rota__change *change, int64_t *work, bool *proven)
{
    rota__meeting found;
    int rc = meet_itself(k, resource, &one->series, one->units, one->stay, work, &found);
    *proven &= found.decided || resource->capacity > 1;
    if (rc != ROTA_OK || !found.found) return rc;
    return sweep_meeting(k, resource, &found.mine, one->stay, &found.other, one->stay, change);
}

/* Those that are too many alone, one that meets itself, and two that meet. */
static int compare_pairs(look *k, const rota__resource *resource, const endless_list *list,
                         const rota__change *change, bool *proven)
{
    int rc = ROTA_OK;
    for (int64_t a = 0; a < list->count && rc == ROTA_OK; a++) {
        const endless *one = list->items[a];
        int64_t work = PROOF_WORK;
        rc = one->units > resource->capacity
                 ? compare_units(k, resource, one, change)
                 : compare_itself(k, resource, one, change, &work, proven);
        work = PROOF_WORK;
        for (int64_t b = a + 1; b < list->count && rc == ROTA_OK && k->clashes->count == 0; b++) {
            const endless *two = list->items[b];
            if (one->booking != two->booking && one->units + two->units > resource->capacity)
                rc = compare_two(k, resource, one, two, change, &work, proven);
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
    look k = { .w = w, .until = far.start, .last = far.end, .clashes = clashes };
    rota__reach above = { 0 };
    endless_list list = { 0 };
    rota__timeline *t;
    bool any = false;
    *proven = true;
    int rc = rota__admit_above(w, row, far, change, false, &above);
    if (rc == ROTA_OK) rc = recurs(w, &above, &any);
    if (rc == ROTA_OK && any) rc = rota__write_look(w, row, &t);
    if (rc != ROTA_OK || !any) return rc;
    bool changed = change && change->resource && change->resource->row == row;
    const rota__resource *resource = changed ? change->resource : &t->resource;
    k.reach = resource->before + resource->after;
    for (int64_t i = 0; i < above.count && rc == ROTA_OK; i++) {
        rota__timeline *source;
        if ((rc = rota__write_look(w, above.items[i].resource, &source)) == ROTA_OK)
            rc = add_source(&k, &above.items[i], source, &list);
    }
    rota__spans_merge(&k.ends);
    if (rc == ROTA_OK) rc = sweep_ends(&k, row, change);
    if (rc != ROTA_OK || clashes->count > 0) return rc;
    return compare_pairs(&k, resource, &list, change, proven);
}
