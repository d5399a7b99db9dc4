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
} rota__tz_cache;

enum { ROTA__TZ_UNIQUE = 1, ROTA__TZ_GAP = 2, ROTA__TZ_FOLD = 3 };

void rota__tz_init(rota__tz_cache *cache, rota__mem *mem);
void rota__tz_free(rota__tz_cache *cache);

/* ROTA_OK and the zone; ROTA_EINVALID for a name that is no zone of this system
 * (a path, "..", a name too long, a directory, no TZif file: the same), ROTA_ENOMEM,
 * ROTA_EIO where the file is there and cannot be read, with the error set. "UTC" works without any file. */
int rota__tz_get(rota__tz_cache *cache, const char *name, rota__error *error, const rota__tz **out);

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

#endif
