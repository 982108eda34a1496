/* An optional accelerator: AES-128-GCM of Intel's multi-buffer library (libIPSec_MB.so.1), opened at run time.
 *
 * Only its direct functions are used, which are exported by name, so that no structure layout of the library is taken
 * for granted. It is taken only on the processors it is fast on and when it gives libcrypto's bytes at load time;
 * YUNTING_IPSEC_MB=off turns it off. Without it everything works, slower. */
#ifndef YT_IPSECMB_H
#define YT_IPSECMB_H

#include <stdint.h>

#define YT_IPSECMB_KEY_BYTES 2048 /* an expanded key has 1008 in version 1.3 */
#define YT_IPSECMB_KEY_ALIGN 64

/* Encrypts or decrypts and writes the tag; a decrypting caller compares it. `out` may be `in`. */
typedef void yt_ipsecmb_crypt(const void *key, void *context, uint8_t *out, const uint8_t *in, uint64_t length,
                              const uint8_t *nonce, const uint8_t *aad, uint64_t aad_length, uint8_t *tag,
                              uint64_t tag_length);
typedef struct {
    void (*expand)(const void *key16, void *key);
    yt_ipsecmb_crypt *seal, *open;
} yt_ipsecmb;
#define YT_IPSECMB_CONTEXT_BYTES 256 /* of `context`, 88 in version 1.3; aligned to 64 */

/* For yt_crypto_load only, once libcrypto is there: the accelerator, or NULL when it is not used. */
const yt_ipsecmb *yt_ipsecmb_load(void);
/* "ipsec-mb 1.3.0, AVX-512", or why it is not used. */
const char *yt_ipsecmb_status(void);

#endif
