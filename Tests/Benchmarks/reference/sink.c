// An HTTP receiver that is never the bottleneck: takes whatever is posted, a thread a connection,
// and says 200. Prints its port at the start; at the end of its input, how much there was.
//
//     sink            prints PORT, then on end of input: REQUESTS BYTES CONNECTIONS
//     sink hang       accepts connections and never answers
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, BUFFER = 1 << 20 };

static atomic_ulong requests, bytes, connections;
static int hangs;

// The value of a header in a NUL-terminated head, or NULL.
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            const char *value = line + 3 + length;
            while (*value == ' ') value++;
            return value;
        }
    }
    return NULL;
}

static int say(int connection, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(connection, text, length);
        if (written <= 0) return 0;
        text += written;
        length -= (size_t)written;
    }
    return 1;
}

static void *serve(void *argument) {
    int connection = (int)(long)argument;
    char *buffer = malloc(BUFFER);
    size_t filled = 0;
    for (;;) {
        // The head, and what of the body came with it.
        char *end = NULL;
        while (!end) {
            if (filled >= HEAD_MAX) goto out;
            ssize_t got = read(connection, buffer + filled, HEAD_MAX - filled);
            if (got <= 0) goto out;
            filled += (size_t)got;
            end = memmem(buffer, filled, "\r\n\r\n", 4);
        }
        *end = 0;
        size_t head = (size_t)(end - buffer) + 4;
        const char *found = header(buffer, "Content-Length");
        unsigned long left = found ? strtoul(found, NULL, 10) : 0;
        const char *type = header(buffer, "Content-Type");
        int json = type && strncmp(type, "application/json", 16) == 0;
        if (header(buffer, "Expect")) say(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        bytes += left;
        size_t here = filled - head < left ? filled - head : left;
        left -= here;
        filled -= head + here;
        memmove(buffer, buffer + head + here, filled);
        while (left > 0) {
            ssize_t got = read(connection, buffer, left < BUFFER ? left : BUFFER);
            if (got <= 0) goto out;
            left -= (size_t)got;
        }
        requests++;
        if (hangs) continue;
        const char *answer =
            json ? "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                 : "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
        if (!say(connection, answer, strlen(answer))) goto out;
    }
out:
    close(connection);
    free(buffer);
    return NULL;
}

static void *listen_on(void *argument) {
    int listener = (int)(long)argument;
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) return NULL;
        int yes = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections++;
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(long)connection) == 0) pthread_detach(thread);
        else close(connection);
    }
}

int main(int count, char **words) {
    hangs = count > 1 && strcmp(words[1], "hang") == 0;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 128) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) < 0) {
        perror("sink");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    if (pthread_create(&thread, NULL, listen_on, (void *)(long)listener) != 0) return 1;
    char byte;
    while (read(0, &byte, 1) > 0) {}
    printf("%lu %lu %lu\n", (unsigned long)requests, (unsigned long)bytes, (unsigned long)connections);
    return 0;
}
