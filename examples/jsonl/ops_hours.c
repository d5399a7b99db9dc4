/* Hours: the rules of a resource, and when it is open. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

static const struct word kinds[] = { { "weekly", ROTA_HOURS_WEEKLY },
                                     { "dates", ROTA_HOURS_DATES },
                                     { "exception", ROTA_HOURS_EXCEPTION },
                                     { NULL, 0 } };
static const struct word weekdays[] = { { "MO", ROTA_MONDAY },    { "TU", ROTA_TUESDAY },
                                        { "WE", ROTA_WEDNESDAY }, { "TH", ROTA_THURSDAY },
                                        { "FR", ROTA_FRIDAY },    { "SA", ROTA_SATURDAY },
                                        { "SU", ROTA_SUNDAY },    { NULL, 0 } };
enum { HOUR = 3600, MINUTE = 60, DAY = 86400 };

static bool digits(const char *text, int32_t *out)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return false;
    *out = (text[0] - '0') * 10 + text[1] - '0';
    return true;
}

/* "09:00", "09:00:30", "24:00". */
int32_t clock_of(struct request *q, const char *field, const char *text)
{
    int32_t hour = 0, minute = 0, second = 0;
    bool read = text != NULL && digits(text, &hour) && text[2] == ':' && digits(text + 3, &minute);

    if (read && text[5] == ':')
        read = digits(text + 6, &second) && text[8] == '\0';
    else
        read = read && text[5] == '\0';
    int32_t clock = hour * HOUR + minute * MINUTE + second;
    if (!read || minute >= 60 || second >= 60 || clock > DAY)
        fail(q, ROTA_EINVALID, "\"%s\" is no time of day, as \"09:00\" is", field);
    return clock;
}

uint32_t weekdays_of(struct request *q, json_t *list)
{
    uint32_t days = 0;

    if (list != NULL && !json_is_array(list)) fail(q, ROTA_EINVALID, "\"days\" is no array");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        int32_t day = text != NULL ? find_word(weekdays, text) : 0;
        if (day == 0) fail(q, ROTA_EINVALID, "\"days\" are \"MO\", \"TU\" and so on, nothing else");
        days |= (uint32_t)day;
    }
    return days;
}

static void read_rule(struct request *q, json_t *item, rota_hours_rule *out)
{
    json_error_t error;
    const char *kind = NULL, *start = NULL, *end = NULL;
    json_t *days = NULL;
    int closed = 0;

    *out = (rota_hours_rule){ 0 };
    if (json_unpack_ex(item, &error, 0, "{s:s, s?o, s?s, s?s, s?s, s?s, s?b !}", "kind", &kind,
                       "days", &days, "from_date", &out->from_date, "to_date", &out->to_date,
                       "start", &start, "end", &end, "closed", &closed) != 0) {
        fail(q, ROTA_EINVALID, "a rule is not as it should be: %s", error.text);
        return;
    }
    out->kind = find_word(kinds, kind);
    if (out->kind == 0) fail(q, ROTA_EINVALID, "there are no rules of kind \"%.40s\"", kind);
    out->days = weekdays_of(q, days);
    out->closed = closed;
    if (!closed && (start == NULL || end == NULL))
        fail(q, ROTA_EINVALID, "a rule is open from \"start\" to \"end\", or \"closed\"");
    if (start != NULL) out->start = clock_of(q, "start", start);
    if (end != NULL) out->end = clock_of(q, "end", end);
}

/* The caller's to free. */
static rota_hours_rule *rules_of(struct request *q, int64_t *count)
{
    json_t *list = json_object_get(q->in, "rules");

    *count = 0;
    need(q, "rules");
    if (list != NULL && !json_is_array(list)) fail(q, ROTA_EINVALID, "\"rules\" is no array");
    rota_hours_rule *rules = calloc(json_array_size(list) + 1, sizeof *rules);
    if (rules == NULL) {
        fail(q, ROTA_ENOMEM, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(list) && q->status == ROTA_OK; i++)
        read_rule(q, json_array_get(list, i), &rules[(*count)++]);
    return rules;
}

void hours_put(struct request *q)
{
    rota_call call = call_of(q);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int64_t count;

    need(q, "resource");
    rota_id resource = resource_of(q, "resource");
    rota_hours_rule *rules = rules_of(q, &count);
    if (q->status == ROTA_OK &&
        library_ok(q, rota_hours_put(q->host->r, &call, &resource, rules, count, &receipt)))
        answer(q, "version", json_integer(receipt.version));
    free(rules);
}

static json_t *clock_json(int32_t clock)
{
    if (clock % MINUTE != 0)
        return json_sprintf("%02d:%02d:%02d", (int)(clock / HOUR), (int)(clock / MINUTE % 60),
                            (int)(clock % MINUTE));
    return json_sprintf("%02d:%02d", (int)(clock / HOUR), (int)(clock / MINUTE % 60));
}

static json_t *rule_json(const rota_hours_rule *rule)
{
    json_t *days = rule->days ? json_array() : NULL;

    for (const struct word *day = weekdays; day->text != NULL; day++)
        if (rule->days & (uint32_t)day->value) json_array_append_new(days, json_string(day->text));
    return json_pack("{s:o, s:o*, s:s*, s:s*, s:o*, s:o*, s:o*}", "kind",
                     word_json(kinds, rule->kind), "days", days, "from_date", rule->from_date,
                     "to_date", rule->to_date, "start",
                     rule->closed ? NULL : clock_json(rule->start), "end",
                     rule->closed ? NULL : clock_json(rule->end), "closed",
                     rule->closed ? json_true() : NULL);
}

void hours_get(struct request *q)
{
    rota_result *rows = NULL;
    json_t *list;

    need(q, "resource");
    rota_id resource = resource_of(q, "resource");
    if (q->status != ROTA_OK || !library_ok(q, rota_hours_get(q->host->r, &resource, &rows)))
        return;
    list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_hours_rule rule;
        if (library_ok(q, rota_hours_at(rows, i, &rule))) append(q, list, rule_json(&rule));
    }
    rota_result_free(rows);
    answer(q, "rules", list);
}

json_t *spans_json(struct request *q, const rota_result *rows)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_span span;
        if (library_ok(q, rota_span_at(rows, i, &span)))
            append(q, list,
                   json_pack("{s:o, s:o}", "start", instant_json(span.start), "end",
                             instant_json(span.end)));
    }
    return list;
}

void hours_open(struct request *q)
{
    rota_result *rows = NULL;

    need(q, "resource");
    need(q, "from");
    need(q, "to");
    rota_id resource = resource_of(q, "resource");
    rota_span window = { instant_of(q, "from", 0), instant_of(q, "to", 0) };
    if (q->status != ROTA_OK ||
        !library_ok(q, rota_hours_open(q->host->r, &resource, window, &rows)))
        return;
    answer(q, "spans", spans_json(q, rows));
    rota_result_free(rows);
}
