#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* --- findings --- */

void (*fuzz_last)(void);

void fuzz_found(const char *file, int line, const char *format, ...)
{
    va_list values;
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    if (fuzz_last) fuzz_last();
    abort();
}

void fuzz_expect_text(const char *text, const char *what)
{
    FUZZ_EXPECT(!text || rota__str_utf8(text) >= 0, "%s is not UTF-8: %s", what, text);
}

void fuzz_expect_answer(const rota *r, int status, const char *call)
{
    FUZZ_EXPECT(strcmp(rota_status_name(status), "EUNKNOWN") != 0, "%s: %d is no status", call,
                status);
    const char *message = rota_errmsg(r);
    FUZZ_EXPECT(message && *message, "%s: no message", call);
    for (const char *at = message; *at; at++)
        FUZZ_EXPECT((unsigned char)*at >= ' ' && *at != 0x7f, "%s: not one line: %s", call,
                    message);
    fuzz_expect_text(message, call);
}

/* --- values --- */

uint8_t fuzz_byte(fuzz_input *in)
{
    if (in->left == 0) return 0;
    in->left--;
    return *in->at++;
}

uint64_t fuzz_bytes(fuzz_input *in, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)fuzz_byte(in) << (8 * i);
    return value;
}

int64_t fuzz_pick(fuzz_input *in, int64_t count)
{
    return fuzz_byte(in) % count;
}

enum { PLAIN = 0xe0 }; /* bytes below it stand for the ordinary */

int64_t fuzz_int(fuzz_input *in)
{
    static const int64_t ends[] = { INT64_MIN,
                                    INT64_MIN + 1,
                                    INT32_MIN,
                                    INT32_MAX,
                                    INT32_MAX + 1LL,
                                    UINT32_MAX,
                                    INT64_MAX - 1,
                                    INT64_MAX,
                                    ROTA_MAX_ROWS,
                                    ROTA_MAX_ROWS + 1,
                                    ROTA_MAX_BUFFER,
                                    ROTA_MAX_BUFFER + 1,
                                    -1,
                                    -2 };
    uint8_t kind = fuzz_byte(in);
    if (kind < PLAIN) return kind % 16;
    if (kind == 0xff) return (int64_t)fuzz_bytes(in, 8);
    if (kind >= 0xf8) return (int64_t)fuzz_bytes(in, 2);
    return ends[fuzz_byte(in) % (sizeof ends / sizeof ends[0])];
}

rota_time fuzz_time(fuzz_input *in, rota_time near)
{
    static const rota_time ends[] = { ROTA_TIME_MIN,
                                      ROTA_TIME_MIN - 1,
                                      ROTA_TIME_MIN + 1,
                                      ROTA_TIME_MAX,
                                      ROTA_TIME_MAX + 1,
                                      ROTA_TIME_MAX - 1,
                                      INT64_MIN,
                                      INT64_MIN + 1,
                                      INT64_MAX,
                                      INT64_MAX - 1,
                                      0,
                                      -1 };
    uint8_t kind = fuzz_byte(in);
    if (kind < PLAIN) return near + ((rota_time)(kind % 64) - 16) * 900;
    if (kind == 0xff) return (rota_time)fuzz_bytes(in, 8);
    if (kind >= 0xf0) return near + (int16_t)fuzz_bytes(in, 2);
    return ends[fuzz_byte(in) % (sizeof ends / sizeof ends[0])];
}

static const char *repeated(fuzz_input *in)
{
    static const size_t lengths[] = { ROTA_MAX_NAME - 1, ROTA_MAX_NAME, ROTA_MAX_NAME + 1,
                                      ROTA_MAX_DATA, ROTA_MAX_DATA + 1 };
    size_t length = lengths[fuzz_byte(in) % (sizeof lengths / sizeof lengths[0])];
    char *text = fuzz_block(length + 1), fill = (char)fuzz_byte(in);
    memset(text, fill ? fill : 'x', length);
    return text;
}

const char *fuzz_text(fuzz_input *in)
{
    static const char *const words[] = { "a",
                                         "room",
                                         "Blue",
                                         "UTC",
                                         "Europe/Berlin",
                                         "",
                                         "\xc3\x9c!",
                                         "\xf0\x9f\x93\x85",
                                         "b\x01\n\"\\",
                                         "x'; DROP TABLE booking; --" };
    uint8_t kind = fuzz_byte(in);
    if (kind < 0x80) {
        const char *word = words[kind % (sizeof words / sizeof words[0])];
        return fuzz_copy(word, strlen(word) + 1);
    }
    if (kind < 0xc0) return NULL;
    if (kind >= 0xf8) return repeated(in);
    size_t length = kind % 32u;
    char *text = fuzz_block(length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = (char)fuzz_byte(in);
    return text;
}

/* --- blocks --- */

enum { MOST_BLOCKS = 4096 };
static void *blocks[MOST_BLOCKS];
static int block_count;

void *fuzz_block(size_t size)
{
    FUZZ_EXPECT(block_count < MOST_BLOCKS,
                "an input that makes more blocks than there is room for");
    void *block = calloc(1, size);
    FUZZ_EXPECT(block || size == 0, "no memory");
    blocks[block_count++] = block;
    return block;
}

void *fuzz_copy(const void *bytes, size_t size)
{
    void *block = fuzz_block(size);
    if (size > 0) memcpy(block, bytes, size);
    return block;
}

void fuzz_release(void)
{
    while (block_count > 0)
        free(blocks[--block_count]);
}

/* Now and then another one than ours. */
static uint32_t some_size(fuzz_input *in, uint32_t own_size)
{
    uint8_t kind = fuzz_byte(in);
    if (kind < PLAIN) return own_size;
    if (kind < 0xf0) return (uint32_t)fuzz_byte(in);
    if (kind < 0xfe) return own_size + (uint32_t)fuzz_byte(in);
    return 65536 + own_size;
}

static void *sized(uint32_t size)
{
    uint32_t room = size < sizeof size ? (uint32_t)sizeof size : size;
    void *record = fuzz_block(room);
    memcpy(record, &size, sizeof size);
    return record;
}

void *fuzz_record(fuzz_input *in, const void *own, uint32_t own_size)
{
    uint32_t size = some_size(in, own_size), known = size < own_size ? size : own_size;
    uint8_t *record = sized(size);
    if (known > sizeof size)
        memcpy(record + sizeof size, (const uint8_t *)own + sizeof size, known - sizeof size);
    if (size > own_size) {
        uint8_t unknown = fuzz_byte(in);
        record[own_size + fuzz_bytes(in, 2) % (size - own_size)] = unknown % 4 ? 0 : unknown;
    }
    return record;
}

void *fuzz_room(fuzz_input *in, uint32_t own_size)
{
    uint32_t size = some_size(in, own_size);
    uint8_t *record = sized(size);
    if (size > sizeof size) memset(record + sizeof size, 0xa5, size - sizeof size);
    return record;
}

/* --- the host --- */

static rota_time now(void *ctx)
{
    fuzz_host *host = ctx;
    bool works = host->now >= ROTA_TIME_MIN && host->now <= ROTA_TIME_MAX;
    if (works && host->now > host->latest) host->latest = host->now;
    return host->now;
}

static int random_bytes(void *ctx, void *bytes, int64_t count)
{
    fuzz_host *host = ctx;
    unsigned char *out = bytes;
    for (int64_t i = 0; i < count; i++) {
        host->random = host->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        out[i] = (unsigned char)(host->random >> 56);
    }
    return 0;
}

static void *memory(void *ctx, void *block, int64_t size)
{
    fuzz_host *host = ctx;
    if (size == 0) {
        host->blocks -= block != NULL;
        free(block);
        return NULL;
    }
    if (host->refuse_in > 0 && --host->refuse_in == 0) {
        host->refused = true;
        return NULL;
    }
    void *given = realloc(block, (size_t)size);
    FUZZ_EXPECT(given, "no memory for %lld bytes", (long long)size);
    host->blocks += block == NULL;
    return given;
}

void fuzz_configure(fuzz_host *host, rota_config *config)
{
    *host = (fuzz_host){ .now = FUZZ_NOW, .latest = ROTA_TIME_MIN };
    *config = (rota_config)ROTA_INIT(rota_config);
    config->now = now;
    config->random = random_bytes;
    config->memory = memory;
    config->now_ctx = config->random_ctx = config->memory_ctx = host;
}
