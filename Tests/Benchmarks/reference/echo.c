// The server behind every benchmark: answers each request line with a text of the length the
// request asks for in "bytes":N, as fast as a process can.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[64 << 10];

static void put(const char *data, size_t count) {
    while (count > 0) {
        ssize_t written = write(1, data, count);
        if (written < 0) exit(1);
        data += written;
        count -= (size_t)written;
    }
}

static void answer(const char *line) {
    const char *id = strstr(line, "\"id\":"), *bytes = strstr(line, "\"bytes\":");
    if (id == NULL || bytes == NULL) return;
    long long left = atoll(bytes + strlen("\"bytes\":"));
    static char frame[sizeof text];
    int head = snprintf(
        frame, 256,
        "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"",
        atoll(id + strlen("\"id\":")));
    static const char tail[] = "\"}]}}\n";
    if (head + left + (long long)sizeof tail < (long long)sizeof frame) {
        // A small answer is one write, as a server's would be.
        memcpy(frame + head, text, (size_t)left);
        memcpy(frame + head + left, tail, sizeof tail - 1);
        put(frame, (size_t)head + (size_t)left + sizeof tail - 1);
        return;
    }
    put(frame, (size_t)head);
    for (; left > 0; left -= (long long)sizeof text)
        put(text, left < (long long)sizeof text ? (size_t)left : sizeof text);
    put(tail, sizeof tail - 1);
}

int main(void) {
    static const char words[] = "The quick brown fox jumps over the lazy dog. ";
    for (size_t i = 0; i < sizeof text; i++) text[i] = words[i % (sizeof words - 1)];
    static char line[1 << 20];
    size_t held = 0;
    for (;;) {
        ssize_t count = read(0, line + held, sizeof line - 1 - held);
        if (count <= 0) return 0;
        held += (size_t)count;
        char *start = line, *end;
        while ((end = memchr(start, '\n', held)) != NULL) {
            *end = 0;
            answer(start);
            held -= (size_t)(end + 1 - start);
            start = end + 1;
        }
        memmove(line, start, held);
    }
}
