/* Entry points for what the last call left to be asked for. */
#include "api/handle.h"
#include "base/sort.h"
#include "domain/occurrence.h"

/* Asking for it changes nothing of it, so that it can be asked for again. */
static int list_report(rota *r, rota_result **out,
                       int (*fill)(rota *r, rota__context *cx, rota_result *rows))
{
    rota__context cx;
    rota_result *rows;
    rota__error last = r ? r->error : (rota__error){ 0 };
    int rc = rota__handle_begin_report(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    rc = fill(r, &cx, rows);
    if ((rc = rota__handle_end_read(r, rows, out, rc)) == ROTA_OK) r->error = last;
    return rc;
}

static int read_conflicts(rota *r, rota__context *cx, rota_result *rows)
{
    (void)cx;
    return rota__result_conflicts(rows, r->conflicts, r->conflict_count);
}

int rota_conflict_list(rota *r, rota_result **out)
{
    return list_report(r, out, read_conflicts);
}

static int read_violations(rota *r, rota__context *cx, rota_result *rows)
{
    (void)cx;
    return rota__result_violations(rows, r->violations, r->violation_count);
}

int rota_violation_list(rota *r, rota_result **out)
{
    return list_report(r, out, read_violations);
}

static int read_alternatives(rota *r, rota__context *cx, rota_result *rows)
{
    (void)cx;
    return rota__result_alternatives(rows, r->alternatives, r->alternative_count);
}

int rota_alternative_list(rota *r, rota_result **out)
{
    return list_report(r, out, read_alternatives);
}

static int read_displacements(rota *r, rota__context *cx, rota_result *rows)
{
    (void)cx;
    return rota__result_displacements(rows, r->displacements, r->displacement_count);
}

int rota_displacement_list(rota *r, rota_result **out)
{
    return list_report(r, out, read_displacements);
}

static int by_place(const void *left, const void *right)
{
    return rota__page_compare(left, right);
}

/* As it is now, which after a dry run is as it was. */
static int read_one_cancelled(rota__context *cx, const rota__cancelled *one,
                              rota__families *families, rota__records *shown)
{
    rota__by by = { .id = &one->id };
    rota__booking found;
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &found);
    if (rc == ROTA_OK) return rota__occurrence_show_all(cx, &cx->env, families, &found, 1, shown);
    if (rc != ROTA_ENOTFOUND || rota__id_is_none(&one->series)) return rc;
    rota_booking *record = ROTA__PUSH(cx->env.arena, shown);
    if (!record) return rota__context_nomem(cx);
    return rota__occurrence_get(cx, &one->series, one->occurrence, record);
}

static int read_cancelled(rota *r, rota__context *cx, rota_result *rows)
{
    rota__families families = { 0 };
    rota__records shown = { 0 };
    int rc = ROTA_OK;
    for (int64_t i = 0; i < r->cancelled_count && rc == ROTA_OK; i++)
        rc = read_one_cancelled(cx, &r->cancelled[i], &families, &shown);
    if (rc != ROTA_OK) return rc;
    rota__sort(shown.items, shown.count, sizeof *shown.items, by_place);
    rota__result_bookings(rows, shown.items, shown.count, cx->now);
    return ROTA_OK;
}

int rota_cancelled_list(rota *r, rota_result **out)
{
    return list_report(r, out, read_cancelled);
}
