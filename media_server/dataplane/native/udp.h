/* Datagrams in batches: recvmmsg in, sendmmsg with UDP_SEGMENT (GSO) out. The socket is the caller's: non-blocking,
 * bound, and closed by whoever opened it. Each object is for one thread at a time. */
#ifndef YT_UDP_H
#define YT_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define YT_BATCH 64           /* datagrams of one receive call */
#define YT_DATAGRAM_BYTES 2048
#define YT_SEND_BATCH 1024    /* datagrams that a sender holds before it flushes by itself */
#define YT_GSO_SEGMENTS 48
#define YT_GSO_SEGMENT_BYTES 1400 /* above a path's MTU the kernel refuses a segmented send */
#define YT_GSO_RUN_BYTES 60000

/* No padding: equal addresses are equal bytes (memcmp, hashing). All zero is no address. */
typedef struct {
    uint8_t ip[16];  /* IPv4 as ::ffff:a.b.c.d */
    uint32_t scope;  /* link-local IPv6 only, otherwise 0 */
    uint16_t port;   /* host order */
    uint16_t family; /* 4 or 6; a mapped IPv4 address is 4 */
} yt_address;
bool yt_address_equal(const yt_address *, const yt_address *);
/* From the host as the kernel prints it ("::ffff:1.2.3.4" and "fe80::1%2" too); false when it is no address. */
bool yt_address_parse(yt_address *, const char *host, uint16_t port);
/* The host as ports.py writes it: IPv4 unmapped, no scope. */
#define YT_HOST_BYTES 46
void yt_address_host(const yt_address *, char host[YT_HOST_BYTES]);

typedef struct {
    uint8_t *data;   /* YT_DATAGRAM_BYTES of room, the receiver's until the next read; may be written to */
    uint16_t length; /* 0: empty, or longer than YT_DATAGRAM_BYTES */
    yt_address source;
} yt_datagram;
typedef struct yt_receiver yt_receiver;
yt_receiver *yt_receiver_new(int fd); /* NULL: no memory */
void yt_receiver_free(yt_receiver *);
/* Up to YT_BATCH datagrams that wait now, never blocks; `*batch` points to them until the next read. */
size_t yt_receiver_read(yt_receiver *, yt_datagram **batch);

/* Gathers datagrams and sends them in few system calls. Consecutive ones to one address form a run: equal sizes, the
 * last may be shorter. What the kernel refuses to segment goes plainly, nothing is lost; GSO goes off for good when it
 * never worked or fails again and again (it may fail for one path only, whose MTU is small).
 * YUNTING_GSO=off begins without it, YUNTING_GSO=refuse acts out a kernel that refuses it (for tests). */
typedef struct yt_sender yt_sender;
yt_sender *yt_sender_new(int fd); /* NULL: no memory */
void yt_sender_free(yt_sender *); /* what was not flushed is not sent */
/* `data` must stay as it is until the flush; flushes by itself when YT_SEND_BATCH are held. */
void yt_sender_add(yt_sender *, const uint8_t *data, size_t length, const yt_address *to);
/* Sends everything held, never blocks. A full socket drops the rest; whatever was not taken is counted as blocked. */
void yt_sender_flush(yt_sender *);
typedef struct {
    uint64_t sent, blocked; /* datagrams */
    uint64_t calls;         /* sendmmsg calls */
    bool gso;
} yt_send_counts;
yt_send_counts yt_sender_counts(const yt_sender *);

/* How many of the first datagrams go as one run; sizes[i] to addresses[i]. At least 1 when count is. Pure. */
size_t yt_run_length(const size_t *sizes, const yt_address *addresses, size_t count);

#endif
