/* The load generator's data plane: real SRTP peers on connected UDP sockets, driven by one thread. See load.c. */
#ifndef YUNTING_LOAD_H
#define YUNTING_LOAD_H

#include <pthread.h>
#include <stdint.h>
#include <stddef.h>

enum { MAX_PACKET = 1500, MAX_STREAMS = 8, MAX_ARRIVALS = 1024, DELAY_BINS = 20000, DELAY_BIN_US = 10 };

/* One direction of an SRTP association (RFC 3711, RFC 7714). */
struct side {
    int gcm;
    int sealing;
    void *rtp, *rtcp; /* EVP_CIPHER_CTX */
    uint8_t rtp_auth[20], rtp_salt[14], rtcp_auth[20], rtcp_salt[14];
    uint32_t rtcp_index;
};

/* What arrives on one SSRC. Indices are 48 bit: rollover counter and sequence number. */
struct stream {
    uint32_t ssrc;
    int64_t highest, first;
    uint64_t received;
    uint32_t jitter, report_ntp;
    int64_t report_us, transit;
};

struct arrival {
    int64_t index, at_us;
};

/* Filled by Python through ctypes: keep the order of the fields equal to engine.py. */
struct plan {
    int32_t fd;
    int32_t gcm;
    int32_t publisher;
    int32_t payload_type;
    int32_t repeat_type; /* payload type of RTX (RFC 4588), counted apart; 0 = none */
    int32_t packets_per_s;
    int32_t packet_bytes;
    int32_t slot_packets; /* 0: a whole frame at once */
    int32_t transport_cc; /* header-extension ids, 0 = not negotiated */
    int32_t abs_send_time;
    int32_t feedback; /* subscribers: send receiver reports and transport-cc feedback */
    uint32_t ssrc;
    uint8_t seal_keys[100]; /* RTP key 16, auth 20, salt 14, then the same for RTCP */
    uint8_t open_keys[100];
    char local_password[64];
    char remote_password[64]; /* empty: no ICE, no checks are sent */
    char username[96];
};

struct counts {
    uint64_t sent, received, gaps, reordered, auth_failures, rtcp_in, rtcp_out, checks, bytes, blocked, repeats;
};

struct peer {
    struct plan plan;
    struct side seal, open;
    struct counts counts;
    struct stream streams[MAX_STREAMS];
    int stream_count;
    struct arrival arrivals[MAX_ARRIVALS]; /* since the last feedback */
    int arrival_count;
    int64_t highest_cc, next_cc;
    uint32_t told_cc; /* feedback packets sent */
    /* publishers */
    int64_t index;
    uint32_t frame, octets, frame_us_rtp;
    int left, at_start, key;
    double debt;
    uint16_t cc_sequence;
    int64_t next_frame_us, next_slot_us, next_report_us, next_feedback_us, next_check_us;
};

struct engine {
    pthread_t thread;
    pthread_mutex_t lock;
    int epoll, sample_every, peer_count, peer_room;
    volatile int running, media;
    struct peer **peers;
    uint64_t seen;
    uint64_t busy_us; /* CPU time of the thread */
    uint32_t delays[DELAY_BINS];
};

/* crypto.c */
const char *crypto_open(void);
int side_init(struct side *side, int gcm, int sealing, const uint8_t keys[100]);
void side_free(struct side *side);
int rtp_seal(struct side *side, uint8_t *packet, int size, int header, uint32_t ssrc, int64_t index);
int rtp_open(struct side *side, uint8_t *packet, int size, int header, uint32_t ssrc, int64_t index);
int rtcp_seal(struct side *side, uint8_t *packet, int size);
int rtcp_open(struct side *side, uint8_t *packet, int size);
void hmac_sha1(const void *key, int key_size, const uint8_t *data, size_t size, uint8_t out[20]);

/* rtcp.c */
int build_sender_report(struct peer *peer, int64_t now_us, uint8_t *out);
int build_receiver_report(struct peer *peer, int64_t now_us, uint8_t *out);
int build_transport_feedback(struct peer *peer, uint8_t *out);
void take_rtcp(struct peer *peer, const uint8_t *packet, int size, int64_t now_us);

/* receive.c */
void receive_ready(struct engine *engine, struct peer *peer);
void send_check(struct peer *peer);

/* publish.c */
void publish_due(struct engine *engine, struct peer *peer, int64_t now_us);

int64_t mono_ns(void);

static inline void put16(uint8_t *at, uint32_t value) { at[0] = value >> 8; at[1] = value; }
static inline void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16); put16(at + 2, value); }
static inline uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static inline uint32_t get32(const uint8_t *at) { return get16(at) << 16 | get16(at + 2); }

#endif
