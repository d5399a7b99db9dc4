/* What a calendar's file must look like: which file is one, the numbered
 * migrations that make or renew it, what our own statements may touch, and what
 * must be true of its content. A new file and an old one take the same path:
 * every migration from the file's number on, in one transaction.
 *
 * A migration, once released, never changes; the next one changes its result. */
#include "store/sqlite_private.h"

#include "base/str.h"

#define TIME_RANGE " BETWEEN -62135596800 AND 253402300799"
#define INT_RANGE " BETWEEN -2147483648 AND 2147483647"
#define COUNT_RANGE " BETWEEN 1 AND 2147483647"
#define SECS_RANGE " BETWEEN 0 AND 2147483647"
#define ID "BLOB NOT NULL CHECK(length(id)=16)"
/* Of a claim and of its booking: rota__sqlite_reach(). */
#define REACH                                             \
    "CHECK(reach=CASE WHEN end_at-start_at<=86400 THEN 0" \
    " WHEN end_at-start_at<=2764800 THEN 1"               \
    " WHEN end_at-start_at<=88473600 THEN 2 ELSE 3 END)"

/* A list of statements, in parts because a string has a largest length. */
static const char *const migration_1[] = {
    "CREATE TABLE resource("
    " row INTEGER PRIMARY KEY,"
    " id " ID ","
    " ref TEXT,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " zone TEXT NOT NULL,"
    " data TEXT,"
    " parent INTEGER REFERENCES resource,"
    " capacity INTEGER NOT NULL CHECK(capacity" COUNT_RANGE "),"
    " before_secs INTEGER NOT NULL CHECK(before_secs" SECS_RANGE "),"
    " after_secs INTEGER NOT NULL CHECK(after_secs" SECS_RANGE "),"
    " active INTEGER NOT NULL CHECK(active IN (0,1)),"
    " removed INTEGER NOT NULL CHECK(removed IN (0,1)),"
    " version INTEGER NOT NULL CHECK(version>=1)"
    ") STRICT;"
    "CREATE UNIQUE INDEX resource_id ON resource(id);"
    /* A removed resource keeps its ref and no longer owns it. */
    "CREATE UNIQUE INDEX resource_ref ON resource(ref) WHERE ref IS NOT NULL AND removed=0;"
    "CREATE INDEX resource_kind ON resource(kind,id) WHERE removed=0;"
    "CREATE INDEX resource_parent ON resource(parent,id)"
    " WHERE parent IS NOT NULL AND removed=0;",

    /* The stamp of each resource apart from its text: every booking bumps one, and
     * hundreds of them share a page. */
    "CREATE TABLE occupancy("
    " resource INTEGER PRIMARY KEY REFERENCES resource,"
    " stamp INTEGER NOT NULL CHECK(stamp>=1)"
    ") STRICT;",

    "CREATE TABLE tag("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " tag TEXT NOT NULL,"
    " PRIMARY KEY(resource,tag)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX tag_tag ON tag(tag);",

    "CREATE TABLE member("
    " grp INTEGER NOT NULL REFERENCES resource,"
    " member INTEGER NOT NULL REFERENCES resource,"
    " from_at INTEGER NOT NULL CHECK(from_at" TIME_RANGE "),"
    " until_at INTEGER NOT NULL CHECK(until_at" TIME_RANGE "),"
    " PRIMARY KEY(grp,member,from_at),"
    " CHECK(until_at>from_at), CHECK(grp<>member)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX member_member ON member(member);",

    "CREATE TABLE booking("
    " row INTEGER PRIMARY KEY,"
    " id " ID ","
    " ref TEXT,"
    " title TEXT,"
    " data TEXT,"
    " start_at INTEGER NOT NULL CHECK(start_at" TIME_RANGE "),"
    " end_at INTEGER NOT NULL CHECK(end_at" TIME_RANGE "),"
    " reach INTEGER NOT NULL,"
    " status INTEGER NOT NULL CHECK(status BETWEEN 1 AND 6),"
    " priority INTEGER NOT NULL CHECK(priority" INT_RANGE "),"
    " hold_expires INTEGER NOT NULL CHECK(hold_expires" TIME_RANGE "),"
    " created_at INTEGER NOT NULL CHECK(created_at" TIME_RANGE "),"
    " changed_at INTEGER NOT NULL CHECK(changed_at" TIME_RANGE "),"
    " version INTEGER NOT NULL CHECK(version>=1),"
    " CHECK(end_at>start_at), " REACH ") STRICT;"
    "CREATE UNIQUE INDEX booking_id ON booking(id);"
    "CREATE UNIQUE INDEX booking_ref ON booking(ref) WHERE ref IS NOT NULL;"
    "CREATE INDEX booking_time ON booking(reach,start_at);"
    "CREATE INDEX booking_hold ON booking(hold_expires) WHERE status=1;",

    /* Clustered by what is taken and when, with all that a timeline needs of the
     * booking, so that loading one is a single walk without a look beside. */
    "CREATE TABLE claim("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " reach INTEGER NOT NULL,"
    " start_at INTEGER NOT NULL CHECK(start_at" TIME_RANGE "),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " end_at INTEGER NOT NULL CHECK(end_at" TIME_RANGE "),"
    " units INTEGER NOT NULL CHECK(units" COUNT_RANGE "),"
    " role INTEGER NOT NULL CHECK(role BETWEEN 0 AND 2),"
    " flags INTEGER NOT NULL CHECK(flags BETWEEN 0 AND 4294967295),"
    " takes INTEGER NOT NULL CHECK(takes IN (0,1)),"
    " expires INTEGER NOT NULL CHECK(expires" TIME_RANGE "),"
    " PRIMARY KEY(resource,reach,start_at,booking),"
    " CHECK(end_at>start_at), " REACH ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX claim_booking ON claim(booking);",

    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY CHECK(seq>=1),"
    " at INTEGER NOT NULL CHECK(at" TIME_RANGE "),"
    " type INTEGER NOT NULL CHECK(type" COUNT_RANGE "),"
    " subject BLOB NOT NULL CHECK(length(subject)=16),"
    " actor TEXT,"
    " role TEXT,"
    " trace TEXT,"
    " before TEXT,"
    " after TEXT"
    ") STRICT;"
    /* Against other tools: our own statements cannot even be prepared. */
    "CREATE TRIGGER event_stays BEFORE DELETE ON event"
    " BEGIN SELECT RAISE(ABORT,'the feed is append-only'); END;"
    "CREATE TRIGGER event_stands BEFORE UPDATE ON event"
    " BEGIN SELECT RAISE(ABORT,'the feed is append-only'); END;",

    "CREATE TABLE idempotency("
    " actor TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " hash INTEGER NOT NULL,"
    " at INTEGER NOT NULL CHECK(at" TIME_RANGE "),"
    " answer BLOB NOT NULL,"
    " PRIMARY KEY(actor,key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_at ON idempotency(at);",

    NULL
};

/* Who reads the feed, and how far he has come. And each booking's claims in its own
 * row as well: then nobody asks for the claims of a booking, and needs an index. */
static const char *const migration_2[] = {
    "ALTER TABLE booking ADD COLUMN claims BLOB;"
    "UPDATE booking SET claims=x''; DROP INDEX claim_booking;",

    "CREATE TABLE consumer("
    " name TEXT NOT NULL PRIMARY KEY,"
    " position INTEGER NOT NULL CHECK(position>=0),"
    " created_at INTEGER NOT NULL CHECK(created_at" TIME_RANGE "),"
    " changed_at INTEGER NOT NULL CHECK(changed_at" TIME_RANGE ")"
    ") STRICT, WITHOUT ROWID;",

    NULL
};

/* Bookings that recur, and those of their occurrences that are bookings of their own.
 * What recurs takes time that only its bytes tell: its claims lie apart, and its row is
 * in no index of spans, so that nobody who asks for plain bookings ever meets it. */
static const char *const migration_3[] = {
    "ALTER TABLE booking ADD COLUMN series BLOB CHECK(length(series)>=1);"
    "ALTER TABLE booking ADD COLUMN part_of INTEGER REFERENCES booking;"
    "ALTER TABLE booking ADD COLUMN occurrence INTEGER CHECK(occurrence" TIME_RANGE ")"
    " CHECK((occurrence IS NULL)=(part_of IS NULL));"
    "CREATE INDEX booking_series ON booking(start_at,end_at) WHERE series IS NOT NULL;"
    "CREATE UNIQUE INDEX booking_occurrence ON booking(part_of,occurrence)"
    " WHERE part_of IS NOT NULL;"
    "DROP INDEX booking_time;"
    "CREATE INDEX booking_time ON booking(reach,start_at) WHERE series IS NULL;",

    "CREATE TABLE recurrence("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " start_at INTEGER NOT NULL CHECK(start_at" TIME_RANGE "),"
    " end_at INTEGER NOT NULL CHECK(end_at" TIME_RANGE "),"
    " units INTEGER NOT NULL CHECK(units" COUNT_RANGE "),"
    " role INTEGER NOT NULL CHECK(role BETWEEN 0 AND 2),"
    " flags INTEGER NOT NULL CHECK(flags BETWEEN 0 AND 4294967295),"
    " takes INTEGER NOT NULL CHECK(takes IN (0,1)),"
    " expires INTEGER NOT NULL CHECK(expires" TIME_RANGE "),"
    " PRIMARY KEY(resource,booking),"
    " CHECK(end_at>start_at)) STRICT, WITHOUT ROWID;",

    "CREATE TABLE zone("
    " name TEXT NOT NULL,"
    " digest INTEGER NOT NULL,"
    " data BLOB NOT NULL,"
    " PRIMARY KEY(name,digest)"
    ") STRICT, WITHOUT ROWID;",

    NULL
};

/* When a resource is open. Where a booking may be put instead, and what it is for. When
 * reminders come, how far they were made, and those that somebody was given: of the many that
 * are yet to come there is no row. */
static const char *const migration_4[] = {
    "ALTER TABLE resource ADD COLUMN hours BLOB CHECK(length(hours)>=1);"
    "ALTER TABLE booking ADD COLUMN placement BLOB CHECK(length(placement)>=1);"
    "ALTER TABLE booking ADD COLUMN kind INTEGER NOT NULL DEFAULT 0 CHECK(kind BETWEEN 0 AND 2);",

    "CREATE TABLE reminder_state("
    " one INTEGER PRIMARY KEY CHECK(one=1),"
    " version INTEGER NOT NULL CHECK(version>=1),"
    " cursor_at INTEGER NOT NULL CHECK(cursor_at" TIME_RANGE "),"
    " cursor_row INTEGER NOT NULL CHECK(cursor_row>=0),"
    " reached INTEGER NOT NULL CHECK(reached" TIME_RANGE ")"
    ") STRICT;"
    "CREATE TABLE reminder_list("
    " what INTEGER NOT NULL CHECK(what BETWEEN 0 AND 2),"
    " subject INTEGER NOT NULL CHECK(subject>=0),"
    " late INTEGER NOT NULL CHECK(late BETWEEN 0 AND 2),"
    " late_secs INTEGER NOT NULL CHECK(late_secs" SECS_RANGE "),"
    " offsets BLOB NOT NULL CHECK(length(offsets)%4=0)"
    ") STRICT;"
    "CREATE UNIQUE INDEX reminder_list_of ON reminder_list(what,subject);"
    "CREATE TABLE reminder_offset("
    " secs INTEGER PRIMARY KEY CHECK(secs" SECS_RANGE "),"
    " uses INTEGER NOT NULL CHECK(uses>=0)"
    ") STRICT;",

    "CREATE TABLE reminder_note("
    " at INTEGER NOT NULL CHECK(at" TIME_RANGE "),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " occurrence INTEGER NOT NULL CHECK(occurrence" TIME_RANGE "),"
    " PRIMARY KEY(at,booking,occurrence)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE reminder_next("
    " booking INTEGER PRIMARY KEY REFERENCES booking,"
    " at INTEGER NOT NULL CHECK(at" TIME_RANGE ")"
    ") STRICT;"
    "CREATE INDEX reminder_next_at ON reminder_next(at);",

    "CREATE TABLE reminder("
    " id BLOB NOT NULL PRIMARY KEY CHECK(length(id)=16),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " occurrence INTEGER NOT NULL CHECK(occurrence" TIME_RANGE "),"
    " resource INTEGER NOT NULL REFERENCES resource,"
    " start_at INTEGER NOT NULL CHECK(start_at" TIME_RANGE "),"
    " due_at INTEGER NOT NULL CHECK(due_at" TIME_RANGE "),"
    " state INTEGER NOT NULL CHECK(state BETWEEN 1 AND 3),"
    " attempt INTEGER NOT NULL CHECK(attempt" SECS_RANGE "),"
    " until_at INTEGER NOT NULL CHECK(until_at" TIME_RANGE ")"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX reminder_open ON reminder(until_at,due_at) WHERE state=1;"
    "CREATE INDEX reminder_dead ON reminder(id) WHERE state=3;",

    NULL
};

/* What a removed resource was called. */
static const char *const migration_5[] = {
    "CREATE INDEX resource_removed ON resource(ref) WHERE ref IS NOT NULL AND removed=1;",

    NULL
};

static const struct migration {
    const char *const *sql;
    int (*then)(rota__sqlite *self, rota__env *env); /* what SQL cannot say; or NULL */
} migrations[] = { { migration_1, NULL },
                   { migration_2, rota__sqlite_pack_all },
                   { migration_3, NULL },
                   { migration_4, NULL },
                   { migration_5, NULL } };

#define NEWEST ROTA__LENGTH(migrations)

/* 'rota' */
enum { APPLICATION = 0x726F7461 };

static const char *const tables[] = {
    "resource",      "occupancy",      "tag",           "member",          "booking",
    "claim",         "event",          "idempotency",   "consumer",        "recurrence",
    "zone",          "reminder_state", "reminder_list", "reminder_offset", "reminder_note",
    "reminder_next", "reminder",
};

/* Those that a file of each schema must have, counted. */
#define COUNT_TABLES(names) \
    "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name IN(" names ")"
#define TABLES_1 "'resource','occupancy','tag','member','booking','claim','event','idempotency'"
#define TABLES_2 TABLES_1 ",'consumer'"
#define TABLES_3 TABLES_2 ",'recurrence','zone'"
#define TABLES_4                                                                    \
    TABLES_3 ",'reminder_state','reminder_list','reminder_offset','reminder_note'," \
             "'reminder_next','reminder'"
static const struct {
    const char *sql;
    int64_t count;
} wanted[] = {
    { COUNT_TABLES(TABLES_1), 8 },  { COUNT_TABLES(TABLES_2), 9 },  { COUNT_TABLES(TABLES_3), 11 },
    { COUNT_TABLES(TABLES_4), 17 }, { COUNT_TABLES(TABLES_4), 17 }, /* an index only */
};
static_assert(ROTA__LENGTH(wanted) == NEWEST, "each schema has its tables");

/* --- which file is a calendar --- */

static int not_a_calendar(rota__sqlite *self, rota__env *env, const char *because)
{
    return rota__error_set(env->error, ROTA_ECORRUPT, "%s is not a rota calendar: %s", self->path,
                           because);
}

static int look(rota__sqlite *self, rota__env *env, int64_t *version)
{
    int64_t application = 0, number = 0, pages = 0, known = 0;
    int rc = rota__sqlite_once(self, env, "PRAGMA application_id", &application, NULL, 0);
    if (rc == ROTA_OK) rc = rota__sqlite_once(self, env, "PRAGMA user_version", &number, NULL, 0);
    if (rc == ROTA_OK) rc = rota__sqlite_once(self, env, "PRAGMA page_count", &pages, NULL, 0);
    if (rc != ROTA_OK) return rc;
    if (pages == 0) {
        *version = 0;
        return ROTA_OK;
    }
    if (application != APPLICATION)
        return not_a_calendar(self, env, "it belongs to another application");
    if (number > NEWEST)
        return rota__error_set(env->error, ROTA_EVERSION,
                               "%s has schema %lld, and this rota knows schemas up to %lld",
                               self->path, (long long)number, (long long)NEWEST);
    if (number < 1) return not_a_calendar(self, env, "its schema has no number");

    rc = rota__sqlite_once(self, env, wanted[number - 1].sql, &known, NULL, 0);
    if (rc == ROTA_OK && known != wanted[number - 1].count)
        rc = not_a_calendar(self, env, "tables are missing");
    if (rc == ROTA_OK) *version = number;
    return rc;
}

int rota__sqlite_identify(rota__sqlite *self, rota__env *env, int64_t *version)
{
    int rc = rota__sqlite_begin(self, env);
    if (rc != ROTA_OK) return rc;
    int64_t found = 0;
    rc = rota__sqlite_end_read(self, env, look(self, env, &found));
    bool existing = self->readonly || (self->options.flags & ROTA_OPEN_EXISTING) != 0;
    if (rc == ROTA_OK && !self->memory) {
        if (found == 0 && existing)
            rc = not_a_calendar(self, env, "it is empty");
        else if (found < NEWEST && self->readonly)
            rc = rota__error_set(env->error, ROTA_EVERSION,
                                 "%s has schema %lld, and has to be opened for writing once to "
                                 "reach schema %lld",
                                 self->path, (long long)found, (long long)NEWEST);
    }
    if (rc == ROTA_OK) *version = found;
    return rc;
}

bool rota__sqlite_is_newest(int64_t version)
{
    return version == NEWEST;
}

int rota__sqlite_migrate(rota__sqlite *self, rota__env *env, int64_t version)
{
    if (version >= NEWEST) return ROTA_OK;
    char finish[96];
    (void)sqlite3_snprintf((int)sizeof finish, finish,
                           "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
                           (int)APPLICATION, (int)NEWEST);
    int rc = rota__sqlite_exec(self, env, "migration", "BEGIN IMMEDIATE");
    for (int64_t i = version; i < NEWEST && rc == ROTA_OK; i++) {
        for (const char *const *part = migrations[i].sql; *part && rc == ROTA_OK; part++)
            rc = rota__sqlite_exec(self, env, "migration", *part);
        if (rc == ROTA_OK && migrations[i].then) rc = migrations[i].then(self, env);
    }
    if (rc == ROTA_OK) rc = rota__sqlite_exec(self, env, "migration", finish);
    return rota__sqlite_end_read(self, env, rc); /* takes back what did not come to its end */
}

/* --- what our own statements may do --- */

static bool is_one_of(const char *name, const char *const *names, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* The last line behind bound parameters: were a statement ever changed by what
 * is in a file or in a request, it could still not do what rota never does. */
static int authorize(void *ctx, int action, const char *first, const char *second,
                     const char *schema, const char *inside)
{
    static const char *const pragmas[] = { "integrity_check", "foreign_key_check" };
    static const char *const kept[] = { "resource", "booking", "event", "zone" };
    static const char *const functions[] = { "count", "max", "min", "length", "sum", "coalesce" };
    (void)ctx;
    (void)schema;
    (void)inside; /* triggers and views are switched off */
    bool known = first && is_one_of(first, tables, ROTA__LENGTH(tables));
    bool allowed = false;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_TRANSACTION:
        allowed = true;
        break;
    case SQLITE_READ: /* "" where the rows of a subquery are counted */
        allowed = known || (first && first[0] == '\0');
        break;
    case SQLITE_INSERT:
        allowed = known;
        break;
    case SQLITE_UPDATE:
        allowed = known && strcmp(first, "event") != 0;
        break;
    case SQLITE_DELETE:
        allowed = known && !is_one_of(first, kept, ROTA__LENGTH(kept));
        break;
    case SQLITE_PRAGMA: /* asking, not setting; the check's argument is a count */
        allowed = first && is_one_of(first, pragmas, ROTA__LENGTH(pragmas)) &&
                  (!second || strcmp(second, "1") == 0);
        break;
    case SQLITE_FUNCTION:
        allowed = second && is_one_of(second, functions, ROTA__LENGTH(functions));
        break;
    default:
        break;
    }
    return allowed ? SQLITE_OK : SQLITE_DENY;
}

int rota__sqlite_restrict(rota__sqlite *self, rota__env *env)
{
    /* Not before migrations: SQLite 3.37 adds a column by a statement of its own that quotes text
     * as if it were a name. */
    if (sqlite3_db_config(self->db, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL) == SQLITE_OK &&
        sqlite3_set_authorizer(self->db, authorize, NULL) == SQLITE_OK)
        return ROTA_OK;
    return rota__sqlite_fail(self, env, "restrict");
}

/* --- what must be true of the content --- */

static int check_file(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_FILE);
    if (rota__sqlite_next(&query)) {
        const char *finding = rota__sqlite_text(&query, false);
        if (finding && strcmp(finding, "ok") != 0)
            query.status = rota__error_set(env->error, ROTA_ECORRUPT, "%s: %s", self->path,
                                           finding);
    }
    return rota__sqlite_end(&query);
}

static int check_references(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_REFERENCES);
    if (rota__sqlite_next(&query)) {
        const char *table = rota__sqlite_text(&query, false);
        query.column++; /* the row, NULL where the table has none */
        const char *other = rota__sqlite_text(&query, false);
        if (query.status == ROTA_OK)
            query.status = rota__error_set(env->error, ROTA_ECORRUPT,
                                           "%s: a row of table %s refers to a missing row of %s",
                                           self->path, table, other);
    }
    return rota__sqlite_end(&query);
}

/* Numbers from 1 on, each there once: what a row's number is worth as a count. */
static int check_numbers(rota__sqlite *self, rota__env *env, int id, const char *what)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, id);
    if (rota__sqlite_next(&query)) {
        int64_t count = rota__sqlite_int(&query, 0, INT64_MAX);
        if (count > 0) {
            int64_t first = rota__sqlite_any(&query), last = rota__sqlite_any(&query);
            if (query.status == ROTA_OK && (first != 1 || last != count))
                query.status = rota__error_set(
                    env->error, ROTA_ECORRUPT,
                    "%s: %s from %lld to %lld, %lld in all: there is a gap", self->path, what,
                    (long long)first, (long long)last, (long long)count);
        }
    }
    return rota__sqlite_end(&query);
}

static int check_feed(rota__sqlite *self, rota__env *env)
{
    return check_numbers(self, env, ROTA__SQL_CHECK_FEED, "the feed has events");
}

/* What counts() relies on. */
static int check_bookings(rota__sqlite *self, rota__env *env)
{
    return check_numbers(self, env, ROTA__SQL_CHECK_BOOKINGS, "the bookings have rows");
}

static const rota__claim *find_claim(const rota__booking *booking, int64_t resource)
{
    for (int64_t i = 0; i < booking->claim_count; i++)
        if (booking->claims[i].resource == resource) return &booking->claims[i];
    return NULL;
}

/* A claim and its booking say the same twice, and lie where those of their kind do. */
static void check_claim(rota__sqlite_query *query, bool recurs)
{
    query->column = 1; /* the booking is for the message */
    int64_t resource = rota__sqlite_any(query);
    int64_t reach = rota__sqlite_int(query, 0, ROTA__SQLITE_REACHES - 1);
    int64_t start = rota__sqlite_instant(query);
    int64_t end = rota__sqlite_instant(query);
    rota__claim claim = { .role = (int32_t)rota__sqlite_int(query, 0, INT32_MAX) };
    claim.flags = (uint32_t)rota__sqlite_int(query, 0, UINT32_MAX);
    bool takes = rota__sqlite_int(query, 0, 1) == 1;
    rota_time expires = rota__sqlite_instant(query);

    bool agree = reach == rota__sqlite_int(query, 0, ROTA__SQLITE_REACHES - 1);
    agree = start == rota__sqlite_instant(query) && agree;
    agree = end == rota__sqlite_instant(query) && agree;
    rota__booking booking = { .status = (int32_t)rota__sqlite_int(query, 1, INT32_MAX) };
    booking.hold_expires = rota__sqlite_instant(query);
    claim.units = (int32_t)rota__sqlite_int(query, 1, INT32_MAX);
    booking.claim_count = rota__sqlite_claims(query, &booking.claims);
    agree = recurs == (rota__sqlite_int(query, 0, 1) == 1) && agree;
    const rota__claim *kept = find_claim(&booking, resource);
    agree = agree && kept && kept->units == claim.units && kept->role == claim.role &&
            kept->flags == claim.flags;
    if (!agree || takes != rota__sqlite_takes(&booking, &claim) ||
        expires != rota__sqlite_expires(&booking))
        rota__sqlite_damage(query, "a claim differs from its booking, one of them");
}

static int check_claims_of(rota__sqlite *self, rota__env *env, int id, bool recur)
{
    rota__arena arena;
    rota__sqlite_query query;
    rota__arena_init(&arena, self->mem);
    rota__env inner = { .arena = &arena, .error = env->error };
    rota__sqlite_start(&query, self, &inner, id);
    while (rota__sqlite_next(&query)) {
        check_claim(&query, recur);
        rota__arena_reset(&arena);
    }
    int rc = rota__sqlite_end(&query);
    rota__arena_free(&arena);
    return rc;
}

static int check_claims(rota__sqlite *self, rota__env *env)
{
    int rc = check_claims_of(self, env, ROTA__SQL_CHECK_CLAIMS, false);
    return rc == ROTA_OK ? check_claims_of(self, env, ROTA__SQL_CHECK_RECURRENCES, true) : rc;
}

/* An occurrence is one of something that recurs. */
static int check_occurrences(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_OCCURRENCES);
    if (rota__sqlite_next(&query)) rota__sqlite_damage(&query, "part_of");
    return rota__sqlite_end(&query);
}

/* Each claim has its place in a booking; so many claims, and no place without one. */
static int check_packed(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_PACKED);
    if (rota__sqlite_next(&query)) {
        int64_t bytes = rota__sqlite_any(&query), claims = rota__sqlite_any(&query);
        if (query.status == ROTA_OK && bytes != claims * ROTA__SQLITE_PACKED)
            query.status = rota__error_set(env->error, ROTA_ECORRUPT,
                                           "%s: bookings have %lld claims, and %lld are there",
                                           self->path, (long long)(bytes / ROTA__SQLITE_PACKED),
                                           (long long)claims);
    }
    return rota__sqlite_end(&query);
}

/* Who had acknowledged what is yet to come would never hear of it. */
static int check_consumers(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_CONSUMERS);
    if (rota__sqlite_next(&query)) {
        const char *name = rota__sqlite_text(&query, false);
        int64_t position = rota__sqlite_any(&query);
        if (query.status == ROTA_OK)
            query.status = rota__error_set(env->error, ROTA_ECORRUPT,
                                           "%s: consumer \"%.*s\" has acknowledged event %lld, and "
                                           "the feed has none of that number",
                                           self->path, (int)rota__str_cut(name, 80), name,
                                           (long long)position);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_check(rota__store *store, rota__env *env)
{
    static int (*const checks[])(rota__sqlite *, rota__env *) = {
        check_file,
        check_references,
        check_feed,
        check_bookings,
        check_claims,
        check_packed,
        check_occurrences,
        check_consumers,
        rota__sqlite_check_reminders,
        rota__sqlite_read_all,
    };
    rota__sqlite *self = rota__sqlite_of(store);
    int rc = rota__sqlite_begin(self, env);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < ROTA__LENGTH(checks) && rc == ROTA_OK; i++)
        rc = checks[i](self, env);
    return rota__sqlite_end_read(self, env, rc);
}
