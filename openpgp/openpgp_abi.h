/* The C ABI of the Rust library for OpenPGP; src/exports.rs has the other half. Only
 * crypto/openpgp/ includes this.
 *
 * - Functions return a status and neither panic nor throw; a text that explains the last failure of
 *   this thread is edge_pgp_last_text(), a constant.
 * - Handles are immutable: usable from several threads at once, freed once. Memory is overwritten
 *   when it is freed.
 * - Slices that are given are read during the call alone. Slices that are returned live as long as
 *   their handle. */
#ifndef EDGE_OPENPGP_ABI_H
#define EDGE_OPENPGP_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  EDGE_PGP_OK = 0,
  EDGE_PGP_ARGUMENT = 1,       /* a null pointer or an impossible value: a bug of the caller */
  EDGE_PGP_MALFORMED = 2,      /* not OpenPGP, or damaged */
  EDGE_PGP_UNSUPPORTED = 3,    /* outside the profile */
  EDGE_PGP_UNVERIFIED = 4,     /* a self signature does not verify */
  EDGE_PGP_SEALED = 5,         /* no key opens it, or it was changed */
  EDGE_PGP_TOO_LARGE = 6,      /* a limit was reached */
  EDGE_PGP_CANNOT_ENCRYPT = 7, /* a certificate that cannot receive */
  EDGE_PGP_NOT_SIGNED = 8,     /* no signature of this certificate */
  EDGE_PGP_INTERNAL = 99       /* a fault inside */
};

typedef struct edge_pgp_key edge_pgp_key;
typedef struct edge_pgp_certificate edge_pgp_certificate;
typedef struct edge_pgp_opened edge_pgp_opened;

typedef struct {
  const uint8_t* data;
  size_t size;
} edge_slice;

typedef struct {
  uint8_t* data;
  size_t size;
  size_t capacity;
} edge_buffer;

typedef struct {
  uint8_t bytes[32];
  uint8_t size;
} edge_pgp_fingerprint;

typedef struct {
  edge_slice fingerprint;
  edge_slice bytes;
  edge_slice relays;  /* separated by commas */
  edge_slice address; /* any bytes */
  uint32_t created;
  uint8_t can_encrypt;
  uint8_t modern;
  uint8_t post_quantum;
  uint8_t revoked;
} edge_pgp_certificate_facts;

typedef struct {
  edge_slice plaintext;
  const edge_pgp_certificate* const* recipients;
  size_t recipient_count;
  edge_slice passphrase; /* instead of recipients */
  const edge_pgp_key* signer;
  uint32_t now;
  uint8_t compress;
  uint8_t name_recipients;
} edge_pgp_sealing;

typedef struct {
  edge_slice message;
  const edge_pgp_key* const* keys;
  size_t key_count;
  const edge_slice* passphrases;
  size_t passphrase_count;
  uint64_t max_plaintext;
  uint32_t max_session_keys;
} edge_pgp_opening;

typedef struct {
  edge_slice plaintext;
  uint8_t by_passphrase;
  uint32_t index; /* into keys or passphrases */
  uint32_t signatures;
} edge_pgp_opened_facts;

typedef struct {
  uint32_t index;
  uint32_t created;
  uint32_t recipients;
} edge_pgp_signature;

edge_slice edge_pgp_last_text(void);
void edge_pgp_buffer_free(edge_buffer* buffer);
void edge_pgp_key_free(edge_pgp_key* key);
void edge_pgp_certificate_free(edge_pgp_certificate* certificate);
void edge_pgp_opened_free(edge_pgp_opened* opened);

int32_t edge_pgp_key_generate(uint8_t post_quantum, edge_slice address, uint32_t now,
                              edge_pgp_key** out);
int32_t edge_pgp_key_read(edge_slice data, edge_pgp_key** out);
int32_t edge_pgp_key_bytes(const edge_pgp_key* key, uint8_t armored, edge_buffer* out);
int32_t edge_pgp_key_fingerprint(const edge_pgp_key* key, edge_pgp_fingerprint* out);
int32_t edge_pgp_key_certificate(const edge_pgp_key* key, edge_slice address, edge_slice relays,
                                 uint32_t now, edge_pgp_certificate** out);

int32_t edge_pgp_certificate_read(edge_slice data, uint8_t stored, edge_pgp_certificate** out);
int32_t edge_pgp_certificate_merge(const edge_pgp_certificate* known,
                                   const edge_pgp_certificate* fresh, edge_pgp_certificate** out);
int32_t edge_pgp_certificate_info(const edge_pgp_certificate* certificate,
                                  edge_pgp_certificate_facts* out);

int32_t edge_pgp_seal(const edge_pgp_sealing* sealing, edge_buffer* out);
int32_t edge_pgp_open(const edge_pgp_opening* opening, edge_pgp_opened** out);
/* What is inside of an encryption, without one: for tests and fuzzing alone. */
int32_t edge_pgp_open_content(edge_slice content, uint64_t max_plaintext, edge_pgp_opened** out);
int32_t edge_pgp_opened_info(const edge_pgp_opened* opened, edge_pgp_opened_facts* out);
int32_t edge_pgp_opened_issuer(const edge_pgp_opened* opened, edge_pgp_fingerprint* out);
int32_t edge_pgp_opened_verify(const edge_pgp_opened* opened,
                               const edge_pgp_certificate* certificate, uint32_t now,
                               edge_pgp_signature* out);
int32_t edge_pgp_opened_recipient(const edge_pgp_opened* opened, uint32_t index, uint32_t number,
                                  edge_pgp_fingerprint* out);

#ifdef __cplusplus
}
#endif

#endif
