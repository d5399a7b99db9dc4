/* Reminders: a poll that gives 100, while so many are pending, beside a bare SQLite table of
 * reminders with an index, from which 100 are read and leased. In memory: the flush of a disk is
 * each one's own. A poll alone, which leases nothing, is asked several times. And a poll that
 * finds nothing. */
#define _GNU_SOURCE

#include "common/bench.h"

#include <inttypes.h>
#include <rota.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOMS = 1000, DUE = 100, BATCH = 1000, ROUNDS = 60, AGAIN = 5 };

static rota_time now = 1930464000;

static rota_time clock_of(void *ctx)
{
    (void)ctx;
    return now;
}

static void must(bool well, const char *what)
{
    if (well) return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* One second of the calendar has `DUE` bookings, each in another room. */
static rota *fill(int64_t bookings, rota_time first)
{
    rota *r = NULL;
    rota_config config = { .size = sizeof config, .now = clock_of };
    rota_id rooms[ROOMS];
    const int64_t before[] = { 900 };
    rota_reminder_request list = { .size = sizeof list, .offsets = before, .offset_count = 1 };
    must(rota_open(":memory:", &config, &r) == ROTA_OK, "open");
    for (int i = 0; i < ROOMS; i++) {
        rota_resource_request room = { .size = sizeof room, .kind = "room", .name = "Room" };
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        must(rota_resource_create(r, NULL, &room, &receipt) == ROTA_OK, "room");
        rooms[i] = receipt.id;
    }
    must(rota_reminder_put(r, NULL, &list, NULL) == ROTA_OK, rota_errmsg(r));
    rota_claim *claims = bench_alloc(BATCH, sizeof *claims);
    rota_booking_request *all = bench_alloc(BATCH, sizeof *all);
    int32_t *answers = bench_alloc(BATCH, sizeof *answers);
    for (int64_t done = 0; done < bookings; done += BATCH) {
        for (int64_t i = 0; i < BATCH; i++) {
            int64_t n = done + i;
            rota_time start = first + n / DUE;
            claims[i] = (rota_claim){ .resource = rooms[n % ROOMS], .units = 1 };
            all[i] = (rota_booking_request){ .size = sizeof *all, .when = { start, start + 5 } };
            all[i].claims = &claims[i];
            all[i].claim_count = 1;
        }
        must(rota_booking_create_all(r, NULL, all, BATCH, answers, NULL) == ROTA_OK &&
                 answers[BATCH - 1] == ROTA_OK,
             rota_errmsg(r));
    }
    free(claims);
    free(all);
    free(answers);
    return r;
}

static sqlite3 *fill_bare(int64_t count, rota_time first)
{
    sqlite3 *db;
    sqlite3_stmt *put;
    must(sqlite3_open(":memory:", &db) == SQLITE_OK, "sqlite");
    must(sqlite3_exec(db,
                      "CREATE TABLE reminder(id INTEGER PRIMARY KEY, due INTEGER, booking INTEGER,"
                      " state INTEGER, until INTEGER, attempt INTEGER);"
                      "CREATE INDEX pending ON reminder(due) WHERE state=0; BEGIN",
                      NULL, NULL, NULL) == SQLITE_OK,
         "schema");
    sqlite3_prepare_v2(db,
                       "INSERT INTO reminder(due,booking,state,until,attempt) VALUES(?,?,0,0,0)",
                       -1, &put, NULL);
    for (int64_t i = 0; i < count; i++) {
        sqlite3_bind_int64(put, 1, first - 900 + i / DUE);
        sqlite3_bind_int64(put, 2, i);
        must(sqlite3_step(put) == SQLITE_DONE, "insert");
        sqlite3_reset(put);
    }
    sqlite3_finalize(put);
    must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
    return db;
}

static int64_t read_bare(sqlite3_stmt *read, int64_t ids[DUE])
{
    int64_t count = 0;
    sqlite3_bind_int64(read, 1, now);
    while (count < DUE && sqlite3_step(read) == SQLITE_ROW)
        ids[count++] = sqlite3_column_int64(read, 0);
    sqlite3_reset(read);
    return count;
}

static int64_t poll_bare(sqlite3 *db, sqlite3_stmt *read, sqlite3_stmt *lease)
{
    int64_t ids[DUE];
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    int64_t count = read_bare(read, ids);
    for (int64_t i = 0; i < count; i++) {
        sqlite3_bind_int64(lease, 1, now + 60);
        sqlite3_bind_int64(lease, 2, ids[i]);
        sqlite3_step(lease);
        sqlite3_reset(lease);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return count;
}

static int64_t poll(rota *r, uint32_t flags)
{
    rota_call call = { .size = sizeof call, .flags = flags };
    rota_reminder_query query = { .size = sizeof query, .limit = DUE, .lease = 86400 };
    rota_result *rows = NULL;
    must(rota_reminder_due(r, &call, &query, &rows) == ROTA_OK, rota_errmsg(r));
    int64_t count = rota_result_count(rows);
    rota_result_free(rows);
    return count;
}

/* How long the first one takes, and those that ask for the same again. */
typedef struct readings {
    bench_samples first, again;
} readings;

static void read_both(readings *ours, readings *theirs, rota *r, sqlite3_stmt *read)
{
    int64_t ids[DUE];
    for (int i = 0; i <= AGAIN; i++) {
        double t0 = bench_wall_ns();
        must(poll(r, ROTA_CALL_DRY_RUN) == DUE, "100 are due");
        bench_add(i ? &ours->again : &ours->first, (bench_wall_ns() - t0) / 1000);
    }
    for (int i = 0; i <= AGAIN; i++) {
        double t0 = bench_wall_ns();
        must(read_bare(read, ids) == DUE, "100 are due");
        bench_add(i ? &theirs->again : &theirs->first, (bench_wall_ns() - t0) / 1000);
    }
}

static void report(const char *measure, bench_samples *ours, bench_samples *theirs, double goal)
{
    double rota_us = bench_median(ours), bare_us = bench_median(theirs);
    bench_report((bench_line){ .measure = measure,
                               .who = "rota",
                               .value = rota_us,
                               .unit = "us",
                               .against = "SQLite",
                               .ratio = rota_us / bare_us,
                               .at_most = goal });
    bench_report(
        (bench_line){ .measure = measure, .who = "SQLite", .value = bare_us, .unit = "us" });
    bench_samples_free(ours);
    bench_samples_free(theirs);
}

static void measure(int64_t pending)
{
    bench_samples rota_us = { 0 }, idle_us = { 0 }, bare_us = { 0 };
    readings ours = { 0 }, theirs = { 0 };
    now = 1930464000;
    rota_time first = now + 3600;
    sqlite3_stmt *read, *lease;
    rota *r = fill(pending, first);
    sqlite3 *db = fill_bare(pending, first);
    sqlite3_prepare_v2(db,
                       "SELECT id,booking,due FROM reminder WHERE state=0 AND due<=? ORDER BY due"
                       " LIMIT 100",
                       -1, &read, NULL);
    sqlite3_prepare_v2(db, "UPDATE reminder SET state=1,until=?,attempt=attempt+1 WHERE id=?", -1,
                       &lease, NULL);
    int64_t rounds = pending / DUE < ROUNDS ? pending / DUE : ROUNDS;
    for (int64_t i = 0; i < rounds; i++) {
        now = first - 900 + i;
        read_both(&ours, &theirs, r, read);
        double t0 = bench_wall_ns();
        must(poll(r, 0) == DUE, "100 are due");
        double t1 = bench_wall_ns();
        must(poll(r, 0) == 0, "none is due");
        double t2 = bench_wall_ns();
        must(poll_bare(db, read, lease) == DUE, "100 are due");
        double t3 = bench_wall_ns();
        bench_add(&rota_us, (t1 - t0) / 1000);
        bench_add(&idle_us, (t2 - t1) / 1000);
        bench_add(&bare_us, (t3 - t2) / 1000);
    }
    bench_case("%" PRId64 " pending, 100 due", pending);
    report("poll, asked again", &ours.again, &theirs.again, 50);
    report("poll, the first one", &ours.first, &theirs.first, 0);
    report("poll and lease", &rota_us, &bare_us, 0);
    bench_report((bench_line){
        .measure = "nothing due", .who = "rota", .unit = "us", .value = bench_median(&idle_us) });
    bench_samples_free(&idle_us);
    sqlite3_finalize(read);
    sqlite3_finalize(lease);
    sqlite3_close(db);
    rota_close(r);
}

int main(int argc, char **argv)
{
    bench_begin("remind", argc, argv);
    measure(1000);
    if (bench_scale() > 0) measure(100000);
    if (bench_scale() > 0) measure(1000000);
    bench_end();
    return 0;
}
