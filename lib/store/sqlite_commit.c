/* The conditional commit: a batch is written whole if all that it was decided on
 * still stands, and else not at all; alone, or with others in a turn, which is one
 * transaction. The steps return ROTA_OK, a status, or the outcome that ends the
 * commit: outcomes are positive, statuses are not.
 *
 * The lock, and what a transaction is, are left to sqlite.c, running a statement
 * to sqlite_query.c. */
#include "store/sqlite_private.h"

#include "base/id.h"
#include "base/sort.h"

typedef struct writer {
    rota__sqlite *self;
    rota__env *env;
    rota__batch *batch;
    /* The rows of the new records. The batch learns them, and the positions of
     * its events, only when it is committed. */
    int64_t *resources, *bookings;
    rota__sqlite_takings takings; /* for the second guard */
    int64_t keys_dropped, reminders_dropped;
} writer;

static int check_key(writer *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    rota__sqlite_query query;
    rota_time at = 0;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_GET);
    rota__sqlite_bind_text(&query, key->actor);
    rota__sqlite_bind_text(&query, key->key);
    bool known = rota__sqlite_next(&query);
    if (known) {
        query.column = 3;
        at = rota__sqlite_instant(&query);
    }
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && known && at > w->batch->key_horizon ? ROTA__REPLAYED : rc;
}

/* Once in a turn: in it nobody else adds one. */
static int read_last_seq(writer *w)
{
    if (w->self->last_seq >= 0) return ROTA_OK;
    int64_t last = 0;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_EVENT_LAST);
    if (rota__sqlite_next(&query) && !rota__sqlite_is_null(&query))
        last = rota__sqlite_int(&query, 1, INT64_MAX - INT32_MAX);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) w->self->last_seq = last;
    return rc;
}

/* A guard without a bump is read even where changed() says that nobody else has
 * written: this store object itself may have, after the decision was taken. */
static int check_guard(writer *w, const rota__guard *guard)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       guard->bump ? ROTA__SQL_STAMP_BUMP : ROTA__SQL_STAMP_IS);
    rota__sqlite_bind_int(&query, guard->resource);
    rota__sqlite_bind_int(&query, guard->stamp);
    if (guard->bump) return rota__sqlite_change(&query);
    bool stands = rota__sqlite_next(&query);
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && !stands ? ROTA__STALE : rc;
}

static int put_tags(writer *w, int64_t row, const rota__resource *resource)
{
    rota__sqlite_query query;
    int rc = ROTA_OK;
    if (resource->row != 0) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_TAG_DROP);
        rota__sqlite_bind_int(&query, row);
        rc = rota__sqlite_run(&query);
    }
    for (int64_t i = 0; i < resource->tag_count && rc == ROTA_OK; i++) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_TAG_PUT);
        rota__sqlite_bind_int(&query, row);
        rota__sqlite_bind_text(&query, resource->tags[i]);
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int put_resource(writer *w, int64_t i)
{
    const rota__resource *resource = &w->batch->resources.items[i];
    bool fresh = resource->row == 0;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       fresh ? ROTA__SQL_RESOURCE_PUT : ROTA__SQL_RESOURCE_CHANGE);
    if (fresh) rota__sqlite_bind_bytes(&query, &resource->id, (int64_t)sizeof resource->id);
    rota__sqlite_bind_text(&query, resource->ref);
    rota__sqlite_bind_text(&query, resource->kind);
    rota__sqlite_bind_text(&query, resource->name);
    rota__sqlite_bind_text(&query, resource->zone);
    rota__sqlite_bind_text(&query, resource->data);
    rota__sqlite_bind_row(&query, resource->parent);
    rota__sqlite_bind_int(&query, resource->capacity);
    rota__sqlite_bind_int(&query, resource->before);
    rota__sqlite_bind_int(&query, resource->after);
    rota__sqlite_bind_int(&query, resource->active);
    rota__sqlite_bind_int(&query, resource->removed);
    if (resource->hours)
        rota__sqlite_bind_bytes(&query, resource->hours, resource->hours_size);
    else
        rota__sqlite_bind_text(&query, NULL);
    if (!fresh) {
        rota__sqlite_bind_int(&query, resource->row);
        rota__sqlite_bind_int(&query, resource->version - 1);
    }
    int rc = rota__sqlite_change(&query);
    if (rc != ROTA_OK) return rc;
    w->resources[i] = fresh ? sqlite3_last_insert_rowid(w->self->db) : resource->row;
    if (fresh) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_STAMP_PUT);
        rota__sqlite_bind_int(&query, w->resources[i]);
        rc = rota__sqlite_run(&query);
    }
    return rc == ROTA_OK ? put_tags(w, w->resources[i], resource) : rc;
}

static int write_member(writer *w, const rota__member *stay, int id)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, id);
    rota__sqlite_bind_int(&query, stay->group);
    rota__sqlite_bind_int(&query, stay->member);
    rota__sqlite_bind_int(&query, stay->when.start);
    if (id == ROTA__SQL_MEMBER_PUT) rota__sqlite_bind_int(&query, stay->when.end);
    return rota__sqlite_change(&query);
}

static int put_claim(writer *w, int64_t row, const rota__booking *booking, const rota__claim *claim)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       booking->series ? ROTA__SQL_RECURRENCE_PUT : ROTA__SQL_CLAIM_PUT);
    rota__sqlite_bind_int(&query, claim->resource);
    rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    rota__sqlite_bind_int(&query, booking->when.start);
    rota__sqlite_bind_int(&query, row);
    rota__sqlite_bind_int(&query, booking->when.end);
    rota__sqlite_bind_int(&query, claim->units);
    rota__sqlite_bind_int(&query, claim->role);
    rota__sqlite_bind_int(&query, claim->flags);
    rota__sqlite_bind_int(&query, rota__sqlite_takes(booking, claim));
    rota__sqlite_bind_int(&query, rota__sqlite_expires(booking));
    int rc = rota__sqlite_run(&query);
    /* Nobody else can have put it there: deciding again would not help. */
    if (rc == ROTA__STALE)
        rc = rota__error_set(w->env->error, ROTA_EINVALID,
                             "%s: a booking claims one resource twice", w->self->path);
    return rc;
}

/* The booking as it is stored: its span and its claims say where those lie. */
static int read_stored(writer *w, int64_t row, rota__booking *stored)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_BOOKING_BY_ROW);
    rota__sqlite_bind_int(&query, row);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_booking(&query, stored);
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && !found ? ROTA__STALE : rc;
}

static bool same_claims(const rota__booking *a, const rota__booking *b)
{
    if (a->claim_count != b->claim_count) return false;
    for (int64_t i = 0; i < a->claim_count; i++) {
        const rota__claim *x = &a->claims[i], *y = &b->claims[i];
        if (x->resource != y->resource || x->units != y->units || x->role != y->role ||
            x->flags != y->flags)
            return false;
    }
    return true;
}

static int drop_claims(writer *w, const rota__booking *stored)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < stored->claim_count && rc == ROTA_OK; i++) {
        rota__sqlite_query query;
        rota__sqlite_start(&query, w->self, w->env,
                           stored->series ? ROTA__SQL_RECURRENCE_DROP : ROTA__SQL_CLAIM_DROP);
        rota__sqlite_bind_int(&query, stored->claims[i].resource);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(stored->when));
        rota__sqlite_bind_int(&query, stored->when.start);
        rota__sqlite_bind_int(&query, stored->row);
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int touch_claims(writer *w, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++) {
        const rota__claim *claim = &booking->claims[i];
        rota__sqlite_query query;
        rota__sqlite_start(&query, w->self, w->env,
                           booking->series ? ROTA__SQL_RECURRENCE_CHANGE : ROTA__SQL_CLAIM_CHANGE);
        rota__sqlite_bind_int(&query, claim->resource);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
        rota__sqlite_bind_int(&query, booking->when.start);
        rota__sqlite_bind_int(&query, booking->row);
        rota__sqlite_bind_int(&query, rota__sqlite_takes(booking, claim));
        rota__sqlite_bind_int(&query, rota__sqlite_expires(booking));
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int put_claims(writer *w, int64_t row, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++)
        rc = put_claim(w, row, booking, &booking->claims[i]);
    return rc;
}

static void bind_claims(rota__sqlite_query *query, const rota__booking *booking)
{
    uint8_t *packed = rota__sqlite_pack(query->env->arena, booking->claims, booking->claim_count);
    if (packed)
        rota__sqlite_bind_bytes(query, packed, booking->claim_count * ROTA__SQLITE_PACKED);
    else if (query->status == ROTA_OK)
        query->status = rota__error_plain(query->env->error, ROTA_ENOMEM);
}

/* What is left alone is NULL. */
static void bind_kept(rota__sqlite_query *query, const void *bytes, int64_t size)
{
    if (bytes)
        rota__sqlite_bind_bytes(query, bytes, size);
    else
        query->bound++;
}

static int insert_booking(writer *w, const rota__booking *booking, int64_t *row)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_BOOKING_PUT);
    rota__sqlite_bind_bytes(&query, &booking->id, (int64_t)sizeof booking->id);
    rota__sqlite_bind_text(&query, booking->ref);
    rota__sqlite_bind_text(&query, booking->title);
    rota__sqlite_bind_text(&query, booking->data);
    rota__sqlite_bind_int(&query, booking->when.start);
    rota__sqlite_bind_int(&query, booking->when.end);
    rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    rota__sqlite_bind_int(&query, booking->status);
    rota__sqlite_bind_int(&query, booking->priority);
    rota__sqlite_bind_int(&query, booking->hold_expires);
    rota__sqlite_bind_int(&query, booking->created_at);
    rota__sqlite_bind_int(&query, booking->changed_at);
    bind_claims(&query, booking);
    bind_kept(&query, booking->series, booking->series_size);
    bind_kept(&query, booking->placement, booking->placement_size);
    rota__sqlite_bind_int(&query, booking->kind);
    rota__sqlite_bind_row(&query, booking->part_of);
    if (booking->part_of != 0) rota__sqlite_bind_int(&query, booking->occurrence);
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) *row = sqlite3_last_insert_rowid(w->self->db);
    if (rc == ROTA_OK) rc = rota__sqlite_note(w->env, &w->takings, NULL, booking, *row);
    if (rc == ROTA_OK) rc = rota__sqlite_remind_booking(w->self, w->env, NULL, booking, *row);
    return rc == ROTA_OK ? put_claims(w, *row, booking) : rc;
}

/* Whether it recurs is not for a put to change. */
static void keep_series(const rota__booking *stored, rota__booking *booking)
{
    if (stored->series && booking->series) return;
    booking->series = stored->series;
    booking->series_size = stored->series_size;
}

static int rename_occurrence(writer *w, const rota__booking *booking)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_BOOKING_RENAME);
    rota__sqlite_bind_int(&query, booking->row);
    rota__sqlite_bind_int(&query, booking->occurrence);
    return rota__sqlite_change(&query);
}

static bool same_placement(const rota__booking *a, const rota__booking *b)
{
    return a->placement_size == b->placement_size &&
           (a->placement_size == 0 ||
            memcmp(a->placement, b->placement, (size_t)a->placement_size) == 0);
}

static int update_booking(writer *w, rota__booking *booking)
{
    rota__booking stored = { 0 };
    int rc = read_stored(w, booking->row, &stored);
    if (rc == ROTA_OK) keep_series(&stored, booking);
    if (rc == ROTA_OK) rc = rota__sqlite_note(w->env, &w->takings, &stored, booking, booking->row);
    if (rc == ROTA_OK)
        rc = rota__sqlite_remind_booking(w->self, w->env, &stored, booking, booking->row);
    if (rc != ROTA_OK) return rc;
    bool same = stored.when.start == booking->when.start && stored.when.end == booking->when.end &&
                same_claims(&stored, booking) && same_placement(&stored, booking);

    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       booking->series ? ROTA__SQL_BOOKING_RECUR
                       : same          ? ROTA__SQL_BOOKING_CHANGE
                                       : ROTA__SQL_BOOKING_RESCHEDULE);
    rota__sqlite_bind_text(&query, booking->title);
    rota__sqlite_bind_text(&query, booking->data);
    rota__sqlite_bind_int(&query, booking->status);
    rota__sqlite_bind_int(&query, booking->priority);
    rota__sqlite_bind_int(&query, booking->hold_expires);
    rota__sqlite_bind_int(&query, booking->changed_at);
    rota__sqlite_bind_int(&query, booking->row);
    rota__sqlite_bind_int(&query, booking->version - 1);
    if (!same || booking->series) {
        rota__sqlite_bind_int(&query, booking->when.start);
        rota__sqlite_bind_int(&query, booking->when.end);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
        bind_claims(&query, booking);
    }
    if (booking->series)
        bind_kept(&query, booking->series, booking->series_size);
    else if (!same)
        bind_kept(&query, booking->placement, booking->placement_size);
    rc = rota__sqlite_change(&query);
    if (rc == ROTA_OK && stored.part_of && stored.occurrence != booking->occurrence)
        rc = rename_occurrence(w, booking);
    if (rc == ROTA_OK && !same) {
        rc = drop_claims(w, &stored);
        if (rc == ROTA_OK) rc = put_claims(w, booking->row, booking);
    } else if (rc == ROTA_OK &&
               (rota__status_occupies(stored.status) != rota__status_occupies(booking->status) ||
                rota__sqlite_expires(&stored) != rota__sqlite_expires(booking))) {
        rc = touch_claims(w, booking);
    }
    return rc;
}

static int by_resource_id(const void *a, const void *b)
{
    const rota__claim *x = a, *y = b;
    return rota__id_compare(&x->resource_id, &y->resource_id);
}

/* One that is not there is left without: its foreign key will say so. */
static int know_id(writer *w, rota__claim *claim)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_RESOURCE_ID);
    rota__sqlite_bind_int(&query, claim->resource);
    if (rota__sqlite_next(&query)) {
        rota__sqlite_row(&query);
        claim->resource_id = rota__sqlite_id(&query);
    }
    return rota__sqlite_end(&query);
}

/* The same booking with its claims in the order in which they are kept. */
static int sort_claims(writer *w, const rota__booking *from, rota__booking *to)
{
    int64_t size = from->claim_count * (int64_t)sizeof *from->claims;
    rota__claim *claims = rota__arena_copy(w->env->arena, from->claims, size);
    int rc = claims ? ROTA_OK : rota__error_plain(w->env->error, ROTA_ENOMEM);
    *to = *from;
    to->claims = claims;
    for (int64_t i = 0; rc == ROTA_OK && i < from->claim_count; i++)
        if (rota__id_is_none(&claims[i].resource_id)) rc = know_id(w, &claims[i]);
    if (rc == ROTA_OK) rota__sort(claims, from->claim_count, sizeof *claims, by_resource_id);
    return rc;
}

static int put_booking(writer *w, int64_t i)
{
    rota__booking sorted, *booking = &sorted;
    int rc = sort_claims(w, &w->batch->bookings.items[i], &sorted);
    if (rc != ROTA_OK) return rc;
    /* Before any arithmetic on it. */
    if (booking->when.start < ROTA_TIME_MIN || booking->when.end > ROTA_TIME_MAX ||
        booking->when.start >= booking->when.end)
        return rota__error_set(w->env->error, ROTA_EINVALID,
                               "%s: a booking from %lld to %lld cannot be kept", w->self->path,
                               (long long)booking->when.start, (long long)booking->when.end);
    w->bookings[i] = booking->row;
    return booking->row == 0 ? insert_booking(w, booking, &w->bookings[i])
                             : update_booking(w, booking);
}

static int put_event(writer *w, int64_t i)
{
    const rota__event *event = &w->batch->events.items[i];
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_EVENT_PUT);
    rota__sqlite_bind_int(&query, w->self->last_seq + 1 + i);
    rota__sqlite_bind_int(&query, event->at);
    rota__sqlite_bind_int(&query, event->type);
    rota__sqlite_bind_bytes(&query, &event->subject, (int64_t)sizeof event->subject);
    rota__sqlite_bind_text(&query, event->actor);
    rota__sqlite_bind_text(&query, event->role);
    rota__sqlite_bind_text(&query, event->trace);
    rota__sqlite_bind_text(&query, event->before);
    rota__sqlite_bind_text(&query, event->after);
    return rota__sqlite_run(&query);
}

static int drop_consumer(writer *w, const char *name)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CONSUMER_DROP);
    rota__sqlite_bind_text(&query, name);
    return rota__sqlite_change(&query);
}

static int put_consumer(writer *w, const rota__consumer_put *put)
{
    const rota__consumer *consumer = &put->consumer;
    bool fresh = put->was == ROTA__CONSUMER_NEW;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       fresh ? ROTA__SQL_CONSUMER_PUT : ROTA__SQL_CONSUMER_CHANGE);
    rota__sqlite_bind_text(&query, consumer->name);
    rota__sqlite_bind_int(&query, consumer->position);
    rota__sqlite_bind_int(&query, consumer->changed_at);
    rota__sqlite_bind_int(&query, fresh ? consumer->created_at : put->was);
    return rota__sqlite_change(&query);
}

static int put_consumers(writer *w)
{
    const rota__batch *batch = w->batch;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < batch->consumers_dropped.count && rc == ROTA_OK; i++)
        rc = drop_consumer(w, batch->consumers_dropped.items[i]);
    for (int64_t i = 0; i < batch->consumers_put.count && rc == ROTA_OK; i++)
        rc = put_consumer(w, &batch->consumers_put.items[i]);
    return rc;
}

static int put_zones(writer *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->batch->zones.count && rc == ROTA_OK; i++) {
        const rota__zone *zone = &w->batch->zones.items[i];
        rota__sqlite_query query;
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_ZONE_PUT);
        rota__sqlite_bind_text(&query, zone->name);
        rota__sqlite_bind_int(&query, (int64_t)zone->digest);
        rota__sqlite_bind_bytes(&query, zone->data, zone->size);
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int drop_keys(writer *w)
{
    if (w->batch->keys_dropped_max <= 0) return ROTA_OK;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_DROP);
    rota__sqlite_bind_int(&query, w->batch->key_horizon);
    rota__sqlite_bind_int(&query, w->batch->keys_dropped_max);
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) w->keys_dropped = sqlite3_changes(w->self->db);
    return rc;
}

static int put_key(writer *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_PUT);
    rota__sqlite_bind_text(&query, key->actor);
    rota__sqlite_bind_text(&query, key->key);
    rota__sqlite_bind_int(&query, (int64_t)key->hash);
    rota__sqlite_bind_int(&query, key->at);
    rota__sqlite_bind_bytes(&query, key->answer, key->answer_size);
    return rota__sqlite_run(&query);
}

/* The key is asked first: a commit whose answer was lost is stale by its own
 * doing when it is repeated, and must hear that it was done. */
static int write_batch(writer *w)
{
    const rota__batch *batch = w->batch;
    int rc = read_last_seq(w);
    if (rc == ROTA_OK) rc = check_key(w);
    if (rc == ROTA_OK && batch->ends_at && batch->ends_at != w->self->last_seq) rc = ROTA__STALE;
    if (rc == ROTA_OK) rc = rota__sqlite_remind_begin(w->self, w->env, batch);
    for (int64_t i = 0; i < batch->guards.count && rc == ROTA_OK; i++)
        rc = check_guard(w, &batch->guards.items[i]);
    for (int64_t i = 0; i < batch->resources.count && rc == ROTA_OK; i++)
        rc = put_resource(w, i);
    for (int64_t i = 0; i < batch->bookings.count && rc == ROTA_OK; i++)
        rc = put_booking(w, i);
    if (rc == ROTA_OK) rc = rota__sqlite_guard(w->self, w->env, &w->takings);
    /* Those that end first: a batch may put a stay again with another end. */
    for (int64_t i = 0; i < batch->members_dropped.count && rc == ROTA_OK; i++)
        rc = write_member(w, &batch->members_dropped.items[i], ROTA__SQL_MEMBER_DROP);
    for (int64_t i = 0; i < batch->members_put.count && rc == ROTA_OK; i++)
        rc = write_member(w, &batch->members_put.items[i], ROTA__SQL_MEMBER_PUT);
    for (int64_t i = 0; i < batch->events.count && rc == ROTA_OK; i++)
        rc = put_event(w, i);
    if (rc == ROTA_OK) rc = put_consumers(w);
    if (rc == ROTA_OK) rc = put_zones(w);
    if (rc == ROTA_OK) rc = rota__sqlite_remind_write(w->self, w->env, batch, w->bookings);
    if (rc == ROTA_OK)
        rc = rota__sqlite_remind_forget(w->self, w->env, batch, &w->reminders_dropped);
    if (rc == ROTA_OK) rc = drop_keys(w);
    if (rc == ROTA_OK) rc = put_key(w);
    return rc;
}

static void inform(const writer *w)
{
    rota__batch *batch = w->batch;
    for (int64_t i = 0; i < batch->resources.count; i++)
        batch->resources.items[i].row = w->resources[i];
    for (int64_t i = 0; i < batch->bookings.count; i++)
        batch->bookings.items[i].row = w->bookings[i];
    for (int64_t i = 0; i < batch->events.count; i++)
        batch->events.items[i].seq = ++w->self->last_seq;
}

/* --- turns --- */

int rota__sqlite_turn_begin(rota__store *store, rota__env *env, int64_t deadline)
{
    rota__sqlite *self = rota__sqlite_of(store);
    if (self->readonly)
        return rota__error_set(env->error, ROTA_EDENIED, "%s is open for reading only", self->path);
    rota__sqlite_turn_tidy(store); /* or the lock would be waited for by who has it */
    rota__sqlite_roll_back(self);  /* does nothing, unless a roll-back had failed */
    int rc = rota__sqlite_lock_take(self, env, deadline);
    if (rc != ROTA_OK) return rc;
    self->deadline = deadline;
    rc = rota__sqlite_control(self, env, ROTA__SQL_BEGIN_WRITE);
    if (rc != ROTA_OK) {
        rota__sqlite_roll_back(self);
        rota__sqlite_lock_release(self);
        return rc;
    }
    self->in_turn = true;
    self->last_seq = -1;
    bool shared = !self->memory && !self->wal_index;
    if (shared || rota__sqlite_token(store) != self->remind_token) self->remind.version = -1;
    return ROTA_OK;
}

/* SQLite gives a transaction up by itself after some failures; what came after
 * would be written alone. */
static int still_open(rota__sqlite *self, rota__env *env)
{
    if (!sqlite3_get_autocommit(self->db)) return ROTA_OK;
    return rota__error_set(env->error, ROTA_EIO, "%s: the transaction was given up", self->path);
}

int rota__sqlite_turn_write(rota__store *store, rota__env *env, rota__batch *batch,
                            rota__commit *out)
{
    writer w = { .self = rota__sqlite_of(store), .env = env, .batch = batch };
    w.resources = rota__arena_alloc(env->arena, batch->resources.count, (int64_t)sizeof(int64_t));
    w.bookings = rota__arena_alloc(env->arena, batch->bookings.count, (int64_t)sizeof(int64_t));
    if (!w.resources || !w.bookings) return rota__error_plain(env->error, ROTA_ENOMEM);
    int rc = still_open(w.self, env);
    if (rc == ROTA_OK) rc = write_batch(&w);
    if (rc < 0) return rc;
    if (rc == ROTA_OK) inform(&w);
    *out = (rota__commit){ .outcome = rc == ROTA_OK ? ROTA__COMMITTED : rc,
                           .last_seq = w.self->last_seq,
                           .keys_dropped = rc == ROTA_OK ? w.keys_dropped : 0,
                           .reminders_dropped = rc == ROTA_OK ? w.reminders_dropped : 0 };
    return ROTA_OK;
}

static void end_turn(rota__sqlite *self)
{
    if (!sqlite3_get_autocommit(self->db)) self->remind.version = -1; /* what is taken back */
    rota__sqlite_roll_back(self);
    self->in_turn = false;
    if (!self->untidy) rota__sqlite_lock_release(self);
}

/* A COMMIT that found no lock, or no room before all of it was in the log, wrote no commit
 * record. After any other failure the record may be there, unseen by this run and found by the
 * next one that recovers the file: only the key can tell, later. */
int rota__sqlite_turn_finish(rota__store *store, rota__env *env, rota__commit *out, uint64_t *token)
{
    rota__sqlite *self = rota__sqlite_of(store);
    const uint64_t before = rota__sqlite_token(store);
    bool alone = before == self->seen;
    int rc = still_open(self, env);
    if (rc != ROTA_OK) {
        end_turn(self);
        return rc;
    }
    rc = rota__sqlite_commit_gathered(self, env);
    int why = sqlite3_errcode(self->db) & 0xff;
    bool surely_not = !self->gather.recorded &&
                      (why == SQLITE_BUSY || why == SQLITE_LOCKED || why == SQLITE_READONLY ||
                       why == SQLITE_CONSTRAINT || why == SQLITE_FULL);
    out->outcome = rc == ROTA_OK ? ROTA__COMMITTED : ROTA__UNKNOWN;
    if (rc == ROTA_OK) {
        self->commits++;
        self->untidy = !self->memory && rota__sqlite_log_is_long(self);
    } else if (!surely_not) {
        rota__sqlite_tell(self, ROTA_LOG_ERROR, env->error);
    }
    *token = rota__sqlite_token(store);
    /* Somebody who does not know the lock came right behind: his is not accounted for. */
    if (self->wal_index && (uint32_t)(*token >> 32) != (uint32_t)(before >> 32) + 1)
        *token = before;
    self->remind_token = *token;
    if (rc != ROTA_OK) self->remind.version = -1;
    if (alone && rc == ROTA_OK) self->seen = *token; /* this store's own is no news to it */
    end_turn(self);
    return surely_not && rc != ROTA_OK ? rc : ROTA_OK;
}

void rota__sqlite_turn_cancel(rota__store *store)
{
    end_turn(rota__sqlite_of(store));
}

void rota__sqlite_turn_tidy(rota__store *store)
{
    rota__sqlite *self = rota__sqlite_of(store);
    if (!self->untidy) return;
    rota__sqlite_shorten_log(self);
    self->untidy = false;
    rota__sqlite_lock_release(self);
}

/* --- one batch alone --- */

int rota__sqlite_commit(rota__store *store, rota__env *env, rota__batch *batch, rota__commit *out)
{
    rota__sqlite *self = rota__sqlite_of(store);
    rota__commit written = { 0 }, done = { 0 };
    uint64_t token;
    int rc = rota__sqlite_turn_begin(store, env, rota__sqlite_deadline(self));
    if (rc != ROTA_OK) return rc;
    rc = rota__sqlite_turn_write(store, env, batch, &written);
    if (rc != ROTA_OK || written.outcome != ROTA__COMMITTED) {
        rota__sqlite_turn_cancel(store);
        if (rc == ROTA_OK) *out = written;
        return rc;
    }
    rc = rota__sqlite_turn_finish(store, env, &done, &token);
    rota__sqlite_turn_tidy(store);
    if (rc != ROTA_OK) return rc;
    *out = written;
    out->outcome = done.outcome;
    return ROTA_OK;
}
