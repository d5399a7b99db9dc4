/* Between the files of what is in memory: busy.c, which keeps timelines and lends them;
 * busy_kept.c, which keeps what was made of them; and busy_follow.c, which follows commits.
 * All of it for whoever holds the share: nobody else looks, or nobody else changes. */
#ifndef ROTA__BUSY_PRIVATE_H
#define ROTA__BUSY_PRIVATE_H

#include "domain/busy.h"

/* NULL where there is none. */
rota__timeline *rota__busy_find(const rota__busy *busy, int64_t row);

/* The same, to be changed: a copy in its place where somebody has pinned it. NULL, too, where
 * there is no memory for that, and then there is none any more. */
rota__timeline *rota__busy_own(rota__busy *busy, int64_t row);
void rota__busy_forget(rota__busy *busy, int64_t row);

/* Takes out what was not used for long, until the budget is kept; but not `kept`. */
void rota__busy_keep_budget(rota__busy *busy, const rota__timeline *kept);

void rota__busy_drop_page(rota__busy *busy, rota__timeline *t, int64_t number);
void rota__busy_drop_pages(rota__busy *busy, rota__timeline *t);
void rota__busy_drop_blocks(rota__busy *busy, rota__timeline *t);
void rota__busy_drop_maps(rota__busy *busy, rota__timeline *t);
void rota__busy_drop_made(rota__busy *busy, rota__timeline *t); /* all of it */

#endif
