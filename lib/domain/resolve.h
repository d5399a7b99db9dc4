/* On a refusal: reject it, override what matters less, or ask the host. Turns
 * the gate's clashes into conflicts that the host can read, or into other
 * bookings to cancel. */
#ifndef ROTA__RESOLVE_H
#define ROTA__RESOLVE_H

#include "domain/admit.h"

/* Take the claims of a booking, by the strategy. On ROTA_OK the batch holds what
 * had to be cancelled. ROTA_ECONFLICT: the conflicts are in the write.
 * why: put before the message, "the hold had lapsed and "; "" for nothing. */
int rota__resolve_claims(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                         const char *why);

/* Take the claims of a series, as rota__admit_series() says; no strategy but to refuse.
 * with: an occurrence that is a booking of its own, and is about to be there too; NULL: none.
 * partial: ROTA_OK all the same, and the conflicts say what to leave out. */
int rota__resolve_series(rota__write *w, const rota__series *series, rota_time from,
                         const rota__booking *with, const rota__absent *absent, bool partial,
                         const char *why, rota_time *checked_until);

/* Would what is booked within `when` fit after the change? ROTA_ECONFLICT, and
 * the conflicts, where it would not. */
int rota__resolve_change(rota__write *w, int64_t resource, rota_span when,
                         const rota__change *change);

/* What the gate found against a claim, as conflicts and violations in the write, and in words.
 * There is one at least. */
int rota__resolve_tell(rota__write *w, const rota__clashes *clashes,
                       const rota__breaches *breaches);

/* Does it not matter whether what is taken is open? */
bool rota__resolve_any_hours(const rota__write *w);

/* Mark a lapsed hold as expired, and tell. */
int rota__resolve_expire(rota__write *w, const rota__booking *hold);

#endif
