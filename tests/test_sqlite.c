/* What is SQLite's own: the file and its schema, hostile and damaged files,
 * locks between handles and processes, and a disk that fails. What every store
 * must do is tested by test_store.c. */
#define _GNU_SOURCE

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/sqlite_private.h"

Suite *sqlite_suite(void);

/* --- a disk that fails, and a moment that can be stopped at: a VFS in front of
 * the system's --- */

typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
    bool log;
} shim_file;

static struct shim {
    sqlite3_vfs vfs, *system;
    sqlite3_io_methods methods;
    int64_t fail_at; /* the n-th write, sync or truncation from now on; 0: none */
    bool persists;
    bool syncs;          /* never fail, and are not counted */
    int code, sync_code; /* of the sync; 0: SQLITE_IOERR_FSYNC */
    int64_t seen;
    int64_t pieces, largest, bytes; /* that were written to the log */
    int64_t room, end; /* the log has no room behind that, 0: it has; and how far it was written */
    bool smears;       /* what lies beside a write may be damaged by it: SQLite pads the log */
    bool by_size;      /* hides pages of the log, and knows them by the size of a write */
    bool says_nothing;
    void (*when_checkpointing)(void);
    void (*when_writing)(void);
} shim;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((shim_file *)(void *)file)->real;
}

static bool fails_now(void)
{
    shim.seen++;
    if (shim.fail_at == 0) return false;
    return shim.persists ? shim.seen >= shim.fail_at : shim.seen == shim.fail_at;
}

#define REAL(file) (real_of(file)->pMethods)
static int shim_close(sqlite3_file *f)
{
    int rc = real_of(f)->pMethods ? REAL(f)->xClose(real_of(f)) : SQLITE_OK;
    free(real_of(f));
    return rc;
}
static bool is_log(sqlite3_file *f)
{
    return ((shim_file *)(void *)f)->log;
}
/* A page alone or, as SQLite reads it after a crash, behind the header of its frame. */
static void hide(unsigned char *bytes, int n)
{
    enum { PAGE = 4096, HEADER = 24 };
    if (n != PAGE && n != PAGE + HEADER) return;
    for (int i = n - PAGE; i < n; i++)
        bytes[i] = (unsigned char)~bytes[i];
}
static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int rc = REAL(f)->xRead(real_of(f), to, n, at);
    if (shim.by_size && is_log(f)) hide(to, n);
    return rc;
}
static int write_hidden(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    unsigned char *bytes = malloc((size_t)n);
    if (!bytes) return SQLITE_NOMEM;
    memcpy(bytes, from, (size_t)n);
    hide(bytes, n);
    int rc = REAL(f)->xWrite(real_of(f), bytes, n, at);
    free(bytes);
    return rc;
}
static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    void (*hook)(void) = shim.when_writing;
    if (hook) {
        shim.when_writing = NULL;
        hook();
    }
    if (fails_now()) return shim.code;
    if (is_log(f)) {
        shim.pieces++;
        shim.bytes += n;
        if (n > shim.largest) shim.largest = n;
        if (shim.by_size) return write_hidden(f, from, n, at);
        if (shim.room > 0 && at + n > shim.room) {
            if (at < shim.room) (void)REAL(f)->xWrite(real_of(f), from, (int)(shim.room - at), at);
            return SQLITE_FULL;
        }
        if (at + n > shim.end) shim.end = at + n;
    }
    return REAL(f)->xWrite(real_of(f), from, n, at);
}
static int shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    if (fails_now()) return SQLITE_IOERR_TRUNCATE;
    return REAL(f)->xTruncate(real_of(f), n);
}
static int shim_sync(sqlite3_file *f, int flags)
{
    (void)f; /* what is tested here survives a process, not a power cut: do not wait */
    (void)flags;
    if (shim.syncs || !fails_now()) return SQLITE_OK;
    return shim.sync_code ? shim.sync_code : SQLITE_IOERR_FSYNC;
}
static int shim_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return REAL(f)->xFileSize(real_of(f), n);
}
static int shim_lock(sqlite3_file *f, int level)
{
    return REAL(f)->xLock(real_of(f), level);
}
static int shim_unlock(sqlite3_file *f, int level)
{
    return REAL(f)->xUnlock(real_of(f), level);
}
static int shim_reserved(sqlite3_file *f, int *is)
{
    return REAL(f)->xCheckReservedLock(real_of(f), is);
}
static int shim_control(sqlite3_file *f, int op, void *arg)
{
    if (op == ROTA__SQLITE_ANY_SIZE && !shim.by_size && !shim.says_nothing) {
        *(int *)arg = op;
        return SQLITE_OK;
    }
    return REAL(f)->xFileControl(real_of(f), op, arg);
}
static int shim_sector(sqlite3_file *f)
{
    return REAL(f)->xSectorSize(real_of(f));
}
static int shim_device(sqlite3_file *f)
{
    int is = REAL(f)->xDeviceCharacteristics(real_of(f));
    return shim.smears ? is & ~SQLITE_IOCAP_POWERSAFE_OVERWRITE : is;
}
static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **at)
{
    return REAL(f)->xShmMap(real_of(f), page, size, extend, at);
}
static int shim_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return REAL(f)->xShmLock(real_of(f), at, n, flags);
}
static void shim_shm_barrier(sqlite3_file *f)
{
    REAL(f)->xShmBarrier(real_of(f));
}
static int shim_shm_unmap(sqlite3_file *f, int drop)
{
    return REAL(f)->xShmUnmap(real_of(f), drop);
}
static int shim_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **to)
{
    return REAL(f)->xFetch(real_of(f), at, n, to);
}
/* A checkpoint calls this between reading the log's header and deciding what to
 * write back, which is where another's commit used to get lost. */
static int shim_unfetch(sqlite3_file *f, sqlite3_int64 at, void *page)
{
    void (*hook)(void) = page ? NULL : shim.when_checkpointing;
    if (hook) {
        shim.when_checkpointing = NULL;
        hook();
    }
    return REAL(f)->xUnfetch(real_of(f), at, page);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    shim_file *mine = (shim_file *)(void *)file;
    memset(mine, 0, sizeof *mine);
    mine->log = (flags & SQLITE_OPEN_WAL) != 0;
    mine->real = calloc(1, (size_t)shim.system->szOsFile);
    if (!mine->real) return SQLITE_NOMEM;
    int rc = shim.system->xOpen(shim.system, name, mine->real, flags, out);
    if (mine->real->pMethods)
        mine->base.pMethods = &shim.methods;
    else
        free(mine->real);
    return rc;
}

static void put_shim(void)
{
    memset(&shim, 0, sizeof shim);
    shim.system = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.system;
    shim.vfs.zName = "shim";
    shim.vfs.pNext = NULL;
    shim.vfs.szOsFile = (int)sizeof(shim_file);
    shim.vfs.xOpen = shim_open;
    shim.methods = (sqlite3_io_methods){
        3,           shim_close,   shim_read,     shim_write,       shim_truncate,  shim_sync,
        shim_size,   shim_lock,    shim_unlock,   shim_reserved,    shim_control,   shim_sector,
        shim_device, shim_shm_map, shim_shm_lock, shim_shm_barrier, shim_shm_unmap, shim_fetch,
        shim_unfetch
    };
    ck_assert_int_eq(sqlite3_vfs_register(&shim.vfs, 1), SQLITE_OK);
}

static void forget_pieces(void)
{
    shim.pieces = shim.bytes = shim.largest = 0;
}

static void remove_shim(void)
{
    ck_assert_int_eq(sqlite3_vfs_unregister(&shim.vfs), SQLITE_OK);
    ck_assert_int_eq(sqlite3_vfs_register(shim.system, 1), SQLITE_OK);
}

/* --- a directory, a calendar in it, and rows to put --- */

enum { DAY = 86400, NOW = 1924984800 };

static struct fixture {
    char directory[64], path[96];
    rota__error error;
    rota__mem mem;
    rota__arena arena;
    rota__env env;
    int32_t log_level; /* of the last line that was told to the log */
    char logged[512];
} fx;

static void remember(void *ctx, int32_t level, const char *message)
{
    struct fixture *f = ctx;
    f->log_level = level;
    (void)snprintf(f->logged, sizeof f->logged, "%s", message);
}

static void set_up(void)
{
    memset(&fx, 0, sizeof fx);
    (void)snprintf(fx.directory, sizeof fx.directory, "%.40s/rota-test-XXXXXX", tests_scratch());
    ck_assert_ptr_nonnull(mkdtemp(fx.directory));
    (void)snprintf(fx.path, sizeof fx.path, "%s/calendar.db", fx.directory);
    rota__mem_init(&fx.mem, NULL, NULL);
    rota__arena_init(&fx.arena, &fx.mem);
    fx.env = (rota__env){ .arena = &fx.arena, .error = &fx.error };
    put_shim();
}

static const char *beside(const char *suffix)
{
    static char text[4][128];
    static int turn;
    turn = (turn + 1) % 4;
    (void)snprintf(text[turn], sizeof text[turn], "%s%s", fx.path, suffix);
    return text[turn];
}

static void remove_files(void)
{
    static const char *const suffixes[] = { "",           "-wal",  "-shm",      "-journal",
                                            "-lock",      "-copy", "-copy-wal", "-copy-shm",
                                            "-copy-lock", "-other" };
    for (int64_t i = 0; i < ROTA__LENGTH(suffixes); i++)
        (void)unlink(beside(suffixes[i]));
}

static void tear_down(void)
{
    remove_shim();
    remove_files();
    (void)rmdir(fx.directory);
    rota__arena_free(&fx.arena);
    ck_assert_int_eq(fx.mem.held, 0);
}

static int try_open(const char *path, uint32_t flags, int32_t busy_ms, rota__store **out)
{
    rota__sqlite_options options = {
        .flags = flags, .busy_ms = busy_ms, .log = remember, .log_ctx = &fx
    };
    memset(&fx.error, 0, sizeof fx.error);
    return rota__sqlite_open(&fx.env, &fx.mem, path, &options, out);
}

static rota__store *open_calendar(uint32_t flags)
{
    rota__store *store = NULL;
    int rc = try_open(fx.path, flags, 0, &store);
    ck_assert_msg(rc == ROTA_OK, "%d: %s", rc, fx.error.message);
    return store;
}

#define OK(expression)                                                                     \
    do {                                                                                   \
        int ok_ = (expression);                                                            \
        ck_assert_msg(ok_ == ROTA_OK, "%s is %d: %s", #expression, ok_, fx.error.message); \
    } while (0)

/* The status, and that the one line of the error says this. */
#define FAILS(expression, status, text)                                                           \
    do {                                                                                          \
        int fails_ = (expression);                                                                \
        ck_assert_msg(fails_ == (status), "%s is %d: %s", #expression, fails_, fx.error.message); \
        ck_assert_int_eq(fx.error.code, (status));                                                \
        ck_assert_msg(strstr(fx.error.message, (text)) != NULL, "\"%s\" lacks \"%s\"",            \
                      fx.error.message, (text));                                                  \
    } while (0)

static rota_id id_numbered(int64_t number)
{
    rota_id id = { { 0x01 } };
    for (int i = 0; i < 8; i++)
        id.b[8 + i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    return id;
}

static rota__resource *add_resource(rota__batch *batch, int64_t number)
{
    rota__resource *resource = ROTA__PUSH(&fx.arena, &batch->resources);
    ck_assert_ptr_nonnull(resource);
    resource->id = id_numbered(number);
    resource->kind = "room";
    resource->name = "Blue";
    resource->zone = "UTC";
    resource->capacity = 1;
    resource->active = true;
    resource->version = 1;
    return resource;
}

static rota__booking *add_booking(rota__batch *batch, int64_t number, int64_t resource)
{
    rota__booking *booking = ROTA__PUSH(&fx.arena, &batch->bookings);
    rota__claim *claim = rota__arena_alloc(&fx.arena, 1, (int64_t)sizeof *claim);
    ck_assert(booking && claim);
    claim->resource = resource;
    claim->units = 1;
    booking->id = id_numbered(1000000 + number);
    booking->when = (rota_span){ NOW + number * 3600, NOW + number * 3600 + 3600 };
    booking->status = ROTA_BOOKING_CONFIRMED;
    booking->created_at = booking->changed_at = NOW;
    booking->version = 1;
    booking->claims = claim;
    booking->claim_count = 1;
    return booking;
}

static void add_event(rota__batch *batch, rota_id subject)
{
    rota__event *event = ROTA__PUSH(&fx.arena, &batch->events);
    ck_assert_ptr_nonnull(event);
    event->at = NOW;
    event->type = ROTA_EVENT_BOOKING_CREATED;
    event->subject = subject;
}

static int put(rota__store *store, rota__batch *batch, int32_t *outcome)
{
    rota__commit done = { 0 };
    int rc = store->ops->commit(store, &fx.env, batch, &done);
    *outcome = rc == ROTA_OK ? done.outcome : 0;
    return rc;
}

static int try_book(rota__store *store, int64_t number, int32_t *outcome)
{
    rota__batch batch = { 0 };
    rota__booking *booking = add_booking(&batch, number, 1);
    add_event(&batch, booking->id);
    return put(store, &batch, outcome);
}

static void book(rota__store *store, int64_t number)
{
    int32_t outcome = 0;
    OK(try_book(store, number, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
}

static void add_room(rota__store *store)
{
    rota__batch batch = { 0 };
    int32_t outcome = 0;
    add_resource(&batch, 1);
    OK(put(store, &batch, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    ck_assert_int_eq(batch.resources.items[0].row, 1);
}

static bool has_booking(rota__store *store, int64_t number)
{
    rota_id id = id_numbered(1000000 + number);
    rota__booking booking;
    int rc = store->ops->booking_get(store, &fx.env, &(rota__by){ .id = &id }, &booking);
    ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOTFOUND, "%d: %s", rc, fx.error.message);
    return rc == ROTA_OK;
}

static int64_t count_bookings(rota__store *store)
{
    rota__counts counts;
    OK(store->ops->counts(store, &fx.env, &counts));
    return counts.bookings;
}

static void close_store(rota__store *store)
{
    store->ops->close(store);
}

/* A calendar of one room and some bookings, closed. */
static void make_calendar(int64_t bookings)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    for (int64_t i = 1; i <= bookings; i++)
        book(store, i);
    close_store(store);
}

/* --- looking at the file from outside --- */

static sqlite3 *open_raw(void)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open_v2(fx.path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     NULL),
                     SQLITE_OK);
    return db;
}

static void run_on(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    int rc = sqlite3_exec(db, sql, NULL, NULL, &message);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, message ? message : "");
}

static void run_raw(const char *sql)
{
    sqlite3 *db = open_raw();
    run_on(db, sql);
    sqlite3_close(db);
}

static int64_t number_on(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return number;
}

static int64_t number_raw(const char *sql)
{
    sqlite3 *db = open_raw();
    int64_t number = number_on(db, sql);
    sqlite3_close(db);
    return number;
}

static bool is_there(const char *path)
{
    struct stat file;
    return lstat(path, &file) == 0;
}

static int64_t size_of_file(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? (int64_t)file.st_size : -1;
}

static unsigned char *slurp(const char *path, int64_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    *size = size_of_file(path);
    unsigned char *bytes = malloc((size_t)*size + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, (size_t)*size, file), (size_t)*size);
    (void)fclose(file);
    return bytes;
}

static void spill(const char *path, const void *bytes, int64_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, (size_t)size, file), (size_t)size);
    ck_assert_int_eq(fclose(file), 0);
}

static void copy_file(const char *from, const char *to)
{
    int64_t size = 0;
    unsigned char *bytes = slurp(from, &size);
    spill(to, bytes, size);
    free(bytes);
}

/* The copy of a calendar beside it. */
static void check_copy(int64_t bookings)
{
    rota__store *store = NULL;
    OK(try_open(beside("-copy"), ROTA_OPEN_EXISTING, 0, &store));
    ck_assert_int_eq(count_bookings(store), bookings);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}

/* --- the file --- */

START_TEST(a_new_file_says_what_it_is)
{
    make_calendar(1);
    ck_assert_int_eq(number_raw("PRAGMA application_id"), 0x726F7461);
    ck_assert_int_eq(number_raw("PRAGMA user_version"), 5);
    ck_assert_int_eq(number_raw("SELECT count(*) FROM pragma_table_list"
                                " WHERE schema='main' AND type='table' AND strict=0"
                                " AND name NOT LIKE 'sqlite%'"),
                     0);
    sqlite3 *db = open_raw();
    sqlite3_stmt *stmt = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}
END_TEST

START_TEST(the_connection_is_as_careful_as_it_says)
{
    rota__store *store = open_calendar(0);
    sqlite3 *db = ((rota__sqlite *)(void *)store)->db;
    static const char *const denied[] = {
        "DROP TABLE booking",
        "CREATE TABLE more(a)",
        "ALTER TABLE booking ADD COLUMN more",
        "UPDATE event SET at=0",
        "DELETE FROM event",
        "DELETE FROM booking",
        "DELETE FROM resource",
        "DROP TABLE consumer",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA user_version=7",
        "ATTACH ':memory:' AS other",
        "VACUUM",
        "SELECT * FROM sqlite_schema",
        "UPDATE sqlite_schema SET sql=''",
        "SELECT load_extension('x')",
        "CREATE TEMP TABLE more(a)",
        "SELECT randomblob(4)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r",
    };
    for (int64_t i = 0; i < ROTA__LENGTH(denied); i++)
        ck_assert_msg(sqlite3_exec(db, denied[i], NULL, NULL, NULL) != SQLITE_OK, "%s", denied[i]);

    (void)sqlite3_set_authorizer(db, NULL, NULL);
    ck_assert_int_eq(number_on(db, "PRAGMA synchronous"), 3);
    ck_assert_int_eq(number_on(db, "PRAGMA foreign_keys"), 1);
    ck_assert_int_eq(number_on(db, "PRAGMA trusted_schema"), 0);
    ck_assert_int_eq(number_on(db, "PRAGMA cell_size_check"), 1);
    ck_assert_int_eq(number_on(db, "PRAGMA mmap_size"), 0);
    ck_assert_int_eq(number_on(db, "PRAGMA temp_store"), 2);
    ck_assert_int_eq(number_on(db, "PRAGMA wal_autocheckpoint"), 0);
    ck_assert_int_eq(sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, -1), 0);
    static const struct {
        int option, value;
    } wanted[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
        { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(wanted); i++) {
        int value = -1;
        ck_assert_int_eq(sqlite3_db_config(db, wanted[i].option, -1, &value), SQLITE_OK);
        ck_assert_int_eq(value, wanted[i].value);
    }
    close_store(store);
}
END_TEST

START_TEST(closing_leaves_one_plain_file)
{
    make_calendar(3);
    ck_assert(!is_there(beside("-wal")));
    ck_assert(!is_there(beside("-shm")));
    ck_assert(!is_there(beside("-journal")));
    ck_assert_int_eq(size_of_file(beside("-lock")), 128);
    copy_file(fx.path, beside("-copy"));
    check_copy(3);
}
END_TEST

START_TEST(a_calendar_opens_again_and_again)
{
    make_calendar(2);
    for (int64_t i = 3; i < 8; i++) {
        rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
        ck_assert_int_eq(count_bookings(store), i - 1);
        book(store, i);
        close_store(store);
    }
}
END_TEST

START_TEST(a_newer_schema_is_refused_by_number)
{
    static const struct {
        const char *sql, *says;
    } newer[] = {
        { "PRAGMA user_version=6", "schema 6" },
        { "PRAGMA user_version=7", "schema 7" },
    };
    make_calendar(1);
    for (int64_t i = 0; i < ROTA__LENGTH(newer); i++) {
        rota__store *store = NULL;
        run_raw(newer[i].sql);
        FAILS(try_open(fx.path, 0, 0, &store), ROTA_EVERSION, newer[i].says);
        ck_assert_ptr_null(store);
        ck_assert_ptr_nonnull(strstr(fx.error.message, "up to 5"));
        ck_assert_ptr_nonnull(strstr(fx.error.message, fx.path));
        FAILS(try_open(fx.path, ROTA_OPEN_READONLY, 0, &store), ROTA_EVERSION, newer[i].says);
    }
}
END_TEST

/* A file as the first release made it, by the text of its only migration: what was
 * released is what must be read, whatever becomes of the text in lib. */
static const char *const schema_1[] = {
    "CREATE TABLE resource("
    " row INTEGER PRIMARY KEY,"
    " id BLOB NOT NULL CHECK(length(id)=16),"
    " ref TEXT,"
    " kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " zone TEXT NOT NULL,"
    " data TEXT,"
    " parent INTEGER REFERENCES resource,"
    " capacity INTEGER NOT NULL CHECK(capacity BETWEEN 1 AND 2147483647),"
    " before_secs INTEGER NOT NULL CHECK(before_secs BETWEEN 0 AND 2147483647),"
    " after_secs INTEGER NOT NULL CHECK(after_secs BETWEEN 0 AND 2147483647),"
    " active INTEGER NOT NULL CHECK(active IN (0,1)),"
    " removed INTEGER NOT NULL CHECK(removed IN (0,1)),"
    " version INTEGER NOT NULL CHECK(version>=1)"
    ") STRICT;"
    "CREATE UNIQUE INDEX resource_id ON resource(id);"
    "CREATE UNIQUE INDEX resource_ref ON resource(ref) WHERE ref IS NOT NULL AND removed=0;"
    "CREATE INDEX resource_kind ON resource(kind,id) WHERE removed=0;"
    "CREATE INDEX resource_parent ON resource(parent,id)"
    " WHERE parent IS NOT NULL AND removed=0;"
    "CREATE TABLE occupancy("
    " resource INTEGER PRIMARY KEY REFERENCES resource,"
    " stamp INTEGER NOT NULL CHECK(stamp>=1)"
    ") STRICT;",
    "CREATE TABLE tag("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " tag TEXT NOT NULL,"
    " PRIMARY KEY(resource,tag)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX tag_tag ON tag(tag);"
    "CREATE TABLE member("
    " grp INTEGER NOT NULL REFERENCES resource,"
    " member INTEGER NOT NULL REFERENCES resource,"
    " from_at INTEGER NOT NULL CHECK(from_at BETWEEN -62135596800 AND 253402300799),"
    " until_at INTEGER NOT NULL CHECK(until_at BETWEEN -62135596800 AND 253402300799),"
    " PRIMARY KEY(grp,member,from_at),"
    " CHECK(until_at>from_at), CHECK(grp<>member)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX member_member ON member(member);",
    "CREATE TABLE booking("
    " row INTEGER PRIMARY KEY,"
    " id BLOB NOT NULL CHECK(length(id)=16),"
    " ref TEXT,"
    " title TEXT,"
    " data TEXT,"
    " start_at INTEGER NOT NULL CHECK(start_at BETWEEN -62135596800 AND 253402300799),"
    " end_at INTEGER NOT NULL CHECK(end_at BETWEEN -62135596800 AND 253402300799),"
    " reach INTEGER NOT NULL,"
    " status INTEGER NOT NULL CHECK(status BETWEEN 1 AND 6),"
    " priority INTEGER NOT NULL CHECK(priority BETWEEN -2147483648 AND 2147483647),"
    " hold_expires INTEGER NOT NULL CHECK(hold_expires BETWEEN -62135596800 AND 253402300799),"
    " created_at INTEGER NOT NULL CHECK(created_at BETWEEN -62135596800 AND 253402300799),"
    " changed_at INTEGER NOT NULL CHECK(changed_at BETWEEN -62135596800 AND 253402300799),"
    " version INTEGER NOT NULL CHECK(version>=1),"
    " CHECK(end_at>start_at),"
    " CHECK(reach=CASE WHEN end_at-start_at<=86400 THEN 0"
    " WHEN end_at-start_at<=2764800 THEN 1"
    " WHEN end_at-start_at<=88473600 THEN 2 ELSE 3 END)) STRICT;"
    "CREATE UNIQUE INDEX booking_id ON booking(id);"
    "CREATE UNIQUE INDEX booking_ref ON booking(ref) WHERE ref IS NOT NULL;"
    "CREATE INDEX booking_time ON booking(reach,start_at);"
    "CREATE INDEX booking_hold ON booking(hold_expires) WHERE status=1;",
    "CREATE TABLE claim("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " reach INTEGER NOT NULL,"
    " start_at INTEGER NOT NULL CHECK(start_at BETWEEN -62135596800 AND 253402300799),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " end_at INTEGER NOT NULL CHECK(end_at BETWEEN -62135596800 AND 253402300799),"
    " units INTEGER NOT NULL CHECK(units BETWEEN 1 AND 2147483647),"
    " role INTEGER NOT NULL CHECK(role BETWEEN 0 AND 2),"
    " flags INTEGER NOT NULL CHECK(flags BETWEEN 0 AND 4294967295),"
    " takes INTEGER NOT NULL CHECK(takes IN (0,1)),"
    " expires INTEGER NOT NULL CHECK(expires BETWEEN -62135596800 AND 253402300799),"
    " PRIMARY KEY(resource,reach,start_at,booking),"
    " CHECK(end_at>start_at),"
    " CHECK(reach=CASE WHEN end_at-start_at<=86400 THEN 0"
    " WHEN end_at-start_at<=2764800 THEN 1"
    " WHEN end_at-start_at<=88473600 THEN 2 ELSE 3 END)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX claim_booking ON claim(booking);",
    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY CHECK(seq>=1),"
    " at INTEGER NOT NULL CHECK(at BETWEEN -62135596800 AND 253402300799),"
    " type INTEGER NOT NULL CHECK(type BETWEEN 1 AND 2147483647),"
    " subject BLOB NOT NULL CHECK(length(subject)=16),"
    " actor TEXT,"
    " role TEXT,"
    " trace TEXT,"
    " before TEXT,"
    " after TEXT"
    ") STRICT;"
    "CREATE TRIGGER event_stays BEFORE DELETE ON event"
    " BEGIN SELECT RAISE(ABORT,'the feed is append-only'); END;"
    "CREATE TRIGGER event_stands BEFORE UPDATE ON event"
    " BEGIN SELECT RAISE(ABORT,'the feed is append-only'); END;"
    "CREATE TABLE idempotency("
    " actor TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " hash INTEGER NOT NULL,"
    " at INTEGER NOT NULL CHECK(at BETWEEN -62135596800 AND 253402300799),"
    " answer BLOB NOT NULL,"
    " PRIMARY KEY(actor,key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_at ON idempotency(at);",
    "INSERT INTO resource(id,kind,name,zone,capacity,before_secs,after_secs,active,removed,version)"
    " VALUES(x'000102030405060708090a0b0c0d0e0f','room','Blue','UTC',1,0,0,1,0,1);"
    "INSERT INTO occupancy VALUES(1,1);"
    "INSERT INTO booking(id,start_at,end_at,reach,status,priority,hold_expires,created_at,"
    "changed_at,version) VALUES(x'100102030405060708090a0b0c0d0e0f',7200,10800,0,2,0,0,5,5,1);"
    "INSERT INTO claim VALUES(1,0,7200,1,10800,1,0,0,1,0);"
    "INSERT INTO event(seq,at,type,subject)"
    " VALUES(1,5,6,x'100102030405060708090a0b0c0d0e0f');",
    "PRAGMA journal_mode=WAL; PRAGMA application_id=1919906913; PRAGMA user_version=1",
};

/* What its second schema added, and rows that it kept: one booking on two resources. */
static const char *const schema_2[] = {
    "ALTER TABLE booking ADD COLUMN claims BLOB;"
    "UPDATE booking SET claims=x''; DROP INDEX claim_booking;"
    "CREATE TABLE consumer("
    " name TEXT NOT NULL PRIMARY KEY,"
    " position INTEGER NOT NULL CHECK(position>=0),"
    " created_at INTEGER NOT NULL CHECK(created_at BETWEEN -62135596800 AND 253402300799),"
    " changed_at INTEGER NOT NULL CHECK(changed_at BETWEEN -62135596800 AND 253402300799)"
    ") STRICT, WITHOUT ROWID;",
    "UPDATE booking SET claims="
    "x'0100000000000000000102030405060708090a0b0c0d0e0f010000000000000000000000';"
    "INSERT INTO consumer VALUES('mirror',1,5,5);"
    "PRAGMA user_version=2",
};

/* What its third schema added, and a series on that resource. */
static const char *const schema_3[] = {
    "ALTER TABLE booking ADD COLUMN series BLOB CHECK(length(series)>=1);"
    "ALTER TABLE booking ADD COLUMN part_of INTEGER REFERENCES booking;"
    "ALTER TABLE booking ADD COLUMN occurrence INTEGER CHECK(occurrence"
    " BETWEEN -62135596800 AND 253402300799) CHECK((occurrence IS NULL)=(part_of IS NULL));"
    "CREATE INDEX booking_series ON booking(start_at,end_at) WHERE series IS NOT NULL;"
    "CREATE UNIQUE INDEX booking_occurrence ON booking(part_of,occurrence)"
    " WHERE part_of IS NOT NULL;"
    "DROP INDEX booking_time;"
    "CREATE INDEX booking_time ON booking(reach,start_at) WHERE series IS NULL;",
    "CREATE TABLE recurrence("
    " resource INTEGER NOT NULL REFERENCES resource,"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " start_at INTEGER NOT NULL CHECK(start_at BETWEEN -62135596800 AND 253402300799),"
    " end_at INTEGER NOT NULL CHECK(end_at BETWEEN -62135596800 AND 253402300799),"
    " units INTEGER NOT NULL CHECK(units BETWEEN 1 AND 2147483647),"
    " role INTEGER NOT NULL CHECK(role BETWEEN 0 AND 2),"
    " flags INTEGER NOT NULL CHECK(flags BETWEEN 0 AND 4294967295),"
    " takes INTEGER NOT NULL CHECK(takes IN (0,1)),"
    " expires INTEGER NOT NULL CHECK(expires BETWEEN -62135596800 AND 253402300799),"
    " PRIMARY KEY(resource,booking),"
    " CHECK(end_at>start_at)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE zone("
    " name TEXT NOT NULL,"
    " digest INTEGER NOT NULL,"
    " data BLOB NOT NULL,"
    " PRIMARY KEY(name,digest)"
    ") STRICT, WITHOUT ROWID;",
    "PRAGMA user_version=3",
};

/* What its fourth schema added, and a resource that was removed, with a ref and without. */
static const char *const schema_4[] = {
    "ALTER TABLE resource ADD COLUMN hours BLOB CHECK(length(hours)>=1);"
    "ALTER TABLE booking ADD COLUMN placement BLOB CHECK(length(placement)>=1);"
    "ALTER TABLE booking ADD COLUMN kind INTEGER NOT NULL DEFAULT 0 CHECK(kind BETWEEN 0 AND 2);",
    "CREATE TABLE reminder_state("
    " one INTEGER PRIMARY KEY CHECK(one=1),"
    " version INTEGER NOT NULL CHECK(version>=1),"
    " cursor_at INTEGER NOT NULL CHECK(cursor_at BETWEEN -62135596800 AND 253402300799),"
    " cursor_row INTEGER NOT NULL CHECK(cursor_row>=0),"
    " reached INTEGER NOT NULL CHECK(reached BETWEEN -62135596800 AND 253402300799)"
    ") STRICT;"
    "CREATE TABLE reminder_list("
    " what INTEGER NOT NULL CHECK(what BETWEEN 0 AND 2),"
    " subject INTEGER NOT NULL CHECK(subject>=0),"
    " late INTEGER NOT NULL CHECK(late BETWEEN 0 AND 2),"
    " late_secs INTEGER NOT NULL CHECK(late_secs BETWEEN 0 AND 2147483647),"
    " offsets BLOB NOT NULL CHECK(length(offsets)%4=0)"
    ") STRICT;"
    "CREATE UNIQUE INDEX reminder_list_of ON reminder_list(what,subject);"
    "CREATE TABLE reminder_offset("
    " secs INTEGER PRIMARY KEY CHECK(secs BETWEEN 0 AND 2147483647),"
    " uses INTEGER NOT NULL CHECK(uses>=0)"
    ") STRICT;",
    "CREATE TABLE reminder_note("
    " at INTEGER NOT NULL CHECK(at BETWEEN -62135596800 AND 253402300799),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " occurrence INTEGER NOT NULL CHECK(occurrence BETWEEN -62135596800 AND 253402300799),"
    " PRIMARY KEY(at,booking,occurrence)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE reminder_next("
    " booking INTEGER PRIMARY KEY REFERENCES booking,"
    " at INTEGER NOT NULL CHECK(at BETWEEN -62135596800 AND 253402300799)"
    ") STRICT;"
    "CREATE INDEX reminder_next_at ON reminder_next(at);",
    "CREATE TABLE reminder("
    " id BLOB NOT NULL PRIMARY KEY CHECK(length(id)=16),"
    " booking INTEGER NOT NULL REFERENCES booking,"
    " occurrence INTEGER NOT NULL CHECK(occurrence BETWEEN -62135596800 AND 253402300799),"
    " resource INTEGER NOT NULL REFERENCES resource,"
    " start_at INTEGER NOT NULL CHECK(start_at BETWEEN -62135596800 AND 253402300799),"
    " due_at INTEGER NOT NULL CHECK(due_at BETWEEN -62135596800 AND 253402300799),"
    " state INTEGER NOT NULL CHECK(state BETWEEN 1 AND 3),"
    " attempt INTEGER NOT NULL CHECK(attempt BETWEEN 0 AND 2147483647),"
    " until_at INTEGER NOT NULL CHECK(until_at BETWEEN -62135596800 AND 253402300799)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX reminder_open ON reminder(until_at,due_at) WHERE state=1;"
    "CREATE INDEX reminder_dead ON reminder(id) WHERE state=3;",
    "INSERT INTO resource(id,ref,kind,name,zone,capacity,before_secs,after_secs,active,removed,"
    "version) VALUES(x'200102030405060708090a0b0c0d0e0f','red','room','Red','UTC',1,0,0,0,1,2),"
    "(x'300102030405060708090a0b0c0d0e0f',NULL,'room','Green','UTC',1,0,0,0,1,2);"
    "INSERT INTO occupancy VALUES(2,1),(3,1);"
    "PRAGMA user_version=4",
};

static void make_old_file(int schema)
{
    sqlite3 *db = open_raw();
    for (int64_t i = 0; i < ROTA__LENGTH(schema_1); i++)
        run_on(db, schema_1[i]);
    for (int64_t i = 0; i < ROTA__LENGTH(schema_2) && schema > 1; i++)
        run_on(db, schema_2[i]);
    for (int64_t i = 0; i < ROTA__LENGTH(schema_3) && schema > 2; i++)
        run_on(db, schema_3[i]);
    for (int64_t i = 0; i < ROTA__LENGTH(schema_4) && schema > 3; i++)
        run_on(db, schema_4[i]);
    sqlite3_close(db);
}

static rota__booking *add_series(rota__batch *batch, int64_t number, int64_t resource)
{
    rota__booking *booking = add_booking(batch, number, resource);
    booking->when.end = ROTA_TIME_MAX;
    booking->series = "weekly";
    booking->series_size = 6;
    return booking;
}

/* Row 1 of the bookings that the store has then: it recurs. Row 2: a single one of it. */
static void make_series(rota__store *store)
{
    int32_t outcome = 0;
    rota__batch series = { 0 }, single = { 0 };
    add_series(&series, 901, 1);
    OK(put(store, &series, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    rota__booking *booking = add_booking(&single, 902, 1);
    booking->part_of = series.bookings.items[0].row;
    booking->occurrence = NOW;
    OK(put(store, &single, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
}

/* Nothing is written by who may only read: not a newer schema either. */
static void make_file_to_renew(int schema)
{
    char name[16];
    rota__store *store = NULL;
    make_old_file(schema);
    snprintf(name, sizeof name, "schema %d", schema);
    FAILS(try_open(fx.path, ROTA_OPEN_READONLY, 0, &store), ROTA_EVERSION, name);
    ck_assert_int_eq(number_raw("PRAGMA user_version"), schema);
}

static void close_renewed(rota__store *store)
{
    OK(store->ops->check(store, &fx.env));
    close_store(store);
    ck_assert_int_eq(number_raw("PRAGMA user_version"), 5);
}

START_TEST(a_file_of_the_first_release_is_renewed)
{
    rota__store *store = NULL;
    make_file_to_renew(1);
    for (int i = 0; i < 2; i++) {
        store = open_calendar(ROTA_OPEN_EXISTING);
        ck_assert_int_eq(count_bookings(store), 1 + i);
        OK(store->ops->check(store, &fx.env));
        if (i == 0) {
            rota__batch batch = { 0 };
            int32_t outcome = 0;
            rota__consumer_put put_it = { .was = ROTA__CONSUMER_NEW,
                                          .consumer = { .name = "mailer", .position = 1 } };
            rota__consumer_put *row = ROTA__PUSH(&fx.arena, &batch.consumers_put);
            ck_assert_ptr_nonnull(row);
            *row = put_it;
            OK(put(store, &batch, &outcome));
            ck_assert_int_eq(outcome, ROTA__COMMITTED);
            book(store, 1);
        }
        rota__consumer found;
        OK(store->ops->consumer_get(store, &fx.env, "mailer", &found));
        ck_assert_int_eq(found.position, 1);
        close_renewed(store);
    }
    store = open_calendar(ROTA_OPEN_READONLY);
    close_store(store);
}
END_TEST

START_TEST(a_file_of_the_second_schema_is_renewed)
{
    make_file_to_renew(2);
    for (int i = 0; i < 2; i++) {
        rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
        if (i == 0) make_series(store);
        OK(store->ops->check(store, &fx.env));

        rota__booking booking, *rows = NULL;
        rota__timeline_rows timeline;
        rota__by old = { .row = 1 }, single = { .part_of = 2, .occurrence = NOW };
        OK(store->ops->booking_get(store, &fx.env, &old, &booking));
        ck_assert_ptr_null(booking.series);
        ck_assert_int_eq(booking.part_of, 0);
        ck_assert_int_eq(booking.claim_count, 1);
        OK(store->ops->booking_get(store, &fx.env, &single, &booking));
        ck_assert_int_eq(booking.row, 3);
        OK(store->ops->timeline(store, &fx.env, 1, &timeline));
        ck_assert_int_eq(timeline.interval_count, 2);
        ck_assert_int_eq(timeline.recurring_count, 1);
        ck_assert_int_eq(timeline.recurring[0].taken.booking, 2);
        int64_t count = 0;
        rota__booking_filter ever = { .when = { ROTA_TIME_MIN, ROTA_TIME_MAX }, .statuses = ~0u };
        OK(store->ops->booking_list(store, &fx.env, &ever, &rows, &count));
        ck_assert_int_eq(count, 2);
        close_renewed(store);
    }
}
END_TEST

START_TEST(a_file_of_the_third_schema_is_renewed_and_nothing_has_hours_in_it)
{
    make_file_to_renew(3);
    for (int i = 0; i < 2; i++) {
        rota__by by = { .row = 1 };
        rota__resource found;
        rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
        OK(store->ops->resource_get(store, &fx.env, &by, &found));
        ck_assert(!found.hours && found.hours_size == 0);
        close_renewed(store);
    }
}
END_TEST

START_TEST(a_file_of_the_fourth_schema_is_renewed_and_knows_what_removed_ones_were_called)
{
    make_file_to_renew(4);
    for (int i = 0; i < 2; i++) {
        rota__by by = { .ref = "red" }, removed = { .ref = "red", .removed = true };
        rota__resource found;
        rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
        ck_assert_int_eq(store->ops->resource_get(store, &fx.env, &by, &found), ROTA_ENOTFOUND);
        OK(store->ops->resource_get(store, &fx.env, &removed, &found));
        ck_assert_int_eq(found.row, 2);
        close_renewed(store);
    }
}
END_TEST

/* A renewed file and a new one cannot be told apart. */
START_TEST(a_renewed_file_has_the_schema_of_a_new_one)
{
    enum { FILES = 5 };
    char *schemas[FILES] = { NULL };
    for (int i = 0; i < FILES; i++) {
        remove_files();
        if (i > 0) make_old_file(i);
        close_store(open_calendar(0));
        sqlite3 *db = open_raw();
        sqlite3_stmt *stmt = NULL;
        ck_assert_int_eq(sqlite3_prepare_v2(db,
                                            "SELECT group_concat(name||sql,char(10)) FROM"
                                            " (SELECT name,sql FROM sqlite_schema ORDER BY name)",
                                            -1, &stmt, NULL),
                         SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
        schemas[i] = strdup((const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
        sqlite3_close(db);
    }
    ck_assert_ptr_nonnull(strstr(schemas[0], "CREATE TABLE consumer"));
    ck_assert_ptr_nonnull(strstr(schemas[0], "CREATE TABLE recurrence"));
    for (int i = 0; i < FILES; i++) {
        ck_assert_str_eq(schemas[0], schemas[i]);
        if (i > 0) free(schemas[i]);
    }
    free(schemas[0]);
}
END_TEST

/* The number says which tables a file must have. */
START_TEST(a_file_that_lacks_a_table_of_its_schema_is_no_calendar)
{
    static const struct {
        int schema; /* 0: the newest */
        const char *sql;
    } files[] = {
        { 0, "DROP TABLE consumer" },
        { 0, "DROP TABLE recurrence" },
        { 0, "DROP TABLE idempotency" },
        { 1, "DROP TABLE idempotency" },
        { 1, "PRAGMA user_version=2" },
        { 1, "DROP TABLE idempotency; CREATE TABLE consumer(name)" },
        { 2, "DROP TABLE consumer" },
        { 2, "PRAGMA user_version=3" },
        { 3, "PRAGMA user_version=4" },
        { 4, "DROP TABLE reminder" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(files); i++) {
        rota__store *store = NULL;
        remove_files();
        if (files[i].schema > 0)
            make_old_file(files[i].schema);
        else
            make_calendar(1);
        run_raw(files[i].sql);
        FAILS(try_open(fx.path, 0, 0, &store), ROTA_ECORRUPT, "tables are missing");
        ck_assert_ptr_null(store);
    }
}
END_TEST

START_TEST(what_is_no_calendar_is_refused_and_left_alone)
{
    static const struct {
        const char *sql, *bytes;
    } files[] = {
        { "CREATE TABLE other(a); PRAGMA application_id=1234", NULL },
        { "CREATE TABLE other(a)", NULL },
        { "PRAGMA user_version=1; VACUUM", NULL },
        { "PRAGMA application_id=1919906913; PRAGMA user_version=1; VACUUM", NULL },
        { "PRAGMA application_id=1919906913; CREATE TABLE booking(a)", NULL },
        { "PRAGMA application_id=1919906913; PRAGMA user_version=-1; CREATE TABLE booking(a)",
          NULL },
        { NULL, "This is a text, and not a short one either: it is longer than a header of a "
                "database, which has one hundred bytes, is it not?" },
        { NULL, "x" },
        { NULL, "SQLite format 3" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(files); i++) {
        remove_files();
        if (files[i].sql)
            run_raw(files[i].sql);
        else
            spill(fx.path, files[i].bytes, (int64_t)strlen(files[i].bytes));
        int64_t before_size = 0, after_size = 0;
        unsigned char *before = slurp(fx.path, &before_size);
        rota__store *store = NULL;
        FAILS(try_open(fx.path, 0, 0, &store), ROTA_ECORRUPT, "not a rota calendar");
        ck_assert_ptr_null(store);
        ck_assert_ptr_nonnull(strstr(fx.error.message, fx.path));
        FAILS(try_open(fx.path, ROTA_OPEN_READONLY, 0, &store), ROTA_ECORRUPT, "calendar");
        unsigned char *after = slurp(fx.path, &after_size);
        ck_assert_int_eq(before_size, after_size);
        ck_assert_mem_eq(before, after, (size_t)before_size);
        ck_assert(!is_there(beside("-lock")));
        free(before);
        free(after);
    }
}
END_TEST

/* A copy may be kept without a log. Who only reads it leaves it so, leaves nothing
 * beside it, and hears of what somebody else writes. */
START_TEST(a_file_that_keeps_no_log_can_be_read)
{
    make_calendar(2);
    run_raw("PRAGMA journal_mode=DELETE");
    rota__store *store = open_calendar(ROTA_OPEN_READONLY);
    ck_assert_int_eq(count_bookings(store), 2);
    ck_assert(!is_there(beside("-shm")));
    uint64_t first = store->ops->turns->token(store);
    ck_assert(store->ops->turns->token(store) != first);
    close_store(store);
}
END_TEST

START_TEST(an_empty_file_becomes_a_calendar_unless_one_must_exist)
{
    spill(fx.path, "", 0);
    rota__store *store = NULL;
    FAILS(try_open(fx.path, ROTA_OPEN_EXISTING, 0, &store), ROTA_ECORRUPT, "empty");
    FAILS(try_open(fx.path, ROTA_OPEN_READONLY, 0, &store), ROTA_ECORRUPT, "empty");
    OK(try_open(fx.path, 0, 0, &store));
    add_room(store);
    close_store(store);
}
END_TEST

START_TEST(a_path_that_cannot_be_a_calendar_is_named)
{
    rota__store *store = NULL;
    char missing[128], longer[5000];
    (void)snprintf(missing, sizeof missing, "%s/no/calendar.db", fx.directory);
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    longer[0] = '/';
    FAILS(try_open(missing, 0, 0, &store), ROTA_ENOTFOUND, missing);
    FAILS(try_open(fx.path, ROTA_OPEN_EXISTING, 0, &store), ROTA_ENOTFOUND, fx.path);
    FAILS(try_open(fx.path, ROTA_OPEN_READONLY, 0, &store), ROTA_ENOTFOUND, fx.path);
    FAILS(try_open(fx.directory, 0, 0, &store), ROTA_EINVALID, "directory");
    FAILS(try_open("/tmp/", 0, 0, &store), ROTA_EINVALID, "directory");
    FAILS(try_open("/tmp/..", 0, 0, &store), ROTA_EINVALID, "directory");
    FAILS(try_open("", 0, 0, &store), ROTA_EINVALID, "empty");
    FAILS(try_open("/dev/null", 0, 0, &store), ROTA_EINVALID, "/dev/null");
    FAILS(try_open(longer, 0, 0, &store), ROTA_EINVALID, "too long");
    longer[300] = '\0';
    FAILS(try_open(longer, 0, 0, &store), ROTA_EINVALID, "/xxx");
    (void)snprintf(missing, sizeof missing, "/proc/calendar.db");
    int rc = try_open(missing, 0, 0, &store);
    ck_assert_msg(rc == ROTA_EIO || rc == ROTA_EDENIED || rc == ROTA_ENOTFOUND, "%d", rc);
    ck_assert_ptr_nonnull(strstr(fx.error.message, missing));
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(a_second_name_of_the_file_is_refused)
{
    make_calendar(1);
    rota__store *store = NULL;
    ck_assert_int_eq(symlink(fx.path, beside("-other")), 0);
    FAILS(try_open(beside("-other"), 0, 0, &store), ROTA_EDENIED, "symbolic link");
    ck_assert_int_eq(unlink(beside("-other")), 0);
    ck_assert_int_eq(link(fx.path, beside("-other")), 0);
    FAILS(try_open(fx.path, 0, 0, &store), ROTA_EDENIED, "hard link");
    ck_assert_int_eq(unlink(beside("-other")), 0);

    ck_assert_int_eq(symlink("elsewhere", beside("-wal")), 0);
    int rc = try_open(fx.path, 0, 0, &store);
    ck_assert_msg(rc != ROTA_OK, "a log behind a link was taken");
    ck_assert_int_eq(unlink(beside("-wal")), 0);
    close_store(open_calendar(0));
}
END_TEST

START_TEST(the_directory_may_be_a_link)
{
    char link_name[96], through[128];
    (void)snprintf(link_name, sizeof link_name, "%s-link", fx.directory);
    (void)snprintf(through, sizeof through, "%s/calendar.db", link_name);
    ck_assert_int_eq(symlink(fx.directory, link_name), 0);
    rota__store *store = NULL, *other = open_calendar(0);
    add_room(other);
    OK(try_open(through, 0, 0, &store));
    book(store, 1);
    ck_assert_int_eq(count_bookings(other), 1);
    close_store(store);
    close_store(other);
    ck_assert_int_eq(unlink(link_name), 0);
}
END_TEST

START_TEST(reading_only_writes_nothing)
{
    make_calendar(2);
    int64_t before_size = 0, after_size = 0;
    unsigned char *before = slurp(fx.path, &before_size);
    rota__store *store = open_calendar(ROTA_OPEN_READONLY);
    int32_t outcome = 0;
    ck_assert_int_eq(count_bookings(store), 2);
    ck_assert(has_booking(store, 2));
    FAILS(try_book(store, 9, &outcome), ROTA_EDENIED, "reading only");
    FAILS(store->ops->checkpoint(store, &fx.env), ROTA_EDENIED, "reading only");
    OK(store->ops->check(store, &fx.env));

    rota__store *writer = open_calendar(0); /* what others write is seen */
    book(writer, 3);
    ck_assert_int_eq(count_bookings(store), 3);
    close_store(store);
    close_store(writer);
    unsigned char *after = slurp(fx.path, &after_size);
    ck_assert(before_size != after_size || memcmp(before, after, (size_t)before_size) != 0);
    free(after);
    after = NULL;

    free(before);
    before = slurp(fx.path, &before_size);
    store = open_calendar(ROTA_OPEN_READONLY);
    ck_assert_int_eq(count_bookings(store), 3);
    close_store(store);
    after = slurp(fx.path, &after_size);
    ck_assert_int_eq(before_size, after_size);
    ck_assert_mem_eq(before, after, (size_t)before_size);
    free(before);
    free(after);
}
END_TEST

START_TEST(a_calendar_in_memory_can_be_read_only_too)
{
    rota__store *store = NULL;
    int32_t outcome = 0;
    OK(try_open(":memory:", ROTA_OPEN_READONLY, 0, &store));
    ck_assert_int_eq(count_bookings(store), 0);
    FAILS(try_book(store, 1, &outcome), ROTA_EDENIED, ":memory:");
    close_store(store);
}
END_TEST

/* --- damage --- */

START_TEST(a_damaged_row_is_named)
{
    static const struct {
        const char *sql, *says;
    } damages[] = {
        { "UPDATE booking SET status=99 WHERE row=2", "table booking, row 2: status" },
        { "UPDATE booking SET id=x'0102' WHERE row=2", "table booking, row 2: id" },
        { "UPDATE booking SET title=CAST(x'ff41' AS TEXT) WHERE row=2", "row 2: title" },
        { "UPDATE booking SET data=CAST(x'410042' AS TEXT) WHERE row=2", "row 2: data" },
        { "UPDATE booking SET end_at=start_at WHERE row=2", "row 2: end_at" },
        { "UPDATE booking SET start_at=9223372036854775807 WHERE row=2", "row 2: start_at" },
        { "UPDATE booking SET version=0 WHERE row=2", "row 2: version" },
        { "UPDATE booking SET priority=9999999999 WHERE row=2", "row 2: priority" },
        { "UPDATE booking SET claims=NULL WHERE row=2", "row 2: claims" },
        { "UPDATE booking SET claims=x'00' WHERE row=2", "row 2: claims" },
        { "UPDATE booking SET claims=zeroblob(36) WHERE row=2", "row 2: claims" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(damages); i++) {
        remove_files();
        make_calendar(3);
        sqlite3 *db = open_raw();
        run_on(db, "PRAGMA ignore_check_constraints=ON");
        run_on(db, damages[i].sql);
        sqlite3_close(db);

        rota__store *store = open_calendar(0);
        rota__booking booking;
        rota__by by = { .row = 2 };
        FAILS(store->ops->booking_get(store, &fx.env, &by, &booking), ROTA_ECORRUPT,
              damages[i].says);
        FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, fx.path);
        by.row = 1; /* and the others are served */
        OK(store->ops->booking_get(store, &fx.env, &by, &booking));
        book(store, 7);
        close_store(store);
    }
}
END_TEST

/* A calendar with one that recurs, in row 1, and a single one of it, in row 2. */
static void make_recurring_calendar(void)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    make_series(store);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}

START_TEST(a_damaged_series_is_named)
{
    static const struct {
        const char *sql, *says;
        int64_t row;
        bool timeline; /* it reads that too */
    } damages[] = {
        { "UPDATE booking SET series=x'' WHERE row=1", "row 1: series", 1, true },
        { "UPDATE booking SET part_of=-1 WHERE row=2", "table booking, row 2: part_of", 2, false },
        { "UPDATE booking SET part_of=9 WHERE row=2", "table booking, row 2: part_of", 2, false },
        { "UPDATE booking SET occurrence=NULL WHERE row=2", "row 2: occurrence", 2, false },
        { "UPDATE booking SET occurrence=9223372036854775807 WHERE row=2", "row 2: occurrence", 2,
          false },
        { "UPDATE booking SET id=x'00' WHERE row=1", "row 2: part_of", 2, false },
        { "UPDATE recurrence SET end_at=start_at", "table recurrence, row 1: end_at", 0, true },
        { "UPDATE recurrence SET start_at=9223372036854775807", "row 1: start_at", 0, true },
        { "UPDATE recurrence SET units=0", "row 1: units", 0, true },
        { "UPDATE recurrence SET expires=9223372036854775807", "row 1: expires", 0, true },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(damages); i++) {
        remove_files();
        make_recurring_calendar();
        sqlite3 *db = open_raw();
        run_on(db, "PRAGMA ignore_check_constraints=ON; PRAGMA foreign_keys=OFF");
        run_on(db, damages[i].sql);
        sqlite3_close(db);

        rota__store *store = open_calendar(0);
        rota__booking booking;
        rota__starting *rows;
        rota__timeline_rows timeline;
        rota__by by = { .row = damages[i].row };
        int64_t count;
        if (by.row != 0)
            FAILS(store->ops->booking_get(store, &fx.env, &by, &booking), ROTA_ECORRUPT,
                  damages[i].says);
        if (by.row == 2) /* the single one */
            FAILS(store->ops->reminder_starts(store, &fx.env, ROTA_TIME_MIN, 0, ROTA_TIME_MAX, 9,
                                              &rows, &count),
                  ROTA_ECORRUPT, damages[i].says);
        if (damages[i].timeline)
            FAILS(store->ops->timeline(store, &fx.env, 1, &timeline), ROTA_ECORRUPT,
                  damages[i].says);
        else
            OK(store->ops->timeline(store, &fx.env, 1, &timeline));
        FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, fx.path);
        close_store(store);
    }
}
END_TEST

START_TEST(the_check_finds_what_of_a_series_does_not_belong_together)
{
    static const struct {
        const char *sql, *says;
    } damages[] = {
        { "UPDATE recurrence SET units=2", "table recurrence, row 1: a claim differs" },
        { "UPDATE recurrence SET role=2", "row 1: a claim differs" },
        { "UPDATE recurrence SET flags=4", "row 1: a claim differs" },
        { "UPDATE recurrence SET takes=0", "row 1: a claim differs" },
        { "UPDATE recurrence SET expires=5", "row 1: a claim differs" },
        { "UPDATE recurrence SET start_at=start_at+60", "row 1: a claim differs" },
        { "UPDATE recurrence SET end_at=end_at-60", "row 1: a claim differs" },
        { "UPDATE booking SET claims=x'' WHERE row=1", "row 1: a claim differs" },
        { "UPDATE booking SET status=5 WHERE row=1", "row 1: a claim differs" },
        { "DELETE FROM recurrence", "bookings have 2 claims, and 1 are there" },
        { "UPDATE booking SET series=NULL WHERE row=1", "recurrence, row 1: a claim differs" },
        { "UPDATE booking SET series=x'00' WHERE row=2", "table claim, row 2: a claim differs" },
        /* A claim that lies where those of the other kind do. */
        { "INSERT INTO claim SELECT resource,3,start_at,booking,end_at,units,role,flags,takes,"
          "expires FROM recurrence; DELETE FROM recurrence",
          "table claim, row 1: a claim differs" },
        { "INSERT INTO recurrence SELECT resource,booking,start_at,end_at,units,role,flags,takes,"
          "expires FROM claim; DELETE FROM claim",
          "table recurrence, row 2: a claim differs" },
        { "UPDATE booking SET part_of=2 WHERE row=2", "table booking, row 2: part_of" },
        { "UPDATE booking SET part_of=9 WHERE row=2", "missing row of booking" },
        { "UPDATE recurrence SET resource=9", "recurrence refers to a missing row of resource" },
        { "UPDATE recurrence SET booking=9", "recurrence refers to a missing row of booking" },
        { "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql="
          "'CREATE INDEX booking_series ON booking(end_at,start_at) WHERE series IS NOT NULL'"
          " WHERE name='booking_series'",
          "booking_series" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(damages); i++) {
        remove_files();
        make_recurring_calendar();
        run_raw(damages[i].sql);
        rota__store *store = open_calendar(0);
        FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, damages[i].says);
        close_store(store);
    }
}
END_TEST

START_TEST(a_damaged_resource_event_or_key_is_named)
{
    rota__store *store = open_calendar(0);
    rota__batch batch = { 0 };
    rota__key key = { .actor = "a", .key = "k", .at = NOW };
    int32_t outcome = 0;
    static const char *const tags[] = { "quiet" };
    rota__resource *resource = add_resource(&batch, 1);
    resource->tags = tags;
    resource->tag_count = 1;
    add_event(&batch, resource->id);
    batch.key = &key;
    OK(put(store, &batch, &outcome));
    close_store(store);

    sqlite3 *db = open_raw();
    run_on(db, "PRAGMA ignore_check_constraints=ON; UPDATE resource SET capacity=0;"
               "UPDATE tag SET tag=CAST(x'fe' AS TEXT);"
               "UPDATE idempotency SET at=9223372036854775807;"
               "INSERT INTO consumer VALUES('mailer',-1,0,0);"
               "DROP TRIGGER event_stands; UPDATE event SET subject=x'00'");
    sqlite3_close(db);
    store = open_calendar(0);
    rota__resource found;
    rota__timeline_rows timeline;
    rota__event *events = NULL;
    int64_t count = 0;
    rota__by by = { .row = 1 };
    FAILS(store->ops->resource_get(store, &fx.env, &by, &found), ROTA_ECORRUPT,
          "table resource, row 1: capacity");
    FAILS(store->ops->timeline(store, &fx.env, 1, &timeline), ROTA_ECORRUPT, "capacity");
    FAILS(store->ops->feed(store, &fx.env, 0, 0, &events, &count), ROTA_ECORRUPT,
          "table event, row 1: subject");
    FAILS(store->ops->key_get(store, &fx.env, "a", "k", &key), ROTA_ECORRUPT, "idempotency");
    rota__consumer consumer, *consumers = NULL;
    FAILS(store->ops->consumer_get(store, &fx.env, "mailer", &consumer), ROTA_ECORRUPT,
          "table consumer, row 0: position");
    FAILS(store->ops->consumer_list(store, &fx.env, &consumers, &count), ROTA_ECORRUPT, "position");
    close_store(store);

    run_raw("DELETE FROM consumer; UPDATE resource SET capacity=1; UPDATE idempotency SET at=0,"
            "actor=CAST(x'ff' AS TEXT)");
    store = open_calendar(0);
    FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, "event");
    FAILS(store->ops->resource_get(store, &fx.env, &by, &found), ROTA_ECORRUPT,
          "table tag, row 1: tag");
    close_store(store);
    run_raw("DELETE FROM tag; DELETE FROM occupancy");
    store = open_calendar(0);
    FAILS(store->ops->resource_get(store, &fx.env, &by, &found), ROTA_ECORRUPT, "stamp");
    close_store(store);
}
END_TEST

START_TEST(the_check_finds_what_does_not_belong_together)
{
    static const struct {
        const char *sql, *says;
    } damages[] = {
        { "DROP TRIGGER event_stays; DELETE FROM event WHERE seq=2", "gap" },
        { "DROP TRIGGER event_stays; DELETE FROM event WHERE seq=1", "gap" },
        { "UPDATE claim SET units=2 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE claim SET role=2 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE claim SET flags=4 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE booking SET claims=x'' WHERE row=2", "row 2: a claim differs" },
        { "DELETE FROM claim WHERE booking=2", "bookings have 3 claims, and 2 are there" },
        { "UPDATE claim SET takes=0 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE claim SET expires=5 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE claim SET end_at=end_at+60 WHERE booking=2", "row 2: a claim differs" },
        { "UPDATE booking SET status=5 WHERE row=2", "row 2: a claim differs" },
        { "DELETE FROM booking WHERE row=2", "claim refers to a missing row of booking" },
        { "DELETE FROM claim WHERE booking=2; DELETE FROM booking WHERE row=2", "gap" },
        { "UPDATE claim SET resource=9 WHERE booking=2", "refers to a missing row of resource" },
        { "DELETE FROM occupancy", "stamp" },
        { "INSERT INTO consumer VALUES('mailer',4,0,0)", "\"mailer\" has acknowledged event 4" },
        { "PRAGMA ignore_check_constraints=ON; INSERT INTO consumer VALUES('mailer',-1,0,0)",
          "consumer" },
        { "INSERT INTO consumer VALUES(CAST(x'fe' AS TEXT),0,0,0)", "table consumer, row 0: name" },
        { "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql="
          "'CREATE INDEX booking_time ON booking(reach,end_at)' WHERE name='booking_time'",
          "booking_time" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(damages); i++) {
        remove_files();
        make_calendar(3);
        rota__store *store = open_calendar(0);
        OK(store->ops->check(store, &fx.env));
        close_store(store);
        run_raw(damages[i].sql);
        store = open_calendar(0);
        FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, damages[i].says);
        close_store(store);
    }
}
END_TEST

START_TEST(the_check_finds_what_of_reminders_does_not_belong_together)
{
#define ONE_REMINDER "INSERT INTO reminder VALUES(zeroblob(16),1,0,1,2000000000,"
    static const struct {
        const char *sql, *says; /* NULL: it is well */
    } damages[] = {
        { "INSERT INTO reminder_list VALUES(0,0,0,300,x'3c0000003d000000');"
          "INSERT INTO reminder_list VALUES(1,1,0,300,x'3c000000');"
          "INSERT INTO reminder_list VALUES(2,1,0,300,x'');"
          "INSERT INTO reminder_offset VALUES(60,2); INSERT INTO reminder_offset VALUES(61,1);",
          NULL },
        { "INSERT INTO reminder_list VALUES(0,0,0,300,x'3c000000')",
          "lists of reminders have 1 offsets, and 0 are counted" },
        { "INSERT INTO reminder_offset VALUES(60,1)",
          "lists of reminders have 0 offsets, and 1 are counted" },
        { "INSERT INTO reminder_list VALUES(0,1,0,300,x'')",
          "table reminder_list, row 1: subject" },
        { "INSERT INTO reminder_list VALUES(1,9,0,300,x'')",
          "table reminder_list, row 1: subject" },
        { "INSERT INTO reminder_list VALUES(2,9,0,300,x'')",
          "table reminder_list, row 1: subject" },
        { "INSERT INTO reminder_list VALUES(0,0,0,300,x'3c0000003c000000');"
          "INSERT INTO reminder_offset VALUES(60,2)",
          "row 1: offsets" },
        { "INSERT INTO reminder_list VALUES(0,0,0,300,x'3d0000003c000000');"
          "INSERT INTO reminder_offset VALUES(60,2)",
          "row 1: offsets" },
        { "INSERT INTO reminder_list VALUES(0,0,0,300,x'ffffff01');"
          "INSERT INTO reminder_offset VALUES(33554431,1)",
          "row 1: offsets" },
        { ONE_REMINDER "2000000000,1,0,0)", NULL },
        { ONE_REMINDER "2000000001,1,0,0)", "table reminder, row 1: due_at" },
        { "INSERT INTO reminder_next VALUES(1,2000000000)", "table reminder_next, row 1: booking" },
    };
#undef ONE_REMINDER
    for (int64_t i = 0; i < ROTA__LENGTH(damages); i++) {
        remove_files();
        make_calendar(1);
        run_raw(damages[i].sql);
        rota__store *store = open_calendar(0);
        if (damages[i].says)
            FAILS(store->ops->check(store, &fx.env), ROTA_ECORRUPT, damages[i].says);
        else
            OK(store->ops->check(store, &fx.env));
        close_store(store);
    }
}
END_TEST

/* Everything that reads, on whatever the file is now. Each may fail, none may
 * crash, and a failure has a line that says something. */
static bool read_everything(rota__store *store)
{
    rota__resource resource, *resources = NULL;
    rota__booking booking, *bookings = NULL;
    rota__member *members = NULL;
    rota__event *events = NULL;
    rota__timeline_rows timeline;
    rota__counts counts;
    rota__consumer consumer, *consumers = NULL;
    int64_t count = 0, stamp = 0;
    uint64_t token = 0;
    rota__by by = { .row = 1 };
    rota__resource_filter all = { .limit = 0 };
    rota__booking_filter ever = { .when = { ROTA_TIME_MIN, ROTA_TIME_MAX }, .statuses = ~0u };
    rota__booking_filter recurring = ever, single = ever;
    rota__by occurrence = { .part_of = 1, .occurrence = NOW };
    recurring.recurring = true;
    single.part_of = 1;
    int32_t outcome = 0;
    int once = store->ops->booking_get(store, &fx.env, &occurrence, &booking);
    int asked = store->ops->consumer_get(store, &fx.env, "nobody", &consumer);
    int group = store->ops->group_next(store, &fx.env, 1, &stamp);
    int answers[] = {
        group == ROTA_ENOTFOUND ? ROTA_OK : group,
        store->ops->resource_get(store, &fx.env, &by, &resource),
        store->ops->resource_list(store, &fx.env, &all, &resources, &count),
        store->ops->member_list(store, &fx.env, 1, 0, &members, &count),
        store->ops->booking_get(store, &fx.env, &by, &booking),
        once == ROTA_ENOTFOUND ? ROTA_OK : once,
        store->ops->booking_list(store, &fx.env, &ever, &bookings, &count),
        store->ops->booking_list(store, &fx.env, &recurring, &bookings, &count),
        store->ops->booking_list(store, &fx.env, &single, &bookings, &count),
        store->ops->due_holds(store, &fx.env, NOW, 0, &bookings, &count),
        store->ops->feed(store, &fx.env, 0, 0, &events, &count),
        store->ops->timeline(store, &fx.env, 1, &timeline),
        store->ops->stamp(store, &fx.env, 1, &stamp),
        store->ops->changed(store, &fx.env, &token),
        store->ops->counts(store, &fx.env, &counts),
        asked == ROTA_ENOTFOUND ? ROTA_OK : asked,
        store->ops->consumer_list(store, &fx.env, &consumers, &count),
        store->ops->check(store, &fx.env),
        try_book(store, 500, &outcome),
    };
    bool clean = true;
    for (int64_t i = 0; i < ROTA__LENGTH(answers); i++) {
        ck_assert_msg(answers[i] == ROTA_OK || answers[i] == ROTA_ECORRUPT ||
                          answers[i] == ROTA_ENOTFOUND || answers[i] == ROTA_EIO ||
                          answers[i] == ROTA_EINVALID,
                      "operation %d: %d: %s", (int)i, answers[i], fx.error.message);
        if (answers[i] != ROTA_OK) clean = false;
    }
    return clean;
}

START_TEST(a_flipped_bit_in_any_page_never_crashes)
{
    make_recurring_calendar();
    rota__store *whole = open_calendar(0);
    for (int64_t i = 1; i <= 60; i++)
        book(whole, i);
    close_store(whole);
    int64_t size = 0;
    unsigned char *bytes = slurp(fx.path, &size);
    unsigned seed = 20311;
    printf("flipped bits: seed %u, %d pages\n", seed, (int)(size / 4096));
    int found = 0, tried = 0;
    for (int64_t page = 0; page < size / 4096; page++) {
        for (int64_t turn = 0; turn < 12; turn++, tried++) {
            seed = seed * 1103515245u + 12345u;
            /* The first bytes of a page say what it is: each of them, then anywhere. */
            int64_t at = page * 4096 + (turn < 6 ? turn : (int64_t)(seed >> 8) % 4096);
            unsigned char bit = (unsigned char)(1u << (seed >> 28 & 7u));
            bytes[at] ^= bit;
            remove_files();
            spill(fx.path, bytes, size);
            bytes[at] ^= bit;
            rota__store *store = NULL;
            int rc = try_open(fx.path, 0, 0, &store);
            if (rc == ROTA_OK) {
                if (!read_everything(store)) found++;
                close_store(store);
            } else {
                found++;
                ck_assert_msg(rc == ROTA_ECORRUPT || rc == ROTA_EVERSION || rc == ROTA_EIO ||
                                  rc == ROTA_EDENIED,
                              "%d: %s", rc, fx.error.message);
                ck_assert_ptr_nonnull(strstr(fx.error.message, fx.path));
            }
            rota__arena_reset(&fx.arena);
        }
    }
    ck_assert_msg(found * 3 > tried, "only %d of %d were found", found, tried);
    free(bytes);
}
END_TEST

START_TEST(a_truncated_file_is_damaged)
{
    make_calendar(60);
    int64_t size = 0;
    unsigned char *bytes = slurp(fx.path, &size);
    for (int64_t length = 1; length < size; length = length < 4096 ? length * 2 : length + 4096) {
        remove_files();
        spill(fx.path, bytes, length);
        rota__store *store = NULL;
        int rc = try_open(fx.path, 0, 0, &store);
        if (rc == ROTA_OK) {
            rc = store->ops->check(store, &fx.env);
            close_store(store);
        }
        ck_assert_msg(rc == ROTA_ECORRUPT, "%d bytes: %d: %s", (int)length, rc, fx.error.message);
        ck_assert_ptr_nonnull(strstr(fx.error.message, fx.path));
        rota__arena_reset(&fx.arena);
    }
    free(bytes);
}
END_TEST

START_TEST(triggers_and_views_in_the_file_do_nothing)
{
    make_calendar(1);
    run_raw("CREATE TRIGGER evil AFTER INSERT ON booking BEGIN DELETE FROM claim; "
            "UPDATE booking SET title='mine'; END");
    rota__store *store = open_calendar(0);
    book(store, 2);
    rota__booking booking;
    rota__by by = { .row = 2 };
    OK(store->ops->booking_get(store, &fx.env, &by, &booking));
    ck_assert_ptr_null(booking.title);
    ck_assert_int_eq(booking.claim_count, 1);
    close_store(store);

    run_raw("ALTER TABLE booking RENAME TO hidden; CREATE VIEW booking AS SELECT * FROM hidden");
    FAILS(try_open(fx.path, 0, 0, &store), ROTA_ECORRUPT, "not a rota calendar");
}
END_TEST

START_TEST(a_table_of_another_shape_is_damage)
{
    make_calendar(1);
    run_raw("ALTER TABLE booking RENAME COLUMN title TO caption");
    rota__store *store = open_calendar(0);
    rota__booking booking;
    rota__by by = { .row = 1 };
    FAILS(store->ops->booking_get(store, &fx.env, &by, &booking), ROTA_ECORRUPT, "title");
    close_store(store);
}
END_TEST

START_TEST(the_feed_cannot_be_changed_by_other_tools)
{
    make_calendar(2);
    sqlite3 *db = open_raw();
    ck_assert_int_eq(sqlite3_exec(db, "DELETE FROM event WHERE seq=1", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE event SET at=at+1", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    ck_assert_int_eq(number_on(db, "SELECT count(*) FROM event"), 2);
    sqlite3_close(db);
}
END_TEST

START_TEST(what_the_tables_forbid_is_refused_whole)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    int32_t outcome = 0;
    static const rota_span spans[] = { { NOW, NOW },
                                       { NOW, NOW - 1 },
                                       { ROTA_TIME_MIN - 1, NOW },
                                       { NOW, ROTA_TIME_MAX + 1 },
                                       { INT64_MIN, INT64_MAX } };
    for (int64_t i = 0; i < ROTA__LENGTH(spans); i++) {
        rota__batch batch = { 0 };
        add_booking(&batch, 1, 1)->when = spans[i];
        FAILS(put(store, &batch, &outcome), ROTA_EINVALID, fx.path);
    }
    rota__batch nowhere = { 0 };
    add_booking(&nowhere, 1, 77);
    FAILS(put(store, &nowhere, &outcome), ROTA_EINVALID, "FOREIGN KEY");
    ck_assert_int_eq(nowhere.bookings.items[0].row, 0);

    rota__batch nothing = { 0 };
    ((rota__claim *)(uintptr_t)add_booking(&nothing, 1, 1)->claims)->units = 0;
    FAILS(put(store, &nothing, &outcome), ROTA_EINVALID, "units");

    rota__batch twice = { 0 };
    rota__claim claims[2] = { { .resource = 1, .units = 1 }, { .resource = 1, .units = 1 } };
    rota__booking *booking = add_booking(&twice, 1, 1);
    booking->claims = claims;
    booking->claim_count = 2;
    FAILS(put(store, &twice, &outcome), ROTA_EINVALID, "twice");
    booking->series = "weekly";
    booking->series_size = 6;
    FAILS(put(store, &twice, &outcome), ROTA_EINVALID, "twice");

    rota__batch silent = { 0 }, orphan = { 0 }, timeless = { 0 };
    add_series(&silent, 1, 1)->series_size = 0;
    FAILS(put(store, &silent, &outcome), ROTA_EINVALID, "series");
    add_booking(&orphan, 1, 1)->part_of = 77;
    FAILS(put(store, &orphan, &outcome), ROTA_EINVALID, "FOREIGN KEY");
    add_booking(&timeless, 1, 1)->part_of = 1;
    timeless.bookings.items[0].occurrence = ROTA_TIME_MAX + 1;
    FAILS(put(store, &timeless, &outcome), ROTA_EINVALID, "occurrence");
    ck_assert_int_eq(count_bookings(store), 0);
    book(store, 1);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

/* --- what is written of a booking that changes --- */

START_TEST(a_change_reaches_claims_of_every_kind)
{
    bool recurs = _i == 1;
    rota__store *store = open_calendar(0);
    rota__batch batch = { 0 };
    int32_t outcome = 0;
    for (int64_t i = 1; i <= 3; i++)
        add_resource(&batch, i);
    OK(put(store, &batch, &outcome));
    rota__claim claims[3] = { { .resource = 3, .units = 1 },
                              { .resource = 1, .units = 1 },
                              { .resource = 2, .units = 1, .role = ROTA_ROLE_OPTIONAL } };
    static const struct {
        int32_t status, units;
        rota_time expires;
        int64_t start, length;
        int count;
    } steps[] = {
        { ROTA_BOOKING_HELD, 1, NOW + 60, NOW, 3600, 3 },
        { ROTA_BOOKING_HELD, 1, NOW + 90, NOW, 3600, 3 },   /* lapses later */
        { ROTA_BOOKING_CONFIRMED, 1, 0, NOW, 3600, 3 },     /* stands */
        { ROTA_BOOKING_CONFIRMED, 1, 0, NOW, 40 * DAY, 3 }, /* another class of length */
        { ROTA_BOOKING_CONFIRMED, 1, 0, NOW, 4000LL * DAY, 3 },
        { ROTA_BOOKING_CONFIRMED, 1, 0, NOW - 5, DAY, 3 },
        { ROTA_BOOKING_CONFIRMED, 4, 0, NOW - 5, DAY, 2 }, /* more of fewer */
        { ROTA_BOOKING_CANCELLED, 4, 0, NOW - 5, DAY, 2 },
        { ROTA_BOOKING_CONFIRMED, 4, 0, NOW - 5, DAY, 0 },
        { ROTA_BOOKING_CONFIRMED, 4, 0, NOW - 5, 2 * DAY, 3 },
    };
    int64_t row = 0;
    for (int64_t i = 0; i < ROTA__LENGTH(steps); i++) {
        rota__batch change = { 0 };
        rota__booking *booking = add_booking(&change, 1, 1);
        for (int j = 0; j < 3; j++)
            claims[j].units = steps[i].units;
        booking->claims = claims;
        booking->claim_count = steps[i].count;
        booking->row = row;
        booking->version = i + 1;
        booking->status = steps[i].status;
        booking->hold_expires = steps[i].expires;
        booking->when = (rota_span){ steps[i].start, steps[i].start + steps[i].length };
        if (recurs) booking->series = i % 2 ? "daily" : "weekly";
        booking->series_size = recurs ? 5 : 0;
        OK(put(store, &change, &outcome));
        ck_assert_int_eq(outcome, ROTA__COMMITTED);
        row = booking->row;
        OK(store->ops->check(store, &fx.env));
        for (int64_t r = 1; r <= 3; r++) {
            rota__timeline_rows timeline;
            bool claimed = (r == 3 && steps[i].count >= 1) || (r == 1 && steps[i].count >= 2);
            bool taken = claimed && steps[i].status != ROTA_BOOKING_CANCELLED;
            OK(store->ops->timeline(store, &fx.env, r, &timeline));
            ck_assert_int_eq(timeline.interval_count, taken && !recurs ? 1 : 0);
            ck_assert_int_eq(timeline.recurring_count, taken && recurs ? 1 : 0);
            if (!taken) continue;
            const rota__taken *is = recurs ? &timeline.recurring[0].taken : timeline.intervals;
            ck_assert_int_eq(is->when.start, steps[i].start);
            ck_assert_int_eq(is->when.end, steps[i].start + steps[i].length);
            ck_assert_int_eq(is->expires, steps[i].expires);
            ck_assert_int_eq(is->units, steps[i].units);
            if (recurs) ck_assert_mem_eq(timeline.recurring[0].series, booking->series, 5);
        }
    }
    close_store(store);
}
END_TEST

START_TEST(bookings_of_every_length_are_found_where_they_overlap)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    static const int64_t lengths[] = {
        1,        DAY - 1,      DAY,          DAY + 1,          32 * DAY - 1,
        32 * DAY, 32 * DAY + 1, 1024LL * DAY, 1024LL * DAY + 1, 9000LL * DAY
    };
    run_raw("UPDATE resource SET capacity=100"); /* they lie on one another */
    rota__batch batch = { 0 };
    int32_t outcome = 0;
    for (int64_t i = 0; i < ROTA__LENGTH(lengths); i++)
        add_booking(&batch, i, 1)->when = (rota_span){ NOW, NOW + lengths[i] };
    OK(put(store, &batch, &outcome));
    for (int64_t i = 0; i < ROTA__LENGTH(lengths); i++) {
        for (int64_t off = -1; off <= 1; off++) {
            rota_span at = { NOW + lengths[i] + off, NOW + lengths[i] + off + 1 };
            rota__source source = { .resource = 1, .when = { ROTA_TIME_MIN, ROTA_TIME_MAX } };
            int64_t expected = 0, count = 0;
            for (int64_t k = 0; k < ROTA__LENGTH(lengths); k++)
                if (NOW + lengths[k] > at.start) expected++;
            rota__booking *rows = NULL;
            rota__booking_filter filter = { .when = at, .statuses = ~0u };
            OK(store->ops->booking_list(store, &fx.env, &filter, &rows, &count));
            ck_assert_int_eq(count, expected);
            filter.sources = &source;
            filter.source_count = 1;
            OK(store->ops->booking_list(store, &fx.env, &filter, &rows, &count));
            ck_assert_int_eq(count, expected);
        }
    }
    close_store(store);
}
END_TEST

/* What SQLite's machine did since it was asked last. */
static int64_t steps_of(rota__store *store)
{
    int64_t steps = 0;
    sqlite3 *db = rota__sqlite_of(store)->db;
    for (sqlite3_stmt *s = sqlite3_next_stmt(db, NULL); s; s = sqlite3_next_stmt(db, s))
        steps += sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1);
    return steps;
}

/* A year before, and a year behind, cost what one hour does. */
START_TEST(what_lies_outside_of_a_window_is_not_read)
{
    enum { NEAR = 20, FAR = 2000 };
    rota__store *store = open_calendar(0);
    add_room(store);
    rota_span window = { NOW, NOW + 10 * 3600LL };
    rota__source source = { .resource = 1, .when = { ROTA_TIME_MIN, ROTA_TIME_MAX } };
    rota_id first = id_numbered(1000000);
    rota__booking_filter filters[] = {
        { .when = window },
        { .when = window, .limit = 3 },
        { .when = window, .after = { NOW, NOW + 3600 }, .after_id = first },
        { .when = window, .after = { NOW - 60 * DAY, NOW }, .after_id = first },
        { .when = { NOW - DAY, ROTA_TIME_MAX },
          .after = { NOW, NOW + 3600 },
          .after_id = first,
          .limit = 3 },
        { .when = { ROTA_TIME_MIN, NOW + 3600 }, .after = { NOW - 3600, NOW }, .after_id = first },
    };
    int64_t asked[2][2 * ROTA__LENGTH(filters) + 1] = { { 0 } };
    for (int round = 0; round < 2; round++) {
        int32_t outcome;
        int64_t from = round ? NEAR : 0, to = round ? FAR : NEAR, rows_seen = 0, count = 0, n = 0;
        rota__batch batch = { 0 };
        for (int64_t i = from; i < to; i++) {
            add_booking(&batch, i, 1);
            add_booking(&batch, -i - 1, 1)->id = id_numbered(2000000 + i);
        }
        OK(put(store, &batch, &outcome));
        for (int64_t i = 0; i < 2 * ROTA__LENGTH(filters); i++) {
            rota__booking_filter filter = filters[i / 2];
            rota__booking *rows = NULL;
            filter.statuses = ~0u;
            filter.sources = i % 2 ? &source : NULL;
            filter.source_count = i % 2;
            (void)steps_of(store);
            OK(store->ops->booking_list(store, &fx.env, &filter, &rows, &count));
            asked[round][n++] = steps_of(store);
            rows_seen += count;
        }
        rota__starting *starting = NULL;
        OK(store->ops->reminder_starts(store, &fx.env, NOW, 0, NOW + 7200, 10, &starting, &count));
        asked[round][n++] = steps_of(store);
        ck_assert_int_gt(rows_seen, 2 * ROTA__LENGTH(filters));
    }
    for (int64_t i = 0; i < ROTA__LENGTH(asked[0]); i++) {
        ck_assert_int_gt(asked[0][i], 0);
        ck_assert_msg(asked[1][i] <= asked[0][i] + asked[0][i] / 4 + 50,
                      "question %d: %d steps among few, %d among many", (int)i, (int)asked[0][i],
                      (int)asked[1][i]);
    }
    close_store(store);
}
END_TEST

/* --- the log --- */

START_TEST(the_log_may_grow_where_it_is_full_soon_and_written_back_in_no_time)
{
    const int64_t ms = ROTA__MS, usual = 4096, last = 16384;
    for (int64_t room = 256; room < usual; room *= 2) /* however slow */
        ck_assert_int_eq(rota__sqlite_log_room(room, INT64_MAX, 60000 * ms), 2 * room);
    for (int64_t room = usual; room < last; room *= 2) {
        ck_assert_int_eq(rota__sqlite_log_room(room, 10000 * ms - 1, 30 * ms - 1), 2 * room);
        ck_assert_int_eq(rota__sqlite_log_room(room, 10000 * ms, 30 * ms - 1), room);
        ck_assert_int_eq(rota__sqlite_log_room(room, 10000 * ms - 1, 30 * ms), room);
    }
    ck_assert_int_eq(rota__sqlite_log_room(last, 0, 0), last);
    ck_assert_int_eq(rota__sqlite_log_room(last, 40000 * ms - 1, 120 * ms - 1), last);
    ck_assert_int_eq(rota__sqlite_log_room(last, 40000 * ms, 0), last / 2);
    ck_assert_int_eq(rota__sqlite_log_room(last, 0, 120 * ms), last / 2);
    ck_assert_int_eq(rota__sqlite_log_room(usual, INT64_MAX, INT64_MAX), usual);
}
END_TEST

/* --- several handles --- */

START_TEST(a_handle_notices_what_another_has_committed)
{
    rota__store *a = open_calendar(0), *b = open_calendar(0);
    uint64_t first = 0, second = 0;
    OK(a->ops->changed(a, &fx.env, &first));
    add_room(a); /* its own */
    OK(a->ops->changed(a, &fx.env, &second));
    ck_assert_uint_eq(first, second);
    book(b, 1);
    OK(a->ops->changed(a, &fx.env, &second));
    ck_assert_uint_ne(first, second);
    ck_assert(has_booking(a, 1));
    OK(a->ops->changed(a, &fx.env, &first));
    ck_assert_uint_eq(first, second);
    book(b, 2);
    book(a, 3); /* its own, which does not hide the other's */
    OK(a->ops->changed(a, &fx.env, &second));
    ck_assert_uint_ne(first, second);
    close_store(b);
    close_store(a);
}
END_TEST

/* A host may have it so for connections of its own. */
START_TEST(a_cache_that_connections_share_is_not_ours)
{
    ck_assert_int_eq(sqlite3_enable_shared_cache(1), SQLITE_OK);
    rota__store *store = open_calendar(0), *other = open_calendar(0);
    add_room(store);
    book(store, 1);
    rota__batch batch = { 0 };
    rota__commit written = { 0 };
    add_booking(&batch, 2, 1);
    OK(store->ops->turns->begin(store, &fx.env, INT64_MAX));
    OK(store->ops->turns->write(store, &fx.env, &batch, &written));
    ck_assert_int_eq(written.outcome, ROTA__COMMITTED);
    ck_assert_int_eq(count_bookings(other), 1);
    store->ops->turns->cancel(store);
    close_store(other);
    close_store(store);
    ck_assert_int_eq(sqlite3_enable_shared_cache(0), SQLITE_OK);
}
END_TEST

START_TEST(a_guard_falls_to_another_handle)
{
    rota__store *a = open_calendar(0), *b = open_calendar(0);
    add_room(a);
    rota__guard guard = { .resource = 1, .stamp = 1, .bump = true };
    rota__batch first = { 0 }, second = { 0 };
    int32_t outcome = 0;
    add_booking(&first, 1, 1);
    add_booking(&second, 2, 1);
    *ROTA__PUSH(&fx.arena, &first.guards) = guard;
    *ROTA__PUSH(&fx.arena, &second.guards) = guard;
    OK(put(b, &first, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    OK(put(a, &second, &outcome));
    ck_assert_int_eq(outcome, ROTA__STALE);
    ck_assert(!has_booking(b, 2));
    int64_t stamp = 0;
    OK(a->ops->stamp(a, &fx.env, 1, &stamp));
    ck_assert_int_eq(stamp, 2);
    close_store(a);
    close_store(b);
}
END_TEST

START_TEST(a_locked_calendar_is_busy_and_then_free)
{
    rota__store *a = open_calendar(0), *waits = NULL;
    int32_t outcome = 0;
    add_room(a);
    OK(try_open(fx.path, 0, 20, &waits));
    sqlite3 *db = open_raw();
    run_on(db, "BEGIN IMMEDIATE"); /* a tool that knows nothing of our lock */
    FAILS(try_book(a, 1, &outcome), ROTA_EBUSY, "holds the calendar");
    FAILS(try_book(waits, 1, &outcome), ROTA_EBUSY, "holds the calendar"); /* not that lock */
    ck_assert_int_eq(count_bookings(a), 0);                                /* reading goes on */
    run_on(db, "ROLLBACK");
    sqlite3_close(db);
    book(a, 1);

    int fd = open(beside("-lock"), O_RDWR);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &whole), 0);
    FAILS(try_book(a, 2, &outcome), ROTA_EBUSY, "is writing");
    FAILS(try_book(waits, 2, &outcome), ROTA_EBUSY, "is writing");
    FAILS(a->ops->checkpoint(a, &fx.env), ROTA_EBUSY, "is writing");
    ck_assert_int_eq(count_bookings(waits), 1);
    rota__store *third = open_calendar(0); /* opening what is ready waits for nobody */
    close_store(third);
    (void)close(fd);
    book(waits, 2);
    OK(a->ops->checkpoint(a, &fx.env));
    close_store(a);
    close_store(waits);
}
END_TEST

/* Also who knows nothing of the lock beside the file: nothing comes in between what is read
 * in a turn and what is written on it. */
START_TEST(nobody_else_writes_from_the_beginning_of_a_turn_to_its_end)
{
    rota__store *store = open_calendar(0);
    const rota__turn_ops *turns = store->ops->turns;
    rota__commit done = { 0 };
    uint64_t token = 0;
    add_room(store);
    sqlite3 *db = open_raw();
    for (int i = 0; i < 2; i++) {
        OK(turns->begin(store, &fx.env, 0));
        ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
        if (i == 0)
            turns->cancel(store);
        else
            OK(turns->finish(store, &fx.env, &done, &token));
        run_on(db, "BEGIN IMMEDIATE; ROLLBACK");
    }
    sqlite3_close(db);
    close_store(store);
}
END_TEST

/* SQLite gives a transaction up by itself where memory or the disk fails it. */
START_TEST(a_turn_that_was_given_up_is_not_written_on)
{
    rota__store *store = open_calendar(0);
    const rota__turn_ops *turns = store->ops->turns;
    rota__batch batch = { 0 };
    rota__commit done = { 0 };
    uint64_t token = 0;
    add_room(store);
    add_booking(&batch, 1, 1);
    OK(turns->begin(store, &fx.env, 0));
    rota__sqlite_roll_back((rota__sqlite *)(void *)store);
    FAILS(turns->write(store, &fx.env, &batch, &done), ROTA_EIO, "given up");
    turns->cancel(store);
    OK(turns->begin(store, &fx.env, 0));
    rota__sqlite_roll_back((rota__sqlite *)(void *)store);
    FAILS(turns->finish(store, &fx.env, &done, &token), ROTA_EIO, "given up");
    ck_assert_int_eq(count_bookings(store), 0);
    book(store, 1);
    close_store(store);
}
END_TEST

START_TEST(who_gives_up_waiting_gives_his_place_in_line_back)
{
    rota__store *store = open_calendar(0);
    int32_t outcome = 0;
    add_room(store);
    int fd = open(beside("-lock"), O_RDWR);
    struct flock writing = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
    struct flock next = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1 };
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &writing), 0);
    FAILS(try_book(store, 1, &outcome), ROTA_EBUSY, "is writing");
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &next), 0);
    (void)close(fd);
    book(store, 1);
    close_store(store);
}
END_TEST

START_TEST(a_deleted_lock_file_is_made_anew)
{
    rota__store *a = open_calendar(0), *b = open_calendar(0);
    int32_t outcome = 0;
    add_room(a);
    ck_assert_int_eq(unlink(beside("-lock")), 0);
    book(a, 1);
    ck_assert(is_there(beside("-lock")));
    int fd = open(beside("-lock"), O_RDWR);
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &whole), 0);
    FAILS(try_book(b, 2, &outcome), ROTA_EBUSY, "is writing"); /* it is the new one that counts */
    (void)close(fd);
    book(b, 2);
    close_store(a);
    close_store(b);
}
END_TEST

START_TEST(the_log_stays_short)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    /* Early it has been written back at 256 pages; at 1,500 as much was written as
     * would be 9,000 pages, twice of what it may become. */
    static const struct {
        int64_t bookings, pages;
    } stages[] = { { 60, 300 }, { 1500, 4400 } };
    int64_t booked = 0, longest = 0;
    for (int64_t i = 0; i < ROTA__LENGTH(stages); i++) {
        while (booked < stages[i].bookings) {
            book(store, ++booked);
            rota__arena_reset(&fx.arena);
        }
        longest = size_of_file(beside("-wal"));
        ck_assert_msg(longest > 0 && longest < stages[i].pages * 4120, "%d bytes", (int)longest);
    }
    OK(store->ops->checkpoint(store, &fx.env));
    ck_assert_int_eq(size_of_file(beside("-wal")), 0);
    book(store, ++booked);
    ck_assert_int_eq(count_bookings(store), booked);
    close_store(store);
}
END_TEST

/* Written back at 1 MiB, then at 2, 256 pages would be 16. */
START_TEST(the_log_stays_as_short_where_pages_are_long)
{
    enum { PAGE = 65536, MIB = 1024 * 1024 };
    make_calendar(1);
    run_raw("PRAGMA journal_mode=DELETE; PRAGMA page_size=65536; VACUUM");
    rota__store *store = open_calendar(0);
    forget_pieces();
    for (int64_t i = 10; shim.bytes < 6 * MIB; i++)
        book(store, i);
    int64_t longest = size_of_file(beside("-wal"));
    ck_assert_msg(longest > MIB && longest < 4 * MIB, "%d bytes", (int)longest);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
    ck_assert_int_eq(number_raw("PRAGMA page_size"), PAGE);
}
END_TEST

/* As if SQLite had been built with SQLITE_DEFAULT_LOCKING_MODE and _PAGE_SIZE. */
static int be_another_sqlite(sqlite3 *db, char **message, const void *routines)
{
    (void)message;
    (void)routines;
    return sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=65536", NULL, NULL,
                        NULL);
}

static struct {
    bool old, alone; /* 3.36.0; built for one thread */
} other_sqlite;

int __real_sqlite3_libversion_number(void);
int __wrap_sqlite3_libversion_number(void);
int __real_sqlite3_threadsafe(void);
int __wrap_sqlite3_threadsafe(void);

int __wrap_sqlite3_libversion_number(void)
{
    return other_sqlite.old ? 3036000 : __real_sqlite3_libversion_number();
}

int __wrap_sqlite3_threadsafe(void)
{
    return other_sqlite.alone ? 0 : __real_sqlite3_threadsafe();
}

START_TEST(a_sqlite_that_is_too_old_opens_nothing)
{
    static const char *const paths[] = { fx.path, ":memory:" };
    rota__store *store = NULL;
    for (int64_t i = 0; i < ROTA__LENGTH(paths); i++) {
        other_sqlite.old = true;
        FAILS(try_open(paths[i], 0, 0, &store), ROTA_EVERSION,
              "SQLite 3.36.0 is too old: rota needs 3.37 or later");
        other_sqlite.old = false;
        ck_assert_ptr_null(store);
    }
    ck_assert_int_ne(access(fx.path, F_OK), 0);
}
END_TEST

START_TEST(a_sqlite_for_one_thread_serves_one_handle)
{
    static const char *const paths[] = { fx.path, ":memory:" };
    rota__store *store = NULL, *attached = NULL;
    other_sqlite.alone = true;
    for (int64_t i = 0; i < ROTA__LENGTH(paths); i++) {
        OK(try_open(paths[i], 0, 0, &store));
        FAILS(store->ops->attach(store, &fx.env, &fx.mem, &attached), ROTA_ESTATE,
              "SQLITE_THREADSAFE=0");
        ck_assert_ptr_null(attached);
        add_room(store);
        book(store, 1);
        close_store(store);
    }
    other_sqlite.alone = false;
}
END_TEST

START_TEST(what_sqlite_was_built_to_do_is_not_what_we_do)
{
    ck_assert_int_eq(sqlite3_auto_extension((void (*)(void))be_another_sqlite), SQLITE_OK);
    rota__store *store = open_calendar(0), *other = open_calendar(ROTA_OPEN_EXISTING);
    ck_assert_int_eq(sqlite3_cancel_auto_extension((void (*)(void))be_another_sqlite), 1);
    add_room(store);
    book(other, 1);
    ck_assert_int_eq(count_bookings(store), 1);
    close_store(store);
    close_store(other);
    ck_assert_int_eq(number_raw("PRAGMA page_size"), 4096);
}
END_TEST

START_TEST(a_long_read_does_not_stop_writers)
{
    rota__store *store = open_calendar(0);
    add_room(store);
    book(store, 1);
    sqlite3 *db = open_raw();
    run_on(db, "BEGIN; SELECT count(*) FROM booking");
    for (int64_t i = 2; i <= 300; i++) {
        book(store, i);
        rota__arena_reset(&fx.arena);
    }
    FAILS(store->ops->checkpoint(store, &fx.env), ROTA_EBUSY, "checkpoint");
    ck_assert_int_eq(number_on(db, "SELECT count(*) FROM booking"), 1);
    run_on(db, "COMMIT");
    sqlite3_close(db);
    OK(store->ops->checkpoint(store, &fx.env));
    ck_assert_int_eq(count_bookings(store), 300);
    close_store(store);
}
END_TEST

/* One process of several that create, book and read at the same time. */
static int compete(int64_t me, int64_t bookings)
{
    rota__store *store = NULL;
    int32_t outcome = 0;
    if (try_open(fx.path, 0, 20000, &store) != ROTA_OK) return 1;
    rota__batch room = { 0 };
    add_resource(&room, 1); /* the first one makes it, to the others it is stale */
    if (put(store, &room, &outcome) != ROTA_OK) return 2;
    for (int64_t i = 0; i < bookings;) {
        int64_t stamp = 0;
        rota__batch batch = { 0 };
        if (store->ops->stamp(store, &fx.env, 1, &stamp) != ROTA_OK) return 3;
        rota__booking *booking = add_booking(&batch, me * 1000 + i, 1);
        add_event(&batch, booking->id);
        *ROTA__PUSH(&fx.arena,
                    &batch.guards) = (rota__guard){ .resource = 1, .stamp = stamp, .bump = true };
        if (put(store, &batch, &outcome) != ROTA_OK) return 4;
        if (outcome == ROTA__COMMITTED)
            i++;
        else if (outcome != ROTA__STALE)
            return 5;
        rota__arena_reset(&fx.arena);
    }
    close_store(store);
    return 0;
}

START_TEST(processes_that_create_and_book_at_once_lose_nothing)
{
    enum { PROCESSES = 6, BOOKINGS = 40 };
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) _exit(compete(i, BOOKINGS));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d: %d", i, status);
    }
    rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
    ck_assert_int_eq(count_bookings(store), PROCESSES * BOOKINGS);
    int64_t stamp = 0;
    OK(store->ops->stamp(store, &fx.env, 1, &stamp));
    ck_assert_int_eq(stamp, 1 + PROCESSES * BOOKINGS);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

START_TEST(a_killed_process_loses_nothing_it_was_promised)
{
    int said[2];
    ck_assert_int_eq(pipe(said), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        rota__store *store = open_calendar(0);
        add_room(store);
        for (int32_t i = 1;; i++) {
            book(store, i);
            rota__arena_reset(&fx.arena);
            if (write(said[1], &i, sizeof i) != (ssize_t)sizeof i) _exit(1);
        }
    }
    int32_t last = 0;
    while (last < 300)
        ck_assert_int_eq(read(said[0], &last, sizeof last), sizeof last);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    (void)close(said[1]);
    while (read(said[0], &last, sizeof last) == (ssize_t)sizeof last) {
    }
    (void)close(said[0]);

    rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
    for (int32_t i = 1; i <= last; i++)
        ck_assert_msg(has_booking(store, i), "%d of %d", i, last);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

/* --- stopped at a moment, and on a disk that fails --- */

/* Both answers must come from the lock beside the file, which is what keeps SQLite
 * before 3.51.3 from losing commits: its own locks let a checkpoint go on. */
static rota__store *racing;
static int racing_turns;

static void race_with_commit(void)
{
    int32_t outcome = 0;
    racing_turns++;
    FAILS(try_book(racing, 900, &outcome), ROTA_EBUSY, "is writing");
}

static void race_with_checkpoint(void)
{
    racing_turns++;
    FAILS(racing->ops->checkpoint(racing, &fx.env), ROTA_EBUSY, "is writing");
}

START_TEST(a_checkpoint_and_a_commit_never_meet)
{
    rota__store *a = open_calendar(0), *b = open_calendar(0);
    add_room(a);
    for (int64_t i = 1; i <= 60; i++)
        book(a, i);
    ck_assert_int_eq(count_bookings(b), 60);
    OK(a->ops->checkpoint(a, &fx.env));
    for (int64_t i = 61; i <= 64; i++)
        book(a, i); /* the log begins anew: b's view of it is old */
    racing = a;
    racing_turns = 0;
    shim.when_checkpointing = race_with_commit;
    OK(b->ops->checkpoint(b, &fx.env));
    ck_assert_int_eq(racing_turns, 1);
    racing = b;
    shim.when_writing = race_with_checkpoint;
    book(a, 65);
    ck_assert_int_eq(racing_turns, 2);
    for (int64_t i = 66; i <= 90; i++)
        book(a, i);
    close_store(b);
    close_store(a);

    rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
    for (int64_t i = 1; i <= 90; i++)
        ck_assert_msg(has_booking(store, i), "%d", (int)i);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

START_TEST(a_lock_file_that_was_made_anew_is_held_too)
{
    rota__store *a = open_calendar(0), *b = open_calendar(0);
    add_room(a);
    ck_assert_int_eq(unlink(beside("-lock")), 0);
    racing = b;
    racing_turns = 0;
    shim.when_writing = race_with_commit;
    book(a, 1);
    ck_assert_int_eq(racing_turns, 1);
    book(b, 2);
    close_store(b);
    close_store(a);
}
END_TEST

/* Write number _i fails while a calendar is made and booked: whatever was
 * acknowledged is there afterwards, whatever was refused is not, the same handle
 * goes on when the disk does, and what is unknown is one or the other. */
static void sweep(int code, bool persists, int64_t fail_at)
{
    enum { UNSEEN, THERE, ABSENT, UNKNOWN } state[8] = { UNSEEN };
    shim.fail_at = fail_at;
    shim.persists = persists;
    shim.code = code;
    rota__store *store = NULL;
    int rc = try_open(fx.path, 0, 0, &store);
    if (rc != ROTA_OK) {
        ck_assert_msg(rc == ROTA_EIO || rc == ROTA_ECORRUPT, "%d: %s", rc, fx.error.message);
        if (code == SQLITE_FULL && !strstr(fx.error.message, "FSYNC") && rc == ROTA_EIO)
            ck_assert_ptr_nonnull(strstr(fx.error.message, fx.path));
        shim.fail_at = 0;
        store = open_calendar(0);
    }
    rota__batch room = { 0 };
    int32_t outcome = 0;
    add_resource(&room, 1);
    rc = put(store, &room, &outcome);
    if (rc != ROTA_OK || outcome == ROTA__UNKNOWN) {
        shim.fail_at = 0;
        rota__batch again = { 0 };
        add_resource(&again, 1);
        OK(put(store, &again, &outcome));
        ck_assert(outcome == ROTA__COMMITTED || outcome == ROTA__STALE);
    }
    for (int64_t i = 1; i < 8; i++) {
        rc = try_book(store, i, &outcome);
        if (rc == ROTA_OK)
            state[i] = outcome == ROTA__COMMITTED ? THERE : UNKNOWN;
        else
            state[i] = ABSENT;
        if (rc != ROTA_OK && code == SQLITE_FULL) FAILS(rc, ROTA_EIO, "disk is full");
        if (i == 4) {
            rc = store->ops->checkpoint(store, &fx.env);
            ck_assert_msg(rc == ROTA_OK || rc == ROTA_EIO, "%d: %s", rc, fx.error.message);
        }
    }
    shim.fail_at = 0;
    for (int64_t i = 1; i < 8; i++)
        if (state[i] == THERE || state[i] == ABSENT)
            ck_assert_int_eq(has_booking(store, i), state[i] == THERE);
    book(store, 100);
    close_store(store);

    store = open_calendar(ROTA_OPEN_EXISTING);
    for (int64_t i = 1; i < 8; i++)
        if (state[i] == THERE || state[i] == ABSENT)
            ck_assert_int_eq(has_booking(store, i), state[i] == THERE);
    ck_assert(has_booking(store, 100));
    OK(store->ops->check(store, &fx.env));
    close_store(store);
    rota__arena_reset(&fx.arena);
    remove_files();
}

START_TEST(a_failing_disk_breaks_no_promise)
{
    static const struct {
        int code;
        bool persists;
    } faults[] = {
        { SQLITE_IOERR_WRITE, false },
        { SQLITE_IOERR_WRITE, true },
        { SQLITE_FULL, false },
        { SQLITE_FULL, true },
    };
    struct fx chance = { .random = tests_seed("failing disk") + (uint64_t)_i };
    int64_t last = 0;
    sweep(SQLITE_IOERR_WRITE, false, 1000000);
    last = shim.seen; /* as many writes as there are without a failure */
    ck_assert_int_gt(last, 60);
    for (int64_t at = 1; at <= last; at = fx_next(&chance, at, 5)) {
        shim.seen = 0;
        sweep(faults[_i].code, faults[_i].persists, at);
    }
}
END_TEST

/* Of a flush that finds no room, too. */
START_TEST(a_commit_that_may_be_written_is_unknown)
{
    shim.sync_code = _i == 0 ? 0 : SQLITE_FULL;
    rota__store *store = open_calendar(0);
    int32_t outcome = 0;
    add_room(store);
    book(store, 1);
    bool unknown = false;
    for (int64_t at = 1; at <= 40 && !unknown; at++) {
        shim.seen = 0;
        shim.fail_at = at;
        shim.code = SQLITE_FULL; /* so that what is unknown is the sync, not a write */
        int rc = try_book(store, 1 + at, &outcome);
        shim.fail_at = 0;
        if (rc != ROTA_OK)
            ck_assert_int_eq(rc, ROTA_EIO);
        else if (outcome == ROTA__UNKNOWN)
            unknown = true;
        else
            break; /* no failure was reached */
    }
    ck_assert(unknown);
    ck_assert_int_eq(fx.log_level, ROTA_LOG_ERROR);
    ck_assert_ptr_nonnull(strstr(fx.logged, fx.path));
    /* SQLITE_IOERR_FSYNC: what finds no room is surely not written */
    ck_assert_ptr_nonnull(strstr(fx.logged, _i == 0 ? "(SQLite 1034)" : "(SQLite 13)"));
    book(store, 90);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

static void add_long(rota__batch *batch, int64_t number, int64_t count)
{
    static char bulk[4001];
    memset(bulk, 'x', sizeof bulk - 1);
    for (int64_t i = 0; i < count; i++)
        add_booking(batch, number + i, 1)->data = bulk;
}

/* More than the log may grow to, in one commit, so that it is written back. */
static int put_much(rota__store *store, int64_t number, int32_t *outcome)
{
    rota__batch batch = { 0 };
    add_long(&batch, number, 300);
    return put(store, &batch, outcome);
}

/* What a process leaves that ends just now. (To close the file again takes our locks of it
 * away; nobody else is there.) */
static void copy_as_left(void)
{
    copy_file(fx.path, beside("-copy"));
    copy_file(beside("-wal"), beside("-copy-wal"));
}

static void check_as_left(int64_t bookings)
{
    copy_as_left();
    check_copy(bookings);
}

/* Closed, and opened again. */
static void check_closed(int64_t bookings)
{
    rota__store *store = open_calendar(ROTA_OPEN_EXISTING);
    ck_assert_int_eq(count_bookings(store), bookings);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}

START_TEST(a_commit_goes_to_the_log_in_few_pieces)
{
    enum { FRAME = 4096 + 24, PIECE = 128 * 1024 };
    rota__store *store = open_calendar(0);
    int32_t outcome = 0;
    add_room(store);
    book(store, 1);
    forget_pieces();
    book(store, 2);
    ck_assert_int_eq(shim.pieces, 1);
    ck_assert_int_ge(shim.bytes, 3 * FRAME);
    ck_assert_int_eq(shim.bytes % FRAME, 0);
    OK(store->ops->checkpoint(store, &fx.env));
    forget_pieces();
    book(store, 3); /* the log begins anew: its header goes out first */
    ck_assert_int_eq(shim.pieces, 2);

    forget_pieces();
    OK(put_much(store, 10, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    ck_assert_int_ge(shim.bytes, 300 * FRAME);
    ck_assert_int_lt(shim.largest, PIECE);
    ck_assert_int_le(shim.pieces, shim.bytes / (PIECE - 2 * FRAME) + 2);
    check_as_left(303);
    close_store(store);
}
END_TEST

/* As after a crash of the process, and with the log written back. */
START_TEST(pages_are_whole_over_a_vfs_that_knows_them_by_the_size_of_a_write)
{
    shim.by_size = true;
    rota__store *store = open_calendar(0);
    add_room(store);
    for (int64_t i = 1; i <= 20; i++)
        book(store, i);
    check_as_left(20);
    close_store(store);
    check_closed(20);
}
END_TEST

START_TEST(pieces_are_gathered_over_each_vfs_of_sqlites_own)
{
    static const char *const names[] = { "unix", "unix-excl" };
    for (int64_t i = 0; i < ROTA__LENGTH(names); i++) {
        ck_assert_int_eq(sqlite3_vfs_register(sqlite3_vfs_find(names[i]), 1), SQLITE_OK);
        rota__store *store = open_calendar(0);
        ck_assert_ptr_nonnull(rota__sqlite_of(store)->gather.bytes);
        close_store(store);
    }
}
END_TEST

/* More than SQLite keeps in memory: pages are written before the commit. One of them, that of
 * the second room's claims, is changed later, and written again to its place; then the commit
 * reads what follows it, and writes the checksums anew. */
START_TEST(a_commit_larger_than_memory_is_whole)
{
    enum { BOOKINGS = 4000 };
    rota__store *store = open_calendar(0);
    rota__batch batch = { 0 };
    int32_t outcome = 0;
    add_room(store);
    add_resource(&batch, 2);
    OK(put(store, &batch, &outcome));
    book(store, 1);
    batch = (rota__batch){ 0 };
    add_booking(&batch, 2, 2);
    add_long(&batch, 10, BOOKINGS);
    add_booking(&batch, 3, 2);
    forget_pieces();
    OK(put(store, &batch, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    ck_assert_int_gt(shim.bytes, 12 * 1024 * 1024);
    check_as_left(BOOKINGS + 3);
    book(store, 4);
    check_as_left(BOOKINGS + 4);
    close_store(store);
}
END_TEST

START_TEST(what_is_written_behind_the_flush_is_there)
{
    shim.smears = true;
    rota__store *store = open_calendar(0);
    add_room(store);
    for (int64_t i = 1; i <= 60; i++) {
        book(store, i);
        check_as_left(i);
    }
    close_store(store);
    check_closed(60);
}
END_TEST

/* No room in each write of a commit in turn. Where SQLite pads the log, the commit is in it
 * before the last ones. */
START_TEST(no_room_behind_the_flush_is_unknown)
{
    int32_t outcome = 0;
    shim.smears = shim.syncs = true;
    rota__store *store = open_calendar(0);
    add_room(store);
    book(store, 1);
    bool unknown = false, done = false;
    for (int64_t at = 1; at <= 40 && !unknown && !done; at++) {
        shim.seen = 0;
        shim.fail_at = at;
        shim.code = SQLITE_FULL;
        int rc = try_book(store, 1 + at, &outcome);
        shim.fail_at = 0;
        unknown = rc == ROTA_OK && outcome == ROTA__UNKNOWN;
        done = rc == ROTA_OK && outcome == ROTA__COMMITTED;
        if (rc != ROTA_OK) check_as_left(1);
    }
    ck_assert(unknown);
    check_as_left(2);
    close_store(store);
}
END_TEST

/* The room of the log ends in the middle of a commit, which write(2) fills first. What is said
 * of the commit is true when the file is recovered, and where nothing is padded more is known. */
START_TEST(no_room_wherever_it_ends_leaves_what_was_said)
{
    static const struct {
        int64_t bookings, step;
    } sizes[] = { { 1, 331 }, { 60, 8191 } };
    int64_t said[ROTA__UNKNOWN + 1] = { 0 };
    for (int64_t s = 0; s < ROTA__LENGTH(sizes); s++) {
        int32_t outcome = ROTA__STALE;
        for (int64_t more = sizes[s].step; outcome != ROTA__COMMITTED; more += sizes[s].step) {
            remove_files();
            shim.smears = _i & 1;
            shim.says_nothing = _i & 2;
            shim.end = 0;
            rota__store *store = open_calendar(0);
            add_room(store);
            book(store, 1);
            rota__batch batch = { 0 };
            add_long(&batch, 10, sizes[s].bookings);
            shim.room = shim.end + more;
            int rc = put(store, &batch, &outcome);
            shim.room = 0;
            if (rc != ROTA_OK) outcome = ROTA__STALE;
            said[outcome]++;
            copy_as_left();
            sqlite3 *copy = NULL;
            ck_assert_int_eq(sqlite3_open(beside("-copy"), &copy), SQLITE_OK);
            int64_t there = number_on(copy, "SELECT count(*) FROM booking") - 1;
            (void)sqlite3_close(copy);
            ck_assert(there == 0 || there == sizes[s].bookings);
            ck_assert_msg(outcome == ROTA__UNKNOWN || (outcome == ROTA__COMMITTED) == (there > 0),
                          "room for %d bytes: %d, %d there", (int)more, outcome, (int)there);
            close_store(store);
        }
    }
    ck_assert_int_eq(said[ROTA__COMMITTED], ROTA__LENGTH(sizes));
    ck_assert_int_gt(said[ROTA__STALE], 50);
    ck_assert_int_eq(said[ROTA__UNKNOWN] > 0, shim.smears);
}
END_TEST

enum { SMALL_ROWS = 16 };

/* With memory for hardly a page SQLite writes before the commit, and again to the same places;
 * then it reads all that follows, of which the last is only gathered yet. */
static void open_small(rota__sqlite *self)
{
    remove_files();
    shim.end = 0;
    *self = (rota__sqlite){ .mem = &fx.mem, .path = fx.path, .db = open_raw() };
    run_on(self->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=EXTRA;"
                     "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=12;"
                     "CREATE TABLE t(k INTEGER PRIMARY KEY, v INT, b BLOB)");
    OK(rota__sqlite_gather_open(self, &fx.env));
}

static void change_small(const rota__sqlite *self, struct fx *chance)
{
    char sql[128];
    run_on(self->db, "BEGIN IMMEDIATE");
    for (int64_t n = 6 + fx_random(chance, 10); n > 0; n--) {
        (void)snprintf(sql, sizeof sql, "REPLACE INTO t VALUES(%d,%d,zeroblob(3000))",
                       (int)fx_random(chance, SMALL_ROWS), (int)fx_random(chance, 1000));
        run_on(self->db, sql);
    }
}

static int64_t sum_small(sqlite3 *db)
{
    return number_on(db, "SELECT count(*)*1000000+total(k*v) FROM t");
}

static int64_t sum_left(void)
{
    sqlite3 *copy = NULL;
    copy_as_left();
    ck_assert_int_eq(sqlite3_open(beside("-copy"), &copy), SQLITE_OK);
    int64_t sum = sum_small(copy);
    (void)sqlite3_close(copy);
    return sum;
}

static void close_small(rota__sqlite *self)
{
    rota__sqlite_disconnect(self);
    rota__sqlite_gather_close(self);
}

START_TEST(what_a_commit_reads_of_itself_is_there)
{
    enum { CALENDARS = 150, COMMITS = 12 };
    struct fx chance = { .random = 7919 };
    for (int i = 0; i < CALENDARS; i++) {
        rota__sqlite self;
        open_small(&self);
        for (int k = 0; k < COMMITS; k++) {
            change_small(&self, &chance);
            OK(rota__sqlite_commit_gathered(&self, &fx.env));
            ck_assert_msg(sum_left() == sum_small(self.db), "calendar %d, commit %d", i, k);
        }
        close_small(&self);
    }
}
END_TEST

/* The end of the commit is written twice: with all before it wrong first. */
START_TEST(no_room_where_a_commit_is_written_again_leaves_what_was_said)
{
    enum { CALENDARS = 20, STEP = 811 };
    int64_t recorded = 0, not = 0;
    shim.smears = _i == 1;
    for (int i = 0; i < CALENDARS; i++) {
        int rc = ROTA_EIO;
        for (int64_t more = STEP; rc != ROTA_OK; more += STEP) {
            struct fx chance = { .random = (uint64_t)i + 1 };
            rota__sqlite self;
            open_small(&self);
            change_small(&self, &chance);
            OK(rota__sqlite_commit_gathered(&self, &fx.env));
            int64_t before = sum_small(self.db);
            change_small(&self, &chance);
            int64_t after = sum_small(self.db);
            shim.room = shim.end + more;
            rc = rota__sqlite_commit_gathered(&self, &fx.env);
            shim.room = 0;
            recorded += rc != ROTA_OK && self.gather.recorded;
            not += rc != ROTA_OK && !self.gather.recorded;
            int64_t left = sum_left();
            ck_assert(left == before || left == after);
            ck_assert_msg(rc == ROTA_OK ? left == after : self.gather.recorded || left == before,
                          "calendar %d, room for %d bytes", i, (int)more);
            close_small(&self);
        }
    }
    ck_assert_int_gt(not, CALENDARS);
    ck_assert_int_eq(recorded > 0, shim.smears);
}
END_TEST

START_TEST(a_checkpoint_that_fails_fails_no_commit)
{
    rota__store *store = open_calendar(0);
    int32_t outcome = 0;
    add_room(store);
    OK(put_much(store, 1000, &outcome));
    OK(store->ops->checkpoint(store, &fx.env));
    shim.seen = 0;
    OK(put_much(store, 2000, &outcome));
    int64_t writes = shim.seen;
    ck_assert_int_gt(writes, 300); /* to the log, and from there to the file */
    OK(store->ops->checkpoint(store, &fx.env));
    ck_assert_str_eq(fx.logged, "");
    shim.seen = 0;
    shim.fail_at = writes - 20;
    shim.persists = true;
    shim.code = SQLITE_IOERR_WRITE;
    OK(put_much(store, 3000, &outcome));
    ck_assert_int_eq(outcome, ROTA__COMMITTED);
    ck_assert_int_eq(fx.log_level, ROTA_LOG_WARNING);
    ck_assert_ptr_nonnull(strstr(fx.logged, "checkpoint"));
    shim.fail_at = 0;
    ck_assert_int_eq(count_bookings(store), 900);
    close_store(store);
    check_closed(900);
}
END_TEST

/* --- memory --- */

static struct {
    int64_t countdown;
    bool persists;
} memory_fault;

static void *failing(void *ctx, void *block, int64_t size)
{
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (memory_fault.countdown > 0 && --memory_fault.countdown == 0) {
        if (memory_fault.persists) memory_fault.countdown = 1;
        return NULL;
    }
    return realloc(block, (size_t)size);
}

START_TEST(an_allocation_that_fails_changes_nothing)
{
    make_calendar(3);
    bool failed = true;
    for (int64_t at = 1; failed; at++) {
        ck_assert_int_lt(at, 1000);
        rota__mem mem;
        rota__arena arena;
        rota__error error;
        rota__env env = { .arena = &arena, .error = &error };
        rota__mem_init(&mem, failing, NULL);
        rota__arena_init(&arena, &mem);
        rota__sqlite_options options = { .flags = 0 };
        rota__store *store = NULL;
        rota__booking booking, *bookings = NULL;
        rota__timeline_rows timeline;
        rota__by by = { .row = 2 };
        rota__booking_filter ever = { .when = { ROTA_TIME_MIN, ROTA_TIME_MAX }, .statuses = ~0u };
        int64_t count = 0;
        failed = false;
        memory_fault.countdown = at;
        memory_fault.persists = _i == 1;
        int rc = rota__sqlite_open(&env, &mem, fx.path, &options, &store);
        if (rc == ROTA_OK) {
            int answers[] = {
                store->ops->booking_get(store, &env, &by, &booking),
                store->ops->booking_list(store, &env, &ever, &bookings, &count),
                store->ops->timeline(store, &env, 1, &timeline),
                store->ops->check(store, &env),
            };
            for (int64_t i = 0; i < ROTA__LENGTH(answers); i++) {
                ck_assert_msg(answers[i] == ROTA_OK || answers[i] == ROTA_ENOMEM, "%d: %s",
                              answers[i], error.message);
                if (answers[i] != ROTA_OK) failed = true;
            }
            store->ops->close(store);
        } else {
            ck_assert_int_eq(rc, ROTA_ENOMEM);
            ck_assert_ptr_null(store);
            failed = true;
        }
        if (memory_fault.countdown == 0 || memory_fault.persists) failed = failed || rc != ROTA_OK;
        memory_fault.countdown = 0;
        rota__arena_free(&arena);
        ck_assert_int_eq(mem.held, 0);
    }
}
END_TEST

/* The same for what SQLite allocates, which the handle's memory does not see. */
START_TEST(sqlite_without_memory_breaks_no_promise)
{
    make_calendar(3);
    int32_t outcome = 0;
    int64_t failures = 0, number = 10;
    for (int64_t room = 0; room < 400; room++) {
        bool there = false, unknown = false;
        rota__store *store = NULL;
        rota__booking booking;
        rota__timeline_rows timeline;
        rota__by by = { .row = 2 };
        /* Every other time the handle is open already when memory ends. */
        if (room % 2 == 0) OK(try_open(fx.path, 0, 0, &store));
        (void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + 1 + room * 640);
        int rc = store ? ROTA_OK : try_open(fx.path, 0, 0, &store);
        if (rc == ROTA_OK) {
            int answers[] = {
                try_book(store, ++number, &outcome),
                store->ops->booking_get(store, &fx.env, &by, &booking),
                store->ops->timeline(store, &fx.env, 1, &timeline),
            };
            there = answers[0] == ROTA_OK && outcome == ROTA__COMMITTED;
            unknown = answers[0] == ROTA_OK && outcome == ROTA__UNKNOWN;
            for (int64_t i = 0; i < ROTA__LENGTH(answers); i++) {
                ck_assert_msg(answers[i] == ROTA_OK || answers[i] == ROTA_ENOMEM, "%d: %s",
                              answers[i], fx.error.message);
                if (answers[i] != ROTA_OK) failures++;
            }
        } else {
            ck_assert_msg(rc == ROTA_ENOMEM, "%d: %s", rc, fx.error.message);
            failures++;
        }
        (void)sqlite3_hard_heap_limit64(0);
        if (store) {
            if (!unknown) ck_assert_int_eq(has_booking(store, number), there);
            book(store, ++number); /* it goes on */
            close_store(store);
        }
        rota__arena_reset(&fx.arena);
    }
    ck_assert_int_gt(failures, 20);
    rota__store *store = open_calendar(0);
    OK(store->ops->check(store, &fx.env));
    close_store(store);
}
END_TEST

/* --- other users and other media, where this process may arrange them --- */

static int run_child(int (*body)(void))
{
    int status = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        uid_t before = geteuid();
        int answer = body();
        if (geteuid() == before) fx_count_child();
        _exit(answer);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

enum { SKIPPED = 77 };

static int answer_of(uint32_t flags, int expected)
{
    rota__store *store = NULL;
    int rc = try_open(fx.path, flags, 0, &store);
    if (store) close_store(store);
    if (rc == expected && (rc == ROTA_OK || strstr(fx.error.message, fx.path))) return 0;
    printf("%d instead of %d: %s\n", rc, expected, fx.error.message);
    (void)fflush(stdout);
    return 1;
}

static int as_nobody(void)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return SKIPPED;
    int wrong = 0;
    wrong += answer_of(0, ROTA_EDENIED);
    wrong += answer_of(ROTA_OPEN_READONLY, ROTA_EDENIED);
    return wrong;
}

static int as_nobody_who_may_read(void)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return SKIPPED;
    return answer_of(0, ROTA_EDENIED);
}

START_TEST(a_file_that_may_not_be_read_or_written_is_denied)
{
    make_calendar(1);
    ck_assert_int_eq(chmod(fx.directory, 0755), 0);
    ck_assert_int_eq(chmod(fx.path, 0), 0);
    int unreadable = run_child(as_nobody);
    ck_assert_int_eq(chmod(fx.path, 0444), 0);
    int unwritable = run_child(as_nobody_who_may_read);
    ck_assert_int_eq(chmod(fx.directory, 0), 0);
    int unreachable = run_child(as_nobody);
    ck_assert_int_eq(chmod(fx.directory, 0700), 0);
    if (unreadable == SKIPPED) printf("skipped: cannot become another user\n");
    ck_assert(unreadable == 0 || unreadable == SKIPPED);
    ck_assert(unwritable == 0 || unwritable == SKIPPED);
    ck_assert(unreachable == 0 || unreachable == SKIPPED);
}
END_TEST

static bool mount_here(const char *options, unsigned long flags)
{
    if ((flags & MS_REMOUNT) == 0 &&
        (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
        return false;
    return mount("rota", fx.directory, "tmpfs", flags, options) == 0;
}

static int on_read_only_medium(void)
{
    if (!mount_here("size=4m", 0)) return SKIPPED;
    (void)snprintf(fx.path, sizeof fx.path, "%s/c a?l#%%.db",
                   fx.directory); /* as a URI has to write it */
    make_calendar(2);
    if (!mount_here("size=4m", MS_REMOUNT | MS_RDONLY)) return SKIPPED;
    int wrong = answer_of(0, ROTA_EDENIED);
    rota__store *store = NULL;
    if (try_open(fx.path, ROTA_OPEN_READONLY, 0, &store) != ROTA_OK) {
        printf("%s\n", fx.error.message);
        return wrong + 1;
    }
    rota__counts counts = { 0 };
    if (store->ops->counts(store, &fx.env, &counts) != ROTA_OK || counts.bookings != 2) wrong++;
    if (store->ops->check(store, &fx.env) != ROTA_OK) wrong++;
    close_store(store);
    return wrong;
}

START_TEST(a_calendar_on_a_read_only_medium_can_be_read)
{
    int answer = run_child(on_read_only_medium);
    if (answer == SKIPPED) printf("skipped: cannot mount\n");
    ck_assert_msg(answer == 0 || answer == SKIPPED, "%d", answer);
}
END_TEST

static int on_full_disk(void)
{
    if (!mount_here("size=1m", 0)) return SKIPPED;
    rota__store *store = open_calendar(0);
    add_room(store);
    int64_t made = 0, full = 0;
    char *bulk = malloc(4001);
    if (!bulk) return 1;
    memset(bulk, 'x', 4000);
    bulk[4000] = '\0';
    for (int64_t i = 1; i < 1000 && full < 3; i++) {
        rota__batch batch = { 0 };
        int32_t outcome = 0;
        add_booking(&batch, i, 1)->data = bulk;
        int rc = put(store, &batch, &outcome);
        if (rc == ROTA_OK && outcome == ROTA__COMMITTED) {
            made++;
        } else if (rc == ROTA_EIO && strstr(fx.error.message, "disk is full")) {
            full++;
        } else if (rc != ROTA_OK) {
            printf("%d %s\n", rc, fx.error.message);
            return 2;
        }
        rota__arena_reset(&fx.arena);
    }
    free(bulk);
    printf("full disk: %d bookings fit\n", (int)made);
    if (full < 3 || made < 20) return 3;
    if (count_bookings(store) != made) return 4;
    close_store(store);
    if (mount("rota", fx.directory, "tmpfs", MS_REMOUNT, "size=8m") != 0) return 5;
    store = open_calendar(ROTA_OPEN_EXISTING);
    book(store, 5000);
    if (count_bookings(store) != made + 1) return 6;
    if (store->ops->check(store, &fx.env) != ROTA_OK) return 7;
    close_store(store);
    (void)fflush(stdout);
    return 0;
}

START_TEST(a_full_disk_is_named_and_loses_nothing)
{
    int answer = run_child(on_full_disk);
    if (answer == SKIPPED) printf("skipped: cannot mount\n");
    ck_assert_msg(answer == 0 || answer == SKIPPED, "%d", answer);
}
END_TEST

Suite *sqlite_suite(void)
{
    Suite *suite = suite_create("sqlite");
    TCase *file = tcase_create("file"), *handles = tcase_create("handles");
    TCase *disk = tcase_create("disk");
    tcase_add_checked_fixture(file, set_up, tear_down);
    tcase_add_test(file, a_new_file_says_what_it_is);
    tcase_add_test(file, the_connection_is_as_careful_as_it_says);
    tcase_add_test(file, closing_leaves_one_plain_file);
    tcase_add_test(file, a_calendar_opens_again_and_again);
    tcase_add_test(file, a_newer_schema_is_refused_by_number);
    tcase_add_test(file, a_file_of_the_first_release_is_renewed);
    tcase_add_test(file, a_file_of_the_second_schema_is_renewed);
    tcase_add_test(file, a_file_of_the_third_schema_is_renewed_and_nothing_has_hours_in_it);
    tcase_add_test(file,
                   a_file_of_the_fourth_schema_is_renewed_and_knows_what_removed_ones_were_called);
    tcase_add_test(file, a_renewed_file_has_the_schema_of_a_new_one);
    tcase_add_test(file, a_file_that_lacks_a_table_of_its_schema_is_no_calendar);
    tcase_add_test(file, what_is_no_calendar_is_refused_and_left_alone);
    tcase_add_test(file, a_file_that_keeps_no_log_can_be_read);
    tcase_add_test(file, an_empty_file_becomes_a_calendar_unless_one_must_exist);
    tcase_add_test(file, a_path_that_cannot_be_a_calendar_is_named);
    tcase_add_test(file, a_second_name_of_the_file_is_refused);
    tcase_add_test(file, the_directory_may_be_a_link);
    tcase_add_test(file, reading_only_writes_nothing);
    tcase_add_test(file, a_calendar_in_memory_can_be_read_only_too);
    tcase_add_test(file, a_damaged_row_is_named);
    tcase_add_test(file, a_damaged_series_is_named);
    tcase_add_test(file, the_check_finds_what_of_a_series_does_not_belong_together);
    tcase_add_test(file, a_damaged_resource_event_or_key_is_named);
    tcase_add_test(file, the_check_finds_what_does_not_belong_together);
    tcase_add_test(file, the_check_finds_what_of_reminders_does_not_belong_together);
    tcase_add_test(file, a_flipped_bit_in_any_page_never_crashes);
    tcase_add_test(file, the_log_may_grow_where_it_is_full_soon_and_written_back_in_no_time);
    tcase_add_test(file, a_truncated_file_is_damaged);
    tcase_add_test(file, triggers_and_views_in_the_file_do_nothing);
    tcase_add_test(file, a_table_of_another_shape_is_damage);
    tcase_add_test(file, the_feed_cannot_be_changed_by_other_tools);
    tcase_add_test(file, what_the_tables_forbid_is_refused_whole);
    tcase_add_loop_test(file, a_change_reaches_claims_of_every_kind, 0, 2);
    tcase_add_test(file, bookings_of_every_length_are_found_where_they_overlap);
    tcase_add_test(file, what_lies_outside_of_a_window_is_not_read);
    tcase_add_loop_test(file, an_allocation_that_fails_changes_nothing, 0, 2);
    tcase_add_test(file, sqlite_without_memory_breaks_no_promise);
    tcase_add_test(file, a_file_that_may_not_be_read_or_written_is_denied);
    tcase_add_test(file, a_calendar_on_a_read_only_medium_can_be_read);
    tcase_add_test(file, a_full_disk_is_named_and_loses_nothing);
    tcase_set_timeout(file, 60);
    suite_add_tcase(suite, file);

    tcase_add_checked_fixture(handles, set_up, tear_down);
    tcase_add_test(handles, a_handle_notices_what_another_has_committed);
    tcase_add_test(handles, a_cache_that_connections_share_is_not_ours);
    tcase_add_test(handles, a_guard_falls_to_another_handle);
    tcase_add_test(handles, a_locked_calendar_is_busy_and_then_free);
    tcase_add_test(handles, nobody_else_writes_from_the_beginning_of_a_turn_to_its_end);
    tcase_add_test(handles, a_turn_that_was_given_up_is_not_written_on);
    tcase_add_test(handles, who_gives_up_waiting_gives_his_place_in_line_back);
    tcase_add_test(handles, a_deleted_lock_file_is_made_anew);
    tcase_add_test(handles, the_log_stays_short);
    tcase_add_test(handles, the_log_stays_as_short_where_pages_are_long);
    tcase_add_test(handles, what_sqlite_was_built_to_do_is_not_what_we_do);
    tcase_add_test(handles, a_sqlite_that_is_too_old_opens_nothing);
    tcase_add_test(handles, a_sqlite_for_one_thread_serves_one_handle);
    tcase_add_test(handles, a_long_read_does_not_stop_writers);
    tcase_add_test(handles, processes_that_create_and_book_at_once_lose_nothing);
    tcase_add_test(handles, a_killed_process_loses_nothing_it_was_promised);
    tcase_set_timeout(handles, 60);
    suite_add_tcase(suite, handles);

    tcase_add_checked_fixture(disk, set_up, tear_down);
    tcase_add_test(disk, a_checkpoint_and_a_commit_never_meet);
    tcase_add_test(disk, a_lock_file_that_was_made_anew_is_held_too);
    tcase_add_loop_test(disk, a_failing_disk_breaks_no_promise, 0, 4);
    tcase_add_loop_test(disk, a_commit_that_may_be_written_is_unknown, 0, 2);
    tcase_add_test(disk, a_commit_goes_to_the_log_in_few_pieces);
    tcase_add_test(disk, pages_are_whole_over_a_vfs_that_knows_them_by_the_size_of_a_write);
    tcase_add_test(disk, pieces_are_gathered_over_each_vfs_of_sqlites_own);
    tcase_add_test(disk, a_commit_larger_than_memory_is_whole);
    tcase_add_test(disk, what_is_written_behind_the_flush_is_there);
    tcase_add_test(disk, no_room_behind_the_flush_is_unknown);
    tcase_add_loop_test(disk, no_room_wherever_it_ends_leaves_what_was_said, 0, 4);
    tcase_add_test(disk, what_a_commit_reads_of_itself_is_there);
    tcase_add_loop_test(disk, no_room_where_a_commit_is_written_again_leaves_what_was_said, 0, 2);
    tcase_add_test(disk, a_checkpoint_that_fails_fails_no_commit);
    tcase_set_timeout(disk, 120);
    suite_add_tcase(suite, disk);
    return suite;
}
