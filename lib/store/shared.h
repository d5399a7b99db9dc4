/* One store for several threads, an operation or a turn at a time: for those that
 * cannot be attached to, such as a calendar in memory. */
#ifndef ROTA__SHARED_H
#define ROTA__SHARED_H

#include "store/store.h"

/* Takes inner over, which offers turns, and closes it at its own end; on failure it
 * stays the caller's. *out is for who has the turn; what is attached to it is for
 * everybody else, and closed before it. */
int rota__shared_open(rota__env *env, rota__mem *mem, rota__store *inner, rota__store **out);

#endif
