#define _GNU_SOURCE
#include "ipsecmb.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

static char status[120] = "not looked for: libcrypto is not loaded";

const char *yt_ipsecmb_status(void) { return status; }

#if defined(__x86_64__)

enum { LONGEST = 1500, LONGEST_AAD = 76 };
/* Feature bits of imb_get_feature_flags, the same since version 0.50. */
#define HAS_AES (UINT64_C(1) << 1)
#define HAS_PCLMULQDQ (UINT64_C(1) << 2)
#define HAS_VAES (UINT64_C(1) << 12)
#define HAS_VPCLMULQDQ (UINT64_C(1) << 13)

static yt_ipsecmb functions;

static bool find(void *library, const char *name, void *slot) {
    void *symbol = dlsym(library, name);
    memcpy(slot, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* Whether it makes what libcrypto makes (`yt_gcm` is libcrypto's until the accelerator is handed out), keeps within
 * the memory it is given, and finds a forgery. */
static bool agrees(void) {
    static const size_t LENGTHS[] = {0, 1, 15, 16, 17, 63, 255, 256, 257, 700, 1100, 1199, LONGEST};
    static uint8_t plain[LONGEST], expected[LONGEST + YT_GCM_TAG_BYTES], got[LONGEST + YT_GCM_TAG_BYTES + 1];
    _Alignas(64) uint8_t context[YT_IPSECMB_CONTEXT_BYTES];
    uint8_t key16[YT_KEY_BYTES], nonce[YT_GCM_NONCE_BYTES], aad[LONGEST_AAD], tag[YT_GCM_TAG_BYTES];
    bool good = true;
    for (size_t i = 0; i < sizeof plain; i++) plain[i] = (uint8_t)(i * 167 + 13);
    for (size_t i = 0; i < sizeof aad; i++) aad[i] = (uint8_t)(i * 59 + 7);
    uint8_t *key = aligned_alloc(YT_IPSECMB_KEY_ALIGN, 2 * YT_IPSECMB_KEY_BYTES);
    if (key == NULL) return false;
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS && good; i++) {
        size_t length = LENGTHS[i], aad_length = i % 2 ? 12 : LONGEST_AAD;
        for (size_t j = 0; j < sizeof key16; j++) key16[j] = (uint8_t)(j * 31 + i);
        for (size_t j = 0; j < sizeof nonce; j++) nonce[j] = (uint8_t)(j * 17 + i * 5);
        yt_gcm *reference = yt_gcm_new(key16);
        good = reference != NULL && yt_gcm_seal(reference, nonce, (yt_span){aad, aad_length}, plain, expected, length,
                                                expected + length);
        yt_gcm_free(reference);
        memset(key, 0xa5, 2 * YT_IPSECMB_KEY_BYTES);
        memset(got, 0xa5, sizeof got);
        functions.expand(key16, key);
        functions.seal(key, context, got, plain, length, nonce, aad, aad_length, got + length, YT_GCM_TAG_BYTES);
        good = good && memcmp(got, expected, length + YT_GCM_TAG_BYTES) == 0 && got[length + YT_GCM_TAG_BYTES] == 0xa5;
        functions.open(key, context, got, got, length, nonce, aad, aad_length, tag, YT_GCM_TAG_BYTES);
        good = good && memcmp(got, plain, length) == 0 && memcmp(tag, expected + length, sizeof tag) == 0;
        aad[0] ^= 1;
        functions.open(key, context, got, expected, length, nonce, aad, aad_length, tag, YT_GCM_TAG_BYTES);
        good = good && memcmp(tag, expected + length, sizeof tag) != 0;
        for (size_t j = YT_IPSECMB_KEY_BYTES; j < 2 * YT_IPSECMB_KEY_BYTES; j++) good = good && key[j] == 0xa5;
    }
    free(key);
    return good;
}

static bool take(void *library, const char *suffix) {
    char name[60];
    snprintf(name, sizeof name, "aes_gcm_pre_128_%s", suffix);
    bool good = find(library, name, &functions.expand);
    snprintf(name, sizeof name, "aes_gcm_enc_128_%s", suffix);
    good = good && find(library, name, &functions.seal);
    snprintf(name, sizeof name, "aes_gcm_dec_128_%s", suffix);
    return good && find(library, name, &functions.open);
}

static const char *attach(void *library) {
    const char *(*version)(void), *suffix = NULL;
    uint64_t (*features)(void);
    if (!find(library, "imb_get_version_str", &version) || !find(library, "imb_get_feature_flags", &features))
        return "libIPSec_MB.so.1 is not the library we know";
    uint64_t wide = HAS_VAES | HAS_VPCLMULQDQ, narrow = HAS_AES | HAS_PCLMULQDQ, has = features();
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (avx512 && (has & wide) == wide && take(library, "vaes_avx512"))
        suffix = "AVX-512";
    else if (__builtin_cpu_supports("avx2") && (has & narrow) == narrow && take(library, "avx_gen4"))
        suffix = "AVX2";
    if (suffix == NULL) return "libIPSec_MB.so.1 has no AES-GCM for this processor";
    if (!agrees()) return "libIPSec_MB.so.1 disagrees with libcrypto";
    snprintf(status, sizeof status, "ipsec-mb %s, %s", version(), suffix);
    return NULL;
}

const yt_ipsecmb *yt_ipsecmb_load(void) {
    const char *wish = getenv("YUNTING_IPSEC_MB"), *reason;
    if (wish != NULL && strcmp(wish, "off") == 0) {
        snprintf(status, sizeof status, "turned off by YUNTING_IPSEC_MB");
        return NULL;
    }
    void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(status, sizeof status, "libIPSec_MB.so.1 cannot be opened");
        return NULL;
    }
    reason = attach(library);
    if (reason == NULL) return &functions;
    snprintf(status, sizeof status, "%s", reason);
    dlclose(library);
    return NULL;
}

#else

const yt_ipsecmb *yt_ipsecmb_load(void) {
    snprintf(status, sizeof status, "only on x86-64");
    return NULL;
}

#endif
