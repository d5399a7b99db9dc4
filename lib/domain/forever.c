/* Both series are walked side by side, by start, for as long as it takes until all must come
 * again: from where nothing is left that comes once (changes of a zone's table, additions,
 * exceptions), for the 400-year cycles that both rules have in common. What is found are
 * happenings; that there is none is proven when a whole period had none, or the years end. */
#include "domain/forever.h"

#include "domain/pattern.h"

enum {
    DAY = 86400,
    MOST_CYCLES = 24, /* so many have more years than there are */
    PATIENCE = 8,     /* happenings of one in a row before the rest is leapt over */
    LEAP_WORK = 16,
    LONG_BEFORE = 64 /* given out ones kept in front */
};

#define END_OF_TIME (ROTA_TIME_MAX + 1)

typedef struct happenings {
    ROTA__LIST(rota__happening) list;
    int64_t first; /* what is in front of it is gone */
} happenings;

/* One of both, by start. */
typedef struct stream {
    const rota__series *series;
    const rota__era *like;
    rota_span window;
    int64_t era;
    int64_t slack;     /* 0: originals are in the order of starts */
    rota_time settled; /* no later one that is seen starts before this */
    bool done;
    happenings ahead;   /* by start, not yet taken */
    happenings staying; /* taken, by start, and may last until the next of the other */
    int64_t patience;
    rota_time since; /* the start when patience was new */
    rota__series_walk walk;
} stream;

typedef struct meet {
    rota__env *env;
    int64_t before, after, *work;
    stream mine, other;
    rota__meeting *out;
} meet;

/* What a walk may end with beside the statuses. */
enum { UNDECIDED = 2 };

/* --- lists that are taken from in front --- */

static int64_t left_in(const happenings *all)
{
    return all->list.count - all->first;
}

static rota__happening *front_of(happenings *all)
{
    return &all->list.items[all->first];
}

static void drop_all(happenings *all)
{
    all->first = all->list.count = 0;
}

static void drop_front(happenings *all)
{
    all->first++;
    if (all->first == all->list.count) {
        drop_all(all);
    } else if (all->first > LONG_BEFORE && all->first > left_in(all)) {
        memmove(all->list.items, front_of(all), (size_t)left_in(all) * sizeof *all->list.items);
        all->list.count = left_in(all);
        all->first = 0;
    }
}

/* By start, behind its equals. */
static bool add(rota__arena *arena, happenings *all, const rota__happening *h)
{
    rota__happening *last = ROTA__PUSH(arena, &all->list);
    if (!last) return false;
    int64_t at = all->list.count - 1;
    for (; at > all->first && all->list.items[at - 1].when.start > h->when.start; at--)
        all->list.items[at] = all->list.items[at - 1];
    all->list.items[at] = *h;
    return true;
}

/* --- what comes next --- */

static rota_span taken(const meet *m, const rota__happening *h)
{
    return (rota_span){ h->when.start - m->before, h->when.end + m->after };
}

static void open(stream *s, rota_time from)
{
    s->window.start = from;
    s->done = false;
    s->settled = INT64_MIN;
    s->patience = PATIENCE;
    drop_all(&s->ahead);
    rota__series_open(&s->walk, s->series, s->era, s->window, false);
}

/* The walk's own measure would let each happening have as many steps again. */
static int step(meet *m, stream *s, rota__happening *h)
{
    int64_t most = ROTA__RECUR_WORK - ROTA__RECUR_GRANT, given = *m->work < most ? *m->work : most;
    if (given <= 0) return UNDECIDED;
    s->walk.walk.work = given;
    int rc = rota__series_next(&s->walk, h);
    int64_t granted = rc == ROTA_OK ? ROTA__RECUR_GRANT : 0;
    int64_t used = given + granted - s->walk.walk.work;
    *m->work -= used > 0 ? used + 1 : 1;
    return rc == ROTA_ELIMIT ? UNDECIDED : rc;
}

/* Until the front is what comes next, or nothing does. */
static int fill(meet *m, stream *s)
{
    while (!s->done && (left_in(&s->ahead) == 0 || front_of(&s->ahead)->when.start > s->settled)) {
        rota__happening h;
        int rc = step(m, s, &h);
        s->done = rc == ROTA__RECUR_DONE;
        if (s->done) break;
        if (rc != ROTA_OK) return rc;
        s->settled = h.original + s->like->shift - s->slack;
        if (!add(m->env->arena, &s->ahead, &h)) return ROTA_ENOMEM;
    }
    return ROTA_OK;
}

/* --- who is there --- */

/* x is later than all that stay of the other, or as late. */
static bool greet(const meet *m, const rota__happening *x, happenings *staying)
{
    for (int64_t i = staying->first; i < staying->list.count; i++) {
        const rota__happening *y = &staying->list.items[i];
        if (!rota__time_overlap(taken(m, x), taken(m, y))) continue;
        bool is_mine = staying == &m->other.staying;
        m->out->mine = is_mine ? *x : *y;
        m->out->other = is_mine ? *y : *x;
        return m->out->found = true;
    }
    /* Nobody who comes after x finds them either. */
    drop_all(staying);
    return false;
}

static int stay(const meet *m, stream *s, const rota__happening *x)
{
    rota_time begin = taken(m, x).start;
    while (left_in(&s->staying) > 0 && taken(m, front_of(&s->staying)).end <= begin)
        drop_front(&s->staying);
    return add(m->env->arena, &s->staying, x) ? ROTA_OK : ROTA_ENOMEM;
}

/* Where many come before the next of the other, to those that it could meet. Nobody of the
 * other stays then, whom those leapt over could meet. */
static void leap(meet *m, stream *s, stream *rarer, const rota__happening *x)
{
    rarer->patience = PATIENCE;
    rarer->since = x->when.start;
    if (--s->patience > 0) return;
    int64_t stride = x->when.start - s->since;
    s->patience = PATIENCE;
    s->since = x->when.start;
    if (rarer->done || s->series->rule.count > 0) return;
    rota_time next = front_of(&rarer->ahead)->when.start - m->before - m->after;
    if (next - stride <= x->when.end) return;
    open(s, next);
    *m->work -= LEAP_WORK;
}

/* Equals: the other first, so that it finds those of mine who began earlier. */
static int take(meet *m)
{
    int rc;
    if ((rc = fill(m, &m->other)) != ROTA_OK || (rc = fill(m, &m->mine)) != ROTA_OK) return rc;
    bool no_other = left_in(&m->other.ahead) == 0, no_mine = left_in(&m->mine.ahead) == 0;
    if ((no_other && no_mine) || (no_other && left_in(&m->other.staying) == 0) ||
        (no_mine && left_in(&m->mine.staying) == 0))
        return ROTA__RECUR_DONE;
    bool is_mine = no_other || (!no_mine && front_of(&m->mine.ahead)->when.start <
                                                front_of(&m->other.ahead)->when.start);
    stream *s = is_mine ? &m->mine : &m->other, *rarer = is_mine ? &m->other : &m->mine;
    rota__happening x = *front_of(&s->ahead);
    drop_front(&s->ahead);
    if (greet(m, &x, &rarer->staying)) return ROTA__RECUR_DONE;
    if ((rc = stay(m, s, &x)) != ROTA_OK) return rc;
    leap(m, s, rarer, &x);
    return ROTA_OK;
}

/* --- how far --- */

/* After so many cycles of 400 years a rule begins anew. */
static int64_t cycles_of(const rota__rule *rule)
{
    static const int64_t units[] = { 3600, 60, 1 };
    int64_t step = rule->interval, cycle;
    if (rule->freq > ROTA__FREQ_DAILY) {
        step *= units[rule->freq - ROTA__FREQ_HOURLY];
        cycle = (int64_t)ROTA__DAYS_CYCLE * DAY;
    } else {
        cycle = rota__days_cycle(rule);
    }
    return step / rota__time_gcd(step, cycle);
}

static rota_time latest(rota_time a, rota_time b)
{
    return a > b ? a : b;
}

/* From here on nothing comes that does not come again. */
static rota_time calm_of(const stream *s)
{
    const rota__series *series = s->series;
    rota__tz_outlook ahead;
    rota__tz_ahead(series->every.zone, ROTA_TIME_MAX, &ahead);
    rota_time calm = latest(ahead.settled, series->start);
    calm = latest(calm, s->like->from);
    if (series->rdate_count > 0) calm = latest(calm, series->rdates[series->rdate_count - 1]);
    if (series->set.exdate_count > 0)
        calm = latest(calm, series->set.exdates[series->set.exdate_count - 1]);
    return calm + (s->like->shift > 0 ? s->like->shift : 0) + ROTA__SERIES_SLACK_MOST;
}

static int64_t longest_of(const stream *s)
{
    return s->series->all_day ? s->like->length * DAY + ROTA__SERIES_SLACK_MOST : s->like->length;
}

/* The end of the walk: a period behind where both are calm, and no happening lasts from
 * before. A rule that ends has none; it is walked to its end. */
static rota_time horizon_of(const meet *m, rota_time from)
{
    const rota__rule *a = m->mine.series->every.rule, *b = m->other.series->every.rule;
    int64_t cycles = MOST_CYCLES;
    if (a && b) {
        int64_t my_cycles = cycles_of(a), other_cycles = cycles_of(b);
        if (my_cycles < MOST_CYCLES && other_cycles < MOST_CYCLES)
            cycles = my_cycles / rota__time_gcd(my_cycles, other_cycles) * other_cycles;
    }
    if (cycles >= MOST_CYCLES) return END_OF_TIME;
    rota_time calm = latest(from, latest(calm_of(&m->mine), calm_of(&m->other)));
    rota_time end = calm + latest(longest_of(&m->mine), longest_of(&m->other)) + m->before +
                    m->after + cycles * ROTA__DAYS_CYCLE * DAY;
    return end < END_OF_TIME ? end : END_OF_TIME;
}

static void set_out(stream *s, const rota__series *series, int64_t era)
{
    memset(s, 0, offsetof(stream, walk));
    s->series = series;
    s->era = era;
    s->like = &series->eras[era];
    s->slack = s->like->shift == 0 ? 0 : ROTA__SERIES_SLACK_MOST;
    s->since = ROTA_TIME_MIN;
}

static rota_time earliest(rota_time a, rota_time b)
{
    return a < b ? a : b;
}

static int walk_both(meet *m, rota_span within)
{
    rota_time end = earliest(horizon_of(m, within.start), within.end);
    int rc;
    m->mine.window.end = m->other.window.end = end;
    open(&m->mine, within.start - m->after);
    open(&m->other, within.start - m->after);
    do
        rc = take(m);
    while (rc == ROTA_OK);
    m->out->decided = rc == ROTA__RECUR_DONE;
    return rc == ROTA_ENOMEM ? rota__error_plain(m->env->error, rc) : ROTA_OK;
}

static rota_span of_the_years(rota_span within)
{
    within.start = earliest(latest(within.start, ROTA_TIME_MIN), ROTA_TIME_MAX);
    within.end = earliest(within.end, END_OF_TIME);
    return within;
}

int rota__forever_meet(rota__env *env, const rota__series *mine, int64_t my_era,
                       const rota__series *other, int64_t other_era, int64_t before, int64_t after,
                       rota_span within, int64_t *work, rota__meeting *out)
{
    meet m;
    within = of_the_years(within);
    *out = (rota__meeting){ .decided = true };
    if (rota__pattern_apart(mine, my_era, other, other_era, before + after, within.start))
        return ROTA_OK;
    m.env = env;
    m.before = before;
    m.after = after;
    m.work = work;
    m.out = out;
    set_out(&m.mine, mine, my_era);
    set_out(&m.other, other, other_era);
    return walk_both(&m, within);
}

rota_time rota__forever_horizon(const rota__series *series, int64_t era, rota_time from)
{
    enum { YEARS_DAYS = 60 * 366, HALF_YEAR = 180 * DAY };
    stream s;
    const rota__rule *rule = series->every.rule;
    set_out(&s, series, era);
    int64_t shift = s.like->shift < 0 ? -s.like->shift : s.like->shift;
    int64_t days = YEARS_DAYS, longest = longest_of(&s);
    if (!rule) return END_OF_TIME;
    if (rule->interval != 1 || longest > HALF_YEAR || shift > HALF_YEAR) {
        int64_t cycles = cycles_of(rule);
        if (cycles >= MOST_CYCLES) return END_OF_TIME;
        days = cycles * ROTA__DAYS_CYCLE;
    }
    rota_time end = latest(from, calm_of(&s)) + longest + days * DAY;
    return end < END_OF_TIME ? end : END_OF_TIME;
}

static int walk_alone(meet *m, int64_t many)
{
    int rc;
    while ((rc = fill(m, &m->mine)) == ROTA_OK) {
        if (left_in(&m->mine.ahead) == 0) return ROTA__RECUR_DONE;
        const rota__happening x = *front_of(&m->mine.ahead);
        drop_front(&m->mine.ahead);
        if ((rc = stay(m, &m->mine, &x)) != ROTA_OK) return rc;
        if (left_in(&m->mine.staying) < many) continue;
        *m->out = (rota__meeting){ .found = true, .mine = x, .other = *front_of(&m->mine.staying) };
        return ROTA__RECUR_DONE;
    }
    return rc;
}

int rota__forever_meet_itself(rota__env *env, const rota__series *series, int64_t era, int64_t many,
                              int64_t before, int64_t after, rota_span within, int64_t *work,
                              rota__meeting *out)
{
    meet m = { .env = env, .before = before, .after = after, .work = work, .out = out };
    within = of_the_years(within);
    *out = (rota__meeting){ .decided = true };
    if (rota__pattern_apart_itself(series, era, before + after, within.start)) return ROTA_OK;
    set_out(&m.mine, series, era);
    rota_time all = rota__forever_horizon(series, era, within.start) + before + after;
    m.mine.window.end = earliest(all, within.end);
    open(&m.mine, within.start - after);
    int rc = walk_alone(&m, many);
    out->decided = rc == ROTA__RECUR_DONE;
    return rc == ROTA_ENOMEM ? rota__error_plain(env->error, rc) : ROTA_OK;
}
