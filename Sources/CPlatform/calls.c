// C calls that Swift reaches only through an overlay of its own, because they are variadic or a
// macro. Glibc's overlay is one object with wrappers of all of <math.h>: none of it is linked in.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>

int cplatform_errno(void) { return errno; }

void cplatform_set_errno(int code) { errno = code; }

int cplatform_open(const char *path, int flags, uint32_t mode) {
    return open(path, flags, (mode_t)mode);
}

int cplatform_openat(int directory, const char *path, int flags, uint32_t mode) {
    return openat(directory, path, flags, (mode_t)mode);
}

int cplatform_fcntl(int descriptor, int command, int argument) {
    return fcntl(descriptor, command, argument);
}

void cplatform_grow_pipe(int descriptor, int bytes) {
#ifdef F_SETPIPE_SZ
    // Refused beyond the user's quota: then it stays as it is.
    (void)fcntl(descriptor, F_SETPIPE_SZ, bytes);
#else
    (void)descriptor;
    (void)bytes;
#endif
}
