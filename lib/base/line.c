#include "base/line.h"

bool rota__line_init(rota__line *line)
{
    line->first = line->last = NULL;
    line->led = false;
    return pthread_mutex_init(&line->mutex, NULL) == 0;
}

void rota__line_free(rota__line *line)
{
    (void)pthread_mutex_destroy(&line->mutex);
}

static rota__place *take_first(rota__line *line)
{
    rota__place *place = line->first;
    if (place) line->first = place->next;
    if (!line->first) line->last = NULL;
    return place;
}

/* To wake a thread takes as long as a tenth of a flush, so who is awake helps: two are woken
 * at once, and each wakes half of the others. */
static void wake(rota__place *places)
{
    rota__place *halves[2] = { NULL, NULL };
    for (int i = 0; places; i = !i) {
        rota__place *next = places->next;
        places->next = halves[i];
        halves[i] = places;
        places = next;
    }
    for (int i = 0; i < 2; i++)
        if (halves[i]) (void)sem_post(&halves[i]->called);
}

bool rota__line_enter(rota__line *line, rota__place *place)
{
    (void)pthread_mutex_lock(&line->mutex);
    bool leads = !line->led;
    line->led = true;
    if (!leads) {
        place->next = NULL;
        place->served = false;
        (void)sem_init(&place->called, 0, 0);
        if (line->last)
            line->last->next = place;
        else
            line->first = place;
        line->last = place;
    }
    (void)pthread_mutex_unlock(&line->mutex);
    if (leads) return true;

    while (sem_wait(&place->called) != 0) /* a signal of the host's */
        ;
    (void)sem_destroy(&place->called);
    if (!place->served) return true;
    wake(place->next);
    return false;
}

bool rota__line_is_led(rota__line *line)
{
    (void)pthread_mutex_lock(&line->mutex);
    bool led = line->led;
    (void)pthread_mutex_unlock(&line->mutex);
    return led;
}

rota__place *rota__line_next(rota__line *line)
{
    (void)pthread_mutex_lock(&line->mutex);
    rota__place *place = take_first(line);
    (void)pthread_mutex_unlock(&line->mutex);
    return place;
}

void rota__line_serve(rota__place *places)
{
    for (rota__place *place = places; place; place = place->next)
        place->served = true;
    wake(places);
}

void rota__line_leave(rota__line *line)
{
    (void)pthread_mutex_lock(&line->mutex);
    rota__place *next = take_first(line);
    line->led = next != NULL;
    (void)pthread_mutex_unlock(&line->mutex);
    if (next) (void)sem_post(&next->called);
}
