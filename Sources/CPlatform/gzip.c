// gzip through zlib, loaded at run time: libcurl nearly always brings one along.
//
// The types and numbers are those of <zlib.h>, whose binary interface is that of 1.0 (1996) to this
// day; zlib itself checks the version and the size that deflateInit2_ is given.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatformCurl.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct z_stream {
    const unsigned char *next_in;
    unsigned avail_in;
    unsigned long total_in;
    unsigned char *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *zalloc, *zfree, *opaque;
    int data_type;
    unsigned long adler, reserved;
};

enum { Z_OK = 0, Z_STREAM_END = 1, Z_FINISH = 4, Z_DEFLATED = 8, Z_DEFAULT_STRATEGY = 0 };
// The largest window, and a gzip header rather than a zlib one.
enum { WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 9 };

struct cplatform_gzip {
    int (*init)(struct z_stream *, int, int, int, int, int, const char *, int);
    int (*deflate)(struct z_stream *, int);
    unsigned long (*bound)(struct z_stream *, unsigned long);
    int (*reset)(struct z_stream *);
    int (*end)(struct z_stream *);
    struct z_stream stream;
};

// dlsym looks in a library and in those it depends on.
static bool find_symbols(struct cplatform_gzip *gzip, const char *library) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return false;
    const struct {
        const char *name;
        void *place;
    } needed[] = {
        {"deflateInit2_", &gzip->init}, {"deflate", &gzip->deflate},
        {"deflateBound", &gzip->bound}, {"deflateReset", &gzip->reset},
        {"deflateEnd", &gzip->end},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        void *symbol = dlsym(handle, needed[i].name);
        if (symbol == NULL) return false;
        memcpy(needed[i].place, &symbol, sizeof symbol);
    }
    return true;
}

struct cplatform_gzip *cplatform_gzip_create(const char *const *names, int level) {
    struct cplatform_gzip *gzip = calloc(1, sizeof *gzip);
    if (gzip == NULL) return NULL;
    while (*names != NULL && !find_symbols(gzip, *names)) names++;
    if (*names != NULL
        && gzip->init(
               &gzip->stream, level, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY, "1",
               (int)sizeof gzip->stream)
            == Z_OK)
        return gzip;
    free(gzip);
    return NULL;
}

void cplatform_gzip_destroy(struct cplatform_gzip *gzip) {
    gzip->end(&gzip->stream);
    free(gzip);
}

size_t cplatform_gzip_bound(struct cplatform_gzip *gzip, size_t length) {
    return gzip->bound(&gzip->stream, length);
}

size_t cplatform_gzip_compress(
    struct cplatform_gzip *gzip, const void *input, size_t length, void *output, size_t capacity) {
    if (length > UINT32_MAX) return 0;
    if (capacity > UINT32_MAX) capacity = UINT32_MAX;
    gzip->stream.next_in = input;
    gzip->stream.avail_in = (unsigned)length;
    gzip->stream.next_out = output;
    gzip->stream.avail_out = (unsigned)capacity;
    bool is_whole = gzip->deflate(&gzip->stream, Z_FINISH) == Z_STREAM_END;
    size_t written = capacity - gzip->stream.avail_out;
    // Now, not before the next: what is asked of a stream at its end (deflateBound) is wrong.
    gzip->reset(&gzip->stream);
    return is_whole ? written : 0;
}
