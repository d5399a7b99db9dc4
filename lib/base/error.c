/* Statuses as text, and the one line a call ends with. Knows the table of
 * statuses; what a message says is left to those who set it. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

const char *rota_version(void)
{
    return ROTA_VERSION;
}

const char *rota_status_name(int status)
{
    switch (status) {
#define NAME(name, code, text) \
    case ROTA_##name:          \
        return #name;
        ROTA_STATUS_MAP(NAME)
#undef NAME
    default:
        return "EUNKNOWN";
    }
}

const char *rota_status_text(int status)
{
    switch (status) {
#define TEXT(name, code, text) \
    case ROTA_##name:          \
        return text;
        ROTA_STATUS_MAP(TEXT)
#undef TEXT
    default:
        return "unknown status";
    }
}

/* Whether the character of `length` bytes breaks a line or moves a terminal's
 * cursor: C0, DEL, C1 (NEL among them), U+2028 and U+2029. */
static bool is_control(const char *text, int64_t length)
{
    const unsigned char *b = (const unsigned char *)text;

    if (length == 1) return b[0] < 0x20 || b[0] == 0x7f;
    if (length == 2) return b[0] == 0xc2 && b[1] < 0xa0;
    return length == 3 && b[0] == 0xe2 && b[1] == 0x80 && (b[2] == 0xa8 || b[2] == 0xa9);
}

/* `to` has room for all of `from`: nothing becomes longer. A character that was
 * cut in the middle is a run of invalid bytes, and goes with them. */
static void copy_line(char *to, const char *from)
{
    while (*from) {
        int64_t length = rota__str_next(from);

        if (length == 0) {
            ++from;
            continue;
        }
        if (is_control(from, length)) {
            *to++ = ' ';
        } else {
            memcpy(to, from, (size_t)length);
            to += length;
        }
        from += length;
    }
    *to = '\0';
}

int rota__error_set(rota__error *error, int code, const char *format, ...)
{
    char line[sizeof error->message]; /* the arguments may point into the old message */
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0) return rota__error_plain(error, code);
    error->code = code;
    copy_line(error->message, line);
    return code;
}

int rota__error_plain(rota__error *error, int code)
{
    const char *text = rota_status_text(code);
    error->code = code;
    memcpy(error->message, text, strlen(text) + 1);
    return code;
}
