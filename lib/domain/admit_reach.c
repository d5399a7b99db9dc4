/* The gate's groups: who is taken through whom, up and down, over time. */
#include "domain/admit_private.h"

typedef struct walk {
    rota__write *w;
    const rota__change *change; /* never NULL here */
    rota__reach *reach;
    rota_span window;
    bool down;
    bool all;    /* inactive ones too: what could be taken, not what is */
    bool stored; /* as the store has it, without timelines: for who takes no time */
} walk;

/* What a resource leads to. */
typedef struct links {
    bool active;
    const rota__member *stays;
    int64_t count;
} links;

/* Many small groups within groups can multiply; beyond this it is a mistake. */
enum { MAX_REACHED = 200000 };

static int reach_from(const walk *k, int64_t resource, rota_span within, int depth);

static int reach_link(const walk *k, int64_t next, rota_span stay, rota_span within, int depth)
{
    rota_span common = rota__time_common(stay, within);
    bool matters = common.start < common.end && rota__time_overlap(common, k->window);
    return matters ? reach_from(k, next, common, depth + 1) : ROTA_OK;
}

static int look_links(const walk *k, int64_t resource, links *out)
{
    rota__timeline *t;
    int rc = rota__write_look(k->w, resource, &t);
    if (rc != ROTA_OK) return rc;
    const rota__resource *as = k->change->resource;
    out->active = as && as->row == resource ? as->active : t->resource.active;
    out->stays = k->down ? t->members : t->groups;
    out->count = k->down ? t->member_count : t->group_count;
    return ROTA_OK;
}

static int read_links(const walk *k, int64_t resource, links *out)
{
    rota__context *cx = k->w->cx;
    rota__by by = { .row = resource };
    rota__resource record;
    rota__member *stays;
    int rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, &record);
    if (rc == ROTA_OK)
        rc = cx->store->ops->member_list(cx->store, &cx->env, k->down ? resource : 0,
                                         k->down ? 0 : resource, &stays, &out->count);
    if (rc != ROTA_OK) return rc;
    out->active = record.active && !record.removed;
    out->stays = stays;
    return ROTA_OK;
}

/* A resource that is not active takes no part in its groups: nothing is taken
 * through it from above, though what it was itself booked for stays. */
static int reach_from(const walk *k, int64_t resource, rota_span within, int depth)
{
    rota__write *w = k->w;
    links found;
    if (depth > ROTA_MAX_NESTING)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT, "groups are nested more than %d deep",
                               (int)ROTA_MAX_NESTING);
    int rc = k->stored ? read_links(k, resource, &found) : look_links(k, resource, &found);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(w->cx->env.error, ROTA_ECORRUPT, "a membership leads nowhere");
    if (rc != ROTA_OK) return rc;
    bool active = k->all || found.active;
    if (k->down && depth > 0 && !active) return ROTA_OK;

    if (k->reach->count == MAX_REACHED)
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                               "groups lead to more than %d memberships", (int)MAX_REACHED);
    rota__reached *reached = ROTA__PUSH(w->cx->env.arena, k->reach);
    if (!reached) return rota__context_nomem(w->cx);
    *reached = (rota__reached){ .resource = resource, .within = within };
    if (!k->down && !active) return ROTA_OK;

    for (int64_t i = 0; i < found.count && rc == ROTA_OK; i++) {
        const rota__member *stay = &found.stays[i];
        rc = reach_link(k, k->down ? stay->member : stay->group, stay->when, within, depth);
    }
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
    return reach_from(&k, resource, rota__unbounded, 0);
}

int rota__admit_members(rota__write *w, int64_t resource, rota__reach *reach)
{
    walk k = { .w = w,
               .change = &no_change,
               .reach = reach,
               .window = rota__unbounded,
               .down = true,
               .stored = true };
    return reach_from(&k, resource, rota__unbounded, 0);
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
    return reach_from(&k, resource, rota__unbounded, 0);
}
