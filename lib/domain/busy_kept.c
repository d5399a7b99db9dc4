/* What was made of a timeline and is kept with it, to be made again when it is wanted: pages
 * of lists, blocks of series, openings of hours, maps of what is free. */
#include "domain/busy_private.h"

/* So many blocks that a look through the 28 years of a series finds all of them there. */
enum { BLOCKS = 128 };

static void drop_first_page(rota__busy *busy, rota__page **at)
{
    rota__page *page = *at;
    *at = page->next;
    busy->page_bytes -= page->bytes;
    rota__page_drop(page);
}

void rota__busy_drop_pages(rota__busy *busy, rota__timeline *t)
{
    while (t->pages)
        drop_first_page(busy, &t->pages);
}

void rota__busy_drop_page(rota__busy *busy, rota__timeline *t, int64_t number)
{
    for (rota__page **at = &t->pages; *at;) {
        if ((*at)->number == number)
            drop_first_page(busy, at);
        else
            at = &(*at)->next;
    }
}

static void drop_block(rota__busy *busy, rota__block **slot)
{
    if (!*slot) return;
    busy->page_bytes -= (*slot)->bytes;
    rota__block_drop(*slot);
    *slot = NULL;
}

void rota__busy_drop_blocks(rota__busy *busy, rota__timeline *t)
{
    for (int64_t i = 0; t->blocks && i < BLOCKS; i++)
        drop_block(busy, &t->blocks[i]);
    rota__mem_free(busy->mem, t->blocks);
    t->blocks = NULL;
}

static void drop_opening(rota__busy *busy, rota__opening **slot)
{
    if (!*slot) return;
    busy->page_bytes -= (*slot)->bytes;
    rota__opening_drop(*slot);
    *slot = NULL;
}

static void drop_openings(rota__busy *busy, rota__timeline *t)
{
    for (int64_t i = 0; t->openings && i < BLOCKS; i++)
        drop_opening(busy, &t->openings[i]);
    rota__mem_free(busy->mem, t->openings);
    t->openings = NULL;
}

void rota__busy_drop_maps(rota__busy *busy, rota__timeline *t)
{
    for (rota__map *map = t->maps, *next; map; map = next) {
        next = map->next;
        rota__mem_free(busy->mem, map);
    }
    t->maps = NULL;
}

void rota__busy_drop_made(rota__busy *busy, rota__timeline *t)
{
    rota__busy_drop_pages(busy, t);
    rota__busy_drop_blocks(busy, t);
    rota__busy_drop_maps(busy, t);
    drop_openings(busy, t);
}

/* --- pages --- */

bool rota__busy_pages(rota__looker *looker, const rota__timeline *t, int64_t first, int64_t count,
                      rota__page **out)
{
    rota__share_read(&looker->cell);
    rota__timeline *there = rota__busy_find(looker->busy, t->resource.row);
    bool same = there == t;
    for (rota__page *page = same ? there->pages : NULL; page; page = page->next) {
        int64_t at = page->number == ROTA__PAGE_LONG ? count : page->number - first;
        if (at < 0 || at > count || (at == count && page->number != ROTA__PAGE_LONG)) continue;
        rota__page_keep(page);
        out[at] = page;
    }
    rota__share_leave(&looker->cell);
    return same;
}

void rota__busy_put_page(rota__looker *looker, const rota__timeline *t, rota__page *page)
{
    rota__busy *busy = looker->busy;
    rota__share_change(&busy->share);
    rota__timeline *there = rota__busy_find(busy, t->resource.row);
    bool wanted = there == t;
    for (rota__page *other = wanted ? there->pages : NULL; other; other = other->next)
        wanted &= other->number != page->number;
    if (wanted) {
        rota__page_keep(page);
        page->next = there->pages;
        there->pages = page;
        busy->page_bytes += page->bytes;
        rota__busy_keep_budget(busy, there);
    }
    rota__share_changed(&busy->share);
}

/* --- blocks --- */

static rota__block **block_slot(const rota__timeline *t, int64_t number)
{
    return &t->blocks[(uint64_t)number & (BLOCKS - 1)];
}

const rota__block *rota__busy_peek_block(const rota__timeline *t, int64_t number)
{
    const rota__block *block = t->blocks ? *block_slot(t, number) : NULL;
    bool known = block && block->number == number && block->changes == t->changes.count;
    return known ? block : NULL;
}

rota__block *rota__busy_block(rota__looker *looker, const rota__timeline *t, int64_t number)
{
    rota__block *block = NULL;
    if (t->base) t = t->base;
    rota__share_read(&looker->cell);
    rota__timeline *there = rota__busy_find(looker->busy, t->resource.row);
    if (there == t && there->blocks) block = *block_slot(there, number);
    if (block && block->number != number) block = NULL;
    if (block) rota__block_keep(block);
    rota__share_leave(&looker->cell);
    return block;
}

/* Where there is no memory for the place it is made again when it is wanted. */
void rota__busy_put_block(rota__looker *looker, const rota__timeline *t, rota__block *block)
{
    rota__busy *busy = looker->busy;
    if (t->base) t = t->base;
    rota__share_change(&busy->share);
    rota__timeline *there = rota__busy_find(busy, t->resource.row);
    if (there == t && !there->blocks) {
        there->blocks = rota__mem_alloc(busy->mem, BLOCKS, (int64_t)sizeof(*there->blocks));
        if (there->blocks) memset(there->blocks, 0, BLOCKS * sizeof(*there->blocks));
    }
    if (there == t && there->blocks) {
        rota__block **slot = block_slot(there, block->number);
        drop_block(busy, slot);
        rota__block_keep(block);
        *slot = block;
        busy->page_bytes += block->bytes;
        rota__busy_keep_budget(busy, there);
    }
    rota__share_changed(&busy->share);
}

/* --- openings: hours that change are a put of the resource, and its timeline is forgotten --- */

static rota__opening **opening_slot(const rota__timeline *t, int64_t number)
{
    return &t->openings[(uint64_t)number & (BLOCKS - 1)];
}

const rota__opening *rota__busy_peek_opening(const rota__timeline *t, int64_t number, uint64_t zone)
{
    const rota__opening *opening = t->openings ? *opening_slot(t, number) : NULL;
    return opening && opening->number == number && opening->zone == zone ? opening : NULL;
}

rota__opening *rota__busy_opening(rota__looker *looker, const rota__timeline *t, int64_t number,
                                  uint64_t zone)
{
    rota__opening *opening = NULL;
    if (t->base) t = t->base;
    rota__share_read(&looker->cell);
    rota__timeline *there = rota__busy_find(looker->busy, t->resource.row);
    if (there == t && there->openings) opening = *opening_slot(there, number);
    if (opening && (opening->number != number || opening->zone != zone)) opening = NULL;
    if (opening) rota__opening_keep(opening);
    rota__share_leave(&looker->cell);
    return opening;
}

void rota__busy_put_opening(rota__looker *looker, const rota__timeline *t, rota__opening *opening)
{
    rota__busy *busy = looker->busy;
    if (t->base) t = t->base;
    rota__share_change(&busy->share);
    rota__timeline *there = rota__busy_find(busy, t->resource.row);
    if (there == t && !there->openings) {
        there->openings = rota__mem_alloc(busy->mem, BLOCKS, (int64_t)sizeof(*there->openings));
        if (there->openings) memset(there->openings, 0, BLOCKS * sizeof(*there->openings));
    }
    if (there == t && there->openings) {
        rota__opening **slot = opening_slot(there, opening->number);
        drop_opening(busy, slot);
        rota__opening_keep(opening);
        *slot = opening;
        busy->page_bytes += opening->bytes;
        rota__busy_keep_budget(busy, there);
    }
    rota__share_changed(&busy->share);
}

/* --- maps --- */

const uint64_t *rota__busy_peek_map(const rota__timeline *t, int64_t number)
{
    const rota__map *map = t->maps;
    while (map && map->number != number)
        map = map->next;
    return map ? map->words : NULL;
}

bool rota__busy_map(rota__looker *looker, const rota__timeline *t, int64_t number,
                    uint64_t words[ROTA__MAP_WORDS])
{
    const uint64_t *there = NULL;
    rota__share_read(&looker->cell);
    if (rota__busy_find(looker->busy, t->resource.row) == t) there = rota__busy_peek_map(t, number);
    if (there) memcpy(words, there, ROTA__MAP_WORDS * sizeof *words);
    rota__share_leave(&looker->cell);
    return there != NULL;
}

void rota__busy_put_map(rota__looker *looker, const rota__timeline *t, int64_t number,
                        const uint64_t words[ROTA__MAP_WORDS])
{
    rota__busy *busy = looker->busy;
    rota__share_change(&busy->share);
    rota__timeline *there = rota__busy_find(busy, t->resource.row);
    rota__map *map = there == t ? there->maps : NULL;
    while (map && map->number != number)
        map = map->next;
    if (there == t && !map && (map = rota__mem_alloc(busy->mem, 1, (int64_t)sizeof *map))) {
        map->number = number;
        memcpy(map->words, words, sizeof map->words);
        map->next = there->maps;
        there->maps = map;
        rota__busy_keep_budget(busy, there);
    }
    rota__share_changed(&busy->share);
}

bool rota__busy_listed(rota__timeline *t)
{
    return atomic_exchange(&t->listed, true);
}
