#define _GNU_SOURCE /* explicit_bzero */
#include "consent.h"

#include <stdlib.h>
#include <string.h>

enum {
    REQUEST = 0x0001,
    SUCCESS = 0x0101,
    HEADER_BYTES = 20,
    MOST_BYTES = 1500,
    MOST_ATTRIBUTES = 32,
    FINGERPRINT_BYTES = 8,
    INTEGRITY_BYTES = 4 + YT_SHA1_BYTES,
};
enum {
    USERNAME = 0x0006,
    INTEGRITY = 0x0008,
    ERROR_CODE = 0x0009,
    UNKNOWN_ATTRIBUTES = 0x000A,
    MAPPED = 0x0020,
    PRIORITY = 0x0024,
    USE_CANDIDATE = 0x0025,
    FINGERPRINT = 0x8028,
    CONTROLLED = 0x8029,
    CONTROLLING = 0x802A,
};
static const uint8_t COOKIE[4] = {0x21, 0x12, 0xA4, 0x42};

struct yt_consent {
    yt_hmac key;
    size_t length;
    uint8_t username[YT_MOST_CREDENTIAL_BYTES + 1]; /* how those begin that are for us: our ufrag and a colon */
};

yt_consent *yt_consent_new(const char *ufrag, const char *password) {
    size_t length = strlen(ufrag), key_length = strlen(password);
    if (!length || !key_length || length > YT_MOST_CREDENTIAL_BYTES || key_length > YT_MOST_CREDENTIAL_BYTES)
        return NULL;
    yt_consent *consent = calloc(1, sizeof *consent);
    if (!consent)
        return NULL;
    yt_hmac_init(&consent->key, (const uint8_t *)password, key_length);
    memcpy(consent->username, ufrag, length);
    consent->username[length] = ':';
    consent->length = length + 1;
    return consent;
}

void yt_consent_free(yt_consent *consent) {
    if (!consent)
        return;
    explicit_bzero(consent, sizeof *consent);
    free(consent);
}

static uint16_t get16(const uint8_t *at) {
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, size_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* CRC-32 of ISO 3309 with the mask of RFC 8489 14.7, as it is written. */
static void fingerprint(const uint8_t *data, size_t length, uint8_t out[4]) {
    uint32_t crc = 0xFFFFFFFF;
    for (size_t at = 0; at < length; at++) {
        crc ^= data[at];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    crc = ~crc ^ 0x5354554E;
    put16(out, crc >> 16);
    put16(out + 2, crc & 0xFFFF);
}

/* MESSAGE-INTEGRITY over what is before it, the length field counting the attribute itself (RFC 8489 14.5). */
static void sign(const yt_consent *consent, const uint8_t *message, size_t before, uint8_t mac[YT_SHA1_BYTES]) {
    uint8_t length[2];
    put16(length, before - HEADER_BYTES + INTEGRITY_BYTES);
    yt_span pieces[] = {{message, 2}, {length, 2}, {message + 4, before - 4}};
    yt_hmac_sign(&consent->key, pieces, 3, mac);
}

static bool fits(uint16_t kind, uint16_t size) {
    switch (kind) {
    case INTEGRITY:
        return size == YT_SHA1_BYTES;
    case PRIORITY:
    case FINGERPRINT:
        return size == 4;
    case USE_CANDIDATE:
        return size == 0;
    case CONTROLLED:
    case CONTROLLING:
        return size == 8;
    default:
        return true;
    }
}

/* Whether an attribute before the integrity hinders nothing. */
static bool harmless(uint16_t kind) {
    switch (kind) {
    case USERNAME:
    case INTEGRITY:
    case ERROR_CODE:
    case UNKNOWN_ATTRIBUTES:
    case MAPPED:
    case PRIORITY:
    case USE_CANDIDATE:
        return true;
    default:
        return kind >= 0x8000 && kind != CONTROLLED;
    }
}

static bool for_us(const yt_consent *consent, const uint8_t *username, size_t size) {
    for (size_t at = 0; at < size; at++) {
        if (username[at] >= 0x80)
            return false;
    }
    return size >= consent->length && !memcmp(username, consent->username, consent->length);
}

static bool acceptable(const yt_consent *consent, const uint8_t *data, size_t length) {
    if (length < HEADER_BYTES || length > MOST_BYTES || length % 4 || get16(data) != REQUEST ||
        get16(data + 2) != length - HEADER_BYTES || memcmp(data + 4, COOKIE, sizeof COOKIE))
        return false;
    size_t integrity_at = 0;
    bool named = false;
    int count = 0;
    for (size_t at = HEADER_BYTES, size; at < length; at += 4 + (size + 3) / 4 * 4) {
        uint16_t kind = get16(data + at);
        const uint8_t *value = data + at + 4;
        uint8_t expected[4];
        size = get16(data + at + 2);
        if (size > length - at - 4 || !fits(kind, (uint16_t)size))
            return false;
        if (kind == FINGERPRINT) {
            fingerprint(data, at, expected);
            if (at + FINGERPRINT_BYTES != length || memcmp(value, expected, sizeof expected))
                return false;
        } else if (!integrity_at) {
            if (!harmless(kind) || ++count > MOST_ATTRIBUTES)
                return false;
            if (kind == USERNAME && !named) {
                named = for_us(consent, value, size);
                if (!named)
                    return false;
            }
            integrity_at = kind == INTEGRITY ? at : 0;
        }
    }
    if (!named || !integrity_at)
        return false;
    uint8_t mac[YT_SHA1_BYTES];
    sign(consent, data, integrity_at, mac);
    return yt_equal(mac, data + integrity_at + 4, sizeof mac);
}

/* XOR-MAPPED-ADDRESS (RFC 8489 14.2); its bytes. */
static size_t put_mapped(uint8_t *out, const yt_address *source, const uint8_t *request) {
    size_t ip_bytes = source->family == 4 ? 4 : 16;
    put16(out, MAPPED);
    put16(out + 2, 4 + ip_bytes);
    put16(out + 4, source->family == 4 ? 1 : 2);
    put16(out + 6, source->port ^ get16(COOKIE));
    for (size_t at = 0; at < ip_bytes; at++)
        out[8 + at] = source->ip[16 - ip_bytes + at] ^ request[4 + at]; /* the cookie and the transaction */
    return 8 + ip_bytes;
}

size_t yt_consent_answer(const yt_consent *consent, const uint8_t *request, size_t length, const yt_address *source,
                         uint8_t answer[YT_CONSENT_BYTES]) {
    if (!acceptable(consent, request, length))
        return 0;
    put16(answer, SUCCESS);
    memcpy(answer + 4, request + 4, HEADER_BYTES - 4);
    size_t at = HEADER_BYTES + put_mapped(answer + HEADER_BYTES, source, request);
    put16(answer + at, INTEGRITY);
    put16(answer + at + 2, YT_SHA1_BYTES);
    sign(consent, answer, at, answer + at + 4);
    at += INTEGRITY_BYTES;
    put16(answer + 2, at - HEADER_BYTES + FINGERPRINT_BYTES);
    put16(answer + at, FINGERPRINT);
    put16(answer + at + 2, 4);
    fingerprint(answer, at, answer + at + 4);
    return at + FINGERPRINT_BYTES;
}
