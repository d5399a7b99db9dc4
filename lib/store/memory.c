/* The model. Every list is an array of pointers to rows that never change: a
 * write puts another row in a slot or behind the last one, and notes what was
 * there, so that a batch that cannot be finished is taken back step by step.
 * A record's row is its place in its list, counted from 1. Rows that were
 * replaced stay in the store's arena until it is closed: what that costs, a
 * model can afford. Every question is answered by looking at every row.
 *
 * It leaves to its caller what store.h says of a batch: each resource is guarded
 * once, the rows that claims, stays and parents name exist. */
#include "store/memory.h"

#include <stdlib.h>

#include "base/id.h"

typedef struct list {
    const void **items; /* NULL: dropped */
    int64_t count, room;
} list;

typedef struct memory {
    rota__store base;
    rota__mem *mem;
    rota__arena rows;
    list resources, bookings, members, events, keys, consumers;
} memory;

static memory *of(rota__store *self)
{
    return (memory *)(void *)self;
}

/* --- copies: into the store with a batch, out of it with an answer --- */

static bool copy_text(rota__arena *arena, const char **text)
{
    const char *from = *text;
    *text = rota__arena_text(arena, from, -1);
    return *text || !from;
}

static bool copy_resource(rota__arena *arena, const rota__resource *from, rota__resource *to)
{
    *to = *from;
    if (!copy_text(arena, &to->ref) || !copy_text(arena, &to->kind) ||
        !copy_text(arena, &to->name) || !copy_text(arena, &to->zone) ||
        !copy_text(arena, &to->data))
        return false;
    to->tags = NULL;
    if (from->tag_count == 0) return true;

    const char **tags = rota__arena_alloc(arena, from->tag_count, (int64_t)sizeof *tags);
    if (!tags) return false;
    for (int64_t i = 0; i < from->tag_count; i++) {
        tags[i] = from->tags[i];
        if (!copy_text(arena, &tags[i])) return false;
    }
    to->tags = tags;
    return true;
}

static int by_resource_id(const void *a, const void *b)
{
    const rota__claim *x = a, *y = b;
    return rota__id_compare(&x->resource_id, &y->resource_id);
}

static const rota__resource *resource_at(const memory *m, int64_t row)
{
    return row >= 1 && row <= m->resources.count ? m->resources.items[row - 1] : NULL;
}

static rota_id id_at(const memory *m, int64_t row)
{
    const rota__resource *resource = resource_at(m, row);
    assert(resource);
    return resource->id;
}

static bool copy_booking(const memory *m, rota__arena *arena, const rota__booking *from,
                         rota__booking *to)
{
    *to = *from;
    if (!copy_text(arena, &to->ref) || !copy_text(arena, &to->title) ||
        !copy_text(arena, &to->data))
        return false;
    to->claims = NULL;
    if (from->claim_count == 0) return true;

    rota__claim *claims = rota__arena_alloc(arena, from->claim_count, (int64_t)sizeof *claims);
    if (!claims) return false;
    for (int64_t i = 0; i < from->claim_count; i++) {
        claims[i] = from->claims[i];
        claims[i].resource_id = id_at(m, claims[i].resource);
    }
    qsort(claims, (size_t)from->claim_count, sizeof *claims, by_resource_id);
    to->claims = claims;
    return true;
}

static bool copy_event(rota__arena *arena, const rota__event *from, rota__event *to)
{
    *to = *from;
    return copy_text(arena, &to->actor) && copy_text(arena, &to->role) &&
           copy_text(arena, &to->trace) && copy_text(arena, &to->before) &&
           copy_text(arena, &to->after);
}

static bool copy_key(rota__arena *arena, const rota__key *from, rota__key *to)
{
    *to = *from;
    if (!copy_text(arena, &to->actor) || !copy_text(arena, &to->key)) return false;
    if (from->answer_size > 0)
        to->answer = rota__arena_copy(arena, from->answer, from->answer_size);
    return to->answer || from->answer_size == 0;
}

/* --- one commit. Its steps return ROTA_OK, ROTA_ENOMEM, or the outcome that
 * ends the commit: outcomes are positive, statuses are not. --- */

typedef struct change {
    list *in;
    int64_t at;
    const void *was;
    bool appended;
} change;

/* A claim that takes time which its booking did not take before. */
typedef struct taking {
    int64_t resource, booking;
    rota_span when;
} taking;

typedef struct writing {
    memory *m;
    rota__env *env;
    const rota__batch *batch;
    ROTA__LIST(change) changes;
    ROTA__LIST(taking) takings;
    int64_t keys_dropped;
} writing;

static int put_at(writing *w, list *in, int64_t at, const void *row)
{
    change *note = ROTA__PUSH(w->env->arena, &w->changes);
    if (!note) return ROTA_ENOMEM;
    *note = (change){ .in = in, .at = at, .was = in->items[at] };
    in->items[at] = row;
    return ROTA_OK;
}

static int append(writing *w, list *in, const void *row)
{
    if (in->count == in->room) {
        int64_t room = in->room ? in->room * 2 : 16;
        const void **grown = rota__mem_realloc(w->m->mem, (void *)in->items, room,
                                               (int64_t)sizeof *grown);
        if (!grown) return ROTA_ENOMEM;
        in->items = grown;
        in->room = room;
    }
    change *note = ROTA__PUSH(w->env->arena, &w->changes);
    if (!note) return ROTA_ENOMEM;
    *note = (change){ .in = in, .at = in->count, .appended = true };
    in->items[in->count++] = row;
    return ROTA_OK;
}

static void take_back(writing *w)
{
    while (w->changes.count > 0) {
        const change *last = &w->changes.items[--w->changes.count];
        if (last->appended)
            last->in->count--;
        else
            last->in->items[last->at] = last->was;
    }
}

static int put_guards(writing *w)
{
    for (int64_t i = 0; i < w->batch->guards.count; i++) {
        const rota__guard *guard = &w->batch->guards.items[i];
        const rota__resource *now = resource_at(w->m, guard->resource);
        if (!now || now->stamp != guard->stamp) return ROTA__STALE;
        if (!guard->bump) continue;
        rota__resource *next = rota__arena_copy(&w->m->rows, now, (int64_t)sizeof *now);
        if (!next) return ROTA_ENOMEM;
        next->stamp++;
        int rc = put_at(w, &w->m->resources, guard->resource - 1, next);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* An id is taken for ever, a ref as long as its resource is not removed. */
static bool resource_taken(const memory *m, const rota__resource *wanted)
{
    for (int64_t i = 0; i < m->resources.count; i++) {
        const rota__resource *other = m->resources.items[i];
        if (other->row == wanted->row) continue;
        if (rota__id_compare(&other->id, &wanted->id) == 0) return true;
        if (!other->removed && !wanted->removed && same_text(other->ref, wanted->ref)) return true;
    }
    return false;
}

static int put_resource(writing *w, const rota__resource *put)
{
    memory *m = w->m;
    rota__resource *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !copy_resource(&m->rows, put, next)) return ROTA_ENOMEM;
    if (put->row == 0) {
        next->row = m->resources.count + 1;
        next->version = next->stamp = 1;
        return resource_taken(m, next) ? ROTA__STALE : append(w, &m->resources, next);
    }
    const rota__resource *now = resource_at(m, put->row);
    if (!now || now->version != put->version - 1) return ROTA__STALE;
    next->id = now->id;
    next->stamp = now->stamp;
    return resource_taken(m, next) ? ROTA__STALE : put_at(w, &m->resources, put->row - 1, next);
}

static bool booking_taken(const memory *m, const rota__booking *wanted)
{
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *other = m->bookings.items[i];
        if (rota__id_compare(&other->id, &wanted->id) == 0 || same_text(other->ref, wanted->ref))
            return true;
    }
    return false;
}

static const rota__booking *booking_at(const memory *m, int64_t row)
{
    return row >= 1 && row <= m->bookings.count ? m->bookings.items[row - 1] : NULL;
}

static bool takes(const rota__booking *booking, int64_t resource)
{
    for (int64_t i = 0; i < booking->claim_count; i++)
        if (booking->claims[i].resource == resource && rota__claim_blocks(&booking->claims[i]))
            return rota__status_occupies(booking->status);
    return false;
}

/* now: the booking as it was, NULL where there was none. */
static int note_takings(writing *w, const rota__booking *now, const rota__booking *next)
{
    for (int64_t i = 0; i < next->claim_count; i++) {
        int64_t resource = next->claims[i].resource;
        bool took = now && takes(now, resource) && now->when.start <= next->when.start &&
                    now->when.end >= next->when.end;
        if (took || !takes(next, resource)) continue;
        taking *note = ROTA__PUSH(w->env->arena, &w->takings);
        if (!note) return ROTA_ENOMEM;
        *note = (taking){ .resource = resource, .booking = next->row, .when = next->when };
    }
    return ROTA_OK;
}

/* The second guard: see store.h. */
static int check_takings(writing *w)
{
    const memory *m = w->m;
    for (int64_t i = 0; i < w->takings.count; i++) {
        const taking *note = &w->takings.items[i];
        if (resource_at(m, note->resource)->capacity != 1) continue;
        for (int64_t k = 0; k < m->bookings.count; k++) {
            const rota__booking *other = m->bookings.items[k];
            if (other->row == note->booking || !takes(other, note->resource) ||
                !rota__time_overlap(other->when, note->when))
                continue;
            return rota__error_set(w->env->error, ROTA_ECORRUPT,
                                   "booking row %lld was admitted where row %lld takes the only "
                                   "unit of resource row %lld: nothing is written",
                                   (long long)note->booking, (long long)other->row,
                                   (long long)note->resource);
        }
    }
    return ROTA_OK;
}

static int put_booking(writing *w, const rota__booking *put)
{
    memory *m = w->m;
    rota__booking *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !copy_booking(m, &m->rows, put, next)) return ROTA_ENOMEM;
    if (put->row == 0) {
        next->row = m->bookings.count + 1;
        next->version = 1;
        if (booking_taken(m, next)) return ROTA__STALE;
        int rc = note_takings(w, NULL, next);
        return rc == ROTA_OK ? append(w, &m->bookings, next) : rc;
    }
    const rota__booking *now = booking_at(m, put->row);
    if (!now || now->version != put->version - 1) return ROTA__STALE;
    next->id = now->id;
    next->ref = now->ref;
    next->created_at = now->created_at;
    int rc = note_takings(w, now, next);
    return rc == ROTA_OK ? put_at(w, &m->bookings, put->row - 1, next) : rc;
}

/* Where the stay is in its list, or -1. */
static int64_t find_member(const memory *m, const rota__member *wanted)
{
    for (int64_t i = 0; i < m->members.count; i++) {
        const rota__member *stay = m->members.items[i];
        if (stay && stay->group == wanted->group && stay->member == wanted->member &&
            stay->when.start == wanted->when.start)
            return i;
    }
    return -1;
}

/* First those that end, so that a batch may put a stay again with another end. */
static int put_members(writing *w)
{
    memory *m = w->m;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->members_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_member(m, &w->batch->members_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : put_at(w, &m->members, at, NULL);
    }
    for (int64_t i = 0; i < w->batch->members_put.count && rc == ROTA_OK; i++) {
        const rota__member *put = &w->batch->members_put.items[i];
        if (find_member(m, put) >= 0) return ROTA__STALE;
        rota__member *next = rota__arena_copy(&m->rows, put, (int64_t)sizeof *put);
        if (!next) return ROTA_ENOMEM;
        next->group_id = id_at(m, put->group);
        next->member_id = id_at(m, put->member);
        rc = append(w, &m->members, next);
    }
    return rc;
}

static int put_events(writing *w)
{
    memory *m = w->m;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->events.count && rc == ROTA_OK; i++) {
        rota__event *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
        if (!next || !copy_event(&m->rows, &w->batch->events.items[i], next)) return ROTA_ENOMEM;
        next->seq = m->events.count + 1;
        rc = append(w, &m->events, next);
    }
    return rc;
}

/* Where the consumer is in its list, or -1. */
static int64_t find_consumer(const memory *m, const char *name)
{
    for (int64_t i = 0; i < m->consumers.count; i++) {
        const rota__consumer *known = m->consumers.items[i];
        if (known && strcmp(known->name, name) == 0) return i;
    }
    return -1;
}

static bool copy_consumer(rota__arena *arena, const rota__consumer *from, rota__consumer *to)
{
    *to = *from;
    return copy_text(arena, &to->name);
}

static int put_consumer(writing *w, const rota__consumer_put *put)
{
    memory *m = w->m;
    rota__consumer *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !copy_consumer(&m->rows, &put->consumer, next)) return ROTA_ENOMEM;
    int64_t at = find_consumer(m, next->name);
    if (put->was == ROTA__CONSUMER_NEW)
        return at < 0 ? append(w, &m->consumers, next) : ROTA__STALE;
    const rota__consumer *now = at < 0 ? NULL : m->consumers.items[at];
    if (!now || now->position != put->was) return ROTA__STALE;
    next->created_at = now->created_at;
    return put_at(w, &m->consumers, at, next);
}

static int put_consumers(writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->consumers_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_consumer(w->m, w->batch->consumers_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : put_at(w, &w->m->consumers, at, NULL);
    }
    for (int64_t i = 0; i < w->batch->consumers_put.count && rc == ROTA_OK; i++)
        rc = put_consumer(w, &w->batch->consumers_put.items[i]);
    return rc;
}

static int64_t find_key(const memory *m, const char *actor, const char *key)
{
    for (int64_t i = 0; i < m->keys.count; i++) {
        const rota__key *known = m->keys.items[i];
        if (known && strcmp(known->actor, actor) == 0 && strcmp(known->key, key) == 0) return i;
    }
    return -1;
}

/* Asked first: a commit whose answer was lost is stale by its own doing when it
 * is repeated, and must hear that it was done. */
static int check_key(writing *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    int64_t at = find_key(w->m, key->actor, key->key);
    if (at < 0) return ROTA_OK;
    const rota__key *known = w->m->keys.items[at];
    return known->at > w->batch->key_horizon ? ROTA__REPLAYED : ROTA_OK;
}

static int put_key(writing *w)
{
    memory *m = w->m;
    if (!w->batch->key) return ROTA_OK;
    rota__key *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !copy_key(&m->rows, w->batch->key, next)) return ROTA_ENOMEM;
    int64_t at = find_key(m, next->actor, next->key);
    return at < 0 ? append(w, &m->keys, next) : put_at(w, &m->keys, at, next);
}

static int64_t oldest_key(const memory *m)
{
    int64_t oldest = -1;
    rota_time since = 0;
    for (int64_t i = 0; i < m->keys.count; i++) {
        const rota__key *key = m->keys.items[i];
        if (!key || (oldest >= 0 && key->at >= since)) continue;
        oldest = i;
        since = key->at;
    }
    return oldest;
}

static int drop_keys(writing *w)
{
    while (w->keys_dropped < w->batch->keys_dropped_max) {
        int64_t at = oldest_key(w->m);
        const rota__key *key = at < 0 ? NULL : w->m->keys.items[at];
        if (!key || key->at > w->batch->key_horizon) break;
        int rc = put_at(w, &w->m->keys, at, NULL);
        if (rc != ROTA_OK) return rc;
        w->keys_dropped++;
    }
    return ROTA_OK;
}

static int write_all(writing *w)
{
    int rc = check_key(w);
    if (rc == ROTA_OK) rc = put_guards(w);
    for (int64_t i = 0; i < w->batch->resources.count && rc == ROTA_OK; i++)
        rc = put_resource(w, &w->batch->resources.items[i]);
    for (int64_t i = 0; i < w->batch->bookings.count && rc == ROTA_OK; i++)
        rc = put_booking(w, &w->batch->bookings.items[i]);
    if (rc == ROTA_OK) rc = check_takings(w);
    if (rc == ROTA_OK) rc = put_members(w);
    if (rc == ROTA_OK) rc = put_events(w);
    if (rc == ROTA_OK) rc = put_consumers(w);
    if (rc == ROTA_OK) rc = drop_keys(w);
    if (rc == ROTA_OK) rc = put_key(w);
    return rc;
}

static int commit(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    memory *m = of(self);
    writing w = { .m = m, .env = env, .batch = batch };
    int64_t resources = m->resources.count, bookings = m->bookings.count;
    int64_t events = m->events.count;

    int rc = write_all(&w);
    if (rc != ROTA_OK) take_back(&w);
    if (rc == ROTA_ECORRUPT) return rc; /* has been said */
    if (rc < 0) return rota__error_plain(env->error, rc);
    out->outcome = rc == ROTA_OK ? ROTA__COMMITTED : rc;
    out->last_seq = m->events.count;
    out->keys_dropped = rc == ROTA_OK ? w.keys_dropped : 0;
    if (rc != ROTA_OK) return ROTA_OK;

    for (int64_t i = 0; i < batch->resources.count; i++)
        if (batch->resources.items[i].row == 0) batch->resources.items[i].row = ++resources;
    for (int64_t i = 0; i < batch->bookings.count; i++)
        if (batch->bookings.items[i].row == 0) batch->bookings.items[i].row = ++bookings;
    for (int64_t i = 0; i < batch->events.count; i++)
        batch->events.items[i].seq = ++events;
    return ROTA_OK;
}

/* Nobody else can write here. */
static int changed(rota__store *self, rota__env *env, uint64_t *token)
{
    (void)self;
    (void)env;
    *token = 0;
    return ROTA_OK;
}

/* --- what reads share: pick the rows that fit, sort, cut, copy out --- */

typedef struct picked {
    const void **items;
    int64_t count, room;
} picked;

static bool pick(rota__env *env, picked *rows, const void *row)
{
    const void **place = ROTA__PUSH(env->arena, rows);
    if (place) *place = row;
    return place != NULL;
}

static void sort_and_cut(picked *rows, int64_t limit, int (*order)(const void *, const void *))
{
    if (rows->count > 0)
        qsort((void *)rows->items, (size_t)rows->count, sizeof *rows->items, order);
    if (limit > 0 && rows->count > limit) rows->count = limit;
}

static int nomem(rota__env *env)
{
    return rota__error_plain(env->error, ROTA_ENOMEM);
}

/* The parent's id is looked up when it is asked for: the row keeps its row only. */
static bool give_resource(const memory *m, rota__env *env, const rota__resource *from,
                          rota__resource *to)
{
    if (!copy_resource(env->arena, from, to)) return false;
    memset(&to->parent_id, 0, sizeof to->parent_id);
    if (to->parent != 0) to->parent_id = id_at(m, to->parent);
    return true;
}

static int give_bookings(const memory *m, rota__env *env, const picked *found, rota__booking **rows,
                         int64_t *count)
{
    rota__booking *out = rota__arena_alloc(env->arena, found->count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found->count; i++)
        if (!copy_booking(m, env->arena, found->items[i], &out[i])) return nomem(env);
    *rows = out;
    *count = found->count;
    return ROTA_OK;
}

static int order_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* --- resources and members --- */

static int stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out)
{
    (void)env;
    const rota__resource *row = resource_at(of(self), resource);
    if (!row) return ROTA_ENOTFOUND;
    *out = row->stamp;
    return ROTA_OK;
}

static bool is_wanted(const rota__resource *resource, const rota__by *by)
{
    if (by->row != 0) return resource->row == by->row;
    if (resource->removed) return false;
    return by->id ? rota__id_compare(&resource->id, by->id) == 0
                  : same_text(resource->ref, by->ref);
}

static int resource_get(rota__store *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    const memory *m = of(self);
    for (int64_t i = 0; i < m->resources.count; i++)
        if (is_wanted(m->resources.items[i], by))
            return give_resource(m, env, m->resources.items[i], out) ? ROTA_OK : nomem(env);
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

static int resource_list(rota__store *self, rota__env *env, const rota__resource_filter *filter,
                         rota__resource **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->resources.count; i++)
        if (resource_fits(m->resources.items[i], filter) &&
            !pick(env, &found, m->resources.items[i]))
            return nomem(env);
    sort_and_cut(&found, filter->limit, order_resources);

    rota__resource *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!give_resource(m, env, found.items[i], &out[i])) return nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_members(const void *a, const void *b)
{
    const rota__member *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__id_compare(&x->group_id, &y->group_id);
    if (order == 0) order = rota__id_compare(&x->member_id, &y->member_id);
    return order ? order : order_numbers(x->when.start, y->when.start);
}

static int member_list(rota__store *self, rota__env *env, int64_t group, int64_t member,
                       rota__member **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->members.count; i++) {
        const rota__member *stay = m->members.items[i];
        if (!stay || (group != 0 && stay->group != group) ||
            (member != 0 && stay->member != member))
            continue;
        if (!pick(env, &found, stay)) return nomem(env);
    }
    sort_and_cut(&found, 0, order_members);

    rota__member *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        memcpy(&out[i], found.items[i], sizeof *out);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

/* --- bookings and what they take --- */

static int order_bookings(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = order_numbers(x->when.start, y->when.start);
    if (order == 0) order = order_numbers(x->when.end, y->when.end);
    return order ? order : rota__id_compare(&x->id, &y->id);
}

static int order_holds(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = order_numbers(x->hold_expires, y->hold_expires);
    return order ? order : order_numbers(x->row, y->row);
}

static int booking_get(rota__store *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    const memory *m = of(self);
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        bool wanted = by->row  ? booking->row == by->row
                      : by->id ? rota__id_compare(&booking->id, by->id) == 0
                               : same_text(booking->ref, by->ref);
        if (wanted) return copy_booking(m, env->arena, booking, out) ? ROTA_OK : nomem(env);
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
    return rota__time_overlap(booking->when, filter->when) &&
           booking->when.end - booking->when.start > filter->longer &&
           (filter->statuses >> booking->status & 1u) != 0 && has_source(booking, filter) &&
           (rota__id_is_none(&filter->after_id) || order_bookings(&a, &b) > 0);
}

static int booking_list(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                        rota__booking **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++)
        if (booking_fits(m->bookings.items[i], filter) && !pick(env, &found, m->bookings.items[i]))
            return nomem(env);
    sort_and_cut(&found, filter->limit, order_bookings);
    return give_bookings(m, env, &found, rows, count);
}

static int due_holds(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                     rota__booking **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (booking->status != ROTA_BOOKING_HELD || booking->hold_expires > now) continue;
        if (!pick(env, &found, booking)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_holds);
    return give_bookings(m, env, &found, rows, count);
}

typedef struct intervals {
    rota__taken *items;
    int64_t count, room;
} intervals;

static bool pick_interval(rota__env *env, intervals *taken, const rota__booking *booking,
                          int64_t resource)
{
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        if (claim->resource != resource || !rota__claim_blocks(claim)) continue;
        rota__taken *next = ROTA__PUSH(env->arena, taken);
        if (!next) return false;
        next->when = booking->when;
        next->booking = booking->row;
        next->expires = booking->status == ROTA_BOOKING_HELD ? booking->hold_expires : 0;
        next->units = claim->units;
    }
    return true;
}

static int timeline(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out)
{
    const memory *m = of(self);
    rota__timeline_rows rows = { 0 };
    intervals taken = { 0 };
    rota__by by = { .row = resource };
    int rc = resource_get(self, env, &by, &rows.resource);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (rota__status_occupies(booking->status) &&
            !pick_interval(env, &taken, booking, resource))
            return nomem(env);
    }
    rows.intervals = taken.items;
    rows.interval_count = taken.count;
    rc = member_list(self, env, 0, resource, &rows.groups, &rows.group_count);
    if (rc == ROTA_OK) rc = member_list(self, env, resource, 0, &rows.members, &rows.member_count);
    if (rc == ROTA_OK) *out = rows;
    return rc;
}

/* --- keys, the feed, the whole --- */

static int due_keys(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                    int64_t *count)
{
    (void)env;
    const memory *m = of(self);
    int64_t due = 0;
    for (int64_t i = 0; i < m->keys.count && due < limit; i++) {
        const rota__key *key = m->keys.items[i];
        if (key && key->at <= horizon) due++;
    }
    *count = due;
    return ROTA_OK;
}

static int key_get(rota__store *self, rota__env *env, const char *actor, const char *key,
                   rota__key *out)
{
    const memory *m = of(self);
    int64_t at = find_key(m, actor, key);
    if (at < 0) return ROTA_ENOTFOUND;
    return copy_key(env->arena, m->keys.items[at], out) ? ROTA_OK : nomem(env);
}

static int feed(rota__store *self, rota__env *env, int64_t after, int64_t limit, rota__event **rows,
                int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->events.count; i++) {
        const rota__event *event = m->events.items[i];
        if (limit > 0 && found.count == limit) break;
        if (event->seq > after && !pick(env, &found, event)) return nomem(env);
    }
    rota__event *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!copy_event(env->arena, found.items[i], &out[i])) return nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int consumer_get(rota__store *self, rota__env *env, const char *name, rota__consumer *out)
{
    const memory *m = of(self);
    int64_t at = find_consumer(m, name);
    if (at < 0) return ROTA_ENOTFOUND;
    return copy_consumer(env->arena, m->consumers.items[at], out) ? ROTA_OK : nomem(env);
}

static int order_consumers(const void *a, const void *b)
{
    const rota__consumer *x = *(const void *const *)a, *y = *(const void *const *)b;
    return strcmp(x->name, y->name);
}

static int consumer_list(rota__store *self, rota__env *env, rota__consumer **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->consumers.count; i++)
        if (m->consumers.items[i] && !pick(env, &found, m->consumers.items[i])) return nomem(env);
    sort_and_cut(&found, 0, order_consumers);

    rota__consumer *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        if (!copy_consumer(env->arena, found.items[i], &out[i])) return nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int counts(rota__store *self, rota__env *env, rota__counts *out)
{
    (void)env;
    const memory *m = of(self);
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

/* An array has no health to ask for, and nothing to write out. */
static int always_well(rota__store *self, rota__env *env)
{
    (void)self;
    (void)env;
    return ROTA_OK;
}

static void close_memory(rota__store *self)
{
    memory *m = of(self);
    rota__mem *mem = m->mem;
    rota__mem_free(mem, (void *)m->resources.items);
    rota__mem_free(mem, (void *)m->bookings.items);
    rota__mem_free(mem, (void *)m->members.items);
    rota__mem_free(mem, (void *)m->events.items);
    rota__mem_free(mem, (void *)m->keys.items);
    rota__mem_free(mem, (void *)m->consumers.items);
    rota__arena_free(&m->rows);
    rota__mem_free(mem, m);
}

static const rota__store_ops operations = {
    .commit = commit,
    .changed = changed,
    .stamp = stamp,
    .timeline = timeline,
    .resource_get = resource_get,
    .resource_list = resource_list,
    .member_list = member_list,
    .booking_get = booking_get,
    .booking_list = booking_list,
    .due_holds = due_holds,
    .due_keys = due_keys,
    .key_get = key_get,
    .feed = feed,
    .consumer_get = consumer_get,
    .consumer_list = consumer_list,
    .counts = counts,
    .check = always_well,
    .checkpoint = always_well,
    .close = close_memory,
};

int rota__memory_open(rota__env *env, rota__mem *mem, rota__store **out)
{
    *out = NULL;
    memory *m = rota__mem_alloc(mem, 1, (int64_t)sizeof *m);
    if (!m) return rota__error_plain(env->error, ROTA_ENOMEM);
    memset(m, 0, sizeof *m);
    m->base.ops = &operations;
    m->mem = mem;
    rota__arena_init(&m->rows, mem);
    *out = &m->base;
    return ROTA_OK;
}
