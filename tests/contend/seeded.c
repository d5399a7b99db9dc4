#define _POSIX_C_SOURCE 200809L /* barriers */

#include "contend/seeded.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { TIMES = 1000 };

static pthread_barrier_t meeting;
static int counter;
static sqlite3 *connection;

/* Not synchronised. */
static void *race_in_counter(void *unused)
{
    pthread_barrier_wait(&meeting);
    for (int i = 0; i < TIMES; i++)
        counter++;
    return unused;
}

/* One thread writes through a connection without a mutex, the other asks it how much was
 * written: both touch the same field, inside SQLite and nowhere else. */
static void *race_in_connection(void *writes)
{
    pthread_barrier_wait(&meeting);
    for (int i = 0; i < TIMES; i++)
        if (writes)
            (void)sqlite3_exec(connection, "INSERT INTO t VALUES(1)", NULL, NULL, NULL);
        else
            (void)sqlite3_total_changes(connection);
    return NULL;
}

static bool open_connection(void)
{
    return sqlite3_open_v2(":memory:", &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           NULL) == SQLITE_OK &&
           sqlite3_exec(connection, "CREATE TABLE t(x)", NULL, NULL, NULL) == SQLITE_OK;
}

bool seeded_race(const char *where)
{
    static int here;
    bool in_counter = strcmp(where, "counter") == 0;
    pthread_t thread;
    if (!in_counter && (strcmp(where, "connection") != 0 || !open_connection())) return false;
    pthread_barrier_init(&meeting, NULL, 2);
    void *(*race)(void *) = in_counter ? race_in_counter : race_in_connection;
    if (pthread_create(&thread, NULL, race, &here) != 0) return false;
    (void)race(NULL);
    (void)pthread_join(thread, NULL);
    printf("%d: nobody has seen the race\n", counter);
    sqlite3_close(connection);
    return true;
}
