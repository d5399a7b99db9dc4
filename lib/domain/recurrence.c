#define _POSIX_C_SOURCE 200809L /* strnlen */
#include "domain/recurrence.h"

#include <inttypes.h>

#include "base/sort.h"

enum { DATE_LENGTH = 10 };

int rota__recurrence_zone(rota__env *env, rota__tz_cache *zones, const char *name,
                          const rota__tz **out)
{
    if (!name) return rota__error_set(env->error, ROTA_EINVALID, "no time zone");
    return rota__tz_get(zones, name, env->error, out);
}

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
    if (kind <= 0)
        return rota__error_set(error, ROTA_EINVALID, "%s \"%.60s\" %s", what, text,
                               rota__time_fault(kind));
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
    rota__sort(times, count, sizeof *times, compare_times);
    *out = times;
    return ROTA_OK;
}

int rota__recurrence_read(rota__env *env, rota__tz_cache *zones, const rota_recurrence *from,
                          rota__series *out)
{
    rota__recur at = { .all_day = from->start &&
                                  strnlen(from->start, DATE_LENGTH + 1) == DATE_LENGTH };
    rota_time instant;
    int rc;
    *out = (rota__series){ .zone = from->zone, .rule_text = from->rule, .all_day = at.all_day };
    if ((rc = rota__recurrence_zone(env, zones, from->zone, &at.zone)) != ROTA_OK ||
        (rc = read_time(env->error, at.zone, "start", from->start, at.all_day, &out->start,
                        &instant)) != ROTA_OK ||
        (rc = read_times(env, &at, "rdate", from->rdates, from->rdate_count, &out->rdates)) !=
            ROTA_OK ||
        (rc = read_times(env, &at, "exdate", from->exdates, from->exdate_count, &out->exdates)) !=
            ROTA_OK)
        return rc;
    out->rdate_count = from->rdate_count;
    out->exdate_count = from->exdate_count;
    return rota__series_prepare(env, zones, out);
}

/* --- and back --- */

const char *rota__recurrence_local(rota__env *env, rota__local local, bool date)
{
    char text[ROTA_TIME_TEXT];
    if (rota_time_format(local, text) != ROTA_OK) return NULL; /* what was read is in the years */
    text[date ? sizeof "2031-03-10" - 1 : ROTA_TIME_TEXT - 2] = '\0';
    return rota__arena_text(env->arena, text, -1);
}

/* Instants as they can be given again: of an all-day series dates. */
static int time_texts(rota__env *env, const rota__series *series, const rota_time *times,
                      int64_t count, const char *const **out)
{
    const char **texts = rota__arena_alloc(env->arena, count, (int64_t)sizeof *texts);
    if (!texts) return rota__error_plain(env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < count; i++) {
        char text[ROTA_TIME_TEXT];
        if (series->all_day)
            texts[i] = rota__recurrence_local(env,
                                              times[i] +
                                                  rota__tz_offset(series->every.zone, times[i]),
                                              true);
        else
            texts[i] = rota_time_format(times[i], text) == ROTA_OK
                           ? rota__arena_text(env->arena, text, -1)
                           : NULL;
        if (!texts[i]) return rota__error_plain(env->error, ROTA_ENOMEM);
    }
    *out = count ? texts : NULL;
    return ROTA_OK;
}

int rota__recurrence_write(rota__env *env, const rota__series *series, const rota_recurrence **out)
{
    rota_recurrence *made = rota__arena_alloc(env->arena, 1, (int64_t)sizeof *made);
    int rc;
    if (!made) return rota__error_plain(env->error, ROTA_ENOMEM);
    *made = (rota_recurrence){ .size = (uint32_t)sizeof *made,
                               .all_day = series->all_day,
                               .zone = series->zone,
                               .rule = series->rule_text,
                               .rdate_count = series->rdate_count,
                               .exdate_count = series->exdate_count,
                               .length = series->eras[0].length };
    if (!(made->start = rota__recurrence_local(env, series->start, series->all_day)))
        return rota__error_plain(env->error, ROTA_ENOMEM);
    if ((rc = time_texts(env, series, series->rdates, series->rdate_count, &made->rdates)) !=
            ROTA_OK ||
        (rc = time_texts(env, series, series->exdates, series->exdate_count, &made->exdates)) !=
            ROTA_OK)
        return rc;
    *out = made;
    return ROTA_OK;
}
