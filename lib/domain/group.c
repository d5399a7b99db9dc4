#include "domain/group.h"

#include <inttypes.h>

#include "base/sort.h"
#include "base/str.h"
#include "domain/admit.h"
#include "domain/event.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/resource_find.h"
#include "domain/stay.h"

static const char *content_of(rota__write *w, const char *verb, const rota_member_request *request)
{
    rota__str text;
    char group[37], member[37];
    if (!w->call.key) return "";
    rota_id_format(&request->group, group);
    rota_id_format(&request->member, member);
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s %s %s %" PRIu32 " %" PRId64 " %" PRIu32 " %" PRId64 " %" PRId64, verb,
                   group, member, w->call.flags & ROTA_CALL_OVERRIDE, w->call.version, request->set,
                   request->from, request->until);
    return rota__str_done(&text);
}

/* The two resources, and the group's version as the call expects it. */
typedef struct pair {
    rota__resource group, member;
    rota__timeline *group_timeline, *member_timeline;
} pair;

static int read_pair(rota__write *w, const rota_member_request *request, pair *out)
{
    int rc;
    if ((rc = rota__resource_look(w, &request->group, &out->group, &out->group_timeline)) !=
            ROTA_OK ||
        (rc = rota__resource_look(w, &request->member, &out->member, &out->member_timeline)) !=
            ROTA_OK)
        return rc;
    return rota__write_expect(w, out->group.name, out->group.version);
}

/* Both timelines know of the stay, and the group's record counts its changes. */
static int touch_pair(rota__write *w, const pair *p)
{
    w->answer.receipt.id = p->group.id;
    w->answer.receipt.version = p->group.version + 1;
    int rc = rota__stay_count(w, &p->group);
    return rc == ROTA_OK ? rota__write_touch(w, p->member.row) : rc;
}

/* --- joining --- */

static rota_span stay_of(const rota_member_request *request, rota_time now)
{
    rota_span when = { request->set & ROTA_MEMBER_SET_FROM ? request->from : now,
                       request->set & ROTA_MEMBER_SET_UNTIL ? request->until : ROTA_TIME_MAX };
    return when;
}

static int by_resource(const void *left, const void *right)
{
    const rota__reached *a = left, *b = right;
    return (a->resource > b->resource) - (a->resource < b->resource);
}

/* Nobody becomes a member of himself, however many groups lie between, and no
 * chain of groups grows longer than it can be followed. */
static int check_nesting(rota__write *w, const pair *p, const rota__member *stay)
{
    rota__reach above = { 0 }, below = { 0 };
    int rc = rota__admit_below(w, p->member.row, stay->when, NULL, true, &below);
    for (int64_t i = 0; rc == ROTA_OK && i < below.count; i++)
        if (below.items[i].resource == p->group.row &&
            rota__time_overlap(below.items[i].within, stay->when))
            return rota__error_set(w->cx->env.error, ROTA_ESTATE,
                                   "\"%.*s\" would become a member of itself",
                                   ROTA__SHOW_NAME(p->group.name));
    if (rc == ROTA_OK) rc = rota__admit_above(w, p->group.row, stay->when, NULL, true, &above);
    rota__change change = { .joining = stay };
    /* Each once, in however many ways it is reached: the ways multiply. */
    if (rc == ROTA_OK) rota__sort(above.items, above.count, sizeof *above.items, by_resource);
    for (int64_t i = 0; rc == ROTA_OK && i < above.count; i++) {
        if (i > 0 && above.items[i].resource == above.items[i - 1].resource) continue;
        below.count = 0;
        rc = rota__admit_below(w, above.items[i].resource, stay->when, &change, true, &below);
    }
    return rc;
}

static int decide_add(rota__write *w, const void *data)
{
    const rota_member_request *request = data;
    rota__context *cx = w->cx;
    pair p;
    int rc;
    rota_span when = stay_of(request, cx->now);
    if ((rc = rota__request_span(cx, "the stay", when)) != ROTA_OK ||
        (rc = read_pair(w, request, &p)) != ROTA_OK)
        return rc;
    rota__member stay = { .group = p.group.row,
                          .member = p.member.row,
                          .group_id = p.group.id,
                          .member_id = p.member.id,
                          .when = when };
    for (int64_t i = 0; i < p.member_timeline->group_count; i++) {
        const rota__member *other = &p.member_timeline->groups[i];
        if (other->group == stay.group && rota__time_overlap(other->when, stay.when))
            return rota__error_set(cx->env.error, ROTA_ESTATE,
                                   "\"%.*s\" belongs to \"%.*s\" already",
                                   ROTA__SHOW_NAME(p.member.name), ROTA__SHOW_NAME(p.group.name));
    }
    if (p.group.capacity != 1)
        return rota__error_set(cx->env.error, ROTA_ESTATE,
                               "\"%.*s\" has capacity %" PRId32 ": a group has 1",
                               ROTA__SHOW_NAME(p.group.name), p.group.capacity);
    if ((rc = check_nesting(w, &p, &stay)) != ROTA_OK) return rc;

    /* As guarded, not as read before it: he may have become active in between. */
    if (p.member_timeline->resource.active) {
        rota__change change = { .joining = &stay };
        if ((rc = rota__resolve_change(w, p.member.row, when, &change)) != ROTA_OK) return rc;
    }
    rota__member *row = ROTA__PUSH(cx->env.arena, &w->batch.members_put);
    if (!row) return rota__context_nomem(cx);
    *row = stay;
    w->answer.receipt.when = when;
    if ((rc = touch_pair(w, &p)) != ROTA_OK) return rc;
    return rota__event_member(w, ROTA_EVENT_MEMBER_ADDED, NULL, &stay);
}

static int check_request(rota__context *cx, const rota_member_request *request)
{
    int rc;
    if ((rc = rota__request_bits(cx, "set", request->set,
                                 ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL)) != ROTA_OK)
        return rc;
    if (rota__id_compare(&request->group, &request->member) == 0)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "a group and its member are the same");
    if ((request->set & ROTA_MEMBER_SET_FROM) &&
        (rc = rota__request_range(cx, "from", request->from, ROTA_TIME_MIN, ROTA_TIME_MAX)) !=
            ROTA_OK)
        return rc;
    if (!(request->set & ROTA_MEMBER_SET_UNTIL)) return ROTA_OK;
    return rota__request_range(cx, "until", request->until, ROTA_TIME_MIN, ROTA_TIME_MAX);
}

static int run(rota__write *w, rota__decide decide, const char *verb,
               const rota_member_request *request)
{
    int rc = check_request(w->cx, request);
    if (rc != ROTA_OK) return rc;
    return rota__write_run(w, decide, request, content_of(w, verb, request));
}

int rota__group_add(rota__write *w, const rota_member_request *request)
{
    return run(w, decide_add, "member.add", request);
}

/* --- leaving --- */

static int decide_remove(rota__write *w, const void *data)
{
    const rota_member_request *request = data;
    rota__context *cx = w->cx;
    rota_time at = request->set & ROTA_MEMBER_SET_UNTIL ? request->until : cx->now;
    pair p;
    int rc = read_pair(w, request, &p);
    bool left = false;
    for (int64_t i = 0; rc == ROTA_OK && i < p.member_timeline->group_count; i++) {
        const rota__member *stay = &p.member_timeline->groups[i];
        if (stay->group != p.group.row || stay->when.end <= at) continue;
        if (!left)
            w->answer.receipt.when = (rota_span){ stay->when.start < at ? stay->when.start : at,
                                                  at };
        left = true;
        rc = rota__stay_end(w, stay, at);
    }
    if (rc != ROTA_OK) return rc;
    if (!left)
        return rota__error_set(cx->env.error, ROTA_ENOTFOUND,
                               "\"%.*s\" does not belong to \"%.*s\" at %s or later",
                               ROTA__SHOW_NAME(p.member.name), ROTA__SHOW_NAME(p.group.name),
                               rota__request_show(at).text);
    return touch_pair(w, &p);
}

int rota__group_remove(rota__write *w, const rota_member_request *request)
{
    if (request->set & ROTA_MEMBER_SET_FROM)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID, "leaving has no `from`");
    return run(w, decide_remove, "member.remove", request);
}

/* --- reads --- */

int rota__group_list(rota__context *cx, const rota_member_query *query, rota__member **rows,
                     int64_t *count)
{
    rota__resource group = { 0 }, member = { 0 };
    bool by_group = !rota__id_is_none(&query->group), by_member = !rota__id_is_none(&query->member);
    int rc;
    if ((rc = rota__request_range(cx, "reserved field", query->reserved, 0, 0)) != ROTA_OK)
        return rc;
    if (!by_group && !by_member)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "neither a group nor a member");
    if (by_group && (rc = rota__resource_get(cx, &query->group, &group)) != ROTA_OK) return rc;
    if (by_member && (rc = rota__resource_get(cx, &query->member, &member)) != ROTA_OK) return rc;
    rc = cx->store->ops->member_list(cx->store, &cx->env, group.row, by_group ? 0 : member.row,
                                     rows, count);
    if (rc != ROTA_OK || !by_group || !by_member) return rc;

    int64_t kept = 0;
    for (int64_t i = 0; i < *count; i++)
        if ((*rows)[i].member == member.row) (*rows)[kept++] = (*rows)[i];
    *count = kept;
    return ROTA_OK;
}
