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

int rota__id_compare(const rota_id *a, const rota_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

static int system_random(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    return getentropy(bytes, (size_t)count);
}

static uint64_t read_big(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    int i;

    for (i = 0; i < count; ++i)
        value = value << 8 | bytes[i];
    return value;
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
    uint64_t high = read_big(last->b, 6) << 12 | (read_big(last->b + 6, 2) & 0x0fff);
    uint64_t low = (read_big(last->b + 8, 8) & (UINT64_MAX >> 2)) + by;

    high += low >> 62;
    if (high >> 60) return false;
    write_big(out->b, 6, high >> 12);
    write_big(out->b + 6, 2, high & 0x0fff);
    write_big(out->b + 8, 8, low);
    set_version(out);
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
    if (rota__id_compare(&fresh, &source->last) <= 0 &&
        !step(&source->last, read_big(fresh.b + 12, 4) + 1, &fresh))
        return ROTA_EIO;
    source->last = fresh;
    *out = fresh;
    return ROTA_OK;
}

static uint64_t rotated(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

static uint64_t read_little(const uint8_t *bytes, int64_t count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 8 | bytes[count];
    return value;
}

/* Written so that compilers see one load in it. */
static uint64_t read_word(const uint8_t *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
           (uint64_t)b[7] << 56;
}

static void write_word(uint8_t *b, uint64_t word)
{
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(word >> (8 * i));
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

/* The key is the one of the published test vectors, 00 01 .. 0f. The values are
 * kept in files, so neither it nor anything here may ever change. */
static void sip_begin(uint64_t v[4])
{
    const uint64_t k0 = 0x0706050403020100u, k1 = 0x0f0e0d0c0b0a0908u;
    v[0] = k0 ^ 0x736f6d6570736575u;
    v[1] = k1 ^ 0x646f72616e646f6du;
    v[2] = k0 ^ 0x6c7967656e657261u;
    v[3] = k1 ^ 0x7465646279746573u;
}

/* Takes in all whole words, and returns what is left. */
static const uint8_t *sip_words(uint64_t v[4], const uint8_t *bytes, int64_t count)
{
    for (; count >= 8; count -= 8, bytes += 8)
        sip_word(v, read_word(bytes));
    return bytes;
}

/* count: of all bytes, with those that were taken in. */
static uint64_t sip_end(uint64_t v[4], const uint8_t *left, int64_t count)
{
    sip_word(v, read_little(left, count % 8) | (uint64_t)count << 56);
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t rota__id_hash(const void *bytes, int64_t count)
{
    uint64_t v[4];
    sip_begin(v);
    return sip_end(v, sip_words(v, bytes, count), count);
}

rota_id rota__id_lowest(rota_time time)
{
    rota_id id = { { 0 } };
    write_big(id.b, 6, time > 0 ? (uint64_t)time * 1000 : 0);
    return id;
}

/* Of the hashes of the bytes with a 0 behind them, and with a 1. */
rota_id rota__id_derive(rota_time time, const void *bytes, int64_t count)
{
    const int64_t rest = count % 8;
    uint64_t begun[4], hash[2];
    uint8_t end[8] = { 0 };
    rota_id id = rota__id_lowest(time);
    sip_begin(begun);
    memcpy(end, sip_words(begun, bytes, count), (size_t)rest);
    for (uint8_t i = 0; i < 2; i++) {
        uint64_t v[4] = { begun[0], begun[1], begun[2], begun[3] };
        end[rest] = i;
        hash[i] = sip_end(v, sip_words(v, end, rest + 1), count + 1);
    }
    write_word(id.b + 6, hash[0]);
    id.b[14] = (uint8_t)hash[1];
    id.b[15] = (uint8_t)(hash[1] >> 8);
    set_version(&id);
    return id;
}
