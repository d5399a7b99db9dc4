/* What SQLite takes alone for the rows of a booking: those that rota writes and reads, in a calendar
 * of rota, by a connection that does nothing else. The keys, checks and indexes of the file hold for
 * it, and the second guard's question is asked; nothing is decided before, and nobody waits for
 * anybody. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include "common/calendar.h"
#include "common/sql.h"

typedef struct bench_rows {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *stamp, *booking, *claim, *event, *guard, *list;
    int64_t resources, events;
    unsigned char (*ids)[16]; /* of the resources */
    char *after;              /* what the newest event of the file tells of its booking */
} bench_rows;

void bench_rows_open(bench_rows *r, const char *path);
void bench_rows_close(bench_rows *r);
/* All in one transaction. */
void bench_rows_book_all(bench_rows *r, const bench_booking *b, int64_t count);
/* The bookings of one resource, each of whose columns is read: the sum of the starts. */
int64_t bench_rows_list(bench_rows *r, const bench_booking *b, int64_t *rows);

#endif
