/** @file rota/hours.h
 *  Hours: when a resource is open, by the wall clock of its zone.
 */
#ifndef ROTA_HOURS_H
#define ROTA_HOURS_H

#include <rota/call.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

/** What a rule of the hours is for. Of a day an exception speaks alone; without one a
 *  rule for dates; without one the weekly rules. */
enum {
    ROTA_HOURS_WEEKLY = 1,   /* these days of every week */
    ROTA_HOURS_DATES = 2,    /* a time of the year with hours of its own */
    ROTA_HOURS_EXCEPTION = 3 /* a public holiday, a day off, a long Thursday */
};

/** Days of the week, as bits. */
enum {
    ROTA_MONDAY = 1,
    ROTA_TUESDAY = 2,
    ROTA_WEDNESDAY = 4,
    ROTA_THURSDAY = 8,
    ROTA_FRIDAY = 16,
    ROTA_SATURDAY = 32,
    ROTA_SUNDAY = 64
};

/** One rule: on these days the resource is open from start to end, or closed. Several
 *  periods of a day are several rules. A plain value, in arrays as it is. */
typedef struct rota_hours_rule {
    int32_t kind;          /* ROTA_HOURS_* */
    uint32_t days;         /* ROTA_MONDAY, ...; a weekly rule has one at least; else 0: every day */
    const char *from_date; /* the first day, "2025-12-24"; NULL: no bound; an exception has it */
    const char *to_date; /* the last day, which is in; NULL: no bound, of an exception from_date */
    int32_t start;       /* seconds on the clock since midnight, 0 to 86399 */
    int32_t end;         /* the same, 0 to 86400; at or before the start: on the next day, so
                              that 00:00 to 00:00, and to 24:00, is a whole day */
    int32_t closed;      /* 1: nothing of these days; start and end are then zero */
    int32_t reserved;    /* zero */
} rota_hours_rule;

ROTA_TYPES_END

/** Say when a resource is open, instead of all that was said before. Bookings that are
 *  there stay; new ones lie as a whole within one open span of every resource they take,
 *  or are refused, ROTA_EPOLICY, unless the call has ROTA_CALL_OVERRIDE.
 *
 *  Without weekly rules and rules for dates a resource is open but for its exceptions. What
 *  is in a place is open only while the place is. docs/hours.md has the rest.
 *  @param rules    copied; NULL where there are none.
 *  @param count    at most ROTA_MAX_HOURS; 0: no rules, it is open as its place is.
 *  @param receipt  receives the resource's id and version, which is one more where
 *                  anything changes; may be NULL.
 *  @return ROTA_OK; ROTA_EINVALID: a rule that is none, or two that contradict each other or
 *          overlap, with a message that names them as rules[0], rules[1], ..., and a day;
 *          ROTA_ELIMIT; ROTA_ENOTFOUND; ROTA_EVERSION, ROTA_EKEY; or a failure.
 *          @since 0.1 */
ROTA_API int rota_hours_put(rota *r, const rota_call *call, const rota_id *resource,
                            const rota_hours_rule *rules, int64_t count, rota_receipt *receipt);

/** The rules of a resource, in the order in which they were put.
 *  @param out  receives the rows, for rota_hours_at(); free them with rota_result_free().
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID; or a failure.  @since 0.1 */
ROTA_API int rota_hours_get(rota *r, const rota_id *resource, rota_result **out);

/** Read row i of such a result; text lives as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID: not such a result, or no such row.  @since 0.1 */
ROTA_API int rota_hours_at(const rota_result *rows, int64_t i, rota_hours_rule *out);

/** The spans of a window in which a resource is open, by its own rules and those of the
 *  places it is in: ascending, none touching the next, cut to the window.
 *  @param window  at most ROTA_MAX_WINDOW seconds.
 *  @param out     receives the rows, for rota_span_at().
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID; ROTA_ELIMIT: too long a window, or more
 *          than ROTA_MAX_SPANS rows; or a failure.  @since 0.1 */
ROTA_API int rota_hours_open(rota *r, const rota_id *resource, rota_span window, rota_result **out);

/** Read row i of a list of spans.
 *  @return as rota_hours_at().  @since 0.1 */
ROTA_API int rota_span_at(const rota_result *rows, int64_t i, rota_span *out);

#endif
