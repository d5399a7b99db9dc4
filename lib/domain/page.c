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

/* --- one block for all of a page: the more pages the budget holds, the better --- */

typedef struct contents {
    int64_t rows, claims, text; /* the text in bytes */
} contents;

/* Most bookings of a resource claim the same as the one before: that stands once. */
static bool same_claims(const rota_booking *a, const rota_booking *b)
{
    return a && a->claim_count == b->claim_count &&
           memcmp(a->claims, b->claims, (size_t)a->claim_count * sizeof *a->claims) == 0;
}

static int64_t text_size(const char *text)
{
    return text ? (int64_t)strlen(text) + 1 : 0;
}

static contents measure(int64_t number, const rota_booking *rows, int64_t count)
{
    contents all = { 0 };
    const rota_booking *before = NULL;
    for (int64_t i = 0; i < count; i++) {
        const rota_booking *row = &rows[i];
        if (rota__page_of(row->when) != number) continue;
        all.rows++;
        all.claims += same_claims(before, row) ? 0 : row->claim_count;
        all.text += text_size(row->title) + text_size(row->ref) + text_size(row->data);
        before = row;
    }
    return all;
}

static const char *put_text(char **at, const char *text)
{
    int64_t size = text_size(text);
    if (!text) return NULL;
    char *copy = memcpy(*at, text, (size_t)size);
    *at += size;
    return copy;
}

static void fill(rota__page *page, const rota_booking *rows, int64_t count, const contents *all)
{
    rota_claim *claims = (rota_claim *)(void *)(page->rows + all->rows);
    char *text = (char *)(claims + all->claims);
    const rota_booking *before = NULL;
    for (int64_t i = 0; i < count; i++) {
        const rota_booking *row = &rows[i];
        if (rota__page_of(row->when) != page->number) continue;
        rota_booking *out = &page->rows[page->count++];
        *out = *row;
        out->title = put_text(&text, row->title);
        out->ref = put_text(&text, row->ref);
        out->data = put_text(&text, row->data);
        if (same_claims(before, row)) {
            out->claims = out[-1].claims;
        } else {
            memcpy(claims, row->claims, (size_t)row->claim_count * sizeof *claims);
            out->claims = claims;
            claims += row->claim_count;
        }
        before = row;
    }
}

rota__page *rota__page_new(const rota__mem *from, int64_t number, const rota_booking *rows,
                           int64_t count)
{
    rota__mem mem;
    contents all = measure(number, rows, count);
    rota__mem_init(&mem, from->fn, from->ctx);
    int64_t size = (int64_t)sizeof(rota__page) + all.rows * (int64_t)sizeof *rows +
                   all.claims * (int64_t)sizeof(rota_claim) + all.text;
    rota__page *page = rota__mem_alloc(&mem, size, 1);
    if (!page) return NULL;
    memset(page, 0, sizeof *page);
    rota__mem_init(&page->mem, from->fn, from->ctx);
    atomic_init(&page->refs, 1);
    page->number = number;
    page->bytes = mem.held;
    page->rows = (rota_booking *)(void *)(page + 1);
    fill(page, rows, count, &all);
    return page;
}
