/* Wall clock to instant, from the system's zone files (TZif, RFC 8536, with the
 * footer rule for the years beyond the table). Files are read once and kept. */
#ifndef ROTA__TZ_H
#define ROTA__TZ_H

#include "base/error.h"
#include "base/mem.h"
#include "base/time.h"

typedef struct rota__tz rota__tz; /* one zone, never changes once loaded */
typedef struct rota__tz_cache {   /* the zones a handle has used */
    rota__mem *mem;
    rota__tz *zones;
    const char *directory; /* where the files are, ending in '/'; NULL: the system's places */
    /* The bytes of a zone whose file has become another one, which live until the next
     * call: ROTA_OK, ROTA_ENOTFOUND, or a failure with the error set. NULL: nobody has any. */
    int (*kept)(void *ctx, const char *name, uint64_t digest, rota__error *error,
                const void **bytes, int64_t *size);
    void *kept_ctx;
} rota__tz_cache;

enum { ROTA__TZ_UNIQUE = 1, ROTA__TZ_GAP = 2, ROTA__TZ_FOLD = 3 };

void rota__tz_init(rota__tz_cache *cache, rota__mem *mem);
void rota__tz_free(rota__tz_cache *cache);

/* ROTA_OK and the zone; ROTA_EINVALID for a name that is no zone of this system
 * (a path, "..", a name too long, a directory, no TZif file: the same), ROTA_ENOMEM,
 * ROTA_EIO where the file is there and cannot be read, with the error set. "UTC" works without any file. */
int rota__tz_get(rota__tz_cache *cache, const char *name, rota__error *error, const rota__tz **out);

/* The same of one that was asked for before, without a look at any file; else NULL. */
const rota__tz *rota__tz_known(const rota__tz_cache *cache, const char *name);

/* The zone as it is by a certain file, whose digest this is: by the system's where that is
 * the one, else by what was kept of it. ROTA_ECORRUPT where nobody has it. */
int rota__tz_get_as(rota__tz_cache *cache, const char *name, uint64_t digest, rota__error *error,
                    const rota__tz **out);
/* The next rota__tz_get() reads the system's files again; zones that are in use stay. */
void rota__tz_look_again(rota__tz_cache *cache);
/* Of the file it was read from; 0 and nothing for UTC, which needs none. */
uint64_t rota__tz_digest(const rota__tz *zone);
const void *rota__tz_bytes(const rota__tz *zone, int64_t *size);

/* A zone from the bytes of a TZif file, freed with rota__mem_free(): ROTA_OK,
 * ROTA_ENOMEM, or ROTA_EINVALID where they are none, or count leap seconds.
 * rota__tz_get() is the way to a zone; this is its part that meets any bytes. */
int rota__tz_read(rota__mem *mem, const void *bytes, int64_t size, rota__tz **out);

/* RFC 5545, 3.3.5: in a gap by the offset before it, in a fold the first. kind
 * may be NULL. Years 1 to 9999; no I/O, no failure. */
rota_time rota__tz_instant(const rota__tz *zone, rota__local local, int *kind);
/* Seconds east of UTC at an instant. */
int32_t rota__tz_offset(const rota__tz *zone, rota_time instant);
/* The same, and the time around the instant that is known to have that offset; its
 * ends may lie far outside of the years 1 to 9999. */
int32_t rota__tz_stretch(const rota__tz *zone, rota_time instant, rota_span *when);

/* What lies ahead of an instant. A week begins on Monday, 00:00 on the clock. */
enum { ROTA__TZ_FORWARDS = 8 };
typedef struct rota__tz_outlook {
    int32_t least, most;   /* offsets from there on */
    rota_time settled;     /* from here on all is the same after 400 years */
    int32_t forward_count; /* of changes that leave a gap; -1: they are of too many kinds */
    int32_t forwards[ROTA__TZ_FORWARDS]; /* what the clock shows then: seconds of the week */
} rota__tz_outlook;
void rota__tz_ahead(const rota__tz *zone, rota_time instant, rota__tz_outlook *out);

#endif
