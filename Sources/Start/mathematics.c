// The Swift runtime's libm, loaded when one of its functions is first called. A relay calls two,
// and loading and relocating it at every start takes longer than starting a minimal program does.
//
// Release links leave libm itself out (Sources/CPlatform/link); what is missing here, the linker
// names.

#include <stdlib.h>

#ifdef __GLIBC__

#include <dlfcn.h>
#include <stdint.h>

static void *find(const char *name) {
    // Loaded once; opening it again only counts.
    void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    void *function = library == NULL ? NULL : dlsym(library, name);
    if (function == NULL) abort();
    return function;
}

// Two threads that come here together both find the same function.
#define FORWARD(type, name, parameters, arguments)                      \
    __attribute__((visibility("hidden"))) type name parameters;         \
    type name parameters {                                              \
        static type(*_Atomic function) parameters;                      \
        if (function == NULL) function = (type(*) parameters)find(#name); \
        return function arguments;                                      \
    }

#define FORWARD_UNARY(name)                        \
    FORWARD(double, name, (double x), (x))         \
    FORWARD(float, name##f, (float x), (x))        \
    FORWARD(long double, name##l, (long double x), (x))

#define FORWARD_BINARY(name)                                   \
    FORWARD(double, name, (double x, double y), (x, y))        \
    FORWARD(float, name##f, (float x, float y), (x, y))        \
    FORWARD(long double, name##l, (long double x, long double y), (x, y))

// Two are wanted in every session, and short enough to be here: a dictionary rounds its size up, a
// duration is rounded to thousandths. Beyond 2^52 every number is whole; an infinity and what is no
// number stay as they are. The sign is the argument's: -0.5 gives -0.
__attribute__((visibility("hidden"))) double ceil(double x);
double ceil(double x) {
    if (!(x > -0x1p52 && x < 0x1p52)) return x;
    double whole = (double)(int64_t)x;
    if (whole < x) whole += 1;
    return __builtin_copysign(whole, x);
}

__attribute__((visibility("hidden"))) double round(double x);
double round(double x) {
    if (!(x > -0x1p52 && x < 0x1p52)) return x;
    double whole = (double)(int64_t)x, rest = x - whole;
    if (rest >= 0.5) whole += 1;
    if (rest <= -0.5) whole -= 1;
    return __builtin_copysign(whole, x);
}

FORWARD(float, ceilf, (float x), (x))
FORWARD(long double, ceill, (long double x), (x))
FORWARD_UNARY(cos)
FORWARD_UNARY(exp)
FORWARD_UNARY(exp2)
FORWARD_UNARY(floor)
FORWARD_UNARY(log)
FORWARD_UNARY(log10)
FORWARD_UNARY(log2)
FORWARD_UNARY(nearbyint)
FORWARD_UNARY(rint)
FORWARD(float, roundf, (float x), (x))
FORWARD(long double, roundl, (long double x), (x))
FORWARD_UNARY(sin)
FORWARD_UNARY(sqrt)
FORWARD_UNARY(trunc)
FORWARD_BINARY(fmod)
FORWARD_BINARY(remainder)
FORWARD(double, fma, (double x, double y, double z), (x, y, z))
FORWARD(float, fmaf, (float x, float y, float z), (x, y, z))
FORWARD(
    long double, fmal, (long double x, long double y, long double z), (x, y, z))

#endif
