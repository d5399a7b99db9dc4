/* Entry points for resources, their hours, and groups: check the records, copy in, one domain
 * call, report. */
#include "api/handle.h"
#include "domain/group.h"
#include "domain/hours_rules.h"
#include "domain/resource.h"
#include "domain/resource_find.h"

/* --- resources --- */

static int take_resource(rota *r, const rota_resource_request *in, rota_resource_request *own)
{
    return rota__record_in(&r->error, "resource", in, own, (uint32_t)sizeof *own,
                           ROTA__OLDEST(rota_resource_request, active));
}

int rota_resource_create(rota *r, const rota_call *call, const rota_resource_request *request,
                         rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_resource_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = take_resource(r, request, &own)) == ROTA_OK) rc = rota__resource_create(&w, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_resource_update(rota *r, const rota_call *call, const rota_id *id,
                         const rota_resource_request *request, rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_resource_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = take_resource(r, request, &own)) == ROTA_OK)
        rc = rota__resource_update(&w, id, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_resource_remove(rota *r, const rota_call *call, const rota_id *id, rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK) rc = rota__resource_remove(&w, id);
    return rota__handle_end_write(r, &w, receipt, rc);
}

static int find(rota *r, int (*by_text)(rota__context *, const char *, rota_id *), const char *text,
                rota_id *id)
{
    rota__context cx;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK) rc = by_text(&cx, text, id);
    return rota__handle_end(r, rc);
}

int rota_resource_find(rota *r, const char *id_or_ref, rota_id *id)
{
    return find(r, rota__resource_find, id_or_ref, id);
}

int rota_resource_find_removed(rota *r, const char *ref, rota_id *id)
{
    return find(r, rota__resource_find_removed, ref, id);
}

int rota_resource_get(rota *r, const rota_id *id, rota_result **out)
{
    rota__context cx;
    rota__resource found;
    rota_result *rows;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, id)) == ROTA_OK &&
        (rc = rota__resource_get(&cx, id, &found)) == ROTA_OK)
        rc = rota__result_resources(rows, &found, 1);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_resource_list(rota *r, const rota_resource_query *query, rota_result **out)
{
    rota__context cx;
    rota_resource_query own = { .size = (uint32_t)sizeof own };
    rota__resource *found;
    rota_result *rows;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if (query)
        rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                             ROTA__OLDEST(rota_resource_query, limit));
    if (rc == ROTA_OK && (rc = rota__resource_list(&cx, &own, &found, &count)) == ROTA_OK)
        rc = rota__result_resources(rows, found, count);
    return rota__handle_end_read(r, rows, out, rc);
}

/* --- hours --- */

int rota_hours_put(rota *r, const rota_call *call, const rota_id *resource,
                   const rota_hours_rule *rules, int64_t count, rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, resource)) == ROTA_OK)
        rc = rota__hours_put(&w, resource, rules, count);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_hours_get(rota *r, const rota_id *resource, rota_result **out)
{
    rota__context cx;
    rota_result *rows;
    rota_hours_rule *found;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, resource)) == ROTA_OK &&
        (rc = rota__hours_get(&cx, resource, &found, &count)) == ROTA_OK)
        rota__result_hours(rows, found, count);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_hours_open(rota *r, const rota_id *resource, rota_span window, rota_result **out)
{
    rota__context cx;
    rota_result *rows;
    rota__spans found = { 0 };
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, resource)) == ROTA_OK &&
        (rc = rota__hours_list(&cx, resource, window, &found)) == ROTA_OK)
        rota__result_spans(rows, found.items, found.count);
    return rota__handle_end_read(r, rows, out, rc);
}

/* --- groups --- */

typedef int (*member_verb)(rota__write *w, const rota_member_request *request);

static int change_member(rota *r, const rota_call *call, const rota_member_request *request,
                         rota_receipt *receipt, member_verb verb)
{
    rota__context cx;
    rota__write w;
    rota_member_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__record_in(&r->error, "membership", request, &own, (uint32_t)sizeof own,
                              ROTA__OLDEST(rota_member_request, until))) == ROTA_OK)
        rc = verb(&w, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_member_add(rota *r, const rota_call *call, const rota_member_request *request,
                    rota_receipt *receipt)
{
    return change_member(r, call, request, receipt, rota__group_add);
}

int rota_member_remove(rota *r, const rota_call *call, const rota_member_request *request,
                       rota_receipt *receipt)
{
    return change_member(r, call, request, receipt, rota__group_remove);
}

int rota_member_list(rota *r, const rota_member_query *query, rota_result **out)
{
    rota__context cx;
    rota_member_query own;
    rota__member *found;
    rota_result *rows;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                              ROTA__OLDEST(rota_member_query, member))) == ROTA_OK &&
        (rc = rota__group_list(&cx, &own, &found, &count)) == ROTA_OK)
        rc = rota__result_members(rows, found, count);
    return rota__handle_end_read(r, rows, out, rc);
}
