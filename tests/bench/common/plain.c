#include "common/plain.h"

#include <stdlib.h>

void bench_plain_build(const char *path, const bench_calendar *c, const int32_t *order)
{
    sqlite3 *db = bench_sql_open(path, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
                                       "PRAGMA cache_size=-262144");
    bench_sql_run(
        db, "CREATE TABLE busy(id INTEGER PRIMARY KEY, resource INTEGER NOT NULL,"
            " start INTEGER NOT NULL, end INTEGER NOT NULL, status INTEGER NOT NULL, title TEXT);"
            "CREATE TABLE month(resource INTEGER NOT NULL, start INTEGER NOT NULL,"
            " id INTEGER NOT NULL, end INTEGER NOT NULL, status INTEGER NOT NULL, title TEXT,"
            " PRIMARY KEY(resource, start, id)) WITHOUT ROWID;"
            "BEGIN");
    sqlite3_stmt *insert = bench_sql_prepare(db,
                                             "INSERT INTO busy VALUES(?1,?2,?3,?4,2,'Standup')");
    for (int64_t i = 0; i < c->count; i++) {
        const bench_booking *b = &c->bookings[order[i]];
        (void)sqlite3_bind_int64(insert, 1, i + 1);
        (void)sqlite3_bind_int64(insert, 2, b->resource);
        (void)sqlite3_bind_int64(insert, 3, b->when.start);
        (void)sqlite3_bind_int64(insert, 4, b->when.end);
        bench_sql_check(db, sqlite3_step(insert), "insert");
        bench_sql_check(db, sqlite3_reset(insert), "insert");
    }
    bench_sql_run(
        db, "CREATE INDEX busy_when ON busy(resource, start, end);"
            "INSERT INTO month SELECT resource,start,id,end,status,title FROM busy ORDER BY 1,2,3;"
            "COMMIT; ANALYZE");
    bench_sql_close(db);
}

void bench_plain_open(bench_plain *p, const char *path)
{
    p->db = bench_sql_open(path, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                 "PRAGMA cache_size=-262144");
    bench_sql_check(p->db, sqlite3_busy_timeout(p->db, 60000), "busy_timeout");
    p->begin = bench_sql_prepare(p->db, "BEGIN IMMEDIATE");
    p->commit = bench_sql_prepare(p->db, "COMMIT");
    p->save = bench_sql_prepare(p->db, "SAVEPOINT one");
    p->release = bench_sql_prepare(p->db, "RELEASE one");
    p->overlap = bench_sql_prepare(p->db,
                                   "SELECT 1 FROM busy WHERE resource=?1 AND start<?3 AND start>?4"
                                   " AND end>?2 LIMIT 1");
    p->insert = bench_sql_prepare(p->db, "INSERT INTO busy(resource,start,end,status,title)"
                                         " VALUES(?1,?2,?3,2,'Standup')");
    p->list = bench_sql_prepare(p->db, "SELECT id,start,end,status,title FROM month"
                                       " WHERE resource=?1 AND start<?3 AND start>?4 AND end>?2"
                                       " ORDER BY start, id");
    p->version = bench_sql_prepare(p->db, "PRAGMA data_version");
}

void bench_plain_close(bench_plain *p)
{
    bench_sql_close(p->db);
}

static void bind(sqlite3_stmt *s, const bench_booking *b)
{
    (void)sqlite3_bind_int64(s, 1, b->resource);
    (void)sqlite3_bind_int64(s, 2, b->when.start);
    (void)sqlite3_bind_int64(s, 3, b->when.end);
}

static void bind_bounded(sqlite3_stmt *s, const bench_booking *b)
{
    bind(s, b);
    (void)sqlite3_bind_int64(s, 4, b->when.start - BENCH_LONGEST);
}

bool bench_plain_taken(bench_plain *p, const bench_booking *b)
{
    bind_bounded(p->overlap, b);
    int rc = sqlite3_step(p->overlap);
    bench_sql_check(p->db, rc, "overlap");
    bench_sql_check(p->db, sqlite3_reset(p->overlap), "overlap");
    return rc == SQLITE_ROW;
}

static void insert(bench_plain *p, const bench_booking *b)
{
    if (bench_plain_taken(p, b)) bench_fail("SQLite: a free span is taken");
    bind(p->insert, b);
    bench_sql_once(p->insert);
}

void bench_plain_book(bench_plain *p, const bench_booking *b)
{
    bench_sql_once(p->begin);
    insert(p, b);
    bench_sql_once(p->commit);
}

void bench_plain_book_all(bench_plain *p, const bench_booking *b, int64_t count)
{
    bench_sql_once(p->begin);
    for (int64_t i = 0; i < count; i++) {
        bench_sql_once(p->save);
        insert(p, &b[i]);
        bench_sql_once(p->release);
    }
    bench_sql_once(p->commit);
}

int64_t bench_plain_list(bench_plain *p, const bench_booking *b, int64_t *rows)
{
    int64_t sum = 0;
    int rc;
    bind_bounded(p->list, b);
    for (*rows = 0; (rc = sqlite3_step(p->list)) == SQLITE_ROW; ++*rows) {
        sum += sqlite3_column_int64(p->list, 1);
        /* each column is read, as rota_booking_at() fills each field */
        if (sqlite3_column_int64(p->list, 0) == 0 || sqlite3_column_int64(p->list, 2) == 0 ||
            sqlite3_column_int(p->list, 3) == 0 || !sqlite3_column_text(p->list, 4))
            bench_fail("SQLite: an empty row");
    }
    bench_sql_check(p->db, rc, "list");
    bench_sql_check(p->db, sqlite3_reset(p->list), "list");
    return sum;
}

void bench_plain_hold(bench_plain *p)
{
    bench_sql_run(p->db, "BEGIN; SELECT count(*) FROM sqlite_schema");
}

void bench_plain_version(bench_plain *p)
{
    bench_sql_once(p->version);
}
