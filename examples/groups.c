/* Groups: batches of students who share members. Taking a batch takes everybody
 * who belongs to it then, so two batches with one student in common cannot be in
 * class at once, and two without can. */
#include <rota.h>
#include <stdio.h>

enum { HOUR = 3600, FRIDAY = 1739491200 }; /* 2025-02-14T00:00Z */

/* Who joins "from now on" joins before the classes. */
static rota_time friday_at_eight(void *ctx)
{
    (void)ctx;
    return FRIDAY + 8 * HOUR;
}

static int failed(rota *r)
{
    fprintf(stderr, "groups: %s\n", rota_errmsg(r));
    return 1;
}

static int add(rota *r, const char *kind, const char *name, rota_id *id)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.kind = kind;
    request.name = request.ref = name;
    int status = rota_resource_create(r, NULL, &request, &receipt);
    *id = receipt.id;
    return status;
}

/* A batch with its members, who are named by their refs. */
static int add_batch(rota *r, const char *name, const char *const *members)
{
    rota_member_request join = ROTA_INIT(rota_member_request);
    int status = add(r, "batch", name, &join.group);

    for (; status == ROTA_OK && *members != NULL; members++)
        if ((status = rota_resource_find(r, *members, &join.member)) == ROTA_OK)
            status = rota_member_add(r, NULL, &join, NULL);
    return status;
}

static int schedule(rota *r, const char *batch)
{
    rota_claim claim = { .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);

    request.title = batch;
    request.when = (rota_span){ FRIDAY + 10 * HOUR, FRIDAY + 11 * HOUR };
    request.claims = &claim;
    request.claim_count = 1;
    int status = rota_resource_find(r, batch, &claim.resource);
    return status == ROTA_OK ? rota_booking_create(r, NULL, &request, NULL) : status;
}

/* Schedule a batch, and say for whom it could not be. */
static int try_schedule(rota *r, const char *batch, int expected)
{
    rota_result *rows = NULL;
    int status = schedule(r, batch);

    if (status != expected || rota_conflict_list(r, &rows) != ROTA_OK) return failed(r);
    printf("%s on Friday, 10:00 to 11:00: %s\n", batch, rota_status_text(status));
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        rota_conflict_at(rows, i, &row);
        printf("  %s is in class with %s\n", row.resource_name, row.title);
    }
    rota_result_free(rows);
    return 0;
}

int main(void)
{
    static const char *const students[] = { "U1", "U2", "U3", "U4", "U5", "U6" };
    static const char *const b1[] = { "U1", "U2", "U3", NULL };
    static const char *const b2[] = { "U1", "U4", "U5", NULL };
    static const char *const b3[] = { "U6", NULL };
    rota_config config = ROTA_INIT(rota_config);
    rota *r = NULL;
    int status, result = 1;
    rota_id id;

    config.now = friday_at_eight;
    status = rota_open(":memory:", &config, &r);
    for (int i = 0; status == ROTA_OK && i < 6; i++)
        status = add(r, "student", students[i], &id);
    if (status != ROTA_OK || add_batch(r, "B1", b1) != ROTA_OK ||
        add_batch(r, "B2", b2) != ROTA_OK || add_batch(r, "B3", b3) != ROTA_OK)
        failed(r);
    else /* B2 shares U1 with B1; B3 shares nobody */
        result = try_schedule(r, "B1", ROTA_OK) || try_schedule(r, "B2", ROTA_ECONFLICT) ||
                 try_schedule(r, "B3", ROTA_OK);
    rota_close(r);
    return result;
}
