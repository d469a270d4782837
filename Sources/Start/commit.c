// The commit this program is made from, in a file of its own: no Swift but what imports this
// target is compiled anew when it is another.

#include "Start.h"

#ifndef MCP_METER_COMMIT
#define MCP_METER_COMMIT ""
#endif

const char *start_commit(void) { return MCP_METER_COMMIT; }
