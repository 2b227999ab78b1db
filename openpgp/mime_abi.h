/* The C ABI of the Rust library for reading MIME; src/mime_exports.rs has the other half. Only
 * messaging/mail/ includes this. The rules are those of openpgp_abi.h. */
#ifndef EDGE_MIME_ABI_H
#define EDGE_MIME_ABI_H

#include "openpgp_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct edge_mime edge_mime;

typedef struct {
  size_t size;
  size_t parts;
  size_t depth;
  size_t headers;
  size_t header_bytes;
} edge_mime_limits;

typedef struct {
  uint32_t parent; /* of an earlier part; UINT32_MAX: the mail itself, always the first */
  uint32_t headers;
  uint32_t params;
  uint32_t disposition_params;
  edge_slice type;
  edge_slice disposition;
  edge_slice file_name;
  edge_slice body;
} edge_mime_part;

/* Texts are UTF-8. */
typedef struct {
  edge_slice name;
  edge_slice value;
} edge_mime_pair;

enum { EDGE_MIME_HEADER = 0, EDGE_MIME_PARAM = 1, EDGE_MIME_DISPOSITION_PARAM = 2 };

int32_t edge_mime_read(edge_slice mail, uint8_t head_alone, const edge_mime_limits* limits,
                       edge_mime** out);
uint32_t edge_mime_count(const edge_mime* mail);
int32_t edge_mime_part_at(const edge_mime* mail, uint32_t part, edge_mime_part* out);
int32_t edge_mime_pair_at(const edge_mime* mail, uint32_t part, uint8_t kind, uint32_t index,
                          edge_mime_pair* out);
void edge_mime_free(edge_mime* mail);

/* RFC 2047 */
int32_t edge_mime_decode_words(edge_slice value, edge_buffer* out);
/* name NUL address NUL, as often as there are mailboxes */
int32_t edge_mime_addresses(edge_slice value, size_t max, edge_buffer* out);
/* Seconds since 1970; EDGE_PGP_MALFORMED when it is no date. */
int32_t edge_mime_date(edge_slice value, int64_t* out);

#ifdef __cplusplus
}
#endif

#endif
