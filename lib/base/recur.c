/* From rule to instants: the wall-clock times that a period holds, the way from one
 * period to the next, and the order of what comes of it when the zone resolves it. Which
 * days a period has is left to days.c, what the clocks do to tz.c. */
#include "base/recur.h"

/* No clock is further from UTC. */
enum { DAY = 86400, FURTHEST = 26 * 3600, SURE = 3 * DAY, GAP_SEEN = 27 * 3600 };

/* The wall clock's last second. */
#define LAST_LOCAL ((rota__local)ROTA_TIME_MAX)

typedef rota__recur_cursor cursor;

int rota__recur_check(const rota__recur *set, rota__error *error)
{
    enum { CLOCK = ROTA__BY_HOUR | ROTA__BY_MINUTE | ROTA__BY_SECOND };
    const rota__rule *rule = set->rule;

    if (!rule || !set->all_day) return ROTA_OK;
    if (rule->freq > ROTA__FREQ_DAILY)
        return rota__error_set(error, ROTA_EINVALID, "an all-day series has FREQ=DAILY or longer");
    if (rule->parts & CLOCK)
        return rota__error_set(error, ROTA_EINVALID,
                               "an all-day series has no BYHOUR, BYMINUTE or BYSECOND");
    if (rule->until_kind == ROTA__UNTIL_INSTANT || rule->until_kind == ROTA__UNTIL_LOCAL)
        return rota__error_set(error, ROTA_EINVALID, "UNTIL of an all-day series is a date");
    return ROTA_OK;
}

/* --- what a period holds: days by times of day, numbered from 0 --- */

static int32_t list_bits(uint64_t bits, int32_t most, uint8_t *out)
{
    int32_t count = 0;

    for (int32_t n = 0; n <= most; ++n)
        if (bits >> n & 1) out[count++] = (uint8_t)n;
    return count;
}

/* Seconds from the beginning of the day, or of a period below DAILY. */
static int64_t time_at(const rota__recur_walk *walk, int64_t at)
{
    int64_t minute = at / walk->second_count, second = at % walk->second_count;

    return walk->hours[minute / walk->minute_count] * 3600 +
           walk->minutes[minute % walk->minute_count] * 60 + walk->seconds[second];
}

static rota__local item_local(const rota__recur_walk *walk, const cursor *c, int64_t item)
{
    int64_t day = item, time = walk->first_time;

    if (c->chosen_count > 0) item = day = c->chosen[item];
    if (walk->times > 1) {
        day = item / walk->times;
        time = time_at(walk, item % walk->times);
    }
    return walk->unit == 0 ? (c->days.first + c->days.day[day]) * DAY + time : c->period + time;
}

/* How many items lie before a wall-clock time; they are ascending. */
static int64_t rank(const rota__recur_walk *walk, const cursor *c, rota__local local)
{
    int64_t low = 0, high = c->items;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;

        if (item_local(walk, c, middle) < local)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The items that BYSETPOS leaves, both lists merged; item n counts from 1. */
static void choose(const rota__rule *rule, cursor *c, int64_t items)
{
    int64_t from_start = 1, from_end = items < 366 ? items : 366;

    c->chosen_count = 0;
    for (;;) {
        while (from_start <= 366 && !rota__rule_bit(rule->positions, from_start))
            ++from_start;
        while (from_end >= 1 && !rota__rule_bit(rule->positions_back, from_end))
            --from_end;
        int64_t a = from_start <= 366 && from_start <= items ? from_start : INT64_MAX;
        int64_t b = from_end >= 1 ? items + 1 - from_end : INT64_MAX;
        if (a == INT64_MAX && b == INT64_MAX) break;
        c->chosen[c->chosen_count++] = (int32_t)((a < b ? a : b) - 1);
        if (a <= b) ++from_start;
        if (b <= a) --from_end;
    }
    c->items = c->chosen_count;
}

/* What is in c->period. What lies before the floor is passed over, and counted. */
static void load(const rota__recur_walk *walk, cursor *c)
{
    int64_t first;

    if (walk->unit > 0)
        c->days.count = 1;
    else if (!rota__days_move(&walk->rule, c->period, &c->days))
        rota__days_fill(&walk->rule, c->period, &c->days);
    c->items = c->days.count * walk->times;
    c->chosen_count = 0;
    if ((walk->rule.parts & ROTA__BY_POSITION) && c->items > 0) choose(&walk->rule, c, c->items);
    c->item = 0;
    c->before = c->left;
    if (c->items == 0 || item_local(walk, c, 0) >= walk->floor) return;
    first = rank(walk, c, walk->set->start);
    c->item = rank(walk, c, walk->floor);
    if (c->item < first) c->item = first;
    if (walk->rule.count == 0) return;
    c->left -= c->item - first;
    if (c->left < 0) c->left = 0;
}

/* --- from one period to the next --- */

/* The first of the rule's periods at or after a time, below DAILY. */
static int64_t align(const rota__recur_walk *walk, int64_t at)
{
    int64_t behind = at - walk->base;

    if (behind <= 0) return walk->base;
    return walk->base + (behind + walk->step - 1) / walk->step * walk->step;
}

/* The next number above n in a list that ends at most, or most + 1. */
static int64_t above(uint64_t bits, int64_t n, int64_t most)
{
    for (++n; n <= most && !(bits >> n & 1);)
        ++n;
    return n;
}

/* The first time from `at` on, on its day, whose hour, minute and second are not kept
 * out; the next midnight where there is none. One jump, which may land on another hour
 * that is not in the list, and be followed by another. */
static int64_t jump(const rota__recur_walk *walk, int64_t day, int64_t at)
{
    const rota__rule *rule = &walk->rule;
    int64_t second = at - day * DAY, hour = second / 3600, minute = second / 60 % 60;
    uint32_t parts = rule->parts;

    if ((parts & ROTA__BY_HOUR) && !(rule->hours >> hour & 1))
        return day * DAY + above(rule->hours, hour, 23) * 3600;
    if (rule->freq < ROTA__FREQ_MINUTELY) return at;
    if ((parts & ROTA__BY_MINUTE) && !(rule->minutes >> minute & 1))
        return day * DAY + hour * 3600 + above(rule->minutes, minute, 59) * 60;
    if (rule->freq < ROTA__FREQ_SECONDLY) return at;
    if ((parts & ROTA__BY_SECOND) && !(rule->seconds >> (second % 60) & 1))
        return at - second % 60 + above(rule->seconds & ~((uint64_t)1 << 60), second % 60, 59);
    return at;
}

/* Below DAILY: to the first period from `at` on whose day, hour and so on match. */
static int find_period(rota__recur_walk *walk, cursor *c, int64_t at)
{
    int64_t from = at;

    for (;;) {
        int64_t day = rota__time_floor(at, DAY), found, to;

        if (at > walk->ceiling || at - from > walk->cycle) break;
        if (walk->work < 0) return ROTA_ELIMIT;
        int64_t looked = 0;
        found = rota__days_next(&walk->rule, day, rota__time_floor(walk->ceiling, DAY), &looked);
        walk->work -= 1 + looked;
        if (found == ROTA__DAYS_NEVER) break;
        to = found > day ? found * DAY : jump(walk, day, at);
        if (to == at) {
            c->period = at;
            load(walk, c);
            return ROTA_OK;
        }
        at = align(walk, to);
    }
    c->done = true;
    c->items = c->item = 0;
    return ROTA_OK;
}

/* To the next period that may hold something; c->done where there is none. */
static int advance(rota__recur_walk *walk, cursor *c)
{
    if (walk->unit > 0) return find_period(walk, c, c->period + walk->step);
    c->empty = c->items == 0 ? c->empty + 1 : 0;
    c->period += walk->rule.interval;
    if (c->period > walk->last_period || c->empty >= walk->cycle) {
        c->done = true;
        return ROTA_OK;
    }
    if (--walk->work < 0) return ROTA_ELIMIT;
    load(walk, c);
    return ROTA_OK;
}

/* The next of the rule's occurrences on the wall clock, COUNT applied. */
static int next_local(rota__recur_walk *walk, cursor *c, rota__local *local)
{
    while (!c->done) {
        int rc;

        if (walk->rule.count > 0 && c->left == 0) break;
        if (c->item < c->items) {
            *local = item_local(walk, c, c->item);
            if (*local > walk->ceiling) break;
            ++c->item;
            if (walk->rule.count > 0) --c->left;
            return ROTA_OK;
        }
        if ((rc = advance(walk, c)) != ROTA_OK) return rc;
    }
    c->done = true;
    return ROTA__RECUR_DONE;
}

/* --- instants --- */

/* Wall clock to instant, without the zone where its last answer said enough. */
static rota_time resolve(rota__recur_walk *walk, rota__local local, int *kind)
{
    rota_time instant;
    rota_span when;

    *kind = ROTA__TZ_UNIQUE;
    if (local >= walk->sure.start && local < walk->sure.end) return local - walk->sure_offset;
    instant = rota__tz_instant(walk->set->zone, local, kind);
    walk->sure_offset = rota__tz_stretch(walk->set->zone, instant, &when);
    walk->sure = (rota_span){ when.start + SURE, when.end - SURE };
    return instant;
}

/* Whether the rule still goes on at an occurrence. */
static bool within(const rota__recur_walk *walk, rota__local local, rota_time instant)
{
    if (instant > ROTA_TIME_MAX) return false;
    switch (walk->rule.until_kind) {
    case ROTA__UNTIL_NONE:
        return true;
    case ROTA__UNTIL_INSTANT:
        return instant <= walk->rule.until;
    default:
        return local <= walk->rule.until;
    }
}

/* The clock goes on behind a gap at its end, and the times in it are read as later
 * ones: 02:30 as 03:30. So two walks go on behind a gap, one of what is in it and one of
 * the rest, each ascending, and the earlier of the two is next. */
static int fill_held(rota__recur_walk *walk)
{
    rota__recur_head *head = &walk->held_head;

    if (!walk->holding || head->there) return ROTA_OK;
    int rc = next_local(walk, &walk->held, &head->local);
    if (rc == ROTA_ELIMIT) return rc;
    head->instant = head->local - walk->held_offset;
    head->there = rc == ROTA_OK && head->local < walk->held_until &&
                  within(walk, head->local, head->instant);
    walk->holding = head->there;
    return ROTA_OK;
}

/* From the occurrence that main is at, the first in its gap. Read as it is, it lies
 * behind the change, which is where the clock goes on. */
static void hold(rota__recur_walk *walk, const rota__recur_head *head)
{
    rota_span behind;
    int32_t offset = rota__tz_stretch(walk->set->zone, head->instant, &behind);

    walk->held = walk->main;
    walk->held_head = *head;
    walk->held_head.there = walk->holding = within(walk, head->local, head->instant);
    walk->held_until = behind.start + offset;
    walk->held_offset = head->local - head->instant;
}

/* What is in another gap lies behind all that is held, and is looked into after that. */
static int fill_main(rota__recur_walk *walk)
{
    rota__recur_head *head = &walk->main_head;
    int kind, rc;

    while (!walk->main.done && !head->there && !walk->blocked) {
        rc = next_local(walk, &walk->main, &head->local);
        if (rc == ROTA_ELIMIT) return rc;
        if (rc == ROTA__RECUR_DONE) break;
        if (head->local < walk->held_until) continue;
        head->instant = resolve(walk, head->local, &kind);
        if (kind == ROTA__TZ_GAP && walk->holding)
            walk->blocked = true;
        else if (kind == ROTA__TZ_GAP)
            hold(walk, head);
        else if (within(walk, head->local, head->instant))
            head->there = true;
        else
            walk->main.done = true;
    }
    return ROTA_OK;
}

/* The heads of both. */
static int fill_heads(rota__recur_walk *walk)
{
    int rc;

    for (;;) {
        if ((rc = fill_main(walk)) != ROTA_OK || (rc = fill_held(walk)) != ROTA_OK) return rc;
        if (!walk->blocked || walk->holding) return ROTA_OK;
        walk->blocked = false;
        hold(walk, &walk->main_head);
    }
}

/* --- the set --- */

/* The number of times in a sorted list that are before t. */
static int64_t count_before(const rota_time *times, int64_t count, rota_time t)
{
    int64_t low = 0;

    while (low < count) {
        int64_t middle = low + (count - low) / 2;

        if (times[middle] < t)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static bool excepted(const rota__recur *set, rota_time instant)
{
    int64_t at = count_before(set->exdates, set->exdate_count, instant);

    return at < set->exdate_count && set->exdates[at] == instant;
}

/* The earliest of what the rule and the additions have next; takes it from there. */
static bool take_earliest(rota__recur_walk *walk, rota__recur_head *out)
{
    const rota__recur *set = walk->set;
    rota__recur_head *best = walk->main_head.there ? &walk->main_head : NULL;

    if (walk->held_head.there && (!best || walk->held_head.instant < best->instant))
        best = &walk->held_head;
    if (walk->rdate < set->rdate_count && (!best || set->rdates[walk->rdate] < best->instant)) {
        out->instant = set->rdates[walk->rdate++];
        out->local = out->instant + rota__tz_offset(set->zone, out->instant);
        return true;
    }
    if (!best) return false;
    *out = *best;
    best->there = false;
    return true;
}

/* --- opening and seeking --- */

/* Below DAILY a time of day comes again when the steps have gone round the day: those
 * that never do are found here, and not by walking. */
static bool never_at(const rota__recur_walk *walk)
{
    int64_t round = rota__time_gcd(walk->step, DAY);

    for (int64_t at = walk->base - rota__time_floor(walk->base, round) * round; at < DAY;
         at += round)
        if (jump(walk, 0, at) == at) return false;
    return true;
}

static void open_times(rota__recur_walk *walk)
{
    const rota__rule *rule = &walk->rule;
    bool minutes = rule->freq <= ROTA__FREQ_HOURLY, seconds = rule->freq <= ROTA__FREQ_MINUTELY;

    /* Where the period is shorter, these choose periods instead, and one has one time. */
    walk->hour_count = list_bits(walk->unit > 0 ? 1 : rule->hours, 23, walk->hours);
    walk->minute_count = list_bits(minutes ? rule->minutes : 1, 59, walk->minutes);
    /* Second 60 is none that this clock has. */
    walk->second_count = list_bits(seconds ? rule->seconds : 1, 59, walk->seconds);
    walk->times = (int64_t)walk->hour_count * walk->minute_count * walk->second_count;
    walk->first_time = walk->times > 0 ? time_at(walk, 0) : 0;
}

static void open_short(rota__recur_walk *walk)
{
    enum { LIMITS = ROTA__BY_MONTH | ROTA__BY_YEAR_DAY | ROTA__BY_MONTH_DAY | ROTA__BY_DAY };
    static const int64_t units[] = { 3600, 60, 1 };
    const rota__rule *rule = &walk->rule;
    int64_t common;
    uint32_t limits = LIMITS | ROTA__BY_HOUR;

    if (rule->freq >= ROTA__FREQ_MINUTELY) limits |= ROTA__BY_MINUTE;
    if (rule->freq >= ROTA__FREQ_SECONDLY) limits |= ROTA__BY_SECOND;
    walk->unit = units[rule->freq - ROTA__FREQ_HOURLY];
    walk->step = walk->unit * rule->interval;
    walk->base = rota__time_floor(walk->set->start, walk->unit) * walk->unit;
    common = rota__time_gcd(walk->step, (int64_t)ROTA__DAYS_CYCLE * DAY);
    walk->cycle = walk->step / common > 1000
                      ? INT64_MAX / 2
                      : (int64_t)ROTA__DAYS_CYCLE * DAY * (walk->step / common);
    walk->steady = !(rule->parts & limits);
    walk->never = !walk->steady && never_at(walk);
}

static void open_long(rota__recur_walk *walk)
{
    const rota__rule *rule = &walk->rule;
    int64_t cycle = rota__days_cycle(rule);

    walk->base = rota__days_period(rule, rota__time_floor(walk->set->start, DAY));
    walk->last_period = rota__days_period(rule, rota__time_floor(walk->ceiling, DAY));
    walk->cycle = cycle / rota__time_gcd(rule->interval, cycle);
    walk->steady = rule->freq == ROTA__FREQ_DAILY &&
                   !(rule->parts & (ROTA__BY_MONTH | ROTA__BY_MONTH_DAY | ROTA__BY_DAY));
}

/* A period holds the same times wherever it is, below DAILY and in it: what BYSETPOS
 * leaves of them may be nothing. */
static bool holds_nothing(rota__recur_walk *walk)
{
    if (walk->times == 0) return true;
    if (!(walk->rule.parts & ROTA__BY_POSITION) || walk->rule.freq < ROTA__FREQ_DAILY) return false;
    choose(&walk->rule, &walk->main, walk->times);
    return walk->main.chosen_count == 0;
}

/* What is behind it on the wall clock is, in any zone, behind UNTIL or `to`. */
static rota__local ceiling_of(const rota__recur *set, rota_time to)
{
    int32_t until = set->rule ? set->rule->until_kind : ROTA__UNTIL_NONE;
    rota__local ceiling = LAST_LOCAL;

    if (to < ceiling - FURTHEST) ceiling = to + FURTHEST;
    if (until == ROTA__UNTIL_NONE) return ceiling;
    rota__local end = set->rule->until + (until == ROTA__UNTIL_INSTANT ? FURTHEST : 0);
    return end < ceiling ? end : ceiling;
}

/* Its lists are left as they are: they are as long as is said here, and most of a walk. */
static void clear(cursor *c)
{
    memset(c, 0, offsetof(cursor, days));
    c->days.count = c->chosen_count = 0;
    c->done = false;
}

void rota__recur_open(rota__recur_walk *walk, const rota__recur *set, rota_time to)
{
    const size_t rest = offsetof(rota__recur_walk, held_until);

    memset(walk, 0, offsetof(rota__recur_walk, main));
    memset((char *)walk + rest, 0, sizeof *walk - rest);
    clear(&walk->main);
    clear(&walk->held);
    walk->set = set;
    walk->to = to < ROTA_TIME_MAX ? to : ROTA_TIME_MAX + 1;
    walk->ceiling = ceiling_of(set, to);
    walk->work = ROTA__RECUR_WORK;
    walk->has_rule = set->rule != NULL;
    if (walk->has_rule) {
        walk->rule = *set->rule;
        rota__days_complete(&walk->rule, set->start);
        if (walk->rule.freq > ROTA__FREQ_DAILY)
            open_short(walk);
        else
            open_long(walk);
        open_times(walk);
        walk->never = walk->never || holds_nothing(walk);
    }
    rota__recur_seek(walk, ROTA_TIME_MIN);
}

/* The earliest wall-clock time that may be resolved to `from` or later: what the clock
 * shows then, or, just behind a gap, what it would show without. */
static rota__local floor_of(const rota__recur *set, rota_time from)
{
    rota_span when;

    if (from == ROTA_TIME_MIN) return set->start;
    int32_t offset = rota__tz_stretch(set->zone, from, &when), before = offset;
    if (from - GAP_SEEN < when.start) before = rota__tz_offset(set->zone, from - GAP_SEEN);
    rota__local floor = from + (before < offset ? before : offset);
    return floor < set->start ? set->start : floor;
}

/* The last of the rule's periods that begins at the floor or before it. */
static int64_t period_of(const rota__recur_walk *walk, rota__local floor)
{
    int64_t at = walk->unit > 0 ? rota__time_floor(floor, walk->unit) * walk->unit
                                : rota__days_period(&walk->rule, rota__time_floor(floor, DAY));
    int64_t step = walk->unit > 0 ? walk->step : walk->rule.interval;

    return walk->base + rota__time_floor(at - walk->base, step) * step;
}

/* A rule with COUNT has to know how many were before. */
static void begin_counted(const rota__recur_walk *walk, cursor *c, int64_t period)
{
    int64_t step = walk->unit > 0 ? walk->step : walk->rule.interval;

    c->period = walk->base;
    c->left = walk->rule.count;
    if (walk->mark.left > 0 && walk->mark.period <= period) {
        c->period = walk->mark.period;
        c->left = walk->mark.left;
    }
    if (!walk->steady || period - c->period < 2 * step) return;

    /* The rest of this period, and whole ones up to the one before the floor's. */
    cursor probe = *c;
    load(walk, &probe);
    int64_t whole = (period - c->period) / step - 2;
    int64_t first = probe.items - rank(walk, &probe, walk->set->start);
    if (whole < 0 || first >= c->left) return;
    c->left -= first;
    c->period += step;
    if (probe.items > 0 && whole > c->left / probe.items) whole = c->left / probe.items;
    c->left -= whole * probe.items;
    c->period += whole * step;
    if (c->left == 0) c->done = true;
}

/* Without a rule the start alone is the set, as an rdate that comes first. */
static void begin_alone(rota__recur_walk *walk)
{
    int kind;

    walk->main.done = true;
    walk->main_head.local = walk->set->start;
    walk->main_head.instant = resolve(walk, walk->set->start, &kind);
    walk->main_head.there = walk->main_head.instant <= ROTA_TIME_MAX;
}

/* To the period that the walk begins in. */
static int begin_rule(rota__recur_walk *walk, cursor *c)
{
    int64_t period = period_of(walk, walk->floor);

    c->period = period;
    if (walk->rule.count > 0) begin_counted(walk, c, period);
    if (c->done) return ROTA_OK;
    if (walk->unit > 0) return find_period(walk, c, c->period);
    load(walk, c);
    return ROTA_OK;
}

static int begin(rota__recur_walk *walk)
{
    int rc = ROTA_OK;

    clear(&walk->main);
    if (!walk->has_rule)
        begin_alone(walk);
    else if (walk->never || walk->floor > walk->ceiling)
        walk->main.done = true;
    else
        rc = begin_rule(walk, &walk->main);
    walk->begun = rc == ROTA_OK;
    return rc;
}

void rota__recur_seek(rota__recur_walk *walk, rota_time from)
{
    const rota__recur *set = walk->set;

    if (from < ROTA_TIME_MIN) from = ROTA_TIME_MIN;
    if (from > ROTA_TIME_MAX) from = ROTA_TIME_MAX;
    walk->from = from;
    walk->floor = floor_of(set, from);
    walk->begun = walk->holding = walk->blocked = walk->has_last = false;
    walk->held_until = INT64_MIN;
    walk->main_head.there = walk->held_head.there = false;
    walk->rdate = count_before(set->rdates, set->rdate_count, from);
}

/* --- walking --- */

int rota__recur_next(rota__recur_walk *walk, rota__local *local, rota_time *instant)
{
    rota__recur_head found;

    for (;;) {
        int rc = walk->begun ? ROTA_OK : begin(walk);

        if (rc != ROTA_OK || (rc = fill_heads(walk)) != ROTA_OK) return rc;
        if (!take_earliest(walk, &found) || found.instant >= walk->to) return ROTA__RECUR_DONE;
        if (found.instant < walk->from || found.instant < ROTA_TIME_MIN) continue;
        if (walk->has_last && found.instant <= walk->last) continue;
        walk->last = found.instant;
        walk->has_last = true;
        if (excepted(walk->set, found.instant)) {
            if (--walk->work < 0) return ROTA_ELIMIT;
            continue;
        }
        break;
    }
    walk->work += ROTA__RECUR_GRANT;
    if (walk->work > ROTA__RECUR_WORK) walk->work = ROTA__RECUR_WORK;
    if (local) *local = found.local;
    *instant = found.instant;
    return ROTA_OK;
}

rota__recur_mark rota__recur_mark_of(const rota__recur_walk *walk)
{
    const cursor *c = &walk->main;

    if (walk->rule.count == 0 || c->done || c->period <= walk->base)
        return (rota__recur_mark){ 0, 0 };
    return (rota__recur_mark){ c->period, c->before };
}
