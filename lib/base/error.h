/* What a call ended with: a status, and one line that names the thing. */
#ifndef ROTA__ERROR_H
#define ROTA__ERROR_H

#include "base/check.h"

typedef struct rota__error {
    int code;
    char message[512];
} rota__error;

/* Sets both and returns code. The message is one line: control characters
 * become spaces, invalid bytes and what does not fit are cut off at a character. */
int rota__error_set(rota__error *error, int code, const char *format, ...) ROTA__PRINTF(3, 4);
/* The message of a status that needs no detail: out of memory. Returns code. */
int rota__error_plain(rota__error *error, int code);

#endif
