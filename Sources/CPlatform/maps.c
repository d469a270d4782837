// Files that are memory of several processes. Whoever cuts such a file has the next access to it
// end the process by SIGBUS; here that access meets zeros instead, and the mapping is marked broken.
// The handler may load, store and map, and nothing else: it can interrupt any instruction.

#include "support.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

// A process has two; tests have one process be many.
enum { MAPS = 512 };

static struct {
    _Atomic(bool) is_taken;
    _Atomic(bool) is_broken;
    // 0 while there is no mapping here.
    _Atomic(uintptr_t) start;
    _Atomic(size_t) bytes;
} maps[MAPS];

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "a handler may only use lock-free atomics");

static struct sigaction before;

// Puts memory of our own where a file was that is not there any more.
static bool mend(uintptr_t at) {
    for (size_t place = 0; place < MAPS; place++) {
        uintptr_t start = atomic_load(&maps[place].start);
        if (start == 0 || at < start || at - start >= atomic_load(&maps[place].bytes)) continue;
        // Before the zeros can be read.
        atomic_store(&maps[place].is_broken, true);
        return mmap((void *)start, atomic_load(&maps[place].bytes), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
    }
    return false;
}

static bool is_sent(const siginfo_t *info) {
#ifdef __linux__
    return info->si_code <= 0;
#else
    return info->si_code == SI_USER || info->si_code == SI_QUEUE;
#endif
}

static void bus_error(int signal, siginfo_t *info, void *context) {
    int code = errno;
    bool sent = is_sent(info);
    if (!sent && mend((uintptr_t)info->si_addr)) {
        errno = code;
        return;
    }
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        // The access is made again, or the signal sent again, and ends us as it would have.
        sigaction(signal, &before, NULL);
        if (sent && before.sa_handler == SIG_DFL) raise(signal);
    }
    errno = code;
}

static void install(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    sigaction(SIGBUS, &action, &before);
}

void cplatform_maps_prepare(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    // Blocked, a fault would end us without asking the handler.
    sigset_t faults;
    sigemptyset(&faults);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

static size_t whole_pages(size_t bytes) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (bytes + page - 1) / page * page;
}

int32_t cplatform_map(int descriptor, size_t bytes, void **address) {
    cplatform_maps_prepare();
    for (int32_t place = 0; place < MAPS; place++) {
        if (atomic_exchange(&maps[place].is_taken, true)) continue;
        void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (start == MAP_FAILED) {
            atomic_store(&maps[place].is_taken, false);
            return -1;
        }
        atomic_store(&maps[place].is_broken, false);
        atomic_store(&maps[place].bytes, whole_pages(bytes));
        atomic_store(&maps[place].start, (uintptr_t)start);
        *address = start;
        return place;
    }
    errno = ENOMEM;
    return -1;
}

bool cplatform_map_is_broken(int32_t place) {
    if (place < 0 || place >= MAPS) return true;
    return atomic_load_explicit(&maps[place].is_broken, memory_order_acquire);
}

void cplatform_unmap(int32_t place) {
    if (place < 0 || place >= MAPS) return;
    uintptr_t start = atomic_exchange(&maps[place].start, 0);
    if (start != 0) munmap((void *)start, atomic_load(&maps[place].bytes));
    atomic_store(&maps[place].is_taken, false);
}
