/* Dates and times as numbers and as text. Knows the Gregorian calendar and
 * RFC 3339; zones are left to tz.c. */
#include "base/time.h"

enum { DAY = 86400, DAYS_OF_400_YEARS = 146097 };

int64_t rota__time_gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Years begin in March here, so that the leap day is the last of its year and
 * the months before it have the same lengths in every year: 153 days in five. */
int64_t rota__time_days(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = rota__time_floor(y, 400);
    int64_t of_era = y - era * 400;
    int64_t month_from_march = month + (month > 2 ? -3 : 9);
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;

    return era * DAYS_OF_400_YEARS + day_of_era - 719468;
}

rota__local rota__time_from_civil(const rota__civil *civil)
{
    return rota__time_days(civil->year, civil->month, civil->day) * DAY +
           (int64_t)civil->hour * 3600 + (int64_t)civil->minute * 60 + civil->second;
}

void rota__time_to_civil(rota__local local, rota__civil *out)
{
    int64_t days = rota__time_floor(local, DAY);
    int64_t second = local - days * DAY;
    int64_t from_march = days + 719468;
    int64_t era = rota__time_floor(from_march, DAYS_OF_400_YEARS);
    int64_t day = from_march - era * DAYS_OF_400_YEARS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t month;

    day -= year * 365 + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    out->year = (int32_t)(era * 400 + year + (month >= 10));
    out->month = (int32_t)(month < 10 ? month + 3 : month - 9);
    out->day = (int32_t)(day - (153 * month + 2) / 5 + 1);
    out->hour = (int32_t)(second / 3600);
    out->minute = (int32_t)(second / 60 % 60);
    out->second = (int32_t)(second % 60);
}

int32_t rota__time_month_length(int32_t year, int32_t month)
{
    static const int8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return lengths[month - 1] + (month == 2 && leap);
}

bool rota__time_is_date(const rota__civil *civil)
{
    return civil->year >= 1 && civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= rota__time_month_length(civil->year, civil->month);
}

/* Exactly `count` digits; moves behind them. A text's NUL is no digit, so
 * nothing is read past it. */
static bool digits(const char **at, int count, int32_t *out)
{
    int32_t value = 0;

    while (count-- > 0) {
        char c = *(*at)++;

        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    *out = value;
    return true;
}

static bool one_of(const char **at, char a, char b)
{
    return **at == a || **at == b ? ++*at, true : false;
}

static bool read_date(const char **at, rota__civil *out)
{
    if (!digits(at, 4, &out->year) || !one_of(at, '-', '-')) return false;
    if (!digits(at, 2, &out->month) || !one_of(at, '-', '-')) return false;
    if (!digits(at, 2, &out->day)) return false;
    return rota__time_is_date(out);
}

/* ".000", as many programs write a whole second, is that second: `finer` is whether a digit says
 * more than that. */
static bool read_fraction(const char **at, bool *finer)
{
    int32_t digit;

    if (!one_of(at, '.', '.')) return true;
    if (!digits(at, 1, &digit)) return false;
    *finer = digit != 0;
    while (**at >= '0' && **at <= '9')
        *finer = *(*at)++ != '0' || *finer;
    return true;
}

static bool read_clock(const char **at, rota__civil *out, bool *finer)
{
    out->second = 0;
    if (!digits(at, 2, &out->hour) || !one_of(at, ':', ':')) return false;
    if (!digits(at, 2, &out->minute)) return false;
    if (one_of(at, ':', ':') && !(digits(at, 2, &out->second) && read_fraction(at, finer)))
        return false;
    return out->hour < 24 && out->minute < 60 && out->second < 60;
}

static bool read_offset(const char **at, int32_t *seconds)
{
    bool west = **at == '-';
    int32_t hour, minute;

    if (one_of(at, 'Z', 'z')) {
        *seconds = 0;
        return true;
    }
    if (!one_of(at, '+', '-')) return false;
    if (!digits(at, 2, &hour) || !one_of(at, ':', ':') || !digits(at, 2, &minute)) return false;
    *seconds = (hour * 60 + minute) * (west ? -60 : 60);
    return hour < 24 && minute < 60;
}

int rota__time_read(const char *text, int64_t *out)
{
    rota__civil civil;
    int32_t offset = 0;
    int kind = ROTA__TIME_LOCAL;
    bool finer = false;

    if (!text || !read_date(&text, &civil)) return 0;
    if (!one_of(&text, 'T', 't') || !read_clock(&text, &civil, &finer)) return 0;
    if (*text) {
        if (!read_offset(&text, &offset) || *text) return 0;
        kind = ROTA__TIME_INSTANT;
    }
    if (finer) return ROTA__TIME_FINER;
    *out = rota__time_from_civil(&civil) - offset;
    return kind;
}

const char *rota__time_fault(int kind)
{
    return kind == ROTA__TIME_FINER ? "has a fraction of a second: times are whole seconds"
                                    : "is not a time (RFC 3339, without leap seconds)";
}

static char *write_digits(char *to, int count, int32_t value, char then)
{
    int i;

    for (i = count - 1; i >= 0; --i) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    to[count] = then;
    return to + count + 1;
}

int rota_time_format(rota_time t, char text[ROTA_TIME_TEXT])
{
    rota__civil civil;

    text[0] = '\0';
    if (t < ROTA_TIME_MIN || t > ROTA_TIME_MAX) return ROTA_EINVALID;
    rota__time_to_civil(t, &civil);
    text = write_digits(text, 4, civil.year, '-');
    text = write_digits(text, 2, civil.month, '-');
    text = write_digits(text, 2, civil.day, 'T');
    text = write_digits(text, 2, civil.hour, ':');
    text = write_digits(text, 2, civil.minute, ':');
    text = write_digits(text, 2, civil.second, 'Z');
    *text = '\0';
    return ROTA_OK;
}
