/* The embedded default: the connection to one file, who may write when, and the
 * commit. What a file must look like is left to sqlite_schema.c, what a row
 * means to sqlite_rows.c, and every rule of scheduling to those above.
 *
 * Writing and checkpointing exclude each other, in all threads and processes,
 * through a lock on a file beside the calendar ("<path>-lock", always empty).
 * Before SQLite 3.51.3 a checkpoint that met another connection's commit could
 * lose commits that had been acknowledged. The lock is taken whatever this
 * library's version is: it is the checkpointer's version that matters, and that
 * may be another process's. It is a plain mutex, since SQLite has one writer at a
 * time anyway: so a checkpoint comes to its turn however busy the writers are. */
#define _GNU_SOURCE /* F_OFD_SETLK: locks of a handle, not of a process */

#include "store/sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
    WAL_PAGES = 256,               /* the log is written back when it is longer than this */
    WAL_BYTES = 16 * 1024 * 1024,  /* and cut to this when a long read had let it grow */
    CACHE_KIB = 8 * 1024           /* pages that a large batch touches before it is written */
};

static rota__sqlite *of(rota__store *store)
{
    return (rota__sqlite *)(void *)store;
}

/* --- failures --- */

static void tell(rota__sqlite *self, int32_t level, const char *format, ...) ROTA__PRINTF(3, 4);
static void tell(rota__sqlite *self, int32_t level, const char *format, ...)
{
    if (!self->options.log) return;
    char line[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    rota__error one_line;
    rota__error_set(&one_line, ROTA_OK, "%s", line);
    self->options.log(self->options.log_ctx, level, one_line.message);
}

static int status_of_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
        return ROTA_EDENIED;
    case ENOENT:
    case ENOTDIR:
        return ROTA_ENOTFOUND;
    case EISDIR:
    case ENAMETOOLONG:
        return ROTA_EINVALID;
    case ENOMEM:
        return ROTA_ENOMEM;
    default:
        return ROTA_EIO;
    }
}

static bool is_full(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

static int status_of(int rc, int number)
{
    if (rc == SQLITE_IOERR_NOMEM) return ROTA_ENOMEM;
    if (rc == SQLITE_READONLY_DBMOVED) return ROTA_EIO;
    if (rc == SQLITE_CANTOPEN_SYMLINK) return ROTA_EDENIED;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* many tries to begin to read met as many writers */
        return ROTA_EBUSY;
    case SQLITE_NOMEM:
        return ROTA_ENOMEM;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ROTA_EDENIED;
    case SQLITE_CANTOPEN:
        return status_of_errno(number);
    case SQLITE_CONSTRAINT: /* unique ones are seen before: the batch breaks a rule of the tables */
        return ROTA_EINVALID;
    case SQLITE_TOOBIG:
        return ROTA_ELIMIT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: /* our own statements are right: the tables are not ours */
    case SQLITE_SCHEMA:
        return ROTA_ECORRUPT;
    default:
        return ROTA_EIO;
    }
}

int rota__sqlite_fail(rota__sqlite *self, rota__env *env, const char *doing)
{
    int rc = sqlite3_extended_errcode(self->db), primary = rc & 0xff;
    int number = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL
                     ? sqlite3_system_errno(self->db)
                     : 0;
    int status = status_of(rc, number);
    if (status == ROTA_ENOMEM) return rota__error_plain(env->error, ROTA_ENOMEM);

    const char *because = "";
    if (primary == SQLITE_FULL || is_full(number))
        because = ": the disk is full";
    else if (status == ROTA_EBUSY)
        because = ": another process or handle holds the calendar";
    else if (primary == SQLITE_NOTADB)
        because = " and not a rota calendar";
    return rota__error_set(env->error, status, "%s: %s: %s (SQLite %d)%s", self->path, doing,
                           sqlite3_errmsg(self->db), rc, because);
}

static int fail_errno(rota__env *env, const char *path, const char *doing)
{
    int number = errno, status = status_of_errno(number);
    if (status == ROTA_ENOMEM) return rota__error_plain(env->error, ROTA_ENOMEM);
    char text[128] = "unknown error";
    const char *said = strerror_r(number, text, sizeof text);
    return rota__error_set(env->error, status, "%s: %s: %s%s", path, doing, said,
                           is_full(number) ? ": the disk is full" : "");
}

/* --- waiting --- */

static int64_t monotonic_ms(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleeps a little before try number `tries` + 1; false where the operation has
 * waited long enough. All waits of one operation share its deadline. */
static bool wait_a_little(rota__sqlite *self, int tries)
{
    static const int64_t steps_us[] = { 100, 500, 1000, 2000, 5000, 10000, 20000 };
    if (self->options.busy_ms <= 0) return false;
    int64_t now = monotonic_ms();
    if (self->deadline == 0) self->deadline = now + self->options.busy_ms;
    if (now >= self->deadline) return false;

    int64_t last = ROTA__LENGTH(steps_us) - 1;
    int64_t us = steps_us[tries < last ? tries : last], left = (self->deadline - now) * 1000;
    struct timespec pause = { .tv_nsec = (long)((us < left ? us : left) * 1000) };
    (void)nanosleep(&pause, NULL);
    return true;
}

static int on_busy(void *ctx, int tries)
{
    return wait_a_little(ctx, tries);
}

/* --- the lock beside the file --- */

static int lock_path(rota__sqlite *self, rota__env *env, char **path)
{
    int64_t room = (int64_t)strlen(self->path) + (int64_t)sizeof "-lock";
    *path = rota__arena_alloc(env->arena, room, 1);
    if (!*path) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(*path, (size_t)room, "%s-lock", self->path);
    return ROTA_OK;
}

/* Whoever may write the calendar may take the lock: it has the same mode. */
static int open_lock(rota__sqlite *self, rota__env *env)
{
    char *path = NULL;
    struct stat calendar;
    int rc = lock_path(self, env, &path);
    if (rc != ROTA_OK) return rc;
    if (stat(self->path, &calendar) != 0) return fail_errno(env, self->path, "stat");
    mode_t mode = calendar.st_mode & 0666;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags | O_CREAT | O_EXCL, mode);
    if (fd >= 0)
        (void)fchmod(fd, mode); /* the umask may have taken from it */
    else if (errno == EEXIST)
        fd = open(path, flags | O_CREAT, mode);
    if (fd < 0) return fail_errno(env, path, "open");
    self->lock_fd = fd;
    return ROTA_OK;
}

/* A lock on a file that was deleted meanwhile would exclude nobody. */
static int renew_lock(rota__sqlite *self, rota__env *env, bool *renewed)
{
    struct stat held;
    *renewed = false;
    if (fstat(self->lock_fd, &held) != 0) return fail_errno(env, self->path, "lock file");
    if (held.st_nlink > 0) return ROTA_OK;
    (void)close(self->lock_fd);
    self->lock_fd = -1;
    *renewed = true;
    return open_lock(self, env);
}

static int lock(rota__sqlite *self, rota__env *env)
{
    bool memory = strcmp(self->path, ":memory:") == 0;
    if (memory) return ROTA_OK;
    if (self->lock_fd < 0) { /* a renewal had failed */
        int rc = open_lock(self, env);
        if (rc != ROTA_OK) return rc;
    }
    for (int tries = 0;; tries++) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        if (fcntl(self->lock_fd, F_OFD_SETLK, &whole) == 0) {
            bool renewed = false;
            int rc = renew_lock(self, env, &renewed);
            if (rc != ROTA_OK || !renewed) return rc;
        } else if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            return fail_errno(env, self->path, "lock file");
        } else if (!wait_a_little(self, tries)) {
            return rota__error_set(env->error, ROTA_EBUSY,
                                   "%s: another process or handle is writing", self->path);
        }
    }
}

static void unlock(rota__sqlite *self)
{
    if (self->lock_fd < 0) return;
    struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
    (void)fcntl(self->lock_fd, F_OFD_SETLK, &whole);
}

/* --- transactions --- */

static int control(rota__sqlite *self, rota__env *env, int id)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, id);
    return rota__sqlite_run(&query);
}

/* SQLite ends the transaction by itself after some failures, and after others
 * leaves that to us. */
static void roll_back(rota__sqlite *self)
{
    if (sqlite3_get_autocommit(self->db)) return;
    sqlite3_stmt *stmt = self->statements[ROTA__SQL_ROLLBACK];
    if (!stmt) {
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
        return;
    }
    (void)sqlite3_step(stmt);
    sqlite3_reset(stmt);
}

static int begin(rota__sqlite *self, rota__env *env, int id)
{
    self->deadline = 0;
    roll_back(self); /* does nothing, unless a roll-back had failed */
    return control(self, env, id);
}

int rota__sqlite_begin(rota__sqlite *self, rota__env *env)
{
    return begin(self, env, ROTA__SQL_BEGIN);
}

int rota__sqlite_end_read(rota__sqlite *self, rota__env *env, int status)
{
    if (status == ROTA_OK && !sqlite3_get_autocommit(self->db))
        status = control(self, env, ROTA__SQL_COMMIT);
    roll_back(self);
    return status;
}

/* --- the log, and writing it back --- */

static int on_wal(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    (void)db;
    (void)schema;
    rota__sqlite *self = ctx;
    self->wal_pages = pages;
    return SQLITE_OK;
}

/* After a commit, with the lock still held. What the commit wrote is safe
 * already: a checkpoint that fails is tried again later, and told to the log. */
static void keep_wal_short(rota__sqlite *self)
{
    if (self->wal_pages < self->wal_last) self->wal_due = WAL_PAGES; /* begun anew */
    self->wal_last = self->wal_pages;
    if (self->wal_pages < self->wal_due) return;
    int rc = sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Where a long read keeps the log from beginning anew: not at every commit. */
    self->wal_due = self->wal_pages + WAL_PAGES;
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        tell(self, ROTA_LOG_WARNING, "%s: checkpoint: %s", self->path, sqlite3_errmsg(self->db));
}

static int checkpoint(rota__store *store, rota__env *env)
{
    rota__sqlite *self = of(store);
    self->deadline = 0;
    if (self->readonly)
        return rota__error_set(env->error, ROTA_EDENIED, "%s is open for reading only", self->path);
    int rc = lock(self, env);
    if (rc != ROTA_OK) return rc;
    if (sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
        SQLITE_OK) {
        rc = rota__sqlite_fail(self, env, "checkpoint");
    } else {
        self->wal_pages = self->wal_last = 0;
        self->wal_due = WAL_PAGES;
    }
    unlock(self);
    return rc;
}

static int changed(rota__store *store, rota__env *env, uint64_t *token)
{
    rota__sqlite *self = of(store);
    rota__sqlite_query query;
    int64_t version = 0;
    self->deadline = 0;
    rota__sqlite_start(&query, self, env, ROTA__SQL_DATA_VERSION);
    if (rota__sqlite_next(&query)) version = rota__sqlite_int(&query, INT64_MIN, INT64_MAX);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *token = (uint64_t)version;
    return rc;
}

/* --- the commit. Its steps return ROTA_OK, a status, or the outcome that ends
 * the commit: outcomes are positive, statuses are not. --- */

typedef struct writer {
    rota__sqlite *self;
    rota__env *env;
    rota__batch *batch;
    /* The rows of the new records. The batch learns them, and the positions of
     * its events, only when it is committed. */
    int64_t *resources, *bookings;
    int64_t last_seq, keys_dropped;
} writer;

static int check_key(writer *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    rota__sqlite_query query;
    rota_time at = 0;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_GET);
    rota__sqlite_bind_text(&query, key->actor);
    rota__sqlite_bind_text(&query, key->key);
    bool known = rota__sqlite_next(&query);
    if (known) {
        query.column = 3;
        at = rota__sqlite_int(&query, ROTA_TIME_MIN, ROTA_TIME_MAX);
    }
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && known && at > w->batch->key_horizon ? ROTA__REPLAYED : rc;
}

static int read_last_seq(writer *w)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_EVENT_LAST);
    if (rota__sqlite_next(&query) && sqlite3_column_type(query.stmt, 0) != SQLITE_NULL)
        w->last_seq = rota__sqlite_int(&query, 1, INT64_MAX - INT32_MAX);
    return rota__sqlite_end(&query);
}

/* Whether the statement changed a row: if not, what it was decided on is gone. */
static int run_or_stale(rota__sqlite_query *query)
{
    int rc = rota__sqlite_run(query);
    if (rc == ROTA_OK && sqlite3_changes(query->self->db) == 0) rc = ROTA__STALE;
    return rc;
}

/* A guard without a bump is read even where changed() says that nobody else has
 * written: this store object itself may have, after the decision was taken. */
static int check_guard(writer *w, const rota__guard *guard)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       guard->bump ? ROTA__SQL_STAMP_BUMP : ROTA__SQL_STAMP_IS);
    rota__sqlite_bind_int(&query, guard->resource);
    rota__sqlite_bind_int(&query, guard->stamp);
    if (guard->bump) return run_or_stale(&query);
    bool stands = rota__sqlite_next(&query);
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && !stands ? ROTA__STALE : rc;
}

static int put_tags(writer *w, int64_t row, const rota__resource *resource)
{
    rota__sqlite_query query;
    int rc = ROTA_OK;
    if (resource->row != 0) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_TAG_DROP);
        rota__sqlite_bind_int(&query, row);
        rc = rota__sqlite_run(&query);
    }
    for (int64_t i = 0; i < resource->tag_count && rc == ROTA_OK; i++) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_TAG_PUT);
        rota__sqlite_bind_int(&query, row);
        rota__sqlite_bind_text(&query, resource->tags[i]);
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int put_resource(writer *w, int64_t i)
{
    const rota__resource *resource = &w->batch->resources.items[i];
    bool fresh = resource->row == 0;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       fresh ? ROTA__SQL_RESOURCE_PUT : ROTA__SQL_RESOURCE_CHANGE);
    if (fresh) rota__sqlite_bind_bytes(&query, &resource->id, (int64_t)sizeof resource->id);
    rota__sqlite_bind_text(&query, resource->ref);
    rota__sqlite_bind_text(&query, resource->kind);
    rota__sqlite_bind_text(&query, resource->name);
    rota__sqlite_bind_text(&query, resource->zone);
    rota__sqlite_bind_text(&query, resource->data);
    rota__sqlite_bind_row(&query, resource->parent);
    rota__sqlite_bind_int(&query, resource->capacity);
    rota__sqlite_bind_int(&query, resource->before);
    rota__sqlite_bind_int(&query, resource->after);
    rota__sqlite_bind_int(&query, resource->active);
    rota__sqlite_bind_int(&query, resource->removed);
    if (!fresh) {
        rota__sqlite_bind_int(&query, resource->row);
        rota__sqlite_bind_int(&query, resource->version - 1);
    }
    int rc = run_or_stale(&query);
    if (rc != ROTA_OK) return rc;
    w->resources[i] = fresh ? sqlite3_last_insert_rowid(w->self->db) : resource->row;
    if (fresh) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_STAMP_PUT);
        rota__sqlite_bind_int(&query, w->resources[i]);
        rc = rota__sqlite_run(&query);
    }
    return rc == ROTA_OK ? put_tags(w, w->resources[i], resource) : rc;
}

static int write_member(writer *w, const rota__member *stay, int id)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, id);
    rota__sqlite_bind_int(&query, stay->group);
    rota__sqlite_bind_int(&query, stay->member);
    rota__sqlite_bind_int(&query, stay->when.start);
    if (id == ROTA__SQL_MEMBER_PUT) rota__sqlite_bind_int(&query, stay->when.end);
    return run_or_stale(&query);
}

static int put_claim(writer *w, int64_t row, const rota__booking *booking, const rota__claim *claim)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_PUT);
    rota__sqlite_bind_int(&query, claim->resource);
    rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    rota__sqlite_bind_int(&query, booking->when.start);
    rota__sqlite_bind_int(&query, row);
    rota__sqlite_bind_int(&query, booking->when.end);
    rota__sqlite_bind_int(&query, claim->units);
    rota__sqlite_bind_int(&query, claim->role);
    rota__sqlite_bind_int(&query, claim->flags);
    rota__sqlite_bind_int(&query, rota__sqlite_takes(booking, claim));
    rota__sqlite_bind_int(&query, rota__sqlite_expires(booking));
    int rc = rota__sqlite_run(&query);
    /* Nobody else can have put it there: deciding again would not help. */
    if (rc == ROTA__STALE)
        rc = rota__error_set(w->env->error, ROTA_EINVALID,
                             "%s: a booking claims one resource twice", w->self->path);
    return rc;
}

static const rota__claim *find_claim(const rota__booking *booking, int64_t resource, int64_t near)
{
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[(near + i) % booking->claim_count];
        if (claim->resource == resource) return claim;
    }
    return NULL;
}

/* Do the stored claims differ from the booking's in more than whether they take
 * time? `touch` tells whether they do in that. */
static int compare_claims(writer *w, const rota__booking *booking, bool *same, bool *touch)
{
    int64_t count = 0;
    rota__sqlite_query query;
    *same = true;
    *touch = false;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_STORED);
    rota__sqlite_bind_int(&query, booking->row);
    while (*same && rota__sqlite_next(&query)) {
        query.column = 1;
        int64_t resource = rota__sqlite_int(&query, 1, INT64_MAX);
        const rota__claim *claim = find_claim(booking, resource, count++);
        query.column = 3; /* the reach follows from the span */
        rota_time start = rota__sqlite_int(&query, ROTA_TIME_MIN, ROTA_TIME_MAX);
        rota_time end = rota__sqlite_int(&query, ROTA_TIME_MIN, ROTA_TIME_MAX);
        int64_t units = rota__sqlite_int(&query, 1, INT32_MAX);
        int64_t role = rota__sqlite_int(&query, 0, INT32_MAX);
        int64_t flags = rota__sqlite_int(&query, 0, UINT32_MAX);
        bool takes = rota__sqlite_int(&query, 0, 1) == 1;
        rota_time expires = rota__sqlite_int(&query, ROTA_TIME_MIN, ROTA_TIME_MAX);
        *same = claim && start == booking->when.start && end == booking->when.end &&
                units == claim->units && role == claim->role && flags == claim->flags;
        if (*same && (takes != rota__sqlite_takes(booking, claim) ||
                      expires != rota__sqlite_expires(booking)))
            *touch = true;
    }
    /* Without a stored claim nothing tells that the span is the same. */
    *same = *same && count > 0 && count == booking->claim_count;
    return rota__sqlite_end(&query);
}

static int touch_claims(writer *w, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++) {
        const rota__claim *claim = &booking->claims[i];
        rota__sqlite_query query;
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_CHANGE);
        rota__sqlite_bind_int(&query, claim->resource);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
        rota__sqlite_bind_int(&query, booking->when.start);
        rota__sqlite_bind_int(&query, booking->row);
        rota__sqlite_bind_int(&query, rota__sqlite_takes(booking, claim));
        rota__sqlite_bind_int(&query, rota__sqlite_expires(booking));
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int put_claims(writer *w, int64_t row, const rota__booking *booking)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count && rc == ROTA_OK; i++)
        rc = put_claim(w, row, booking, &booking->claims[i]);
    return rc;
}

static int insert_booking(writer *w, const rota__booking *booking, int64_t *row)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_BOOKING_PUT);
    rota__sqlite_bind_bytes(&query, &booking->id, (int64_t)sizeof booking->id);
    rota__sqlite_bind_text(&query, booking->ref);
    rota__sqlite_bind_text(&query, booking->title);
    rota__sqlite_bind_text(&query, booking->data);
    rota__sqlite_bind_int(&query, booking->when.start);
    rota__sqlite_bind_int(&query, booking->when.end);
    rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    rota__sqlite_bind_int(&query, booking->status);
    rota__sqlite_bind_int(&query, booking->priority);
    rota__sqlite_bind_int(&query, booking->hold_expires);
    rota__sqlite_bind_int(&query, booking->created_at);
    rota__sqlite_bind_int(&query, booking->changed_at);
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) *row = sqlite3_last_insert_rowid(w->self->db);
    return rc == ROTA_OK ? put_claims(w, *row, booking) : rc;
}

static int update_booking(writer *w, const rota__booking *booking)
{
    bool same = false, touch = false;
    int rc = compare_claims(w, booking, &same, &touch);
    if (rc != ROTA_OK) return rc;

    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env,
                       same ? ROTA__SQL_BOOKING_CHANGE : ROTA__SQL_BOOKING_RESCHEDULE);
    rota__sqlite_bind_text(&query, booking->title);
    rota__sqlite_bind_text(&query, booking->data);
    rota__sqlite_bind_int(&query, booking->status);
    rota__sqlite_bind_int(&query, booking->priority);
    rota__sqlite_bind_int(&query, booking->hold_expires);
    rota__sqlite_bind_int(&query, booking->changed_at);
    rota__sqlite_bind_int(&query, booking->row);
    rota__sqlite_bind_int(&query, booking->version - 1);
    if (!same) {
        rota__sqlite_bind_int(&query, booking->when.start);
        rota__sqlite_bind_int(&query, booking->when.end);
        rota__sqlite_bind_int(&query, rota__sqlite_reach(booking->when));
    }
    rc = run_or_stale(&query);
    if (rc == ROTA_OK && !same) {
        rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_CLAIM_DROP);
        rota__sqlite_bind_int(&query, booking->row);
        rc = rota__sqlite_run(&query);
        if (rc == ROTA_OK) rc = put_claims(w, booking->row, booking);
    } else if (rc == ROTA_OK && touch) {
        rc = touch_claims(w, booking);
    }
    return rc;
}

static int put_booking(writer *w, int64_t i)
{
    const rota__booking *booking = &w->batch->bookings.items[i];
    /* Before any arithmetic on it. */
    if (booking->when.start < ROTA_TIME_MIN || booking->when.end > ROTA_TIME_MAX ||
        booking->when.start >= booking->when.end)
        return rota__error_set(w->env->error, ROTA_EINVALID,
                               "%s: a booking from %lld to %lld cannot be kept", w->self->path,
                               (long long)booking->when.start, (long long)booking->when.end);
    w->bookings[i] = booking->row;
    return booking->row == 0 ? insert_booking(w, booking, &w->bookings[i])
                             : update_booking(w, booking);
}

static int put_event(writer *w, int64_t i)
{
    const rota__event *event = &w->batch->events.items[i];
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_EVENT_PUT);
    rota__sqlite_bind_int(&query, w->last_seq + 1 + i);
    rota__sqlite_bind_int(&query, event->at);
    rota__sqlite_bind_int(&query, event->type);
    rota__sqlite_bind_bytes(&query, &event->subject, (int64_t)sizeof event->subject);
    rota__sqlite_bind_text(&query, event->actor);
    rota__sqlite_bind_text(&query, event->role);
    rota__sqlite_bind_text(&query, event->trace);
    rota__sqlite_bind_text(&query, event->before);
    rota__sqlite_bind_text(&query, event->after);
    return rota__sqlite_run(&query);
}

static int drop_keys(writer *w)
{
    if (w->batch->keys_dropped_max <= 0) return ROTA_OK;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_DROP);
    rota__sqlite_bind_int(&query, w->batch->key_horizon);
    rota__sqlite_bind_int(&query, w->batch->keys_dropped_max);
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) w->keys_dropped = sqlite3_changes(w->self->db);
    return rc;
}

static int put_key(writer *w)
{
    const rota__key *key = w->batch->key;
    if (!key) return ROTA_OK;
    rota__sqlite_query query;
    rota__sqlite_start(&query, w->self, w->env, ROTA__SQL_KEY_PUT);
    rota__sqlite_bind_text(&query, key->actor);
    rota__sqlite_bind_text(&query, key->key);
    rota__sqlite_bind_int(&query, (int64_t)key->hash);
    rota__sqlite_bind_int(&query, key->at);
    rota__sqlite_bind_bytes(&query, key->answer, key->answer_size);
    return rota__sqlite_run(&query);
}

/* The key is asked first: a commit whose answer was lost is stale by its own
 * doing when it is repeated, and must hear that it was done. */
static int write_batch(writer *w)
{
    const rota__batch *batch = w->batch;
    int rc = read_last_seq(w);
    if (rc == ROTA_OK) rc = check_key(w);
    for (int64_t i = 0; i < batch->guards.count && rc == ROTA_OK; i++)
        rc = check_guard(w, &batch->guards.items[i]);
    for (int64_t i = 0; i < batch->resources.count && rc == ROTA_OK; i++)
        rc = put_resource(w, i);
    for (int64_t i = 0; i < batch->bookings.count && rc == ROTA_OK; i++)
        rc = put_booking(w, i);
    /* Those that end first: a batch may put a stay again with another end. */
    for (int64_t i = 0; i < batch->members_dropped.count && rc == ROTA_OK; i++)
        rc = write_member(w, &batch->members_dropped.items[i], ROTA__SQL_MEMBER_DROP);
    for (int64_t i = 0; i < batch->members_put.count && rc == ROTA_OK; i++)
        rc = write_member(w, &batch->members_put.items[i], ROTA__SQL_MEMBER_PUT);
    for (int64_t i = 0; i < batch->events.count && rc == ROTA_OK; i++)
        rc = put_event(w, i);
    if (rc == ROTA_OK) rc = drop_keys(w);
    if (rc == ROTA_OK) rc = put_key(w);
    return rc;
}

/* A COMMIT that found no room or no lock wrote no commit record. After any other
 * failure the record may be in the log, unseen by this run and found by the next
 * one that recovers the file: only the key can tell, later. */
static int finish(writer *w)
{
    rota__sqlite *self = w->self;
    int rc = control(self, w->env, ROTA__SQL_COMMIT);
    if (rc == ROTA_OK) return ROTA_OK;
    int why = sqlite3_errcode(self->db) & 0xff;
    bool surely_not = why == SQLITE_BUSY || why == SQLITE_LOCKED || why == SQLITE_FULL ||
                      why == SQLITE_READONLY || why == SQLITE_CONSTRAINT;
    if (surely_not) return rc;
    tell(self, ROTA_LOG_ERROR, "%s", w->env->error->message);
    return ROTA__UNKNOWN;
}

static int write_locked(writer *w)
{
    int rc = control(w->self, w->env, ROTA__SQL_BEGIN_WRITE);
    if (rc == ROTA_OK) rc = write_batch(w);
    if (rc == ROTA_OK) rc = finish(w);
    roll_back(w->self);
    return rc;
}

static void inform(const writer *w)
{
    rota__batch *batch = w->batch;
    for (int64_t i = 0; i < batch->resources.count; i++)
        batch->resources.items[i].row = w->resources[i];
    for (int64_t i = 0; i < batch->bookings.count; i++)
        batch->bookings.items[i].row = w->bookings[i];
    for (int64_t i = 0; i < batch->events.count; i++)
        batch->events.items[i].seq = w->last_seq + 1 + i;
}

static int commit(rota__store *store, rota__env *env, rota__batch *batch, rota__commit *out)
{
    writer w = { .self = of(store), .env = env, .batch = batch };
    rota__sqlite *self = w.self;
    if (self->readonly)
        return rota__error_set(env->error, ROTA_EDENIED, "%s is open for reading only", self->path);
    w.resources = rota__arena_alloc(env->arena, batch->resources.count, (int64_t)sizeof(int64_t));
    w.bookings = rota__arena_alloc(env->arena, batch->bookings.count, (int64_t)sizeof(int64_t));
    if (!w.resources || !w.bookings) return rota__error_plain(env->error, ROTA_ENOMEM);

    self->deadline = 0;
    roll_back(self); /* does nothing, unless a roll-back had failed */
    int rc = lock(self, env);
    if (rc != ROTA_OK) return rc;
    rc = write_locked(&w);
    if (rc == ROTA_OK) keep_wal_short(self);
    unlock(self);
    if (rc < 0) return rc;

    if (rc == ROTA_OK) inform(&w);
    *out = (rota__commit){ .outcome = rc == ROTA_OK ? ROTA__COMMITTED : rc };
    out->last_seq = w.last_seq + (rc == ROTA_OK ? batch->events.count : 0);
    out->keys_dropped = rc == ROTA_OK ? w.keys_dropped : 0;
    return ROTA_OK;
}

/* --- closing --- */

static void finalize_all(rota__sqlite *self)
{
    for (int64_t i = 0; i < ROTA__LENGTH(self->statements); i++)
        sqlite3_finalize(self->statements[i]);
}

/* The last to close writes the log back and removes it, so that the calendar is
 * one plain file again. Not while somebody else writes: then it is not the last. */
static void close_sqlite(rota__store *store)
{
    rota__sqlite *self = of(store);
    rota__mem *mem = self->mem;
    rota__arena scratch;
    rota__error ignored;
    rota__arena_init(&scratch, mem);
    rota__env env = { .arena = &scratch, .error = &ignored };

    self->deadline = 0;
    finalize_all(self);
    if (self->db && self->lock_fd >= 0 && lock(self, &env) == ROTA_OK)
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    if (self->db) (void)sqlite3_close(self->db);
    if (self->lock_fd >= 0) (void)close(self->lock_fd); /* and unlocks */
    rota__arena_free(&scratch);
    rota__mem_free(mem, self->path);
    rota__mem_free(mem, self);
}

/* --- opening --- */

static const rota__store_ops operations = {
    .commit = commit,
    .changed = changed,
    .stamp = rota__sqlite_stamp,
    .timeline = rota__sqlite_timeline,
    .resource_get = rota__sqlite_resource_get,
    .resource_list = rota__sqlite_resource_list,
    .member_list = rota__sqlite_member_list,
    .booking_get = rota__sqlite_booking_get,
    .booking_list = rota__sqlite_booking_list,
    .due_holds = rota__sqlite_due_holds,
    .due_keys = rota__sqlite_due_keys,
    .key_get = rota__sqlite_key_get,
    .feed = rota__sqlite_feed,
    .counts = rota__sqlite_counts,
    .check = rota__sqlite_check,
    .checkpoint = checkpoint,
    .close = close_sqlite,
};

/* The directory's links are followed, so that all who open the file agree on
 * the names beside it; the file's own are not: through another name it would
 * have another log and another lock. */
static int resolve(rota__env *env, const char *path, char **out)
{
    int64_t length = (int64_t)strlen(path);
    const char *slash = strrchr(path, '/'), *leaf = slash ? slash + 1 : path;
    if (length == 0) return rota__error_set(env->error, ROTA_EINVALID, "the path is empty");
    if (length >= PATH_MAX)
        return rota__error_set(env->error, ROTA_EINVALID, "a path of %lld bytes is too long",
                               (long long)length);
    if (leaf[0] == '\0' || strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0)
        return rota__error_set(env->error, ROTA_EINVALID, "%s is a directory", path);

    const char *above = slash == path ? "/" : slash ? path : ".";
    char *directory =
        rota__arena_text(env->arena, above, slash && slash != path ? slash - path : -1);
    char *resolved = rota__arena_alloc(env->arena, PATH_MAX, 1);
    if (!directory || !resolved) return rota__error_plain(env->error, ROTA_ENOMEM);
    if (!realpath(directory, resolved)) return fail_errno(env, path, "its directory");

    int64_t room = (int64_t)strlen(resolved) + 1 + (int64_t)strlen(leaf) + 1;
    *out = rota__arena_alloc(env->arena, room, 1);
    if (!*out) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(*out, (size_t)room, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, leaf);
    return ROTA_OK;
}

/* Looks without opening: closing another descriptor of the file would drop the
 * locks that SQLite holds on it in this process. */
static int inspect(rota__env *env, const char *path, uint32_t flags)
{
    struct stat file;
    if (lstat(path, &file) != 0) {
        if (errno != ENOENT) return fail_errno(env, path, "stat");
        if ((flags & (ROTA_OPEN_EXISTING | ROTA_OPEN_READONLY)) == 0) return ROTA_OK;
        return rota__error_set(env->error, ROTA_ENOTFOUND, "%s: there is no such file", path);
    }
    if (S_ISLNK(file.st_mode))
        return rota__error_set(env->error, ROTA_EDENIED,
                               "%s is a symbolic link: open the file that it names", path);
    if (S_ISDIR(file.st_mode))
        return rota__error_set(env->error, ROTA_EINVALID, "%s is a directory", path);
    if (!S_ISREG(file.st_mode))
        return rota__error_set(env->error, ROTA_EINVALID, "%s is not a regular file", path);
    if (file.st_size == 1) /* SQLite would take it for an empty one, and begin anew */
        return rota__error_set(env->error, ROTA_ECORRUPT, "%s is not a rota calendar", path);
    if (file.st_nlink > 1)
        return rota__error_set(env->error, ROTA_EDENIED,
                               "%s has other names (hard links), through which it could be "
                               "damaged: copy it",
                               path);
    return ROTA_OK;
}

static int open_file(rota__sqlite *self, rota__env *env, const char *name, int flags)
{
    int rc = sqlite3_open_v2(name, &self->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
                             NULL);
    if (!self->db) return rota__error_plain(env->error, ROTA_ENOMEM);
    if (rc == SQLITE_OK) rc = sqlite3_extended_result_codes(self->db, 1);
    return rc == SQLITE_OK ? ROTA_OK : rota__sqlite_fail(self, env, "open");
}

static int run_sql(rota__sqlite *self, rota__env *env, const char *sql)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK) return ROTA_OK;
    return rota__sqlite_fail(self, env, "open");
}

/* What a file may say must not become what we do. */
static int configure(rota__sqlite *self, rota__env *env)
{
    static const struct { int option, value; } defence[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
        { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
        { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
        { SQLITE_DBCONFIG_DQS_DML, 0 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },
        { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 }, /* close() decides */
    };
    for (int64_t i = 0; i < ROTA__LENGTH(defence); i++)
        if (sqlite3_db_config(self->db, defence[i].option, defence[i].value, (int *)NULL) !=
            SQLITE_OK)
            return rota__sqlite_fail(self, env, "configure");
    (void)sqlite3_limit(self->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(self->db, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024);
    if (sqlite3_busy_handler(self->db, on_busy, self) != SQLITE_OK)
        return rota__sqlite_fail(self, env, "configure");
    return run_sql(self, env,
                   "PRAGMA trusted_schema=0; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                   "PRAGMA temp_store=MEMORY");
}

/* Those that need the file to be readable. EXTRA, not FULL: on a disk that
 * forgets directory entries FULL has lost commits. */
static int settle(rota__sqlite *self, rota__env *env)
{
    char sql[192];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON; "
                   "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=%d; "
                   "PRAGMA cache_size=-%d",
                   WAL_BYTES, CACHE_KIB);
    int rc = run_sql(self, env, sql);
    if (rc != ROTA_OK) return rc;
    (void)sqlite3_wal_hook(self->db, on_wal, self);
    self->wal_due = WAL_PAGES;
    return ROTA_OK;
}

/* Nobody may be reading while the file changes to keeping a log; those who are
 * just opening it are, for a moment. */
static int keep_log(rota__sqlite *self, rota__env *env)
{
    char mode[16] = "";
    int rc = ROTA_OK, tries = 0;
    do {
        rc = rota__sqlite_once(self, env, "PRAGMA journal_mode=WAL", NULL, mode, sizeof mode);
    } while (rc == ROTA_EBUSY && wait_a_little(self, tries++));
    if (rc == ROTA_OK && strcmp(mode, "wal") != 0)
        rc = rota__error_set(env->error, ROTA_EIO,
                             "%s: this file system cannot share a log between processes",
                             self->path);
    return rc;
}

/* Makes or renews the file where needed. The first look is at a file that may not
 * be ours, and leaves nothing beside it. */
static int make_ready(rota__sqlite *self, rota__env *env)
{
    int64_t version = 0;
    char mode[16] = "";
    if (!self->readonly && sqlite3_db_readonly(self->db, "main") == 1)
        return rota__error_set(env->error, ROTA_EDENIED, "%s may not be written", self->path);
    int rc = rota__sqlite_identify(self, env, &version);
    if (rc == ROTA_OK) rc = settle(self, env);
    if (rc != ROTA_OK) return rc;
    if (strcmp(self->path, ":memory:") == 0) return rota__sqlite_migrate(self, env, version);
    if (self->readonly) return ROTA_OK;

    if ((rc = open_lock(self, env)) != ROTA_OK) return rc;
    rc = rota__sqlite_once(self, env, "PRAGMA journal_mode", NULL, mode, sizeof mode);
    if (rc != ROTA_OK) return rc;
    if (rota__sqlite_is_newest(version) && strcmp(mode, "wal") == 0) return ROTA_OK;

    if ((rc = lock(self, env)) != ROTA_OK) return rc;
    rc = rota__sqlite_identify(self, env, &version); /* somebody else may have made it meanwhile */
    if (rc == ROTA_OK) rc = rota__sqlite_migrate(self, env, version);
    if (rc == ROTA_OK) rc = keep_log(self, env);
    unlock(self);
    return rc;
}

/* On a medium that cannot be written SQLite cannot keep its shared memory beside
 * the file. Nobody writes there, so the file may be taken as it is, unless its
 * newest commits are still in a log. */
static int open_immutable(rota__sqlite *self, rota__env *env, bool *opened)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    struct statvfs medium;
    struct stat file;
    *opened = false;
    if (statvfs(self->path, &medium) != 0 || (medium.f_flag & ST_RDONLY) == 0) return ROTA_OK;

    int64_t length = (int64_t)strlen(self->path), room = 3 * length + 64, used = 0;
    char *name = rota__arena_alloc(env->arena, room, 1);
    if (!name) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(name, (size_t)room, "%s-wal", self->path);
    if (stat(name, &file) == 0 && file.st_size > 0) return ROTA_OK;

    used = snprintf(name, (size_t)room, "file:");
    for (int64_t i = 0; i < length; i++) {
        char c = self->path[i];
        used += snprintf(name + used, (size_t)(room - used), strchr(plain, c) ? "%c" : "%%%02X",
                         (unsigned char)c);
    }
    (void)snprintf(name + used, (size_t)(room - used), "?immutable=1");
    finalize_all(self);
    memset(self->statements, 0, sizeof self->statements);
    (void)sqlite3_close(self->db);
    self->db = NULL;
    *opened = true;
    return open_file(self, env, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

static int open_all(rota__sqlite *self, rota__env *env)
{
    int flags = self->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (!self->readonly && (self->options.flags & ROTA_OPEN_EXISTING) == 0)
        flags |= SQLITE_OPEN_CREATE;
    if (strcmp(self->path, ":memory:") == 0)
        flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;

    int rc = open_file(self, env, self->path, flags);
    if (rc == ROTA_OK) rc = configure(self, env);
    if (rc == ROTA_OK) rc = make_ready(self, env);
    if (rc != ROTA_OK && self->readonly && (sqlite3_errcode(self->db) & 0xff) != SQLITE_NOTADB) {
        bool again = false;
        int second = open_immutable(self, env, &again);
        if (second != ROTA_OK) return second;
        if (again) rc = configure(self, env);
        if (again && rc == ROTA_OK) rc = make_ready(self, env);
    }
    return rc == ROTA_OK ? rota__sqlite_restrict(self, env) : rc;
}

/* The statements that must be there when memory is not. */
static int prepare_early(rota__sqlite *self, rota__env *env)
{
    static const int early[] = { ROTA__SQL_BEGIN, ROTA__SQL_BEGIN_WRITE, ROTA__SQL_COMMIT,
                                 ROTA__SQL_ROLLBACK };
    int rc = ROTA_OK;
    for (int64_t i = 0; i < ROTA__LENGTH(early) && rc == ROTA_OK; i++) {
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, env, early[i]);
        rc = rota__sqlite_end(&query);
    }
    return rc;
}

int rota__sqlite_open(rota__env *env, rota__mem *mem, const char *path,
                      const rota__sqlite_options *options, rota__store **out)
{
    char *resolved = NULL;
    *out = NULL;
    int rc = ROTA_OK;
    if (strcmp(path, ":memory:") == 0) {
        resolved = rota__arena_text(env->arena, path, -1);
        if (!resolved) rc = rota__error_plain(env->error, ROTA_ENOMEM);
    } else {
        rc = resolve(env, path, &resolved);
        if (rc == ROTA_OK) rc = inspect(env, resolved, options->flags);
    }
    if (rc != ROTA_OK) return rc;

    int64_t room = (int64_t)strlen(resolved) + 1;
    rota__sqlite *self = rota__mem_alloc(mem, 1, (int64_t)sizeof *self);
    if (!self) return rota__error_plain(env->error, ROTA_ENOMEM);
    *self = (rota__sqlite){ .store.ops = &operations, .mem = mem, .options = *options,
                            .readonly = (options->flags & ROTA_OPEN_READONLY) != 0,
                            .lock_fd = -1, .path = rota__mem_alloc(mem, room, 1) };
    if (self->path) {
        memcpy(self->path, resolved, (size_t)room);
        rc = open_all(self, env);
        if (rc == ROTA_OK) rc = prepare_early(self, env);
    } else {
        rc = rota__error_plain(env->error, ROTA_ENOMEM);
    }
    if (rc == ROTA_OK) {
        *out = &self->store;
    } else {
        self->options.busy_ms = 0; /* it has waited */
        close_sqlite(&self->store);
    }
    return rc;
}
