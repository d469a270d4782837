// Passing signals on. A handler may load, kill and write, and nothing else: it can interrupt any
// instruction, an allocation or a lock included.

#include "support.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static _Atomic(pid_t) target_group;
static _Atomic(int) wake_descriptor = -1;
static _Atomic(bool) termination_requested;

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a handler may only use lock-free atomics");

static void wake(void) {
    int descriptor = atomic_load_explicit(&wake_descriptor, memory_order_relaxed);
    // A full pipe already holds a wake-up.
    if (descriptor >= 0 && write(descriptor, "", 1) < 0) return;
}

static void forward(int signal) {
    int code = errno;
    if (signal == SIGTERM)
        atomic_store_explicit(&termination_requested, true, memory_order_relaxed);
    pid_t group = atomic_load_explicit(&target_group, memory_order_relaxed);
    if (group > 1) kill(-group, signal);
    // Catching SIGTSTP has kept it from stopping us; the shell waits for exactly that.
    if (signal == SIGTSTP) kill(getpid(), SIGSTOP);
    wake();
    errno = code;
}

static void child_changed(int signal) {
    (void)signal;
    int code = errno;
    wake();
    errno = code;
}

static bool is_ignored(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART | flags;
    // One handler at a time: SIGCONT must not overtake the SIGTSTP it answers.
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

void cplatform_signals_prepare(void) {
    handle(SIGPIPE, SIG_IGN, 0);
    // A ledger at the size limit of `ulimit -f` must be an error, not our end.
    handle(SIGXFSZ, SIG_IGN, 0);
    handle(SIGCHLD, SIG_DFL, 0);
}

void cplatform_signals_forward(int32_t group, int wake_end) {
    static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                    SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT};
    atomic_store(&wake_descriptor, wake_end);
    atomic_store(&target_group, group);
    handle(SIGCHLD, child_changed, SA_NOCLDSTOP);
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigaddset(&unblocked, SIGCHLD);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++) {
        int signal = forwarded[i];
        // Ignored by whoever started us, as nohup and a shell's background jobs do: that is meant.
        bool meant = signal == SIGINT || signal == SIGQUIT || signal == SIGHUP || signal == SIGTSTP;
        if (meant && is_ignored(signal)) continue;
        handle(signal, forward, 0);
        sigaddset(&unblocked, signal);
    }
    // A mask survives exec too; ours must let through what we have promised to forward.
    pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
}

void cplatform_signals_retire(void) { atomic_store(&target_group, 0); }

bool cplatform_signals_termination_requested(void) {
    return atomic_load_explicit(&termination_requested, memory_order_relaxed);
}

void cplatform_signals_die(int signal) {
    // The server's core, if any, is the interesting one.
    struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &none);
    handle(signal, SIG_DFL, 0);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    kill(getpid(), signal);
}
