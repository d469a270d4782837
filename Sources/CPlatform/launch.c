// Starting a program, between fork and exec.
//
// posix_spawn does nearly all of this; what it cannot do is let the new process enter itself in
// the guardian's box before it becomes the server. Were that left to the relay, a relay killed just
// after the start would leave a server nobody knows of. As it is, the new process also holds the
// guardian's pipe open (close-on-exec) until it has entered itself, so the guardian cannot look too
// early.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#ifdef __APPLE__
#include <crt_externs.h>
#define START_PROCESS fork
#else
// The relay stops until the program is running, and no page table is copied. The new process
// borrows our memory: it writes to nothing but its own stack, errno, the box and the launch's
// argument array.
#define START_PROCESS vfork
#endif

void cplatform_close_on_exec(void) {
#if defined(__linux__) && defined(SYS_close_range)
    // CLOSE_RANGE_CLOEXEC, Linux 5.11.
    if (syscall(SYS_close_range, 3U, ~0U, 4U) == 0) return;
#endif
    DIR *directory = opendir("/dev/fd");
    if (directory == NULL) return;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        int descriptor = atoi(entry->d_name);
        if (descriptor < 3) continue;
        int flags = fcntl(descriptor, F_GETFD);
        if (flags >= 0) fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
    }
    closedir(directory);
}

char **cplatform_environment(void) {
#ifdef __APPLE__
    return *_NSGetEnviron();
#else
    return environ;
#endif
}

void cplatform_name_thread(const char *name) {
#ifdef __APPLE__
    pthread_setname_np(name);
#else
    pthread_setname_np(pthread_self(), name);
#endif
}

int cplatform_pipe(int ends[2]) {
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
#else
    if (pipe(ends) != 0) return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    for (int end = 0; end < 2; end++) {
        if (ends[end] >= 3) continue;
        int lifted = fcntl(ends[end], F_DUPFD_CLOEXEC, 3);
        int code = errno;
        close(ends[end]);
        ends[end] = lifted;
        if (lifted < 0) {
            close(ends[1 - end]);
            return code;
        }
    }
    return 0;
}

// Tries each candidate as execvp does, a script without "#!" included. Returns what stopped it.
static int execute(const struct cplatform_launch *launch) {
    int verdict = ENOENT;
    for (char *const *candidate = launch->candidates; *candidate != NULL; candidate++) {
        execve(*candidate, launch->arguments + 1, launch->environment);
        if (errno == ENOEXEC) {
            char *name = launch->arguments[1];
            launch->arguments[0] = "/bin/sh";
            launch->arguments[1] = *candidate;
            execve("/bin/sh", launch->arguments, launch->environment);
            launch->arguments[1] = name;
            return ENOEXEC;
        }
        switch (errno) {
        case EACCES:
            verdict = EACCES;
            break;
        case ENOENT:
        case ENOTDIR:
        case ESTALE:
        case ENODEV:
        case ETIMEDOUT:
            break;
        default:
            return errno;
        }
    }
    return verdict;
}

static int become(const struct cplatform_launch *launch) {
    if ((launch->session ? setsid() : setpgid(0, 0)) < 0) return errno;
    if (launch->box != NULL) {
        cplatform_box_set_group(launch->box, getpid());
#ifdef __linux__
        // Should relay and guardian be killed together, the server itself at least hears of it. The
        // "parent" here is the thread that starts us, which for the relay is the main thread.
        prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    }
    // An ignored signal stays ignored across exec. Numbers that cannot be set say so and are
    // skipped.
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
    // The duplicates are not close-on-exec; the originals are, like everything from 3 up.
    if (launch->input >= 0 && dup2(launch->input, 0) < 0) return errno;
    if (launch->output >= 0 && dup2(launch->output, 1) < 0) return errno;
    if (launch->error >= 0 && dup2(launch->error, 2) < 0) return errno;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return execute(launch);
}

int cplatform_launch(const struct cplatform_launch *launch, int32_t *process) {
    cplatform_close_on_exec();
    // A successful exec closes the report's write end; a failure writes its errno there.
    int report[2];
    int failure = cplatform_pipe(report);
    if (failure != 0) return failure;

    // No handler of ours may run in the new process while it borrows our memory.
    sigset_t before = cplatform_block_all();
    pid_t started = START_PROCESS();
    if (started == 0) {
        int code = become(launch);
        while (write(report[1], &code, sizeof code) < 0 && errno == EINTR) {
        }
        _exit(127);
    }
    int code = started < 0 ? errno : 0;
    cplatform_restore(before);

    close(report[1]);
    if (started > 0) {
        ssize_t count;
        while ((count = read(report[0], &code, sizeof code)) < 0 && errno == EINTR) {
        }
        if (count != (ssize_t)sizeof code) code = 0;
    }
    close(report[0]);
    *process = started;
    return code;
}
