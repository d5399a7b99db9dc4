/* The conditional commit: a batch is written whole if all that it was decided on
 * still stands, and else not at all. Its steps return ROTA_OK, a status, or the
 * outcome that ends the commit: outcomes are positive, statuses are not.
 *
 * The lock, and what a transaction is, are left to sqlite.c, running a statement
 * to sqlite_query.c. */
#include "store/sqlite_private.h"

typedef struct writer {
    rota__sqlite *self;
    rota__env *env;
    rota__batch *batch;
    /* The rows of the new records. The batch learns them, and the positions of
     * its events, only when it is committed. */
    int64_t *resources, *bookings;
    rota__sqlite_takings takings; /* for the second guard */
    int64_t last_seq, keys_dropped;
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

static int read_last_seq(writer *w)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_EVENT_LAST);
    if (rota__sqlite_next(&query) && !rota__sqlite_is_null(&query))
        w->last_seq = rota__sqlite_int(&query, 1, INT64_MAX - INT32_MAX);
    return rota__sqlite_end(&query);
}

/* Whether the statement changed a row: if not, what it was decided on is gone. */
static int run_or_stale(rota__sqlite_query *query)
{
    int rc = rota__sqlite_run(query);
    if (rc == ROTA_OK && sqlite3_changes(query->self->db) == 0) rc = ROTA__STALE;
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
    if (guard->bump) return run_or_stale(&query);
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
    if (!fresh) {
        rota__sqlite_bind_int(&query, resource->row);
        rota__sqlite_bind_int(&query, resource->version - 1);
    }
    int rc = run_or_stale(&query);
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
    return run_or_stale(&query);
}

static int put_claim(writer *w, int64_t row, const rota__booking *booking, const rota__claim *claim)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_PUT);
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

static const rota__claim *find_claim(const rota__booking *booking, int64_t resource, int64_t near)
{
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[(near + i) % booking->claim_count];
        if (claim->resource == resource) return claim;
    }
    return NULL;
}

/* Do the stored claims differ from the booking's in more than whether they take
 * time? `touch` tells whether they do in that, `begin` whether they begin to. */
static int compare_claims(writer *w, const rota__booking *booking, bool *same, bool *touch,
                          bool *begin)
{
    int64_t count = 0;
    rota__sqlite_query query;
    *same = true;
    *touch = *begin = false;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_STORED);
    rota__sqlite_bind_int(&query, booking->row);
    while (*same && rota__sqlite_next(&query)) {
        query.column = 1;
        int64_t resource = rota__sqlite_row(&query);
        const rota__claim *claim = find_claim(booking, resource, count++);
        query.column = 3; /* the reach follows from the span */
        rota_time start = rota__sqlite_instant(&query);
        rota_time end = rota__sqlite_instant(&query);
        int64_t units = rota__sqlite_int(&query, 1, INT32_MAX);
        int64_t role = rota__sqlite_int(&query, 0, INT32_MAX);
        int64_t flags = rota__sqlite_int(&query, 0, UINT32_MAX);
        bool takes = rota__sqlite_int(&query, 0, 1) == 1;
        rota_time expires = rota__sqlite_instant(&query);
        *same = claim && start == booking->when.start && end == booking->when.end &&
                units == claim->units && role == claim->role && flags == claim->flags;
        if (*same && (takes != rota__sqlite_takes(booking, claim) ||
                      expires != rota__sqlite_expires(booking)))
            *touch = true;
        if (*same && !takes && rota__sqlite_takes(booking, claim)) *begin = true;
    }
    /* Without a stored claim nothing tells that the span is the same. */
    *same = *same && count > 0 && count == booking->claim_count;
    return rota__sqlite_end(&query);
}

static int touch_claims(writer *w, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++) {
        const rota__claim *claim = &booking->claims[i];
        rota__sqlite_query query;
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_CHANGE);
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
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) *row = sqlite3_last_insert_rowid(w->self->db);
    if (rc == ROTA_OK) rc = rota__sqlite_note_all(w->env, &w->takings, booking, *row);
    return rc == ROTA_OK ? put_claims(w, *row, booking) : rc;
}

static int update_booking(writer *w, const rota__booking *booking)
{
    bool same = false, touch = false, begin = false;
    int rc = compare_claims(w, booking, &same, &touch, &begin);
    /* Claims that are the same begin all together: it is the booking that does. */
    if (rc == ROTA_OK && begin)
        rc = rota__sqlite_note_all(w->env, &w->takings, booking, booking->row);
    else if (rc == ROTA_OK && !same)
        rc = rota__sqlite_note_new(w->self, w->env, &w->takings, booking);
    if (rc != ROTA_OK) return rc;

    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       same ? ROTA__SQL_BOOKING_CHANGE : ROTA__SQL_BOOKING_RESCHEDULE);
    rota__sqlite_bind_text(&query, booking->title);
    rota__sqlite_bind_text(&query, booking->data);
    rota__sqlite_bind_int(&query, booking->status);
    rota__sqlite_bind_int(&query, booking->priority);
    rota__sqlite_bind_int(&query, booking->hold_expires);
    rota__sqlite_bind_int(&query, booking->changed_at);
    rota__sqlite_bind_int(&query, booking->row);
    rota__sqlite_bind_int(&query, booking->version - 1);
    if (!same) {
        rota__sqlite_bind_int(&query, booking->when.start);
        rota__sqlite_bind_int(&query, booking->when.end);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    }
    rc = run_or_stale(&query);
    if (rc == ROTA_OK && !same) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_DROP);
        rota__sqlite_bind_int(&query, booking->row);
        rc = rota__sqlite_run(&query);
        if (rc == ROTA_OK) rc = put_claims(w, booking->row, booking);
    } else if (rc == ROTA_OK && touch) {
        rc = touch_claims(w, booking);
    }
    return rc;
}

static int put_booking(writer *w, int64_t i)
{
    const rota__booking *booking = &w->batch->bookings.items[i];
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
    rota__sqlite_bind_int(&query, w->last_seq + 1 + i);
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
    return run_or_stale(&query);
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
    return run_or_stale(&query);
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
    if (rc == ROTA_OK) rc = drop_keys(w);
    if (rc == ROTA_OK) rc = put_key(w);
    return rc;
}

/* A COMMIT that found no room or no lock wrote no commit record. After any other
 * failure the record may be in the log, unseen by this run and found by the next
 * one that recovers the file: only the key can tell, later. */
static int finish(writer *w)
{
    rota__sqlite *self = w->self;
    int rc = rota__sqlite_control(self, w->env, ROTA__SQL_COMMIT);
    if (rc == ROTA_OK) return ROTA_OK;
    int why = sqlite3_errcode(self->db) & 0xff;
    bool surely_not = why == SQLITE_BUSY || why == SQLITE_LOCKED || why == SQLITE_FULL ||
                      why == SQLITE_READONLY || why == SQLITE_CONSTRAINT;
    if (surely_not) return rc;
    rota__sqlite_tell(self, ROTA_LOG_ERROR, w->env->error);
    return ROTA__UNKNOWN;
}

static int write_locked(writer *w)
{
    int rc = rota__sqlite_control(w->self, w->env, ROTA__SQL_BEGIN_WRITE);
    if (rc == ROTA_OK) rc = write_batch(w);
    if (rc == ROTA_OK) rc = finish(w);
    rota__sqlite_roll_back(w->self);
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
        batch->events.items[i].seq = w->last_seq + 1 + i;
}

int rota__sqlite_commit(rota__store *store, rota__env *env, rota__batch *batch, rota__commit *out)
{
    writer w = { .self = rota__sqlite_of(store), .env = env, .batch = batch };
    rota__sqlite *self = w.self;
    if (self->readonly)
        return rota__error_set(env->error, ROTA_EDENIED, "%s is open for reading only", self->path);
    w.resources = rota__arena_alloc(env->arena, batch->resources.count, (int64_t)sizeof(int64_t));
    w.bookings = rota__arena_alloc(env->arena, batch->bookings.count, (int64_t)sizeof(int64_t));
    if (!w.resources || !w.bookings) return rota__error_plain(env->error, ROTA_ENOMEM);

    self->deadline = 0;
    rota__sqlite_roll_back(self); /* does nothing, unless a roll-back had failed */
    int rc = rota__sqlite_lock(self, env);
    if (rc != ROTA_OK) return rc;
    rc = write_locked(&w);
    if (rc == ROTA_OK) rota__sqlite_shorten_log(self);
    rota__sqlite_unlock(self);
    if (rc < 0) return rc;

    if (rc == ROTA_OK) inform(&w);
    *out = (rota__commit){ .outcome = rc == ROTA_OK ? ROTA__COMMITTED : rc };
    out->last_seq = w.last_seq + (rc == ROTA_OK ? batch->events.count : 0);
    out->keys_dropped = rc == ROTA_OK ? w.keys_dropped : 0;
    return ROTA_OK;
}
