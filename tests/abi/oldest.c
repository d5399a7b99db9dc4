/* A host that was compiled against the first release: every record as long as it was then, in
 * memory that ends right behind it. Those sizes are accepted for ever and stand here as numbers;
 * one byte less is not. A host that is newer than the library has longer ones: zeros behind what
 * is known are accepted, anything else asks for what this version cannot do. */
#include <rota.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEHIND = 8, FIRST_START = 1930000000 };

static rota *calendar;
static rota_id room, group;
static rota_time next_start = FIRST_START;

static rota_time now(void *ctx)
{
    (void)ctx;
    return 1900000000;
}

static rota_id added(const char *name)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    request.kind = "room";
    request.name = name;
    if (rota_resource_create(calendar, NULL, &request, &receipt) != ROTA_OK) {
        fprintf(stderr, "%s: %s\n", name, rota_errmsg(calendar));
        exit(1);
    }
    return receipt.id;
}

/* Books the room; request NULL stands for one of today's size. */
static int book(const rota_call *call, rota_booking_request *request, rota_receipt *receipt,
                rota_time start)
{
    rota_booking_request own = ROTA_INIT(rota_booking_request);
    rota_claim claim;
    memset(&claim, 0, sizeof claim);
    claim.resource = room;
    claim.units = 1;
    if (!request) request = &own;
    request->when.start = start;
    request->when.end = start + 3600;
    request->claims = &claim;
    request->claim_count = 1;
    return rota_booking_create(calendar, call, request, receipt);
}

static rota_time later(void)
{
    return next_start += 86400;
}

/* --- one use of each record --- */

static int use_call(void *record)
{
    rota_call *call = record;
    call->actor = "anna";
    return book(call, NULL, NULL, later());
}

static int use_receipt(void *record)
{
    return book(NULL, NULL, record, later());
}

static int use_config(void *record)
{
    rota_config *config = record;
    rota *r;
    config->now = now;
    int rc = rota_open(":memory:", config, &r);
    rota_close(r);
    return rc;
}

static int use_tick_report(void *record)
{
    return rota_tick(calendar, NULL, record);
}

static int use_stats(void *record)
{
    return rota_stats_get(calendar, record);
}

static int use_metrics(void *record)
{
    return rota_metrics_get(calendar, record);
}

static int use_resource_request(void *record)
{
    rota_resource_request *request = record;
    request->kind = "room";
    request->name = "Red";
    return rota_resource_create(calendar, NULL, request, NULL);
}

static int use_booking_request(void *record)
{
    return book(NULL, record, NULL, later());
}

static int use_recurrence(void *record)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_recurrence *recurrence = record;
    rota_claim claim;
    char start[ROTA_TIME_TEXT];
    memset(&claim, 0, sizeof claim);
    claim.resource = room;
    claim.units = 1;
    rota_time_format(later(), start);
    /* Which may be a byte too short for its fields. */
    if (recurrence->size >= 72) {
        recurrence->start = start;
        recurrence->zone = "UTC";
        recurrence->length = 3600;
    }
    request.claims = &claim;
    request.claim_count = 1;
    request.recurrence = recurrence;
    return rota_booking_create(calendar, NULL, &request, NULL);
}

static int use_member_request(void *record)
{
    rota_member_request *request = record;
    request->group = group;
    request->member = added("member");
    return rota_member_add(calendar, NULL, request, NULL);
}

/* The first row of what a list gave. */
static int first(int rc, rota_result *rows, void *out,
                 int (*at)(const rota_result *rows, int64_t i, void *out))
{
    if (rc == ROTA_OK) {
        rc = at(rows, 0, out);
        rota_result_free(rows);
    }
    return rc;
}

static int resource_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_resource_at(rows, i, out);
}

static int booking_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_booking_at(rows, i, out);
}

static int member_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_member_at(rows, i, out);
}

static int event_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_event_at(rows, i, out);
}

static int conflict_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_conflict_at(rows, i, out);
}

static int use_resource(void *record)
{
    rota_result *rows = NULL;
    int rc = rota_resource_get(calendar, &room, &rows);
    return first(rc, rows, record, resource_at);
}

static int use_booking(void *record)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    query.when.start = FIRST_START;
    query.when.end = ROTA_TIME_MAX;
    int rc = rota_booking_list(calendar, &query, &rows);
    return first(rc, rows, record, booking_at);
}

static int use_member(void *record)
{
    rota_member_query query = ROTA_INIT(rota_member_query);
    rota_result *rows = NULL;
    query.group = group;
    int rc = rota_member_list(calendar, &query, &rows);
    return first(rc, rows, record, member_at);
}

static int use_event(void *record)
{
    rota_result *rows = NULL;
    int rc = rota_event_list(calendar, 0, 1, &rows);
    return first(rc, rows, record, event_at);
}

static int consumer_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_consumer_at(rows, i, out);
}

static int use_consumer(void *record)
{
    rota_result *rows = NULL;
    int rc = rota_consumer_create(calendar, NULL, "mailer", 0);
    if (rc == ROTA_OK) rc = rota_consumer_list(calendar, &rows);
    return first(rc, rows, record, consumer_at);
}

static int use_conflict(void *record)
{
    rota_result *rows = NULL;
    int rc = book(NULL, NULL, NULL, FIRST_START);
    if (rc != ROTA_ECONFLICT) return rc;
    rc = rota_conflict_list(calendar, &rows);
    return first(rc, rows, record, conflict_at);
}

static int use_resource_query(void *record)
{
    rota_result *rows = NULL;
    int rc = rota_resource_list(calendar, record, &rows);
    rota_result_free(rows);
    return rc;
}

static int use_booking_query(void *record)
{
    rota_booking_query *query = record;
    rota_result *rows = NULL;
    query->when.start = FIRST_START;
    query->when.end = ROTA_TIME_MAX;
    int rc = rota_booking_list(calendar, query, &rows);
    rota_result_free(rows);
    return rc;
}

static int use_member_query(void *record)
{
    rota_member_query *query = record;
    rota_result *rows = NULL;
    query->group = group;
    int rc = rota_member_list(calendar, query, &rows);
    rota_result_free(rows);
    return rc;
}

static int use_time_reading(void *record)
{
    return rota_time_resolve(calendar, "2031-03-30T02:30", "UTC", record);
}

static int expand(rota_series_query *query, rota_result **rows)
{
    query->start = "2031-03-10T09:00";
    query->zone = "UTC";
    return rota_series_expand(calendar, query, rows, NULL);
}

static int use_series_query(void *record)
{
    rota_result *rows = NULL;
    int rc = expand(record, &rows);
    rota_result_free(rows);
    return rc;
}

static int occurrence_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_occurrence_at(rows, i, out);
}

static int use_occurrence(void *record)
{
    rota_series_query query = ROTA_INIT(rota_series_query);
    rota_result *rows = NULL;
    int rc = expand(&query, &rows);
    return first(rc, rows, record, occurrence_at);
}

static int use_free_query(void *record)
{
    rota_free_query *query = record;
    rota_claim claim = { .resource = room, .units = 1 };
    rota_result *rows = NULL;
    query->all = &claim;
    query->all_count = 1;
    query->window.start = FIRST_START;
    query->window.end = FIRST_START + 86400;
    query->duration = 900;
    int rc = rota_free_find(calendar, query, &rows);
    rota_result_free(rows);
    return rc;
}

static int slot_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_slot_at(rows, i, out);
}

static int use_slot(void *record)
{
    rota_free_query query = ROTA_INIT(rota_free_query);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_result *rows = NULL;
    query.all = &claim;
    query.all_count = 1;
    query.window.start = FIRST_START;
    query.window.end = FIRST_START + 30 * 86400;
    query.duration = 900;
    int rc = rota_free_find(calendar, &query, &rows);
    return first(rc, rows, record, slot_at);
}

static int alternative_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_alternative_at(rows, i, out);
}

static int use_alternative(void *record)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_result *rows = NULL;
    request.when.start = FIRST_START;
    request.when.end = FIRST_START + 900;
    request.claims = &claim;
    request.claim_count = 1;
    request.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    int rc = rota_booking_create(calendar, NULL, &request, NULL);
    if (rc != ROTA_ECONFLICT) return rc;
    rc = rota_alternative_list(calendar, &rows);
    return first(rc, rows, record, alternative_at);
}

static int use_placement(void *record)
{
    rota_placement *placement = record;
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claim = { .resource = room, .units = 1 };
    placement->window.start = FIRST_START + 100 * 86400;
    placement->window.end = FIRST_START + 101 * 86400;
    placement->duration = 900;
    request.placement = placement;
    request.claims = &claim;
    request.claim_count = 1;
    return rota_booking_create(calendar, NULL, &request, NULL);
}

static int displacement_at(const rota_result *rows, int64_t i, void *out)
{
    return rota_displacement_at(rows, i, out);
}

/* Each time it moves what it moved before, to the next place. */
static int use_displacement(void *record)
{
    static rota_time start = FIRST_START + 200 * 86400;
    rota_placement placement = ROTA_INIT(rota_placement);
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_result *rows = NULL;
    placement.window.start = start;
    placement.window.end = start + 86400;
    placement.duration = 900;
    request.claims = &claim;
    request.claim_count = 1;
    request.placement = &placement;
    int rc = rota_booking_create(calendar, NULL, &request, NULL);
    if (rc != ROTA_OK) return rc;
    request.placement = NULL;
    request.when.start = start;
    request.when.end = start + 900;
    request.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    rc = rota_booking_create(calendar, NULL, &request, NULL);
    if (rc != ROTA_OK) return rc;
    start += 86400;
    rc = rota_displacement_list(calendar, &rows);
    return first(rc, rows, record, displacement_at);
}

enum { IN, OUT };

static const struct use {
    const char *name;
    uint32_t oldest; /* never changes */
    int direction;
    int (*with)(void *record);
} uses[] = {
    { "rota_call", 48, IN, use_call },
    { "rota_receipt", 64, OUT, use_receipt },
    { "rota_conflict", 144, OUT, use_conflict },
    { "rota_config", 96, IN, use_config },
    { "rota_tick_report", 24, OUT, use_tick_report },
    { "rota_stats", 88, OUT, use_stats },
    { "rota_metrics", 1496, OUT, use_metrics },
    { "rota_resource_request", 96, IN, use_resource_request },
    { "rota_resource", 120, OUT, use_resource },
    { "rota_resource_query", 64, IN, use_resource_query },
    { "rota_member_request", 56, IN, use_member_request },
    { "rota_member", 56, OUT, use_member },
    { "rota_member_query", 40, IN, use_member_query },
    { "rota_booking_request", 80, IN, use_booking_request },
    { "rota_recurrence", 72, IN, use_recurrence },
    { "rota_booking", 120, OUT, use_booking },
    { "rota_booking_query", 80, IN, use_booking_query },
    { "rota_time_reading", 48, OUT, use_time_reading },
    { "rota_series_query", 88, IN, use_series_query },
    { "rota_occurrence", 48, OUT, use_occurrence },
    { "rota_free_query", 144, IN, use_free_query },
    { "rota_slot", 40, OUT, use_slot },
    { "rota_alternative", 40, OUT, use_alternative },
    { "rota_placement", 56, IN, use_placement },
    { "rota_displacement", 72, OUT, use_displacement },
    { "rota_event", 88, OUT, use_event },
    { "rota_consumer", 48, OUT, use_consumer },
};

/* Uses a record of that size, all of it zero but for the bytes behind what is known. */
static int expect(const struct use *use, uint32_t size, uint32_t known, unsigned char tail,
                  int expected)
{
    unsigned char *record = calloc(1, size);
    if (!record) return 1;
    memcpy(record, &size, sizeof size);
    if (size > known) memset(record + known, tail, size - known);
    int rc = use->with(record), wrong = rc != expected;
    if (wrong)
        fprintf(stderr, "%s of %u bytes, then %u: %s, not %s\n", use->name, (unsigned)size,
                (unsigned)tail, rota_status_name(rc), rota_status_name(expected));
    for (uint32_t i = known; i < size && use->direction == OUT && rc == ROTA_OK; i++) {
        if (!record[i]) continue;
        fprintf(stderr, "%s of %u bytes: byte %u was not cleared\n", use->name, (unsigned)size,
                (unsigned)i);
        wrong = 1;
        break;
    }
    free(record);
    return wrong;
}

/* With the tail set where today's record ends: between the oldest and that are known fields. */
static uint32_t size_today(const char *name)
{
#define SIZE(type)                    \
    {                                 \
#type, (uint32_t)sizeof(type) \
    }
    static const struct {
        const char *name;
        uint32_t size;
    } today[] = {
        SIZE(rota_call),           SIZE(rota_receipt),
        SIZE(rota_conflict),       SIZE(rota_config),
        SIZE(rota_tick_report),    SIZE(rota_stats),
        SIZE(rota_metrics),        SIZE(rota_resource_request),
        SIZE(rota_resource),       SIZE(rota_resource_query),
        SIZE(rota_member_request), SIZE(rota_member),
        SIZE(rota_member_query),   SIZE(rota_booking_request),
        SIZE(rota_booking),        SIZE(rota_booking_query),
        SIZE(rota_event),          SIZE(rota_consumer),
        SIZE(rota_time_reading),   SIZE(rota_series_query),
        SIZE(rota_occurrence),     SIZE(rota_recurrence),
        SIZE(rota_free_query),     SIZE(rota_slot),
        SIZE(rota_alternative),    SIZE(rota_placement),
        SIZE(rota_displacement),
    };
#undef SIZE
    for (size_t i = 0; i < sizeof today / sizeof today[0]; i++)
        if (strcmp(today[i].name, name) == 0) return today[i].size;
    return 0;
}

int main(void)
{
    rota_config config = ROTA_INIT(rota_config);
    int wrong = 0;
    config.now = now;
    if (rota_open(":memory:", &config, &calendar) != ROTA_OK) return 1;
    room = added("Blue");
    group = added("Team");
    if (book(NULL, NULL, NULL, FIRST_START) != ROTA_OK) return 1;
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        const struct use *use = &uses[i];
        uint32_t today = size_today(use->name);
        wrong += expect(use, use->oldest, use->oldest, 0, ROTA_OK);
        wrong += expect(use, use->oldest - 1, use->oldest, 0, ROTA_EINVALID);
        wrong += expect(use, today + BEHIND, today, 0, ROTA_OK);
        wrong += expect(use, today + BEHIND, today, 0xff,
                        use->direction == IN ? ROTA_EVERSION : ROTA_OK);
    }
    rota_close(calendar);
    return wrong ? 1 : 0;
}
