/* Two series that recur as patterns on the wall clock: a proof that they never meet, which
 * looks at no occurrence. Where it has none, forever.c looks at them. */
#ifndef ROTA__PATTERN_H
#define ROTA__PATTERN_H

#include "domain/series.h"

/* True: no happening of one era starts less than `room` seconds behind the end of one of the
 * other, where both end at `from` or later. False says nothing. */
bool rota__pattern_apart(const rota__series *mine, int64_t my_era, const rota__series *other,
                         int64_t other_era, int64_t room, rota_time from);

/* The same of the happenings of one era among themselves. */
bool rota__pattern_apart_itself(const rota__series *series, int64_t era, int64_t room,
                                rota_time from);

#endif
