/* What could be booked instead of what was refused: the same resources at another time,
 * others like them at the same time, or both. */
#ifndef ROTA__PROPOSE_H
#define ROTA__PROPOSE_H

#include "domain/admit.h"

typedef struct rota__proposed {
    const rota__booking *booking; /* its claims by their resource's id */
    const rota_claim *given;      /* the same ones in the host's order, or NULL: as they are */
    bool future;                  /* none that begins before now */
    int32_t most;
} rota__proposed;

/* Alternatives to a booking that the gate does not let through, into the answer. Each of
 * them it does. They may be fewer than there are where looking for more takes too long. */
int rota__propose(rota__write *w, const rota__proposed *asked);

#endif
