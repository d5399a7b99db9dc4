/* The model: what its rows are, how it is opened and closed, and its table. Every list is
 * an array of pointers to rows that never change. A record's row is its place in its
 * list, counted from 1. Rows that were replaced stay in the store's arena until it is
 * closed: what that costs, a model can afford. Every question is answered by looking at
 * every row.
 *
 * How a batch is written is left to memory_commit.c, what the reads ask for to
 * memory_read.c, and both of it where it is about reminders to memory_remind.c. */
#include "store/memory_private.h"

#include "base/id.h"
#include "base/sort.h"

/* --- where a row is --- */

const rota__resource *rota__memory_resource_at(const rota__memory *m, int64_t row)
{
    return row >= 1 && row <= m->resources.count ? m->resources.items[row - 1] : NULL;
}

rota_id rota__memory_id_at(const rota__memory *m, int64_t row)
{
    const rota__resource *resource = rota__memory_resource_at(m, row);
    assert(resource);
    return resource->id;
}

const rota__booking *rota__memory_booking_at(const rota__memory *m, int64_t row)
{
    return row >= 1 && row <= m->bookings.count ? m->bookings.items[row - 1] : NULL;
}

int64_t rota__memory_find_key(const rota__memory *m, const char *actor, const char *key)
{
    for (int64_t i = 0; i < m->keys.count; i++) {
        const rota__key *known = m->keys.items[i];
        if (known && strcmp(known->actor, actor) == 0 && strcmp(known->key, key) == 0) return i;
    }
    return -1;
}

int64_t rota__memory_find_consumer(const rota__memory *m, const char *name)
{
    for (int64_t i = 0; i < m->consumers.count; i++) {
        const rota__consumer *known = m->consumers.items[i];
        if (known && strcmp(known->name, name) == 0) return i;
    }
    return -1;
}

const rota__zone *rota__memory_find_zone(const rota__memory *m, const char *name, uint64_t digest)
{
    for (int64_t i = 0; i < m->zones.count; i++) {
        const rota__zone *known = m->zones.items[i];
        if (known && known->digest == digest && strcmp(known->name, name) == 0) return known;
    }
    return NULL;
}

bool rota__memory_same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool rota__memory_is_occurrence(const rota__booking *booking, int64_t series, rota_time at)
{
    return series != 0 && booking->part_of == series && booking->occurrence == at;
}

/* --- copies: into the store with a batch, out of it with an answer --- */

static bool copy_text(rota__arena *arena, const char **text)
{
    const char *from = *text;
    *text = rota__arena_text(arena, from, -1);
    return *text || !from;
}

static bool copy_bytes(rota__arena *arena, const void **bytes, int64_t size)
{
    if (!*bytes) return true;
    *bytes = rota__arena_copy(arena, *bytes, size);
    return *bytes != NULL;
}

bool rota__memory_copy_resource(rota__arena *arena, const rota__resource *from, rota__resource *to)
{
    *to = *from;
    if (!copy_text(arena, &to->ref) || !copy_text(arena, &to->kind) ||
        !copy_text(arena, &to->name) || !copy_text(arena, &to->zone) ||
        !copy_text(arena, &to->data) || !copy_bytes(arena, &to->hours, from->hours_size))
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

bool rota__memory_copy_booking(const rota__memory *m, rota__arena *arena, const rota__booking *from,
                               rota__booking *to)
{
    *to = *from;
    if (!copy_text(arena, &to->ref) || !copy_text(arena, &to->title) ||
        !copy_text(arena, &to->data) || !copy_bytes(arena, &to->series, from->series_size) ||
        !copy_bytes(arena, &to->placement, from->placement_size))
        return false;
    memset(&to->part_of_id, 0, sizeof to->part_of_id);
    if (from->part_of != 0) {
        const rota__booking *series = rota__memory_booking_at(m, from->part_of);
        assert(series);
        to->part_of_id = series->id;
    }
    to->claims = NULL;
    if (from->claim_count == 0) return true;

    rota__claim *claims = rota__arena_alloc(arena, from->claim_count, (int64_t)sizeof *claims);
    if (!claims) return false;
    for (int64_t i = 0; i < from->claim_count; i++) {
        claims[i] = from->claims[i];
        claims[i].resource_id = rota__memory_id_at(m, claims[i].resource);
    }
    rota__sort(claims, from->claim_count, sizeof *claims, by_resource_id);
    to->claims = claims;
    return true;
}

bool rota__memory_copy_event(rota__arena *arena, const rota__event *from, rota__event *to)
{
    *to = *from;
    return copy_text(arena, &to->actor) && copy_text(arena, &to->role) &&
           copy_text(arena, &to->trace) && copy_text(arena, &to->before) &&
           copy_text(arena, &to->after);
}

bool rota__memory_copy_key(rota__arena *arena, const rota__key *from, rota__key *to)
{
    *to = *from;
    if (!copy_text(arena, &to->actor) || !copy_text(arena, &to->key)) return false;
    if (from->answer_size > 0)
        to->answer = rota__arena_copy(arena, from->answer, from->answer_size);
    return to->answer || from->answer_size == 0;
}

bool rota__memory_copy_consumer(rota__arena *arena, const rota__consumer *from, rota__consumer *to)
{
    *to = *from;
    return copy_text(arena, &to->name);
}

bool rota__memory_copy_zone(rota__arena *arena, const rota__zone *from, rota__zone *to)
{
    *to = *from;
    to->data = rota__arena_copy(arena, from->data, from->size);
    return to->data && copy_text(arena, &to->name);
}

/* --- the whole --- */

/* Nobody else can write here. */
static int changed(rota__store *self, rota__env *env, uint64_t *token)
{
    (void)self;
    (void)env;
    *token = 0;
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
    rota__memory *m = rota__memory_of(self);
    rota__mem *mem = m->mem;
    rota__mem_free(mem, (void *)m->resources.items);
    rota__mem_free(mem, (void *)m->bookings.items);
    rota__mem_free(mem, (void *)m->members.items);
    rota__mem_free(mem, (void *)m->events.items);
    rota__mem_free(mem, (void *)m->keys.items);
    rota__mem_free(mem, (void *)m->consumers.items);
    rota__mem_free(mem, (void *)m->zones.items);
    rota__mem_free(mem, (void *)m->state.items);
    rota__mem_free(mem, (void *)m->lists.items);
    rota__mem_free(mem, (void *)m->reminders.items);
    rota__mem_free(mem, (void *)m->notes.items);
    rota__mem_free(mem, (void *)m->next.items);
    rota__arena_free(&m->rows);
    rota__mem_free(mem, m);
}

static const rota__store_ops operations = {
    .commit = rota__memory_commit,
    .changed = changed,
    .stamp = rota__memory_stamp,
    .timeline = rota__memory_timeline,
    .resource_get = rota__memory_resource_get,
    .resource_list = rota__memory_resource_list,
    .member_list = rota__memory_member_list,
    .group_next = rota__memory_group_next,
    .booking_get = rota__memory_booking_get,
    .booking_list = rota__memory_booking_list,
    .due_holds = rota__memory_due_holds,
    .due_keys = rota__memory_due_keys,
    .key_get = rota__memory_key_get,
    .feed = rota__memory_feed,
    .consumer_get = rota__memory_consumer_get,
    .consumer_list = rota__memory_consumer_list,
    .reminder_state = rota__memory_reminder_state,
    .reminder_list = rota__memory_reminder_list,
    .reminder_any = rota__memory_reminder_any,
    .reminder_offsets = rota__memory_reminder_offsets,
    .reminder_get = rota__memory_reminder_get,
    .reminder_open = rota__memory_reminder_open,
    .reminder_dead = rota__memory_reminder_dead,
    .reminder_notes = rota__memory_reminder_notes,
    .reminder_next = rota__memory_reminder_next,
    .reminder_starts = rota__memory_reminder_starts,
    .reminder_old = rota__memory_reminder_old,
    .zone_get = rota__memory_zone_get,
    .counts = rota__memory_counts,
    .check = always_well,
    .checkpoint = always_well,
    .close = close_memory,
};

int rota__memory_open(rota__env *env, rota__mem *mem, rota__store **out)
{
    *out = NULL;
    rota__memory *m = rota__mem_alloc(mem, 1, (int64_t)sizeof *m);
    if (!m) return rota__memory_nomem(env);
    memset(m, 0, sizeof *m);
    m->base.ops = &operations;
    m->mem = mem;
    rota__arena_init(&m->rows, mem);
    *out = &m->base;
    return ROTA_OK;
}
