#define _GNU_SOURCE
#include "srtp.h"

#include <stdlib.h>
#include <string.h>

#include "crypto.h"

enum {
    RTP_HEADER_BYTES = 12,
    RTCP_HEADER_BYTES = 8, /* what SRTCP leaves in the clear */
    RTCP_INDEX_BYTES = 4,
    RTCP_SOURCES = 128,
    CM_TAG_BYTES = 10,
    CM_AUTH_KEY_BYTES = 20,
    CM_SALT_BYTES = 14,
    GCM_SALT_BYTES = 12,
};
enum { LABEL_RTP = 0, LABEL_RTCP = 3, CIPHER_KEY = 0, AUTH_KEY = 1, SALT = 2 }; /* RFC 3711 4.3.2, as sums */
#define RTCP_ENCRYPTED 0x80000000u

/* The session keys of RTP or of RTCP. */
typedef struct {
    yt_gcm *gcm; /* the one that the profile needs, the other is NULL */
    yt_ctr *ctr;
    yt_hmac hmac;
    uint8_t salt[CM_SALT_BYTES]; /* a GCM salt stands at 2, so that both vectors are made alike */
} session;

typedef struct {
    uint32_t ssrc;
    yt_window window;
} source;

struct yt_srtp {
    int profile;
    session rtp, rtcp;
    uint32_t rtcp_index;
    source *sources; /* of opened RTCP; a ring once it is full */
    size_t source_count, source_room, source_oldest;
};

static void put32(uint8_t *to, uint32_t value) {
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* Key derivation with rate 0 (RFC 3711 4.3.3); a 12-byte salt is padded with zeros (RFC 7714 11). */
static bool derive(yt_ctr *master, const uint8_t salt[CM_SALT_BYTES], int label, uint8_t *out, size_t size) {
    uint8_t counter[16] = {0};
    memcpy(counter, salt, CM_SALT_BYTES);
    counter[7] ^= (uint8_t)label;
    memset(out, 0, size);
    return yt_ctr_crypt(master, counter, out, out, size);
}

static bool session_begin(session *keys, int profile, yt_ctr *master, const uint8_t *salt, int label) {
    uint8_t key[YT_KEY_BYTES], auth_key[CM_AUTH_KEY_BYTES];
    bool gcm = profile == YT_GCM;
    bool good = derive(master, salt, label + CIPHER_KEY, key, sizeof key) &&
                derive(master, salt, label + AUTH_KEY, auth_key, sizeof auth_key) &&
                derive(master, salt, label + SALT, keys->salt + (gcm ? 2 : 0), gcm ? GCM_SALT_BYTES : CM_SALT_BYTES);
    if (good) {
        if (gcm) {
            keys->gcm = yt_gcm_new(key);
        } else {
            keys->ctr = yt_ctr_new(key);
            yt_hmac_init(&keys->hmac, auth_key, sizeof auth_key);
        }
        good = keys->gcm != NULL || keys->ctr != NULL;
    }
    explicit_bzero(key, sizeof key);
    explicit_bzero(auth_key, sizeof auth_key);
    return good;
}

yt_srtp *yt_srtp_new(int profile, const uint8_t *key16, const uint8_t *salt, size_t salt_length) {
    uint8_t padded[CM_SALT_BYTES] = {0};
    char why[1];
    if (yt_crypto_load(why, sizeof why) != 0) return NULL;
    if (!(profile == YT_GCM && salt_length == GCM_SALT_BYTES) && !(profile == YT_CM && salt_length == CM_SALT_BYTES))
        return NULL;
    memcpy(padded, salt, salt_length);
    yt_srtp *srtp = calloc(1, sizeof *srtp);
    yt_ctr *master = yt_ctr_new(key16);
    bool good = srtp != NULL && master != NULL && session_begin(&srtp->rtp, profile, master, padded, LABEL_RTP) &&
                session_begin(&srtp->rtcp, profile, master, padded, LABEL_RTCP);
    yt_ctr_free(master);
    if (!good) {
        yt_srtp_free(srtp);
        return NULL;
    }
    srtp->profile = profile;
    srtp->rtcp_index = profile == YT_GCM ? 0 : 1; /* as libsrtp counts; any start is right */
    return srtp;
}

void yt_srtp_free(yt_srtp *srtp) {
    if (srtp == NULL) return;
    yt_gcm_free(srtp->rtp.gcm);
    yt_gcm_free(srtp->rtcp.gcm);
    yt_ctr_free(srtp->rtp.ctr);
    yt_ctr_free(srtp->rtcp.ctr);
    free(srtp->sources);
    explicit_bzero(srtp, sizeof *srtp);
    free(srtp);
}

/* The counter block of AES-CM (RFC 3711 4.1.1); its bytes 2 to 13 are the nonce of AES-GCM (RFC 7714 8.1, 9.1). */
static void vector(const session *keys, uint32_t ssrc, uint64_t index, uint8_t iv[16]) {
    memset(iv, 0, 16);
    put32(iv + 4, ssrc);
    iv[8] = (uint8_t)(index >> 40);
    iv[9] = (uint8_t)(index >> 32);
    put32(iv + 10, (uint32_t)index);
    for (size_t i = 0; i < CM_SALT_BYTES; i++) iv[i] ^= keys->salt[i];
}

static void cm_tag(const session *keys, const uint8_t *packet, size_t length, yt_span more, uint8_t *mac) {
    yt_span pieces[2] = {{packet, length}, more};
    yt_hmac_sign(&keys->hmac, pieces, more.length > 0 ? 2 : 1, mac);
}

static size_t seal(const yt_seal_job *job) {
    if (job->srtp == NULL) return 0;
    const session *keys = &job->srtp->rtp;
    size_t head = job->head, payload = (size_t)job->prefix_length + job->body_length;
    size_t tag_bytes = job->srtp->profile == YT_GCM ? YT_GCM_TAG_BYTES : CM_TAG_BYTES;
    if (head < RTP_HEADER_BYTES || job->prefix_length > YT_PREFIX_BYTES || head + payload + tag_bytes > UINT16_MAX)
        return 0;
    uint8_t iv[16], mac[YT_SHA1_BYTES], rollover[4], *out = job->out + head;
    const uint8_t *in = job->body;
    if (job->prefix_length > 0) {
        memcpy(out, job->prefix, job->prefix_length);
        if (job->body_length > 0) memcpy(out + job->prefix_length, job->body, job->body_length);
        in = out;
    }
    vector(keys, job->ssrc, job->index, iv);
    if (job->srtp->profile == YT_GCM) {
        if (!yt_gcm_seal(keys->gcm, iv + 2, (yt_span){job->out, head}, in, out, payload, out + payload)) return 0;
    } else {
        if (!yt_ctr_crypt(keys->ctr, iv, in, out, payload)) return 0;
        put32(rollover, (uint32_t)(job->index >> 16));
        cm_tag(keys, job->out, head + payload, (yt_span){rollover, sizeof rollover}, mac);
        memcpy(out + payload, mac, CM_TAG_BYTES);
    }
    return head + payload + tag_bytes;
}

void yt_srtp_seal(yt_seal_job *jobs, size_t count) {
    for (size_t i = 0; i < count; i++) jobs[i].length = (uint16_t)seal(&jobs[i]);
}

size_t yt_srtp_open(yt_srtp *srtp, uint8_t *packet, size_t head, size_t length, uint32_t ssrc, uint64_t index) {
    const session *keys = &srtp->rtp;
    size_t tag_bytes = srtp->profile == YT_GCM ? YT_GCM_TAG_BYTES : CM_TAG_BYTES;
    if (head < RTP_HEADER_BYTES || length < tag_bytes || head > length - tag_bytes) return 0;
    uint8_t iv[16], mac[YT_SHA1_BYTES], rollover[4], *payload = packet + head;
    size_t rest = length - tag_bytes, payload_length = rest - head;
    vector(keys, ssrc, index, iv);
    if (srtp->profile == YT_GCM) {
        bool good = yt_gcm_open(keys->gcm, iv + 2, (yt_span){packet, head}, payload, payload, payload_length,
                                packet + rest);
        return good ? rest : 0;
    }
    put32(rollover, (uint32_t)(index >> 16));
    cm_tag(keys, packet, rest, (yt_span){rollover, sizeof rollover}, mac);
    if (!yt_equal(mac, packet + rest, CM_TAG_BYTES)) return 0;
    return yt_ctr_crypt(keys->ctr, iv, payload, payload, payload_length) ? rest : 0;
}

size_t yt_srtcp_seal(yt_srtp *srtp, uint8_t *packet, size_t length) {
    if (length < RTCP_HEADER_BYTES || srtp->rtcp_index >= RTCP_ENCRYPTED) return 0;
    const session *keys = &srtp->rtcp;
    uint32_t ssrc = get32(packet + 4), index = srtp->rtcp_index++;
    uint8_t iv[16], mac[YT_SHA1_BYTES], aad[RTCP_HEADER_BYTES + RTCP_INDEX_BYTES], *body = packet + RTCP_HEADER_BYTES;
    size_t body_length = length - RTCP_HEADER_BYTES;
    vector(keys, ssrc, index, iv);
    if (srtp->profile == YT_GCM) {
        memcpy(aad, packet, RTCP_HEADER_BYTES);
        put32(aad + RTCP_HEADER_BYTES, RTCP_ENCRYPTED | index);
        uint8_t *tag = packet + length;
        if (!yt_gcm_seal(keys->gcm, iv + 2, (yt_span){aad, sizeof aad}, body, body, body_length, tag)) return 0;
        put32(tag + YT_GCM_TAG_BYTES, RTCP_ENCRYPTED | index);
        return length + YT_GCM_TAG_BYTES + RTCP_INDEX_BYTES;
    }
    if (!yt_ctr_crypt(keys->ctr, iv, body, body, body_length)) return 0;
    put32(packet + length, RTCP_ENCRYPTED | index);
    cm_tag(keys, packet, length + RTCP_INDEX_BYTES, (yt_span){NULL, 0}, mac);
    memcpy(packet + length + RTCP_INDEX_BYTES, mac, CM_TAG_BYTES);
    return length + RTCP_INDEX_BYTES + CM_TAG_BYTES;
}

static yt_window *rtcp_window(yt_srtp *srtp, uint32_t ssrc) {
    for (size_t i = 0; i < srtp->source_count; i++)
        if (srtp->sources[i].ssrc == ssrc) return &srtp->sources[i].window;
    return NULL;
}

/* A window for a new sender: grows to RTCP_SOURCES, then takes the place of the oldest. NULL: no memory. */
static yt_window *rtcp_window_new(yt_srtp *srtp, uint32_t ssrc) {
    size_t at = srtp->source_count;
    if (at == RTCP_SOURCES) {
        at = srtp->source_oldest;
        srtp->source_oldest = (at + 1) % RTCP_SOURCES;
    } else if (at == srtp->source_room) {
        size_t room = at == 0 ? 2 : 2 * at;
        source *grown = realloc(srtp->sources, room * sizeof *grown);
        if (grown == NULL) return NULL;
        srtp->sources = grown;
        srtp->source_room = room;
    }
    if (at == srtp->source_count) srtp->source_count++;
    srtp->sources[at] = (source){.ssrc = ssrc, .window = YT_WINDOW_NEW};
    return &srtp->sources[at].window;
}

size_t yt_srtcp_open(yt_srtp *srtp, uint8_t *packet, size_t length) {
    bool gcm = srtp->profile == YT_GCM;
    size_t tag_bytes = gcm ? YT_GCM_TAG_BYTES : CM_TAG_BYTES;
    if (length < RTCP_HEADER_BYTES + RTCP_INDEX_BYTES + tag_bytes) return 0;
    const session *keys = &srtp->rtcp;
    size_t rest = length - RTCP_INDEX_BYTES - tag_bytes, body_length = rest - RTCP_HEADER_BYTES;
    /* RFC 7714 9.2 puts the index behind the tag, RFC 3711 3.4 before it. */
    const uint8_t *flagged = packet + rest + (gcm ? YT_GCM_TAG_BYTES : 0);
    const uint8_t *tag = packet + rest + (gcm ? 0 : RTCP_INDEX_BYTES);
    if (!(flagged[0] & 0x80)) return 0;
    uint32_t ssrc = get32(packet + 4), index = get32(flagged) & ~RTCP_ENCRYPTED;
    yt_window *window = rtcp_window(srtp, ssrc);
    if (window != NULL && !yt_window_fresh(window, index)) return 0;
    uint8_t iv[16], mac[YT_SHA1_BYTES], aad[RTCP_HEADER_BYTES + RTCP_INDEX_BYTES], *body = packet + RTCP_HEADER_BYTES;
    vector(keys, ssrc, index, iv);
    if (gcm) {
        memcpy(aad, packet, RTCP_HEADER_BYTES);
        memcpy(aad + RTCP_HEADER_BYTES, flagged, RTCP_INDEX_BYTES);
        if (!yt_gcm_open(keys->gcm, iv + 2, (yt_span){aad, sizeof aad}, body, body, body_length, tag)) return 0;
    } else {
        cm_tag(keys, packet, rest + RTCP_INDEX_BYTES, (yt_span){NULL, 0}, mac);
        if (!yt_equal(mac, tag, CM_TAG_BYTES) || !yt_ctr_crypt(keys->ctr, iv, body, body, body_length)) return 0;
    }
    if (window == NULL) window = rtcp_window_new(srtp, ssrc);
    if (window == NULL) return 0;
    yt_window_accept(window, index);
    return rest;
}

int64_t yt_window_index(const yt_window *window, uint16_t sequence) {
    if (window->highest < 0) return sequence;
    int64_t index = window->highest + (uint16_t)(sequence - (uint16_t)window->highest + 0x8000) - 0x8000;
    return index >= 0 ? index : index + 0x10000;
}

static bool seen(const yt_window *window, int64_t index) {
    uint64_t bit = (uint64_t)index % YT_WINDOW_PACKETS;
    return window->seen[bit / 64] >> (bit % 64) & 1;
}

bool yt_window_fresh(const yt_window *window, int64_t index) {
    int64_t age = window->highest - index;
    return age < 0 || (age < YT_WINDOW_PACKETS && !seen(window, index));
}

void yt_window_accept(yt_window *window, int64_t index) {
    int64_t ahead = index - window->highest;
    uint64_t bit = (uint64_t)index % YT_WINDOW_PACKETS;
    if (ahead >= YT_WINDOW_PACKETS) {
        memset(window->seen, 0, sizeof window->seen);
    } else if (ahead > 0) {
        for (int64_t skipped = window->highest + 1; skipped < index; skipped++) {
            uint64_t clear = (uint64_t)skipped % YT_WINDOW_PACKETS;
            window->seen[clear / 64] &= ~(UINT64_C(1) << (clear % 64));
        }
    } else if (-ahead >= YT_WINDOW_PACKETS) {
        return;
    }
    if (ahead > 0) window->highest = index;
    window->seen[bit / 64] |= UINT64_C(1) << (bit % 64);
}
