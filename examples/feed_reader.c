/* A feed reader: what a mailer or a mirror does to learn of every change once. It
 * keeps one number, the position it has read to, and asks for what came after it. */
#include <rota.h>
#include <stdio.h>

enum { PAGE = 2 }; /* small, to show the paging; a real reader takes hundreds */

static rota_time stopped(void *ctx)
{
    const rota_time *now = ctx;

    return *now;
}

static int failed(rota *r)
{
    fprintf(stderr, "feed_reader: %s\n", rota_errmsg(r));
    return 1;
}

/* Read all that is new. The position is moved past an event once it is handled: a
 * reader that stores both in one transaction misses nothing and does nothing twice. */
static int catch_up(rota *r, int64_t *position)
{
    int64_t count;

    printf("The feed after position %lld:\n", (long long)*position);
    do {
        rota_result *rows = NULL;
        if (rota_event_list(r, *position, PAGE, &rows) != ROTA_OK) return failed(r);
        count = rota_result_count(rows);
        for (int64_t i = 0; i < count; i++) {
            rota_event event = ROTA_INIT(rota_event);
            char at[ROTA_TIME_TEXT];
            rota_event_at(rows, i, &event);
            rota_time_format(event.at, at);
            printf("  %lld  %s  %-18s by %s\n", (long long)event.seq, at, event.name,
                   event.actor != NULL ? event.actor : "nobody named");
            *position = event.seq;
        }
        rota_result_free(rows);
    } while (count == PAGE);
    return 0;
}

static int book(rota *r, const rota_call *call, rota_id desk, rota_time start, rota_id *id)
{
    rota_claim claim = { .resource = desk, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.title = "Focus day";
    request.when = (rota_span){ start, start + 8 * 3600 };
    request.claims = &claim;
    request.claim_count = 1;
    int status = rota_booking_create(r, call, &request, &receipt);
    *id = receipt.id;
    return status;
}

int main(void)
{
    rota_time now = 1930464000; /* 2031-03-05T08:00Z */
    rota_config config = ROTA_INIT(rota_config);
    rota_resource_request desk = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    rota_id first, second;
    rota *r = NULL;
    int64_t position = 0; /* a real reader loads it from where it keeps it */
    int result = 1;

    config.now = stopped;
    config.now_ctx = &now;
    desk.kind = "desk";
    desk.name = "Desk 7";
    call.actor = "ines";
    if (rota_open(":memory:", &config, &r) != ROTA_OK ||
        rota_resource_create(r, NULL, &desk, &made) != ROTA_OK ||
        book(r, &call, made.id, now + 86400, &first) != ROTA_OK ||
        book(r, &call, made.id, now + 2 * 86400, &second) != ROTA_OK) {
        failed(r);
        goto done;
    }
    if (catch_up(r, &position) != 0) goto done;

    now += 600;
    if (rota_booking_cancel(r, &call, &second, NULL) != ROTA_OK) {
        failed(r);
        goto done;
    }
    /* Only what is new; and, asked once more, nothing. */
    result = catch_up(r, &position) || catch_up(r, &position);
done:
    rota_close(r);
    return result;
}
