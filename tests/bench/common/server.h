/* PostgreSQL, where it is installed: a cluster of its own in a temporary directory, on
 * a socket there, as a user without rights; gone when the program ends. libpq is looked
 * up while the program runs, so that nothing needs it to be built. Bookings are guarded
 * by an exclusion constraint (GiST) on the resource and a tstzrange. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include "common/calendar.h"

typedef struct bench_client bench_client; /* a connection */

/* False, with a notice, where there is none. */
bool bench_server_start(void);
/* The table, anew, with the bookings of a calendar. */
void bench_server_fill(const bench_calendar *c);
void bench_server_stop(void);

bench_client *bench_client_open(void);
void bench_client_close(bench_client *client);
bool bench_client_taken(bench_client *client, const bench_booking *b);
void bench_client_book(bench_client *client, const bench_booking *b);
/* A round trip that does nothing. */
void bench_client_ping(bench_client *client);

#endif
