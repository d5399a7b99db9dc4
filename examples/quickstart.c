/* Quick start: a room, a booking, a second one that is refused because the first
 * is in its way, and the day as it then stands. */
#include <rota.h>
#include <stdio.h>

static int failed(rota *r)
{
    fprintf(stderr, "quickstart: %s\n", rota_errmsg(r));
    return 1;
}

static int book(rota *r, rota_id room, const char *title, const char *start, const char *end)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    request.title = title;
    request.claims = &claim;
    request.claim_count = 1;
    /* Wall-clock times: rota knows the offsets of the zone on that day. */
    if (rota_time_parse(r, start, "Europe/Berlin", &request.when.start) != ROTA_OK ||
        rota_time_parse(r, end, "Europe/Berlin", &request.when.end) != ROTA_OK)
        return ROTA_EINVALID;
    return rota_booking_create(r, NULL, &request, NULL);
}

static void print_span(rota_span when)
{
    char start[ROTA_TIME_TEXT], end[ROTA_TIME_TEXT];

    if (rota_time_format(when.start, start) == 0 && rota_time_format(when.end, end) == 0)
        printf("%s to %s\n", start, end);
}

/* Why the last call was refused: every booking that was in its way. */
static int print_conflicts(rota *r)
{
    rota_result *rows = NULL;

    if (rota_conflict_list(r, &rows) != ROTA_OK) return failed(r);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        rota_conflict_at(rows, i, &row);
        printf("  %s has \"%s\" from ", row.resource_name, row.title);
        print_span(row.when);
    }
    rota_result_free(rows);
    return 0;
}

static int print_day(rota *r, rota_id room)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;

    query.resource = room;
    if (rota_time_parse(r, "2031-03-10T00:00", "Europe/Berlin", &query.when.start) != ROTA_OK ||
        rota_time_parse(r, "2031-03-11T00:00", "Europe/Berlin", &query.when.end) != ROTA_OK ||
        rota_booking_list(r, &query, &rows) != ROTA_OK)
        return failed(r);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        rota_booking_at(rows, i, &row);
        printf("  %-10s ", row.title);
        print_span(row.when);
    }
    rota_result_free(rows);
    return 0;
}

int main(void)
{
    rota *r = NULL;
    rota_resource_request room = ROTA_INIT(rota_resource_request);
    rota_receipt blue = ROTA_INIT(rota_receipt);
    int result = 1, status;

    room.kind = "room"; /* the host's own word */
    room.name = "Blue";
    room.zone = "Europe/Berlin";
    if (rota_open(":memory:", NULL, &r) != ROTA_OK ||
        rota_resource_create(r, NULL, &room, &blue) != ROTA_OK ||
        book(r, blue.id, "Standup", "2031-03-10T09:00", "2031-03-10T09:15") != ROTA_OK) {
        failed(r);
        goto done;
    }
    status = book(r, blue.id, "Interview", "2031-03-10T09:10", "2031-03-10T10:00");
    printf("Interview at 09:10: %s\n", rota_status_text(status));
    if (status != ROTA_ECONFLICT || print_conflicts(r) != 0) goto done;

    /* Spans end where the next may begin. */
    status = book(r, blue.id, "Interview", "2031-03-10T09:15", "2031-03-10T10:00");
    printf("Interview at 09:15: %s\nThe day in room Blue:\n", rota_status_text(status));
    result = status == ROTA_OK ? print_day(r, blue.id) : failed(r);
done:
    rota_close(r);
    return result;
}
