/* An optional accelerator: AES-128-GCM of Intel's multi-buffer library (libIPSec_MB.so.1), opened at run time.
 *
 * It is used only when it gives the same bytes as libcrypto at load time; YUNTING_IPSEC_MB=off turns it off. Without
 * it everything works, slower. */
#ifndef YT_IPSECMB_H
#define YT_IPSECMB_H

/* "ipsec-mb 1.3.0" or why it is not used. Loads on the first call; needs yt_crypto_load to have succeeded. */
const char *yt_ipsecmb_status(void);

#endif
