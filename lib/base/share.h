/* A lock for what many threads read at every turn and few ever change. Each reader
 * has a cell of its own, so that readers share no cache line and scale with the
 * cores; who changes something takes every cell. Nobody waits in it for a disk:
 * neither side may keep it across an operation of the store. */
#ifndef ROTA__SHARE_H
#define ROTA__SHARE_H

#include <pthread.h>

#include "base/check.h"

typedef struct rota__cell {
    pthread_mutex_t mutex;
    struct rota__cell *next;
} rota__cell;

typedef struct rota__share {
    pthread_mutex_t changing; /* also guards the list */
    rota__cell *cells;
} rota__share;

bool rota__share_init(rota__share *share); /* false: no resources for it */
void rota__share_free(rota__share *share);
/* A cell belongs to one thread at a time. */
bool rota__share_join(rota__share *share, rota__cell *cell);
void rota__share_part(rota__share *share, rota__cell *cell);

/* What is read between these does not change. A thread between them must not
 * change anything itself. */
void rota__share_read(rota__cell *cell);
void rota__share_leave(rota__cell *cell);

/* Nobody reads between these. */
void rota__share_change(rota__share *share);
void rota__share_changed(rota__share *share);

#endif
