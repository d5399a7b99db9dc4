/* The line in which threads stand that want the same turn. The first one leads: it
 * may serve those behind it on the way, and hands the lead on when it is done. */
#ifndef ROTA__LINE_H
#define ROTA__LINE_H

#include <pthread.h>
#include <semaphore.h>

#include "base/check.h"

typedef struct rota__place {
    struct rota__place *next; /* behind it; of one that is served: whom it wakes */
    sem_t called;
    bool served;
} rota__place;

typedef struct rota__line {
    pthread_mutex_t mutex;
    rota__place *first, *last;
    bool led;
} rota__line;

bool rota__line_init(rota__line *line); /* false: no resources for it */
void rota__line_free(rota__line *line);

/* Returns when this place leads (true), or was served by who did (false). */
bool rota__line_enter(rota__line *line, rota__place *place);
bool rota__line_is_led(rota__line *line);

/* For who leads: takes the next one out of the line, or NULL. It must be served. */
rota__place *rota__line_next(rota__line *line);
/* Places that were taken out, linked by `next` in any order. What was done for each is its own to
 * look at from here on. */
void rota__line_serve(rota__place *places);
/* The first in line leads. */
void rota__line_leave(rota__line *line);

#endif
