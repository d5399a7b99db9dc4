/** @file rota/handle.h
 *  Opening a calendar, and what concerns it as a whole.
 *
 *  A handle is used by one thread at a time. rota_attach() gives another thread
 *  its own, on the same engine: the index in memory is shared, reads never wait
 *  for a writer's flush, and writes of several threads are flushed together.
 *  Several processes may open the same file: each sees what the others have
 *  committed at its next call.
 *
 *  A thread that is cancelled in a call ends the call first.
 *
 *  Where a process forks, its handles are of no use in the child: each call on
 *  one answers ROTA_ESTATE. A file that was open then is not opened there
 *  either; open it after the fork only.
 */
#ifndef ROTA_HANDLE_H
#define ROTA_HANDLE_H

#include <rota/call.h>
#include <rota/conflict.h>

ROTA_TYPES_BEGIN

enum {
    ROTA_OPEN_READONLY = 1, /* writing calls answer ROTA_EDENIED */
    ROTA_OPEN_EXISTING = 2  /* do not create a calendar where there is none */
};

enum { ROTA_LOG_ERROR = 1, ROTA_LOG_WARNING = 2, ROTA_LOG_INFO = 3 };

/** What the host brings along. Every hook may be NULL; each gets its own
 *  context as its first argument. A hook must not use the handle that called
 *  it (such a call answers ROTA_ESTATE), nor, `ask` excepted, another one of its engine
 *  (such a call may wait for itself), and must not jump out of it. While it runs
 *  its thread cannot be cancelled. */
typedef struct rota_config {
    uint32_t size;
    uint32_t flags;       /* ROTA_OPEN_* */
    int32_t  busy_ms;     /* how long a call waits for another process; 0: 5000, negative: not at all */
    int32_t  on_conflict; /* ROTA_ON_CONFLICT_* for requests that leave it open; 0: reject */

    /* The clock, read once in each call. NULL: the system's. */
    rota_time (*now)(void *ctx);
    void *now_ctx;

    /* Fill bytes with random ones, 0 for success. NULL: the system's. */
    int (*random)(void *ctx, void *bytes, int64_t count);
    void *random_ctx;

    /* As realloc: block NULL allocates, size 0 frees. NULL: the C library's.
     * SQLite's own memory does not come from here: it is the process's. */
    void *(*memory)(void *ctx, void *block, int64_t size);
    void *memory_ctx;

    /* One line of UTF-8 without a line break. NULL: nothing is logged. */
    void (*log)(void *ctx, int32_t level, const char *message);
    void *log_ctx;

    /* Decides one conflict of a call with ROTA_ON_CONFLICT_ASK; called while no
     * lock is held, so it may take its time, and may use other handles. */
    int32_t (*ask)(void *ctx, const rota_conflict *conflict);
    void *ask_ctx;

    /* Bytes that the index in memory may hold, least recently used resources are
     * given back first; 0: 256 MiB, negative: no bound. SQLite's cache comes on top. */
    int64_t cache_bytes;
} rota_config;

/** What rota_tick() found due. */
typedef struct rota_tick_report {
    uint32_t size;
    int32_t  more;    /* 1: more is due than one tick does at once, call again */
    int64_t  expired; /* lapsed holds that were marked expired */
    int64_t  keys;    /* idempotency keys past their 24 hours that were forgotten */
    int64_t  reminders; /* that rota_reminder_due() would give now, up to 1000 */
} rota_tick_report;

/** Counters since the handle was opened, and what the calendar holds. */
typedef struct rota_stats {
    uint32_t size;
    uint32_t reserved;
    int64_t  resources;  /* in the calendar, removed ones not counted */
    int64_t  bookings;   /* in the calendar, of every status */
    int64_t  events;     /* in the feed: the position of the newest */
    int64_t  commits;    /* writes that were committed */
    int64_t  conflicts;  /* calls refused with ROTA_ECONFLICT */
    int64_t  replays;    /* calls answered from their idempotency key */
    int64_t  retries;    /* decisions taken again because somebody else was faster */
    int64_t  loads;      /* timelines read from the store */
    int64_t  timelines;  /* timelines in memory now */
    int64_t  memory;     /* bytes that rota itself holds now, SQLite's not counted */
} rota_stats;

ROTA_TYPES_END

/** Open a calendar, and create it where there is none.
 *  @param url     the path of a file, or ":memory:" for a calendar that ends
 *                 with its handle.
 *  @param config  copied; NULL for the defaults.
 *  @param out     receives the handle, also on error where there was memory for
 *                 one, so that rota_errmsg() can tell; close it in any case.
 *  @return ROTA_OK; ROTA_EINVALID; ROTA_ENOTFOUND where ROTA_OPEN_EXISTING
 *          finds no file, or there is no such directory; ROTA_ECORRUPT where the file is damaged or is no
 *          calendar; ROTA_EVERSION where a newer rota wrote it, or SQLite is older
 *          than 3.37; ROTA_EDENIED where it may not be read or written, or is a
 *          link; ROTA_ESTATE where it was open when this process was forked;
 *          ROTA_ELIMIT for the url; ROTA_EBUSY, ROTA_EIO, ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_open(const char *url, const rota_config *config, rota **out);

/** Another handle on the same engine, for another thread: it shares what is in
 *  memory, and the configuration. Either may be closed first; the calendar ends
 *  with the last of them. With more than one, hooks are called by any thread
 *  that is in a call, several at a time: they must be safe for that.
 *  @param r    an open handle; its own thread calls this.
 *  @param out  receives the handle; close it with rota_close().
 *  @return ROTA_OK; ROTA_EINVALID; ROTA_ESTATE where SQLite was built for one thread;
 *          ROTA_EBUSY, ROTA_EIO, ROTA_ENOMEM, ROTA_ECORRUPT, and what rota_open() answers
 *          where the file has changed.  @since 0.1 */
ROTA_API int rota_attach(rota *r, rota **out);

/** Close a handle and free it. NULL is allowed. Results stay valid. Of one
 *  that was opened before this process was forked the engine, its memory and its
 *  descriptors are left as they are.  @since 0.1 */
ROTA_API void rota_close(rota *r);

/** What the last call on this handle ended with, as one line that names the
 *  thing and the values; "success" after a success. Never NULL; valid until the
 *  next call on the handle. For NULL: the text of ROTA_ENOMEM, the one reason
 *  for which rota_open() gives no handle beside a NULL argument.  @since 0.1 */
ROTA_API const char *rota_errmsg(const rota *r);

/** Do what is due: mark lapsed holds as expired and tell the feed, forget old
 *  idempotency keys and reminders, count the reminders that are due. Nothing
 *  waits for it: whether a hold still holds is decided by the clock in every
 *  call. Calling it once a minute is plenty.
 *  @param call    `key` and `version` mean nothing here; with
 *                 ROTA_CALL_DRY_RUN it only counts.
 *  @param report  receives the counts; may be NULL.
 *  @return ROTA_OK; ROTA_EINVALID, ROTA_ELIMIT, ROTA_EVERSION for the call
 *          record; ROTA_EDENIED, ROTA_EBUSY, ROTA_EIO, ROTA_ENOMEM,
 *          ROTA_ECORRUPT.  @since 0.1 */
ROTA_API int rota_tick(rota *r, const rota_call *call, rota_tick_report *report);

/** Check the file, page by page, and what must be true of its content: that no
 *  resource is taken beyond its capacity at any instant from `from` on, and that
 *  the feed has no gap. It reads everything, and takes its time.
 *  @param from  capacity, setup and cleanup may have been changed since a
 *               booking took place, and the past is judged by today's values:
 *               pass the clock's now to leave it out, ROTA_TIME_MIN for all.
 *  @return ROTA_OK; ROTA_ECORRUPT, and rota_errmsg() names the first finding;
 *          ROTA_EINVALID, ROTA_EBUSY, ROTA_EIO, ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_check(rota *r, rota_time from);

/** Read the counters.
 *  @return ROTA_OK; ROTA_EINVALID; ROTA_EBUSY, ROTA_EIO, ROTA_ENOMEM.
 *  @since 0.1 */
ROTA_API int rota_stats_get(rota *r, rota_stats *out);

#endif
