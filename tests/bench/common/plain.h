/* What rota is compared with: bare SQLite, as a careful host would use it. Statements
 * are prepared, the search for overlaps is bounded by the longest booking, a booking is
 * checked and inserted in one immediate transaction. WAL, synchronous=FULL. */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include "common/calendar.h"
#include "common/sql.h"

typedef struct bench_plain {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *save, *release, *overlap, *insert, *list, *version;
} bench_plain;

/* The file of a calendar; built where `calendar` is not NULL. */
void bench_plain_build(const char *path, const bench_calendar *calendar, const int32_t *order);
void bench_plain_open(bench_plain *p, const char *path);
void bench_plain_close(bench_plain *p);
bool bench_plain_taken(bench_plain *p, const bench_booking *b);
void bench_plain_book(bench_plain *p, const bench_booking *b);
/* All in one transaction, a savepoint each. */
void bench_plain_book_all(bench_plain *p, const bench_booking *b, int64_t count);
/* The month, from a table clustered by resource and start: the sum of the starts. */
int64_t bench_plain_list(bench_plain *p, const bench_booking *b, int64_t *rows);
/* Begins a transaction that only reads, and lasts until the connection is closed. */
void bench_plain_hold(bench_plain *p);
/* PRAGMA data_version: has anybody else written? */
void bench_plain_version(bench_plain *p);

#endif
