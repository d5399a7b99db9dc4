#include "domain/hours_text.h"

#include <stdio.h>

enum { DAY = 86400 };

rota__date rota__hours_date(int64_t day)
{
    rota__civil civil;
    rota__date shown;
    rota__time_to_civil(day * DAY, &civil);
    snprintf(shown.text, sizeof shown.text, "%04d-%02d-%02d", (int)(civil.year % 10000),
             (int)(civil.month % 100), (int)(civil.day % 100));
    return shown;
}

static int show_day(rota__env *env, int32_t day, const char **out)
{
    rota__date shown = rota__hours_date(day);
    *out = rota__arena_text(env->arena, shown.text, -1);
    return *out ? ROTA_OK : rota__error_plain(env->error, ROTA_ENOMEM);
}

int rota__hours_show(rota__env *env, const rota__resource *resource, rota_hours_rule **rules,
                     int64_t *count)
{
    rota__hours hours = { 0 };
    int rc = ROTA_OK;
    if (resource->hours) rc = rota__hours_read(env, resource->hours, resource->hours_size, &hours);
    if (rc != ROTA_OK) return rc;
    rota_hours_rule *out = rota__arena_alloc(env->arena, hours.count, (int64_t)sizeof *out);
    if (!out) return rota__error_plain(env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < hours.count && rc == ROTA_OK; i++) {
        const rota__hours_rule *rule = &hours.rules[i];
        bool weekly = rule->kind == ROTA_HOURS_WEEKLY;
        out[i] = (rota_hours_rule){
            .kind = rule->kind,
            .days = rule->days == ROTA__EVERY_DAY && !weekly ? 0 : rule->days,
            .start = rule->start,
            .end = rule->end > DAY ? rule->end - DAY : rule->end,
            .closed = rule->closed,
        };
        if (rule->from != ROTA__HOURS_FIRST) rc = show_day(env, rule->from, &out[i].from_date);
        if (rc == ROTA_OK && rule->to != ROTA__HOURS_LAST)
            rc = show_day(env, rule->to, &out[i].to_date);
    }
    *rules = out;
    *count = hours.count;
    return rc;
}
