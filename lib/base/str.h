/* Growing text in an arena, UTF-8 checks, JSON strings. */
#ifndef ROTA__STR_H
#define ROTA__STR_H

#include "base/mem.h"

/* Appends after a failure do nothing; rota__str_done() tells at the end, so a
 * writer checks once. */
typedef struct rota__str {
    rota__arena *arena;
    char *text; /* NUL-terminated once something was added */
    int64_t length, room;
    bool failed;
} rota__str;

void rota__str_init(rota__str *str, rota__arena *arena);
void rota__str_bytes(rota__str *str, const void *bytes, int64_t length);
/* Here, so that the length of a literal is known when it is compiled. */
static inline void rota__str_add(rota__str *str, const char *text)
{
    rota__str_bytes(str, text, (int64_t)strlen(text));
}
void rota__str_int(rota__str *str, int64_t number);
void rota__str_addf(rota__str *str, const char *format, ...) ROTA__PRINTF(2, 3);
/* As a JSON string with its quotes (RFC 8259), or null for NULL. Bytes that are
 * no UTF-8 become U+FFFD: what is written can always be read. */
void rota__str_json(rota__str *str, const char *text);
/* The text, "" where nothing was added; NULL where memory ran out. */
const char *rota__str_done(rota__str *str);

/* Bytes of the character that text begins with, 0 where it is none; 1 for NUL. */
int64_t rota__str_next(const char *text);
/* The length in bytes where text is valid UTF-8 (RFC 3629: no surrogates, no
 * overlong forms, nothing above U+10FFFF), else -1. */
int64_t rota__str_utf8(const char *text);
/* Bytes of at most `room` that text can be cut to without splitting a
 * character; text is valid UTF-8. */
int64_t rota__str_cut(const char *text, int64_t room);

#endif
