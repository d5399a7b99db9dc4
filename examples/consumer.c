/* A consumer of the feed that survives being killed: it reads what is new, handles
 * it, and only then acknowledges. What was handled and not acknowledged comes again,
 * so handling an event twice must do no harm; its `seq` tells that it came before. */
#define _XOPEN_SOURCE 700 /* mkdtemp, fork, kill */

#include <rota.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 2 }; /* small, to show the paging; a real consumer takes hundreds */

static int failed(rota *r)
{
    fprintf(stderr, "consumer: %s\n", rota_errmsg(r));
    return 1;
}

/* One page after the other, each acknowledged once it is handled. `killed_at`: die
 * after handling this event, as a machine does, without a word; 0: live on. */
static int consume(const char *path, int64_t killed_at)
{
    rota *r = NULL;
    int64_t count = 0;
    int rc = rota_open(path, NULL, &r);
    /* Whenever it starts: one that is there already goes on where it was. */
    if (rc == ROTA_OK) rc = rota_consumer_create(r, NULL, "mailer", 0);
    do {
        rota_result *rows = NULL;
        rota_event event = ROTA_INIT(rota_event);
        if (rc == ROTA_OK) rc = rota_consumer_read(r, "mailer", PAGE, &rows);
        count = rota_result_count(rows);
        for (int64_t i = 0; i < count; i++) {
            rota_event_at(rows, i, &event);
            printf("  mail about event %lld, %s\n", (long long)event.seq, event.name);
            fflush(stdout);
            if (event.seq == killed_at) kill(getpid(), SIGKILL);
        }
        rota_result_free(rows);
        if (rc == ROTA_OK && count > 0) rc = rota_consumer_ack(r, NULL, "mailer", event.seq);
    } while (rc == ROTA_OK && count == PAGE);
    if (rc != ROTA_OK) failed(r);
    rota_close(r);
    return rc == ROTA_OK ? 0 : 1;
}

/* In a process of its own. */
static int run(const char *path, int64_t killed_at)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(consume(path, killed_at));
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    if (killed_at && WIFSIGNALED(status)) {
        printf("  (killed)\n");
        return 0;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int fill(const char *path)
{
    static const char *const names[] = { "Desk 1", "Desk 2", "Desk 3", "Desk 4", "Desk 5" };
    rota *r = NULL;
    int rc = rota_open(path, NULL, &r);
    for (int i = 0; i < 5 && rc == ROTA_OK; i++) {
        rota_resource_request desk = ROTA_INIT(rota_resource_request);
        desk.kind = "desk";
        desk.name = names[i];
        rc = rota_resource_create(r, NULL, &desk, NULL);
    }
    if (rc != ROTA_OK) failed(r);
    rota_close(r);
    return rc == ROTA_OK ? 0 : 1;
}

int main(void)
{
    char directory[] = "/tmp/rota-consumer-XXXXXX", path[64], lock[80];
    if (!mkdtemp(directory)) return 1;
    (void)snprintf(path, sizeof path, "%s/calendar", directory);
    (void)snprintf(lock, sizeof lock, "%s-lock", path);
    int result = fill(path);

    printf("A consumer that is killed when it has handled event 4:\n");
    if (result == 0) result = run(path, 4);
    printf("The same, started again; 3 and 4 were not acknowledged:\n");
    if (result == 0) result = run(path, 0);
    printf("And once more; there is nothing new:\n");
    if (result == 0) result = run(path, 0);

    (void)remove(path);
    (void)remove(lock);
    (void)rmdir(directory);
    return result;
}
