/* What joining, leaving and removing have in common: a stay that ends, and a group
 * whose members change. */
#ifndef ROTA__STAY_H
#define ROTA__STAY_H

#include "domain/write.h"

/* From `at` on, which is before the stay's end, the member does not belong: what
 * was of the stay before that remains, and nothing where it had not begun. */
int rota__stay_end(rota__write *w, const rota__member *stay, rota_time at);

/* Somebody joins or leaves the group: its record gets a new version, once. */
int rota__stay_count(rota__write *w, const rota__resource *group);

#endif
