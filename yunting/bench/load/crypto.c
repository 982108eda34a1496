/* SRTP and SRTCP on libcrypto, which is opened at run time: neither its headers nor its link name are needed. */
#include "load.h"

#include <dlfcn.h>
#include <string.h>

enum { GCM_TAG = 16, CM_TAG = 10, GET_TAG = 0x10, SET_TAG = 0x11 };

static struct {
    void *(*ctx_new)(void);
    void (*ctx_free)(void *);
    int (*init)(void *, const void *, void *, const uint8_t *, const uint8_t *, int);
    int (*update)(void *, uint8_t *, int *, const uint8_t *, int);
    int (*final)(void *, uint8_t *, int *);
    int (*ctrl)(void *, int, int, void *);
    const void *(*aes_gcm)(void);
    const void *(*aes_ctr)(void);
    const void *(*sha1)(void);
    uint8_t *(*hmac)(const void *, const void *, int, const uint8_t *, size_t, uint8_t *, unsigned *);
} ssl;

/* NULL, or what is missing. Idempotent. */
const char *crypto_open(void)
{
    static const char *const libraries[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"};
    static const struct { const char *name; void **into; } wanted[] = {
        {"EVP_CIPHER_CTX_new", (void **)&ssl.ctx_new}, {"EVP_CIPHER_CTX_free", (void **)&ssl.ctx_free},
        {"EVP_CipherInit_ex", (void **)&ssl.init},     {"EVP_CipherUpdate", (void **)&ssl.update},
        {"EVP_CipherFinal_ex", (void **)&ssl.final},   {"EVP_CIPHER_CTX_ctrl", (void **)&ssl.ctrl},
        {"EVP_aes_128_gcm", (void **)&ssl.aes_gcm},    {"EVP_aes_128_ctr", (void **)&ssl.aes_ctr},
        {"EVP_sha1", (void **)&ssl.sha1},              {"HMAC", (void **)&ssl.hmac},
    };
    void *library = NULL;
    for (size_t i = 0; !library && i < sizeof libraries / sizeof *libraries; i++)
        library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return "libcrypto";
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!(*wanted[i].into = dlsym(library, wanted[i].name)))
            return wanted[i].name;
    return NULL;
}

void hmac_sha1(const void *key, int key_size, const uint8_t *data, size_t size, uint8_t out[20])
{
    unsigned length = 20;
    ssl.hmac(ssl.sha1(), key, key_size, data, size, out, &length);
}

/* 0, or -1 when libcrypto refuses. */
int side_init(struct side *side, int gcm, int sealing, const uint8_t keys[100])
{
    const void *cipher = gcm ? ssl.aes_gcm() : ssl.aes_ctr();
    memset(side, 0, sizeof *side);
    side->gcm = gcm;
    side->sealing = sealing;
    memcpy(side->rtp_auth, keys + 16, 20);
    memcpy(side->rtp_salt, keys + 36, 14);
    memcpy(side->rtcp_auth, keys + 66, 20);
    memcpy(side->rtcp_salt, keys + 86, 14);
    side->rtp = ssl.ctx_new();
    side->rtcp = ssl.ctx_new();
    if (!side->rtp || !side->rtcp || ssl.init(side->rtp, cipher, NULL, keys, NULL, sealing) != 1 ||
        ssl.init(side->rtcp, cipher, NULL, keys + 50, NULL, sealing) != 1)
        return -1;
    return 0;
}

void side_free(struct side *side)
{
    if (side->rtp)
        ssl.ctx_free(side->rtp);
    if (side->rtcp)
        ssl.ctx_free(side->rtcp);
}

/* One AEAD call over data in place; the tag is written or checked. */
static int gcm_run(void *ctx, int sealing, const uint8_t iv[12], const uint8_t *aad, int aad_size, const uint8_t *more,
                   uint8_t *data, int size, uint8_t *tag)
{
    int done;
    if (ssl.init(ctx, NULL, NULL, NULL, iv, sealing) != 1 || ssl.update(ctx, NULL, &done, aad, aad_size) != 1)
        return -1;
    if (more && ssl.update(ctx, NULL, &done, more, 4) != 1)
        return -1;
    if (ssl.update(ctx, data, &done, data, size) != 1)
        return -1;
    if (!sealing && ssl.ctrl(ctx, SET_TAG, GCM_TAG, tag) != 1)
        return -1;
    if (ssl.final(ctx, data + size, &done) != 1)
        return -1;
    return sealing && ssl.ctrl(ctx, GET_TAG, GCM_TAG, tag) != 1 ? -1 : 0;
}

static void mix(uint8_t *iv, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        iv[i] ^= (uint8_t)(value >> (24 - 8 * i));
}

static void gcm_iv(uint8_t iv[12], const uint8_t *salt, uint32_t ssrc, int64_t index)
{
    memcpy(iv, salt, 12);
    mix(iv + 2, ssrc);
    mix(iv + 6, (uint32_t)(index >> 16));
    iv[10] ^= (uint8_t)(index >> 8);
    iv[11] ^= (uint8_t)index;
}

static int cm_run(void *ctx, int sealing, const uint8_t *salt, uint32_t ssrc, int64_t index, uint8_t *data, int size)
{
    uint8_t iv[16] = {0};
    int done;
    memcpy(iv, salt, 14);
    mix(iv + 4, ssrc);
    mix(iv + 8, (uint32_t)(index >> 16));
    iv[12] ^= (uint8_t)(index >> 8);
    iv[13] ^= (uint8_t)index;
    return ssl.init(ctx, NULL, NULL, NULL, iv, sealing) == 1 && ssl.update(ctx, data, &done, data, size) == 1 ? 0 : -1;
}

/* The packet's new size; needs 20 bytes of room behind it. -1 on failure. */
int rtp_seal(struct side *side, uint8_t *packet, int size, int header, uint32_t ssrc, int64_t index)
{
    uint8_t *data = packet + header, digest[20], iv[12];
    if (side->gcm) {
        gcm_iv(iv, side->rtp_salt, ssrc, index);
        if (gcm_run(side->rtp, 1, iv, packet, header, NULL, data, size - header, packet + size))
            return -1;
        return size + GCM_TAG;
    }
    if (cm_run(side->rtp, 1, side->rtp_salt, ssrc, index, data, size - header))
        return -1;
    put32(packet + size, (uint32_t)(index >> 16));
    hmac_sha1(side->rtp_auth, 20, packet, (size_t)size + 4, digest);
    memcpy(packet + size, digest, CM_TAG);
    return size + CM_TAG;
}

/* The size without the tag, or -1 for a forged packet. */
int rtp_open(struct side *side, uint8_t *packet, int size, int header, uint32_t ssrc, int64_t index)
{
    int body = size - header - (side->gcm ? GCM_TAG : CM_TAG);
    uint8_t tag[CM_TAG], digest[20], iv[12];
    if (body < 0)
        return -1;
    if (side->gcm) {
        uint8_t mac[GCM_TAG];
        memcpy(mac, packet + header + body, GCM_TAG);
        gcm_iv(iv, side->rtp_salt, ssrc, index);
        return gcm_run(side->rtp, 0, iv, packet, header, NULL, packet + header, body, mac) ? -1 : header + body;
    }
    memcpy(tag, packet + header + body, CM_TAG);
    put32(packet + header + body, (uint32_t)(index >> 16));
    hmac_sha1(side->rtp_auth, 20, packet, (size_t)(header + body) + 4, digest);
    if (memcmp(tag, digest, CM_TAG))
        return -1;
    return cm_run(side->rtp, 0, side->rtp_salt, ssrc, index, packet + header, body) ? -1 : header + body;
}

/* A compound packet as SRTCP; needs 24 bytes of room behind it. */
int rtcp_seal(struct side *side, uint8_t *packet, int size)
{
    uint32_t ssrc = get32(packet + 4), index = side->rtcp_index++;
    uint8_t flagged[4], iv[12], digest[20];
    put32(flagged, 0x80000000u | index);
    if (side->gcm) {
        gcm_iv(iv, side->rtcp_salt, ssrc, index);
        if (gcm_run(side->rtcp, 1, iv, packet, 8, flagged, packet + 8, size - 8, packet + size))
            return -1;
        memcpy(packet + size + GCM_TAG, flagged, 4);
        return size + GCM_TAG + 4;
    }
    if (cm_run(side->rtcp, 1, side->rtcp_salt, ssrc, index, packet + 8, size - 8))
        return -1;
    memcpy(packet + size, flagged, 4);
    hmac_sha1(side->rtcp_auth, 20, packet, (size_t)size + 4, digest);
    memcpy(packet + size + 4, digest, CM_TAG);
    return size + 4 + CM_TAG;
}

/* The size of the compound packet inside, or -1. */
int rtcp_open(struct side *side, uint8_t *packet, int size)
{
    int body = size - 8 - 4 - (side->gcm ? GCM_TAG : CM_TAG);
    uint8_t iv[12], digest[20], mac[GCM_TAG];
    uint32_t index, ssrc;
    if (body < 0)
        return -1;
    ssrc = get32(packet + 4);
    if (side->gcm) {
        const uint8_t *flagged = packet + size - 4;
        index = get32(flagged) & 0x7FFFFFFF;
        memcpy(mac, packet + 8 + body, GCM_TAG);
        gcm_iv(iv, side->rtcp_salt, ssrc, index);
        return gcm_run(side->rtcp, 0, iv, packet, 8, flagged, packet + 8, body, mac) ? -1 : 8 + body;
    }
    index = get32(packet + 8 + body) & 0x7FFFFFFF;
    hmac_sha1(side->rtcp_auth, 20, packet, (size_t)(12 + body), digest);
    if (memcmp(packet + 12 + body, digest, CM_TAG))
        return -1;
    return cm_run(side->rtcp, 0, side->rtcp_salt, ssrc, index, packet + 8, body) ? -1 : 8 + body;
}
