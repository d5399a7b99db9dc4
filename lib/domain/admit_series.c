/* The gate for series. What lies within reach is looked at one stretch after the other,
 * by the same sweep that a single booking meets; what has no end is then compared as
 * patterns. */
#include "domain/admit_far.h"

#include "base/sort.h"
#include "domain/request.h"
#include "domain/series_put.h"

enum { MOST = 400000 }; /* occurrences looked at */
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
    rota__far far;
    rota_time over; /* all that has an end is, by then */
    rota_time sure; /* of an endless one: up to here it must be looked at */
    const rota__absent *absent;
    rota__clashes *clashes;
    rota__breaches *breaches;         /* NULL: hours do not matter */
    strand *strands;                  /* one for each era */
    ROTA__LIST(int64_t) resources;    /* rows, each once */
    int64_t slack;                    /* by as much the walk of a strand may be out of order */
    ROTA__LIST(rota__happening) near; /* those of the stretch, by start, after some before it */
    int64_t total;
    bool all; /* the end was reached, and nothing is left to be looked at */
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
    return rota__admit_near_end(from);
}

/* Where somebody begins to belong to a group, or ends to. */
static void latest_edge(rota_span stay, rota_time *last)
{
    if (stay.start > *last) *last = stay.start;
    if (stay.end > *last && stay.end < ROTA_TIME_MAX) *last = stay.end;
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
        int rc = rota__far_note(&k->far, recurring);
        if (rc != ROTA_OK) return rc;
        rota__far_latest(&k->far, last);
    }
    return ROTA_OK;
}

/* Looks at every timeline that will be asked for, too: what is asked later, in an arena of
 * its own, guards nothing new. */
static int measure(look *k)
{
    bool endless = rota__series_endless(k->series);
    rota_time far = k->far.until = k->sure = endless ? horizon(k) : ROTA_TIME_MAX;
    int rc = endless ? rota__far_note_series(&k->far, k->series) : ROTA_OK;
    if (rc != ROTA_OK) return rc;
    if (endless) rota__far_latest(&k->far, &far);
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
            if (endless && (rc = last_end(k, t, k->far.until, &far)) != ROTA_OK) return rc;
            if (g == 0 && t->resource.before + t->resource.after > k->far.reach)
                k->far.reach = t->resource.before + t->resource.after;
        }
    }
    /* What starts behind the last end may still be in the way of its cleanup. */
    k->over = far < ROTA_TIME_MAX - k->far.reach ? far + k->far.reach : ROTA_TIME_MAX;
    k->all = k->over - k->far.until <= FAR_SECONDS;
    if (k->all) k->far.until = k->over;
    return ROTA_OK;
}

/* --- what is far away --- */

/* Where too much lies in between, behind `until` only what has an end is looked at. */
static int find_ends(look *k)
{
    if (k->all) return ROTA_OK;
    int rc = rota__far_note_series(&k->far, k->series);
    if (rc == ROTA_OK) rc = rota__far_add_noted(&k->far);
    for (int64_t e = 0; e < k->series->era_count; e++)
        for (int64_t i = 0; i < k->strands[e].wishes.count && rc == ROTA_OK; i++)
            rc = rota__far_add_edges(&k->far, k->strands[e].wishes.items[i].within);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < k->resources.count; i++) {
        rota__reach above = { 0 };
        rota__timeline *t;
        rc = rota__admit_above(k->w, k->resources.items[i], ever, NULL, false, &above);
        for (int64_t g = 0; g < above.count && rc == ROTA_OK; g++)
            if ((rc = rota__write_look(k->w, above.items[g].resource, &t)) == ROTA_OK &&
                (rc = rota__far_add_ends(&k->far, t)) == ROTA_OK)
                rc = rota__far_add_edges(&k->far, above.items[g].within);
        if (rc != ROTA_OK) return rc;
    }
    rota__spans_merge(&k->far.ends);
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
        if (k->near.items[i].when.end + k->far.reach > left)
            k->near.items[kept++] = k->near.items[i];
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

int rota__admit_keep(rota__write *w, const rota__clashes *found, rota__clashes *out)
{
    for (int64_t i = 0; i < found->count; i++) {
        rota__clash *kept = ROTA__PUSH(w->cx->env.arena, out);
        if (!kept) return rota__context_nomem(w->cx);
        *kept = found->items[i];
    }
    return ROTA_OK;
}

/* In memory of its own, since there are hundreds of stretches; the clashes are kept. */
static int ask_all(look *k)
{
    rota__context *cx = k->w->cx;
    rota__aside aside;
    rota__clashes found = { 0 };
    rota__breaches closed = { 0 };
    int rc = ROTA_OK;
    rota__write_aside(k->w, &aside);
    for (int64_t i = 0; i < k->resources.count && rc == ROTA_OK; i++)
        rc = ask(k, k->resources.items[i], &found, &closed);
    rc = rota__write_back(k->w, &aside, rc);
    if (rc == ROTA_OK) rc = rota__admit_keep(k->w, &found, k->clashes);
    for (int64_t i = 0; i < closed.count && rc == ROTA_OK; i++) {
        rota__breach *kept = ROTA__PUSH(cx->env.arena, k->breaches);
        if (!kept) rc = rota__context_nomem(cx);
        if (kept) *kept = closed.items[i];
    }
    rota__arena_free(&aside.own);
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
    while (at < k->far.ends.count && k->far.ends.items[at].end <= *next - k->slack)
        at++;
    bool there = k->hops > 0 && at == k->end_at;
    k->end_at = at;
    k->all = at == k->far.ends.count;
    if (k->all || k->hops++ >= MOST_HOPS || k->total >= MOST) {
        *next = INT64_MAX;
        return ROTA_OK;
    }
    rota_time start = k->far.ends.items[at].start;
    if (there || start <= *next) return ROTA_OK;
    int rc = open_strands(k, (rota_span){ start, k->over });
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
        if (far && next - k->slack >= k->far.until && next < INT64_MAX) rc = hop(k, &next);
        if (rc != ROTA_OK) return rc;
        if (next == INT64_MAX || k->clashes->count >= ROTA__SERIES_CLASHES) return ROTA_OK;
        if (k->breaches && k->breaches->count >= ROTA__SERIES_CLASHES) return ROTA_OK;
        if (!far && k->total >= MOST && next - k->slack > k->sure) {
            k->far.until = next - k->slack;
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
    int rc = rota__far_endless(&k->far, recurring, source->resource, &other, &units);
    if (rc != ROTA_OK || units == 0) return rc;
    rc = rota__far_meet(&k->far, resource, k->series, p->wish->within, &other, source->within,
                        &p->work, &found);
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
    p->stacks = p->stacks || rota__far_may_stack(&k->far, resource, k->series, p->wish->within) ||
                rota__far_may_stack(&k->far, resource, &other, source->within);
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
    int rc = rota__far_meet_itself(&k->far, resource, k->series, wish->units, wish->within, work,
                                   &found);
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
        if (above.items[g].within.end > k->far.until) rc = compare_all(&p, &above.items[g]);
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
    int64_t work = ROTA__FAR_WORK;
    bool proven = k->all;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < last->wishes.count && rc == ROTA_OK; i++)
        if (last->wishes.items[i].within.end > k->far.until)
            rc = prove_one(k, &last->wishes.items[i], &work, &proven);
    *checked_until = proven ? ROTA_TIME_MAX : k->far.until;
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
    if (unbroken && settled <= p->k->far.until) {
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
        if (wish->within.end <= p->k->far.until) continue;
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
    rota_time from = p->settled > k->far.until ? p->settled : k->far.until;
    const rota_span window = { k->far.until, rota__forever_horizon(k->series, era, from) };
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
    hours_proof p = { .k = k, .settled = ROTA_TIME_MIN, .work = ROTA__FAR_WORK };
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
    if (!proven && *checked_until > k->far.until) *checked_until = k->far.until;
    return rc;
}

int rota__admit_series(rota__write *w, const rota__series *series, rota_time from,
                       const rota__absent *absent, rota__clashes *clashes, rota__breaches *breaches,
                       rota_time *checked_until)
{
    look k = { .w = w,
               .series = series,
               .from = from,
               .far = { .w = w, .last = ROTA_TIME_MAX },
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
    rota_time first = from > ROTA_TIME_MIN ? from - k.far.reach - 1 : from;
    if (rc == ROTA_OK) rc = open_strands(&k, (rota_span){ first, k.over });
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
