/* Who makes way for a booking, and how: bookings that are cancelled, or placed elsewhere. All
 * that is needed or none, and as few as can be. */
#ifndef ROTA__WAY_H
#define ROTA__WAY_H

#include "domain/admit.h"

/* Does the booking fit where it is not itself? As rota__admit_claims(). */
int rota__way_clear(rota__write *w, const rota__booking *booking, rota__clashes *clashes,
                    rota__breaches *breaches);

/* Every other booking among clashes, once, by row; an occurrence that has one has the name of
 * its series. */
typedef ROTA__LIST(rota__booking) rota__rivals;
const rota__booking *rota__way_rival(const rota__rivals *list, int64_t row); /* or NULL */

/* By the strategy, among those that it clashes with, which are known. *made: who had to go is in the batch, the
 * feed and the answer. *stuck: the one that would have had to move and cannot, or NULL. */
int rota__way_make(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                   const rota__clashes *clashes, const rota__rivals *known, bool *made,
                   const rota__booking **stuck);

/* A booking that takes time, by its row. */
int rota__way_read(rota__write *w, int64_t row, rota__booking *out);

#endif
