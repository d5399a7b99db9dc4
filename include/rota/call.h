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
    ROTA_CALL_OVERRIDE = 2  /* may cancel what has begun */
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
} rota_call;

enum {
    ROTA_RECEIPT_REPLAYED = 1, /* the key was known: this is the first answer, nothing was done */
    ROTA_RECEIPT_DRY_RUN = 2   /* nothing was written; a creation's id is not kept for later */
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
} rota_receipt;

ROTA_TYPES_END

#endif
