/** @file rota/placement.h
 *  Bookings that give no start: where they may lie, and what happens when one has to give way.
 */
#ifndef ROTA_PLACEMENT_H
#define ROTA_PLACEMENT_H

#include <rota/hours.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

/** Where a booking may lie: at the first start of the window at which all that it claims can
 *  be taken, and which is not before the clock's now. */
typedef struct rota_placement {
    uint32_t    size;
    uint32_t    days;     /* ROTA_MONDAY, ...: on these days alone; 0: on every day */
    rota_span   window;   /* it lies in this; with ROTA_TIME_MIN as its start in what is left of
                             it from the clock's now on, with ROTA_TIME_MAX as its end too in
                             four weeks from now on */
    int64_t     duration; /* seconds, 1 to ROTA_MAX_BUFFER */
    int64_t     step;     /* starts are a multiple of so many seconds since midnight on the
                             clock, up to a day; 0 stands for 900 */
    int32_t     from;     /* it lies as a whole between from and until, in seconds since midnight */
    int32_t     until;    /* on the clock, as start and end of a rota_hours_rule; both 0: at any time */
    const char *zone;     /* whose clock; NULL: that of the resource of the first claim */
} rota_placement;

/** A booking that gave way, or one occurrence of a series. */
typedef struct rota_displacement {
    uint32_t  size;
    int32_t   recurs; /* ROTA_RECURS_NOT, or ROTA_RECURS_OCCURRENCE of the series `booking` */
    rota_id   booking;
    rota_span from; /* its time before */
    rota_span to;   /* and now */
    int64_t   version; /* now */
    rota_time occurrence; /* its original start, if it is one */
} rota_displacement;

ROTA_TYPES_END

/** The bookings and occurrences that the last call on this handle moved to make room
 *  (receipt.moved of them), in the order in which they were placed again.
 *  @param out  receives the rows; free them with rota_result_free().
 *  @return ROTA_OK; ROTA_EINVALID for NULL; ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_displacement_list(rota *r, rota_result **out);

/** Read row i.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_displacement_at(const rota_result *rows, int64_t i, rota_displacement *out);

#endif
