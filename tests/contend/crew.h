/* A crew: processes, each with threads, each with a handle of its own on one calendar.
 * It brings them up, lets them meet, and notices who dies, fails or hangs. What they do
 * with their handles is fight.c's and history.c's. */
#ifndef CREW_H
#define CREW_H

#include <pthread.h>
#include <rota.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { CREW_MOST = 64 };

/* What is asked for on the command line or by a test. */
typedef struct crew_plan {
    const char *path; /* of the calendar, which is made anew */
    int processes;
    int threads;     /* in each process */
    int engines;     /* in each process: so many are opened, the other handles are attached */
    int32_t busy_ms; /* no call may take longer, and none may answer ROTA_EBUSY */
    int patience;    /* seconds without progress that are taken for a deadlock */
    int64_t cache_bytes;
    uint64_t seed;
} crew_plan;

/* In memory that all processes share. */
typedef struct crew_common {
    pthread_barrier_t meeting;
    atomic_int failed; /* the first who sets it writes the text */
    atomic_int stop;   /* between two meetings set by the one elected, then read by all */
    atomic_llong clock, progress;
    char failure[2048];
    struct {
        _Atomic(const char *) call; /* the name of the call that the member is in, NULL: none */
        atomic_llong since;
    } at[CREW_MOST];
} crew_common;

typedef struct crew_member {
    const crew_plan *plan;
    crew_common *common;
    void *shared; /* as crew_run() was given */
    int index;    /* among all of the crew */
    rota *r;
    uint64_t chance;
} crew_member;

/* Zeroed, for all processes that are forked from now on; crew_forget() gives it back. */
void *crew_share(size_t size);
void crew_forget(void *memory, size_t size);

/* Opens the calendar for the caller alone, with the crew's clock. */
int crew_open(const crew_plan *plan, crew_common *common, rota **out);

/* Runs `work` in every thread of every process, and waits for all. True where each came
 * to its end and none failed; else says on stderr what was wrong. */
bool crew_run(const crew_plan *plan, crew_common *common, void *shared,
              void (*work)(crew_member *member));

/* Waits for all others; true for one of them. */
bool crew_meet(crew_member *member);
/* Something is wrong; the first report counts. */
void crew_fail(crew_common *common, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Another handle in place of the member's own, which is closed. */
void crew_attach_again(crew_member *member);

/* Around each call: what hangs can then be named. enter returns the time of its call. */
int64_t crew_enter(crew_member *member, const char *call);
int64_t crew_leave(crew_member *member);

int64_t crew_now(void); /* nanoseconds; the same clock in all processes */
int64_t crew_chance(uint64_t *state, int64_t below);

/* A calendar and the files beside it, removed. */
void crew_remove(const char *path);

#endif
