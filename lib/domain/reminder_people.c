#include "domain/reminder_people.h"

#include "base/sort.h"
#include "domain/admit.h"
#include "domain/reminder.h"

typedef rota__person person;

typedef struct rota__known_list {
    int32_t of;
    int64_t subject;
    const rota__reminder_list *list; /* NULL: none */
} known_list;

typedef struct group_member {
    int64_t resource;
    rota_id id;
    rota_span within;
} group_member;

typedef struct rota__known_group {
    int64_t resource;
    ROTA__LIST(group_member) members;
} group;

static bool is_same(const rota__starting *a, const rota__starting *b)
{
    return rota__starting_booking(a) == rota__starting_booking(b) &&
           a->occurrence == b->occurrence && a->when.start == b->when.start;
}

/* Of the calendar or a resource, which many bookings share. */
static int list_of(rota__people *p, int32_t of, int64_t subject_row,
                   const rota__reminder_list **out)
{
    for (int64_t i = p->lists.count; i-- > 0;) {
        const known_list *known = &p->lists.items[i];
        *out = known->list;
        if (known->of == of && known->subject == subject_row) return ROTA_OK;
    }
    int rc = rota__reminder_list_of(p->w->cx, of, subject_row, out);
    if (rc != ROTA_OK) return rc;
    known_list *known = ROTA__PUSH(p->w->cx->env.arena, &p->lists);
    if (!known) return rota__context_nomem(p->w->cx);
    *known = (known_list){ of, subject_row, *out };
    return ROTA_OK;
}

/* What is claimed are mostly rooms and people, and what the store says of one of them holds for
 * all up to the next group. */
static int has_members(rota__people *p, int64_t resource, bool *has)
{
    rota__context *cx = p->w->cx;
    int rc = ROTA_OK;
    if (resource < p->asked || resource > p->next_group) {
        p->asked = resource;
        rc = cx->store->ops->group_next(cx->store, &cx->env, resource, &p->next_group);
        if (rc == ROTA_ENOTFOUND) p->next_group = INT64_MAX;
        if (rc == ROTA_ENOTFOUND) rc = ROTA_OK;
    }
    *has = resource == p->next_group;
    return rc;
}

static int read_group(rota__people *p, int64_t resource, group *out)
{
    rota__context *cx = p->w->cx;
    rota__reach reach = { 0 };
    *out = (group){ .resource = resource };
    int rc = rota__admit_members(p->w, resource, &reach);
    for (int64_t i = 1; rc == ROTA_OK && i < reach.count; i++) { /* the first is the group */
        rota__by by = { .row = reach.items[i].resource };
        rota__resource record;
        group_member *member = ROTA__PUSH(cx->env.arena, &out->members);
        if (!member) return rota__context_nomem(cx);
        rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, &record);
        if (rc == ROTA_OK) *member = (group_member){ by.row, record.id, reach.items[i].within };
    }
    return rc;
}

static int group_of(rota__people *p, int64_t resource, const group **out)
{
    for (int64_t i = p->groups.count; i-- > 0;) {
        *out = &p->groups.items[i];
        if ((*out)->resource == resource) return ROTA_OK;
    }
    group read;
    int rc = read_group(p, resource, &read);
    if (rc != ROTA_OK) return rc;
    group *made = ROTA__PUSH(p->w->cx->env.arena, &p->groups);
    if (!made) return rota__context_nomem(p->w->cx);
    *made = read;
    *out = made;
    return ROTA_OK;
}

static int add_person(rota__people *p, int64_t resource, const rota_id *id, bool of_group,
                      const rota__reminder_list *list)
{
    person *one = ROTA__PUSH(p->w->cx->env.arena, &p->known);
    if (!one) return rota__context_nomem(p->w->cx);
    *one = (person){ resource, p->known.count, of_group, *id, list };
    return ROTA_OK;
}

static int by_person(const void *left, const void *right)
{
    const person *a = left, *b = right;
    if (a->resource != b->resource) return a->resource < b->resource ? -1 : 1;
    if (a->of_group != b->of_group) return a->of_group ? 1 : -1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static void keep_each_once(rota__people *p)
{
    int64_t kept = 0;
    person *items = p->known.items;
    if (p->known.count < 2) return;
    rota__sort(items, p->known.count, sizeof *items, by_person);
    for (int64_t i = 0; i < p->known.count; i++)
        if (kept == 0 || items[kept - 1].resource != items[i].resource) items[kept++] = items[i];
    p->known.count = kept;
}

/* own: of the booking. */
static int claim_list(rota__people *p, const rota__reminder_list *own, const rota__claim *claim,
                      const rota__reminder_list **list)
{
    int rc = ROTA_OK;
    *list = own;
    if (!*list && p->of_resources) rc = list_of(p, ROTA__REMIND_RESOURCE, claim->resource, list);
    if (rc == ROTA_OK && !*list) rc = list_of(p, ROTA__REMIND_ALL, 0, list);
    return rc;
}

static int add_members(rota__people *p, const rota__starting *s, const rota__claim *claim,
                       const rota__reminder_list *list)
{
    const group *members = NULL;
    bool has;
    int rc = has_members(p, claim->resource, &has);
    if (rc != ROTA_OK || !has) return rc;
    rc = group_of(p, claim->resource, &members);
    for (int64_t i = 0; rc == ROTA_OK && i < members->members.count; i++) {
        const group_member *one = &members->members.items[i];
        if (rota__time_overlap(one->within, s->when))
            rc = add_person(p, one->resource, &one->id, true, list);
    }
    return rc;
}

/* By an empty list one is found as well: it keeps others from counting. */
int rota__people_find(rota__people *p, const rota__starting *s)
{
    const rota__reminder_list *own = NULL;
    int rc = ROTA_OK;
    if (p->last && is_same(p->last, s)) return ROTA_OK;
    p->known.count = 0;
    p->last = NULL;
    if (p->of_bookings && s->claim_count > 0)
        rc = rota__reminder_list_of(p->w->cx, ROTA__REMIND_BOOKING, rota__starting_booking(s),
                                    &own);
    for (int64_t i = 0; i < s->claim_count && rc == ROTA_OK; i++) {
        const rota__claim *claim = &s->claims[i];
        const rota__reminder_list *list = NULL;
        if (claim->flags & ROTA_CLAIM_FREE) continue;
        if ((rc = claim_list(p, own, claim, &list)) != ROTA_OK || !list) continue;
        rc = add_person(p, claim->resource, &claim->resource_id, false, list);
        if (rc == ROTA_OK) rc = add_members(p, s, claim, list);
    }
    if (rc != ROTA_OK) return rc;
    keep_each_once(p);
    p->last = s;
    return ROTA_OK;
}

const rota__person *rota__people_get(const rota__people *p, int64_t resource)
{
    for (int64_t i = 0; i < p->known.count; i++)
        if (p->known.items[i].resource == resource) return &p->known.items[i];
    return NULL;
}

const rota__starting *rota__people_last(const rota__people *p, int64_t booking,
                                        rota_time occurrence)
{
    const rota__starting *s = p->last;
    bool is = s && rota__starting_booking(s) == booking && s->occurrence == occurrence;
    return is ? s : NULL;
}

/* Most calendars have few lists, and none of one sort. */
int rota__people_begin(rota__people *p, rota__write *w)
{
    rota__context *cx = w->cx;
    const rota__store_ops *ops = cx->store->ops;
    *p = (rota__people){ .w = w };
    int rc = ops->reminder_any(cx->store, &cx->env, ROTA__REMIND_BOOKING, &p->of_bookings);
    return rc == ROTA_OK
               ? ops->reminder_any(cx->store, &cx->env, ROTA__REMIND_RESOURCE, &p->of_resources)
               : rc;
}
