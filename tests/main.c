/* Runs every suite. Check's environment variables apply: CK_RUN_SUITE, CK_RUN_CASE,
 * CK_FORK, CK_VERBOSITY; the last line is its summary. */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "tests.h"

#include <stdlib.h>

#include "suites.h" /* ROTA_SUITES, made by the Makefile */

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
