/** @file rota/booking.h
 *  Bookings: a span of time with claims on resources, all taken or none.
 */
#ifndef ROTA_BOOKING_H
#define ROTA_BOOKING_H

#include <rota/call.h>
#include <rota/placement.h>
#include <rota/result.h>
#include <rota/series.h>

ROTA_TYPES_BEGIN

/** What was decided about a booking. From held, confirmed, checked in and
 *  completed it takes time; the life cycle is drawn in docs/booking.md. */
enum {
    ROTA_BOOKING_HELD = 1,       /* lapses by itself unless confirmed */
    ROTA_BOOKING_CONFIRMED = 2,
    ROTA_BOOKING_CHECKED_IN = 3, /* somebody is there */
    ROTA_BOOKING_COMPLETED = 4,  /* over; takes the time until then */
    ROTA_BOOKING_CANCELLED = 5,
    ROTA_BOOKING_EXPIRED = 6     /* a hold that lapsed; may be confirmed while its time is free */
};

/** What the clock says of a booking, whatever was decided. */
enum {
    ROTA_PHASE_UPCOMING = 1, /* now < start */
    ROTA_PHASE_ONGOING = 2,  /* start <= now < end */
    ROTA_PHASE_PAST = 3      /* end <= now */
};

/** What a booking is for. Blocks, which are all but the first, need not lie in hours, and may
 *  make room whatever there is: docs/block.md. */
enum {
    ROTA_KIND_BOOKING = 0,
    ROTA_KIND_MAINTENANCE = 1, /* a block: it cannot be used */
    ROTA_KIND_ABSENCE = 2      /* a block: he is away */
};

enum {
    ROTA_ROLE_REQUIRED = 0,
    ROTA_ROLE_OPTIONAL = 1, /* never refuses, never blocks */
    ROTA_ROLE_ORGANIZER = 2 /* required, and whose booking it is */
};

enum { ROTA_CLAIM_FREE = 1 }; /* listed with the booking; never refuses, never blocks */

/** Units of one resource. */
typedef struct rota_claim {
    rota_id  resource;
    int32_t  units;    /* 1 or more */
    int32_t  role;     /* ROTA_ROLE_* */
    uint32_t flags;    /* ROTA_CLAIM_* */
    uint32_t reserved; /* zero */
} rota_claim;

/** Which fields of a rota_booking_request a move takes. */
enum {
    ROTA_BOOKING_SET_START = 1, /* alone: the length stays */
    ROTA_BOOKING_SET_END = 2,   /* alone: the start stays */
    ROTA_BOOKING_SET_WHEN = 3,  /* both */
    ROTA_BOOKING_SET_CLAIMS = 4,
    ROTA_BOOKING_SET_TITLE = 8,
    ROTA_BOOKING_SET_DATA = 16,
    ROTA_BOOKING_SET_PRIORITY = 32,
    ROTA_BOOKING_SET_LENGTH = 64 /* as long as `when` is, and the start stays: with neither of those */
};

enum {
    ROTA_BOOKING_FUTURE = 1, /* refuse, with ROTA_EPOLICY, a start before the clock's now */
    ROTA_BOOKING_PARTIAL = 2, /* of a series: leave out the occurrences that are not free */
    ROTA_BOOKING_MOVABLE = 4  /* gives way to ROTA_ON_CONFLICT_DISPLACE; with a placement it always does */
};

/** What a booking is to be. */
typedef struct rota_booking_request {
    uint32_t          size;
    uint32_t          set;         /* moves: ROTA_BOOKING_SET_*; creation takes every field */
    rota_span         when;
    const rota_claim *claims;      /* 1 to ROTA_MAX_CLAIMS, each resource once */
    int64_t           claim_count;
    const char       *title;       /* NULL: none */
    const char       *ref;         /* the host's own key, unique among bookings; NULL: none; creation only */
    const char       *data;        /* the host's own text, kept as it is; NULL: none */
    uint32_t          flags;       /* ROTA_BOOKING_FUTURE, ROTA_BOOKING_PARTIAL, ROTA_BOOKING_MOVABLE */
    int32_t           hold_secs;   /* creation: held for so many seconds; 0: confirmed at once */
    int32_t           priority;    /* higher overrides lower; 0 unless said */
    int32_t           on_conflict; /* ROTA_ON_CONFLICT_* */
    const rota_recurrence *recurrence; /* creation of a series: then `when` is zero; else NULL */
    int32_t           alternatives; /* with ROTA_ON_CONFLICT_PROPOSE: at most so many; 0 stands for 3 */
    int32_t           kind;         /* creation: ROTA_KIND_* */
    const rota_placement *placement; /* creation: where it may lie; then `when` is zero; else NULL */
} rota_booking_request;

/** A booking as it is. */
typedef struct rota_booking {
    uint32_t          size;
    int32_t           status;       /* ROTA_BOOKING_*; a lapsed hold is expired, ticked or not */
    rota_id           id;
    rota_span         when;
    const rota_claim *claims;       /* by resource id */
    int64_t           claim_count;
    const char       *title;        /* or NULL */
    const char       *ref;          /* or NULL */
    const char       *data;         /* or NULL */
    int64_t           version;      /* 1 at first, each change adds 1 */
    rota_time         hold_expires; /* while held or expired, else zero */
    rota_time         created_at;
    rota_time         changed_at;
    int32_t           priority;
    int32_t           phase;        /* ROTA_PHASE_*, by the clock of the read */
    int32_t           recurs;       /* ROTA_RECURS_*; of an occurrence the id is the series' */
    uint32_t          flags;        /* ROTA_BOOKING_MOVABLE */
    rota_time         occurrence;   /* its original start: its name for ever; else zero */
    rota_time         checked_until; /* of a series: nothing of it collides before; ROTA_TIME_MAX: ever */
    const rota_recurrence *recurrence; /* of a series as a whole; else NULL. `when` is then its first
                                          occurrence */
    int32_t           kind;         /* ROTA_KIND_* */
    int32_t           reserved;     /* zero */
} rota_booking;

/** Which bookings to list: those that overlap `when`. */
typedef struct rota_booking_query {
    uint32_t  size;
    uint32_t  statuses;   /* bits 1 << ROTA_BOOKING_*; 0: all but cancelled ones */
    rota_id   resource;   /* those that claim it or a group it then belongs to; none: all */
    rota_span when;
    rota_id   after;      /* continue behind this booking, the last one of the page before */
    rota_span after_when; /* that booking's time as it was listed; zero: its time now */
    int64_t   limit;      /* at most ROTA_MAX_ROWS; 0: all */
    rota_time after_occurrence; /* of a row that is one: which; zero: behind all of that time */
} rota_booking_query;

ROTA_TYPES_END

/** Book: take every claimed resource for the whole span, or none.
 *
 *  A resource is taken from `before` seconds before the start until `after`
 *  seconds past the end, by its own setup and cleanup time.
 *  @param receipt  receives id, version, status, time and lapse of the hold; may
 *                  be NULL.
 *  With a placement it is put at the first start that suits; where there is none, the
 *  answer is ROTA_ECONFLICT with what is in the way at the first start that it may have.
 *  @return ROTA_OK; ROTA_ECONFLICT, explained by rota_conflict_list();
 *          ROTA_EPOLICY; ROTA_ESTATE where a resource that would be taken is
 *          not active, or the ref is taken; ROTA_ENOTFOUND for a resource; ROTA_EINVALID, ROTA_ELIMIT,
 *          ROTA_EVERSION, ROTA_EKEY; or a failure.  @since 0.1 */
ROTA_API int rota_booking_create(rota *r, const rota_call *call,
                                 const rota_booking_request *request,
                                 rota_receipt *receipt);

/** May this be booked? The answer that rota_booking_create() with
 *  ROTA_ON_CONFLICT_REJECT would give at this moment, as a status and nothing
 *  more: no row says what stands in the way (a create with ROTA_CALL_DRY_RUN
 *  does), and nothing is written.
 *  @param request  `when`, `claims`, `kind` and `flags` matter. A recurrence or
 *                  a placement is ROTA_EINVALID; what else a creation takes is
 *                  not looked at.
 *  @return as rota_booking_create().  @since 0.1 */
ROTA_API int rota_booking_check(rota *r, const rota_booking_request *request);

/** Book many, in order, with one flush for all: each as rota_booking_create()
 *  would, after those before it. What is refused leaves the others as they are.
 *  @param requests  `count` of them, side by side, each of the same size; at most
 *                   ROTA_MAX_ROWS.
 *  @param call      holds for each; with a `key`, request i has the key and "#i",
 *                   so that a repeated call does again only what was refused.
 *  @param answers   receives a status for each: ROTA_OK or why it was refused;
 *                   the message is that of the first refusal.
 *  @param receipts  receives a receipt for each that was booked; may be NULL. Each
 *                   has its size before.
 *                   What one of them had to cancel or to move is told by the feed,
 *                   and by no list.
 *  @return ROTA_OK where each request has its answer; ROTA_EINVALID, ROTA_ELIMIT
 *          for the call; or a failure, and then nothing of it was
 *          written.  @since 0.1 */
ROTA_API int rota_booking_create_all(rota *r, const rota_call *call,
                                     const rota_booking_request *requests,
                                     int64_t count, int32_t *answers,
                                     rota_receipt *receipts);

/** Change when, what or who, in one step: the booking never collides with
 *  itself, keeps its identity, and loses nothing when it is refused. A hold
 *  lapses when it did. One that is movable and is given a time is fixed from
 *  then on, unless `flags` has ROTA_BOOKING_MOVABLE; only a move that sets a
 *  time, which a start, an end or a length is, may have that.
 *  @param request  the fields that `set` names; hold_secs and ref must be zero.
 *  @return as rota_booking_create(); ROTA_ENOTFOUND for the booking;
 *          ROTA_ESTATE where it is completed, cancelled or expired.  @since 0.1 */
ROTA_API int rota_booking_move(rota *r, const rota_call *call, const rota_id *id,
                               const rota_booking_request *request,
                               rota_receipt *receipt);

/** Confirm a held booking. One that has lapsed is confirmed if its time is
 *  still free, else the answer is ROTA_ECONFLICT and says that it had lapsed.
 *  @return ROTA_OK; ROTA_ECONFLICT; ROTA_ESTATE where it is not held;
 *          ROTA_ENOTFOUND, ROTA_EINVALID, ROTA_EVERSION, ROTA_EKEY; or a
 *          failure.  @since 0.1 */
ROTA_API int rota_booking_confirm(rota *r, const rota_call *call,
                                  const rota_id *id, rota_receipt *receipt);

/** Cancel a booking; its time is free at once, its record stays. From its start
 *  on it is completed and not cancelled, unless the call has ROTA_CALL_OVERRIDE;
 *  a held one can be given up at any time.
 *  @return as rota_booking_confirm(), never ROTA_ECONFLICT.  @since 0.1 */
ROTA_API int rota_booking_cancel(rota *r, const rota_call *call,
                                 const rota_id *id, rota_receipt *receipt);

/** Confirm a cancelled booking or occurrence again, or an occurrence that was left out
 *  when its series was made, if its time is free and its end is not over.
 *  @return as rota_booking_confirm(); ROTA_ESTATE where it is not cancelled.
 *  @since 0.1 */
ROTA_API int rota_booking_restore(rota *r, const rota_call *call,
                                  const rota_id *id, rota_receipt *receipt);

/** Note that somebody came. Possible until the booking's end.
 *  @return as rota_booking_cancel().  @since 0.1 */
ROTA_API int rota_booking_check_in(rota *r, const rota_call *call,
                                   const rota_id *id, rota_receipt *receipt);

/** Complete a booking that has begun. Before its end this gives back the rest
 *  of its time: it then ends now, one second past its start at the least.
 *  @return as rota_booking_cancel().  @since 0.1 */
ROTA_API int rota_booking_complete(rota *r, const rota_call *call,
                                   const rota_id *id, rota_receipt *receipt);

/** The id of the booking whose id or ref this text is; an id goes first.
 *  @return as rota_resource_find().  @since 0.1 */
ROTA_API int rota_booking_find(rota *r, const char *id_or_ref, rota_id *id);

/** Read one booking, whatever its status.
 *  @param out  receives one row; free it with rota_result_free().
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID; or a failure.  @since 0.1 */
ROTA_API int rota_booking_get(rota *r, const rota_id *id, rota_result **out);

/** Read one occurrence of a series, whatever its status; one that was left out is
 *  cancelled.
 *  @param occurrence  its original start.
 *  @param out         receives one row; free it with rota_result_free().
 *  @return as rota_booking_get(); ROTA_ENOTFOUND where the series has none of
 *          that start.  @since 0.1 */
ROTA_API int rota_occurrence_get(rota *r, const rota_id *id,
                                 rota_time occurrence, rota_result **out);

/** List bookings by start, end and id; of a series each of its occurrences. Those
 *  that were left out are cancelled ones.
 *  @return ROTA_OK; ROTA_EINVALID; ROTA_ENOTFOUND for the resource or for
 *          `after`; ROTA_ELIMIT; or a failure.  @since 0.1 */
ROTA_API int rota_booking_list(rota *r, const rota_booking_query *query,
                               rota_result **out);

/** Read row i of a list of bookings; claims and text live as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_booking_at(const rota_result *rows, int64_t i,
                             rota_booking *out);

#endif
