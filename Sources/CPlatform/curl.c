// Requests through libcurl, loaded at run time.
//
// The transfer runs in steps (the "multi" interface) so that a caller who is to stop can: no step
// takes longer than the caller says, while a name is being resolved neither.

#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CPlatformCurl.h"
#include "curl_abi.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// ---- The library ----

static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
static struct cplatform_curl_library *loaded;

static bool find_symbols(struct cplatform_curl_library *library) {
    const struct {
        const char *name;
        void *place;
    } needed[] = {
        {"curl_global_init", &library->global_init},
        {"curl_easy_init", &library->easy_init},
        {"curl_easy_cleanup", &library->easy_cleanup},
        {"curl_easy_reset", &library->easy_reset},
        {"curl_easy_setopt", &library->easy_setopt},
        {"curl_easy_getinfo", &library->easy_getinfo},
        {"curl_easy_strerror", &library->easy_strerror},
        {"curl_slist_append", &library->slist_append},
        {"curl_slist_free_all", &library->slist_free_all},
        {"curl_multi_init", &library->multi_init},
        {"curl_multi_cleanup", &library->multi_cleanup},
        {"curl_multi_add_handle", &library->multi_add_handle},
        {"curl_multi_remove_handle", &library->multi_remove_handle},
        {"curl_multi_perform", &library->multi_perform},
        {"curl_multi_wait", &library->multi_wait},
        {"curl_multi_info_read", &library->multi_info_read},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        // POSIX lets a function's address pass through a void *; ISO C has no word for it.
        void *symbol = dlsym(library->handle, needed[i].name);
        if (symbol == NULL) return false;
        memcpy(needed[i].place, &symbol, sizeof symbol);
    }
    void *poll = dlsym(library->handle, "curl_multi_poll");
    memcpy(&library->multi_poll, &poll, sizeof poll);
    return true;
}

// With `loading` held. A library that was loaded once stays: TLS libraries do not bear unloading.
static const struct cplatform_curl_library *load(const char *name) {
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return NULL;
    for (struct cplatform_curl_library *known = loaded; known != NULL; known = known->next) {
        if (known->handle == handle) return known;
    }
    struct cplatform_curl_library *library = calloc(1, sizeof *library);
    if (library == NULL) return NULL;
    library->handle = handle;
    // Before 7.84 global_init must not run in two threads at once: it does not, here.
    if (!find_symbols(library) || library->global_init(CURL_GLOBAL_ALL) != CURLE_OK) {
        free(library);
        return NULL;
    }
    library->next = loaded;
    loaded = library;
    return library;
}

const struct cplatform_curl_library *cplatform_curl_load(const char *const *names) {
    pthread_mutex_lock(&loading);
    const struct cplatform_curl_library *library = NULL;
    while (*names != NULL && library == NULL) library = load(*names++);
    pthread_mutex_unlock(&loading);
    return library;
}

const char *cplatform_curl_version(const struct cplatform_curl_library *library) {
    void *symbol = dlsym(library->handle, "curl_version");
    if (symbol == NULL) return "";
    char *(*version)(void);
    memcpy(&version, &symbol, sizeof version);
    return version();
}

// ---- A handle ----

enum { HEADERS_KEPT = 2048, HEADERS_LIMIT = 1 << 20 };

struct cplatform_curl {
    const struct cplatform_curl_library *library;
    CURL *easy;
    CURLM *multi;
    // Header lines, or whom a mail is for.
    struct curl_slist *headers;
    int headers_option;
    // What of a mail is not sent yet.
    const char *unsent;
    size_t unsent_length;
    bool is_added, can_quit_quickly, is_too_long;
    CURLcode code;
    char error[CURL_ERROR_SIZE];
    // Lines of kept headers, and how many bytes of headers there were in all.
    char header_lines[HEADERS_KEPT];
    size_t header_length, header_total;
    // The beginning of the body, and how many bytes of it there were in all.
    char *body;
    size_t body_length, body_capacity, body_total;
    size_t body_kept, body_limit;
};

struct cplatform_curl *cplatform_curl_create(
    const struct cplatform_curl_library *library, size_t kept, size_t limit) {
    struct cplatform_curl *curl = calloc(1, sizeof *curl);
    if (curl == NULL) return NULL;
    curl->library = library;
    curl->body_kept = kept;
    curl->body_limit = limit;
    curl->easy = library->easy_init();
    curl->multi = library->multi_init();
    if (curl->easy == NULL || curl->multi == NULL) {
        cplatform_curl_destroy(curl);
        return NULL;
    }
    return curl;
}

void cplatform_curl_destroy(struct cplatform_curl *curl) {
    cplatform_curl_end(curl);
    if (curl->easy != NULL) curl->library->easy_cleanup(curl->easy);
    if (curl->multi != NULL) curl->library->multi_cleanup(curl->multi);
    free(curl->body);
    free(curl);
}

static bool is_kept_header(const char *line, size_t length) {
    static const char *const kept[] = {"content-type:", "date:", "retry-after:", "retry-after-ms:"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        size_t name = strlen(kept[i]);
        if (length > name && strncasecmp(line, kept[i], name) == 0) return true;
    }
    return false;
}

// libcurl calls this once a line. Returning another number than it gave ends the transfer.
static size_t take_header(char *line, size_t size, size_t count, void *data) {
    struct cplatform_curl *curl = data;
    size_t length = size * count;
    curl->header_total += length;
    if (curl->header_total > HEADERS_LIMIT) {
        curl->is_too_long = true;
        return 0;
    }
    // A status line: what came before belongs to an interim answer.
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) curl->header_length = 0;
    if (is_kept_header(line, length) && length <= HEADERS_KEPT - curl->header_length) {
        memcpy(curl->header_lines + curl->header_length, line, length);
        curl->header_length += length;
    }
    return length;
}

static bool keep(struct cplatform_curl *curl, const char *bytes, size_t length) {
    size_t wanted = curl->body_length + length;
    if (wanted > curl->body_capacity) {
        size_t capacity = curl->body_capacity * 2;
        if (capacity < wanted) capacity = wanted;
        if (capacity > curl->body_kept) capacity = curl->body_kept;
        char *larger = realloc(curl->body, capacity);
        if (larger == NULL) return false;
        curl->body = larger;
        curl->body_capacity = capacity;
    }
    memcpy(curl->body + curl->body_length, bytes, length);
    curl->body_length = wanted;
    return true;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data) {
    struct cplatform_curl *curl = data;
    size_t length = size * count;
    curl->body_total += length;
    if (curl->body_total > curl->body_limit) {
        curl->is_too_long = true;
        return 0;
    }
    size_t room = curl->body_kept - curl->body_length;
    size_t kept = length < room ? length : room;
    return kept == 0 || keep(curl, bytes, kept) ? length : 0;
}

#define SET(option, value) \
    if (code == CURLE_OK) code = library->easy_setopt(curl->easy, option, value)

// What every transfer is held to.
static CURLcode prepare(
    struct cplatform_curl *curl, const char *url, long protocols, int64_t milliseconds) {
    const struct cplatform_curl_library *library = curl->library;
    curl->code = CURLE_OK;
    curl->error[0] = 0;
    curl->is_too_long = false;
    curl->header_length = curl->header_total = 0;
    curl->body_length = curl->body_total = 0;
    // Connections, sessions and resolved names survive this.
    library->easy_reset(curl->easy);

    CURLcode code = CURLE_OK;
    SET(CURLOPT_ERRORBUFFER, curl->error);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, (void *)curl);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, (void *)curl);
    // No SIGALRM for time-outs: they belong to whoever runs us, and would hit any thread.
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS, protocols);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSV1_2);
    // Credentials are those the request carries: none from a file, none to another address.
    SET(CURLOPT_NETRC, 0L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_TIMEOUT_MS, (long)milliseconds);
    SET(CURLOPT_URL, url);
    // Those a libcurl may not know.
    library->easy_setopt(curl->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    // Without it libcurl waits for its resolver thread, however long the resolver takes, before it
    // lets go of a request that timed out or is given up.
    curl->can_quit_quickly = library->easy_setopt(curl->easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
    return code;
}

int cplatform_curl_prepare(
    struct cplatform_curl *curl, const char *url, const void *body, size_t length,
    int64_t milliseconds) {
    const struct cplatform_curl_library *library = curl->library;
    CURLcode code = prepare(curl, url, CURLPROTO_HTTP | CURLPROTO_HTTPS, milliseconds);
    curl->headers_option = CURLOPT_HTTPHEADER;
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (int64_t)length);
    SET(CURLOPT_POSTFIELDS, length > 0 ? body : "");
    return code;
}

static size_t give_mail(char *buffer, size_t size, size_t count, void *data) {
    struct cplatform_curl *curl = data;
    size_t length = size * count;
    if (length > curl->unsent_length) length = curl->unsent_length;
    memcpy(buffer, curl->unsent, length);
    curl->unsent += length;
    curl->unsent_length -= length;
    return length;
}

int cplatform_curl_prepare_mail(
    struct cplatform_curl *curl, const char *url, const char *sender,
    enum cplatform_curl_tls tls, const void *message, size_t length, int64_t milliseconds) {
    static const long levels[] = {CURLUSESSL_NONE, CURLUSESSL_TRY, CURLUSESSL_ALL};
    const struct cplatform_curl_library *library = curl->library;
    CURLcode code = prepare(curl, url, CURLPROTO_SMTP | CURLPROTO_SMTPS, milliseconds);
    curl->headers_option = CURLOPT_MAIL_RCPT;
    curl->unsent = message;
    curl->unsent_length = length;
    SET(CURLOPT_USE_SSL, levels[tls]);
    SET(CURLOPT_MAIL_FROM, sender);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_READFUNCTION, give_mail);
    SET(CURLOPT_READDATA, (void *)curl);
    SET(CURLOPT_INFILESIZE_LARGE, (int64_t)length);
    return code;
}

#undef SET

int cplatform_curl_set_user(
    struct cplatform_curl *curl, const char *user, const char *password) {
    CURLcode code = curl->library->easy_setopt(curl->easy, CURLOPT_USERNAME, user);
    if (code != CURLE_OK) return code;
    return curl->library->easy_setopt(curl->easy, CURLOPT_PASSWORD, password);
}

int cplatform_curl_add_header(struct cplatform_curl *curl, const char *line) {
    struct curl_slist *longer = curl->library->slist_append(curl->headers, line);
    if (longer == NULL) return CURLE_OUT_OF_MEMORY;
    curl->headers = longer;
    return CURLE_OK;
}

static int set_string(struct cplatform_curl *curl, int option, const char *value) {
    return curl->library->easy_setopt(curl->easy, option, value);
}

int cplatform_curl_set_user_agent(struct cplatform_curl *curl, const char *agent) {
    return set_string(curl, CURLOPT_USERAGENT, agent);
}

int cplatform_curl_set_authority(struct cplatform_curl *curl, const char *path, bool only) {
    // Where directories are not known there is none to be left out.
    if (only) set_string(curl, CURLOPT_CAPATH, NULL);
    return set_string(curl, CURLOPT_CAINFO, path);
}

int cplatform_curl_set_authority_directory(struct cplatform_curl *curl, const char *path) {
    return set_string(curl, CURLOPT_CAPATH, path);
}

int cplatform_curl_set_certificate(struct cplatform_curl *curl, const char *path) {
    return set_string(curl, CURLOPT_SSLCERT, path);
}

int cplatform_curl_set_key(struct cplatform_curl *curl, const char *path) {
    return set_string(curl, CURLOPT_SSLKEY, path);
}

int cplatform_curl_start(struct cplatform_curl *curl) {
    CURLcode code = curl->library->easy_setopt(curl->easy, curl->headers_option, curl->headers);
    if (code != CURLE_OK) return code;
    // It can only refuse for want of memory: the handle is ours, and not added yet.
    if (curl->library->multi_add_handle(curl->multi, curl->easy) != 0) return CURLE_OUT_OF_MEMORY;
    curl->is_added = true;
    return CURLE_OK;
}

// Whether the transfer is over.
static bool read_messages(struct cplatform_curl *curl) {
    struct CURLMsg *message;
    int left = 0;
    bool is_over = false;
    while ((message = curl->library->multi_info_read(curl->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE || message->easy_handle != curl->easy) continue;
        curl->code = message->data.result;
        is_over = true;
    }
    return is_over;
}

enum cplatform_curl_step cplatform_curl_step(struct cplatform_curl *curl, int milliseconds) {
    const struct cplatform_curl_library *library = curl->library;
    int running = 0, ready = 0;
    if (library->multi_perform(curl->multi, &running) != 0) {
        curl->code = CURLE_OUT_OF_MEMORY;
        return CPLATFORM_CURL_DONE;
    }
    if (read_messages(curl)) return CPLATFORM_CURL_DONE;
    if (library->multi_poll != NULL) {
        library->multi_poll(curl->multi, NULL, 0, milliseconds, &ready);
    } else if (library->multi_wait(curl->multi, NULL, 0, milliseconds, &ready) != 0 || ready == 0) {
        // It returns at once while there is no socket to wait for, as when a name is resolved.
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 5 * 1000000};
        nanosleep(&pause, NULL);
    }
    return CPLATFORM_CURL_RUNNING;
}

struct cplatform_curl_answer cplatform_curl_answer(const struct cplatform_curl *curl) {
    struct cplatform_curl_answer answer = {
        .code = curl->code,
        .is_too_long = curl->is_too_long,
        .headers = curl->header_lines,
        .headers_length = curl->header_length,
        .body = curl->body,
        .body_length = curl->body_length,
    };
    curl->library->easy_getinfo(curl->easy, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

const char *cplatform_curl_words(const struct cplatform_curl *curl, int code) {
    return curl->error[0] != 0 ? curl->error : curl->library->easy_strerror(code);
}

void cplatform_curl_end(struct cplatform_curl *curl) {
    if (curl->is_added) curl->library->multi_remove_handle(curl->multi, curl->easy);
    curl->is_added = false;
    if (curl->headers != NULL) {
        curl->library->easy_setopt(curl->easy, curl->headers_option, NULL);
        curl->library->slist_free_all(curl->headers);
        curl->headers = NULL;
    }
}

void cplatform_curl_abandon(struct cplatform_curl *curl) {
    // Otherwise it is left to the end of the process.
    if (curl->can_quit_quickly) cplatform_curl_destroy(curl);
}

enum cplatform_curl_failure cplatform_curl_failure(int code) {
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION_OLD:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
        return CPLATFORM_CURL_UNTRUSTED;
    default:
        return CPLATFORM_CURL_FAILED;
    }
}
