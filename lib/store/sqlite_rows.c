/* Statements and rows: the text of every statement, how a statement is run, how
 * a row becomes a record, and the reads of the store's table. A row is trusted
 * no more than the file it lies in: every value is checked for its type and its
 * range before it leaves, and what does not fit is named as damage.
 *
 * Transactions, locks and the commit are left to sqlite.c, the tables to
 * sqlite_schema.c. */
#include "store/sqlite_private.h"

#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"

#define RESOURCE_SELECT                                                        \
    "SELECT r.row,r.id,r.ref,r.kind,r.name,r.zone,r.data,r.parent,p.id,"       \
    "r.capacity,r.before_secs,r.after_secs,r.active,r.removed,r.version,"      \
    "o.stamp FROM "
/* Left joins: a resource that lacks its other half is damage, not absent. */
#define RESOURCE_JOINS                                                         \
    " LEFT JOIN occupancy o ON o.resource=r.row"                               \
    " LEFT JOIN resource p ON p.row=r.parent "
#define RESOURCE_PAGE                                                          \
    " r.removed=0 AND r.id>?1 AND (?3 IS NULL OR r.kind=?3)"                   \
    " AND (?4 IS NULL OR r.parent=?4) ORDER BY r.id LIMIT ?2"
#define MEMBER_SELECT                                                          \
    "SELECT m.grp,m.member,g.id,x.id,m.from_at,m.until_at FROM member m"       \
    " LEFT JOIN resource g ON g.row=m.grp"                                     \
    " LEFT JOIN resource x ON x.row=m.member WHERE "
#define BOOKING_SELECT                                                         \
    "SELECT b.row,b.id,b.ref,b.title,b.data,b.start_at,b.end_at,b.status,"     \
    "b.priority,b.hold_expires,b.created_at,b.changed_at,b.version"            \
    " FROM booking b "
#define EVENT_SELECT                                                           \
    "SELECT seq,at,type,subject,actor,role,trace,before,after FROM event "
#define KEY_SELECT "SELECT actor,key,hash,at,answer FROM idempotency "

/* The first word is for messages: the table, or what is done. */
static const struct { const char *table, *sql; } statements[ROTA__SQL_COUNT] = {
    [ROTA__SQL_BEGIN] = { "begin", "BEGIN" },
    [ROTA__SQL_BEGIN_WRITE] = { "begin", "BEGIN IMMEDIATE" },
    [ROTA__SQL_COMMIT] = { "commit", "COMMIT" },
    [ROTA__SQL_ROLLBACK] = { "rollback", "ROLLBACK" },
    [ROTA__SQL_DATA_VERSION] = { "file", "PRAGMA data_version" },

    [ROTA__SQL_STAMP_GET] = { "occupancy",
        "SELECT resource,stamp FROM occupancy WHERE resource=?1" },
    [ROTA__SQL_STAMP_IS] = { "occupancy",
        "SELECT resource FROM occupancy WHERE resource=?1 AND stamp=?2" },
    [ROTA__SQL_STAMP_BUMP] = { "occupancy",
        "UPDATE occupancy SET stamp=stamp+1 WHERE resource=?1 AND stamp=?2" },
    [ROTA__SQL_STAMP_PUT] = { "occupancy",
        "INSERT INTO occupancy(resource,stamp) VALUES(?1,1)" },

    [ROTA__SQL_RESOURCE_BY_ROW] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.row=?1" },
    [ROTA__SQL_RESOURCE_BY_ID] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.id=?1 AND r.removed=0" },
    [ROTA__SQL_RESOURCE_BY_REF] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.ref=?1 AND r.removed=0" },
    [ROTA__SQL_RESOURCE_ALL] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_OF_KIND] = { "resource",
        RESOURCE_SELECT "resource r INDEXED BY resource_kind" RESOURCE_JOINS
        "WHERE r.kind=?3 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_IN_PARENT] = { "resource",
        RESOURCE_SELECT "resource r INDEXED BY resource_parent" RESOURCE_JOINS
        "WHERE r.parent=?4 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_WITH_TAG] = { "resource",
        RESOURCE_SELECT "tag t CROSS JOIN resource r ON r.row=t.resource" RESOURCE_JOINS
        "WHERE t.tag=?5 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_PUT] = { "resource",
        "INSERT INTO resource(id,ref,kind,name,zone,data,parent,capacity,before_secs,"
        "after_secs,active,removed,version) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,1)" },
    [ROTA__SQL_RESOURCE_CHANGE] = { "resource",
        "UPDATE resource SET ref=?1,kind=?2,name=?3,zone=?4,data=?5,parent=?6,capacity=?7,"
        "before_secs=?8,after_secs=?9,active=?10,removed=?11,version=version+1"
        " WHERE row=?12 AND version=?13" },
    [ROTA__SQL_TAG_OF] = { "tag",
        "SELECT resource,tag FROM tag WHERE resource=?1 ORDER BY tag" },
    [ROTA__SQL_TAG_PUT] = { "tag", "INSERT INTO tag(resource,tag) VALUES(?1,?2)" },
    [ROTA__SQL_TAG_DROP] = { "tag", "DELETE FROM tag WHERE resource=?1" },

    [ROTA__SQL_MEMBER_OF_GROUP] = { "member",
        MEMBER_SELECT "m.grp=?1 ORDER BY g.id,x.id,m.from_at" },
    [ROTA__SQL_MEMBER_OF_MEMBER] = { "member",
        MEMBER_SELECT "m.member=?2 ORDER BY g.id,x.id,m.from_at" },
    [ROTA__SQL_MEMBER_OF_BOTH] = { "member",
        MEMBER_SELECT "m.grp=?1 AND m.member=?2 ORDER BY m.from_at" },
    [ROTA__SQL_MEMBER_PUT] = { "member",
        "INSERT INTO member(grp,member,from_at,until_at) VALUES(?1,?2,?3,?4)" },
    [ROTA__SQL_MEMBER_DROP] = { "member",
        "DELETE FROM member WHERE grp=?1 AND member=?2 AND from_at=?3" },

    [ROTA__SQL_BOOKING_BY_ROW] = { "booking", BOOKING_SELECT "WHERE b.row=?1" },
    [ROTA__SQL_BOOKING_BY_ID] = { "booking", BOOKING_SELECT "WHERE b.id=?1" },
    [ROTA__SQL_BOOKING_BY_REF] = { "booking", BOOKING_SELECT "WHERE b.ref=?1" },
    [ROTA__SQL_BOOKING_DUE] = { "booking", /* status=1: held, the condition of the index */
        BOOKING_SELECT "INDEXED BY booking_hold WHERE b.status=1 AND b.hold_expires<=?1"
        " ORDER BY b.hold_expires,b.row LIMIT ?2" },
    [ROTA__SQL_BOOKING_IN_TIME] = { "booking",
        "SELECT b.row,b.id,b.start_at,b.end_at FROM booking b INDEXED BY booking_time"
        " WHERE b.reach=?1 AND b.start_at>=?2 AND b.start_at<?3 AND b.end_at>?4"
        " AND (?5>>b.status)&1 AND (b.start_at,b.end_at,b.id)>(?6,?7,?8)"
        " ORDER BY b.start_at,b.end_at,b.id LIMIT ?9" },
    [ROTA__SQL_BOOKING_CLAIMING] = { "booking",
        "SELECT b.row,b.id,b.start_at,b.end_at FROM claim c"
        " CROSS JOIN booking b ON b.row=c.booking"
        " WHERE c.resource=?10 AND c.reach=?1 AND c.start_at>=?2 AND c.start_at<?3"
        " AND c.end_at>?4 AND (?5>>b.status)&1 AND (c.start_at,c.end_at,b.id)>(?6,?7,?8)"
        " ORDER BY c.start_at,c.end_at,b.id LIMIT ?9" },
    [ROTA__SQL_BOOKING_PUT] = { "booking",
        "INSERT INTO booking(id,ref,title,data,start_at,end_at,reach,status,priority,"
        "hold_expires,created_at,changed_at,version)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,1)" },
    [ROTA__SQL_BOOKING_CHANGE] = { "booking", /* where the span stays, so does its index */
        "UPDATE booking SET title=?1,data=?2,status=?3,priority=?4,hold_expires=?5,"
        "changed_at=?6,version=version+1 WHERE row=?7 AND version=?8" },
    [ROTA__SQL_BOOKING_RESCHEDULE] = { "booking",
        "UPDATE booking SET title=?1,data=?2,status=?3,priority=?4,hold_expires=?5,"
        "changed_at=?6,version=version+1,start_at=?9,end_at=?10,reach=?11"
        " WHERE row=?7 AND version=?8" },

    [ROTA__SQL_CLAIM_TAKING] = { "claim",
        "SELECT booking,start_at,end_at,expires,units FROM claim"
        " WHERE resource=?1 AND takes=1" },
    [ROTA__SQL_CLAIM_OF] = { "claim",
        "SELECT c.booking,c.resource,r.id,c.units,c.role,c.flags FROM claim c"
        " LEFT JOIN resource r ON r.row=c.resource WHERE c.booking=?1" },
    [ROTA__SQL_CLAIM_STORED] = { "claim",
        "SELECT booking,resource,reach,start_at,end_at,units,role,flags,takes,expires"
        " FROM claim WHERE booking=?1" },
    [ROTA__SQL_CLAIM_PUT] = { "claim",
        "INSERT INTO claim(resource,reach,start_at,booking,end_at,units,role,flags,takes,expires)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)" },
    [ROTA__SQL_CLAIM_CHANGE] = { "claim",
        "UPDATE claim SET takes=?5,expires=?6"
        " WHERE resource=?1 AND reach=?2 AND start_at=?3 AND booking=?4" },
    [ROTA__SQL_CLAIM_DROP] = { "claim", "DELETE FROM claim WHERE booking=?1" },

    [ROTA__SQL_EVENT_LAST] = { "event", "SELECT max(seq) FROM event" },
    [ROTA__SQL_EVENT_FROM] = { "event",
        EVENT_SELECT "WHERE seq>?1 ORDER BY seq LIMIT ?2" },
    [ROTA__SQL_EVENT_PUT] = { "event",
        "INSERT INTO event(seq,at,type,subject,actor,role,trace,before,after)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)" },

    [ROTA__SQL_KEY_GET] = { "idempotency", KEY_SELECT "WHERE actor=?1 AND key=?2" },
    [ROTA__SQL_KEY_DUE] = { "idempotency",
        "SELECT count(*) FROM (SELECT 1 FROM idempotency WHERE at<=?1 LIMIT ?2)" },
    [ROTA__SQL_KEY_PUT] = { "idempotency",
        "INSERT INTO idempotency(actor,key,hash,at,answer) VALUES(?1,?2,?3,?4,?5)"
        " ON CONFLICT(actor,key) DO UPDATE SET hash=?3,at=?4,answer=?5" },
    [ROTA__SQL_KEY_DROP] = { "idempotency",
        "DELETE FROM idempotency WHERE (actor,key) IN"
        " (SELECT actor,key FROM idempotency WHERE at<=?1 ORDER BY at LIMIT ?2)" },

    [ROTA__SQL_COUNTS] = { "file",
        "SELECT (SELECT count(*) FROM resource WHERE removed=0),"
        "(SELECT count(*) FROM booking),(SELECT max(seq) FROM event)" },
    [ROTA__SQL_CHECK_FILE] = { "file", "PRAGMA integrity_check(1)" },
    [ROTA__SQL_CHECK_REFERENCES] = { "file", "PRAGMA foreign_key_check" },
    [ROTA__SQL_CHECK_FEED] = { "event", "SELECT count(*),min(seq),max(seq) FROM event" },
    [ROTA__SQL_CHECK_CLAIMS] = { "claim",
        "SELECT c.booking,c.resource,c.reach,c.start_at,c.end_at,c.role,c.flags,c.takes,c.expires,"
        "b.reach,b.start_at,b.end_at,b.status,b.hold_expires"
        " FROM claim c LEFT JOIN booking b ON b.row=c.booking" },
    [ROTA__SQL_EVERY_RESOURCE] = { "resource", RESOURCE_SELECT "resource r" RESOURCE_JOINS },
    [ROTA__SQL_EVERY_TAG] = { "tag", "SELECT resource,tag FROM tag" },
    [ROTA__SQL_EVERY_MEMBER] = { "member", MEMBER_SELECT "1" },
    [ROTA__SQL_EVERY_BOOKING] = { "booking", BOOKING_SELECT },
    [ROTA__SQL_EVERY_EVENT] = { "event", EVENT_SELECT },
    [ROTA__SQL_EVERY_KEY] = { "idempotency", KEY_SELECT },
};

/* --- one run of a statement --- */

void rota__sqlite_start(rota__sqlite_query *query, rota__sqlite *self, rota__env *env, int id)
{
    *query = (rota__sqlite_query){ .self = self, .env = env, .id = id };
    sqlite3_stmt **kept = &self->statements[id];
    if (!*kept && sqlite3_prepare_v3(self->db, statements[id].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                     kept, NULL) != SQLITE_OK)
        query->status = rota__sqlite_fail(self, env, statements[id].table);
    query->stmt = *kept;
}

static void bound(rota__sqlite_query *query, int rc)
{
    if (rc == SQLITE_OK) return;
    query->status = rota__sqlite_fail(query->self, query->env, statements[query->id].table);
}

void rota__sqlite_bind_int(rota__sqlite_query *query, int64_t value)
{
    if (query->status == ROTA_OK)
        bound(query, sqlite3_bind_int64(query->stmt, ++query->bound, value));
}

void rota__sqlite_bind_row(rota__sqlite_query *query, int64_t row)
{
    if (row != 0)
        rota__sqlite_bind_int(query, row);
    else if (query->status == ROTA_OK)
        bound(query, sqlite3_bind_null(query->stmt, ++query->bound));
}

void rota__sqlite_bind_text(rota__sqlite_query *query, const char *text)
{
    if (query->status == ROTA_OK) /* NULL binds NULL */
        bound(query, sqlite3_bind_text(query->stmt, ++query->bound, text, -1, SQLITE_STATIC));
}

void rota__sqlite_bind_bytes(rota__sqlite_query *query, const void *bytes, int64_t size)
{
    if (query->status != ROTA_OK) return;
    const void *some = size > 0 ? bytes : ""; /* no bytes are not NULL */
    bound(query, sqlite3_bind_blob64(query->stmt, ++query->bound, some, (sqlite3_uint64)size,
                                     SQLITE_STATIC));
}

bool rota__sqlite_next(rota__sqlite_query *query)
{
    query->column = 0;
    if (query->status != ROTA_OK) return false;
    int rc = sqlite3_step(query->stmt);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID)
        query->status = ROTA__STALE;
    else if (rc != SQLITE_DONE)
        query->status = rota__sqlite_fail(query->self, query->env, statements[query->id].table);
    return false;
}

int rota__sqlite_end(rota__sqlite_query *query)
{
    if (query->stmt) {
        /* What reset() returns is the failure of the step, seen already. */
        sqlite3_reset(query->stmt);
        sqlite3_clear_bindings(query->stmt);
    }
    return query->status;
}

int rota__sqlite_run(rota__sqlite_query *query)
{
    rota__sqlite_next(query);
    return rota__sqlite_end(query);
}

/* --- columns --- */

void rota__sqlite_damage(rota__sqlite_query *query, const char *what)
{
    if (query->status != ROTA_OK) return;
    /* The first column of each selection tells the row. */
    query->status = rota__error_set(query->env->error, ROTA_ECORRUPT,
                                    "%s: table %s, row %lld: %s is damaged", query->self->path,
                                    statements[query->id].table,
                                    (long long)sqlite3_column_int64(query->stmt, 0), what);
}

static void damaged_column(rota__sqlite_query *query, int column)
{
    const char *name = sqlite3_column_name(query->stmt, column);
    rota__sqlite_damage(query, name ? name : "a column");
}

static void no_memory(rota__sqlite_query *query)
{
    if (query->status == ROTA_OK)
        query->status = rota__error_plain(query->env->error, ROTA_ENOMEM);
}

int64_t rota__sqlite_int(rota__sqlite_query *query, int64_t min, int64_t max)
{
    int column = query->column++;
    if (query->status != ROTA_OK) return 0;
    if (sqlite3_column_type(query->stmt, column) == SQLITE_INTEGER) {
        int64_t value = sqlite3_column_int64(query->stmt, column);
        if (value >= min && value <= max) return value;
    }
    damaged_column(query, column);
    return 0;
}

static bool is_null(rota__sqlite_query *query)
{
    return query->status == ROTA_OK &&
           sqlite3_column_type(query->stmt, query->column) == SQLITE_NULL;
}

static int64_t number(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, INT64_MIN, INT64_MAX);
}

static int64_t row_number(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, 1, INT64_MAX);
}

static int32_t small(rota__sqlite_query *query, int32_t min, int32_t max)
{
    return (int32_t)rota__sqlite_int(query, min, max);
}

static rota_time instant(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, ROTA_TIME_MIN, ROTA_TIME_MAX);
}

static rota_span span(rota__sqlite_query *query)
{
    rota_span when = { .start = instant(query) };
    when.end = instant(query);
    if (query->status == ROTA_OK && when.end <= when.start)
        damaged_column(query, query->column - 1);
    return when;
}

const char *rota__sqlite_text(rota__sqlite_query *query, bool may_be_null)
{
    int column = query->column;
    bool null = is_null(query);
    query->column++;
    if (query->status != ROTA_OK || (null && may_be_null)) return NULL;
    if (sqlite3_column_type(query->stmt, column) != SQLITE_TEXT) {
        damaged_column(query, column);
        return NULL;
    }
    const char *text = (const char *)sqlite3_column_text(query->stmt, column);
    if (!text) {
        no_memory(query);
        return NULL;
    }
    int64_t length = sqlite3_column_bytes(query->stmt, column);
    if (rota__str_utf8(text) != length) { /* not UTF-8, or a NUL within */
        damaged_column(query, column);
        return NULL;
    }
    const char *copy = rota__arena_text(query->env->arena, text, length);
    if (!copy) no_memory(query);
    return copy;
}

static rota_id id_of(rota__sqlite_query *query)
{
    rota_id id = { { 0 } };
    int column = query->column++;
    if (query->status != ROTA_OK) return id;
    const void *bytes = NULL;
    if (sqlite3_column_type(query->stmt, column) == SQLITE_BLOB &&
        sqlite3_column_bytes(query->stmt, column) == (int)sizeof id)
        bytes = sqlite3_column_blob(query->stmt, column);
    if (bytes)
        memcpy(&id, bytes, sizeof id);
    else
        damaged_column(query, column);
    return id;
}

/* --- records --- */

static void read_resource(rota__sqlite_query *query, rota__resource *out)
{
    *out = (rota__resource){ .row = row_number(query) };
    out->id = id_of(query);
    out->ref = rota__sqlite_text(query, true);
    out->kind = rota__sqlite_text(query, false);
    out->name = rota__sqlite_text(query, false);
    out->zone = rota__sqlite_text(query, false);
    out->data = rota__sqlite_text(query, true);
    if (is_null(query)) {
        query->column += 2;
    } else {
        out->parent = row_number(query);
        out->parent_id = id_of(query);
    }
    out->capacity = small(query, 1, INT32_MAX);
    out->before = small(query, 0, INT32_MAX);
    out->after = small(query, 0, INT32_MAX);
    out->active = small(query, 0, 1) == 1;
    out->removed = small(query, 0, 1) == 1;
    out->version = row_number(query);
    out->stamp = row_number(query);
}

static int read_tags(rota__sqlite *self, rota__env *env, rota__resource *resource)
{
    struct { const char **items; int64_t count, room; } tags = { 0 };
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_TAG_OF);
    rota__sqlite_bind_int(&query, resource->row);
    while (rota__sqlite_next(&query)) {
        row_number(&query);
        const char **tag = ROTA__PUSH(env->arena, &tags);
        if (tag)
            *tag = rota__sqlite_text(&query, false);
        else
            no_memory(&query);
    }
    resource->tags = tags.items;
    resource->tag_count = tags.count;
    return rota__sqlite_end(&query);
}

static void read_member(rota__sqlite_query *query, rota__member *out)
{
    out->group = row_number(query);
    out->member = row_number(query);
    out->group_id = id_of(query);
    out->member_id = id_of(query);
    out->when = span(query);
}

static void read_booking(rota__sqlite_query *query, rota__booking *out)
{
    *out = (rota__booking){ .row = row_number(query) };
    out->id = id_of(query);
    out->ref = rota__sqlite_text(query, true);
    out->title = rota__sqlite_text(query, true);
    out->data = rota__sqlite_text(query, true);
    out->when = span(query);
    out->status = small(query, ROTA_BOOKING_HELD, ROTA_BOOKING_EXPIRED);
    out->priority = small(query, INT32_MIN, INT32_MAX);
    out->hold_expires = instant(query);
    out->created_at = instant(query);
    out->changed_at = instant(query);
    out->version = row_number(query);
}

static int by_resource_id(const void *a, const void *b)
{
    const rota__claim *x = a, *y = b;
    return rota__id_compare(&x->resource_id, &y->resource_id);
}

static int read_claims(rota__sqlite *self, rota__env *env, rota__booking *booking)
{
    struct { rota__claim *items; int64_t count, room; } claims = { 0 };
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CLAIM_OF);
    rota__sqlite_bind_int(&query, booking->row);
    while (rota__sqlite_next(&query)) {
        rota__claim *claim = ROTA__PUSH(env->arena, &claims);
        if (!claim) {
            no_memory(&query);
            break;
        }
        row_number(&query);
        claim->resource = row_number(&query);
        claim->resource_id = id_of(&query);
        claim->units = small(&query, 1, INT32_MAX);
        claim->role = small(&query, ROTA_ROLE_REQUIRED, ROTA_ROLE_ORGANIZER);
        claim->flags = (uint32_t)rota__sqlite_int(&query, 0, UINT32_MAX);
    }
    if (claims.count > 1)
        qsort(claims.items, (size_t)claims.count, sizeof *claims.items, by_resource_id);
    booking->claims = claims.items;
    booking->claim_count = claims.count;
    return rota__sqlite_end(&query);
}

static void read_key(rota__sqlite_query *query, rota__key *out)
{
    *out = (rota__key){ .actor = rota__sqlite_text(query, false) };
    out->key = rota__sqlite_text(query, false);
    out->hash = (uint64_t)number(query);
    out->at = instant(query);
    int column = query->column++;
    if (query->status != ROTA_OK) return;
    if (sqlite3_column_type(query->stmt, column) != SQLITE_BLOB) {
        damaged_column(query, column);
        return;
    }
    out->answer_size = sqlite3_column_bytes(query->stmt, column);
    if (out->answer_size == 0) return;
    const void *bytes = sqlite3_column_blob(query->stmt, column);
    out->answer = bytes ? rota__arena_copy(query->env->arena, bytes, out->answer_size) : NULL;
    if (!out->answer) no_memory(query);
}

static void read_event(rota__sqlite_query *query, rota__event *out)
{
    out->seq = row_number(query);
    out->at = instant(query);
    out->type = small(query, 1, INT32_MAX);
    out->subject = id_of(query);
    out->actor = rota__sqlite_text(query, true);
    out->role = rota__sqlite_text(query, true);
    out->trace = rota__sqlite_text(query, true);
    out->before = rota__sqlite_text(query, true);
    out->after = rota__sqlite_text(query, true);
}

/* --- what claims keep of their booking --- */

static const int64_t reach_secs[ROTA__SQLITE_REACHES - 1] = {
    86400, 32 * 86400, 1024 * 86400
};

int32_t rota__sqlite_reach(rota_span when)
{
    int32_t reach = 0;
    while (reach < ROTA__SQLITE_REACHES - 1 && when.end - when.start > reach_secs[reach]) reach++;
    return reach;
}

bool rota__sqlite_takes(const rota__booking *booking, const rota__claim *claim)
{
    return rota__claim_blocks(claim) && rota__status_occupies(booking->status);
}

rota_time rota__sqlite_expires(const rota__booking *booking)
{
    return booking->status == ROTA_BOOKING_HELD ? booking->hold_expires : 0;
}

/* --- reads of one record --- */

static rota__sqlite *of(rota__store *store)
{
    return (rota__sqlite *)(void *)store;
}

/* Where a single record is looked for: of three statements the one that fits. */
static void start_by(rota__sqlite_query *query, rota__sqlite *self, rota__env *env,
                     const rota__by *by, int by_row, int by_id, int by_ref)
{
    rota__sqlite_start(query, self, env, by->row ? by_row : by->id ? by_id : by_ref);
    if (by->row)
        rota__sqlite_bind_int(query, by->row);
    else if (by->id)
        rota__sqlite_bind_bytes(query, by->id, (int64_t)sizeof *by->id);
    else
        rota__sqlite_bind_text(query, by->ref);
}

static int get_resource(rota__sqlite *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    rota__sqlite_query query;
    start_by(&query, self, env, by, ROTA__SQL_RESOURCE_BY_ROW, ROTA__SQL_RESOURCE_BY_ID,
             ROTA__SQL_RESOURCE_BY_REF);
    bool found = rota__sqlite_next(&query);
    if (found) read_resource(&query, out);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) rc = found ? read_tags(self, env, out) : ROTA_ENOTFOUND;
    return rc;
}

static int get_booking(rota__sqlite *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    rota__sqlite_query query;
    start_by(&query, self, env, by, ROTA__SQL_BOOKING_BY_ROW, ROTA__SQL_BOOKING_BY_ID,
             ROTA__SQL_BOOKING_BY_REF);
    bool found = rota__sqlite_next(&query);
    if (found) read_booking(&query, out);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) rc = found ? read_claims(self, env, out) : ROTA_ENOTFOUND;
    return rc;
}

int rota__sqlite_resource_get(rota__store *store, rota__env *env, const rota__by *by,
                              rota__resource *out)
{
    rota__sqlite *self = of(store);
    rota__resource found;
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(self, env, get_resource(self, env, by, &found));
    if (rc == ROTA_OK) *out = found;
    return rc;
}

int rota__sqlite_booking_get(rota__store *store, rota__env *env, const rota__by *by,
                             rota__booking *out)
{
    rota__sqlite *self = of(store);
    rota__booking found;
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(self, env, get_booking(self, env, by, &found));
    if (rc == ROTA_OK) *out = found;
    return rc;
}

int rota__sqlite_stamp(rota__store *store, rota__env *env, int64_t resource, int64_t *stamp)
{
    rota__sqlite *self = of(store);
    int64_t value = 0;
    rota__sqlite_query query;
    self->deadline = 0;
    rota__sqlite_start(&query, self, env, ROTA__SQL_STAMP_GET);
    rota__sqlite_bind_int(&query, resource);
    bool found = rota__sqlite_next(&query);
    if (found) {
        row_number(&query);
        value = row_number(&query);
    }
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *stamp = value;
    return ROTA_OK;
}

int rota__sqlite_key_get(rota__store *store, rota__env *env, const char *actor, const char *key,
                         rota__key *out)
{
    rota__sqlite *self = of(store);
    rota__key value;
    rota__sqlite_query query;
    self->deadline = 0;
    rota__sqlite_start(&query, self, env, ROTA__SQL_KEY_GET);
    rota__sqlite_bind_text(&query, actor);
    rota__sqlite_bind_text(&query, key);
    bool found = rota__sqlite_next(&query);
    if (found) read_key(&query, &value);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = value;
    return ROTA_OK;
}

/* --- reads of many --- */

static int64_t limit_or_all(int64_t limit)
{
    return limit > 0 ? limit : -1;
}

typedef struct resources {
    rota__resource *items;
    int64_t count, room;
} resources;

static int list_resources(rota__sqlite *self, rota__env *env, const rota__resource_filter *filter,
                          resources *found)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env,
                       filter->tag      ? ROTA__SQL_RESOURCE_WITH_TAG
                       : filter->parent ? ROTA__SQL_RESOURCE_IN_PARENT
                       : filter->kind   ? ROTA__SQL_RESOURCE_OF_KIND
                                        : ROTA__SQL_RESOURCE_ALL);
    rota__sqlite_bind_bytes(&query, &filter->after, (int64_t)sizeof filter->after);
    rota__sqlite_bind_int(&query, limit_or_all(filter->limit));
    rota__sqlite_bind_text(&query, filter->kind);
    rota__sqlite_bind_row(&query, filter->parent);
    if (filter->tag) rota__sqlite_bind_text(&query, filter->tag);
    while (rota__sqlite_next(&query)) {
        rota__resource *resource = ROTA__PUSH(env->arena, found);
        if (!resource) {
            no_memory(&query);
            break;
        }
        read_resource(&query, resource);
        if (query.status == ROTA_OK) query.status = read_tags(self, env, resource);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_resource_list(rota__store *store, rota__env *env,
                               const rota__resource_filter *filter, rota__resource **rows,
                               int64_t *count)
{
    rota__sqlite *self = of(store);
    resources found = { 0 };
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK)
        rc = rota__sqlite_end_read(self, env, list_resources(self, env, filter, &found));
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

typedef struct members {
    rota__member *items;
    int64_t count, room;
} members;

static int list_members(rota__sqlite *self, rota__env *env, int64_t group, int64_t member,
                        members *found)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env,
                       group == 0    ? ROTA__SQL_MEMBER_OF_MEMBER
                       : member == 0 ? ROTA__SQL_MEMBER_OF_GROUP
                                     : ROTA__SQL_MEMBER_OF_BOTH);
    rota__sqlite_bind_int(&query, group);
    if (member != 0) rota__sqlite_bind_int(&query, member);
    while (rota__sqlite_next(&query)) {
        rota__member *stay = ROTA__PUSH(env->arena, found);
        if (!stay) {
            no_memory(&query);
            break;
        }
        read_member(&query, stay);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_member_list(rota__store *store, rota__env *env, int64_t group, int64_t member,
                             rota__member **rows, int64_t *count)
{
    members found = { 0 };
    of(store)->deadline = 0;
    int rc = list_members(of(store), env, group, member, &found);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

typedef struct intervals {
    struct rota__timeline_interval *items;
    int64_t count, room;
} intervals;

static int read_intervals(rota__sqlite *self, rota__env *env, int64_t resource, intervals *taken)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CLAIM_TAKING);
    rota__sqlite_bind_int(&query, resource);
    while (rota__sqlite_next(&query)) {
        struct rota__timeline_interval *next = ROTA__PUSH(env->arena, taken);
        if (!next) {
            no_memory(&query);
            break;
        }
        next->booking = row_number(&query);
        next->when = span(&query);
        next->expires = instant(&query);
        next->units = small(&query, 1, INT32_MAX);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_timeline(rota__store *store, rota__env *env, int64_t resource,
                          rota__timeline_rows *out)
{
    rota__sqlite *self = of(store);
    rota__timeline_rows rows = { .intervals = NULL };
    intervals taken = { 0 };
    members groups = { 0 }, inside = { 0 };
    rota__by by = { .row = resource };

    int rc = rota__sqlite_begin(self, env);
    if (rc != ROTA_OK) return rc;
    rc = resource > 0 ? get_resource(self, env, &by, &rows.resource) : ROTA_ENOTFOUND;
    if (rc == ROTA_OK) rc = read_intervals(self, env, resource, &taken);
    if (rc == ROTA_OK) rc = list_members(self, env, 0, resource, &groups);
    if (rc == ROTA_OK) rc = list_members(self, env, resource, 0, &inside);
    rc = rota__sqlite_end_read(self, env, rc);
    if (rc != ROTA_OK) return rc;

    rows.intervals = taken.items;
    rows.interval_count = taken.count;
    rows.groups = groups.items;
    rows.group_count = groups.count;
    rows.members = inside.items;
    rows.member_count = inside.count;
    *out = rows;
    return ROTA_OK;
}

/* --- lists of bookings: first which ones and in which order, then each whole --- */

typedef struct match {
    rota_span when;
    rota_id id;
    int64_t row;
} match;

typedef struct finding {
    rota__sqlite *self;
    rota__env *env;
    const rota__booking_filter *filter;
    struct { match *items; int64_t count, room; } list;
} finding;

static int by_time(const void *a, const void *b)
{
    const match *x = a, *y = b;
    if (x->when.start != y->when.start) return x->when.start < y->when.start ? -1 : 1;
    if (x->when.end != y->when.end) return x->when.end < y->when.end ? -1 : 1;
    return rota__id_compare(&x->id, &y->id);
}

/* One length class, of all bookings or of one source. Whatever the number of
 * classes and sources, the first `limit` bookings of them all are among the
 * first `limit` of each. */
static int find_reach(finding *f, int32_t reach, const struct rota__source *source)
{
    const rota__booking_filter *filter = f->filter;
    bool on = !rota__id_is_none(&filter->after_id);
    rota_time from = filter->when.start, to = filter->when.end, first = ROTA_TIME_MIN;
    if (source && source->when.start > from) from = source->when.start;
    if (source && source->when.end < to) to = source->when.end;
    if (reach < ROTA__SQLITE_REACHES - 1 && from > ROTA_TIME_MIN) first = from - reach_secs[reach];
    if (on && filter->after.start > first) first = filter->after.start;

    rota__sqlite_query query;
    rota__sqlite_start(&query, f->self, f->env,
                       source ? ROTA__SQL_BOOKING_CLAIMING : ROTA__SQL_BOOKING_IN_TIME);
    rota__sqlite_bind_int(&query, reach);
    rota__sqlite_bind_int(&query, first);
    rota__sqlite_bind_int(&query, to);
    rota__sqlite_bind_int(&query, from);
    rota__sqlite_bind_int(&query, filter->statuses);
    rota__sqlite_bind_int(&query, on ? filter->after.start : INT64_MIN);
    rota__sqlite_bind_int(&query, on ? filter->after.end : INT64_MIN);
    rota__sqlite_bind_bytes(&query, &filter->after_id, (int64_t)sizeof filter->after_id);
    rota__sqlite_bind_int(&query, limit_or_all(filter->limit));
    if (source) rota__sqlite_bind_int(&query, source->resource);
    while (rota__sqlite_next(&query)) {
        match *next = ROTA__PUSH(f->env->arena, &f->list);
        if (!next) {
            no_memory(&query);
            break;
        }
        next->row = row_number(&query);
        next->id = id_of(&query);
        next->when = span(&query);
    }
    return rota__sqlite_end(&query);
}

static int find_bookings(finding *f)
{
    int rc = ROTA_OK;
    int64_t sources = f->filter->source_count;
    for (int32_t reach = 0; reach < ROTA__SQLITE_REACHES; reach++) {
        if (sources == 0) rc = find_reach(f, reach, NULL);
        for (int64_t i = 0; i < sources && rc == ROTA_OK; i++)
            rc = find_reach(f, reach, &f->filter->sources[i]);
        if (rc != ROTA_OK) return rc;
    }
    if (f->list.count == 0) return ROTA_OK;

    qsort(f->list.items, (size_t)f->list.count, sizeof *f->list.items, by_time);
    int64_t kept = 1; /* one that was found through several sources stays once */
    for (int64_t i = 1; i < f->list.count; i++)
        if (f->list.items[i].row != f->list.items[kept - 1].row)
            f->list.items[kept++] = f->list.items[i];
    f->list.count = kept;
    if (f->filter->limit > 0 && kept > f->filter->limit) f->list.count = f->filter->limit;
    return ROTA_OK;
}

static int list_bookings(finding *f, rota__booking **rows)
{
    int rc = find_bookings(f);
    if (rc != ROTA_OK) return rc;
    *rows = rota__arena_alloc(f->env->arena, f->list.count, (int64_t)sizeof **rows);
    if (!*rows) return rota__error_plain(f->env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < f->list.count && rc == ROTA_OK; i++) {
        rota__by by = { .row = f->list.items[i].row };
        rc = get_booking(f->self, f->env, &by, &(*rows)[i]);
    }
    return rc;
}

int rota__sqlite_booking_list(rota__store *store, rota__env *env,
                              const rota__booking_filter *filter, rota__booking **rows,
                              int64_t *count)
{
    finding f = { .self = of(store), .env = env, .filter = filter };
    rota__booking *items = NULL;
    int rc = rota__sqlite_begin(f.self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(f.self, env, list_bookings(&f, &items));
    if (rc != ROTA_OK) return rc;
    *rows = items;
    *count = f.list.count;
    return ROTA_OK;
}

typedef struct bookings {
    rota__booking *items;
    int64_t count, room;
} bookings;

static int list_due(rota__sqlite *self, rota__env *env, rota_time now, int64_t limit,
                    bookings *due)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_DUE);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, limit_or_all(limit));
    while (rota__sqlite_next(&query)) {
        rota__booking *booking = ROTA__PUSH(env->arena, due);
        if (!booking) {
            no_memory(&query);
            break;
        }
        read_booking(&query, booking);
        if (query.status == ROTA_OK) query.status = read_claims(self, env, booking);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_due_holds(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                           rota__booking **rows, int64_t *count)
{
    rota__sqlite *self = of(store);
    bookings due = { 0 };
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK)
        rc = rota__sqlite_end_read(self, env, list_due(self, env, now, limit, &due));
    if (rc != ROTA_OK) return rc;
    *rows = due.items;
    *count = due.count;
    return ROTA_OK;
}

int rota__sqlite_due_keys(rota__store *store, rota__env *env, rota_time horizon, int64_t limit,
                          int64_t *count)
{
    int64_t due = 0;
    rota__sqlite_query query;
    of(store)->deadline = 0;
    rota__sqlite_start(&query, of(store), env, ROTA__SQL_KEY_DUE);
    rota__sqlite_bind_int(&query, horizon);
    rota__sqlite_bind_int(&query, limit > 0 ? limit : 0);
    if (rota__sqlite_next(&query)) due = number(&query);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *count = due;
    return rc;
}

int rota__sqlite_feed(rota__store *store, rota__env *env, int64_t after, int64_t limit,
                      rota__event **rows, int64_t *count)
{
    struct { rota__event *items; int64_t count, room; } events = { 0 };
    rota__sqlite_query query;
    of(store)->deadline = 0;
    rota__sqlite_start(&query, of(store), env, ROTA__SQL_EVENT_FROM);
    rota__sqlite_bind_int(&query, after);
    rota__sqlite_bind_int(&query, limit_or_all(limit));
    while (rota__sqlite_next(&query)) {
        rota__event *event = ROTA__PUSH(env->arena, &events);
        if (!event) {
            no_memory(&query);
            break;
        }
        read_event(&query, event);
    }
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = events.items;
    *count = events.count;
    return ROTA_OK;
}

int rota__sqlite_counts(rota__store *store, rota__env *env, rota__counts *out)
{
    rota__counts counts = { 0 };
    rota__sqlite_query query;
    of(store)->deadline = 0;
    rota__sqlite_start(&query, of(store), env, ROTA__SQL_COUNTS);
    if (rota__sqlite_next(&query)) {
        counts.resources = number(&query);
        counts.bookings = number(&query);
        if (!is_null(&query)) counts.events = number(&query);
    }
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *out = counts;
    return rc;
}

/* --- every row, read as a request would read it, and thrown away --- */

static void skim_resource(rota__sqlite_query *query)
{
    rota__resource resource;
    read_resource(query, &resource);
}

static void skim_tag(rota__sqlite_query *query)
{
    row_number(query);
    rota__sqlite_text(query, false);
}

static void skim_member(rota__sqlite_query *query)
{
    rota__member stay;
    read_member(query, &stay);
}

static void skim_booking(rota__sqlite_query *query)
{
    rota__booking booking;
    read_booking(query, &booking);
}

static void skim_event(rota__sqlite_query *query)
{
    rota__event event;
    read_event(query, &event);
}

static void skim_key(rota__sqlite_query *query)
{
    rota__key key;
    read_key(query, &key);
}

int rota__sqlite_read_all(rota__sqlite *self, rota__env *env)
{
    static const struct { int id; void (*read)(rota__sqlite_query *query); } skims[] = {
        { ROTA__SQL_EVERY_RESOURCE, skim_resource }, { ROTA__SQL_EVERY_TAG, skim_tag },
        { ROTA__SQL_EVERY_MEMBER, skim_member },     { ROTA__SQL_EVERY_BOOKING, skim_booking },
        { ROTA__SQL_EVERY_EVENT, skim_event },       { ROTA__SQL_EVERY_KEY, skim_key },
    };
    rota__arena arena;
    rota__arena_init(&arena, self->mem);
    rota__env inner = { .arena = &arena, .error = env->error };
    int rc = ROTA_OK;
    for (int64_t i = 0; i < ROTA__LENGTH(skims) && rc == ROTA_OK; i++) {
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, &inner, skims[i].id);
        while (rota__sqlite_next(&query)) {
            skims[i].read(&query);
            rota__arena_reset(&arena);
        }
        rc = rota__sqlite_end(&query);
    }
    rota__arena_free(&arena);
    return rc;
}
