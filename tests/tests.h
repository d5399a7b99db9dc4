/* The suites. Each is a file tests/test_<name>.c; the Makefile finds the files, so that
 * one that is not named here does not compile, and none is forgotten. */
#ifndef ROTA_TESTS_H
#define ROTA_TESTS_H

#include <check.h>
#include <stdint.h>

Suite *admit_suite(void);
Suite *bad_input_suite(void);
Suite *base_suite(void);
Suite *booking_series_suite(void);
Suite *booking_suite(void);
Suite *bulk_suite(void);
Suite *busy_suite(void);
Suite *call_suite(void);
Suite *conflict_suite(void);
Suite *consumer_suite(void);
Suite *crash_suite(void);
Suite *faults_suite(void);
Suite *forever_suite(void);
Suite *forks_suite(void);
Suite *free_suite(void);
Suite *fuzz_suite(void);
Suite *group_suite(void);
Suite *handle_suite(void);
Suite *hosts_suite(void);
Suite *hours_suite(void);
Suite *ical_suite(void);
Suite *index_suite(void);
Suite *itree_suite(void);
Suite *jsonl_suite(void);
Suite *metrics_suite(void);
Suite *occurrence_suite(void);
Suite *place_suite(void);
Suite *race_suite(void);
Suite *recur_suite(void);
Suite *reminder_suite(void);
Suite *series_index_suite(void);
Suite *series_suite(void);
Suite *sqlite_suite(void);
Suite *store_suite(void);
Suite *threads_suite(void);
Suite *zones_suite(void);

/* Where tests keep their files: in memory where that can be had, for most of them are
 * about what is in a file and not about how long a disk takes. */
const char *tests_scratch(void);

/* The seed of this run, ROTA_SEED where that is set; prints it. What a test demands of chance
 * holds for every seed: where what happened is counted, nearly all runs count several times as
 * much as is demanded. */
uint64_t tests_seed(const char *what);

#endif
