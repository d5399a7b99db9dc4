/* Where bookings that give way can go: around another one, and around each other, in the order
 * that they come in. */
#ifndef ROTA__DISPLACE_H
#define ROTA__DISPLACE_H

#include "domain/admit.h"

/* May it be moved out of the way? One that has begun may not; any: though it was not meant
 * to be, but for blocks. */
bool rota__displace_may(const rota__write *w, const rota__booking *booking, bool any);

/* Finds a place for each of them, the first one first, as if `winner` were where it is to be;
 * `going` names them, single occurrences of series among them. *stuck: the one for which there
 * is none, or NULL. */
int rota__displace_find(rota__write *w, const rota__booking *winner,
                        const rota__booking *const *going, int64_t count, rota_span *places,
                        const rota__booking **stuck);

#endif
