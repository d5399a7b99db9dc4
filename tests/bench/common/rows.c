#include "common/rows.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1900000000, CONFIRMED = 2, CREATED = 6, PACKED = 36, START = 5 };

/* As the library sets it, but for the log, which SQLite writes back by itself. */
static const char pragmas[] =
    "PRAGMA trusted_schema=0; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON;"
    "PRAGMA wal_autocheckpoint=4000";

static int64_t number(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s = bench_sql_prepare(db, text);
    bench_sql_check(db, sqlite3_step(s), text);
    int64_t value = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    return value;
}

static void read_ids(bench_rows *r)
{
    sqlite3_stmt *s = bench_sql_prepare(r->db, "SELECT id FROM resource ORDER BY row");
    r->ids = bench_alloc(r->resources, sizeof *r->ids);
    for (int64_t i = 0; i < r->resources && sqlite3_step(s) == SQLITE_ROW; i++)
        memcpy(r->ids[i], sqlite3_column_blob(s, 0), sizeof *r->ids);
    (void)sqlite3_finalize(s);
}

static void read_after(bench_rows *r)
{
    sqlite3_stmt *s = bench_sql_prepare(r->db, "SELECT after FROM event ORDER BY seq DESC LIMIT 1");
    bench_sql_check(r->db, sqlite3_step(s), "the newest event");
    r->after = bench_alloc(sqlite3_column_bytes(s, 0) + 1, 1);
    memcpy(r->after, sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0) + 1);
    (void)sqlite3_finalize(s);
}

void bench_rows_open(bench_rows *r, const char *path)
{
    r->db = bench_sql_open(path, pragmas);
    r->resources = number(r->db, "SELECT count(*) FROM resource");
    r->events = number(r->db, "SELECT max(seq) FROM event");
    read_ids(r);
    read_after(r);
    r->begin = bench_sql_prepare(r->db, "BEGIN IMMEDIATE");
    r->commit = bench_sql_prepare(r->db, "COMMIT");
    r->stamp = bench_sql_prepare(r->db, "UPDATE occupancy SET stamp=stamp+1 WHERE resource=?1");
    r->booking = bench_sql_prepare(
        r->db, "INSERT INTO booking(id,title,start_at,end_at,reach,status,priority,hold_expires,"
               "created_at,changed_at,version,claims,kind)"
               " VALUES(?1,'Standup',?2,?3,0,?4,0,0,?5,?5,1,?6,0)");
    r->claim = bench_sql_prepare(
        r->db, "INSERT INTO claim(resource,reach,start_at,booking,end_at,units,role,flags,takes,"
               "expires) VALUES(?1,0,?2,?3,?4,1,0,0,1,0)");
    r->event = bench_sql_prepare(
        r->db, "INSERT INTO event(seq,at,type,subject,after) VALUES(?1,?2,?3,?4,?5)");
    r->guard = bench_sql_prepare(
        r->db, "SELECT booking FROM claim WHERE resource=?1 AND reach=0 AND start_at>=?2-86400"
               " AND start_at<?3 AND end_at>?2 AND takes=1 AND booking<>?4"
               " AND (SELECT capacity FROM resource WHERE row=?1)=1 UNION ALL"
               " SELECT -max(reach) FROM claim WHERE resource=?1");
    r->list = bench_sql_prepare(
        r->db, "SELECT b.row,b.id,b.ref,b.title,b.data,b.start_at,b.end_at,b.status,b.priority,"
               "b.hold_expires,b.created_at,b.changed_at,b.version,b.claims,b.series,b.placement,"
               "b.kind,b.part_of FROM claim c CROSS JOIN booking b ON b.row=c.booking"
               " WHERE c.resource=?1 AND c.reach=0 AND c.start_at>=?2-86400 AND c.start_at<?3"
               " AND c.end_at>?2 ORDER BY c.start_at");
}

void bench_rows_close(bench_rows *r)
{
    free(r->ids);
    free(r->after);
    bench_sql_close(r->db);
}

/* As rota makes them: the time in front, so that they grow. */
static void make_id(const bench_rows *r, unsigned char id[16])
{
    uint64_t ms = (uint64_t)NOW * 1000 + (uint64_t)r->events / 64, nth = (uint64_t)r->events;
    memset(id, 0, 16);
    for (int i = 0; i < 6; i++)
        id[i] = (unsigned char)(ms >> (40 - 8 * i));
    id[6] = 0x70;
    for (int i = 0; i < 8; i++)
        id[8 + i] = (unsigned char)(nth >> (56 - 8 * i));
}

static void put_booking(bench_rows *r, const bench_booking *b, const unsigned char id[16])
{
    unsigned char claims[PACKED] = { 0 };
    int64_t row = b->resource + 1;
    for (int i = 0; i < 8; i++)
        claims[i] = (unsigned char)(row >> (8 * i));
    memcpy(claims + 8, r->ids[b->resource], sizeof *r->ids);
    claims[24] = 1; /* unit */
    (void)sqlite3_bind_blob(r->booking, 1, id, 16, SQLITE_STATIC);
    (void)sqlite3_bind_int64(r->booking, 2, b->when.start);
    (void)sqlite3_bind_int64(r->booking, 3, b->when.end);
    (void)sqlite3_bind_int64(r->booking, 4, CONFIRMED);
    (void)sqlite3_bind_int64(r->booking, 5, NOW);
    (void)sqlite3_bind_blob(r->booking, 6, claims, sizeof claims, SQLITE_STATIC);
    bench_sql_once(r->booking);
}

static void put_claim(bench_rows *r, const bench_booking *b, int64_t booking)
{
    (void)sqlite3_bind_int64(r->claim, 1, b->resource + 1);
    (void)sqlite3_bind_int64(r->claim, 2, b->when.start);
    (void)sqlite3_bind_int64(r->claim, 3, booking);
    (void)sqlite3_bind_int64(r->claim, 4, b->when.end);
    bench_sql_once(r->claim);
}

static void put_event(bench_rows *r, const unsigned char id[16])
{
    (void)sqlite3_bind_int64(r->event, 1, ++r->events);
    (void)sqlite3_bind_int64(r->event, 2, NOW);
    (void)sqlite3_bind_int64(r->event, 3, CREATED);
    (void)sqlite3_bind_blob(r->event, 4, id, 16, SQLITE_STATIC);
    (void)sqlite3_bind_text(r->event, 5, r->after, -1, SQLITE_STATIC);
    bench_sql_once(r->event);
}

static void ask_guard(bench_rows *r, const bench_booking *b, int64_t booking)
{
    (void)sqlite3_bind_int64(r->guard, 1, b->resource + 1);
    (void)sqlite3_bind_int64(r->guard, 2, b->when.start);
    (void)sqlite3_bind_int64(r->guard, 3, b->when.end);
    (void)sqlite3_bind_int64(r->guard, 4, booking);
    while (sqlite3_step(r->guard) == SQLITE_ROW)
        if (sqlite3_column_int64(r->guard, 0) > 0) bench_fail("a free span is taken");
    bench_sql_check(r->db, sqlite3_reset(r->guard), "guard");
}

static void book(bench_rows *r, const bench_booking *b)
{
    unsigned char id[16];
    make_id(r, id);
    (void)sqlite3_bind_int64(r->stamp, 1, b->resource + 1);
    bench_sql_once(r->stamp);
    put_booking(r, b, id);
    int64_t booking = sqlite3_last_insert_rowid(r->db);
    put_claim(r, b, booking);
    put_event(r, id);
    ask_guard(r, b, booking);
}

void bench_rows_book_all(bench_rows *r, const bench_booking *b, int64_t count)
{
    bench_sql_once(r->begin);
    for (int64_t i = 0; i < count; i++)
        book(r, &b[i]);
    bench_sql_once(r->commit);
}

int64_t bench_rows_list(bench_rows *r, const bench_booking *b, int64_t *rows)
{
    int64_t sum = 0;
    int rc;
    (void)sqlite3_bind_int64(r->list, 1, b->resource + 1);
    (void)sqlite3_bind_int64(r->list, 2, b->when.start);
    (void)sqlite3_bind_int64(r->list, 3, b->when.end);
    for (*rows = 0; (rc = sqlite3_step(r->list)) == SQLITE_ROW; ++*rows) {
        sum += sqlite3_column_int64(r->list, START);
        for (int i = 0, count = sqlite3_column_count(r->list); i < count; i++)
            if (sqlite3_column_type(r->list, i) == SQLITE_INTEGER)
                (void)sqlite3_column_int64(r->list, i);
            else
                (void)sqlite3_column_blob(r->list, i);
    }
    bench_sql_check(r->db, rc, "list");
    bench_sql_check(r->db, sqlite3_reset(r->list), "list");
    return sum;
}
