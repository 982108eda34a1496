/* The ciphers that SRTP needs, from the libcrypto that is on the machine: AES-128-GCM, AES-128-CTR, HMAC-SHA1.
 *
 * libcrypto is opened at run time with prototypes written here, so that building needs no OpenSSL headers and the
 * result depends on libc only. Every object is for one thread at a time. */
#ifndef YT_CRYPTO_H
#define YT_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YT_KEY_BYTES 16
#define YT_GCM_TAG_BYTES 16
#define YT_GCM_NONCE_BYTES 12
#define YT_SHA1_BYTES 20

/* Opens libcrypto (3, then 1.1). 0, or -1 with the reason in `why`. Idempotent, safe from several threads; the first
 * answer is final. Everything below needs it to have succeeded. */
int yt_crypto_load(char *why, size_t size);

/* Whether two byte strings are equal, in a time that does not depend on their contents. */
bool yt_equal(const uint8_t *a, const uint8_t *b, size_t length);

typedef struct {
    const uint8_t *data;
    size_t length;
} yt_span;

/* AES-128-GCM with a 12-byte nonce and a 16-byte tag (NIST SP 800-38D). `out` may be `in` itself, but must not overlap
 * it otherwise. */
typedef struct yt_gcm yt_gcm;
yt_gcm *yt_gcm_new(const uint8_t key[YT_KEY_BYTES]); /* NULL: no memory */
void yt_gcm_free(yt_gcm *);                          /* NULL is fine; wipes the key */
bool yt_gcm_seal(yt_gcm *, const uint8_t *nonce, yt_span aad, const uint8_t *in, uint8_t *out, size_t length,
                 uint8_t *tag);
/* False when the tag does not fit: `out` then holds nothing of use. */
bool yt_gcm_open(yt_gcm *, const uint8_t *nonce, yt_span aad, const uint8_t *in, uint8_t *out, size_t length,
                 const uint8_t *tag);

/* AES-128 in counter mode; `counter` is the first counter block. */
typedef struct yt_ctr yt_ctr;
yt_ctr *yt_ctr_new(const uint8_t key[YT_KEY_BYTES]); /* NULL: no memory */
void yt_ctr_free(yt_ctr *);                          /* NULL is fine; wipes the key */
bool yt_ctr_crypt(yt_ctr *, const uint8_t *counter, const uint8_t *in, uint8_t *out, size_t length);

/* HMAC-SHA1 (RFC 2104) whose two padded key blocks are hashed once. Holds no memory of its own. */
typedef struct {
    uint32_t inner[32], outer[32]; /* a SHA_CTX of libcrypto each, which has 96 bytes */
} yt_hmac;
void yt_hmac_init(yt_hmac *, const uint8_t *key, size_t length); /* at most 64 bytes */
void yt_hmac_sign(const yt_hmac *, const yt_span *pieces, size_t count, uint8_t mac[YT_SHA1_BYTES]);

#endif
