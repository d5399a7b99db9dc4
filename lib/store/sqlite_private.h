/* What sqlite.c (connection, locks, commit), sqlite_schema.c (what a file must
 * look like) and sqlite_rows.c (statements and rows) share. Nobody else includes
 * this, and sqlite3.h is seen by these alone. */
#ifndef ROTA__SQLITE_PRIVATE_H
#define ROTA__SQLITE_PRIVATE_H

#include <sqlite3.h>

#include "store/sqlite.h"

/* Every statement there is. Each is prepared when it is first needed, and kept. */
enum {
    ROTA__SQL_BEGIN,
    ROTA__SQL_BEGIN_WRITE,
    ROTA__SQL_COMMIT,
    ROTA__SQL_ROLLBACK,
    ROTA__SQL_DATA_VERSION,

    ROTA__SQL_STAMP_GET,
    ROTA__SQL_STAMP_IS,
    ROTA__SQL_STAMP_BUMP,
    ROTA__SQL_STAMP_PUT,

    ROTA__SQL_RESOURCE_BY_ROW,
    ROTA__SQL_RESOURCE_BY_ID,
    ROTA__SQL_RESOURCE_BY_REF,
    ROTA__SQL_RESOURCE_ALL,
    ROTA__SQL_RESOURCE_OF_KIND,
    ROTA__SQL_RESOURCE_IN_PARENT,
    ROTA__SQL_RESOURCE_WITH_TAG,
    ROTA__SQL_RESOURCE_PUT,
    ROTA__SQL_RESOURCE_CHANGE,
    ROTA__SQL_TAG_OF,
    ROTA__SQL_TAG_PUT,
    ROTA__SQL_TAG_DROP,

    ROTA__SQL_MEMBER_OF_GROUP,
    ROTA__SQL_MEMBER_OF_MEMBER,
    ROTA__SQL_MEMBER_OF_BOTH,
    ROTA__SQL_MEMBER_PUT,
    ROTA__SQL_MEMBER_DROP,

    ROTA__SQL_BOOKING_BY_ROW,
    ROTA__SQL_BOOKING_BY_ID,
    ROTA__SQL_BOOKING_BY_REF,
    ROTA__SQL_BOOKING_DUE,
    ROTA__SQL_BOOKING_IN_TIME,
    ROTA__SQL_BOOKING_CLAIMING,
    ROTA__SQL_BOOKING_PUT,
    ROTA__SQL_BOOKING_CHANGE,
    ROTA__SQL_BOOKING_RESCHEDULE,

    ROTA__SQL_CLAIM_TAKING,
    ROTA__SQL_CLAIM_OF,
    ROTA__SQL_CLAIM_STORED,
    ROTA__SQL_CLAIM_PUT,
    ROTA__SQL_CLAIM_CHANGE,
    ROTA__SQL_CLAIM_DROP,

    ROTA__SQL_EVENT_LAST,
    ROTA__SQL_EVENT_FROM,
    ROTA__SQL_EVENT_PUT,

    ROTA__SQL_KEY_GET,
    ROTA__SQL_KEY_DUE,
    ROTA__SQL_KEY_PUT,
    ROTA__SQL_KEY_DROP,

    ROTA__SQL_COUNTS,
    ROTA__SQL_CHECK_FILE,
    ROTA__SQL_CHECK_REFERENCES,
    ROTA__SQL_CHECK_FEED,
    ROTA__SQL_CHECK_CLAIMS,
    ROTA__SQL_EVERY_RESOURCE,
    ROTA__SQL_EVERY_TAG,
    ROTA__SQL_EVERY_MEMBER,
    ROTA__SQL_EVERY_BOOKING,
    ROTA__SQL_EVERY_EVENT,
    ROTA__SQL_EVERY_KEY,
    ROTA__SQL_COUNT
};

typedef struct rota__sqlite {
    rota__store store; /* first, so that the one is the other */
    rota__mem *mem;
    sqlite3 *db;
    char *path; /* resolved; what messages name */
    rota__sqlite_options options;
    bool readonly;
    int lock_fd;       /* -1: in memory, or opened for reading */
    int64_t deadline;  /* of the operation at hand, monotonic, in ms; 0: not waiting yet */
    int64_t wal_pages; /* length of the log after the last commit of ours */
    int64_t wal_last;  /* and after the one before */
    int64_t wal_due;   /* the length at which the next checkpoint is tried */
    sqlite3_stmt *statements[ROTA__SQL_COUNT];
} rota__sqlite;

/* --- sqlite.c --- */

/* Sets the error to what SQLite has last said, and returns the status for it. */
int rota__sqlite_fail(rota__sqlite *self, rota__env *env, const char *doing);
/* One transaction around several reads, so that they see one state. Ended
 * whatever became of them; returns status, or what went wrong at the end. */
int rota__sqlite_begin(rota__sqlite *self, rota__env *env);
int rota__sqlite_end_read(rota__sqlite *self, rota__env *env, int status);

/* --- sqlite_schema.c --- */

/* The schema number of the file, 0 for one without a byte in it. */
int rota__sqlite_identify(rota__sqlite *self, rota__env *env, int64_t *version);
bool rota__sqlite_is_newest(int64_t version);
/* From that number to the newest in one transaction. */
int rota__sqlite_migrate(rota__sqlite *self, rota__env *env, int64_t version);
/* A statement that is needed once: its first column, as number or text of at
 * most room - 1 bytes; either may be NULL. */
int rota__sqlite_once(rota__sqlite *self, rota__env *env, const char *sql,
                      int64_t *number, char *text, int64_t room);
/* From here on nothing but our own reads and writes can be prepared. */
int rota__sqlite_restrict(rota__sqlite *self, rota__env *env);
int rota__sqlite_check(rota__store *store, rota__env *env);

/* --- sqlite_rows.c: one run of a statement. The first failure stays in
 * `status`, everything after it does nothing and yields zeros, and end() tells:
 * so a run is checked once. --- */

typedef struct rota__sqlite_query {
    rota__sqlite *self;
    rota__env *env;
    sqlite3_stmt *stmt;
    int id, bound, column;
    int status; /* also ROTA__STALE: a unique value is there already */
} rota__sqlite_query;

void rota__sqlite_start(rota__sqlite_query *query, rota__sqlite *self, rota__env *env, int id);
/* The next parameter. Text and bytes must live until the end. */
void rota__sqlite_bind_int(rota__sqlite_query *query, int64_t value);
void rota__sqlite_bind_row(rota__sqlite_query *query, int64_t row); /* 0: NULL */
void rota__sqlite_bind_text(rota__sqlite_query *query, const char *text);
void rota__sqlite_bind_bytes(rota__sqlite_query *query, const void *bytes, int64_t size);
bool rota__sqlite_next(rota__sqlite_query *query);
/* The next column of the row at hand; anything else in it is damage. */
int64_t rota__sqlite_int(rota__sqlite_query *query, int64_t min, int64_t max);
const char *rota__sqlite_text(rota__sqlite_query *query, bool may_be_null);
void rota__sqlite_damage(rota__sqlite_query *query, const char *what);
int rota__sqlite_end(rota__sqlite_query *query);
/* For a statement without rows: all that is left after binding. */
int rota__sqlite_run(rota__sqlite_query *query);

/* Reads every row there is, and names the first that is damaged. */
int rota__sqlite_read_all(rota__sqlite *self, rota__env *env);

/* The length class of a span: an overlap can be looked for among starts no
 * further back than the longest span of the class, so that one booking of ten
 * years does not make every search read ten years. */
enum { ROTA__SQLITE_REACHES = 4 };
int32_t rota__sqlite_reach(rota_span when);
/* Does the claim take time now, and until when is that undecided? */
bool rota__sqlite_takes(const rota__booking *booking, const rota__claim *claim);
rota_time rota__sqlite_expires(const rota__booking *booking);

int rota__sqlite_stamp(rota__store *store, rota__env *env, int64_t resource, int64_t *stamp);
int rota__sqlite_timeline(rota__store *store, rota__env *env, int64_t resource,
                          rota__timeline_rows *out);
int rota__sqlite_resource_get(rota__store *store, rota__env *env, const rota__by *by,
                              rota__resource *out);
int rota__sqlite_resource_list(rota__store *store, rota__env *env,
                               const rota__resource_filter *filter, rota__resource **rows,
                               int64_t *count);
int rota__sqlite_member_list(rota__store *store, rota__env *env, int64_t group, int64_t member,
                             rota__member **rows, int64_t *count);
int rota__sqlite_booking_get(rota__store *store, rota__env *env, const rota__by *by,
                             rota__booking *out);
int rota__sqlite_booking_list(rota__store *store, rota__env *env,
                              const rota__booking_filter *filter, rota__booking **rows,
                              int64_t *count);
int rota__sqlite_due_holds(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                           rota__booking **rows, int64_t *count);
int rota__sqlite_due_keys(rota__store *store, rota__env *env, rota_time horizon, int64_t limit,
                          int64_t *count);
int rota__sqlite_key_get(rota__store *store, rota__env *env, const char *actor, const char *key,
                         rota__key *out);
int rota__sqlite_feed(rota__store *store, rota__env *env, int64_t after, int64_t limit,
                      rota__event **rows, int64_t *count);
int rota__sqlite_counts(rota__store *store, rota__env *env, rota__counts *out);

#endif
