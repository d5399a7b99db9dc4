/* Records that are kept as bytes: numbers as varints (LEB128) in their one shortest form, and
 * four bytes of a hash at the end, which tell damage. What the hash covers is checked all the
 * same: whoever writes into the file can hash. */
#ifndef ROTA__BYTES_H
#define ROTA__BYTES_H

#include "base/error.h"
#include "base/str.h"

/* At the end of what is written so far. */
void rota__bytes_put(rota__str *out, uint8_t byte);
void rota__bytes_put_number(rota__str *out, uint64_t value);
void rota__bytes_put_text(rota__str *out, const char *text); /* with its end */
/* Seals what is written; without memory for it, *bytes and *size stay as they are. */
int rota__bytes_done(rota__str *out, rota__error *error, const void **bytes, int64_t *size);

/* Whatever is wrong sets `wrong`, once, and from there on nothing is left and all bytes
 * are 0. */
typedef struct rota__reader {
    const uint8_t *at;
    int64_t left;
    const char *wrong;
} rota__reader;

/* False where the bytes are not those that were sealed. */
bool rota__bytes_open(rota__reader *r, const void *bytes, int64_t size);
void rota__bytes_fail(rota__reader *r, const char *what);
uint8_t rota__bytes_get(rota__reader *r);
uint64_t rota__bytes_number(rota__reader *r, uint64_t most); /* 0 where it is none */
int64_t rota__bytes_int(rota__reader *r, int64_t least,
                        int64_t most);         /* least >= 0, which it is then */
const char *rota__bytes_text(rota__reader *r); /* stays where it is; "" where it is none */

#endif
