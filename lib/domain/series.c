/* What a series is made of, its occurrences era by era, and the way back from an original
 * start. Which originals there are is left to base/recur; series_bytes.c keeps it all. */
#include "domain/series.h"

enum {
    DAY = 86400,
    /* Between an original moved by its shift, and the start that it has, or the same of the
     * ends: a zone's offsets differ by 52 hours at most. A date may begin a day late. */
    SLACK = 3 * DAY
};

/* --- preparing --- */

static int read_rule(rota__env *env, rota__series *series)
{
    if (!series->rule_text) return ROTA_OK;
    int rc = rota__rule_read(series->rule_text, -1, env->error, &series->rule);
    if (rc == ROTA_OK) series->every.rule = &series->rule;
    return rc;
}

/* Exdates and exceptions, ascending. */
static int merge_exceptions(rota__env *env, const rota__series *series, rota__recur *set)
{
    int64_t count = series->exdate_count + series->exception_count, i = 0, k = 0, n = 0;
    if (series->exception_count == 0) return ROTA_OK;
    rota_time *merged = rota__arena_room(env->arena, count, (int64_t)sizeof *merged);
    if (!merged) return rota__error_plain(env->error, ROTA_ENOMEM);
    while (n < count) {
        bool given = k == series->exception_count ||
                     (i < series->exdate_count &&
                      series->exdates[i] <= series->exceptions[k].original);
        merged[n++] = given ? series->exdates[i++] : series->exceptions[k++].original;
    }
    set->exdates = merged;
    set->exdate_count = count;
    return ROTA_OK;
}

int rota__series_prepare(rota__env *env, rota__tz_cache *zones, rota__series *series)
{
    int rc;
    series->every = (rota__recur){
        .start = series->start,
        .rdates = series->rdates,
        .exdates = series->exdates,
        .rdate_count = series->rdate_count,
        .exdate_count = series->exdate_count,
        .all_day = series->all_day,
    };
    if ((rc = series->zone_digest
                  ? rota__tz_get_as(zones, series->zone, series->zone_digest, env->error,
                                    &series->every.zone)
                  : rota__tz_get(zones, series->zone, env->error, &series->every.zone)) != ROTA_OK)
        return rc;
    series->zone_digest = rota__tz_digest(series->every.zone);
    if ((rc = read_rule(env, series)) != ROTA_OK ||
        (rc = rota__recur_check(&series->every, env->error)) != ROTA_OK)
        return rc;
    series->set = series->every;
    return merge_exceptions(env, series, &series->set);
}

bool rota__series_endless(const rota__series *series)
{
    return !rota__recur_ends(&series->every) && !series->eras[series->era_count - 1].cancelled;
}

/* --- eras --- */

static rota_time era_begin(const rota__series *series, int64_t era)
{
    return era == 0 ? ROTA_TIME_MIN
                    : rota__tz_instant(series->every.zone, series->eras[era].from, NULL);
}

/* Where two begin in one night, a gap may put the later one first: the earlier one is then
 * empty, and the one before it ends where any of them begins. */
static rota_time era_end(const rota__series *series, int64_t era)
{
    rota_time end = ROTA_TIME_MAX + 1;
    for (int64_t i = era + 1; i < series->era_count; i++) {
        rota_time begin = era_begin(series, i);
        if (begin < end) end = begin;
        if (series->eras[i].from - series->eras[era + 1].from > SLACK) break;
    }
    return end;
}

/* The last one that has begun. */
static int64_t era_of(const rota__series *series, rota_time original)
{
    int64_t low = 1, high = series->era_count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (series->eras[middle].from - SLACK <= original)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 1 && era_begin(series, low - 1) > original)
        low--;
    return low - 1;
}

int64_t rota__series_slack(const rota__series *series, int64_t number)
{
    const rota__era *era = &series->eras[number];
    return series->all_day ? ROTA__SERIES_SLACK_MOST : era->shift == 0 ? 0 : SLACK;
}

static int64_t longest_of(const rota__series *series, const rota__era *era)
{
    return series->all_day ? era->length * DAY : era->length;
}

/* --- happenings --- */

static bool in_years(int64_t t)
{
    return t >= ROTA_TIME_MIN && t <= ROTA_TIME_MAX;
}

/* The midnight so many days behind the date of an instant; a day that the zone left out
 * begins where the next one does, so that it is the date of the instant that counts. */
static bool days_later(const rota__tz *zone, rota_time start, int64_t days, rota_time *out)
{
    rota__local date = rota__time_floor(start + rota__tz_offset(zone, start), DAY) + days;
    if (!in_years(date * DAY)) return false;
    *out = rota__tz_instant(zone, date * DAY, NULL);
    return true;
}

/* What the rule gave, as its era has it. */
static rota__local shifted(const rota__series *series, int64_t era, rota__local local)
{
    if (series->all_day) local = rota__time_floor(local, DAY) * DAY;
    return local + series->eras[era].shift;
}

/* False where the years that there are end before it does. */
static bool happen(const rota__series *series, int64_t number, rota__local local,
                   rota_time original, rota__happening *out)
{
    const rota__era *era = &series->eras[number];
    const rota__tz *zone = series->every.zone;
    rota_span when = { original, 0 };
    if (era->shift != 0) {
        local = shifted(series, number, local);
        if (!in_years(local)) return false;
        when.start = rota__tz_instant(zone, local, NULL);
    }
    if (!series->all_day)
        when.end = when.start + era->length;
    else if (!days_later(zone, when.start, era->length, &when.end))
        return false;
    if (!in_years(when.start) || !in_years(when.end) || when.end <= when.start) return false;
    *out = (rota__happening){ original, when, number };
    return true;
}

static rota_time into_years(int64_t t)
{
    return t < ROTA_TIME_MIN ? ROTA_TIME_MIN : t > ROTA_TIME_MAX ? ROTA_TIME_MAX + 1 : t;
}

void rota__series_open(rota__series_walk *walk, const rota__series *series, int64_t era,
                       rota_span window, bool every)
{
    const rota__era *like = &series->eras[era];
    int64_t slack = rota__series_slack(series, era);
    rota_time from = era_begin(series, era), until = era_end(series, era);
    walk->series = series;
    walk->era = era;
    walk->window = (rota_span){ into_years(window.start), into_years(window.end) };
    rota_time first = walk->window.start - longest_of(series, like) - like->shift - slack;
    rota_time last = walk->window.end - like->shift + slack;
    if (first > from) from = first;
    if (last < until) until = last;
    walk->until = from < until && (every || !like->cancelled) ? until : INT64_MIN;
    if (walk->until == INT64_MIN) return;
    rota__recur_open(&walk->walk, every ? &series->every : &series->set, until);
    rota__recur_seek(&walk->walk, from);
}

int rota__series_next(rota__series_walk *walk, rota__happening *out)
{
    rota__happening found;
    rota__local local;
    rota_time original;
    int rc;
    if (walk->until == INT64_MIN) return ROTA__RECUR_DONE;
    while ((rc = rota__recur_next(&walk->walk, &local, &original)) == ROTA_OK) {
        if (!happen(walk->series, walk->era, local, original, &found) ||
            !rota__time_overlap(found.when, walk->window))
            continue;
        *out = found;
        break;
    }
    return rc;
}

/* --- looking for one --- */

static int too_far(rota__env *env)
{
    return rota__error_set(env->error, ROTA_ELIMIT,
                           "the occurrences of a series are too far apart to be found");
}

const rota__exception *rota__series_exception(const rota__series *series, rota_time original)
{
    int64_t low = 0, high = series->exception_count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (series->exceptions[middle].original < original)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < series->exception_count && series->exceptions[low].original == original;
    return there ? &series->exceptions[low] : NULL;
}

/* What the rule gave for this original. */
static int find_local(rota__env *env, const rota__series *series, rota_time original,
                      rota__local *local)
{
    rota__recur_walk walk;
    rota_time found;
    if (!in_years(original)) return ROTA_ENOTFOUND;
    rota__recur_open(&walk, &series->every, original + 1);
    rota__recur_seek(&walk, original);
    int rc = rota__recur_next(&walk, local, &found);
    if (rc == ROTA_ELIMIT) return too_far(env);
    return rc == ROTA_OK && found == original ? ROTA_OK : ROTA_ENOTFOUND;
}

int rota__series_clock(rota__env *env, const rota__series *series, const rota__happening *at,
                       rota__local *local)
{
    int rc = find_local(env, series, at->original, local);
    if (rc == ROTA_OK) *local = shifted(series, at->era, *local);
    return rc;
}

int rota__series_find(rota__env *env, const rota__series *series, rota_time original,
                      rota__happening *out, int32_t *kind)
{
    rota__local local;
    int rc = find_local(env, series, original, &local);
    if (rc != ROTA_OK) return rc;
    if (!happen(series, era_of(series, original), local, original, out)) return ROTA_ENOTFOUND;
    const rota__exception *exception = rota__series_exception(series, original);
    *kind = exception ? exception->kind : 0;
    return ROTA_OK;
}

/* The first of an era that starts in the window, which then ends there. What comes later
 * may start earlier only while it is within the slack. */
static int first_of(const rota__series *series, int64_t era, rota_span *window,
                    rota__happening *out)
{
    const rota__era *like = &series->eras[era];
    int64_t ahead = like->shift - rota__series_slack(series, era);
    rota__series_walk walk;
    rota__happening found;
    int rc;
    rota__series_open(&walk, series, era, *window, false);
    while ((rc = rota__series_next(&walk, &found)) == ROTA_OK) {
        if (found.when.start >= window->start && found.when.start < window->end) {
            *out = found;
            window->end = found.when.start;
        }
        if (found.original + ahead >= window->end) break;
    }
    return rc == ROTA_ELIMIT ? rc : ROTA_OK;
}

int rota__series_first(rota__env *env, const rota__series *series, rota_time from,
                       rota__happening *out)
{
    rota_span window = { into_years(from), ROTA_TIME_MAX + 1 };
    for (int64_t i = 0; i < series->era_count; i++)
        if (first_of(series, i, &window, out) != ROTA_OK) return too_far(env);
    return window.end > ROTA_TIME_MAX ? ROTA__RECUR_DONE : ROTA_OK;
}

rota__local rota__series_shown(const rota__tz *zone, rota_time t)
{
    rota__local local = t + rota__tz_offset(zone, t);
    rota__local midnight = rota__time_floor(local, DAY) * DAY;
    return rota__tz_instant(zone, midnight, NULL) == t ? midnight : local;
}
