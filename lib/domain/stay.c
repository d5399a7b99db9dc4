#include "domain/stay.h"

#include "domain/event.h"

int rota__stay_end(rota__write *w, const rota__member *stay, rota_time at)
{
    rota__arena *arena = w->cx->env.arena;
    rota__member rest = *stay;
    bool begun = stay->when.start < at;
    rest.when.end = at;

    rota__member *dropped = ROTA__PUSH(arena, &w->batch.members_dropped);
    rota__member *put = begun ? ROTA__PUSH(arena, &w->batch.members_put) : NULL;
    if (!dropped || (begun && !put)) return rota__context_nomem(w->cx);
    *dropped = *stay;
    if (begun) *put = rest;
    return rota__event_member(w, ROTA_EVENT_MEMBER_REMOVED, stay, begun ? &rest : NULL);
}

int rota__stay_count(rota__write *w, const rota__resource *group)
{
    for (int64_t i = 0; i < w->batch.resources.count; i++)
        if (w->batch.resources.items[i].row == group->row) return ROTA_OK;
    rota__resource *row = ROTA__PUSH(w->cx->env.arena, &w->batch.resources);
    if (!row) return rota__context_nomem(w->cx);
    *row = *group;
    row->version++;
    return rota__write_touch(w, group->row);
}
