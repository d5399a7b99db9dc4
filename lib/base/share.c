#include "base/share.h"

bool rota__share_init(rota__share *share)
{
    share->cells = NULL;
    return pthread_mutex_init(&share->changing, NULL) == 0;
}

void rota__share_free(rota__share *share)
{
    assert(!share->cells);
    (void)pthread_mutex_destroy(&share->changing);
}

bool rota__share_join(rota__share *share, rota__cell *cell)
{
    if (pthread_mutex_init(&cell->mutex, NULL) != 0) return false;
    (void)pthread_mutex_lock(&share->changing);
    cell->next = share->cells;
    share->cells = cell;
    (void)pthread_mutex_unlock(&share->changing);
    return true;
}

void rota__share_part(rota__share *share, rota__cell *cell)
{
    (void)pthread_mutex_lock(&share->changing);
    rota__cell **at = &share->cells;
    while (*at != cell)
        at = &(*at)->next;
    *at = cell->next;
    (void)pthread_mutex_unlock(&share->changing);
    (void)pthread_mutex_destroy(&cell->mutex);
}

void rota__share_read(rota__cell *cell)
{
    (void)pthread_mutex_lock(&cell->mutex);
}

void rota__share_leave(rota__cell *cell)
{
    (void)pthread_mutex_unlock(&cell->mutex);
}

/* Always in the order of the list, so that two who change something cannot meet. */
void rota__share_change(rota__share *share)
{
    (void)pthread_mutex_lock(&share->changing);
    for (rota__cell *cell = share->cells; cell; cell = cell->next)
        (void)pthread_mutex_lock(&cell->mutex);
}

void rota__share_changed(rota__share *share)
{
    for (rota__cell *cell = share->cells; cell; cell = cell->next)
        (void)pthread_mutex_unlock(&cell->mutex);
    (void)pthread_mutex_unlock(&share->changing);
}
