// Shared by the files of this target; all of it is async-signal-safe.
#ifndef CPLATFORM_SUPPORT_H
#define CPLATFORM_SUPPORT_H

#include "CPlatform.h"

#include <pthread.h>
#include <signal.h>

// Blocks every signal of the calling thread and returns the mask before.
static inline sigset_t cplatform_block_all(void) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    return before;
}

static inline void cplatform_restore(sigset_t before) {
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#endif
