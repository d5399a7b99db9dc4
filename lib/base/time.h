/* Civil arithmetic, RFC 3339, half-open spans. Knows no zones: that is tz.h. */
#ifndef ROTA__TIME_H
#define ROTA__TIME_H

#include "base/check.h"

/* A wall-clock reading as seconds since 1970-01-01T00:00:00 on that clock: what
 * rota_time would be if the zone were UTC. */
typedef int64_t rota__local;

typedef struct rota__civil {
    int32_t year, month, day, hour, minute, second; /* month and day from 1 */
} rota__civil;

int64_t rota__time_days(int32_t year, int32_t month,
                        int32_t day); /* since 1970-01-01, proleptic Gregorian */
int32_t rota__time_month_length(int32_t year, int32_t month);
bool rota__time_is_date(const rota__civil *civil); /* a day that there is, from year 1 on */
int64_t rota__time_gcd(int64_t a, int64_t b);      /* greatest common divisor, of periods */
rota__local rota__time_from_civil(const rota__civil *civil);
void rota__time_to_civil(rota__local local, rota__civil *out);

/* value / by, rounded down, as days before 1970 need it; by > 0. */
static inline int64_t rota__time_floor(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* What a text is: an instant, or a wall-clock reading that needs a zone; or it would be one but
 * for its fraction of a second. */
enum { ROTA__TIME_FINER = -1, ROTA__TIME_INSTANT = 1, ROTA__TIME_LOCAL = 2 };

/* RFC 3339 as rota_time_parse() documents it. Returns one of the above, or 0
 * where text is none of them, or its fields are out of range (Feb 30, 24:00). Years 0001 to
 * 9999; the instant may leave ROTA_TIME_MIN..MAX through its offset: check. */
int rota__time_read(const char *text, int64_t *out);

/* The end of the sentence about a text that was read as no time: 0 or ROTA__TIME_FINER. */
const char *rota__time_fault(int kind);

/* The one function that decides overlap (I2). */
static inline bool rota__time_overlap(rota_span a, rota_span b)
{
    return a.start < b.end && b.start < a.end;
}

/* The common part; empty (start >= end) where there is none. */
static inline rota_span rota__time_common(rota_span a, rota_span b)
{
    rota_span common = { a.start > b.start ? a.start : b.start, a.end < b.end ? a.end : b.end };
    return common;
}

#endif
