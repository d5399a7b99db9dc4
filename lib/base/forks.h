/* Forks of this process, and which files are open in it when it forks. Nothing of that can be
 * used in the child: SQLite's list of files comes along, and says of locks that they are held
 * which the child does not have; so do mutexes, whose threads stay behind. And the child has all
 * descriptors, so that a lock of the parent's lives as long as the child. This is the one thing
 * that is known for the whole process, as that list is. */
#ifndef ROTA__FORKS_H
#define ROTA__FORKS_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/check.h"

typedef struct rota__forks_file {
    struct rota__forks_file *next;
    dev_t device;
    ino_t inode;
    int lock;       /* a descriptor that is closed in a child; -1: none. Set between those below */
    bool inherited; /* it was open before the fork: nobody can close it any more */
} rota__forks_file;

extern _Atomic uint32_t rota__forks; /* that lead to this process, since it could be known */

static inline uint32_t rota__forks_count(void)
{
    return atomic_load_explicit(&rota__forks, memory_order_relaxed);
}

/* From here on they are counted. False: no resources for it. */
bool rota__forks_watch(void);

/* Between these no thread forks. For what is short. */
void rota__forks_hold(void);
void rota__forks_release(void);

/* These between those. */
bool rota__forks_inherited(dev_t device, ino_t inode);
/* NULL: no memory. Once for each time that it is open. */
rota__forks_file *rota__forks_add(dev_t device, ino_t inode);
void rota__forks_remove(rota__forks_file *file); /* or NULL */

#endif
