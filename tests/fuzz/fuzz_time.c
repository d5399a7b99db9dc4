/* Instants as text, and zones: rota_time_parse() with any text and any name of a
 * zone, and the reader of zone files with any bytes.
 *
 * What must hold: an instant that was read can be written and read again; one that
 * is written as RFC 3339 writes UTC is the instant that the C library makes of it; a
 * wall clock that a zone gave an instant shows that time then, but in a gap. */
#define _DEFAULT_SOURCE /* timegm */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/tz.h"

/* --- text --- */

/* As RFC 3339 writes UTC at its plainest. */
static bool is_plain(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:ddZ";
    if (strlen(text) != sizeof shape - 1) return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
    return true;
}

/* The C library's reading of such a text; false where it is no date or time of day. */
static bool read_plain(const char *text, rota_time *out)
{
    struct tm tm = { 0 }, back;
    (void)sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
                 &tm.tm_min, &tm.tm_sec);
    if (tm.tm_year < 1) return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    back = tm;
    *out = (rota_time)timegm(&back);
#ifdef ROTA_FUZZ_CONTROL
    if (tm.tm_mon == 1 && tm.tm_mday == 29) *out += 86400;
#endif
    return back.tm_year == tm.tm_year && back.tm_mon == tm.tm_mon && back.tm_mday == tm.tm_mday &&
           back.tm_hour == tm.tm_hour && back.tm_min == tm.tm_min && back.tm_sec == tm.tm_sec;
}

static void judge_instant(rota *r, const char *text, rota_time found)
{
    char written[ROTA_TIME_TEXT];
    rota_time again = 0;
    FUZZ_EXPECT(rota_time_format(found, written) == ROTA_OK, "%s is not written", text);
    FUZZ_EXPECT(rota_time_parse(r, written, NULL, &again) == ROTA_OK && again == found,
                "%s is %s, and that is another", text, written);
}

static void try_text(rota *r, const char *text, const char *zone)
{
    enum { UNTOUCHED = 77 };
    rota_time found = UNTOUCHED, expected;
    int rc = rota_time_parse(r, text, zone, &found);
    fuzz_expect_answer(r, rc, "parse");
    FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA_EINVALID, "%s: %s", text, rota_errmsg(r));
    FUZZ_EXPECT(rc == ROTA_OK || found == UNTOUCHED, "%s is refused, and read", text);
    if (rc == ROTA_OK) judge_instant(r, text, found);
    if (!is_plain(text) || zone) return;
    FUZZ_EXPECT((rc == ROTA_OK) == read_plain(text, &expected), "%s: %s", text, rota_errmsg(r));
    FUZZ_EXPECT(rc != ROTA_OK || found == expected, "%s is %lld, not %lld", text, (long long)found,
                (long long)expected);
}

/* Reading an instant leaves nothing in a calendar, so that one does for all. */
static rota *calendar(void)
{
    static rota_config config;
    static fuzz_host host;
    static rota *r;
    if (r) return r;
    fuzz_configure(&host, &config);
    FUZZ_EXPECT(rota_open(":memory:", &config, &r) == ROTA_OK, "open: %s", rota_errmsg(r));
    return r;
}

/* A line with the text, one with the zone. */
static void fuzz_lines(const uint8_t *data, size_t size)
{
    char *text = fuzz_block(size + 1);
    memcpy(text, data, size);
    char *zone = memchr(text, '\n', size);
    if (zone) *zone++ = '\0';
    try_text(calendar(), fuzz_copy(text, strlen(text) + 1), zone);
}

/* --- zone files --- */

static void judge_zone(const rota__tz *zone, rota__local local)
{
    int kind = 0;
    rota_time instant = rota__tz_instant(zone, local, &kind);
    int32_t offset = rota__tz_offset(zone, instant);
    FUZZ_EXPECT(kind >= ROTA__TZ_UNIQUE && kind <= ROTA__TZ_FOLD, "kind %d", kind);
    FUZZ_EXPECT(kind == ROTA__TZ_GAP || instant + offset == local,
                "at %lld the clock shows %lld, not %lld", (long long)instant,
                (long long)(instant + offset), (long long)local);
}

/* Two bytes for a time of around a year each, the rest is the file. */
static void fuzz_zone(const uint8_t *data, size_t size)
{
    static const rota__local always[] = { ROTA_TIME_MIN, ROTA_TIME_MAX, 0, FUZZ_NOW };
    fuzz_input in = { .at = data, .left = size };
    rota_config config;
    fuzz_host host;
    rota__mem mem;
    rota__tz *zone;
    fuzz_configure(&host, &config);
    rota__mem_init(&mem, config.memory, config.memory_ctx);
    rota__local local = (rota__local)(int16_t)fuzz_bytes(&in, 2) * 1000003;
    int rc = rota__tz_read(&mem, fuzz_copy(in.at, in.left), (int64_t)in.left, &zone);
    FUZZ_EXPECT(rc == ROTA_OK || rc == ROTA_EINVALID, "status %d", rc);
    if (rc != ROTA_OK) return;
    judge_zone(zone, local);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        judge_zone(zone, always[i]);
    rota__mem_free(&mem, zone);
    FUZZ_EXPECT(host.blocks == 0, "a zone that was not given back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 6 && memcmp(data + 2, "TZif", 4) == 0)
        fuzz_zone(data, size);
    else if (size > 0)
        fuzz_lines(data, size);
    fuzz_release();
    return 0;
}
