/** @file rota/reminder.h
 *  Reminders: what is due by the clock, leased to a worker until it says that it
 *  was done. Each is derived from its booking as it is when it is given, so that
 *  one that was moved or cancelled never reminds of what it was.
 */
#ifndef ROTA_REMINDER_H
#define ROTA_REMINDER_H

#include <rota/call.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

enum {
    ROTA_MAX_REMINDERS = 32,         /* offsets of one list */
    ROTA_MAX_REMINDER_OFFSETS = 256, /* different ones in a calendar */
    ROTA_MAX_LEASE = 86400           /* seconds */
};

/** What becomes of a reminder that is given only after it was due: the worker was
 *  away, or the booking was made, moved or confirmed after that. */
enum {
    ROTA_LATE_SEND = 0,    /* it is given all the same */
    ROTA_LATE_SKIP = 1,    /* not once more than `late_secs` have passed, nor once its booking has begun */
    ROTA_LATE_COLLAPSE = 2 /* of several of one booking and person only the latest is */
};

enum { ROTA_REMINDER_INHERIT = 1 }; /* no list of its own: what is above it counts again */

/** A list of reminders: of a booking, of a resource, or of the calendar, where both
 *  are none. */
typedef struct rota_reminder_request {
    uint32_t       size;
    uint32_t       flags;        /* ROTA_REMINDER_INHERIT: then the rest is zero */
    rota_id        booking;      /* of a series: of each occurrence */
    rota_id        resource;     /* of whatever claims it */
    const int64_t *offsets;      /* seconds before the start, 0 to ROTA_MAX_BUFFER, none twice */
    int64_t        offset_count; /* 0: none at all */
    int32_t        late;         /* ROTA_LATE_* */
    int32_t        late_secs;    /* of ROTA_LATE_SKIP; 0: 300 */
} rota_reminder_request;

enum {
    ROTA_REMINDER_OPEN = 1, /* given, and not acknowledged */
    ROTA_REMINDER_DEAD = 3  /* given as often as was allowed, and never acknowledged */
};

/** One reminder: of one start, for one person, at one offset. */
typedef struct rota_reminder {
    uint32_t  size;
    int32_t   attempt;    /* 1 the first time it is given */
    rota_id   id;         /* the same however often it is given, and by whom */
    rota_id   booking;
    rota_time occurrence; /* of a series: which one, by its original start; else zero */
    rota_id   resource;   /* whom, or what, it concerns */
    rota_time start;      /* of the booking; of another start it is another reminder */
    rota_time due;
    int64_t   late;       /* seconds since it was due */
    int32_t   recurs;     /* ROTA_RECURS_NOT, ROTA_RECURS_OCCURRENCE */
    int32_t   state;      /* ROTA_REMINDER_OPEN, ROTA_REMINDER_DEAD */
    rota_time until;      /* while it is open: nobody else is given it before */
} rota_reminder;

/** What a worker asks for. */
typedef struct rota_reminder_query {
    uint32_t size;
    int32_t  lease;    /* seconds, up to ROTA_MAX_LEASE; 0: 60 */
    int64_t  limit;    /* at most ROTA_MAX_ROWS; 0: 1000 */
    int32_t  attempts; /* so many times, and it is dead; up to 1000; 0: 10 */
    int32_t  reserved; /* zero */
} rota_reminder_query;

ROTA_TYPES_END

/** Say when reminders come: put a list in the place of the one that is there.
 *
 *  For each person it is the list of the booking that counts, else that of the
 *  resource that the booking claims, be it he or a group that he belongs to, else
 *  the calendar's. Lists count as they are when a reminder is first given. The same
 *  list again changes nothing; another one is told of, ROTA_EVENT_REMINDERS_CHANGED.
 *  @param call     `version` means nothing here: a list has none.
 *  @param receipt  receives the id of the booking or resource; may be NULL.
 *  @return ROTA_OK; ROTA_ENOTFOUND for booking or resource; ROTA_EINVALID: both of
 *          them, an offset out of range or twice; ROTA_ELIMIT: more than
 *          ROTA_MAX_REMINDERS, or ROTA_MAX_REMINDER_OFFSETS in the calendar;
 *          ROTA_EKEY; or a failure.  @since 0.1 */
ROTA_API int rota_reminder_put(rota *r, const rota_call *call,
                               const rota_reminder_request *request,
                               rota_receipt *receipt);

/** What is due by the clock, by due, then id, and leased to the caller: nobody is
 *  given it again until the lease ends. What is not acknowledged by then is given
 *  again; after as many attempts as the query allows it is dead, and the feed says
 *  so.
 *  @param query  NULL for the defaults.
 *  @param call   `key` and `version` mean nothing here; with ROTA_CALL_DRY_RUN
 *                nothing is leased, and the answer is what would be given.
 *  @param out    receives the rows, for rota_reminder_at(); free them with
 *                rota_result_free(). As many as the limit: ask again.
 *  @return ROTA_OK; ROTA_EINVALID, ROTA_ELIMIT; ROTA_EDENIED; or a failure, and
 *          then what was leased is given again when the lease ends.
 *          @since 0.1 */
ROTA_API int rota_reminder_due(rota *r, const rota_call *call,
                               const rota_reminder_query *query,
                               rota_result **out);

/** They are done, and never given again. One that nobody was given, or that was
 *  acknowledged already, is passed over.
 *  @param ids    `count` of them, at most ROTA_MAX_ROWS; dead ones too.
 *  @param call   `key` and `version` mean nothing here.
 *  @param acked  receives how many were still open, or dead; may be NULL.
 *  @return ROTA_OK; ROTA_EINVALID, ROTA_ELIMIT; ROTA_EDENIED; or a
 *          failure: acknowledge again.  @since 0.1 */
ROTA_API int rota_reminder_ack(rota *r, const rota_call *call,
                               const rota_id *ids, int64_t count,
                               int64_t *acked);

/** Those that are dead, by id.
 *  @param after  continue behind this one, or NULL.
 *  @param limit  at most ROTA_MAX_ROWS; 0: 1000.
 *  @return ROTA_OK; ROTA_EINVALID, ROTA_ELIMIT; or a failure.  @since 0.1 */
ROTA_API int rota_reminder_dead(rota *r, const rota_id *after, int64_t limit,
                                rota_result **out);

/** Dead ones are due again, and begin with attempt 1; others are passed over.
 *  @param retried  receives how many there were; may be NULL.
 *  @return as rota_reminder_ack().  @since 0.1 */
ROTA_API int rota_reminder_retry(rota *r, const rota_call *call,
                                 const rota_id *ids, int64_t count,
                                 int64_t *retried);

/** Read row i of a list of reminders.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_reminder_at(const rota_result *rows, int64_t i,
                              rota_reminder *out);

#endif
