// What is done before Swift is.
#ifndef START_H
#define START_H

#include <stdbool.h>

// Becomes the server if metering is certainly off and the words are certainly a server's command.
// Otherwise, or if that fails, it returns, and the long way decides and explains.
//
// With glibc this has happened before main; calling it again changes nothing.
void start_become_server_if_off(int argc, char *const *argv);

// Whether a first word is one of mcp-meter's own commands, and not the beginning of a server's.
bool start_is_own_word(const char *word);

// The commit this program is made from, as its builder named it; empty when nobody did.
const char *start_commit(void);

#endif
