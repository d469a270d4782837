// Off means absent, and the sooner this process is the server, the less it can be told from it. So
// this is decided before the Swift runtime has started itself, which takes longer than all of the
// rest.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "Start.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#ifdef __APPLE__
#include <crt_externs.h>
#define environ (*_NSGetEnviron())
#endif

// The variables that metering could depend on, or that must not reach the server. Wider than the
// configuration, which has the last word.
static const char *const prefixes[] = {
    "MCP_METER", "EVALOPS_", "OTEL_EXPORTER_OTLP_", "MOSAIC_TELEMETRY_", "HARPER_ANALYTICS_",
};

static const char *const words[] = {
    "inspect", "demo", "prices", "help", "demo-server", "deliver", "serve", "report", "import",
    "wrap", "unwrap", "doctor", "completions", "man", "route",
};

enum {
    PREFIXES = sizeof prefixes / sizeof *prefixes,
    WORDS = sizeof words / sizeof *words,
};

static bool is_variable_set(void) {
    for (char *const *variable = environ; variable != NULL && *variable != NULL; variable++)
        for (int i = 0; i < PREFIXES; i++)
            if (strncmp(*variable, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

bool start_is_own_word(const char *word) {
    for (int i = 0; i < WORDS; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

void start_become_server_if_off(int argc, char *const *argv) {
    if (argc < 2 || is_variable_set()) return;
    char *const *command = argv + 1;
    if (strcmp(*command, "--") == 0) {
        if (argc < 3) return;
        command++;
    } else if (**command == '-' || start_is_own_word(*command)) {
        return;
    }
    execvp(*command, command);
}

#ifdef __GLIBC__

// Only in a program whose main is ours: the tests link this file too.
int main(int, char **);
__attribute__((weak)) int mcp_meter_main(int, char **);

// 101 is before every constructor of a library's. Only glibc hands them the arguments.
__attribute__((constructor(101))) static void start(int argc, char **argv) {
    if (main == mcp_meter_main) start_become_server_if_off(argc, argv);
}

#endif
