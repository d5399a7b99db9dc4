#include "base/spans.h"

#include "base/sort.h"

bool rota__spans_push(rota__arena *arena, rota__spans *list, rota_span span)
{
    rota_span *added = ROTA__PUSH(arena, list);
    if (added) *added = span;
    return added != NULL;
}

/* Into the last one, if it reaches there. */
static bool join(rota_span *last, rota_span span)
{
    if (!last || span.start > last->end) return false;
    if (span.end > last->end) last->end = span.end;
    return true;
}

bool rota__spans_add(rota__arena *arena, rota__spans *list, rota_span span)
{
    rota_span *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
    return join(last, span) || rota__spans_push(arena, list, span);
}

static int by_start(const void *left, const void *right)
{
    const rota_span *a = left, *b = right;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

void rota__spans_merge(rota__spans *list)
{
    rota_span *items = list->items;
    int64_t kept = 0;
    rota__sort(items, list->count, sizeof *items, by_start);
    for (int64_t i = 0; i < list->count; i++)
        if (!join(kept ? &items[kept - 1] : NULL, items[i])) items[kept++] = items[i];
    list->count = kept;
}

const rota_span *rota__spans_at(const rota__spans *list, rota_time at)
{
    int64_t low = 0, high = list->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (list->items[middle].end <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && list->items[low].start <= at ? &list->items[low] : NULL;
}
