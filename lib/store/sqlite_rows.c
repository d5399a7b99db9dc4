/* Rows and records: what the columns of each selection mean, what a claim keeps of
 * its booking, and the walk over every row there is.
 *
 * How a statement is run, and what a value may be, is left to sqlite_query.c;
 * which rows an operation asks for, to sqlite_read.c and sqlite_commit.c. */
#include "store/sqlite_private.h"

#include "base/id.h"
#include "base/words.h"

void rota__sqlite_read_resource(rota__sqlite_query *query, rota__resource *out)
{
    *out = (rota__resource){ .row = rota__sqlite_row(query) };
    out->id = rota__sqlite_id(query);
    out->ref = rota__sqlite_text(query, true);
    out->kind = rota__sqlite_text(query, false);
    out->name = rota__sqlite_text(query, false);
    out->zone = rota__sqlite_text(query, false);
    out->data = rota__sqlite_text(query, true);
    if (rota__sqlite_is_null(query)) {
        query->column += 2;
    } else {
        out->parent = rota__sqlite_row(query);
        out->parent_id = rota__sqlite_id(query);
    }
    out->capacity = rota__sqlite_small(query, 1, INT32_MAX);
    out->before = rota__sqlite_small(query, 0, INT32_MAX);
    out->after = rota__sqlite_small(query, 0, INT32_MAX);
    out->active = rota__sqlite_small(query, 0, 1) == 1;
    out->removed = rota__sqlite_small(query, 0, 1) == 1;
    out->version = rota__sqlite_row(query);
    out->stamp = rota__sqlite_row(query);
    if (rota__sqlite_is_null(query)) {
        query->column++;
    } else {
        out->hours = rota__sqlite_bytes(query, &out->hours_size);
        if (query->status == ROTA_OK && out->hours_size == 0) rota__sqlite_damage(query, "hours");
    }
}

int rota__sqlite_read_tags(rota__sqlite *self, rota__env *env, rota__resource *resource)
{
    struct {
        const char **items;
        int64_t count, room;
    } tags = { 0 };
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_TAG_OF);
    rota__sqlite_bind_int(&query, resource->row);
    const char **tag = NULL;
    while ((tag = ROTA__SQLITE_NEXT(&query, &tags))) {
        rota__sqlite_row(&query);
        *tag = rota__sqlite_text(&query, false);
    }
    resource->tags = tags.items;
    resource->tag_count = tags.count;
    return rota__sqlite_end(&query);
}

void rota__sqlite_read_member(rota__sqlite_query *query, rota__member *out)
{
    out->group = rota__sqlite_row(query);
    out->member = rota__sqlite_row(query);
    out->group_id = rota__sqlite_id(query);
    out->member_id = rota__sqlite_id(query);
    out->when = rota__sqlite_span(query);
}

void rota__sqlite_read_kept(rota__sqlite_query *query, const char *what, const void **bytes,
                            int64_t *size)
{
    *bytes = rota__sqlite_bytes(query, size);
    if (query->status == ROTA_OK && *size == 0) rota__sqlite_damage(query, what);
}

static void read_if_kept(rota__sqlite_query *query, const char *what, const void **bytes,
                         int64_t *size)
{
    if (rota__sqlite_is_null(query))
        query->column++;
    else
        rota__sqlite_read_kept(query, what, bytes, size);
}

void rota__sqlite_read_booking(rota__sqlite_query *query, rota__booking *out)
{
    *out = (rota__booking){ .row = rota__sqlite_row(query) };
    out->id = rota__sqlite_id(query);
    out->ref = rota__sqlite_text(query, true);
    out->title = rota__sqlite_text(query, true);
    out->data = rota__sqlite_text(query, true);
    out->when = rota__sqlite_span(query);
    out->status = rota__sqlite_small(query, ROTA_BOOKING_HELD, ROTA_BOOKING_EXPIRED);
    out->priority = rota__sqlite_small(query, INT32_MIN, INT32_MAX);
    out->hold_expires = rota__sqlite_instant(query);
    out->created_at = rota__sqlite_instant(query);
    out->changed_at = rota__sqlite_instant(query);
    out->version = rota__sqlite_row(query);
    out->claim_count = rota__sqlite_claims(query, &out->claims);
    read_if_kept(query, "series", &out->series, &out->series_size);
    read_if_kept(query, "placement", &out->placement, &out->placement_size);
    out->kind = rota__sqlite_small(query, ROTA_KIND_BOOKING, ROTA_KIND_ABSENCE);
    if (rota__sqlite_is_null(query)) return;
    out->part_of = rota__sqlite_row(query);
    out->part_of_id = rota__sqlite_id(query);
    out->occurrence = rota__sqlite_instant(query);
}

/* --- packed claims: numbers in little-endian order, claims by resource id --- */

uint8_t *rota__sqlite_pack(rota__arena *arena, const rota__claim *claims, int64_t count)
{
    uint8_t *bytes = rota__arena_alloc(arena, count, ROTA__SQLITE_PACKED), *at = bytes;
    for (int64_t i = 0; bytes && i < count; i++) {
        at = rota__little_put_64(at, (uint64_t)claims[i].resource);
        memcpy(at, claims[i].resource_id.b, sizeof claims[i].resource_id.b);
        at += sizeof claims[i].resource_id.b;
        at = rota__little_put_32(at, (uint32_t)claims[i].units);
        at = rota__little_put_32(at, (uint32_t)claims[i].role);
        at = rota__little_put_32(at, claims[i].flags);
    }
    return bytes;
}

static bool unpack(const uint8_t *at, int64_t count, rota__claim *claims)
{
    for (int64_t i = 0; i < count; i++, at += ROTA__SQLITE_PACKED) {
        rota__claim *claim = &claims[i];
        claim->resource = (int64_t)rota__little_64(at);
        memcpy(claim->resource_id.b, at + 8, sizeof claim->resource_id.b);
        claim->units = (int32_t)rota__little_32(at + 24);
        claim->role = (int32_t)rota__little_32(at + 28);
        claim->flags = rota__little_32(at + 32);
        if (claim->resource < 1 || claim->units < 1 || claim->role < ROTA_ROLE_REQUIRED ||
            claim->role > ROTA_ROLE_ORGANIZER ||
            (i > 0 && rota__id_compare(&claims[i - 1].resource_id, &claim->resource_id) >= 0))
            return false;
    }
    return true;
}

int64_t rota__sqlite_claims(rota__sqlite_query *query, const rota__claim **out)
{
    int64_t size = 0;
    const uint8_t *bytes = rota__sqlite_look_at_bytes(query, &size);
    *out = NULL;
    if (query->status != ROTA_OK || size == 0) return 0;
    int64_t count = size / ROTA__SQLITE_PACKED;
    rota__claim *claims = rota__arena_alloc(query->env->arena, count, (int64_t)sizeof *claims);
    if (!claims) {
        query->status = rota__error_plain(query->env->error, ROTA_ENOMEM);
    } else if (size % ROTA__SQLITE_PACKED != 0 || !unpack(bytes, count, claims)) {
        rota__sqlite_damage(query, "claims");
    } else {
        *out = claims;
        return count;
    }
    return 0;
}

typedef struct packing {
    rota__claim *items;
    int64_t count, room;
} packing;

static int put_packed(rota__sqlite *self, rota__env *env, int64_t row, packing *claims)
{
    if (claims->count == 0) return ROTA_OK;
    uint8_t *bytes = rota__sqlite_pack(env->arena, claims->items, claims->count);
    if (!bytes) return rota__error_plain(env->error, ROTA_ENOMEM);
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CLAIM_PACK);
    rota__sqlite_bind_bytes(&query, bytes, claims->count * ROTA__SQLITE_PACKED);
    rota__sqlite_bind_int(&query, row);
    claims->count = 0;
    return rota__sqlite_run(&query);
}

int rota__sqlite_pack_all(rota__sqlite *self, rota__env *env)
{
    packing claims = { 0 };
    rota__sqlite_query query;
    int64_t booking = 0;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CLAIM_EVERY);
    while (rota__sqlite_next(&query)) {
        int64_t row = rota__sqlite_row(&query);
        if (row != booking && query.status == ROTA_OK)
            query.status = put_packed(self, env, booking, &claims);
        booking = row;
        rota__claim *claim = query.status == ROTA_OK ? ROTA__PUSH(env->arena, &claims) : NULL;
        if (!claim) {
            if (query.status == ROTA_OK) query.status = rota__error_plain(env->error, ROTA_ENOMEM);
            break;
        }
        claim->resource = rota__sqlite_row(&query);
        claim->resource_id = rota__sqlite_id(&query);
        claim->units = rota__sqlite_small(&query, 1, INT32_MAX);
        claim->role = rota__sqlite_small(&query, ROTA_ROLE_REQUIRED, ROTA_ROLE_ORGANIZER);
        claim->flags = (uint32_t)rota__sqlite_int(&query, 0, UINT32_MAX);
    }
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK ? put_packed(self, env, booking, &claims) : rc;
}

/* --- the rest --- */

void rota__sqlite_read_key(rota__sqlite_query *query, rota__key *out)
{
    *out = (rota__key){ .actor = rota__sqlite_text(query, false) };
    out->key = rota__sqlite_text(query, false);
    out->hash = (uint64_t)rota__sqlite_any(query);
    out->at = rota__sqlite_instant(query);
    out->answer = rota__sqlite_bytes(query, &out->answer_size);
}

void rota__sqlite_read_event(rota__sqlite_query *query, rota__event *out)
{
    out->seq = rota__sqlite_row(query);
    out->at = rota__sqlite_instant(query);
    out->type = rota__sqlite_small(query, 1, INT32_MAX);
    out->subject = rota__sqlite_id(query);
    out->actor = rota__sqlite_text(query, true);
    out->role = rota__sqlite_text(query, true);
    out->trace = rota__sqlite_text(query, true);
    out->before = rota__sqlite_text(query, true);
    out->after = rota__sqlite_text(query, true);
}

void rota__sqlite_read_consumer(rota__sqlite_query *query, rota__consumer *out)
{
    *out = (rota__consumer){ .name = rota__sqlite_text(query, false) };
    out->position = rota__sqlite_int(query, 0, INT64_MAX);
    out->created_at = rota__sqlite_instant(query);
    out->changed_at = rota__sqlite_instant(query);
}

void rota__sqlite_read_zone(rota__sqlite_query *query, rota__zone *out)
{
    *out = (rota__zone){ .name = rota__sqlite_text(query, false) };
    out->digest = (uint64_t)rota__sqlite_any(query);
    out->data = rota__sqlite_bytes(query, &out->size);
}

/* --- what claims keep of their booking --- */

static const int64_t reach_secs[ROTA__SQLITE_REACHES - 1] = { 86400, 32 * 86400, 1024 * 86400 };

int32_t rota__sqlite_reach(rota_span when)
{
    int32_t reach = 0;
    while (reach < ROTA__SQLITE_REACHES - 1 && when.end - when.start > reach_secs[reach])
        reach++;
    return reach;
}

rota_time rota__sqlite_reach_back(int32_t reach, rota_time from)
{
    bool endless = reach == ROTA__SQLITE_REACHES - 1;
    return endless || from <= ROTA_TIME_MIN ? ROTA_TIME_MIN : from - reach_secs[reach];
}

bool rota__sqlite_takes(const rota__booking *booking, const rota__claim *claim)
{
    return rota__claim_blocks(claim) && rota__status_occupies(booking->status);
}

rota_time rota__sqlite_expires(const rota__booking *booking)
{
    return booking->status == ROTA_BOOKING_HELD ? booking->hold_expires : 0;
}

/* --- every row, read as a request would read it, and thrown away --- */

static void skim(rota__sqlite_query *query)
{
    union {
        rota__resource resource;
        rota__member member;
        rota__booking booking;
        rota__event event;
        rota__key key;
        rota__consumer consumer;
        rota__zone zone;
        rota__reminder_list list;
        rota__reminder reminder;
        rota__reminder_note note;
        rota__reminder_next next;
    } out;
    switch (query->id) {
    case ROTA__SQL_EVERY_RESOURCE:
        rota__sqlite_read_resource(query, &out.resource);
        break;
    case ROTA__SQL_EVERY_TAG:
        rota__sqlite_row(query);
        rota__sqlite_text(query, false);
        break;
    case ROTA__SQL_EVERY_MEMBER:
        rota__sqlite_read_member(query, &out.member);
        break;
    case ROTA__SQL_EVERY_BOOKING:
        rota__sqlite_read_booking(query, &out.booking);
        break;
    case ROTA__SQL_EVERY_EVENT:
        rota__sqlite_read_event(query, &out.event);
        break;
    case ROTA__SQL_EVERY_KEY:
        rota__sqlite_read_key(query, &out.key);
        break;
    case ROTA__SQL_EVERY_ZONE:
        rota__sqlite_read_zone(query, &out.zone);
        break;
    case ROTA__SQL_EVERY_LIST:
        rota__sqlite_read_list(query, &out.list);
        break;
    case ROTA__SQL_EVERY_REMINDER:
        rota__sqlite_read_reminder(query, &out.reminder);
        break;
    case ROTA__SQL_EVERY_NOTE:
        rota__sqlite_read_note(query, &out.note);
        break;
    case ROTA__SQL_EVERY_NEXT:
        rota__sqlite_read_next(query, &out.next);
        break;
    default:
        rota__sqlite_read_consumer(query, &out.consumer);
        break;
    }
}

int rota__sqlite_read_all(rota__sqlite *self, rota__env *env)
{
    rota__arena arena;
    rota__arena_init(&arena, self->mem);
    rota__env inner = { .arena = &arena, .error = env->error };
    int rc = ROTA_OK;
    for (int id = ROTA__SQL_EVERY_RESOURCE; id <= ROTA__SQL_EVERY_NEXT && rc == ROTA_OK; id++) {
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, &inner, id);
        while (rota__sqlite_next(&query)) {
            skim(&query);
            rota__arena_reset(&arena);
        }
        rc = rota__sqlite_end(&query);
    }
    rota__arena_free(&arena);
    return rc;
}
