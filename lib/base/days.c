/* Own arithmetic, and not libical's iterator, which is right about many of these days,
 * but not so that it could be used here. It looks for the next day of an impossible rule
 * (MONTHLY;BYDAY=5MO;BYMONTHDAY=1) for seconds, in a call that cannot be bounded: to know
 * beforehand whether there is one is to know the days. It ends in the year 2582, keeps its
 * memory outside of the host's allocator, and takes 8 to 60 times as long; nothing
 * that asked it first could be as fast as it is alone. What is left to it is to be another
 * opinion: tests/test_ical.c compares the days. */
#include "base/days.h"

enum { DAY = 86400 };

/* A year, and where it lies. */
typedef struct year {
    int32_t number, length;
    int64_t first;          /* its January 1st */
    uint64_t set[6];        /* days from 1 that BYYEARDAY and numbered BYDAY leave */
    bool has_set, numbered; /* numbered: BYDAY is in the set */
} year;

static void civil_of(int64_t day, rota__civil *out)
{
    rota__time_to_civil(day * DAY, out);
}

static int32_t year_length(int32_t number)
{
    return 337 + rota__time_month_length(number, 2);
}

/* --- weeks --- */

/* The first day of week 0, which has 1970-01-01 in it or begins behind it. */
static int64_t week_shift(const rota__rule *rule)
{
    return (int64_t)rule->week_start - 3;
}

static int64_t week_of(const rota__rule *rule, int64_t day)
{
    return rota__time_floor(day - week_shift(rule), 7);
}

/* Week 1 is the first with four days of the year: the one with January 4th. */
static int64_t first_week(const rota__rule *rule, int32_t number)
{
    return week_of(rule, rota__time_days(number, 1, 4));
}

/* --- what is left open --- */

void rota__days_complete(rota__rule *rule, rota__local start)
{
    enum { CHOICE = ROTA__BY_WEEK | ROTA__BY_YEAR_DAY | ROTA__BY_MONTH_DAY | ROTA__BY_DAY };
    uint32_t given = rule->parts & CHOICE;
    rota__civil c;

    rota__time_to_civil(start, &c);
    if (rule->freq <= ROTA__FREQ_MONTHLY && given == 0) {
        rule->month_days = ROTA__BIT(c.day);
        rule->parts |= ROTA__BY_MONTH_DAY;
        if (rule->freq == ROTA__FREQ_YEARLY && !(rule->parts & ROTA__BY_MONTH)) {
            rule->months = ROTA__BIT(c.month);
            rule->parts |= ROTA__BY_MONTH;
        }
    }
    if ((rule->freq == ROTA__FREQ_WEEKLY && given == 0) ||
        (rule->freq == ROTA__FREQ_YEARLY && given == ROTA__BY_WEEK)) {
        rule->weekdays = ROTA__BIT(rota__days_weekday(rota__time_floor(start, DAY)));
        rule->parts |= ROTA__BY_DAY;
    }
    if (rule->freq <= ROTA__FREQ_DAILY && !(rule->parts & ROTA__BY_HOUR))
        rule->hours = ROTA__BIT(c.hour);
    if (rule->freq <= ROTA__FREQ_HOURLY && !(rule->parts & ROTA__BY_MINUTE))
        rule->minutes = (uint64_t)1 << c.minute;
    if (rule->freq <= ROTA__FREQ_MINUTELY && !(rule->parts & ROTA__BY_SECOND))
        rule->seconds = (uint64_t)1 << c.second;
}

/* --- periods --- */

int64_t rota__days_period(const rota__rule *rule, int64_t day)
{
    rota__civil c;

    switch (rule->freq) {
    case ROTA__FREQ_YEARLY:
        if (rule->parts & ROTA__BY_WEEK) day = week_of(rule, day) * 7 + week_shift(rule) + 3;
        civil_of(day, &c);
        return c.year;
    case ROTA__FREQ_MONTHLY:
        civil_of(day, &c);
        return (int64_t)c.year * 12 + c.month - 1;
    case ROTA__FREQ_WEEKLY:
        return week_of(rule, day);
    default:
        return day;
    }
}

int64_t rota__days_cycle(const rota__rule *rule)
{
    switch (rule->freq) {
    case ROTA__FREQ_YEARLY:
        return 400;
    case ROTA__FREQ_MONTHLY:
        return 4800;
    case ROTA__FREQ_WEEKLY:
        return ROTA__DAYS_CYCLE / 7;
    default:
        return ROTA__DAYS_CYCLE;
    }
}

/* --- single days --- */

/* n-th, or from the end: is either in the list? */
static bool in_year(const rota__rule *rule, int64_t n, int64_t length)
{
    return rota__rule_bit(rule->year_days, n) ||
           rota__rule_bit(rule->year_days_back, length + 1 - n);
}

static bool match_date(const rota__rule *rule, const rota__civil *c, int64_t day)
{
    if ((rule->parts & ROTA__BY_MONTH) && !(rule->months >> c->month & 1)) return false;
    if (rule->parts & ROTA__BY_MONTH_DAY) {
        int32_t back = rota__time_month_length(c->year, c->month) + 1 - c->day;
        if (!(rule->month_days >> c->day & 1) && !(rule->month_days_back >> back & 1)) return false;
    }
    if (rule->parts & ROTA__BY_YEAR_DAY)
        return in_year(rule, day - rota__time_days(c->year, 1, 1) + 1, year_length(c->year));
    return true;
}

/* The parts that need a date; BYDAY alone needs none. */
enum { DATES = ROTA__BY_MONTH | ROTA__BY_MONTH_DAY | ROTA__BY_YEAR_DAY };

bool rota__days_match(const rota__rule *rule, int64_t day)
{
    rota__civil c;

    if ((rule->parts & ROTA__BY_DAY) && !(rule->weekdays >> rota__days_weekday(day) & 1))
        return false;
    if (!(rule->parts & DATES)) return true;
    civil_of(day, &c);
    return match_date(rule, &c, day);
}

/* --- months --- */

static uint32_t month_days(const rota__rule *rule, int32_t length)
{
    uint32_t days = rule->month_days;

    for (int32_t n = 1; n <= length && rule->month_days_back; ++n)
        if (rule->month_days_back >> n & 1) days |= ROTA__BIT(length + 1 - n);
    return days;
}

/* Bits 1, 8, 15, ... moved to a weekday, in a month that begins with `first`. */
static uint32_t weekday_days(int weekday, int first)
{
    return (uint32_t)0x20408102 << ((weekday - first + 7) % 7);
}

/* What BYDAY leaves of a month, its numbers counting in the month. */
static uint32_t by_weekday(const rota__rule *rule, int first, int32_t length)
{
    uint32_t days = 0;

    for (int weekday = 0; weekday < 7; ++weekday) {
        int32_t day = 1 + (weekday - first + 7) % 7, last = day + (length - day) / 7 * 7;

        if (rule->weekdays >> weekday & 1) days |= weekday_days(weekday, first);
        if (!(rule->nth_days >> weekday & 1)) continue;
        for (int n = 1; n <= 5; ++n) {
            if ((rule->nth[weekday] >> n & 1) && day + 7 * (n - 1) <= length)
                days |= ROTA__BIT(day + 7 * (n - 1));
            if ((rule->nth_back[weekday] >> n & 1) && last - 7 * (n - 1) >= 1)
                days |= ROTA__BIT(last - 7 * (n - 1));
        }
    }
    return days;
}

/* The days of the month that begins on `first` which these of the rule's parts leave:
 * BYMONTHDAY and BYDAY. */
static uint32_t by_parts(const rota__rule *rule, uint32_t parts, int64_t first, int32_t length)
{
    uint32_t days = (uint32_t)(((uint64_t)1 << (length + 1)) - 2);

    parts &= rule->parts;
    if (parts & ROTA__BY_MONTH_DAY) days &= month_days(rule, length);
    if (parts & ROTA__BY_DAY) days &= by_weekday(rule, rota__days_weekday(first), length);
    return days;
}

/* The same for a FREQ of DAILY or finer, all parts: as rota__days_match(), and many at
 * once. */
static uint32_t matching(const rota__rule *rule, const rota__civil *c, int64_t first,
                         int32_t length)
{
    if ((rule->parts & ROTA__BY_MONTH) && !(rule->months >> c->month & 1)) return 0;
    uint32_t days = by_parts(rule, ROTA__BY_MONTH_DAY | ROTA__BY_DAY, first, length);
    if (!(rule->parts & ROTA__BY_YEAR_DAY)) return days;
    int64_t before = first - rota__time_days(c->year, 1, 1), in = year_length(c->year);
    for (int32_t day = 1; day <= length; ++day)
        if (!in_year(rule, before + day, in)) days &= ~ROTA__BIT(day);
    return days;
}

int64_t rota__days_next(const rota__rule *rule, int64_t day, int64_t last, int64_t *work)
{
    if (last > day + ROTA__DAYS_CYCLE) last = day + ROTA__DAYS_CYCLE;
    if (day <= last && rota__days_match(rule, day)) return day;
    if (!(rule->parts & DATES) && rule->weekdays) {
        ++*work;
        while (!rota__days_match(rule, day))
            ++day;
        return day <= last ? day : ROTA__DAYS_NEVER;
    }
    while (day <= last) {
        rota__civil c;
        civil_of(day, &c);
        int64_t first = day - c.day + 1;
        int32_t length = rota__time_month_length(c.year, c.month);
        uint32_t days = matching(rule, &c, first, length);

        ++*work;
        for (int32_t n = c.day; n <= length && days >> n; ++n)
            if (days >> n & 1) return first + n - 1 <= last ? first + n - 1 : ROTA__DAYS_NEVER;
        day = first + length;
    }
    return ROTA__DAYS_NEVER;
}

static void add_month(const rota__rule *rule, const year *y, int32_t month, rota__days *out)
{
    int32_t length = rota__time_month_length(y->number, month);
    int64_t first = rota__time_days(y->number, month, 1), before = first - y->first;
    uint32_t parts = ROTA__BY_MONTH_DAY | (y->numbered ? 0 : ROTA__BY_DAY);
    uint32_t days = by_parts(rule, parts, first, length);

    for (int32_t day = 1; day <= length; ++day) {
        if (!(days >> day & 1)) continue;
        if (y->has_set && !rota__rule_bit(y->set, before + day)) continue;
        out->day[out->count++] = (int16_t)(first + day - 1 - out->first);
    }
}

/* --- years --- */

/* What BYDAY leaves of a year, its numbers counting in the year. */
static void by_year_weekday(const rota__rule *rule, const year *y, uint64_t *set)
{
    for (int weekday = 0; weekday < 7; ++weekday) {
        int32_t day = 1 + (weekday - rota__days_weekday(y->first) + 7) % 7;
        int32_t weeks = (y->length - day) / 7 + 1;

        for (int32_t n = 1; n <= weeks; ++n)
            if ((rule->weekdays >> weekday & 1) || (rule->nth[weekday] >> n & 1) ||
                (rule->nth_back[weekday] >> (weeks + 1 - n) & 1))
                rota__rule_set(set, day + 7 * (n - 1));
    }
}

/* A numbered weekday counts in the month where there is BYMONTH, else in the year. */
static void fill_set(const rota__rule *rule, year *y)
{
    uint64_t days[6] = { 0 };

    y->numbered = y->has_set = rule->nth_days && !(rule->parts & ROTA__BY_MONTH);
    if (y->numbered) by_year_weekday(rule, y, y->set);
    if (!(rule->parts & ROTA__BY_YEAR_DAY)) return;
    for (int64_t n = 1; n <= y->length; ++n)
        if (in_year(rule, n, y->length)) rota__rule_set(days, n);
    for (int i = 0; i < 6; ++i)
        y->set[i] = y->numbered ? y->set[i] & days[i] : days[i];
    y->has_set = true;
}

static void fill_year(const rota__rule *rule, int32_t number, rota__days *out)
{
    year y = { .number = number, .length = year_length(number) };

    y.first = out->first = rota__time_days(number, 1, 1);
    fill_set(rule, &y);
    for (int32_t month = 1; month <= 12; ++month)
        if (!(rule->parts & ROTA__BY_MONTH) || (rule->months >> month & 1))
            add_month(rule, &y, month, out);
}

/* By weeks: a week belongs to one year as a whole, with days of the year beside it. */
static void fill_weeks(const rota__rule *rule, int32_t number, rota__days *out)
{
    int64_t first = first_week(rule, number), weeks = first_week(rule, number + 1) - first;

    out->first = first * 7 + week_shift(rule);
    for (int64_t n = 1; n <= weeks; ++n) {
        if (!(rule->weeks >> n & 1) && !(rule->weeks_back >> (weeks + 1 - n) & 1)) continue;
        for (int64_t day = (n - 1) * 7; day < n * 7; ++day)
            if (rota__days_match(rule, out->first + day)) out->day[out->count++] = (int16_t)day;
    }
}

/* A weekly rule has weekdays, given or the start's; of its other parts most have none. */
static void fill_week(const rota__rule *rule, int64_t number, rota__days *out)
{
    out->first = number * 7 + week_shift(rule);
    for (int32_t n = 0; n < 7; ++n) {
        if (!(rule->weekdays >> (rule->week_start + (uint32_t)n) % 7 & 1)) continue;
        if ((rule->parts & DATES) && !rota__days_match(rule, out->first + n)) continue;
        out->day[out->count++] = (int16_t)n;
    }
}

bool rota__days_move(const rota__rule *rule, int64_t period, rota__days *days)
{
    if (rule->freq != ROTA__FREQ_WEEKLY || (rule->parts & DATES) || days->count == 0) return false;
    days->first = period * 7 + week_shift(rule);
    return true;
}

void rota__days_fill(const rota__rule *rule, int64_t period, rota__days *out)
{
    out->count = 0;
    if (rule->freq == ROTA__FREQ_YEARLY) {
        if (rule->parts & ROTA__BY_WEEK)
            fill_weeks(rule, (int32_t)period, out);
        else
            fill_year(rule, (int32_t)period, out);
    } else if (rule->freq == ROTA__FREQ_MONTHLY) {
        year y = { .number = (int32_t)(period / 12) };
        y.first = out->first = rota__time_days(y.number, (int32_t)(period % 12) + 1, 1);
        if (!(rule->parts & ROTA__BY_MONTH) || (rule->months >> (period % 12 + 1) & 1))
            add_month(rule, &y, (int32_t)(period % 12) + 1, out);
    } else if (rule->freq == ROTA__FREQ_WEEKLY) {
        fill_week(rule, period, out);
    } else {
        out->first = period;
        if (rota__days_match(rule, period)) out->day[out->count++] = 0;
    }
}
