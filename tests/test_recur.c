/* Recurrence: what a rule may say, when it comes, and that no rule keeps anybody waiting.
 *
 * tests/spec/ has series that a person can check, one a line (a backslash goes on):
 *
 *     RULE from START ZONE [with ADDITION]... [without EXCEPTION]... = INSTANT... [...]
 *
 * RULE is "none" where there is no rule; without "..." the series must end there. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "tests.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/recur.h"
#include "fixture.h"

enum { LONGEST = 16384, MOST_DATES = 400, MOST_ROWS = 500, DAY = 86400 };

static struct fx f;

static void setup(void)
{
    f = (struct fx){ 0 };
    fx_open(&f, ":memory:");
}

static void teardown(void)
{
    fx_close(&f);
}

/* --- series through the public header --- */

/* A query of a rule from a start, with room for additions and exceptions. */
static rota_series_query query_of(const char *rule, const char *start, const char *zone)
{
    rota_series_query q = ROTA_INIT(rota_series_query);
    q.rule = rule;
    q.start = start;
    q.zone = zone;
    return q;
}

/* The starts; checks that the call went well. */
static int64_t expand(const rota_series_query *q, rota_time *starts, int32_t *more)
{
    rota_result *rows = NULL;
    ck_status(&f, rota_series_expand(f.r, q, &rows, more), ROTA_OK);
    int64_t count = rota_result_count(rows);
    ck_assert_int_le(count, MOST_ROWS);
    for (int64_t i = 0; i < count; i++) {
        rota_occurrence row = ROTA_INIT(rota_occurrence);
        ck_assert_int_eq(rota_occurrence_at(rows, i, &row), ROTA_OK);
        starts[i] = row.start;
    }
    rota_result_free(rows);
    return count;
}

/* --- specifications --- */

/* A line with what its backslashes go on to, comments and blank ones left out. */
static bool next_line(FILE *file, char *line, int *number)
{
    size_t length = 0;
    while (fgets(line + length, (int)(LONGEST - length), file)) {
        ++*number;
        if (length == 0 && (line[0] == '#' || line[0] == '\n')) continue;
        length = strlen(line);
        if (length >= 2 && strcmp(line + length - 2, "\\\n") == 0) {
            line[length -= 2] = '\0';
            continue;
        }
        return true;
    }
    ck_assert_uint_eq(length, 0);
    return false;
}

static char *word(char **rest)
{
    return strtok_r(NULL, " \n", rest);
}

static void judge(const char *where, rota_series_query *q, char **rest)
{
    rota_time starts[MOST_ROWS], expected[MOST_ROWS];
    int64_t count = 0;
    int32_t more = -1;
    bool goes_on = false;
    for (char *at = word(rest); at; at = word(rest)) {
        ck_assert_msg(!goes_on && count < MOST_ROWS, "%s: more than can be judged", where);
        if (strcmp(at, "...") == 0)
            goes_on = true;
        else
            expected[count++] = t(at);
    }
    q->limit = goes_on ? count : count + 1;
    int64_t found = expand(q, starts, &more);
    ck_assert_msg(found == count, "%s: %lld occurrences, not %lld", where, (long long)found,
                  (long long)count);
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(starts[i] == expected[i], "%s: occurrence %lld is %lld, not %lld", where,
                      (long long)i, (long long)starts[i], (long long)expected[i]);
    ck_assert_msg(more == goes_on, "%s: more is %d", where, more);
}

static void judge_line(const char *where, char *line)
{
    const char *with[MOST_DATES], *without[MOST_DATES];
    char *rest, *rule = strtok_r(line, " \n", &rest), *from = word(&rest);
    char *start = word(&rest), *zone = word(&rest), *at;
    ck_assert_msg(from && zone && strcmp(from, "from") == 0, "%s: no start", where);
    rota_series_query q = query_of(strcmp(rule, "none") == 0 ? NULL : rule, start, zone);
    q.rdates = with;
    q.exdates = without;
    while ((at = word(&rest)) && strcmp(at, "=") != 0) {
        char *date = word(&rest);
        ck_assert_msg(date && q.rdate_count < MOST_DATES && q.exdate_count < MOST_DATES, "%s",
                      where);
        if (strcmp(at, "with") == 0)
            with[q.rdate_count++] = date;
        else if (strcmp(at, "without") == 0)
            without[q.exdate_count++] = date;
        else
            ck_abort_msg("%s: \"%s\"", where, at);
    }
    ck_assert_msg(at, "%s: no answer", where);
    judge(where, &q, &rest);
}

static int judge_file(const char *path)
{
    static char line[LONGEST];
    int number = 0, lines = 0;
    FILE *file = fopen(path, "r");
    ck_assert_msg(file, "%s is not there: run the tests in the top directory", path);
    while (next_line(file, line, &number)) {
        char where[128];
        snprintf(where, sizeof where, "%s:%d", path, number);
        judge_line(where, line);
        lines++;
    }
    fclose(file);
    return lines;
}

START_TEST(every_example_of_the_standard)
{
    ck_assert_int_eq(judge_file("tests/spec/rfc5545.txt"), 43);
}
END_TEST

START_TEST(series_that_a_person_can_check)
{
    ck_assert_int_ge(judge_file("tests/spec/series.txt"), 50);
}
END_TEST

/* --- the text of a rule --- */

START_TEST(a_rule_that_is_wrong_is_named)
{
    static const char *const cases[][2] = {
        { "", "no part of a rule" },
        { "FREQ", "\"FREQ\" is no part" },
        { "=DAILY", "\"=DAILY\" is no part" },
        { "FREQ=", "\"FREQ=\" is no part" },
        { "FREQ=DAILY;", "\"\" is no part" },
        { ";FREQ=DAILY", "\"\" is no part" },
        { "FREQ=DAILY;;COUNT=1", "\"\" is no part" },
        { "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY: there is no such part" },
        { " FREQ=DAILY", "no such part" },
        { "FREQ=DAILY ", "FREQ=DAILY : not YEARLY" },
        { "FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY: not YEARLY" },
        { "FREQ=DAIL", "FREQ=DAIL: not YEARLY" },
        { "FREQ=DAILYS", "FREQ=DAILYS: not YEARLY" },
        { "COUNT=1", "FREQ is missing" },
        { "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY: the part is there twice" },
        { "FREQ=DAILY;BYHOUR=1;BYHOUR=2", "BYHOUR=2: the part is there twice" },
        { "FREQ=DAILY;COUNT=1;UNTIL=20310101", "COUNT and UNTIL" },
        { "FREQ=DAILY;COUNT=0", "COUNT=0: not a number from 1" },
        { "FREQ=DAILY;COUNT=-1", "COUNT=-1" },
        { "FREQ=DAILY;COUNT=1x", "COUNT=1x" },
        { "FREQ=DAILY;COUNT=1000000000000000", "COUNT=1000000000000000: not" },
        { "FREQ=DAILY;COUNT=99999999999999999999", "COUNT=9999" },
        { "FREQ=DAILY;INTERVAL=0", "INTERVAL=0" },
        { "FREQ=DAILY;INTERVAL=+1", "INTERVAL=+1" },
        { "FREQ=DAILY;INTERVAL=1.5", "INTERVAL=1.5" },
        { "FREQ=DAILY;BYMONTH=0", "BYMONTH=0: not a list of numbers, 1 to 12" },
        { "FREQ=DAILY;BYMONTH=13", "BYMONTH=13" },
        { "FREQ=DAILY;BYMONTH=-1", "BYMONTH=-1" },
        { "FREQ=DAILY;BYMONTH=5L", "BYMONTH=5L" },
        { "FREQ=DAILY;BYMONTH=1,,2", "BYMONTH=1,,2" },
        { "FREQ=DAILY;BYMONTH=1,", "BYMONTH=1," },
        { "FREQ=DAILY;BYMONTH=,1", "BYMONTH=,1" },
        { "FREQ=DAILY;BYMONTH=1 ,2", "BYMONTH=1 ,2" },
        { "FREQ=DAILY;BYHOUR=24", "BYHOUR=24: not a list of numbers, 0 to 23" },
        { "FREQ=DAILY;BYMINUTE=60", "BYMINUTE=60" },
        { "FREQ=DAILY;BYSECOND=61", "BYSECOND=61: not a list of numbers, 0 to 60" },
        { "FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY=0: not a list of numbers, 1 to 31 or as many" },
        { "FREQ=DAILY;BYMONTHDAY=32", "BYMONTHDAY=32" },
        { "FREQ=DAILY;BYMONTHDAY=-32", "BYMONTHDAY=-32" },
        { "FREQ=DAILY;BYMONTHDAY=--1", "BYMONTHDAY=--1" },
        { "FREQ=DAILY;BYMONTHDAY=-", "BYMONTHDAY=-" },
        { "FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY=367" },
        { "FREQ=YEARLY;BYYEARDAY=-367", "BYYEARDAY=-367" },
        { "FREQ=YEARLY;BYYEARDAY=1000", "BYYEARDAY=1000" },
        { "FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO=54" },
        { "FREQ=YEARLY;BYWEEKNO=0", "BYWEEKNO=0" },
        { "FREQ=YEARLY;BYDAY=54MO", "BYDAY=54MO: not a list of weekdays" },
        { "FREQ=YEARLY;BYDAY=0MO", "BYDAY=0MO" },
        { "FREQ=YEARLY;BYDAY=255SU", "BYDAY=255SU" },
        { "FREQ=YEARLY;BYDAY=M", "BYDAY=M:" },
        { "FREQ=YEARLY;BYDAY=MON", "BYDAY=MON" },
        { "FREQ=YEARLY;BYDAY=1", "BYDAY=1:" },
        { "FREQ=YEARLY;BYDAY=-MO", "BYDAY=-MO" },
        { "FREQ=YEARLY;BYDAY=XX", "BYDAY=XX" },
        { "FREQ=DAILY;BYDAY=MO;BYSETPOS=0", "BYSETPOS=0" },
        { "FREQ=DAILY;BYDAY=MO;BYSETPOS=367", "BYSETPOS=367" },
        { "FREQ=DAILY;BYSETPOS=1", "BYSETPOS needs another" },
        { "FREQ=WEEKLY;BYDAY=2MO", "BYDAY has numbers only" },
        { "FREQ=DAILY;BYDAY=-1FR", "BYDAY has numbers only" },
        { "FREQ=HOURLY;BYDAY=1FR", "BYDAY has numbers only" },
        { "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "no numbers beside BYWEEKNO" },
        { "FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY only" },
        { "FREQ=SECONDLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY only" },
        { "FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY does not go" },
        { "FREQ=WEEKLY;BYYEARDAY=1", "BYYEARDAY does not go" },
        { "FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY does not go" },
        { "FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go" },
        { "FREQ=DAILY;WKST=XX", "WKST=XX: not a weekday" },
        { "FREQ=DAILY;WKST=MO,TU", "WKST=MO,TU" },
        { "FREQ=DAILY;UNTIL=2031", "UNTIL=2031: not a date" },
        { "FREQ=DAILY;UNTIL=20310229", "UNTIL=20310229" },
        { "FREQ=DAILY;UNTIL=20310100", "UNTIL=20310100" },
        { "FREQ=DAILY;UNTIL=20311301", "UNTIL=20311301" },
        { "FREQ=DAILY;UNTIL=00000101", "UNTIL=00000101" },
        { "FREQ=DAILY;UNTIL=20310101T240000Z", "UNTIL=20310101T240000Z" },
        { "FREQ=DAILY;UNTIL=20310101T235960Z", "UNTIL=20310101T235960Z" },
        { "FREQ=DAILY;UNTIL=20310101T0000Z", "UNTIL=20310101T0000Z" },
        { "FREQ=DAILY;UNTIL=20310101T000000+01", "UNTIL=20310101T000000+01" },
        { "FREQ=DAILY;UNTIL=2031-01-01", "UNTIL=2031-01-01" },
        { "FREQ=YEARLY;RSCALE=HEBREW", "RSCALE=HEBREW: other calendars" },
        { "FREQ=YEARLY;SKIP=FORWARD", "SKIP=FORWARD: other calendars" },
        { "FREQ=YEARLY;BYEASTER=1", "BYEASTER=1: there is no such part" },
        { "FREQ=YEARLY;X-NAME=1", "X-NAME=1: there is no such part" },
        { "FREQ=DAILY\nCOUNT=1", "not YEARLY" },
        { "FREQ=D\xc3\x84ILY", "not YEARLY" },
        { "FREQ=D\xff", "not YEARLY" },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(cases); i++) {
        rota__error error = { 0 };
        rota__rule rule, untouched;
        memset(&rule, 0x5a, sizeof rule);
        untouched = rule;
        int rc = rota__rule_read(cases[i][0], -1, &error, &rule);
        ck_assert_msg(rc == ROTA_EINVALID, "%s: %s", cases[i][0], rota_status_name(rc));
        ck_assert_msg(strstr(error.message, cases[i][1]), "%s: \"%s\" without \"%s\"", cases[i][0],
                      error.message, cases[i][1]);
        ck_assert_int_eq(memcmp(&rule, &untouched, sizeof rule), 0);
    }
}
END_TEST

START_TEST(a_rule_may_be_long_but_not_too_long)
{
    static char text[ROTA_MAX_RULE + 64];
    rota__error error = { 0 };
    rota__rule rule;
    strcpy(text, "FREQ=DAILY;BYHOUR=1");
    while (strlen(text) + 2 <= ROTA_MAX_RULE)
        strcat(text, ",1");
    ck_assert_int_eq(rota__rule_read(text, -1, &error, &rule), ROTA_OK);
    strcat(text, ",1");
    ck_assert_int_eq(rota__rule_read(text, -1, &error, &rule), ROTA_ELIMIT);
    ck_assert_ptr_nonnull(strstr(error.message, "longer than 16384 bytes"));
    ck_assert_int_eq(rota__rule_read(NULL, -1, &error, &rule), ROTA_EINVALID);
    ck_assert_int_eq(rota__rule_read("FREQ=DAILY;COUNT=12", 18, &error, &rule), ROTA_OK);
    ck_assert_int_eq(rule.count, 1);
}
END_TEST

/* The rule as it is written, in memory of the caller's. */
static const char *written(rota__arena *arena, const char *text)
{
    rota__error error = { 0 };
    rota__rule rule;
    rota__str str;
    int rc = rota__rule_read(text, -1, &error, &rule);
    ck_assert_msg(rc == ROTA_OK, "%s: %s", text, error.message);
    rota__str_init(&str, arena);
    rota__rule_write(&rule, &str);
    return rota__str_done(&str);
}

START_TEST(a_rule_is_written_in_one_way)
{
    static const char *const cases[][2] = {
        { "freq=daily", "FREQ=DAILY" },
        { "COUNT=3;INTERVAL=1;WKST=MO;FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=3" },
        { "FREQ=WEEKLY;WKST=su;INTERVAL=02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU" },
        { "FREQ=DAILY;BYHOUR=17,9,9,09", "FREQ=DAILY;BYHOUR=9,17" },
        { "FREQ=MONTHLY;BYDAY=FR,-1mo,+2MO,1MO,MO,FR", "FREQ=MONTHLY;BYDAY=MO,1MO,2MO,-1MO,FR" },
        { "FREQ=YEARLY;BYMONTHDAY=-1,31,+1,-31", "FREQ=YEARLY;BYMONTHDAY=1,31,-1,-31" },
        { "FREQ=YEARLY;BYYEARDAY=366,1,-366", "FREQ=YEARLY;BYYEARDAY=1,366,-366" },
        { "FREQ=YEARLY;BYWEEKNO=-53,53,1", "FREQ=YEARLY;BYWEEKNO=1,53,-53" },
        { "FREQ=SECONDLY;BYSECOND=60,0;BYMINUTE=59;BYSETPOS=-366,366,1",
          "FREQ=SECONDLY;BYMINUTE=59;BYSECOND=0,60;BYSETPOS=1,366,-366" },
        { "FREQ=DAILY;UNTIL=20310501", "FREQ=DAILY;UNTIL=20310501" },
        { "FREQ=DAILY;UNTIL=00010101t000000", "FREQ=DAILY;UNTIL=00010101T000000" },
        { "FREQ=DAILY;UNTIL=99991231T235959z", "FREQ=DAILY;UNTIL=99991231T235959Z" },
        { "FREQ=HOURLY;COUNT=4294967297;INTERVAL=999999999999999",
          "FREQ=HOURLY;INTERVAL=999999999999999;COUNT=4294967297" },
    };
    rota__mem mem;
    rota__arena arena;
    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    for (int64_t i = 0; i < ROTA__LENGTH(cases); i++) {
        ck_assert_str_eq(written(&arena, cases[i][0]), cases[i][1]);
        ck_assert_str_eq(written(&arena, cases[i][1]), cases[i][1]);
    }
    rota__arena_free(&arena);
}
END_TEST

/* --- rules that keep nobody waiting --- */

/* Impossible, sparse, or hostile: none may take longer than this from anywhere. */
static const char *const hostile[] = {
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31;COUNT=1",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;COUNT=1",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=-31;COUNT=1",
    "FREQ=DAILY;BYMONTH=4,6,9,11;BYMONTHDAY=31;COUNT=1",
    "FREQ=WEEKLY;BYMONTH=2;BYDAY=MO;BYSETPOS=9;COUNT=1",
    "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3",
    "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-3",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4;COUNT=1",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30;BYMONTH=2",
    "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=6MO",
    "FREQ=MONTHLY;BYDAY=-53SU",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=MONTHLY;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO",
    "FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO",
    "FREQ=MONTHLY;INTERVAL=4800",
    "FREQ=MONTHLY;INTERVAL=4799;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO",
    "FREQ=MONTHLY;INTERVAL=7;BYMONTHDAY=31;BYDAY=1MO",
    "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=4;COUNT=3",
    "FREQ=YEARLY;BYYEARDAY=366;INTERVAL=400",
    "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
    "FREQ=YEARLY;BYYEARDAY=-366;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=1;BYMONTHDAY=2",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;BYMONTH=6;COUNT=1",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTHDAY=1;BYDAY=FR",
    "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=200",
    "FREQ=YEARLY;BYWEEKNO=-53,53;INTERVAL=7",
    "FREQ=YEARLY;BYWEEKNO=1,2,3;BYMONTH=12;BYMONTHDAY=29,30,31;BYDAY=TU",
    "FREQ=YEARLY;BYDAY=53MO;BYMONTH=1;COUNT=1",
    "FREQ=YEARLY;BYDAY=53MO,-53MO",
    "FREQ=YEARLY;BYDAY=53MO;BYYEARDAY=1",
    "FREQ=YEARLY;BYMONTH=2;BYDAY=5MO",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "FREQ=YEARLY;INTERVAL=2147483647;COUNT=5",
    "FREQ=YEARLY;INTERVAL=32768;COUNT=5",
    "FREQ=YEARLY;INTERVAL=999999999999999",
    "FREQ=MONTHLY;INTERVAL=999999999999999",
    "FREQ=WEEKLY;INTERVAL=999999999999999",
    "FREQ=DAILY;INTERVAL=999999999999999",
    "FREQ=HOURLY;INTERVAL=999999999999999",
    "FREQ=MINUTELY;INTERVAL=999999999999999",
    "FREQ=SECONDLY;INTERVAL=999999999999999",
    "FREQ=SECONDLY;COUNT=999999999999999",
    "FREQ=YEARLY;COUNT=999999999999999",
    "FREQ=SECONDLY;COUNT=2147483647",
    "FREQ=SECONDLY;UNTIL=99991231T235959Z",
    "FREQ=SECONDLY;UNTIL=00010101T000000Z",
    "FREQ=SECONDLY;BYSECOND=60",
    "FREQ=MINUTELY;BYSECOND=60",
    "FREQ=YEARLY;BYSECOND=60",
    "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1;COUNT=1",
    "FREQ=SECONDLY;INTERVAL=60;BYSECOND=1;COUNT=1",
    "FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=1",
    "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=1",
    "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=1;COUNT=1",
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=23",
    "FREQ=HOURLY;INTERVAL=24;BYHOUR=1;COUNT=1",
    "FREQ=HOURLY;INTERVAL=168;BYDAY=TU",
    "FREQ=HOURLY;INTERVAL=168;BYDAY=TU;BYMONTHDAY=31;BYMONTH=1",
    "FREQ=HOURLY;INTERVAL=3506328;BYDAY=MO",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=DAILY;INTERVAL=7;BYDAY=SU",
    "FREQ=DAILY;INTERVAL=146097;BYDAY=SU",
    "FREQ=DAILY;BYDAY=MO;BYMONTHDAY=29;BYMONTH=2",
    "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
    "FREQ=DAILY;BYHOUR=1;BYSETPOS=2",
    "FREQ=DAILY;BYHOUR=1,2;BYSETPOS=-3",
    "FREQ=HOURLY;BYMINUTE=1,2;BYSETPOS=3",
    "FREQ=MINUTELY;BYHOUR=1;BYSETPOS=-2",
    "FREQ=SECONDLY;BYHOUR=1;BYSETPOS=2",
    "FREQ=SECONDLY;INTERVAL=32767;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0;BYSECOND=0;COUNT=5",
    "FREQ=SECONDLY;INTERVAL=86399;BYHOUR=5;BYMINUTE=0;BYSECOND=1",
    "FREQ=SECONDLY;INTERVAL=86401;BYHOUR=5;BYMINUTE=0;BYSECOND=1;BYDAY=MO",
    "FREQ=SECONDLY;INTERVAL=302400;BYDAY=MO;BYHOUR=12",
    "FREQ=SECONDLY;INTERVAL=302401;BYDAY=MO;BYHOUR=12;BYMONTHDAY=13;BYMONTH=2",
    "FREQ=SECONDLY;INTERVAL=7;BYDAY=MO;BYMONTHDAY=29;BYMONTH=2;BYYEARDAY=61",
    "FREQ=SECONDLY;INTERVAL=7;BYYEARDAY=366;BYMONTH=1",
    "FREQ=SECONDLY;INTERVAL=604800;BYYEARDAY=366;BYDAY=TU",
    "FREQ=SECONDLY;INTERVAL=43200;BYYEARDAY=366;BYDAY=TU;BYHOUR=11",
    "FREQ=SECONDLY;INTERVAL=43201;BYHOUR=11;BYMINUTE=11;BYSECOND=11",
    "FREQ=SECONDLY;INTERVAL=3599;BYMINUTE=11;BYSECOND=11",
    "FREQ=SECONDLY;INTERVAL=59;BYMINUTE=11;BYHOUR=3;BYSECOND=11;BYDAY=SU;BYMONTHDAY=31",
    "FREQ=SECONDLY;BYMONTH=1",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=23;BYMINUTE=59;BYSECOND=59",
    "FREQ=MINUTELY;INTERVAL=1439;BYHOUR=3;BYMINUTE=7;BYMONTH=5;BYMONTHDAY=31;BYDAY=SU",
    "FREQ=MINUTELY;BYYEARDAY=1;BYMONTHDAY=31",
    "FREQ=MINUTELY;INTERVAL=1441;BYYEARDAY=366;BYDAY=MO",
    "FREQ=MINUTELY;INTERVAL=7919;BYHOUR=0;BYMINUTE=0;BYDAY=MO",
    "FREQ=HOURLY;INTERVAL=8759;BYMONTHDAY=29;BYMONTH=2",
    "FREQ=HOURLY;BYYEARDAY=366;BYMONTHDAY=30",
    "FREQ=HOURLY;BYYEARDAY=-1;BYMONTH=1,2,3,4,5,6,7,8,9,10,11",
    "FREQ=HOURLY;BYMONTHDAY=1;BYDAY=MO;BYMONTH=2;BYHOUR=2;INTERVAL=25",
    "FREQ=SECONDLY;BYMINUTE=0,1,2,3,4,5;BYSECOND=0,1,2,3,4,5;BYHOUR=0;BYDAY=SU;INTERVAL=17",
    "FREQ=YEARLY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;"
    "BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366,366",
    "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=1MO,2TU,-1SU,5FR;BYMONTHDAY=31",
    "FREQ=YEARLY;BYWEEKNO=1,10,20,30,40,50,53;BYDAY=MO,SU;BYMONTHDAY=13;BYMONTH=2",
    /* Whose occurrences, from a start at 02:30, all are in gaps, or are far away. */
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;BYHOUR=2;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15;"
    "BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "FREQ=DAILY;BYHOUR=2;BYMINUTE=30;BYMONTH=3;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;BYHOUR=2;BYMINUTE=30;UNTIL=20250101T000000Z",
    "FREQ=HOURLY;INTERVAL=1009;BYYEARDAY=366;BYHOUR=3;BYDAY=MO",
    "FREQ=HOURLY;INTERVAL=1009;BYYEARDAY=366;BYHOUR=3;BYDAY=MO;UNTIL=20250101T000000Z",
    "FREQ=SECONDLY;INTERVAL=1000003;BYYEARDAY=1;BYHOUR=0;BYMINUTE=0",
    "FREQ=SECONDLY;INTERVAL=1000003;BYYEARDAY=1;BYHOUR=0;BYMINUTE=0;UNTIL=20250101T000000Z",
};

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Where every step is watched there are fewer in a second. */
static double patience(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
    return 1;
#else
    return getenv("CK_TIMEOUT_MULTIPLIER") ? 1 : 0.05;
#endif
}

static void answered_in_time(const rota_series_query *q)
{
    rota_result *rows = NULL;
    double began = cpu_seconds();
    int rc = rota_series_expand(f.r, q, &rows, NULL);
    double took = cpu_seconds() - began;
    ck_assert_msg(rc == ROTA_OK || rc == ROTA_ELIMIT, "%s from %s: %s", q->rule, q->start,
                  rota_errmsg(f.r));
    ck_assert_msg(took < patience(), "%s from %s: %.0f ms", q->rule, q->start, took * 1000);
    rota_result_free(rows);
}

START_TEST(no_rule_keeps_anybody_waiting)
{
    static const char *const starts[] = { "2024-01-01T00:00", "2024-02-29T23:59:59",
                                          "1900-01-01T00:00", "0001-01-02T00:00",
                                          "9999-12-31T23:59:59" };
    for (int64_t i = 0; i < ROTA__LENGTH(starts); i++) {
        rota_series_query q = query_of(hostile[_i], starts[i], "Europe/Berlin");
        q.limit = 3;
        answered_in_time(&q);
        q.window = (rota_span){ t("2500-01-01T00:00Z"), t("2501-01-01T00:00Z") };
        answered_in_time(&q);
    }
}
END_TEST

START_TEST(what_needs_too_many_steps_is_an_error_and_no_end)
{
    rota_series_query q = query_of("FREQ=SECONDLY;INTERVAL=7919;BYHOUR=0,12;BYMINUTE=0;BYSECOND=0;"
                                   "BYDAY=MO",
                                   "2024-01-01T00:00", "UTC");
    rota_result *rows = NULL;
    ck_status(&f, rota_series_expand(f.r, &q, &rows, NULL), ROTA_ELIMIT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "1500000 steps"));
    ck_assert_ptr_null(rows);
}
END_TEST

/* --- seeking --- */

/* A rule at random, of parts that go together. */
static void random_rule(char *text, size_t size, bool counted)
{
    static const char *const freqs[] = { "YEARLY", "MONTHLY",  "WEEKLY",  "DAILY",
                                         "HOURLY", "MINUTELY", "SECONDLY" };
    static const char *const parts[] = { ";BYMONTH=3,10",      ";BYDAY=MO,SU",
                                         ";BYHOUR=2,3,23",     ";BYMINUTE=0,30",
                                         ";BYSECOND=0,59",     ";BYMONTH=1,2,3,11,12",
                                         ";BYDAY=TU,TH,SA",    ";BYHOUR=0,1,2",
                                         ";BYMINUTE=15,45,59", ";BYSECOND=30" };
    static const char *const positions[] = { ";BYSETPOS=1", ";BYSETPOS=-1", ";BYSETPOS=2,-2" };
    int64_t freq = fx_random(&f, 7);
    bool any = false;
    snprintf(text, size, "FREQ=%s;INTERVAL=%lld", freqs[freq], (long long)fx_random(&f, 9) + 1);
    for (int part = 0; part < 5; part++) {
        if (fx_random(&f, 3) != 0) continue;
        strcat(text, parts[part + 5 * fx_random(&f, 2)]);
        any = true;
    }
    if (freq == 0 && fx_random(&f, 3) == 0)
        strcat(text, ";BYWEEKNO=1,12,13,44,52,53,-1"), any = true;
    if (freq != 2 && fx_random(&f, 5) == 0) strcat(text, ";BYMONTHDAY=1,29,30,-1"), any = true;
    if (any && fx_random(&f, 3) == 0) strcat(text, positions[fx_random(&f, 3)]);
    if (counted)
        snprintf(text + strlen(text), size - strlen(text), ";COUNT=%lld",
                 (long long)fx_random(&f, 300) + 1);
}

static int64_t walk_all(rota__recur_walk *walk, rota_time *out, int64_t most)
{
    int64_t count = 0;
    while (count < most && rota__recur_next(walk, NULL, &out[count]) == ROTA_OK)
        count++;
    return count;
}

static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                     "Pacific/Apia",  "Asia/Kolkata",     "UTC" };

/* Whoever begins at an occurrence, or beside it, goes on as the one who came by. */
static void seek_as_walked(rota__tz_cache *cache, const char *text)
{
    rota__error error = { 0 };
    rota__rule rule;
    rota__recur set = { .rule = &rule, .start = t("2011-12-29T02:30Z") + fx_random(&f, 900) * DAY };
    rota_time all[MOST_ROWS], some[MOST_ROWS];
    rota__recur_walk walk, other;
    ck_assert_msg(rota__rule_read(text, -1, &error, &rule) == ROTA_OK, "%s: %s", text,
                  error.message);
    ck_assert_int_eq(rota__tz_get(cache, zones[fx_random(&f, 6)], &error, &set.zone), ROTA_OK);
    rota__recur_open(&walk, &set, ROTA_TIME_MAX);
    int64_t count = walk_all(&walk, all, MOST_ROWS);
    for (int64_t i = 1; i < count; i++)
        ck_assert_msg(all[i - 1] < all[i], "%s: not in order", text);
    for (int k = 0; k < 12 && count > 0; k++) {
        int64_t i = fx_random(&f, count), first = i;
        rota_time from = all[i] + fx_random(&f, 3) - 1;
        if (all[i] < from) first = i + 1;
        if (first > 0 && all[first - 1] >= from) first--;
        rota__recur_open(&other, &set, ROTA_TIME_MAX);
        other.mark = rota__recur_mark_of(&walk);
        rota__recur_seek(&other, from);
        int64_t found = walk_all(&other, some, count - first);
        ck_assert_msg(found == count - first, "%s: %lld, not %lld from %lld on", text,
                      (long long)found, (long long)(count - first), (long long)from);
        ck_assert_msg(memcmp(some, all + first, (size_t)found * sizeof *all) == 0,
                      "%s: others from %lld on", text, (long long)from);
    }
}

START_TEST(a_walk_from_anywhere_is_the_walk_from_the_start)
{
    enum { RULES = 1500 };
    rota__mem mem;
    rota__tz_cache cache;
    rota__mem_init(&mem, NULL, NULL);
    rota__tz_init(&cache, &mem);
    f.random = tests_seed("recur");
    for (int i = 0; i < RULES; i++) {
        char text[256];
        random_rule(text, sizeof text, i % 2 == 0);
        seek_as_walked(&cache, text);
    }
    rota__tz_free(&cache);
}
END_TEST

START_TEST(an_old_series_is_as_near_as_a_new_one)
{
    static const char *const rules[] = { "FREQ=YEARLY",
                                         "FREQ=MONTHLY;BYDAY=-1FR",
                                         "FREQ=WEEKLY;INTERVAL=7;WKST=SU",
                                         "FREQ=DAILY",
                                         "FREQ=MINUTELY;INTERVAL=15",
                                         "FREQ=SECONDLY",
                                         "FREQ=SECONDLY;COUNT=999999999999",
                                         "FREQ=DAILY;COUNT=999999999999" };
    for (int64_t i = 0; i < ROTA__LENGTH(rules); i++) {
        rota__error error = { 0 };
        rota__mem mem;
        rota__tz_cache cache;
        rota__rule rule;
        rota__recur_walk walk;
        rota__recur set = { .rule = &rule, .start = t("1970-01-01T09:00Z") };
        rota_time at;
        rota__mem_init(&mem, NULL, NULL);
        rota__tz_init(&cache, &mem);
        ck_assert_int_eq(rota__tz_get(&cache, "Europe/Berlin", &error, &set.zone), ROTA_OK);
        ck_assert_int_eq(rota__rule_read(rules[i], -1, &error, &rule), ROTA_OK);
        rota__recur_open(&walk, &set, ROTA_TIME_MAX);
        int64_t before = walk.work;
        rota__recur_seek(&walk, t("2060-01-01T00:00Z"));
        ck_assert_int_eq(rota__recur_next(&walk, NULL, &at), ROTA_OK);
        ck_assert_int_ge(at, t("2060-01-01T00:00Z"));
        ck_assert_msg(before - walk.work < 100, "%s: %lld steps", rules[i],
                      (long long)(before - walk.work));
        rota__tz_free(&cache);
    }
}
END_TEST

/* --- the call --- */

START_TEST(queries_that_are_none)
{
    static const char *const dates[] = { "2031-03-11T09:00", NULL };
    static const char *const wrong[] = { "2031-03-11T25:00" };
    rota_series_query good = query_of("FREQ=DAILY", "2031-03-10T09:00", "UTC"), q = good;
    rota_result *rows = NULL;
    int32_t more = 77;
#define REFUSED(part, status)                                                  \
    do {                                                                       \
        ck_status(&f, rota_series_expand(f.r, &q, &rows, &more), status);      \
        ck_assert_msg(strstr(rota_errmsg(f.r), part), "%s", rota_errmsg(f.r)); \
        ck_assert(rows == NULL && more == 77);                                 \
        q = good;                                                              \
    } while (0)
    ck_status(&f, rota_series_expand(f.r, NULL, &rows, &more), ROTA_EINVALID);
    ck_status(&f, rota_series_expand(f.r, &q, NULL, &more), ROTA_EINVALID);
    q.size = 8;
    REFUSED("size 8", ROTA_EINVALID);
    q.flags = 1;
    REFUSED("flags", ROTA_EINVALID);
    q.start = NULL;
    REFUSED("start is NULL", ROTA_EINVALID);
    q.start = "tomorrow";
    REFUSED("\"tomorrow\"", ROTA_EINVALID);
    q.start = "2031-02-30";
    REFUSED("2031-02-30", ROTA_EINVALID);
    q.zone = NULL;
    REFUSED("no time zone", ROTA_EINVALID);
    q.zone = "Mars/Olympus";
    REFUSED("Mars/Olympus", ROTA_EINVALID);
    q.rule = "FREQ=NEVER";
    REFUSED("FREQ=NEVER", ROTA_EINVALID);
    q.limit = -1;
    REFUSED("limit is -1", ROTA_EINVALID);
    q.limit = ROTA_MAX_ROWS + 1;
    REFUSED("limit is 10001", ROTA_ELIMIT);
    q.window = (rota_span){ 5, 5 };
    REFUSED("window", ROTA_EINVALID);
    q.rdate_count = -1;
    REFUSED("-1 of rdate", ROTA_EINVALID);
    q.exdate_count = 1;
    REFUSED("1 of exdate", ROTA_EINVALID);
    q.exdates = dates;
    q.exdate_count = ROTA_MAX_DATES + 1;
    REFUSED("10001 of exdate", ROTA_ELIMIT);
    q.rdates = dates;
    q.rdate_count = 2;
    REFUSED("rdate is NULL", ROTA_EINVALID);
    q.rdates = wrong;
    q.rdate_count = 1;
    REFUSED("25:00", ROTA_EINVALID);
    q.start = "2031-03-10";
    q.rdates = dates;
    q.rdate_count = 1;
    REFUSED("is not a date", ROTA_EINVALID);
    q.start = "2031-03-10";
    q.rule = "FREQ=HOURLY";
    REFUSED("an all-day series has FREQ", ROTA_EINVALID);
    q.start = "2031-03-10";
    q.rule = "FREQ=DAILY;BYHOUR=9";
    REFUSED("no BYHOUR", ROTA_EINVALID);
    q.start = "2031-03-10";
    q.rule = "FREQ=DAILY;UNTIL=20310501T000000Z";
    REFUSED("UNTIL of an all-day series", ROTA_EINVALID);
#undef REFUSED
}
END_TEST

START_TEST(a_window_and_a_limit_cut_a_series)
{
    rota_series_query q = query_of("FREQ=DAILY", "2031-03-10T09:00", "UTC");
    rota_time starts[MOST_ROWS];
    int32_t more = -1;
    q.window = (rota_span){ t("2031-03-12T09:00Z"), t("2031-03-15T09:00Z") };
    ck_assert_int_eq(expand(&q, starts, &more), 3);
    ck_assert_int_eq(starts[0], t("2031-03-12T09:00Z"));
    ck_assert_int_eq(more, 0);
    q.limit = 3;
    ck_assert_int_eq(expand(&q, starts, &more), 3);
    ck_assert_int_eq(more, 0);
    q.limit = 2;
    ck_assert_int_eq(expand(&q, starts, &more), 2);
    ck_assert_int_eq(more, 1);
    ck_assert_int_eq(expand(&q, starts, NULL), 2);
    q.window = (rota_span){ ROTA_TIME_MIN, t("2031-03-10T09:00Z") };
    ck_assert_int_eq(expand(&q, starts, &more), 0);
    ck_assert_int_eq(more, 0);
}
END_TEST

START_TEST(a_row_tells_the_wall_clock)
{
    rota_series_query q = query_of("FREQ=DAILY;COUNT=2", "2031-03-29T02:30", "Europe/Berlin");
    rota_result *rows = NULL;
    rota_occurrence row = ROTA_INIT(rota_occurrence);
    ck_status(&f, rota_series_expand(f.r, &q, &rows, NULL), ROTA_OK);
    ck_assert_int_eq(rota_occurrence_at(rows, 0, &row), ROTA_OK);
    ck_assert_str_eq(row.local, "2031-03-29T02:30:00");
    ck_assert(row.kind == ROTA_TIME_UNIQUE && row.offset == 3600 && !row.all_day);
    ck_assert_int_eq(rota_occurrence_at(rows, 1, &row), ROTA_OK);
    ck_assert_str_eq(row.local, "2031-03-30T03:30:00");
    ck_assert(row.kind == ROTA_TIME_GAP && row.offset == 7200);
    ck_assert_int_eq(rota_occurrence_at(rows, 2, &row), ROTA_EINVALID);
    ck_assert_int_eq(rota_occurrence_at(NULL, 0, &row), ROTA_EINVALID);
    rota_result_free(rows);
}
END_TEST

START_TEST(memory_that_runs_out_is_said_and_given_back)
{
    static const char *const dates[] = { "2031-03-11T09:00", "2031-03-12T09:00" };
    rota_series_query q = query_of("FREQ=DAILY", "2031-03-10T09:00", "Europe/Rome");
    rota_result *rows = NULL;
    q.rdates = q.exdates = dates;
    q.rdate_count = q.exdate_count = 2;
    for (int64_t n = 1;; n++) {
        fx_fail_allocation(&f, n);
        int rc = rota_series_expand(f.r, &q, &rows, NULL);
        bool refused = f.refused > 0;
        fx_fail_allocation(&f, 0);
        if (!refused) {
            ck_assert_int_ge(n, 4);
            ck_status(&f, rc, ROTA_OK);
            break;
        }
        ck_assert_msg(rc == ROTA_ENOMEM, "allocation %lld: %s", (long long)n, rota_errmsg(f.r));
        ck_assert_ptr_null(rows);
    }
    rota_result_free(rows);
}
END_TEST

/* --- what a clock shows --- */

static void resolve(const char *text, const char *zone, const char *instant, const char *local,
                    int32_t offset, int32_t kind)
{
    rota_time_reading found = ROTA_INIT(rota_time_reading);
    ck_status(&f, rota_time_resolve(f.r, text, zone, &found), ROTA_OK);
    ck_assert_msg(found.instant == t(instant), "%s in %s", text, zone);
    ck_assert_str_eq(found.local, local);
    ck_assert_msg(found.offset == offset && found.kind == kind, "%s in %s: %d, %d", text, zone,
                  found.offset, found.kind);
}

START_TEST(a_wall_clock_time_and_its_instant)
{
    enum { UNIQUE = ROTA_TIME_UNIQUE, GAP = ROTA_TIME_GAP, FOLD = ROTA_TIME_FOLD };
    resolve("2031-03-30T01:59:59", "Europe/Berlin", "2031-03-30T00:59:59Z", "2031-03-30T01:59:59",
            3600, UNIQUE);
    resolve("2031-03-30T02:00", "Europe/Berlin", "2031-03-30T01:00Z", "2031-03-30T03:00:00", 7200,
            GAP);
    resolve("2031-03-30T02:30", "Europe/Berlin", "2031-03-30T01:30Z", "2031-03-30T03:30:00", 7200,
            GAP);
    resolve("2031-03-30T03:00", "Europe/Berlin", "2031-03-30T01:00Z", "2031-03-30T03:00:00", 7200,
            UNIQUE);
    resolve("2031-10-26T02:30", "Europe/Berlin", "2031-10-26T00:30Z", "2031-10-26T02:30:00", 7200,
            FOLD);
    resolve("2031-10-26T01:30Z", "Europe/Berlin", "2031-10-26T01:30Z", "2031-10-26T02:30:00", 3600,
            FOLD);
    resolve("2031-10-26T02:00Z", "Europe/Berlin", "2031-10-26T02:00Z", "2031-10-26T03:00:00", 3600,
            UNIQUE);
    resolve("2031-06-01T12:00+02:00", "Asia/Kathmandu", "2031-06-01T10:00Z", "2031-06-01T15:45:00",
            20700, UNIQUE);
    resolve("2031-06-01T12:00", "UTC", "2031-06-01T12:00Z", "2031-06-01T12:00:00", 0, UNIQUE);
}
END_TEST

START_TEST(readings_that_are_none)
{
    rota_time_reading found = ROTA_INIT(rota_time_reading);
    ck_status(&f, rota_time_resolve(f.r, NULL, "UTC", &found), ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "2031-01-01T00:00", "UTC", NULL), ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "2031-01-01T00:00", NULL, &found), ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "2031-01-01T00:00", "Nowhere", &found), ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "2031-01-01", "UTC", &found), ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "9999-12-31T23:00", "America/New_York", &found),
              ROTA_EINVALID);
    ck_status(&f, rota_time_resolve(f.r, "9999-12-31T23:00Z", "Asia/Tokyo", &found), ROTA_EINVALID);
    found.size = 4;
    ck_status(&f, rota_time_resolve(f.r, "2031-01-01T00:00", "UTC", &found), ROTA_EINVALID);
    ck_assert_int_eq(found.instant, 0);
}
END_TEST

/* --- threads --- */

static void *expand_many(void *arg)
{
    int64_t *sum = arg;
    rota *r = NULL;
    if (rota_open(":memory:", NULL, &r) != ROTA_OK) return NULL;
    for (int i = 0; i < 200; i++) {
        rota_series_query q = query_of("FREQ=WEEKLY;BYDAY=MO,SU;BYHOUR=2,3", "2031-01-06T02:30",
                                       "Europe/Berlin");
        rota_result *rows = NULL;
        q.limit = 200;
        if (rota_series_expand(r, &q, &rows, NULL) != ROTA_OK) break;
        for (int64_t k = 0; k < rota_result_count(rows); k++) {
            rota_occurrence row = ROTA_INIT(rota_occurrence);
            if (rota_occurrence_at(rows, k, &row) == ROTA_OK) *sum += row.start % 1000003;
        }
        rota_result_free(rows);
    }
    rota_close(r);
    return NULL;
}

START_TEST(two_threads_expand_at_once)
{
    pthread_t threads[2];
    int64_t sums[3] = { 0 };
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, expand_many, &sums[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    expand_many(&sums[2]);
    ck_assert(sums[2] != 0 && sums[0] == sums[2] && sums[1] == sums[2]);
}
END_TEST

Suite *recur_suite(void)
{
    Suite *suite = suite_create("recur");
    TCase *tc = tcase_create("recur");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_example_of_the_standard);
    tcase_add_test(tc, series_that_a_person_can_check);
    tcase_add_test(tc, a_rule_that_is_wrong_is_named);
    tcase_add_test(tc, a_rule_may_be_long_but_not_too_long);
    tcase_add_test(tc, a_rule_is_written_in_one_way);
    tcase_add_loop_test(tc, no_rule_keeps_anybody_waiting, 0, (int)ROTA__LENGTH(hostile));
    tcase_add_test(tc, what_needs_too_many_steps_is_an_error_and_no_end);
    tcase_add_test(tc, a_walk_from_anywhere_is_the_walk_from_the_start);
    tcase_add_test(tc, an_old_series_is_as_near_as_a_new_one);
    tcase_add_test(tc, queries_that_are_none);
    tcase_add_test(tc, a_window_and_a_limit_cut_a_series);
    tcase_add_test(tc, a_row_tells_the_wall_clock);
    tcase_add_test(tc, memory_that_runs_out_is_said_and_given_back);
    tcase_add_test(tc, a_wall_clock_time_and_its_instant);
    tcase_add_test(tc, readings_that_are_none);
    tcase_add_test(tc, two_threads_expand_at_once);
    suite_add_tcase(suite, tc);
    return suite;
}
