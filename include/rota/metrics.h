/** @file rota/metrics.h
 *  What an engine has done and how long it took, for dashboards: as a record,
 *  and as the text that Prometheus reads.
 */
#ifndef ROTA_METRICS_H
#define ROTA_METRICS_H

#include <rota/base.h>

ROTA_TYPES_BEGIN

enum { ROTA_HISTOGRAM_BUCKETS = 32 };

/** Durations. Bucket i counts those from 2^i to 2^(i+1) nanoseconds, the first
 *  one shorter ones too, the last one longer ones too. */
typedef struct rota_histogram {
    int64_t count;
    int64_t sum_ns;
    int64_t buckets[ROTA_HISTOGRAM_BUCKETS];
} rota_histogram;

/** Since the calendar was opened, over all handles of the engine. */
typedef struct rota_metrics {
    uint32_t size;
    uint32_t reserved;
    int64_t  handles;   /* open now */
    int64_t  created;   /* bookings made */
    int64_t  cancelled; /* bookings cancelled, those that had to make room too */
    int64_t  commits;   /* writes that were committed */
    int64_t  flushes;   /* flushes that these took: fewer, where threads wrote together */
    int64_t  conflicts; /* calls refused with ROTA_ECONFLICT */
    int64_t  refusals;  /* calls refused for any other reason */
    int64_t  failures;  /* calls that failed: ROTA_EBUSY and below */
    int64_t  replays;   /* calls answered from their idempotency key */
    int64_t  retries;   /* decisions taken again because somebody else was faster */
    int64_t  checks;    /* calls of rota_booking_check() */
    int64_t  hits;      /* looks at a resource that found it in memory */
    int64_t  loads;     /* and those that read it from the store */
    int64_t  evictions; /* resources given back to stay within `cache_bytes` */
    int64_t  timelines; /* resources in memory now */
    int64_t  memory;    /* bytes that the index holds now */
    rota_histogram create; /* rota_booking_create(), as its caller waits for it */
    rota_histogram check;  /* rota_booking_check(): one in 64 is measured */
    rota_histogram list;   /* rota_booking_list() */
    rota_histogram commit; /* from asking for the writer's turn until the commit was done */
    rota_histogram flush;  /* the store's flush alone */
    int64_t  reminders; /* given by rota_reminder_due(), again ones too */
    int64_t  reminded;  /* and acknowledged */
} rota_metrics;

ROTA_TYPES_END

/** Read the metrics.
 *  @return ROTA_OK; ROTA_EINVALID.  @since 0.1 */
ROTA_API int rota_metrics_get(rota *r, rota_metrics *out);

/** The same in Prometheus's text format (version 0.0.4).
 *  @param text  receives the text, which lives until the next call on the handle.
 *  @return ROTA_OK; ROTA_EINVALID; ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_metrics_text(rota *r, const char **text);

#endif
