#include "base/bytes.h"

#include "base/id.h"
#include "base/words.h"

enum { SEAL = 4, MOST_VARINT = 10 };

static uint32_t seal_of(const void *bytes, int64_t size)
{
    return (uint32_t)rota__id_hash(bytes, size);
}

/* --- writing --- */

void rota__bytes_put(rota__str *out, uint8_t byte)
{
    rota__str_bytes(out, &byte, 1);
}

void rota__bytes_put_number(rota__str *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        rota__bytes_put(out, (uint8_t)(value | 0x80));
    rota__bytes_put(out, (uint8_t)value);
}

void rota__bytes_put_text(rota__str *out, const char *text)
{
    rota__str_bytes(out, text, (int64_t)strlen(text) + 1);
}

int rota__bytes_done(rota__str *out, rota__error *error, const void **bytes, int64_t *size)
{
    uint32_t seal = out->failed ? 0 : seal_of(out->text, out->length);
    uint8_t end[SEAL];
    (void)rota__little_put_32(end, seal);
    rota__str_bytes(out, end, SEAL);
    const char *done = rota__str_done(out);
    if (!done) return rota__error_plain(error, ROTA_ENOMEM);
    *bytes = done;
    *size = out->length;
    return ROTA_OK;
}

/* --- reading --- */

bool rota__bytes_open(rota__reader *r, const void *bytes, int64_t size)
{
    const uint8_t *at = bytes;
    if (!bytes || size <= SEAL) return false;
    *r = (rota__reader){ .at = at, .left = size - SEAL };
    return rota__little_32(at + r->left) == seal_of(bytes, r->left);
}

void rota__bytes_fail(rota__reader *r, const char *what)
{
    if (!r->wrong) r->wrong = what;
    r->left = 0;
}

uint8_t rota__bytes_get(rota__reader *r)
{
    if (r->left == 0) {
        rota__bytes_fail(r, "the bytes end too early");
        return 0;
    }
    --r->left;
    return *r->at++;
}

uint64_t rota__bytes_number(rota__reader *r, uint64_t most)
{
    uint64_t value = 0;
    for (int i = 0; i < MOST_VARINT; i++) {
        uint8_t byte = rota__bytes_get(r);
        uint64_t part = byte & 0x7f;
        if (i == MOST_VARINT - 1 && byte > 1) break;
        value |= part << 7 * i;
        if (byte & 0x80) continue;
        if (i > 0 && byte == 0) break;
        if (value <= most) return value;
        break;
    }
    rota__bytes_fail(r, "a number is out of range");
    return 0;
}

int64_t rota__bytes_int(rota__reader *r, int64_t least, int64_t most)
{
    int64_t value = (int64_t)rota__bytes_number(r, (uint64_t)most);
    if (value >= least) return value;
    rota__bytes_fail(r, "a number is out of range");
    return least;
}

const char *rota__bytes_text(rota__reader *r)
{
    const char *text = (const char *)r->at;
    const uint8_t *end = r->left > 0 ? memchr(text, 0, (size_t)r->left) : NULL;
    if (!end || rota__str_utf8(text) < 0) {
        rota__bytes_fail(r, end ? "a text is not UTF-8" : "a text has no end");
        return "";
    }
    r->left -= end + 1 - r->at;
    r->at = end + 1;
    return text;
}
