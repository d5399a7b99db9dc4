#include "domain/page.h"

#include "base/id.h"

int64_t rota__page_at(rota_time start)
{
    int64_t number = start / ROTA__PAGE_SECONDS;
    return start % ROTA__PAGE_SECONDS < 0 ? number - 1 : number;
}

int64_t rota__page_of(rota_span when)
{
    return when.end - when.start > ROTA__PAGE_SHORT ? ROTA__PAGE_LONG : rota__page_at(when.start);
}

void rota__page_keep(rota__page *page)
{
    atomic_fetch_add_explicit(&page->refs, 1, memory_order_relaxed);
}

void rota__page_drop(rota__page *page)
{
    rota__mem mem;
    if (!page || atomic_fetch_sub_explicit(&page->refs, 1, memory_order_acq_rel) != 1) return;
    rota__arena_free(&page->arena);
    rota__mem_init(&mem, page->mem.fn, page->mem.ctx);
    rota__mem_free(&mem, page);
}

int rota__page_compare(const rota_booking *a, const rota_booking *b)
{
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    if (a->when.end != b->when.end) return a->when.end < b->when.end ? -1 : 1;
    int order = rota__id_compare(&a->id, &b->id);
    if (order != 0) return order;
    return (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
}

bool rota__page_record(rota__arena *arena, const rota__booking *row, rota_booking *out)
{
    rota_claim *claims = rota__arena_alloc(arena, row->claim_count, (int64_t)sizeof *claims);
    if (!claims) return false;
    for (int64_t i = 0; i < row->claim_count; i++)
        claims[i] = (rota_claim){ .resource = row->claims[i].resource_id,
                                  .units = row->claims[i].units,
                                  .role = row->claims[i].role,
                                  .flags = row->claims[i].flags };
    *out = (rota_booking){ .size = (uint32_t)sizeof *out,
                           .status = row->status,
                           .id = row->part_of ? row->part_of_id : row->id,
                           .when = row->when,
                           .claims = claims,
                           .claim_count = row->claim_count,
                           .title = row->title,
                           .ref = row->ref,
                           .data = row->data,
                           .version = row->version,
                           .hold_expires = row->hold_expires,
                           .created_at = row->created_at,
                           .changed_at = row->changed_at,
                           .priority = row->priority,
                           .recurs = row->part_of  ? ROTA_RECURS_OCCURRENCE
                                     : row->series ? ROTA_RECURS_SERIES
                                                   : ROTA_RECURS_NOT,
                           .kind = row->kind,
                           .flags = row->placement ? (uint32_t)ROTA_BOOKING_MOVABLE : 0,
                           .occurrence = row->occurrence };
    return true;
}

static bool copy_text(rota__arena *arena, const char **text)
{
    const char *from = *text;
    *text = rota__arena_text(arena, from, -1);
    return *text || !from;
}

static bool copy_record(rota__arena *arena, const rota_booking *from, rota_booking *out)
{
    *out = *from;
    out->claims = rota__arena_copy(arena, from->claims,
                                   from->claim_count * (int64_t)sizeof *from->claims);
    return out->claims && copy_text(arena, &out->title) && copy_text(arena, &out->ref) &&
           copy_text(arena, &out->data);
}

static bool fill(rota__page *page, const rota_booking *rows, int64_t count)
{
    page->rows = rota__arena_alloc(&page->arena, count, (int64_t)sizeof *page->rows);
    if (!page->rows) return false;
    for (int64_t i = 0; i < count; i++)
        if (rota__page_of(rows[i].when) == page->number &&
            !copy_record(&page->arena, &rows[i], &page->rows[page->count++]))
            return false;
    return true;
}

rota__page *rota__page_new(const rota__mem *from, int64_t number, const rota_booking *rows,
                           int64_t count)
{
    rota__mem mem;
    rota__mem_init(&mem, from->fn, from->ctx);
    rota__page *page = rota__mem_alloc(&mem, 1, (int64_t)sizeof *page);
    if (!page) return NULL;
    memset(page, 0, sizeof *page);
    rota__mem_init(&page->mem, from->fn, from->ctx);
    rota__arena_init(&page->arena, &page->mem);
    atomic_init(&page->refs, 1);
    page->number = number;
    if (!fill(page, rows, count)) {
        rota__page_drop(page);
        return NULL;
    }
    page->bytes = (int64_t)sizeof *page + page->mem.held;
    return page;
}
