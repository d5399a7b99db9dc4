/* The raw flush, the limit of what a commit can be: 4 KiB written over what is there,
 * and fdatasync. Where the disk is shared its speed drifts, so it is measured right
 * before and after what is compared with it. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include "common/bench.h"

/* In the file `path`, which it makes and removes, for so long; adds each flush in ns. */
void bench_raw(const char *path, double seconds, bench_samples *out);

#endif
