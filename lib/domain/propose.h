/* What could be booked instead of what was refused: the same resources at another time,
 * others like them at the same time, or both. */
#ifndef ROTA__PROPOSE_H
#define ROTA__PROPOSE_H

#include "domain/admit.h"

/* At most `most` alternatives to a booking that the gate does not let through, into the
 * answer. Each of them it does. future: none that begins before now. */
int rota__propose(rota__write *w, const rota__booking *booking, bool future, int32_t most);

#endif
