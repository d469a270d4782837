// Preloaded: a name service that is down. No name is resolved, and it takes half a minute to say so.
#define _GNU_SOURCE
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    (void)node, (void)service, (void)hints, (void)found;
    sleep(30);
    return EAI_AGAIN;
}
