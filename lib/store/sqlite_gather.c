/* A commit goes to the log in a few large writes. SQLite writes two pieces for each page that
 * changed, 24 bytes and 4 KiB, and each is a call of the system; where many bookings share a
 * flush, these calls take as long as the flush. While it commits, the log's methods are ours:
 * pieces that lie next to each other are gathered, and go out before the log is read, measured,
 * cut or flushed.
 *
 * Where a disk may damage what lies beside a write, SQLite pads the log behind the commit: it
 * writes the last frame again, and flushes on the way. That is not held back, for SQLite touches
 * the log no more, and not put together with what it follows: the disk may be full in the middle
 * of a write, and who asks for that must know on which side of the commit's end it was.
 *
 * A VFS of the host's may know a page by the size of a write, to encrypt it or to put a checksum
 * into it. So nothing is held back but over SQLite's own; elsewhere each piece goes through. */
#include "store/sqlite_private.h"

/* SQLite's own write takes less than 128 KiB (os_unix.c); 31 pages and a header are less. */
enum { ROOM = 127 * 1024 };

/* Each page in the log has a header in front of it. That of the last page of a commit says how
 * long the file is now, the others say 0 (sqlite.org/walformat.html). */
enum { HEADER = 24, LENGTH_AT = 4 };

static rota__sqlite_gather *gather_of(sqlite3_file *log)
{
    const rota__sqlite_gather *found = (const void *)log->pMethods;
    return found->self;
}

static int put_out(rota__sqlite_gather *gather, sqlite3_file *log)
{
    int count = gather->count;
    gather->count = 0;
    return count ? gather->below->xWrite(log, gather->bytes, count, gather->at) : SQLITE_OK;
}

static bool heads_last_page(const void *bytes, int count, sqlite3_int64 at)
{
    static const uint8_t none[4];
    return at > 0 && count == HEADER &&
           memcmp((const uint8_t *)bytes + LENGTH_AT, none, sizeof none) != 0;
}

static int write_on(sqlite3_file *log, const void *bytes, int count, sqlite3_int64 at)
{
    rota__sqlite_gather *gather = gather_of(log);
    bool pads = gather->last_page > 0 && at > gather->last_page;
    bool follows = !pads && at == gather->at + gather->count && count <= ROOM - gather->count;
    int rc = follows ? SQLITE_OK : put_out(gather, log);
    if (rc != SQLITE_OK) return rc;
    gather->paged |= at > 0;
    gather->recorded |= pads;
    if (heads_last_page(bytes, count, at)) gather->last_page = at + HEADER;
    if (!gather->bytes || gather->recorded || count > ROOM)
        return gather->below->xWrite(log, bytes, count, at);
    if (gather->count == 0) gather->at = at;
    memcpy(gather->bytes + gather->count, bytes, (size_t)count);
    gather->count += count;
    return SQLITE_OK;
}

static int read_from(sqlite3_file *log, void *bytes, int count, sqlite3_int64 at)
{
    rota__sqlite_gather *gather = gather_of(log);
    int rc = put_out(gather, log);
    return rc == SQLITE_OK ? gather->below->xRead(log, bytes, count, at) : rc;
}

static int cut(sqlite3_file *log, sqlite3_int64 size)
{
    rota__sqlite_gather *gather = gather_of(log);
    int rc = put_out(gather, log);
    return rc == SQLITE_OK ? gather->below->xTruncate(log, size) : rc;
}

static int flush(sqlite3_file *log, int flags)
{
    rota__sqlite_gather *gather = gather_of(log);
    int rc = put_out(gather, log);
    if (rc != SQLITE_OK) return rc;
    gather->recorded |= gather->paged; /* a new log's header is flushed before them */
    return gather->below->xSync(log, flags);
}

static int size_of(sqlite3_file *log, sqlite3_int64 *size)
{
    rota__sqlite_gather *gather = gather_of(log);
    int rc = put_out(gather, log);
    return rc == SQLITE_OK ? gather->below->xFileSize(log, size) : rc;
}

/* All of SQLite's own for Unix open files alike. The one whose name a host is least likely to
 * take for its own is asked for how. */
static bool takes_any_size(rota__sqlite *self)
{
    sqlite3_vfs *used = NULL, *own = sqlite3_vfs_find("unix-none");
    int says = 0;
    (void)sqlite3_file_control(self->db, "main", SQLITE_FCNTL_VFS_POINTER, &used);
    if (used && own && used->xOpen == own->xOpen) return true;
    (void)sqlite3_file_control(self->db, "main", ROTA__SQLITE_ANY_SIZE, &says);
    return says == ROTA__SQLITE_ANY_SIZE;
}

int rota__sqlite_gather_open(rota__sqlite *self, rota__env *env)
{
    self->gather.watches = true;
    if (!takes_any_size(self)) return ROTA_OK;
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
    gather->count = 0;
    gather->last_page = 0;
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
    log->pMethods = &gather->methods;
}

/* What a commit that failed before its flush has left here is forgotten: it belongs behind the
 * last commit, where the next one begins. */
int rota__sqlite_commit_gathered(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_gather *gather = &self->gather;
    sqlite3_file *log = NULL;
    if (gather->watches)
        (void)sqlite3_file_control(self->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && !log->pMethods) log = NULL;
    gather->paged = gather->recorded = false;
    if (log) put_between(gather, log);
    int rc = rota__sqlite_control(self, env, ROTA__SQL_COMMIT);
    if (log) log->pMethods = gather->below;
    return rc;
}
