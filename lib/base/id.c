/* Ids and hashes. Knows UUIDs (RFC 9562) and SipHash; which records the ids
 * belong to, and what is hashed, is left to the callers. */
#define _GNU_SOURCE /* getentropy */
#include "base/id.h"

#include <sys/random.h>
#include <unistd.h>

static const int dashes[] = { 8, 13, 18, 23 };

static bool is_dash(int position)
{
    int64_t i;

    for (i = 0; i < ROTA__LENGTH(dashes); ++i)
        if (position == dashes[i]) return true;
    return false;
}

void rota_id_format(const rota_id *id, char text[37])
{
    static const char digits[] = "0123456789abcdef";
    int64_t i;

    for (i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *text++ = '-';
        *text++ = digits[id->b[i] >> 4];
        *text++ = digits[id->b[i] & 15];
    }
    *text = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int rota_id_parse(const char *text, rota_id *id)
{
    rota_id read = { { 0 } };
    int position, digit = 0;

    if (!text || !id) return ROTA_EINVALID;
    for (position = 0; position < 36; ++position) {
        int value = hex_value(text[position]); /* the NUL of a short text has none */

        if (is_dash(position)) {
            if (text[position] != '-') return ROTA_EINVALID;
            continue;
        }
        if (value < 0) return ROTA_EINVALID;
        read.b[digit / 2] = (uint8_t)(read.b[digit / 2] << 4 | value);
        ++digit;
    }
    if (text[36] != '\0') return ROTA_EINVALID;
    *id = read;
    return ROTA_OK;
}

bool rota__id_is_none(const rota_id *id)
{
    static const rota_id none;

    return rota__id_compare(id, &none) == 0;
}

static int system_random(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    return getentropy(bytes, (size_t)count);
}

static void write_big(uint8_t *bytes, int count, uint64_t value)
{
    int i;

    for (i = count - 1; i >= 0; --i) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
}

static void set_version(rota_id *id)
{
    id->b[6] = (uint8_t)(0x70 | (id->b[6] & 0x0f));
    id->b[8] = (uint8_t)(0x80 | (id->b[8] & 0x3f));
}

/* The id as one number without its version and variant: 60 bits of time and
 * rand_a, 62 of rand_b. A carry out of the random bits makes the time later. */
static bool step(const rota_id *last, uint64_t by, rota_id *out)
{
    uint64_t first = rota__big_64(last->b), high = first >> 16 << 12 | (first & 0x0fff);
    uint64_t low = (rota__big_64(last->b + 8) & (UINT64_MAX >> 2)) + by;

    high += low >> 62;
    if (high >> 60) return false;
    write_big(out->b, 6, high >> 12);
    write_big(out->b + 6, 2, high & 0x0fff);
    write_big(out->b + 8, 8, low);
    set_version(out);
    return true;
}

bool rota__id_last_init(rota__id_last *last)
{
    memset(&last->id, 0, sizeof last->id);
    return pthread_mutex_init(&last->mutex, NULL) == 0;
}

void rota__id_last_free(rota__id_last *last)
{
    (void)pthread_mutex_destroy(&last->mutex);
}

/* Lifts an id above the last one, and makes it that. */
static bool follow(rota__id_last *last, rota_id *id)
{
    bool lower = rota__id_compare(id, &last->id) <= 0;
    if (lower && !step(&last->id, (uint32_t)rota__big_64(id->b + 8) + UINT64_C(1), id))
        return false;
    last->id = *id;
    return true;
}

int rota__id_next(rota__id_source *source, rota_time now, rota_id *out)
{
    int (*random)(void *, void *, int64_t) = source->random ? source->random : system_random;
    rota_id fresh;

    if (now < 0) now = 0;
    if (now > ROTA_TIME_MAX) now = ROTA_TIME_MAX;
    write_big(fresh.b, 6, (uint64_t)now * 1000);
    if (random(source->ctx, fresh.b + 6, 10) != 0) return ROTA_EIO;
    set_version(&fresh);
    (void)pthread_mutex_lock(&source->last->mutex);
    bool made = follow(source->last, &fresh);
    (void)pthread_mutex_unlock(&source->last->mutex);
    if (!made) return ROTA_EIO;
    *out = fresh;
    return ROTA_OK;
}

static uint64_t rotated(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

/* By value, so that it stays in registers. */
typedef struct sip {
    uint64_t a, b, c, d;
} sip;

static inline sip sip_round(sip v)
{
    v.a += v.b;
    v.c += v.d;
    v.b = rotated(v.b, 13) ^ v.a;
    v.d = rotated(v.d, 16) ^ v.c;
    v.a = rotated(v.a, 32);
    v.c += v.b;
    v.a += v.d;
    v.b = rotated(v.b, 17) ^ v.c;
    v.d = rotated(v.d, 21) ^ v.a;
    v.c = rotated(v.c, 32);
    return v;
}

static uint64_t read_little(const uint8_t *bytes, int64_t count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

static inline sip sip_word(sip v, uint64_t word)
{
    v.d ^= word;
    v = sip_round(sip_round(v));
    v.a ^= word;
    return v;
}

/* The key is the one of the published test vectors, 00 01 .. 0f. The values are
 * kept in files, so neither it nor anything here may ever change. */
static inline sip sip_begin(void)
{
    const uint64_t k0 = 0x0706050403020100u, k1 = 0x0f0e0d0c0b0a0908u;
    return (sip){ k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                  k1 ^ 0x7465646279746573u };
}

/* Takes in all whole words, and moves on behind them. */
static inline sip sip_words(sip v, const uint8_t **bytes, int64_t count)
{
    for (; count >= 8; count -= 8, *bytes += 8)
        v = sip_word(v, rota__little_64(*bytes));
    return v;
}

/* left: what is behind the whole words; count: of all bytes. */
static inline uint64_t sip_end(sip v, uint64_t left, int64_t count)
{
    v = sip_word(v, left | (uint64_t)count << 56);
    v.c ^= 0xff;
    v = sip_round(sip_round(sip_round(sip_round(v))));
    return v.a ^ v.b ^ v.c ^ v.d;
}

uint64_t rota__id_hash(const void *bytes, int64_t count)
{
    const uint8_t *left = bytes;
    sip v = sip_words(sip_begin(), &left, count);
    return sip_end(v, read_little(left, count % 8), count);
}

rota_id rota__id_lowest(rota_time time)
{
    rota_id id = { { 0 } };
    write_big(id.b, 6, time > 0 ? (uint64_t)time * 1000 : 0);
    return id;
}

/* Of the hashes of the words with a byte 0 behind them, and with a 1. */
rota_id rota__id_derive(rota_time time, const uint8_t *words, int64_t count)
{
    const int64_t size = 8 * count + 1;
    rota_id id = rota__id_lowest(time);
    const sip begun = sip_words(sip_begin(), &words, 8 * count);
    const uint64_t second = sip_end(begun, 1, size);
    (void)rota__little_put_64(id.b + 6, sip_end(begun, 0, size));
    id.b[14] = (uint8_t)second;
    id.b[15] = (uint8_t)(second >> 8);
    set_version(&id);
    return id;
}
