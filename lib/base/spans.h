/* Lists of spans. */
#ifndef ROTA__SPANS_H
#define ROTA__SPANS_H

#include "base/mem.h"
#include "base/time.h"

typedef ROTA__LIST(rota_span) rota__spans;

/* One more at the end, as it is; false: no memory. */
bool rota__spans_push(rota__arena *arena, rota__spans *list, rota_span span);
/* One more that begins no earlier than the last one, and becomes one with it where they
 * touch or overlap. */
bool rota__spans_add(rota__arena *arena, rota__spans *list, rota_span span);
/* Whatever they are: ascending, and none touching the next, in place. */
void rota__spans_merge(rota__spans *list);
/* Of such a list the one that the instant lies in, or NULL. */
const rota_span *rota__spans_at(const rota__spans *list, rota_time at);

#endif
