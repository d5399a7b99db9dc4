/* The first place that is free for a booking that gives no start. */
#ifndef ROTA__PLACE_H
#define ROTA__PLACE_H

#include "domain/admit.h"
#include "domain/placement.h"

/* The first span of that length at which the claims can be taken, with what is taken to be
 * otherwise; an empty one where there is none. */
int rota__place_find(rota__write *w, const rota__placement *placement, const rota__claim *claims,
                     int64_t claim_count, int64_t length, const rota__absent *absent,
                     rota_span *when);
/* The first one that it might have, whatever is in the way; empty where there is none. */
int rota__place_first(rota__write *w, const rota__placement *placement, const rota__claim *claims,
                      int64_t claim_count, int64_t length, rota_span *when);

#endif
