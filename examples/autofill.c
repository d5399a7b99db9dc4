/* A calendar that fills itself: tasks say how long they take and until when, and are put
 * where they fit; a meeting with a fixed time takes its place, and they go elsewhere. */
#include <rota.h>
#include <stdio.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

static rota_time now(void *ctx)
{
    return *(const rota_time *)ctx;
}

/* Between nine and five, on a working day of this week. */
static int fill(rota *r, const rota_claim *who, const char *title, int64_t hours, rota_time monday)
{
    rota_placement where = ROTA_INIT(rota_placement);
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    where.window = (rota_span){ monday, monday + (int64_t)5 * DAY };
    where.duration = hours * HOUR;
    where.from = 9 * HOUR;
    where.until = 17 * HOUR;
    request.title = title;
    request.claims = who;
    request.claim_count = 1;
    request.placement = &where;
    return rota_booking_create(r, NULL, &request, NULL);
}

static int meet(rota *r, const rota_claim *who, const char *title, rota_span when)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.title = title;
    request.claims = who;
    request.claim_count = 1;
    request.when = when;
    request.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    int rc = rota_booking_create(r, NULL, &request, &receipt);
    if (rc == ROTA_OK) printf("%s moves %d\n", title, (int)receipt.moved);
    return rc;
}

static int print(rota *r, rota_time monday)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;

    query.when = (rota_span){ monday, monday + (int64_t)7 * DAY };
    int rc = rota_booking_list(r, &query, &rows);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        char start[ROTA_TIME_TEXT], end[ROTA_TIME_TEXT];
        if ((rc = rota_booking_at(rows, i, &row)) != ROTA_OK ||
            (rc = rota_time_format(row.when.start, start)) != ROTA_OK ||
            (rc = rota_time_format(row.when.end, end)) != ROTA_OK)
            break;
        printf("  %.16s to %.16s %s\n", start, end, row.title);
    }
    rota_result_free(rows);
    return rc;
}

int main(void)
{
    rota *r = NULL;
    rota_config config = ROTA_INIT(rota_config);
    rota_resource_request person = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt);
    rota_claim ceo = { .units = 1 };
    rota_time monday = 1930867200; /* 2031-03-10T00:00:00Z: the example's clock stands there */

    config.now = now;
    config.now_ctx = &monday;
    person.kind = "person";
    person.name = "CEO";
    int rc = rota_open(":memory:", &config, &r);
    if (rc == ROTA_OK) rc = rota_resource_create(r, NULL, &person, &made);
    ceo.resource = made.id;
    if (rc == ROTA_OK) rc = fill(r, &ceo, "Board papers", 3, monday);
    if (rc == ROTA_OK) rc = fill(r, &ceo, "Interviews", 4, monday);
    if (rc == ROTA_OK) rc = fill(r, &ceo, "Mail", 1, monday);
    if (rc == ROTA_OK) rc = print(r, monday);

    const rota_span visit = { monday + 10 * HOUR, monday + 14 * HOUR };
    if (rc == ROTA_OK) rc = meet(r, &ceo, "Visit", visit);
    if (rc == ROTA_OK) rc = print(r, monday);

    /* No day has nine hours between nine and five. */
    int refused = rc == ROTA_OK ? fill(r, &ceo, "Strategy", 9, monday) : ROTA_OK;
    if (refused == ROTA_ECONFLICT) printf("%s\n", rota_errmsg(r));
    if (rc != ROTA_OK) fprintf(stderr, "autofill: %s\n", rota_errmsg(r));
    rota_close(r);
    return rc == ROTA_OK && refused == ROTA_ECONFLICT ? 0 : 1;
}
