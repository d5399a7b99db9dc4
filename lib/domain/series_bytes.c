/* A series as bytes, and back. Numbers and the seal are base/bytes.h's; times count from the
 * one before in their list, texts end with NUL:
 *
 *     version, flags, zone, digest of its data, [rule], start, checked_until,
 *     rdates, exdates: count and times,
 *     eras: count and, each, flags, [from], shift, length, [claims]
 *     exceptions: count and times, with the kind in the lowest bit
 *     the seal
 *
 * The seal tells damage from a zone that another system does not have. */
#include "domain/series.h"

#include "base/bytes.h"
#include "base/id.h"

enum {
    VERSION = 1,
    ALL_DAY = 1, /* flags of a series */
    HAS_RULE = 2,
    CANCELLED = 1, /* flags of an era */
    SAME_CLAIMS = 2,
    SMALLEST_CLAIM = 20,
    SMALLEST_ERA = 4
};

#define ALL_TIME (ROTA_TIME_MAX - ROTA_TIME_MIN)
enum { DAY = 86400 };

/* --- writing --- */

static void put_signed(rota__str *w, int64_t value)
{
    uint64_t size = (uint64_t)(value < 0 ? -(value + 1) : value);
    rota__bytes_put_number(w, size << 1 | (value < 0));
}

static void put_time(rota__str *w, rota_time since, rota_time t)
{
    assert(t >= since && t <= ROTA_TIME_MAX);
    rota__bytes_put_number(w, (uint64_t)(t - since));
}

static void put_times(rota__str *w, const rota_time *times, int64_t count)
{
    rota_time last = ROTA_TIME_MIN;
    rota__bytes_put_number(w, (uint64_t)count);
    for (int64_t i = 0; i < count; last = times[i++])
        put_time(w, last, times[i]);
}

static void put_claims(rota__str *w, const rota__era *era)
{
    rota__bytes_put_number(w, (uint64_t)era->claim_count);
    for (int64_t i = 0; i < era->claim_count; i++) {
        const rota__claim *claim = &era->claims[i];
        assert(claim->resource > 0 && claim->units > 0);
        rota__bytes_put_number(w, (uint64_t)claim->resource);
        for (size_t k = 0; k < sizeof claim->resource_id.b; k++)
            rota__bytes_put(w, claim->resource_id.b[k]);
        rota__bytes_put_number(w, (uint64_t)claim->units);
        rota__bytes_put_number(w, (uint64_t)claim->role);
        rota__bytes_put_number(w, claim->flags);
    }
}

static bool same_claims(const rota__era *a, const rota__era *b)
{
    if (a->claim_count != b->claim_count) return false;
    for (int64_t i = 0; i < a->claim_count; i++) {
        const rota__claim *x = &a->claims[i], *y = &b->claims[i];
        if (x->resource != y->resource || rota__id_compare(&x->resource_id, &y->resource_id) != 0 ||
            x->units != y->units || x->role != y->role || x->flags != y->flags)
            return false;
    }
    return true;
}

static void put_eras(rota__str *w, const rota__series *series)
{
    rota__bytes_put_number(w, (uint64_t)series->era_count);
    for (int64_t i = 0; i < series->era_count; i++) {
        const rota__era *era = &series->eras[i];
        bool same = i > 0 && same_claims(era - 1, era);
        rota__bytes_put_number(w, (uint64_t)(era->cancelled ? CANCELLED : 0) |
                                      (same ? SAME_CLAIMS : 0));
        if (i > 0) put_time(w, era[-1].from, era->from);
        put_signed(w, era->shift);
        rota__bytes_put_number(w, (uint64_t)era->length);
        if (!same) put_claims(w, era);
    }
}

static void put_exceptions(rota__str *w, const rota__series *series)
{
    rota_time last = ROTA_TIME_MIN;
    rota__bytes_put_number(w, (uint64_t)series->exception_count);
    for (int64_t i = 0; i < series->exception_count; i++) {
        const rota__exception *exception = &series->exceptions[i];
        assert(exception->original >= last);
        rota__bytes_put_number(w, (uint64_t)(exception->original - last) << 1 |
                                      (exception->kind == ROTA__EXCEPT_SKIPPED));
        last = exception->original;
    }
}

int rota__series_write(rota__env *env, const rota__series *series, const void **bytes,
                       int64_t *size)
{
    rota__str w;
    rota__str_init(&w, env->arena);
    rota__bytes_put(&w, VERSION);
    rota__bytes_put(&w, (uint8_t)((series->all_day ? ALL_DAY : 0) |
                                  (series->rule_text ? HAS_RULE : 0)));
    rota__bytes_put_text(&w, series->zone);
    rota__bytes_put_number(&w, series->zone_digest);
    if (series->rule_text) rota__bytes_put_text(&w, series->rule_text);
    put_time(&w, ROTA_TIME_MIN, series->start);
    put_time(&w, ROTA_TIME_MIN, series->checked_until);
    put_times(&w, series->rdates, series->rdate_count);
    put_times(&w, series->exdates, series->exdate_count);
    put_eras(&w, series);
    put_exceptions(&w, series);
    return rota__bytes_done(&w, env->error, bytes, size);
}

/* --- reading --- */

typedef struct reader {
    rota__reader in;
    rota__arena *arena;
    bool nomem;
} reader;

static void fail(reader *r, const char *what)
{
    rota__bytes_fail(&r->in, what);
}

static uint64_t get(reader *r, uint64_t most)
{
    return rota__bytes_number(&r->in, most);
}

static int64_t get_int(reader *r, int64_t least, int64_t most)
{
    return rota__bytes_int(&r->in, least, most);
}

static int64_t get_signed(reader *r, int64_t most)
{
    uint64_t value = get(r, (uint64_t)most << 1);
    return value & 1 ? -(int64_t)(value >> 1) - 1 : (int64_t)(value >> 1);
}

static rota_time get_time(reader *r, rota_time since, int64_t least)
{
    return since + get_int(r, least, ROTA_TIME_MAX - since);
}

/* How many follow, and room for them; there are bytes enough for so many. */
static int64_t get_count(reader *r, int64_t most, int64_t bytes_each, int64_t size, void **room)
{
    int64_t count = get_int(r, 0, most);
    if (count > r->in.left / bytes_each) {
        fail(r, "a list is longer than it can be");
        count = 0;
    }
    *room = rota__arena_alloc(r->arena, count, size);
    if (*room) return count;
    r->nomem = true;
    fail(r, "no memory");
    return 0;
}

static int64_t get_times(reader *r, const rota_time **out)
{
    rota_time last = ROTA_TIME_MIN;
    void *room;
    int64_t count = get_count(r, ROTA_MAX_DATES, 1, (int64_t)sizeof last, &room);
    rota_time *times = room;
    for (int64_t i = 0; i < count; last = times[i++])
        times[i] = get_time(r, last, 0);
    *out = times;
    return count;
}

static void get_claim(reader *r, const rota__claim *before, rota__claim *out)
{
    out->resource = get_int(r, 1, INT64_MAX);
    for (size_t k = 0; k < sizeof out->resource_id.b; k++)
        out->resource_id.b[k] = rota__bytes_get(&r->in);
    out->units = (int32_t)get_int(r, 1, INT32_MAX);
    out->role = (int32_t)get_int(r, 0, ROTA_ROLE_ORGANIZER);
    out->flags = (uint32_t)get_int(r, 0, ROTA_CLAIM_FREE);
    if (before && rota__id_compare(&before->resource_id, &out->resource_id) >= 0)
        fail(r, "claims are out of order");
}

static void get_claims(reader *r, rota__era *era)
{
    void *room;
    era->claim_count = get_count(r, ROTA_MAX_CLAIMS, SMALLEST_CLAIM, (int64_t)sizeof(rota__claim),
                                 &room);
    rota__claim *claims = room;
    for (int64_t i = 0; i < era->claim_count; i++)
        get_claim(r, i > 0 ? &claims[i - 1] : NULL, &claims[i]);
    era->claims = claims;
}

static void get_era(reader *r, bool all_day, const rota__era *before, rota__era *out)
{
    uint64_t flags = get(r, before ? CANCELLED | SAME_CLAIMS : CANCELLED);
    out->cancelled = flags & CANCELLED;
    out->marked = false;
    out->from = before ? get_time(r, before->from, 1) : ROTA_TIME_MIN;
    out->shift = get_signed(r, ALL_TIME);
    out->length = get_int(r, 1, all_day ? ALL_TIME / DAY : ALL_TIME);
    if (all_day && out->shift % DAY != 0) fail(r, "an all-day series is shifted by less than days");
    if (flags & SAME_CLAIMS) {
        out->claims = before->claims;
        out->claim_count = before->claim_count;
    } else {
        get_claims(r, out);
    }
}

static void get_eras(reader *r, rota__series *out)
{
    void *room;
    out->era_count = get_count(r, INT32_MAX, SMALLEST_ERA, (int64_t)sizeof *out->eras, &room);
    out->eras = room;
    for (int64_t i = 0; i < out->era_count; i++)
        get_era(r, out->all_day, i > 0 ? &out->eras[i - 1] : NULL, &out->eras[i]);
    if (out->era_count == 0) fail(r, "it has no era");
}

static void get_exceptions(reader *r, rota__series *out)
{
    rota_time last = ROTA_TIME_MIN;
    void *room;
    out->exception_count = get_count(r, ROTA__SERIES_EXCEPTIONS, 1,
                                     (int64_t)sizeof *out->exceptions, &room);
    out->exceptions = room;
    for (int64_t i = 0; i < out->exception_count; i++) {
        uint64_t value = get(r, (uint64_t)(ROTA_TIME_MAX - last) << 1 | 1);
        if (i > 0 && value < 2) fail(r, "an exception is there twice");
        last += (int64_t)(value >> 1);
        out->exceptions[i] = (rota__exception){
            last,
            value & 1 ? ROTA__EXCEPT_SKIPPED : ROTA__EXCEPT_APART,
        };
    }
}

static void get_series(reader *r, rota__series *out)
{
    uint8_t version = rota__bytes_get(&r->in);
    if (version != VERSION) fail(r, "its version is not known");
    uint64_t flags = get(r, ALL_DAY | HAS_RULE);
    out->all_day = flags & ALL_DAY;
    out->zone = rota__bytes_text(&r->in);
    out->zone_digest = get(r, UINT64_MAX);
    out->rule_text = flags & HAS_RULE ? rota__bytes_text(&r->in) : NULL;
    out->start = get_time(r, ROTA_TIME_MIN, 0);
    if (out->all_day && (out->start - ROTA_TIME_MIN) % DAY != 0) fail(r, "its start is no date");
    out->checked_until = get_time(r, ROTA_TIME_MIN, 0);
    out->rdate_count = get_times(r, &out->rdates);
    out->exdate_count = get_times(r, &out->exdates);
    get_eras(r, out);
    get_exceptions(r, out);
    if (r->in.left > 0) fail(r, "it goes on behind its end");
}

static int corrupt(rota__env *env, const char *why)
{
    return rota__error_set(env->error, ROTA_ECORRUPT, "a stored series is damaged: %s", why);
}

/* Not prepared. */
static int read_bytes(rota__env *env, const void *bytes, int64_t size, rota__series *out)
{
    reader r = { .arena = env->arena };
    if (!rota__bytes_open(&r.in, bytes, size))
        return corrupt(env, "its bytes are not those that were written");
    memset(out, 0, sizeof *out);
    get_series(&r, out);
    if (r.nomem) return rota__error_plain(env->error, ROTA_ENOMEM);
    return r.in.wrong ? corrupt(env, r.in.wrong) : ROTA_OK;
}

int rota__series_read(rota__env *env, rota__tz_cache *zones, const void *bytes, int64_t size,
                      rota__series *out)
{
    int rc = read_bytes(env, bytes, size, out);
    if (rc == ROTA_OK) rc = rota__series_prepare(env, zones, out);
    /* It was read before it was written; the zone may be one that is not here. */
    if ((rc == ROTA_EINVALID || rc == ROTA_ELIMIT) && out->every.zone)
        return corrupt(env, "its rule is none");
    return rc;
}

/* --- for one resource --- */

static void keep_claim_of(rota__era *era, int64_t resource)
{
    int64_t i = 0;
    while (i < era->claim_count && era->claims[i].resource != resource)
        i++;
    era->claim_count = i < era->claim_count;
    era->claims += i;
}

/* NULL where it cannot be told: then all of it is copied, and who reads it finds out why. */
static const void *leave_out(rota__env *env, int64_t resource, const void *bytes, int64_t *size)
{
    rota__series series = { 0 };
    const void *less = NULL;
    if (read_bytes(env, bytes, *size, &series) != ROTA_OK) return NULL;
    for (int64_t i = 0; i < series.era_count; i++)
        keep_claim_of(&series.eras[i], resource);
    return rota__series_write(env, &series, &less, size) == ROTA_OK ? less : NULL;
}

const void *rota__series_copy_for(rota__arena *arena, int64_t resource, const void *bytes,
                                  int64_t *size)
{
    enum { LARGE = 1024 };
    rota__arena own;
    rota__error ignored;
    rota__arena_init(&own, arena->mem);
    rota__env env = { .arena = &own, .error = &ignored };
    int64_t left = *size;
    const void *less = *size >= LARGE ? leave_out(&env, resource, bytes, &left) : NULL;
    if (less) *size = left;
    const void *copy = rota__arena_copy(arena, less ? less : bytes, *size);
    rota__arena_free(&own);
    return copy;
}
