/* A time for five people in three zones: when all of them are at work and free,
 * with what each one's clock shows; and what is offered where somebody else was faster. */
#include <rota.h>
#include <stdio.h>

enum { PEOPLE = 5, DAYS = 5, HOUR = 3600 };

static const struct person {
    const char *name, *zone;
} people[PEOPLE] = { { "Ana", "Europe/Lisbon" },
                     { "Ben", "Europe/Berlin" },
                     { "Chi", "Europe/Berlin" },
                     { "Dev", "Asia/Kolkata" },
                     { "Eva", "Europe/Lisbon" } };

/* At work from nine to six, Monday to Friday. */
static int add(rota *r, const struct person *person, rota_claim *claim)
{
    const rota_hours_rule work = { .kind = ROTA_HOURS_WEEKLY,
                                   .days = ROTA_MONDAY | ROTA_TUESDAY | ROTA_WEDNESDAY |
                                           ROTA_THURSDAY | ROTA_FRIDAY,
                                   .start = 9 * HOUR,
                                   .end = 18 * HOUR };
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt);

    request.kind = "person";
    request.name = person->name;
    request.zone = person->zone;
    int rc = rota_resource_create(r, NULL, &request, &made);
    *claim = (rota_claim){ .resource = made.id, .units = 1 };
    return rc == ROTA_OK ? rota_hours_put(r, NULL, &made.id, &work, 1, NULL) : rc;
}

static int book(rota *r, const char *title, const rota_claim *claims, int64_t count, rota_span when)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    request.title = title;
    request.claims = claims;
    request.claim_count = count;
    request.when = when;
    request.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    return rota_booking_create(r, NULL, &request, NULL);
}

static void print(rota *r, rota_span when)
{
    static const char *const zones[] = { "Europe/Lisbon", "Europe/Berlin", "Asia/Kolkata" };
    char utc[ROTA_TIME_TEXT];

    for (int i = 0; i < 3 && rota_time_format(when.start, utc) == ROTA_OK; i++) {
        rota_time_reading clock = ROTA_INIT(rota_time_reading);
        if (rota_time_resolve(r, utc, zones[i], &clock) == ROTA_OK)
            printf("  %.16s %s", clock.local, zones[i]);
    }
    printf("\n");
}

int main(void)
{
    rota *r = NULL;
    rota_claim all[PEOPLE];
    rota_free_query query = ROTA_INIT(rota_free_query);
    rota_result *rows = NULL;
    rota_slot slot = ROTA_INIT(rota_slot);
    rota_time monday = 0;
    int rc = rota_open(":memory:", NULL, &r);

    for (int i = 0; i < PEOPLE && rc == ROTA_OK; i++)
        rc = add(r, &people[i], &all[i]);
    if (rc == ROTA_OK) rc = rota_time_parse(r, "2031-03-10T00:00:00Z", NULL, &monday);
    /* Ben is away on Monday. */
    if (rc == ROTA_OK)
        rc = book(r, "Travel", &all[1], 1, (rota_span){ monday + 9 * HOUR, monday + 16 * HOUR });

    query.all = all;
    query.all_count = PEOPLE;
    query.duration = HOUR;
    query.window = (rota_span){ monday, monday + DAYS * 24 * HOUR };
    query.limit = 4;
    if (rc == ROTA_OK) rc = rota_free_find(r, &query, &rows);
    for (int64_t i = 0; i < rota_result_count(rows); i++)
        if (rota_slot_at(rows, i, &slot) == ROTA_OK) print(r, slot.when);
    if (rc == ROTA_OK) rc = rota_slot_at(rows, 0, &slot);
    rota_result_free(rows);
    rows = NULL;

    if (rc == ROTA_OK) rc = book(r, "Planning", all, PEOPLE, slot.when);
    int refused = rc == ROTA_OK ? book(r, "Too late", all, PEOPLE, slot.when) : ROTA_OK;
    printf("%s\ninstead:\n", rota_errmsg(r));
    if (refused == ROTA_ECONFLICT) rc = rota_alternative_list(r, &rows);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_alternative other = ROTA_INIT(rota_alternative);
        if (rota_alternative_at(rows, i, &other) == ROTA_OK) print(r, other.when);
    }
    rota_result_free(rows);
    if (rc != ROTA_OK) fprintf(stderr, "meet: %s\n", rota_errmsg(r));
    rota_close(r);
    return rc == ROTA_OK && refused == ROTA_ECONFLICT ? 0 : 1;
}
