/* What is kept for the fuzz targets is replayed, without a fuzzer: inputs that
 * together reach much, and those that have once found something. `make fuzz` makes
 * up new ones. Here is only when a replay has gone well. */
#define _POSIX_C_SOURCE 200809L

#include <check.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests.h"

enum { SECONDS = 120 };

static glob_t targets; /* tests/fuzz/fuzz_<name>.c */

static void setup(void)
{
    ck_assert_int_eq(glob("tests/fuzz/fuzz_*.c", 0, NULL, &targets), 0);
}

static void teardown(void)
{
    globfree(&targets);
}

/* Whether program and input go well; what it said last is shown where they should. */
static bool goes_well(const char *target, const char *variant, const char *input, bool should)
{
    const char *build = getenv("ROTA_BUILD");
    char command[512], line[512], last[2][512] = { "", "" };
    snprintf(command, sizeof command, "ulimit -c 0; exec %s/tests/fuzz-%s%s tests/fuzz/%s/%s 2>&1",
             build ? build : "build", target, variant, input, target);
    FILE *pipe = popen(command, "r");
    ck_assert_msg(pipe != NULL, "%s does not start", command);
    while (fgets(line, sizeof line, pipe)) {
        memcpy(last[0], last[1], sizeof line);
        memcpy(last[1], line, sizeof line);
    }
    int status = pclose(pipe);
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (well || should) fprintf(stderr, "fuzz: %s: %s%s", target, well ? "" : last[0], last[1]);
    return well;
}

/* The name of target i, from the path of its source. */
static const char *name_of(size_t i)
{
    static char name[64];
    const char *begins = strstr(targets.gl_pathv[i], "fuzz_") + strlen("fuzz_");
    snprintf(name, sizeof name, "%.*s", (int)(strlen(begins) - strlen(".c")), begins);
    return name;
}

START_TEST(what_was_found_once_is_not_found_again)
{
    for (size_t i = 0; i < targets.gl_pathc; i++)
        ck_assert_msg(goes_well(name_of(i), "", "corpus", true), "%s", name_of(i));
}
END_TEST

START_TEST(a_planted_bug_is_found)
{
    for (size_t i = 0; i < targets.gl_pathc; i++) {
        ck_assert_msg(goes_well(name_of(i), "", "control", true), "%s", name_of(i));
        ck_assert_msg(!goes_well(name_of(i), "-control", "control", false), "%s", name_of(i));
    }
}
END_TEST

Suite *fuzz_suite(void)
{
    Suite *suite = suite_create("fuzz");
    TCase *tc = tcase_create("replay");
    tcase_set_timeout(tc, SECONDS);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_was_found_once_is_not_found_again);
    tcase_add_test(tc, a_planted_bug_is_found);
    suite_add_tcase(suite, tc);
    return suite;
}
