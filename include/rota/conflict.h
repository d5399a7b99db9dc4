/** @file rota/conflict.h
 *  What stood in the way of a call, and what is done about it.
 */
#ifndef ROTA_CONFLICT_H
#define ROTA_CONFLICT_H

#include <rota/result.h>

ROTA_TYPES_BEGIN

/** What to do where the time is not free. */
enum {
    ROTA_ON_CONFLICT_DEFAULT = 0,  /* as the handle's configuration says; ROTA_ON_CONFLICT_REJECT there */
    ROTA_ON_CONFLICT_REJECT = 1,   /* refuse, and list every conflict */
    ROTA_ON_CONFLICT_OVERRIDE = 2, /* cancel bookings of lower priority, all that is needed or none */
    ROTA_ON_CONFLICT_ASK = 3,      /* let the host's `ask` hook decide, conflict by conflict */
    ROTA_ON_CONFLICT_PROPOSE = 4,  /* refuse, and say what could be booked instead: rota_alternative_list() */
    ROTA_ON_CONFLICT_DISPLACE = 5  /* place movable bookings elsewhere, all that is needed or none */
};

/** What the `ask` hook answers. */
enum {
    ROTA_ASK_KEEP = 0,  /* the other booking stays */
    ROTA_ASK_CANCEL = 1 /* the other booking is cancelled, should that make the time free */
};

/** One thing that stood in the way: one other booking on one resource. */
typedef struct rota_conflict {
    uint32_t    size;
    int32_t     units_asked;     /* units that the call wanted; 0: it wanted none, but changed what there is */
    rota_id     resource;        /* the resource, or the member of a group, that has no room */
    rota_id     booking;         /* the other booking; none where the resource has too few units at all */
    rota_id     via;             /* the group through which the other booking takes the resource, or none */
    rota_span   when;            /* the other booking's own time; without one, as `overlap` */
    rota_span   overlap;         /* where the units run out, setup and cleanup included: the first such span */
    int64_t     units_left;      /* units left over throughout `overlap` */
    int64_t     version;         /* the other booking's version */
    const char *title;           /* of the other booking, or NULL */
    const char *ref;             /* of the other booking, or NULL */
    const char *resource_name;   /* never NULL */
    const char *resource_ref;    /* or NULL */
    int32_t     status;          /* of the other booking: ROTA_BOOKING_* */
    int32_t     priority;        /* of the other booking */
    int32_t     recurs;          /* ROTA_RECURS_OCCURRENCE: the other booking is a series, and
                                    `when` that of one occurrence; else ROTA_RECURS_NOT */
    int32_t     asked_recurs;    /* the same of the booking asked for */
    rota_time   occurrence;      /* which one of the other booking, by its original start */
    rota_time   asked;           /* in the way of which one of the booking asked for */
} rota_conflict;

ROTA_TYPES_END

/** Every conflict of the last call on this handle that ended in ROTA_ECONFLICT,
 *  by start, then resource id, then booking id; of a series the first 10,000. After a
 *  series was made in part, those of the occurrences left out. No rows after any
 *  other call.
 *  @param out  receives the rows; free them with rota_result_free().
 *  @return ROTA_OK; ROTA_EINVALID for NULL; ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_conflict_list(rota *r, rota_result **out);

/** Read row i.
 *  @param out  `out->size` says how much is filled; text lives as long as rows.
 *  @return ROTA_OK; ROTA_EINVALID where i is out of range, out is too small, or
 *          the rows are of another kind.  @since 0.1 */
ROTA_API int rota_conflict_at(const rota_result *rows, int64_t i,
                              rota_conflict *out);

/** The bookings that the last call on this handle cancelled to make room
 *  (receipt.cancelled of them), as they are now, by start, end and id. Read the
 *  rows with rota_booking_at().
 *  @return ROTA_OK; ROTA_EINVALID for NULL; ROTA_EBUSY, ROTA_EIO,
 *          ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_cancelled_list(rota *r, rota_result **out);

#endif
