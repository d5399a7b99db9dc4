/* Statements: the text of each, how one is run, and how a value enters or leaves
 * it. A row is trusted no more than the file it lies in: every value is checked
 * for its type and its range before it leaves, and what does not fit is named as
 * damage.
 *
 * What a row means is left to sqlite_rows.c, the tables to sqlite_schema.c. */
#include "store/sqlite_private.h"

#include "base/str.h"

/* SQL is laid out by hand. */
/* clang-format off */
#define RESOURCE_SELECT                                                        \
    "SELECT r.row,r.id,r.ref,r.kind,r.name,r.zone,r.data,r.parent,p.id,"       \
    "r.capacity,r.before_secs,r.after_secs,r.active,r.removed,r.version,"      \
    "o.stamp,r.hours FROM "
/* Left joins: a resource that lacks its other half is damage, not absent. */
#define RESOURCE_JOINS                                                         \
    " LEFT JOIN occupancy o ON o.resource=r.row"                               \
    " LEFT JOIN resource p ON p.row=r.parent "
#define RESOURCE_PAGE                                                          \
    " r.removed=0 AND r.id>?1 AND (?3 IS NULL OR r.kind=?3)"                   \
    " AND (?4 IS NULL OR r.parent=?4) ORDER BY r.id LIMIT ?2"
#define MEMBER_SELECT                                                          \
    "SELECT m.grp,m.member,g.id,x.id,m.from_at,m.until_at FROM member m"       \
    " LEFT JOIN resource g ON g.row=m.grp"                                     \
    " LEFT JOIN resource x ON x.row=m.member WHERE "
#define BOOKING_SELECT                                                         \
    "SELECT b.row,b.id,b.ref,b.title,b.data,b.start_at,b.end_at,b.status,"     \
    "b.priority,b.hold_expires,b.created_at,b.changed_at,b.version,b.claims,"  \
    "b.series,b.placement,b.kind,b.part_of,CASE WHEN b.part_of IS NOT NULL THEN"\
    " (SELECT id FROM booking WHERE row=b.part_of) END part_of,b.occurrence"   \
    " FROM "
/* What a list asks for: from when to when, of which statuses, and behind which place. That
 * is its only lower bound: of two, the planner takes which it likes. */
#define BOOKING_PAGE(of)                                                       \
    " AND " of ".start_at<?2 AND " of ".end_at>?3 AND (?4>>b.status)&1"        \
    " AND (" of ".start_at," of ".end_at,b.id)>(?5,?6,?7) ORDER BY " of ".start_at"
#define EVENT_SELECT                                                           \
    "SELECT seq,at,type,subject,actor,role,trace,before,after FROM event "
#define KEY_SELECT "SELECT actor,key,hash,at,answer FROM idempotency "
/* Who else takes time of a resource of capacity 1, in one length class. */
#define RIVALS                                                                 \
    "SELECT booking FROM claim WHERE resource=?1 AND reach=?5"                 \
    " AND start_at>=?6 AND start_at<?4 AND end_at>?3 AND takes=1"              \
    " AND booking<>?2 AND (SELECT capacity FROM resource WHERE row=?1)=1"
/* What a claim is compared with. */
#define CHECK_CLAIM                                                            \
    "b.reach,b.start_at,b.end_at,b.status,b.hold_expires,c.units,b.claims,"    \
    "b.series IS NOT NULL FROM "
#define ZONE_SELECT "SELECT name,digest,data FROM zone "
#define REMINDER_SELECT                                                        \
    "SELECT booking,id,occurrence,resource,start_at,due_at,state,attempt,until_at FROM reminder "
#define LIST_SELECT "SELECT rowid,what,subject,late,late_secs,offsets FROM reminder_list "
#define CONSUMER_SELECT "SELECT name,position,created_at,changed_at FROM consumer "

/* The first word is for messages: the table, or what is done. */
static const struct { const char *table, *sql; } statements[ROTA__SQL_COUNT] = {
    [ROTA__SQL_BEGIN] = { "begin", "BEGIN" },
    [ROTA__SQL_BEGIN_WRITE] = { "begin", "BEGIN IMMEDIATE" },
    [ROTA__SQL_COMMIT] = { "commit", "COMMIT" },
    [ROTA__SQL_ROLLBACK] = { "rollback", "ROLLBACK" },

    [ROTA__SQL_STAMP_GET] = { "occupancy",
        "SELECT resource,stamp FROM occupancy WHERE resource=?1" },
    [ROTA__SQL_STAMP_IS] = { "occupancy",
        "SELECT resource FROM occupancy WHERE resource=?1 AND stamp=?2" },
    [ROTA__SQL_STAMP_BUMP] = { "occupancy",
        "UPDATE occupancy SET stamp=stamp+1 WHERE resource=?1 AND stamp=?2" },
    [ROTA__SQL_STAMP_PUT] = { "occupancy",
        "INSERT INTO occupancy(resource,stamp) VALUES(?1,1)" },

    [ROTA__SQL_RESOURCE_BY_ROW] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.row=?1" },
    [ROTA__SQL_RESOURCE_BY_ID] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.id=?1 AND r.removed=0" },
    [ROTA__SQL_RESOURCE_BY_REF] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE r.ref=?1 AND r.removed=0" },
    [ROTA__SQL_RESOURCE_REMOVED] = { "resource",
        RESOURCE_SELECT "resource r INDEXED BY resource_removed" RESOURCE_JOINS
        "WHERE r.ref=?1 AND r.removed=1 ORDER BY r.row DESC LIMIT 1" },
    [ROTA__SQL_RESOURCE_ID] = { "resource", "SELECT row,id FROM resource WHERE row=?1" },
    [ROTA__SQL_RESOURCE_ALL] = { "resource",
        RESOURCE_SELECT "resource r" RESOURCE_JOINS "WHERE" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_OF_KIND] = { "resource",
        RESOURCE_SELECT "resource r INDEXED BY resource_kind" RESOURCE_JOINS
        "WHERE r.kind=?3 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_IN_PARENT] = { "resource",
        RESOURCE_SELECT "resource r INDEXED BY resource_parent" RESOURCE_JOINS
        "WHERE r.parent=?4 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_WITH_TAG] = { "resource",
        RESOURCE_SELECT "tag t CROSS JOIN resource r ON r.row=t.resource" RESOURCE_JOINS
        "WHERE t.tag=?5 AND" RESOURCE_PAGE },
    [ROTA__SQL_RESOURCE_PUT] = { "resource",
        "INSERT INTO resource(id,ref,kind,name,zone,data,parent,capacity,before_secs,"
        "after_secs,active,removed,hours,version)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,1)" },
    [ROTA__SQL_RESOURCE_CHANGE] = { "resource",
        "UPDATE resource SET ref=?1,kind=?2,name=?3,zone=?4,data=?5,parent=?6,capacity=?7,"
        "before_secs=?8,after_secs=?9,active=?10,removed=?11,hours=?12,version=version+1"
        " WHERE row=?13 AND version=?14" },
    [ROTA__SQL_TAG_OF] = { "tag",
        "SELECT resource,tag FROM tag WHERE resource=?1 ORDER BY tag" },
    [ROTA__SQL_TAG_PUT] = { "tag", "INSERT INTO tag(resource,tag) VALUES(?1,?2)" },
    [ROTA__SQL_TAG_DROP] = { "tag", "DELETE FROM tag WHERE resource=?1" },

    [ROTA__SQL_MEMBER_OF_GROUP] = { "member",
        MEMBER_SELECT "m.grp=?1 ORDER BY g.id,x.id,m.from_at" },
    [ROTA__SQL_MEMBER_OF_MEMBER] = { "member",
        MEMBER_SELECT "m.member=?2 ORDER BY g.id,x.id,m.from_at" },
    [ROTA__SQL_MEMBER_OF_BOTH] = { "member",
        MEMBER_SELECT "m.grp=?1 AND m.member=?2 ORDER BY m.from_at" },
    [ROTA__SQL_GROUP_NEXT] = { "member",
        "SELECT grp FROM member WHERE grp>=?1 ORDER BY grp LIMIT 1" },
    [ROTA__SQL_MEMBER_PUT] = { "member",
        "INSERT INTO member(grp,member,from_at,until_at) VALUES(?1,?2,?3,?4)" },
    [ROTA__SQL_MEMBER_DROP] = { "member",
        "DELETE FROM member WHERE grp=?1 AND member=?2 AND from_at=?3" },

    [ROTA__SQL_BOOKING_BY_ROW] = { "booking", BOOKING_SELECT "booking b WHERE b.row=?1" },
    [ROTA__SQL_BOOKING_BY_ID] = { "booking", BOOKING_SELECT "booking b WHERE b.id=?1" },
    [ROTA__SQL_BOOKING_BY_REF] = { "booking", BOOKING_SELECT "booking b WHERE b.ref=?1" },
    [ROTA__SQL_BOOKING_BY_OCCURRENCE] = { "booking",
        BOOKING_SELECT "booking b INDEXED BY booking_occurrence"
        " WHERE b.part_of=?1 AND b.occurrence=?2" },
    [ROTA__SQL_BOOKING_DUE] = { "booking", /* status=1: held, the condition of the index */
        BOOKING_SELECT "booking b INDEXED BY booking_hold WHERE b.status=1 AND b.hold_expires<=?1"
        " ORDER BY b.hold_expires,b.row LIMIT ?2" },
    /* In the order of their starts, which the index has already: sorting by more than
     * that is quicker done outside, and reading can end once the limit is passed. */
    [ROTA__SQL_BOOKING_IN_TIME] = { "booking",
        BOOKING_SELECT "booking b INDEXED BY booking_time"
        " WHERE b.series IS NULL AND b.reach=?1" BOOKING_PAGE("b") },
    [ROTA__SQL_BOOKING_CLAIMING] = { "booking",
        BOOKING_SELECT "claim c CROSS JOIN booking b ON b.row=c.booking"
        " WHERE c.resource=?8 AND c.reach=?1" BOOKING_PAGE("c") },
    /* Of these there are few: they have one class, and may be sorted. */
    [ROTA__SQL_BOOKING_RECURRING] = { "booking",
        BOOKING_SELECT "booking b INDEXED BY booking_series"
        " WHERE b.series IS NOT NULL" BOOKING_PAGE("b") },
    [ROTA__SQL_BOOKING_RECURRING_CLAIMING] = { "booking",
        BOOKING_SELECT "recurrence c CROSS JOIN booking b ON b.row=c.booking"
        " WHERE c.resource=?8" BOOKING_PAGE("c") },
    [ROTA__SQL_BOOKING_OF_SERIES] = { "booking",
        BOOKING_SELECT "booking b INDEXED BY booking_occurrence"
        " WHERE b.part_of=?8" BOOKING_PAGE("b") },
    [ROTA__SQL_BOOKING_PUT] = { "booking",
        "INSERT INTO booking(id,ref,title,data,start_at,end_at,reach,status,priority,"
        "hold_expires,created_at,changed_at,version,claims,series,placement,kind,part_of,"
        "occurrence)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,1,?13,?14,?15,?16,?17,?18)" },
    [ROTA__SQL_BOOKING_CHANGE] = { "booking", /* where the span stays, so does its index */
        "UPDATE booking SET title=?1,data=?2,status=?3,priority=?4,hold_expires=?5,"
        "changed_at=?6,version=version+1 WHERE row=?7 AND version=?8" },
    [ROTA__SQL_BOOKING_RESCHEDULE] = { "booking",
        "UPDATE booking SET title=?1,data=?2,status=?3,priority=?4,hold_expires=?5,"
        "changed_at=?6,version=version+1,start_at=?9,end_at=?10,reach=?11,claims=?12,placement=?13"
        " WHERE row=?7 AND version=?8" },
    [ROTA__SQL_BOOKING_RECUR] = { "booking",
        "UPDATE booking SET title=?1,data=?2,status=?3,priority=?4,hold_expires=?5,"
        "changed_at=?6,version=version+1,start_at=?9,end_at=?10,reach=?11,claims=?12,series=?13"
        " WHERE row=?7 AND version=?8" },

    [ROTA__SQL_BOOKING_RENAME] = { "booking",
        "UPDATE booking SET occurrence=?2 WHERE row=?1 AND occurrence<>?2" },

    [ROTA__SQL_CLAIM_TAKING] = { "claim",
        "SELECT booking,start_at,end_at,expires,units FROM claim"
        " WHERE resource=?1 AND takes=1" },
    [ROTA__SQL_CLAIM_PUT] = { "claim",
        "INSERT INTO claim(resource,reach,start_at,booking,end_at,units,role,flags,takes,expires)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)" },
    [ROTA__SQL_CLAIM_CHANGE] = { "claim",
        "UPDATE claim SET takes=?5,expires=?6"
        " WHERE resource=?1 AND reach=?2 AND start_at=?3 AND booking=?4" },
    [ROTA__SQL_CLAIM_DROP] = { "claim",
        "DELETE FROM claim WHERE resource=?1 AND reach=?2 AND start_at=?3 AND booking=?4" },
    [ROTA__SQL_CLAIM_EVERY] = { "claim",
        "SELECT c.booking,c.resource,r.id,c.units,c.role,c.flags FROM claim c"
        " LEFT JOIN resource r ON r.row=c.resource ORDER BY c.booking,r.id" },
    [ROTA__SQL_CLAIM_PACK] = { "booking", "UPDATE booking SET claims=?1 WHERE row=?2" },
    [ROTA__SQL_CLAIM_RIVAL] = { "claim",
        RIVALS },
    [ROTA__SQL_CLAIM_RIVAL_FIRST] = { "claim", /* and -class of the longest claim there is */
        RIVALS " UNION ALL SELECT -max(reach) FROM claim WHERE resource=?1" },

    /* With the parameters of those of plain claims. */
    [ROTA__SQL_RECURRENCE_TAKING] = { "recurrence",
        "SELECT c.booking,c.start_at,c.end_at,c.expires,c.units,b.series FROM recurrence c"
        " LEFT JOIN booking b ON b.row=c.booking"
        " WHERE c.resource=?1 AND c.takes=1 ORDER BY c.booking" },
    [ROTA__SQL_RECURRENCE_PUT] = { "recurrence",
        "INSERT INTO recurrence(resource,booking,start_at,end_at,units,role,flags,takes,expires)"
        " VALUES(?1,?4,?3,?5,?6,?7,?8,?9,?10)" },
    [ROTA__SQL_RECURRENCE_CHANGE] = { "recurrence",
        "UPDATE recurrence SET takes=?5,expires=?6 WHERE resource=?1 AND booking=?4" },
    [ROTA__SQL_RECURRENCE_DROP] = { "recurrence",
        "DELETE FROM recurrence WHERE resource=?1 AND booking=?4" },

    [ROTA__SQL_EVENT_LAST] = { "event", "SELECT max(seq) FROM event" },
    [ROTA__SQL_EVENT_FROM] = { "event",
        EVENT_SELECT "WHERE seq>?1 ORDER BY seq LIMIT ?2" },
    [ROTA__SQL_EVENT_PUT] = { "event",
        "INSERT INTO event(seq,at,type,subject,actor,role,trace,before,after)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)" },

    [ROTA__SQL_KEY_GET] = { "idempotency", KEY_SELECT "WHERE actor=?1 AND key=?2" },
    [ROTA__SQL_KEY_DUE] = { "idempotency",
        "SELECT count(*) FROM (SELECT 1 FROM idempotency WHERE at<=?1 LIMIT ?2)" },
    [ROTA__SQL_KEY_PUT] = { "idempotency",
        "INSERT INTO idempotency(actor,key,hash,at,answer) VALUES(?1,?2,?3,?4,?5)"
        " ON CONFLICT(actor,key) DO UPDATE SET hash=?3,at=?4,answer=?5" },
    [ROTA__SQL_KEY_DROP] = { "idempotency",
        "DELETE FROM idempotency WHERE (actor,key) IN"
        " (SELECT actor,key FROM idempotency WHERE at<=?1 ORDER BY at LIMIT ?2)" },

    [ROTA__SQL_CONSUMER_GET] = { "consumer", CONSUMER_SELECT "WHERE name=?1" },
    [ROTA__SQL_CONSUMER_ALL] = { "consumer", CONSUMER_SELECT "ORDER BY name" },
    [ROTA__SQL_CONSUMER_PUT] = { "consumer",
        "INSERT INTO consumer(name,position,created_at,changed_at) VALUES(?1,?2,?4,?3)" },
    [ROTA__SQL_CONSUMER_CHANGE] = { "consumer",
        "UPDATE consumer SET position=?2,changed_at=?3 WHERE name=?1 AND position=?4" },
    [ROTA__SQL_CONSUMER_DROP] = { "consumer", "DELETE FROM consumer WHERE name=?1" },

    [ROTA__SQL_ZONE_GET] = { "zone", ZONE_SELECT "WHERE name=?1 AND digest=?2" },
    [ROTA__SQL_ZONE_PUT] = { "zone",
        "INSERT INTO zone(name,digest,data) VALUES(?1,?2,?3) ON CONFLICT DO NOTHING" },

    [ROTA__SQL_REMIND_STATE] = { "reminder_state",
        "SELECT one,version,cursor_at,cursor_row,reached,"
        "(SELECT coalesce(max(secs),0) FROM reminder_offset) FROM reminder_state" },
    [ROTA__SQL_REMIND_MAKE] = { "reminder_state",
        "INSERT INTO reminder_state(one,version,cursor_at,cursor_row,reached)"
        " VALUES(1,1,?1,?2,?3) ON CONFLICT DO NOTHING" },
    [ROTA__SQL_REMIND_MOVE] = { "reminder_state",
        "UPDATE reminder_state SET version=version+1,cursor_at=?1,cursor_row=?2,reached=?3"
        " WHERE version=?4" },
    [ROTA__SQL_LIST_GET] = { "reminder_list", LIST_SELECT "WHERE what=?1 AND subject=?2" },
    [ROTA__SQL_LIST_ANY] = { "reminder_list", "SELECT 1 FROM reminder_list WHERE what=?1 LIMIT 1" },
    [ROTA__SQL_LIST_PUT] = { "reminder_list",
        "INSERT INTO reminder_list(what,subject,late,late_secs,offsets) VALUES(?1,?2,?3,?4,?5)" },
    [ROTA__SQL_LIST_DROP] = { "reminder_list",
        "DELETE FROM reminder_list WHERE what=?1 AND subject=?2" },
    [ROTA__SQL_OFFSET_ALL] = { "reminder_offset", "SELECT secs FROM reminder_offset ORDER BY secs" },
    [ROTA__SQL_OFFSET_MORE] = { "reminder_offset",
        "INSERT INTO reminder_offset(secs,uses) VALUES(?1,1)"
        " ON CONFLICT(secs) DO UPDATE SET uses=uses+1" },
    [ROTA__SQL_OFFSET_LESS] = { "reminder_offset",
        "UPDATE reminder_offset SET uses=uses-1 WHERE secs=?1" },
    [ROTA__SQL_OFFSET_DROP] = { "reminder_offset", "DELETE FROM reminder_offset WHERE uses=0" },
    [ROTA__SQL_REMINDER_GET] = { "reminder", REMINDER_SELECT "WHERE id=?1" },
    [ROTA__SQL_REMINDER_ANY] = { "reminder",
        "SELECT EXISTS(SELECT 1 FROM reminder INDEXED BY reminder_open WHERE state=1"
        " AND until_at<=?1) OR EXISTS(SELECT 1 FROM reminder INDEXED BY reminder_open"
        " WHERE state=1 AND until_at>?2)" },
    [ROTA__SQL_REMINDER_OPEN] = { "reminder",
        "SELECT * FROM (" REMINDER_SELECT "INDEXED BY reminder_open WHERE state=1 AND until_at=?3"
        " ORDER BY due_at,id LIMIT ?2) UNION ALL SELECT * FROM (" REMINDER_SELECT
        "INDEXED BY reminder_open WHERE state=1 AND until_at>?3 AND until_at<=?1"
        " ORDER BY due_at,id LIMIT ?2) UNION ALL SELECT * FROM (" REMINDER_SELECT
        "INDEXED BY reminder_open WHERE state=1 AND until_at>?4"
        " ORDER BY due_at,id LIMIT ?2)" },
    [ROTA__SQL_REMINDER_DEAD] = { "reminder",
        REMINDER_SELECT "INDEXED BY reminder_dead WHERE state=3 AND id>?1 ORDER BY id LIMIT ?2" },
    [ROTA__SQL_REMINDER_PUT] = { "reminder",
        "INSERT INTO reminder(id,booking,occurrence,resource,start_at,due_at,state,attempt,until_at)"
        " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(id) DO UPDATE"
        " SET state=?7,attempt=?8,until_at=?9" },
    [ROTA__SQL_REMINDER_DROP] = { "reminder", "DELETE FROM reminder WHERE id=?1" },
    [ROTA__SQL_REMINDER_OLD] = { "reminder",
        "SELECT count(*) FROM (SELECT 1 FROM reminder WHERE id<?1 AND state=2 AND start_at<?3"
        " LIMIT ?2)" },
    [ROTA__SQL_REMINDER_FORGET] = { "reminder",
        "DELETE FROM reminder WHERE id IN (SELECT id FROM reminder WHERE id<?1 AND state=2"
        " AND start_at<?3 ORDER BY id LIMIT ?2)" },
    [ROTA__SQL_NOTE_DUE] = { "reminder_note",
        "SELECT booking,at,occurrence FROM reminder_note WHERE at<=?1"
        " ORDER BY at,booking,occurrence LIMIT ?2" },
    [ROTA__SQL_NOTE_PUT] = { "reminder_note",
        "INSERT INTO reminder_note(at,booking,occurrence) VALUES(?1,?2,?3) ON CONFLICT DO NOTHING" },
    [ROTA__SQL_NOTE_DROP] = { "reminder_note",
        "DELETE FROM reminder_note WHERE at=?1 AND booking=?2 AND occurrence=?3" },
    [ROTA__SQL_NEXT_DUE] = { "reminder_next",
        "SELECT booking,at FROM reminder_next WHERE at<=?1 ORDER BY at,booking LIMIT ?2" },
    [ROTA__SQL_NEXT_PUT] = { "reminder_next",
        "INSERT INTO reminder_next(booking,at) VALUES(?1,?2)"
        " ON CONFLICT(booking) DO UPDATE SET at=?2" },
    [ROTA__SQL_NEXT_DROP] = { "reminder_next", "DELETE FROM reminder_next WHERE booking=?1" },
    [ROTA__SQL_NEXT_MAKE] = { "reminder_next",
        "INSERT INTO reminder_next(booking,at) SELECT row,?1 FROM booking INDEXED BY booking_series"
        " WHERE series IS NOT NULL ON CONFLICT(booking) DO UPDATE SET at=?1 WHERE at<>?1" },
    [ROTA__SQL_BOOKING_STARTS] = { "booking",
        "SELECT row,id,start_at,end_at,claims,part_of FROM booking INDEXED BY booking_time"
        " WHERE series IS NULL AND reach=?1 AND start_at>=?2 AND (start_at>?2 OR row>?3)"
        " AND start_at<=?4 AND status IN (2,3) ORDER BY start_at,row LIMIT ?5" },
    [ROTA__SQL_BOOKING_PART] = { "booking",
        "SELECT b.row,s.id AS part_of,b.occurrence FROM booking b"
        " LEFT JOIN booking s ON s.row=b.part_of WHERE b.row=?1" },

    /* Bookings are numbered from 1 without a gap, as events are, and none is ever
     * deleted: the last number is how many there are. The check sees to it. */
    [ROTA__SQL_COUNTS] = { "file",
        "SELECT (SELECT count(*) FROM resource WHERE removed=0),"
        "(SELECT max(row) FROM booking),(SELECT max(seq) FROM event)" },
    [ROTA__SQL_CHECK_FILE] = { "file", "PRAGMA integrity_check(1)" },
    [ROTA__SQL_CHECK_REFERENCES] = { "file", "PRAGMA foreign_key_check" },
    [ROTA__SQL_CHECK_FEED] = { "event", "SELECT count(*),min(seq),max(seq) FROM event" },
    [ROTA__SQL_CHECK_BOOKINGS] = { "booking", "SELECT count(*),min(row),max(row) FROM booking" },
    [ROTA__SQL_CHECK_CLAIMS] = { "claim",
        "SELECT c.booking,c.resource,c.reach,c.start_at,c.end_at,c.role,c.flags,c.takes,c.expires,"
        CHECK_CLAIM "claim c LEFT JOIN booking b ON b.row=c.booking" },
    [ROTA__SQL_CHECK_RECURRENCES] = { "recurrence", /* which have no class of their own */
        "SELECT c.booking,c.resource,b.reach,c.start_at,c.end_at,c.role,c.flags,c.takes,c.expires,"
        CHECK_CLAIM "recurrence c LEFT JOIN booking b ON b.row=c.booking" },
    [ROTA__SQL_CHECK_OCCURRENCES] = { "booking",
        "SELECT b.row FROM booking b INDEXED BY booking_occurrence"
        " CROSS JOIN booking s ON s.row=b.part_of"
        " WHERE b.part_of IS NOT NULL AND s.series IS NULL" },
    [ROTA__SQL_CHECK_CONSUMERS] = { "consumer",
        "SELECT name,position FROM consumer WHERE position<>0"
        " AND NOT EXISTS(SELECT 1 FROM event WHERE seq=position)" },
    [ROTA__SQL_CHECK_OFFSETS] = { "reminder_offset",
        "SELECT (SELECT coalesce(sum(uses),0) FROM reminder_offset),"
        "(SELECT coalesce(sum(length(offsets)),0) FROM reminder_list)" },
    [ROTA__SQL_CHECK_SUBJECTS] = { "reminder_list",
        "SELECT l.rowid FROM reminder_list l WHERE NOT CASE l.what WHEN 0 THEN l.subject=0"
        " WHEN 1 THEN EXISTS(SELECT 1 FROM resource WHERE row=l.subject)"
        " ELSE EXISTS(SELECT 1 FROM booking WHERE row=l.subject) END" },
    [ROTA__SQL_CHECK_NEXT] = { "reminder_next", /* of what does not recur there is none */
        "SELECT n.booking FROM reminder_next n JOIN booking b ON b.row=n.booking"
        " WHERE b.series IS NULL" },
    [ROTA__SQL_CHECK_PACKED] = { "booking",
        "SELECT (SELECT coalesce(sum(length(claims)),0) FROM booking),"
        "(SELECT count(*) FROM claim)+(SELECT count(*) FROM recurrence)" },
    [ROTA__SQL_EVERY_RESOURCE] = { "resource", RESOURCE_SELECT "resource r" RESOURCE_JOINS },
    [ROTA__SQL_EVERY_TAG] = { "tag", "SELECT resource,tag FROM tag" },
    [ROTA__SQL_EVERY_MEMBER] = { "member", MEMBER_SELECT "1" },
    [ROTA__SQL_EVERY_BOOKING] = { "booking", BOOKING_SELECT "booking b" },
    [ROTA__SQL_EVERY_EVENT] = { "event", EVENT_SELECT },
    [ROTA__SQL_EVERY_KEY] = { "idempotency", KEY_SELECT },
    [ROTA__SQL_EVERY_CONSUMER] = { "consumer", CONSUMER_SELECT },
    [ROTA__SQL_EVERY_ZONE] = { "zone", ZONE_SELECT },
    [ROTA__SQL_EVERY_LIST] = { "reminder_list", LIST_SELECT },
    [ROTA__SQL_EVERY_REMINDER] = { "reminder", REMINDER_SELECT },
    [ROTA__SQL_EVERY_NOTE] = { "reminder_note", "SELECT booking,at,occurrence FROM reminder_note" },
    [ROTA__SQL_EVERY_NEXT] = { "reminder_next", "SELECT booking,at FROM reminder_next" },
};
/* clang-format on */

/* --- one run of a statement --- */

void rota__sqlite_start(rota__sqlite_query *query, rota__sqlite *self, rota__env *env, int id)
{
    *query = (rota__sqlite_query){ .self = self, .env = env, .id = id };
    sqlite3_stmt **kept = &self->statements[id];
    if (!*kept && sqlite3_prepare_v3(self->db, statements[id].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                     kept, NULL) != SQLITE_OK)
        query->status = rota__sqlite_fail(self, env, statements[id].table);
    query->stmt = *kept;
}

static void bound(rota__sqlite_query *query, int rc)
{
    if (rc == SQLITE_OK) return;
    query->status = rota__sqlite_fail(query->self, query->env, statements[query->id].table);
}

void rota__sqlite_bind_int(rota__sqlite_query *query, int64_t value)
{
    if (query->status == ROTA_OK)
        bound(query, sqlite3_bind_int64(query->stmt, ++query->bound, value));
}

void rota__sqlite_bind_row(rota__sqlite_query *query, int64_t row)
{
    if (row != 0)
        rota__sqlite_bind_int(query, row);
    else if (query->status == ROTA_OK)
        bound(query, sqlite3_bind_null(query->stmt, ++query->bound));
}

void rota__sqlite_bind_text(rota__sqlite_query *query, const char *text)
{
    if (query->status == ROTA_OK) /* NULL binds NULL */
        bound(query, sqlite3_bind_text(query->stmt, ++query->bound, text, -1, SQLITE_STATIC));
}

void rota__sqlite_bind_bytes(rota__sqlite_query *query, const void *bytes, int64_t size)
{
    if (query->status != ROTA_OK) return;
    const void *some = size > 0 ? bytes : ""; /* no bytes are not NULL */
    bound(query, sqlite3_bind_blob64(query->stmt, ++query->bound, some, (sqlite3_uint64)size,
                                     SQLITE_STATIC));
}

bool rota__sqlite_next(rota__sqlite_query *query)
{
    query->column = 0;
    if (query->status != ROTA_OK) return false;
    int rc = sqlite3_step(query->stmt);
    if (rc == SQLITE_ROW) return true;
    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
        rc == SQLITE_CONSTRAINT_ROWID)
        query->status = ROTA__STALE;
    else if (rc != SQLITE_DONE)
        query->status = rota__sqlite_fail(query->self, query->env, statements[query->id].table);
    return false;
}

static void no_memory(rota__sqlite_query *query)
{
    if (query->status == ROTA_OK) query->status = rota__error_plain(query->env->error, ROTA_ENOMEM);
}

void *rota__sqlite_need_room(rota__sqlite_query *query, void *room)
{
    if (!room) no_memory(query);
    return room;
}

int rota__sqlite_end(rota__sqlite_query *query)
{
    if (query->stmt) {
        /* What reset() returns is the failure of the step, seen already. */
        sqlite3_reset(query->stmt);
        sqlite3_clear_bindings(query->stmt);
    }
    return query->status;
}

int rota__sqlite_run(rota__sqlite_query *query)
{
    rota__sqlite_next(query);
    return rota__sqlite_end(query);
}

int rota__sqlite_change(rota__sqlite_query *query)
{
    int rc = rota__sqlite_run(query);
    if (rc == ROTA_OK && sqlite3_changes(query->self->db) == 0) rc = ROTA__STALE;
    return rc;
}

/* --- statements that are not kept --- */

int rota__sqlite_exec(rota__sqlite *self, rota__env *env, const char *doing, const char *sql)
{
    if (sqlite3_exec(self->db, sql, NULL, NULL, NULL) == SQLITE_OK) return ROTA_OK;
    return rota__sqlite_fail(self, env, doing);
}

int rota__sqlite_once(rota__sqlite *self, rota__env *env, const char *sql, int64_t *value,
                      char *text, int64_t room)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(self->db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        if (value) *value = sqlite3_column_int64(stmt, 0);
        const char *found = text ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        if (text) (void)sqlite3_snprintf((int)room, text, "%s", found ? found : "");
        rc = sqlite3_step(stmt); /* what it commits may fail when the row is out */
        if (rc == SQLITE_ROW) rc = SQLITE_DONE;
    }
    /* The status first: finalizing would forget the message. */
    int status = rc == SQLITE_DONE ? ROTA_OK : rota__sqlite_fail(self, env, sql);
    sqlite3_finalize(stmt);
    return status;
}

/* --- columns --- */

void rota__sqlite_damage(rota__sqlite_query *query, const char *what)
{
    if (query->status != ROTA_OK) return;
    /* The first column of each selection tells the row. */
    query->status = rota__error_set(query->env->error, ROTA_ECORRUPT,
                                    "%s: table %s, row %lld: %s is damaged", query->self->path,
                                    statements[query->id].table,
                                    (long long)sqlite3_column_int64(query->stmt, 0), what);
}

static void damaged_column(rota__sqlite_query *query, int column)
{
    const char *name = sqlite3_column_name(query->stmt, column);
    rota__sqlite_damage(query, name ? name : "a column");
}

/* Of a timeline there are thousands of numbers: so each column is asked for once, and not for
 * its type and its value. What SQLite calls unprotected is safe here, where one thread at a time
 * has the connection. */
int64_t rota__sqlite_int(rota__sqlite_query *query, int64_t min, int64_t max)
{
    int column = query->column++;
    if (query->status != ROTA_OK) return 0;
    sqlite3_value *found = sqlite3_column_value(query->stmt, column);
    if (sqlite3_value_type(found) == SQLITE_INTEGER) {
        int64_t value = sqlite3_value_int64(found);
        if (value >= min && value <= max) return value;
    }
    damaged_column(query, column);
    return 0;
}

bool rota__sqlite_is_null(rota__sqlite_query *query)
{
    return query->status == ROTA_OK &&
           sqlite3_column_type(query->stmt, query->column) == SQLITE_NULL;
}

int64_t rota__sqlite_any(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, INT64_MIN, INT64_MAX);
}

int64_t rota__sqlite_row(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, 1, INT64_MAX);
}

int32_t rota__sqlite_small(rota__sqlite_query *query, int32_t min, int32_t max)
{
    return (int32_t)rota__sqlite_int(query, min, max);
}

rota_time rota__sqlite_instant(rota__sqlite_query *query)
{
    return rota__sqlite_int(query, ROTA_TIME_MIN, ROTA_TIME_MAX);
}

rota_span rota__sqlite_span(rota__sqlite_query *query)
{
    rota_span when = { .start = rota__sqlite_instant(query) };
    when.end = rota__sqlite_instant(query);
    if (query->status == ROTA_OK && when.end <= when.start)
        damaged_column(query, query->column - 1);
    return when;
}

const char *rota__sqlite_text(rota__sqlite_query *query, bool may_be_null)
{
    int column = query->column;
    bool null = rota__sqlite_is_null(query);
    query->column++;
    if (query->status != ROTA_OK || (null && may_be_null)) return NULL;
    if (sqlite3_column_type(query->stmt, column) != SQLITE_TEXT) {
        damaged_column(query, column);
        return NULL;
    }
    const char *text = (const char *)sqlite3_column_text(query->stmt, column);
    if (!text) {
        no_memory(query);
        return NULL;
    }
    int64_t length = sqlite3_column_bytes(query->stmt, column);
    if (rota__str_utf8(text) != length) { /* not UTF-8, or a NUL within */
        damaged_column(query, column);
        return NULL;
    }
    const char *copy = rota__arena_text(query->env->arena, text, length);
    if (!copy) no_memory(query);
    return copy;
}

rota_id rota__sqlite_id(rota__sqlite_query *query)
{
    rota_id id = { { 0 } };
    int column = query->column++;
    if (query->status != ROTA_OK) return id;
    const void *bytes = NULL;
    sqlite3_value *found = sqlite3_column_value(query->stmt, column);
    if (sqlite3_value_type(found) == SQLITE_BLOB && sqlite3_value_bytes(found) == (int)sizeof id)
        bytes = sqlite3_value_blob(found);
    if (bytes)
        memcpy(&id, bytes, sizeof id);
    else
        damaged_column(query, column);
    return id;
}

const void *rota__sqlite_look_at_bytes(rota__sqlite_query *query, int64_t *size)
{
    int column = query->column++;
    *size = 0;
    if (query->status != ROTA_OK) return NULL;
    sqlite3_value *found = sqlite3_column_value(query->stmt, column);
    if (sqlite3_value_type(found) != SQLITE_BLOB) {
        damaged_column(query, column);
        return NULL;
    }
    *size = sqlite3_value_bytes(found);
    if (*size == 0) return NULL;
    const void *bytes = sqlite3_value_blob(found);
    if (!bytes) no_memory(query);
    return bytes;
}

const void *rota__sqlite_bytes(rota__sqlite_query *query, int64_t *size)
{
    const void *bytes = rota__sqlite_look_at_bytes(query, size);
    const void *copy = bytes ? rota__arena_copy(query->env->arena, bytes, *size) : NULL;
    if (bytes && !copy) no_memory(query);
    return copy;
}
