/* The end of a stay in a group, which leaving and removing have in common. */
#ifndef ROTA__STAY_H
#define ROTA__STAY_H

#include "domain/write.h"

/* From `at` on, which is before the stay's end, the member does not belong: what
 * was of the stay before that remains, and nothing where it had not begun. */
int rota__stay_end(rota__write *w, const rota__member *stay, rota_time at);

#endif
