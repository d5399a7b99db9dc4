/* The commit of the model: a batch is looked at in the order of store.h, and every row
 * that is put goes behind the last one of its list or into the place of another, with a
 * note of what was there: so a batch that cannot be finished is taken back step by step.
 * A step returns ROTA_OK, ROTA_ENOMEM, or the outcome that ends the commit: outcomes
 * are positive, statuses are not.
 *
 * It leaves to its caller what store.h says of a batch: each resource is guarded once,
 * the rows that claims, stays, parents and occurrences name exist. What is put about
 * reminders is left to memory_remind.c. */
#include "store/memory_private.h"

#include "base/id.h"

/* --- what changes in a list --- */

int rota__memory_put_at(rota__memory_writing *w, rota__memory_list *in, int64_t at, const void *row)
{
    rota__memory_change *note = ROTA__PUSH(w->env->arena, &w->changes);
    if (!note) return ROTA_ENOMEM;
    *note = (rota__memory_change){ .in = in, .at = at, .was = in->items[at] };
    in->items[at] = row;
    return ROTA_OK;
}

int rota__memory_append(rota__memory_writing *w, rota__memory_list *in, const void *row)
{
    if (in->count == in->room) {
        int64_t room = in->room ? in->room * 2 : 16;
        const void **grown = rota__mem_realloc(w->m->mem, (void *)in->items, room,
                                               (int64_t)sizeof *grown);
        if (!grown) return ROTA_ENOMEM;
        in->items = grown;
        in->room = room;
    }
    rota__memory_change *note = ROTA__PUSH(w->env->arena, &w->changes);
    if (!note) return ROTA_ENOMEM;
    *note = (rota__memory_change){ .in = in, .at = in->count, .appended = true };
    in->items[in->count++] = row;
    return ROTA_OK;
}

static void take_back(rota__memory_writing *w)
{
    while (w->changes.count > 0) {
        const rota__memory_change *last = &w->changes.items[--w->changes.count];
        if (last->appended)
            last->in->count--;
        else
            last->in->items[last->at] = last->was;
    }
}

/* --- resources --- */

static int put_guards(rota__memory_writing *w)
{
    for (int64_t i = 0; i < w->batch->guards.count; i++) {
        const rota__guard *guard = &w->batch->guards.items[i];
        const rota__resource *now = rota__memory_resource_at(w->m, guard->resource);
        if (!now || now->stamp != guard->stamp) return ROTA__STALE;
        if (!guard->bump) continue;
        rota__resource *next = rota__arena_copy(&w->m->rows, now, (int64_t)sizeof *now);
        if (!next) return ROTA_ENOMEM;
        next->stamp++;
        int rc = rota__memory_put_at(w, &w->m->resources, guard->resource - 1, next);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

/* An id is taken for ever, a ref as long as its resource is not removed. */
static bool resource_taken(const rota__memory *m, const rota__resource *wanted)
{
    for (int64_t i = 0; i < m->resources.count; i++) {
        const rota__resource *other = m->resources.items[i];
        if (other->row == wanted->row) continue;
        if (rota__id_compare(&other->id, &wanted->id) == 0) return true;
        if (!other->removed && !wanted->removed && rota__memory_same_text(other->ref, wanted->ref))
            return true;
    }
    return false;
}

static int put_resource(rota__memory_writing *w, const rota__resource *put)
{
    rota__memory *m = w->m;
    rota__resource *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !rota__memory_copy_resource(&m->rows, put, next)) return ROTA_ENOMEM;
    if (put->row == 0) {
        next->row = m->resources.count + 1;
        next->version = next->stamp = 1;
        return resource_taken(m, next) ? ROTA__STALE : rota__memory_append(w, &m->resources, next);
    }
    const rota__resource *now = rota__memory_resource_at(m, put->row);
    if (!now || now->version != put->version - 1) return ROTA__STALE;
    next->id = now->id;
    next->stamp = now->stamp;
    return resource_taken(m, next) ? ROTA__STALE
                                   : rota__memory_put_at(w, &m->resources, put->row - 1, next);
}

/* --- bookings --- */

static bool booking_taken(const rota__memory *m, const rota__booking *wanted)
{
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *other = m->bookings.items[i];
        if (rota__id_compare(&other->id, &wanted->id) == 0 ||
            rota__memory_same_text(other->ref, wanted->ref) ||
            rota__memory_is_occurrence(other, wanted->part_of, wanted->occurrence))
            return true;
    }
    return false;
}

/* The name that an occurrence is to have may be another's. */
static bool occurrence_taken(const rota__memory *m, const rota__booking *wanted)
{
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *other = m->bookings.items[i];
        if (other->row != wanted->row &&
            rota__memory_is_occurrence(other, wanted->part_of, wanted->occurrence))
            return true;
    }
    return false;
}

static bool takes(const rota__booking *booking, int64_t resource)
{
    for (int64_t i = 0; i < booking->claim_count; i++)
        if (booking->claims[i].resource == resource && rota__claim_blocks(&booking->claims[i]))
            return rota__status_occupies(booking->status);
    return false;
}

/* now: the booking as it was, NULL where there was none. */
static int note_takings(rota__memory_writing *w, const rota__booking *now,
                        const rota__booking *next)
{
    if (next->series) return ROTA_OK;
    for (int64_t i = 0; i < next->claim_count; i++) {
        int64_t resource = next->claims[i].resource;
        bool took = now && takes(now, resource) && now->when.start <= next->when.start &&
                    now->when.end >= next->when.end;
        if (took || !takes(next, resource)) continue;
        rota__memory_taking *note = ROTA__PUSH(w->env->arena, &w->takings);
        if (!note) return ROTA_ENOMEM;
        *note = (rota__memory_taking){ .resource = resource,
                                       .booking = next->row,
                                       .when = next->when };
    }
    return ROTA_OK;
}

/* The second guard: see store.h. */
static int check_takings(rota__memory_writing *w)
{
    const rota__memory *m = w->m;
    for (int64_t i = 0; i < w->takings.count; i++) {
        const rota__memory_taking *note = &w->takings.items[i];
        if (rota__memory_resource_at(m, note->resource)->capacity != 1) continue;
        for (int64_t k = 0; k < m->bookings.count; k++) {
            const rota__booking *other = m->bookings.items[k];
            if (other->row == note->booking || other->series || !takes(other, note->resource) ||
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

/* What no put ever changes of a booking. */
static void keep(rota__booking *put, const rota__booking *now)
{
    put->id = now->id;
    put->ref = now->ref;
    put->kind = now->kind;
    put->part_of = now->part_of;
    if (!now->part_of) put->occurrence = 0;
    put->created_at = now->created_at;
    if (now->series) {
        put->placement = now->placement;
        put->placement_size = now->placement_size;
    }
    if (now->series && put->series) return;
    put->series = now->series;
    put->series_size = now->series_size;
}

static int put_booking(rota__memory_writing *w, const rota__booking *put)
{
    rota__memory *m = w->m;
    rota__booking given = *put;
    const rota__booking *now = NULL;
    if (put->row != 0) {
        now = rota__memory_booking_at(m, put->row);
        if (!now || now->version != put->version - 1) return ROTA__STALE;
        keep(&given, now);
        if (occurrence_taken(m, &given)) return ROTA__STALE;
    } else {
        given.row = m->bookings.count + 1;
        given.version = 1;
        if (booking_taken(m, &given)) return ROTA__STALE;
    }
    rota__booking *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !rota__memory_copy_booking(m, &m->rows, &given, next)) return ROTA_ENOMEM;
    int rc = note_takings(w, now, next);
    if (rc == ROTA_OK) rc = rota__memory_remind_booking(w, now, next);
    if (rc != ROTA_OK) return rc;
    return now ? rota__memory_put_at(w, &m->bookings, put->row - 1, next)
               : rota__memory_append(w, &m->bookings, next);
}

/* --- stays, the feed, zones --- */

/* Where the stay is in its list, or -1. */
static int64_t find_member(const rota__memory *m, const rota__member *wanted)
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
static int put_members(rota__memory_writing *w)
{
    rota__memory *m = w->m;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->members_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_member(m, &w->batch->members_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : rota__memory_put_at(w, &m->members, at, NULL);
    }
    for (int64_t i = 0; i < w->batch->members_put.count && rc == ROTA_OK; i++) {
        const rota__member *put = &w->batch->members_put.items[i];
        if (find_member(m, put) >= 0) return ROTA__STALE;
        rota__member *next = rota__arena_copy(&m->rows, put, (int64_t)sizeof *put);
        if (!next) return ROTA_ENOMEM;
        next->group_id = rota__memory_id_at(m, put->group);
        next->member_id = rota__memory_id_at(m, put->member);
        rc = rota__memory_append(w, &m->members, next);
    }
    return rc;
}

static int put_events(rota__memory_writing *w)
{
    rota__memory *m = w->m;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->events.count && rc == ROTA_OK; i++) {
        rota__event *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
        if (!next || !rota__memory_copy_event(&m->rows, &w->batch->events.items[i], next))
            return ROTA_ENOMEM;
        next->seq = m->events.count + 1;
        rc = rota__memory_append(w, &m->events, next);
    }
    return rc;
}

static int put_consumer(rota__memory_writing *w, const rota__consumer_put *put)
{
    rota__memory *m = w->m;
    rota__consumer *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !rota__memory_copy_consumer(&m->rows, &put->consumer, next)) return ROTA_ENOMEM;
    int64_t at = rota__memory_find_consumer(m, next->name);
    if (put->was == ROTA__CONSUMER_NEW)
        return at < 0 ? rota__memory_append(w, &m->consumers, next) : ROTA__STALE;
    const rota__consumer *now = at < 0 ? NULL : m->consumers.items[at];
    if (!now || now->position != put->was) return ROTA__STALE;
    next->created_at = now->created_at;
    return rota__memory_put_at(w, &m->consumers, at, next);
}

static int put_consumers(rota__memory_writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->consumers_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = rota__memory_find_consumer(w->m, w->batch->consumers_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : rota__memory_put_at(w, &w->m->consumers, at, NULL);
    }
    for (int64_t i = 0; i < w->batch->consumers_put.count && rc == ROTA_OK; i++)
        rc = put_consumer(w, &w->batch->consumers_put.items[i]);
    return rc;
}

static int put_zones(rota__memory_writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->zones.count && rc == ROTA_OK; i++) {
        const rota__zone *put = &w->batch->zones.items[i];
        if (rota__memory_find_zone(w->m, put->name, put->digest)) continue;
        rota__zone *next = rota__arena_alloc(&w->m->rows, 1, (int64_t)sizeof *next);
        if (!next || !rota__memory_copy_zone(&w->m->rows, put, next)) return ROTA_ENOMEM;
        rc = rota__memory_append(w, &w->m->zones, next);
    }
    return rc;
}

/* --- keys --- */

/* Asked first: a commit whose answer was lost is stale by its own doing when it
 * is repeated, and must hear that it was done. */
static int check_key(rota__memory_writing *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    int64_t at = rota__memory_find_key(w->m, key->actor, key->key);
    if (at < 0) return ROTA_OK;
    const rota__key *known = w->m->keys.items[at];
    return known->at > w->batch->key_horizon ? ROTA__REPLAYED : ROTA_OK;
}

static int put_key(rota__memory_writing *w)
{
    rota__memory *m = w->m;
    if (!w->batch->key) return ROTA_OK;
    rota__key *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !rota__memory_copy_key(&m->rows, w->batch->key, next)) return ROTA_ENOMEM;
    int64_t at = rota__memory_find_key(m, next->actor, next->key);
    return at < 0 ? rota__memory_append(w, &m->keys, next)
                  : rota__memory_put_at(w, &m->keys, at, next);
}

static int64_t oldest_key(const rota__memory *m)
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

static int drop_keys(rota__memory_writing *w)
{
    while (w->keys_dropped < w->batch->keys_dropped_max) {
        int64_t at = oldest_key(w->m);
        const rota__key *key = at < 0 ? NULL : w->m->keys.items[at];
        if (!key || key->at > w->batch->key_horizon) break;
        int rc = rota__memory_put_at(w, &w->m->keys, at, NULL);
        if (rc != ROTA_OK) return rc;
        w->keys_dropped++;
    }
    return ROTA_OK;
}

/* --- the whole --- */

static int check_place(const rota__memory_writing *w)
{
    const rota__batch *batch = w->batch;
    bool moved = batch->ends_at && batch->ends_at != w->m->events.count;
    bool other = batch->remind.on && batch->remind.was != rota__memory_state_of(w->m).version;
    return moved || other ? ROTA__STALE : ROTA_OK;
}

static int write_all(rota__memory_writing *w)
{
    int64_t bookings = w->m->bookings.count;
    int rc = check_key(w);
    if (rc == ROTA_OK) rc = check_place(w);
    if (rc == ROTA_OK) rc = put_guards(w);
    for (int64_t i = 0; i < w->batch->resources.count && rc == ROTA_OK; i++)
        rc = put_resource(w, &w->batch->resources.items[i]);
    for (int64_t i = 0; i < w->batch->bookings.count && rc == ROTA_OK; i++)
        rc = put_booking(w, &w->batch->bookings.items[i]);
    if (rc == ROTA_OK) rc = check_takings(w);
    if (rc == ROTA_OK) rc = put_members(w);
    if (rc == ROTA_OK) rc = put_events(w);
    if (rc == ROTA_OK) rc = put_consumers(w);
    if (rc == ROTA_OK) rc = put_zones(w);
    if (rc == ROTA_OK) rc = rota__memory_remind_write(w, bookings);
    if (rc == ROTA_OK) rc = drop_keys(w);
    if (rc == ROTA_OK) rc = put_key(w);
    return rc;
}

int rota__memory_commit(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    rota__memory *m = rota__memory_of(self);
    rota__memory_writing w = { .m = m, .env = env, .batch = batch };
    int64_t resources = m->resources.count, bookings = m->bookings.count;
    int64_t events = m->events.count;

    int rc = write_all(&w);
    if (rc != ROTA_OK) take_back(&w);
    if (rc == ROTA_ECORRUPT) return rc; /* has been said */
    if (rc < 0) return rota__error_plain(env->error, rc);
    out->outcome = rc == ROTA_OK ? ROTA__COMMITTED : rc;
    out->last_seq = m->events.count;
    out->keys_dropped = rc == ROTA_OK ? w.keys_dropped : 0;
    out->reminders_dropped = rc == ROTA_OK ? w.reminders_dropped : 0;
    if (rc != ROTA_OK) return ROTA_OK;

    for (int64_t i = 0; i < batch->resources.count; i++)
        if (batch->resources.items[i].row == 0) batch->resources.items[i].row = ++resources;
    for (int64_t i = 0; i < batch->bookings.count; i++)
        if (batch->bookings.items[i].row == 0) batch->bookings.items[i].row = ++bookings;
    for (int64_t i = 0; i < batch->events.count; i++)
        batch->events.items[i].seq = ++events;
    return ROTA_OK;
}
