// HTTP through libcurl, and gzip through zlib, both loaded when first used: see curl.c and gzip.c.
// Whoever never sends anything never pays for them. Unlike the rest of this module this allocates
// and takes locks.
#ifndef CPLATFORM_CURL_H
#define CPLATFORM_CURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- libcurl ----

// A libcurl that was loaded, for the process's life.
struct cplatform_curl_library;

// Loads the first library of `names` (NULL-terminated) that has all we need. NULL when there is
// none; it may be asked again later. Any thread.
const struct cplatform_curl_library *cplatform_curl_load(const char *const *names);

// What it says of itself and its TLS library, such as `libcurl/8.5.0 OpenSSL/3.0.13 …`.
const char *cplatform_curl_version(const struct cplatform_curl_library *library);

// A place to make requests from, one at a time, which keeps connections between them. One thread.
struct cplatform_curl;

// Of an answer's body the first `kept` bytes are kept; a body of more than `limit` ends the
// request. NULL when there is no memory.
struct cplatform_curl *cplatform_curl_create(
    const struct cplatform_curl_library *library, size_t kept, size_t limit);
void cplatform_curl_destroy(struct cplatform_curl *curl);

// Making a request: prepare, any of the setters, start, then step until it does not return
// RUNNING, read the answer, end. Those that return an int return 0 or a CURLcode, after which only
// `end` may be called.

// A POST to an http or https URL, all of which may take `milliseconds` (at least 1). Certificates
// are verified, redirects not followed. `body` must live until `end`.
int cplatform_curl_prepare(
    struct cplatform_curl *curl, const char *url, const void *body, size_t length,
    int64_t milliseconds);

enum cplatform_curl_tls { CPLATFORM_CURL_PLAIN, CPLATFORM_CURL_TLS_TRIED, CPLATFORM_CURL_TLS };

// A mail to an smtp or smtps URL; each header that is added is one address it is for. With `TLS`
// an smtp server must offer STARTTLS; with `TLS_TRIED` it is used where it is offered. Lines of
// `message` end in CRLF; it must live until `end`.
int cplatform_curl_prepare_mail(
    struct cplatform_curl *curl, const char *url, const char *sender,
    enum cplatform_curl_tls tls, const void *message, size_t length, int64_t milliseconds);
int cplatform_curl_set_user(
    struct cplatform_curl *curl, const char *user, const char *password);

// `Name: value`, or `Name;` for one without a value; copied.
int cplatform_curl_add_header(struct cplatform_curl *curl, const char *line);
int cplatform_curl_set_user_agent(struct cplatform_curl *curl, const char *agent);
// A PEM file of authorities; `only`: nobody the system trusts besides.
int cplatform_curl_set_authority(struct cplatform_curl *curl, const char *path, bool only);
// A directory of authorities, hashed as `c_rehash` does.
int cplatform_curl_set_authority_directory(struct cplatform_curl *curl, const char *path);
int cplatform_curl_set_certificate(struct cplatform_curl *curl, const char *path);
int cplatform_curl_set_key(struct cplatform_curl *curl, const char *path);
int cplatform_curl_start(struct cplatform_curl *curl);

enum cplatform_curl_step { CPLATFORM_CURL_RUNNING, CPLATFORM_CURL_DONE };

// Does what can be done, and waits at most `milliseconds` for more to do.
enum cplatform_curl_step cplatform_curl_step(struct cplatform_curl *curl, int milliseconds);

// How a request went. Pointers are valid until `end`.
struct cplatform_curl_answer {
    // A CURLcode; 0: there is an answer.
    int code;
    // The answer was cut off because it is longer than allowed; `code` is then not 0.
    bool is_too_long;
    long status;
    // The lines, CRLF included, of the few headers that matter to us: see curl.c.
    const char *headers;
    size_t headers_length;
    const void *body;
    size_t body_length;
};
struct cplatform_curl_answer cplatform_curl_answer(const struct cplatform_curl *curl);

// libcurl's words for a code that is not 0. Valid until `end`.
const char *cplatform_curl_words(const struct cplatform_curl *curl, int code);

// Ends the request, done or not. Its connection is kept if it was done.
void cplatform_curl_end(struct cplatform_curl *curl);

// Gives up a request and everything with it, without waiting for anything: instead of `end` and
// `destroy`, in a process that is about to end.
void cplatform_curl_abandon(struct cplatform_curl *curl);

// What went wrong, by CURLcode.
enum cplatform_curl_failure {
    CPLATFORM_CURL_FAILED,
    // Verification failed, or a PEM file cannot be used.
    CPLATFORM_CURL_UNTRUSTED,
};
enum cplatform_curl_failure cplatform_curl_failure(int code);

// ---- gzip ----

// A stream that compresses one text after another. One thread at a time.
struct cplatform_gzip;

// `names`: libraries (NULL-terminated); the first that has zlib, or depends on it, is taken. NULL
// when none has. `level`: 1 (fast) … 9 (small).
struct cplatform_gzip *cplatform_gzip_create(const char *const *names, int level);
void cplatform_gzip_destroy(struct cplatform_gzip *gzip);
// The most bytes that `length` bytes become.
size_t cplatform_gzip_bound(struct cplatform_gzip *gzip, size_t length);
// Returns the length of the result, or 0: more than 4 GiB, or no room.
size_t cplatform_gzip_compress(
    struct cplatform_gzip *gzip, const void *input, size_t length, void *output, size_t capacity);

#endif
