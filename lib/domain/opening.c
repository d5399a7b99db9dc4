#include "domain/opening.h"

#include "base/days.h"

enum {
    DAY = 86400,
    /* A period lasts a day, and a clock is put on or back by a day at most: who looks so
     * many days around a window misses nothing of it. */
    MARGIN = 3
};

/* --- a civil day --- */

static bool covers(const rota__hours_rule *rule, int64_t day)
{
    return rule->from <= day && day <= rule->to &&
           (rule->days & (UINT32_C(1) << rota__days_weekday(day))) != 0;
}

/* Rules of one kind that matter to the days looked at. */
typedef ROTA__LIST(const rota__hours_rule *) few;

typedef struct days {
    rota__env *env;
    const rota__tz *zone;
    few kinds[ROTA_HOURS_EXCEPTION + 1];
    bool regular;
    rota__spans found; /* as they come */
    rota_span sure;    /* wall clock, far from any change of it */
    int32_t offset;    /* there */
} days;

/* Most of a year has one offset, and is resolved without a look. */
static rota_time resolve(days *k, rota__local local)
{
    enum { FAR = 2 * DAY }; /* no clock is changed by as much */
    rota_span stretch;
    if (k->sure.start <= local && local < k->sure.end) return local - k->offset;
    rota_time instant = rota__tz_instant(k->zone, local, NULL);
    k->offset = rota__tz_stretch(k->zone, instant, &stretch);
    k->sure = (rota_span){ stretch.start + k->offset + FAR, stretch.end + k->offset - FAR };
    return instant;
}

static int add(days *k, rota_time start, rota_time end)
{
    if (start >= end) return ROTA_OK;
    if (k->found.count == ROTA__SPANS_MOST)
        return rota__error_set(k->env->error, ROTA_ELIMIT,
                               "the hours have more than %d periods in the time looked at",
                               (int)ROTA__SPANS_MOST);
    bool added = rota__spans_push(k->env->arena, &k->found, (rota_span){ start, end });
    return added ? ROTA_OK : rota__error_plain(k->env->error, ROTA_ENOMEM);
}

/* What starts on a day, which begins and ends at these instants. */
static int add_day(days *k, int64_t day, rota_span whole)
{
    bool spoken = false;
    int rc = ROTA_OK;
    for (int32_t kind = ROTA_HOURS_EXCEPTION; kind >= ROTA_HOURS_WEEKLY && !spoken; kind--) {
        const few *rules = &k->kinds[kind];
        for (int64_t i = 0; i < rules->count && rc == ROTA_OK; i++) {
            const rota__hours_rule *rule = rules->items[i];
            if (!covers(rule, day)) continue;
            spoken = true;
            if (rule->closed) continue;
            rota_time start = rule->start ? resolve(k, day * DAY + rule->start) : whole.start;
            rota_time end = rule->end == DAY ? whole.end : resolve(k, day * DAY + rule->end);
            rc = add(k, start, end);
        }
    }
    return spoken || k->regular ? rc : add(k, whole.start, whole.end);
}

/* A day that the clocks leave out as a whole does not come. */
static int add_days(days *k, int64_t first, int64_t last)
{
    rota_time midnight = resolve(k, first * DAY);
    int rc = ROTA_OK;
    for (int64_t day = first; day <= last && rc == ROTA_OK; day++) {
        rota_span whole = { midnight, resolve(k, (day + 1) * DAY) };
        if (whole.start < whole.end) rc = add_day(k, day, whole);
        midnight = whole.end;
    }
    return rc;
}

/* --- a window --- */

static int64_t day_of(const rota__tz *zone, rota_time t)
{
    return rota__time_floor(t + rota__tz_offset(zone, t), DAY);
}

static int choose(days *k, const rota__hours *hours, int64_t first, int64_t last)
{
    for (int64_t i = 0; i < hours->count; i++) {
        const rota__hours_rule *rule = &hours->rules[i];
        if (rule->from > last || rule->to < first) continue;
        const rota__hours_rule **kept = ROTA__PUSH(k->env->arena, &k->kinds[rule->kind]);
        if (!kept) return rota__error_plain(k->env->error, ROTA_ENOMEM);
        *kept = rule;
    }
    return ROTA_OK;
}

/* In order, apart, and cut to the window. */
static int deliver(days *k, rota_span window, rota__spans *out)
{
    rota__spans_merge(&k->found);
    for (int64_t i = 0; i < k->found.count; i++) {
        rota_span part = rota__time_common(k->found.items[i], window);
        if (part.start < part.end && !rota__spans_add(k->env->arena, out, part))
            return rota__error_plain(k->env->error, ROTA_ENOMEM);
    }
    return ROTA_OK;
}

int rota__hours_expand(rota__env *env, const rota__hours *hours, const rota__tz *zone,
                       rota_span window, rota__spans *out)
{
    days k = { .env = env, .zone = zone, .regular = hours->regular };
    int64_t first = day_of(zone, window.start) - MARGIN, last = day_of(zone, window.end) + MARGIN;
    if (window.start >= window.end) return ROTA_OK;
    int rc = choose(&k, hours, first, last);
    bool undisturbed = !hours->regular && k.kinds[ROTA_HOURS_EXCEPTION].count == 0;
    if (rc == ROTA_OK && undisturbed) rc = add(&k, window.start, window.end);
    if (rc == ROTA_OK && !undisturbed) rc = add_days(&k, first, last);
    return rc == ROTA_OK ? deliver(&k, window, out) : rc;
}

/* --- for ever --- */

rota_time rota__hours_settled(const rota__hours *hours, const rota__tz *zone)
{
    rota__tz_outlook ahead;
    rota__tz_ahead(zone, ROTA_TIME_MAX, &ahead);
    rota_time settled = ahead.settled;
    for (int64_t i = 0; i < hours->count; i++) {
        const rota__hours_rule *rule = &hours->rules[i];
        int64_t day = ROTA__HOURS_FIRST;
        if (rule->from != ROTA__HOURS_FIRST) day = rule->from;
        if (rule->to != ROTA__HOURS_LAST) day = rule->to;
        if (day == ROTA__HOURS_FIRST) continue;
        rota_time after = (day + MARGIN) * DAY;
        if (after > settled) settled = after;
    }
    return settled;
}

bool rota__hours_unbroken(const rota__hours *hours)
{
    const uint32_t every = (uint32_t)ROTA_SUNDAY * 2 - 1;
    uint32_t open = 0;
    for (int64_t i = 0; i < hours->count; i++) {
        const rota__hours_rule *rule = &hours->rules[i];
        if (rule->to != ROTA__HOURS_LAST) continue;
        if (rule->kind != ROTA_HOURS_WEEKLY || rule->closed) return false;
        if (rule->start == 0 && rule->end == DAY) open |= rule->days;
    }
    return !hours->regular || open == every;
}

/* --- stretches --- */

static rota__opening *make(const rota__mem *from, int64_t number, uint64_t zone,
                           const rota__spans *spans)
{
    rota__mem mem;
    rota__mem_init(&mem, from->fn, from->ctx);
    int64_t size = (int64_t)sizeof(rota__opening) + spans->count * (int64_t)sizeof(rota_span);
    rota__opening *opening = rota__mem_alloc(&mem, 1, size);
    if (!opening) return NULL;
    memset(opening, 0, sizeof *opening);
    rota__mem_init(&opening->mem, from->fn, from->ctx);
    atomic_init(&opening->refs, 1);
    opening->number = number;
    opening->bytes = size;
    opening->zone = zone;
    opening->spans.items = (rota_span *)(opening + 1);
    opening->spans.count = opening->spans.room = spans->count;
    if (spans->count > 0)
        memcpy(opening->spans.items, spans->items, (size_t)spans->count * sizeof(rota_span));
    return opening;
}

int rota__opening_new(rota__env *env, const rota__mem *mem, const rota__hours *hours,
                      const rota__tz *zone, int64_t number, rota__opening **out)
{
    const rota_span stretch = { number * ROTA__BLOCK_SECONDS, (number + 1) * ROTA__BLOCK_SECONDS };
    rota__arena own;
    rota__env scratch = { .arena = &own, .error = env->error };
    rota__spans spans = { 0 };
    rota__arena_init(&own, env->arena->mem);
    int rc = rota__hours_expand(&scratch, hours, zone, stretch, &spans);
    if (rc == ROTA_OK && !(*out = make(mem, number, rota__tz_digest(zone), &spans)))
        rc = rota__error_plain(env->error, ROTA_ENOMEM);
    rota__arena_free(&own);
    return rc;
}

void rota__opening_keep(rota__opening *opening)
{
    atomic_fetch_add_explicit(&opening->refs, 1, memory_order_relaxed);
}

void rota__opening_drop(rota__opening *opening)
{
    rota__mem mem;
    if (!opening || atomic_fetch_sub_explicit(&opening->refs, 1, memory_order_acq_rel) != 1) return;
    rota__mem_init(&mem, opening->mem.fn, opening->mem.ctx);
    rota__mem_free(&mem, opening);
}

rota_time rota__opening_until(const rota__opening *opening, rota_time at)
{
    const rota_span *open = rota__spans_at(&opening->spans, at);
    return open ? open->end : at;
}
