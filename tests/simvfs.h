/* A disk in memory for SQLite: one that fails, fills up, stops at a moment, and
 * forgets what was not synced when the power is cut. It models inodes, names that are
 * durable later than what they name, locks, and the shared memory of the log, for all
 * connections and threads of one process. Only tests register it; while it is
 * registered it is the default, so that rota_open() opens files on it.
 *
 * rota looks at a path before SQLite does, and locks a file beside it: simvfs_path()
 * makes a path at which there is an empty file in the real file system too. */
#ifndef ROTA_SIMVFS_H
#define ROTA_SIMVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fixture.h"

/* What SQLite asks of a disk. */
enum {
    SIMVFS_OPEN = 1,
    SIMVFS_READ = 2,
    SIMVFS_WRITE = 4,
    SIMVFS_SYNC = 8,
    SIMVFS_TRUNCATE = 16,
    SIMVFS_DELETE = 32,
    SIMVFS_SIZE = 64,
    SIMVFS_LOCK = 128,  /* of the file, and of the shared memory; not unlocking */
    SIMVFS_SHARE = 256, /* mapping shared memory */
    SIMVFS_FETCH = 512, /* a checkpoint's "unfetch", between looking and deciding */
    SIMVFS_ALL = 1023
};

/* An empty disk, the default from now on; and back to the system's. */
void simvfs_install(void);
void simvfs_remove(void);
/* Nothing on it; no file may be open. */
void simvfs_format(void);
/* A path for rota_open(). */
void simvfs_path(const struct fx *f, const char *name, char *path, size_t size);

/* --- failures --- */

/* The operation of one of these kinds, 1 the next, that fails with a result code of
 * SQLite's; and all after it. half: of a write, the first half arrives. */
typedef struct simvfs_fault {
    uint32_t kinds;
    int code;   /* 0: the one that goes with the kind */
    int64_t at; /* 0: none */
    bool for_good, half;
} simvfs_fault;

void simvfs_fail(simvfs_fault fault);
/* None from now on; returns how many operations failed. */
int64_t simvfs_heal(void);

/* What all files may take; beyond it a write finds the disk full. 0: no bound. */
void simvfs_limit(int64_t most);
int64_t simvfs_used(void);
int64_t simvfs_size(const char *path); /* 0 where there is no such file */

/* --- a moment to stop at --- */

/* Before the operation of one of these kinds, 1 the next, something else is done, once,
 * by the thread that is in it. */
void simvfs_stop(uint32_t kinds, int64_t at, void (*hook)(void));
/* Not any more; true where it was not reached. */
bool simvfs_stop_missed(void);

/* --- what is on the disk, to come back to it; no file may be open --- */

typedef struct simvfs_image simvfs_image;

simvfs_image *simvfs_save(void); /* files may be open: as after the end of a process */
void simvfs_load(const simvfs_image *image);
void simvfs_image_free(simvfs_image *image);

/* --- power cuts --- */

/* Every change of the disk from now on, and what it was before. */
void simvfs_record(void);
int64_t simvfs_recorded(void); /* so many changes and syncs */

typedef struct simvfs_history simvfs_history;
simvfs_history *simvfs_recorded_take(void); /* and no more is recorded */
int64_t simvfs_history_length(const simvfs_history *history);
void simvfs_history_free(simvfs_history *history);

/* What becomes of changes that were not synced. */
typedef enum simvfs_cut_kind {
    SIMVFS_KEEPS,  /* all are there: a process ended, not the power */
    SIMVFS_DROPS,  /* none */
    SIMVFS_SPLITS, /* all, and the first part of a write that is next: a process ended in it */
    SIMVFS_MIXES,  /* some of them, later ones without earlier ones too, page by page */
    SIMVFS_TEARS,  /* of each, some sectors, or the old ones, or what nobody wrote */
    SIMVFS_CUTS    /* the number of kinds */
} simvfs_cut_kind;

/* The disk is now what the first n recorded operations leave when the power is cut. */
void simvfs_cut(const simvfs_history *history, int64_t n, simvfs_cut_kind kind, uint64_t seed);

/* A disk that says that it has synced files whose name ends so, and has not; NULL: an
 * honest one, "": a liar throughout. */
void simvfs_lie(const char *suffix);
/* A disk that may damage what lies beside a write: SQLite then pads its log. */
void simvfs_smear(bool smears);

#endif
