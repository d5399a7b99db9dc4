#include "domain/resource_find.h"

#include "domain/request.h"

static int not_found(rota__context *cx, const rota_id *id)
{
    char text[37];
    rota_id_format(id, text);
    return rota__error_set(cx->env.error, ROTA_ENOTFOUND, "no resource %s", text);
}

int rota__resource_get(rota__context *cx, const rota_id *id, rota__resource *out)
{
    rota__by by = { .id = id };
    int rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, out);
    return rc == ROTA_ENOTFOUND ? not_found(cx, id) : rc;
}

/* It may have been removed between the record and the guard. */
int rota__resource_at(rota__write *w, int64_t row, rota__timeline **timeline)
{
    int rc = rota__write_look(w, row, timeline);
    if (rc != ROTA_OK || !(*timeline)->resource.removed) return rc;
    return rota__error_set(w->cx->env.error, ROTA_ENOTFOUND, "\"%.*s\" has been removed",
                           ROTA__SHOW_NAME((*timeline)->resource.name));
}

/* One that is in memory is found without the store; a removed one is not there, in
 * either case and in the same words. */
int rota__resource_claim(rota__write *w, const rota_id *id, rota__timeline **timeline)
{
    rota__resource found = { .row = rota__busy_row(w->cx->looker, id) };
    int rc = found.row ? ROTA_OK : rota__resource_get(w->cx, id, &found);
    if (rc == ROTA_OK) rc = rota__write_look(w, found.row, timeline);
    return rc == ROTA_OK && (*timeline)->resource.removed ? not_found(w->cx, id) : rc;
}

int rota__resource_look(rota__write *w, const rota_id *id, rota__resource *out,
                        rota__timeline **timeline)
{
    int rc = rota__resource_get(w->cx, id, out);
    return rc == ROTA_OK ? rota__resource_at(w, out->row, timeline) : rc;
}
