/* Runs every suite. Check's environment variables apply: CK_RUN_SUITE, CK_RUN_CASE,
 * CK_FORK, CK_VERBOSITY; the last line is its summary. */
#define _GNU_SOURCE /* ST_NOEXEC */

#include "tests.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "suites.h" /* ROTA_SUITES, made by the Makefile */

const char *tests_scratch(void)
{
    static char below[96];
    static const char memory[] = "/dev/shm";
    enum { ROOM = 512 * 1024 * 1024 };
    const char *build = getenv("ROTA_BUILD");
    struct statvfs medium;
    /* Programs are built and run there too. */
    if (statvfs(memory, &medium) == 0 && !(medium.f_flag & (ST_RDONLY | ST_NOEXEC)) &&
        (double)medium.f_bavail * (double)medium.f_frsize > ROOM && access(memory, W_OK) == 0)
        return memory;
    (void)snprintf(below, sizeof below, "%s/tmp", build ? build : "build");
    (void)mkdir(build ? build : "build", 0777); /* there already, as a rule */
    (void)mkdir(below, 0777);
    return below;
}

uint64_t tests_seed(const char *what)
{
    const char *given = getenv("ROTA_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "%s: ROTA_SEED=%" PRIu64 "\n", what, seed);
    return seed;
}

int main(void)
{
    /* Before the first case is made: a loaded machine is no failure. */
    setenv("CK_DEFAULT_TIMEOUT", "120", 0);

    SRunner *runner = srunner_create(NULL);
#define ADD(name) srunner_add_suite(runner, name##_suite());
    ROTA_SUITES(ADD)
#undef ADD
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner), ran = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
