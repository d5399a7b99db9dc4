/* SQLite without rota in between; what fails ends the program. */
#ifndef BENCH_SQL_H
#define BENCH_SQL_H

#include "common/bench.h"

#include <sqlite3.h>

sqlite3 *bench_sql_open(const char *path, const char *pragmas);
/* Ends what is still open on it first. */
void bench_sql_close(sqlite3 *db);
void bench_sql_check(sqlite3 *db, int rc, const char *what);
void bench_sql_run(sqlite3 *db, const char *text);
sqlite3_stmt *bench_sql_prepare(sqlite3 *db, const char *text);
/* For what yields nothing that matters. */
void bench_sql_once(sqlite3_stmt *s);

#endif
