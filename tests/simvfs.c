#define _GNU_SOURCE /* strdup, realpath */

#include "simvfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite_private.h"

enum { NAME = 300, FILES = 16, REGIONS = 64, SLOTS = 8, SECTOR = 512 };

typedef struct bytes {
    unsigned char *at;
    int64_t size, room;
} bytes;

/* What a name stands for. One that was deleted lives until it is closed, and a new
 * file of the same name is another. */
typedef struct inode {
    int64_t number;
    bytes content;
    int64_t opens;
    bool linked;
    int64_t sharing;      /* that hold SQLITE_LOCK_SHARED or more */
    const void *reserved; /* who holds more than that */
    bool pending, exclusive;
    void *regions[REGIONS]; /* shared memory */
    int64_t mappers;
    int64_t readers[SLOTS];
    const void *writer[SLOTS];
} inode;

typedef struct entry {
    char name[NAME];
    inode *node;
} entry;

typedef struct file {
    sqlite3_file base;
    inode *node;
    int level;
    bool mapped, temporary;
    unsigned reads, writes; /* slots of the shared memory that it has locked */
    char name[NAME];
} file;

struct simvfs_image {
    struct {
        char name[NAME];
        int64_t number;
        bytes content;
    } files[FILES];
    int64_t count;
};

/* A change of the disk, or a sync. */
typedef struct change {
    uint32_t kind;  /* SIMVFS_OPEN where the file was made */
    int64_t number; /* of the inode */
    int64_t at, size;
    bool durable; /* a deletion that was synced with its directory */
    char *name;
    unsigned char *bytes;
} change;

struct simvfs_history {
    simvfs_image *base;
    change *changes;
    int64_t count, room;
};

static struct sim {
    pthread_mutex_t mutex;
    sqlite3_vfs vfs, *system;
    entry files[FILES];
    int64_t file_count, open_count, numbers, temporaries, limit;
    simvfs_fault fault;
    int64_t seen, hits;
    uint32_t stop_kinds;
    int64_t stop_at;
    void (*hook)(void);
    simvfs_history *history;
    const char *lie;
    bool smears;
    uint64_t random;
} sim = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local int last_errno; /* as errno is: asked without the lock */

static void lock(void)
{
    (void)pthread_mutex_lock(&sim.mutex);
}

static void unlock(void)
{
    (void)pthread_mutex_unlock(&sim.mutex);
}

static uint64_t next_random(uint64_t *state)
{
    /* splitmix64 */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void *need(void *block)
{
    if (!block) abort(); /* of the test, not of what is tested */
    return block;
}

/* --- bytes --- */

static void resize(bytes *b, int64_t size)
{
    if (size > b->room) {
        b->room = size + size / 2 + SECTOR;
        b->at = need(realloc(b->at, (size_t)b->room));
    }
    if (size > b->size) memset(b->at + b->size, 0, (size_t)(size - b->size));
    b->size = size;
}

static void put(bytes *b, int64_t at, const unsigned char *from, int64_t size)
{
    if (at + size > b->size) resize(b, at + size);
    if (size > 0) memcpy(b->at + at, from, (size_t)size);
}

static bytes copy_of(const bytes *from)
{
    bytes copy = { 0 };
    put(&copy, 0, from->at, from->size);
    return copy;
}

/* --- names and inodes --- */

static entry *find(const char *name)
{
    for (int64_t i = 0; i < sim.file_count; i++)
        if (strcmp(sim.files[i].name, name) == 0) return &sim.files[i];
    return NULL;
}

static entry *make(const char *name)
{
    ck_assert_int_lt(sim.file_count, FILES);
    entry *made = &sim.files[sim.file_count++];
    (void)snprintf(made->name, sizeof made->name, "%s", name);
    made->node = need(calloc(1, sizeof *made->node));
    made->node->number = ++sim.numbers;
    made->node->linked = true;
    return made;
}

static void free_shared(inode *node)
{
    for (int i = 0; i < REGIONS; i++) {
        free(node->regions[i]);
        node->regions[i] = NULL;
    }
}

static void release(inode *node)
{
    if (node->linked || node->opens > 0) return;
    free_shared(node);
    free(node->content.at);
    free(node);
}

static void drop(entry *dropped)
{
    inode *node = dropped->node;
    *dropped = sim.files[--sim.file_count];
    node->linked = false;
    release(node);
}

/* --- what is recorded --- */

static void note(uint32_t kind, const inode *node, const char *name, int64_t at, const void *from,
                 int64_t size, bool durable)
{
    simvfs_history *h = sim.history;
    if (!h) return;
    if (h->count == h->room) {
        h->room = h->room * 2 + 256;
        h->changes = need(realloc(h->changes, (size_t)h->room * sizeof *h->changes));
    }
    change *c = &h->changes[h->count++];
    *c = (change){ .kind = kind, .number = node->number, .at = at, .size = size };
    c->durable = durable;
    if (name) c->name = need(strdup(name));
    if (from) c->bytes = memcpy(need(malloc((size_t)size + 1)), from, (size_t)size);
}

/* --- whether an operation fails --- */

static int code_of(uint32_t kind)
{
    switch (kind) {
    case SIMVFS_OPEN:
        return SQLITE_CANTOPEN;
    case SIMVFS_READ:
        return SQLITE_IOERR_READ;
    case SIMVFS_WRITE:
        return SQLITE_IOERR_WRITE;
    case SIMVFS_SYNC:
        return SQLITE_IOERR_FSYNC;
    case SIMVFS_TRUNCATE:
        return SQLITE_IOERR_TRUNCATE;
    case SIMVFS_DELETE:
        return SQLITE_IOERR_DELETE;
    case SIMVFS_SIZE:
        return SQLITE_IOERR_FSTAT;
    case SIMVFS_LOCK:
        return SQLITE_IOERR_LOCK;
    case SIMVFS_SHARE:
        return SQLITE_IOERR_SHMMAP;
    default:
        return SQLITE_OK; /* nobody looks at what unfetch returns */
    }
}

/* Enters an operation: locked from here on, also where it fails. */
static int enter(uint32_t kind)
{
    lock();
    if ((sim.stop_kinds & kind) && --sim.stop_at == 0) {
        void (*hook)(void) = sim.hook;
        sim.stop_kinds = 0;
        unlock();
        hook();
        lock();
    }
    if ((sim.fault.kinds & kind) == 0 || sim.fault.at == 0) return SQLITE_OK;
    sim.seen++;
    if (sim.seen < sim.fault.at || (sim.seen > sim.fault.at && !sim.fault.for_good))
        return SQLITE_OK;
    sim.hits++;
    int code = sim.fault.code ? sim.fault.code : code_of(kind);
    last_errno = code == SQLITE_FULL ? ENOSPC : EIO;
    return code;
}

static int leave(int rc)
{
    unlock();
    return rc;
}

static file *of(sqlite3_file *f)
{
    return (file *)(void *)f;
}

static int64_t used(void)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < sim.file_count; i++)
        sum += sim.files[i].node->content.size;
    return sum;
}

/* --- a file --- */

static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int rc = enter(SIMVFS_READ);
    if (rc != SQLITE_OK) return leave(rc);
    const bytes *content = &of(f)->node->content;
    int64_t have = content->size - at;
    if (have > n) have = n;
    if (have > 0) memcpy(to, content->at + at, (size_t)have);
    if (have < 0) have = 0;
    memset((char *)to + have, 0, (size_t)(n - have));
    return leave(have == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static void write_part(inode *node, const void *from, int64_t n, int64_t at)
{
    put(&node->content, at, from, n);
    note(SIMVFS_WRITE, node, NULL, at, from, n, false);
}

static int do_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    inode *node = of(f)->node;
    int rc = enter(SIMVFS_WRITE);
    if (rc != SQLITE_OK) {
        if (sim.fault.half) write_part(node, from, n / 2, at);
        return leave(rc);
    }
    int64_t grows = at + n - node->content.size;
    if (sim.limit && grows > 0 && used() + grows > sim.limit) {
        sim.hits++;
        last_errno = ENOSPC;
        return leave(SQLITE_FULL);
    }
    write_part(node, from, n, at);
    return leave(SQLITE_OK);
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = enter(SIMVFS_TRUNCATE);
    if (rc != SQLITE_OK) return leave(rc);
    resize(&of(f)->node->content, size);
    note(SIMVFS_TRUNCATE, of(f)->node, NULL, size, NULL, 0, false);
    return leave(SQLITE_OK);
}

static bool lies(const char *name)
{
    if (!sim.lie) return false;
    size_t length = strlen(name), end = strlen(sim.lie);
    return length >= end && strcmp(name + length - end, sim.lie) == 0;
}

static int do_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    int rc = enter(SIMVFS_SYNC);
    if (rc == SQLITE_OK && !lies(of(f)->name))
        note(SIMVFS_SYNC, of(f)->node, of(f)->name, 0, NULL, 0, false);
    return leave(rc);
}

static int do_size(sqlite3_file *f, sqlite3_int64 *size)
{
    int rc = enter(SIMVFS_SIZE);
    *size = of(f)->node->content.size;
    return leave(rc);
}

/* SHARED, RESERVED, (PENDING), EXCLUSIVE: https://www.sqlite.org/lockingv3.html */
static int take(file *mine, int level)
{
    inode *node = mine->node;
    bool others = node->reserved && node->reserved != mine;
    if (level == SQLITE_LOCK_SHARED) {
        if (node->pending || node->exclusive) return SQLITE_BUSY;
        node->sharing++;
    } else {
        if (others) return SQLITE_BUSY;
        node->reserved = mine;
        if (level == SQLITE_LOCK_EXCLUSIVE) {
            node->pending = true;
            if (mine->level < SQLITE_LOCK_PENDING) mine->level = SQLITE_LOCK_PENDING;
            if (node->sharing > 1) return SQLITE_BUSY;
            node->exclusive = true;
        }
    }
    mine->level = level;
    return SQLITE_OK;
}

static int do_lock(sqlite3_file *f, int level)
{
    int rc = enter(SIMVFS_LOCK);
    if (rc == SQLITE_OK && of(f)->level < level) rc = take(of(f), level);
    return leave(rc);
}

static void give_back(file *mine, int level)
{
    inode *node = mine->node;
    if (mine->level <= level) return;
    if (node->reserved == mine) {
        node->reserved = NULL;
        node->pending = node->exclusive = false;
    }
    if (level == SQLITE_LOCK_NONE) node->sharing--;
    mine->level = level;
}

static int do_unlock(sqlite3_file *f, int level)
{
    lock();
    give_back(of(f), level);
    return leave(SQLITE_OK);
}

static int do_reserved(sqlite3_file *f, int *is)
{
    lock();
    *is = of(f)->node->reserved != NULL;
    return leave(SQLITE_OK);
}

static int do_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    if (op != ROTA__SQLITE_ANY_SIZE) return SQLITE_NOTFOUND;
    *(int *)arg = op;
    return SQLITE_OK;
}

static int do_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int do_device(sqlite3_file *f)
{
    (void)f;
    return sim.smears ? 0 : SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as the system's says */
}

/* --- shared memory --- */

static int do_share(sqlite3_file *f, int region, int size, int extend, void volatile **at)
{
    file *mine = of(f);
    *at = NULL;
    int rc = enter(SIMVFS_SHARE);
    if (rc != SQLITE_OK) return leave(rc);
    if (region >= REGIONS) return leave(SQLITE_IOERR_SHMMAP);
    if (!mine->mapped) mine->node->mappers++;
    mine->mapped = true;
    if (!mine->node->regions[region] && extend)
        mine->node->regions[region] = need(calloc(1, (size_t)size));
    *at = mine->node->regions[region];
    return leave(SQLITE_OK);
}

static bool slot_free(const file *mine, int slot, bool reading)
{
    const inode *node = mine->node;
    if (node->writer[slot] && node->writer[slot] != mine) return false;
    bool reads = mine->reads >> slot & 1;
    return reading || node->readers[slot] == (reads ? 1 : 0);
}

static void slot_take(file *mine, int slot, bool reading)
{
    unsigned bit = 1U << slot;
    if (reading && !(mine->reads & bit)) {
        mine->reads |= bit;
        mine->node->readers[slot]++;
    } else if (!reading) {
        mine->writes |= bit;
        mine->node->writer[slot] = mine;
    }
}

static void slot_give(file *mine, int slot)
{
    unsigned bit = 1U << slot;
    if (mine->reads & bit) mine->node->readers[slot]--;
    if (mine->writes & bit) mine->node->writer[slot] = NULL;
    mine->reads &= ~bit;
    mine->writes &= ~bit;
}

static int do_share_lock(sqlite3_file *f, int first, int n, int flags)
{
    file *mine = of(f);
    if (flags & SQLITE_SHM_UNLOCK) {
        lock();
        for (int i = first; i < first + n; i++)
            slot_give(mine, i);
        return leave(SQLITE_OK);
    }
    bool reading = flags & SQLITE_SHM_SHARED;
    int rc = enter(SIMVFS_LOCK);
    if (rc == SQLITE_IOERR_LOCK) rc = SQLITE_IOERR_SHMLOCK;
    for (int i = first; i < first + n && rc == SQLITE_OK; i++)
        if (!slot_free(mine, i, reading)) rc = SQLITE_BUSY;
    for (int i = first; i < first + n && rc == SQLITE_OK; i++)
        slot_take(mine, i, reading);
    return leave(rc);
}

static void do_barrier(sqlite3_file *f)
{
    (void)f;
    lock();
    unlock();
}

static void unmap(file *mine)
{
    if (!mine->mapped) return;
    for (int i = 0; i < SLOTS; i++)
        slot_give(mine, i);
    mine->mapped = false;
    if (--mine->node->mappers == 0) free_shared(mine->node); /* the next one begins anew */
}

static int do_unmap(sqlite3_file *f, int delete)
{
    (void)delete;
    lock();
    unmap(of(f));
    return leave(SQLITE_OK);
}

static int do_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **to)
{
    (void)f, (void)at, (void)n;
    *to = NULL; /* nothing is mapped */
    return SQLITE_OK;
}

static int do_unfetch(sqlite3_file *f, sqlite3_int64 at, void *page)
{
    (void)f, (void)at, (void)page;
    return leave(enter(SIMVFS_FETCH));
}

static int do_close(sqlite3_file *f)
{
    file *mine = of(f);
    lock();
    unmap(mine);
    give_back(mine, SQLITE_LOCK_NONE);
    mine->node->opens--;
    sim.open_count--;
    entry *named = mine->temporary ? find(mine->name) : NULL;
    if (named)
        drop(named);
    else
        release(mine->node);
    return leave(SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    3,         do_close,    do_read,    do_write,  do_truncate, do_sync,  do_size,       do_lock,
    do_unlock, do_reserved, do_control, do_sector, do_device,   do_share, do_share_lock, do_barrier,
    do_unmap,  do_fetch,    do_unfetch,
};

/* --- the disk --- */

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    file *mine = of(f);
    (void)vfs;
    memset(mine, 0, sizeof *mine);
    int rc = enter(SIMVFS_OPEN);
    if (rc != SQLITE_OK) return leave(rc);
    if (name)
        (void)snprintf(mine->name, sizeof mine->name, "%s", name);
    else
        (void)snprintf(mine->name, sizeof mine->name, "temporary-%d", (int)++sim.temporaries);
    entry *named = find(mine->name);
    if (!named && !(flags & SQLITE_OPEN_CREATE)) {
        last_errno = ENOENT;
        return leave(SQLITE_CANTOPEN);
    }
    if (!named) {
        named = make(mine->name);
        note(SIMVFS_OPEN, named->node, mine->name, 0, NULL, 0, false);
    }
    mine->node = named->node;
    mine->temporary = flags & SQLITE_OPEN_DELETEONCLOSE;
    mine->node->opens++;
    sim.open_count++;
    mine->base.pMethods = &methods;
    if (out) *out = flags;
    return leave(SQLITE_OK);
}

static int do_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    (void)vfs;
    int rc = enter(SIMVFS_DELETE);
    if (rc != SQLITE_OK) return leave(rc);
    entry *named = find(name);
    if (!named) return leave(SQLITE_IOERR_DELETE_NOENT);
    note(SIMVFS_DELETE, named->node, name, 0, NULL, 0, sync_directory && !lies(name));
    drop(named);
    return leave(SQLITE_OK);
}

static int do_access(sqlite3_vfs *vfs, const char *name, int flags, int *is)
{
    (void)vfs, (void)flags;
    lock();
    *is = find(name) != NULL;
    return leave(SQLITE_OK);
}

static int do_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int do_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    lock();
    for (int i = 0; i < n; i++)
        out[i] = (char)next_random(&sim.random);
    return leave(n);
}

/* Others have to run, or who gives way to them a hundred times gives up; but nothing here takes
 * long. */
static int do_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    const struct timespec pause = { .tv_nsec = us < 5000 ? us * 1000L : 5000000L };
    (void)nanosleep(&pause, NULL);
    return us;
}

static int do_time(sqlite3_vfs *vfs, double *now)
{
    (void)vfs;
    *now = 2462940.5; /* some day */
    return SQLITE_OK;
}

static int do_last_error(sqlite3_vfs *vfs, int n, char *text)
{
    (void)vfs, (void)n, (void)text;
    return last_errno;
}

void simvfs_format(void)
{
    ck_assert_int_eq(sim.open_count, 0);
    while (sim.file_count > 0)
        drop(&sim.files[0]);
    last_errno = 0;
}

void simvfs_install(void)
{
    sim.system = sqlite3_vfs_find(NULL);
    simvfs_format();
    sim.vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(file),
        .mxPathname = NAME - 16,
        .zName = "sim",
        .xOpen = do_open,
        .xDelete = do_delete,
        .xAccess = do_access,
        .xFullPathname = do_name,
        .xRandomness = do_random,
        .xSleep = do_sleep,
        .xCurrentTime = do_time,
        .xGetLastError = do_last_error,
    };
    sim.fault = (simvfs_fault){ 0 };
    sim.stop_kinds = 0;
    sim.limit = 0;
    ck_assert_int_eq(sqlite3_vfs_register(&sim.vfs, 1), SQLITE_OK);
}

void simvfs_remove(void)
{
    simvfs_format();
    simvfs_history_free(simvfs_recorded_take());
    ck_assert_int_eq(sqlite3_vfs_unregister(&sim.vfs), SQLITE_OK);
    ck_assert_int_eq(sqlite3_vfs_register(sim.system, 1), SQLITE_OK);
}

void simvfs_path(const struct fx *f, const char *name, char *path, size_t size)
{
    fx_path(f, name, path, size);
    int made = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(made, 0);
    ck_assert_int_eq(close(made), 0);
    /* The name by which rota opens it. */
    char *resolved = realpath(path, NULL);
    ck_assert(resolved && strlen(resolved) < size);
    (void)snprintf(path, size, "%s", resolved);
    free(resolved);
}

/* --- failures, and a moment to stop at --- */

void simvfs_fail(simvfs_fault fault)
{
    lock();
    sim.fault = fault;
    sim.seen = sim.hits = 0;
    unlock();
}

int64_t simvfs_heal(void)
{
    lock();
    sim.fault = (simvfs_fault){ 0 };
    sim.limit = 0;
    int64_t hits = sim.hits;
    unlock();
    return hits;
}

void simvfs_limit(int64_t most)
{
    lock();
    sim.limit = most;
    sim.hits = 0;
    unlock();
}

int64_t simvfs_used(void)
{
    lock();
    int64_t sum = used();
    unlock();
    return sum;
}

int64_t simvfs_size(const char *path)
{
    lock();
    entry *named = find(path);
    int64_t size = named ? named->node->content.size : 0;
    unlock();
    return size;
}

void simvfs_stop(uint32_t kinds, int64_t at, void (*hook)(void))
{
    lock();
    sim.stop_kinds = kinds;
    sim.stop_at = at;
    sim.hook = hook;
    unlock();
}

bool simvfs_stop_missed(void)
{
    lock();
    bool missed = sim.stop_kinds != 0;
    sim.stop_kinds = 0;
    unlock();
    return missed;
}

void simvfs_lie(const char *suffix)
{
    sim.lie = suffix;
}

void simvfs_smear(bool smears)
{
    sim.smears = smears;
}

/* --- images --- */

simvfs_image *simvfs_save(void)
{
    simvfs_image *image = need(calloc(1, sizeof *image));
    lock();
    for (int64_t i = 0; i < sim.file_count; i++) {
        memcpy(image->files[i].name, sim.files[i].name, NAME);
        image->files[i].number = sim.files[i].node->number;
        image->files[i].content = copy_of(&sim.files[i].node->content);
    }
    image->count = sim.file_count;
    unlock();
    return image;
}

void simvfs_load(const simvfs_image *image)
{
    lock();
    simvfs_format();
    for (int64_t i = 0; i < image->count; i++) {
        inode *node = make(image->files[i].name)->node;
        node->number = image->files[i].number;
        node->content = copy_of(&image->files[i].content);
    }
    unlock();
}

void simvfs_image_free(simvfs_image *image)
{
    for (int64_t i = 0; image && i < image->count; i++)
        free(image->files[i].content.at);
    free(image);
}

/* --- power cuts --- */

void simvfs_record(void)
{
    ck_assert_ptr_null(sim.history);
    simvfs_history *history = need(calloc(1, sizeof *history));
    history->base = simvfs_save();
    sim.history = history;
}

int64_t simvfs_recorded(void)
{
    lock();
    int64_t count = sim.history->count;
    unlock();
    return count;
}

simvfs_history *simvfs_recorded_take(void)
{
    lock();
    simvfs_history *taken = sim.history;
    sim.history = NULL;
    unlock();
    return taken;
}

int64_t simvfs_history_length(const simvfs_history *history)
{
    return history->count;
}

void simvfs_history_free(simvfs_history *history)
{
    if (!history) return;
    for (int64_t i = 0; i < history->count; i++) {
        free(history->changes[i].name);
        free(history->changes[i].bytes);
    }
    free(history->changes);
    simvfs_image_free(history->base);
    free(history);
}

/* An inode and a name as the cut finds them. */
typedef struct remains {
    int64_t number, synced; /* changes before this one are on the disk */
    bytes content;
} remains;

typedef struct label {
    const char *name;
    int64_t now, durable; /* the inode that it stands for; 0: none */
} label;

typedef struct cutting {
    remains *inodes;
    label *labels;
    int64_t inode_count, label_count;
    simvfs_cut_kind kind;
    uint64_t random;
} cutting;

static remains *remains_of(cutting *c, int64_t number)
{
    for (int64_t i = c->inode_count - 1; i >= 0; i--)
        if (c->inodes[i].number == number) return &c->inodes[i];
    remains *added = &c->inodes[c->inode_count++];
    *added = (remains){ .number = number };
    return added;
}

static label *label_of(cutting *c, const char *name)
{
    for (int64_t i = 0; i < c->label_count; i++)
        if (strcmp(c->labels[i].name, name) == 0) return &c->labels[i];
    label *added = &c->labels[c->label_count++];
    *added = (label){ .name = name };
    return added;
}

/* A name is on the disk when the file itself was synced after it was made (SQLite then
 * syncs the directory too), and gone from it when its deletion was. */
static void follow_names(cutting *c, const change *changes, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const change *now = &changes[i];
        if (now->kind == SIMVFS_SYNC) remains_of(c, now->number)->synced = i;
        if (!now->name) continue;
        label *named = label_of(c, now->name);
        if (now->kind == SIMVFS_OPEN) named->now = now->number;
        if (now->kind == SIMVFS_DELETE) named->now = 0;
        if (now->kind == SIMVFS_SYNC && named->now == now->number) named->durable = now->number;
        if (now->kind == SIMVFS_DELETE && now->durable) named->durable = 0;
    }
}

static void tear(cutting *c, bytes *content, const change *torn)
{
    if (torn->at + torn->size > content->size && next_random(&c->random) % 2)
        resize(content, torn->at + torn->size);
    for (int64_t at = 0; at < torn->size; at += SECTOR) {
        int64_t size = torn->size - at < SECTOR ? torn->size - at : SECTOR;
        uint64_t fate = next_random(&c->random) % 8;
        if (fate < 5) put(content, torn->at + at, torn->bytes + at, size);
        if (fate != 5) continue; /* 6 and 7: as it was */
        unsigned char junk[SECTOR];
        for (int64_t i = 0; i < size; i++)
            junk[i] = (unsigned char)next_random(&c->random);
        put(content, torn->at + at, junk, size);
    }
}

static bool keeps_all(const cutting *c)
{
    return c->kind == SIMVFS_KEEPS || c->kind == SIMVFS_SPLITS;
}

static void mix(cutting *c, bytes *content, const change *written)
{
    enum { PAGE = 4096 };
    for (int64_t at = 0; at < written->size; at += PAGE) {
        int64_t size = written->size - at < PAGE ? written->size - at : PAGE;
        if (next_random(&c->random) % 2) put(content, written->at + at, written->bytes + at, size);
    }
}

static void change_content(cutting *c, const change *now, bool synced)
{
    if (now->kind != SIMVFS_WRITE && now->kind != SIMVFS_TRUNCATE) return;
    bytes *content = &remains_of(c, now->number)->content;
    if (!synced && c->kind == SIMVFS_DROPS) return;
    if (!synced && c->kind == SIMVFS_MIXES && now->kind == SIMVFS_WRITE) {
        mix(c, content, now);
        return;
    }
    if (!synced && !keeps_all(c) && next_random(&c->random) % 2) {
        if (c->kind == SIMVFS_TEARS && now->kind == SIMVFS_WRITE) tear(c, content, now);
        return;
    }
    if (now->kind == SIMVFS_TRUNCATE)
        resize(content, now->at);
    else
        put(content, now->at, now->bytes, now->size);
}

static int64_t which_inode(cutting *c, const label *named)
{
    if (keeps_all(c)) return named->now;
    if (c->kind == SIMVFS_DROPS || next_random(&c->random) % 2) return named->durable;
    return named->now;
}

void simvfs_cut(const simvfs_history *history, int64_t n, simvfs_cut_kind kind, uint64_t seed)
{
    size_t room = (size_t)(history->base->count + n + 1);
    cutting c = { .kind = kind, .random = seed * 1000003 + (uint64_t)n };
    c.inodes = need(calloc(room, sizeof *c.inodes));
    c.labels = need(calloc(room, sizeof *c.labels));
    for (int64_t i = 0; i < history->base->count; i++) {
        label *named = label_of(&c, history->base->files[i].name);
        named->now = named->durable = history->base->files[i].number;
        remains *r = remains_of(&c, named->now);
        r->content = copy_of(&history->base->files[i].content);
    }
    follow_names(&c, history->changes, n);
    for (int64_t i = 0; i < n; i++) {
        const change *now = &history->changes[i];
        change_content(&c, now, i < remains_of(&c, now->number)->synced);
    }
    const change *next = n < history->count ? &history->changes[n] : NULL;
    if (kind == SIMVFS_SPLITS && next && next->kind == SIMVFS_WRITE)
        put(&remains_of(&c, next->number)->content, next->at, next->bytes,
            (int64_t)(next_random(&c.random) % (uint64_t)next->size));
    lock();
    simvfs_format();
    for (int64_t i = 0; i < c.label_count; i++) {
        int64_t number = which_inode(&c, &c.labels[i]);
        if (number == 0) continue;
        inode *node = make(c.labels[i].name)->node;
        node->content = copy_of(&remains_of(&c, number)->content);
    }
    unlock();
    for (int64_t i = 0; i < c.inode_count; i++)
        free(c.inodes[i].content.at);
    free(c.inodes);
    free(c.labels);
}
