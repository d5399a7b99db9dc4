/* Hours as bytes, and back. Numbers and the seal are base/bytes.h's:
 *
 *     version, count of rules, each: kind with closed, from and to in its upper bits,
 *     days, [from], [to], [start, end - start]
 *     the seal
 *
 * Days are counted from 0001-01-01. */
#include "domain/opening.h"

#include "base/bytes.h"

enum {
    VERSION = 1,
    KIND = 3, /* bits of a rule's first byte */
    CLOSED = 4,
    HAS_FROM = 8,
    HAS_TO = 16,
    SMALLEST_RULE = 2,
    DAY = 86400,
    FIRST_DAY = -719162, /* 0001-01-01 */
    LAST_DAY = 2932896   /* 9999-12-31 */
};

/* --- writing --- */

static void put(rota__str *w, int64_t number)
{
    assert(number >= 0);
    rota__bytes_put_number(w, (uint64_t)number);
}

static void put_rule(rota__str *w, const rota__hours_rule *rule)
{
    bool from = rule->from != ROTA__HOURS_FIRST, to = rule->to != ROTA__HOURS_LAST;
    put(w, rule->kind | (rule->closed ? CLOSED : 0) | (from ? HAS_FROM : 0) | (to ? HAS_TO : 0));
    put(w, rule->days);
    if (from) put(w, (int64_t)rule->from - FIRST_DAY);
    if (to) put(w, (int64_t)rule->to - FIRST_DAY);
    if (rule->closed) return;
    put(w, rule->start);
    put(w, rule->end - rule->start);
}

int rota__hours_write(rota__env *env, const rota__hours *hours, const void **bytes, int64_t *size)
{
    rota__str w;
    rota__str_init(&w, env->arena);
    rota__bytes_put(&w, VERSION);
    put(&w, hours->count);
    for (int64_t i = 0; i < hours->count; i++)
        put_rule(&w, &hours->rules[i]);
    return rota__bytes_done(&w, env->error, bytes, size);
}

/* --- reading --- */

static int32_t get(rota__reader *r, int32_t least, int32_t most)
{
    return (int32_t)rota__bytes_int(r, least, most);
}

static void get_rule(rota__reader *r, rota__hours_rule *out)
{
    int32_t first = get(r, 0, KIND | CLOSED | HAS_FROM | HAS_TO);
    out->kind = first & KIND;
    out->closed = first & CLOSED;
    out->days = (uint32_t)get(r, 1, ROTA__EVERY_DAY);
    out->from = ROTA__HOURS_FIRST;
    out->to = ROTA__HOURS_LAST;
    if (first & HAS_FROM) out->from = FIRST_DAY + get(r, 0, LAST_DAY - FIRST_DAY);
    if (first & HAS_TO) out->to = FIRST_DAY + get(r, 0, LAST_DAY - FIRST_DAY);
    out->start = out->end = 0;
    if (!out->closed) {
        out->start = get(r, 0, DAY - 1);
        out->end = out->start + get(r, 1, DAY);
    }
    if (out->kind == 0) rota__bytes_fail(r, "a rule is of no kind");
    if (out->from > out->to) rota__bytes_fail(r, "a rule ends before it begins");
    if (out->kind == ROTA_HOURS_EXCEPTION && (first & (HAS_FROM | HAS_TO)) != (HAS_FROM | HAS_TO))
        rota__bytes_fail(r, "an exception has no dates");
}

static int corrupt(rota__env *env, const char *why)
{
    return rota__error_set(env->error, ROTA_ECORRUPT, "stored hours are damaged: %s", why);
}

int rota__hours_read(rota__env *env, const void *bytes, int64_t size, rota__hours *out)
{
    rota__reader r = { 0 };
    if (!rota__bytes_open(&r, bytes, size))
        return corrupt(env, "they are not those that were written");
    if (rota__bytes_get(&r) != VERSION) rota__bytes_fail(&r, "their version is not known");
    int64_t count = get(&r, 1, ROTA_MAX_HOURS);
    if (count > r.left / SMALLEST_RULE) rota__bytes_fail(&r, "there are fewer rules than they say");
    if (r.wrong) return corrupt(env, r.wrong);
    rota__hours_rule *rules = rota__arena_alloc(env->arena, count, (int64_t)sizeof *rules);
    if (!rules) return rota__error_plain(env->error, ROTA_ENOMEM);
    *out = (rota__hours){ .rules = rules, .count = count };
    for (int64_t i = 0; i < count; i++) {
        get_rule(&r, &rules[i]);
        out->regular |= rules[i].kind != ROTA_HOURS_EXCEPTION;
    }
    if (r.left > 0) rota__bytes_fail(&r, "they go on behind their end");
    return r.wrong ? corrupt(env, r.wrong) : ROTA_OK;
}
