#include "common/sql.h"

sqlite3 *bench_sql_open(const char *path, const char *pragmas)
{
    sqlite3 *db = NULL;
    bench_sql_check(db, sqlite3_open(path, &db), path);
    bench_sql_run(db, pragmas);
    return db;
}

void bench_sql_close(sqlite3 *db)
{
    if (!sqlite3_get_autocommit(db)) bench_sql_run(db, "ROLLBACK");
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(db, NULL)) != NULL;)
        (void)sqlite3_finalize(s);
    bench_sql_check(db, sqlite3_close(db), "close");
}

void bench_sql_check(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
        bench_fail("SQLite: %s: %s", what, sqlite3_errmsg(db));
}

void bench_sql_run(sqlite3 *db, const char *text)
{
    bench_sql_check(db, sqlite3_exec(db, text, NULL, NULL, NULL), text);
}

sqlite3_stmt *bench_sql_prepare(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s = NULL;
    bench_sql_check(db, sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL),
                    text);
    return s;
}

void bench_sql_once(sqlite3_stmt *s)
{
    sqlite3 *db = sqlite3_db_handle(s);
    bench_sql_check(db, sqlite3_step(s), sqlite3_sql(s));
    bench_sql_check(db, sqlite3_reset(s), sqlite3_sql(s));
}
