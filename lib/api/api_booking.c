/* Entry points for bookings and the feed: check the records, copy in, one domain
 * call, report. */
#include <inttypes.h>

#include "api/handle.h"
#include "domain/booking.h"
#include "domain/event.h"
#include "domain/occurrence.h"
#include "domain/request.h"

static int take_recurrence(rota *r, const rota_recurrence *in, const rota_recurrence **out)
{
    rota_recurrence *own = rota__arena_alloc(&r->work, 1, (int64_t)sizeof *own);
    if (!own) return rota__error_plain(&r->error, ROTA_ENOMEM);
    int rc = rota__record_in(&r->error, "recurrence", in, own, (uint32_t)sizeof *own,
                             ROTA__OLDEST(rota_recurrence, length));
    if (rc == ROTA_OK && own->all_day)
        rc = rota__error_set(&r->error, ROTA_EINVALID,
                             "all_day of a recurrence is %" PRId32 ", not 0: its start says it",
                             own->all_day);
    *out = own;
    return rc;
}

static int take_placement(rota *r, const rota_placement *in, const rota_placement **out)
{
    rota_placement *own = rota__arena_alloc(&r->work, 1, (int64_t)sizeof *own);
    if (!own) return rota__error_plain(&r->error, ROTA_ENOMEM);
    *out = own;
    return rota__record_in(&r->error, "placement", in, own, (uint32_t)sizeof *own,
                           ROTA__OLDEST(rota_placement, zone));
}

static int take_booking(rota *r, const rota_booking_request *in, rota_booking_request *own)
{
    int rc = rota__record_in(&r->error, "booking", in, own, (uint32_t)sizeof *own,
                             ROTA__OLDEST(rota_booking_request, on_conflict));
    if (rc == ROTA_OK && own->placement) rc = take_placement(r, own->placement, &own->placement);
    if (rc == ROTA_OK && own->recurrence)
        rc = take_recurrence(r, own->recurrence, &own->recurrence);
    return rc;
}

/* One that cannot be a series; `what` says why. */
static int take_single(rota *r, const rota_booking_request *in, rota_booking_request *own,
                       const char *what)
{
    int rc = take_booking(r, in, own);
    if (rc != ROTA_OK || !own->recurrence) return rc;
    return rota__error_set(&r->error, ROTA_EINVALID, "%s", what);
}

int rota_booking_create(rota *r, const rota_call *call, const rota_booking_request *request,
                        rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_booking_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    int64_t since = rota__clock_ns();
    if ((rc = take_booking(r, request, &own)) == ROTA_OK) rc = rota__booking_create(&w, &own);
    rota__meter_time(&r->meter.create, since);
    return rota__handle_end_write(r, &w, receipt, rc);
}

/* One in so many checks is measured: reading the clock twice costs as much as half of
 * the check itself. */
enum { MEASURED_CHECKS = 64 };

int rota_booking_check(rota *r, const rota_booking_request *request)
{
    rota__context cx;
    rota_booking_request own;
    int rc = rota__handle_begin_glance(r, &cx);
    if (rc != ROTA_OK) return rc;
    bool measured = rota__meter_get(&r->meter.checks) % MEASURED_CHECKS == 0;
    int64_t since = measured ? rota__clock_ns() : 0;
    rc = take_single(r, request, &own, "a series cannot be checked, only created");
    if (rc == ROTA_OK && own.placement)
        rc = rota__error_set(&r->error, ROTA_EINVALID,
                             "a booking that has yet to be placed cannot be checked, only created");
    if (rc == ROTA_OK && !rota__booking_glance(&cx, &own, &rc)) {
        rota__handle_steady(r);
        rc = rota__booking_check(&cx, &own);
    }
    if (measured) rota__meter_time(&r->meter.check, since);
    rota__meter_add(&r->meter.checks, 1);
    return rota__handle_end(r, rc);
}

/* Of a record that may stand anywhere: a size that is no multiple of 8 puts those
 * behind the first one where no field is aligned. */
/* Records that stand side by side have one size: the first one's. */
static const void *record_at(const void *records, int64_t i)
{
    return (const char *)records + i * rota__record_size(records);
}

static int check_side(rota *r, const char *what, const void *records, int64_t i)
{
    uint32_t size = rota__record_size(record_at(records, i)), first = rota__record_size(records);
    if (size == first) return ROTA_OK;
    return rota__error_set(&r->error, ROTA_EINVALID,
                           "%s %" PRId64 " has size %" PRIu32 ", the first %" PRIu32, what, i, size,
                           first);
}

static int take_all(rota *r, const rota_booking_request *requests, int64_t count,
                    const rota_receipt *receipts, rota_booking_request *own)
{
    for (int64_t i = 0; i < count; i++) {
        int rc;
        if ((rc = check_side(r, "booking", requests, i)) != ROTA_OK ||
            (rc = take_single(r, record_at(requests, i), &own[i],
                              "a series cannot be booked in bulk")) != ROTA_OK ||
            (receipts && (rc = check_side(r, "receipt", receipts, i)) != ROTA_OK))
            return rc;
    }
    return ROTA_OK;
}

static int create_all(rota *r, rota__write *w, const rota_booking_request *requests, int64_t count,
                      int32_t *answers, rota_receipt *receipts)
{
    rota__arena *arena = &r->work;
    int64_t room = count > 0 ? count : 0;
    int rc = rota__request_range(w->cx, "count", count, 0, INT64_MAX);
    if (rc != ROTA_OK || count == 0) return rc;
    if (count > ROTA_MAX_ROWS)
        return rota__error_set(&r->error, ROTA_ELIMIT, "%" PRId64 " bookings are more than %d",
                               count, (int)ROTA_MAX_ROWS);
    if (!requests || !answers)
        return rota__error_set(&r->error, ROTA_EINVALID, "no bookings, or nowhere to answer");
    if (w->call.flags & ROTA_CALL_DRY_RUN)
        return rota__error_set(&r->error, ROTA_EINVALID, "many bookings at once have no dry run");
    rota_booking_request *own = rota__arena_alloc(arena, room, (int64_t)sizeof *own);
    int32_t *statuses = rota__arena_alloc(arena, room, (int64_t)sizeof *statuses);
    rota_receipt *made = rota__arena_alloc(arena, room, (int64_t)sizeof *made);
    if (!own || !statuses || !made) return rota__error_plain(&r->error, ROTA_ENOMEM);
    if ((rc = take_all(r, requests, count, receipts, own)) != ROTA_OK ||
        (rc = rota__booking_create_all(w, own, count, statuses, made)) != ROTA_OK)
        return rc;
    memcpy(answers, statuses, (size_t)count * sizeof *answers);
    for (int64_t i = 0; i < count; i++)
        rota__handle_count(r, statuses[i]);
    for (int64_t i = 0; receipts && i < count; i++)
        if (statuses[i] == ROTA_OK)
            rota__record_out((char *)receipts + i * rota__record_size(receipts), &made[i],
                             (uint32_t)sizeof made[i]);
    return ROTA_OK;
}

int rota_booking_create_all(rota *r, const rota_call *call, const rota_booking_request *requests,
                            int64_t count, int32_t *answers, rota_receipt *receipts)
{
    rota__context cx;
    rota__write w;
    /* Of none there is no first one to look at. */
    int rc = rota__handle_begin_write(r, call, count > 0 ? receipts : NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    rc = create_all(r, &w, requests, count, answers, receipts);
    rota__error first = r->error;
    rota__handle_end(r, rc);
    if (rc == ROTA_OK && first.code != ROTA_OK) r->error = first;
    return rc;
}

int rota_booking_move(rota *r, const rota_call *call, const rota_id *id,
                      const rota_booking_request *request, rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_booking_request own;
    int rc = rota__handle_begin_scoped(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = take_single(r, request, &own, "a move cannot change the recurrence")) == ROTA_OK)
        rc = rota__booking_move(&w, id, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

static int step(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt, int which)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_scoped(r, call, receipt, &cx, &w);
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

int rota_booking_restore(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    return step(r, call, id, receipt, ROTA__RESTORE);
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

/* The one row of a result. */
static rota_booking *one_row(rota__context *cx)
{
    rota_booking *row = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *row);
    if (!row) rota__error_plain(cx->env.error, ROTA_ENOMEM);
    return row;
}

int rota_booking_get(rota *r, const rota_id *id, rota_result **out)
{
    rota__context cx;
    rota__booking found;
    rota_result *rows;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    rota_booking *row = one_row(&cx);
    if (!row) rc = ROTA_ENOMEM;
    if (rc == ROTA_OK && (rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = rota__booking_get(&cx, id, &found)) == ROTA_OK &&
        (rc = rota__occurrence_show(&cx, &found, row)) == ROTA_OK)
        rota__result_bookings(rows, row, 1, cx.now);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_occurrence_get(rota *r, const rota_id *id, rota_time occurrence, rota_result **out)
{
    rota__context cx;
    rota_result *rows;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    rota_booking *row = one_row(&cx);
    if (!row) rc = ROTA_ENOMEM;
    if (rc == ROTA_OK && (rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = rota__occurrence_get(&cx, id, occurrence, row)) == ROTA_OK)
        rota__result_bookings(rows, row, 1, cx.now);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_booking_list(rota *r, const rota_booking_query *query, rota_result **out)
{
    rota__context cx;
    rota_booking_query own;
    rota__listing list;
    rota_result *rows;
    int64_t since = rota__clock_ns();
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                              ROTA__OLDEST(rota_booking_query, limit))) == ROTA_OK &&
        (rc = rota__booking_list(&cx, &own, &list)) == ROTA_OK)
        rota__result_list(rows, &list, cx.now);
    rota__meter_time(&r->meter.list, since);
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
