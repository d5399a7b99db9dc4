/* What the files of the embedded default share: sqlite.c (the connection),
 * sqlite_open.c (opening), sqlite_schema.c (what a file must look like),
 * sqlite_query.c (statements), sqlite_rows.c (rows and records), sqlite_lock.c (who
 * writes next), sqlite_gather.c (how a commit is written to the log), sqlite_read.c,
 * sqlite_remind.c, sqlite_commit.c and sqlite_guard.c (what the store is asked for).
 * Nobody else includes this, and sqlite3.h is seen by these alone. Names are of the
 * family: rota__sqlite_. */
#ifndef ROTA__SQLITE_PRIVATE_H
#define ROTA__SQLITE_PRIVATE_H

#include <sqlite3.h>

#include "base/forks.h"
#include "store/sqlite.h"

#define ROTA__SQLITE_OLDEST 3037000
#if SQLITE_VERSION_NUMBER < ROTA__SQLITE_OLDEST
#error "rota needs SQLite 3.37 or later: its tables are STRICT"
#endif

/* Every statement there is. Each is prepared when it is first needed, and kept. */
enum {
    ROTA__SQL_BEGIN,
    ROTA__SQL_BEGIN_WRITE,
    ROTA__SQL_COMMIT,
    ROTA__SQL_ROLLBACK,

    ROTA__SQL_STAMP_GET,
    ROTA__SQL_STAMP_IS,
    ROTA__SQL_STAMP_BUMP,
    ROTA__SQL_STAMP_PUT,

    ROTA__SQL_RESOURCE_BY_ROW,
    ROTA__SQL_RESOURCE_BY_ID,
    ROTA__SQL_RESOURCE_BY_REF,
    ROTA__SQL_RESOURCE_REMOVED,
    ROTA__SQL_RESOURCE_ID,
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
    ROTA__SQL_GROUP_NEXT,
    ROTA__SQL_MEMBER_PUT,
    ROTA__SQL_MEMBER_DROP,

    ROTA__SQL_BOOKING_BY_ROW,
    ROTA__SQL_BOOKING_BY_ID,
    ROTA__SQL_BOOKING_BY_REF,
    ROTA__SQL_BOOKING_BY_OCCURRENCE,
    ROTA__SQL_BOOKING_DUE,
    ROTA__SQL_BOOKING_IN_TIME,
    ROTA__SQL_BOOKING_CLAIMING,
    ROTA__SQL_BOOKING_RECURRING,
    ROTA__SQL_BOOKING_RECURRING_CLAIMING,
    ROTA__SQL_BOOKING_OF_SERIES,
    ROTA__SQL_BOOKING_PUT,
    ROTA__SQL_BOOKING_CHANGE,
    ROTA__SQL_BOOKING_RESCHEDULE,
    ROTA__SQL_BOOKING_RECUR,
    ROTA__SQL_BOOKING_RENAME,

    ROTA__SQL_CLAIM_TAKING,
    ROTA__SQL_CLAIM_PUT,
    ROTA__SQL_CLAIM_CHANGE,
    ROTA__SQL_CLAIM_DROP,
    ROTA__SQL_CLAIM_EVERY,
    ROTA__SQL_CLAIM_PACK,
    ROTA__SQL_CLAIM_RIVAL,
    ROTA__SQL_CLAIM_RIVAL_FIRST,

    ROTA__SQL_RECURRENCE_TAKING,
    ROTA__SQL_RECURRENCE_PUT,
    ROTA__SQL_RECURRENCE_CHANGE,
    ROTA__SQL_RECURRENCE_DROP,

    ROTA__SQL_EVENT_LAST,
    ROTA__SQL_EVENT_FROM,
    ROTA__SQL_EVENT_PUT,

    ROTA__SQL_KEY_GET,
    ROTA__SQL_KEY_DUE,
    ROTA__SQL_KEY_PUT,
    ROTA__SQL_KEY_DROP,

    ROTA__SQL_CONSUMER_GET,
    ROTA__SQL_CONSUMER_ALL,
    ROTA__SQL_CONSUMER_PUT,
    ROTA__SQL_CONSUMER_CHANGE,
    ROTA__SQL_CONSUMER_DROP,

    ROTA__SQL_ZONE_GET,
    ROTA__SQL_ZONE_PUT,

    ROTA__SQL_REMIND_STATE,
    ROTA__SQL_REMIND_MAKE,
    ROTA__SQL_REMIND_MOVE,
    ROTA__SQL_LIST_GET,
    ROTA__SQL_LIST_ANY,
    ROTA__SQL_LIST_PUT,
    ROTA__SQL_LIST_DROP,
    ROTA__SQL_OFFSET_ALL,
    ROTA__SQL_OFFSET_MORE,
    ROTA__SQL_OFFSET_LESS,
    ROTA__SQL_OFFSET_DROP,
    ROTA__SQL_REMINDER_GET,
    ROTA__SQL_REMINDER_ANY,
    ROTA__SQL_REMINDER_OPEN,
    ROTA__SQL_REMINDER_DEAD,
    ROTA__SQL_REMINDER_PUT,
    ROTA__SQL_REMINDER_DROP,
    ROTA__SQL_REMINDER_OLD,
    ROTA__SQL_REMINDER_FORGET,
    ROTA__SQL_NOTE_DUE,
    ROTA__SQL_NOTE_PUT,
    ROTA__SQL_NOTE_DROP,
    ROTA__SQL_NEXT_DUE,
    ROTA__SQL_NEXT_PUT,
    ROTA__SQL_NEXT_DROP,
    ROTA__SQL_NEXT_MAKE,
    ROTA__SQL_BOOKING_STARTS,
    ROTA__SQL_BOOKING_PART,

    ROTA__SQL_COUNTS,
    ROTA__SQL_CHECK_FILE,
    ROTA__SQL_CHECK_REFERENCES,
    ROTA__SQL_CHECK_FEED,
    ROTA__SQL_CHECK_BOOKINGS,
    ROTA__SQL_CHECK_CLAIMS,
    ROTA__SQL_CHECK_RECURRENCES,
    ROTA__SQL_CHECK_OCCURRENCES,
    ROTA__SQL_CHECK_PACKED,
    ROTA__SQL_CHECK_CONSUMERS,
    ROTA__SQL_CHECK_OFFSETS,
    ROTA__SQL_CHECK_SUBJECTS,
    ROTA__SQL_CHECK_NEXT,
    /* Every row: read_all() runs these from the first to the last. */
    ROTA__SQL_EVERY_RESOURCE,
    ROTA__SQL_EVERY_TAG,
    ROTA__SQL_EVERY_MEMBER,
    ROTA__SQL_EVERY_BOOKING,
    ROTA__SQL_EVERY_EVENT,
    ROTA__SQL_EVERY_KEY,
    ROTA__SQL_EVERY_CONSUMER,
    ROTA__SQL_EVERY_ZONE,
    ROTA__SQL_EVERY_LIST,
    ROTA__SQL_EVERY_REMINDER,
    ROTA__SQL_EVERY_NOTE,
    ROTA__SQL_EVERY_NEXT,
    ROTA__SQL_COUNT
};

/* --- sqlite_lock.c: one writer at a time, in all threads and processes, first come
 * first served. --- */

typedef struct rota__sqlite_lock {
    int fd; /* -1: there is no lock file: in memory, a session, or opened for reading */
    struct rota__sqlite_bells *bells; /* in the file; NULL: it could not be mapped */
    uint32_t taken;                   /* what the bells counted when this one took it last */
    int32_t in_a_row;                 /* how often, with nobody in between */
} rota__sqlite_lock;

/* --- sqlite_gather.c: what a commit writes to the log, put together --- */

/* Asked of a file whose VFS is not SQLite's own, as xFileControl(file, this, int *): one that
 * puts this into the int takes writes to the log in pieces of any size. */
enum { ROTA__SQLITE_ANY_SIZE = 0x726f7461 };

typedef struct rota__sqlite_gather {
    sqlite3_io_methods methods;       /* first: the log's while it is committed */
    struct rota__sqlite_gather *self; /* this: SQLite gives them back as const */
    const sqlite3_io_methods *below;  /* the log's own */
    bool watches;                     /* there is a log to be written */
    uint8_t *bytes;                   /* NULL: what is written goes through */
    int count;                        /* of bytes that are gathered, and belong ... */
    sqlite3_int64 at;                 /* ... here */
    sqlite3_int64 last_page;          /* of this commit begins here; 0: its header is not written */
    bool paged, recorded;             /* of this commit pages were written; all may be in the log */
} rota__sqlite_gather;

/* --- the connection --- */

typedef struct rota__sqlite {
    rota__store store; /* first, so that the one is the other */
    rota__mem *mem;
    sqlite3 *db;
    char *path;             /* resolved; what messages name */
    rota__forks_file *file; /* NULL: in memory, or not open */
    rota__sqlite_options options;
    bool memory; /* ":memory:": there is no file, no lock, no log */
    bool readonly;
    bool immutable; /* on a medium that nobody can write */
    bool blind;     /* read-only, without the log's index: every look may be at something new */
    bool session;   /* made by attach(): it reads, and another one writes */
    bool in_turn;   /* a turn's transaction is open: what is read is read in it */
    bool untidy;    /* a turn is over, and its lock kept to shorten the log */
    rota__sqlite_lock lock;
    rota__sqlite_gather gather;
    int64_t deadline; /* of the operation at hand, of rota__clock_ns(); 0: not waiting yet */
    int64_t last_seq; /* in a turn: the newest event, or -1 before it is known */
    rota__reminder_state remind; /* as of the token below; its version -1: not known */
    uint64_t remind_token;
    _Atomic uint64_t commits; /* of this store: the token of a calendar in memory */
    uint64_t seen;            /* the token when changed() was last asked, or this store committed */
    uint64_t news;            /* how often it had become another one */
    const volatile uint32_t *wal_index; /* SQLite's, in shared memory; NULL: there is none */
    int64_t page_size;                  /* the file's, in bytes */
    int64_t wal_pages;   /* length of the log after the last commit of ours; of 4 KiB each */
    int64_t wal_last;    /* and after the one before */
    int64_t wal_room;    /* the length it may reach before it is written back */
    int64_t wal_due;     /* the length at which the next checkpoint is tried */
    int64_t wal_written; /* when it was written back last, all of it; by rota__clock_ns() */
    sqlite3_stmt *statements[ROTA__SQL_COUNT];
} rota__sqlite;

static inline rota__sqlite *rota__sqlite_of(rota__store *store)
{
    return (rota__sqlite *)(void *)store;
}

/* --- sqlite.c --- */

/* Sets the error to what SQLite has last said, and returns the status for it. */
int rota__sqlite_fail(rota__sqlite *self, rota__env *env, const char *doing);
/* The same for what the system has said, in errno. */
int rota__sqlite_fail_errno(rota__env *env, const char *path, const char *doing);
/* To the host's log, where there is one: a failure that no status reports. */
void rota__sqlite_tell(rota__sqlite *self, int32_t level, const rota__error *what);

/* Sleeps a little before try number `tries` + 1; 0 where the operation has waited
 * long enough. SQLite calls it too: hence its type. */
int rota__sqlite_wait(void *sqlite, int tries);

/* The lock beside the file, for whoever writes; in memory there is nothing to do. */
int rota__sqlite_lock_open(rota__sqlite *self, rota__env *env);
void rota__sqlite_lock_close(rota__sqlite *self);
/* deadline: as of a turn's begin(). */
int rota__sqlite_lock_take(rota__sqlite *self, rota__env *env, int64_t deadline);
void rota__sqlite_lock_release(rota__sqlite *self);
/* That of an operation that begins now. */
int64_t rota__sqlite_deadline(const rota__sqlite *self);

/* One transaction around several reads, so that they see one state. Ended
 * whatever became of them; returns status, or what went wrong at the end. */
int rota__sqlite_begin(rota__sqlite *self, rota__env *env);
int rota__sqlite_end_read(rota__sqlite *self, rota__env *env, int status);
/* Runs a statement that takes nothing and yields nothing. */
int rota__sqlite_control(rota__sqlite *self, rota__env *env, int id);
/* Does nothing where no transaction is open. */
void rota__sqlite_roll_back(rota__sqlite *self);

/* For who writes a log: room for what is gathered, where anything may be. */
int rota__sqlite_gather_open(rota__sqlite *self, rota__env *env);
void rota__sqlite_gather_close(rota__sqlite *self);
int rota__sqlite_commit_gathered(rota__sqlite *self, rota__env *env);

/* From here on the length of the log is known after each commit. */
void rota__sqlite_watch_log(rota__sqlite *self);
/* After a commit: is it time to? Then with the lock still held. */
bool rota__sqlite_log_is_long(rota__sqlite *self);
void rota__sqlite_shorten_log(rota__sqlite *self);
/* The pages that the log may reach next, after it was full in so many nanoseconds and written
 * back in so many. */
int64_t rota__sqlite_log_room(int64_t room, int64_t full_in, int64_t written_in);
/* Finds SQLite's shared memory, in which token() reads. */
int rota__sqlite_watch_commits(rota__sqlite *self, rota__env *env);
uint64_t rota__sqlite_token(rota__store *store);
int rota__sqlite_checkpoint(rota__store *store, rota__env *env);

/* Ends the connection and its statements, not the store. */
void rota__sqlite_disconnect(rota__sqlite *self);
void rota__sqlite_close(rota__store *store);

/* --- sqlite_schema.c --- */

/* The schema number of the file, 0 for one without a byte in it. */
int rota__sqlite_identify(rota__sqlite *self, rota__env *env, int64_t *version);
bool rota__sqlite_is_newest(int64_t version);
/* From that number to the newest in one transaction. */
int rota__sqlite_migrate(rota__sqlite *self, rota__env *env, int64_t version);
/* From here on nothing but our own reads and writes can be prepared. */
int rota__sqlite_restrict(rota__sqlite *self, rota__env *env);
int rota__sqlite_check(rota__store *store, rota__env *env);

/* --- sqlite_query.c: one run of a statement. The first failure stays in
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
int rota__sqlite_end(rota__sqlite_query *query);
/* For a statement without rows: all that is left after binding. */
int rota__sqlite_run(rota__sqlite_query *query);
/* The same; ROTA__STALE where it changed no row: what it was decided on is gone. */
int rota__sqlite_change(rota__sqlite_query *query);

/* The next row, and a place for it at the end of an array as of ROTA__PUSH; NULL
 * where there is no more, or no memory. */
#define ROTA__SQLITE_NEXT(query, list)                                            \
    (rota__sqlite_next(query)                                                     \
         ? rota__sqlite_need_room(query, ROTA__PUSH((query)->env->arena, (list))) \
         : NULL)
void *rota__sqlite_need_room(rota__sqlite_query *query, void *room); /* NULL: no memory */

/* The next column of the row at hand; anything else in it is damage. */
bool rota__sqlite_is_null(rota__sqlite_query *query); /* and stays the next */
int64_t rota__sqlite_int(rota__sqlite_query *query, int64_t min, int64_t max);
int64_t rota__sqlite_any(rota__sqlite_query *query); /* integer */
int64_t rota__sqlite_row(rota__sqlite_query *query); /* from 1 on */
int32_t rota__sqlite_small(rota__sqlite_query *query, int32_t min, int32_t max);
rota_time rota__sqlite_instant(rota__sqlite_query *query);
rota_span rota__sqlite_span(rota__sqlite_query *query); /* two columns */
rota_id rota__sqlite_id(rota__sqlite_query *query);
const char *rota__sqlite_text(rota__sqlite_query *query, bool may_be_null);
const void *rota__sqlite_bytes(rota__sqlite_query *query, int64_t *size); /* NULL: none */
/* The same, in SQLite's memory: until the next row. */
const void *rota__sqlite_look_at_bytes(rota__sqlite_query *query, int64_t *size);
void rota__sqlite_damage(rota__sqlite_query *query, const char *what);

/* Statements that are not kept: several without rows; and one that is needed once,
 * whose first column is wanted as number or text of at most room - 1 bytes; either
 * may be NULL. */
int rota__sqlite_exec(rota__sqlite *self, rota__env *env, const char *doing, const char *sql);
int rota__sqlite_once(rota__sqlite *self, rota__env *env, const char *sql, int64_t *number,
                      char *text, int64_t room);

/* --- sqlite_rows.c --- */

/* The row at hand as a record, without what lies in other tables, which is read by
 * a statement of its own. */
void rota__sqlite_read_resource(rota__sqlite_query *query, rota__resource *out);
int rota__sqlite_read_tags(rota__sqlite *self, rota__env *env, rota__resource *resource);
void rota__sqlite_read_member(rota__sqlite_query *query, rota__member *out);
void rota__sqlite_read_booking(rota__sqlite_query *query, rota__booking *out);
/* Bytes that say how a booking recurs, or where it may be put: one at the least. */
void rota__sqlite_read_kept(rota__sqlite_query *query, const char *what, const void **bytes,
                            int64_t *size);
/* Claims as the booking's row keeps them, ROTA__SQLITE_PACKED bytes each: so that a
 * booking is read at once, while the table of claims answers for resources. */
enum { ROTA__SQLITE_PACKED = 36 };
uint8_t *rota__sqlite_pack(rota__arena *arena, const rota__claim *claims, int64_t count);
int64_t rota__sqlite_claims(rota__sqlite_query *query, const rota__claim **out); /* how many */
/* Those of a booking in a file that keeps them in their table only. */
int rota__sqlite_pack_all(rota__sqlite *self, rota__env *env);
void rota__sqlite_read_key(rota__sqlite_query *query, rota__key *out);
void rota__sqlite_read_event(rota__sqlite_query *query, rota__event *out);
void rota__sqlite_read_consumer(rota__sqlite_query *query, rota__consumer *out);
void rota__sqlite_read_zone(rota__sqlite_query *query, rota__zone *out);
/* Reads every row there is, and names the first that is damaged. */
int rota__sqlite_read_all(rota__sqlite *self, rota__env *env);

/* The length class of a span: an overlap can be looked for among starts no
 * further back than the longest span of the class, so that one booking of ten
 * years does not make every search read ten years. */
enum { ROTA__SQLITE_REACHES = 4 };
int32_t rota__sqlite_reach(rota_span when);
/* The earliest start with which a span of the class can be there still at `from`. */
rota_time rota__sqlite_reach_back(int32_t reach, rota_time from);
/* Does the claim take time now, and until when is that undecided? */
bool rota__sqlite_takes(const rota__booking *booking, const rota__claim *claim);
rota_time rota__sqlite_expires(const rota__booking *booking);

/* --- sqlite_guard.c --- */

/* A claim that takes time which its booking did not take before. */
typedef struct rota__sqlite_taking {
    int64_t resource, booking; /* rows */
    rota_span when;
} rota__sqlite_taking;

typedef struct rota__sqlite_takings {
    rota__sqlite_taking *items;
    int64_t count, room;
} rota__sqlite_takings;

/* Note the claims of a booking that begin to take time: of a new one, or of one that
 * was `before` and took less. */
int rota__sqlite_note(rota__env *env, rota__sqlite_takings *takings, const rota__booking *before,
                      const rota__booking *booking, int64_t row);
/* Once all bookings of a batch are written: ROTA_ECORRUPT where one of them takes time
 * of a resource of capacity 1 that another takes too. */
int rota__sqlite_guard(rota__sqlite *self, rota__env *env, const rota__sqlite_takings *takings);

/* --- sqlite_remind.c --- */

/* The steps of a commit that are about reminders; they return as those of sqlite_commit.c. */
int rota__sqlite_remind_begin(rota__sqlite *self, rota__env *env, const rota__batch *batch);
/* A booking is put; `stored` is NULL for a new one. */
int rota__sqlite_remind_booking(rota__sqlite *self, rota__env *env, const rota__booking *stored,
                                const rota__booking *booking, int64_t row);
/* rows: of the batch's bookings. */
int rota__sqlite_remind_write(rota__sqlite *self, rota__env *env, const rota__batch *batch,
                              const int64_t *rows);
int rota__sqlite_remind_forget(rota__sqlite *self, rota__env *env, const rota__batch *batch,
                               int64_t *dropped);
void rota__sqlite_read_list(rota__sqlite_query *query, rota__reminder_list *out);
void rota__sqlite_read_reminder(rota__sqlite_query *query, rota__reminder *out);
void rota__sqlite_read_note(rota__sqlite_query *query, rota__reminder_note *out);
void rota__sqlite_read_next(rota__sqlite_query *query, rota__reminder_next *out);
/* For a table of it: what must be true of reminders. */
int rota__sqlite_check_reminders(rota__sqlite *self, rota__env *env);

/* --- sqlite_commit.c and sqlite_read.c: as the store's table says --- */

int rota__sqlite_commit(rota__store *store, rota__env *env, rota__batch *batch, rota__commit *out);
int rota__sqlite_turn_begin(rota__store *store, rota__env *env, int64_t deadline);
int rota__sqlite_turn_write(rota__store *store, rota__env *env, rota__batch *batch,
                            rota__commit *out);
int rota__sqlite_turn_finish(rota__store *store, rota__env *env, rota__commit *out,
                             uint64_t *token);
void rota__sqlite_turn_cancel(rota__store *store);
void rota__sqlite_turn_tidy(rota__store *store);
int rota__sqlite_changed(rota__store *store, rota__env *env, uint64_t *token);
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
int rota__sqlite_group_next(rota__store *store, rota__env *env, int64_t resource, int64_t *group);
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
int rota__sqlite_consumer_get(rota__store *store, rota__env *env, const char *name,
                              rota__consumer *out);
int rota__sqlite_consumer_list(rota__store *store, rota__env *env, rota__consumer **rows,
                               int64_t *count);
int rota__sqlite_reminder_state(rota__store *store, rota__env *env, rota__reminder_state *out);
int rota__sqlite_reminder_list(rota__store *store, rota__env *env, int32_t of, int64_t subject,
                               rota__reminder_list *out);
int rota__sqlite_reminder_any(rota__store *store, rota__env *env, int32_t of, bool *any);
int rota__sqlite_reminder_offsets(rota__store *store, rota__env *env, int64_t **rows,
                                  int64_t *count);
int rota__sqlite_reminder_get(rota__store *store, rota__env *env, const rota_id *id,
                              rota__reminder *out);
int rota__sqlite_reminder_open(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder **rows, int64_t *count);
int rota__sqlite_reminder_dead(rota__store *store, rota__env *env, const rota_id *after,
                               int64_t limit, rota__reminder **rows, int64_t *count);
int rota__sqlite_reminder_notes(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                                rota__reminder_note **rows, int64_t *count);
int rota__sqlite_reminder_next(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder_next **rows, int64_t *count);
int rota__sqlite_reminder_starts(rota__store *store, rota__env *env, rota_time from, int64_t row,
                                 rota_time to, int64_t limit, rota__starting **rows,
                                 int64_t *count);
int rota__sqlite_reminder_old(rota__store *store, rota__env *env, rota_time horizon, int64_t limit,
                              int64_t *count);
int rota__sqlite_zone_get(rota__store *store, rota__env *env, const char *name, uint64_t digest,
                          rota__zone *out);
int rota__sqlite_counts(rota__store *store, rota__env *env, rota__counts *out);

#endif
