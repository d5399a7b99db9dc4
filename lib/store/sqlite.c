/* The embedded default's connection: what a failure of SQLite or the system is
 * called, who waits for whom, transactions, the log and the end. How a file is
 * found and made ready is left to sqlite_open.c, who writes next to sqlite_lock.c,
 * what it must look like to sqlite_schema.c, what is read and written to
 * sqlite_read.c and sqlite_commit.c, and every rule of scheduling to those above. */
#define _GNU_SOURCE /* strerror_r that returns the text */

#include "store/sqlite_private.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* The log is written back when it has grown to so many pages: few at first, more with
 * every time round, since a checkpoint keeps all writers waiting, and a file that
 * grows is flushed at twice the price of one that is written over. Where very much is
 * written a longer one is better still, for a page that changes often is written back once;
 * but only as long as writing it back does not take long. */
enum { WAL_FIRST = 256, WAL_USUAL = 4096, WAL_LAST = 16384 };
/* Such pages as a new file has. One that was made elsewhere may have others. */
enum { WAL_PAGE = 4096 };

/* --- failures --- */

void rota__sqlite_tell(rota__sqlite *self, int32_t level, const rota__error *what)
{
    if (self->options.log) self->options.log(self->options.log_ctx, level, what->message);
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

int rota__sqlite_fail_errno(rota__env *env, const char *path, const char *doing)
{
    int number = errno, status = status_of_errno(number);
    if (status == ROTA_ENOMEM) return rota__error_plain(env->error, ROTA_ENOMEM);
    char text[128] = "unknown error";
    const char *said = strerror_r(number, text, sizeof text);
    return rota__error_set(env->error, status, "%s: %s: %s%s", path, doing, said,
                           is_full(number) ? ": the disk is full" : "");
}

/* --- waiting --- */

int64_t rota__sqlite_deadline(const rota__sqlite *self)
{
    return rota__clock_ns() + self->options.busy_ms * ROTA__MS;
}

/* All waits of one operation share its deadline. */
int rota__sqlite_wait(void *sqlite, int tries)
{
    static const int64_t steps_us[] = { 100, 500, 1000, 2000, 5000, 10000, 20000 };
    rota__sqlite *self = sqlite;
    if (self->options.busy_ms <= 0) return false;
    if (self->deadline == 0) self->deadline = rota__sqlite_deadline(self);
    int64_t left = self->deadline - rota__clock_ns();
    if (left <= 0) return false;

    int64_t last = ROTA__LENGTH(steps_us) - 1;
    int64_t step = steps_us[tries < last ? tries : last] * 1000;
    struct timespec pause = { .tv_nsec = (long)(step < left ? step : left) };
    (void)nanosleep(&pause, NULL);
    return true;
}

/* --- transactions --- */

int rota__sqlite_control(rota__sqlite *self, rota__env *env, int id)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, id);
    return rota__sqlite_run(&query);
}

/* SQLite ends the transaction by itself after some failures, and after others
 * leaves that to us. */
void rota__sqlite_roll_back(rota__sqlite *self)
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

int rota__sqlite_begin(rota__sqlite *self, rota__env *env)
{
    self->deadline = 0;
    if (self->in_turn) return ROTA_OK; /* that is one already */
    rota__sqlite_roll_back(self);      /* does nothing, unless a roll-back had failed */
    return rota__sqlite_control(self, env, ROTA__SQL_BEGIN);
}

int rota__sqlite_end_read(rota__sqlite *self, rota__env *env, int status)
{
    if (self->in_turn) return status;
    if (status == ROTA_OK && !sqlite3_get_autocommit(self->db))
        status = rota__sqlite_control(self, env, ROTA__SQL_COMMIT);
    rota__sqlite_roll_back(self);
    return status;
}

/* --- who has committed --- */

/* SQLite's index of the log begins with a header that every commit changes; its
 * layout is part of the file format (sqlite.org/walformat.html). Taken are the count
 * of commits and a half of the last frame's checksum: a log that is only begun anew
 * changes neither, and one that was recovered after a crash changes the count. */
enum { WAL_INDEX_BYTES = 32768, HEADER_CHANGES = 2, HEADER_CHECKSUM = 6 };

int rota__sqlite_watch_commits(rota__sqlite *self, rota__env *env)
{
    sqlite3_file *file = NULL;
    void volatile *map = NULL;
    char mode[16] = "";
    int64_t ignored;
    if (self->memory || self->immutable) return ROTA_OK;
    /* The index is there once something was read. */
    int rc = rota__sqlite_once(self, env, "PRAGMA schema_version", &ignored, NULL, 0);
    if (rc == ROTA_OK)
        rc = rota__sqlite_once(self, env, "PRAGMA journal_mode", NULL, mode, sizeof mode);
    if (rc != ROTA_OK) return rc;
    self->blind = self->readonly && strcmp(mode, "wal") != 0;
    if (self->blind) return ROTA_OK;
    if (sqlite3_file_control(self->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK)
        return rota__sqlite_fail(self, env, "open");
    if (file->pMethods->iVersion >= 2)
        (void)file->pMethods->xShmMap(file, 0, WAL_INDEX_BYTES, 0, &map);
    self->blind = !map && self->readonly;
    if (!map && !self->blind)
        return rota__error_set(env->error, ROTA_EIO, "%s: its log has no shared memory",
                               self->path);
    self->wal_index = map;
    self->seen = rota__sqlite_token(&self->store);
    return ROTA_OK;
}

uint64_t rota__sqlite_token(rota__store *store)
{
    rota__sqlite *self = rota__sqlite_of(store);
    const volatile uint32_t *header = self->wal_index;
    if (self->blind) return ++self->commits;
    if (!header) return self->commits;
    uint32_t changes = __atomic_load_n(&header[HEADER_CHANGES], __ATOMIC_RELAXED);
    uint32_t checksum = __atomic_load_n(&header[HEADER_CHECKSUM], __ATOMIC_ACQUIRE);
    return (uint64_t)changes << 32 | checksum;
}

int rota__sqlite_changed(rota__store *store, rota__env *env, uint64_t *token)
{
    rota__sqlite *self = rota__sqlite_of(store);
    uint64_t now = rota__sqlite_token(store);
    (void)env;
    if (now != self->seen) {
        self->seen = now;
        self->news++;
    }
    *token = self->news;
    return ROTA_OK;
}

/* --- the log, and writing it back --- */

static int on_wal(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    (void)db;
    (void)schema;
    rota__sqlite *self = ctx;
    self->wal_pages = pages * self->page_size / WAL_PAGE;
    return SQLITE_OK;
}

void rota__sqlite_watch_log(rota__sqlite *self)
{
    (void)sqlite3_wal_hook(self->db, on_wal, self);
    self->wal_due = self->wal_room = WAL_FIRST;
}

bool rota__sqlite_log_is_long(rota__sqlite *self)
{
    if (self->wal_pages < self->wal_last) self->wal_due = self->wal_room; /* begun anew */
    self->wal_last = self->wal_pages;
    return self->wal_pages >= self->wal_due;
}

int64_t rota__sqlite_log_room(int64_t room, int64_t full_in, int64_t written_in)
{
    const int64_t soon = 10000 * ROTA__MS, not_long = 30 * ROTA__MS, much = 4;
    if (room < WAL_USUAL) return room * 2;
    if (full_in < soon && written_in < not_long) return room < WAL_LAST ? room * 2 : room;
    bool too_long = full_in >= soon * much || written_in >= not_long * much;
    return too_long && room > WAL_USUAL ? room / 2 : room;
}

static void note_written(rota__sqlite *self, int64_t begun, int64_t ended)
{
    int64_t full_in = begun - self->wal_written;
    self->wal_room = rota__sqlite_log_room(self->wal_room, full_in, ended - begun);
    self->wal_written = ended;
}

/* What the commits wrote is safe already: a checkpoint that fails is tried again
 * later, and told to the log. */
void rota__sqlite_shorten_log(rota__sqlite *self)
{
    int all = 0, done = 0;
    int64_t begun = rota__clock_ns();
    int rc = sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_PASSIVE, &all, &done);
    if (rc == SQLITE_OK || rc == SQLITE_BUSY) {
        if (rc == SQLITE_OK && done == all) note_written(self, begun, rota__clock_ns());
        /* Where a long read keeps the log from beginning anew: not at every commit. */
        self->wal_due = self->wal_pages + WAL_FIRST;
        return;
    }
    rota__error what;
    rota__error_set(&what, ROTA_OK, "%s: checkpoint: %s", self->path, sqlite3_errmsg(self->db));
    rota__sqlite_tell(self, ROTA_LOG_WARNING, &what);
}

int rota__sqlite_checkpoint(rota__store *store, rota__env *env)
{
    rota__sqlite *self = rota__sqlite_of(store);
    self->deadline = 0;
    if (self->readonly)
        return rota__error_set(env->error, ROTA_EDENIED, "%s is open for reading only", self->path);
    int rc = rota__sqlite_lock_take(self, env, rota__sqlite_deadline(self));
    if (rc != ROTA_OK) return rc;
    if (sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
        SQLITE_OK) {
        rc = rota__sqlite_fail(self, env, "checkpoint");
    } else {
        self->wal_pages = self->wal_last = 0;
        self->wal_due = self->wal_room = WAL_FIRST; /* and it is cut to nothing */
    }
    rota__sqlite_lock_release(self);
    return rc;
}

/* --- closing --- */

void rota__sqlite_disconnect(rota__sqlite *self)
{
    for (int64_t i = 0; i < ROTA__LENGTH(self->statements); i++)
        sqlite3_finalize(self->statements[i]);
    memset(self->statements, 0, sizeof self->statements);
    (void)sqlite3_close(self->db);
    self->db = NULL;
}

static void forget_file(rota__sqlite *self)
{
    rota__forks_hold();
    rota__forks_remove(self->file);
    rota__forks_release();
}

/* The last to close writes the log back and removes it, so that the calendar is
 * one plain file again. Not while somebody else writes: then it is not the last. */
void rota__sqlite_close(rota__store *store)
{
    rota__sqlite *self = rota__sqlite_of(store);
    rota__mem *mem = self->mem;
    rota__arena scratch;
    rota__error ignored;
    rota__arena_init(&scratch, mem);
    rota__env env = { .arena = &scratch, .error = &ignored };

    self->deadline = 0;
    if (self->db && self->lock.fd >= 0 &&
        rota__sqlite_lock_take(self, &env, rota__sqlite_deadline(self)) == ROTA_OK)
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    rota__sqlite_disconnect(self);
    rota__sqlite_lock_close(self);
    forget_file(self);
    rota__sqlite_gather_close(self);
    rota__arena_free(&scratch);
    rota__mem_free(mem, self->path);
    rota__mem_free(mem, self);
}
