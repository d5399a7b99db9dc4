/* Rules: any text as a rule, and what a rule that is one expands to, from any start in
 * any zone.
 *
 * What must hold: a rule that was read is written in a way that reads as the same rule
 * and is written the same again; occurrences ascend, and none is before what was asked
 * for; who begins at one of them sees it first, and goes on as the one who came by; and
 * no rule takes more steps than there are to spend. */
#include "fuzz.h"

#include <string.h>

#include "base/recur.h"

enum { OCCURRENCES = 24, WORK = 60000 };

/* A cache of zones and an arena for all inputs; what an input adds is given back. */
static rota__mem mem;
static rota__tz_cache zones;
static rota__arena arena;

static void prepare(void)
{
    if (mem.fn) return;
    rota__mem_init(&mem, NULL, NULL);
    rota__tz_init(&zones, &mem);
    rota__arena_init(&arena, &mem);
}

/* --- text --- */

static const char *write(const rota__rule *rule)
{
    rota__str str;
    rota__str_init(&str, &arena);
    rota__rule_write(rule, &str);
    return rota__str_done(&str);
}

static void judge_text(const char *text, const rota__rule *rule)
{
    rota__error error = { 0 };
    rota__rule again;
    const char *written = write(rule);
    FUZZ_EXPECT(rota__rule_read(written, -1, &error, &again) == ROTA_OK, "%s is written %s: %s",
                text, written, error.message);
    FUZZ_EXPECT(memcmp(rule, &again, sizeof again) == 0, "%s is written %s, which is another", text,
                written);
    FUZZ_EXPECT(strcmp(written, write(&again)) == 0, "%s is written in two ways", text);
}

/* --- occurrences --- */

/* As many as there are, up to OCCURRENCES. */
static int walk_from(const rota__recur *set, rota_time from, rota_time *out)
{
    static rota__recur_walk walk;
    int count = 0, rc = ROTA_OK;
    rota__recur_open(&walk, set, ROTA_TIME_MAX);
    if (walk.work > WORK) walk.work = WORK;
    rota__recur_seek(&walk, from);
    while (rc == ROTA_OK && count < OCCURRENCES) {
        rc = rota__recur_next(&walk, NULL, &out[count]);
        if (walk.work > WORK) walk.work = WORK;
        if (rc == ROTA_OK) ++count;
    }
    FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA__RECUR_DONE || rc == ROTA_ELIMIT, "status %d", rc);
    FUZZ_EXPECT(walk.work > -ROTA__DAYS_CYCLE - 10, "%lld steps left", (long long)walk.work);
    return rc == ROTA_ELIMIT ? -count - 1 : count;
}

static void judge_order(const char *text, rota_time from, const rota_time *at, int count)
{
    for (int i = 0; i < count; i++) {
        FUZZ_EXPECT(at[i] >= from && at[i] <= ROTA_TIME_MAX, "%s: %lld is before %lld", text,
                    (long long)at[i], (long long)from);
        FUZZ_EXPECT(i == 0 || at[i - 1] < at[i], "%s: %lld is not behind %lld", text,
                    (long long)at[i], (long long)at[i - 1]);
    }
}

static void judge_walk(const char *text, const rota__recur *set, rota_time from)
{
    rota_time all[OCCURRENCES], rest[OCCURRENCES];
    int count = walk_from(set, from, all), found;
    judge_order(text, from, all, count < 0 ? -count - 1 : count);
    if (count < 2) return;
    found = walk_from(set, all[count / 2], rest);
#ifdef ROTA_FUZZ_CONTROL
    if (set->rule->interval % 3 == 0 && found > 0) rest[0] += 86400;
#endif
    for (int i = 0; i < found && count / 2 + i < count; i++)
        FUZZ_EXPECT(rest[i] == all[count / 2 + i], "%s: from %lld on another: %lld", text,
                    (long long)all[count / 2], (long long)rest[i]);
}

/* --- inputs --- */

static const rota__tz *zone_of(uint8_t byte)
{
    static const char *const names[] = { "UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia",
                                         "Australia/Lord_Howe" };
    rota__error error = { 0 };
    const rota__tz *zone = NULL;
    (void)rota__tz_get(&zones, names[byte % 5], &error, &zone);
    FUZZ_EXPECT(zone, "%s", error.message);
    return zone;
}

/* A byte for the zone, two for the start's day, two for the second, two for where to
 * begin, and the rest is the rule. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { .at = data, .left = size };
    rota__error error = { 0 };
    rota__rule rule;
    rota__recur set = { .rule = &rule };
    prepare();
    set.zone = zone_of(fuzz_byte(&in));
    set.start = ((int64_t)(fuzz_bytes(&in, 2) & 0xffff) * 40 + 11000) * 86400 - 900000000;
    set.start += (int64_t)(fuzz_bytes(&in, 2) & 0xffff);
    rota_time from = set.start + ((int64_t)(fuzz_bytes(&in, 2) & 0xffff) - 30000) * 40000;
    if (from < ROTA_TIME_MIN) from = ROTA_TIME_MIN;
    char *text = fuzz_block(in.left + 1);
    memcpy(text, in.at, in.left);
    text = fuzz_copy(text, strlen(text) + 1);
    int rc = rota__rule_read(text, -1, &error, &rule);
    FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA_EINVALID || rc == ROTA_ELIMIT, "status %d", rc);
    FUZZ_EXPECT(rc == ROTA_OK || error.message[0], "%s is refused without a word", text);
    if (rc == ROTA_OK) judge_text(text, &rule);
    if (rc == ROTA_OK && set.start <= ROTA_TIME_MAX && from <= ROTA_TIME_MAX)
        judge_walk(text, &set, from);
    rota__arena_reset(&arena);
    fuzz_release();
    return 0;
}
