/* The embedded default's connection: what a failure of SQLite or the system is
 * called, who waits for whom, transactions, the log and the end. How a file is
 * found and made ready is left to sqlite_open.c, what it must look like to
 * sqlite_schema.c, what is read and written to sqlite_read.c and sqlite_commit.c,
 * and every rule of scheduling to those above.
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
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The log is written back when it is longer than this. */
enum { WAL_PAGES = 256 };

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

static int64_t monotonic_ms(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All waits of one operation share its deadline. */
int rota__sqlite_wait(void *sqlite, int tries)
{
    static const int64_t steps_us[] = { 100, 500, 1000, 2000, 5000, 10000, 20000 };
    rota__sqlite *self = sqlite;
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

/* --- the lock beside the file --- */

/* Whoever may write the calendar may take the lock: it has the same mode. */
int rota__sqlite_open_lock(rota__sqlite *self, rota__env *env)
{
    struct stat calendar;
    int64_t room = (int64_t)strlen(self->path) + (int64_t)sizeof "-lock";
    char *path = rota__arena_alloc(env->arena, room, 1);
    if (!path) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(path, (size_t)room, "%s-lock", self->path);
    if (stat(self->path, &calendar) != 0) return rota__sqlite_fail_errno(env, self->path, "stat");
    mode_t mode = calendar.st_mode & 0666;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags | O_CREAT | O_EXCL, mode);
    if (fd >= 0)
        (void)fchmod(fd, mode); /* the umask may have taken from it */
    else if (errno == EEXIST)
        fd = open(path, flags | O_CREAT, mode);
    if (fd < 0) return rota__sqlite_fail_errno(env, path, "open");
    self->lock_fd = fd;
    return ROTA_OK;
}

/* A lock on a file that was deleted meanwhile would exclude nobody. */
static int renew_lock(rota__sqlite *self, rota__env *env, bool *renewed)
{
    struct stat held;
    *renewed = false;
    if (fstat(self->lock_fd, &held) != 0)
        return rota__sqlite_fail_errno(env, self->path, "lock file");
    if (held.st_nlink > 0) return ROTA_OK;
    (void)close(self->lock_fd);
    self->lock_fd = -1;
    *renewed = true;
    return rota__sqlite_open_lock(self, env);
}

int rota__sqlite_lock(rota__sqlite *self, rota__env *env)
{
    if (self->memory) return ROTA_OK;
    if (self->lock_fd < 0) { /* a renewal had failed */
        int rc = rota__sqlite_open_lock(self, env);
        if (rc != ROTA_OK) return rc;
    }
    for (int tries = 0;; tries++) {
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        if (fcntl(self->lock_fd, F_OFD_SETLK, &whole) == 0) {
            bool renewed = false;
            int rc = renew_lock(self, env, &renewed);
            if (rc != ROTA_OK || !renewed) return rc;
        } else if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            return rota__sqlite_fail_errno(env, self->path, "lock file");
        } else if (!rota__sqlite_wait(self, tries)) {
            return rota__error_set(env->error, ROTA_EBUSY,
                                   "%s: another process or handle is writing", self->path);
        }
    }
}

void rota__sqlite_unlock(rota__sqlite *self)
{
    if (self->lock_fd < 0) return;
    struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
    (void)fcntl(self->lock_fd, F_OFD_SETLK, &whole);
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
    rota__sqlite_roll_back(self); /* does nothing, unless a roll-back had failed */
    return rota__sqlite_control(self, env, ROTA__SQL_BEGIN);
}

int rota__sqlite_end_read(rota__sqlite *self, rota__env *env, int status)
{
    if (status == ROTA_OK && !sqlite3_get_autocommit(self->db))
        status = rota__sqlite_control(self, env, ROTA__SQL_COMMIT);
    rota__sqlite_roll_back(self);
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

void rota__sqlite_watch_log(rota__sqlite *self)
{
    (void)sqlite3_wal_hook(self->db, on_wal, self);
    self->wal_due = WAL_PAGES;
}

/* What the commit wrote is safe already: a checkpoint that fails is tried again
 * later, and told to the log. */
void rota__sqlite_shorten_log(rota__sqlite *self)
{
    if (self->wal_pages < self->wal_last) self->wal_due = WAL_PAGES; /* begun anew */
    self->wal_last = self->wal_pages;
    if (self->wal_pages < self->wal_due) return;
    int rc = sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    /* Where a long read keeps the log from beginning anew: not at every commit. */
    self->wal_due = self->wal_pages + WAL_PAGES;
    if (rc == SQLITE_OK || rc == SQLITE_BUSY) return;
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
    int rc = rota__sqlite_lock(self, env);
    if (rc != ROTA_OK) return rc;
    if (sqlite3_wal_checkpoint_v2(self->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) !=
        SQLITE_OK) {
        rc = rota__sqlite_fail(self, env, "checkpoint");
    } else {
        self->wal_pages = self->wal_last = 0;
        self->wal_due = WAL_PAGES;
    }
    rota__sqlite_unlock(self);
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
    if (self->db && self->lock_fd >= 0 && rota__sqlite_lock(self, &env) == ROTA_OK)
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
    rota__sqlite_disconnect(self);
    if (self->lock_fd >= 0) (void)close(self->lock_fd); /* and unlocks */
    rota__arena_free(&scratch);
    rota__mem_free(mem, self->path);
    rota__mem_free(mem, self);
}
