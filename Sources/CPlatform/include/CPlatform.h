// What Swift cannot say safely: code that runs between fork and exec, in a signal handler, or in
// a forked process that never execs. Everything here allocates nothing and takes no lock.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CPlatformCurl.h"

// No <sys/types.h>: its types would belong to this module in Swift's eyes. A pid_t is an int32_t
// on every system we build for.

// ---- Shared memory between the relay, its guardian and (until it execs) the server ----

enum {
    CPLATFORM_SLOTS = 1024,
    CPLATFORM_SLOT_BYTES = 512,
    CPLATFORM_PATH_BYTES = 4096,
};

// The black box and the guardian's orders; see guardian.c. Opaque, mapped for the process's life.
struct cplatform_box;

// Maps a fresh box, shared with every process forked later. NULL and errno when that fails.
struct cplatform_box *cplatform_box_create(void);

// Names the file that occupied slots are appended to. One caller at a time. False when the path
// (with its terminator) does not fit; the path before then stays in force.
bool cplatform_box_set_path(struct cplatform_box *box, const char *path);

// Copies a line into the lowest free slot. Returns its index, or -1 when none is free or the line
// is empty or longer than CPLATFORM_SLOT_BYTES. Any thread.
int32_t cplatform_box_claim(struct cplatform_box *box, const void *line, size_t length);

// Empties a slot. Any thread; an index out of range is ignored.
void cplatform_box_release(struct cplatform_box *box, int32_t slot);

// The process group the guardian must end when the relay dies; 0: none.
void cplatform_box_set_group(struct cplatform_box *box, int32_t group);

// Tells the guardian that the relay leaves in good order: slots are not appended any more.
void cplatform_box_seal(struct cplatform_box *box);

// ---- The guardian ----

// Forks the guardian, which lives until every write end of the pipe `alive` is closed. The calling
// process must not hold `alive` afterwards. Returns its process id, or -1 and errno.
int32_t cplatform_guardian_start(struct cplatform_box *box, int alive);

// ---- Starting a program ----

struct cplatform_launch {
    // Paths tried in this order until one can be executed; NULL-terminated.
    char *const *candidates;
    // argv[0] is room for an interpreter; the program's own arguments start at argv[1].
    char **arguments;
    char *const *environment;
    // What becomes descriptor 0, 1, 2 of the program, or -1 to inherit ours. Those given are >= 3.
    int input, output, error;
    // A new session instead of only a new process group.
    bool session;
    // Where the process puts its own group before it execs, so that no instant is unguarded; may
    // be NULL. The process then also asks the kernel, where it can, for a SIGTERM should we die.
    struct cplatform_box *box;
};

// Starts a program in a process group of its own, with default signal dispositions, an empty
// signal mask, and no descriptor but 0, 1, 2. Returns 0 and the process id, or an errno.
int cplatform_launch(const struct cplatform_launch *launch, int32_t *process);

// The process's environment: NULL-terminated, not ours to change.
char **cplatform_environment(void);

// Marks every descriptor >= 3 close-on-exec.
void cplatform_close_on_exec(void);

// Opens a pipe, reading end first, both ends close-on-exec and >= 3: a standard stream that was
// closed before we started leaves its number free. Returns 0 or an errno.
int cplatform_pipe(int ends[2]);

// Names the calling thread, at most 15 bytes.
void cplatform_name_thread(const char *name);

// ---- Calls that are variadic, or a macro: see calls.c ----

// The value of errno left by the C call just before.
int cplatform_errno(void);
void cplatform_set_errno(int code);

int cplatform_open(const char *path, int flags, uint32_t mode);
int cplatform_openat(int directory, const char *path, int flags, uint32_t mode);
// For commands whose argument is an int, or none (then 0).
int cplatform_fcntl(int descriptor, int command, int argument);
// Gives a pipe more room, where the system knows how.
void cplatform_grow_pipe(int descriptor, int bytes);

// ---- Memory ----

// Unmaps the pages of program text and constants, all of which can be mapped from the file again
// when they are next used. For a process that has started and is to wait for long: what only its
// start needed does not stay resident. Any thread; takes the dynamic loader's lock.
void cplatform_give_back_text(void);

// ---- Files as memory: see maps.c ----

// Has faults in what `cplatform_map` made mended from now on, and lets the calling thread have them:
// every thread that uses such memory must not block SIGBUS. Whatever handled SIGBUS before still gets
// all other faults.
void cplatform_maps_prepare(void);

// Maps the first `bytes` of a file, shared, to be read and written. Returns a number to name it by
// and its address, or -1 and errno.
int32_t cplatform_map(int descriptor, size_t bytes, void **address);

// Whether the file was cut under the mapping, which since then is memory of this process alone. Any
// thread.
bool cplatform_map_is_broken(int32_t map);

// Gives the memory back; nobody may use it any more.
void cplatform_unmap(int32_t map);

// ---- Signals ----

// Begins to forward SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP and SIGCONT to
// `group`, and to write a byte to the non-blocking descriptor `wake` for each, and for SIGCHLD.
void cplatform_signals_forward(int32_t group, int wake);

// Stops forwarding. Handlers stay installed and do nothing but wake.
void cplatform_signals_retire(void);

// Whether a SIGTERM came.
bool cplatform_signals_termination_requested(void);

// Ignores SIGPIPE and restores the default SIGCHLD, which a parent may have set to be ignored (our
// children would then leave no status).
void cplatform_signals_prepare(void);

// Ends this process by `signal`, without a core dump; returns only if the signal does not end it.
void cplatform_signals_die(int signal);

#endif
