#include "domain/free_private.h"

#include "base/sort.h"
#include "domain/request.h"
#include "domain/resource_find.h"

enum {
    DAY = 86400,
    USUAL_LIMIT = 1000,
    FEW = 16,           /* slots, for which there is room at once */
    MOST_WORK = 4000000 /* starts that are looked at, times those looked at for each */
};

typedef rota__offer offer;
typedef rota__offers offers;
typedef rota__pool pool;
typedef rota__search search;

/* --- at which starts it can be --- */

/* So many seconds as whole steps, rounded up. No window is too long for 32 bits, in which
 * dividing is cheap. */
static int64_t whole_steps(const search *s, int64_t seconds)
{
    const uint32_t step = (uint32_t)s->step;
    return (int64_t)(((uint32_t)seconds + step - 1) / step) * step;
}

/* Of one local day; or, where a step divides a day, until the clock changes. */
static void set_grid(search *s, rota_time from)
{
    if (s->query->align == ROTA_ALIGN_WINDOW) {
        s->grid = (rota_span){ s->query->window.start, INT64_MAX };
        return;
    }
    rota_span stretch;
    const int32_t offset = rota__tz_stretch(s->zone, from, &stretch);
    s->grid.start = rota__time_floor(from + offset, DAY) * DAY - offset;
    s->grid.end = stretch.end;
    if (DAY % s->step != 0 && s->grid.start + DAY < stretch.end) s->grid.end = s->grid.start + DAY;
}

/* The first start at `from` or later; one that is too late may be any such. */
static rota_time next_start(search *s, rota_time from)
{
    for (;;) {
        if (from >= s->grid.start && from < s->grid.end) {
            rota_time start = s->grid.start + whole_steps(s, from - s->grid.start);
            if (start < s->grid.end) return start;
            from = s->grid.end;
        }
        if (from >= s->starts.end) return from;
        set_grid(s, from);
    }
}

/* The one behind the start that was found last, which mostly needs no dividing. */
static rota_time start_behind(search *s, rota_time start)
{
    const rota_time next = start + s->step;
    return next < s->grid.end ? next : next_start(s, start + 1);
}

/* Is one free at an instant that is not before the last one asked for? */
static bool is_free(const rota__spans *blocked, int64_t *at, rota_time start)
{
    while (*at < blocked->count && blocked->items[*at].end <= start)
        ++*at;
    return *at == blocked->count || blocked->items[*at].start > start;
}

/* Sides at which nothing taken touches it. */
static int64_t gaps_at(const rota__spans *blocked, int64_t at, rota_time start)
{
    bool before = at > 0 && blocked->items[at - 1].end == start;
    bool behind = at < blocked->count && blocked->items[at].start == start + 1;
    return !before + !behind;
}

/* --- which of the pools --- */

static bool is_open_in_walk(search *s, offer *o, rota_time start)
{
    s->work++;
    return rota__free_know(s, o) && is_free(&o->blocked, &o->at, start);
}

/* One more for the pool: a resource that nobody takes, or one that another pool can do
 * without. Each pool is asked once, so that this ends. */
static bool take_one(search *s, int64_t number_of, rota__free_open open, rota_time start)
{
    pool *p = &s->pools[number_of];
    p->tried = true;
    for (int64_t i = 0; i < p->offers.count; i++) {
        offer *o = &p->offers.items[i];
        int64_t *holder = &s->holder[o->resource];
        if (*holder == number_of || !open(s, o, start)) continue;
        if (*holder >= 0 && (s->pools[*holder].tried || !take_one(s, *holder, open, start)))
            continue;
        *holder = number_of;
        return true;
    }
    return false;
}

bool rota__free_choose(search *s, rota__free_open open, rota_time start)
{
    for (int64_t i = 0; i < s->known.count; i++)
        s->holder[i] = -1;
    for (int64_t p = 0; p < s->query->pool_count; p++) {
        pool *own = &s->pools[p];
        int64_t taken = 0;
        for (int64_t i = 0; i < own->offers.count && taken < own->asked->count; i++) {
            offer *o = &own->offers.items[i];
            if (s->holder[o->resource] >= 0 || !open(s, o, start)) continue;
            s->holder[o->resource] = p;
            taken++;
        }
        for (; taken < own->asked->count; taken++) {
            for (int64_t k = 0; k < s->query->pool_count; k++)
                s->pools[k].tried = false;
            if (!take_one(s, p, open, start)) return false;
        }
    }
    return true;
}

/* --- the walk --- */

static int by_gaps(const void *left, const void *right)
{
    const offer *a = left, *b = right;
    if (a->gaps != b->gaps) return a->gaps < b->gaps ? -1 : 1;
    return rota__free_by_name(left, right);
}

/* For each start anew: those that it leaves the fewest gaps beside go first. */
static void pack_pools(search *s, rota_time start)
{
    for (int64_t p = 0; p < s->query->pool_count; p++) {
        offers *list = &s->pools[p].offers;
        for (int64_t i = 0; i < list->count; i++) {
            offer *o = &list->items[i];
            (void)is_free(&o->blocked, &o->at, start);
            o->gaps = gaps_at(&o->blocked, o->at, start);
        }
        s->work += list->count;
        rota__free_sort(list, by_gaps);
    }
}

static int64_t gaps_of(search *s, rota_time start)
{
    int64_t gaps = 0;
    for (int64_t i = 0; i < s->all.count; i++) {
        offer *o = &s->all.items[i];
        if (!rota__claim_blocks(&o->claim)) continue;
        (void)is_free(&o->blocked, &o->at, start);
        gaps += gaps_at(&o->blocked, o->at, start);
    }
    for (int64_t p = 0; p < s->query->pool_count; p++)
        for (int64_t i = 0; i < s->pools[p].offers.count; i++) {
            const offer *o = &s->pools[p].offers.items[i];
            if (s->holder[o->resource] == p) gaps += o->gaps;
        }
    return gaps;
}

int rota__free_claims(const search *s, rota__claim **out, int64_t *count)
{
    int64_t room = s->all.count, n = 0;
    for (int64_t p = 0; p < s->query->pool_count; p++)
        room += s->query->pools[p].count;
    rota__claim *claims = rota__arena_room(s->w->cx->env.arena, room, (int64_t)sizeof *claims);
    if (!claims) return rota__context_nomem(s->w->cx);
    for (int64_t i = 0; i < s->all.count; i++)
        claims[n++] = s->all.items[i].claim;
    for (int64_t p = 0; p < s->query->pool_count; p++)
        for (int64_t i = 0; i < s->pools[p].offers.count; i++) {
            const offer *o = &s->pools[p].offers.items[i];
            if (s->holder[o->resource] == p) claims[n++] = o->claim;
        }
    *out = claims;
    *count = n;
    return ROTA_OK;
}

/* Most is seen at a glance, if it was not known before. */
static int confirm_all(const search *s, rota_span when, const rota__claim *claims, int64_t count,
                       bool *admitted)
{
    *admitted = rota__admit_as_it_is(&s->absent);
    for (int64_t i = 0; i < count && *admitted; i++) {
        int answer = ROTA__ADMIT_FREE;
        bool known = i < s->all.count && s->all.items[i].by_quarters;
        int rc = rota__claim_blocks(&claims[i]) && !known
                     ? rota__admit_glance(s->w, when, &claims[i], &answer)
                     : ROTA_OK;
        if (rc != ROTA_OK) return rc;
        *admitted = answer == ROTA__ADMIT_FREE;
    }
    return ROTA_OK;
}

/* The gate has the last word, in memory of its own, since it is asked often. */
static int confirm(const search *s, rota_span when, const rota__claim *claims, int64_t count,
                   bool *admitted)
{
    rota__aside aside;
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    int rc = confirm_all(s, when, claims, count, admitted);
    if (rc != ROTA_OK || *admitted) return rc;
    rota__write_aside(s->w, &aside);
    rc = rota__admit_claims(s->w, when, claims, count, &s->absent, NULL, &clashes, &breaches);
    rc = rota__write_back(s->w, &aside, rc);
    rota__arena_free(&aside.own);
    *admitted = rc == ROTA_OK && clashes.count == 0 && breaches.count == 0;
    return rc;
}

typedef struct found {
    rota_slot slot;
    int64_t gaps;
} found;

typedef struct find {
    const rota_free_query *query;
    rota__arena *arena;
    rota__slots *out;
} find;

/* Where the slots go: at once to where they are asked for, or, if they are not in their order
 * yet, first here. */
typedef struct findings {
    const find *f;
    ROTA__LIST(found) packed;
} findings;

static int push_slot(search *s, rota_span when, const rota_id *ids, int64_t count, findings *list)
{
    const rota_slot slot = {
        .size = (uint32_t)sizeof slot, .when = when, .resources = ids, .resource_count = count
    };
    if (s->query->order == ROTA_FREE_PACKED) {
        found *added = ROTA__PUSH(s->w->cx->env.arena, &list->packed);
        if (!added) return rota__context_nomem(s->w->cx);
        *added = (found){ .slot = slot, .gaps = gaps_of(s, when.start) };
        return ROTA_OK;
    }
    rota_slot *row = ROTA__PUSH(list->f->arena, list->f->out);
    if (!row) return rota__context_nomem(s->w->cx);
    *row = slot;
    return ROTA_OK;
}

static int add_slot(search *s, rota_time start, findings *list)
{
    const rota_span when = { start, start + s->query->duration };
    rota__claim *claims;
    int64_t count;
    bool admitted = false;
    int rc = rota__free_claims(s, &claims, &count);
    if (rc == ROTA_OK) rc = confirm(s, when, claims, count, &admitted);
    if (rc != ROTA_OK || !admitted) return rc;
    rota_id *ids = rota__arena_room(list->f->arena, count, (int64_t)sizeof *ids);
    if (!ids) return rota__context_nomem(s->w->cx);
    for (int64_t i = 0; i < count; i++)
        ids[i] = claims[i].resource_id;
    return push_slot(s, when, ids, count, list);
}

static int check_work(const search *s)
{
    if (s->work <= MOST_WORK) return ROTA_OK;
    return rota__error_set(s->w->cx->env.error, ROTA_ELIMIT,
                           "the search looks at more than %d starts: its window is too long, its "
                           "step too short or its pools too large",
                           (int)MOST_WORK);
}

/* Where too few are free, that does not change before the first of the others is. */
static rota_time first_change(search *s, rota_time start)
{
    rota_time change = s->starts.end;
    for (int64_t p = 0; p < s->query->pool_count; p++)
        for (int64_t i = 0; i < s->pools[p].offers.count; i++) {
            offer *o = &s->pools[p].offers.items[i];
            if (!rota__free_know(s, o) || is_free(&o->blocked, &o->at, start)) continue;
            if (o->blocked.items[o->at].end < change) change = o->blocked.items[o->at].end;
        }
    return change;
}

/* The next start that what is asked for by name leaves free. */
static rota_time next_free(search *s, rota_time from)
{
    rota_time start = next_start(s, from), until;
    while (start < s->starts.end) {
        s->work++;
        if (!is_free(&s->blocked, &s->at, start))
            until = s->blocked.items[s->at].end;
        else if ((until = rota__quarters_until(s, start)) <= start)
            break;
        start = next_start(s, until);
    }
    return start;
}

static int walk(search *s, int64_t most, findings *list)
{
    const bool packed = s->query->order == ROTA_FREE_PACKED;
    rota_time start = next_free(s, s->starts.start);
    int rc = ROTA_OK;
    while (start < s->starts.end && rc == ROTA_OK && (packed || list->f->out->count < most)) {
        rota_time from = start + 1;
        if (packed) pack_pools(s, start);
        if (rota__free_choose(s, is_open_in_walk, start))
            rc = add_slot(s, start, list);
        else
            from = first_change(s, start);
        if (s->failed != ROTA_OK) rc = s->failed;
        if (rc == ROTA_OK) rc = check_work(s);
        start = next_free(s, from);
    }
    return rc;
}

static int by_rank(const void *left, const void *right)
{
    const found *a = left, *b = right;
    if (a->gaps != b->gaps) return a->gaps < b->gaps ? -1 : 1;
    return (a->slot.when.start > b->slot.when.start) - (a->slot.when.start < b->slot.when.start);
}

static int64_t limit_of(const rota_free_query *query)
{
    return query->limit ? query->limit : USUAL_LIMIT;
}

static int list_slots(search *s, const find *f)
{
    findings list = { .f = f };
    found *packed;
    int64_t most = limit_of(f->query);
    int rc = walk(s, most, &list);
    if (rc != ROTA_OK || list.packed.count == 0) return rc;
    packed = list.packed.items;
    rota__sort(packed, list.packed.count, sizeof *packed, by_rank);
    for (int64_t i = 0; i < list.packed.count && i < most; i++) {
        rota_slot *row = ROTA__PUSH(f->arena, f->out);
        if (!row) return rota__context_nomem(s->w->cx);
        *row = packed[i].slot;
    }
    return ROTA_OK;
}

static int decide_find(rota__write *w, const void *data)
{
    const find *f = data;
    search s;
    int rc = rota__free_begin(&s, w, f->query);
    f->out->count = 0; /* of a decision that did not stand there may be some */
    if (rc == ROTA_OK && s.starts.start < s.starts.end)
        if ((rc = rota__free_block(&s)) == ROTA_OK) rc = list_slots(&s, f);
    return rc;
}

/* Where the quarters know all there is to know. */
static int list_known(search *s, const find *f, const rota_id *ids)
{
    const int64_t most = limit_of(f->query);
    rota_time start = next_start(s, s->starts.start);
    while (start < s->starts.end && f->out->count < most) {
        const rota_time until = rota__quarters_until(s, start);
        if (until > start) {
            start = next_start(s, until);
            continue;
        }
        rota_slot *row = ROTA__PUSH(f->arena, f->out);
        if (!row) return rota__context_nomem(s->w->cx);
        row->size = (uint32_t)sizeof *row; /* where it lies: a copy takes as long as all the rest */
        row->when = (rota_span){ start, start + f->query->duration };
        row->resources = ids;
        row->resource_count = f->query->all_count;
        start = start_behind(s, start);
    }
    return ROTA_OK;
}

/* What is known by quarters alone was looked at in one moment: nothing of it can have
 * changed, and none of it is put to the gate again. */
static int find_at_once(rota__write *w, const find *f, bool *done)
{
    search s;
    rota__free_start(&s, w, f->query);
    int rc = rota__quarters_all(&s, done);
    if (rc != ROTA_OK || !*done) return rc;
    const int64_t limit = limit_of(f->query), some = limit < FEW ? limit : FEW;
    rota_id *ids = rota__arena_room(f->arena, f->query->all_count, (int64_t)sizeof *ids);
    f->out->items = rota__arena_room(f->arena, some, (int64_t)sizeof *f->out->items);
    if (!ids || !f->out->items) return rota__context_nomem(w->cx);
    f->out->room = some;
    for (int64_t i = 0; i < f->query->all_count; i++)
        ids[i] = f->query->all[i].resource;
    return list_known(&s, f, ids);
}

int rota__free_first(rota__write *w, const rota_free_query *query, const rota__spans *allowed,
                     const rota__absent *absent, rota__free_hit *hit)
{
    const bool known = w->lapsed_known;
    const rota_span ever = { INT64_MIN, INT64_MAX };
    rota__slots slots = { 0 };
    const find one = { .query = query, .arena = w->cx->env.arena, .out = &slots };
    search s;
    int rc = rota__free_begin(&s, w, query);
    if (absent) s.absent = *absent;
    s.work = hit->work;
    if (rc == ROTA_OK && s.starts.start < s.starts.end) {
        if ((rc = rota__free_block(&s)) == ROTA_OK &&
            (rc = rota__free_close(w, allowed, s.starts, query->duration, ever, &s.blocked)) ==
                ROTA_OK) {
            rota__spans_merge(&s.blocked);
            rc = list_slots(&s, &one);
        }
    }
    w->lapsed_known = known;
    hit->work = s.work;
    hit->there = rc == ROTA_OK && slots.count > 0;
    if (hit->there) hit->start = slots.items[0].when.start;
    return rc;
}

int rota__free_look(rota__write *w, rota__decide decide, const void *request)
{
    w->call.flags |= ROTA_CALL_DRY_RUN;
    return rota__write_run(w, decide, request, "");
}

int rota__free_find(rota__context *cx, const rota_free_query *query, rota__arena *arena,
                    rota__slots *out)
{
    rota__write w = { .cx = cx };
    const find f = { .query = query, .arena = arena, .out = out };
    bool done = false;
    int rc = rota__free_check(cx, query);
    if (rc == ROTA_OK) rc = find_at_once(&w, &f, &done);
    return rc == ROTA_OK && !done ? rota__free_look(&w, decide_find, &f) : rc;
}

/* --- busy --- */

typedef struct busy {
    const rota_id *resource;
    rota_span window;
    rota__arena *arena;
    rota__spans *out;
} busy;

static int decide_busy(rota__write *w, const void *data)
{
    const busy *b = data;
    rota__reach below = { 0 };
    rota__spans full = { 0 };
    rota__timeline *t;
    w->lapsed_known = true;
    int rc = rota__resource_claim(w, b->resource, &t);
    if (rc == ROTA_OK) rc = rota__admit_below(w, t->resource.row, b->window, NULL, false, &below);
    for (int64_t i = 0; rc == ROTA_OK && i < below.count; i++) {
        const rota_span part = rota__time_common(b->window, below.items[i].within);
        rota__spans own = { 0 }; /* the first one's need no copy */
        rc = rota__admit_full(w, below.items[i].resource, part, 1, NULL, i ? &own : &full, NULL);
        for (int64_t k = 0; k < own.count && rc == ROTA_OK; k++)
            if (!rota__spans_push(w->cx->env.arena, &full, own.items[k]))
                return rota__context_nomem(w->cx);
    }
    if (rc != ROTA_OK) return rc;
    rota__spans_merge(&full);
    b->out->items = rota__arena_copy(b->arena, full.items,
                                     full.count * (int64_t)sizeof *full.items);
    b->out->count = b->out->room = full.count;
    return b->out->items || full.count == 0 ? ROTA_OK : rota__context_nomem(w->cx);
}

int rota__free_busy(rota__context *cx, const rota_id *resource, rota_span window,
                    rota__arena *arena, rota__spans *out)
{
    rota__write w = { .cx = cx };
    const busy b = { .resource = resource, .window = window, .arena = arena, .out = out };
    int rc = rota__request_window(cx, window);
    return rc == ROTA_OK ? rota__free_look(&w, decide_busy, &b) : rc;
}
