/* A commit goes to the log in a few large writes. SQLite writes two pieces for each page that
 * changed, 24 bytes and 4 KiB, and each is a call of the system; where many bookings share a
 * flush, these calls take as long as the flush. While it commits, the log's methods are ours:
 * what lies behind each other is gathered, and goes out before anything else is done with the
 * log, in particular before it is flushed. So nothing is seen, nor counts as committed, that
 * was not written. */
#include "store/sqlite_private.h"

/* SQLite's own write takes less than 128 KiB (os_unix.c); 31 pages and a header are less. */
enum { ROOM = 127 * 1024 };

static rota__sqlite_gather *gather_of(sqlite3_file *log)
{
    const rota__sqlite_gather *found = (const void *)log->pMethods;
    return found->self;
}

/* The methods below it, with all that was gathered put out. */
static int put_out(sqlite3_file *log, const sqlite3_io_methods **below)
{
    rota__sqlite_gather *gather = gather_of(log);
    int count = gather->count;
    *below = gather->below;
    gather->count = 0;
    return count ? gather->below->xWrite(log, gather->bytes, count, gather->at) : SQLITE_OK;
}

static int write_on(sqlite3_file *log, const void *bytes, int count, sqlite3_int64 at)
{
    rota__sqlite_gather *gather = gather_of(log);
    const sqlite3_io_methods *below = gather->below;
    bool follows = at == gather->at + gather->count && count <= ROOM - gather->count;
    int rc = follows ? SQLITE_OK : put_out(log, &below);
    if (rc != SQLITE_OK) return rc;
    if (count > ROOM) return below->xWrite(log, bytes, count, at);
    if (gather->count == 0) gather->at = at;
    memcpy(gather->bytes + gather->count, bytes, (size_t)count);
    gather->count += count;
    return SQLITE_OK;
}

static int read_from(sqlite3_file *log, void *bytes, int count, sqlite3_int64 at)
{
    const sqlite3_io_methods *below;
    int rc = put_out(log, &below);
    return rc == SQLITE_OK ? below->xRead(log, bytes, count, at) : rc;
}

static int cut(sqlite3_file *log, sqlite3_int64 size)
{
    const sqlite3_io_methods *below;
    int rc = put_out(log, &below);
    return rc == SQLITE_OK ? below->xTruncate(log, size) : rc;
}

static int flush(sqlite3_file *log, int flags)
{
    const sqlite3_io_methods *below;
    int rc = put_out(log, &below);
    return rc == SQLITE_OK ? below->xSync(log, flags) : rc;
}

static int size_of(sqlite3_file *log, sqlite3_int64 *size)
{
    const sqlite3_io_methods *below;
    int rc = put_out(log, &below);
    return rc == SQLITE_OK ? below->xFileSize(log, size) : rc;
}

int rota__sqlite_gather_open(rota__sqlite *self, rota__env *env)
{
    self->gather.bytes = rota__mem_alloc(self->mem, ROOM, 1);
    return self->gather.bytes ? ROTA_OK : rota__error_plain(env->error, ROTA_ENOMEM);
}

void rota__sqlite_gather_close(rota__sqlite *self)
{
    rota__mem_free(self->mem, self->gather.bytes);
}

/* Of version 1: what came later is for files that are shared or mapped, and the log is not. */
static void put_between(rota__sqlite_gather *gather, sqlite3_file *log)
{
    gather->self = gather;
    gather->below = log->pMethods;
    gather->methods = (sqlite3_io_methods){
        .iVersion = 1,
        .xClose = gather->below->xClose,
        .xRead = read_from,
        .xWrite = write_on,
        .xTruncate = cut,
        .xSync = flush,
        .xFileSize = size_of,
        .xLock = gather->below->xLock,
        .xUnlock = gather->below->xUnlock,
        .xCheckReservedLock = gather->below->xCheckReservedLock,
        .xFileControl = gather->below->xFileControl,
        .xSectorSize = gather->below->xSectorSize,
        .xDeviceCharacteristics = gather->below->xDeviceCharacteristics,
    };
    gather->count = 0;
    log->pMethods = &gather->methods;
}

/* What a commit that failed has left here is forgotten: the next one writes over its place,
 * or somebody else does. */
int rota__sqlite_commit_gathered(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_gather *gather = &self->gather;
    sqlite3_file *log = NULL;
    bool between = gather->bytes &&
                   sqlite3_file_control(self->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) ==
                       SQLITE_OK &&
                   log && log->pMethods;
    if (between) put_between(gather, log);
    int rc = rota__sqlite_control(self, env, ROTA__SQL_COMMIT);
    if (between) log->pMethods = gather->below;
    return rc;
}
