/* The hours of one resource: their rules as they are kept, and what they give: the spans
 * of a window in which it is open. Knows no places, no gate and no store. */
#ifndef ROTA__OPENING_H
#define ROTA__OPENING_H

#include <stdatomic.h>

#include "base/spans.h"
#include "base/tz.h"
#include "domain/block.h"
#include "store/store.h"

enum { ROTA__EVERY_DAY = 127 }; /* as bits */

typedef struct rota__hours_rule {
    int32_t kind;
    uint32_t days;      /* bits, Monday is 1; never 0 */
    int32_t from, to;   /* days since 1970, both in; or the two below */
    int32_t start, end; /* wall-clock seconds since the midnight before, end at most a day later */
    bool closed;
} rota__hours_rule;
#define ROTA__HOURS_FIRST INT32_MIN
#define ROTA__HOURS_LAST INT32_MAX

typedef struct rota__hours {
    const rota__hours_rule *rules; /* in the host's order */
    int64_t count;
    bool regular; /* there are rules beside exceptions; else it is open but for these */
} rota__hours;

/* From and to bytes. ROTA_ECORRUPT where they are not as they were written. */
int rota__hours_read(rota__env *env, const void *bytes, int64_t size, rota__hours *out);
int rota__hours_write(rota__env *env, const rota__hours *hours, const void **bytes, int64_t *size);

/* Adds the open spans of a window, cut to it: ascending, none touching the next, nor what
 * was in the list before but for one that ends where the window starts. ROTA_ELIMIT beyond
 * so many. */
enum { ROTA__SPANS_MOST = 2 * ROTA_MAX_SPANS };
int rota__hours_expand(rota__env *env, const rota__hours *hours, const rota__tz *zone,
                       rota_span window, rota__spans *out);

/* From here on nothing comes of dates any more: the same weekly rules for ever, or none. */
rota_time rota__hours_settled(const rota__hours *hours, const rota__tz *zone);
/* Open at all times behind that. */
bool rota__hours_unbroken(const rota__hours *hours);

/* The open spans of one stretch of time, as long as a block of series. It never changes,
 * and belongs to whoever keeps it. */
typedef struct rota__opening {
    _Atomic int32_t refs;
    int64_t number; /* of the stretch, as of a block */
    int64_t bytes;
    uint64_t zone;     /* digest of the data that it was made by */
    rota__spans spans; /* behind this record */
    rota__mem mem;     /* its own: it may outlive the engine */
} rota__opening;

int rota__opening_new(rota__env *env, const rota__mem *mem, const rota__hours *hours,
                      const rota__tz *zone, int64_t number, rota__opening **out);
void rota__opening_keep(rota__opening *opening);
void rota__opening_drop(rota__opening *opening); /* NULL is allowed */
/* How long it stays open from an instant of the stretch on, at most up to the stretch's end;
 * the instant itself where it is closed. */
rota_time rota__opening_until(const rota__opening *opening, rota_time at);

#endif
