/* Lists of bookings: which ones, and whether from memory or from the store. What a
 * booking is, is booking.c's; what a page is, page.c's. */
#include <stdlib.h>

#include "domain/admit.h"
#include "domain/booking.h"
#include "domain/request.h"
#include "domain/resource.h"

#define IN(status) ROTA__BIT(ROTA_BOOKING_##status)

/* The resource and the groups it belongs to, each with the span it does. */
static int read_sources(rota__context *cx, const rota_id *id, rota__booking_filter *filter)
{
    /* A booking may reach out of the window, to where he belonged. */
    static const rota_span ever = { INT64_MIN, INT64_MAX };
    rota__write look = { .cx = cx };
    rota__timeline *own;
    rota__reach above = { 0 };
    int rc = rota__resource_claim(&look, id, &own);
    if (rc == ROTA_OK) rc = rota__admit_above(&look, own->resource.row, ever, NULL, true, &above);
    if (rc != ROTA_OK) return rc;

    rota__source *sources = rota__arena_alloc(cx->env.arena, above.count, (int64_t)sizeof *sources);
    if (!sources) return rota__context_nomem(cx);
    for (int64_t i = 0; i < above.count; i++)
        sources[i] = (rota__source){ .resource = above.items[i].resource,
                                     .when = above.items[i].within };
    filter->sources = sources;
    filter->source_count = above.count;
    return ROTA_OK;
}

static int read_position(rota__context *cx, const rota_booking_query *query,
                         rota__booking_filter *filter)
{
    rota__booking last;
    if (rota__id_is_none(&query->after)) return ROTA_OK;
    filter->after_id = query->after;
    filter->after = query->after_when;
    if (query->after_when.start || query->after_when.end) return ROTA_OK;
    int rc = rota__booking_get(cx, &query->after, &last);
    if (rc == ROTA_OK) filter->after = last.when;
    return rc;
}

/* The store knows no clock, so held and expired are told apart here: what was
 * asked for is kept of each page until the limit is reached or there is no more. */
static int list_from_store(rota__context *cx, rota__booking_filter *filter, uint32_t statuses,
                           rota__listing *list)
{
    ROTA__LIST(rota__booking) kept = { 0 };
    for (;;) {
        rota__booking *page;
        int64_t found;
        int rc = cx->store->ops->booking_list(cx->store, &cx->env, filter, &page, &found);
        if (rc != ROTA_OK) return rc;
        for (int64_t i = 0; i < found && (!filter->limit || kept.count < filter->limit); i++) {
            if (!(ROTA__BIT(rota__booking_status(&page[i], cx->now)) & statuses)) continue;
            rota__booking *row = ROTA__PUSH(cx->env.arena, &kept);
            if (!row) return rota__context_nomem(cx);
            *row = page[i];
        }
        if (!filter->limit || found < filter->limit || kept.count == filter->limit) break;
        filter->after = page[found - 1].when;
        filter->after_id = page[found - 1].id;
    }
    list->rows = kept.items;
    list->row_count = kept.count;
    return ROTA_OK;
}

/* --- from pages --- */

/* Beyond these the store is as quick, and memory is better kept for the rest. */
enum { MAX_PAGES = 8, MAX_SOURCES = 8 };

static bool keep_page(rota__context *cx, rota__listing *list, rota__page *page)
{
    rota__page **kept = ROTA__PUSH(cx->env.arena, &list->pages);
    if (kept)
        *kept = page;
    else
        rota__page_drop(page);
    return kept != NULL;
}

/* Reads a page, and puts it into the index unless the resource has changed since the
 * timeline was looked at: then it is good for this list only if it is read again. */
static int read_page(rota__context *cx, rota__timeline *t, int64_t number, rota__page **out)
{
    rota__source source = { .resource = t->resource.row, .when = { INT64_MIN, INT64_MAX } };
    rota__booking_filter filter = { .sources = &source, .source_count = 1, .statuses = UINT32_MAX };
    rota__arena scratch;
    rota__env env = { .arena = &scratch, .error = cx->env.error };
    rota__booking *rows = NULL;
    int64_t count = 0, stamp = 0;
    bool is_long = number == ROTA__PAGE_LONG;
    filter.longer = is_long ? ROTA__PAGE_SHORT : 0;
    filter.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    if (!is_long) filter.when.start = number * ROTA__PAGE_SECONDS;
    if (!is_long) filter.when.end = filter.when.start + ROTA__PAGE_SECONDS;
    rota__arena_init(&scratch, cx->looker->mem);
    int rc = cx->store->ops->booking_list(cx->store, &env, &filter, &rows, &count);
    rota__page *page = NULL;
    if (rc == ROTA_OK) {
        page = rota__page_new(cx->looker->mem, number, rows, count);
        if (!page) rc = rota__context_nomem(cx);
    }
    rota__arena_free(&scratch);
    if (rc == ROTA_OK) rc = cx->store->ops->stamp(cx->store, &cx->env, t->resource.row, &stamp);
    if (rc == ROTA_OK && stamp == t->resource.stamp) {
        rota__busy_put_page(cx->looker, t, page);
        *out = page;
        return ROTA_OK;
    }
    rota__page_drop(page);
    return rc;
}

/* The pages of one source: all of the window, since what begins there may reach out of it
 * to where the source counts. *known: they are all there. Only who is asked a second time
 * gets pages: a first list is quicker without. */
static int find_pages(rota__context *cx, int64_t resource, rota_span when, rota__listing *list,
                      bool *known)
{
    rota__page *found[MAX_PAGES + 1] = { NULL };
    rota__write look = { .cx = cx };
    rota__timeline *t;
    int64_t first = rota__page_at(when.start - ROTA__PAGE_SHORT);
    int64_t count = rota__page_at(when.end - 1) - first + 1;
    int rc = rota__write_look(&look, resource, &t);
    if (rc != ROTA_OK) return rc;
    bool asked = rota__busy_listed(t);
    *known = count <= MAX_PAGES && rota__busy_pages(cx->looker, t, first, count, found);
    for (int64_t i = 0; i <= count && i <= MAX_PAGES; i++) {
        if (rc == ROTA_OK && *known && !found[i] && asked)
            rc = read_page(cx, t, i == count ? ROTA__PAGE_LONG : first + i, &found[i]);
        *known &= found[i] != NULL;
        if (!found[i]) continue;
        if (!keep_page(cx, list, found[i])) rc = rota__context_nomem(cx);
    }
    return rc;
}

static int by_time(const void *left, const void *right)
{
    const rota_booking *a = *(const rota_booking *const *)left;
    const rota_booking *b = *(const rota_booking *const *)right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    if (a->when.end != b->when.end) return a->when.end < b->when.end ? -1 : 1;
    return rota__id_compare(&a->id, &b->id);
}

/* The first row of a page, or its end, that begins at `from` or later. */
static int64_t first_from(const rota__page *page, rota_time from)
{
    int64_t low = 0, high = page->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (page->rows[middle].when.start < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Rows that are far from the window are not even read: most of a page would not be in the
 * processor's cache. */
static void add_page(rota__context *cx, const rota__page *page, rota_span when, rota_span stay,
                     uint32_t statuses, rota__listing *list)
{
    const rota_booking **refs = list->refs.items;
    bool is_long = page->number == ROTA__PAGE_LONG;
    int64_t first = is_long ? 0 : first_from(page, when.start - ROTA__PAGE_SHORT);
    for (int64_t i = first; i < page->count && page->rows[i].when.start < when.end; i++) {
        const rota_booking *row = &page->rows[i];
        if (!rota__time_overlap(row->when, when) || !rota__time_overlap(row->when, stay)) continue;
        int32_t status = rota__booking_seen(row->status, row->hold_expires, cx->now);
        if (ROTA__BIT(status) & statuses) refs[list->refs.count++] = row;
    }
}

/* So many as the pages have rows. */
static bool make_room(rota__context *cx, rota__listing *list)
{
    int64_t rows = 0;
    for (int64_t i = 0; i < list->pages.count; i++)
        rows += list->pages.items[i]->count;
    list->refs.items = rota__arena_room(cx->env.arena, rows, (int64_t)sizeof(*list->refs.items));
    return list->refs.items != NULL;
}

/* Pages stand in order mostly; a booking that is reached in two ways stands once. */
static void sort_refs(rota__listing *list, int64_t limit)
{
    bool sorted = true;
    int64_t kept = 0;
    const rota_booking **refs = list->refs.items;
    for (int64_t i = 1; i < list->refs.count && sorted; i++)
        sorted = by_time(&refs[i - 1], &refs[i]) < 0;
    if (!sorted) qsort(refs, (size_t)list->refs.count, sizeof(*refs), by_time);
    for (int64_t i = 0; i < list->refs.count && (limit == 0 || kept < limit); i++)
        if (kept == 0 || by_time(&refs[kept - 1], &refs[i]) != 0) refs[kept++] = refs[i];
    list->refs.count = kept;
}

static int list_from_pages(rota__context *cx, const rota__booking_filter *filter, uint32_t statuses,
                           rota__listing *list, bool *known)
{
    int64_t ends[MAX_SOURCES]; /* of the pages of each source */
    int rc = ROTA_OK;
    *known = filter->source_count > 0 && filter->source_count <= MAX_SOURCES &&
             rota__id_is_none(&filter->after_id);
    for (int64_t i = 0; i < filter->source_count && *known && rc == ROTA_OK; i++) {
        rc = find_pages(cx, filter->sources[i].resource, filter->when, list, known);
        ends[i] = list->pages.count;
    }
    if (*known && rc == ROTA_OK && !make_room(cx, list)) rc = rota__context_nomem(cx);
    if (!*known || rc != ROTA_OK) {
        rota__booking_list_drop(list);
        return rc;
    }
    for (int64_t i = 0, k = 0; i < filter->source_count; i++)
        for (; k < ends[i]; k++)
            add_page(cx, list->pages.items[k], filter->when, filter->sources[i].when, statuses,
                     list);
    sort_refs(list, filter->limit);
    return ROTA_OK;
}

void rota__booking_list_drop(rota__listing *list)
{
    for (int64_t i = 0; i < list->pages.count; i++)
        rota__page_drop(list->pages.items[i]);
    list->pages.count = list->refs.count = 0;
}

static int list_once(rota__context *cx, const rota_booking_query *query,
                     rota__booking_filter *filter, uint32_t statuses, rota__listing *list)
{
    bool known = false;
    int rc = ROTA_OK;
    memset(list, 0, sizeof *list);
    if (!rota__id_is_none(&query->resource)) rc = read_sources(cx, &query->resource, filter);
    if (rc == ROTA_OK) rc = list_from_pages(cx, filter, statuses, list, &known);
    return rc != ROTA_OK || known ? rc : list_from_store(cx, filter, statuses, list);
}

/* Of a resource that belongs to groups, several timelines are looked at, one after the
 * other: what they say together holds only if nobody wrote meanwhile. */
enum { STILL_TRIES = 16 };

int rota__booking_list(rota__context *cx, const rota_booking_query *query, rota__listing *list)
{
    uint32_t every = IN(HELD) | IN(CONFIRMED) | IN(CHECKED_IN) | IN(COMPLETED) | IN(CANCELLED) |
                     IN(EXPIRED);
    uint32_t statuses = query->statuses ? query->statuses : every & ~IN(CANCELLED);
    rota__booking_filter filter = { .when = query->when, .limit = query->limit };
    int rc;
    if ((rc = rota__request_span(cx, "the window", query->when)) != ROTA_OK ||
        (rc = rota__request_bits(cx, "statuses", query->statuses, every)) != ROTA_OK ||
        (rc = rota__request_limit(cx, query->limit)) != ROTA_OK ||
        (rc = read_position(cx, query, &filter)) != ROTA_OK)
        return rc;
    filter.statuses = statuses & IN(EXPIRED) ? statuses | IN(HELD) : statuses;
    for (int i = 1;; i++) {
        rota__booking_filter asked = filter;
        bool moved = false;
        if ((rc = list_once(cx, query, &asked, statuses, list)) != ROTA_OK) return rc;
        if (asked.source_count <= 1 || i == STILL_TRIES) return ROTA_OK;
        if ((rc = rota__busy_moved(cx->looker, &cx->env, &moved)) == ROTA_OK && !moved)
            return ROTA_OK;
        rota__booking_list_drop(list);
        rota__busy_let_go(cx->looker);
        if (rc == ROTA_OK) rc = rota__busy_refresh(cx->looker, &cx->env);
        if (rc != ROTA_OK) return rc;
    }
}
