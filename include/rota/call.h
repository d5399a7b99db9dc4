/** @file rota/call.h
 *  Who asks, and how: one record that every writing call takes, and one that
 *  every writing call answers with.
 */
#ifndef ROTA_CALL_H
#define ROTA_CALL_H

#include <rota/base.h>

ROTA_TYPES_BEGIN

enum {
    ROTA_CALL_DRY_RUN = 1,  /* give the full answer, write nothing */
    ROTA_CALL_OVERRIDE = 2  /* may cancel what has begun, and book outside of hours */
};

/** Which part of a series a call is for. */
enum {
    ROTA_SCOPE_NONE = 0,   /* the booking; of a series all of it */
    ROTA_SCOPE_THIS = 1,   /* one occurrence */
    ROTA_SCOPE_FUTURE = 2, /* that one and all that follow it by their original start */
    ROTA_SCOPE_ALL = 3     /* every one; times are as that one gets them */
};

/** Who asks, and how. NULL stands for a record of zeros. */
typedef struct rota_call {
    uint32_t    size;
    uint32_t    flags;   /* ROTA_CALL_* */
    const char *actor;   /* who asks, in the host's words; NULL: nobody named */
    const char *role;    /* as what; goes to the feed */
    const char *key;     /* idempotency key: the same call repeated with it is done once; NULL: none */
    const char *trace;   /* the host's request id; goes to the feed */
    int64_t     version; /* the version expected of the record; 0: any; creations do not look at it */
    rota_time occurrence; /* with a scope: the original start of an occurrence */
    int32_t scope;        /* ROTA_SCOPE_* */
    uint32_t reserved;    /* zero */
} rota_call;

enum {
    ROTA_RECEIPT_REPLAYED = 1, /* the key was known: this is the first answer, nothing was done */
    ROTA_RECEIPT_DRY_RUN = 2   /* nothing was written; a creation's id is not kept for later */
};

/** What a booking is, or a call was for. */
enum {
    ROTA_RECURS_NOT = 0,       /* a booking that happens once */
    ROTA_RECURS_SERIES = 1,    /* a series as a whole */
    ROTA_RECURS_OCCURRENCE = 2 /* one occurrence of a series: the id is that of the series */
};

/** What a writing call did. */
typedef struct rota_receipt {
    uint32_t  size;
    uint32_t  flags;        /* ROTA_RECEIPT_* */
    rota_id   id;           /* the record written */
    int64_t   version;      /* its version now */
    rota_span when;         /* of a booking or a membership, else zero */
    rota_time hold_expires; /* of a held booking, else zero */
    int32_t   status;       /* of a booking: ROTA_BOOKING_*, else 0 */
    int32_t   cancelled;    /* bookings cancelled to make room: rota_cancelled_list() names them */
    int32_t   recurs;       /* ROTA_RECURS_*: what the call was for */
    int32_t   skipped;      /* occurrences left out: rota_conflict_list() tells why */
    rota_time occurrence;   /* of one occurrence its original start, else zero */
    int64_t   count;        /* of a series its occurrences but for those left out; -1: no end */
    rota_time checked_until; /* of a series: before it nothing of it collides. ROTA_TIME_MAX: ever */
    int32_t   moved;        /* bookings moved to make room: rota_displacement_list() names them */
    int32_t   reserved;
} rota_receipt;

ROTA_TYPES_END

#endif
