#include "domain/audit.h"

#include <inttypes.h>

#include "base/str.h"
#include "domain/admit.h"
#include "domain/request.h"

enum { PAGE = 1000 };

static int look_at(rota__context *cx, const rota__resource *resource, rota_time from)
{
    rota__write look = { .cx = cx };
    rota__clashes clashes = { 0 };
    rota_span when = { from, INT64_MAX };
    int rc = rota__admit_self(&look, resource->row, when, &clashes);
    if (rc != ROTA_OK || clashes.count == 0) return rc;
    const rota__clash *first = &clashes.items[0];
    return rota__error_set(cx->env.error, ROTA_ECORRUPT,
                           "\"%.*s\" is taken beyond its capacity of %" PRId32 " from %s to %s",
                           ROTA__SHOW_NAME(resource->name), resource->capacity,
                           rota__request_show(first->overlap.start).text,
                           rota__request_show(first->overlap.end).text);
}

/* In memory of its own, for there are many. A finding stands only if nobody wrote
 * while it was made: its timelines may have been read before and after. */
static int check_resource(rota__context *cx, const rota__resource *resource, rota_time from)
{
    enum { TRIES = 64 };
    rota__arena own;
    bool moved = true;
    int rc = ROTA_OK;
    rota__arena *all = rota__context_scratch(cx, &own);
    for (int i = 0; moved && i < TRIES; i++) {
        rota__arena_reset(&own);
        rota__busy_let_go(cx->looker);
        if ((rc = rota__busy_refresh(cx->looker, &cx->env)) != ROTA_OK) break;
        if ((rc = look_at(cx, resource, from)) != ROTA_ECORRUPT) break;
        rota__error finding = *cx->env.error;
        if ((rc = rota__busy_moved(cx->looker, &cx->env, &moved)) != ROTA_OK) break;
        *cx->env.error = finding;
        rc = ROTA_ECORRUPT;
    }
    cx->env.arena = all;
    rota__arena_free(&own);
    return rc;
}

int rota__audit(rota__context *cx, rota_time from)
{
    rota__resource_filter filter = { .limit = PAGE };
    rota__resource *rows;
    int64_t count;
    int rc;
    if ((rc = rota__request_range(cx, "from", from, ROTA_TIME_MIN, ROTA_TIME_MAX)) != ROTA_OK ||
        (rc = cx->store->ops->check(cx->store, &cx->env)) != ROTA_OK)
        return rc;
    do {
        if ((rc = cx->store->ops->resource_list(cx->store, &cx->env, &filter, &rows, &count)) !=
            ROTA_OK)
            return rc;
        for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
            rc = check_resource(cx, &rows[i], from);
        if (count > 0) filter.after = rows[count - 1].id;
    } while (rc == ROTA_OK && count == PAGE);
    return rc;
}
