/* What an engine tells of itself: counters after known calls, and Prometheus's text as a
 * scraper reads it. */
#define _POSIX_C_SOURCE 200809L /* strdup */

#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/meter.h"
#include "fixture.h"

static struct fx f;

static void setup(void)
{
    memset(&f, 0, sizeof f);
    fx_open(&f, ":memory:");
}

static void teardown(void)
{
    fx_close(&f);
}

static rota_metrics metrics_of(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    ck_assert_int_eq(rota_metrics_get(r, &m), ROTA_OK);
    return m;
}

static rota_booking_request request(rota_claim *claim, rota_id room, const char *from,
                                    const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    *claim = (rota_claim){ .resource = room, .units = 1 };
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = claim;
    q.claim_count = 1;
    return q;
}

static void ck_histogram(const rota_histogram *h, int64_t count)
{
    int64_t sum = 0, least = 0;
    for (int i = 0; i < ROTA_HISTOGRAM_BUCKETS; i++) {
        ck_assert_int_ge(h->buckets[i], 0);
        sum += h->buckets[i];
        least += i == 0 ? 0 : h->buckets[i] << i;
    }
    ck_assert_int_eq(h->count, count);
    ck_assert_int_eq(sum, count);
    ck_assert_int_ge(h->sum_ns, least);
}

START_TEST(each_call_is_counted_as_what_it_was)
{
    rota_id room = fx_room(&f, "Blue", 1), booking;
    rota_call call = ROTA_INIT(rota_call);
    rota_claim c;
    rota_booking_request q = request(&c, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_booking_query list = ROTA_INIT(rota_booking_query);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    rota_metrics was = metrics_of(f.r), is;

    call.key = "k";
    ck_status(&f, rota_booking_create(f.r, &call, &q, &receipt), ROTA_OK);
    ck_status(&f, rota_booking_create(f.r, &call, &q, NULL), ROTA_OK); /* replayed */
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_ECONFLICT);
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK); /* cancels one */
    booking = receipt.id;
    ck_status(&f, rota_booking_cancel(f.r, NULL, &booking, NULL), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &booking, NULL), ROTA_ESTATE);
    c.units = 0;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    c.units = 1;
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_OK);
    list.resource = room;
    list.when = q.when;
    ck_status(&f, rota_booking_list(f.r, &list, &rows), ROTA_OK);
    rota_result_free(rows);
    fx_fail_allocation(&f, 1);
    ck_status(&f, rota_booking_list(f.r, &list, &rows), ROTA_ENOMEM);
    fx_fail_allocation(&f, 0);

    is = metrics_of(f.r);
    ck_assert_int_eq(is.handles, 1);
    ck_assert_int_eq(is.created - was.created, 2);
    ck_assert_int_eq(is.cancelled - was.cancelled, 2);
    ck_assert_int_eq(is.commits - was.commits, 3);
    ck_assert_int_eq(is.flushes - was.flushes, 3);
    ck_assert_int_eq(is.conflicts - was.conflicts, 2);
    ck_assert_int_eq(is.refusals - was.refusals, 2);
    ck_assert_int_eq(is.failures - was.failures, 1);
    ck_assert_int_eq(is.replays - was.replays, 1);
    ck_assert_int_eq(is.retries - was.retries, 0);
    ck_assert_int_eq(is.checks - was.checks, 2);
    ck_assert_int_eq(is.evictions, 0);
    ck_assert_int_eq(is.timelines, 1);
    ck_assert_int_gt(is.hits, was.hits);
    ck_assert_int_gt(is.memory, 0);
    ck_histogram(&is.create, 5);
    ck_histogram(&is.check, 1); /* one in 64, the first one */
    ck_histogram(&is.list, 1);  /* the other one did not come so far */
    ck_histogram(&is.flush, is.flushes);
    ck_histogram(&is.commit, is.commit.count);
    ck_assert_int_ge(is.commit.count, is.flush.count);
}
END_TEST

START_TEST(one_check_in_64_is_measured)
{
    rota_claim c;
    rota_booking_request q = request(&c, fx_room(&f, "Blue", 1), "2031-03-10T09:00Z",
                                     "2031-03-10T10:00Z");
    for (int i = 0; i < 64 * 3 + 1; i++)
        ck_status(&f, rota_booking_check(f.r, &q), ROTA_OK);
    rota_metrics m = metrics_of(f.r);
    ck_assert_int_eq(m.checks, 64 * 3 + 1);
    ck_histogram(&m.check, 4);
}
END_TEST

START_TEST(all_handles_of_an_engine_are_counted_and_stay_when_they_close)
{
    rota *attached;
    rota_claim c;
    rota_id room = fx_room(&f, "Blue", 1);
    rota_booking_request q = request(&c, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_attach(f.r, &attached), ROTA_OK);
    ck_assert_int_eq(metrics_of(f.r).handles, 2);
    ck_assert_int_eq(rota_booking_create(attached, NULL, &q, NULL), ROTA_OK);
    ck_assert_int_eq(rota_booking_create(attached, NULL, &q, NULL), ROTA_ECONFLICT);
    rota_metrics here = metrics_of(f.r), there = metrics_of(attached);
    ck_assert_mem_eq(&here, &there, sizeof here);
    ck_assert_int_eq(here.created, 1);
    ck_assert_int_eq(here.conflicts, 1);
    rota_close(attached);
    rota_metrics after = metrics_of(f.r);
    here.handles = 1;
    ck_assert_mem_eq(&here, &after, sizeof here);
}
END_TEST

START_TEST(what_was_made_in_one_call_took_one_flush)
{
    enum { MANY = 100 };
    static rota_booking_request q[MANY];
    int32_t answers[MANY];
    rota_claim c;
    rota_id room = fx_room(&f, "Blue", 1);
    for (int i = 0; i < MANY; i++) {
        q[i] = request(&c, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
        q[i].when.start += 3600 * i;
        q[i].when.end += 3600 * i;
    }
    rota_metrics was = metrics_of(f.r);
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, MANY, answers, NULL), ROTA_OK);
    rota_metrics is = metrics_of(f.r);
    ck_assert_int_eq(is.created - was.created, MANY);
    ck_assert_int_eq(is.commits - was.commits, MANY);
    ck_assert_int_eq(is.flushes - was.flushes, 1);
}
END_TEST

START_TEST(durations_fall_into_the_bucket_of_their_power_of_two)
{
    rota__timing timing = { 0 };
    rota__meter meter = { 0 };
    rota_metrics out = { 0 };
    int64_t now = rota__clock_ns();
    rota__meter_time(&timing, now + INT64_C(3600) * 1000000000); /* a clock that goes back */
    ck_assert_int_eq(rota__meter_get(&timing.buckets[0]), 1);
    rota__meter_time(&timing, now - (INT64_C(1) << 40));
    ck_assert_int_eq(rota__meter_get(&timing.buckets[ROTA_HISTOGRAM_BUCKETS - 1]), 1);
    rota__meter_time(&timing, rota__clock_ns() - (INT64_C(1) << 30) - (INT64_C(1) << 20));
    ck_assert_int_eq(rota__meter_get(&timing.buckets[30]), 1);
    ck_assert_int_eq(rota__meter_get(&timing.count), 3);

    rota__meter_add(&meter.created, 5);
    rota__meter_time(&meter.flush, now);
    rota__meter sum = { 0 };
    rota__meter_keep(&sum, &meter);
    rota__meter_keep(&sum, &meter);
    rota__meter_sum(&sum, &out);
    ck_assert_int_eq(out.created, 10);
    ck_histogram(&out.flush, 2);
}
END_TEST

/* --- the text, as a scraper reads it --- */

enum { NAMES = 64 };

typedef struct family {
    char name[64], type[16];
    bool has_help, has_type;
    int64_t samples;
    /* of a histogram */
    double bound, sum;
    int64_t below, infinite, count;
    bool ended, has_sum, has_count;
} family;

static family families[NAMES];
static int family_count;

static family *family_of(const char *name, size_t length, bool add)
{
    for (int i = 0; i < family_count; i++)
        if (strlen(families[i].name) == length && !strncmp(families[i].name, name, length))
            return &families[i];
    if (!add || family_count == NAMES || length >= sizeof families->name) return NULL;
    family *added = &families[family_count++];
    memset(added, 0, sizeof *added);
    memcpy(added->name, name, length);
    added->bound = -1;
    return added;
}

static bool is_name(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)name[i]) && name[i] != '_' &&
            (i == 0 || !isdigit((unsigned char)name[i])))
            return false;
    return length > 0;
}

/* "# HELP name text", "# TYPE name type": each once, before any sample. */
static const char *read_comment(const char *line)
{
    bool help = strncmp(line, "# HELP ", 7) == 0;
    if (!help && strncmp(line, "# TYPE ", 7) != 0) return "a comment of neither kind";
    const char *name = line + 7;
    size_t length = strcspn(name, " ");
    if (!is_name(name, length) || !name[length]) return "no name, or nothing behind it";
    family *of = family_of(name, length, true);
    if (!of) return "too many names";
    if (of->samples) return "told after its samples";
    if (help ? of->has_help : of->has_type) return "told twice";
    if (help)
        of->has_help = true;
    else
        of->has_type = snprintf(of->type, sizeof of->type, "%s", name + length + 1) > 0;
    return NULL;
}

static const char *read_bucket(family *of, const char *bound, int64_t value)
{
    if (of->ended) return "a bucket behind the last one";
    if (value < of->below) return "a bucket that is less than the one before";
    of->below = value;
    if (strcmp(bound, "+Inf") == 0) {
        of->ended = true;
        of->infinite = value;
        return NULL;
    }
    char *end;
    double number = strtod(bound, &end);
    if (*end || number <= of->bound) return "bounds that do not grow";
    of->bound = number;
    return NULL;
}

static bool ends_with(const char *name, size_t *length, const char *end)
{
    size_t more = strlen(end);
    if (*length <= more || strncmp(name + *length - more, end, more) != 0) return false;
    *length -= more;
    return true;
}

static const char *read_sample(const char *line)
{
    size_t length = strcspn(line, "{ ");
    const char *rest = line + length;
    char bound[32] = "", *end;
    int used = 0;
    if (!is_name(line, length)) return "no name";
    if (*rest == '{') {
        if (sscanf(rest, "{le=\"%31[^\"]\"}%n", bound, &used) != 1 || !used) return "bad labels";
        rest += used;
    }
    if (*rest != ' ') return "no value";
    double value = strtod(rest + 1, &end);
    if (end == rest + 1 || *end) return "a value that is no number";
    family *of = family_of(line, length, false);
    if (of && strcmp(of->type, "histogram") == 0) return "a histogram without a part";
    bool is_bucket = false, is_sum = false, is_count = false;
    if (!of) {
        is_bucket = ends_with(line, &length, "_bucket");
        is_sum = !is_bucket && ends_with(line, &length, "_sum");
        is_count = !is_bucket && !is_sum && ends_with(line, &length, "_count");
        of = family_of(line, length, false);
        if (!of || strcmp(of->type, "histogram") != 0) return "of no family";
    }
    if (!of->has_help || !of->has_type) return "without HELP or TYPE";
    of->samples++;
    if (is_bucket) return read_bucket(of, bound, (int64_t)value);
    if (*bound) return "labels on what is no bucket";
    if (is_sum) of->has_sum = true;
    if (is_sum) of->sum = value;
    if (is_count) of->has_count = true;
    if (is_count) of->count = (int64_t)value;
    if (!is_sum && !is_count) of->count = (int64_t)value;
    return value < 0 ? "less than nothing" : NULL;
}

static const char *end_family(const family *of)
{
    bool histogram = strcmp(of->type, "histogram") == 0;
    bool counter = strcmp(of->type, "counter") == 0, gauge = strcmp(of->type, "gauge") == 0;
    if (!histogram && !counter && !gauge) return "of no type";
    if (!histogram) {
        size_t length = strlen(of->name);
        if (counter != ends_with(of->name, &length, "_total")) return "badly named";
        return of->samples == 1 ? NULL : "not one sample";
    }
    if (!of->ended || !of->has_sum || !of->has_count) return "a part is missing";
    return of->infinite == of->count ? NULL : "its last bucket is not its count";
}

/* NULL, or what is wrong with it. */
static const char *read_text(const char *text)
{
    char *copy = strdup(text), *rest = copy;
    const char *wrong = NULL;
    family_count = 0;
    ck_assert_ptr_nonnull(copy);
    if (!*text || text[strlen(text) - 1] != '\n') wrong = "no line, or one without an end";
    while (!wrong && *rest) {
        char *line = rest;
        rest += strcspn(rest, "\n");
        *rest++ = '\0';
        wrong = *line == '#' ? read_comment(line) : read_sample(line);
    }
    for (int i = 0; i < family_count && !wrong; i++)
        wrong = end_family(&families[i]);
    free(copy);
    return wrong;
}

static int64_t value_of(const char *name)
{
    const family *of = family_of(name, strlen(name), false);
    ck_assert_msg(of != NULL, "no %s", name);
    return of->count;
}

/* A control. */
START_TEST(text_that_is_no_exposition_is_noticed)
{
    static const char *const bad[] = {
        "",
        "rota_a 1",
        "rota_a 1\n",
        "# HELP rota_a x\nrota_a 1\n",
        "# HELP rota_a x\n# TYPE rota_a gauge\n# TYPE rota_a gauge\nrota_a 1\n",
        "# HELP rota_a x\n# TYPE rota_a gauge\nrota_a 1\nrota_a 2\n",
        "# HELP rota_a x\n# TYPE rota_a gauge\nrota_a one\n",
        "# HELP rota_a x\n# TYPE rota_a gauge\nrota-a 1\n",
        "# HELP rota_a x\n# TYPE rota_a counter\nrota_a 1\n",
        "# HELP rota_a x\n# TYPE rota_a meter\nrota_a 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n"
        "a_sum 1\na_count 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"1\"} 1\n"
        "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(read_text(bad[i]) != NULL, "was taken:\n%s", bad[i]);
    ck_assert_ptr_null(read_text("# HELP a x\n# TYPE a histogram\na_bucket{le=\"0.5\"} 1\n"
                                 "a_bucket{le=\"+Inf\"} 2\na_sum 1.5\na_count 2\n"));
}
END_TEST

static void ck_text_histogram(const char *name, const rota_histogram *h)
{
    const family *of = family_of(name, strlen(name), false);
    ck_assert_msg(of != NULL, "no %s", name);
    ck_assert_int_eq(of->count, h->count);
    ck_assert_double_eq_tol(of->sum, (double)h->sum_ns / 1e9, 1e-9);
    ck_assert_double_eq_tol(of->bound, 2.147483648, 1e-9); /* 2^31 ns */
    ck_assert_int_eq(of->samples, ROTA_HISTOGRAM_BUCKETS + 2);
}

START_TEST(the_text_is_the_record_as_prometheus_reads_it)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c;
    rota_booking_request q = request(&c, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    const char *text = NULL;
    fx_book(&f, room, "2031-03-10T09:30Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_ECONFLICT);
    rota_metrics m = metrics_of(f.r);
    ck_status(&f, rota_metrics_text(f.r, &text), ROTA_OK);
    const char *wrong = read_text(text);
    ck_assert_msg(!wrong, "%s:\n%s", wrong, text);
    ck_assert_int_eq(value_of("rota_handles"), m.handles);
    ck_assert_int_eq(value_of("rota_bookings_created_total"), m.created);
    ck_assert_int_eq(value_of("rota_bookings_cancelled_total"), m.cancelled);
    ck_assert_int_eq(value_of("rota_commits_total"), m.commits);
    ck_assert_int_eq(value_of("rota_flushes_total"), m.flushes);
    ck_assert_int_eq(value_of("rota_conflicts_total"), m.conflicts);
    ck_assert_int_eq(value_of("rota_refusals_total"), m.refusals);
    ck_assert_int_eq(value_of("rota_failures_total"), m.failures);
    ck_assert_int_eq(value_of("rota_replays_total"), m.replays);
    ck_assert_int_eq(value_of("rota_retries_total"), m.retries);
    ck_assert_int_eq(value_of("rota_checks_total"), m.checks);
    ck_assert_int_eq(value_of("rota_index_hits_total"), m.hits);
    ck_assert_int_eq(value_of("rota_index_loads_total"), m.loads);
    ck_assert_int_eq(value_of("rota_index_evictions_total"), m.evictions);
    ck_assert_int_eq(value_of("rota_index_resources"), m.timelines);
    ck_assert_int_eq(value_of("rota_index_bytes"), m.memory);
    ck_text_histogram("rota_create_seconds", &m.create);
    ck_text_histogram("rota_check_seconds", &m.check);
    ck_text_histogram("rota_list_seconds", &m.list);
    ck_text_histogram("rota_commit_seconds", &m.commit);
    ck_text_histogram("rota_flush_seconds", &m.flush);
    ck_assert_int_eq(family_count, 23);
}
END_TEST

START_TEST(the_text_lives_until_the_next_call_on_its_handle)
{
    rota *other;
    const char *text, *others;
    ck_status(&f, rota_attach(f.r, &other), ROTA_OK);
    ck_status(&f, rota_metrics_text(f.r, &text), ROTA_OK);
    char *kept = strdup(text);
    ck_assert_int_eq(rota_metrics_text(other, &others), ROTA_OK);
    ck_assert_ptr_ne(text, others);
    ck_assert_int_eq(rota_booking_check(other, NULL), ROTA_EINVALID);
    rota_close(other);
    ck_assert_str_eq(rota_errmsg(f.r), "success");
    ck_assert_str_eq(text, kept);
    free(kept);
}
END_TEST

START_TEST(without_memory_there_is_no_text_and_none_is_given)
{
    static const char untouched[] = "untouched";
    int64_t n = 1;
    for (bool failed = true; failed; n++) {
        const char *text = untouched;
        rota_close(f.r);
        ck_assert_int_eq(f.live_bytes, 0);
        fx_open(&f, ":memory:");
        fx_fail_allocation(&f, n);
        int rc = rota_metrics_text(f.r, &text);
        failed = f.refused > 0;
        fx_fail_allocation(&f, 0);
        ck_assert_int_eq(rc, failed ? ROTA_ENOMEM : ROTA_OK);
        ck_assert(failed == (text == untouched));
        if (!failed) ck_assert_ptr_null(read_text(text));
    }
    ck_assert_int_gt(n, 2);
}
END_TEST

Suite *metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, each_call_is_counted_as_what_it_was);
    tcase_add_test(tc, one_check_in_64_is_measured);
    tcase_add_test(tc, all_handles_of_an_engine_are_counted_and_stay_when_they_close);
    tcase_add_test(tc, what_was_made_in_one_call_took_one_flush);
    tcase_add_test(tc, durations_fall_into_the_bucket_of_their_power_of_two);
    tcase_add_test(tc, text_that_is_no_exposition_is_noticed);
    tcase_add_test(tc, the_text_is_the_record_as_prometheus_reads_it);
    tcase_add_test(tc, the_text_lives_until_the_next_call_on_its_handle);
    tcase_add_test(tc, without_memory_there_is_no_text_and_none_is_given);
    suite_add_tcase(suite, tc);
    return suite;
}
