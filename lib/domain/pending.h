/* What a turn has written and not yet committed: the batches that came before, as
 * those see it that come after. Who has the turn looks through this at the timelines
 * of busy.c, which know nothing of it until the commit is done. */
#ifndef ROTA__PENDING_H
#define ROTA__PENDING_H

#include "domain/busy.h"

typedef struct rota__pending_entry rota__pending_entry;

typedef struct rota__pending {
    rota__busy *busy;
    rota__arena arena;
    rota__pending_entry **slots; /* hashed by row; those that a batch has changed */
    int64_t room, count;
} rota__pending;

void rota__pending_init(rota__pending *pending, rota__busy *busy, rota__mem *mem);
void rota__pending_free(rota__pending *pending);
/* The turn is over, whatever became of it. Nothing of it is pinned any more. */
void rota__pending_clear(rota__pending *pending);

/* From now on this batch is seen too. The looker still pins what it was decided on.
 * false: no memory, and what is pending is not known any more. */
bool rota__pending_add(rota__pending *pending, rota__looker *looker, const rota__batch *batch,
                       const rota__booking *before);

/* As rota__busy_get() and rota__busy_stamp(). The looker's store is the turn's. */
int rota__pending_get(rota__pending *pending, rota__looker *looker, rota__env *env, int64_t row,
                      rota__timeline **out, bool *fresh);
int rota__pending_stamp(rota__pending *pending, rota__looker *looker, rota__env *env, int64_t row,
                        int64_t *stamp);

#endif
