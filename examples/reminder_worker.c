/* A worker that reminds people: it asks what is due, tells, acknowledges. It is stopped
 * between the two once, and given again what it had not acknowledged. */
#include <inttypes.h>
#include <rota.h>
#include <stdio.h>

static rota_time now = 1930464000; /* 2031-03-05T08:00Z; a real program leaves the clock alone */

static rota_time clock_of(void *ctx)
{
    (void)ctx;
    return now;
}

/* Harmless where it is done twice: the id is the key of the message that is sent. */
static void tell(const rota_reminder *row)
{
    char id[37], start[ROTA_TIME_TEXT];
    rota_id_format(&row->id, id);
    (void)rota_time_format(row->start, start);
    printf("attempt %" PRId32 ": begins at %s\n", row->attempt, start);
}

/* One round; `crash`: it ends before it acknowledges. */
static int work(rota *r, int crash, int64_t *told)
{
    rota_result *rows = NULL;
    rota_id done[100];
    rota_reminder_query query = { .size = sizeof query, .limit = 100, .lease = 60 };
    int rc = rota_reminder_due(r, NULL, &query, &rows);
    *told = rota_result_count(rows);
    for (int64_t i = 0; i < *told; i++) {
        rota_reminder row = ROTA_INIT(rota_reminder);
        if (rota_reminder_at(rows, i, &row) == ROTA_OK) tell(&row);
        done[i] = row.id;
    }
    rota_result_free(rows);
    if (rc != ROTA_OK || crash) return rc;
    return rota_reminder_ack(r, NULL, done, *told, NULL);
}

int main(void)
{
    rota *r = NULL;
    rota_config config = { .size = sizeof config, .now = clock_of };
    rota_receipt ana = ROTA_INIT(rota_receipt);
    rota_resource_request person = { .size = sizeof person, .kind = "person", .name = "Ana" };
    const int64_t before[] = { 3600, 900 };
    rota_reminder_request list = { .size = sizeof list, .offsets = before, .offset_count = 2 };
    int64_t first = 0, again = 0, third = 0;

    int rc = rota_open(":memory:", &config, &r); /* or the path of a file */
    if (rc == ROTA_OK) rc = rota_resource_create(r, NULL, &person, &ana);
    if (rc == ROTA_OK) rc = rota_reminder_put(r, NULL, &list, NULL);
    rota_claim claim = { .resource = ana.id, .units = 1 };
    rota_booking_request visit = { .size = sizeof visit,
                                   .title = "Visit",
                                   .claims = &claim,
                                   .claim_count = 1,
                                   .when = { now + 7200, now + 9000 } };
    if (rc == ROTA_OK) rc = rota_booking_create(r, NULL, &visit, NULL);

    now += 3600; /* an hour before */
    if (rc == ROTA_OK) rc = work(r, 1, &first);
    now += 60; /* its lease is over: any worker is given it again */
    if (rc == ROTA_OK) rc = work(r, 0, &again);
    now += 2640; /* a quarter of an hour before */
    if (rc == ROTA_OK) rc = work(r, 0, &third);
    if (rc != ROTA_OK) printf("%s\n", rota_errmsg(r));
    rota_close(r);
    return rc == ROTA_OK && first == 1 && again == 1 && third == 1 ? 0 : 1;
}
