/* Entry points for what needs no calendar: wall clocks and their instants, and the
 * occurrences of a series. */
#include "api/handle.h"

#include <inttypes.h>

#include "domain/recurrence.h"
#include "domain/zones.h"

enum { DEFAULT_LIMIT = 1000 };

/* --- readings --- */

/* What the clock shows at an instant: "2025-02-14T10:00:00", from the text of the instant
 * that it would be in UTC. */
static int show(const rota__tz *zone, rota_time instant, int32_t *offset, char text[24])
{
    char utc[ROTA_TIME_TEXT];
    *offset = rota__tz_offset(zone, instant);
    int rc = rota_time_format(instant + *offset, utc);
    if (rc != ROTA_OK) return rc;
    memcpy(text, utc, ROTA_TIME_TEXT - 2);
    return ROTA_OK;
}

static int resolve(rota__error *error, const rota__tz *zone, const char *text,
                   rota_time_reading *out)
{
    int64_t value;
    int what = rota__time_read(text, &value), kind = ROTA__TZ_UNIQUE, again;
    if (what <= 0)
        return rota__error_set(error, ROTA_EINVALID, "\"%.60s\" %s", text, rota__time_fault(what));
    out->instant = what == ROTA__TIME_LOCAL ? rota__tz_instant(zone, value, &kind) : value;
    if (out->instant < ROTA_TIME_MIN || out->instant > ROTA_TIME_MAX ||
        show(zone, out->instant, &out->offset, out->local) != ROTA_OK)
        return rota__error_set(error, ROTA_EINVALID, "\"%.60s\" is outside of the years 1 to 9999",
                               text);
    (void)rota__tz_instant(zone, out->instant + out->offset, &again);
    out->kind = kind == ROTA__TZ_GAP ? kind : again;
    return ROTA_OK;
}

int rota_time_resolve(rota *r, const char *text, const char *zone, rota_time_reading *out)
{
    rota__context cx;
    rota_time_reading found = { .size = (uint32_t)sizeof found };
    const rota__tz *tz = NULL;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!text || !out)
        rc = rota__error_set(&r->error, ROTA_EINVALID, "%s is NULL", out ? "the text" : "out");
    if (rc == ROTA_OK)
        rc = rota__record_room(&r->error, "reading", out, ROTA__OLDEST(rota_time_reading, local));
    if (rc == ROTA_OK && (rc = rota__recurrence_zone(&cx.env, &r->zones, zone, &tz)) == ROTA_OK)
        rc = resolve(&r->error, tz, text, &found);
    if (rc == ROTA_OK) rota__record_out(out, &found, (uint32_t)sizeof found);
    return rota__handle_end(r, rc);
}

/* --- a series --- */

static int read_set(rota *r, rota__env *env, const rota_series_query *q, rota__series *series)
{
    rota_recurrence recurrence = { .start = q->start,
                                   .zone = q->zone,
                                   .rule = q->rule,
                                   .rdates = q->rdates,
                                   .exdates = q->exdates,
                                   .rdate_count = q->rdate_count,
                                   .exdate_count = q->exdate_count };
    return rota__recurrence_read(env, &r->zones, &recurrence, series);
}

static int check_query(rota__error *error, rota_series_query *q)
{
    if (q->flags)
        return rota__error_set(error, ROTA_EINVALID, "query has unknown flags: 0x%" PRIx32,
                               q->flags);
    if (q->limit < 0 || q->limit > ROTA_MAX_ROWS)
        return rota__error_set(error, q->limit < 0 ? ROTA_EINVALID : ROTA_ELIMIT,
                               "limit is %" PRId64 ", not 0 to %d", q->limit, (int)ROTA_MAX_ROWS);
    if (q->limit == 0) q->limit = DEFAULT_LIMIT;
    if (q->window.start == 0 && q->window.end == 0)
        q->window = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX + 1 };
    if (q->window.start >= q->window.end)
        return rota__error_set(error, ROTA_EINVALID,
                               "the window is empty: it ends where it starts, or before");
    return ROTA_OK;
}

static void fill(const rota__recur *set, rota__local local, rota_time instant, rota_occurrence *out)
{
    out->size = (uint32_t)sizeof *out;
    out->start = instant;
    (void)rota__tz_instant(set->zone, local, &out->kind);
    out->all_day = set->all_day;
    (void)show(set->zone, instant, &out->offset, out->local);
}

typedef ROTA__LIST(rota_occurrence) occurrences;

static int walk_on(rota__arena *arena, const rota_series_query *q, rota__recur_walk *walk,
                   occurrences *rows, int32_t *more)
{
    rota__local local;
    rota_time instant;
    int rc;
    rota__recur_seek(walk, q->window.start);
    while ((rc = rota__recur_next(walk, &local, &instant)) == ROTA_OK) {
        if (rows->count == q->limit) {
            *more = 1;
            break;
        }
        rota_occurrence *row = ROTA__PUSH(arena, rows);
        if (!row) return ROTA_ENOMEM;
        fill(walk->set, local, instant, row);
    }
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

/* The walk is too large for a small stack. */
static int expand(rota__env *env, const rota_series_query *q, const rota__recur *set,
                  occurrences *rows, int32_t *more)
{
    rota__recur_walk *walk = rota__arena_room(env->arena, 1, (int64_t)sizeof *walk);
    if (!walk) return rota__error_plain(env->error, ROTA_ENOMEM);
    rota__recur_open(walk, set, q->window.end);
    int rc = walk_on(env->arena, q, walk, rows, more);
    if (rc == ROTA_ELIMIT)
        return rota__error_set(env->error, rc,
                               "the rule needs more than %d steps to its next occurrence",
                               (int)ROTA__RECUR_WORK);
    return rc == ROTA_OK ? rc : rota__error_plain(env->error, rc);
}

int rota_series_expand(rota *r, const rota_series_query *query, rota_result **out, int32_t *more)
{
    rota__context cx;
    rota_series_query own;
    rota__series series = { 0 };
    occurrences rows = { 0 };
    int32_t cut = 0;
    rota_result *result = NULL;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!out) rc = rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the rows");
    if (rc == ROTA_OK)
        rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                             ROTA__OLDEST(rota_series_query, limit));
    if (rc == ROTA_OK && !(result = rota__result_new(&r->mem))) rc = ROTA_ENOMEM;
    if (rc == ROTA_OK) {
        cx.env.arena = &result->arena;
        if ((rc = check_query(&r->error, &own)) == ROTA_OK &&
            (rc = read_set(r, &cx.env, &own, &series)) == ROTA_OK)
            rc = expand(&cx.env, &own, &series.set, &rows, &cut);
    }
    if (rc == ROTA_OK) {
        rota__result_occurrences(result, rows.items, rows.count);
        if (more) *more = cut;
    }
    return rota__handle_end_read(r, result, out, rc);
}

int rota_zones_update(rota *r, const rota_call *call, rota_result **out)
{
    rota__context cx;
    rota__write w;
    rota__zone_changes rows = { 0 };
    rota_result *result = NULL;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if (!out) rc = rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the rows");
    if (rc == ROTA_OK && !(result = rota__result_new(&r->mem)))
        rc = rota__error_plain(&r->error, ROTA_ENOMEM);
    if (rc == ROTA_OK) {
        cx.env.arena = &result->arena;
        rc = rota__zones_update(&cx, &w.call, &rows);
    }
    if (rc == ROTA_OK) rota__result_zone_changes(result, rows.items, rows.count);
    return rota__handle_end_read(r, result, out, rc);
}
