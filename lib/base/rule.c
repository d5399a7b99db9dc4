/* The text of a rule. libical is not asked: it takes 2MO in a weekly rule, reads
 * COUNT=4294967297 as 1 and INTERVAL=65537 as 1, and a list that is not sorted gives
 * occurrences that are not. Here each part is checked against RFC 5545, 3.3.10, with
 * the table of what may stand beside which FREQ. */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include "base/rule.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN = 40 };

/* What is left of the text; nothing is read behind end. */
typedef struct reader {
    const char *at, *end;
    rota__error *error;
} reader;

/* A part as it stands there. */
typedef struct part {
    const char *name, *value;
    int32_t name_length, value_length;
} part;

static const char *const freqs[] = { "",      "YEARLY", "MONTHLY",  "WEEKLY",
                                     "DAILY", "HOURLY", "MINUTELY", "SECONDLY" };
static const char *const weekdays[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

/* The parts that are lists of numbers. */
typedef struct list {
    const char *name;
    uint32_t bit;
    int32_t least, most;
    bool back; /* may count from the end */
} list;

static const list lists[] = {
    { "BYMONTH", ROTA__BY_MONTH, 1, 12, false },
    { "BYWEEKNO", ROTA__BY_WEEK, 1, 53, true },
    { "BYYEARDAY", ROTA__BY_YEAR_DAY, 1, 366, true },
    { "BYMONTHDAY", ROTA__BY_MONTH_DAY, 1, 31, true },
    { "BYDAY", ROTA__BY_DAY, 1, 53, true },
    { "BYHOUR", ROTA__BY_HOUR, 0, 23, false },
    { "BYMINUTE", ROTA__BY_MINUTE, 0, 59, false },
    { "BYSECOND", ROTA__BY_SECOND, 0, 60, false },
    { "BYSETPOS", ROTA__BY_POSITION, 1, 366, true },
};

/* Of parts that are no lists, behind the bits of those that are. */
enum { HAS_FREQ = 512, HAS_INTERVAL = 1024, HAS_COUNT = 2048, HAS_UNTIL = 4096, HAS_WKST = 8192 };

/* --- pieces of text --- */

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Whether the text at the reader is this word, whatever its case; moves behind it. */
static bool take(reader *r, const char *word)
{
    int64_t length = (int64_t)strlen(word);

    if (r->end - r->at < length) return false;
    for (int64_t i = 0; i < length; ++i)
        if (upper(r->at[i]) != word[i]) return false;
    r->at += length;
    return true;
}

static bool is(const char *text, int32_t length, const char *word)
{
    reader r = { text, text + length, NULL };

    return (int64_t)strlen(word) == length && take(&r, word);
}

/* Digits, at most `most` of them where zeros in front do not count. */
static bool number(reader *r, int most, int64_t *out)
{
    const char *first = r->at;
    int digits = 0;

    for (*out = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; ++r->at) {
        if (digits > 0 || *r->at != '0') ++digits;
        if (digits > most) return false;
        *out = *out * 10 + (*r->at - '0');
    }
    return r->at > first;
}

static int32_t shown(int32_t length)
{
    return length < SHOWN ? length : SHOWN;
}

/* The message of a part whose value is wrong. */
static int wrong(reader *r, const part *p, const char *why)
{
    return rota__error_set(r->error, ROTA_EINVALID, "%.*s=%.*s: %s", (int)shown(p->name_length),
                           p->name, (int)shown(p->value_length), p->value, why);
}

/* --- lists --- */

static void add_small(uint32_t *bits, int64_t n)
{
    *bits |= (uint32_t)1 << n;
}

static void keep(rota__rule *rule, uint32_t bit, int64_t n, bool back)
{
    switch (bit) {
    case ROTA__BY_MONTH:
        add_small(&rule->months, n);
        break;
    case ROTA__BY_WEEK:
        rota__rule_set(back ? &rule->weeks_back : &rule->weeks, n);
        break;
    case ROTA__BY_YEAR_DAY:
        rota__rule_set(back ? rule->year_days_back : rule->year_days, n);
        break;
    case ROTA__BY_MONTH_DAY:
        add_small(back ? &rule->month_days_back : &rule->month_days, n);
        break;
    case ROTA__BY_HOUR:
        add_small(&rule->hours, n);
        break;
    case ROTA__BY_MINUTE:
        rota__rule_set(&rule->minutes, n);
        break;
    case ROTA__BY_SECOND:
        rota__rule_set(&rule->seconds, n);
        break;
    default:
        rota__rule_set(back ? rule->positions_back : rule->positions, n);
        break;
    }
}

static int find_weekday(reader *r)
{
    for (int i = 0; i < 7; ++i)
        if (take(r, weekdays[i])) return i;
    return -1;
}

/* MO, 2MO, -1FR; n is 0 without a number. */
static bool read_weekday(reader *r, int64_t n, bool back, rota__rule *rule)
{
    int day = find_weekday(r);

    if (day < 0) return false;
    if (n == 0)
        add_small(&rule->weekdays, day);
    else
        rota__rule_set(back ? &rule->nth_back[day] : &rule->nth[day], n);
    if (n != 0) add_small(&rule->nth_days, day);
    return true;
}

static bool read_item(reader *r, const list *l, rota__rule *rule)
{
    bool back = l->back && r->at < r->end && *r->at == '-';
    bool sign = l->back && r->at < r->end && (*r->at == '-' || *r->at == '+');
    bool bare = l->bit == ROTA__BY_DAY && r->at < r->end && upper(*r->at) > '9';
    int64_t n = 0;

    if (sign) ++r->at;
    if (!bare && (!number(r, 3, &n) || n < l->least || n > l->most)) return false;
    if (l->bit == ROTA__BY_DAY) return read_weekday(r, n, back, rule);
    keep(rule, l->bit, n, back);
    return true;
}

static int read_list(reader *r, const part *p, const list *l, rota__rule *rule)
{
    reader items = { p->value, p->value + p->value_length, r->error };
    char why[80];

    for (;;) {
        if (!read_item(&items, l, rule)) break;
        if (items.at == items.end) return ROTA_OK;
        if (!take(&items, ",")) break;
    }
    if (l->bit == ROTA__BY_DAY)
        return wrong(r, p, "not a list of weekdays, MO to SU, numbered 1 to 53 or -1 to -53");
    (void)snprintf(why, sizeof why, "not a list of numbers, %" PRId32 " to %" PRId32 "%s", l->least,
                   l->most, l->back ? " or as many from the end" : "");
    return wrong(r, p, why);
}

/* --- the other parts --- */

static int read_freq(reader *r, const part *p, rota__rule *rule)
{
    for (int32_t i = 1; i < ROTA__LENGTH(freqs); ++i) {
        if (!is(p->value, p->value_length, freqs[i])) continue;
        rule->freq = i;
        return ROTA_OK;
    }
    return wrong(r, p, "not YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY");
}

static int read_amount(reader *r, const part *p, int64_t *out)
{
    reader value = { p->value, p->value + p->value_length, r->error };

    if (number(&value, 15, out) && value.at == value.end && *out > 0) return ROTA_OK;
    return wrong(r, p, "not a number from 1 to 999999999999999");
}

static bool fixed(reader *r, int count, int32_t *out)
{
    for (*out = 0; count > 0; --count, ++r->at) {
        if (r->at == r->end || *r->at < '0' || *r->at > '9') return false;
        *out = *out * 10 + (*r->at - '0');
    }
    return true;
}

static bool read_moment(reader *r, rota__rule *rule)
{
    rota__civil c = { 0, 0, 0, 23, 59, 59 };

    if (!fixed(r, 4, &c.year) || !fixed(r, 2, &c.month) || !fixed(r, 2, &c.day) ||
        !rota__time_is_date(&c))
        return false;
    rule->until_kind = ROTA__UNTIL_DATE;
    if (r->at < r->end) {
        if (!take(r, "T") || !fixed(r, 2, &c.hour) || !fixed(r, 2, &c.minute) ||
            !fixed(r, 2, &c.second) || c.hour > 23 || c.minute > 59 || c.second > 59)
            return false;
        rule->until_kind = take(r, "Z") ? ROTA__UNTIL_INSTANT : ROTA__UNTIL_LOCAL;
    }
    rule->until = rota__time_from_civil(&c);
    return r->at == r->end;
}

static int read_until(reader *r, const part *p, rota__rule *rule)
{
    reader value = { p->value, p->value + p->value_length, r->error };

    if (read_moment(&value, rule)) return ROTA_OK;
    return wrong(r, p, "not a date, 20310514, or time, 20310514T090000Z");
}

static int read_week_start(reader *r, const part *p, rota__rule *rule)
{
    reader value = { p->value, p->value + p->value_length, r->error };
    int day = find_weekday(&value);

    if (day < 0 || value.at != value.end) return wrong(r, p, "not a weekday, MO to SU");
    rule->week_start = (uint32_t)day;
    return ROTA_OK;
}

/* --- a rule --- */

/* Up to the next ';', which is left out; false where it is not NAME=value. */
static bool next_part(reader *r, part *p)
{
    const char *end = memchr(r->at, ';', (size_t)(r->end - r->at));
    const char *sign;

    if (!end) end = r->end;
    sign = memchr(r->at, '=', (size_t)(end - r->at));
    p->name = r->at;
    p->name_length = (int32_t)((sign ? sign : end) - r->at);
    p->value = sign ? sign + 1 : end;
    p->value_length = (int32_t)(end - p->value);
    r->at = end;
    return p->name_length > 0 && p->value_length > 0;
}

static int no_part(const part *p, const reader *r)
{
    int32_t length = (int32_t)(r->at - p->name);

    return rota__error_set(r->error, ROTA_EINVALID, "\"%.*s\" is no part of a rule, NAME=value",
                           (int)shown(length), p->name);
}

static int once(reader *r, const part *p, uint32_t bit, uint32_t *seen)
{
    if (*seen & bit) return wrong(r, p, "the part is there twice");
    *seen |= bit;
    return ROTA_OK;
}

static uint32_t bit_of(const part *p, const list **found)
{
    static const char *const names[] = { "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST" };

    *found = NULL;
    for (int64_t i = 0; i < ROTA__LENGTH(lists); ++i) {
        if (!is(p->name, p->name_length, lists[i].name)) continue;
        *found = &lists[i];
        return lists[i].bit;
    }
    for (int64_t i = 0; i < ROTA__LENGTH(names); ++i)
        if (is(p->name, p->name_length, names[i])) return (uint32_t)HAS_FREQ << i;
    return 0;
}

static int read_part(reader *r, const part *p, uint32_t *seen, rota__rule *rule)
{
    const list *found;
    uint32_t bit = bit_of(p, &found);
    int rc = once(r, p, bit, seen);

    if (rc != ROTA_OK) return rc;
    if (found) return read_list(r, p, found, rule);
    switch (bit) {
    case HAS_FREQ:
        return read_freq(r, p, rule);
    case HAS_INTERVAL:
        return read_amount(r, p, &rule->interval);
    case HAS_COUNT:
        return read_amount(r, p, &rule->count);
    case HAS_UNTIL:
        return read_until(r, p, rule);
    case HAS_WKST:
        return read_week_start(r, p, rule);
    default:
        break;
    }
    if (is(p->name, p->name_length, "RSCALE") || is(p->name, p->name_length, "SKIP"))
        return wrong(r, p, "other calendars, RFC 7529, are not supported");
    return wrong(r, p, "there is no such part");
}

static int refuse(rota__error *error, const char *why)
{
    return rota__error_set(error, ROTA_EINVALID, "%s", why);
}

/* The table of 3.3.10, and what is said around it. */
static int check_together(const rota__rule *rule, uint32_t seen, rota__error *error)
{
    bool years = rule->freq == ROTA__FREQ_YEARLY;
    bool months = rule->freq == ROTA__FREQ_MONTHLY;
    bool numbered = rule->nth_days != 0;

    if (!(seen & HAS_FREQ)) return refuse(error, "FREQ is missing");
    if ((seen & HAS_COUNT) && (seen & HAS_UNTIL))
        return refuse(error, "COUNT and UNTIL do not go together");
    if ((rule->parts & ROTA__BY_WEEK) && !years)
        return refuse(error, "BYWEEKNO goes with FREQ=YEARLY only");
    if ((rule->parts & ROTA__BY_YEAR_DAY) && !years && rule->freq < ROTA__FREQ_HOURLY)
        return refuse(error, "BYYEARDAY does not go with FREQ=MONTHLY, WEEKLY or DAILY");
    if ((rule->parts & ROTA__BY_MONTH_DAY) && rule->freq == ROTA__FREQ_WEEKLY)
        return refuse(error, "BYMONTHDAY does not go with FREQ=WEEKLY");
    if (numbered && !years && !months)
        return refuse(error, "BYDAY has numbers only with FREQ=MONTHLY or YEARLY");
    if (numbered && (rule->parts & ROTA__BY_WEEK))
        return refuse(error, "BYDAY has no numbers beside BYWEEKNO");
    if (rule->parts == ROTA__BY_POSITION) return refuse(error, "BYSETPOS needs another BY part");
    return ROTA_OK;
}

int rota__rule_read(const char *text, int64_t length, rota__error *error, rota__rule *out)
{
    rota__rule rule = { .interval = 1 };
    uint32_t seen = 0;
    int rc;

    if (!text) return refuse(error, "no rule");
    /* Every list written out in full is shorter. */
    if (length < 0) length = (int64_t)strnlen(text, ROTA_MAX_RULE + 1);
    if (length > ROTA_MAX_RULE)
        return rota__error_set(error, ROTA_ELIMIT, "the rule is longer than %d bytes",
                               (int)ROTA_MAX_RULE);
    for (reader r = { text, text + length, error };;) {
        part p;
        if (!next_part(&r, &p)) return no_part(&p, &r);
        if ((rc = read_part(&r, &p, &seen, &rule)) != ROTA_OK) return rc;
        if (r.at == r.end) break;
        ++r.at;
    }
    rule.parts = seen & (HAS_FREQ - 1);
    if ((rc = check_together(&rule, seen, error)) == ROTA_OK) *out = rule;
    return rc;
}

/* --- writing --- */

static void write_list(rota__str *out, const char **before, const uint64_t *words, int64_t most,
                       const char *sign)
{
    for (int64_t n = 0; n <= most; ++n) {
        if (!rota__rule_bit(words, n)) continue;
        rota__str_addf(out, "%s%s%" PRId64, *before, sign, n);
        *before = ",";
    }
}

static void write_numbers(rota__str *out, const char *name, const uint64_t *words,
                          const uint64_t *back, int64_t most)
{
    const char *before = name;

    write_list(out, &before, words, most, "");
    if (back) write_list(out, &before, back, most, "-");
}

static void write_small(rota__str *out, const char *name, uint32_t bits, uint32_t back)
{
    uint64_t wide[2] = { bits, back };

    write_numbers(out, name, &wide[0], &wide[1], 31);
}

static void write_weekdays(rota__str *out, const rota__rule *rule)
{
    const char *before = ";BYDAY=";

    for (int day = 0; day < 7; ++day) {
        if (rule->weekdays >> day & 1) {
            rota__str_addf(out, "%s%s", before, weekdays[day]);
            before = ",";
        }
        for (int n = 1; n <= 106; ++n) {
            bool back = n > 53;
            int at = back ? n - 53 : n;
            if (!((back ? rule->nth_back[day] : rule->nth[day]) >> at & 1)) continue;
            rota__str_addf(out, "%s%s%d%s", before, back ? "-" : "", at, weekdays[day]);
            before = ",";
        }
    }
}

static void write_until(rota__str *out, const rota__rule *rule)
{
    rota__civil c;

    rota__time_to_civil(rule->until, &c);
    rota__str_addf(out, ";UNTIL=%04" PRId32 "%02" PRId32 "%02" PRId32, c.year, c.month, c.day);
    if (rule->until_kind == ROTA__UNTIL_DATE) return;
    rota__str_addf(out, "T%02" PRId32 "%02" PRId32 "%02" PRId32 "%s", c.hour, c.minute, c.second,
                   rule->until_kind == ROTA__UNTIL_INSTANT ? "Z" : "");
}

void rota__rule_write(const rota__rule *rule, rota__str *out)
{
    rota__str_addf(out, "FREQ=%s", freqs[rule->freq]);
    if (rule->interval > 1) rota__str_addf(out, ";INTERVAL=%" PRId64, rule->interval);
    if (rule->count > 0) rota__str_addf(out, ";COUNT=%" PRId64, rule->count);
    if (rule->until_kind != ROTA__UNTIL_NONE) write_until(out, rule);
    write_small(out, ";BYMONTH=", rule->months, 0);
    write_numbers(out, ";BYWEEKNO=", &rule->weeks, &rule->weeks_back, 53);
    write_numbers(out, ";BYYEARDAY=", rule->year_days, rule->year_days_back, 366);
    write_small(out, ";BYMONTHDAY=", rule->month_days, rule->month_days_back);
    write_weekdays(out, rule);
    write_small(out, ";BYHOUR=", rule->hours, 0);
    write_numbers(out, ";BYMINUTE=", &rule->minutes, NULL, 59);
    write_numbers(out, ";BYSECOND=", &rule->seconds, NULL, 60);
    write_numbers(out, ";BYSETPOS=", rule->positions, rule->positions_back, 366);
    if (rule->week_start != 0) rota__str_addf(out, ";WKST=%s", weekdays[rule->week_start]);
}
