#define _GNU_SOURCE /* open_memstream */

#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- what the calls have in common --- */

static rota_booking_request request(const rota_claim *claims, int64_t count, const char *from,
                                    const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = claims;
    q.claim_count = count;
    return q;
}

static int add(struct fx *f, const rota_call *call, const char *name, int32_t capacity, rota_id *id)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.kind = "room";
    q.name = q.ref = name;
    q.capacity = capacity;
    int rc = rota_resource_create(f->r, call, &q, &receipt);
    if (rc == ROTA_OK) *id = receipt.id;
    return rc;
}

static int book(struct fx *f, const rota_call *call, rota_id resource, const char *title,
                const char *from, const char *to, int32_t hold_secs, rota_id *id)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_booking_request q = request(&claim, 1, from, to);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.title = q.ref = title;
    q.hold_secs = hold_secs;
    int rc = rota_booking_create(f->r, call, &q, &receipt);
    if (rc == ROTA_OK && id) *id = receipt.id;
    return rc;
}

/* --- before --- */

static int add_blue(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Blue", 1, &who->room);
}

static int add_red(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Red", 2, &who->red);
}

static int add_group(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Group", 1, &who->group);
}

static int add_member(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Member", 1, &who->member);
}

static int join_member(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = who->group;
    q.member = who->member;
    return rota_member_add(f->r, call, &q, NULL);
}

static int hold_blue(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->room, "held", "2031-03-10T09:00Z", "2031-03-10T10:00Z", 600,
                &who->held);
}

static int hold_red(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->red, "lapsed", "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60,
                &who->lapsed);
}

static int book_blue(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->room, "confirmed", "2031-03-10T10:00Z", "2031-03-10T11:00Z", 0,
                &who->confirmed);
}

static int begin_blue(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->room, "begun", "2031-03-10T07:30Z", "2031-03-10T08:30Z", 0,
                &who->begun);
}

static int book_group(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->group, "class", "2031-03-11T09:00Z", "2031-03-11T10:00Z", 0, NULL);
}

static int make_consumer(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_consumer_create(f->r, call, "reader", 0);
}

const struct verb verbs_before[] = {
    { "add Blue", add_blue, false },
    { "add Red", add_red, false },
    { "add Group", add_group, false },
    { "add Member", add_member, false },
    { "let Member join", join_member, false },
    { "hold Blue", hold_blue, false },
    { "hold Red", hold_red, false },
    { "book Blue", book_blue, false },
    { "begin in Blue", begin_blue, false },
    { "book Group", book_group, false },
    { "make a consumer", make_consumer, true },
};
const int verbs_before_count = sizeof verbs_before / sizeof *verbs_before;

/* --- the calls --- */

static int create(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claims[] = { { .resource = who->group, .units = 1 },
                            { .resource = who->red, .units = 2 } };
    rota_booking_request q = request(claims, 2, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    q.title = q.ref = "created";
    return rota_booking_create(f->r, call, &q, NULL);
}

static int hold(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->member, "hold", "2031-03-10T14:00Z", "2031-03-10T15:00Z", 300, NULL);
}

static int override(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim c = { .resource = who->room, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-10T09:30Z", "2031-03-10T10:30Z");
    q.title = q.ref = "override";
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    return rota_booking_create(f->r, call, &q, NULL);
}

static int move(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim c = { .resource = who->red, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_TITLE;
    q.title = "moved";
    return rota_booking_move(f->r, call, &who->confirmed, &q, NULL);
}

static int confirm(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_confirm(f->r, call, &who->held, NULL);
}

static int confirm_lapsed(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_confirm(f->r, call, &who->lapsed, NULL);
}

static int cancel(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_cancel(f->r, call, &who->confirmed, NULL);
}

static int check_in(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_check_in(f->r, call, &who->begun, NULL);
}

static int complete(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_complete(f->r, call, &who->begun, NULL);
}

static int add_resource(struct fx *f, struct cast *who, const rota_call *call)
{
    static const char *const tags[] = { "b", "a" };
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.kind = "room";
    q.name = q.ref = "New";
    q.zone = "Europe/Berlin";
    q.tags = tags;
    q.tag_count = 2;
    q.parent = who->red;
    return rota_resource_create(f->r, call, &q, NULL);
}

static int update_resource(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_CAPACITY | ROTA_RESOURCE_SET_NAME;
    q.name = "Azure";
    q.capacity = 2;
    return rota_resource_update(f->r, call, &who->room, &q, NULL);
}

static int remove_resource(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_resource_remove(f->r, call, &who->member, NULL);
}

static int join(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = who->group;
    q.member = who->red;
    return rota_member_add(f->r, call, &q, NULL);
}

static int part(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = who->group;
    q.member = who->member;
    return rota_member_remove(f->r, call, &q, NULL);
}

static int tick(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_tick(f->r, call, NULL);
}

/* The second one finds the first one in its way. */
static int create_all(struct fx *f, struct cast *who, const rota_call *call)
{
    enum { MANY = 3 };
    static const char *const spans[MANY][2] = { { "2031-03-12T09:00Z", "2031-03-12T10:00Z" },
                                                { "2031-03-12T09:30Z", "2031-03-12T10:30Z" },
                                                { "2031-03-12T11:00Z", "2031-03-12T12:00Z" } };
    static const char *const refs[MANY] = { "many-0", "many-1", "many-2" };
    rota_claim claim = { .resource = who->group, .units = 1 };
    rota_booking_request many[MANY];
    rota_receipt receipts[MANY];
    int32_t answers[MANY];
    for (int i = 0; i < MANY; i++) {
        many[i] = request(&claim, 1, spans[i][0], spans[i][1]);
        many[i].title = many[i].ref = refs[i];
        receipts[i] = (rota_receipt)ROTA_INIT(rota_receipt);
    }
    if (call && call->flags & ROTA_CALL_DRY_RUN) /* which it does not know */
        return rota_booking_check(f->r, &many[0]);
    int rc = rota_booking_create_all(f->r, call, many, MANY, answers, receipts);
    if (rc != ROTA_OK) return rc;
    if (answers[0] != ROTA_OK || answers[2] != ROTA_OK) return answers[0] ? answers[0] : answers[2];
    return answers[1] == ROTA_ECONFLICT && receipts[2].version == 1 ? ROTA_OK : ROTA_ESTATE;
}

static int create_consumer(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_consumer_create(f->r, call, "other", ROTA_CONSUMER_NOW);
}

static int acknowledge(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_consumer_ack(f->r, call, "reader", 5);
}

static int remove_consumer(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_consumer_remove(f->r, call, "reader");
}

const struct verb verbs[] = {
    { "create", create, false },
    { "hold", hold, false },
    { "override", override, false },
    { "move", move, false },
    { "confirm", confirm, false },
    { "confirm what has lapsed", confirm_lapsed, false },
    { "cancel", cancel, false },
    { "check in", check_in, false },
    { "complete", complete, false },
    { "add a resource", add_resource, false },
    { "update a resource", update_resource, false },
    { "remove a resource", remove_resource, false },
    { "join", join, false },
    { "leave", part, false },
    { "create many", create_all, false },
    { "make a consumer", create_consumer, true },
    { "acknowledge", acknowledge, true },
    { "remove a consumer", remove_consumer, true },
    { "tick", tick, true },
};
const int verbs_count = sizeof verbs / sizeof *verbs;

void verbs_prepare(struct fx *f, struct cast *who)
{
    fx_clock(f, "2031-03-10T08:00Z");
    for (int i = 0; i < verbs_before_count; i++)
        ck_status(f, verbs_before[i].run(f, who, NULL), ROTA_OK);
    fx_clock(f, "2031-03-10T08:05Z");
}

/* --- a calendar as text --- */

static void draw_consumers(struct fx *f, FILE *out)
{
    rota_result *rows;
    ck_status(f, rota_consumer_list(f->r, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_consumer c = ROTA_INIT(rota_consumer);
        ck_assert_int_eq(rota_consumer_at(rows, i, &c), ROTA_OK);
        fprintf(out, "consumer %s %" PRId64 " %" PRId64 "\n", c.name, c.position, c.behind);
    }
    rota_result_free(rows);
}

static void draw_feed(struct fx *f, FILE *out)
{
    rota_result *rows;
    ck_status(f, rota_event_list(f->r, 0, ROTA_MAX_ROWS, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_event e = ROTA_INIT(rota_event);
        char subject[37];
        ck_assert_int_eq(rota_event_at(rows, i, &e), ROTA_OK);
        rota_id_format(&e.subject, subject);
        fprintf(out, "%" PRId64 " %" PRId64 " %s %s %s -> %s\n", e.seq, e.at, e.name, subject,
                e.before ? e.before : "nothing", e.after ? e.after : "nothing");
    }
    rota_result_free(rows);
}

static char *draw(struct fx *f, bool feed)
{
    char *picture = fx_picture(f), *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    fputs(picture, out);
    free(picture);
    draw_consumers(f, out);
    if (feed) draw_feed(f, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

char *verbs_picture(struct fx *f)
{
    return draw(f, false);
}

char *verbs_portrait(struct fx *f)
{
    return draw(f, true);
}
