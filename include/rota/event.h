/** @file rota/event.h
 *  The feed: every change as one row, in the order of the commits, without gaps.
 *  It is the audit trail, the outbox and the change log at once.
 */
#ifndef ROTA_EVENT_H
#define ROTA_EVENT_H

#include <rota/result.h>

ROTA_TYPES_BEGIN

/* constant, number, name in the feed */
#define ROTA_EVENT_MAP(X)                                                      \
    X(RESOURCE_CREATED, 1, "resource.created")                                 \
    X(RESOURCE_UPDATED, 2, "resource.updated")                                 \
    X(RESOURCE_REMOVED, 3, "resource.removed")                                 \
    X(MEMBER_ADDED, 4, "member.added")                                         \
    X(MEMBER_REMOVED, 5, "member.removed")                                     \
    X(BOOKING_CREATED, 6, "booking.created")                                   \
    X(BOOKING_CONFIRMED, 7, "booking.confirmed")                               \
    X(BOOKING_MOVED, 8, "booking.moved")                                       \
    X(BOOKING_CANCELLED, 9, "booking.cancelled")                               \
    X(BOOKING_CHECKED_IN, 10, "booking.checked_in")                            \
    X(BOOKING_COMPLETED, 11, "booking.completed")                              \
    X(BOOKING_EXPIRED, 12, "booking.expired")                                  \
    X(BOOKING_RESTORED, 13, "booking.restored")                                \
    X(HOURS_CHANGED, 14, "hours.changed")                                      \
    X(REMINDER_DEAD, 15, "reminder.dead")                                      \
    X(BOOKING_UNPLACED, 16, "booking.unplaced")                                \
    X(REMINDERS_CHANGED, 17, "reminders.changed")

enum {
#define ROTA_EVENT_ENUM(name, number, text) ROTA_EVENT_##name = (number),
    ROTA_EVENT_MAP(ROTA_EVENT_ENUM)
#undef ROTA_EVENT_ENUM
    ROTA_EVENT_LAST = 17
};

/** One change. */
typedef struct rota_event {
    uint32_t    size;
    int32_t     type;    /* ROTA_EVENT_* */
    int64_t     seq;     /* its position: 1, 2, 3, ... */
    rota_time   at;      /* when, by the clock of the handle that wrote it */
    rota_id     subject; /* the record that changed; of a membership, the group; of a
                            booking that was not made, since it fits nowhere, the first resource claimed;
                            none of the calendar's list of reminders */
    const char *name;    /* of the type, "booking.created"; never NULL */
    const char *actor;   /* of the call, or NULL */
    const char *role;    /* of the call, or NULL */
    const char *trace;   /* of the call, or NULL */
    const char *before;  /* the record before, as a JSON object; NULL where there was none */
    const char *after;   /* the record after, as a JSON object; NULL where it is gone */
} rota_event;

ROTA_TYPES_END

/** The name of an event's type, "booking.created"; "unknown" for a number that
 *  is none. Never NULL.  @since 0.1 */
ROTA_API const char *rota_event_name(int32_t type);

/** Read the feed from a position.
 *  @param after  the `seq` of the last event already read; 0 from the start.
 *  @param limit  at most ROTA_MAX_ROWS; 0 stands for 1000. Fewer rows than that
 *                mean that the feed ends there for now.
 *  @return ROTA_OK; ROTA_EINVALID where after or limit is negative;
 *          ROTA_ELIMIT; or a failure.  @since 0.1 */
ROTA_API int rota_event_list(rota *r, int64_t after, int64_t limit,
                             rota_result **out);

/** Read row i of a list of events; text lives as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_event_at(const rota_result *rows, int64_t i, rota_event *out);

#endif
