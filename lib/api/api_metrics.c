/* Entry points for counters and metrics: the records, and what Prometheus reads of them. */
#include <inttypes.h>

#include "api/handle.h"
#include "base/str.h"

int rota_stats_get(rota *r, rota_stats *out)
{
    rota__context cx;
    rota__counts counts = { 0 };
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!out) rc = rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the counters");
    if (rc == ROTA_OK)
        rc = rota__record_room(&r->error, "stats", out, ROTA__OLDEST(rota_stats, memory));
    if (rc == ROTA_OK) rc = cx.store->ops->counts(cx.store, &cx.env, &counts);
    if (rc == ROTA_OK) {
        rota_stats stats = { .size = (uint32_t)sizeof stats,
                             .resources = counts.resources,
                             .bookings = counts.bookings,
                             .events = counts.events,
                             .commits = rota__meter_get(&r->meter.commits),
                             .conflicts = rota__meter_get(&r->meter.conflicts),
                             .replays = rota__meter_get(&r->meter.replays),
                             .retries = rota__meter_get(&r->meter.retries),
                             .loads = rota__meter_get(&r->engine->busy.loads),
                             .timelines = rota__busy_count(&r->looker),
                             .memory = rota__meter_get(&r->mem.held) +
                                       rota__meter_get(&r->engine->mem.held) +
                                       rota__busy_bytes(&r->looker) };
        rota__record_out(out, &stats, (uint32_t)sizeof stats);
    }
    return rota__handle_end(r, rc);
}

int rota_metrics_get(rota *r, rota_metrics *out)
{
    rota__context cx;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!out) rc = rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the metrics");
    if (rc == ROTA_OK)
        rc = rota__record_room(&r->error, "metrics", out, ROTA__OLDEST(rota_metrics, flush));
    if (rc == ROTA_OK) {
        rota_metrics metrics = { .size = (uint32_t)sizeof metrics };
        rota__engine_metrics(r->engine, &r->looker, &metrics);
        rota__record_out(out, &metrics, (uint32_t)sizeof metrics);
    }
    return rota__handle_end(r, rc);
}

/* --- text: https://prometheus.io/docs/instrumenting/exposition_formats/ --- */

static void add_number(rota__str *text, const char *name, const char *type, const char *help,
                       int64_t value)
{
    rota__str_addf(text, "# HELP rota_%s %s\n# TYPE rota_%s %s\nrota_%s %" PRId64 "\n", name, help,
                   name, type, name, value);
}

/* Each bucket's bound is what its durations stay below; the sum is in seconds. */
static void add_histogram(rota__str *text, const char *name, const char *help,
                          const rota_histogram *h)
{
    int64_t below = 0;
    rota__str_addf(text, "# HELP rota_%s_seconds %s\n# TYPE rota_%s_seconds histogram\n", name,
                   help, name);
    for (int i = 0; i + 1 < ROTA_HISTOGRAM_BUCKETS; i++) {
        int64_t bound = INT64_C(1) << (i + 1);
        below += h->buckets[i];
        rota__str_addf(text,
                       "rota_%s_seconds_bucket{le=\"%" PRId64 ".%09" PRId64 "\"} %" PRId64 "\n",
                       name, bound / 1000000000, bound % 1000000000, below);
    }
    rota__str_addf(text,
                   "rota_%s_seconds_bucket{le=\"+Inf\"} %" PRId64 "\n"
                   "rota_%s_seconds_sum %" PRId64 ".%09" PRId64 "\n"
                   "rota_%s_seconds_count %" PRId64 "\n",
                   name, below + h->buckets[ROTA_HISTOGRAM_BUCKETS - 1], name,
                   h->sum_ns / 1000000000, h->sum_ns % 1000000000, name,
                   below + h->buckets[ROTA_HISTOGRAM_BUCKETS - 1]);
}

static const char *write_text(rota *r, const rota_metrics *m)
{
    static const char counter[] = "counter", gauge[] = "gauge";
    rota__str text;
    rota__str_init(&text, &r->report);
    add_number(&text, "handles", gauge, "Open handles.", m->handles);
    add_number(&text, "bookings_created_total", counter, "Bookings made.", m->created);
    add_number(&text, "bookings_cancelled_total", counter, "Bookings cancelled.", m->cancelled);
    add_number(&text, "commits_total", counter, "Writes committed.", m->commits);
    add_number(&text, "flushes_total", counter, "Flushes that these took.", m->flushes);
    add_number(&text, "conflicts_total", counter, "Calls refused for a conflict.", m->conflicts);
    add_number(&text, "refusals_total", counter, "Calls refused otherwise.", m->refusals);
    add_number(&text, "failures_total", counter, "Calls that failed.", m->failures);
    add_number(&text, "replays_total", counter, "Calls answered from their key.", m->replays);
    add_number(&text, "retries_total", counter, "Decisions taken again.", m->retries);
    add_number(&text, "checks_total", counter, "Checks.", m->checks);
    add_number(&text, "reminders_given_total", counter, "Reminders given.", m->reminders);
    add_number(&text, "reminders_acknowledged_total", counter, "Reminders acknowledged.",
               m->reminded);
    add_number(&text, "index_hits_total", counter, "Looks found in memory.", m->hits);
    add_number(&text, "index_loads_total", counter, "Resources read from the store.", m->loads);
    add_number(&text, "index_evictions_total", counter, "Resources given back.", m->evictions);
    add_number(&text, "index_resources", gauge, "Resources in memory.", m->timelines);
    add_number(&text, "index_bytes", gauge, "Bytes of the index.", m->memory);
    add_histogram(&text, "create", "Creating a booking.", &m->create);
    add_histogram(&text, "check", "Checks, one in 64.", &m->check);
    add_histogram(&text, "list", "Listing bookings.", &m->list);
    add_histogram(&text, "commit", "From asking for the turn to the commit.", &m->commit);
    add_histogram(&text, "flush", "The flush alone.", &m->flush);
    return rota__str_done(&text);
}

int rota_metrics_text(rota *r, const char **text)
{
    rota__context cx;
    rota_metrics metrics = { .size = (uint32_t)sizeof metrics };
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!text)
        return rota__handle_end(r, rota__error_set(&r->error, ROTA_EINVALID,
                                                   "nowhere to put the text"));
    rota__engine_metrics(r->engine, &r->looker, &metrics);
    const char *written = write_text(r, &metrics);
    if (!written) return rota__handle_end(r, rota__error_plain(&r->error, ROTA_ENOMEM));
    *text = written;
    return rota__handle_end(r, ROTA_OK);
}
