/* A host with threads: each has a handle of its own on one engine, and all of them want
 * the same hour of the same room. One gets it; the others are told by whom it is taken. */
#include <pthread.h>
#include <rota.h>
#include <stdio.h>

enum { THREADS = 4 };

typedef struct worker {
    rota *r;
    rota_id room;
    char title[16];
    int status;
} worker;

static void *book(void *ctx)
{
    worker *w = ctx;
    rota_claim claim = { .resource = w->room, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    request.title = w->title;
    request.when = (rota_span){ 1930464000, 1930467600 };
    request.claims = &claim;
    request.claim_count = 1;
    w->status = rota_booking_create(w->r, NULL, &request, NULL);
    return NULL;
}

/* Starts a thread for each handle, and waits for them all. */
static int run(worker *workers)
{
    pthread_t threads[THREADS];
    int started = 0, won = 0, refused = 0;
    while (started < THREADS &&
           pthread_create(&threads[started], NULL, book, &workers[started]) == 0)
        started++;
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < started; i++) {
        won += workers[i].status == ROTA_OK;
        refused += workers[i].status == ROTA_ECONFLICT;
    }
    printf("%d threads: %d booked the room, %d were refused\n", started, won, refused);
    return started == THREADS && won == 1 && refused == THREADS - 1 ? 0 : 1;
}

int main(void)
{
    rota *first = NULL;
    worker workers[THREADS] = { { .r = NULL } };
    rota_resource_request room = ROTA_INIT(rota_resource_request);
    rota_receipt blue = ROTA_INIT(rota_receipt);
    room.kind = "room";
    room.name = "Blue";
    int rc = rota_open(":memory:", NULL, &first); /* or the path of a file */
    if (rc == ROTA_OK) rc = rota_resource_create(first, NULL, &room, &blue);
    for (int i = 0; i < THREADS && rc == ROTA_OK; i++) {
        snprintf(workers[i].title, sizeof workers[i].title, "Thread %d", i + 1);
        workers[i].room = blue.id;
        rc = rota_attach(first, &workers[i].r);
    }
    if (rc != ROTA_OK) fprintf(stderr, "threads: %s\n", rota_errmsg(first));

    int failed = rc == ROTA_OK ? run(workers) : 1;
    for (int i = 0; i < THREADS; i++)
        rota_close(workers[i].r); /* NULL is allowed */
    rota_close(first);
    return failed;
}
