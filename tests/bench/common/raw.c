#define _GNU_SOURCE

#include "common/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 64 };

void bench_raw(const char *path, double seconds, bench_samples *out)
{
    static char block[BLOCK];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) bench_fail("%s: %s", path, strerror(errno));
    memset(block, 0x5a, sizeof block);
    for (int i = 0; i < BLOCKS; i++)
        if (pwrite(fd, block, BLOCK, (off_t)i * BLOCK) != BLOCK) bench_fail("%s: short", path);
    if (fsync(fd) != 0) bench_fail("%s: %s", path, strerror(errno));
    double now = bench_wall_ns(), until = now + seconds * 1e9;
    for (int i = 0; i < 10 || now < until; i++) {
        double begun = now;
        block[0] = (char)i;
        if (pwrite(fd, block, BLOCK, (off_t)(i % BLOCKS) * BLOCK) != BLOCK || fdatasync(fd) != 0)
            bench_fail("%s: %s", path, strerror(errno));
        now = bench_wall_ns();
        bench_add(out, now - begun);
    }
    (void)close(fd);
    (void)unlink(path);
}
