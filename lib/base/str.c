/* Text: building it in an arena, writing it as JSON, telling UTF-8 from other
 * bytes. Knows nothing of what the text means. */
#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

enum { FIRST_ROOM = 256 }; /* most of what is written is an event: of 200 to 400 bytes */

void rota__str_init(rota__str *str, rota__arena *arena)
{
    memset(str, 0, sizeof *str);
    str->arena = arena;
}

/* Room for `more` bytes and the NUL behind them. */
static bool reserve(rota__str *str, int64_t more)
{
    int64_t needed, room;
    char *text;

    if (str->failed) return false;
    str->failed = more >= INT64_MAX / 4 - str->length;
    if (str->failed) return false;
    needed = str->length + more + 1;
    if (needed <= str->room) return true;
    room = str->room ? str->room * 2 : FIRST_ROOM;
    if (room < needed) room = needed;
    text = rota__arena_grow(str->arena, str->text, str->room, room);
    str->failed = !text;
    if (!text) return false;
    str->text = text;
    str->room = room;
    return true;
}

void rota__str_bytes(rota__str *str, const void *bytes, int64_t length)
{
    if (!reserve(str, length)) return;
    memcpy(str->text + str->length, bytes, (size_t)length);
    str->length += length;
    str->text[str->length] = '\0';
}

void rota__str_addf(rota__str *str, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) str->failed = true;
    if (length < 0 || !reserve(str, length)) return;
    va_start(args, format);
    vsnprintf(str->text + str->length, (size_t)length + 1, format, args);
    va_end(args);
    str->length += length;
}

/* Written often, where vsnprintf() would be most of the work. */
void rota__str_int(rota__str *str, int64_t number)
{
    char digits[20], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0) *--at = '-';
    rota__str_bytes(str, at, digits + sizeof digits - at);
}

/* What stands for a byte that cannot stand in a JSON string as it is. */
static const char *escape(unsigned char byte, char hex[7])
{
    static const char digits[] = "0123456789abcdef";

    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    memcpy(hex, "\\u00", 4);
    hex[4] = digits[byte >> 4];
    hex[5] = digits[byte & 15];
    hex[6] = '\0';
    return hex;
}

void rota__str_json(rota__str *str, const char *text)
{
    const char *plain = text; /* from here to text nothing needs escaping */

    if (!text) {
        rota__str_add(str, "null");
        return;
    }
    rota__str_add(str, "\"");
    while (*text) {
        int64_t length = rota__str_next(text);
        unsigned char byte = (unsigned char)*text;
        char hex[7];

        if (length > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            text += length;
            continue;
        }
        rota__str_bytes(str, plain, text - plain);
        rota__str_add(str, length == 0 ? "\xef\xbf\xbd" : escape(byte, hex));
        plain = ++text;
    }
    rota__str_bytes(str, plain, text - plain);
    rota__str_add(str, "\"");
}

const char *rota__str_done(rota__str *str)
{
    if (str->failed) return NULL;
    return str->text ? str->text : "";
}

int64_t rota__str_next(const char *text)
{
    const unsigned char *b = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    int64_t length, i;

    if (b[0] < 0x80) return 1;
    if (b[0] < 0xc2 || b[0] > 0xf4) return 0;
    length = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (b[0] == 0xe0) low = 0xa0;  /* below: overlong */
    if (b[0] == 0xed) high = 0x9f; /* above: surrogates */
    if (b[0] == 0xf0) low = 0x90;  /* below: overlong */
    if (b[0] == 0xf4) high = 0x8f; /* above: beyond U+10FFFF */
    if (b[1] < low || b[1] > high) return 0;
    for (i = 2; i < length; ++i) /* a NUL is no continuation: nothing is read past it */
        if (b[i] < 0x80 || b[i] > 0xbf) return 0;
    return length;
}

int64_t rota__str_utf8(const char *text)
{
    int64_t length = 0;

    while (text[length]) {
        int64_t next = rota__str_next(text + length);

        if (next == 0) return -1;
        length += next;
    }
    return length;
}

int64_t rota__str_cut(const char *text, int64_t room)
{
    int64_t length = 0;

    while (text[length]) {
        int64_t next = rota__str_next(text + length);

        if (next == 0 || next > room - length) break;
        length += next;
    }
    return length;
}
