/** @file rota/series.h
 *  Recurrence: a start, a rule, additions and exceptions, and the occurrences
 *  that come of them (RFC 5545, 3.3.10 and 3.8.5).
 */
#ifndef ROTA_SERIES_H
#define ROTA_SERIES_H

#include <rota/base.h>

ROTA_TYPES_BEGIN

/** A series, and which of its occurrences are wanted. Its times are text: RFC
 *  3339 with an offset, or without one the wall clock of `zone`; in an all-day
 *  series dates, "2031-03-10". */
typedef struct rota_series_query {
    uint32_t size;      /* ROTA_INIT */
    uint32_t flags;     /* 0 */
    const char *start;  /* DTSTART: the wall clock that the rule goes by. A date
                           makes an all-day series, of midnights in the zone */
    const char *zone;   /* an IANA name; not NULL */
    const char *rule;   /* "FREQ=WEEKLY;BYDAY=MO", as in RRULE, without that word;
                           NULL: the start and the additions are all */
    const char *const *rdates;  /* additions; may lie before the start */
    const char *const *exdates; /* exceptions, by instant; also to additions */
    int64_t rdate_count;
    int64_t exdate_count;
    rota_span window;   /* the occurrences that start in it; zero: all; one that
                           is empty is refused */
    int64_t limit;      /* rows, up to ROTA_MAX_ROWS; 0: 1000 */
} rota_series_query;

/** One occurrence. Its start is its name for as long as the series exists. */
typedef struct rota_occurrence {
    uint32_t size;  /* ROTA_INIT */
    int32_t kind;   /* ROTA_TIME_UNIQUE, ROTA_TIME_GAP or ROTA_TIME_FOLD */
    rota_time start;
    int32_t offset; /* of the zone then, seconds east of UTC */
    int32_t all_day;
    char local[24]; /* what the clock shows then: "2031-03-10T09:00:00" */
} rota_occurrence;

ROTA_TYPES_END

/** The occurrences of a series, ascending by start, none twice. Nothing of the
 *  calendar is read or written.
 *
 *  The rule runs on the wall clock, and each occurrence is then resolved as
 *  rota_time_resolve() does. The start is an occurrence only where it matches
 *  the rule. COUNT counts what the rule gives, before exceptions. UNTIL is
 *  inclusive: an instant, or a wall-clock time, or a date that is still in.
 *  Occurrences end with the year 9999. docs/recurrence.md has the rest.
 *  @param query  copied, and not kept.
 *  @param out    receives the rows, for rota_occurrence_at(); the caller's.
 *  @param more   receives 1 where the limit cut them, else 0; NULL is allowed.
 *  @return ROTA_OK; ROTA_EINVALID: a rule, time or zone that is none, with a
 *          message that names the part and its value; ROTA_ELIMIT: a limit of
 *          rota/base.h, or a rule that needs too many steps to say what is
 *          next; ROTA_EIO, ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_series_expand(rota *r, const rota_series_query *query,
                                rota_result **out, int32_t *more);

/** Read row i of such a result.
 *  @return ROTA_OK, or ROTA_EINVALID: not such a result, or no such row.
 *  @since 0.1 */
ROTA_API int rota_occurrence_at(const rota_result *rows, int64_t i,
                                rota_occurrence *out);

#endif
