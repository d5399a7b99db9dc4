/* Hold and confirm: time is held while a customer pays. One pays in time, another
 * does not: the hold lapses by the clock alone, somebody else takes the time, and
 * the late payment is told that it came too late. */
#include <rota.h>
#include <stdio.h>

static rota_time now_of(void *ctx)
{
    const rota_time *now = ctx;

    return *now;
}

/* Print how a step ended; true where that is what was expected. */
static int told(rota *r, const char *what, int status, int expected)
{
    printf("%-36s %s\n", what, status == ROTA_OK ? "done" : rota_errmsg(r));
    if (status != expected) fprintf(stderr, "hold_and_confirm: %s: %s\n", what, rota_errmsg(r));
    return status == expected;
}

/* Hold the chair for ten minutes. */
static int hold(rota *r, rota_id chair, rota_span when, const char *customer, rota_id *id)
{
    rota_claim claim = { .resource = chair, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.title = customer;
    request.when = when;
    request.claims = &claim;
    request.claim_count = 1;
    request.hold_secs = 600;
    int status = rota_booking_create(r, NULL, &request, &receipt);
    if (status == ROTA_OK) *id = receipt.id;
    return status;
}

/* A payment may be reported twice; under one key it is taken once. */
static int pay(rota *r, rota_id id, const char *payment, int *replayed)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    call.actor = "checkout";
    call.key = payment;
    int status = rota_booking_confirm(r, &call, &id, &receipt);
    *replayed = (receipt.flags & ROTA_RECEIPT_REPLAYED) != 0;
    return status;
}

int main(void)
{
    rota_time now = 1930464000; /* 2031-03-05T08:00Z */
    rota_span ten = { now + 7200, now + 9000 }, eleven = { now + 10800, now + 12600 };
    rota_config config = ROTA_INIT(rota_config);
    rota_resource_request chair = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt);
    rota_id ana = { { 0 } }, ben = { { 0 } }, cleo = { { 0 } };
    rota *r = NULL;
    int again = 0, result = 1;

    config.now = now_of;
    config.now_ctx = &now;
    chair.kind = "chair";
    chair.name = "Chair 1";
    if (rota_open(":memory:", &config, &r) != ROTA_OK ||
        rota_resource_create(r, NULL, &chair, &made) != ROTA_OK) {
        fprintf(stderr, "hold_and_confirm: %s\n", rota_errmsg(r));
        goto done;
    }

    if (!told(r, "08:00 Ana holds 10:00", hold(r, made.id, ten, "Ana", &ana), ROTA_OK) ||
        !told(r, "08:00 Ben holds 11:00", hold(r, made.id, eleven, "Ben", &ben), ROTA_OK) ||
        !told(r, "08:00 Cleo holds 11:00", hold(r, made.id, eleven, "Cleo", &cleo), ROTA_ECONFLICT))
        goto done;

    now += 300;
    if (!told(r, "08:05 Ana pays", pay(r, ana, "payment-1", &again), ROTA_OK) ||
        !told(r, "08:05 the payment is reported again", pay(r, ana, "payment-1", &again), ROTA_OK))
        goto done;
    printf("      %s\n", again ? "it was known, and nothing was done twice" : "it was new");

    now += 300; /* ten minutes: Ben's hold is over, and nobody had to say so */
    if (!told(r, "08:10 Cleo holds 11:00", hold(r, made.id, eleven, "Cleo", &cleo), ROTA_OK) ||
        !told(r, "08:10 Ben pays", pay(r, ben, "payment-2", &again), ROTA_ECONFLICT) ||
        !told(r, "08:10 Cleo pays", pay(r, cleo, "payment-3", &again), ROTA_OK))
        goto done;
    result = again;
done:
    rota_close(r);
    return result;
}
