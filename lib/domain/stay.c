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
