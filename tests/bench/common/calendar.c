#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DAY = 86400,
    OPENS = 9 * 3600,
    DAY_QUARTERS = 36, /* 9 to 18 */
    YEAR_QUARTERS = 260 * DAY_QUARTERS,
    MEAN_LENGTH_X2 = 9, /* of 1 to 8 quarters */
    BATCH = 512,
    BLOCK = 1 << 20,
    MOST_COPIES = 64,
    FREE_A_DAY = 4, /* two hours each */
    FREE_DAYS = 3650
};

#define MONDAY INT64_C(1925424000)    /* 2031-01-06T00:00Z */
#define FREE_FROM INT64_C(2208988800) /* 2040-01-01T00:00Z: all seeded ones are before */
#define A_PRIME UINT64_C(2654435761)

/* --- files --- */

static struct {
    char paths[MOST_COPIES][BENCH_PATH];
    int count;
    pid_t owner;
} copies;

const char *bench_dir(int where)
{
    const char *dir = getenv("BENCH_DIR");
    if (where == BENCH_IN_MEMORY && access("/dev/shm", W_OK) == 0) return "/dev/shm";
    return dir && *dir ? dir : "build/bench/data";
}

void bench_remove(const char *path)
{
    static const char *const beside[] = { "", "-wal", "-shm", "-lock", "-journal" };
    char name[BENCH_PATH + 16];
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, beside[i]);
        (void)unlink(name);
    }
}

static void remove_copies(void)
{
    if (copies.owner != getpid()) return;
    for (int i = 0; i < copies.count; i++)
        bench_remove(copies.paths[i]);
}

void bench_each_left(const char *pattern, size_t digits_at, void (*remove)(const char *path))
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            long pid = strtol(found.gl_pathv[i] + digits_at, NULL, 10);
            if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH) remove(found.gl_pathv[i]);
        }
    globfree(&found);
}

static void remove_left(int where)
{
    char pattern[BENCH_PATH];
    (void)snprintf(pattern, sizeof pattern, "%s/bench-*-*.db*", bench_dir(where));
    bench_each_left(pattern, strlen(bench_dir(where)) + strlen("/bench-"), bench_remove);
}

/* A name of this process, whose file is removed at its end. */
static void passing_name(int where, const char *name, char to[BENCH_PATH])
{
    (void)snprintf(to, BENCH_PATH, "%s/bench-%ld-%s.db", bench_dir(where), (long)getpid(), name);
    if (copies.owner == 0) {
        remove_left(BENCH_ON_DISK);
        remove_left(BENCH_IN_MEMORY);
        if (atexit(remove_copies) != 0) bench_fail("atexit");
    }
    if (copies.count == MOST_COPIES) bench_fail("too many copies");
    copies.owner = getpid();
    memcpy(copies.paths[copies.count++], to, BENCH_PATH);
    bench_remove(to);
}

static void copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *block = bench_alloc(BLOCK, 1);
    ssize_t got = 0;
    if (in < 0 || out < 0) bench_fail("%s, %s: %s", from, to, strerror(errno));
    while ((got = read(in, block, BLOCK)) > 0)
        if (write(out, block, (size_t)got) != got) bench_fail("%s: %s", to, strerror(errno));
    if (got < 0 || fsync(out) != 0 || close(out) != 0) bench_fail("%s: %s", to, strerror(errno));
    (void)close(in);
    free(block);
}

void bench_copy(const char *from, int where, const char *name, char to[BENCH_PATH])
{
    passing_name(where, name, to);
    copy_file(from, to);
}

/* --- rota --- */

void bench_rota_check(rota *r, int rc, const char *call)
{
    if (rc != ROTA_OK) bench_fail("%s: %s: %s", call, rota_status_name(rc), rota_errmsg(r));
}

rota *bench_rota_open(const char *path, int64_t cache_bytes)
{
    rota *r = NULL;
    rota_config config = ROTA_INIT(rota_config);
    config.cache_bytes = cache_bytes;
    config.busy_ms = 60000;
    bench_rota_check(r, rota_open(path, &config, &r), path);
    return r;
}

rota *bench_rota_attach(rota *r)
{
    rota *other = NULL;
    bench_rota_check(r, rota_attach(r, &other), "rota_attach");
    return other;
}

void bench_rota_rooms(rota *r, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        char name[32], ref[32];
        (void)snprintf(name, sizeof name, "Room %" PRId64, i);
        (void)snprintf(ref, sizeof ref, "%" PRId64, i);
        rota_resource_request room = {
            .size = sizeof room, .kind = "room", .name = name, .ref = ref
        };
        bench_rota_check(r, rota_resource_create(r, NULL, &room, NULL), "rota_resource_create");
    }
}

rota_id *bench_resource_ids(rota *r, int64_t count)
{
    rota_result *rows = NULL;
    rota_id *ids = bench_alloc(count, sizeof *ids);
    bench_rota_check(r, rota_resource_list(r, NULL, &rows), "rota_resource_list");
    if (rota_result_count(rows) != count) bench_fail("another calendar: remove %s", bench_dir(0));
    for (int64_t i = 0; i < count; i++) {
        rota_resource resource = ROTA_INIT(rota_resource);
        bench_rota_check(r, rota_resource_at(rows, i, &resource), "rota_resource_at");
        ids[strtol(resource.ref, NULL, 10)] = resource.id;
    }
    rota_result_free(rows);
    return ids;
}

static rota_booking_request request_for(const bench_booking *b, const rota_claim *claim)
{
    return (rota_booking_request){ .size = sizeof(rota_booking_request),
                                   .when = b->when,
                                   .claims = claim,
                                   .claim_count = 1,
                                   .title = "Standup" };
}

bool bench_rota_taken(rota *r, const rota_id *ids, const bench_booking *b)
{
    rota_claim claim = { .resource = ids[b->resource], .units = 1 };
    rota_booking_request request = request_for(b, &claim);
    int rc = rota_booking_check(r, &request);
    if (rc != ROTA_OK && rc != ROTA_ECONFLICT) bench_rota_check(r, rc, "rota_booking_check");
    return rc == ROTA_ECONFLICT;
}

void bench_rota_book(rota *r, const rota_id *ids, const bench_booking *b)
{
    rota_claim claim = { .resource = ids[b->resource], .units = 1 };
    rota_booking_request request = request_for(b, &claim);
    bench_rota_check(r, rota_booking_create(r, NULL, &request, NULL), "rota_booking_create");
}

void bench_rota_book_all(rota *r, const rota_id *ids, const bench_booking *b, int64_t count)
{
    static _Thread_local rota_claim claims[BATCH];
    static _Thread_local rota_booking_request requests[BATCH];
    static _Thread_local int32_t answers[BATCH];
    if (count > BATCH) bench_fail("a batch of %" PRId64, count);
    for (int64_t i = 0; i < count; i++) {
        claims[i] = (rota_claim){ .resource = ids[b[i].resource], .units = 1 };
        requests[i] = request_for(&b[i], &claims[i]);
    }
    int rc = rota_booking_create_all(r, NULL, requests, count, answers, NULL);
    bench_rota_check(r, rc, "rota_booking_create_all");
    for (int64_t i = 0; i < count; i++)
        bench_rota_check(r, answers[i], "rota_booking_create_all");
}

int64_t bench_rota_list(rota *r, const rota_id *ids, const bench_booking *b, int64_t *rows)
{
    rota_result *found = NULL;
    rota_booking_query query = { .size = sizeof query,
                                 .resource = ids[b->resource],
                                 .when = b->when };
    bench_rota_check(r, rota_booking_list(r, &query, &found), "rota_booking_list");
    int64_t sum = 0;
    *rows = rota_result_count(found);
    for (int64_t i = 0; i < *rows; i++) {
        rota_booking booking = ROTA_INIT(rota_booking);
        bench_rota_check(r, rota_booking_at(found, i, &booking), "rota_booking_at");
        sum += booking.when.start;
    }
    rota_result_free(found);
    return sum;
}

/* --- drawing --- */

/* The k-th quarter of the working year. */
static rota_time quarter(int64_t k)
{
    int64_t day = k / DAY_QUARTERS, week = day / 5;
    return MONDAY + (week * 7 + day % 5) * DAY + OPENS + k % DAY_QUARTERS * BENCH_QUARTER;
}

/* One after the other, with gaps so that they fill the year, and none over an evening. */
static void draw(bench_calendar *c, bench_random *random)
{
    int64_t n = 0;
    for (int64_t r = 0; r < c->resources; r++) {
        int64_t share = (c->count - n) / (c->resources - r), at = 0;
        int64_t gaps = share > 0 ? 2 * YEAR_QUARTERS / share - MEAN_LENGTH_X2 : 1;
        c->first[r] = n;
        for (int64_t i = 0; i < share; i++, n++) {
            int64_t length = 1 + bench_below(random, 8);
            at += bench_below(random, gaps > 1 ? gaps + 1 : 2);
            if (at % DAY_QUARTERS + length > DAY_QUARTERS) at += DAY_QUARTERS - at % DAY_QUARTERS;
            rota_time start = quarter(at);
            c->bookings[n] = (bench_booking){ { start, start + length * BENCH_QUARTER }, r };
            at += length;
        }
    }
    c->first[c->resources] = n;
    if (n > 0 && c->bookings[n - 1].when.end >= FREE_FROM) bench_fail("too many bookings");
}

bench_booking bench_draw_miss(const bench_calendar *c, bench_random *random)
{
    for (;;) {
        const bench_booking *a = &c->bookings[bench_below(random, c->count - 1)], *b = a + 1;
        rota_time end = a->when.end + (1 + bench_below(random, 8)) * BENCH_QUARTER;
        if (a->resource != b->resource || a->when.end >= b->when.start) continue;
        if (end > b->when.start) end = b->when.start;
        return (bench_booking){ { a->when.end, end }, a->resource };
    }
}

/* As long as a booking is, and up to half an hour before or after one. */
bench_booking bench_draw_hit(const bench_calendar *c, bench_random *random)
{
    bench_booking b = c->bookings[bench_below(random, c->count)];
    int64_t quarters = (b.when.end - b.when.start) / BENCH_QUARTER;
    int64_t reach = quarters < 3 ? quarters - 1 : 2;
    int64_t moved = (bench_below(random, 2 * reach + 1) - reach) * BENCH_QUARTER;
    b.when.start += moved;
    b.when.end += moved;
    return b;
}

bench_booking bench_free_span(const bench_calendar *c, int64_t i)
{
    uint64_t spans = (uint64_t)c->resources * FREE_A_DAY * FREE_DAYS;
    uint64_t at = (uint64_t)i % spans * A_PRIME % spans;
    int64_t nth = (int64_t)(at / (uint64_t)c->resources);
    rota_time start = FREE_FROM + nth / FREE_A_DAY * DAY + OPENS + nth % FREE_A_DAY * BENCH_LONGEST;
    return (bench_booking){ { start, start + BENCH_QUARTER * (1 + (int64_t)(at % 8)) },
                            (int64_t)(at % (uint64_t)c->resources) };
}

/* --- building --- */

static void build_rota(const bench_calendar *c, const int32_t *order, const char *path)
{
    rota *r = bench_rota_open(path, -1);
    bench_booking batch[BATCH];
    bench_rota_rooms(r, c->resources);
    rota_id *ids = bench_resource_ids(r, c->resources);
    for (int64_t i = 0, n; i < c->count; i += n) {
        for (n = 0; n < BATCH && i + n < c->count; n++)
            batch[n] = c->bookings[order[i + n]];
        bench_rota_book_all(r, ids, batch, n);
    }
    free(ids);
    rota_close(r);
}

static int32_t *arrival(const bench_calendar *c, bench_random *random)
{
    int32_t *order = bench_alloc(c->count, sizeof *order);
    for (int64_t i = 0; i < c->count; i++)
        order[i] = (int32_t)i;
    for (int64_t i = c->count - 1; i > 0; i--) {
        int64_t j = bench_below(random, i + 1);
        int32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    return order;
}

/* Under another name until it is whole. */
static void move_in(const char *built, const char *to)
{
    char fresh[BENCH_PATH + 8], wal[BENCH_PATH + 8];
    (void)snprintf(fresh, sizeof fresh, "%s.new", to);
    (void)snprintf(wal, sizeof wal, "%s-wal", built);
    if (access(wal, F_OK) == 0) {
        sqlite3 *db = NULL; /* what is in the log still is moved too */
        if (sqlite3_open(built, &db) != SQLITE_OK ||
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
                SQLITE_OK ||
            sqlite3_close(db) != SQLITE_OK)
            bench_fail("%s: %s", built, sqlite3_errmsg(db));
    }
    copy_file(built, fresh);
    bench_remove(built);
    if (rename(fresh, to) != 0) bench_fail("%s: %s", to, strerror(errno));
}

void bench_build(const char *path, void (*make)(void *what, const char *passing), void *what)
{
    char passing[BENCH_PATH];
    if (access(path, R_OK) == 0) return;
    double begun = bench_wall_ns();
    passing_name(BENCH_IN_MEMORY, "build", passing);
    make(what, passing);
    move_in(passing, path);
    copies.count--;
    bench_note("built %s in %.1f s", path, (bench_wall_ns() - begun) / 1e9);
}

typedef struct parts {
    const bench_calendar *calendar;
    int32_t *order;
} parts;

static void make_rota(void *what, const char *passing)
{
    const parts *of = what;
    build_rota(of->calendar, of->order, passing);
}

static void make_plain(void *what, const char *passing)
{
    const parts *of = what;
    bench_plain_build(passing, of->calendar, of->order);
}

static void build(const bench_calendar *c, bench_random *random)
{
    parts of = { c, arrival(c, random) };
    bench_build(c->rota, make_rota, &of);
    bench_build(c->plain, make_plain, &of);
    free(of.order);
}

void bench_calendar_make(bench_calendar *c, int64_t count, int64_t resources)
{
    bench_random random = { bench_seed() };
    *c = (bench_calendar){ .resources = resources, .count = count };
    c->bookings = bench_alloc(count, sizeof *c->bookings);
    c->first = bench_alloc(resources + 1, sizeof *c->first);
    draw(c, &random);
    (void)snprintf(c->rota, sizeof c->rota, "%s/rota-%" PRId64 "-%" PRId64 "-%" PRIu64 ".db",
                   bench_dir(BENCH_ON_DISK), count, resources, bench_seed());
    (void)snprintf(c->plain, sizeof c->plain, "%s/plain-%" PRId64 "-%" PRId64 "-%" PRIu64 ".db",
                   bench_dir(BENCH_ON_DISK), count, resources, bench_seed());
    if (access(c->rota, R_OK) != 0 || access(c->plain, R_OK) != 0) build(c, &random);
}

void bench_calendar_free(bench_calendar *c)
{
    free(c->bookings);
    free(c->first);
    *c = (bench_calendar){ 0 };
}

static void short_count(int64_t n, char text[24])
{
    if (n >= 1000000 && n % 1000000 == 0)
        (void)snprintf(text, 24, "%" PRId64 "M", n / 1000000);
    else if (n >= 1000 && n % 1000 == 0)
        (void)snprintf(text, 24, "%" PRId64 "k", n / 1000);
    else
        (void)snprintf(text, 24, "%" PRId64, n);
}

const char *bench_calendar_name(const bench_calendar *c)
{
    static char name[80];
    char bookings[24], resources[24];
    short_count(c->count, bookings);
    short_count(c->resources, resources);
    (void)snprintf(name, sizeof name, "%s bookings on %s resources", bookings, resources);
    return name;
}
