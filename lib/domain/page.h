/* Bookings of one resource as a list shows them: those that begin in one stretch of
 * time, or all the long ones. A page never changes and belongs to whoever keeps it,
 * the index and results alike: so a list copies no text, and reads no store. */
#ifndef ROTA__PAGE_H
#define ROTA__PAGE_H

#include <stdatomic.h>

#include "store/store.h"

enum {
    ROTA__PAGE_SECONDS = 32 * 86400, /* that a page's bookings begin in */
    ROTA__PAGE_SHORT = 2 * 86400     /* longer bookings stand on a page of their own; a day is
                                        no longer, whatever the clocks do in it */
};
#define ROTA__PAGE_LONG INT64_MIN /* its number */

typedef struct rota__page {
    _Atomic int32_t refs;
    struct rota__page *next; /* of the index */
    int64_t number;          /* ROTA__PAGE_LONG, or the start / ROTA__PAGE_SECONDS, rounded down */
    int64_t bytes;
    int64_t count;
    rota_booking *rows; /* in the order of lists; the status is the stored one, the phase 0 */
    rota__mem mem;      /* its own: it may outlive the engine */
    /* behind it the rows, their claims, and their text */
} rota__page;

int64_t rota__page_at(rota_time start);
int64_t rota__page_of(rota_span when);

/* The rows that belong on it, of those given in order; kept once. NULL: no memory. `mem`
 * says where it comes from. */
rota__page *rota__page_new(const rota__mem *mem, int64_t number, const rota_booking *rows,
                           int64_t count);
void rota__page_keep(rota__page *page);
void rota__page_drop(rota__page *page); /* NULL is allowed */

/* A stored booking as a public record; text stays where it is, claims are copied. False:
 * no memory. Status and phase are for whoever knows the clock, and what is known of its
 * series alone for occurrence.c. */
bool rota__page_record(rota__arena *arena, const rota__booking *row, rota_booking *out);

/* The order of lists: by start, end and id, of one series by occurrence. */
int rota__page_compare(const rota_booking *a, const rota_booking *b);

#endif
