// What is needed of <curl/curl.h> and <curl/multi.h>.
//
// libcurl's binary interface has not changed since 2006: its soname is still libcurl.so.4 (curl's
// lib/libcurl.soname), and a number once given to an option or an error is never given to another
// (docs/libcurl/ABI.md). So the few numbers and types stand here, and building needs no header of
// it. What appeared late, with the version it appeared in, may be missing at run time.
#ifndef CPLATFORM_CURL_ABI_H
#define CPLATFORM_CURL_ABI_H

typedef void CURL;
typedef void CURLM;
typedef int CURLcode;
struct curl_slist;

// Of CURLcode.
enum {
    CURLE_OK = 0,
    CURLE_OUT_OF_MEMORY = 27,
    CURLE_PEER_FAILED_VERIFICATION_OLD = 51,
    CURLE_SSL_CERTPROBLEM = 58,
    CURLE_PEER_FAILED_VERIFICATION = 60,
    CURLE_SSL_CACERT_BADFILE = 77,
    CURLE_SSL_CRL_BADFILE = 82,
    CURLE_SSL_ISSUER_ERROR = 83,
    CURLE_SSL_PINNEDPUBKEYNOTMATCH = 90,
    CURLE_SSL_INVALIDCERTSTATUS = 91,
    CURLE_SSL_CLIENTCERT = 98,
};

// Of CURLoption: the kind of the value, and the option's number.
enum { LONG = 0, OBJECT = 10000, FUNCTION = 20000, OFF_T = 30000 };
enum {
    CURLOPT_WRITEDATA = OBJECT + 1,
    CURLOPT_URL = OBJECT + 2,
    CURLOPT_READDATA = OBJECT + 9,
    CURLOPT_ERRORBUFFER = OBJECT + 10,
    CURLOPT_WRITEFUNCTION = FUNCTION + 11,
    CURLOPT_READFUNCTION = FUNCTION + 12,
    CURLOPT_POSTFIELDS = OBJECT + 15,
    CURLOPT_USERAGENT = OBJECT + 18,
    CURLOPT_HTTPHEADER = OBJECT + 23,
    CURLOPT_SSLCERT = OBJECT + 25,
    CURLOPT_HEADERDATA = OBJECT + 29,
    CURLOPT_SSLVERSION = LONG + 32,
    CURLOPT_UPLOAD = LONG + 46,
    CURLOPT_POST = LONG + 47,
    CURLOPT_NETRC = LONG + 51,
    CURLOPT_FOLLOWLOCATION = LONG + 52,
    CURLOPT_SSL_VERIFYPEER = LONG + 64,
    CURLOPT_CAINFO = OBJECT + 65,
    CURLOPT_HEADERFUNCTION = FUNCTION + 79,
    CURLOPT_SSL_VERIFYHOST = LONG + 81,
    CURLOPT_SSLKEY = OBJECT + 87,
    CURLOPT_CAPATH = OBJECT + 97,
    CURLOPT_NOSIGNAL = LONG + 99,
    CURLOPT_INFILESIZE_LARGE = OFF_T + 115,
    CURLOPT_USE_SSL = LONG + 119,
    CURLOPT_POSTFIELDSIZE_LARGE = OFF_T + 120,
    CURLOPT_TIMEOUT_MS = LONG + 155,
    CURLOPT_USERNAME = OBJECT + 173,
    CURLOPT_PASSWORD = OBJECT + 174,
    CURLOPT_PROTOCOLS = LONG + 181,
    CURLOPT_MAIL_FROM = OBJECT + 186,  // 7.20
    CURLOPT_MAIL_RCPT = OBJECT + 187,  // 7.20
    CURLOPT_SUPPRESS_CONNECT_HEADERS = LONG + 265,  // 7.54
    CURLOPT_QUICK_EXIT = LONG + 322,  // 7.87
};

enum { CURL_GLOBAL_ALL = 3, CURL_SSLVERSION_TLSV1_2 = 6 };
enum {
    CURLPROTO_HTTP = 1,
    CURLPROTO_HTTPS = 2,
    CURLPROTO_SMTP = 1 << 16,
    CURLPROTO_SMTPS = 1 << 17,
};
enum { CURLUSESSL_NONE = 0, CURLUSESSL_TRY = 1, CURLUSESSL_ALL = 3 };
enum { CURLINFO_RESPONSE_CODE = 0x200000 + 2, CURLMSG_DONE = 1, CURL_ERROR_SIZE = 256 };

struct CURLMsg {
    int msg;
    CURL *easy_handle;
    union {
        void *whatever;
        CURLcode result;
    } data;
};

struct cplatform_curl_library {
    struct cplatform_curl_library *next;
    void *handle;
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_setopt)(CURL *, int option, ...);
    CURLcode (*easy_getinfo)(CURL *, int info, ...);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLM *(*multi_init)(void);
    int (*multi_cleanup)(CURLM *);
    int (*multi_add_handle)(CURLM *, CURL *);
    int (*multi_remove_handle)(CURLM *, CURL *);
    int (*multi_perform)(CURLM *, int *running);
    int (*multi_wait)(CURLM *, void *, unsigned, int milliseconds, int *count);
    int (*multi_poll)(CURLM *, void *, unsigned, int milliseconds, int *count);  // 7.66, or NULL
    struct CURLMsg *(*multi_info_read)(CURLM *, int *left);
};

#endif
