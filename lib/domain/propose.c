#include "domain/propose.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/sort.h"
#include "domain/free.h"
#include "domain/resolve.h"

enum {
    STEP = 900,         /* between the starts that are tried */
    REACH = 14 * 86400, /* how far from the time asked for */
    STEPS = REACH / STEP,
    MOST_LIKE = 200,    /* others that are looked at for one that is taken */
    MOST_LIKES = 4000,  /* and for all of them */
    MOST_WORK = 4000000 /* looks at whether something is open, a question to the gate being many */
};

/* One that could be taken, and the starts at which it cannot. */
typedef struct choice {
    int64_t resource;
    rota_id id;
    const char *name;
    rota__spans blocked;
} choice;

typedef ROTA__LIST(choice) choices;

/* A claim of the booking, and who could do as well. */
typedef struct place {
    rota__claim claim;
    choice own;
    bool taken; /* at the time asked for */
    choices others;
} place;

/* All that are of a kind and in a place, by name; several claims may look among them. */
typedef struct likes {
    const char *kind;
    int64_t parent, count;
    rota__resource *rows;
} likes;

typedef struct proposal {
    rota__write *w;
    const rota__proposed *asked;
    const rota__booking *booking;
    rota__absent absent;
    rota_span starts;
    int64_t length, work;
    int32_t most;
    const int64_t *order; /* the places of the claims as they are told */
    place *places;
    ROTA__LIST(likes) likes;
} proposal;

typedef struct candidate {
    rota_time start;
    rota__claim *claims;
    const char **names;
    int32_t changed;
} candidate;

typedef ROTA__LIST(candidate) candidates;

/* --- who is there --- */

static int set_absent(proposal *p)
{
    if (!rota__admit_absent_booking(p->w, &p->absent, p->booking))
        return rota__context_nomem(p->w->cx);
    rota__admit_sort_absent(&p->absent);
    return ROTA_OK;
}

static int look_at(proposal *p, const rota__claim *claim, choice *out)
{
    rota__timeline *t;
    int rc = rota__write_look(p->w, claim->resource, &t);
    if (rc != ROTA_OK) return rc;
    *out = (choice){ .resource = t->resource.row, .id = t->resource.id, .name = t->resource.name };
    if (!rota__claim_blocks(claim)) return ROTA_OK;
    return rota__free_blocked(p->w, claim, p->starts, p->length, &p->absent,
                              !rota__resolve_any_hours(p->w), &out->blocked);
}

static bool is_open(const choice *c, rota_time start)
{
    return !rota__spans_at(&c->blocked, start);
}

static bool has_tags(const rota__resource *one, const rota__resource *wanted)
{
    int64_t at = 0;
    for (int64_t i = 0; i < wanted->tag_count; i++) {
        while (at < one->tag_count && strcmp(one->tags[at], wanted->tags[i]) < 0)
            at++;
        if (at == one->tag_count || strcmp(one->tags[at], wanted->tags[i]) != 0) return false;
    }
    return true;
}

static int by_id(const void *id, const void *claim)
{
    return rota__id_compare(id, &((const rota__claim *)claim)->resource_id);
}

/* Among claims by the id of their resource, as those of a booking are. */
static const rota__claim *find_claim(const rota__booking *b, const rota_id *resource)
{
    return bsearch(resource, b->claims, (size_t)b->claim_count, sizeof *b->claims, by_id);
}

static int by_name(const void *left, const void *right)
{
    const rota__resource *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : rota__id_compare(&a->id, &b->id);
}

/* Those of them that are not claimed already, read once. */
static int get_likes(proposal *p, const rota__resource *wanted, const likes **out)
{
    rota__context *cx = p->w->cx;
    const rota__resource_filter filter = { .kind = wanted->kind, .parent = wanted->parent };
    int64_t count = 0, kept = 0;
    for (int64_t i = 0; i < p->likes.count; i++) {
        *out = &p->likes.items[i];
        if ((*out)->parent == wanted->parent && strcmp((*out)->kind, wanted->kind) == 0)
            return ROTA_OK;
    }
    likes *added = ROTA__PUSH(cx->env.arena, &p->likes);
    if (!added) return rota__context_nomem(cx);
    *added = (likes){ .kind = wanted->kind, .parent = wanted->parent };
    *out = added;
    int rc = cx->store->ops->resource_list(cx->store, &cx->env, &filter, &added->rows, &count);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        const rota__resource *row = &added->rows[i];
        if (row->active && row->parent == wanted->parent && !find_claim(p->booking, &row->id))
            added->rows[kept++] = *row;
    }
    added->count = rc == ROTA_OK ? kept : 0;
    rota__sort(added->rows, added->count, sizeof *added->rows, by_name);
    return rc;
}

/* Of the same kind, in the same place, as large, and with all its tags. */
static int find_others(proposal *p, place *at, int64_t most)
{
    rota__context *cx = p->w->cx;
    rota__resource wanted;
    const likes *list = NULL;
    const rota__by by = { .row = at->claim.resource };
    int rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, &wanted);
    if (rc == ROTA_OK) rc = get_likes(p, &wanted, &list);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < list->count && at->others.count < most && rc == ROTA_OK; i++) {
        const rota__resource *row = &list->rows[i];
        if (row->capacity < wanted.capacity || !has_tags(row, &wanted)) continue;
        rota__claim claim = at->claim;
        claim.resource = row->row;
        choice *other = ROTA__PUSH(cx->env.arena, &at->others);
        if (!other) return rota__context_nomem(cx);
        rc = look_at(p, &claim, other);
    }
    return rc;
}

/* As the host gave the claims, which may not be how the booking has them. */
static int set_order(proposal *p)
{
    const rota__booking *b = p->booking;
    int64_t *order = rota__arena_room(p->w->cx->env.arena, b->claim_count, (int64_t)sizeof *order);
    if (!order) return rota__context_nomem(p->w->cx);
    for (int64_t i = 0; i < b->claim_count; i++) {
        const rota_claim *given = p->asked->given ? &p->asked->given[i] : NULL;
        const rota__claim *own = given ? find_claim(b, &given->resource) : &b->claims[i];
        assert(own != NULL);
        order[i] = own - b->claims;
    }
    p->order = order;
    return ROTA_OK;
}

static int begin(proposal *p)
{
    const rota__booking *b = p->booking;
    rota_time asked = b->when.start, last = ROTA_TIME_MAX - p->length;
    int64_t taken = 0;
    int rc = set_absent(p);
    if (rc == ROTA_OK) rc = set_order(p);
    if (rc != ROTA_OK) return rc;
    p->starts = (rota_span){ asked - REACH, asked + REACH + 1 };
    if (p->starts.start < ROTA_TIME_MIN) p->starts.start = ROTA_TIME_MIN;
    if (p->starts.end > last + 1) p->starts.end = last + 1;
    p->places = rota__arena_alloc(p->w->cx->env.arena, b->claim_count, (int64_t)sizeof *p->places);
    if (!p->places) return rota__context_nomem(p->w->cx);
    for (int64_t i = 0; i < b->claim_count && rc == ROTA_OK; i++) {
        place *at = &p->places[i];
        at->claim = b->claims[i];
        rc = look_at(p, &at->claim, &at->own);
        at->taken = rc == ROTA_OK && !is_open(&at->own, asked);
        taken += at->taken;
    }
    const int64_t most = taken * MOST_LIKE > MOST_LIKES ? MOST_LIKES / taken : MOST_LIKE;
    for (int64_t i = 0; i < b->claim_count && rc == ROTA_OK; i++)
        if (p->places[i].taken) rc = find_others(p, &p->places[i], most);
    return rc;
}

/* --- what could be --- */

static bool is_used(const candidate *c, int64_t count, int64_t resource)
{
    for (int64_t i = 0; i < count; i++)
        if (c->claims[i].resource == resource) return true;
    return false;
}

/* Every claim by its own resource where that is free, else by another one; of the first of
 * those by the nth that is free. change: those that are taken at the time asked for get
 * another one in any case. */
static bool fill(proposal *p, candidate *c, int64_t nth, bool change)
{
    bool first = true;
    c->changed = 0;
    for (int64_t i = 0; i < p->booking->claim_count; i++) {
        const place *at = &p->places[i];
        const choice *taken = is_open(&at->own, c->start) && !(change && at->taken) ? &at->own
                                                                                    : NULL;
        for (int64_t k = 0; !taken && k < at->others.count; k++) {
            const choice *other = &at->others.items[k];
            bool open = is_open(other, c->start) && !is_used(c, i, other->resource);
            p->work += 1 + i;
            if (!open || (first && nth-- > 0)) continue;
            taken = other;
        }
        if (!taken) return false;
        if (taken != &at->own) {
            first = false;
            c->changed++;
        }
        c->claims[i] = at->claim;
        c->claims[i].resource = taken->resource;
        c->claims[i].resource_id = taken->id;
        c->names[i] = taken->name;
    }
    return true;
}

static int admitted(proposal *p, const candidate *c, bool *yes)
{
    enum { LOOKS = 64 }; /* as much as so many, for each claim */
    const rota_span when = { c->start, c->start + p->length };
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    int rc = rota__admit_claims(p->w, when, c->claims, p->booking->claim_count, &p->absent, NULL,
                                &clashes, rota__resolve_any_hours(p->w) ? NULL : &breaches);
    p->work += LOOKS * p->booking->claim_count;
    *yes = rc == ROTA_OK && clashes.count == 0 && breaches.count == 0;
    return rc;
}

/* *good: it could be booked, and is in the list. */
static int try_one(proposal *p, rota_time start, int64_t nth, bool change, candidates *list,
                   bool *good)
{
    rota__arena *arena = p->w->cx->env.arena;
    const int64_t count = p->booking->claim_count;
    candidate c = { .start = start,
                    .claims = rota__arena_room(arena, count, (int64_t)sizeof *c.claims),
                    .names = rota__arena_room(arena, count, (int64_t)sizeof *c.names) };
    *good = false;
    if (!c.claims || !c.names) return rota__context_nomem(p->w->cx);
    if (!fill(p, &c, nth, change)) return ROTA_OK;
    int rc = admitted(p, &c, good);
    if (rc != ROTA_OK || !*good) return rc;
    candidate *added = ROTA__PUSH(arena, list);
    if (!added) return rota__context_nomem(p->w->cx);
    *added = c;
    return ROTA_OK;
}

static bool all_open(proposal *p, rota_time start)
{
    p->work += p->booking->claim_count;
    for (int64_t i = 0; i < p->booking->claim_count; i++)
        if (!is_open(&p->places[i].own, start)) return false;
    return true;
}

static bool others_open(proposal *p, rota_time start)
{
    for (int64_t i = 0; i < p->booking->claim_count; i++) {
        const place *at = &p->places[i];
        bool open = !at->taken && is_open(&at->own, start);
        for (int64_t k = 0; !open && k < at->others.count; k++) {
            open = is_open(&at->others.items[k], start);
            p->work++;
        }
        p->work++;
        if (!open) return false;
    }
    return true;
}

/* Is one more asked for, and is there time to look for it? */
static bool is_wanted(const proposal *p, const candidates *list)
{
    return list->count < p->most && p->work < MOST_WORK;
}

/* The nearest ones first; of two as far away the earlier. */
static int try_times(proposal *p, bool change, candidates *list)
{
    const rota_time asked = p->booking->when.start;
    int rc = ROTA_OK;
    for (int64_t i = 2; i <= 2 * STEPS + 1 && is_wanted(p, list) && rc == ROTA_OK; i++) {
        rota_time start = asked + (i % 2 ? 1 : -1) * (i / 2) * STEP;
        bool good, within = start >= p->starts.start && start < p->starts.end;
        if (!within || start < p->w->cx->now) continue;
        if (!(change ? others_open(p, start) : all_open(p, start))) continue;
        rc = try_one(p, start, 0, change, list, &good);
    }
    return rc;
}

/* None where nobody takes that time any more, or where it is not asked for. */
static int try_others(proposal *p, candidates *list)
{
    int rc = ROTA_OK;
    bool taken = false, good = !p->asked->future || p->booking->when.start >= p->w->cx->now;
    for (int64_t i = 0; i < p->booking->claim_count; i++)
        taken |= p->places[i].taken;
    good &= taken;
    for (int64_t nth = 0; good && is_wanted(p, list) && rc == ROTA_OK; nth++)
        rc = try_one(p, p->booking->when.start, nth, true, list, &good);
    return rc;
}

/* --- which of them --- */

typedef struct rank {
    const candidate *of;
    int64_t distance, count;
    const int64_t *order;
} rank;

static int by_rank(const void *left, const void *right)
{
    const rank *a = left, *b = right;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    if (a->of->changed != b->of->changed) return a->of->changed < b->of->changed ? -1 : 1;
    if (a->of->start != b->of->start) return a->of->start < b->of->start ? -1 : 1;
    for (int64_t i = 0; i < a->count; i++) {
        const int64_t k = a->order[i];
        int order = strcmp(a->of->names[k], b->of->names[k]);
        if (order == 0)
            order = rota__id_compare(&a->of->claims[k].resource_id, &b->of->claims[k].resource_id);
        if (order) return order;
    }
    return 0;
}

static int give(const proposal *p, const candidate *c)
{
    rota__write *w = p->w;
    const int64_t count = p->booking->claim_count;
    rota_id *ids = rota__arena_room(w->cx->report, count, (int64_t)sizeof *ids);
    rota_alternative *row = ROTA__PUSH(w->cx->report, &w->answer.alternatives);
    if (!row || !ids) return rota__context_nomem(w->cx);
    for (int64_t i = 0; i < count; i++)
        ids[i] = c->claims[p->order[i]].resource_id;
    *row = (rota_alternative){ .size = (uint32_t)sizeof *row,
                               .changed = c->changed,
                               .when = { c->start, c->start + p->length },
                               .resources = ids,
                               .resource_count = count };
    return ROTA_OK;
}

/* In turn from each sort as long as it has any, so that there is a choice. */
static int select_some(const proposal *p, const candidates *sorts, int64_t sort_count)
{
    const rota_time asked = p->booking->when.start;
    rank *chosen = rota__arena_alloc(p->w->cx->env.arena, p->most, (int64_t)sizeof *chosen);
    int64_t count = 0, longest = 0;
    int rc = ROTA_OK;
    if (!chosen) return rota__context_nomem(p->w->cx);
    for (int64_t k = 0; k < sort_count; k++)
        if (sorts[k].count > longest) longest = sorts[k].count;
    for (int64_t i = 0; i < longest; i++)
        for (int64_t k = 0; k < sort_count && count < p->most; k++) {
            if (i >= sorts[k].count) continue;
            const candidate *c = &sorts[k].items[i];
            chosen[count] = (rank){
                .of = c,
                .distance = c->start < asked ? asked - c->start : c->start - asked,
                .count = p->booking->claim_count,
                .order = p->order,
            };
            count++;
        }
    rota__sort(chosen, count, sizeof *chosen, by_rank);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = give(p, chosen[i].of);
    return rc;
}

int rota__propose(rota__write *w, const rota__proposed *asked)
{
    enum { SORTS = 3 };
    const rota__booking *booking = asked->booking;
    proposal p = { .w = w,
                   .asked = asked,
                   .booking = booking,
                   .length = booking->when.end - booking->when.start,
                   .most = asked->most };
    candidates sorts[SORTS] = { { 0 } };
    int rc;
    w->lapsed_known = true;
    if ((rc = begin(&p)) != ROTA_OK || (rc = try_others(&p, &sorts[0])) != ROTA_OK ||
        (rc = try_times(&p, false, &sorts[1])) != ROTA_OK ||
        (rc = try_times(&p, true, &sorts[2])) != ROTA_OK)
        return rc;
    return select_some(&p, sorts, SORTS);
}
