#include "common/plain.h"

#include <stdlib.h>

static void check(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        bench_fail("SQLite: %s: %s", what, sqlite3_errmsg(db));
}

static void run(sqlite3 *db, const char *text)
{
    check(db, sqlite3_exec(db, text, NULL, NULL, NULL), text);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s = NULL;
    check(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL), text);
    return s;
}

static void once(bench_plain *p, sqlite3_stmt *s)
{
    check(p->db, sqlite3_step(s), sqlite3_sql(s));
    check(p->db, sqlite3_reset(s), sqlite3_sql(s));
}

void bench_plain_build(const char *path, const bench_calendar *c, const int32_t *order)
{
    sqlite3 *db = NULL;
    check(db, sqlite3_open(path, &db), path);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;"
            "CREATE TABLE busy(id INTEGER PRIMARY KEY, resource INTEGER NOT NULL,"
            " start INTEGER NOT NULL, end INTEGER NOT NULL, status INTEGER NOT NULL, title TEXT);"
            "CREATE TABLE month(resource INTEGER NOT NULL, start INTEGER NOT NULL,"
            " id INTEGER NOT NULL, end INTEGER NOT NULL, status INTEGER NOT NULL, title TEXT,"
            " PRIMARY KEY(resource, start, id)) WITHOUT ROWID;"
            "BEGIN");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO busy VALUES(?1,?2,?3,?4,2,'Standup')");
    for (int64_t i = 0; i < c->count; i++) {
        const bench_booking *b = &c->bookings[order[i]];
        (void)sqlite3_bind_int64(insert, 1, i + 1);
        (void)sqlite3_bind_int64(insert, 2, b->resource);
        (void)sqlite3_bind_int64(insert, 3, b->when.start);
        (void)sqlite3_bind_int64(insert, 4, b->when.end);
        check(db, sqlite3_step(insert), "insert");
        check(db, sqlite3_reset(insert), "insert");
    }
    (void)sqlite3_finalize(insert);
    run(db, "CREATE INDEX busy_when ON busy(resource, start, end);"
            "INSERT INTO month SELECT resource,start,id,end,status,title FROM busy ORDER BY 1,2,3;"
            "COMMIT; ANALYZE");
    check(db, sqlite3_close(db), "close");
}

void bench_plain_open(bench_plain *p, const char *path)
{
    p->db = NULL;
    check(p->db, sqlite3_open(path, &p->db), path);
    run(p->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144");
    check(p->db, sqlite3_busy_timeout(p->db, 60000), "busy_timeout");
    p->begin = prepare(p->db, "BEGIN IMMEDIATE");
    p->commit = prepare(p->db, "COMMIT");
    p->save = prepare(p->db, "SAVEPOINT one");
    p->release = prepare(p->db, "RELEASE one");
    p->overlap = prepare(p->db, "SELECT 1 FROM busy WHERE resource=?1 AND start<?3 AND start>?4"
                                " AND end>?2 LIMIT 1");
    p->insert = prepare(p->db, "INSERT INTO busy(resource,start,end,status,title)"
                               " VALUES(?1,?2,?3,2,'Standup')");
    p->list = prepare(p->db, "SELECT id,start,end,status,title FROM month"
                             " WHERE resource=?1 AND start<?3 AND start>?4 AND end>?2"
                             " ORDER BY start, id");
    p->version = prepare(p->db, "PRAGMA data_version");
}

void bench_plain_close(bench_plain *p)
{
    if (!sqlite3_get_autocommit(p->db)) run(p->db, "ROLLBACK");
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(p->db, NULL)) != NULL;)
        (void)sqlite3_finalize(s);
    check(p->db, sqlite3_close(p->db), "close");
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
    check(p->db, rc, "overlap");
    check(p->db, sqlite3_reset(p->overlap), "overlap");
    return rc == SQLITE_ROW;
}

static void insert(bench_plain *p, const bench_booking *b)
{
    if (bench_plain_taken(p, b)) bench_fail("SQLite: a free span is taken");
    bind(p->insert, b);
    once(p, p->insert);
}

void bench_plain_book(bench_plain *p, const bench_booking *b)
{
    once(p, p->begin);
    insert(p, b);
    once(p, p->commit);
}

void bench_plain_book_all(bench_plain *p, const bench_booking *b, int64_t count)
{
    once(p, p->begin);
    for (int64_t i = 0; i < count; i++) {
        once(p, p->save);
        insert(p, &b[i]);
        once(p, p->release);
    }
    once(p, p->commit);
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
    check(p->db, rc, "list");
    check(p->db, sqlite3_reset(p->list), "list");
    return sum;
}

void bench_plain_hold(bench_plain *p)
{
    run(p->db, "BEGIN; SELECT count(*) FROM sqlite_schema");
}

void bench_plain_version(bench_plain *p)
{
    once(p, p->version);
}
