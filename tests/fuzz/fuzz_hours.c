/* Hours: any bytes as those of a resource, once as they are and once sealed, so that what is
 * behind the hash is met; and what those that are hours give in any window and zone.
 *
 * What must hold: a status that there is; what was read is written as it was; open spans
 * ascend, do not touch, and lie within the window; what a stretch has is what the window has. */
#include "fuzz.h"

#include <string.h>

#include "base/id.h"
#include "domain/opening.h"

enum { SEAL = 4, LONGEST = 4096, WINDOW = 40 * 86400 };

static rota__mem mem;
static rota__tz_cache zones;
static rota__arena arena;
static rota__error error;
static rota__env env = { .arena = &arena, .error = &error };

static void prepare(void)
{
    if (mem.fn) return;
    rota__mem_init(&mem, NULL, NULL);
    rota__tz_init(&zones, &mem);
    rota__arena_init(&arena, &mem);
}

static void judge_spans(const rota__spans *spans, rota_span window)
{
    for (int64_t i = 0; i < spans->count; i++) {
        rota_span span = spans->items[i];
        FUZZ_EXPECT(span.start < span.end && span.start >= window.start && span.end <= window.end,
                    "span %lld of the hours is none", (long long)i);
        FUZZ_EXPECT(i == 0 || spans->items[i - 1].end < span.start, "spans %lld touch",
                    (long long)i);
    }
}

static void judge_stretch(const rota__hours *hours, const rota__tz *zone, const rota__spans *spans)
{
    rota__opening *opening = NULL;
    for (int64_t i = 0; i < spans->count && i < 8; i++) {
        rota_span span = spans->items[i];
        int rc = rota__opening_new(&env, &mem, hours, zone, rota__block_of(span.start), &opening);
        FUZZ_EXPECT(rc == ROTA_OK, "a stretch: %s", error.message);
        rota_time until = rota__opening_until(opening, span.start);
        rota_time end = (opening->number + 1) * ROTA__BLOCK_SECONDS;
        FUZZ_EXPECT(until >= (span.end < end ? span.end : end), "a stretch is closed at %lld",
                    (long long)span.start);
        rota__opening_drop(opening);
    }
}

static void judge(const rota__hours *hours, const void *bytes, int64_t size)
{
    static const char *const names[] = { "UTC", "Europe/Berlin", "Pacific/Apia",
                                         "Australia/Lord_Howe" };
    static const rota_time starts[] = { 1910000000, 1325000000, ROTA_TIME_MIN,
                                        ROTA_TIME_MAX - WINDOW };
    const void *again;
    int64_t again_size;
    FUZZ_EXPECT(rota__hours_write(&env, hours, &again, &again_size) == ROTA_OK, "%s",
                error.message);
#ifdef ROTA_FUZZ_CONTROL
    if (hours->count == 2) again_size--;
#endif
    FUZZ_EXPECT(again_size == size && memcmp(again, bytes, (size_t)size) == 0,
                "hours are written as others");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const rota__tz *zone;
        rota__spans spans = { 0 };
        const rota_span window = { starts[i], starts[i] + WINDOW };
        if (rota__tz_get(&zones, names[i], &error, &zone) != ROTA_OK) continue;
        int rc = rota__hours_expand(&env, hours, zone, window, &spans);
        FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA_ELIMIT, "status %d: %s", rc, error.message);
        if (rc != ROTA_OK) continue;
        judge_spans(&spans, window);
        judge_stretch(hours, zone, &spans);
        if (rota__hours_unbroken(hours) &&
            rota__hours_settled(hours, zone) < window.start - (int64_t)7 * 86400)
            FUZZ_EXPECT(spans.count == 1 && spans.items[0].end - spans.items[0].start == WINDOW,
                        "unbroken hours have a gap");
    }
}

static void try(const void *bytes, int64_t size)
{
    rota__hours hours;
    rota__arena_reset(&arena);
    int rc = rota__hours_read(&env, bytes, size, &hours);
    FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA_ECORRUPT, "status %d: %s", rc, error.message);
    if (rc == ROTA_OK) judge(&hours, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > LONGEST) return 0;
    prepare();
    try(fuzz_copy(data, size), (int64_t)size);
    uint8_t *sealed = fuzz_block(size + SEAL);
    if (size > 0) memcpy(sealed, data, size);
    uint32_t seal = (uint32_t)rota__id_hash(sealed, (int64_t)size);
    for (int i = 0; i < SEAL; i++)
        sealed[size + (size_t)i] = (uint8_t)(seal >> 8 * i);
    try(sealed, (int64_t)size + SEAL);
    fuzz_release();
    return 0;
}
