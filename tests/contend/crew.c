#define _GNU_SOURCE /* MAP_ANONYMOUS, prctl */

#include "contend/crew.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- memory, time, chance --- */

void *crew_share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("memory to share");
        exit(2);
    }
    return memory;
}

void crew_forget(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

int64_t crew_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t crew_chance(uint64_t *state, int64_t below)
{
    /* splitmix64 */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)below);
}

void crew_remove(const char *path)
{
    static const char *const beside[] = { "", "-wal", "-shm", "-lock", "-journal" };
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char name[4200];
        (void)snprintf(name, sizeof name, "%s%s", path, beside[i]);
        (void)unlink(name);
    }
}

/* --- one member --- */

void crew_fail(crew_common *common, const char *format, ...)
{
    if (atomic_exchange(&common->failed, 1)) return;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(common->failure, sizeof common->failure, format, values);
    va_end(values);
}

bool crew_meet(crew_member *member)
{
    return pthread_barrier_wait(&member->common->meeting) == PTHREAD_BARRIER_SERIAL_THREAD;
}

int64_t crew_enter(crew_member *member, const char *call)
{
    int64_t now = crew_now();
    atomic_store(&member->common->at[member->index].since, now);
    atomic_store(&member->common->at[member->index].call, call);
    return now;
}

int64_t crew_leave(crew_member *member)
{
    int64_t now = crew_now();
    atomic_store(&member->common->at[member->index].call, NULL);
    return now;
}

static rota_time now(void *ctx)
{
    crew_common *common = ctx;
    return atomic_load(&common->clock);
}

int crew_open(const crew_plan *plan, crew_common *common, rota **out)
{
    rota_config config = ROTA_INIT(rota_config);
    config.busy_ms = plan->busy_ms;
    config.cache_bytes = plan->cache_bytes;
    config.now = now;
    config.now_ctx = common;
    return rota_open(plan->path, &config, out);
}

void crew_attach_again(crew_member *member)
{
    rota *another = NULL;
    crew_enter(member, "rota_attach");
    int rc = rota_attach(member->r, &another);
    if (rc == ROTA_OK) {
        rota_close(member->r);
        member->r = another;
    } else {
        crew_fail(member->common, "rota_attach: %s: %s", rota_status_name(rc),
                  rota_errmsg(member->r));
    }
    crew_leave(member);
}

/* --- one process --- */

typedef struct job {
    crew_member member;
    void (*work)(crew_member *member);
    pthread_t thread;
} job;

static void *run_member(void *of)
{
    job *j = of;
    j->work(&j->member);
    crew_enter(&j->member, "rota_close");
    rota_close(j->member.r);
    crew_leave(&j->member);
    return NULL;
}

static void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    _exit(2);
}

static void run_process(const crew_plan *plan, crew_common *common, void *shared, int process,
                        void (*work)(crew_member *member))
{
    job jobs[CREW_MOST];
    for (int i = 0; i < plan->threads; i++) {
        job *j = &jobs[i];
        int index = process * plan->threads + i;
        *j = (job){ .work = work,
                    .member = {
                        .plan = plan, .common = common, .shared = shared, .index = index } };
        j->member.chance = plan->seed + (uint64_t)index * UINT64_C(0x632be59bd9b4e019);
        int rc = i < plan->engines ? crew_open(plan, common, &j->member.r)
                                   : rota_attach(jobs[i % plan->engines].member.r, &j->member.r);
        if (rc != ROTA_OK) give_up(rota_errmsg(j->member.r));
    }
    for (int i = 0; i < plan->threads; i++)
        if (pthread_create(&jobs[i].thread, NULL, run_member, &jobs[i]) != 0)
            give_up("a thread cannot be started");
    for (int i = 0; i < plan->threads; i++)
        (void)pthread_join(jobs[i].thread, NULL);
}

/* --- all of them --- */

/* The member that has been in its call the longest, for who asks why nothing goes on. */
static void tell_who_hangs(const crew_plan *plan, crew_common *common)
{
    int64_t at = crew_now();
    for (int i = 0; i < plan->processes * plan->threads; i++) {
        const char *call = atomic_load(&common->at[i].call);
        if (!call) continue;
        fprintf(stderr, "  process %d thread %d is in %s for %" PRId64 " ms\n", i / plan->threads,
                i % plan->threads, call,
                (at - (int64_t)atomic_load(&common->at[i].since)) / 1000000);
    }
}

/* Each process holds the writing end of a pipe of its own, which closes when it ends. */
typedef struct child {
    pid_t pid;
    int ends; /* the reading end, -1 once it has ended */
} child;

static bool reap(child *c)
{
    int status = 0;
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(c->ends);
    c->ends = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    if (WIFSIGNALED(status))
        fprintf(stderr, "a process died of signal %d\n", WTERMSIG(status));
    else
        fprintf(stderr, "a process ended with %d\n", WEXITSTATUS(status));
    return false;
}

/* Those that have ended meanwhile are reaped; false where one did not end well. */
static bool watch(const crew_plan *plan, child *children, int *left)
{
    struct pollfd ends[CREW_MOST];
    bool well = true;
    for (int i = 0; i < plan->processes; i++)
        ends[i] = (struct pollfd){ .fd = children[i].ends, .events = POLLIN };
    if (poll(ends, (nfds_t)plan->processes, 1000) <= 0) return true;
    for (int i = 0; i < plan->processes; i++) {
        if (ends[i].fd < 0 || ends[i].revents == 0) continue;
        well &= reap(&children[i]);
        --*left;
    }
    return well;
}

static bool wait_for_all(const crew_plan *plan, crew_common *common, child *children)
{
    int left = plan->processes;
    int64_t seen = -1, since = crew_now();
    bool well = true;
    while (left > 0 && well) {
        int64_t progress = atomic_load(&common->progress), at = crew_now();
        if (progress != seen) since = at;
        seen = progress;
        if (at - since > (int64_t)plan->patience * 1000000000) {
            fprintf(stderr, "nothing was finished in %d s: a deadlock\n", plan->patience);
            tell_who_hangs(plan, common);
            well = false;
        } else {
            well = watch(plan, children, &left);
        }
    }
    for (int i = 0; i < plan->processes; i++) {
        if (children[i].ends < 0) continue;
        (void)kill(children[i].pid, SIGKILL);
        (void)reap(&children[i]);
    }
    return well;
}

static child start(const crew_plan *plan, crew_common *common, void *shared, int process,
                   void (*work)(crew_member *member))
{
    int ends[2];
    pid_t parent = getpid();
    (void)fflush(NULL);
    if (pipe(ends) != 0) give_up("a pipe cannot be made");
    child c = { .pid = fork(), .ends = ends[0] };
    if (c.pid < 0) give_up("a process cannot be started");
    if (c.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(2);
        close(ends[0]);
        run_process(plan, common, shared, process, work);
        exit(0); /* with the leak checker, and the counters of coverage */
    }
    close(ends[1]);
    return c;
}

bool crew_run(const crew_plan *plan, crew_common *common, void *shared,
              void (*work)(crew_member *member))
{
    child children[CREW_MOST];
    pthread_barrierattr_t kind;
    pthread_barrierattr_init(&kind);
    pthread_barrierattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&common->meeting, &kind, (unsigned)(plan->processes * plan->threads));
    pthread_barrierattr_destroy(&kind);

    for (int i = 0; i < plan->processes; i++)
        children[i] = start(plan, common, shared, i, work);
    bool well = wait_for_all(plan, common, children);
    if (atomic_load(&common->failed)) {
        fprintf(stderr, "%s\n", common->failure);
        well = false;
    }
    return well;
}
