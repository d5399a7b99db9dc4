#include "domain/meter.h"

static int bucket_of(int64_t ns)
{
    int bucket = 0;
    while (bucket < ROTA_HISTOGRAM_BUCKETS - 1 && ns >> (bucket + 1) > 0)
        bucket++;
    return bucket;
}

void rota__meter_time(rota__timing *timing, int64_t since)
{
    int64_t ns = rota__clock_ns() - since;
    rota__meter_add(&timing->count, 1);
    rota__meter_add(&timing->sum_ns, ns);
    rota__meter_add(&timing->buckets[bucket_of(ns)], 1);
}

static void sum_timing(const rota__timing *timing, rota_histogram *out)
{
    out->count += rota__meter_get(&timing->count);
    out->sum_ns += rota__meter_get(&timing->sum_ns);
    for (int i = 0; i < ROTA_HISTOGRAM_BUCKETS; i++)
        out->buckets[i] += rota__meter_get(&timing->buckets[i]);
}

static void keep_timing(rota__timing *to, const rota__timing *from)
{
    rota__meter_add(&to->count, rota__meter_get(&from->count));
    rota__meter_add(&to->sum_ns, rota__meter_get(&from->sum_ns));
    for (int i = 0; i < ROTA_HISTOGRAM_BUCKETS; i++)
        rota__meter_add(&to->buckets[i], rota__meter_get(&from->buckets[i]));
}

/* name in the meter and in the metrics */
#define COUNTS(X) \
    X(created)    \
    X(cancelled)  \
    X(commits)    \
    X(flushes)    \
    X(conflicts)  \
    X(refusals)   \
    X(failures)   \
    X(replays)    \
    X(retries)    \
    X(checks)     \
    X(hits)       \
    X(reminders)  \
    X(reminded)

#define TIMINGS(X) \
    X(create)      \
    X(check)       \
    X(list)        \
    X(commit)      \
    X(flush)

void rota__meter_sum(const rota__meter *meter, rota_metrics *out)
{
#define SUM(name) out->name += rota__meter_get(&meter->name);
    COUNTS(SUM)
#undef SUM
#define SUM(name) sum_timing(&meter->name, &out->name);
    TIMINGS(SUM)
#undef SUM
}

void rota__meter_keep(rota__meter *to, const rota__meter *from)
{
#define KEEP(name) rota__meter_add(&to->name, rota__meter_get(&from->name));
    COUNTS(KEEP)
#undef KEEP
#define KEEP(name) keep_timing(&to->name, &from->name);
    TIMINGS(KEEP)
#undef KEEP
}
