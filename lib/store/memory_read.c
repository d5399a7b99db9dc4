/* The reads of the model, but for those of reminders: each looks at every row, picks those
 * that fit, sorts them, cuts them to the limit and copies them out. Where a row is and how
 * one is copied is left to memory.c. */
#include "store/memory_private.h"

#include "base/id.h"
#include "base/sort.h"

/* --- what reads share --- */

bool rota__memory_pick(rota__env *env, rota__memory_picked *rows, const void *row)
{
    const void **place = ROTA__PUSH(env->arena, rows);
    if (place) *place = row;
    return place != NULL;
}

void rota__memory_sort(rota__memory_picked *rows, int64_t limit,
                       int (*order)(const void *, const void *))
{
    rota__sort((void *)rows->items, rows->count, sizeof *rows->items, order);
    if (limit > 0 && rows->count > limit) rows->count = limit;
}

void *rota__memory_copies(rota__env *env, const rota__memory_picked *rows, int64_t size)
{
    uint8_t *out = rota__arena_alloc(env->arena, rows->count, size);
    for (int64_t i = 0; out && i < rows->count; i++)
        memcpy(out + i * size, rows->items[i], (size_t)size);
    return out;
}

/* The parent's id is looked up when it is asked for: the row keeps its row only. */
static bool give_resource(const rota__memory *m, rota__env *env, const rota__resource *from,
                          rota__resource *to)
{
    if (!rota__memory_copy_resource(env->arena, from, to)) return false;
    memset(&to->parent_id, 0, sizeof to->parent_id);
    if (to->parent != 0) to->parent_id = rota__memory_id_at(m, to->parent);
    return true;
}

int rota__memory_give_bookings(const rota__memory *m, rota__env *env,
                               const rota__memory_picked *found, rota__booking **rows,
                               int64_t *count)
{
    rota__booking *out = rota__arena_alloc(env->arena, found->count, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    for (int64_t i = 0; i < found->count; i++)
        if (!rota__memory_copy_booking(m, env->arena, found->items[i], &out[i]))
            return rota__memory_nomem(env);
    *rows = out;
    *count = found->count;
    return ROTA_OK;
}

/* --- resources and members --- */

int rota__memory_stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out)
{
    (void)env;
    const rota__resource *row = rota__memory_resource_at(rota__memory_of(self), resource);
    if (!row) return ROTA_ENOTFOUND;
    *out = row->stamp;
    return ROTA_OK;
}

static bool resource_wanted(const rota__resource *resource, const rota__by *by)
{
    if (by->row != 0) return resource->row == by->row;
    if (resource->removed != by->removed) return false;
    return by->id ? rota__id_compare(&resource->id, by->id) == 0
                  : rota__memory_same_text(resource->ref, by->ref);
}

int rota__memory_resource_get(rota__store *self, rota__env *env, const rota__by *by,
                              rota__resource *out)
{
    const rota__memory *m = rota__memory_of(self);
    for (int64_t i = m->resources.count; i-- > 0;) /* of those that are removed the last one */
        if (resource_wanted(m->resources.items[i], by))
            return give_resource(m, env, m->resources.items[i], out) ? ROTA_OK
                                                                     : rota__memory_nomem(env);
    return ROTA_ENOTFOUND;
}

static bool has_tag(const rota__resource *resource, const char *tag)
{
    for (int64_t i = 0; i < resource->tag_count; i++)
        if (strcmp(resource->tags[i], tag) == 0) return true;
    return false;
}

static bool resource_fits(const rota__resource *resource, const rota__resource_filter *filter)
{
    return !resource->removed && (!filter->kind || strcmp(resource->kind, filter->kind) == 0) &&
           (!filter->tag || has_tag(resource, filter->tag)) &&
           (filter->parent == 0 || resource->parent == filter->parent) &&
           rota__id_compare(&resource->id, &filter->after) > 0;
}

static int order_resources(const void *a, const void *b)
{
    const rota__resource *x = *(const void *const *)a, *y = *(const void *const *)b;
    return rota__id_compare(&x->id, &y->id);
}

int rota__memory_resource_list(rota__store *self, rota__env *env,
                               const rota__resource_filter *filter, rota__resource **rows,
                               int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->resources.count; i++)
        if (resource_fits(m->resources.items[i], filter) &&
            !rota__memory_pick(env, &found, m->resources.items[i]))
            return rota__memory_nomem(env);
    rota__memory_sort(&found, filter->limit, order_resources);

    rota__resource *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!give_resource(m, env, found.items[i], &out[i])) return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_members(const void *a, const void *b)
{
    const rota__member *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__id_compare(&x->group_id, &y->group_id);
    if (order == 0) order = rota__id_compare(&x->member_id, &y->member_id);
    return order ? order : rota__compare(x->when.start, y->when.start);
}

int rota__memory_member_list(rota__store *self, rota__env *env, int64_t group, int64_t member,
                             rota__member **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->members.count; i++) {
        const rota__member *stay = m->members.items[i];
        if (!stay || (group != 0 && stay->group != group) ||
            (member != 0 && stay->member != member))
            continue;
        if (!rota__memory_pick(env, &found, stay)) return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, 0, order_members);

    rota__member *out = rota__memory_copies(env, &found, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

int rota__memory_group_next(rota__store *self, rota__env *env, int64_t resource, int64_t *group)
{
    const rota__memory *m = rota__memory_of(self);
    int64_t next = 0;
    (void)env;
    for (int64_t i = 0; i < m->members.count; i++) {
        const rota__member *stay = m->members.items[i];
        if (stay && stay->group >= resource && (next == 0 || stay->group < next))
            next = stay->group;
    }
    if (next == 0) return ROTA_ENOTFOUND;
    *group = next;
    return ROTA_OK;
}

/* --- bookings and what they take --- */

static int order_bookings(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->when.start, y->when.start);
    if (order == 0) order = rota__compare(x->when.end, y->when.end);
    return order ? order : rota__id_compare(&x->id, &y->id);
}

static int order_holds(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->hold_expires, y->hold_expires);
    return order ? order : rota__compare(x->row, y->row);
}

static bool booking_wanted(const rota__booking *booking, const rota__by *by)
{
    if (by->row != 0) return booking->row == by->row;
    if (by->id) return rota__id_compare(&booking->id, by->id) == 0;
    return by->part_of ? rota__memory_is_occurrence(booking, by->part_of, by->occurrence)
                       : rota__memory_same_text(booking->ref, by->ref);
}

int rota__memory_booking_get(rota__store *self, rota__env *env, const rota__by *by,
                             rota__booking *out)
{
    const rota__memory *m = rota__memory_of(self);
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (booking_wanted(booking, by))
            return rota__memory_copy_booking(m, env->arena, booking, out) ? ROTA_OK
                                                                          : rota__memory_nomem(env);
    }
    return ROTA_ENOTFOUND;
}

static bool claims(const rota__booking *booking, int64_t resource)
{
    for (int64_t i = 0; i < booking->claim_count; i++)
        if (booking->claims[i].resource == resource) return true;
    return false;
}

static bool has_source(const rota__booking *booking, const rota__booking_filter *filter)
{
    for (int64_t i = 0; i < filter->source_count; i++)
        if (claims(booking, filter->sources[i].resource) &&
            rota__time_overlap(booking->when, filter->sources[i].when))
            return true;
    return filter->source_count == 0;
}

static bool booking_fits(const rota__booking *booking, const rota__booking_filter *filter)
{
    rota__booking last = { .id = filter->after_id, .when = filter->after };
    const void *a = booking, *b = &last;
    return (booking->series != NULL) == filter->recurring &&
           (filter->part_of == 0 || booking->part_of == filter->part_of) &&
           rota__time_overlap(booking->when, filter->when) &&
           booking->when.end - booking->when.start > filter->longer &&
           (filter->statuses >> booking->status & 1u) != 0 && has_source(booking, filter) &&
           (rota__id_is_none(&filter->after_id) || order_bookings(&a, &b) > 0);
}

int rota__memory_booking_list(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                              rota__booking **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++)
        if (booking_fits(m->bookings.items[i], filter) &&
            !rota__memory_pick(env, &found, m->bookings.items[i]))
            return rota__memory_nomem(env);
    rota__memory_sort(&found, filter->limit, order_bookings);
    return rota__memory_give_bookings(m, env, &found, rows, count);
}

int rota__memory_due_holds(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                           rota__booking **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (booking->status != ROTA_BOOKING_HELD || booking->hold_expires > now) continue;
        if (!rota__memory_pick(env, &found, booking)) return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_holds);
    return rota__memory_give_bookings(m, env, &found, rows, count);
}

typedef struct takings {
    ROTA__LIST(rota__taken) intervals;
    ROTA__LIST(rota__recurring) recurring;
} takings;

static bool pick_recurring(rota__env *env, takings *found, const rota__booking *booking,
                           const rota__taken *taken)
{
    rota__recurring *next = ROTA__PUSH(env->arena, &found->recurring);
    if (!next) return false;
    *next = (rota__recurring){ .taken = *taken, .series_size = booking->series_size };
    next->series = rota__arena_copy(env->arena, booking->series, booking->series_size);
    return next->series != NULL;
}

static bool pick_takings(rota__env *env, takings *found, const rota__booking *booking,
                         int64_t resource)
{
    rota__taken taken = { .when = booking->when, .booking = booking->row };
    if (booking->status == ROTA_BOOKING_HELD) taken.expires = booking->hold_expires;
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        if (claim->resource != resource || !rota__claim_blocks(claim)) continue;
        taken.units = claim->units;
        if (booking->series) return pick_recurring(env, found, booking, &taken);
        rota__taken *next = ROTA__PUSH(env->arena, &found->intervals);
        if (!next) return false;
        *next = taken;
    }
    return true;
}

int rota__memory_timeline(rota__store *self, rota__env *env, int64_t resource,
                          rota__timeline_rows *out)
{
    const rota__memory *m = rota__memory_of(self);
    rota__timeline_rows rows = { 0 };
    takings found = { 0 };
    rota__by by = { .row = resource };
    int rc = rota__memory_resource_get(self, env, &by, &rows.resource);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (rota__status_occupies(booking->status) && !pick_takings(env, &found, booking, resource))
            return rota__memory_nomem(env);
    }
    rows.intervals = found.intervals.items;
    rows.interval_count = found.intervals.count;
    rows.recurring = found.recurring.items;
    rows.recurring_count = found.recurring.count;
    rc = rota__memory_member_list(self, env, 0, resource, &rows.groups, &rows.group_count);
    if (rc == ROTA_OK)
        rc = rota__memory_member_list(self, env, resource, 0, &rows.members, &rows.member_count);
    if (rc == ROTA_OK) *out = rows;
    return rc;
}

/* --- keys, the feed, the whole --- */

int rota__memory_due_keys(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                          int64_t *count)
{
    (void)env;
    const rota__memory *m = rota__memory_of(self);
    int64_t due = 0;
    for (int64_t i = 0; i < m->keys.count && due < limit; i++) {
        const rota__key *key = m->keys.items[i];
        if (key && key->at <= horizon) due++;
    }
    *count = due;
    return ROTA_OK;
}

int rota__memory_key_get(rota__store *self, rota__env *env, const char *actor, const char *key,
                         rota__key *out)
{
    const rota__memory *m = rota__memory_of(self);
    int64_t at = rota__memory_find_key(m, actor, key);
    if (at < 0) return ROTA_ENOTFOUND;
    return rota__memory_copy_key(env->arena, m->keys.items[at], out) ? ROTA_OK
                                                                     : rota__memory_nomem(env);
}

int rota__memory_feed(rota__store *self, rota__env *env, int64_t after, int64_t limit,
                      rota__event **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->events.count; i++) {
        const rota__event *event = m->events.items[i];
        if (limit > 0 && found.count == limit) break;
        if (event->seq > after && !rota__memory_pick(env, &found, event))
            return rota__memory_nomem(env);
    }
    rota__event *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!rota__memory_copy_event(env->arena, found.items[i], &out[i]))
            return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

int rota__memory_consumer_get(rota__store *self, rota__env *env, const char *name,
                              rota__consumer *out)
{
    const rota__memory *m = rota__memory_of(self);
    int64_t at = rota__memory_find_consumer(m, name);
    if (at < 0) return ROTA_ENOTFOUND;
    return rota__memory_copy_consumer(env->arena, m->consumers.items[at], out)
               ? ROTA_OK
               : rota__memory_nomem(env);
}

static int order_consumers(const void *a, const void *b)
{
    const rota__consumer *x = *(const void *const *)a, *y = *(const void *const *)b;
    return strcmp(x->name, y->name);
}

int rota__memory_consumer_list(rota__store *self, rota__env *env, rota__consumer **rows,
                               int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->consumers.count; i++)
        if (m->consumers.items[i] && !rota__memory_pick(env, &found, m->consumers.items[i]))
            return rota__memory_nomem(env);
    rota__memory_sort(&found, 0, order_consumers);

    rota__consumer *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!rota__memory_copy_consumer(env->arena, found.items[i], &out[i]))
            return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

int rota__memory_zone_get(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                          rota__zone *out)
{
    const rota__zone *known = rota__memory_find_zone(rota__memory_of(self), name, digest);
    if (!known) return ROTA_ENOTFOUND;
    return rota__memory_copy_zone(env->arena, known, out) ? ROTA_OK : rota__memory_nomem(env);
}

int rota__memory_counts(rota__store *self, rota__env *env, rota__counts *out)
{
    (void)env;
    const rota__memory *m = rota__memory_of(self);
    int64_t resources = 0;
    for (int64_t i = 0; i < m->resources.count; i++) {
        const rota__resource *resource = m->resources.items[i];
        if (!resource->removed) resources++;
    }
    *out = (rota__counts){ .resources = resources,
                           .bookings = m->bookings.count,
                           .events = m->events.count };
    return ROTA_OK;
}
