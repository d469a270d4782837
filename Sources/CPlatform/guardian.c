// The guardian: a process that outlives the relay by at most two seconds, to leave no server
// running and no begun call unrecorded when the relay is killed.
//
// It is forked from the relay before any thread exists, into a process group of its own and with
// every signal blocked (so neither the terminal nor a killpg ends it), closes every descriptor but
// one, and sleeps in read() on a pipe whose only write end the relay holds. The relay's death,
// whatever its cause, is the end of that pipe. The guardian then
//
//   1. sends SIGTERM to the server's process group,
//   2. appends the occupied slots of the black box to the ledger file,
//   3. waits up to a second for the group to disappear, and sends SIGKILL if it does not.
//
// A relay that ends in good order kills and reaps its guardian instead.
//
// Memory: one anonymous shared mapping, created before the fork. The relay writes, the guardian
// reads only once the relay is dead, so ordering matters at one point: a slot's length is
// published after its bytes, and the current path after its characters. Pages never touched cost
// nothing; the lowest free slot is taken first so that few are.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

enum { SLOT_FREE = 0 };
#define SLOT_FILLING UINT32_MAX

struct cplatform_box {
    _Atomic(pid_t) group;
    _Atomic(uint32_t) sealed;
    // 0: no path yet; else paths[current - 1] is whole. Two, so that replacing one is atomic.
    _Atomic(uint32_t) current;
    _Atomic(uint32_t) lengths[CPLATFORM_SLOTS];
    char paths[2][CPLATFORM_PATH_BYTES];
    char lines[CPLATFORM_SLOTS][CPLATFORM_SLOT_BYTES];
};

struct cplatform_box *cplatform_box_create(void) {
    void *memory = mmap(
        NULL, sizeof(struct cplatform_box), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
        0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool cplatform_box_set_path(struct cplatform_box *box, const char *path) {
    size_t length = strlen(path);
    if (length == 0 || length >= CPLATFORM_PATH_BYTES) return false;
    uint32_t next = atomic_load_explicit(&box->current, memory_order_relaxed) == 1 ? 2 : 1;
    memcpy(box->paths[next - 1], path, length + 1);
    atomic_store_explicit(&box->current, next, memory_order_release);
    return true;
}

int32_t cplatform_box_claim(struct cplatform_box *box, const void *line, size_t length) {
    if (length == 0 || length > CPLATFORM_SLOT_BYTES) return -1;
    for (int32_t slot = 0; slot < CPLATFORM_SLOTS; slot++) {
        _Atomic(uint32_t) *state = &box->lengths[slot];
        if (atomic_load_explicit(state, memory_order_relaxed) != SLOT_FREE) continue;
        uint32_t expected = SLOT_FREE;
        if (!atomic_compare_exchange_strong_explicit(
                state, &expected, SLOT_FILLING, memory_order_acquire, memory_order_relaxed))
            continue;
        memcpy(box->lines[slot], line, length);
        atomic_store_explicit(state, (uint32_t)length, memory_order_release);
        return slot;
    }
    return -1;
}

void cplatform_box_release(struct cplatform_box *box, int32_t slot) {
    if (slot < 0 || slot >= CPLATFORM_SLOTS) return;
    atomic_store_explicit(&box->lengths[slot], SLOT_FREE, memory_order_release);
}

void cplatform_box_set_group(struct cplatform_box *box, int32_t group) {
    atomic_store_explicit(&box->group, group, memory_order_release);
}

void cplatform_box_seal(struct cplatform_box *box) {
    atomic_store_explicit(&box->sealed, 1, memory_order_release);
}

// ---- In the guardian's process from here on ----

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
#endif
    int limit = getdtablesize();
    // A limit of "unlimited" must not turn into a billion system calls.
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int descriptor = first; descriptor < limit; descriptor++) close(descriptor);
}

// A line torn by the death we are here for is no line. Its writer is gone, so nobody else appends:
// take it back. What it told is in a slot, for slots are emptied after the write.
static void take_back_torn_line(int file) {
    off_t end = lseek(file, 0, SEEK_END);
    char buffer[CPLATFORM_SLOT_BYTES];
    off_t position = end;
    while (position > 0) {
        size_t wanted = position < (off_t)sizeof buffer ? (size_t)position : sizeof buffer;
        if (pread(file, buffer, wanted, position - (off_t)wanted) != (ssize_t)wanted) return;
        for (size_t i = wanted; i > 0; i--) {
            if (buffer[i - 1] != '\n') continue;
            off_t whole = position - (off_t)(wanted - i);
            if (whole < end) (void)!ftruncate(file, whole);
            return;
        }
        position -= (off_t)wanted;
    }
    if (end > 0) (void)!ftruncate(file, 0);
}

static void append_occupied_slots(struct cplatform_box *box) {
    uint32_t current = atomic_load_explicit(&box->current, memory_order_acquire);
    if (current == 0 || atomic_load_explicit(&box->sealed, memory_order_acquire)) return;
    int file =
        open(box->paths[current - 1], O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (file < 0) return;
    take_back_torn_line(file);
    char buffer[CPLATFORM_SLOT_BYTES + 1];
    for (int slot = 0; slot < CPLATFORM_SLOTS; slot++) {
        uint32_t length = atomic_load_explicit(&box->lengths[slot], memory_order_acquire);
        if (length == SLOT_FREE || length > CPLATFORM_SLOT_BYTES) continue;
        memcpy(buffer, box->lines[slot], length);
        if (buffer[length - 1] != '\n') buffer[length++] = '\n';
        // One write a line: O_APPEND keeps it whole. A full disk is nothing we could report.
        while (write(file, buffer, length) < 0 && errno == EINTR) {
        }
    }
    close(file);
}

static int64_t milliseconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void guard(struct cplatform_box *box) {
    char byte;
    while (true) {
        ssize_t count = read(0, &byte, 1);
        if (count == 0 || (count < 0 && errno != EINTR)) break;
    }

    // A group's number is not given to another while one member lives, or its leader is a zombie.
    // Whoever adopted the leader may reap it at any time, hence the test at each step: the number
    // would have to be handed out again within ten milliseconds to be mistaken.
    int64_t start = milliseconds_now();
    pid_t group = atomic_load_explicit(&box->group, memory_order_acquire);
    if (group > 1) {
        kill(-group, SIGTERM);
        // A stopped process acts on SIGTERM only when it goes on.
        kill(-group, SIGCONT);
    }
    append_occupied_slots(box);
    if (group > 1) {
        while (milliseconds_now() - start < 1000) {
            if (kill(-group, 0) != 0 && errno == ESRCH) return;
            struct timespec step = {.tv_sec = 0, .tv_nsec = 10 * 1000000};
            nanosleep(&step, NULL);
        }
        kill(-group, SIGKILL);
    }
}

int32_t cplatform_guardian_start(struct cplatform_box *box, int alive) {
    // Born with every signal blocked: there is no instant at which one could end it.
    sigset_t before = cplatform_block_all();
    pid_t guardian = fork();
    if (guardian == 0) {
#ifdef __linux__
        prctl(PR_SET_NAME, "mcp-guardian");
#endif
        // The client's streams and the relay's own end of the pipe must not be kept open.
        if (dup2(alive, 0) == 0) {
            close_from(1);
            guard(box);
        }
        _exit(0);
    }
    int code = errno;
    // Here and not there: the guardian may not run before a killpg of our group, which would take
    // it along. (For the same reason it has no session of its own: it would have to ask for that
    // itself, and for the session to matter a signal would have to reach it.)
    if (guardian > 0) setpgid(guardian, guardian);
    cplatform_restore(before);
    errno = code;
    return guardian;
}
