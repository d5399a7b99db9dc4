/* Resources and who belongs to which group. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *field;
    uint32_t bit;
} settable[] = {
    { "ref", ROTA_RESOURCE_SET_REF },           { "kind", ROTA_RESOURCE_SET_KIND },
    { "name", ROTA_RESOURCE_SET_NAME },         { "tz", ROTA_RESOURCE_SET_ZONE },
    { "tags", ROTA_RESOURCE_SET_TAGS },         { "parent", ROTA_RESOURCE_SET_PARENT },
    { "capacity", ROTA_RESOURCE_SET_CAPACITY }, { "before", ROTA_RESOURCE_SET_BEFORE },
    { "after", ROTA_RESOURCE_SET_AFTER },       { "active", ROTA_RESOURCE_SET_ACTIVE }
};

static rota_id parent_of(struct request *q)
{
    if (json_is_null(json_object_get(q->in, "parent"))) return (rota_id){ { 0 } };
    return resource_of(q, "parent");
}

/* The array of tags is the caller's to free. */
static const char **read_resource(struct request *q, rota_resource_request *want)
{
    const char **tags = texts_of(q, "tags", &want->tag_count);

    for (size_t i = 0; i < sizeof settable / sizeof settable[0]; i++)
        if (has(q, settable[i].field)) want->set |= settable[i].bit;
    want->ref = text_of(q, "ref");
    want->kind = text_of(q, "kind");
    want->name = text_of(q, "name");
    want->zone = text_of(q, "tz");
    want->tags = tags;
    want->parent = parent_of(q);
    want->capacity = (int32_t)integer_of(q, "capacity", 1, INT32_MAX, 0);
    want->before = (int32_t)integer_of(q, "before", INT32_MIN, INT32_MAX, 0);
    want->after = (int32_t)integer_of(q, "after", INT32_MIN, INT32_MAX, 0);
    want->active = flag_of(q, "active", true);
    return tags;
}

/* The call may be repeated, with a ref that has been taken away since, and given to another:
 * the key knows what it did to the one before. */
static bool had_removed(struct request *q, const rota_call *call, const char *ref, rota_id *id)
{
    return q->status == ROTA_OK && call->key != NULL &&
           rota_resource_find_removed(q->host->r, ref, id) == ROTA_OK;
}

/* An `id` is updated; so is a `ref` that exists, and any other is created. */
static void put(struct request *q, const rota_call *call, const rota_resource_request *want,
                rota_receipt *receipt)
{
    rota *r = q->host->r;
    rota_id id = resource_of(q, "id"), removed;
    bool exists = has(q, "id");

    if (!exists && want->ref != NULL && q->status == ROTA_OK) {
        int status = rota_resource_find(r, want->ref, &id);
        exists = status == ROTA_OK;
        if (status != ROTA_ENOTFOUND) library_ok(q, status);
        /* The key may be that of the creation, which is then answered again. */
        if (exists && call->key != NULL && rota_resource_create(r, call, want, receipt) == ROTA_OK)
            return;
        if (had_removed(q, call, want->ref, &removed) &&
            rota_resource_update(r, call, &removed, want, receipt) == ROTA_OK)
            return;
    }
    if (q->status != ROTA_OK) return;
    library_ok(q, exists ? rota_resource_update(r, call, &id, want, receipt)
                         : rota_resource_create(r, call, want, receipt));
}

static json_t *resource_json(const rota_resource *row)
{
    json_t *tags = json_array();

    for (int64_t i = 0; i < row->tag_count; i++)
        json_array_append_new(tags, json_string(row->tags[i]));
    return json_pack("{s:o, s:s*, s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:b, s:I}", "id",
                     id_json(&row->id), "ref", row->ref, "kind", row->kind, "name", row->name, "tz",
                     row->zone, "capacity", (int)row->capacity, "before", (int)row->before, "after",
                     (int)row->after, "tags", tags, "parent", id_json(&row->parent), "active",
                     (int)row->active, "version", (json_int_t)row->version);
}

/* The id, and the ref beside it. The write is done: should the record not be
 * readable now, that must not look like a refusal, and the ref is left out. */
static void answer_id(struct request *q, const rota_id *id)
{
    rota_resource now = ROTA_INIT(rota_resource);
    rota_result *row = NULL;
    const char *ref = text_of(q, "ref");

    if (ref == NULL && rota_resource_get(q->host->r, id, &row) == ROTA_OK &&
        rota_resource_at(row, 0, &now) == ROTA_OK)
        ref = now.ref;
    answer(q, "id", id_json(id));
    if (ref != NULL) answer(q, "ref", json_string(ref));
    rota_result_free(row);
}

void resource_put(struct request *q)
{
    rota_call call = call_of(q);
    rota_resource_request want = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    const char **tags = read_resource(q, &want);

    put(q, &call, &want, &receipt);
    if (q->status == ROTA_OK) {
        answer_id(q, &receipt.id);
        answer(q, "version", json_integer(receipt.version));
    }
    free(tags);
}

void resource_get(struct request *q)
{
    need(q, "id");
    rota_id id = resource_of(q, "id");
    rota_resource now = ROTA_INIT(rota_resource);
    rota_result *row = NULL;

    if (q->status != ROTA_OK || !library_ok(q, rota_resource_get(q->host->r, &id, &row))) return;
    if (library_ok(q, rota_resource_at(row, 0, &now))) answer_all(q, resource_json(&now));
    rota_result_free(row);
}

void resource_remove(struct request *q)
{
    rota *r = q->host->r;
    rota_call call = call_of(q);
    need(q, "id");
    const char *text = text_of(q, "id");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_id id;

    if (!had_removed(q, &call, text, &id) ||
        rota_resource_remove(r, &call, &id, &receipt) != ROTA_OK) {
        id = resource_of(q, "id");
        if (q->status != ROTA_OK || !library_ok(q, rota_resource_remove(r, &call, &id, &receipt)))
            return;
    }
    answer(q, "id", id_json(&receipt.id));
    answer(q, "version", json_integer(receipt.version));
}

void resource_list(struct request *q)
{
    rota_resource_query query = ROTA_INIT(rota_resource_query);
    rota_result *rows = NULL;

    query.kind = text_of(q, "kind");
    query.tag = text_of(q, "tag");
    query.parent = resource_of(q, "parent");
    if (q->status != ROTA_OK || !library_ok(q, rota_resource_list(q->host->r, &query, &rows)))
        return;

    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_resource row = ROTA_INIT(rota_resource);
        if (library_ok(q, rota_resource_at(rows, i, &row))) append(q, list, resource_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}

/* ---- members ----------------------------------------------------------- */

static void change_members(struct request *q, bool joins)
{
    rota_call call = call_of(q);
    rota_member_request want = ROTA_INIT(rota_member_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    const char *until = joins ? "until" : "at";

    need(q, "group");
    need(q, "member");
    want.group = resource_of(q, "group");
    want.member = resource_of(q, "member");
    want.set = (has(q, "from") ? ROTA_MEMBER_SET_FROM : 0u) |
               (has(q, until) ? ROTA_MEMBER_SET_UNTIL : 0u);
    want.from = instant_of(q, "from", 0);
    want.until = instant_of(q, until, 0);
    if (q->status != ROTA_OK) return;
    if (library_ok(q, joins ? rota_member_add(q->host->r, &call, &want, &receipt)
                            : rota_member_remove(q->host->r, &call, &want, &receipt)))
        answer(q, "version", json_integer(receipt.version));
}

void member_add(struct request *q)
{
    change_members(q, true);
}

void member_remove(struct request *q)
{
    change_members(q, false);
}

/* null where a stay has no bound. */
static json_t *bound_json(rota_time t)
{
    return t == ROTA_TIME_MIN || t == ROTA_TIME_MAX ? json_null() : instant_json(t);
}

static json_t *member_json(const rota_member *row)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "group", id_json(&row->group), "member",
                     id_json(&row->member), "from", bound_json(row->when.start), "until",
                     bound_json(row->when.end));
}

void member_list(struct request *q)
{
    rota_member_query query = ROTA_INIT(rota_member_query);
    rota_result *rows = NULL;

    query.group = resource_of(q, "group");
    query.member = resource_of(q, "member");
    if (q->status != ROTA_OK || !library_ok(q, rota_member_list(q->host->r, &query, &rows))) return;

    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_member row = ROTA_INIT(rota_member);
        if (library_ok(q, rota_member_at(rows, i, &row))) append(q, list, member_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}
