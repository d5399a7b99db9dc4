/* A course on Mondays at nine, for as long as there are Mondays. It stays at nine when the
 * clocks change; one date gives way to a holiday, another one moves, and from October on it
 * begins later. */
#include <rota.h>
#include <stdio.h>

static const char zone[] = "Europe/Berlin";

static int told(rota *r, const char *what, int status, int expected)
{
    if (status != expected) fprintf(stderr, "weekly: %s: %s\n", what, rota_errmsg(r));
    return status == expected;
}

static rota_time at(rota *r, const char *local)
{
    rota_time t = 0;

    return rota_time_parse(r, local, zone, &t) == ROTA_OK ? t : 0;
}

/* Take the room every week, all or nothing. */
static int book(rota *r, rota_id room, const char *start, rota_receipt *receipt)
{
    rota_recurrence weekly = ROTA_INIT(rota_recurrence);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    weekly.start = start;
    weekly.zone = zone;
    weekly.rule = "FREQ=WEEKLY";
    weekly.length = 90 * 60;
    request.title = "Course";
    request.claims = &claim;
    request.claim_count = 1;
    request.recurrence = &weekly;
    return rota_booking_create(r, NULL, &request, receipt);
}

/* From a date on, or on that date alone, it begins at another time. */
static int move(rota *r, rota_id course, int32_t scope, rota_time from, rota_time to)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    call.scope = scope;
    call.occurrence = from;
    request.set = ROTA_BOOKING_SET_START;
    request.when.start = to;
    return rota_booking_move(r, &call, &course, &request, NULL);
}

static int cancel(rota *r, rota_id course, rota_time date)
{
    rota_call call = ROTA_INIT(rota_call);

    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = date;
    return rota_booking_cancel(r, &call, &course, NULL);
}

static int print_dates(rota *r, rota_id room, const char *from, const char *to)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;

    query.resource = room;
    query.when = (rota_span){ at(r, from), at(r, to) };
    if (!told(r, "list", rota_booking_list(r, &query, &rows), ROTA_OK)) return 0;
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        rota_time_reading clock = ROTA_INIT(rota_time_reading);
        char utc[ROTA_TIME_TEXT];

        if (rota_booking_at(rows, i, &row) != ROTA_OK ||
            rota_time_format(row.when.start, utc) != ROTA_OK ||
            rota_time_resolve(r, utc, zone, &clock) != ROTA_OK)
            break;
        printf("  %s  %s  %s\n", clock.local, utc, row.title);
    }
    rota_result_free(rows);
    return 1;
}

int main(void)
{
    rota_resource_request room = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt), course = ROTA_INIT(rota_receipt);
    rota *r = NULL;
    int result = 1;

    room.kind = "room";
    room.name = "Blue";
    if (rota_open(":memory:", NULL, &r) != ROTA_OK ||
        rota_resource_create(r, NULL, &room, &made) != ROTA_OK ||
        !told(r, "book", book(r, made.id, "2031-09-01T09:00:00", &course), ROTA_OK)) {
        fprintf(stderr, "weekly: %s\n", rota_errmsg(r));
        goto done;
    }
    printf("booked: %s, %s\n", course.count < 0 ? "without an end" : "with an end",
           course.checked_until == ROTA_TIME_MAX ? "and never in the way of anything there"
                                                 : "and checked for some decades");

    rota_time holiday = at(r, "2031-09-15T09:00:00"), away = at(r, "2031-09-22T09:00:00");
    rota_time later = at(r, "2031-10-06T09:00:00");
    if (!told(r, "holiday", cancel(r, course.id, holiday), ROTA_OK) ||
        !told(r, "away", move(r, course.id, ROTA_SCOPE_THIS, away, at(r, "2031-09-23T14:00:00")),
              ROTA_OK) ||
        !told(r, "later",
              move(r, course.id, ROTA_SCOPE_FUTURE, later, at(r, "2031-10-06T10:30:00")), ROTA_OK))
        goto done;
    if (!print_dates(r, made.id, "2031-09-01T00:00:00", "2031-11-04T00:00:00")) goto done;

    int status = book(r, made.id, "2041-01-07T10:00:00", &made);
    printf("another course in 2041: %s\n", rota_errmsg(r));
    result = status == ROTA_ECONFLICT ? 0 : 1;
done:
    rota_close(r);
    return result;
}
