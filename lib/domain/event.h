/* The feed's rows: what changed, by whom, as JSON before and after. Appended to
 * the batch, so that they are written with the change or not at all. */
#ifndef ROTA__EVENT_H
#define ROTA__EVENT_H

#include "domain/write.h"

enum { ROTA__FEED_PAGE = 1000 }; /* events in a list where no limit is given */

/* Of the booking that was put last. winner: the booking that this one had to make
 * room for, NULL mostly. */
int rota__event_booking(rota__write *w, int32_t type, const rota__booking *winner);
/* before or after may be NULL. */
int rota__event_resource(rota__write *w, int32_t type, const rota__resource *before,
                         const rota__resource *after);
int rota__event_member(rota__write *w, int32_t type, const rota__member *before,
                       const rota__member *after);

/* A status as the feed writes it, "confirmed"; "unknown" for none. */
const char *rota__event_status(int32_t status);

#endif
