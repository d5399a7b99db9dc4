/* The model. Every list is an array of pointers to rows that never change: a
 * write puts another row in a slot or behind the last one, and notes what was
 * there, so that a batch that cannot be finished is taken back step by step.
 * A record's row is its place in its list, counted from 1. Rows that were
 * replaced stay in the store's arena until it is closed: what that costs, a
 * model can afford. Every question is answered by looking at every row.
 *
 * It leaves to its caller what store.h says of a batch: each resource is guarded
 * once, the rows that claims, stays, parents and occurrences name exist. */
#include "store/memory.h"

#include "base/id.h"
#include "base/sort.h"

typedef struct list {
    const void **items; /* NULL: dropped */
    int64_t count, room;
} list;

typedef struct memory {
    rota__store base;
    rota__mem *mem;
    rota__arena rows;
    list resources, bookings, members, events, keys, consumers, zones;
    list state, lists, reminders, notes, next; /* of reminders; the state is alone in its list */
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
    if (from->hours) {
        to->hours = rota__arena_copy(arena, from->hours, from->hours_size);
        if (!to->hours) return false;
    }
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

static const rota__booking *booking_at(const memory *m, int64_t row)
{
    return row >= 1 && row <= m->bookings.count ? m->bookings.items[row - 1] : NULL;
}

static bool copy_bytes(rota__arena *arena, const void **bytes, int64_t size)
{
    if (!*bytes) return true;
    *bytes = rota__arena_copy(arena, *bytes, size);
    return *bytes != NULL;
}

static bool copy_booking(const memory *m, rota__arena *arena, const rota__booking *from,
                         rota__booking *to)
{
    *to = *from;
    if (!copy_text(arena, &to->ref) || !copy_text(arena, &to->title) ||
        !copy_text(arena, &to->data) || !copy_bytes(arena, &to->series, from->series_size) ||
        !copy_bytes(arena, &to->placement, from->placement_size))
        return false;
    memset(&to->part_of_id, 0, sizeof to->part_of_id);
    if (from->part_of != 0) {
        const rota__booking *series = booking_at(m, from->part_of);
        assert(series);
        to->part_of_id = series->id;
    }
    to->claims = NULL;
    if (from->claim_count == 0) return true;

    rota__claim *claims = rota__arena_alloc(arena, from->claim_count, (int64_t)sizeof *claims);
    if (!claims) return false;
    for (int64_t i = 0; i < from->claim_count; i++) {
        claims[i] = from->claims[i];
        claims[i].resource_id = id_at(m, claims[i].resource);
    }
    rota__sort(claims, from->claim_count, sizeof *claims, by_resource_id);
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
    int64_t keys_dropped, reminders_dropped;
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

static bool is_occurrence(const rota__booking *booking, int64_t series, rota_time at)
{
    return series != 0 && booking->part_of == series && booking->occurrence == at;
}

static bool booking_taken(const memory *m, const rota__booking *wanted)
{
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *other = m->bookings.items[i];
        if (rota__id_compare(&other->id, &wanted->id) == 0 || same_text(other->ref, wanted->ref) ||
            is_occurrence(other, wanted->part_of, wanted->occurrence))
            return true;
    }
    return false;
}

/* The name that an occurrence is to have may be another's. */
static bool occurrence_taken(const memory *m, const rota__booking *wanted)
{
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *other = m->bookings.items[i];
        if (other->row != wanted->row && is_occurrence(other, wanted->part_of, wanted->occurrence))
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
static int note_takings(writing *w, const rota__booking *now, const rota__booking *next)
{
    if (next->series) return ROTA_OK;
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

/* --- reminders --- */

static rota__reminder_state state_of(const memory *m)
{
    rota__reminder_state state = { 0 };
    if (m->state.count == 0) return state;
    memcpy(&state, m->state.items[0], sizeof state);
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        if (known && known->count > 0 && known->offsets[known->count - 1] > state.longest)
            state.longest = known->offsets[known->count - 1];
    }
    return state;
}

static int64_t find_next(const memory *m, int64_t booking)
{
    for (int64_t i = 0; i < m->next.count; i++) {
        const rota__reminder_next *known = m->next.items[i];
        if (known && known->booking == booking) return i;
    }
    return -1;
}

static int put_next(writing *w, int64_t booking, rota_time at)
{
    memory *m = w->m;
    rota__reminder_next *next = NULL;
    int64_t place = find_next(m, booking);
    if (at != ROTA_TIME_MAX) {
        if (!(next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next))) return ROTA_ENOMEM;
        *next = (rota__reminder_next){ booking, at };
    }
    if (place >= 0) return put_at(w, &m->next, place, next);
    return next ? append(w, &m->next, next) : ROTA_OK;
}

static int64_t find_note(const memory *m, const rota__reminder_note *wanted)
{
    for (int64_t i = 0; i < m->notes.count; i++) {
        const rota__reminder_note *known = m->notes.items[i];
        if (known && known->at == wanted->at && known->booking == wanted->booking &&
            known->occurrence == wanted->occurrence)
            return i;
    }
    return -1;
}

static int put_note(writing *w, const rota__reminder_note *note)
{
    if (find_note(w->m, note) >= 0) return ROTA_OK;
    rota__reminder_note *next = rota__arena_copy(&w->m->rows, note, (int64_t)sizeof *note);
    return next ? append(w, &w->m->notes, next) : ROTA_ENOMEM;
}

static int remind_of(writing *w, const rota__booking *now, const rota__booking *next)
{
    rota__reminder_state state = state_of(w->m);
    rota__reminder_note note = { .at = ROTA_TIME_MIN, .booking = next->row };
    if (state.version == 0) return ROTA_OK;
    if (next->series) return put_next(w, next->row, ROTA_TIME_MIN);
    return rota__reminder_is_noted(&state, now, next) ? put_note(w, &note) : ROTA_OK;
}

static int put_booking(writing *w, const rota__booking *put)
{
    memory *m = w->m;
    rota__booking given = *put;
    const rota__booking *now = NULL;
    if (put->row != 0) {
        now = booking_at(m, put->row);
        if (!now || now->version != put->version - 1) return ROTA__STALE;
        keep(&given, now);
        if (occurrence_taken(m, &given)) return ROTA__STALE;
    } else {
        given.row = m->bookings.count + 1;
        given.version = 1;
        if (booking_taken(m, &given)) return ROTA__STALE;
    }
    rota__booking *next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
    if (!next || !copy_booking(m, &m->rows, &given, next)) return ROTA_ENOMEM;
    int rc = note_takings(w, now, next);
    if (rc == ROTA_OK) rc = remind_of(w, now, next);
    if (rc != ROTA_OK) return rc;
    return now ? put_at(w, &m->bookings, put->row - 1, next) : append(w, &m->bookings, next);
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

static const rota__zone *find_zone(const memory *m, const char *name, uint64_t digest)
{
    for (int64_t i = 0; i < m->zones.count; i++) {
        const rota__zone *known = m->zones.items[i];
        if (known && known->digest == digest && strcmp(known->name, name) == 0) return known;
    }
    return NULL;
}

static bool copy_zone(rota__arena *arena, const rota__zone *from, rota__zone *to)
{
    *to = *from;
    to->data = rota__arena_copy(arena, from->data, from->size);
    return to->data && copy_text(arena, &to->name);
}

static int put_zones(writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->zones.count && rc == ROTA_OK; i++) {
        const rota__zone *put = &w->batch->zones.items[i];
        if (find_zone(w->m, put->name, put->digest)) continue;
        rota__zone *next = rota__arena_alloc(&w->m->rows, 1, (int64_t)sizeof *next);
        if (!next || !copy_zone(&w->m->rows, put, next)) return ROTA_ENOMEM;
        rc = append(w, &w->m->zones, next);
    }
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

static int look_again(writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->m->bookings.count && rc == ROTA_OK; i++) {
        const rota__booking *booking = w->m->bookings.items[i];
        if (booking->series) rc = put_next(w, booking->row, ROTA_TIME_MIN);
    }
    return rc;
}

static int put_state(writing *w)
{
    memory *m = w->m;
    const rota__remind *remind = &w->batch->remind;
    rota__reminder_state *next = rota__arena_copy(&m->rows, &remind->state,
                                                  (int64_t)sizeof remind->state);
    if (!next) return ROTA_ENOMEM;
    next->version = remind->was + 1;
    next->longest = 0;
    int rc = remind->was ? put_at(w, &m->state, 0, next) : append(w, &m->state, next);
    return rc == ROTA_OK && remind->look_again ? look_again(w) : rc;
}

static int64_t find_list(const memory *m, int32_t of_what, int64_t subject)
{
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        if (known && known->of == of_what && known->subject == subject) return i;
    }
    return -1;
}

static bool copy_list(rota__arena *arena, const rota__reminder_list *from, rota__reminder_list *to)
{
    *to = *from;
    to->offsets = rota__arena_copy(arena, from->count ? (const void *)from->offsets : "",
                                   from->count * (int64_t)sizeof *from->offsets);
    return to->offsets != NULL;
}

static int put_list(writing *w, const rota__reminder_list *put)
{
    memory *m = w->m;
    rota__reminder_list *next = NULL;
    int64_t at = find_list(m, put->of, put->subject);
    int rc = ROTA_OK;
    if (put->count >= 0) {
        next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
        if (!next || !copy_list(&m->rows, put, next)) return ROTA_ENOMEM;
    }
    if (at >= 0)
        rc = put_at(w, &m->lists, at, next);
    else if (next)
        rc = append(w, &m->lists, next);
    if (rc != ROTA_OK || put->of != ROTA__REMIND_BOOKING) return rc == ROTA_OK ? look_again(w) : rc;
    const rota__booking *booking = booking_at(m, put->subject);
    if (!booking) return ROTA__STALE;
    return booking->series ? put_next(w, booking->row, ROTA_TIME_MIN) : ROTA_OK;
}

static int64_t find_reminder(const memory *m, const rota_id *id)
{
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *known = m->reminders.items[i];
        if (known && rota__id_compare(&known->id, id) == 0) return i;
    }
    return -1;
}

/* Of one that is there only what became of it changes. */
static int put_reminder(writing *w, const rota__reminder *put)
{
    memory *m = w->m;
    int64_t at = find_reminder(m, &put->id);
    rota__reminder *next = rota__arena_copy(&m->rows, at < 0 ? put : m->reminders.items[at],
                                            (int64_t)sizeof *put);
    if (!next) return ROTA_ENOMEM;
    next->state = put->state;
    next->attempt = put->attempt;
    next->until = put->until;
    return at < 0 ? append(w, &m->reminders, next) : put_at(w, &m->reminders, at, next);
}

static int put_fresh(writing *w, int64_t bookings)
{
    const rota__batch *batch = w->batch;
    rota__reminder_state state = state_of(w->m);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < batch->fresh.count && rc == ROTA_OK && state.version > 0; i++) {
        const rota__fresh *fresh = &batch->fresh.items[i];
        int64_t row = batch->bookings.items[fresh->booking].row, made = bookings;
        for (int64_t k = 0; row == 0 && k <= fresh->booking; k++)
            made += batch->bookings.items[k].row == 0;
        rota__reminder_note note = { ROTA_TIME_MIN, row ? row : made, fresh->occurrence };
        if (rota__reminder_is_behind(&state, fresh->start)) rc = put_note(w, &note);
    }
    return rc;
}

static int put_remind(writing *w)
{
    const rota__remind *remind = &w->batch->remind;
    if (!remind->on) return ROTA_OK;
    int rc = put_state(w);
    for (int64_t i = 0; i < remind->lists.count && rc == ROTA_OK; i++)
        rc = put_list(w, &remind->lists.items[i]);
    for (int64_t i = 0; i < remind->put.count && rc == ROTA_OK; i++)
        rc = put_reminder(w, &remind->put.items[i]);
    for (int64_t i = 0; i < remind->dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_reminder(w->m, &remind->dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : put_at(w, &w->m->reminders, at, NULL);
    }
    for (int64_t i = 0; i < remind->notes_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_note(w->m, &remind->notes_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : put_at(w, &w->m->notes, at, NULL);
    }
    for (int64_t i = 0; i < remind->notes_put.count && rc == ROTA_OK; i++)
        rc = put_note(w, &remind->notes_put.items[i]);
    for (int64_t i = 0; i < remind->next.count && rc == ROTA_OK; i++)
        rc = put_next(w, remind->next.items[i].booking, remind->next.items[i].at);
    return rc;
}

static bool is_old(const rota__reminder *known, rota_time horizon)
{
    return known && known->state == ROTA__REMINDER_DONE && known->start < horizon;
}

/* The place of the old one with the lowest id; -1: there is none. */
static int64_t find_old(const memory *m, rota_time horizon)
{
    int64_t lowest = -1;
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *known = m->reminders.items[i];
        if (!is_old(known, horizon)) continue;
        const rota__reminder *best = lowest < 0 ? NULL : m->reminders.items[lowest];
        if (!best || rota__id_compare(&known->id, &best->id) < 0) lowest = i;
    }
    return lowest;
}

static int drop_reminders(writing *w)
{
    int rc = ROTA_OK;
    while (rc == ROTA_OK && w->reminders_dropped < w->batch->reminders_dropped_max) {
        int64_t at = find_old(w->m, w->batch->reminders_horizon);
        if (at < 0) break;
        rc = put_at(w, &w->m->reminders, at, NULL);
        w->reminders_dropped++;
    }
    return rc;
}

static int check_place(const writing *w)
{
    const rota__batch *batch = w->batch;
    bool moved = batch->ends_at && batch->ends_at != w->m->events.count;
    bool other = batch->remind.on && batch->remind.was != state_of(w->m).version;
    return moved || other ? ROTA__STALE : ROTA_OK;
}

static int write_all(writing *w)
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
    if (rc == ROTA_OK) rc = put_fresh(w, bookings);
    if (rc == ROTA_OK) rc = put_remind(w);
    if (rc == ROTA_OK) rc = drop_reminders(w);
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
    rota__sort((void *)rows->items, rows->count, sizeof *rows->items, order);
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
    if (resource->removed != by->removed) return false;
    return by->id ? rota__id_compare(&resource->id, by->id) == 0
                  : same_text(resource->ref, by->ref);
}

static int resource_get(rota__store *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    const memory *m = of(self);
    for (int64_t i = m->resources.count; i-- > 0;) /* of those that are removed the last one */
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
    return order ? order : rota__compare(x->when.start, y->when.start);
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

static int group_next(rota__store *self, rota__env *env, int64_t resource, int64_t *group)
{
    const memory *m = of(self);
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

static int booking_get(rota__store *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    const memory *m = of(self);
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        bool wanted = by->row       ? booking->row == by->row
                      : by->id      ? rota__id_compare(&booking->id, by->id) == 0
                      : by->part_of ? is_occurrence(booking, by->part_of, by->occurrence)
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
    return (booking->series != NULL) == filter->recurring &&
           (filter->part_of == 0 || booking->part_of == filter->part_of) &&
           rota__time_overlap(booking->when, filter->when) &&
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

typedef struct takings {
    ROTA__LIST(rota__taken) intervals;
    ROTA__LIST(rota__recurring) recurring;
} takings;

static bool pick_recurring(rota__env *env, takings *found, const rota__booking *booking,
                           const rota__taken *taken)
{
    rota__recurring *next = ROTA__PUSH(env->arena, &found->recurring);
    if (!next) return false;
    *next = (rota__recurring){ .taken = *taken,
                               .series = booking->series,
                               .series_size = booking->series_size };
    return copy_bytes(env->arena, &next->series, next->series_size);
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

static int timeline(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out)
{
    const memory *m = of(self);
    rota__timeline_rows rows = { 0 };
    takings found = { 0 };
    rota__by by = { .row = resource };
    int rc = resource_get(self, env, &by, &rows.resource);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *booking = m->bookings.items[i];
        if (rota__status_occupies(booking->status) && !pick_takings(env, &found, booking, resource))
            return nomem(env);
    }
    rows.intervals = found.intervals.items;
    rows.interval_count = found.intervals.count;
    rows.recurring = found.recurring.items;
    rows.recurring_count = found.recurring.count;
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

static int zone_get(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                    rota__zone *out)
{
    const rota__zone *known = find_zone(of(self), name, digest);
    if (!known) return ROTA_ENOTFOUND;
    return copy_zone(env->arena, known, out) ? ROTA_OK : nomem(env);
}

static int reminder_state(rota__store *self, rota__env *env, rota__reminder_state *out)
{
    (void)env;
    *out = state_of(of(self));
    return ROTA_OK;
}

static int reminder_list(rota__store *self, rota__env *env, int32_t of_what, int64_t subject,
                         rota__reminder_list *out)
{
    const memory *m = of(self);
    int64_t at = find_list(m, of_what, subject);
    if (at < 0) return ROTA_ENOTFOUND;
    return copy_list(env->arena, m->lists.items[at], out) ? ROTA_OK : nomem(env);
}

static int reminder_any(rota__store *self, rota__env *env, int32_t of_what, bool *any)
{
    const memory *m = of(self);
    (void)env;
    *any = false;
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        *any |= known && known->of == of_what;
    }
    return ROTA_OK;
}

static int reminder_offsets(rota__store *self, rota__env *env, int64_t **rows, int64_t *count)
{
    const memory *m = of(self);
    ROTA__LIST(int64_t) found = { 0 };
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        for (int64_t k = 0; known && k < known->count; k++) {
            int64_t *next = ROTA__PUSH(env->arena, &found);
            if (!next) return nomem(env);
            *next = known->offsets[k];
        }
    }
    *rows = found.items;
    *count = rota__sort_once(found.items, found.count);
    return ROTA_OK;
}

static int reminder_get(rota__store *self, rota__env *env, const rota_id *id, rota__reminder *out)
{
    const memory *m = of(self);
    int64_t at = find_reminder(m, id);
    (void)env;
    if (at < 0) return ROTA_ENOTFOUND;
    memcpy(out, m->reminders.items[at], sizeof *out);
    return ROTA_OK;
}

static int order_due(const void *a, const void *b)
{
    const rota__reminder *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->due, y->due);
    return order ? order : rota__id_compare(&x->id, &y->id);
}

static int order_ids(const void *a, const void *b)
{
    const rota__reminder *x = *(const void *const *)a, *y = *(const void *const *)b;
    return rota__id_compare(&x->id, &y->id);
}

static int give_reminders(rota__env *env, const picked *found, rota__reminder **rows,
                          int64_t *count)
{
    rota__reminder *out = rota__arena_alloc(env->arena, found->count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found->count; i++)
        memcpy(&out[i], found->items[i], sizeof *out);
    *rows = out;
    *count = found->count;
    return ROTA_OK;
}

static int reminder_open(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *r = m->reminders.items[i];
        if (!r || r->state != ROTA_REMINDER_OPEN) continue;
        if (r->until > now && r->until <= now + ROTA_MAX_LEASE) continue;
        if (!pick(env, &found, r)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_due);
    return give_reminders(env, &found, rows, count);
}

static int reminder_dead(rota__store *self, rota__env *env, const rota_id *after, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *r = m->reminders.items[i];
        if (!r || r->state != ROTA_REMINDER_DEAD || rota__id_compare(&r->id, after) <= 0) continue;
        if (!pick(env, &found, r)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_ids);
    return give_reminders(env, &found, rows, count);
}

static int order_notes(const void *a, const void *b)
{
    const rota__reminder_note *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->at, y->at);
    if (order == 0) order = rota__compare(x->booking, y->booking);
    return order ? order : rota__compare(x->occurrence, y->occurrence);
}

static int reminder_notes(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                          rota__reminder_note **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->notes.count; i++) {
        const rota__reminder_note *known = m->notes.items[i];
        if (known && known->at <= now && !pick(env, &found, known)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_notes);
    rota__reminder_note *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        memcpy(&out[i], found.items[i], sizeof *out);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_next(const void *a, const void *b)
{
    const rota__reminder_next *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->at, y->at);
    return order ? order : rota__compare(x->booking, y->booking);
}

static int reminder_next(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder_next **rows, int64_t *count)
{
    const memory *m = of(self);
    picked found = { 0 };
    for (int64_t i = 0; i < m->next.count; i++) {
        const rota__reminder_next *known = m->next.items[i];
        if (known && known->at <= now && !pick(env, &found, known)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_next);
    rota__reminder_next *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (!out) return nomem(env);
    for (int64_t i = 0; i < found.count; i++)
        memcpy(&out[i], found.items[i], sizeof *out);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_starts(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->when.start, y->when.start);
    return order ? order : rota__compare(x->row, y->row);
}

static int reminder_starts(rota__store *self, rota__env *env, rota_time from, int64_t row,
                           rota_time to, int64_t limit, rota__starting **rows, int64_t *count)
{
    const memory *m = of(self);
    rota__booking *bookings;
    picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *b = m->bookings.items[i];
        bool behind = b->when.start > from || (b->when.start == from && b->row > row);
        if (b->series || !rota__status_reminds(b->status) || !behind || b->when.start > to)
            continue;
        if (!pick(env, &found, b)) return nomem(env);
    }
    sort_and_cut(&found, limit, order_starts);
    int rc = give_bookings(m, env, &found, &bookings, count);
    rota__starting *out = rota__arena_alloc(env->arena, found.count, (int64_t)sizeof *out);
    if (rc != ROTA_OK || !out) return nomem(env);
    for (int64_t i = 0; i < *count; i++)
        out[i] = rota__starting_of(&bookings[i]);
    *rows = out;
    return ROTA_OK;
}

static int reminder_old(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                        int64_t *count)
{
    const memory *m = of(self);
    (void)env;
    int64_t old = 0;
    for (int64_t i = 0; i < m->reminders.count && old < limit; i++)
        old += is_old(m->reminders.items[i], horizon);
    *count = old;
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
    .commit = commit,
    .changed = changed,
    .stamp = stamp,
    .timeline = timeline,
    .resource_get = resource_get,
    .resource_list = resource_list,
    .member_list = member_list,
    .group_next = group_next,
    .booking_get = booking_get,
    .booking_list = booking_list,
    .due_holds = due_holds,
    .due_keys = due_keys,
    .key_get = key_get,
    .feed = feed,
    .consumer_get = consumer_get,
    .consumer_list = consumer_list,
    .reminder_state = reminder_state,
    .reminder_list = reminder_list,
    .reminder_any = reminder_any,
    .reminder_offsets = reminder_offsets,
    .reminder_get = reminder_get,
    .reminder_open = reminder_open,
    .reminder_dead = reminder_dead,
    .reminder_notes = reminder_notes,
    .reminder_next = reminder_next,
    .reminder_starts = reminder_starts,
    .reminder_old = reminder_old,
    .zone_get = zone_get,
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
