/* What a store must promise, whichever it is: each test runs on the model, on
 * SQLite in a file and in memory, and on the chaos wrapper while it keeps quiet.
 * What a store says is compared as text in which rows stand as the order of
 * their creation, because row numbers are each store's own.
 *
 * Times are small numbers where only their order matters. ROTA_SEED repeats a
 * random run. */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/id.h"
#include "store/chaos.h"
#include "store/memory.h"
#include "store/sqlite.h"
#include "tests.h"

enum { MEMORY, SQLITE_FILE, SQLITE_MEMORY, CHAOS, STORES };

enum { HOUR = 3600, DAY = 24 * HOUR };

enum { MANY = 4096, ALL_STATUSES = 0x7e, ANY_LIMIT = 1000000 };

static const rota_span always = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* One store, with memory that is counted and can be made to fail. */
typedef struct fx {
    int kind;
    rota__mem mem;
    int64_t fail_in; /* the allocation that fails, 1 the next; 0: none */
    bool failed;
    rota__arena arena; /* of the test: kept until it ends */
    rota__error error;
    rota__env env;
    rota__store *store;
    rota__chaos plan;
    rota__commit last;
    char dir[128], path[160];
    struct places {
        int64_t rows[MANY], count; /* in the order of creation */
    } resources, bookings;
} fx;

/* --- opening and closing --- */

static void *memory_that_counts(void *ctx, void *block, int64_t size)
{
    fx *f = ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (f->fail_in > 0 && --f->fail_in == 0) {
        f->failed = true;
        return NULL;
    }
    return realloc(block, (size_t)size);
}

#define ck_ok(f, call)                                                                          \
    do {                                                                                        \
        int ck_rc = (call);                                                                     \
        ck_assert_msg(ck_rc == ROTA_OK, "%s: status %d: %s", #call, ck_rc, (f)->error.message); \
    } while (0)

static int open_sqlite(fx *f, const char *path)
{
    rota__sqlite_options options = { .busy_ms = 1000 };
    return rota__sqlite_open(&f->env, &f->mem, path, &options, &f->store);
}

static int open_chaos(fx *f)
{
    int rc = rota__memory_open(&f->env, &f->mem, &f->store);
    return rc == ROTA_OK ? rota__chaos_open(&f->env, &f->mem, f->store, &f->plan, &f->store) : rc;
}

static int open_store(fx *f)
{
    switch (f->kind) {
    case SQLITE_FILE:
        return open_sqlite(f, f->path);
    case SQLITE_MEMORY:
        return open_sqlite(f, ":memory:");
    case CHAOS:
        return open_chaos(f);
    default:
        return rota__memory_open(&f->env, &f->mem, &f->store);
    }
}

static void fx_open(fx *f, int kind)
{
    memset(f, 0, sizeof *f);
    f->kind = kind;
    rota__mem_init(&f->mem, memory_that_counts, f);
    rota__arena_init(&f->arena, &f->mem);
    f->env = (rota__env){ .arena = &f->arena, .error = &f->error };
    if (kind == SQLITE_FILE) {
        snprintf(f->dir, sizeof f->dir, "%.90s/rota-store-XXXXXX", tests_scratch());
        ck_assert_ptr_nonnull(mkdtemp(f->dir));
        snprintf(f->path, sizeof f->path, "%s/calendar", f->dir);
    }
    ck_ok(f, open_store(f));
    ck_assert_ptr_nonnull(f->store);
}

static void remove_dir(const char *dir)
{
    DIR *all = opendir(dir);
    ck_assert_ptr_nonnull(all);
    for (const struct dirent *file; (file = readdir(all));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, file->d_name);
        if (file->d_name[0] != '.') ck_assert_int_eq(unlink(path), 0);
    }
    closedir(all);
    ck_assert_int_eq(rmdir(dir), 0);
}

/* Whatever the test did, the store has given its memory back. */
static void fx_close(fx *f)
{
    f->store->ops->close(f->store);
    rota__arena_free(&f->arena);
    ck_assert_int_eq(f->mem.held, 0);
    if (f->kind == SQLITE_FILE) remove_dir(f->dir);
}

static void reopen(fx *f)
{
    f->store->ops->close(f->store);
    f->store = NULL;
    ck_ok(f, open_store(f));
}

/* --- batches --- */

static rota_id id_of(char noun, int64_t n)
{
    rota_id id = { .b = { 1, 0x93, [6] = 0x70, [7] = (uint8_t)noun } };
    for (int i = 0; i < 8; i++)
        id.b[15 - i] = (uint8_t)((uint64_t)n >> (8 * i));
    return id;
}

static const char *textf(fx *f, const char *format, ...) ROTA__PRINTF(2, 3);
static const char *textf(fx *f, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = rota__arena_text(&f->arena, text, -1);
    ck_assert_ptr_nonnull(kept);
    return kept;
}

static rota__resource *put_resource(fx *f, rota__batch *batch, int64_t n)
{
    rota__resource *put = ROTA__PUSH(&f->arena, &batch->resources);
    ck_assert_ptr_nonnull(put);
    *put = (rota__resource){ .id = id_of('R', n),
                             .kind = "room",
                             .name = textf(f, "room %" PRId64, n),
                             .zone = "UTC",
                             .capacity = 100, /* what is taken is not what these tests are about */
                             .active = true,
                             .version = 1 };
    return put;
}

static rota__resource resource_at(fx *f, int64_t row)
{
    rota__resource found;
    rota__by by = { .row = row };
    ck_ok(f, f->store->ops->resource_get(f->store, &f->env, &by, &found));
    return found;
}

/* The resource as it is, to be put again. */
static rota__resource *change_resource(fx *f, rota__batch *batch, int64_t row)
{
    rota__resource now = resource_at(f, row);
    rota__resource *put = ROTA__PUSH(&f->arena, &batch->resources);
    ck_assert_ptr_nonnull(put);
    *put = now;
    put->version++;
    return put;
}

static void add_claim(fx *f, rota__booking *booking, rota__claim claim)
{
    rota__claim *claims = rota__arena_alloc(&f->arena, booking->claim_count + 1,
                                            (int64_t)sizeof *claims);
    ck_assert_ptr_nonnull(claims);
    for (int64_t i = 0; i < booking->claim_count; i++)
        claims[i] = booking->claims[i];
    claims[booking->claim_count++] = claim;
    booking->claims = claims;
}

static void claim_one(fx *f, rota__booking *booking, int64_t resource)
{
    add_claim(f, booking, (rota__claim){ .resource = resource, .units = 1 });
}

static rota__booking *put_booking(fx *f, rota__batch *batch, int64_t n, rota_time start,
                                  rota_time end)
{
    rota__booking *put = ROTA__PUSH(&f->arena, &batch->bookings);
    ck_assert_ptr_nonnull(put);
    *put = (rota__booking){ .id = id_of('B', n),
                            .when = { start, end },
                            .status = ROTA_BOOKING_CONFIRMED,
                            .created_at = 1,
                            .changed_at = 1,
                            .version = 1 };
    return put;
}

static rota__booking booking_at(fx *f, int64_t row)
{
    rota__booking found;
    rota__by by = { .row = row };
    ck_ok(f, f->store->ops->booking_get(f->store, &f->env, &by, &found));
    return found;
}

static rota__booking *change_booking(fx *f, rota__batch *batch, int64_t row)
{
    rota__booking now = booking_at(f, row);
    rota__booking *put = ROTA__PUSH(&f->arena, &batch->bookings);
    ck_assert_ptr_nonnull(put);
    *put = now;
    put->version++;
    return put;
}

static void put_guard(fx *f, rota__batch *batch, int64_t row, int64_t stamp, bool bump)
{
    rota__guard *guard = ROTA__PUSH(&f->arena, &batch->guards);
    ck_assert_ptr_nonnull(guard);
    *guard = (rota__guard){ .resource = row, .stamp = stamp, .bump = bump };
}

static int64_t stamp_of(fx *f, int64_t row)
{
    int64_t stamp;
    ck_ok(f, f->store->ops->stamp(f->store, &f->env, row, &stamp));
    return stamp;
}

static rota__member stay_of(int64_t group, int64_t member, rota_time start, rota_time end)
{
    return (rota__member){ .group = group, .member = member, .when = { start, end } };
}

static void put_stay(fx *f, rota__batch *batch, rota__member stay)
{
    rota__member *put = ROTA__PUSH(&f->arena, &batch->members_put);
    ck_assert_ptr_nonnull(put);
    *put = stay;
}

static void drop_stay(fx *f, rota__batch *batch, rota__member stay)
{
    rota__member *dropped = ROTA__PUSH(&f->arena, &batch->members_dropped);
    ck_assert_ptr_nonnull(dropped);
    *dropped = stay;
}

static rota__event *put_event(fx *f, rota__batch *batch, int64_t n)
{
    rota__event *put = ROTA__PUSH(&f->arena, &batch->events);
    ck_assert_ptr_nonnull(put);
    *put = (rota__event){ .at = n,
                          .type = ROTA_EVENT_BOOKING_CREATED,
                          .subject = id_of('B', n),
                          .after = textf(f, "{\"n\":%" PRId64 "}", n) };
    return put;
}

static void put_key(fx *f, rota__batch *batch, const char *actor, const char *key, rota_time at)
{
    rota__key *put = rota__arena_alloc(&f->arena, 1, (int64_t)sizeof *put);
    ck_assert_ptr_nonnull(put);
    *put = (rota__key){
        .actor = actor, .key = key, .hash = 42, .at = at, .answer = "answer", .answer_size = 6
    };
    batch->key = put;
}

/* was: the position it must have, or ROTA__CONSUMER_NEW. */
static rota__consumer *put_consumer(fx *f, rota__batch *batch, const char *name, int64_t was,
                                    int64_t position)
{
    rota__consumer_put *put = ROTA__PUSH(&f->arena, &batch->consumers_put);
    ck_assert_ptr_nonnull(put);
    *put = (rota__consumer_put){ .was = was };
    put->consumer = (rota__consumer){
        .name = name, .position = position, .created_at = 7, .changed_at = 8
    };
    return &put->consumer;
}

static void drop_consumer(fx *f, rota__batch *batch, const char *name)
{
    const char **dropped = ROTA__PUSH(&f->arena, &batch->consumers_dropped);
    ck_assert_ptr_nonnull(dropped);
    *dropped = name;
}

/* The reminders that tests use, by n: their ids begin with their start, as all do. */
enum { REMINDERS = 100 };

static rota__reminder reminder_of(int64_t n)
{
    rota_time start = 2000000000 + n % 50 * HOUR;
    rota__reminder r = { .id = id_of('M', n),
                         .start = start,
                         .due = start - n % 7 * HOUR,
                         .state = ROTA_REMINDER_OPEN,
                         .until = ROTA_TIME_MIN };
    for (int i = 0; i < 6; i++)
        r.id.b[i] = (uint8_t)((uint64_t)start * 1000 >> (8 * (5 - i)));
    return r;
}

/* The state as it is, to be put again with what the batch does about reminders. */
static void begin_remind(fx *f, rota__batch *batch)
{
    rota__remind *remind = &batch->remind;
    ck_ok(f, f->store->ops->reminder_state(f->store, &f->env, &remind->state));
    remind->on = true;
    remind->was = remind->state.version;
}

static rota__reminder_list *put_list(fx *f, rota__batch *batch, int32_t of, int64_t subject,
                                     const int64_t *offsets, int64_t count)
{
    rota__reminder_list *put = ROTA__PUSH(&f->arena, &batch->remind.lists);
    ck_assert_ptr_nonnull(put);
    *put = (rota__reminder_list){ .of = of,
                                  .late = ROTA_LATE_SKIP,
                                  .subject = subject,
                                  .late_secs = 300,
                                  .offsets = offsets,
                                  .count = count };
    return put;
}

static rota__reminder *put_reminder(fx *f, rota__batch *batch, int64_t n, int64_t booking,
                                    int64_t resource)
{
    rota__reminder *put = ROTA__PUSH(&f->arena, &batch->remind.put);
    ck_assert_ptr_nonnull(put);
    *put = reminder_of(n);
    put->booking = booking;
    put->resource = resource;
    return put;
}

static void drop_reminder(fx *f, rota__batch *batch, int64_t n)
{
    rota_id *dropped = ROTA__PUSH(&f->arena, &batch->remind.dropped);
    ck_assert_ptr_nonnull(dropped);
    *dropped = reminder_of(n).id;
}

static void put_note(fx *f, rota__batch *batch, rota__reminder_note note)
{
    rota__reminder_note *put = ROTA__PUSH(&f->arena, &batch->remind.notes_put);
    ck_assert_ptr_nonnull(put);
    *put = note;
}

static void drop_note(fx *f, rota__batch *batch, rota__reminder_note note)
{
    rota__reminder_note *dropped = ROTA__PUSH(&f->arena, &batch->remind.notes_dropped);
    ck_assert_ptr_nonnull(dropped);
    *dropped = note;
}

static void put_next(fx *f, rota__batch *batch, int64_t booking, rota_time at)
{
    rota__reminder_next *put = ROTA__PUSH(&f->arena, &batch->remind.next);
    ck_assert_ptr_nonnull(put);
    *put = (rota__reminder_next){ booking, at };
}

static void put_fresh(fx *f, rota__batch *batch, int64_t place, rota_time occurrence,
                      rota_time start)
{
    rota__fresh *put = ROTA__PUSH(&f->arena, &batch->fresh);
    ck_assert_ptr_nonnull(put);
    *put = (rota__fresh){ place, occurrence, start };
}

/* 1, 2, 3, ... in the order of creation; 0 for no row, -1 for one never seen. */
static int64_t place_of(const struct places *places, int64_t row)
{
    if (row == 0) return 0;
    for (int64_t i = 0; i < places->count; i++)
        if (places->rows[i] == row) return i + 1;
    return -1;
}

static void learn(struct places *places, int64_t row)
{
    ck_assert_int_ne(row, 0);
    if (place_of(places, row) > 0) return;
    ck_assert_int_lt(places->count, MANY);
    places->rows[places->count++] = row;
}

/* Beside the outcomes: the second guard refused it. */
enum { OVERLAP = ROTA__UNKNOWN + 1, OUTCOMES };

static int outcome_of(fx *f, rota__batch *batch)
{
    memset(&f->last, 0, sizeof f->last);
    memset(&f->error, 0, sizeof f->error);
    int rc = f->store->ops->commit(f->store, &f->env, batch, &f->last);
    if (rc == ROTA_ECORRUPT && f->error.code == rc && strstr(f->error.message, "the only unit"))
        return OVERLAP;
    ck_ok(f, rc);
    if (f->last.outcome != ROTA__COMMITTED) return f->last.outcome;
    for (int64_t i = 0; i < batch->resources.count; i++)
        learn(&f->resources, batch->resources.items[i].row);
    for (int64_t i = 0; i < batch->bookings.count; i++)
        learn(&f->bookings, batch->bookings.items[i].row);
    return f->last.outcome;
}

static void commit(fx *f, rota__batch *batch)
{
    ck_assert_int_eq(outcome_of(f, batch), ROTA__COMMITTED);
}

static int64_t add_resource(fx *f, int64_t n)
{
    rota__batch batch = { 0 };
    put_resource(f, &batch, n);
    commit(f, &batch);
    return batch.resources.items[0].row;
}

static int64_t add_booking(fx *f, int64_t n, rota_time start, rota_time end, int64_t resource)
{
    rota__batch batch = { 0 };
    claim_one(f, put_booking(f, &batch, n, start, end), resource);
    commit(f, &batch);
    return batch.bookings.items[0].row;
}

/* Its bytes: any, which no store reads. */
static rota__booking *put_series(fx *f, rota__batch *batch, int64_t n, rota_time start,
                                 rota_time end)
{
    rota__booking *put = put_booking(f, batch, n, start, end);
    put->series = "weekly";
    put->series_size = 6;
    return put;
}

static int64_t add_series(fx *f, int64_t n, rota_time start, rota_time end, int64_t resource)
{
    rota__batch batch = { 0 };
    claim_one(f, put_series(f, &batch, n, start, end), resource);
    commit(f, &batch);
    return batch.bookings.items[0].row;
}

static rota__booking *put_occurrence(fx *f, rota__batch *batch, int64_t n, int64_t series,
                                     rota_time occurrence)
{
    rota__booking *put = put_booking(f, batch, n, occurrence, occurrence + 5);
    put->part_of = series;
    put->occurrence = occurrence;
    return put;
}

static int64_t add_occurrence(fx *f, int64_t n, int64_t series, rota_time occurrence,
                              int64_t resource)
{
    rota__batch batch = { 0 };
    claim_one(f, put_occurrence(f, &batch, n, series, occurrence), resource);
    commit(f, &batch);
    return batch.bookings.items[0].row;
}

static void add_stay(fx *f, int64_t group, int64_t member, rota_time start, rota_time end)
{
    rota__batch batch = { 0 };
    put_stay(f, &batch, stay_of(group, member, start, end));
    commit(f, &batch);
}

/* --- what a store says, as text --- */

typedef struct paper {
    FILE *to;
    char *text;
    size_t size;
} paper;

static void paper_open(paper *p)
{
    p->to = open_memstream(&p->text, &p->size);
    ck_assert_ptr_nonnull(p->to);
}

static char *paper_close(paper *p)
{
    ck_assert_int_eq(fclose(p->to), 0);
    return p->text;
}

static void write_text(FILE *to, const char *text)
{
    if (text)
        fprintf(to, " %zu\"%s\"", strlen(text), text);
    else
        fprintf(to, " -");
}

static void write_id(FILE *to, const rota_id *id)
{
    fputc(' ', to);
    for (size_t i = 0; i < sizeof id->b; i++)
        fprintf(to, "%02x", id->b[i]);
}

static void write_span(FILE *to, rota_span when)
{
    fprintf(to, " [%" PRId64 ",%" PRId64 ")", when.start, when.end);
}

static void write_bytes(FILE *to, const void *bytes, int64_t size)
{
    const uint8_t *at = bytes;
    for (int64_t i = 0; i < size; i++)
        fprintf(to, " %02x", at[i]);
}

static void write_resource(const fx *f, FILE *to, const rota__resource *resource)
{
    fprintf(to, "r%" PRId64, place_of(&f->resources, resource->row));
    write_id(to, &resource->id);
    write_text(to, resource->ref);
    write_text(to, resource->kind);
    write_text(to, resource->name);
    write_text(to, resource->zone);
    write_text(to, resource->data);
    fprintf(to, " (");
    for (int64_t i = 0; i < resource->tag_count; i++)
        write_text(to, resource->tags[i]);
    fprintf(to, ") in r%" PRId64, place_of(&f->resources, resource->parent));
    write_id(to, &resource->parent_id);
    write_bytes(to, resource->hours, resource->hours_size);
    fprintf(to, " %d %d %d %s %s v%" PRId64 " s%" PRId64 "\n", resource->capacity, resource->before,
            resource->after, resource->active ? "active" : "asleep",
            resource->removed ? "removed" : "there", resource->version, resource->stamp);
}

static void write_booking(const fx *f, FILE *to, const rota__booking *booking)
{
    fprintf(to, "b%" PRId64, place_of(&f->bookings, booking->row));
    write_id(to, &booking->id);
    write_text(to, booking->ref);
    write_text(to, booking->title);
    write_text(to, booking->data);
    write_span(to, booking->when);
    fprintf(to,
            " status %d priority %d until %" PRId64 " made %" PRId64 " changed %" PRId64
            " v%" PRId64 " (",
            booking->status, booking->priority, booking->hold_expires, booking->created_at,
            booking->changed_at, booking->version);
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        fprintf(to, " r%" PRId64, place_of(&f->resources, claim->resource));
        write_id(to, &claim->resource_id);
        fprintf(to, " x%d role %d flags %u;", claim->units, claim->role, claim->flags);
    }
    fprintf(to, ")");
    if (booking->series) {
        fprintf(to, " recurs");
        write_bytes(to, booking->series, booking->series_size);
    }
    if (booking->part_of != 0) {
        fprintf(to, " the one of %" PRId64 " of b%" PRId64, booking->occurrence,
                place_of(&f->bookings, booking->part_of));
        write_id(to, &booking->part_of_id);
    }
    fputc('\n', to);
}

static void write_member(const fx *f, FILE *to, const rota__member *stay)
{
    fprintf(to, "r%" PRId64, place_of(&f->resources, stay->group));
    write_id(to, &stay->group_id);
    fprintf(to, " has r%" PRId64, place_of(&f->resources, stay->member));
    write_id(to, &stay->member_id);
    write_span(to, stay->when);
    fputc('\n', to);
}

static void write_event(FILE *to, const rota__event *event)
{
    fprintf(to, "#%" PRId64 " at %" PRId64 " type %d", event->seq, event->at, event->type);
    write_id(to, &event->subject);
    write_text(to, event->actor);
    write_text(to, event->role);
    write_text(to, event->trace);
    write_text(to, event->before);
    write_text(to, event->after);
    fputc('\n', to);
}

static void write_key(FILE *to, const rota__key *key)
{
    fprintf(to, "key");
    write_text(to, key->actor);
    write_text(to, key->key);
    fprintf(to, " hash %" PRIu64 " at %" PRId64 " answer", key->hash, key->at);
    write_bytes(to, key->answer, key->answer_size);
    fputc('\n', to);
}

static void write_consumer(FILE *to, const rota__consumer *consumer)
{
    fprintf(to, "consumer");
    write_text(to, consumer->name);
    fprintf(to, " at %" PRId64 ", since %" PRId64 ", moved %" PRId64 "\n", consumer->position,
            consumer->created_at, consumer->changed_at);
}

static int by_interval(const void *a, const void *b)
{
    const rota__taken *x = a, *y = b;
    if (x->when.start != y->when.start) return x->when.start < y->when.start ? -1 : 1;
    if (x->when.end != y->when.end) return x->when.end < y->when.end ? -1 : 1;
    return (x->booking > y->booking) - (x->booking < y->booking);
}

static void write_taken(const fx *f, FILE *to, const rota__taken *taken)
{
    fprintf(to, "%" PRId64 "-%" PRId64 " b%" PRId64 " x%d", taken->when.start, taken->when.end,
            place_of(&f->bookings, taken->booking), taken->units);
    if (taken->expires != 0) fprintf(to, " until %" PRId64, taken->expires);
}

/* In an order of the test's own: the contract leaves it to the store. */
static void write_intervals(const fx *f, FILE *to, rota__timeline_rows *rows)
{
    if (rows->interval_count > 0)
        qsort(rows->intervals, (size_t)rows->interval_count, sizeof *rows->intervals, by_interval);
    for (int64_t i = 0; i < rows->interval_count; i++) {
        fputs(i ? ", " : "", to);
        write_taken(f, to, &rows->intervals[i]);
    }
}

static void write_recurring(const fx *f, FILE *to, const rota__timeline_rows *rows)
{
    for (int64_t i = 0; i < rows->recurring_count; i++) {
        fputs(i ? ", " : "", to);
        write_taken(f, to, &rows->recurring[i].taken);
        write_bytes(to, rows->recurring[i].series, rows->recurring[i].series_size);
    }
}

static int by_stay(const void *a, const void *b)
{
    const rota__member *x = a, *y = b;
    int order = rota__id_compare(&x->group_id, &y->group_id);
    if (order == 0) order = rota__id_compare(&x->member_id, &y->member_id);
    return order ? order : (x->when.start > y->when.start) - (x->when.start < y->when.start);
}

static void write_stays(const fx *f, FILE *to, rota__member *stays, int64_t count)
{
    if (count > 0) qsort(stays, (size_t)count, sizeof *stays, by_stay);
    for (int64_t i = 0; i < count; i++)
        write_member(f, to, &stays[i]);
}

static void write_timeline(fx *f, rota__env *env, FILE *to, int64_t row)
{
    rota__timeline_rows rows;
    int64_t stamp;
    int rc = f->store->ops->timeline(f->store, env, row, &rows);
    ck_assert_int_eq(f->store->ops->stamp(f->store, env, row, &stamp), rc);
    if (rc != ROTA_OK) {
        fprintf(to, "timeline: %d\n", rc);
        return;
    }
    ck_assert_int_eq(stamp, rows.resource.stamp);
    write_resource(f, to, &rows.resource);
    write_intervals(f, to, &rows);
    fprintf(to, "\nrecurring:\n");
    write_recurring(f, to, &rows);
    fprintf(to, "\nin:\n");
    write_stays(f, to, rows.groups, rows.group_count);
    fprintf(to, "of:\n");
    write_stays(f, to, rows.members, rows.member_count);
}

static void write_resources(fx *f, rota__env *env, FILE *to, const rota__resource_filter *filter)
{
    rota__resource *rows;
    int64_t count;
    ck_ok(f, f->store->ops->resource_list(f->store, env, filter, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_resource(f, to, &rows[i]);
}

static void write_bookings(fx *f, rota__env *env, FILE *to, const rota__booking_filter *filter)
{
    rota__booking *rows;
    int64_t count;
    ck_ok(f, f->store->ops->booking_list(f->store, env, filter, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_booking(f, to, &rows[i]);
}

static void write_due(fx *f, rota__env *env, FILE *to, rota_time now, int64_t limit)
{
    rota__booking *rows;
    int64_t count;
    ck_ok(f, f->store->ops->due_holds(f->store, env, now, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_booking(f, to, &rows[i]);
}

static void write_feed(fx *f, rota__env *env, FILE *to, int64_t after, int64_t limit)
{
    rota__event *rows;
    int64_t count;
    ck_ok(f, f->store->ops->feed(f->store, env, after, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_event(to, &rows[i]);
}

static void write_counts(fx *f, rota__env *env, FILE *to)
{
    rota__counts counts;
    ck_ok(f, f->store->ops->counts(f->store, env, &counts));
    fprintf(to, "%" PRId64 " resources, %" PRId64 " bookings, %" PRId64 " events\n",
            counts.resources, counts.bookings, counts.events);
}

/* The keys that tests use: these actors with k0 to k19. */
static const char *const actors[] = { "", "ann", "bob" };
enum { ACTORS = 3, KEYS = 20 };

static void write_kept_key(fx *f, rota__env *env, FILE *to, const char *actor, int n)
{
    char name[8];
    rota__key key;
    snprintf(name, sizeof name, "k%d", n);
    int rc = f->store->ops->key_get(f->store, env, actor, name, &key);
    if (rc == ROTA_OK)
        write_key(to, &key);
    else
        ck_assert_int_eq(rc, ROTA_ENOTFOUND);
}

static void write_consumers(fx *f, rota__env *env, FILE *to)
{
    rota__consumer *rows;
    int64_t count;
    ck_ok(f, f->store->ops->consumer_list(f->store, env, &rows, &count));
    for (int64_t i = 0; i < count; i++) {
        rota__consumer alone;
        write_consumer(to, &rows[i]);
        ck_ok(f, f->store->ops->consumer_get(f->store, env, rows[i].name, &alone));
        write_consumer(to, &alone);
    }
}

static void write_state(fx *f, rota__env *env, FILE *to)
{
    rota__reminder_state state;
    ck_ok(f, f->store->ops->reminder_state(f->store, env, &state));
    fprintf(to,
            "reminders v%" PRId64 " to %" PRId64 " b%" PRId64 ", reached %" PRId64
            ", longest %" PRId64 "\n",
            state.version, state.cursor, state.cursor_row, state.reached, state.longest);
}

static void write_list(fx *f, rota__env *env, FILE *to, int32_t of, int64_t subject, int64_t place)
{
    rota__reminder_list list;
    int rc = f->store->ops->reminder_list(f->store, env, of, subject, &list);
    if (rc != ROTA_OK) {
        ck_assert_int_eq(rc, ROTA_ENOTFOUND);
        return;
    }
    ck_assert(list.of == of && list.subject == subject);
    fprintf(to, "list of %d %" PRId64 ", late %d %" PRId64 ":", of, place, list.late,
            list.late_secs);
    for (int64_t i = 0; i < list.count; i++)
        fprintf(to, " %" PRId64, list.offsets[i]);
    fputc('\n', to);
}

static void write_offsets(fx *f, rota__env *env, FILE *to)
{
    int64_t *rows, count;
    ck_ok(f, f->store->ops->reminder_offsets(f->store, env, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(to, "%s %" PRId64, i ? "" : "offsets", rows[i]);
    fputs(count ? "\n" : "", to);
}

static void write_reminder(const fx *f, FILE *to, const rota__reminder *r)
{
    fprintf(to, "reminder");
    write_id(to, &r->id);
    fprintf(to,
            " b%" PRId64 " of %" PRId64 " r%" PRId64 " %" PRId64 " due %" PRId64
            " state %d attempt %d until %" PRId64 "\n",
            place_of(&f->bookings, r->booking), r->occurrence, place_of(&f->resources, r->resource),
            r->start, r->due, r->state, r->attempt, r->until);
}

static void write_open(fx *f, rota__env *env, FILE *to, rota_time now, int64_t limit)
{
    rota__reminder *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_open(f->store, env, now, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_reminder(f, to, &rows[i]);
}

static void write_dead(fx *f, rota__env *env, FILE *to, const rota_id *after, int64_t limit)
{
    rota__reminder *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_dead(f->store, env, after, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        write_reminder(f, to, &rows[i]);
}

static void write_kept_reminder(fx *f, rota__env *env, FILE *to, int64_t n)
{
    rota__reminder kept, wanted = reminder_of(n);
    int rc = f->store->ops->reminder_get(f->store, env, &wanted.id, &kept);
    if (rc == ROTA_OK)
        write_reminder(f, to, &kept);
    else
        ck_assert_int_eq(rc, ROTA_ENOTFOUND);
}

static void write_notes(fx *f, rota__env *env, FILE *to, rota_time now, int64_t limit)
{
    rota__reminder_note *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_notes(f->store, env, now, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(to, "note b%" PRId64 " of %" PRId64 " for %" PRId64 "\n",
                place_of(&f->bookings, rows[i].booking), rows[i].occurrence, rows[i].at);
}

static void write_next(fx *f, rota__env *env, FILE *to, rota_time now, int64_t limit)
{
    rota__reminder_next *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_next(f->store, env, now, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(to, "next of b%" PRId64 " at %" PRId64 "\n",
                place_of(&f->bookings, rows[i].booking), rows[i].at);
}

static void write_starts(fx *f, rota__env *env, FILE *to, rota_time from, int64_t row,
                         rota_time end, int64_t limit)
{
    rota__starting *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_starts(f->store, env, from, row, end, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++) {
        const rota__starting *one = &rows[i];
        const rota__booking b = { .row = one->row,
                                  .id = one->id,
                                  .when = one->when,
                                  .part_of = one->part_of,
                                  .part_of_id = one->part_of_id,
                                  .occurrence = one->occurrence,
                                  .claims = one->claims,
                                  .claim_count = one->claim_count };
        write_booking(f, to, &b);
    }
}

static void write_reminders(fx *f, rota__env *env, FILE *to)
{
    static const rota_id none;
    int64_t old;
    write_state(f, env, to);
    write_list(f, env, to, ROTA__REMIND_ALL, 0, 0);
    for (int64_t i = 0; i < f->resources.count; i++)
        write_list(f, env, to, ROTA__REMIND_RESOURCE, f->resources.rows[i], i + 1);
    for (int64_t i = 0; i < f->bookings.count; i++)
        write_list(f, env, to, ROTA__REMIND_BOOKING, f->bookings.rows[i], i + 1);
    write_offsets(f, env, to);
    write_open(f, env, to, ROTA_TIME_MAX, ANY_LIMIT);
    write_dead(f, env, to, &none, ANY_LIMIT);
    for (int64_t i = 0; i < REMINDERS; i++)
        write_kept_reminder(f, env, to, i);
    write_notes(f, env, to, ROTA_TIME_MAX, ANY_LIMIT);
    write_next(f, env, to, ROTA_TIME_MAX, ANY_LIMIT);
    write_starts(f, env, to, ROTA_TIME_MIN, 0, ROTA_TIME_MAX, ANY_LIMIT);
    ck_ok(f, f->store->ops->reminder_old(f->store, env, ROTA_TIME_MAX, ANY_LIMIT, &old));
    fprintf(to, "%" PRId64 " old ones\n", old);
}

/* Everything that can be asked of a store. */
static char *dump(fx *f)
{
    rota__arena arena;
    rota__arena_init(&arena, &f->mem);
    rota__env env = { .arena = &arena, .error = &f->error };
    rota__resource_filter resources = { 0 };
    rota__booking_filter bookings = { .when = always, .statuses = ALL_STATUSES };
    int64_t due;
    paper p;
    paper_open(&p);

    write_counts(f, &env, p.to);
    for (int64_t i = 0; i < f->resources.count; i++)
        write_timeline(f, &env, p.to, f->resources.rows[i]);
    fprintf(p.to, "resources:\n");
    write_resources(f, &env, p.to, &resources);
    fprintf(p.to, "bookings:\n");
    write_bookings(f, &env, p.to, &bookings);
    fprintf(p.to, "recurring:\n");
    bookings.recurring = true;
    write_bookings(f, &env, p.to, &bookings);
    fprintf(p.to, "due:\n");
    write_due(f, &env, p.to, ROTA_TIME_MAX, ANY_LIMIT);
    fprintf(p.to, "feed:\n");
    write_feed(f, &env, p.to, 0, ANY_LIMIT);
    for (int i = 0; i < ACTORS * KEYS; i++)
        write_kept_key(f, &env, p.to, actors[i / KEYS], i % KEYS);
    ck_ok(f, f->store->ops->due_keys(f->store, &env, ROTA_TIME_MAX, ANY_LIMIT, &due));
    fprintf(p.to, "%" PRId64 " keys\n", due);
    write_consumers(f, &env, p.to);
    write_reminders(f, &env, p.to);
    rota__arena_free(&arena);
    return paper_close(&p);
}

/* Where two texts part, and what stands there. */
static void say_difference(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at])
        at++;
    size_t from = at > 200 ? at - 200 : 0;
    printf("they part at byte %zu:\n  ...%.*s\n  ...%.*s\n", at, 400, a + from, 400, b + from);
}

/* Compares and frees both. */
static void ck_same(char *a, char *b)
{
    bool same = strcmp(a, b) == 0;
    if (!same) say_difference(a, b);
    ck_assert_msg(same, "what should be the same is not");
    free(a);
    free(b);
}

static void ck_text(char *is, const char *expected)
{
    ck_assert_str_eq(is, expected);
    free(is);
}

/* The store refuses the batch as stale, and is what it was. */
static void ck_refused(fx *f, rota__batch *batch, int outcome)
{
    char *before = dump(f);
    ck_assert_int_eq(outcome_of(f, batch), outcome);
    ck_same(before, dump(f));
}

static char *found_bookings(fx *f, const rota__booking_filter *filter)
{
    rota__booking *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->booking_list(f->store, &f->env, filter, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, "%sb%" PRId64, i ? " " : "", place_of(&f->bookings, rows[i].row));
    return paper_close(&p);
}

static char *found_resources(fx *f, const rota__resource_filter *filter)
{
    rota__resource *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->resource_list(f->store, &f->env, filter, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, "%sr%" PRId64, i ? " " : "", place_of(&f->resources, rows[i].row));
    return paper_close(&p);
}

static char *found_holds(fx *f, rota_time now, int64_t limit)
{
    rota__booking *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->due_holds(f->store, &f->env, now, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, "%sb%" PRId64, i ? " " : "", place_of(&f->bookings, rows[i].row));
    return paper_close(&p);
}

static char *found_members(fx *f, int64_t group, int64_t member)
{
    rota__member *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->member_list(f->store, &f->env, group, member, &rows, &count));
    if (count > 0) qsort(rows, (size_t)count, sizeof *rows, by_stay);
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, "%sr%" PRId64 " has r%" PRId64 " %" PRId64 "-%" PRId64, i ? ", " : "",
                place_of(&f->resources, rows[i].group), place_of(&f->resources, rows[i].member),
                rows[i].when.start, rows[i].when.end);
    return paper_close(&p);
}

static char *found_intervals(fx *f, int64_t row)
{
    rota__timeline_rows rows;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->timeline(f->store, &f->env, row, &rows));
    write_intervals(f, p.to, &rows);
    return paper_close(&p);
}

static char *found_recurring(fx *f, int64_t row)
{
    rota__timeline_rows rows;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->timeline(f->store, &f->env, row, &rows));
    write_recurring(f, p.to, &rows);
    return paper_close(&p);
}

static char *found_consumers(fx *f)
{
    rota__consumer *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->consumer_list(f->store, &f->env, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, "%s%s %" PRId64 " since %" PRId64 " moved %" PRId64, i ? ", " : "",
                rows[i].name, rows[i].position, rows[i].created_at, rows[i].changed_at);
    return paper_close(&p);
}

/* Which reminder it is; it must be the one that was put. */
static int64_t number_of(const rota__reminder *r)
{
    int64_t n = r->id.b[15];
    rota__reminder wanted = reminder_of(n);
    ck_assert_int_eq(rota__id_compare(&r->id, &wanted.id), 0);
    ck_assert(r->start == wanted.start && r->due == wanted.due);
    return n;
}

static void name_reminders(FILE *to, const char *what, const rota__reminder *rows, int64_t count)
{
    fprintf(to, ", %s", what);
    for (int64_t i = 0; i < count; i++)
        fprintf(to, " %" PRId64, number_of(&rows[i]));
    fputs(count ? "" : " none", to);
}

static void name_booking(const fx *f, FILE *to, int64_t row, rota_time at)
{
    fprintf(to, " b%" PRId64, place_of(&f->bookings, row));
    if (at != 0) fprintf(to, "@%" PRId64, at);
}

static char *found_notes(fx *f)
{
    rota__reminder_note *notes;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->reminder_notes(f->store, &f->env, ROTA_TIME_MAX, ANY_LIMIT, &notes,
                                           &count));
    for (int64_t i = 0; i < count; i++)
        name_booking(f, p.to, notes[i].booking, notes[i].occurrence);
    return paper_close(&p);
}

static char *found_next(fx *f)
{
    rota__reminder_next *next;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f,
          f->store->ops->reminder_next(f->store, &f->env, ROTA_TIME_MAX, ANY_LIMIT, &next, &count));
    for (int64_t i = 0; i < count; i++)
        name_booking(f, p.to, next[i].booking, next[i].at);
    return paper_close(&p);
}

static char *found_starts(fx *f, rota_time from, int64_t row, rota_time to, int64_t limit)
{
    rota__starting *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f,
          f->store->ops->reminder_starts(f->store, &f->env, from, row, to, limit, &rows, &count));
    for (int64_t i = 0; i < count; i++)
        name_booking(f, p.to, rows[i].row, rows[i].when.start);
    return paper_close(&p);
}

static char *found_open(fx *f, rota_time now, int64_t limit)
{
    rota__reminder *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->reminder_open(f->store, &f->env, now, limit, &rows, &count));
    name_reminders(p.to, "open", rows, count);
    return paper_close(&p);
}

static char *found_dead(fx *f, const rota_id *after, int64_t limit)
{
    rota__reminder *rows;
    int64_t count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->reminder_dead(f->store, &f->env, after, limit, &rows, &count));
    name_reminders(p.to, "dead", rows, count);
    return paper_close(&p);
}

static char *found_reminders(fx *f)
{
    static const rota_id none;
    rota__reminder_state state;
    int64_t *offsets, count;
    paper p;
    paper_open(&p);
    ck_ok(f, f->store->ops->reminder_state(f->store, &f->env, &state));
    ck_ok(f, f->store->ops->reminder_offsets(f->store, &f->env, &offsets, &count));
    fprintf(p.to, "v%" PRId64 " to %" PRId64 " row %" PRId64 ", offsets", state.version,
            state.cursor, state.cursor_row);
    for (int64_t i = 0; i < count; i++)
        fprintf(p.to, " %" PRId64, offsets[i]);
    char *parts[] = { found_open(f, ROTA_TIME_MAX, ANY_LIMIT), found_dead(f, &none, ANY_LIMIT),
                      found_notes(f), found_next(f) };
    static const char *const before[] = { "", "", ", noted", ", next" };
    for (int i = 0; i < 4; i++) {
        fprintf(p.to, "%s%s", before[i], parts[i]);
        free(parts[i]);
    }
    fprintf(p.to, ", forgotten %" PRId64, f->last.reminders_dropped);
    return paper_close(&p);
}

/* --- records, versions, guards --- */

START_TEST(a_new_record_gets_a_row_and_version_one)
{
    fx f;
    fx_open(&f, _i);
    rota__batch batch = { 0 };
    put_resource(&f, &batch, 1);
    rota__resource *put = put_resource(&f, &batch, 2);
    put->version = put->stamp = 9; /* not for the caller to say */
    commit(&f, &batch);
    int64_t first = batch.resources.items[0].row, second = batch.resources.items[1].row;
    ck_assert_int_ne(first, second);
    ck_assert_int_eq(resource_at(&f, first).version, 1);
    ck_assert_int_eq(resource_at(&f, first).stamp, 1);
    ck_assert_int_eq(resource_at(&f, second).version, 1);
    ck_assert_int_eq(resource_at(&f, second).stamp, 1);
    ck_assert_str_eq(resource_at(&f, first).name, "room 1");
    ck_assert_str_eq(resource_at(&f, second).name, "room 2");

    int64_t booking = add_booking(&f, 1, 10, 20, first);
    ck_assert_int_ne(booking, 0);
    ck_assert_int_ne(add_booking(&f, 2, 10, 20, second), booking);
    ck_assert_int_eq(booking_at(&f, booking).version, 1);
    fx_close(&f);
}
END_TEST

START_TEST(a_put_with_the_next_version_replaces_the_record)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 10, 20, room);
    rota__batch batch = { 0 };
    change_resource(&f, &batch, room)->name = "hall";
    change_booking(&f, &batch, booking)->title = "talk";
    commit(&f, &batch);
    ck_assert_str_eq(resource_at(&f, room).name, "hall");
    ck_assert_int_eq(resource_at(&f, room).version, 2);
    ck_assert_str_eq(booking_at(&f, booking).title, "talk");
    ck_assert_int_eq(booking_at(&f, booking).version, 2);
    ck_assert_int_eq(batch.resources.items[0].row, room);
    fx_close(&f);
}
END_TEST

START_TEST(a_put_with_a_wrong_version_is_stale)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 10, 20, room);
    for (int64_t version = 0; version < 5; version++) {
        if (version == 2) continue;
        rota__batch resource = { 0 }, other = { 0 };
        change_resource(&f, &resource, room)->version = version;
        ck_refused(&f, &resource, ROTA__STALE);
        change_booking(&f, &other, booking)->version = version;
        ck_refused(&f, &other, ROTA__STALE);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_put_of_a_row_that_is_not_there_is_stale)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch resource = { 0 }, booking = { 0 };
    rota__resource *put = put_resource(&f, &resource, 2);
    put->row = room + 1000;
    put->version = 2;
    ck_refused(&f, &resource, ROTA__STALE);
    rota__booking *other = put_booking(&f, &booking, 1, 10, 20);
    other->row = 1000;
    other->version = 2;
    ck_refused(&f, &booking, ROTA__STALE);
    fx_close(&f);
}
END_TEST

START_TEST(a_put_never_changes_id_nor_ref_nor_creation_of_a_booking)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 }, again = { 0 };
    put_booking(&f, &batch, 1, 10, 20)->ref = "mine";
    claim_one(&f, &batch.bookings.items[0], room);
    commit(&f, &batch);
    rota__booking *put = change_booking(&f, &again, batch.bookings.items[0].row);
    put->id = id_of('B', 7);
    put->ref = "yours";
    put->created_at = 99;
    put->changed_at = 100;
    change_resource(&f, &again, room)->id = id_of('R', 7);
    commit(&f, &again);

    rota__booking now = booking_at(&f, batch.bookings.items[0].row);
    rota_id first = id_of('B', 1), resource = id_of('R', 1);
    ck_assert_int_eq(rota__id_compare(&now.id, &first), 0);
    ck_assert_str_eq(now.ref, "mine");
    ck_assert_int_eq(now.created_at, 1);
    ck_assert_int_eq(now.changed_at, 100);
    rota__resource kept = resource_at(&f, room);
    ck_assert_int_eq(rota__id_compare(&kept.id, &resource), 0);
    fx_close(&f);
}
END_TEST

START_TEST(a_bump_adds_exactly_one_and_a_guard_alone_nothing)
{
    fx f;
    fx_open(&f, _i);
    int64_t a = add_resource(&f, 1), b = add_resource(&f, 2), c = add_resource(&f, 3);
    for (int64_t i = 1; i <= 5; i++) {
        rota__batch batch = { 0 };
        put_guard(&f, &batch, a, i, true);
        put_guard(&f, &batch, b, 1, false);
        commit(&f, &batch);
        ck_assert_int_eq(stamp_of(&f, a), i + 1);
        ck_assert_int_eq(stamp_of(&f, b), 1);
        ck_assert_int_eq(stamp_of(&f, c), 1);
        ck_assert_int_eq(resource_at(&f, a).version, 1);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_stale_guard_writes_nothing)
{
    fx f;
    fx_open(&f, _i);
    int64_t a = add_resource(&f, 1), b = add_resource(&f, 2);
    rota__batch bump = { 0 };
    put_guard(&f, &bump, b, 1, true);
    commit(&f, &bump);

    static const int64_t wrong[] = { 1, 3, 0, -1 };
    for (int i = 0; i < 8; i++) {
        rota__batch batch = { 0 };
        put_guard(&f, &batch, a, 1, true);
        put_guard(&f, &batch, b, wrong[i / 2], i % 2 == 0);
        claim_one(&f, put_booking(&f, &batch, 1, 10, 20), a);
        put_event(&f, &batch, 1);
        ck_refused(&f, &batch, ROTA__STALE);
    }
    fx_close(&f);
}
END_TEST

START_TEST(only_guards_change_a_stamp)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    rota__batch batch = { 0 };
    rota__resource *put = change_resource(&f, &batch, room);
    put->capacity = 5;
    put->stamp = 77;
    claim_one(&f, put_booking(&f, &batch, 1, 10, 20), room);
    put_stay(&f, &batch, stay_of(room, other, 1, 100));
    commit(&f, &batch);
    ck_assert_int_eq(stamp_of(&f, room), 1);
    ck_assert_int_eq(stamp_of(&f, other), 1);
    fx_close(&f);
}
END_TEST

START_TEST(a_bump_and_a_put_of_one_resource_go_together)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 };
    change_resource(&f, &batch, room)->capacity = 5;
    put_guard(&f, &batch, room, 1, true);
    commit(&f, &batch);
    rota__resource now = resource_at(&f, room);
    ck_assert_int_eq(now.capacity, 5);
    ck_assert_int_eq(now.version, 2);
    ck_assert_int_eq(now.stamp, 2);
    fx_close(&f);
}
END_TEST

/* --- all there or not there --- */

typedef struct world {
    int64_t a, b, removed; /* resources; b has a ref, as the removed one had */
    int64_t booking;       /* has a ref */
    int64_t series;        /* and one of it is a booking of its own */
} world;

/* Nothing is made yet that is due behind 250. */
static void remind_world(fx *f, const world *w)
{
    static const int64_t offsets[] = { 10, 50 };
    rota__batch batch = { 0 };
    begin_remind(f, &batch);
    batch.remind.state = (rota__reminder_state){ .cursor = 250, .reached = 250 };
    put_list(f, &batch, ROTA__REMIND_ALL, 0, offsets, 2);
    put_list(f, &batch, ROTA__REMIND_RESOURCE, w->a, offsets, 1);
    put_reminder(f, &batch, 1, w->booking, w->a);
    put_reminder(f, &batch, 2, w->series, w->a)->state = ROTA_REMINDER_DEAD;
    put_reminder(f, &batch, 3, w->series, w->b)->state = ROTA__REMINDER_DONE;
    put_note(f, &batch, (rota__reminder_note){ 5, w->booking, 0 });
    put_next(f, &batch, w->series, 290);
    commit(f, &batch);
}

static world make_world(fx *f)
{
    world w;
    rota__batch batch = { 0 }, remove = { 0 };
    put_resource(f, &batch, 1);
    put_resource(f, &batch, 2)->ref = "b";
    put_resource(f, &batch, 3)->ref = "gone";
    commit(f, &batch);
    w.a = batch.resources.items[0].row;
    w.b = batch.resources.items[1].row;
    w.removed = batch.resources.items[2].row;
    change_resource(f, &remove, w.removed)->removed = true;
    claim_one(f, put_booking(f, &remove, 1, 10, 20), w.a);
    remove.bookings.items[0].ref = "booked";
    put_stay(f, &remove, stay_of(w.a, w.b, 5, 50));
    put_stay(f, &remove, stay_of(w.a, w.b, 60, 70));
    put_event(f, &remove, 1);
    put_key(f, &remove, "ann", "k0", 1000);
    put_consumer(f, &remove, "mailer", ROTA__CONSUMER_NEW, 0);
    put_consumer(f, &remove, "mirror", ROTA__CONSUMER_NEW, 1);
    claim_one(f, put_series(f, &remove, 2, 300, ROTA_TIME_MAX), w.a);
    commit(f, &remove);
    w.booking = remove.bookings.items[0].row;
    w.series = remove.bookings.items[1].row;
    add_occurrence(f, 3, w.series, 310, w.b);
    remind_world(f, &w);
    return w;
}

static void remind_more(fx *f, rota__batch *batch, const world *w)
{
    static const int64_t offsets[] = { 0, 50, 70 };
    begin_remind(f, batch);
    batch->remind.state.cursor = 260;
    batch->remind.state.cursor_row = 1;
    put_list(f, batch, ROTA__REMIND_BOOKING, w->series, offsets, 3);
    put_list(f, batch, ROTA__REMIND_RESOURCE, w->a, NULL, ROTA__REMIND_INHERIT);
    put_reminder(f, batch, 1, w->booking, w->a)->state = ROTA__REMINDER_DONE;
    put_reminder(f, batch, 4, w->booking, w->b);
    drop_reminder(f, batch, 2);
    drop_note(f, batch, (rota__reminder_note){ 5, w->booking, 0 });
    put_note(f, batch, (rota__reminder_note){ 6, w->series, 310 });
    put_next(f, batch, w->series, 295);
    put_fresh(f, batch, 2, 100, 100);
    batch->ends_at = 1;
    batch->reminders_horizon = ROTA_TIME_MAX;
    batch->reminders_dropped_max = 1;
}

/* One of everything that can be written. */
static void fill_batch(fx *f, rota__batch *batch, const world *w)
{
    put_guard(f, batch, w->a, stamp_of(f, w->a), true);
    put_guard(f, batch, w->b, stamp_of(f, w->b), false);
    put_resource(f, batch, 10)->ref = "gone";
    change_resource(f, batch, w->a)->name = "renamed";
    claim_one(f, put_booking(f, batch, 10, 100, 200), w->b);
    change_booking(f, batch, w->booking)->when = (rota_span){ 11, 21 };
    claim_one(f, put_series(f, batch, 13, 100, 400), w->b);
    change_booking(f, batch, w->series)->series = "daily ";
    claim_one(f, put_occurrence(f, batch, 14, w->series, 320), w->b);
    drop_stay(f, batch, stay_of(w->a, w->b, 60, 70));
    put_stay(f, batch, stay_of(w->a, w->b, 80, 90));
    put_event(f, batch, 2);
    put_event(f, batch, 3);
    put_consumer(f, batch, "mailer", 0, 3);
    put_consumer(f, batch, "new", ROTA__CONSUMER_NEW, 2);
    drop_consumer(f, batch, "mirror");
    put_key(f, batch, "ann", "k1", 1100);
    remind_more(f, batch, w);
}

enum {
    GUARD_FIRST,
    GUARD_LAST,
    GUARD_UNKNOWN,
    RESOURCE_VERSION,
    BOOKING_VERSION,
    RESOURCE_ID,
    REMOVED_ID,
    BOOKING_ID,
    RESOURCE_REF,
    RESOURCE_REF_PUT,
    BOOKING_REF,
    OCCURRENCE,
    SERIES_VERSION,
    MEMBER_THERE,
    MEMBER_GONE,
    KEY_KNOWN,
    TWICE_RESOURCE_ID,
    TWICE_RESOURCE_REF,
    TWICE_BOOKING_ID,
    TWICE_BOOKING_REF,
    TWICE_OCCURRENCE,
    TWICE_MEMBER,
    CONSUMER_MOVED,
    CONSUMER_THERE,
    CONSUMER_GONE,
    CONSUMER_UNKNOWN,
    TWICE_CONSUMER,
    FEED_MOVED,
    REMIND_VERSION,
    LIST_OF_NOTHING,
    REMINDER_GONE,
    NOTE_GONE,
    POISONS
};

static void poison_batch(fx *f, rota__batch *batch, const world *w, int poison)
{
    switch (poison) {
    case GUARD_FIRST:
        batch->guards.items[0].stamp++;
        break;
    case GUARD_LAST:
        batch->guards.items[1].stamp++;
        break;
    case GUARD_UNKNOWN:
        put_guard(f, batch, w->b + 1000, 1, false);
        break;
    case RESOURCE_VERSION:
        batch->resources.items[1].version++;
        break;
    case BOOKING_VERSION:
        batch->bookings.items[1].version--;
        break;
    case RESOURCE_ID:
        put_resource(f, batch, 2);
        break;
    case REMOVED_ID:
        put_resource(f, batch, 3);
        break;
    case BOOKING_ID:
        put_booking(f, batch, 1, 500, 600);
        break;
    case RESOURCE_REF:
        put_resource(f, batch, 11)->ref = "b";
        break;
    case RESOURCE_REF_PUT:
        batch->resources.items[1].ref = "b";
        break;
    case BOOKING_REF:
        put_booking(f, batch, 11, 500, 600)->ref = "booked";
        break;
    case OCCURRENCE:
        put_occurrence(f, batch, 15, w->series, 310);
        break;
    case SERIES_VERSION:
        batch->bookings.items[3].version++;
        break;
    case MEMBER_THERE:
        put_stay(f, batch, stay_of(w->a, w->b, 5, 51));
        break;
    case MEMBER_GONE:
        drop_stay(f, batch, stay_of(w->a, w->b, 6, 51));
        break;
    case KEY_KNOWN:
        put_key(f, batch, "ann", "k0", 1100);
        break;
    case TWICE_RESOURCE_ID:
        put_resource(f, batch, 10);
        break;
    case TWICE_RESOURCE_REF:
        put_resource(f, batch, 11)->ref = "gone";
        break;
    case TWICE_BOOKING_ID:
        put_booking(f, batch, 10, 500, 600);
        break;
    case TWICE_BOOKING_REF:
        put_booking(f, batch, 11, 500, 600)->ref = "new";
        put_booking(f, batch, 12, 500, 600)->ref = "new";
        break;
    case TWICE_OCCURRENCE:
        put_occurrence(f, batch, 15, w->series, 320);
        break;
    case CONSUMER_MOVED:
        batch->consumers_put.items[0].was = 1;
        break;
    case CONSUMER_THERE:
        batch->consumers_put.items[0].was = ROTA__CONSUMER_NEW;
        break;
    case CONSUMER_GONE:
        put_consumer(f, batch, "mirror", 1, 2);
        break;
    case CONSUMER_UNKNOWN:
        drop_consumer(f, batch, "nobody");
        break;
    case TWICE_CONSUMER:
        put_consumer(f, batch, "new", ROTA__CONSUMER_NEW, 0);
        break;
    case FEED_MOVED:
        batch->ends_at = 2;
        break;
    case REMIND_VERSION:
        batch->remind.was++;
        break;
    case LIST_OF_NOTHING:
        put_list(f, batch, ROTA__REMIND_BOOKING, w->series + 1000, NULL, 0);
        break;
    case REMINDER_GONE:
        drop_reminder(f, batch, 5);
        break;
    case NOTE_GONE:
        drop_note(f, batch, (rota__reminder_note){ 5, w->series, 0 });
        break;
    default:
        put_stay(f, batch, stay_of(w->a, w->b, 80, 95));
        break;
    }
}

START_TEST(a_batch_with_one_bad_row_is_not_there_at_all)
{
    fx f;
    fx_open(&f, _i);
    world w = make_world(&f);
    for (int poison = 0; poison < POISONS; poison++) {
        rota__batch batch = { 0 };
        fill_batch(&f, &batch, &w);
        poison_batch(&f, &batch, &w, poison);
        ck_refused(&f, &batch, poison == KEY_KNOWN ? ROTA__REPLAYED : ROTA__STALE);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_batch_without_a_bad_row_is_there_wholly)
{
    fx f;
    fx_open(&f, _i);
    world w = make_world(&f);
    rota__batch batch = { 0 };
    fill_batch(&f, &batch, &w);
    commit(&f, &batch);
    rota_id id = id_of('R', 10);
    rota__by by = { .id = &id };
    rota__resource added;
    ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &by, &added));
    ck_assert_int_eq(added.row, batch.resources.items[0].row);
    ck_assert_int_eq(stamp_of(&f, w.a), 2);
    ck_assert_int_eq(stamp_of(&f, w.b), 1);
    ck_assert_str_eq(resource_at(&f, w.a).name, "renamed");
    ck_text(found_intervals(&f, w.b), "100-200 b4 x1, 310-315 b3 x1, 320-325 b6 x1");
    ck_text(found_intervals(&f, w.a), "11-21 b1 x1");
    ck_text(found_recurring(&f, w.b), "100-400 b5 x1 77 65 65 6b 6c 79");
    ck_text(found_recurring(&f, w.a), "300-253402300799 b2 x1 64 61 69 6c 79 20");
    ck_text(found_members(&f, w.a, 0), "r1 has r2 5-50, r1 has r2 80-90");
    ck_assert_int_eq(f.last.last_seq, 3);
    ck_text(found_consumers(&f), "mailer 3 since 7 moved 8, new 2 since 7 moved 8");
    rota__key key;
    ck_ok(&f, f.store->ops->key_get(f.store, &f.env, "ann", "k1", &key));
    ck_assert_int_eq(key.at, 1100);
    ck_text(found_reminders(&f),
            "v2 to 260 row 1, offsets 0 10 50 70, open 4, dead none, noted b1 b4 b5@100 b2@310, "
            "next b5@-62135596800 b2@295, forgotten 1");
    fx_close(&f);
}
END_TEST

START_TEST(an_empty_batch_is_committed_and_changes_nothing)
{
    fx f;
    fx_open(&f, _i);
    make_world(&f);
    rota__batch batch = { 0 };
    ck_refused(&f, &batch, ROTA__COMMITTED);
    ck_assert_int_eq(f.last.last_seq, 1);
    fx_close(&f);
}
END_TEST

/* A commit during which any one allocation fails has not happened; the same
 * commit without a failure then has. */
static void sweep_commit(fx *f, rota__chaos plan, int outcome)
{
    world w = make_world(f);
    char *before = dump(f);
    int64_t n = 0;
    int rc;
    do {
        rota__batch batch = { 0 };
        rota__arena small; /* fresh, so that the allocations of a commit are its own */
        rota__arena_init(&small, &f->mem);
        rota__env env = { .arena = &small, .error = &f->error };
        fill_batch(f, &batch, &w);
        f->plan = plan;
        f->failed = false;
        f->fail_in = ++n;
        rc = f->store->ops->commit(f->store, &env, &batch, &f->last);
        f->fail_in = 0;
        rota__arena_free(&small);
        if (rc == ROTA_OK) break;
        ck_assert_int_eq(rc, ROTA_ENOMEM);
        ck_assert_int_eq(f->error.code, ROTA_ENOMEM);
        ck_assert(f->failed);
        ck_same(strdup(before), dump(f));
        ck_assert_int_lt(n, 1000);
    } while (true);
    free(before);
    ck_assert_int_gt(n, 1);
    ck_assert_int_eq(f->last.outcome, outcome);
    ck_text(found_members(f, w.a, 0), "r1 has r2 5-50, r1 has r2 80-90");
}

START_TEST(a_commit_that_runs_out_of_memory_is_not_there_at_all)
{
    fx f;
    fx_open(&f, _i);
    sweep_commit(&f, (rota__chaos){ .at = 0 }, ROTA__COMMITTED);
    fx_close(&f);
}
END_TEST

/* --- the second guard --- */

/* A resource of one unit, and what is booked on it. */
static int64_t add_single(fx *f, int64_t n)
{
    rota__batch batch = { 0 };
    put_resource(f, &batch, n)->capacity = 1;
    commit(f, &batch);
    return batch.resources.items[0].row;
}

static rota__booking *put_on(fx *f, rota__batch *batch, int64_t n, rota_time start, rota_time end,
                             int64_t resource)
{
    rota__booking *put = put_booking(f, batch, n, start, end);
    claim_one(f, put, resource);
    return put;
}

/* The only unit of a resource is not taken twice at any instant: for each way in which
 * two spans of each class of length can lie to each other. */
START_TEST(a_second_taker_of_the_only_unit_is_not_written)
{
    static const rota_time lengths[] = { 1,          HOUR,       DAY,         DAY + 1,
                                         32 * DAY,   33 * DAY,   1024 * DAY,  1024 * DAY + 1,
                                         3000 * DAY, 9000 * DAY, 20000 * DAY, 1 };
    fx f;
    fx_open(&f, _i);
    int64_t n = 0;
    for (int64_t a = 0; a < ROTA__LENGTH(lengths); a++) {
        const rota_time start = INT64_C(100000) * DAY, end = start + lengths[a];
        int64_t room = add_single(&f, a);
        add_booking(&f, ++n, start, end, room);
        for (int64_t b = 0; b < ROTA__LENGTH(lengths); b++) {
            const rota_time length = lengths[b];
            const struct {
                rota_time start;
                bool meet;
            } places[] = {
                { start - length, false },
                { start - length + 1, true },
                { end, false },
                { end - 1, true },
                { start, true },
                { end - length, true },
                { start - length / 2, true },
            };
            for (int64_t p = 0; p < ROTA__LENGTH(places); p++) {
                rota_span when = { places[p].start, places[p].start + length };
                rota__batch batch = { 0 };
                rota__booking *put = put_on(&f, &batch, ++n, when.start, when.end, room);
                if (places[p].meet) {
                    ck_assert_int_eq(outcome_of(&f, &batch), OVERLAP);
                    continue;
                }
                /* Not left there: it would stand in the way of the next one. */
                put->status = ROTA_BOOKING_CANCELLED;
                commit(&f, &batch);
                rota__batch revive = { 0 }, cancel = { 0 };
                change_booking(&f, &revive, batch.bookings.items[0].row)
                    ->status = ROTA_BOOKING_CONFIRMED;
                commit(&f, &revive);
                change_booking(&f, &cancel, batch.bookings.items[0].row)
                    ->status = ROTA_BOOKING_CANCELLED;
                commit(&f, &cancel);
            }
        }
    }
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

/* Every way in which a claim begins to take time. */
START_TEST(whatever_begins_to_take_the_only_unit_is_guarded)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_single(&f, 1), other = add_single(&f, 2);
    add_booking(&f, 1, 100, 200, room);
    int64_t before = add_booking(&f, 2, 50, 100, room),
            beside = add_booking(&f, 3, 100, 200, other);
    rota__batch make = { 0 };
    put_on(&f, &make, 4, 150, 160, room)->status = ROTA_BOOKING_CANCELLED;
    rota__booking *free = put_booking(&f, &make, 5, 150, 160);
    add_claim(&f, free, (rota__claim){ .resource = room, .units = 1, .flags = ROTA_CLAIM_FREE });
    commit(&f, &make);
    int64_t cancelled = make.bookings.items[0].row, unpaid = make.bookings.items[1].row;
    enum { NEW, HELD, TOGETHER, MOVED, LONGER, EARLIER, CLAIMED, REVIVED, REQUIRED, ALSO, WAYS };
    for (int way = 0; way < WAYS; way++) {
        rota__batch batch = { 0 };
        rota__booking *put;
        rota__claim one = { .resource = room, .units = 1 };
        switch (way) {
        case NEW:
            put_on(&f, &batch, 10, 199, 300, room);
            break;
        case HELD: /* whether it has lapsed, the store does not know */
            put = put_on(&f, &batch, 10, 199, 300, room);
            put->status = ROTA_BOOKING_HELD;
            put->hold_expires = 1;
            break;
        case TOGETHER: /* free before, and taken twice by the batch */
            put_on(&f, &batch, 10, 300, 400, room);
            put_on(&f, &batch, 11, 399, 500, room);
            break;
        case MOVED:
            change_booking(&f, &batch, before)->when = (rota_span){ 199, 249 };
            break;
        case LONGER:
            change_booking(&f, &batch, before)->when.end = 101;
            break;
        case EARLIER: /* into a span of which it takes a part already, and a part of 1's */
            change_booking(&f, &batch, before)->when = (rota_span){ 60, 101 };
            break;
        case CLAIMED:
            put = change_booking(&f, &batch, beside);
            put->claim_count = 0;
            claim_one(&f, put, room);
            break;
        case REVIVED:
            change_booking(&f, &batch, cancelled)->status = ROTA_BOOKING_CONFIRMED;
            break;
        case REQUIRED:
            put = change_booking(&f, &batch, unpaid);
            put->claim_count = 0;
            claim_one(&f, put, room);
            break;
        default: /* a second claim beside one that is as it was */
            add_claim(&f, change_booking(&f, &batch, beside), one);
            break;
        }
        put_event(&f, &batch, 1);
        put_key(&f, &batch, "ann", "k0", 1000);
        ck_refused(&f, &batch, OVERLAP);
        ck_assert_str_ne(f.error.message, "");
    }
    /* And with another capacity, all of that is the gate's business. */
    rota__batch wider = { 0 }, batch = { 0 };
    change_resource(&f, &wider, room)->capacity = 2;
    commit(&f, &wider);
    put_on(&f, &batch, 10, 100, 200, room);
    commit(&f, &batch);
    fx_close(&f);
}
END_TEST

/* What the gate admits is written: here, where it looks most like an overlap. */
START_TEST(the_second_guard_refuses_nothing_that_is_right)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_single(&f, 1);
    rota__batch hold = { 0 }, next = { 0 }, beside = { 0 }, narrow = { 0 };
    rota__booking *put = put_on(&f, &hold, 1, 100, 200, room);
    put->status = ROTA_BOOKING_HELD;
    put->hold_expires = 50;
    commit(&f, &hold);
    int64_t first = hold.bookings.items[0].row;

    /* A lapsed hold ends in the batch that takes its time, whichever stands first in it. */
    put_on(&f, &next, 2, 150, 250, room);
    change_booking(&f, &next, first)->status = ROTA_BOOKING_EXPIRED;
    commit(&f, &next);
    int64_t second = next.bookings.items[0].row;

    /* Two change places. */
    int64_t third = add_booking(&f, 3, 250, 300, room);
    rota__batch swap = { 0 };
    change_booking(&f, &swap, second)->when = (rota_span){ 200, 300 };
    change_booking(&f, &swap, third)->when = (rota_span){ 150, 200 };
    commit(&f, &swap);

    /* A move does not collide with itself. */
    rota__batch shift = { 0 };
    change_booking(&f, &shift, second)->when = (rota_span){ 201, 301 };
    commit(&f, &shift);

    /* Claims that take nothing. */
    put = put_booking(&f, &beside, 4, 150, 300);
    add_claim(&f, put, (rota__claim){ .resource = room, .units = 1, .flags = ROTA_CLAIM_FREE });
    put = put_booking(&f, &beside, 5, 150, 300);
    add_claim(&f, put, (rota__claim){ .resource = room, .units = 1, .role = ROTA_ROLE_OPTIONAL });
    put_on(&f, &beside, 6, 150, 300, room)->status = ROTA_BOOKING_CANCELLED;
    commit(&f, &beside);

    /* Two that overlap since the capacity was lowered: each may end, shrink, be confirmed,
     * renamed, told anew; all that takes no more than before. */
    int64_t pool = add_resource(&f, 2), also = add_resource(&f, 3);
    int64_t old = add_booking(&f, 7, 100, 200, pool);
    rota__batch held = { 0 };
    put = put_on(&f, &held, 8, 150, 250, pool);
    claim_one(&f, put, also);
    put->status = ROTA_BOOKING_HELD;
    put->hold_expires = 1000;
    commit(&f, &held);
    int64_t young = held.bookings.items[0].row;
    change_resource(&f, &narrow, pool)->capacity = 1;
    commit(&f, &narrow);
    rota__batch steps[4] = { { { 0 } } };
    change_booking(&f, &steps[0], young)->title = "renamed";
    commit(&f, &steps[0]);
    put = change_booking(&f, &steps[1], young);
    put->status = ROTA_BOOKING_CONFIRMED;
    put->hold_expires = 0;
    commit(&f, &steps[1]);
    put = change_booking(&f, &steps[2], old);
    put->status = ROTA_BOOKING_COMPLETED;
    put->when.end = 180;
    commit(&f, &steps[2]);
    change_booking(&f, &steps[3], young)->claim_count = 1; /* the pool, or the other */
    commit(&f, &steps[3]);
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

/* --- rows byte for byte --- */

static const char *const odd_texts[] = { NULL,
                                         "",
                                         " ",
                                         "plain",
                                         "'; DROP TABLE resource; --",
                                         "\"%s%n\\\"",
                                         "line\nbreak\ttab\r",
                                         "Gr\xc3\xb6\xc3\x9f"
                                         "e \xe2\x82\xac",
                                         "\xf0\x9f\x97\x93",
                                         "\xef\xbf\xbf\xf4\x8f\xbf\xbf",
                                         "e\xcc\x81 is not \xc3\xa9",
                                         "NULL",
                                         "0",
                                         "1e3",
                                         "x'00'" };

static const char *long_text(fx *f, int64_t size)
{
    static const char piece[] = "\xe2\x82\xac'\"\\ab";
    char *text = rota__arena_alloc(&f->arena, size + 1, 1);
    ck_assert_ptr_nonnull(text);
    for (int64_t i = 0; i < size; i++)
        text[i] = i < size / 8 * 8 ? piece[i % 8] : 'z';
    return text;
}

/* The stamp, parent's id and place are what the store adds to what was put. */
static void ck_resource_kept(fx *f, const rota__resource *put)
{
    rota__resource row, id, expected = *put;
    rota__by by_row = { .row = put->row }, by_id = { .id = &put->id };
    ck_ok(f, f->store->ops->resource_get(f->store, &f->env, &by_row, &row));
    ck_ok(f, f->store->ops->resource_get(f->store, &f->env, &by_id, &id));
    expected.stamp = row.stamp;
    if (put->parent != 0) expected.parent_id = resource_at(f, put->parent).id;
    paper a, b, c;
    paper_open(&a);
    paper_open(&b);
    paper_open(&c);
    write_resource(f, a.to, &expected);
    write_resource(f, b.to, &row);
    write_resource(f, c.to, &id);
    char *same = strdup(paper_close(&a));
    ck_same(a.text, paper_close(&b));
    ck_same(same, paper_close(&c));
}

START_TEST(resources_come_back_byte_for_byte)
{
    fx f;
    fx_open(&f, _i);
    int64_t place = add_resource(&f, 1);
    static const char *const tags[] = { "", " a", "a", "a b", "\xc3\xa9", "\xf0\x9f\x97\x93" };
    rota__batch batch = { 0 };
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        rota__resource *put = put_resource(&f, &batch, 10 + i);
        put->ref = odd_texts[i];
        put->data = odd_texts[i];
        if (odd_texts[i]) put->kind = put->name = put->zone = odd_texts[i];
        put->tags = tags;
        put->tag_count = i % (ROTA__LENGTH(tags) + 1);
        put->active = i % 2 == 0;
        put->parent = i % 3 == 0 ? place : 0;
        put->hours_size = i % 4;
        put->hours = put->hours_size ? "\0\377x" : NULL;
    }
    put_resource(&f, &batch, 100)->data = long_text(&f, ROTA_MAX_DATA);
    rota__resource *full = put_resource(&f, &batch, 101);
    full->ref = full->name = full->kind = long_text(&f, ROTA_MAX_NAME);
    commit(&f, &batch);
    for (int64_t i = 0; i < batch.resources.count; i++)
        ck_resource_kept(&f, &batch.resources.items[i]);
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        rota__resource found;
        rota__by by = { .ref = odd_texts[i] };
        if (!odd_texts[i]) continue;
        ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &by, &found));
        ck_assert_int_eq(found.row, batch.resources.items[i].row);
    }
    fx_close(&f);
}
END_TEST

START_TEST(hours_come_go_and_are_in_the_timeline)
{
    static const char *const hours[] = { "\1", "\0\0\0", NULL, "\377\0\1\2" };
    static const int64_t sizes[] = { 1, 3, 0, 4 };
    fx f;
    fx_open(&f, _i);
    int64_t row = add_resource(&f, 1);
    for (int64_t i = 0; i < ROTA__LENGTH(hours); i++) {
        rota__batch batch = { 0 };
        rota__by by = { .row = row };
        rota__resource found;
        rota__timeline_rows timeline;
        ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &by, &found));
        rota__resource *put = ROTA__PUSH(&f.arena, &batch.resources);
        ck_assert_ptr_nonnull(put);
        *put = found;
        put->version++;
        put->hours = hours[i];
        put->hours_size = sizes[i];
        commit(&f, &batch);
        ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &by, &found));
        ck_ok(&f, f.store->ops->timeline(f.store, &f.env, row, &timeline));
        ck_assert_int_eq(found.hours_size, sizes[i]);
        ck_assert_int_eq(timeline.resource.hours_size, sizes[i]);
        if (!hours[i]) {
            ck_assert(!found.hours && !timeline.resource.hours);
            continue;
        }
        ck_assert_mem_eq(found.hours, hours[i], (size_t)sizes[i]);
        ck_assert_mem_eq(timeline.resource.hours, hours[i], (size_t)sizes[i]);
    }
    fx_close(&f);
}
END_TEST

START_TEST(tags_are_replaced_as_a_whole)
{
    fx f;
    fx_open(&f, _i);
    const char *many[ROTA_MAX_TAGS];
    static const char *const few[] = { "t01", "zz" };
    for (int i = 0; i < ROTA_MAX_TAGS; i++)
        many[i] = textf(&f, "t%02d", i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    for (int i = 0; i < 4; i++) {
        rota__batch batch = { 0 };
        rota__resource *put = change_resource(&f, &batch, room);
        put->tags = i == 0 ? many : i == 1 ? few : NULL;
        put->tag_count = i == 0 ? ROTA_MAX_TAGS : i == 1 ? 2 : 0;
        commit(&f, &batch);
        ck_resource_kept(&f, &batch.resources.items[0]);
        rota__resource_filter old = { .tag = "t63" }, both = { .tag = "t01" };
        ck_text(found_resources(&f, &old), i == 0 ? "r1" : "");
        ck_text(found_resources(&f, &both), i <= 1 ? "r1" : "");
    }
    ck_assert_int_eq(resource_at(&f, other).tag_count, 0);
    fx_close(&f);
}
END_TEST

static void ck_booking_kept(fx *f, const rota__booking *put)
{
    rota__booking row, id;
    rota__by by_row = { .row = put->row }, by_id = { .id = &put->id };
    ck_ok(f, f->store->ops->booking_get(f->store, &f->env, &by_row, &row));
    ck_ok(f, f->store->ops->booking_get(f->store, &f->env, &by_id, &id));
    paper a, b, c;
    paper_open(&a);
    paper_open(&b);
    paper_open(&c);
    write_booking(f, a.to, put);
    write_booking(f, b.to, &row);
    write_booking(f, c.to, &id);
    char *same = strdup(paper_close(&a));
    ck_same(a.text, paper_close(&b));
    ck_same(same, paper_close(&c));
}

START_TEST(bookings_come_back_byte_for_byte)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 };
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        rota__booking *put = put_booking(&f, &batch, i, i, 100 + i);
        put->ref = put->title = put->data = odd_texts[i];
        put->status = 1 + (int32_t)(i % 6);
        put->hold_expires = put->status == ROTA_BOOKING_HELD ? 50 + i : 0;
        add_claim(&f, put,
                  (rota__claim){ .resource = room,
                                 .resource_id = id_of('R', 1),
                                 .units = 1 + (int32_t)i,
                                 .role = (int32_t)(i % 3),
                                 .flags = (uint32_t)(i % 2) });
    }
    rota__booking *full = put_booking(&f, &batch, 100, 1, 2);
    full->data = long_text(&f, ROTA_MAX_DATA);
    full->title = full->ref = long_text(&f, ROTA_MAX_NAME);
    commit(&f, &batch);
    for (int64_t i = 0; i < batch.bookings.count; i++)
        ck_booking_kept(&f, &batch.bookings.items[i]);
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        rota__booking found;
        rota__by by = { .ref = odd_texts[i] };
        if (!odd_texts[i]) continue;
        ck_ok(&f, f.store->ops->booking_get(f.store, &f.env, &by, &found));
        ck_assert_int_eq(found.row, batch.bookings.items[i].row);
    }
    fx_close(&f);
}
END_TEST

START_TEST(numbers_and_instants_come_back_at_their_extremes)
{
    fx f;
    fx_open(&f, _i);
    rota__batch resources = { 0 }, batch = { 0 };
    rota__resource *put = put_resource(&f, &resources, 1);
    memset(put->id.b, 0xff, sizeof put->id.b);
    put->capacity = INT32_MAX;
    put->before = put->after = ROTA_MAX_BUFFER;
    commit(&f, &resources);
    ck_resource_kept(&f, &resources.resources.items[0]);

    static const rota_span spans[] = { { ROTA_TIME_MIN, ROTA_TIME_MAX },
                                       { ROTA_TIME_MIN, ROTA_TIME_MIN + 1 },
                                       { ROTA_TIME_MAX - 1, ROTA_TIME_MAX },
                                       { -1, 0 },
                                       { 0, 1 } };
    for (int64_t i = 0; i < ROTA__LENGTH(spans); i++) {
        rota__booking *booking = put_booking(&f, &batch, i, spans[i].start, spans[i].end);
        booking->priority = i % 2 ? INT32_MIN : INT32_MAX;
        booking->created_at = booking->changed_at = i % 2 ? ROTA_TIME_MIN : ROTA_TIME_MAX;
        if (i > 2) booking->status = ROTA_BOOKING_HELD;
        if (i > 2) booking->hold_expires = i % 2 ? ROTA_TIME_MIN : ROTA_TIME_MAX;
        add_claim(&f, booking,
                  (rota__claim){ .resource = resources.resources.items[0].row,
                                 .resource_id = put->id,
                                 .units = INT32_MAX,
                                 .role = ROTA_ROLE_ORGANIZER,
                                 .flags = ROTA_CLAIM_FREE });
    }
    commit(&f, &batch);
    for (int64_t i = 0; i < batch.bookings.count; i++)
        ck_booking_kept(&f, &batch.bookings.items[i]);
    fx_close(&f);
}
END_TEST

START_TEST(a_booking_keeps_a_thousand_claims_by_resource_id)
{
    fx f;
    fx_open(&f, _i);
    rota__batch resources = { 0 }, batch = { 0 };
    rota__booking *put = put_booking(&f, &batch, 1, 10, 20);
    rota__claim *claims = rota__arena_alloc(&f.arena, ROTA_MAX_CLAIMS, (int64_t)sizeof *claims);
    ck_assert_ptr_nonnull(claims);
    for (int64_t i = 0; i < ROTA_MAX_CLAIMS; i++)
        put_resource(&f, &resources, i * 7919 % ROTA_MAX_CLAIMS);
    commit(&f, &resources);
    for (int64_t i = 0; i < ROTA_MAX_CLAIMS; i++)
        claims[i] = (rota__claim){ .resource = resources.resources.items[i].row,
                                   .units = 1 + (int32_t)i };
    put->claims = claims;
    put->claim_count = ROTA_MAX_CLAIMS;
    commit(&f, &batch);

    rota__booking kept = booking_at(&f, batch.bookings.items[0].row);
    ck_assert_int_eq(kept.claim_count, ROTA_MAX_CLAIMS);
    for (int64_t i = 0; i < kept.claim_count; i++) {
        rota_id id = id_of('R', i);
        const rota__claim *claim = &kept.claims[i];
        ck_assert_int_eq(rota__id_compare(&claim->resource_id, &id), 0);
        ck_assert_int_eq(claims[claim->units - 1].resource, claim->resource);
    }
    fx_close(&f);
}
END_TEST

START_TEST(what_is_not_there_is_not_found_and_no_error)
{
    fx f;
    fx_open(&f, _i);
    add_booking(&f, 1, 10, 20, add_resource(&f, 1));
    rota_id id = id_of('X', 9);
    rota__by wrong[] = { { .row = 999 }, { .id = &id }, { .ref = "nobody" } };
    rota__by never = { .part_of = 1, .occurrence = 10 };
    rota__resource resource;
    rota__booking booking;
    rota__timeline_rows rows;
    rota__key key;
    rota__consumer consumer;
    int64_t stamp;
    memset(&f.error, 0, sizeof f.error);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(f.store->ops->resource_get(f.store, &f.env, &wrong[i], &resource),
                         ROTA_ENOTFOUND);
        ck_assert_int_eq(f.store->ops->booking_get(f.store, &f.env, &wrong[i], &booking),
                         ROTA_ENOTFOUND);
    }
    ck_assert_int_eq(f.store->ops->booking_get(f.store, &f.env, &never, &booking), ROTA_ENOTFOUND);
    ck_assert_int_eq(f.store->ops->stamp(f.store, &f.env, 999, &stamp), ROTA_ENOTFOUND);
    ck_assert_int_eq(f.store->ops->timeline(f.store, &f.env, 999, &rows), ROTA_ENOTFOUND);
    ck_assert_int_eq(f.store->ops->key_get(f.store, &f.env, "", "k0", &key), ROTA_ENOTFOUND);
    ck_assert_int_eq(f.store->ops->consumer_get(f.store, &f.env, "nobody", &consumer),
                     ROTA_ENOTFOUND);
    ck_assert_int_eq(f.error.code, ROTA_OK);
    ck_assert_str_eq(f.error.message, "");
    fx_close(&f);
}
END_TEST

START_TEST(answers_outlive_the_store)
{
    fx f;
    fx_open(&f, _i);
    rota__batch batch = { 0 };
    int64_t room = add_resource(&f, 1);
    claim_one(&f, put_booking(&f, &batch, 1, 10, 20), room);
    batch.bookings.items[0].title = "talk";
    commit(&f, &batch);
    rota__resource resource = resource_at(&f, room);
    rota__booking booking = booking_at(&f, batch.bookings.items[0].row);
    reopen(&f);
    ck_assert_str_eq(resource.name, "room 1");
    ck_assert_str_eq(booking.title, "talk");
    ck_assert_int_eq(booking.claims[0].resource, room);
    fx_close(&f);
}
END_TEST

/* --- resources: removed, listed --- */

START_TEST(a_removed_resource_is_found_by_its_row_or_as_a_removed_one)
{
    fx f;
    fx_open(&f, _i);
    rota__batch batch = { 0 }, remove = { 0 };
    rota__resource *put = put_resource(&f, &batch, 1);
    put->ref = "room";
    put->data = "kept";
    put_resource(&f, &batch, 2);
    commit(&f, &batch);
    int64_t room = batch.resources.items[0].row;
    add_booking(&f, 1, 10, 20, room);
    change_resource(&f, &remove, room)->removed = true;
    commit(&f, &remove);

    rota_id id = id_of('R', 1);
    rota__by by_id = { .id = &id }, by_ref = { .ref = "room" };
    rota__resource found;
    rota__resource_filter all = { 0 };
    ck_assert_int_eq(f.store->ops->resource_get(f.store, &f.env, &by_id, &found), ROTA_ENOTFOUND);
    ck_assert_int_eq(f.store->ops->resource_get(f.store, &f.env, &by_ref, &found), ROTA_ENOTFOUND);
    ck_text(found_resources(&f, &all), "r2");
    found = resource_at(&f, room);
    ck_assert(found.removed);
    ck_assert_str_eq(found.name, "room 1");
    ck_assert_str_eq(found.data, "kept");
    ck_text(found_intervals(&f, room), "10-20 b1 x1");

    rota__by removed = { .ref = "room", .removed = true };
    ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &removed, &found));
    ck_assert_int_eq(found.row, room);
    removed.ref = "roo";
    ck_assert_int_eq(f.store->ops->resource_get(f.store, &f.env, &removed, &found), ROTA_ENOTFOUND);
    fx_close(&f);
}
END_TEST

START_TEST(a_removed_resource_frees_its_ref_in_the_same_batch)
{
    fx f;
    fx_open(&f, _i);
    rota__batch first = { 0 }, next = { 0 }, last = { 0 }, again = { 0 }, back = { 0 };
    put_resource(&f, &first, 1)->ref = "room";
    commit(&f, &first);
    change_resource(&f, &next, first.resources.items[0].row)->removed = true;
    put_resource(&f, &next, 2)->ref = "room";
    commit(&f, &next);
    rota__by by = { .ref = "room" };
    rota__resource found;
    ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &by, &found));
    ck_assert_int_eq(found.row, next.resources.items[1].row);

    /* Of those that were removed the last one counts. */
    rota__by removed = { .ref = "room", .removed = true };
    ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &removed, &found));
    ck_assert_int_eq(found.row, first.resources.items[0].row);
    change_resource(&f, &last, next.resources.items[1].row)->removed = true;
    commit(&f, &last);
    ck_ok(&f, f.store->ops->resource_get(f.store, &f.env, &removed, &found));
    ck_assert_int_eq(found.row, next.resources.items[1].row);
    put_resource(&f, &again, 3)->ref = "room";
    commit(&f, &again);

    /* and it cannot come back while another one has it */
    change_resource(&f, &back, first.resources.items[0].row)->removed = false;
    back.resources.items[0].ref = "room";
    ck_refused(&f, &back, ROTA__STALE);
    fx_close(&f);
}
END_TEST

START_TEST(resources_are_listed_by_id_and_filter)
{
    fx f;
    fx_open(&f, _i);
    static const char *const a[] = { "beamer" }, *const b[] = { "beamer", "quiet" };
    int64_t house = add_resource(&f, 50), other = add_resource(&f, 60);
    rota__batch batch = { 0 };
    for (int64_t i = 0; i < 6; i++) { /* r3 to r8, their ids going down */
        rota__resource *put = put_resource(&f, &batch, 40 - i);
        put->kind = i % 2 ? "desk" : "room";
        put->parent = i < 3 ? house : i < 5 ? other : 0;
        put->tags = i == 5 ? NULL : i < 2 ? a : b;
        put->tag_count = i == 5 ? 0 : i < 2 ? 1 : 2;
    }
    commit(&f, &batch);
    rota__resource_filter all = { 0 }, desks = { .kind = "desk" }, quiet = { .tag = "quiet" };
    rota__resource_filter in = { .parent = house }, both = { .kind = "room", .tag = "quiet" };
    rota__resource_filter three = { .kind = "desk", .tag = "beamer", .parent = other };
    rota__resource_filter part = { .tag = "beam" }, after = { .after = id_of('R', 37) };
    rota__resource_filter page = { .after = id_of('R', 36), .limit = 2 }, two = { .limit = 2 };
    ck_text(found_resources(&f, &all), "r8 r7 r6 r5 r4 r3 r1 r2");
    ck_text(found_resources(&f, &desks), "r8 r6 r4");
    ck_text(found_resources(&f, &quiet), "r7 r6 r5");
    ck_text(found_resources(&f, &in), "r5 r4 r3");
    ck_text(found_resources(&f, &both), "r7 r5");
    ck_text(found_resources(&f, &three), "r6");
    ck_text(found_resources(&f, &part), "");
    ck_text(found_resources(&f, &after), "r5 r4 r3 r1 r2");
    ck_text(found_resources(&f, &page), "r6 r5");
    ck_text(found_resources(&f, &two), "r8 r7");
    fx_close(&f);
}
END_TEST

/* --- members --- */

START_TEST(stays_are_put_dropped_and_listed_both_ways)
{
    fx f;
    fx_open(&f, _i);
    int64_t team = add_resource(&f, 1), ann = add_resource(&f, 2), bob = add_resource(&f, 3);
    int64_t staff = add_resource(&f, 4);
    rota__batch drop = { 0 };
    add_stay(&f, team, ann, 10, 20);
    add_stay(&f, team, ann, 30, 40);
    add_stay(&f, team, bob, 10, ROTA_TIME_MAX);
    add_stay(&f, staff, team, ROTA_TIME_MIN, 5);
    add_stay(&f, staff, ann, 10, 20);
    ck_text(found_members(&f, team, 0),
            "r1 has r2 10-20, r1 has r2 30-40, r1 has r3 10-253402300799");
    ck_text(found_members(&f, 0, ann), "r1 has r2 10-20, r1 has r2 30-40, r4 has r2 10-20");
    ck_text(found_members(&f, staff, ann), "r4 has r2 10-20");
    ck_text(found_members(&f, 0, team), "r4 has r1 -62135596800-5");
    ck_text(found_members(&f, ann, 0), "");

    drop_stay(&f, &drop, stay_of(team, ann, 10, 20));
    commit(&f, &drop);
    ck_text(found_members(&f, 0, ann), "r1 has r2 30-40, r4 has r2 10-20");
    rota__timeline_rows rows;
    ck_ok(&f, f.store->ops->timeline(f.store, &f.env, team, &rows));
    ck_assert_int_eq(rows.member_count, 2);
    ck_assert_int_eq(rows.group_count, 1);
    ck_assert_int_eq(rows.groups[0].group, staff);
    fx_close(&f);
}
END_TEST

START_TEST(stays_are_listed_by_group_member_and_start)
{
    fx f;
    fx_open(&f, _i);
    int64_t team = add_resource(&f, 9), bob = add_resource(&f, 8), ann = add_resource(&f, 7);
    add_stay(&f, team, bob, 30, 40);
    add_stay(&f, team, bob, 10, 20);
    add_stay(&f, team, ann, 50, 60);
    rota__member *rows;
    int64_t count;
    ck_ok(&f, f.store->ops->member_list(f.store, &f.env, team, 0, &rows, &count));
    ck_assert_int_eq(count, 3);
    ck_assert_int_eq(rows[0].member, ann);
    ck_assert_int_eq(rows[1].when.start, 10);
    ck_assert_int_eq(rows[2].when.start, 30);
    fx_close(&f);
}
END_TEST

/* The place of the next group, or 0. */
static int64_t next_group(fx *f, rota__env *env, int64_t resource)
{
    int64_t group = -1;
    int rc = f->store->ops->group_next(f->store, env, resource, &group);
    if (rc == ROTA_ENOTFOUND) return 0;
    ck_ok(f, rc);
    return place_of(&f->resources, group);
}

START_TEST(the_next_group_is_one_that_has_or_had_members)
{
    fx f;
    fx_open(&f, _i);
    int64_t ann = add_resource(&f, 7);
    ck_assert_int_eq(next_group(&f, &f.env, 1), 0);
    int64_t team = add_resource(&f, 9), bob = add_resource(&f, 8), staff = add_resource(&f, 6);
    ck_assert_int_eq(next_group(&f, &f.env, 1), 0);
    add_stay(&f, staff, bob, 10, 20);
    add_stay(&f, team, bob, 30, 40);
    add_stay(&f, team, ann, 30, 40);
    ck_assert_int_eq(next_group(&f, &f.env, ann), place_of(&f.resources, team));
    ck_assert_int_eq(next_group(&f, &f.env, team), place_of(&f.resources, team));
    ck_assert_int_eq(next_group(&f, &f.env, bob), place_of(&f.resources, staff));
    ck_assert_int_eq(next_group(&f, &f.env, staff), place_of(&f.resources, staff));
    ck_assert_int_eq(next_group(&f, &f.env, staff + 1), 0);
    ck_assert_int_eq(next_group(&f, &f.env, INT64_MAX), 0);
    fx_close(&f);
}
END_TEST

START_TEST(a_stay_ends_earlier_by_being_dropped_and_put_in_one_batch)
{
    fx f;
    fx_open(&f, _i);
    int64_t team = add_resource(&f, 1), ann = add_resource(&f, 2);
    rota__batch batch = { 0 };
    add_stay(&f, team, ann, 10, 100);
    put_stay(&f, &batch, stay_of(team, ann, 10, 50));
    drop_stay(&f, &batch, stay_of(team, ann, 10, 100));
    commit(&f, &batch);
    ck_text(found_members(&f, team, 0), "r1 has r2 10-50");
    fx_close(&f);
}
END_TEST

/* --- timelines --- */

START_TEST(a_timeline_has_the_blocking_claims_of_occupying_bookings)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    rota__batch batch = { 0 };
    for (int32_t status = ROTA_BOOKING_HELD; status <= ROTA_BOOKING_EXPIRED; status++) {
        rota__booking *put = put_booking(&f, &batch, status, 10 * status, 10 * status + 5);
        put->status = status;
        put->hold_expires = 7; /* only a hold lapses */
        add_claim(&f, put, (rota__claim){ .resource = room, .units = status });
        claim_one(&f, put, other);
    }
    for (int64_t i = 0; i < 4; i++) /* b7 to b10 */
        add_claim(&f, put_booking(&f, &batch, 100 + i, 100 + i, 200),
                  (rota__claim){ .resource = room,
                                 .units = 1,
                                 .role = i == 1 ? ROTA_ROLE_OPTIONAL : ROTA_ROLE_ORGANIZER,
                                 .flags = i == 2 ? ROTA_CLAIM_FREE : 0 });
    commit(&f, &batch);
    ck_text(found_intervals(&f, room),
            "10-15 b1 x1 until 7, 20-25 b2 x2, 30-35 b3 x3, 40-45 b4 x4, "
            "100-200 b7 x1, 103-200 b10 x1");
    ck_text(found_intervals(&f, other),
            "10-15 b1 x1 until 7, 20-25 b2 x1, 30-35 b3 x1, 40-45 b4 x1");
    fx_close(&f);
}
END_TEST

START_TEST(a_timeline_follows_moves_new_claims_and_statuses)
{
    fx f;
    fx_open(&f, _i);
    int64_t a = add_resource(&f, 1), b = add_resource(&f, 2);
    int64_t booking = add_booking(&f, 1, 10, 20, a);
    rota__batch moved = { 0 }, handed = { 0 }, held = { 0 }, optional = { 0 }, cancelled = { 0 };
    change_booking(&f, &moved, booking)->when = (rota_span){ 30, 50 };
    commit(&f, &moved);
    ck_text(found_intervals(&f, a), "30-50 b1 x1");

    rota__booking *put = change_booking(&f, &handed, booking);
    put->claim_count = 0;
    add_claim(&f, put, (rota__claim){ .resource = b, .units = 3 });
    commit(&f, &handed);
    ck_text(found_intervals(&f, a), "");
    ck_text(found_intervals(&f, b), "30-50 b1 x3");

    put = change_booking(&f, &held, booking);
    put->status = ROTA_BOOKING_HELD;
    put->hold_expires = 25;
    claim_one(&f, put, a);
    commit(&f, &held);
    ck_text(found_intervals(&f, a), "30-50 b1 x1 until 25");
    ck_text(found_intervals(&f, b), "30-50 b1 x3 until 25");

    put = change_booking(&f, &optional, booking);
    put->status = ROTA_BOOKING_CONFIRMED;
    put->hold_expires = 0;
    put->claim_count = 0;
    add_claim(&f, put, (rota__claim){ .resource = a, .units = 1, .role = ROTA_ROLE_OPTIONAL });
    claim_one(&f, put, b);
    commit(&f, &optional);
    ck_text(found_intervals(&f, a), "");
    ck_text(found_intervals(&f, b), "30-50 b1 x1");

    change_booking(&f, &cancelled, booking)->status = ROTA_BOOKING_CANCELLED;
    commit(&f, &cancelled);
    ck_text(found_intervals(&f, b), "");
    fx_close(&f);
}
END_TEST

/* --- listing bookings --- */

START_TEST(overlap_is_right_for_each_of_allens_relations)
{
    static const struct {
        const char *name;
        rota_span when;
        bool overlaps;
    } relations[] = {
        { "before", { 10, 90 }, false },         { "meets", { 10, 100 }, false },
        { "overlaps", { 50, 150 }, true },       { "finished by", { 50, 200 }, true },
        { "contains", { 50, 250 }, true },       { "starts", { 100, 150 }, true },
        { "equals", { 100, 200 }, true },        { "started by", { 100, 250 }, true },
        { "during", { 120, 180 }, true },        { "finishes", { 150, 200 }, true },
        { "overlapped by", { 150, 250 }, true }, { "met by", { 200, 250 }, false },
        { "after", { 210, 250 }, false },
    };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__source source = { .resource = room, .when = always };
    for (int64_t i = 0; i < ROTA__LENGTH(relations); i++) {
        rota__batch cancel = { 0 };
        int64_t row = add_booking(&f, i, relations[i].when.start, relations[i].when.end, room);
        rota__booking_filter filters[] = {
            { .when = { 100, 200 }, .statuses = ROTA__BIT(ROTA_BOOKING_CONFIRMED) },
            { .when = { 100, 200 },
              .statuses = ROTA__BIT(ROTA_BOOKING_CONFIRMED),
              .sources = &source,
              .source_count = 1 },
        };
        for (int k = 0; k < 2; k++) {
            char *found = found_bookings(&f, &filters[k]);
            ck_assert_msg((*found != '\0') == relations[i].overlaps, "%s, filter %d: \"%s\"",
                          relations[i].name, k, found);
            free(found);
        }
        change_booking(&f, &cancel, row)->status = ROTA_BOOKING_CANCELLED;
        commit(&f, &cancel);
    }
    fx_close(&f);
}
END_TEST

/* xorshift64*; the state is never 0. */
static uint64_t draw(uint64_t *rng)
{
    *rng ^= *rng >> 12;
    *rng ^= *rng << 25;
    *rng ^= *rng >> 27;
    return *rng * UINT64_C(2685821657736338717);
}

static int64_t upto(uint64_t *rng, int64_t n) /* 0 to n - 1 */
{
    return (int64_t)(draw(rng) >> 11) % n;
}

static bool chance(uint64_t *rng, int percent)
{
    return upto(rng, 100) < percent;
}

static const int64_t lengths[] = { 1,       HOUR,     8 * HOUR,  DAY,
                                   7 * DAY, 31 * DAY, 365 * DAY, (int64_t)3653 * DAY };

START_TEST(a_booking_of_any_length_is_found_wherever_it_overlaps)
{
    enum { COUNT = 300, QUERIES = 200, SECONDS = 20 * 365 * DAY };
    fx f;
    fx_open(&f, _i);
    uint64_t rng = tests_seed("lengths") | 1;
    int64_t room = add_resource(&f, 1);
    rota_span spans[COUNT];
    rota__batch batch = { 0 };
    for (int64_t i = 0; i < COUNT; i++) {
        spans[i].start = upto(&rng, SECONDS);
        spans[i].end = spans[i].start + lengths[i % ROTA__LENGTH(lengths)] + upto(&rng, 2);
        claim_one(&f, put_booking(&f, &batch, i, spans[i].start, spans[i].end), room);
    }
    commit(&f, &batch);
    for (int64_t q = 0; q < QUERIES; q++) {
        /* half of them touch a booking's edge to the second */
        const rota_span *near = &spans[upto(&rng, COUNT)];
        rota_time start = q % 2 ? upto(&rng, SECONDS) : q % 4 ? near->end : near->start - 1;
        rota_time end = start + 1 + lengths[upto(&rng, ROTA__LENGTH(lengths))] * (q % 3);
        rota__source source = { .resource = room, .when = { start, end } };
        rota__booking_filter filter = { .when = { start, end },
                                        .statuses = ALL_STATUSES,
                                        .sources = &source,
                                        .source_count = q % 5 == 0 };
        bool found[COUNT] = { false };
        rota__booking *rows;
        int64_t count;
        ck_ok(&f, f.store->ops->booking_list(f.store, &f.env, &filter, &rows, &count));
        for (int64_t i = 0; i < count; i++) {
            int64_t place = place_of(&f.bookings, rows[i].row) - 1;
            ck_assert(!found[place]);
            found[place] = true;
            ck_assert(i == 0 || rows[i - 1].when.start <= rows[i].when.start);
        }
        for (int64_t i = 0; i < COUNT; i++)
            ck_assert_int_eq(found[i], spans[i].start < end && start < spans[i].end);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_source_is_asked_within_its_own_span_only)
{
    fx f;
    fx_open(&f, _i);
    int64_t ann = add_resource(&f, 1), team = add_resource(&f, 2), other = add_resource(&f, 3);
    rota__batch both = { 0 }, optional = { 0 };
    add_booking(&f, 1, 10, 20, ann);
    add_booking(&f, 2, 30, 40, team);
    add_booking(&f, 3, 50, 60, team);
    add_booking(&f, 4, 30, 60, other);
    claim_one(&f, put_booking(&f, &both, 5, 35, 55), ann);
    claim_one(&f, &both.bookings.items[0], team);
    commit(&f, &both);
    add_claim(&f, put_booking(&f, &optional, 6, 12, 14),
              (rota__claim){ .resource = ann, .units = 1, .role = ROTA_ROLE_OPTIONAL });
    commit(&f, &optional);

    rota__source sources[] = { { ann, { 0, 100 } }, { team, { 40, 52 } } };
    rota__booking_filter filter = {
        .when = { 0, 100 }, .statuses = ALL_STATUSES, .sources = sources, .source_count = 2
    };
    ck_text(found_bookings(&f, &filter), "b1 b6 b5 b3");
    sources[1].when = (rota_span){ 39, 50 };
    ck_text(found_bookings(&f, &filter), "b1 b6 b2 b5");
    filter.when = (rota_span){ 0, 39 };
    ck_text(found_bookings(&f, &filter), "b1 b6 b2 b5");
    filter.when = (rota_span){ 20, 35 };
    ck_text(found_bookings(&f, &filter), "b2");
    filter.source_count = 1;
    ck_text(found_bookings(&f, &filter), "");
    filter.source_count = 0;
    ck_text(found_bookings(&f, &filter), "b2 b4");
    fx_close(&f);
}
END_TEST

START_TEST(bookings_are_listed_by_status)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 };
    for (int32_t status = ROTA_BOOKING_HELD; status <= ROTA_BOOKING_EXPIRED; status++) {
        rota__booking *put = put_booking(&f, &batch, status, status, 100);
        put->status = status;
        claim_one(&f, put, room);
        if (status == ROTA_BOOKING_HELD || status == ROTA_BOOKING_EXPIRED) put->hold_expires = 7;
    }
    commit(&f, &batch);
    for (uint32_t mask = 1; mask < 64; mask++) {
        rota__booking_filter filter = { .when = always, .statuses = mask << 1 };
        paper p;
        paper_open(&p);
        for (uint32_t i = 0, first = 1; i < 6; i++)
            if (mask >> i & 1) {
                fprintf(p.to, "%sb%u", first ? "" : " ", i + 1);
                first = 0;
            }
        ck_same(paper_close(&p), found_bookings(&f, &filter));
    }
    fx_close(&f);
}
END_TEST

/* Every page of every size, put together, is the whole list. */
START_TEST(pages_put_together_are_the_list)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    rota__batch batch = { 0 }, single = { 0 };
    for (int64_t i = 0; i < 27; i++) {
        /* ties in start, in start and end, ids in another order than rows */
        rota__booking *put = put_booking(&f, &batch, i * 11 % 27, 100 + i % 3, 200 + i / 3 % 3);
        claim_one(&f, put, room);
        if (i % 2) claim_one(&f, put, other);
        put = put_series(&f, &batch, 100 + i * 11 % 27, 100 + i % 3, 200 + i / 3 % 3);
        claim_one(&f, put, room);
        if (i % 2) claim_one(&f, put, other);
    }
    commit(&f, &batch);
    for (int64_t i = 0; i < 27; i++) {
        rota__booking *put = put_occurrence(&f, &single, 200 + i * 11 % 27,
                                            batch.bookings.items[1].row, i);
        put->when = (rota_span){ 100 + i % 3, 200 + i / 3 % 3 };
        put->status = ROTA_BOOKING_CANCELLED;
        claim_one(&f, put, i % 2 ? room : other);
    }
    commit(&f, &single);
    rota__source sources[] = { { room, { 0, 300 } }, { other, { 0, 300 } } };
    for (int64_t run = 0; run < 90; run++) {
        int64_t limit = run % 30, of = run / 30;
        rota__booking_filter filter = { .when = { 0, 300 },
                                        .statuses = of == 2 ? 1u << ROTA_BOOKING_CANCELLED
                                                            : 1u << ROTA_BOOKING_CONFIRMED,
                                        .recurring = of == 1,
                                        .part_of = of == 2 ? batch.bookings.items[1].row : 0,
                                        .sources = limit % 2 ? sources : NULL,
                                        .source_count = limit % 2 ? 2 : 0,
                                        .limit = limit };
        rota__booking last = { 0 }, *rows;
        int64_t seen = 0, count;
        do {
            ck_ok(&f, f.store->ops->booking_list(f.store, &f.env, &filter, &rows, &count));
            ck_assert(limit == 0 || count <= limit);
            for (int64_t i = 0; i < count; i++, seen++) {
                rota_span a = last.when, b = rows[i].when;
                ck_assert(seen == 0 || a.start < b.start ||
                          (a.start == b.start &&
                           (a.end < b.end ||
                            (a.end == b.end && rota__id_compare(&last.id, &rows[i].id) < 0))));
                last = rows[i];
            }
            filter.after = last.when;
            filter.after_id = last.id;
        } while (count > 0);
        ck_assert_int_eq(seen, 27);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_page_begins_behind_a_place_where_no_booking_stands)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    add_booking(&f, 1, 10, 20, room);
    add_booking(&f, 2, 10, 30, room);
    add_booking(&f, 3, 20, 30, room);
    rota__booking_filter filter = {
        .when = always, .statuses = ALL_STATUSES, .after = { 10, 25 }, .after_id = id_of('B', 9)
    };
    ck_text(found_bookings(&f, &filter), "b2 b3");
    filter.after = (rota_span){ 10, 30 };
    ck_text(found_bookings(&f, &filter), "b3");
    filter.after = (rota_span){ 10, 20 };
    filter.after_id = id_of('B', 0);
    ck_text(found_bookings(&f, &filter), "b1 b2 b3");
    fx_close(&f);
}
END_TEST

/* --- what recurs, and single ones of it --- */

START_TEST(what_recurs_comes_back_byte_for_byte)
{
    static const int64_t sizes[] = { 1, 2, 100, 70000 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 }, single = { 0 };
    for (int64_t i = 0; i < ROTA__LENGTH(sizes); i++) {
        uint8_t *bytes = rota__arena_alloc(&f.arena, sizes[i], 1);
        ck_assert_ptr_nonnull(bytes);
        for (int64_t k = 0; k < sizes[i]; k++)
            bytes[k] = (uint8_t)(k * 7); /* a NUL is no end */
        rota__booking *put = put_booking(&f, &batch, i, -100 + i,
                                         i % 2 ? ROTA_TIME_MAX : 1000 * DAY);
        put->series = bytes;
        put->series_size = sizes[i];
        put->title = odd_texts[i];
        add_claim(&f, put,
                  (rota__claim){ .resource = room, .resource_id = id_of('R', 1), .units = 3 });
    }
    commit(&f, &batch);
    for (int64_t i = 0; i < batch.bookings.count; i++)
        ck_booking_kept(&f, &batch.bookings.items[i]);

    /* The id of what one is of is the store's to know. */
    static const rota_time starts[] = { ROTA_TIME_MIN, -1, 0, 1, ROTA_TIME_MAX };
    for (int64_t i = 0; i < ROTA__LENGTH(starts); i++) {
        rota__booking *put = put_booking(&f, &single, 10 + i, 5, 6);
        put->part_of = batch.bookings.items[i % 2].row;
        put->occurrence = starts[i];
    }
    commit(&f, &single);
    for (int64_t i = 0; i < single.bookings.count; i++) {
        rota__booking *put = &single.bookings.items[i], found;
        rota__by by = { .part_of = put->part_of, .occurrence = put->occurrence };
        put->part_of_id = id_of('B', i % 2);
        ck_booking_kept(&f, put);
        ck_ok(&f, f.store->ops->booking_get(f.store, &f.env, &by, &found));
        ck_assert_int_eq(found.row, put->row);
        by.occurrence += i % 2 ? -1 : 1;
        ck_assert_int_eq(f.store->ops->booking_get(f.store, &f.env, &by, &found), ROTA_ENOTFOUND);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_put_never_changes_what_recurs_nor_what_a_single_one_is_of)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    int64_t series = add_series(&f, 1, 10, 1000, room), other = add_series(&f, 2, 10, 1000, room);
    int64_t plain = add_booking(&f, 3, 20, 30, room);
    int64_t single = add_occurrence(&f, 4, series, 50, room);
    rota__batch batch = { 0 };
    rota__booking *put = change_booking(&f, &batch, series);
    put->series = NULL;
    put->series_size = 0;
    put->part_of = other;
    put->occurrence = 10;
    put = change_booking(&f, &batch, plain);
    put->series = "no";
    put->series_size = 2;
    put->part_of = series;
    put->occurrence = 20;
    put = change_booking(&f, &batch, single);
    put->part_of = other;
    put->occurrence = 60;
    put->when = (rota_span){ 500, 600 };
    put = change_booking(&f, &batch, other);
    put->series = "else";
    put->series_size = 4;
    commit(&f, &batch);

    rota__booking now = booking_at(&f, series);
    ck_assert_int_eq(now.series_size, 6);
    ck_assert_mem_eq(now.series, "weekly", 6);
    ck_assert_int_eq(now.part_of, 0);
    now = booking_at(&f, plain);
    ck_assert_ptr_null(now.series);
    ck_assert_int_eq(now.series_size, 0);
    ck_assert_int_eq(now.part_of, 0);
    ck_assert_int_eq(now.occurrence, 0);
    now = booking_at(&f, single);
    ck_assert_int_eq(now.part_of, series);
    ck_assert_int_eq(now.occurrence, 60); /* zone data may move it */
    ck_assert_int_eq(now.when.start, 500);
    now = booking_at(&f, other);
    ck_assert_int_eq(now.series_size, 4);
    ck_assert_mem_eq(now.series, "else", 4);
    ck_text(found_intervals(&f, room), "20-30 b3 x1, 500-600 b4 x1");
    ck_text(found_recurring(&f, room),
            "10-1000 b1 x1 77 65 65 6b 6c 79, 10-1000 b2 x1 65 6c 73 65");
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

START_TEST(a_single_one_is_there_once)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    int64_t a = add_series(&f, 1, 10, 1000, room), b = add_series(&f, 2, 10, 1000, room);
    int64_t first = add_occurrence(&f, 3, a, 50, room);
    add_occurrence(&f, 4, b, 50, room);
    add_occurrence(&f, 5, a, 51, room);
    rota__batch again = { 0 }, cancel = { 0 }, still = { 0 };
    put_occurrence(&f, &again, 6, a, 50);
    ck_refused(&f, &again, ROTA__STALE);
    /* Nor once it has been cancelled: that says that it does not take place. */
    change_booking(&f, &cancel, first)->status = ROTA_BOOKING_CANCELLED;
    commit(&f, &cancel);
    put_occurrence(&f, &still, 6, a, 50);
    ck_refused(&f, &still, ROTA__STALE);
    fx_close(&f);
}
END_TEST

START_TEST(a_timeline_has_what_recurs_apart)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    rota__batch batch = { 0 };
    for (int32_t status = ROTA_BOOKING_HELD; status <= ROTA_BOOKING_EXPIRED; status++) {
        rota__booking *put = put_series(&f, &batch, 20 - status, 10 * status, ROTA_TIME_MAX);
        put->series_size = 1;
        put->status = status;
        put->hold_expires = 7; /* only a hold lapses */
        add_claim(&f, put, (rota__claim){ .resource = room, .units = status });
    }
    for (int64_t i = 0; i < 4; i++) { /* b7 to b10 */
        rota__booking *put = put_series(&f, &batch, 100 + i, 100 - i, 200);
        put->series_size = 1;
        add_claim(&f, put,
                  (rota__claim){ .resource = room,
                                 .units = 1,
                                 .role = i == 1 ? ROTA_ROLE_OPTIONAL : ROTA_ROLE_ORGANIZER,
                                 .flags = i == 2 ? ROTA_CLAIM_FREE : 0 });
    }
    commit(&f, &batch);
    int64_t last = batch.bookings.items[9].row;
    ck_text(found_intervals(&f, room), "");
    ck_text(found_recurring(&f, room),
            "10-253402300799 b1 x1 until 7 77, 20-253402300799 b2 x2 77, "
            "30-253402300799 b3 x3 77, 40-253402300799 b4 x4 77, 100-200 b7 x1 77, "
            "97-200 b10 x1 77");
    ck_text(found_recurring(&f, other), "");

    /* It follows new spans, claims, statuses and bytes. */
    rota__batch moved = { 0 }, held = { 0 }, later = { 0 }, over = { 0 };
    rota__booking *put = change_booking(&f, &moved, last);
    put->when = (rota_span){ 300, 400 };
    put->claim_count = 0;
    add_claim(&f, put, (rota__claim){ .resource = other, .units = 2 });
    commit(&f, &moved);
    ck_text(found_recurring(&f, other), "300-400 b10 x2 77");
    put = change_booking(&f, &held, last);
    put->status = ROTA_BOOKING_HELD;
    put->hold_expires = 25;
    put->series = "z";
    commit(&f, &held);
    ck_text(found_recurring(&f, other), "300-400 b10 x2 until 25 7a");
    change_booking(&f, &later, last)->hold_expires = 26;
    commit(&f, &later);
    ck_text(found_recurring(&f, other), "300-400 b10 x2 until 26 7a");
    ck_text(found_holds(&f, 26, 10), "b1 b10");
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    change_booking(&f, &over, last)->status = ROTA_BOOKING_EXPIRED;
    commit(&f, &over);
    ck_text(found_recurring(&f, other), "");
    ck_text(found_holds(&f, 26, 10), "b1");
    fx_close(&f);
}
END_TEST

START_TEST(what_recurs_is_listed_when_it_is_asked_for_and_never_else)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2), none = add_resource(&f, 3);
    add_booking(&f, 1, 100, 110, room);                          /* b1 */
    int64_t first = add_series(&f, 2, 100, ROTA_TIME_MAX, room); /* b2 */
    add_series(&f, 3, 50, 105, other);                           /* b3 */
    rota__batch batch = { 0 };
    rota__booking *put = put_series(&f, &batch, 4, 50, 105); /* b4 */
    add_claim(&f, put, (rota__claim){ .resource = room, .units = 1, .role = ROTA_ROLE_OPTIONAL });
    add_claim(&f, put, (rota__claim){ .resource = other, .units = 1, .flags = ROTA_CLAIM_FREE });
    put->status = ROTA_BOOKING_CANCELLED;
    commit(&f, &batch);
    add_occurrence(&f, 5, first, 100, other); /* b5 */

    rota__source sources[] = { { room, always }, { other, always } };
    rota__booking_filter plain = { .when = always, .statuses = ALL_STATUSES }, recurring = plain;
    recurring.recurring = true;
    ck_text(found_bookings(&f, &plain), "b5 b1");
    ck_text(found_bookings(&f, &recurring), "b3 b4 b2");
    recurring.statuses = 1u << ROTA_BOOKING_CONFIRMED;
    ck_text(found_bookings(&f, &recurring), "b3 b2");
    recurring.statuses = ALL_STATUSES;
    recurring.longer = 55;
    ck_text(found_bookings(&f, &recurring), "b2");
    recurring.longer = 54;
    ck_text(found_bookings(&f, &recurring), "b3 b4 b2");
    recurring.longer = 0;
    recurring.when = (rota_span){ 0, 100 };
    ck_text(found_bookings(&f, &recurring), "b3 b4");
    recurring.when = (rota_span){ 105, 106 };
    ck_text(found_bookings(&f, &recurring), "b2");
    recurring.when = (rota_span){ 0, 50 };
    ck_text(found_bookings(&f, &recurring), "");

    plain.sources = recurring.sources = sources;
    plain.source_count = recurring.source_count = 2;
    recurring.when = always;
    ck_text(found_bookings(&f, &plain), "b5 b1");
    ck_text(found_bookings(&f, &recurring), "b3 b4 b2");
    sources[1] = (rota__source){ none, always };
    ck_text(found_bookings(&f, &plain), "b1");
    ck_text(found_bookings(&f, &recurring), "b4 b2");
    sources[1] = (rota__source){ other, { 0, 51 } };
    sources[0].when = (rota_span){ 105, 200 };
    ck_text(found_bookings(&f, &recurring), "b3 b4 b2");
    sources[1].when.end = 50;
    ck_text(found_bookings(&f, &recurring), "b2");
    fx_close(&f);
}
END_TEST

START_TEST(the_single_ones_of_a_series_are_listed)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    int64_t a = add_series(&f, 1, 10, ROTA_TIME_MAX, room); /* b1 */
    int64_t b = add_series(&f, 2, 10, ROTA_TIME_MAX, room); /* b2 */
    add_booking(&f, 3, 50, 55, room);                       /* b3 */
    add_occurrence(&f, 7, a, 50, room);                     /* b4 */
    add_occurrence(&f, 6, a, 100, room);                    /* b5 */
    add_occurrence(&f, 5, b, 50, room);                     /* b6 */
    rota__batch batch = { 0 };
    rota__booking *put = put_occurrence(&f, &batch, 4, a, 150); /* b7: long before its place */
    put->when = (rota_span){ 5, 3000 * DAY };
    put->status = ROTA_BOOKING_CANCELLED;
    claim_one(&f, put, other);
    commit(&f, &batch);

    rota__source sources[] = { { room, always }, { other, { 0, 6 } } };
    rota__booking_filter filter = { .when = always, .statuses = ALL_STATUSES, .part_of = a };
    ck_text(found_bookings(&f, &filter), "b7 b4 b5");
    filter.limit = 2;
    ck_text(found_bookings(&f, &filter), "b7 b4");
    filter.after = (rota_span){ 50, 55 };
    filter.after_id = id_of('B', 7);
    ck_text(found_bookings(&f, &filter), "b5");
    filter.after_id = id_of('B', 6);
    ck_text(found_bookings(&f, &filter), "b4 b5");
    filter.limit = 0;
    filter.after_id = (rota_id){ { 0 } };
    filter.longer = 5;
    ck_text(found_bookings(&f, &filter), "b7");
    filter.longer = 0;
    filter.statuses = 1u << ROTA_BOOKING_CONFIRMED;
    ck_text(found_bookings(&f, &filter), "b4 b5");
    filter.statuses = ALL_STATUSES;
    filter.when = (rota_span){ 54, 100 };
    ck_text(found_bookings(&f, &filter), "b7 b4");
    filter.sources = sources;
    filter.source_count = 2;
    ck_text(found_bookings(&f, &filter), "b7 b4");
    sources[1].when.end = 5;
    ck_text(found_bookings(&f, &filter), "b4");
    filter.source_count = 0;
    filter.recurring = true;
    ck_text(found_bookings(&f, &filter), "");
    filter.recurring = false;
    filter.part_of = b;
    ck_text(found_bookings(&f, &filter), "b6");
    filter.part_of = 999;
    ck_text(found_bookings(&f, &filter), "");
    fx_close(&f);
}
END_TEST

/* What it takes is not told by its span; a single one of it is a booking like any. */
START_TEST(the_second_guard_does_not_know_what_recurs)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_single(&f, 1);
    add_booking(&f, 1, 100, 200, room);
    int64_t series = add_series(&f, 2, 50, 1000, room);
    add_series(&f, 3, 50, 1000, room);
    add_booking(&f, 4, 300, 400, room);
    rota__batch moved = { 0 }, single = { 0 };
    change_booking(&f, &moved, series)->when = (rota_span){ 60, 2000 };
    commit(&f, &moved);
    claim_one(&f, put_occurrence(&f, &single, 5, series, 196), room);
    ck_refused(&f, &single, OVERLAP);
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

/* --- holds, keys, the feed, the whole --- */

START_TEST(a_hold_is_due_from_the_very_instant_it_lapses)
{
    static const rota_time lapse[] = { 30, 10, 20, 10 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    rota__batch batch = { 0 }, over = { 0 };
    for (int64_t i = 0; i < 4; i++) {
        rota__booking *put = put_booking(&f, &batch, 9 - i, 100, 200);
        claim_one(&f, put, room);
        put->status = ROTA_BOOKING_HELD;
        put->hold_expires = lapse[i];
    }
    commit(&f, &batch);
    add_booking(&f, 20, 1, 2, room);
    ck_text(found_holds(&f, 9, 10), "");
    ck_text(found_holds(&f, 10, 10), "b2 b4");
    ck_text(found_holds(&f, 19, 10), "b2 b4");
    ck_text(found_holds(&f, 20, 10), "b2 b4 b3");
    ck_text(found_holds(&f, 1000, 10), "b2 b4 b3 b1");
    ck_text(found_holds(&f, 1000, 3), "b2 b4 b3");
    ck_text(found_holds(&f, 1000, 1), "b2");

    change_booking(&f, &over, batch.bookings.items[1].row)->status = ROTA_BOOKING_EXPIRED;
    rota__booking *kept = change_booking(&f, &over, batch.bookings.items[3].row);
    kept->status = ROTA_BOOKING_CONFIRMED;
    kept->hold_expires = 0;
    commit(&f, &over);
    ck_text(found_holds(&f, 1000, 10), "b3 b1");
    fx_close(&f);
}
END_TEST

static int outcome_with_key(fx *f, const char *actor, const char *key, rota_time at,
                            rota_time horizon)
{
    rota__batch batch = { .key_horizon = horizon };
    put_event(f, &batch, at);
    put_key(f, &batch, actor, key, at);
    return outcome_of(f, &batch);
}

START_TEST(a_known_key_is_replayed_per_actor)
{
    fx f;
    fx_open(&f, _i);
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k1", 1000, 0), ROTA__COMMITTED);
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k1", 1001, 1), ROTA__REPLAYED);
    ck_assert_int_eq(outcome_with_key(&f, "", "k1", 1001, 1), ROTA__COMMITTED);
    ck_assert_int_eq(outcome_with_key(&f, "bob", "k1", 1001, 1), ROTA__COMMITTED);
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k2", 1001, 1), ROTA__COMMITTED);
    ck_assert_int_eq(outcome_with_key(&f, "", "k1", 1001, 1), ROTA__REPLAYED);
    rota__counts counts;
    ck_ok(&f, f.store->ops->counts(f.store, &f.env, &counts));
    ck_assert_int_eq(counts.events, 4);
    fx_close(&f);
}
END_TEST

START_TEST(a_known_key_is_replayed_though_the_batch_is_stale)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    for (int i = 0; i < 2; i++) {
        rota__batch batch = { 0 };
        put_guard(&f, &batch, room, 1, true);
        claim_one(&f, put_booking(&f, &batch, 1, 10, 20), room);
        put_key(&f, &batch, "ann", "k1", 1000);
        ck_assert_int_eq(outcome_of(&f, &batch), i ? ROTA__REPLAYED : ROTA__COMMITTED);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_key_at_the_horizon_gives_way_and_one_behind_it_does_not)
{
    fx f;
    fx_open(&f, _i);
    rota__key key;
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k1", 1000, 0), ROTA__COMMITTED);
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k1", 1999, 999), ROTA__REPLAYED);
    ck_ok(&f, f.store->ops->key_get(f.store, &f.env, "ann", "k1", &key));
    ck_assert_int_eq(key.at, 1000);
    ck_assert_int_eq(outcome_with_key(&f, "ann", "k1", 2000, 1000), ROTA__COMMITTED);
    ck_ok(&f, f.store->ops->key_get(f.store, &f.env, "ann", "k1", &key));
    ck_assert_int_eq(key.at, 2000);
    fx_close(&f);
}
END_TEST

START_TEST(keys_come_back_byte_for_byte)
{
    static const uint8_t answer[] = { 0, 1, 0xff, 0, 'x', 0 };
    static const uint64_t hashes[] = { 0, 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX };
    static const rota_time times[] = { 0, 1, ROTA_TIME_MIN + 1, ROTA_TIME_MAX, -1 };
    fx f;
    fx_open(&f, _i);
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        if (!odd_texts[i]) continue;
        rota__batch batch = { .key_horizon = ROTA_TIME_MIN };
        rota__key put = { .actor = odd_texts[i],
                          .key = odd_texts[i],
                          .hash = hashes[i % 5],
                          .at = times[i % 5],
                          .answer = answer,
                          .answer_size = 1 + i % (int64_t)sizeof answer };
        rota__key found;
        batch.key = &put;
        commit(&f, &batch);
        ck_ok(&f, f.store->ops->key_get(f.store, &f.env, put.actor, put.key, &found));
        paper a, b;
        paper_open(&a);
        paper_open(&b);
        write_key(a.to, &put);
        write_key(b.to, &found);
        paper_close(&a);
        ck_same(a.text, paper_close(&b));
    }
    fx_close(&f);
}
END_TEST

static int64_t due_at(fx *f, rota_time horizon, int64_t limit)
{
    int64_t count;
    ck_ok(f, f->store->ops->due_keys(f->store, &f->env, horizon, limit, &count));
    return count;
}

START_TEST(old_keys_are_counted_and_forgotten_a_few_at_a_time)
{
    fx f;
    fx_open(&f, _i);
    rota__key key;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(outcome_with_key(&f, "ann", textf(&f, "k%d", i), 100 + i, 0),
                         ROTA__COMMITTED);
    ck_assert_int_eq(due_at(&f, 99, 100), 0);
    ck_assert_int_eq(due_at(&f, 100, 100), 1);
    ck_assert_int_eq(due_at(&f, 105, 100), 6);
    ck_assert_int_eq(due_at(&f, 105, 4), 4);
    ck_assert_int_eq(due_at(&f, 1000, 100), 10);

    static const int64_t dropped[] = { 4, 2, 0 };
    for (int i = 0; i < 3; i++) {
        rota__batch batch = { .key_horizon = 105, .keys_dropped_max = 4 };
        commit(&f, &batch);
        ck_assert_int_eq(f.last.keys_dropped, dropped[i]);
    }
    ck_assert_int_eq(due_at(&f, 1000, 100), 4);
    ck_assert_int_eq(f.store->ops->key_get(f.store, &f.env, "ann", "k5", &key), ROTA_ENOTFOUND);
    ck_ok(&f, f.store->ops->key_get(f.store, &f.env, "ann", "k6", &key));
    rota__batch none = { .key_horizon = 1000 };
    commit(&f, &none);
    ck_assert_int_eq(f.last.keys_dropped, 0);
    ck_assert_int_eq(due_at(&f, 1000, 100), 4);
    fx_close(&f);
}
END_TEST

START_TEST(the_feed_counts_from_one_without_gaps)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), next = 1;
    for (int64_t i = 0; i < 12; i++) {
        rota__batch batch = { 0 };
        for (int64_t k = 0; k < i % 4; k++)
            put_event(&f, &batch, 100 - next - k);
        if (i % 3 == 2) { /* an attempt that fails takes no numbers */
            put_guard(&f, &batch, room, 99, false);
            ck_assert_int_eq(outcome_of(&f, &batch), ROTA__STALE);
            continue;
        }
        commit(&f, &batch);
        for (int64_t k = 0; k < i % 4; k++)
            ck_assert_int_eq(batch.events.items[k].seq, next + k);
        next += i % 4;
        ck_assert_int_eq(f.last.last_seq, next - 1);
    }
    rota__event *rows;
    int64_t count;
    ck_assert_int_eq(next, 13);
    for (int64_t after = 0; after < 15; after++)
        for (int64_t limit = 1; limit < 15; limit++) {
            int64_t left = after < 12 ? 12 - after : 0;
            ck_ok(&f, f.store->ops->feed(f.store, &f.env, after, limit, &rows, &count));
            ck_assert_int_eq(count, left < limit ? left : limit);
            for (int64_t i = 0; i < count; i++) {
                ck_assert_int_eq(rows[i].seq, after + 1 + i);
                ck_assert_int_eq(rows[i].at, 100 - rows[i].seq);
            }
        }
    fx_close(&f);
}
END_TEST

START_TEST(events_come_back_byte_for_byte)
{
    fx f;
    fx_open(&f, _i);
    rota__batch batch = { 0 };
    for (int64_t i = 0; i < ROTA__LENGTH(odd_texts); i++) {
        rota__event *put = put_event(&f, &batch, i);
        put->type = 1 + (int32_t)(i % ROTA_EVENT_LAST);
        put->at = i == 1 ? ROTA_TIME_MIN : i == 2 ? ROTA_TIME_MAX : i;
        put->actor = odd_texts[i];
        put->role = odd_texts[(i + 1) % ROTA__LENGTH(odd_texts)];
        put->trace = odd_texts[(i + 2) % ROTA__LENGTH(odd_texts)];
        put->before = odd_texts[(i + 3) % ROTA__LENGTH(odd_texts)];
        put->after = i == 3 ? long_text(&f, (int64_t)2 * ROTA_MAX_DATA) : odd_texts[i];
    }
    commit(&f, &batch);
    paper a, b;
    paper_open(&a);
    paper_open(&b);
    for (int64_t i = 0; i < batch.events.count; i++)
        write_event(a.to, &batch.events.items[i]);
    write_feed(&f, &f.env, b.to, 0, 100);
    paper_close(&a);
    ck_same(a.text, paper_close(&b));
    fx_close(&f);
}
END_TEST

/* --- who reads it --- */

START_TEST(a_consumer_moves_on_only_from_where_it_is)
{
    fx f;
    fx_open(&f, _i);
    rota__batch create = { 0 }, again = { 0 }, first = { 0 }, second = { 0 }, third = { 0 };
    put_consumer(&f, &create, "mailer", ROTA__CONSUMER_NEW, 0);
    commit(&f, &create);
    put_consumer(&f, &again, "mailer", ROTA__CONSUMER_NEW, 0);
    ck_refused(&f, &again, ROTA__STALE);
    put_event(&f, &first, 1);
    put_event(&f, &first, 2);
    rota__consumer *moved = put_consumer(&f, &first, "mailer", 0, 1);
    moved->created_at = 99; /* stays as it was */
    moved->changed_at = 20;
    commit(&f, &first);
    ck_text(found_consumers(&f), "mailer 1 since 7 moved 20");
    put_consumer(&f, &second, "mailer", 0, 2); /* decided before that */
    ck_refused(&f, &second, ROTA__STALE);
    put_consumer(&f, &third, "mailer", 1, 2);
    commit(&f, &third);
    ck_text(found_consumers(&f), "mailer 2 since 7 moved 8");
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

START_TEST(a_consumer_is_dropped_and_made_again_in_one_batch)
{
    fx f;
    fx_open(&f, _i);
    rota__batch create = { 0 }, again = { 0 }, gone = { 0 };
    put_consumer(&f, &create, "a", ROTA__CONSUMER_NEW, 0);
    put_consumer(&f, &create, "A", ROTA__CONSUMER_NEW, 0);
    commit(&f, &create);
    drop_consumer(&f, &again, "a");
    put_consumer(&f, &again, "a", ROTA__CONSUMER_NEW, 0)->created_at = 30;
    commit(&f, &again);
    ck_text(found_consumers(&f), "A 0 since 7 moved 8, a 0 since 30 moved 8");
    drop_consumer(&f, &gone, "a");
    drop_consumer(&f, &gone, "a");
    ck_refused(&f, &gone, ROTA__STALE);
    fx_close(&f);
}
END_TEST

START_TEST(consumers_come_back_byte_for_byte_in_the_order_of_bytes)
{
    fx f;
    fx_open(&f, _i);
    rota__batch batch = { 0 };
    const char *longest = long_text(&f, ROTA_MAX_NAME), *before = "";
    for (int64_t i = 1; i < ROTA__LENGTH(odd_texts); i++)
        put_consumer(&f, &batch, odd_texts[i], ROTA__CONSUMER_NEW, INT64_MAX - i)
            ->created_at = ROTA_TIME_MIN;
    put_consumer(&f, &batch, longest, ROTA__CONSUMER_NEW, 0)->changed_at = ROTA_TIME_MAX;
    commit(&f, &batch);
    for (int64_t i = 1; i < ROTA__LENGTH(odd_texts); i++) {
        rota__consumer found;
        ck_ok(&f, f.store->ops->consumer_get(f.store, &f.env, odd_texts[i], &found));
        ck_assert_str_eq(found.name, odd_texts[i]);
        ck_assert_int_eq(found.position, INT64_MAX - i);
        ck_assert_int_eq(found.created_at, ROTA_TIME_MIN);
        ck_assert_int_eq(found.changed_at, 8);
    }
    rota__consumer *rows;
    int64_t count;
    ck_ok(&f, f.store->ops->consumer_list(f.store, &f.env, &rows, &count));
    ck_assert_int_eq(count, ROTA__LENGTH(odd_texts));
    for (int64_t i = 0; i < count; before = rows[i++].name)
        ck_assert(i == 0 || strcmp(before, rows[i].name) < 0);
    fx_close(&f);
}
END_TEST

/* --- reminders --- */

/* Nothing is there but the state: the cursor, and one list. */
static void begin_reminding(fx *f, rota_time cursor, const int64_t *offsets, int64_t count)
{
    rota__batch batch = { 0 };
    begin_remind(f, &batch);
    batch.remind.state = (rota__reminder_state){ .cursor = cursor, .reached = cursor };
    put_list(f, &batch, ROTA__REMIND_ALL, 0, offsets, count);
    commit(f, &batch);
}

START_TEST(nothing_is_known_of_reminders_before_the_first_list)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    add_booking(&f, 1, 100, 200, room);
    add_series(&f, 2, 100, 200, room);
    rota__batch batch = { 0 };
    put_series(&f, &batch, 3, 100, 200);
    put_fresh(&f, &batch, 0, 100, 100);
    commit(&f, &batch);
    ck_text(found_reminders(&f), "v0 to 0 row 0, offsets, open none, dead none, noted, next, "
                                 "forgotten 0");
    fx_close(&f);
}
END_TEST

static bool any_list(fx *f, int32_t of)
{
    bool any;
    ck_ok(f, f->store->ops->reminder_any(f->store, &f->env, of, &any));
    return any;
}

START_TEST(lists_are_put_in_place_of_others_and_their_offsets_are_counted)
{
    static const int64_t some[] = { 0, 300, ROTA_MAX_BUFFER }, others[] = { 60, 300 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 100, 200, room);
    rota__reminder_list list;
    begin_reminding(&f, 0, some, 3);
    rota__batch batch = { 0 }, again = { 0 }, end = { 0 };
    begin_remind(&f, &batch);
    put_list(&f, &batch, ROTA__REMIND_RESOURCE, room, others, 2)->late = ROTA_LATE_COLLAPSE;
    put_list(&f, &batch, ROTA__REMIND_BOOKING, booking, NULL, 0)->late = ROTA_LATE_SEND;
    commit(&f, &batch);
    ck_ok(&f, f.store->ops->reminder_list(f.store, &f.env, ROTA__REMIND_ALL, 0, &list));
    ck_assert(list.count == 3 && list.late == ROTA_LATE_SKIP && list.late_secs == 300);
    ck_assert_mem_eq(list.offsets, some, sizeof some);
    ck_ok(&f, f.store->ops->reminder_list(f.store, &f.env, ROTA__REMIND_RESOURCE, room, &list));
    ck_assert(list.count == 2 && list.late == ROTA_LATE_COLLAPSE && list.subject == room);
    ck_ok(&f, f.store->ops->reminder_list(f.store, &f.env, ROTA__REMIND_BOOKING, booking, &list));
    ck_assert(list.count == 0 && list.late == ROTA_LATE_SEND);
    ck_assert_int_eq(f.store->ops->reminder_list(f.store, &f.env, ROTA__REMIND_BOOKING, booking + 1,
                                                 &list),
                     ROTA_ENOTFOUND);
    ck_assert(any_list(&f, ROTA__REMIND_ALL) && any_list(&f, ROTA__REMIND_RESOURCE) &&
              any_list(&f, ROTA__REMIND_BOOKING));
    ck_text(found_reminders(&f), "v2 to 0 row 0, offsets 0 60 300 31622400, open none, dead none, "
                                 "noted, next, forgotten 0");
    begin_remind(&f, &again);
    ck_assert_int_eq(again.remind.state.longest, ROTA_MAX_BUFFER);
    put_list(&f, &again, ROTA__REMIND_ALL, 0, others, 1);
    commit(&f, &again); /* 300 is still the room's */
    ck_text(found_reminders(&f), "v3 to 0 row 0, offsets 60 300, open none, dead none, noted, "
                                 "next, forgotten 0");
    begin_remind(&f, &end);
    ck_assert_int_eq(end.remind.state.longest, 300);
    put_list(&f, &end, ROTA__REMIND_RESOURCE, room, NULL, ROTA__REMIND_INHERIT);
    put_list(&f, &end, ROTA__REMIND_BOOKING, booking, NULL, ROTA__REMIND_INHERIT);
    commit(&f, &end);
    ck_assert_int_eq(f.store->ops->reminder_list(f.store, &f.env, ROTA__REMIND_BOOKING, booking,
                                                 &list),
                     ROTA_ENOTFOUND);
    ck_assert(any_list(&f, ROTA__REMIND_ALL) && !any_list(&f, ROTA__REMIND_RESOURCE) &&
              !any_list(&f, ROTA__REMIND_BOOKING));
    ck_text(found_reminders(&f), "v4 to 0 row 0, offsets 60, open none, dead none, noted, next, "
                                 "forgotten 0");
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

static void rebook(fx *f, int64_t row, rota_time start, int32_t status)
{
    rota__batch batch = { 0 };
    rota__booking *put = change_booking(f, &batch, row);
    put->when = (rota_span){ start, start + 10 };
    put->status = status;
    commit(f, &batch);
}

/* The cursor is at 1000, the longest offset is 50: what starts up to 1050 is noted. */
START_TEST(a_booking_whose_reminder_was_due_already_is_noted)
{
    static const int64_t offsets[] = { 20, 50 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    int64_t before = add_booking(&f, 1, 1040, 1050, room);
    begin_reminding(&f, 1000, offsets, 2);
    ck_text(found_notes(&f), ""); /* what is there is found by its start */
    rebook(&f, before, 1040, ROTA_BOOKING_CHECKED_IN);
    ck_text(found_notes(&f), "");
    rebook(&f, before, 1041, ROTA_BOOKING_CHECKED_IN);
    ck_text(found_notes(&f), " b1");
    add_booking(&f, 2, 1050, 1060, room);
    int64_t later = add_booking(&f, 3, 1051, 1060, room);
    ck_text(found_notes(&f), " b1 b2");
    add_booking(&f, 4, 1, 1060, room); /* it begins as it is made */
    add_booking(&f, 5, 0, 1060, room); /* it began before */
    ck_text(found_notes(&f), " b1 b2 b4");
    rota__batch held = { 0 };
    put_booking(&f, &held, 6, 1030, 1040)->status = ROTA_BOOKING_HELD;
    commit(&f, &held);
    ck_text(found_notes(&f), " b1 b2 b4");
    rebook(&f, held.bookings.items[0].row, 1030, ROTA_BOOKING_CONFIRMED);
    ck_text(found_notes(&f), " b1 b2 b4 b6");
    rebook(&f, later, 1050, ROTA_BOOKING_CANCELLED);
    ck_text(found_notes(&f), " b1 b2 b4 b6");
    rebook(&f, later, 1050, ROTA_BOOKING_CONFIRMED);
    ck_text(found_notes(&f), " b1 b2 b3 b4 b6");
    fx_close(&f);
}
END_TEST

START_TEST(an_occurrence_that_is_fresh_is_noted_of_its_series)
{
    static const int64_t offsets[] = { 50 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), series = add_series(&f, 1, 1000, 9000, room);
    begin_reminding(&f, 1000, offsets, 1);
    rota__batch batch = { 0 };
    put_booking(&f, &batch, 2, 5000, 6000);
    put_series(&f, &batch, 3, 5000, 6000);
    change_booking(&f, &batch, series);
    put_fresh(&f, &batch, 1, 1050, 1050);
    put_fresh(&f, &batch, 1, 1051, 1051);
    put_fresh(&f, &batch, 1, 1049, 1049);
    put_fresh(&f, &batch, 2, 2000, 1049); /* moved there */
    put_fresh(&f, &batch, 2, 1040, 1052);
    commit(&f, &batch);
    ck_text(found_notes(&f), " b1@2000 b3@1049 b3@1050");
    fx_close(&f);
}
END_TEST

START_TEST(notes_are_put_once_and_listed_by_time_booking_and_occurrence)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), a = add_series(&f, 1, 10, 20, room),
            b = add_series(&f, 2, 10, 20, room);
    rota__batch batch = { 0 };
    begin_remind(&f, &batch);
    put_note(&f, &batch, (rota__reminder_note){ 7, b, 3 });
    put_note(&f, &batch, (rota__reminder_note){ 8, a, 4 });
    put_note(&f, &batch, (rota__reminder_note){ 7, b, 2 });
    put_note(&f, &batch, (rota__reminder_note){ 7, a, 9 });
    put_note(&f, &batch, (rota__reminder_note){ 7, b, 3 });
    commit(&f, &batch);
    ck_text(found_notes(&f), " b1@9 b2@2 b2@3 b1@4");
    rota__reminder_note *rows;
    int64_t count;
    ck_ok(&f, f.store->ops->reminder_notes(f.store, &f.env, 7, 9, &rows, &count));
    ck_assert_int_eq(count, 3);
    ck_ok(&f, f.store->ops->reminder_notes(f.store, &f.env, 6, 9, &rows, &count));
    ck_assert_int_eq(count, 0);
    ck_ok(&f, f.store->ops->reminder_notes(f.store, &f.env, 8, 2, &rows, &count));
    ck_assert_int_eq(count, 2);
    ck_assert_int_eq(rows[1].occurrence, 2);
    fx_close(&f);
}
END_TEST

START_TEST(what_changes_a_series_makes_its_next_reminder_unknown)
{
    static const int64_t offsets[] = { 50 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), a = add_series(&f, 1, 10, 20, room),
            b = add_series(&f, 2, 10, 20, room), plain = add_booking(&f, 3, 10, 20, room);
    begin_reminding(&f, 0, offsets, 1);
    ck_text(found_next(&f), " b1@-62135596800 b2@-62135596800");
    rota__batch known = { 0 }, changed = { 0 }, of_one = { 0 }, of_room = { 0 }, look = { 0 };
    begin_remind(&f, &known);
    put_next(&f, &known, a, 500);
    put_next(&f, &known, b, 400);
    put_next(&f, &known, b, ROTA_TIME_MAX); /* it has none */
    commit(&f, &known);
    ck_text(found_next(&f), " b1@500");
    change_booking(&f, &changed, b)->title = "other";
    change_booking(&f, &changed, plain)->title = "other";
    commit(&f, &changed);
    ck_text(found_next(&f), " b2@-62135596800 b1@500");
    begin_remind(&f, &of_one);
    put_list(&f, &of_one, ROTA__REMIND_BOOKING, plain, offsets, 1);
    put_list(&f, &of_one, ROTA__REMIND_BOOKING, a, offsets, 1);
    put_next(&f, &of_one, b, 300);
    commit(&f, &of_one);
    ck_text(found_next(&f), " b1@-62135596800 b2@300");
    begin_remind(&f, &of_room);
    put_list(&f, &of_room, ROTA__REMIND_RESOURCE, room, offsets, 1);
    put_next(&f, &of_room, a, 600); /* lists go first */
    commit(&f, &of_room);
    ck_text(found_next(&f), " b2@-62135596800 b1@600");
    begin_remind(&f, &look);
    look.remind.look_again = true;
    commit(&f, &look);
    ck_text(found_next(&f), " b1@-62135596800 b2@-62135596800");
    fx_close(&f);
}
END_TEST

START_TEST(starts_are_listed_behind_a_place)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1);
    int64_t series = add_series(&f, 1, 100, 900, room);
    add_booking(&f, 2, 100, 100 + 40 * DAY, room);
    int64_t third = add_booking(&f, 3, 100, 101, room);
    int64_t fourth = add_booking(&f, 4, 90, 200, room);
    add_occurrence(&f, 5, series, 110, room);
    int64_t sixth = add_booking(&f, 6, 105, 106, room);
    rebook(&f, sixth, 105, ROTA_BOOKING_CANCELLED);
    rebook(&f, fourth, 90, ROTA_BOOKING_CHECKED_IN);
    ck_text(found_starts(&f, 0, 0, ROTA_TIME_MAX, 9), " b4@90 b2@100 b3@100 b5@110");
    ck_text(found_starts(&f, 90, 0, 110, 9), " b4@90 b2@100 b3@100 b5@110");
    ck_text(found_starts(&f, 90, fourth, 109, 9), " b2@100 b3@100");
    ck_text(found_starts(&f, 100, third - 1, 110, 9), " b3@100 b5@110");
    ck_text(found_starts(&f, 100, INT64_MAX, 110, 9), " b5@110");
    ck_text(found_starts(&f, 0, 0, ROTA_TIME_MAX, 2), " b4@90 b2@100");
    rota__starting *rows;
    int64_t count;
    ck_ok(&f, f.store->ops->reminder_starts(f.store, &f.env, 109, 0, 110, 9, &rows, &count));
    ck_assert_int_eq(count, 1);
    ck_assert(rows->part_of == series && rows->occurrence == 110 && rows->claim_count == 1);
    ck_assert(rows->claims[0].resource == room && rows->when.end == 115);
    fx_close(&f);
}
END_TEST

/* Reminder n is due at an hour; 8, 1, 2, ... are in the order of that: see reminder_of(). */
START_TEST(a_reminder_is_open_from_the_instant_its_lease_ends)
{
    enum { NOW = 1000 };
    enum { LONGEST = NOW + 60 + ROTA_MAX_LEASE }; /* another clock may be so much ahead */
    static const rota_time until[] = { NOW, NOW + 1, ROTA_TIME_MIN, NOW - 1, LONGEST, LONGEST + 1 };
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 10, 20, room);
    rota__batch batch = { 0 }, done = { 0 };
    begin_remind(&f, &batch);
    for (int64_t i = 0; i < ROTA__LENGTH(until); i++)
        put_reminder(&f, &batch, 7 * (6 - i), booking, room)->until = until[i];
    commit(&f, &batch);
    ck_text(found_open(&f, NOW, 9), ", open 7 21 28 42");
    ck_text(found_open(&f, NOW + 1, 9), ", open 21 28 35 42");
    ck_text(found_open(&f, NOW - 1, 9), ", open 7 14 21 28");
    ck_text(found_open(&f, NOW, 2), ", open 7 21");
    begin_remind(&f, &done);
    put_reminder(&f, &done, 7, booking, room)->state = ROTA__REMINDER_DONE;
    put_reminder(&f, &done, 28, booking, room)->state = ROTA_REMINDER_DEAD;
    commit(&f, &done);
    ck_text(found_open(&f, NOW, 9), ", open 21 42");
    fx_close(&f);
}
END_TEST

START_TEST(of_a_reminder_only_what_became_of_it_changes)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), other = add_resource(&f, 2);
    int64_t booking = add_booking(&f, 1, 10, 20, room);
    rota_id id = reminder_of(1).id;
    rota__reminder found;
    rota__batch batch = { 0 }, again = { 0 };
    begin_remind(&f, &batch);
    put_reminder(&f, &batch, 1, booking, room)->occurrence = 77;
    commit(&f, &batch);
    begin_remind(&f, &again);
    rota__reminder *put = put_reminder(&f, &again, 1, booking, other);
    put->state = ROTA_REMINDER_DEAD;
    put->attempt = 9;
    put->until = 12345;
    put->start++;
    commit(&f, &again);
    ck_ok(&f, f.store->ops->reminder_get(f.store, &f.env, &id, &found));
    ck_assert_int_eq(number_of(&found), 1);
    ck_assert(found.booking == booking && found.resource == room && found.occurrence == 77);
    ck_assert(found.state == ROTA_REMINDER_DEAD && found.attempt == 9 && found.until == 12345);
    fx_close(&f);
}
END_TEST

START_TEST(dead_ones_are_listed_by_id_behind_one)
{
    static const rota_id none;
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 10, 20, room);
    rota_id second = reminder_of(2).id;
    rota__batch batch = { 0 };
    begin_remind(&f, &batch);
    for (int64_t n = 4; n > 0; n--)
        put_reminder(&f, &batch, n, booking, room)->state = n == 3 ? ROTA__REMINDER_DONE
                                                                   : ROTA_REMINDER_DEAD;
    commit(&f, &batch);
    ck_text(found_dead(&f, &none, 9), ", dead 1 2 4");
    ck_text(found_dead(&f, &none, 2), ", dead 1 2");
    ck_text(found_dead(&f, &second, 9), ", dead 4");
    fx_close(&f);
}
END_TEST

START_TEST(old_reminders_are_counted_and_forgotten_a_few_at_a_time)
{
    fx f;
    fx_open(&f, _i);
    int64_t room = add_resource(&f, 1), booking = add_booking(&f, 1, 10, 20, room), old;
    rota__batch batch = { 0 }, none = { 0 }, two = { 0 }, rest = { 0 };
    begin_remind(&f, &batch);
    for (int64_t n = 5; n > 0; n--)
        put_reminder(&f, &batch, n, booking, room)->state = n == 2 ? ROTA_REMINDER_OPEN
                                                                   : ROTA__REMINDER_DONE;
    commit(&f, &batch);
    rota_time horizon = reminder_of(5).start; /* not before itself */
    ck_ok(&f, f.store->ops->reminder_old(f.store, &f.env, horizon, 9, &old));
    ck_assert_int_eq(old, 3);
    ck_ok(&f, f.store->ops->reminder_old(f.store, &f.env, horizon, 2, &old));
    ck_assert_int_eq(old, 2);
    none.reminders_horizon = two.reminders_horizon = rest.reminders_horizon = horizon;
    commit(&f, &none);
    ck_assert_int_eq(f.last.reminders_dropped, 0);
    two.reminders_dropped_max = 2;
    commit(&f, &two);
    ck_assert_int_eq(f.last.reminders_dropped, 2);
    rota_id third = reminder_of(3).id, fourth = reminder_of(4).id;
    rota__reminder found;
    ck_assert_int_eq(f.store->ops->reminder_get(f.store, &f.env, &third, &found), ROTA_ENOTFOUND);
    ck_ok(&f, f.store->ops->reminder_get(f.store, &f.env, &fourth, &found));
    rest.reminders_dropped_max = 100;
    commit(&f, &rest);
    ck_assert_int_eq(f.last.reminders_dropped, 1);
    ck_text(found_open(&f, 0, 9), ", open 2");
    ck_ok(&f, f.store->ops->reminder_old(f.store, &f.env, ROTA_TIME_MAX, 9, &old));
    ck_assert_int_eq(old, 1);
    fx_close(&f);
}
END_TEST

START_TEST(counts_leave_out_removed_resources_and_nothing_else)
{
    fx f;
    fx_open(&f, _i);
    rota__counts counts;
    ck_ok(&f, f.store->ops->counts(f.store, &f.env, &counts));
    ck_assert(counts.resources == 0 && counts.bookings == 0 && counts.events == 0);
    world w = make_world(&f);
    rota__batch cancel = { 0 }, asleep = { 0 };
    change_booking(&f, &cancel, w.booking)->status = ROTA_BOOKING_CANCELLED;
    commit(&f, &cancel);
    change_resource(&f, &asleep, w.a)->active = false;
    commit(&f, &asleep);
    ck_ok(&f, f.store->ops->counts(f.store, &f.env, &counts));
    ck_assert_int_eq(counts.resources, 2);
    ck_assert_int_eq(counts.bookings, 3);
    ck_assert_int_eq(counts.events, 1);
    fx_close(&f);
}
END_TEST

START_TEST(a_healthy_store_passes_its_check)
{
    fx f;
    fx_open(&f, _i);
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    make_world(&f);
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    fx_close(&f);
}
END_TEST

START_TEST(a_checkpoint_changes_nothing_that_can_be_seen)
{
    fx f;
    fx_open(&f, _i);
    ck_ok(&f, f.store->ops->checkpoint(f.store, &f.env));
    make_world(&f);
    char *before = dump(&f);
    ck_ok(&f, f.store->ops->checkpoint(f.store, &f.env));
    ck_same(before, dump(&f));
    fx_close(&f);
}
END_TEST

enum { OPERATIONS = 32 };

static int operate_reminders(fx *f, int number, int64_t room)
{
    static const rota_id none;
    const rota__store_ops *ops = f->store->ops;
    rota_id id = reminder_of(1).id;
    rota__reminder_state state;
    rota__reminder_list list;
    rota__reminder one, *rows;
    rota__reminder_note *notes;
    rota__reminder_next *next;
    rota__starting *bookings;
    int64_t *offsets, count;
    bool any;
    switch (number) {
    case 0:
        return ops->reminder_state(f->store, &f->env, &state);
    case 1:
        return ops->reminder_list(f->store, &f->env, ROTA__REMIND_RESOURCE, room, &list);
    case 2:
        return ops->reminder_offsets(f->store, &f->env, &offsets, &count);
    case 3:
        return ops->reminder_get(f->store, &f->env, &id, &one);
    case 4:
        return ops->reminder_open(f->store, &f->env, ROTA_TIME_MAX, 9, &rows, &count);
    case 5:
        return ops->reminder_dead(f->store, &f->env, &none, 9, &rows, &count);
    case 6:
        return ops->reminder_notes(f->store, &f->env, ROTA_TIME_MAX, 9, &notes, &count);
    case 7:
        return ops->reminder_next(f->store, &f->env, ROTA_TIME_MAX, 9, &next, &count);
    case 8:
        return ops->reminder_starts(f->store, &f->env, 0, 0, ROTA_TIME_MAX, 9, &bookings, &count);
    case 9:
        return ops->reminder_any(f->store, &f->env, ROTA__REMIND_RESOURCE, &any);
    default:
        return ops->reminder_old(f->store, &f->env, ROTA_TIME_MAX, 9, &count);
    }
}

/* Each operation but the commit, by number, with nothing wrong about it. */
static int operate(fx *f, int number, int64_t room)
{
    const rota__store_ops *ops = f->store->ops;
    rota__by by_room = { .row = room }, by_booking = { .row = f->bookings.rows[0] };
    rota__resource_filter resources = { 0 };
    rota__booking_filter bookings = { .when = always, .statuses = ALL_STATUSES };
    union {
        rota__resource resource;
        rota__booking booking;
        rota__timeline_rows timeline;
        rota__key key;
        rota__consumer consumer;
        rota__counts counts;
        uint64_t token;
        int64_t number;
    } out;
    rota__resource *resource_rows;
    rota__booking *booking_rows;
    rota__member *member_rows;
    rota__event *event_rows;
    rota__consumer *consumer_rows;
    int64_t count;
    switch (number) {
    case 0:
        return ops->changed(f->store, &f->env, &out.token);
    case 1:
        return ops->stamp(f->store, &f->env, room, &out.number);
    case 2:
        return ops->timeline(f->store, &f->env, room, &out.timeline);
    case 3:
        return ops->resource_get(f->store, &f->env, &by_room, &out.resource);
    case 4:
        return ops->resource_list(f->store, &f->env, &resources, &resource_rows, &count);
    case 5:
        return ops->member_list(f->store, &f->env, room, 0, &member_rows, &count);
    case 6:
        return ops->booking_get(f->store, &f->env, &by_booking, &out.booking);
    case 7:
        return ops->booking_list(f->store, &f->env, &bookings, &booking_rows, &count);
    case 8:
        return ops->due_holds(f->store, &f->env, 1, 1, &booking_rows, &count);
    case 9:
        return ops->due_keys(f->store, &f->env, 1, 1, &count);
    case 10:
        return ops->key_get(f->store, &f->env, "ann", "k0", &out.key);
    case 11:
        return ops->feed(f->store, &f->env, 0, 1, &event_rows, &count);
    case 12:
        return ops->counts(f->store, &f->env, &out.counts);
    case 13:
        return ops->check(f->store, &f->env);
    case 14:
        return ops->consumer_get(f->store, &f->env, "mailer", &out.consumer);
    case 15:
        return ops->consumer_list(f->store, &f->env, &consumer_rows, &count);
    case 16:
        bookings.recurring = true;
        return ops->booking_list(f->store, &f->env, &bookings, &booking_rows, &count);
    case 17:
        bookings.part_of = f->bookings.rows[1];
        return ops->booking_list(f->store, &f->env, &bookings, &booking_rows, &count);
    case 18:
        by_booking = (rota__by){ .part_of = f->bookings.rows[1], .occurrence = 310 };
        return ops->booking_get(f->store, &f->env, &by_booking, &out.booking);
    case 19:
        return ops->checkpoint(f->store, &f->env);
    case 20:
        return ops->group_next(f->store, &f->env, room, &out.number);
    default:
        return operate_reminders(f, number - 21, room);
    }
}

/* Each allocation of each read in turn. */
START_TEST(reads_that_run_out_of_memory_say_so_and_can_be_repeated)
{
    fx f;
    fx_open(&f, _i);
    world w = make_world(&f);
    char *before = dump(&f);
    int64_t failures = 0;
    for (int number = 0; number < OPERATIONS; number++) {
        int rc = ROTA_ENOMEM;
        for (int64_t n = 1; rc != ROTA_OK; n++) {
            rota__arena small; /* fresh, so that the allocations of a read are its own */
            rota__arena_init(&small, &f.mem);
            f.env.arena = &small;
            f.error.code = ROTA_OK;
            f.fail_in = n;
            rc = operate(&f, number, w.a);
            f.fail_in = 0;
            f.env.arena = &f.arena;
            rota__arena_free(&small);
            ck_assert(rc == ROTA_OK || rc == ROTA_ENOMEM);
            ck_assert_int_eq(f.error.code, rc);
            failures += rc != ROTA_OK;
            ck_assert_int_lt(n, 1000);
        }
    }
    ck_assert_int_ge(failures, 21); /* so many reads answer with rows */
    ck_same(before, dump(&f));
    fx_close(&f);
}
END_TEST

START_TEST(opening_runs_out_of_memory_without_a_trace)
{
    fx f;
    fx_open(&f, _i);
    f.store->ops->close(f.store);
    int64_t n = 0;
    int rc;
    do {
        int64_t held;
        rota__arena_free(&f.arena);
        held = f.mem.held;
        f.store = NULL;
        f.fail_in = ++n;
        rc = open_store(&f);
        f.fail_in = 0;
        if (rc == ROTA_OK) break;
        ck_assert_int_eq(rc, ROTA_ENOMEM);
        ck_assert_ptr_null(f.store);
        rota__arena_free(&f.arena);
        ck_assert_int_eq(f.mem.held, held);
        ck_assert_int_lt(n, 1000);
    } while (true);
    ck_assert_int_gt(n, 1);
    add_resource(&f, 1);
    fx_close(&f);
}
END_TEST

START_TEST(own_commits_are_no_news)
{
    fx f;
    fx_open(&f, _i);
    uint64_t first, second;
    ck_ok(&f, f.store->ops->changed(f.store, &f.env, &first));
    make_world(&f);
    ck_ok(&f, f.store->ops->changed(f.store, &f.env, &second));
    ck_assert_uint_eq(first, second);
    fx_close(&f);
}
END_TEST

/* Where there are turns. */
START_TEST(a_token_is_another_one_after_every_commit)
{
    fx f;
    uint64_t tokens[6];
    fx_open(&f, _i);
    const rota__turn_ops *turns = f.store->ops->turns;
    for (int64_t i = 0; turns && i < ROTA__LENGTH(tokens); i++) {
        add_resource(&f, i);
        tokens[i] = turns->token(f.store);
        ck_assert_uint_eq(turns->token(f.store), tokens[i]);
        for (int64_t k = 0; k < i; k++)
            ck_assert_uint_ne(tokens[k], tokens[i]);
    }
    fx_close(&f);
}
END_TEST

/* --- a file --- */

START_TEST(what_was_committed_is_there_when_the_file_is_opened_again)
{
    fx f;
    fx_open(&f, SQLITE_FILE);
    make_world(&f);
    char *before = dump(&f);
    reopen(&f);
    ck_same(before, dump(&f));
    ck_ok(&f, f.store->ops->check(f.store, &f.env));
    add_resource(&f, 77);
    fx_close(&f);
}
END_TEST

START_TEST(two_stores_on_one_file_see_each_others_commits)
{
    fx f, g;
    fx_open(&f, SQLITE_FILE);
    fx_open(&g, MEMORY);
    g.store->ops->close(g.store);
    ck_ok(&g, open_sqlite(&g, f.path));
    uint64_t before, after, again;
    ck_ok(&g, g.store->ops->changed(g.store, &g.env, &before));
    int64_t room = add_resource(&f, 1);
    ck_ok(&g, g.store->ops->changed(g.store, &g.env, &after));
    ck_ok(&g, g.store->ops->changed(g.store, &g.env, &again));
    ck_assert_uint_ne(before, after);
    ck_assert_uint_eq(after, again);
    ck_assert_str_eq(resource_at(&g, room).name, "room 1");

    rota__batch first = { 0 }, second = { 0 };
    put_guard(&g, &first, room, 1, true);
    put_guard(&f, &second, room, 1, true);
    commit(&g, &first);
    ck_assert_int_eq(outcome_of(&f, &second), ROTA__STALE);
    ck_assert_int_eq(stamp_of(&f, room), 2);
    fx_close(&g);
    fx_close(&f);
}
END_TEST

/* --- the same random life for two stores --- */

typedef struct twins {
    fx a, b; /* a is the model */
    uint64_t rng;
    rota_time clock;
    int64_t outcomes[OUTCOMES - 1]; /* seen, by outcome */
    bool spoiled;
} twins;

static const char *const kinds[] = { "room", "person", "desk" };
static const char *const some_tags[] = { "a", "b", "c", "d", "e" };

static int64_t any_row(twins *t, const struct places *places)
{
    return places->count ? places->rows[upto(&t->rng, places->count)] : 0;
}

static rota_span any_span(twins *t)
{
    rota_time start = 2000000000 + upto(&t->rng, 400) * HOUR;
    int64_t length = chance(&t->rng, 80) ? HOUR * (1 + upto(&t->rng, 9))
                                         : lengths[upto(&t->rng, ROTA__LENGTH(lengths))];
    return (rota_span){ start, start + length };
}

static const char *any_text(twins *t)
{
    return odd_texts[upto(&t->rng, ROTA__LENGTH(odd_texts))];
}

static const void *any_bytes(twins *t, int64_t *size)
{
    *size = 1 + upto(&t->rng, 40);
    uint8_t *bytes = rota__arena_alloc(&t->a.arena, *size, 1);
    ck_assert_ptr_nonnull(bytes);
    for (int64_t i = 0; i < *size; i++)
        bytes[i] = (uint8_t)upto(&t->rng, 256);
    return bytes;
}

static void shape_resource(twins *t, rota__resource *put)
{
    uint64_t *rng = &t->rng;
    const char **tags = rota__arena_alloc(&t->a.arena, ROTA__LENGTH(some_tags),
                                          (int64_t)sizeof *tags);
    ck_assert_ptr_nonnull(tags);
    put->tag_count = 0;
    for (int64_t i = 0; i < ROTA__LENGTH(some_tags); i++)
        if (chance(rng, 30)) tags[put->tag_count++] = some_tags[i];
    put->tags = tags;
    put->ref = chance(rng, 40) ? textf(&t->a, "ref %" PRId64, upto(rng, 300)) : NULL;
    put->kind = kinds[upto(rng, 3)];
    put->name = textf(&t->a, "name %" PRId64, upto(rng, 1000));
    put->zone = chance(rng, 50) ? "UTC" : "Europe/Berlin";
    put->data = any_text(t);
    put->parent = chance(rng, 40) ? any_row(t, &t->a.resources) : 0;
    put->capacity = chance(rng, 30) ? 1 : 2 + (int32_t)upto(rng, 5);
    put->before = (int32_t)upto(rng, 900);
    put->after = (int32_t)upto(rng, 900);
    put->active = chance(rng, 90);
    put->hours = NULL;
    put->hours_size = 0;
    if (chance(rng, 50)) put->hours = any_bytes(t, &put->hours_size);
}

static void shape_claims(twins *t, rota__booking *put)
{
    put->claim_count = 0;
    for (int64_t n = 1 + upto(&t->rng, 4), i = 0; i < n; i++) {
        rota__claim claim = { .resource = any_row(t, &t->a.resources),
                              .units = 1 + (int32_t)upto(&t->rng, 3),
                              .role = (int32_t)upto(&t->rng, 3),
                              .flags = chance(&t->rng, 15) };
        bool there = claim.resource == 0;
        for (int64_t k = 0; k < put->claim_count; k++)
            there = there || put->claims[k].resource == claim.resource;
        if (!there) add_claim(&t->a, put, claim);
    }
}

static void shape_booking(twins *t, rota__booking *put, bool fresh)
{
    uint64_t *rng = &t->rng;
    if (fresh || chance(rng, 40)) put->when = any_span(t);
    if (fresh || chance(rng, 30)) shape_claims(t, put);
    if (fresh || chance(rng, 60)) put->status = 1 + (int32_t)upto(rng, 6);
    bool hold = put->status == ROTA_BOOKING_HELD || put->status == ROTA_BOOKING_EXPIRED;
    put->hold_expires = hold ? t->clock + upto(rng, 1000) : 0;
    if (chance(rng, 30)) put->title = any_text(t);
    if (chance(rng, 30)) put->data = any_text(t);
    put->priority = (int32_t)upto(rng, 7) - 3;
    put->changed_at = t->clock;
}

/* What recurs and what is a single one of that, at instants that come again. */
static void shape_series(twins *t, rota__booking *put)
{
    fx *f = &t->a;
    int64_t of = any_row(t, &f->bookings);
    if (chance(&t->rng, 15)) {
        put->series = any_bytes(t, &put->series_size);
        if (chance(&t->rng, 50)) put->when.end = ROTA_TIME_MAX;
    } else if (of != 0 && booking_at(f, of).series && chance(&t->rng, 80)) {
        put->part_of = of;
        put->occurrence = upto(&t->rng, 6) * DAY;
    }
}

static void random_resources(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    if (f->resources.count < 8 || (f->resources.count < 90 && chance(rng, 15))) {
        rota_id known = f->resources.count ? resource_at(f, any_row(t, &f->resources)).id
                                           : id_of('R', 0);
        rota__resource *put = put_resource(f, batch, upto(rng, INT64_C(1) << 40));
        shape_resource(t, put);
        if (chance(rng, 5)) put->id = known;
    }
    if (f->resources.count > 0 && chance(rng, 15)) {
        rota__resource *put = change_resource(f, batch, any_row(t, &f->resources));
        shape_resource(t, put);
        if (chance(rng, 10)) put->removed = !put->removed;
        if (chance(rng, 8)) put->version += upto(rng, 2) ? 1 : -1;
    }
}

static void random_bookings(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    for (int64_t n = upto(rng, 3); n > 0; n--) {
        rota__booking *put = put_booking(f, batch, upto(rng, INT64_C(1) << 40), 0, 0);
        put->ref = chance(rng, 30) ? textf(f, "ref %" PRId64, upto(rng, 3000)) : NULL;
        put->created_at = t->clock;
        shape_booking(t, put, true);
        shape_series(t, put);
    }
    int64_t row = any_row(t, &f->bookings);
    if (row != 0 && chance(rng, 50)) {
        rota__booking *put = change_booking(f, batch, row);
        shape_booking(t, put, false);
        if (chance(rng, 30)) put->series = any_bytes(t, &put->series_size);
        if (chance(rng, 5)) put->series = NULL;
        if (chance(rng, 10)) put->part_of = row;
        if (chance(rng, 10)) put->occurrence++;
        if (chance(rng, 8)) put->version += upto(rng, 2) ? 1 : -1;
    }
}

static void random_members(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    int64_t group = any_row(t, &f->resources), member = any_row(t, &f->resources);
    if (group == 0) return;
    if (group != member && chance(rng, 20)) {
        rota_time start = upto(rng, 6) * DAY;
        put_stay(f, batch, stay_of(group, member, start, start + DAY * (1 + upto(rng, 9))));
    }
    rota__member *stays;
    int64_t count;
    ck_ok(f, f->store->ops->member_list(f->store, &f->env, group, 0, &stays, &count));
    if (count == 0 || chance(rng, 70)) return;
    rota__member stay = stays[upto(rng, count)];
    if (chance(rng, 5)) stay.when.start++; /* there is none */
    drop_stay(f, batch, stay);
    if (chance(rng, 50) && batch->members_put.count == 0) {
        stay.when.end += HOUR;
        put_stay(f, batch, stay);
    }
}

static void random_guards(twins *t, rota__batch *batch)
{
    for (int64_t n = upto(&t->rng, 4); n > 0; n--) {
        int64_t row = any_row(t, &t->a.resources);
        bool there = row == 0;
        for (int64_t i = 0; i < batch->guards.count; i++)
            there = there || batch->guards.items[i].resource == row;
        if (there) continue;
        int64_t off = chance(&t->rng, 4) ? 1 : 0;
        put_guard(&t->a, batch, row, stamp_of(&t->a, row) + off, chance(&t->rng, 60));
    }
}

static void random_consumers(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    const char *name = textf(f, "c%" PRId64, upto(rng, 6));
    rota__consumer known = { .position = ROTA__CONSUMER_NEW };
    rota__counts counts;
    int rc = f->store->ops->consumer_get(f->store, &f->env, name, &known);
    ck_assert(rc == ROTA_OK || rc == ROTA_ENOTFOUND);
    ck_ok(f, f->store->ops->counts(f->store, &f->env, &counts));
    if (rc == ROTA_OK ? chance(rng, 5) : chance(rng, 1)) drop_consumer(f, batch, name);
    if (!chance(rng, 25)) return;
    if (chance(rng, 4)) known.position = upto(rng, 50) - 1; /* mostly not where it is */
    put_consumer(f, batch, name, known.position, upto(rng, counts.events + 1))
        ->changed_at = t->clock;
}

static void random_rest(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    for (int64_t n = upto(rng, 4); n > 0; n--) {
        rota__event *put = put_event(&t->a, batch, upto(rng, 1000));
        put->type = 1 + (int32_t)upto(rng, ROTA_EVENT_LAST);
        put->at = t->clock;
        put->actor = any_text(t);
        put->trace = any_text(t);
        put->before = any_text(t);
    }
    random_consumers(t, batch);
    batch->key_horizon = t->clock - 1500;
    if (chance(rng, 25))
        put_key(&t->a, batch, actors[upto(rng, ACTORS)], textf(&t->a, "k%" PRId64, upto(rng, KEYS)),
                t->clock);
    else if (chance(rng, 10))
        batch->keys_dropped_max = 1 + upto(rng, 3);
}

static void random_list(twins *t, rota__remind *remind)
{
    static const int64_t some[] = { 0, 300, HOUR, DAY, 7 * DAY, ROTA_MAX_BUFFER };
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    int64_t *offsets = rota__arena_alloc(&f->arena, ROTA__LENGTH(some), (int64_t)sizeof *offsets);
    rota__reminder_list *put = ROTA__PUSH(&f->arena, &remind->lists);
    ck_assert(offsets && put);
    *put = (rota__reminder_list){ .of = (int32_t)upto(rng, 3),
                                  .late = (int32_t)upto(rng, 3),
                                  .late_secs = upto(rng, 1000),
                                  .offsets = offsets };
    for (int64_t i = 0; i < ROTA__LENGTH(some); i++)
        if (chance(rng, i == ROTA__LENGTH(some) - 1 ? 5 : 40)) offsets[put->count++] = some[i];
    if (chance(rng, 30)) put->count = ROTA__REMIND_INHERIT;
    if (put->of == ROTA__REMIND_RESOURCE) put->subject = any_row(t, &f->resources);
    if (put->of == ROTA__REMIND_BOOKING) put->subject = any_row(t, &f->bookings);
}

/* Of one that is there the booking may not change, nor whom it concerns. */
static void random_reminder(twins *t, rota__remind *remind)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    rota__reminder r = reminder_of(upto(rng, REMINDERS)), known;
    bool there = f->store->ops->reminder_get(f->store, &f->env, &r.id, &known) == ROTA_OK;
    if (there ? chance(rng, 15) : chance(rng, 2)) {
        rota_id *dropped = ROTA__PUSH(&f->arena, &remind->dropped);
        ck_assert_ptr_nonnull(dropped);
        *dropped = r.id;
        return;
    }
    rota__reminder *put = ROTA__PUSH(&f->arena, &remind->put);
    ck_assert_ptr_nonnull(put);
    r.booking = any_row(t, &f->bookings);
    r.resource = any_row(t, &f->resources);
    r.occurrence = upto(rng, 3) * DAY;
    r.state = 1 + (int32_t)upto(rng, 3);
    r.attempt = (int32_t)upto(rng, 10);
    if (chance(rng, 70)) r.until = t->clock + upto(rng, 2000) - 1000;
    if (chance(rng, 10)) r.until = t->clock + 60 + ROTA_MAX_LEASE + upto(rng, 3) - 1;
    *put = r;
}

static void random_note(twins *t, rota__remind *remind)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    rota__reminder_note *rows;
    int64_t count;
    ck_ok(f, f->store->ops->reminder_notes(f->store, &f->env, ROTA_TIME_MAX, 30, &rows, &count));
    if (count > 0 && chance(rng, 60)) {
        rota__reminder_note *dropped = ROTA__PUSH(&f->arena, &remind->notes_dropped);
        ck_assert_ptr_nonnull(dropped);
        *dropped = rows[upto(rng, count)];
        if (chance(rng, 4)) dropped->occurrence++; /* there is none */
    }
    if (chance(rng, 40)) return;
    rota__reminder_note *put = ROTA__PUSH(&f->arena, &remind->notes_put);
    ck_assert_ptr_nonnull(put);
    *put = (rota__reminder_note){ .at = chance(rng, 30) ? ROTA_TIME_MIN : any_span(t).start,
                                  .booking = any_row(t, &f->bookings),
                                  .occurrence = upto(rng, 3) * DAY };
}

static void random_next(twins *t, rota__remind *remind)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    int64_t row = any_row(t, &f->bookings);
    if (!booking_at(f, row).series) return;
    rota__reminder_next *put = ROTA__PUSH(&f->arena, &remind->next);
    ck_assert_ptr_nonnull(put);
    *put = (rota__reminder_next){ row, chance(rng, 20) ? ROTA_TIME_MAX : any_span(t).start };
}

static void random_fresh(twins *t, rota__batch *batch)
{
    rota__fresh *put = ROTA__PUSH(&t->a.arena, &batch->fresh);
    ck_assert_ptr_nonnull(put);
    *put = (rota__fresh){ .booking = upto(&t->rng, batch->bookings.count),
                          .occurrence = upto(&t->rng, 6) * DAY,
                          .start = any_span(t).start };
}

static void random_reminders(twins *t, rota__batch *batch)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    rota__remind *remind = &batch->remind;
    for (int64_t n = 0; batch->bookings.count > 0 && n < 3 && chance(rng, 20); n++)
        random_fresh(t, batch);
    if (chance(rng, 10)) {
        batch->reminders_horizon = any_span(t).start;
        batch->reminders_dropped_max = 1 + upto(rng, 3);
    }
    if (f->bookings.count == 0 || !chance(rng, 40)) return;
    ck_ok(f, f->store->ops->reminder_state(f->store, &f->env, &remind->state));
    remind->on = true;
    remind->was = remind->state.version + chance(rng, 2);
    remind->look_again = chance(rng, 5);
    if (remind->was == 0 || chance(rng, 50))
        remind->state = (rota__reminder_state){ .cursor = any_span(t).start,
                                                .cursor_row = upto(rng, 1000),
                                                .reached = any_span(t).start };
    for (int64_t n = chance(rng, 15) ? 1 + upto(rng, 2) : 0; n > 0; n--)
        random_list(t, remind);
    for (int64_t n = upto(rng, 4); n > 0; n--)
        random_reminder(t, remind);
    random_note(t, remind);
    random_next(t, remind);
    rota__counts counts;
    ck_ok(f, f->store->ops->counts(f->store, &f->env, &counts));
    if (chance(rng, 20)) batch->ends_at = counts.events + chance(rng, 4);
}

/* The same batch in the other store's rows. */
static void translate(twins *t, const rota__batch *from, rota__batch *to)
{
#define COPY(list)                                                                               \
    do {                                                                                         \
        to->list = from->list;                                                                   \
        to->list.items = rota__arena_copy(&t->b.arena, from->list.items,                         \
                                          from->list.count * (int64_t)sizeof *from->list.items); \
        ck_assert(to->list.items || from->list.count == 0);                                      \
    } while (0)
    const struct places *old = &t->a.resources, *now = &t->b.resources;
    const struct places *was = &t->a.bookings, *is = &t->b.bookings;
#define ROW(row) ((row) == 0 ? 0 : now->rows[place_of(old, (row)) - 1])
#define BOOKED(row) ((row) == 0 ? 0 : is->rows[place_of(was, (row)) - 1])
    *to = *from;
    COPY(guards);
    COPY(resources);
    COPY(bookings);
    COPY(members_put);
    COPY(members_dropped);
    COPY(events);
    COPY(consumers_put);
    for (int64_t i = 0; i < to->guards.count; i++)
        to->guards.items[i].resource = ROW(to->guards.items[i].resource);
    for (int64_t i = 0; i < to->resources.count; i++) {
        to->resources.items[i].row = ROW(to->resources.items[i].row);
        to->resources.items[i].parent = ROW(to->resources.items[i].parent);
    }
    for (int64_t i = 0; i < to->bookings.count; i++) {
        rota__booking *booking = &to->bookings.items[i];
        rota__claim *claims = rota__arena_copy(&t->b.arena, booking->claims,
                                               booking->claim_count * (int64_t)sizeof *claims);
        ck_assert(claims || booking->claim_count == 0);
        if (booking->row != 0) booking->row = is->rows[place_of(was, booking->row) - 1];
        if (booking->part_of != 0) booking->part_of = is->rows[place_of(was, booking->part_of) - 1];
        for (int64_t k = 0; k < booking->claim_count; k++)
            claims[k].resource = ROW(claims[k].resource);
        booking->claims = claims;
    }
    for (int64_t i = 0; i < to->members_put.count; i++) {
        to->members_put.items[i].group = ROW(to->members_put.items[i].group);
        to->members_put.items[i].member = ROW(to->members_put.items[i].member);
    }
    for (int64_t i = 0; i < to->members_dropped.count; i++) {
        to->members_dropped.items[i].group = ROW(to->members_dropped.items[i].group);
        to->members_dropped.items[i].member = ROW(to->members_dropped.items[i].member);
    }
    COPY(remind.lists);
    COPY(remind.put);
    COPY(remind.notes_dropped);
    COPY(remind.notes_put);
    COPY(remind.next);
    for (int64_t i = 0; i < to->remind.lists.count; i++) {
        rota__reminder_list *list = &to->remind.lists.items[i];
        list->subject = list->of == ROTA__REMIND_BOOKING ? BOOKED(list->subject)
                                                         : ROW(list->subject);
    }
    for (int64_t i = 0; i < to->remind.put.count; i++) {
        to->remind.put.items[i].booking = BOOKED(to->remind.put.items[i].booking);
        to->remind.put.items[i].resource = ROW(to->remind.put.items[i].resource);
    }
    for (int64_t i = 0; i < to->remind.notes_dropped.count; i++)
        to->remind.notes_dropped.items[i].booking = BOOKED(
            to->remind.notes_dropped.items[i].booking);
    for (int64_t i = 0; i < to->remind.notes_put.count; i++)
        to->remind.notes_put.items[i].booking = BOOKED(to->remind.notes_put.items[i].booking);
    for (int64_t i = 0; i < to->remind.next.count; i++)
        to->remind.next.items[i].booking = BOOKED(to->remind.next.items[i].booking);
#undef BOOKED
#undef ROW
#undef COPY
}

enum {
    NO_SPOIL,
    SPOIL_BUMP,
    SPOIL_END,
    SPOIL_CLAIM,
    SPOIL_UNITS,
    SPOIL_STAY,
    SPOIL_TAG,
    SPOIL_EVENT,
    SPOIL_EVENT_TEXT,
    SPOIL_ANSWER,
    SPOIL_HOLD,
    SPOIL_PARENT,
    SPOIL_CONSUMER,
    SPOIL_SERIES,
    SPOIL_RECURS,
    SPOIL_OCCURRENCE,
    SPOIL_PART_OF,
    SPOIL_HOURS,
    SPOIL_CURSOR,
    SPOIL_LIST,
    SPOIL_REMINDER,
    SPOIL_NOTE,
    SPOIL_NEXT,
    SPOIL_FORGOTTEN,
    SPOILS
};

static bool spoil_reminders(rota__batch *batch, int how, int64_t dropped)
{
    rota__remind *remind = &batch->remind;
    switch (how) {
    case SPOIL_CURSOR:
        remind->state.cursor_row++;
        return remind->on;
    case SPOIL_LIST:
        if (remind->lists.count == 0 || remind->lists.items[0].count <= 0) return false;
        remind->lists.items[0].count--;
        return true;
    case SPOIL_REMINDER:
        if (remind->put.count == 0) return false;
        remind->put.items[0].attempt++;
        return true;
    case SPOIL_NOTE:
        if (remind->notes_put.count == 0) return false;
        remind->notes_put.items[0].at--;
        return true;
    case SPOIL_NEXT:
        if (remind->next.count == 0) return false;
        remind->next.items[0].at--;
        return true;
    case SPOIL_FORGOTTEN:
        batch->reminders_dropped_max = 0;
        return dropped > 0;
    default:
        return false;
    }
}

/* Makes the other store's batch a little different where that can be seen, by what was done
 * in the first one: a comparison that does not find this does not compare. */
static bool spoil(fx *f, rota__batch *batch, int how, const rota__commit *done)
{
    rota__booking *booking = batch->bookings.count ? &batch->bookings.items[0] : NULL;
    rota__resource *resource = batch->resources.count ? &batch->resources.items[0] : NULL;
    bool fresh = booking && booking->row == 0;
    rota__claim *claim;
    switch (how) {
    case SPOIL_BUMP:
        if (batch->guards.count == 0) return false;
        batch->guards.items[0].bump = !batch->guards.items[0].bump;
        return true;
    case SPOIL_END:
        if (booking) booking->when.end++;
        return booking != NULL;
    case SPOIL_CLAIM:
        if (!booking || booking->claim_count < 2) return false;
        booking->claim_count--;
        return true;
    case SPOIL_UNITS:
        if (!booking || booking->claim_count == 0) return false;
        claim = rota__arena_copy(&f->arena, booking->claims,
                                 booking->claim_count * (int64_t)sizeof *claim);
        ck_assert_ptr_nonnull(claim);
        claim->units++;
        booking->claims = claim;
        return true;
    case SPOIL_STAY:
        if (batch->members_put.count == 0) return false;
        batch->members_put.items[0].when.end++;
        return true;
    case SPOIL_TAG:
        if (!resource || resource->tag_count == 0) return false;
        resource->tag_count--;
        return true;
    case SPOIL_EVENT:
        if (batch->events.count == 0) return false;
        batch->events.count--;
        return true;
    case SPOIL_EVENT_TEXT:
        if (batch->events.count == 0) return false;
        batch->events.items[0].role = "";
        return true;
    case SPOIL_ANSWER:
        if (!batch->key) return false;
        put_key(f, batch, batch->key->actor, batch->key->key, batch->key->at);
        batch->key->answer = "Answer";
        return true;
    case SPOIL_HOLD:
        if (!booking || booking->hold_expires == 0) return false;
        booking->hold_expires++;
        return true;
    case SPOIL_PARENT:
        if (!resource || resource->parent == 0) return false;
        resource->parent = 0;
        return true;
    case SPOIL_CONSUMER:
        if (batch->consumers_put.count == 0) return false;
        batch->consumers_put.items[0].consumer.changed_at++;
        return true;
    case SPOIL_SERIES:
        if (!fresh || !booking->series || booking->series_size < 2) return false;
        booking->series_size--;
        return true;
    case SPOIL_RECURS:
        if (!fresh || !booking->series) return false;
        booking->series = NULL;
        return true;
    case SPOIL_OCCURRENCE:
        if (!fresh || booking->part_of == 0) return false;
        booking->occurrence++;
        return true;
    case SPOIL_PART_OF:
        if (!fresh || booking->part_of == 0) return false;
        booking->part_of = 0;
        return true;
    case SPOIL_HOURS:
        if (!resource || resource->hours_size < 2) return false;
        resource->hours_size--;
        return true;
    default:
        return spoil_reminders(batch, how, done->reminders_dropped);
    }
}

/* A random question, asked by places so that both stores can be asked it. */
typedef struct question {
    int what;
    int64_t resource, other, booking; /* places */
    rota_span when;
    uint32_t statuses;
    int64_t limit, number;
    const char *kind, *tag, *actor;
    rota_id after;
    rota_span after_when;
    bool recurring;
    int64_t part_of; /* place */
    rota_time occurrence;
} question;

enum {
    ASK_TIMELINE,
    ASK_RESOURCES,
    ASK_MEMBERS,
    ASK_BOOKINGS,
    ASK_SOURCES,
    ASK_RESOURCE,
    ASK_BOOKING,
    ASK_DUE,
    ASK_KEYS,
    ASK_KEY,
    ASK_FEED,
    ASK_CONSUMERS,
    ASK_COUNTS,
    ASK_REMINDERS,
    ASK_STARTS,
    QUESTIONS
};

static int64_t any_place(twins *t, const struct places *places)
{
    return places->count ? 1 + upto(&t->rng, places->count) : 0;
}

static question random_question(twins *t)
{
    uint64_t *rng = &t->rng;
    fx *f = &t->a;
    question q = { .what = (int)upto(rng, QUESTIONS),
                   .resource = any_place(t, &f->resources),
                   .other = any_place(t, &f->resources),
                   .booking = any_place(t, &f->bookings),
                   .when = chance(rng, 80) ? any_span(t) : always,
                   .statuses = (uint32_t)(1 + upto(rng, 63)) << 1,
                   .limit = upto(rng, 20),
                   .number = upto(rng, 5000),
                   .kind = chance(rng, 50) ? kinds[upto(rng, 3)] : NULL,
                   .tag = chance(rng, 50) ? some_tags[upto(rng, ROTA__LENGTH(some_tags))] : NULL,
                   .actor = actors[upto(rng, ACTORS)],
                   .recurring = chance(rng, 40),
                   .occurrence = upto(rng, 6) * DAY };
    if (q.booking > 0) {
        rota__booking one = booking_at(f, f->bookings.rows[q.booking - 1]);
        q.part_of = place_of(&f->bookings, one.series ? one.row : one.part_of);
    }
    if (q.booking > 0 && chance(rng, 50)) {
        rota__booking last = booking_at(f, f->bookings.rows[q.booking - 1]);
        q.after = last.id;
        q.after_when = last.when;
    }
    return q;
}

static int64_t row_of(const struct places *places, int64_t place)
{
    return place > 0 ? places->rows[place - 1] : 0;
}

static void ask_bookings(fx *f, rota__env *env, FILE *to, const question *q)
{
    rota__source sources[] = {
        { row_of(&f->resources, q->resource), q->when },
        { row_of(&f->resources, q->other), { q->when.start - DAY, q->when.start + HOUR } },
    };
    rota__booking_filter filter = { .when = q->when,
                                    .sources = sources,
                                    .source_count = q->what == ASK_SOURCES ? 2 : 0,
                                    .statuses = q->statuses,
                                    .longer = q->number % 7 == 0 ? q->number : 0,
                                    .recurring = q->recurring,
                                    .part_of = q->number % 3 == 0 ? row_of(&f->bookings, q->part_of)
                                                                  : 0,
                                    .after = q->after_when,
                                    .after_id = q->after,
                                    .limit = q->limit };
    write_bookings(f, env, to, &filter);
}

static void ask_member(fx *f, rota__env *env, FILE *to, const question *q)
{
    rota__member *stays;
    int64_t count, group = q->number % 3 ? row_of(&f->resources, q->resource) : 0;
    int64_t member = q->number % 3 == 1 ? 0 : row_of(&f->resources, q->other);
    if (group == 0 && member == 0) return;
    if (group > 0) fprintf(to, "group r%" PRId64 "\n", next_group(f, env, group));
    ck_ok(f, f->store->ops->member_list(f->store, env, group, member, &stays, &count));
    for (int64_t i = 0; i < count; i++)
        write_member(f, to, &stays[i]);
}

/* By row, by id, or by a ref that may not be there. */
static void ask_record(fx *f, rota__env *env, FILE *to, const question *q)
{
    char ref[32];
    bool of_booking = q->what == ASK_BOOKING;
    const struct places *places = of_booking ? &f->bookings : &f->resources;
    int64_t row = row_of(places, of_booking ? q->booking : q->resource);
    if (row == 0) return;
    rota_id id = of_booking ? booking_at(f, row).id : resource_at(f, row).id;
    snprintf(ref, sizeof ref, "ref %" PRId64, of_booking ? q->number % 3000 : q->number % 300);
    rota__by ways[] = { { .row = row }, { .id = &id }, { .ref = ref }, { .row = row } };
    if (!of_booking) ways[3] = (rota__by){ .ref = ref, .removed = true };
    if (of_booking && q->part_of > 0)
        ways[3] = (rota__by){ .part_of = row_of(&f->bookings, q->part_of),
                              .occurrence = q->occurrence };
    for (int i = 0; i < 4; i++) {
        rota__resource resource;
        rota__booking booking;
        int rc = of_booking ? f->store->ops->booking_get(f->store, env, &ways[i], &booking)
                            : f->store->ops->resource_get(f->store, env, &ways[i], &resource);
        fprintf(to, "%d ", rc);
        if (rc == ROTA_OK && of_booking) write_booking(f, to, &booking);
        if (rc == ROTA_OK && !of_booking) write_resource(f, to, &resource);
    }
}

static void ask_reminders(fx *f, rota__env *env, FILE *to, const question *q, rota_time clock)
{
    rota_time now = clock - 500 + q->number % 1000;
    rota_id after = reminder_of(q->number % REMINDERS).id;
    int64_t limit = 1 + q->limit, old;
    write_open(f, env, to, now, limit);
    write_dead(f, env, to, &after, limit);
    write_kept_reminder(f, env, to, q->number % REMINDERS);
    write_notes(f, env, to, q->when.start, limit);
    write_next(f, env, to, q->when.start, limit);
    write_list(f, env, to, ROTA__REMIND_RESOURCE, row_of(&f->resources, q->resource), q->resource);
    write_list(f, env, to, ROTA__REMIND_BOOKING, row_of(&f->bookings, q->booking), q->booking);
    write_offsets(f, env, to);
    write_state(f, env, to);
    ck_ok(f, f->store->ops->reminder_old(f->store, env, q->when.start, limit, &old));
    fprintf(to, "%" PRId64 " old ones\n", old);
}

/* From a booking's own place on, too. */
static void ask_starts(fx *f, rota__env *env, FILE *to, const question *q)
{
    bool there = q->booking > 0 && q->number % 2;
    int64_t row = row_of(&f->bookings, q->booking);
    rota_time from = there ? booking_at(f, row).when.start : q->when.start;
    write_starts(f, env, to, from, q->number % 3 ? row : INT64_MAX, from + q->number * 60,
                 1 + q->limit);
}

static char *answer(fx *f, const question *q, rota_time clock)
{
    rota__arena arena;
    rota__arena_init(&arena, &f->mem);
    rota__env env = { .arena = &arena, .error = &f->error };
    rota__resource_filter filter = { .kind = q->kind,
                                     .tag = q->tag,
                                     .parent = q->number % 2 ? row_of(&f->resources, q->other) : 0,
                                     .limit = q->limit };
    int64_t count;
    paper p;
    paper_open(&p);
    if (q->number % 5 == 0 && q->resource > 0)
        filter.after = resource_at(f, row_of(&f->resources, q->resource)).id;
    switch (q->what) {
    case ASK_TIMELINE:
        write_timeline(f, &env, p.to, row_of(&f->resources, q->resource));
        break;
    case ASK_RESOURCES:
        write_resources(f, &env, p.to, &filter);
        break;
    case ASK_MEMBERS:
        ask_member(f, &env, p.to, q);
        break;
    case ASK_BOOKINGS:
    case ASK_SOURCES:
        ask_bookings(f, &env, p.to, q);
        break;
    case ASK_RESOURCE:
    case ASK_BOOKING:
        ask_record(f, &env, p.to, q);
        break;
    case ASK_DUE:
        write_due(f, &env, p.to, clock - 500 + q->number % 1000, 1 + q->limit);
        break;
    case ASK_KEYS:
        ck_ok(f, f->store->ops->due_keys(f->store, &env, clock - q->number, 1 + q->limit, &count));
        fprintf(p.to, "%" PRId64 " due\n", count);
        break;
    case ASK_KEY:
        write_kept_key(f, &env, p.to, q->actor, (int)(q->number % KEYS));
        break;
    case ASK_FEED:
        write_feed(f, &env, p.to, q->number, 1 + q->limit);
        break;
    case ASK_CONSUMERS:
        write_consumers(f, &env, p.to);
        break;
    case ASK_REMINDERS:
        ask_reminders(f, &env, p.to, q, clock);
        break;
    case ASK_STARTS:
        ask_starts(f, &env, p.to, q);
        break;
    default:
        write_counts(f, &env, p.to);
        break;
    }
    rota__arena_free(&arena);
    return paper_close(&p);
}

/* Frees both. */
static bool differ(char *a, char *b, bool loud)
{
    bool different = strcmp(a, b) != 0;
    if (different && loud) say_difference(a, b);
    free(a);
    free(b);
    return different;
}

/* Does one write go otherwise in the second store than in the first? */
static bool write_differs(twins *t, int how)
{
    rota__batch batch = { 0 }, twin = { 0 };
    random_resources(t, &batch);
    random_bookings(t, &batch);
    random_members(t, &batch);
    random_guards(t, &batch);
    random_rest(t, &batch);
    random_reminders(t, &batch);
    translate(t, &batch, &twin);

    int outcome = outcome_of(&t->a, &batch);
    t->outcomes[outcome - 1]++;
    if (outcome == ROTA__COMMITTED && !t->spoiled && t->clock > 4000)
        t->spoiled = spoil(&t->b, &twin, how, &t->a.last);
    if (outcome_of(&t->b, &twin) != outcome) return true;
    if (outcome != ROTA__COMMITTED) return false;
    for (int64_t i = 0; i < batch.events.count && i < twin.events.count; i++)
        if (batch.events.items[i].seq != twin.events.items[i].seq) return true;
    return t->a.last.last_seq != t->b.last.last_seq ||
           t->a.last.keys_dropped != t->b.last.keys_dropped ||
           t->a.last.reminders_dropped != t->b.last.reminders_dropped;
}

/* The step at which the stores first differ, 0 where they never do. */
static int64_t live(twins *t, int64_t steps, int how, bool loud)
{
    for (int64_t step = 1; step <= steps; step++) {
        t->clock += 1 + upto(&t->rng, 40);
        if (write_differs(t, how)) return step;
        for (int i = 0; i < 3; i++) {
            question q = random_question(t);
            if (differ(answer(&t->a, &q, t->clock), answer(&t->b, &q, t->clock), loud)) {
                if (loud) printf("step %" PRId64 ", question %d\n", step, q.what);
                return step;
            }
        }
        bool whole = step % 100 == 0 || step == steps || t->spoiled;
        if (t->b.kind == SQLITE_FILE && step == steps / 2) {
            reopen(&t->b);
            whole = true;
        }
        if (whole && differ(dump(&t->a), dump(&t->b), loud)) return step;
        rota__arena_reset(&t->a.arena);
        rota__arena_reset(&t->b.arena);
    }
    return 0;
}

static void twins_open(twins *t, int kind, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    fx_open(&t->a, MEMORY);
    fx_open(&t->b, kind);
    t->rng = seed | 1;
    for (int i = 0; i < 20; i++)
        draw(&t->rng);
    t->clock = 2000;
}

static void twins_close(twins *t)
{
    fx_close(&t->a);
    fx_close(&t->b);
}

/* Those that recur, and the single ones of them. */
static void count_series(fx *f, int64_t *recurring, int64_t *single)
{
    *recurring = *single = 0;
    for (int64_t i = 0; i < f->bookings.count; i++) {
        rota__booking booking = booking_at(f, f->bookings.rows[i]);
        *recurring += booking.series != NULL;
        *single += booking.part_of != 0;
    }
}

START_TEST(a_long_random_life_is_the_same_in_the_model)
{
    enum { STEPS = 2500 };
    static twins t;
    twins_open(&t, _i, tests_seed("life"));
    int64_t different = live(&t, STEPS, NO_SPOIL, true);
    ck_assert_msg(different == 0, "store %d differs from the model at step %" PRId64, _i,
                  different);
    ck_ok(&t.b, t.b.store->ops->check(t.b.store, &t.b.env));
    int64_t recurring, single;
    count_series(&t.b, &recurring, &single);
    printf("life of store %d: %d steps, %" PRId64 " committed, %" PRId64 " stale, %" PRId64
           " replayed, %" PRId64 " overlaps, %" PRId64 " bookings, %" PRId64
           " of them recur, %" PRId64 " single ones\n",
           _i, (int)STEPS, t.outcomes[ROTA__COMMITTED - 1], t.outcomes[ROTA__STALE - 1],
           t.outcomes[ROTA__REPLAYED - 1], t.outcomes[OVERLAP - 1], t.b.bookings.count, recurring,
           single);
    /* A small part of what there is in most lives: no life by chance has less. */
    ck_assert_int_gt(recurring, STEPS / 100);
    ck_assert_int_gt(single, STEPS / 100);
    ck_assert_int_gt(t.outcomes[ROTA__COMMITTED - 1], STEPS / 4);
    ck_assert_int_gt(t.outcomes[ROTA__STALE - 1], STEPS / 100);
    ck_assert_int_gt(t.outcomes[ROTA__REPLAYED - 1], STEPS / 100);
    ck_assert_int_gt(t.outcomes[OVERLAP - 1], STEPS / 100);
    twins_close(&t);
}
END_TEST

/* The control: each of these differences is a small one, made once. */
START_TEST(a_small_difference_does_not_escape_the_comparison)
{
    static twins t;
    twins_open(&t, MEMORY, 20310310);
    int64_t different = live(&t, 600, _i, false);
    ck_assert_msg(t.spoiled, "difference %d was never made", _i);
    ck_assert_msg(different > 0, "difference %d was not found", _i);
    twins_close(&t);
}
END_TEST

/* --- chaos --- */

static const struct {
    int32_t fault;
    int status;
} failures[] = {
    { ROTA__CHAOS_BUSY, ROTA_EBUSY },
    { ROTA__CHAOS_IO, ROTA_EIO },
    { ROTA__CHAOS_NOMEM, ROTA_ENOMEM },
};

START_TEST(every_operation_can_meet_each_failure)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    for (int64_t at = 0; at <= OPERATIONS; at++) {
        f.plan = (rota__chaos){ .at = at, .fault = failures[_i].fault };
        for (int number = 0; number < OPERATIONS; number++) {
            bool meets = number + 1 == at;
            f.error.code = ROTA_OK;
            ck_assert_int_eq(operate(&f, number, w.a), meets ? failures[_i].status : ROTA_OK);
            ck_assert_int_eq(f.error.code, meets ? failures[_i].status : ROTA_OK);
            if (meets) ck_assert_str_ne(f.error.message, "");
        }
        ck_assert_int_eq(f.plan.calls, OPERATIONS);
        ck_assert_int_eq(f.plan.hits, at > 0);
        ck_assert_int_eq(f.plan.at, 0);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_fault_comes_at_the_nth_operation_and_as_often_as_it_is_repeated)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    for (int64_t at = 1; at < 6; at++)
        for (int64_t repeat = 0; repeat < 4; repeat++) {
            f.plan = (rota__chaos){ .at = at, .repeat = repeat, .fault = failures[_i].fault };
            for (int64_t i = 1; i <= 12; i++) {
                bool meets = i >= at && i <= at + repeat;
                ck_assert_int_eq(operate(&f, 1, w.a), meets ? failures[_i].status : ROTA_OK);
            }
            ck_assert_int_eq(f.plan.calls, 12);
            ck_assert_int_eq(f.plan.hits, 1 + repeat);
        }
    fx_close(&f);
}
END_TEST

START_TEST(a_commit_that_fails_by_request_is_not_written)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    for (int64_t at = 1; at < 4; at++) {
        rota__batch batch = { 0 };
        char *before = dump(&f);
        fill_batch(&f, &batch, &w);
        f.plan = (rota__chaos){ .at = at, .fault = failures[_i].fault };
        for (int64_t i = 1; i < at; i++)
            ck_assert_int_eq(operate(&f, 1, w.a), ROTA_OK);
        ck_assert_int_eq(f.store->ops->commit(f.store, &f.env, &batch, &f.last),
                         failures[_i].status);
        ck_assert_int_eq(f.error.code, failures[_i].status);
        ck_same(before, dump(&f));
    }
    rota__batch batch = { 0 };
    fill_batch(&f, &batch, &w);
    commit(&f, &batch);
    fx_close(&f);
}
END_TEST

START_TEST(a_stale_commit_by_request_writes_nothing)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    rota__batch batch = { 0 };
    fill_batch(&f, &batch, &w);
    char *before = dump(&f);
    f.plan = (rota__chaos){ .at = 1, .repeat = 2, .fault = ROTA__CHAOS_STALE };
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(outcome_of(&f, &batch), ROTA__STALE);
    ck_same(before, dump(&f));
    commit(&f, &batch);
    ck_assert_int_eq(f.plan.hits, 3);
    fx_close(&f);
}
END_TEST

START_TEST(news_by_request_is_a_new_token_each_time)
{
    fx f;
    fx_open(&f, CHAOS);
    uint64_t first, token[4];
    ck_ok(&f, f.store->ops->changed(f.store, &f.env, &first));
    f.plan = (rota__chaos){ .at = 2, .repeat = 1, .fault = ROTA__CHAOS_STALE };
    for (int i = 0; i < 4; i++)
        ck_ok(&f, f.store->ops->changed(f.store, &f.env, &token[i]));
    ck_assert_uint_eq(token[0], first);
    ck_assert_uint_ne(token[1], token[0]);
    ck_assert_uint_ne(token[2], token[1]);
    ck_assert_uint_ne(token[2], token[0]);
    ck_assert_uint_eq(token[3], token[2]);
    ck_assert_int_eq(f.plan.hits, 2);
    fx_close(&f);
}
END_TEST

START_TEST(a_lost_commit_is_not_written_and_can_be_repeated)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    rota__batch batch = { 0 }, again = { 0 };
    rota__key key;
    fill_batch(&f, &batch, &w);
    f.plan = (rota__chaos){ .at = 1, .fault = ROTA__CHAOS_LOST };
    ck_refused(&f, &batch, ROTA__UNKNOWN);
    ck_assert_int_eq(f.store->ops->key_get(f.store, &f.env, "ann", "k1", &key), ROTA_ENOTFOUND);
    fill_batch(&f, &again, &w);
    commit(&f, &again);
    fx_close(&f);
}
END_TEST

START_TEST(an_unanswered_commit_is_written_and_is_replayed)
{
    fx f, g;
    fx_open(&f, CHAOS);
    fx_open(&g, MEMORY);
    world w = make_world(&f), v = make_world(&g);
    rota__batch batch = { 0 }, again = { 0 }, told = { 0 };
    rota__key key;
    fill_batch(&f, &batch, &w);
    fill_batch(&f, &again, &w);
    fill_batch(&g, &told, &v);
    f.plan = (rota__chaos){ .at = 1, .fault = ROTA__CHAOS_UNANSWERED };
    ck_assert_int_eq(outcome_of(&f, &batch), ROTA__UNKNOWN);
    ck_assert_int_eq(batch.resources.items[0].row, 0);
    ck_assert_int_eq(batch.bookings.items[0].row, 0);
    ck_assert_int_eq(batch.events.items[0].seq, 0);
    ck_ok(&f, f.store->ops->key_get(f.store, &f.env, "ann", "k1", &key));
    ck_assert_int_eq(outcome_of(&f, &again), ROTA__REPLAYED);

    /* but for the silence it is what a plain store does; both give rows in order */
    commit(&g, &told);
    learn(&f.resources, told.resources.items[0].row);
    for (int64_t i = 0; i < told.bookings.count; i++)
        learn(&f.bookings, told.bookings.items[i].row);
    ck_same(dump(&f), dump(&g));
    fx_close(&f);
    fx_close(&g);
}
END_TEST

START_TEST(an_unanswered_commit_that_was_stale_is_unknown_too)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    rota__batch batch = { 0 };
    fill_batch(&f, &batch, &w);
    batch.guards.items[0].stamp++;
    f.plan = (rota__chaos){ .at = 1, .fault = ROTA__CHAOS_UNANSWERED };
    ck_refused(&f, &batch, ROTA__UNKNOWN);
    fx_close(&f);
}
END_TEST

START_TEST(an_unanswered_commit_that_runs_out_of_memory_is_not_written)
{
    fx f;
    fx_open(&f, CHAOS);
    sweep_commit(&f, (rota__chaos){ .at = 1, .fault = ROTA__CHAOS_UNANSWERED }, ROTA__UNKNOWN);
    fx_close(&f);
}
END_TEST

START_TEST(a_fault_of_commits_waits_for_the_next_one)
{
    static const struct {
        int32_t fault;
        int outcome;
    } faults[] = {
        { ROTA__CHAOS_STALE, ROTA__STALE },
        { ROTA__CHAOS_LOST, ROTA__UNKNOWN },
        { ROTA__CHAOS_UNANSWERED, ROTA__UNKNOWN },
    };
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    for (int64_t at = 1; at < 6; at++) {
        rota__batch batch = { 0 }, next = { 0 };
        f.plan = (rota__chaos){ .at = at, .fault = faults[_i].fault };
        for (int number = 1; number <= 3; number++) /* none that a stale one would meet */
            ck_assert_int_eq(operate(&f, number, w.a), ROTA_OK);
        bool now = at <= 4;
        ck_assert_int_eq(outcome_of(&f, &batch), now ? faults[_i].outcome : ROTA__COMMITTED);
        ck_assert_int_eq(f.plan.hits, now);
        ck_assert_int_eq(outcome_of(&f, &next), now ? ROTA__COMMITTED : faults[_i].outcome);
        ck_assert_int_eq(f.plan.hits, 1);
        ck_assert_int_eq(f.plan.calls, 5);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_plan_without_a_fault_counts_and_does_nothing)
{
    fx f;
    fx_open(&f, CHAOS);
    world w = make_world(&f);
    f.plan = (rota__chaos){ .at = 1, .repeat = 100, .fault = ROTA__CHAOS_NONE };
    for (int number = 0; number < OPERATIONS; number++)
        ck_assert_int_eq(operate(&f, number, w.a), ROTA_OK);
    ck_assert_int_eq(f.plan.calls, OPERATIONS);
    ck_assert_int_eq(f.plan.hits, 0);
    fx_close(&f);
}
END_TEST

Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *rules = tcase_create("conformance"), *file = tcase_create("file");
    TCase *life = tcase_create("life"), *chaos = tcase_create("chaos");
    static const TTest *const *const conformance[] = {
        &a_new_record_gets_a_row_and_version_one,
        &a_put_with_the_next_version_replaces_the_record,
        &a_put_with_a_wrong_version_is_stale,
        &a_put_of_a_row_that_is_not_there_is_stale,
        &a_put_never_changes_id_nor_ref_nor_creation_of_a_booking,
        &a_bump_adds_exactly_one_and_a_guard_alone_nothing,
        &a_stale_guard_writes_nothing,
        &only_guards_change_a_stamp,
        &a_bump_and_a_put_of_one_resource_go_together,
        &a_batch_with_one_bad_row_is_not_there_at_all,
        &a_batch_without_a_bad_row_is_there_wholly,
        &an_empty_batch_is_committed_and_changes_nothing,
        &a_commit_that_runs_out_of_memory_is_not_there_at_all,
        &a_second_taker_of_the_only_unit_is_not_written,
        &whatever_begins_to_take_the_only_unit_is_guarded,
        &the_second_guard_refuses_nothing_that_is_right,
        &resources_come_back_byte_for_byte,
        &hours_come_go_and_are_in_the_timeline,
        &tags_are_replaced_as_a_whole,
        &bookings_come_back_byte_for_byte,
        &numbers_and_instants_come_back_at_their_extremes,
        &a_booking_keeps_a_thousand_claims_by_resource_id,
        &what_is_not_there_is_not_found_and_no_error,
        &answers_outlive_the_store,
        &a_removed_resource_is_found_by_its_row_or_as_a_removed_one,
        &a_removed_resource_frees_its_ref_in_the_same_batch,
        &resources_are_listed_by_id_and_filter,
        &stays_are_put_dropped_and_listed_both_ways,
        &stays_are_listed_by_group_member_and_start,
        &the_next_group_is_one_that_has_or_had_members,
        &a_stay_ends_earlier_by_being_dropped_and_put_in_one_batch,
        &a_timeline_has_the_blocking_claims_of_occupying_bookings,
        &a_timeline_follows_moves_new_claims_and_statuses,
        &overlap_is_right_for_each_of_allens_relations,
        &a_booking_of_any_length_is_found_wherever_it_overlaps,
        &a_source_is_asked_within_its_own_span_only,
        &bookings_are_listed_by_status,
        &pages_put_together_are_the_list,
        &a_page_begins_behind_a_place_where_no_booking_stands,
        &what_recurs_comes_back_byte_for_byte,
        &a_put_never_changes_what_recurs_nor_what_a_single_one_is_of,
        &a_single_one_is_there_once,
        &a_timeline_has_what_recurs_apart,
        &what_recurs_is_listed_when_it_is_asked_for_and_never_else,
        &the_single_ones_of_a_series_are_listed,
        &the_second_guard_does_not_know_what_recurs,
        &a_hold_is_due_from_the_very_instant_it_lapses,
        &a_known_key_is_replayed_per_actor,
        &a_known_key_is_replayed_though_the_batch_is_stale,
        &a_key_at_the_horizon_gives_way_and_one_behind_it_does_not,
        &keys_come_back_byte_for_byte,
        &old_keys_are_counted_and_forgotten_a_few_at_a_time,
        &the_feed_counts_from_one_without_gaps,
        &events_come_back_byte_for_byte,
        &a_consumer_moves_on_only_from_where_it_is,
        &a_consumer_is_dropped_and_made_again_in_one_batch,
        &consumers_come_back_byte_for_byte_in_the_order_of_bytes,
        &nothing_is_known_of_reminders_before_the_first_list,
        &lists_are_put_in_place_of_others_and_their_offsets_are_counted,
        &a_booking_whose_reminder_was_due_already_is_noted,
        &an_occurrence_that_is_fresh_is_noted_of_its_series,
        &notes_are_put_once_and_listed_by_time_booking_and_occurrence,
        &what_changes_a_series_makes_its_next_reminder_unknown,
        &starts_are_listed_behind_a_place,
        &a_reminder_is_open_from_the_instant_its_lease_ends,
        &of_a_reminder_only_what_became_of_it_changes,
        &dead_ones_are_listed_by_id_behind_one,
        &old_reminders_are_counted_and_forgotten_a_few_at_a_time,
        &counts_leave_out_removed_resources_and_nothing_else,
        &a_healthy_store_passes_its_check,
        &a_checkpoint_changes_nothing_that_can_be_seen,
        &reads_that_run_out_of_memory_say_so_and_can_be_repeated,
        &opening_runs_out_of_memory_without_a_trace,
        &own_commits_are_no_news,
        &a_token_is_another_one_after_every_commit,
    };
    tcase_set_timeout(rules, 60);
    for (int64_t i = 0; i < ROTA__LENGTH(conformance); i++)
        tcase_add_loop_test(rules, *conformance[i], 0, STORES);
    suite_add_tcase(suite, rules);

    tcase_add_test(file, what_was_committed_is_there_when_the_file_is_opened_again);
    tcase_add_test(file, two_stores_on_one_file_see_each_others_commits);
    suite_add_tcase(suite, file);

    tcase_set_timeout(life, 300);
    tcase_add_loop_test(life, a_long_random_life_is_the_same_in_the_model, SQLITE_FILE, STORES);
    tcase_add_loop_test(life, a_small_difference_does_not_escape_the_comparison, SPOIL_BUMP,
                        SPOILS);
    suite_add_tcase(suite, life);

    tcase_add_loop_test(chaos, every_operation_can_meet_each_failure, 0, 3);
    tcase_add_loop_test(chaos, a_fault_comes_at_the_nth_operation_and_as_often_as_it_is_repeated, 0,
                        3);
    tcase_add_loop_test(chaos, a_commit_that_fails_by_request_is_not_written, 0, 3);
    tcase_add_test(chaos, a_stale_commit_by_request_writes_nothing);
    tcase_add_test(chaos, news_by_request_is_a_new_token_each_time);
    tcase_add_test(chaos, a_lost_commit_is_not_written_and_can_be_repeated);
    tcase_add_test(chaos, an_unanswered_commit_is_written_and_is_replayed);
    tcase_add_test(chaos, an_unanswered_commit_that_was_stale_is_unknown_too);
    tcase_add_test(chaos, an_unanswered_commit_that_runs_out_of_memory_is_not_written);
    tcase_add_loop_test(chaos, a_fault_of_commits_waits_for_the_next_one, 0, 3);
    tcase_add_test(chaos, a_plan_without_a_fault_counts_and_does_nothing);
    suite_add_tcase(suite, chaos);
    return suite;
}
