// The client behind every benchmark. Starts COMMAND with pipes, speaks to reference/echo.c through
// it, and prints one line of numbers.
//
//     drive calls COUNT BYTES COMMAND…    round trips of a 200-byte request, answered with a text of BYTES:
//                                         median and 99th percentile in ns, relay's resident KiB
//     drive start COUNT COMMAND…          from the start of COMMAND to the first byte it relays: median ns
//     drive stream BYTES COMMAND…         one answer of BYTES: bytes a second, relay's resident peak in KiB
//     drive exit COUNT COMMAND…           from the end of input to the end of COMMAND: median ns
//     drive ledger COUNT DIR COMMAND…     from an answer's arrival here to its record in DIR: median and 99th
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 20];
static pid_t pid;
static int to, from;

static _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t *samples(size_t count) {
    uint64_t *values = calloc(count, sizeof *values);
    if (values == NULL) fail("calloc");
    return values;
}

static uint64_t percentile(uint64_t *values, size_t count, unsigned percent) {
    qsort(values, count, sizeof *values, ascending);
    return values[(count - 1) * percent / 100];
}

static void start(char **command) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) fail("pipe");
    pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execv(command[0], command);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to = in[1];
    from = out[0];
}

static void finish(void) {
    int status;
    close(to);
    if (waitpid(pid, &status, 0) != pid) fail("waitpid");
    close(from);
    if (status != 0) {
        fprintf(stderr, "drive: the command ended with status %#x\n", (unsigned)status);
        exit(1);
    }
}

static void ask(long id, long long bytes) {
    char request[256];
    int count = snprintf(
        request, sizeof request,
        "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":"
        "{\"name\":\"echo\",\"arguments\":{\"bytes\":%lld,\"prompt\":\"",
        id, bytes);
    while (count < 195) request[count++] = 'p';
    memcpy(request + count, "\"}}}\n", 5);
    if (write(to, request, (size_t)count + 5) != count + 5) fail("write");
}

// Reads one answer; how many bytes it had.
static uint64_t answer(void) {
    uint64_t total = 0;
    for (;;) {
        ssize_t count = read(from, buffer, sizeof buffer);
        if (count <= 0) fail("read");
        total += (uint64_t)count;
        if (buffer[count - 1] == '\n') return total;
    }
}

static long status_kib(const char *field) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    long value = -1;
    if (file == NULL) fail(path);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0) value = atol(line + strlen(field) + 1);
    fclose(file);
    return value;
}

static void calls(size_t count, long long bytes, char **command) {
    uint64_t *times = samples(count);
    start(command);
    for (long id = 0; id < 20; id++) ask(id, bytes), answer();
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = now();
        ask((long)i + 20, bytes);
        answer();
        times[i] = now() - begin;
    }
    // At rest: what a burst needed may be given back only after it.
    usleep(200 * 1000);
    long resident = status_kib("VmRSS");
    finish();
    printf("%llu %llu %ld\n", (unsigned long long)percentile(times, count, 50),
           (unsigned long long)percentile(times, count, 99), resident);
}

static void starts(size_t count, char **command) {
    uint64_t *times = samples(count);
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = now();
        start(command);
        ask(1, 60);
        answer();
        times[i] = now() - begin;
        finish();
    }
    printf("%llu\n", (unsigned long long)percentile(times, count, 50));
}

static void stream(long long bytes, char **command) {
    start(command);
    ask(1, 60), answer();
    uint64_t begin = now();
    ask(2, bytes);
    uint64_t total = answer(), took = now() - begin;
    long peak = status_kib("VmHWM");
    finish();
    printf("%.0f %ld\n", (double)total * 1e9 / (double)took, peak);
}

static void exits(size_t count, char **command) {
    uint64_t *times = samples(count);
    for (size_t i = 0; i < count; i++) {
        start(command);
        ask(1, 60), answer();
        uint64_t begin = now();
        finish();
        times[i] = now() - begin;
    }
    printf("%llu\n", (unsigned long long)percentile(times, count, 50));
}

// The ledger file of this session: the one that has appeared under DIR.
static int ledger_file(const char *directory) {
    char pattern[4096];
    snprintf(pattern, sizeof pattern, "%s/ledger/*/*.jsonl", directory);
    for (uint64_t end = now() + 2000000000u; now() < end;) {
        glob_t found;
        if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc == 1) {
            int file = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
            if (file < 0) fail(found.gl_pathv[0]);
            globfree(&found);
            return file;
        }
    }
    fprintf(stderr, "drive: not exactly one file in %s\n", pattern);
    exit(1);
}

// Whether a whole call record has come since the last time this was true.
static int call_recorded(int file) {
    static char line[1 << 16];
    static size_t held;
    ssize_t count = read(file, line + held, sizeof line - 1 - held);
    if (count < 0) fail("ledger");
    held += (size_t)count;
    char *begin = line, *end;
    int found = 0;
    while (!found && (end = memchr(begin, '\n', held)) != NULL) {
        *end = 0;
        found = strstr(begin, "\"kind\":\"call\"") != NULL;
        held -= (size_t)(end + 1 - begin);
        begin = end + 1;
    }
    memmove(line, begin, held);
    return found;
}

static void ledger(size_t count, const char *directory, char **command) {
    uint64_t *times = samples(count);
    start(command);
    int file = -1;
    for (size_t i = 0; i < count; i++) {
        ask((long)i, 60);
        answer();
        uint64_t begin = now();
        if (file < 0) file = ledger_file(directory);
        while (!call_recorded(file)) {
            if (now() - begin > 2000000000u) fail("no record within 2 s");
            // Not a core taken from the one that is waited for.
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
        }
        times[i] = now() - begin;
        // As a client would: not a stream of calls, one now and then.
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    finish();
    printf("%llu %llu\n", (unsigned long long)percentile(times, count, 50),
           (unsigned long long)percentile(times, count, 99));
}

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    const char *what = argv[1];
    long long number = atoll(argv[2]);
    if (strcmp(what, "calls") == 0) calls((size_t)number, atoll(argv[3]), argv + 4);
    else if (strcmp(what, "start") == 0) starts((size_t)number, argv + 3);
    else if (strcmp(what, "stream") == 0) stream(number, argv + 3);
    else if (strcmp(what, "exit") == 0) exits((size_t)number, argv + 3);
    else if (strcmp(what, "ledger") == 0) ledger((size_t)number, argv[3], argv + 4);
    else return 64;
    return 0;
}
