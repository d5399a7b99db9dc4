/* Entry points for what needs no calendar: wall clocks and their instants, and the
 * occurrences of a series. */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include "api/handle.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/recur.h"

enum { DEFAULT_LIMIT = 1000, DATE_LENGTH = 10 };

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
    if (what == 0)
        return rota__error_set(error, ROTA_EINVALID, "\"%.60s\" is not a time (RFC 3339)", text);
    out->instant = what == ROTA__TIME_LOCAL ? rota__tz_instant(zone, value, &kind) : value;
    if (out->instant < ROTA_TIME_MIN || out->instant > ROTA_TIME_MAX ||
        show(zone, out->instant, &out->offset, out->local) != ROTA_OK)
        return rota__error_set(error, ROTA_EINVALID, "\"%.60s\" is outside of the years 1 to 9999",
                               text);
    (void)rota__tz_instant(zone, out->instant + out->offset, &again);
    out->kind = kind == ROTA__TZ_GAP ? kind : again;
    return ROTA_OK;
}

static int get_zone(rota *r, const char *name, const rota__tz **zone)
{
    if (!name) return rota__error_set(&r->error, ROTA_EINVALID, "no time zone");
    return rota__tz_get(&r->zones, name, &r->error, zone);
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
    if (rc == ROTA_OK && (rc = get_zone(r, zone, &tz)) == ROTA_OK)
        rc = resolve(&r->error, tz, text, &found);
    if (rc == ROTA_OK) rota__record_out(out, &found, (uint32_t)sizeof found);
    return rota__handle_end(r, rc);
}

/* --- the times of a series --- */

/* A wall-clock time of the series and its instant; `dates`: only a date is one. */
static int read_time(rota__error *error, const rota__tz *zone, const char *what, const char *text,
                     bool dates, rota__local *local, rota_time *instant)
{
    int64_t value = 0;
    char date[DATE_LENGTH + sizeof "T00:00"];
    const char *full = text;
    if (!text) return rota__error_set(error, ROTA_EINVALID, "%s is NULL", what);
    if (dates && strnlen(text, DATE_LENGTH + 1) == DATE_LENGTH) {
        memcpy(date, text, DATE_LENGTH);
        memcpy(date + DATE_LENGTH, "T00:00", sizeof "T00:00");
        full = date;
    } else if (dates) {
        return rota__error_set(error, ROTA_EINVALID,
                               "%s \"%.60s\" is not a date, as the others of an all-day series are",
                               what, text);
    }
    int kind = rota__time_read(full, &value);
    if (kind == 0)
        return rota__error_set(error, ROTA_EINVALID, "%s \"%.60s\" is not a time (RFC 3339)", what,
                               text);
    *instant = kind == ROTA__TIME_LOCAL ? rota__tz_instant(zone, value, NULL) : value;
    *local = kind == ROTA__TIME_LOCAL ? value : value + rota__tz_offset(zone, value);
    if (*instant < ROTA_TIME_MIN || *instant > ROTA_TIME_MAX || *local < ROTA_TIME_MIN ||
        *local > ROTA_TIME_MAX)
        return rota__error_set(error, ROTA_EINVALID,
                               "%s \"%.60s\" is outside of the years 1 to 9999", what, text);
    return ROTA_OK;
}

static int compare_times(const void *a, const void *b)
{
    const rota_time *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Additions or exceptions, sorted. */
static int read_times(rota__env *env, const rota__recur *set, const char *what,
                      const char *const *texts, int64_t count, const rota_time **out)
{
    rota__local local;
    if (count < 0 || (count > 0 && !texts))
        return rota__error_set(env->error, ROTA_EINVALID, "%" PRId64 " of %s", count, what);
    if (count > ROTA_MAX_DATES)
        return rota__error_set(env->error, ROTA_ELIMIT, "%" PRId64 " of %s, more than %d", count,
                               what, (int)ROTA_MAX_DATES);
    rota_time *times = rota__arena_alloc(env->arena, count, (int64_t)sizeof *times);
    if (!times) return rota__error_plain(env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < count; i++) {
        int rc = read_time(env->error, set->zone, what, texts[i], set->all_day, &local, &times[i]);
        if (rc != ROTA_OK) return rc;
    }
    qsort(times, (size_t)count, sizeof *times, compare_times);
    *out = times;
    return ROTA_OK;
}

/* --- a series --- */

static int read_set(rota *r, rota__env *env, const rota_series_query *q, rota__recur *set,
                    rota__rule *rule)
{
    rota_time instant;
    int rc;
    if ((rc = get_zone(r, q->zone, &set->zone)) != ROTA_OK) return rc;
    set->all_day = q->start && strnlen(q->start, DATE_LENGTH + 1) == DATE_LENGTH;
    if ((rc = read_time(env->error, set->zone, "start", q->start, set->all_day, &set->start,
                        &instant)) != ROTA_OK)
        return rc;
    if (q->rule) {
        if ((rc = rota__rule_read(q->rule, -1, env->error, rule)) != ROTA_OK) return rc;
        set->rule = rule;
    }
    set->rdate_count = q->rdate_count;
    set->exdate_count = q->exdate_count;
    if ((rc = rota__recur_check(set, env->error)) == ROTA_OK &&
        (rc = read_times(env, set, "rdate", q->rdates, q->rdate_count, &set->rdates)) == ROTA_OK)
        rc = read_times(env, set, "exdate", q->exdates, q->exdate_count, &set->exdates);
    return rc;
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
    rota__recur set = { 0 };
    rota__rule rule;
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
            (rc = read_set(r, &cx.env, &own, &set, &rule)) == ROTA_OK)
            rc = expand(&cx.env, &own, &set, &rows, &cut);
    }
    if (rc == ROTA_OK) {
        rota__result_occurrences(result, rows.items, rows.count);
        if (more) *more = cut;
    }
    return rota__handle_end_read(r, result, out, rc);
}
