#include "domain/hours_rules.h"

#include <inttypes.h>

#include "base/days.h"
#include "base/sort.h"
#include "base/str.h"
#include "domain/event.h"
#include "domain/hours_text.h"
#include "domain/request.h"
#include "domain/resource_find.h"

enum { DAY = 86400, WEEK = 7, DATE_TEXT = 11 };

static const char *const kinds[] = {
    [ROTA_HOURS_WEEKLY] = "weekly",
    [ROTA_HOURS_DATES] = "dates",
    [ROTA_HOURS_EXCEPTION] = "exception",
};

/* --- dates as text --- */

static int read_date(rota__context *cx, int64_t i, const char *what, const char *text, int32_t *day)
{
    char full[DATE_TEXT + sizeof "T00:00"];
    int64_t value = 0, length = 0;
    while (length < DATE_TEXT && text[length])
        length++;
    if (length == DATE_TEXT - 1) {
        memcpy(full, text, DATE_TEXT - 1);
        memcpy(full + DATE_TEXT - 1, "T00:00", sizeof "T00:00");
        if (rota__time_read(full, &value) == ROTA__TIME_LOCAL) {
            *day = (int32_t)rota__time_floor(value, DAY);
            return ROTA_OK;
        }
    }
    bool shown = rota__str_utf8(text) >= 0;
    return rota__error_set(cx->env.error, ROTA_EINVALID,
                           "%s of rules[%" PRId64 "] is no date: \"%.*s\"", what, i,
                           shown ? (int)rota__str_cut(text, 40) : 0, text);
}

/* --- one rule --- */

static int check_clock(rota__context *cx, int64_t i, const rota_hours_rule *rule)
{
    bool closed = rule->closed != 0;
    bool fits = closed
                    ? rule->start == 0 && rule->end == 0
                    : rule->start >= 0 && rule->start < DAY && rule->end >= 0 && rule->end <= DAY;
    if (fits) return ROTA_OK;
    return rota__error_set(cx->env.error, ROTA_EINVALID,
                           closed ? "rules[%" PRId64 "] is closed, and has a time: %" PRId32
                                    " to %" PRId32
                                  : "the time of rules[%" PRId64 "] is none: %" PRId32
                                    " to %" PRId32,
                           i, rule->start, rule->end);
}

static int check_fields(rota__context *cx, int64_t i, const rota_hours_rule *rule)
{
    rota__error *error = cx->env.error;
    if (rule->kind < ROTA_HOURS_WEEKLY || rule->kind > ROTA_HOURS_EXCEPTION)
        return rota__error_set(error, ROTA_EINVALID, "rules[%" PRId64 "] is of no kind: %" PRId32,
                               i, rule->kind);
    if (rule->days & ~(uint32_t)ROTA__EVERY_DAY)
        return rota__error_set(error, ROTA_EINVALID,
                               "days of rules[%" PRId64 "] has unknown bits: 0x%" PRIx32, i,
                               rule->days & ~(uint32_t)ROTA__EVERY_DAY);
    if (rule->kind == ROTA_HOURS_WEEKLY && rule->days == 0)
        return rota__error_set(error, ROTA_EINVALID, "weekly rules[%" PRId64 "] has no days", i);
    if (rule->kind == ROTA_HOURS_EXCEPTION && !rule->from_date)
        return rota__error_set(error, ROTA_EINVALID,
                               "from_date of exception rules[%" PRId64 "] is missing", i);
    if ((rule->closed != 0 && rule->closed != 1) || rule->reserved != 0)
        return rota__error_set(error, ROTA_EINVALID, "%s of rules[%" PRId64 "] is %" PRId32,
                               rule->reserved ? "the reserved field" : "closed", i,
                               rule->reserved ? rule->reserved : rule->closed);
    return check_clock(cx, i, rule);
}

static int read_rule(rota__context *cx, int64_t i, const rota_hours_rule *rule,
                     rota__hours_rule *out)
{
    int rc = check_fields(cx, i, rule);
    if (rc != ROTA_OK) return rc;
    *out = (rota__hours_rule){ .kind = rule->kind,
                               .days = rule->days ? rule->days : ROTA__EVERY_DAY,
                               .from = ROTA__HOURS_FIRST,
                               .to = ROTA__HOURS_LAST,
                               .closed = rule->closed };
    if (rule->from_date &&
        (rc = read_date(cx, i, "from_date", rule->from_date, &out->from)) != ROTA_OK)
        return rc;
    if (rule->to_date && (rc = read_date(cx, i, "to_date", rule->to_date, &out->to)) != ROTA_OK)
        return rc;
    if (rule->kind == ROTA_HOURS_EXCEPTION && !rule->to_date) out->to = out->from;
    if (out->from > out->to)
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "rules[%" PRId64 "] is from %s to %s, which is earlier", i,
                               rota__hours_date(out->from).text, rota__hours_date(out->to).text);
    if (out->closed) return ROTA_OK;
    out->start = rule->start;
    out->end = rule->end > rule->start ? rule->end : rule->end + DAY;
    return ROTA_OK;
}

/* --- two rules that do not go together ---
 *
 * Of one kind and one day of the week a rule is a rectangle: so many weeks in a row, by a
 * part of the day. Two that overlap are found by a sweep over the weeks, in which those that
 * are there at a time lie beside each other on the clock. */

typedef struct patch {
    int64_t first, last; /* weeks */
    int32_t start, end;  /* of the day */
    int64_t rule;
    bool closed;
} patch;

typedef ROTA__LIST(patch) patches;

typedef struct sweep {
    rota__context *cx;
    int32_t kind;
    int weekday;
    patches all;
    const patch **there; /* by start */
    int64_t there_count;
} sweep;

/* The Monday of week 0 is day -3. */
static int64_t week_of(int64_t day)
{
    return rota__time_floor(day + 3, WEEK);
}

static int64_t day_in(int64_t week, int weekday)
{
    return week * WEEK - 3 + weekday;
}

/* The part of a rule that lies `later` days behind the day on which it starts. */
static int add_patch(sweep *s, const rota__hours_rule *rule, int64_t number, int later,
                     int32_t start, int32_t end)
{
    int weekday = (s->weekday + WEEK - later) % WEEK;
    if (!(rule->days & UINT32_C(1) << weekday) || start >= end) return ROTA_OK;
    int64_t from = rule->from == ROTA__HOURS_FIRST ? -2 * (int64_t)ROTA__DAYS_LAST : rule->from;
    int64_t to = rule->to == ROTA__HOURS_LAST ? 2 * (int64_t)ROTA__DAYS_LAST : rule->to;
    /* The weeks in which this weekday is in the range. */
    patch made = { .first = week_of(from + later - s->weekday + WEEK - 1),
                   .last = week_of(to + later - s->weekday),
                   .start = start,
                   .end = end,
                   .rule = number,
                   .closed = rule->closed };
    if (made.first > made.last) return ROTA_OK;
    patch *added = ROTA__PUSH(s->cx->env.arena, &s->all);
    if (!added) return rota__context_nomem(s->cx);
    *added = made;
    return ROTA_OK;
}

static int by_first(const void *left, const void *right)
{
    const patch *a = left, *b = right;
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* On a day that both have, the next one from now on if there is one. */
static int tell(const sweep *s, const patch *a, const patch *b)
{
    int64_t first = a->first > b->first ? a->first : b->first;
    int64_t last = a->last < b->last ? a->last : b->last;
    int64_t now = week_of(rota__time_floor(s->cx->now, DAY));
    int64_t week = now < first ? first : now > last ? last : now;
    const patch *one = a->rule < b->rule ? a : b, *other = one == a ? b : a;
    const char *how = a->closed != b->closed ? "contradict each other" : "overlap";
    return rota__error_set(s->cx->env.error, ROTA_EINVALID,
                           "rules[%" PRId64 "] and rules[%" PRId64 "] (%s) %s on %s", one->rule,
                           other->rule, kinds[s->kind], how,
                           rota__hours_date(day_in(week, s->weekday)).text);
}

static void take_out(sweep *s, int64_t at)
{
    s->there_count--;
    memmove(&s->there[at], &s->there[at + 1], (size_t)(s->there_count - at) * sizeof(*s->there));
}

/* Nothing that is there overlaps another, so that one more does so with a neighbour. Those
 * whose weeks are over are taken out when they are met. */
static int put_in(sweep *s, const patch *p)
{
    int64_t at = 0, high = s->there_count;
    while (at < high) {
        int64_t middle = at + (high - at) / 2;
        if (s->there[middle]->start < p->start)
            at = middle + 1;
        else
            high = middle;
    }
    while (at > 0 && s->there[at - 1]->end > p->start) {
        if (s->there[at - 1]->last >= p->first) return tell(s, s->there[at - 1], p);
        take_out(s, --at);
    }
    while (at < s->there_count && p->end > s->there[at]->start) {
        if (s->there[at]->last >= p->first) return tell(s, s->there[at], p);
        take_out(s, at);
    }
    memmove(&s->there[at + 1], &s->there[at], (size_t)(s->there_count - at) * sizeof(*s->there));
    s->there[at] = p;
    s->there_count++;
    return ROTA_OK;
}

static int find_overlap(sweep *s)
{
    patches *all = &s->all;
    int rc = ROTA_OK;
    s->there = rota__arena_alloc(s->cx->env.arena, all->count + 1, (int64_t)sizeof(*s->there));
    if (!s->there) return rota__context_nomem(s->cx);
    s->there_count = 0;
    rota__sort(all->items, all->count, sizeof *all->items, by_first);
    for (int64_t i = 0; i < all->count && rc == ROTA_OK; i++)
        rc = put_in(s, &all->items[i]);
    return rc;
}

/* One says that a day is closed, and another has a period that starts on it. */
static int find_contradiction(sweep *s)
{
    const patch *longest[2] = { NULL, NULL };
    patches *all = &s->all;
    rota__sort(all->items, all->count, sizeof *all->items, by_first);
    for (int64_t i = 0; i < all->count; i++) {
        const patch *p = &all->items[i], *other = longest[!p->closed];
        if (other && other->last >= p->first) return tell(s, other, p);
        if (!longest[p->closed] || longest[p->closed]->last < p->last) longest[p->closed] = p;
    }
    return ROTA_OK;
}

static int check_weekday(sweep *s, const rota__hours *hours)
{
    int rc = ROTA_OK;
    s->all.count = 0;
    for (int64_t i = 0; i < hours->count && rc == ROTA_OK; i++)
        if (hours->rules[i].kind == s->kind) rc = add_patch(s, &hours->rules[i], i, 0, 0, DAY);
    if (rc == ROTA_OK) rc = find_contradiction(s);
    s->all.count = 0;
    for (int64_t i = 0; i < hours->count && rc == ROTA_OK; i++) {
        const rota__hours_rule *rule = &hours->rules[i];
        if (rule->kind != s->kind || rule->closed) continue;
        rc = add_patch(s, rule, i, 0, rule->start, rule->end < DAY ? rule->end : DAY);
        if (rc == ROTA_OK) rc = add_patch(s, rule, i, 1, 0, rule->end - DAY);
    }
    return rc == ROTA_OK ? find_overlap(s) : rc;
}

static int check_together(rota__context *cx, const rota__hours *hours)
{
    sweep s = { .cx = cx };
    int rc = ROTA_OK;
    for (s.kind = ROTA_HOURS_WEEKLY; s.kind <= ROTA_HOURS_EXCEPTION; s.kind++)
        for (s.weekday = 0; s.weekday < WEEK && rc == ROTA_OK; s.weekday++)
            rc = check_weekday(&s, hours);
    return rc;
}

/* --- put --- */

typedef struct put_request {
    const rota_id *resource;
    const void *bytes; /* NULL: no rules */
    int64_t size;
} put_request;

static int read_rules(rota__context *cx, const rota_hours_rule *rules, int64_t count,
                      put_request *out)
{
    if (count < 0 || (count > 0 && !rules))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "%" PRId64 " rules at no address",
                               count);
    if (count > ROTA_MAX_HOURS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "%" PRId64 " rules are more than %d",
                               count, (int)ROTA_MAX_HOURS);
    if (count == 0) return ROTA_OK;
    rota__hours_rule *own = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *own);
    if (!own) return rota__context_nomem(cx);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = read_rule(cx, i, &rules[i], &own[i]);
    const rota__hours hours = { .rules = own, .count = count };
    if (rc == ROTA_OK) rc = check_together(cx, &hours);
    return rc == ROTA_OK ? rota__hours_write(&cx->env, &hours, &out->bytes, &out->size) : rc;
}

static int decide_put(rota__write *w, const void *data)
{
    const put_request *asked = data;
    rota__resource before;
    rota__timeline *guarded;
    int rc = rota__resource_look(w, asked->resource, &before, &guarded);
    if (rc == ROTA_OK) rc = rota__write_expect(w, before.name, before.version);
    if (rc != ROTA_OK) return rc;
    w->answer.receipt.id = before.id;
    w->answer.receipt.version = before.version;
    if (before.hours_size == asked->size &&
        (asked->size == 0 || memcmp(before.hours, asked->bytes, (size_t)asked->size) == 0))
        return ROTA_OK;
    if ((rc = rota__write_touch(w, before.row)) != ROTA_OK) return rc;
    rota__resource *after = ROTA__PUSH(w->cx->env.arena, &w->batch.resources);
    if (!after) return rota__context_nomem(w->cx);
    *after = before;
    after->hours = asked->bytes;
    after->hours_size = asked->size;
    after->version++;
    w->answer.receipt.version = after->version;
    return rota__event_hours(w, &before, after);
}

static const char *content_of(rota__write *w, const put_request *asked)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = asked->bytes;
    rota__str text;
    char id[37];
    if (!w->call.key) return "";
    rota_id_format(asked->resource, id);
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "hours.put %s %" PRId64 " ", id, w->call.version);
    for (int64_t i = 0; i < asked->size; i++) {
        rota__str_bytes(&text, &digits[bytes[i] >> 4], 1);
        rota__str_bytes(&text, &digits[bytes[i] & 15], 1);
    }
    return rota__str_done(&text);
}

int rota__hours_put(rota__write *w, const rota_id *resource, const rota_hours_rule *rules,
                    int64_t count)
{
    put_request request = { .resource = resource };
    int rc = read_rules(w->cx, rules, count, &request);
    return rc == ROTA_OK ? rota__write_run(w, decide_put, &request, content_of(w, &request)) : rc;
}

/* --- get --- */

int rota__hours_get(rota__context *cx, const rota_id *resource, rota_hours_rule **rules,
                    int64_t *count)
{
    rota__resource found;
    int rc = rota__resource_get(cx, resource, &found);
    return rc == ROTA_OK ? rota__hours_show(&cx->env, &found, rules, count) : rc;
}

/* --- open --- */

static int too_many(rota__context *cx, int64_t count)
{
    return rota__error_set(cx->env.error, ROTA_ELIMIT, "%" PRId64 " open spans are more than %d",
                           count, (int)ROTA_MAX_SPANS);
}

typedef struct open_request {
    const rota_id *resource;
    rota_span window;
    rota__spans *out;
} open_request;

static int decide_open(rota__write *w, const void *data)
{
    const open_request *asked = data;
    rota__timeline *t;
    int rc = rota__resource_claim(w, asked->resource, &t);
    if (rc == ROTA_OK) rc = rota__hours_open(w, t->resource.row, asked->window, asked->out);
    if (rc == ROTA_OK && asked->out->count > ROTA_MAX_SPANS)
        rc = too_many(w->cx, asked->out->count);
    return rc;
}

/* Decided as a write would be, so that what is told of a resource and its places was true
 * at one moment. */
int rota__hours_list(rota__context *cx, const rota_id *resource, rota_span window, rota__spans *out)
{
    open_request request = { .resource = resource, .window = window, .out = out };
    rota__write w = { .cx = cx, .call = { .flags = ROTA_CALL_DRY_RUN } };
    int rc = rota__request_window(cx, window);
    return rc == ROTA_OK ? rota__write_run(&w, decide_open, &request, "") : rc;
}
