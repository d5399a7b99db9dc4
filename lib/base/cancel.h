/* Threads that the host may cancel: not in the middle of a call, which would leave to nobody
 * what they lead, hold or stand in, and their stack to those who serve them. They are cancelled
 * behind it. */
#ifndef ROTA__CANCEL_H
#define ROTA__CANCEL_H

#include <pthread.h>

#include "base/check.h"

/* Returns what is to be given back. In pairs, one in another too. */
static inline int rota__cancel_hold(void)
{
    int before = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void rota__cancel_release(int before)
{
    (void)pthread_setcancelstate(before, NULL);
}

#endif
