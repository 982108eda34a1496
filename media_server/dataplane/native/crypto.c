#define _GNU_SOURCE
#include "crypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipsecmb.h"

#define HMAC_BLOCK_BYTES 64

enum { GCM_GET_TAG = 0x10, GCM_SET_TAG = 0x11 }; /* EVP_CTRL_AEAD_* of libcrypto 1.1 and 3 */

typedef struct evp_context evp_context;
typedef struct evp_cipher evp_cipher;

static struct {
    evp_context *(*context_new)(void);
    void (*context_free)(evp_context *);
    int (*context_ctrl)(evp_context *, int type, int size, void *data);
    int (*init)(evp_context *, const evp_cipher *, void *engine, const uint8_t *key, const uint8_t *iv, int encrypt);
    int (*update)(evp_context *, uint8_t *out, int *out_length, const uint8_t *in, int in_length);
    int (*final)(evp_context *, uint8_t *out, int *out_length);
    const evp_cipher *(*aes_128_gcm)(void);
    const evp_cipher *(*aes_128_ctr)(void);
    int (*sha1_init)(void *);
    int (*sha1_update)(void *, const void *data, size_t length);
    int (*sha1_final)(uint8_t *digest, void *);
    int (*compare)(const void *, const void *, size_t);
} crypto;

static const struct {
    const char *name;
    void *slot;
} SYMBOLS[] = {
    {"EVP_CIPHER_CTX_new", &crypto.context_new},
    {"EVP_CIPHER_CTX_free", &crypto.context_free},
    {"EVP_CIPHER_CTX_ctrl", &crypto.context_ctrl},
    {"EVP_CipherInit_ex", &crypto.init},
    {"EVP_CipherUpdate", &crypto.update},
    {"EVP_CipherFinal_ex", &crypto.final},
    {"EVP_aes_128_gcm", &crypto.aes_128_gcm},
    {"EVP_aes_128_ctr", &crypto.aes_128_ctr},
    {"SHA1_Init", &crypto.sha1_init},
    {"SHA1_Update", &crypto.sha1_update},
    {"SHA1_Final", &crypto.sha1_final},
    {"CRYPTO_memcmp", &crypto.compare},
};

static const yt_ipsecmb *accelerator;
static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;
static char load_error[200] = "libcrypto is not loaded";

static void load(void) {
    static const char *const LIBRARIES[] = {"libcrypto.so.3", "libcrypto.so.1.1"};
    for (size_t i = 0; i < sizeof LIBRARIES / sizeof *LIBRARIES; i++) {
        void *library = dlopen(LIBRARIES[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            snprintf(load_error, sizeof load_error, "neither libcrypto.so.3 nor libcrypto.so.1.1 can be opened");
            continue;
        }
        const char *missing = NULL;
        for (size_t j = 0; j < sizeof SYMBOLS / sizeof *SYMBOLS && missing == NULL; j++) {
            void *symbol = dlsym(library, SYMBOLS[j].name);
            memcpy(SYMBOLS[j].slot, &symbol, sizeof symbol); /* ISO C has no cast from object to function pointer */
            missing = symbol == NULL ? SYMBOLS[j].name : NULL;
        }
        if (missing == NULL) {
            loaded = true;
            accelerator = yt_ipsecmb_load();
            return;
        }
        snprintf(load_error, sizeof load_error, "%s has no %s", LIBRARIES[i], missing);
        dlclose(library);
    }
}

int yt_crypto_load(char *why, size_t size) {
    pthread_once(&load_once, load);
    if (!loaded && size > 0) snprintf(why, size, "%s", load_error);
    return loaded ? 0 : -1;
}

bool yt_equal(const uint8_t *a, const uint8_t *b, size_t length) { return crypto.compare(a, b, length) == 0; }

struct yt_gcm {
    evp_context *context; /* NULL with the accelerator */
    void *fast_key;       /* NULL without */
    int encrypts;         /* what the context is set up for: 1, 0, or -1 before the first use */
    uint8_t key[YT_KEY_BYTES];
};

yt_gcm *yt_gcm_new(const uint8_t key[YT_KEY_BYTES]) {
    yt_gcm *gcm = loaded ? calloc(1, sizeof *gcm) : NULL;
    if (gcm == NULL) return NULL;
    gcm->encrypts = -1;
    memcpy(gcm->key, key, YT_KEY_BYTES);
    if (accelerator != NULL) {
        gcm->fast_key = aligned_alloc(YT_IPSECMB_KEY_ALIGN, YT_IPSECMB_KEY_BYTES);
        if (gcm->fast_key != NULL) accelerator->expand(key, gcm->fast_key);
    } else {
        gcm->context = crypto.context_new();
    }
    if (gcm->fast_key == NULL && gcm->context == NULL) {
        yt_gcm_free(gcm);
        return NULL;
    }
    return gcm;
}

void yt_gcm_free(yt_gcm *gcm) {
    if (gcm == NULL) return;
    if (gcm->fast_key != NULL) explicit_bzero(gcm->fast_key, YT_IPSECMB_KEY_BYTES);
    free(gcm->fast_key);
    if (gcm->context != NULL) crypto.context_free(gcm->context); /* which wipes its own */
    explicit_bzero(gcm, sizeof *gcm);
    free(gcm);
}

/* Expands the key only when the direction changes, otherwise sets just the nonce: a tenth of the cost. */
static bool gcm_begin(yt_gcm *gcm, const uint8_t *nonce, int encrypt) {
    if (gcm->encrypts == encrypt) return crypto.init(gcm->context, NULL, NULL, NULL, nonce, encrypt) == 1;
    const evp_cipher *cipher = gcm->encrypts < 0 ? crypto.aes_128_gcm() : NULL;
    if (crypto.init(gcm->context, cipher, NULL, gcm->key, nonce, encrypt) != 1) return false;
    gcm->encrypts = encrypt;
    return true;
}

static bool gcm_update(yt_gcm *gcm, yt_span aad, const uint8_t *in, uint8_t *out, size_t length) {
    int done = 0;
    if (aad.length > INT32_MAX || length > INT32_MAX) return false;
    if (aad.length > 0 && crypto.update(gcm->context, NULL, &done, aad.data, (int)aad.length) != 1) return false;
    return length == 0 || crypto.update(gcm->context, out, &done, in, (int)length) == 1;
}

bool yt_gcm_seal(yt_gcm *gcm, const uint8_t *nonce, yt_span aad, const uint8_t *in, uint8_t *out, size_t length,
                 uint8_t *tag) {
    if (gcm->fast_key != NULL) {
        _Alignas(64) uint8_t context[YT_IPSECMB_CONTEXT_BYTES];
        accelerator->seal(gcm->fast_key, context, out, in, length, nonce, aad.data, aad.length, tag, YT_GCM_TAG_BYTES);
        return true;
    }
    uint8_t rest[YT_GCM_TAG_BYTES];
    int done = 0;
    return gcm_begin(gcm, nonce, 1) && gcm_update(gcm, aad, in, out, length) &&
           crypto.final(gcm->context, rest, &done) == 1 &&
           crypto.context_ctrl(gcm->context, GCM_GET_TAG, YT_GCM_TAG_BYTES, tag) == 1;
}

bool yt_gcm_open(yt_gcm *gcm, const uint8_t *nonce, yt_span aad, const uint8_t *in, uint8_t *out, size_t length,
                 const uint8_t *tag) {
    uint8_t expected[YT_GCM_TAG_BYTES];
    if (gcm->fast_key != NULL) {
        _Alignas(64) uint8_t context[YT_IPSECMB_CONTEXT_BYTES];
        accelerator->open(gcm->fast_key, context, out, in, length, nonce, aad.data, aad.length, expected,
                          YT_GCM_TAG_BYTES);
        return yt_equal(expected, tag, YT_GCM_TAG_BYTES);
    }
    int done = 0;
    memcpy(expected, tag, YT_GCM_TAG_BYTES); /* libcrypto wants it writable */
    return gcm_begin(gcm, nonce, 0) &&
           crypto.context_ctrl(gcm->context, GCM_SET_TAG, YT_GCM_TAG_BYTES, expected) == 1 &&
           gcm_update(gcm, aad, in, out, length) && crypto.final(gcm->context, expected, &done) == 1;
}

struct yt_ctr {
    evp_context *context;
};

yt_ctr *yt_ctr_new(const uint8_t key[YT_KEY_BYTES]) {
    static const uint8_t NO_IV[16];
    yt_ctr *ctr = loaded ? calloc(1, sizeof *ctr) : NULL;
    if (ctr == NULL) return NULL;
    ctr->context = crypto.context_new();
    if (ctr->context == NULL || crypto.init(ctr->context, crypto.aes_128_ctr(), NULL, key, NO_IV, 1) != 1) {
        yt_ctr_free(ctr);
        return NULL;
    }
    return ctr;
}

void yt_ctr_free(yt_ctr *ctr) {
    if (ctr == NULL) return;
    if (ctr->context != NULL) crypto.context_free(ctr->context);
    free(ctr);
}

bool yt_ctr_crypt(yt_ctr *ctr, const uint8_t *counter, const uint8_t *in, uint8_t *out, size_t length) {
    int done = 0;
    if (length == 0) return true;
    return length <= INT32_MAX && crypto.init(ctr->context, NULL, NULL, NULL, counter, 1) == 1 &&
           crypto.update(ctr->context, out, &done, in, (int)length) == 1;
}

void yt_hmac_init(yt_hmac *hmac, const uint8_t *key, size_t length) {
    uint8_t inner[HMAC_BLOCK_BYTES], outer[HMAC_BLOCK_BYTES];
    for (size_t i = 0; i < HMAC_BLOCK_BYTES; i++) {
        uint8_t byte = i < length ? key[i] : 0;
        inner[i] = byte ^ 0x36;
        outer[i] = byte ^ 0x5c;
    }
    crypto.sha1_init(hmac->inner);
    crypto.sha1_update(hmac->inner, inner, sizeof inner);
    crypto.sha1_init(hmac->outer);
    crypto.sha1_update(hmac->outer, outer, sizeof outer);
    explicit_bzero(inner, sizeof inner);
    explicit_bzero(outer, sizeof outer);
}

void yt_hmac_sign(const yt_hmac *hmac, const yt_span *pieces, size_t count, uint8_t mac[YT_SHA1_BYTES]) {
    uint32_t sha1[sizeof hmac->inner / sizeof *hmac->inner];
    memcpy(sha1, hmac->inner, sizeof sha1);
    for (size_t i = 0; i < count; i++) crypto.sha1_update(sha1, pieces[i].data, pieces[i].length);
    crypto.sha1_final(mac, sha1);
    memcpy(sha1, hmac->outer, sizeof sha1);
    crypto.sha1_update(sha1, mac, YT_SHA1_BYTES);
    crypto.sha1_final(mac, sha1);
}
