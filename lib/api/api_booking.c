/* Entry points for bookings and the feed: check the records, copy in, one domain
 * call, report. */
#include <inttypes.h>

#include "api/handle.h"
#include "domain/booking.h"
#include "domain/event.h"
#include "domain/request.h"

static int take_booking(rota *r, const rota_booking_request *in, rota_booking_request *own)
{
    return rota__record_in(&r->error, "booking", in, own, (uint32_t)sizeof *own,
                           ROTA__OLDEST(rota_booking_request, on_conflict));
}

int rota_booking_create(rota *r, const rota_call *call, const rota_booking_request *request,
                        rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_booking_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = take_booking(r, request, &own)) == ROTA_OK) rc = rota__booking_create(&w, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_booking_move(rota *r, const rota_call *call, const rota_id *id,
                      const rota_booking_request *request, rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_booking_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = take_booking(r, request, &own)) == ROTA_OK)
        rc = rota__booking_move(&w, id, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

static int step(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt, int which)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK) rc = rota__booking_step(&w, id, which);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_booking_confirm(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    return step(r, call, id, receipt, ROTA__CONFIRM);
}

int rota_booking_cancel(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    return step(r, call, id, receipt, ROTA__CANCEL);
}

int rota_booking_check_in(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    return step(r, call, id, receipt, ROTA__CHECK_IN);
}

int rota_booking_complete(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    return step(r, call, id, receipt, ROTA__COMPLETE);
}

int rota_booking_find(rota *r, const char *id_or_ref, rota_id *id)
{
    rota__context cx;
    rota_id found;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK)
        rc = rota__booking_find(&cx, id_or_ref, &found);
    if (rc == ROTA_OK) *id = found;
    return rota__handle_end(r, rc);
}

int rota_booking_get(rota *r, const rota_id *id, rota_result **out)
{
    rota__context cx;
    rota__booking found;
    rota_result *rows;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = rota__booking_get(&cx, id, &found)) == ROTA_OK)
        rc = rota__result_bookings(rows, &found, 1, cx.now);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_booking_list(rota *r, const rota_booking_query *query, rota_result **out)
{
    rota__context cx;
    rota_booking_query own;
    rota__booking *found;
    rota_result *rows;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                              ROTA__OLDEST(rota_booking_query, limit))) == ROTA_OK &&
        (rc = rota__booking_list(&cx, &own, &found, &count)) == ROTA_OK)
        rc = rota__result_bookings(rows, found, count, cx.now);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_event_list(rota *r, int64_t after, int64_t limit, rota_result **out)
{
    rota__context cx;
    rota__event *found;
    rota_result *rows;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__request_range(&cx, "after", after, 0, INT64_MAX)) == ROTA_OK &&
        (rc = rota__request_limit(&cx, limit)) == ROTA_OK &&
        (rc = cx.store->ops->feed(cx.store, &cx.env, after, limit ? limit : ROTA__FEED_PAGE, &found,
                                  &count)) == ROTA_OK)
        rc = rota__result_events(rows, found, count);
    return rota__handle_end_read(r, rows, out, rc);
}
