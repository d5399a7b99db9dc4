/* Seeded calendars to measure on, each twice: as a calendar of rota, and as the plain
 * SQLite tables that a host without rota would have. R resources with N bookings of
 * 15 minutes to 2 hours, Monday to Friday 9 to 18, on the quarter, none over another,
 * which arrived in random order. The files are built once, below $BENCH_DIR, and are
 * only read: who writes takes a copy. */
#ifndef BENCH_CALENDAR_H
#define BENCH_CALENDAR_H

#include "common/bench.h"

#include <rota.h>

enum { BENCH_QUARTER = 900, BENCH_LONGEST = 8 * BENCH_QUARTER, BENCH_PATH = 512 };

typedef struct bench_booking {
    rota_span when;
    int64_t resource; /* 0 the first */
} bench_booking;

typedef struct bench_calendar {
    int64_t resources, count;
    bench_booking *bookings; /* by resource and start */
    int64_t *first;          /* of each resource's in it; behind the last one, count */
    char rota[BENCH_PATH], plain[BENCH_PATH];
} bench_calendar;

/* Draws it, and builds the files that are not there yet. */
void bench_calendar_make(bench_calendar *c, int64_t count, int64_t resources);
void bench_calendar_free(bench_calendar *c);
/* "1M bookings on 1k resources" */
const char *bench_calendar_name(const bench_calendar *c);

/* A gap between two bookings, and a span that overlaps at least one. */
bench_booking bench_draw_miss(const bench_calendar *c, bench_random *random);
bench_booking bench_draw_hit(const bench_calendar *c, bench_random *random);
/* The i-th of many spans, all free and none over another, in random order. */
bench_booking bench_free_span(const bench_calendar *c, int64_t i);

/* --- files --- */

enum { BENCH_ON_DISK, BENCH_IN_MEMORY };

const char *bench_dir(int where);
/* Where there is no such file yet, has it made in memory, and moved there when it is whole. */
void bench_build(const char *path, void (*make)(void *what, const char *passing), void *what);
/* A copy, flushed, that is removed when this process ends. */
void bench_copy(const char *from, int where, const char *name, char to[BENCH_PATH]);
/* What processes left that were killed: of the pattern's files those whose process, the
 * number at that place of the path, is no more. */
void bench_each_left(const char *pattern, size_t digits_at, void (*remove)(const char *path));
/* Removes a file, and what SQLite and rota put beside it. */
void bench_remove(const char *path);

/* --- rota, as every program calls it; what fails ends the program --- */

rota *bench_rota_open(const char *path, int64_t cache_bytes);
rota *bench_rota_attach(rota *r);
void bench_rota_rooms(rota *r, int64_t count);
/* The ids of the resources, in order; free() it. */
rota_id *bench_resource_ids(rota *r, int64_t count);
void bench_rota_check(rota *r, int rc, const char *call);
/* Is the span taken? */
bool bench_rota_taken(rota *r, const rota_id *ids, const bench_booking *b);
void bench_rota_book(rota *r, const rota_id *ids, const bench_booking *b);
/* At most 512. */
void bench_rota_book_all(rota *r, const rota_id *ids, const bench_booking *b, int64_t count);
/* Lists the span and reads each row: the sum of the starts. */
int64_t bench_rota_list(rota *r, const rota_id *ids, const bench_booking *b, int64_t *rows);

#endif
