/* Opening the embedded default: which path is a file that may be opened, what
 * every connection is set to before it is used, and the file made or renewed
 * where needed. What it must look like is left to sqlite_schema.c; locks and the
 * connection, once it is there, to sqlite.c. */
#define _XOPEN_SOURCE 700 /* realpath */

#include "store/sqlite_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum {
    WAL_BYTES = 68 * 1024 * 1024, /* what the log is cut to when a long read had let it grow */
    CACHE_KIB = 8 * 1024          /* pages that a large batch touches before it is written */
};

/* --- which file --- */

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
    char *directory = rota__arena_text(env->arena, above,
                                       slash && slash != path ? slash - path : -1);
    char *resolved = rota__arena_alloc(env->arena, PATH_MAX, 1);
    if (!directory || !resolved) return rota__error_plain(env->error, ROTA_ENOMEM);
    if (!realpath(directory, resolved)) return rota__sqlite_fail_errno(env, path, "its directory");

    int64_t room = (int64_t)strlen(resolved) + 1 + (int64_t)strlen(leaf) + 1;
    *out = rota__arena_alloc(env->arena, room, 1);
    if (!*out) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(*out, (size_t)room, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, leaf);
    return ROTA_OK;
}

/* SQLite keeps one list of files for all of a process, and would find in it that this one is
 * locked: for it was, in the parent. */
static int refuse_inherited(rota__env *env, const char *path)
{
    return rota__error_set(env->error, ROTA_ESTATE,
                           "%s was open when this process was forked, and is the parent's: close "
                           "it before the fork, or let the child exec",
                           path);
}

/* Looks without opening: closing another descriptor of the file would drop the
 * locks that SQLite holds on it in this process. */
static int inspect(rota__env *env, const char *path, uint32_t flags)
{
    struct stat file;
    if (lstat(path, &file) != 0) {
        if (errno != ENOENT) return rota__sqlite_fail_errno(env, path, "stat");
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
    rota__forks_hold();
    bool inherited = rota__forks_inherited(file.st_dev, file.st_ino);
    rota__forks_release();
    return inherited ? refuse_inherited(env, path) : ROTA_OK;
}

/* --- the connection --- */

/* Has the name come to be another file's than the one that SQLite has opened? */
static int check_place(const rota__sqlite *self, rota__env *env)
{
    int moved = 0;
    (void)sqlite3_file_control(self->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved) return ROTA_OK;
    return rota__error_set(env->error, ROTA_EIO, "%s was moved or replaced", self->path);
}

static int note_file(rota__sqlite *self, rota__env *env)
{
    struct stat file;
    if (stat(self->path, &file) != 0) return rota__sqlite_fail_errno(env, self->path, "stat");
    int rc = check_place(self, env);
    if (rc != ROTA_OK) return rc;
    if (rota__forks_inherited(file.st_dev, file.st_ino)) return refuse_inherited(env, self->path);
    rota__forks_remove(self->file); /* of the first try */
    self->file = rota__forks_add(file.st_dev, file.st_ino);
    return self->file ? ROTA_OK : rota__error_plain(env->error, ROTA_ENOMEM);
}

/* No lock on the file is taken before it is noted: a child that was forked in between has
 * nothing to be misled by. And opening calls hooks that the host may have given to SQLite. */
static int open_noted(rota__sqlite *self, rota__env *env, const char *name, int flags)
{
    int rc = sqlite3_open_v2(name, &self->db, flags, NULL);
    rota__forks_hold();
    int noted = rc == SQLITE_OK && !self->memory ? note_file(self, env) : ROTA_OK;
    rota__forks_release();
    if (!self->db) return rota__error_plain(env->error, ROTA_ENOMEM);
    return rc == SQLITE_OK ? noted : rota__sqlite_fail(self, env, "open");
}

static int open_file(rota__sqlite *self, rota__env *env, const char *name, int flags)
{
    /* Whatever the host may have set for others: a cache that connections share locks them out. */
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
    int rc = open_noted(self, env, name, flags);
    if (rc != ROTA_OK) return rc;
    if (sqlite3_extended_result_codes(self->db, 1) != SQLITE_OK)
        return rota__sqlite_fail(self, env, "open");
    return ROTA_OK;
}

/* What a file may say must not become what we do; nor what SQLite was built to do where nobody
 * asks: to lock others out, or to make files of pages of another size. */
static int configure(rota__sqlite *self, rota__env *env)
{
    static const struct {
        int option, value;
    } defence[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
        { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
        { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
        { SQLITE_DBCONFIG_DQS_DDL, 0 },
        { SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 }, /* close() decides */
    };
    for (int64_t i = 0; i < ROTA__LENGTH(defence); i++)
        if (sqlite3_db_config(self->db, defence[i].option, defence[i].value, (int *)NULL) !=
            SQLITE_OK)
            return rota__sqlite_fail(self, env, "configure");
    (void)sqlite3_limit(self->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(self->db, SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024);
    if (sqlite3_busy_handler(self->db, rota__sqlite_wait, self) != SQLITE_OK)
        return rota__sqlite_fail(self, env, "configure");
    return rota__sqlite_exec(
        self, env, "open",
        "PRAGMA trusted_schema=0; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
        "PRAGMA temp_store=MEMORY; PRAGMA locking_mode=NORMAL; PRAGMA page_size=4096");
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
    int rc = rota__sqlite_exec(self, env, "open", sql);
    if (rc == ROTA_OK)
        rc = rota__sqlite_once(self, env, "PRAGMA page_size", &self->page_size, NULL, 0);
    if (rc != ROTA_OK) return rc;
    rota__sqlite_watch_log(self);
    return ROTA_OK;
}

/* --- the file --- */

/* Nobody may be reading while the file changes to keeping a log; those who are
 * just opening it are, for a moment. */
static int keep_log(rota__sqlite *self, rota__env *env)
{
    char mode[16] = "";
    int rc = ROTA_OK, tries = 0;
    do {
        rc = rota__sqlite_once(self, env, "PRAGMA journal_mode=WAL", NULL, mode, sizeof mode);
    } while (rc == ROTA_EBUSY && rota__sqlite_wait(self, tries++));
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
    if (self->memory) return rota__sqlite_migrate(self, env, version);
    if (self->readonly || self->session) return ROTA_OK;

    if ((rc = rota__sqlite_gather_open(self, env)) != ROTA_OK) return rc;
    if ((rc = rota__sqlite_lock_open(self, env)) != ROTA_OK) return rc;
    rc = rota__sqlite_once(self, env, "PRAGMA journal_mode", NULL, mode, sizeof mode);
    if (rc != ROTA_OK) return rc;
    if (rota__sqlite_is_newest(version) && strcmp(mode, "wal") == 0) return ROTA_OK;

    if ((rc = rota__sqlite_lock_take(self, env, rota__sqlite_deadline(self))) != ROTA_OK) return rc;
    rc = rota__sqlite_identify(self, env, &version); /* somebody else may have made it meanwhile */
    if (rc == ROTA_OK) rc = rota__sqlite_migrate(self, env, version);
    if (rc == ROTA_OK) rc = keep_log(self, env);
    rota__sqlite_lock_release(self);
    return rc;
}

static int open_ready(rota__sqlite *self, rota__env *env, const char *name, int flags)
{
    int rc = open_file(self, env, name, flags);
    if (rc == ROTA_OK) rc = configure(self, env);
    if (rc == ROTA_OK) rc = make_ready(self, env);
    return rc;
}

/* On a medium that cannot be written SQLite cannot keep its shared memory beside
 * the file. Nobody writes there, so the file may be taken as it is, unless its
 * newest commits are still in a log. *out: the name to do so by, NULL where it
 * may not be done. */
static int name_immutable(rota__sqlite *self, rota__env *env, char **out)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    struct statvfs medium;
    struct stat file;
    *out = NULL;
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
    *out = name;
    return ROTA_OK;
}

static int open_all(rota__sqlite *self, rota__env *env)
{
    int flags = self->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (!self->readonly && (self->options.flags & ROTA_OPEN_EXISTING) == 0)
        flags |= SQLITE_OPEN_CREATE;
    if (self->memory) flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;

    int rc = open_ready(self, env, self->path, flags);
    if (rc != ROTA_OK && self->readonly && (sqlite3_errcode(self->db) & 0xff) != SQLITE_NOTADB) {
        char *name = NULL;
        int named = name_immutable(self, env, &name);
        if (named != ROTA_OK) return named;
        if (name) {
            rota__sqlite_disconnect(self);
            self->immutable = true;
            rc = open_ready(self, env, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        }
    }
    if (rc == ROTA_OK) rc = rota__sqlite_watch_commits(self, env);
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

static const rota__turn_ops turns = {
    .token = rota__sqlite_token,
    .begin = rota__sqlite_turn_begin,
    .write = rota__sqlite_turn_write,
    .finish = rota__sqlite_turn_finish,
    .cancel = rota__sqlite_turn_cancel,
    .tidy = rota__sqlite_turn_tidy,
};

static int attach(rota__store *store, rota__env *env, rota__mem *mem, rota__store **out);

static const rota__store_ops operations = {
    .turns = &turns,
    .attach = attach,
    .commit = rota__sqlite_commit,
    .changed = rota__sqlite_changed,
    .stamp = rota__sqlite_stamp,
    .timeline = rota__sqlite_timeline,
    .resource_get = rota__sqlite_resource_get,
    .resource_list = rota__sqlite_resource_list,
    .member_list = rota__sqlite_member_list,
    .group_next = rota__sqlite_group_next,
    .booking_get = rota__sqlite_booking_get,
    .booking_list = rota__sqlite_booking_list,
    .due_holds = rota__sqlite_due_holds,
    .due_keys = rota__sqlite_due_keys,
    .key_get = rota__sqlite_key_get,
    .feed = rota__sqlite_feed,
    .consumer_get = rota__sqlite_consumer_get,
    .consumer_list = rota__sqlite_consumer_list,
    .reminder_state = rota__sqlite_reminder_state,
    .reminder_list = rota__sqlite_reminder_list,
    .reminder_any = rota__sqlite_reminder_any,
    .reminder_offsets = rota__sqlite_reminder_offsets,
    .reminder_get = rota__sqlite_reminder_get,
    .reminder_open = rota__sqlite_reminder_open,
    .reminder_dead = rota__sqlite_reminder_dead,
    .reminder_notes = rota__sqlite_reminder_notes,
    .reminder_next = rota__sqlite_reminder_next,
    .reminder_starts = rota__sqlite_reminder_starts,
    .reminder_old = rota__sqlite_reminder_old,
    .zone_get = rota__sqlite_zone_get,
    .counts = rota__sqlite_counts,
    .check = rota__sqlite_check,
    .checkpoint = rota__sqlite_checkpoint,
    .close = rota__sqlite_close,
};

/* asked: the options, and what kind of a store it is to be. */
static int open_store(rota__env *env, rota__mem *mem, const char *path, const rota__sqlite *asked,
                      rota__store **out)
{
    int64_t room = (int64_t)strlen(path) + 1;
    int rc = ROTA_OK;
    rota__sqlite *self = rota__mem_alloc(mem, 1, (int64_t)sizeof *self);
    if (!self) return rota__error_plain(env->error, ROTA_ENOMEM);
    memset(self, 0, sizeof *self);
    self->remind.version = -1;
    self->store.ops = &operations;
    self->mem = mem;
    self->options = asked->options;
    self->memory = asked->memory;
    self->readonly = asked->readonly;
    self->session = asked->session;
    self->lock.fd = -1;
    self->path = rota__mem_alloc(mem, room, 1);
    if (self->path) {
        memcpy(self->path, path, (size_t)room);
        rc = open_all(self, env);
        if (rc == ROTA_OK) rc = prepare_early(self, env);
    } else {
        rc = rota__error_plain(env->error, ROTA_ENOMEM);
    }
    if (rc == ROTA_OK) {
        *out = &self->store;
    } else {
        self->options.busy_ms = 0; /* it has waited */
        rota__sqlite_close(&self->store);
    }
    return rc;
}

/* The one that is there may be another than the one that was compiled against. */
static int check_sqlite(rota__env *env)
{
    int is = sqlite3_libversion_number(), oldest = ROTA__SQLITE_OLDEST;
    if (is >= oldest) return ROTA_OK;
    return rota__error_set(env->error, ROTA_EVERSION,
                           "SQLite %d.%d.%d is too old: rota needs %d.%d or later", is / 1000000,
                           is / 1000 % 1000, is % 1000, oldest / 1000000, oldest / 1000 % 1000);
}

int rota__sqlite_open(rota__env *env, rota__mem *mem, const char *path,
                      const rota__sqlite_options *options, rota__store **out)
{
    char *resolved = NULL;
    bool memory = strcmp(path, ":memory:") == 0;
    int rc = check_sqlite(env);
    *out = NULL;
    if (rc != ROTA_OK) return rc;
    if (memory) {
        resolved = rota__arena_text(env->arena, path, -1);
        if (!resolved) rc = rota__error_plain(env->error, ROTA_ENOMEM);
    } else {
        rc = resolve(env, path, &resolved);
        if (rc == ROTA_OK) rc = inspect(env, resolved, options->flags);
    }
    if (rc != ROTA_OK) return rc;

    rota__sqlite asked = { .options = *options,
                           .memory = memory,
                           .readonly = (options->flags & ROTA_OPEN_READONLY) != 0 };
    return open_store(env, mem, resolved, &asked, out);
}

/* Opened by its name once more, so it must still be the same file that this is. */
static int attach(rota__store *store, rota__env *env, rota__mem *mem, rota__store **out)
{
    const rota__sqlite *self = rota__sqlite_of(store);
    int rc = ROTA_OK;
    *out = NULL;
    if (sqlite3_threadsafe() == 0)
        return rota__error_set(env->error, ROTA_ESTATE,
                               "this SQLite was built for one thread (SQLITE_THREADSAFE=0): "
                               "another one cannot have a handle");
    if (self->memory) return ROTA_OK;
    if ((rc = check_place(self, env)) != ROTA_OK ||
        (rc = inspect(env, self->path, ROTA_OPEN_EXISTING)) != ROTA_OK)
        return rc;
    rota__sqlite asked = { .options = self->options, .readonly = self->readonly, .session = true };
    asked.options.flags |= ROTA_OPEN_EXISTING;
    return open_store(env, mem, self->path, &asked, out);
}
