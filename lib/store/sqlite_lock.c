/* Who writes next: the lock on a file beside the calendar ("<path>-lock"). What is
 * written is left to sqlite_commit.c.
 *
 * Writing and checkpointing exclude each other, in all threads and processes.
 * Before SQLite 3.51.3 a checkpoint that met another connection's commit could lose
 * commits that had been acknowledged. The lock is taken whatever this library's
 * version is: it is the checkpointer's version that matters, and that may be another
 * process's. It is a plain mutex, since SQLite has one writer at a time anyway: so a
 * checkpoint comes to its turn however busy the writers are.
 *
 * The truth is two bytes that the system locks for an open file, and lets go of when
 * a process dies. Who wants to write takes NEXT, then WRITING, and gives NEXT back:
 * whoever has just written stands behind him who waits, so nobody starves. But he
 * writes up to IN_A_ROW times first, if he is quicker than the other wakes up: a
 * change of hands costs more than a commit, since all that was in memory has to be
 * read again.
 *
 * Beside the bytes lie two bells, one for each, which only save time: they are rung
 * when the byte is given back, so that those who wait need not look again and again.
 * A ring that was missed, with a process that died, costs LOOK_AGAIN. */
#define _GNU_SOURCE /* F_OFD_SETLK: locks of a handle, not of a process; syscall() */

#include "store/sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { WRITING = 0, NEXT = 1 }; /* bytes of the file that are locked */
enum { BELLS_AT = 64, FILE_BYTES = 128 };
enum { IN_A_ROW = 8 };

#define LOOK_AGAIN (10 * ROTA__MS)

typedef struct bell {
    _Atomic uint32_t rung;    /* how often */
    _Atomic uint32_t waiting; /* who listens; too many where a process has died listening */
} bell;

struct rota__sqlite_bells {
    bell of[2];             /* by byte */
    _Atomic uint32_t taken; /* how often WRITING was */
};

typedef struct rota__sqlite_bells bells;

/* --- the file --- */

/* Without bells things go on, more slowly. The bytes are written before they are
 * mapped: in a hole of a file on a full disk nothing can be stored. */
static bells *map_bells(int fd)
{
    static const char zeros[FILE_BYTES];
    struct stat file;
    if (fstat(fd, &file) != 0) return NULL;
    if (file.st_size < FILE_BYTES && pwrite(fd, zeros, sizeof zeros, 0) != (ssize_t)sizeof zeros)
        return NULL;
    /* A child that had them would keep the file open, and what this process has locked. */
    rota__forks_hold();
    char *bytes = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes != MAP_FAILED) (void)madvise(bytes, FILE_BYTES, MADV_DONTFORK);
    rota__forks_release();
    return bytes == MAP_FAILED ? NULL : (bells *)(void *)(bytes + BELLS_AT);
}

/* A process that is forked meanwhile knows what to close. */
static int open_noted(const rota__sqlite *self, const char *path, int flags, mode_t mode)
{
    rota__forks_hold();
    int fd = self->file->lock = open(path, flags, mode);
    rota__forks_release();
    return fd;
}

/* Whoever may write the calendar may take the lock: it has the same mode. */
int rota__sqlite_lock_open(rota__sqlite *self, rota__env *env)
{
    struct stat calendar;
    int64_t room = (int64_t)strlen(self->path) + (int64_t)sizeof "-lock";
    char *path = rota__arena_alloc(env->arena, room, 1);
    if (!path) return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)snprintf(path, (size_t)room, "%s-lock", self->path);
    if (stat(self->path, &calendar) != 0) return rota__sqlite_fail_errno(env, self->path, "stat");
    mode_t mode = calendar.st_mode & 0666;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open_noted(self, path, flags | O_CREAT | O_EXCL, mode);
    if (fd >= 0)
        (void)fchmod(fd, mode); /* the umask may have taken from it */
    else if (errno == EEXIST)
        fd = open_noted(self, path, flags | O_CREAT, mode);
    if (fd < 0) return rota__sqlite_fail_errno(env, path, "open");
    self->lock = (rota__sqlite_lock){ .fd = fd, .bells = map_bells(fd) };
    return ROTA_OK;
}

/* Closing alone unlocks only where no other process has the descriptor as well: one that was
 * forked, by whatever call, and has not executed a program yet. */
static void close_file(rota__sqlite *self)
{
    struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
    (void)fcntl(self->lock.fd, F_OFD_SETLK, &all);
    rota__forks_hold();
    self->file->lock = -1;
    (void)close(self->lock.fd);
    rota__forks_release();
}

void rota__sqlite_lock_close(rota__sqlite *self)
{
    if (self->lock.bells) (void)munmap((char *)self->lock.bells - BELLS_AT, FILE_BYTES);
    if (self->lock.fd >= 0) close_file(self);
    self->lock = (rota__sqlite_lock){ .fd = -1 };
}

/* --- the bells --- */

/* One of those who listen: the byte is for one. */
static void ring(rota__sqlite *self, int byte)
{
    if (!self->lock.bells) return;
    bell *b = &self->lock.bells->of[byte];
    atomic_fetch_add(&b->rung, 1);
    if (atomic_load(&b->waiting) > 0)
        (void)syscall(SYS_futex, &b->rung, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Until it is rung once more, or it is time to look again. */
static void listen_for(bell *b, uint32_t rung, int64_t ns)
{
    struct timespec pause = { .tv_sec = (time_t)(ns / (1000 * ROTA__MS)),
                              .tv_nsec = (long)(ns % (1000 * ROTA__MS)) };
    if (b)
        (void)syscall(SYS_futex, &b->rung, FUTEX_WAIT, rung, &pause, NULL, 0);
    else
        (void)nanosleep(&pause, NULL);
}

/* --- the bytes --- */

static bool set(const rota__sqlite *self, int byte, short type)
{
    struct flock one = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    return fcntl(self->lock.fd, F_OFD_SETLK, &one) == 0;
}

static bool is_taken(int number)
{
    return number == EAGAIN || number == EACCES || number == EINTR;
}

static int wait_for(rota__sqlite *self, rota__env *env, int byte, int64_t deadline)
{
    bell *b = self->lock.bells ? &self->lock.bells->of[byte] : NULL;
    const int64_t step = b ? LOOK_AGAIN : ROTA__MS / 2;
    int rc = ROTA_OK;
    if (b) atomic_fetch_add(&b->waiting, 1);
    for (;;) {
        /* The bell before the byte: what is given back in between has rung it. */
        uint32_t rung = b ? atomic_load(&b->rung) : 0;
        if (set(self, byte, F_WRLCK)) break;
        if (!is_taken(errno)) {
            rc = rota__sqlite_fail_errno(env, self->path, "lock file");
            break;
        }
        int64_t left = deadline - rota__clock_ns();
        if (left <= 0) {
            rc = rota__error_set(env->error, ROTA_EBUSY, "%s: another process or handle is writing",
                                 self->path);
            break;
        }
        listen_for(b, rung, left < step ? left : step);
    }
    if (b) atomic_fetch_sub(&b->waiting, 1);
    return rc;
}

/* Nobody waits, or this one wrote last and may go on. */
static bool may_pass(rota__sqlite *self)
{
    rota__sqlite_lock *lock = &self->lock;
    if (!lock->bells) return false;
    if (atomic_load(&lock->bells->taken) != lock->taken) lock->in_a_row = 0;
    if (lock->in_a_row > 0 && lock->in_a_row < IN_A_ROW) return true;
    return atomic_load(&lock->bells->of[NEXT].waiting) == 0 &&
           atomic_load(&lock->bells->of[WRITING].waiting) == 0;
}

static int take(rota__sqlite *self, rota__env *env, int64_t deadline)
{
    if (may_pass(self) && set(self, WRITING, F_WRLCK)) return ROTA_OK;
    self->lock.in_a_row = 0;
    int rc = wait_for(self, env, NEXT, deadline);
    if (rc != ROTA_OK) return rc;
    rc = wait_for(self, env, WRITING, deadline);
    (void)set(self, NEXT, F_UNLCK);
    ring(self, NEXT);
    return rc;
}

/* A lock on a file that was deleted meanwhile would exclude nobody. */
static int renew(rota__sqlite *self, rota__env *env, bool *renewed)
{
    struct stat held;
    *renewed = false;
    if (fstat(self->lock.fd, &held) != 0)
        return rota__sqlite_fail_errno(env, self->path, "lock file");
    if (held.st_nlink > 0) return ROTA_OK;
    rota__sqlite_lock_close(self);
    *renewed = true;
    return rota__sqlite_lock_open(self, env);
}

int rota__sqlite_lock_take(rota__sqlite *self, rota__env *env, int64_t deadline)
{
    bool renewed = true;
    int rc = ROTA_OK;
    if (self->memory) return ROTA_OK;
    if (self->lock.fd < 0) rc = rota__sqlite_lock_open(self, env); /* a renewal had failed */
    while (rc == ROTA_OK && renewed) {
        rc = take(self, env, deadline);
        if (rc == ROTA_OK) rc = renew(self, env, &renewed);
    }
    if (rc == ROTA_OK && self->lock.bells) {
        self->lock.taken = atomic_fetch_add(&self->lock.bells->taken, 1) + 1;
        self->lock.in_a_row++;
    }
    return rc;
}

void rota__sqlite_lock_release(rota__sqlite *self)
{
    if (self->lock.fd < 0) return;
    (void)set(self, WRITING, F_UNLCK);
    ring(self, WRITING);
}
