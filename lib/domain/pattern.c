/* A rule leaves its starts on a few places of a cycle on the wall clock: one of 14 days,
 * 09:00 on the first Monday and 13:00 on the second Friday. Two rules can only come as near
 * to each other as places of their cycles do, both wound round the divisor that the cycles
 * have in common. More places than there are do no harm to a proof that none is near: so of
 * a monthly rule only the weekdays count, and no rule's end.
 *
 * Instants are as far apart as the clock says, but for a change between them. */
#include "domain/pattern.h"

enum { DAY = 86400, WEEK = 7 * DAY, MOST_PLACES = 64, LONGEST_INTERVAL = 1000000 };

typedef struct pattern {
    int64_t cycle, count;
    int64_t places[MOST_PLACES];
    int64_t length;
    rota__tz_outlook ahead;
    bool all_day;
} pattern;

static int64_t rest_of(int64_t value, int64_t by)
{
    int64_t rest = value % by;
    return rest < 0 ? rest + by : rest;
}

/* --- from rule to places --- */

/* The times of day, or of an hour or minute where the bits of what is above it are 1, from
 * `at` on. */
static bool add_times(pattern *p, int64_t at, uint32_t hours, uint64_t minutes, uint64_t seconds)
{
    for (int64_t h = 0; hours >> h; h++)
        for (int64_t m = 0; hours >> h & 1 && minutes >> m; m++)
            for (int64_t s = 0; minutes >> m & 1 && s < 60 && seconds >> s; s++) {
                if (!(seconds >> s & 1)) continue;
                if (p->count == MOST_PLACES) return false;
                p->places[p->count++] = at + h * 3600 + m * 60 + s;
            }
    return true;
}

static bool add_day(pattern *p, const rota__rule *rule, int64_t day)
{
    return add_times(p, day * DAY, rule->hours, rule->minutes, rule->seconds);
}

static bool add_daily(pattern *p, const rota__rule *rule, int64_t day)
{
    int64_t turns = rule->parts & ROTA__BY_DAY ? 7 / rota__time_gcd(rule->interval, 7) : 1;
    p->cycle = turns * rule->interval * DAY;
    for (int64_t i = 0; i < turns; i++, day += rule->interval) {
        if (rule->parts & ROTA__BY_DAY && !(rule->weekdays >> rota__days_weekday(day) & 1))
            continue;
        if (!add_day(p, rule, day)) return false;
    }
    return true;
}

/* The weekdays, in the week that begins on a day. */
static bool add_week(pattern *p, const rota__rule *rule, uint32_t weekdays, int64_t first)
{
    for (int64_t day = first; day < first + 7; day++)
        if (weekdays >> rota__days_weekday(day) & 1 && !add_day(p, rule, day)) return false;
    return true;
}

static bool add_weekly(pattern *p, const rota__rule *rule, int64_t day)
{
    int64_t into = rest_of(rota__days_weekday(day) - (int64_t)rule->week_start, 7);
    p->cycle = rule->interval * WEEK;
    return add_week(p, rule, rule->weekdays, day - into);
}

static bool add_rarely(pattern *p, const rota__rule *rule, int64_t day)
{
    uint32_t weekdays = rule->parts & ROTA__BY_DAY ? rule->weekdays | rule->nth_days : 0x7f;
    p->cycle = WEEK;
    return add_week(p, rule, weekdays, day);
}

static bool add_short(pattern *p, const rota__rule *rule, rota__local start)
{
    static const int64_t units[] = { 3600, 60, 1 };
    int64_t unit = units[rule->freq - ROTA__FREQ_HOURLY];
    p->cycle = unit * rule->interval;
    return add_times(p, rota__time_floor(start, unit) * unit, 1, unit > 60 ? rule->minutes : 1,
                     unit > 1 ? rule->seconds : 1);
}

static bool add_places(pattern *p, const rota__rule *rule, rota__local start)
{
    int64_t day = rota__time_floor(start, DAY);
    if (rule->interval > LONGEST_INTERVAL) return false;
    switch (rule->freq) {
    case ROTA__FREQ_YEARLY:
    case ROTA__FREQ_MONTHLY:
        return add_rarely(p, rule, day);
    case ROTA__FREQ_WEEKLY:
        return add_weekly(p, rule, day);
    case ROTA__FREQ_DAILY:
        return add_daily(p, rule, day);
    default:
        return add_short(p, rule, start);
    }
}

static bool read_pattern(const rota__series *series, int64_t number, int64_t room, rota_time from,
                         pattern *out)
{
    const rota__era *era = &series->eras[number];
    rota__rule rule = series->rule;
    if (!series->every.rule) return false;
    out->all_day = series->all_day;
    out->length = series->all_day ? era->length * DAY : era->length;
    out->count = 0;
    /* The earliest start that counts, the change behind which it may be, and more. */
    rota_time early = from - room - out->length - ROTA__SERIES_SLACK_MOST;
    if (series->rdate_count > 0 && series->rdates[series->rdate_count - 1] + era->shift >= early)
        return false;
    rota__local first = (series->start > era->from ? series->start : era->from) + era->shift;
    if (early < first - ROTA__SERIES_SLACK_MOST) early = first - ROTA__SERIES_SLACK_MOST;
    rota__tz_ahead(series->every.zone, early, &out->ahead);
    rota__days_complete(&rule, series->start);
    if (!add_places(out, &rule, series->start)) return false;
    for (int64_t i = 0; i < out->count; i++)
        out->places[i] += era->shift;
    return true;
}

/* --- in one zone --- */

/* How much further apart on the clock than in time two of a zone may be. */
static int64_t swing_of(const pattern *p)
{
    return (int64_t)p->ahead.most - p->ahead.least;
}

/* May the clock end a gap behind a place, and not later than `distance` behind it? */
static bool meets_gap(const pattern *p, int64_t place, int64_t distance, int64_t cycle)
{
    int64_t common = rota__time_gcd(cycle, WEEK);
    if (p->ahead.forward_count < 0) return true;
    for (int32_t i = 0; i < p->ahead.forward_count; i++) {
        /* Places count from a Thursday. */
        int64_t behind = rest_of(p->ahead.forwards[i] - 3 * DAY - place, common);
        if ((behind == 0 ? common : behind) <= distance) return true;
    }
    return false;
}

/* One that starts `distance` behind another's place, on the clock, is clear of it. Of one
 * that lasts for days the end is on the clock too, of others the end is so much later. */
static bool clear_of(const pattern *p, int64_t place, int64_t room, int64_t distance, int64_t cycle)
{
    int64_t over = distance - p->length - room, since = p->all_day ? p->length : 0;
    if (over < 0) return false;
    return over >= swing_of(p) || !meets_gap(p, place + since, distance - since, cycle);
}

static bool apart_in_zone(const pattern *a, int64_t at, const pattern *b, int64_t bt, int64_t room,
                          int64_t cycle)
{
    int64_t behind = rest_of(bt - at, cycle);
    return clear_of(a, at, room, behind, cycle) && clear_of(b, bt, room, cycle - behind, cycle);
}

/* --- in two zones --- */

/* The longest it may be in time; a day that begins in a gap ends a swing later. */
static int64_t longest_of(const pattern *p)
{
    return p->length + (p->all_day ? 2 * swing_of(p) : 0);
}

static bool apart_in_zones(const pattern *a, int64_t at, const pattern *b, int64_t bt, int64_t room,
                           int64_t cycle)
{
    int64_t swing = swing_of(a) + swing_of(b);
    /* From the start of a to that of b, at least. */
    int64_t behind = rest_of(bt - b->ahead.most - (at - a->ahead.least), cycle);
    return behind >= longest_of(a) + room && behind + swing <= cycle - longest_of(b) - room;
}

bool rota__pattern_apart(const rota__series *mine, int64_t my_era, const rota__series *other,
                         int64_t other_era, int64_t room, rota_time from)
{
    pattern a, b;
    if (!read_pattern(mine, my_era, room, from, &a) ||
        !read_pattern(other, other_era, room, from, &b))
        return false;
    int64_t cycle = rota__time_gcd(a.cycle, b.cycle);
    bool together = mine->every.zone == other->every.zone;
    /* A day that a zone leaves out, or a change longer than the cycle, is too much here. */
    if (swing_of(&a) >= DAY || swing_of(&b) >= DAY || swing_of(&a) > cycle || swing_of(&b) > cycle)
        return false;
    for (int64_t i = 0; i < a.count; i++)
        for (int64_t k = 0; k < b.count; k++)
            if (!(together ? apart_in_zone : apart_in_zones)(&a, a.places[i], &b, b.places[k], room,
                                                             cycle))
                return false;
    return true;
}

bool rota__pattern_apart_itself(const rota__series *series, int64_t era, int64_t room,
                                rota_time from)
{
    pattern p;
    if (!read_pattern(series, era, room, from, &p)) return false;
    if (swing_of(&p) >= DAY || swing_of(&p) > p.cycle) return false;
    for (int64_t i = 0; i < p.count; i++)
        for (int64_t k = 0; k < p.count; k++) {
            int64_t behind = i == k ? p.cycle : rest_of(p.places[k] - p.places[i], p.cycle);
            if (!clear_of(&p, p.places[i], room, behind, p.cycle)) return false;
        }
    return true;
}
