/* Bookings: their life cycle as one table, and the calls that walk it. Whether
 * time is free is for admit.c to say. */
#ifndef ROTA__BOOKING_H
#define ROTA__BOOKING_H

#include "domain/write.h"

int rota__booking_create(rota__write *w, const rota_booking_request *request);
/* Answers and receipts have room for each. On failure
 * they mean nothing, and nothing was written. */
int rota__booking_create_all(rota__write *call, const rota_booking_request *requests, int64_t count,
                             int32_t *answers, rota_receipt *receipts);
/* The same from memory alone, where nothing has to be waited for. False: that does not tell. */
bool rota__booking_glance(rota__context *cx, const rota_booking_request *request, int *rc);
int rota__booking_check(rota__context *cx, const rota_booking_request *request);
int rota__booking_move(rota__write *w, const rota_id *id, const rota_booking_request *request);

/* The steps that change nothing but the status (and, completing, the end). */
enum { ROTA__CONFIRM, ROTA__CANCEL, ROTA__CHECK_IN, ROTA__COMPLETE, ROTA__RESTORE };
int rota__booking_step(rota__write *w, const rota_id *id, int step);

/* A lapsed hold is expired, whether it was ticked or not (I7). */
static inline int32_t rota__booking_seen(int32_t stored, rota_time hold_expires, rota_time now)
{
    bool lapsed = stored == ROTA_BOOKING_HELD && rota__lapsed(hold_expires, now);
    return lapsed ? ROTA_BOOKING_EXPIRED : stored;
}
int32_t rota__booking_status(const rota__booking *booking, rota_time now);

int rota__booking_find(rota__context *cx, const char *id_or_ref, rota_id *id);
int rota__booking_get(rota__context *cx, const rota_id *id, rota__booking *out);
/* Either records of the call's own arena, or such on pages, which are kept until they are
 * dropped, by whoever has the list. Statuses are the stored ones. */
typedef struct rota__listing {
    rota_booking *records;
    int64_t record_count;
    ROTA__LIST(const rota_booking *) refs;
    ROTA__LIST(rota__page *) pages;
} rota__listing;

int rota__booking_list(rota__context *cx, const rota_booking_query *query, rota__listing *list);
void rota__booking_list_drop(rota__listing *list);

#endif
