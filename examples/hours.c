/* A shop with a night counter: open hours, a holiday, and what is refused outside of them. */
#include <rota.h>
#include <stdio.h>

enum { HOUR = 3600, WORKDAYS = 31 };
static const char zone[] = "Europe/Berlin";

static int told(rota *r, const char *what, int status, int expected)
{
    if (status != expected) fprintf(stderr, "hours: %s: %s\n", what, rota_errmsg(r));
    return status == expected;
}

static rota_time at(rota *r, const char *local)
{
    rota_time t = 0;

    return rota_time_parse(r, local, zone, &t) == ROTA_OK ? t : 0;
}

static int add_counter(rota *r, rota_id *id)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.kind = "counter";
    request.name = "Counter";
    request.zone = zone;
    int status = rota_resource_create(r, NULL, &request, &receipt);
    *id = receipt.id;
    return told(r, "add", status, ROTA_OK);
}

/* Workdays nine to five, Friday night until two, and closed on the 12th. */
static int put_hours(rota *r, rota_id counter)
{
    const rota_hours_rule rules[] = {
        { .kind = ROTA_HOURS_WEEKLY, .days = WORKDAYS, .start = 9 * HOUR, .end = 17 * HOUR },
        { .kind = ROTA_HOURS_WEEKLY, .days = ROTA_FRIDAY, .start = 20 * HOUR, .end = 2 * HOUR },
        { .kind = ROTA_HOURS_EXCEPTION, .from_date = "2031-03-12", .closed = 1 },
    };

    return told(r, "put", rota_hours_put(r, NULL, &counter, rules, 3, NULL), ROTA_OK);
}

static int print_open(rota *r, rota_id counter)
{
    rota_result *rows = NULL;
    rota_span week = { at(r, "2031-03-10T00:00"), at(r, "2031-03-17T00:00") };

    if (!told(r, "open", rota_hours_open(r, &counter, week, &rows), ROTA_OK)) return 0;
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_span open;
        char start[ROTA_TIME_TEXT], end[ROTA_TIME_TEXT];
        if (rota_span_at(rows, i, &open) != ROTA_OK) continue;
        rota_time_format(open.start, start);
        rota_time_format(open.end, end);
        printf("open  %s to %s\n", start, end);
    }
    rota_result_free(rows);
    return 1;
}

static int book(rota *r, rota_id counter, const char *start, const char *end, int expected)
{
    rota_claim claim = { .resource = counter, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_result *rows = NULL;

    request.claims = &claim;
    request.claim_count = 1;
    request.when = (rota_span){ at(r, start), at(r, end) };
    int status = rota_booking_create(r, NULL, &request, NULL);
    if (!told(r, "book", status, expected)) return 0;
    if (status == ROTA_OK || rota_violation_list(r, &rows) != ROTA_OK) return status == ROTA_OK;
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_violation row = ROTA_INIT(rota_violation);
        if (rota_violation_at(rows, i, &row) == ROTA_OK) printf("%-5s %s\n", row.rule, row.message);
    }
    rota_result_free(rows);
    return 1;
}

int main(void)
{
    rota *r = NULL;
    rota_id counter;
    int well = told(r, "open", rota_open(":memory:", NULL, &r), ROTA_OK);

    well = well && add_counter(r, &counter) && put_hours(r, counter) && print_open(r, counter) &&
           book(r, counter, "2031-03-14T23:30", "2031-03-15T01:30", ROTA_OK) &&
           book(r, counter, "2031-03-12T10:00", "2031-03-12T11:00", ROTA_EPOLICY) &&
           /* both ends are in hours, and the night between them is not */
           book(r, counter, "2031-03-10T16:00", "2031-03-11T09:30", ROTA_EPOLICY);
    rota_close(r);
    return well ? 0 : 1;
}
