/* Lists of bookings: which ones, and whether from memory or from the store. What a
 * booking is, is booking.c's; what a page is, page.c's. */

#include "base/sort.h"
#include "domain/admit.h"
#include "domain/booking.h"
#include "domain/occurrence.h"
#include "domain/request.h"
#include "domain/resource_find.h"

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

/* Where the page before ended, as the row that stood there. */
static int read_position(rota__context *cx, const rota_booking_query *query, rota_booking *last)
{
    rota__booking row;
    int rc = ROTA_OK;
    *last = (rota_booking){ .when = query->after_when };
    if (rota__id_is_none(&query->after)) return ROTA_OK;
    if (!query->after_when.start && !query->after_when.end) {
        if (query->after_occurrence)
            rc = rota__occurrence_get(cx, &query->after, query->after_occurrence, last);
        else if ((rc = rota__booking_get(cx, &query->after, &row)) == ROTA_OK)
            rc = rota__occurrence_show(cx, &row, last);
    }
    last->id = query->after;
    last->occurrence = query->after_occurrence ? query->after_occurrence : ROTA_TIME_MAX;
    return rc;
}

/* --- from the store --- */

/* What a list without a limit may expand. */
enum { MOST_OCCURRENCES = 100000 };

typedef struct reading {
    rota__context *cx;
    const rota__booking_filter *filter; /* as it was asked */
    const rota_booking *after;          /* NULL: from the beginning */
    uint32_t statuses;                  /* as the clock sees them */
    bool series;                        /* there may be some */
    rota__families families;
    rota__records rows;
} reading;

static int by_place(const void *left, const void *right)
{
    return rota__page_compare(left, right);
}

/* Occurrences with rows of their own stand in the store by ids that nobody sees, so where
 * there are any the position is looked for among all that have its time. */
static void set_position(const reading *r, rota__booking_filter *filter)
{
    static const rota_id lowest = { .b = { [15] = 1 } };
    if (!r->after) return;
    filter->after = r->after->when;
    filter->after_id = r->series ? lowest : r->after->id;
}

/* For the same reason those that begin and end as the last one does are read to their end. */
static bool is_full(const reading *r, const rota__booking *last)
{
    int64_t limit = r->filter->limit;
    if (limit == 0 || r->rows.count < limit) return false;
    const rota_span *when = &r->rows.items[limit - 1].when;
    return !r->series || last->when.start != when->start || last->when.end != when->end;
}

/* The store knows no clock, so held and expired are told apart here: what was
 * asked for is kept of each page until the limit is reached or there is no more. */
static int keep(reading *r, const rota__booking *rows, int64_t count)
{
    rota__context *cx = r->cx;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < count && rc == ROTA_OK && !(!r->series && is_full(r, &rows[i])); i++) {
        if (!(ROTA__BIT(rota__booking_status(&rows[i], cx->now)) & r->statuses)) continue;
        rc = rota__occurrence_show_all(cx, &cx->env, &r->families, &rows[i], 1, &r->rows);
        if (rc == ROTA_OK && r->after &&
            rota__page_compare(r->after, &r->rows.items[r->rows.count - 1]) >= 0)
            r->rows.count--;
    }
    return rc;
}

static int read_single(reading *r)
{
    rota__context *cx = r->cx;
    rota__booking_filter filter = *r->filter;
    set_position(r, &filter);
    for (;;) {
        rota__booking *page;
        int64_t found;
        int rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &page, &found);
        if (rc == ROTA_OK) rc = keep(r, page, found);
        if (rc != ROTA_OK) return rc;
        if (!filter.limit || found < filter.limit || is_full(r, &page[found - 1])) return ROTA_OK;
        filter.after = page[found - 1].when;
        filter.after_id = page[found - 1].id;
    }
}

/* Every one that is there, since eras have statuses of their own. */
static rota__booking_filter filter_series(const rota__booking_filter *like)
{
    return (rota__booking_filter){ .when = like->when,
                                   .sources = like->sources,
                                   .source_count = like->source_count,
                                   .statuses = UINT32_MAX,
                                   .recurring = true };
}

static int read_occurrences(reading *r, bool *found)
{
    rota__context *cx = r->cx;
    rota__booking_filter filter = filter_series(r->filter);
    rota__occurrence_query wanted = { .window = filter.when,
                                      .sources = filter.sources,
                                      .source_count = filter.source_count,
                                      .statuses = r->statuses,
                                      .after = r->after,
                                      .limit = r->filter->limit,
                                      .most = MOST_OCCURRENCES };
    rota__booking *series;
    int64_t count;
    int rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &series, &count);
    *found = count > 0 || r->families.count > 0;
    if (rc == ROTA_OK) rc = rota__occurrence_expand(cx, &cx->env, &wanted, series, count, &r->rows);
    return rc;
}

/* Is there any series? Only of a part of a list it matters. */
static int ask_for_series(reading *r)
{
    rota__context *cx = r->cx;
    rota__booking_filter any = { .when = { ROTA_TIME_MIN, ROTA_TIME_MAX },
                                 .statuses = UINT32_MAX,
                                 .recurring = true,
                                 .limit = 1 };
    rota__booking *rows;
    int64_t count = 0;
    int rc = ROTA_OK;
    if (r->after || r->filter->limit)
        rc = cx->store->ops->booking_list(cx->store, &cx->env, &any, &rows, &count);
    r->series = count > 0;
    return rc;
}

/* Bookings first: a series that is found only then was made, or became one of these, behind
 * that, and *mixed says so. */
static int list_from_store(rota__context *cx, const rota__booking_filter *filter,
                           const rota_booking *after, uint32_t statuses, rota__listing *list,
                           bool *mixed)
{
    reading r = { .cx = cx, .filter = filter, .after = after, .statuses = statuses };
    int rc;
    if ((rc = ask_for_series(&r)) != ROTA_OK || (rc = read_single(&r)) != ROTA_OK ||
        (rc = read_occurrences(&r, mixed)) != ROTA_OK)
        return rc;
    rota_booking *rows = r.rows.items;
    rota__sort(rows, r.rows.count, sizeof *rows, by_place);
    list->records = rows;
    list->record_count = r.rows.count;
    if (filter->limit && list->record_count > filter->limit) list->record_count = filter->limit;
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

/* A page with more occurrences than that would be read for the few that a list wants. */
enum { MOST_ON_PAGE = 10000 };

/* The occurrences that begin on a page. *fit: no series of the resource has longer ones
 * than pages can hold, nor too many. */
static int read_page_series(rota__context *cx, rota__env *env, const rota__booking_filter *like,
                            rota__records *rows, bool *fit)
{
    rota__booking_filter filter = filter_series(like);
    rota__occurrence_query wanted = { .window = filter.when,
                                      .sources = filter.sources,
                                      .source_count = filter.source_count,
                                      .statuses = UINT32_MAX,
                                      .most = MOST_ON_PAGE };
    rota__booking *series = NULL;
    int64_t count = 0, longest = 0;
    int rc = cx->store->ops->booking_list(cx->store, env, &filter, &series, &count);
    for (int64_t i = 0; i < count && rc == ROTA_OK && longest <= ROTA__PAGE_SHORT; i++)
        rc = rota__occurrence_longest(cx, env, &series[i], &longest);
    *fit = longest <= ROTA__PAGE_SHORT;
    if (rc == ROTA_OK && *fit) rc = rota__occurrence_expand(cx, env, &wanted, series, count, rows);
    if (rc != ROTA_ELIMIT) return rc;
    *fit = false;
    return ROTA_OK;
}

static int read_page_rows(rota__context *cx, rota__env *env, int64_t resource, int64_t number,
                          rota__records *rows, bool *fit)
{
    rota__source source = { .resource = resource, .when = { INT64_MIN, INT64_MAX } };
    rota__booking_filter filter = { .sources = &source, .source_count = 1, .statuses = UINT32_MAX };
    rota__families families = { 0 };
    rota__booking *found = NULL;
    int64_t count = 0;
    bool is_long = number == ROTA__PAGE_LONG;
    int rc = ROTA_OK;
    *fit = true;
    filter.longer = is_long ? ROTA__PAGE_SHORT : 0;
    filter.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    if (!is_long) filter.when.start = number * ROTA__PAGE_SECONDS;
    if (!is_long) filter.when.end = filter.when.start + ROTA__PAGE_SECONDS;
    if (!is_long) rc = read_page_series(cx, env, &filter, rows, fit);
    if (rc == ROTA_OK && *fit)
        rc = cx->store->ops->booking_list(cx->store, env, &filter, &found, &count);
    if (rc == ROTA_OK) rc = rota__occurrence_show_all(cx, env, &families, found, count, rows);
    if (rc == ROTA_OK) rota__sort(rows->items, rows->count, sizeof *rows->items, by_place);
    return rc;
}

/* Reads a page, and puts it into the index unless the resource has changed since the
 * timeline was looked at: then it is good for this list only if it is read again. *out
 * stays NULL where there can be none. */
static int read_page(rota__context *cx, rota__timeline *t, int64_t number, rota__page **out)
{
    rota__arena scratch;
    rota__env env = { .arena = &scratch, .error = cx->env.error };
    rota__records rows = { 0 };
    int64_t stamp = 0;
    bool fit;
    rota__arena_init(&scratch, cx->looker->mem);
    int rc = read_page_rows(cx, &env, t->resource.row, number, &rows, &fit);
    rota__page *page = NULL;
    if (rc == ROTA_OK && fit) {
        page = rota__page_new(cx->looker->mem, number, rows.items, rows.count);
        if (!page) rc = rota__context_nomem(cx);
    }
    rota__arena_free(&scratch);
    if (rc != ROTA_OK || !page) return rc;
    rc = cx->store->ops->stamp(cx->store, &cx->env, t->resource.row, &stamp);
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
    return rota__page_compare(*(const rota_booking *const *)left,
                              *(const rota_booking *const *)right);
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

/* A booking that is reached in two ways stands once. */
static void sort_refs(rota__listing *list, int64_t limit)
{
    int64_t kept = 0;
    const rota_booking **refs = list->refs.items;
    rota__sort(refs, list->refs.count, sizeof(*refs), by_time);
    for (int64_t i = 0; i < list->refs.count && (limit == 0 || kept < limit); i++)
        if (kept == 0 || by_time(&refs[kept - 1], &refs[i]) != 0) refs[kept++] = refs[i];
    list->refs.count = kept;
}

static int list_from_pages(rota__context *cx, const rota__booking_filter *filter,
                           const rota_booking *after, uint32_t statuses, rota__listing *list,
                           bool *known)
{
    int64_t ends[MAX_SOURCES]; /* of the pages of each source */
    int rc = ROTA_OK;
    *known = filter->source_count > 0 && filter->source_count <= MAX_SOURCES && !after;
    for (int64_t i = 0, count = *known ? filter->source_count : 0; i < count && rc == ROTA_OK;
         i++) {
        bool all = false;
        rc = find_pages(cx, filter->sources[i].resource, filter->when, list, &all);
        *known &= all;
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

/* *mixed: it was put together of several looks. */
static int list_once(rota__context *cx, const rota_booking_query *query, const rota_booking *after,
                     const rota__booking_filter *like, uint32_t statuses, rota__listing *list,
                     bool *mixed)
{
    rota__booking_filter filter = *like;
    bool known = false, series = false;
    int rc = ROTA_OK;
    memset(list, 0, sizeof *list);
    if (!rota__id_is_none(&query->resource)) rc = read_sources(cx, &query->resource, &filter);
    if (rc == ROTA_OK) rc = list_from_pages(cx, &filter, after, statuses, list, &known);
    if (rc == ROTA_OK && !known) rc = list_from_store(cx, &filter, after, statuses, list, &series);
    *mixed = series || filter.source_count > 1;
    return rc;
}

/* Of a resource that belongs to groups, several timelines are looked at, one after the
 * other, and series beside bookings: what they say together holds only if nobody wrote
 * meanwhile. */
enum { STILL_TRIES = 16 };

static int check_query(rota__context *cx, const rota_booking_query *query, uint32_t every)
{
    int rc;
    if ((rc = rota__request_span(cx, "the window", query->when)) != ROTA_OK ||
        (rc = rota__request_bits(cx, "statuses", query->statuses, every)) != ROTA_OK)
        return rc;
    return rota__request_limit(cx, query->limit);
}

int rota__booking_list(rota__context *cx, const rota_booking_query *query, rota__listing *list)
{
    uint32_t every = IN(HELD) | IN(CONFIRMED) | IN(CHECKED_IN) | IN(COMPLETED) | IN(CANCELLED) |
                     IN(EXPIRED);
    uint32_t statuses = query->statuses ? query->statuses : every & ~IN(CANCELLED);
    rota__booking_filter filter = { .when = query->when,
                                    .limit = query->limit,
                                    .statuses = statuses & IN(EXPIRED) ? statuses | IN(HELD)
                                                                       : statuses };
    rota_booking last = { 0 };
    const rota_booking *after = rota__id_is_none(&query->after) ? NULL : &last;
    int rc = check_query(cx, query, every);
    if (rc == ROTA_OK) rc = read_position(cx, query, &last);
    if (rc != ROTA_OK) return rc;
    for (int i = 1;; i++) {
        bool mixed = false, moved = false;
        rc = list_once(cx, query, after, &filter, statuses, list, &mixed);
        if (rc != ROTA_OK || !mixed || i == STILL_TRIES) return rc;
        if ((rc = rota__busy_moved(cx->looker, &cx->env, &moved)) == ROTA_OK && !moved)
            return ROTA_OK;
        rota__booking_list_drop(list);
        rota__busy_let_go(cx->looker);
        if (rc == ROTA_OK) rc = rota__busy_refresh(cx->looker, &cx->env);
        if (rc != ROTA_OK) return rc;
    }
}
