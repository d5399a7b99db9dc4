#include "base/forks.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

_Atomic uint32_t rota__forks;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool watched;
static rota__forks_file *files;

void rota__forks_hold(void)
{
    (void)pthread_mutex_lock(&mutex);
}

void rota__forks_release(void)
{
    (void)pthread_mutex_unlock(&mutex);
}

/* Of what a child of several threads may not do, this does nothing. */
static void begin_child(void)
{
    atomic_fetch_add_explicit(&rota__forks, 1, memory_order_relaxed);
    for (rota__forks_file *file = files; file; file = file->next) {
        file->inherited = true;
        if (file->lock >= 0) (void)close(file->lock);
        file->lock = -1;
    }
    rota__forks_release();
}

static void watch(void)
{
    watched = pthread_atfork(rota__forks_hold, rota__forks_release, begin_child) == 0;
}

bool rota__forks_watch(void)
{
    (void)pthread_once(&once, watch);
    return watched;
}

/* Before the host has handlers of its own: so these are the last before a fork, when nobody is
 * waited for any more, and the first in the child, whose handlers may use rota already. */
__attribute__((constructor)) static void watch_early(void)
{
    (void)rota__forks_watch();
}

bool rota__forks_inherited(dev_t device, ino_t inode)
{
    for (const rota__forks_file *file = files; file; file = file->next)
        if (file->inherited && file->device == device && file->inode == inode) return true;
    return false;
}

/* The C library's memory: a host may give up its own in a child, and this is still needed. */
rota__forks_file *rota__forks_add(dev_t device, ino_t inode)
{
    rota__forks_file *file = malloc(sizeof *file);
    if (!file) return NULL;
    *file = (rota__forks_file){ .next = files, .device = device, .inode = inode, .lock = -1 };
    files = file;
    return file;
}

void rota__forks_remove(rota__forks_file *file)
{
    if (!file) return;
    rota__forks_file **at = &files;
    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    free(file);
}
