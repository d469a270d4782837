// The yardstick: the least a stdio relay can be. One thread, poll, one 64 KiB buffer, no parsing,
// blocking writes (so it can deadlock on big traffic in both directions; do not use it).
//
//     relay COMMAND [ARG...]
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[64 << 10];

// Moves one chunk; 0 at the end of the stream.
static int move(int from, int to) {
    ssize_t count = read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return 1;
    if (count <= 0) return 0;
    for (ssize_t done = 0; done < count;) {
        ssize_t written = write(to, buffer + done, (size_t)(count - done));
        if (written < 0 && errno != EINTR) return 0;
        if (written > 0) done += written;
    }
    return 1;
}

int main(int argc, char **argv) {
    int in[2], out[2];
    if (argc < 2 || pipe(in) != 0 || pipe(out) != 0) return 125;
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    struct pollfd items[2] = {{.fd = 0, .events = POLLIN}, {.fd = out[0], .events = POLLIN}};
    while (items[1].fd >= 0) {
        if (poll(items, 2, -1) < 0 && errno != EINTR) break;
        if (items[1].revents != 0 && !move(out[0], 1)) items[1].fd = -1;
        if (items[0].fd >= 0 && items[0].revents != 0 && !move(0, in[1])) {
            items[0].fd = -1;
            close(in[1]);
        }
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
