// The yardstick for "off means absent": becomes its arguments and nothing else.
//
//     exec COMMAND [ARG...]
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc > 1) execvp(argv[1], argv + 1);
    return 127;
}
