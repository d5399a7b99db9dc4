/** @file rota/series.h
 *  Recurrence: a start, a rule, additions and exceptions, and the occurrences
 *  that come of them (RFC 5545, 3.3.10 and 3.8.5).
 */
#ifndef ROTA_SERIES_H
#define ROTA_SERIES_H

#include <rota/call.h>

ROTA_TYPES_BEGIN

/** What makes a booking a series. Times are text as in a rota_series_query. */
typedef struct rota_recurrence {
    uint32_t size;      /* ROTA_INIT */
    int32_t all_day;    /* read: 1 where the start is a date; written: zero */
    const char *start;  /* DTSTART; a date makes an all-day series */
    const char *zone;   /* an IANA name; not NULL */
    const char *rule;   /* as in RRULE, without that word; NULL: start and additions are all */
    const char *const *rdates;  /* additions */
    const char *const *exdates; /* exceptions */
    int64_t rdate_count;
    int64_t exdate_count;
    int64_t length;     /* of an occurrence in seconds, exactly; in an all-day series in days */
} rota_recurrence;

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

/** A series that newer zone data moves. */
typedef struct rota_zone_change {
    uint32_t size;        /* ROTA_INIT */
    int32_t status;       /* ROTA_OK: it goes, or would go, by the new data; ROTA_ECONFLICT: it
                             would collide, and stays as it is */
    rota_id booking;      /* the series */
    rota_time occurrence; /* the first one that moves, by its original start */
    rota_span was;        /* its time */
    rota_span is;         /* by the new data */
    int64_t moved;        /* occurrences that move within 28 years from now */
    const char *title;    /* or NULL */
    const char *zone;     /* never NULL */
    rota_id other;        /* what it would collide with first, or none */
    rota_span other_when; /* its time */
} rota_zone_change;

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

/** Let series go by the zone data that the system has now.
 *
 *  A series goes by the data that it was made by, which the calendar keeps: a newer file
 *  of the system moves nothing. This call reads the system's files again, and gives each
 *  series that has not ended the new ones, by its wall clock, if it collides with nothing;
 *  original starts move along, and so do occurrences that were changed by themselves, but
 *  for those that have begun.
 *  @param call  with ROTA_CALL_DRY_RUN nothing is written; no key, version or scope.
 *  @param out   receives a row for each series that moves, by id, for
 *               rota_zone_change_at(); the caller's.
 *  @return ROTA_OK, whatever became of each; ROTA_EINVALID; or a failure: what was
 *          written before it stays.  @since 0.1 */
ROTA_API int rota_zones_update(rota *r, const rota_call *call, rota_result **out);

/** Read row i of such a result; text lives as long as rows.
 *  @return as rota_occurrence_at().  @since 0.1 */
ROTA_API int rota_zone_change_at(const rota_result *rows, int64_t i,
                                 rota_zone_change *out);

/** Read row i of a result of rota_series_expand().
 *  @return ROTA_OK, or ROTA_EINVALID: not such a result, or no such row.
 *  @since 0.1 */
ROTA_API int rota_occurrence_at(const rota_result *rows, int64_t i,
                                rota_occurrence *out);

#endif
