/* UUIDv7, its text, and a hash whose values never change. */
#ifndef ROTA__ID_H
#define ROTA__ID_H

#include <pthread.h>

#include "base/check.h"
#include "base/words.h"

/* The last id that was made of all sources that share this. So those of many threads are one
 * sequence, and lie on one page of an index, not on one for each thread. */
typedef struct rota__id_last {
    pthread_mutex_t mutex;
    rota_id id;
} rota__id_last;

bool rota__id_last_init(rota__id_last *last); /* false: no resources for it */
void rota__id_last_free(rota__id_last *last);

/* Makes ids: unique, and later ones sort behind earlier ones that share the last one,
 * even within one second or where the clock goes back. */
typedef struct rota__id_source {
    int (*random)(void *ctx, void *bytes, int64_t count); /* NULL: the system's */
    void *ctx;
    rota__id_last *last;
} rota__id_source;

/* RFC 9562, 5.7: 48 bits of milliseconds (of `now`, not before 1970), then
 * random bits; where that is not above the last id, the last id plus a random
 * step (method 2 of 6.2). ROTA_OK, or ROTA_EIO where there is no randomness. */
int rota__id_next(rota__id_source *source, rota_time now, rota_id *out);

bool rota__id_is_none(const rota_id *id);
/* As memcmp(), and without a call of it: whole answers are sorted by ids. */
static inline int rota__id_compare(const rota_id *a, const rota_id *b)
{
    uint64_t left = rota__big_64(a->b), right = rota__big_64(b->b);
    if (left == right) {
        left = rota__big_64(a->b + 8);
        right = rota__big_64(b->b + 8);
    }
    return (left > right) - (left < right);
}

/* SipHash-2-4 with a fixed key: the same value on every machine, for ever. */
uint64_t rota__id_hash(const void *bytes, int64_t count);
/* A UUIDv7 of that time, or of 1970 if it is before, and a hash of so many words of 8 bytes:
 * whoever makes it of the same has the same, for ever. */
rota_id rota__id_derive(rota_time time, const uint8_t *words, int64_t count);
/* No id is lower that was derived of this time, or of a later one. */
rota_id rota__id_lowest(rota_time time);

#endif
