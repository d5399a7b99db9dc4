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

/* Daily at this time of the first day. */
static int book_series(struct fx *f, const rota_call *call, const rota_claim *claims, int64_t count,
                       const char *title, const char *start, uint32_t flags, int32_t hold_secs,
                       rota_receipt *receipt)
{
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    daily.start = start;
    daily.zone = "Europe/Berlin";
    daily.rule = "FREQ=DAILY;COUNT=6";
    daily.length = 3600;
    q.claims = claims;
    q.claim_count = count;
    q.title = q.ref = title;
    q.flags = flags;
    q.hold_secs = hold_secs;
    q.recurrence = &daily;
    return rota_booking_create(f->r, call, &q, receipt);
}

/* The same call, for an occurrence. */
static rota_call scoped(const rota_call *call, int32_t scope, const char *occurrence)
{
    rota_call own = ROTA_INIT(rota_call);
    if (call) own = *call;
    own.scope = scope;
    own.occurrence = t(occurrence);
    return own;
}

static int move_series(struct fx *f, struct cast *who, const rota_call *call, int32_t scope,
                       const char *occurrence, const char *start)
{
    rota_call own = scoped(call, scope, occurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t(start);
    return rota_booking_move(f->r, &own, &who->course, &q, NULL);
}

static int cancel_series(struct fx *f, struct cast *who, const rota_call *call, int32_t scope,
                         const char *occurrence)
{
    rota_call own = scoped(call, scope, occurrence);
    return rota_booking_cancel(f->r, &own, &who->course, NULL);
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

static int book_member(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->member, "given up", "2031-03-10T16:00Z", "2031-03-10T17:00Z", 0,
                &who->given_up);
}

static int give_up(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_cancel(f->r, call, &who->given_up, NULL);
}

static int add_green(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Green", 1, &who->green);
}

static int begin_course(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claim = { .resource = who->green, .units = 1 };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int rc = book_series(f, call, &claim, 1, "course", "2031-03-10T09:00", 0, 0, &receipt);
    if (rc == ROTA_OK) who->course = receipt.id;
    return rc;
}

static int hold_trial(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claim = { .resource = who->green, .units = 1 };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int rc = book_series(f, call, &claim, 1, "trial", "2031-03-10T11:00", 0, 600, &receipt);
    if (rc == ROTA_OK) who->trial = receipt.id;
    return rc;
}

static int set_apart(struct fx *f, struct cast *who, const rota_call *call)
{
    return move_series(f, who, call, ROTA_SCOPE_THIS, "2031-03-12T08:00Z", "2031-03-12T12:00Z");
}

static int leave_out(struct fx *f, struct cast *who, const rota_call *call)
{
    return cancel_series(f, who, call, ROTA_SCOPE_THIS, "2031-03-13T08:00Z");
}

static int make_consumer(struct fx *f, struct cast *who, const rota_call *call)
{
    (void)who;
    return rota_consumer_create(f->r, call, "reader", 0);
}

/* One of what is confirmed is due when the calls come. */
static int list_reminders(struct fx *f, struct cast *who, const rota_call *call)
{
    const int64_t before[] = { 7080 };
    rota_reminder_request q = { .size = sizeof q, .offsets = before, .offset_count = 1 };
    (void)who;
    return rota_reminder_put(f->r, call, &q, NULL);
}

static int add_yellow(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "Yellow", 1, &who->yellow);
}

/* Of both the reminder was due when they were made. */
static int book_early(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->yellow, "early", "2031-03-10T09:30Z", "2031-03-10T09:40Z", 0, NULL);
}

static int book_late(struct fx *f, struct cast *who, const rota_call *call)
{
    return book(f, call, who->yellow, "late", "2031-03-10T09:40Z", "2031-03-10T09:50Z", 0, NULL);
}

static int add_white(struct fx *f, struct cast *who, const rota_call *call)
{
    return add(f, call, "White", 1, &who->white);
}

static int place(struct fx *f, const rota_call *call, rota_id resource, const char *title)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_placement p = ROTA_INIT(rota_placement);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    p.window = (rota_span){ t("2031-03-12T09:00Z"), t("2031-03-14T09:00Z") };
    p.duration = 3600;
    p.from = 9 * 3600;
    p.until = 12 * 3600;
    q.title = q.ref = title;
    q.placement = &p;
    q.claims = &claim;
    q.claim_count = 1;
    return rota_booking_create(f->r, call, &q, NULL);
}

static int place_first(struct fx *f, struct cast *who, const rota_call *call)
{
    return place(f, call, who->white, "placed first");
}

static int place_second(struct fx *f, struct cast *who, const rota_call *call)
{
    return place(f, call, who->white, "placed second");
}

static int give(struct fx *f, const rota_call *call, int32_t lease, rota_id *id)
{
    rota_reminder_query q = { .size = sizeof q, .lease = lease, .limit = 1, .attempts = 1 };
    rota_reminder given = ROTA_INIT(rota_reminder);
    rota_result *rows = NULL;
    int rc = rota_reminder_due(f->r, call, &q, &rows);
    if (rc == ROTA_OK && rota_reminder_at(rows, 0, &given) == ROTA_OK) *id = given.id;
    rota_result_free(rows);
    return rc;
}

/* While there is no other: asked again, it is given nothing. */
static int give_early(struct fx *f, struct cast *who, const rota_call *call)
{
    return give(f, call, 1, &who->dead);
}

/* It is leased past the calls; the other one, whose lease is over, dies. */
static int give_late(struct fx *f, struct cast *who, const rota_call *call)
{
    f->now += 2;
    return give(f, call, 900, &who->told);
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
    { "book Member", book_member, false },
    { "give that up", give_up, false },
    { "add Green", add_green, false },
    { "begin a course", begin_course, false },
    { "hold a trial", hold_trial, false },
    { "set one of the course apart", set_apart, false },
    { "leave one out", leave_out, false },
    { "make a consumer", make_consumer, true },
    { "list reminders", list_reminders, false },
    { "add Yellow", add_yellow, false },
    { "add White", add_white, false },
    { "place one", place_first, false },
    { "place a second one", place_second, false },
    { "book early", book_early, false },
    { "be reminded early", give_early, true },
    { "book late", book_late, false },
    { "be reminded late", give_late, true },
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

static int place_third(struct fx *f, struct cast *who, const rota_call *call)
{
    return place(f, call, who->white, "placed third");
}

static int displace(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim c = { .resource = who->white, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-12T09:30Z", "2031-03-12T10:30Z");
    q.title = q.ref = "displace";
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    return rota_booking_create(f->r, call, &q, NULL);
}

/* Whatever is there: a booking and an occurrence. */
static int block(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim c[] = { { .resource = who->white, .units = 1 },
                       { .resource = who->green, .units = 1 } };
    rota_booking_request q = request(c, 2, "2031-03-12T07:00Z", "2031-03-12T10:00Z");
    q.title = q.ref = "block";
    q.kind = ROTA_KIND_MAINTENANCE;
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

static int restore(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_restore(f->r, call, &who->given_up, NULL);
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

static int create_series(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claims[] = { { .resource = who->group, .units = 1 },
                            { .resource = who->red, .units = 1 } };
    return book_series(f, call, claims, 2, "lessons", "2031-03-13T09:00", 0, 0, NULL);
}

/* But for the one day on which one of the course was set apart. */
static int create_part(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claim = { .resource = who->green, .units = 1 };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int rc = book_series(f, call, &claim, 1, "partly", "2031-03-12T13:30", ROTA_BOOKING_PARTIAL, 0,
                         &receipt);
    return rc == ROTA_OK && receipt.skipped != 1 ? ROTA_ESTATE : rc;
}

static int hold_series(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_claim claim = { .resource = who->green, .units = 1 };
    return book_series(f, call, &claim, 1, "perhaps", "2031-03-13T16:00", 0, 300, NULL);
}

static int confirm_series(struct fx *f, struct cast *who, const rota_call *call)
{
    return rota_booking_confirm(f->r, call, &who->trial, NULL);
}

static int move_one(struct fx *f, struct cast *who, const rota_call *call)
{
    return move_series(f, who, call, ROTA_SCOPE_THIS, "2031-03-14T08:00Z", "2031-03-14T14:00Z");
}

static int move_again(struct fx *f, struct cast *who, const rota_call *call)
{
    return move_series(f, who, call, ROTA_SCOPE_THIS, "2031-03-12T08:00Z", "2031-03-12T14:00Z");
}

/* To another room, too. */
static int move_future(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_call own = scoped(call, ROTA_SCOPE_FUTURE, "2031-03-14T08:00Z");
    rota_claim claim = { .resource = who->red, .units = 2 };
    rota_booking_request q = request(&claim, 1, "2031-03-14T15:00Z", "2031-03-14T16:30Z");
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS;
    return rota_booking_move(f->r, &own, &who->course, &q, NULL);
}

static int move_all(struct fx *f, struct cast *who, const rota_call *call)
{
    return move_series(f, who, call, ROTA_SCOPE_ALL, "2031-03-11T08:00Z", "2031-03-11T06:30Z");
}

static int cancel_one(struct fx *f, struct cast *who, const rota_call *call)
{
    return cancel_series(f, who, call, ROTA_SCOPE_THIS, "2031-03-11T08:00Z");
}

static int cancel_future(struct fx *f, struct cast *who, const rota_call *call)
{
    return cancel_series(f, who, call, ROTA_SCOPE_FUTURE, "2031-03-12T08:00Z");
}

static int cancel_all(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_call own = scoped(call, ROTA_SCOPE_ALL, "2031-03-12T08:00Z");
    own.flags |= ROTA_CALL_OVERRIDE;
    return rota_booking_cancel(f->r, &own, &who->course, NULL);
}

static int restore_one(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_call own = scoped(call, ROTA_SCOPE_THIS, "2031-03-13T08:00Z");
    return rota_booking_restore(f->r, &own, &who->course, NULL);
}

static int complete_one(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_call own = scoped(call, ROTA_SCOPE_THIS, "2031-03-10T08:00Z");
    return rota_booking_complete(f->r, &own, &who->course, NULL);
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

static int put_hours(struct fx *f, struct cast *who, const rota_call *call)
{
    const rota_hours_rule rules[] = {
        { .kind = ROTA_HOURS_WEEKLY, .days = 127, .start = 0, .end = 24 * 3600 },
        { .kind = ROTA_HOURS_EXCEPTION, .from_date = "2031-12-24", .closed = 1 },
    };
    return rota_hours_put(f->r, call, &who->red, rules, 2, NULL);
}

static int put_reminders(struct fx *f, struct cast *who, const rota_call *call)
{
    const int64_t before[] = { 600, 7080 };
    rota_reminder_request q = { .size = sizeof q, .offsets = before, .offset_count = 2 };
    q.booking = who->confirmed;
    return rota_reminder_put(f->r, call, &q, NULL);
}

static int be_reminded(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_result *rows = NULL;
    (void)who;
    int rc = rota_reminder_due(f->r, call, NULL, &rows);
    rota_result_free(rows);
    return rc;
}

static int mark_done(struct fx *f, struct cast *who, const rota_call *call)
{
    int64_t acked;
    return rota_reminder_ack(f->r, call, &who->told, 1, &acked);
}

/* What is dead, as a host does that asks first. */
static int retry(struct fx *f, struct cast *who, const rota_call *call)
{
    rota_reminder dead = ROTA_INIT(rota_reminder);
    rota_result *rows = NULL;
    int64_t retried;
    (void)who;
    int rc = rota_reminder_dead(f->r, NULL, 0, &rows);
    if (rc != ROTA_OK) return rc;
    if (rota_reminder_at(rows, 0, &dead) == ROTA_OK)
        rc = rota_reminder_retry(f->r, call, &dead.id, 1, &retried);
    rota_result_free(rows);
    return rc;
}

const struct verb verbs[] = {
    { "create", create, false },
    { "hold", hold, false },
    { "override", override, false },
    { "place", place_third, false },
    { "displace", displace, false },
    { "block", block, false },
    { "move", move, false },
    { "confirm", confirm, false },
    { "confirm what has lapsed", confirm_lapsed, false },
    { "cancel", cancel, false },
    { "restore", restore, false },
    { "check in", check_in, false },
    { "complete", complete, false },
    { "add a resource", add_resource, false },
    { "update a resource", update_resource, false },
    { "remove a resource", remove_resource, false },
    { "put hours", put_hours, false },
    { "join", join, false },
    { "leave", part, false },
    { "create many", create_all, false },
    { "create a series", create_series, false },
    { "create a part of one", create_part, false },
    { "hold a series", hold_series, false },
    { "confirm a series", confirm_series, false },
    { "move one", move_one, false },
    { "move that again which was set apart", move_again, false },
    { "move those to come", move_future, false },
    { "move all", move_all, false },
    { "complete one", complete_one, false },
    { "restore one", restore_one, false },
    { "cancel one", cancel_one, false },
    { "cancel those to come", cancel_future, false },
    { "cancel all", cancel_all, false },
    { "make a consumer", create_consumer, true },
    { "acknowledge", acknowledge, true },
    { "remove a consumer", remove_consumer, true },
    { "put reminders", put_reminders, false },
    { "acknowledge a reminder", mark_done, true },
    { "retry a reminder", retry, true },
    { "be reminded", be_reminded, true },
    { "tick", tick, true },
};
const int verbs_count = sizeof verbs / sizeof *verbs;

void verbs_prepare(struct fx *f, struct cast *who)
{
    static const rota_id none;
    who->told = who->dead = none;
    fx_clock(f, "2031-03-10T08:00Z");
    for (int i = 0; i < verbs_before_count; i++)
        ck_status(f, verbs_before[i].run(f, who, NULL), ROTA_OK);
    ck_assert_mem_ne(&who->told, &none, sizeof none);
    ck_assert_mem_ne(&who->dead, &none, sizeof none);
    ck_assert_mem_ne(&who->dead, &who->told, sizeof none);
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

static void draw_dead(struct fx *f, FILE *out)
{
    rota_result *rows;
    ck_status(f, rota_reminder_dead(f->r, NULL, 0, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_reminder r = ROTA_INIT(rota_reminder);
        ck_assert_int_eq(rota_reminder_at(rows, i, &r), ROTA_OK);
        fprintf(out, "dead %" PRId64 " %" PRId64 " %" PRId32 "\n", r.start, r.due, r.attempt);
    }
    rota_result_free(rows);
}

/* What is not leased, and what a later one would be given. */
static void draw_reminders(struct fx *f, FILE *out)
{
    rota_call dry = { .size = sizeof dry, .flags = ROTA_CALL_DRY_RUN };
    rota_result *rows;
    rota_time now = f->now;
    for (int later = 0; later < 2; later++) {
        f->now = now + later * 7200;
        ck_status(f, rota_reminder_due(f->r, &dry, NULL, &rows), ROTA_OK);
        for (int64_t i = 0; i < rota_result_count(rows); i++) {
            rota_reminder r = ROTA_INIT(rota_reminder);
            ck_assert_int_eq(rota_reminder_at(rows, i, &r), ROTA_OK);
            fprintf(out, "reminder %d %" PRId64 " %" PRId64 " %" PRId32 "\n", later, r.start, r.due,
                    r.attempt);
        }
        rota_result_free(rows);
    }
    f->now = now;
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
    draw_dead(f, out);
    if (!(f->config.flags & ROTA_OPEN_READONLY)) draw_reminders(f, out);
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
