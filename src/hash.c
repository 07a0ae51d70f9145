#include "hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
    EVP_MD_CTX *context;
    bool failed;
};

ckl_status hasher_new(hasher **out, ckl_error *err)
{
    hasher *running = calloc(1, sizeof *running);
    if (running == NULL)
        return error_memory(err);
    running->context = EVP_MD_CTX_new();
    if (running->context == NULL || EVP_DigestInit_ex(running->context, EVP_sha256(), NULL) != 1) {
        hasher_free(running);
        return error_memory(err);
    }
    *out = running;
    return CKL_OK;
}

ckl_status hasher_copy(hasher **out, const hasher *running, ckl_error *err)
{
    hasher *copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return error_memory(err);
    copy->context = EVP_MD_CTX_new();
    copy->failed = running->failed;
    if (copy->context == NULL || EVP_MD_CTX_copy_ex(copy->context, running->context) != 1) {
        hasher_free(copy);
        return error_memory(err);
    }
    *out = copy;
    return CKL_OK;
}

void hasher_add(hasher *running, const void *bytes, size_t size)
{
    if (EVP_DigestUpdate(running->context, bytes, size) != 1)
        running->failed = true;
}

static void add_big_endian(hasher *running, uint64_t value)
{
    unsigned char bytes[8];
    for (int index = 7; index >= 0; index--) {
        bytes[index] = (unsigned char)value;
        value >>= 8;
    }
    hasher_add(running, bytes, sizeof bytes);
}

void hasher_add_field(hasher *running, const void *bytes, size_t size)
{
    add_big_endian(running, size);
    hasher_add(running, bytes, size);
}

void hasher_add_integer(hasher *running, int64_t value)
{
    add_big_endian(running, 8);
    add_big_endian(running, (uint64_t)value);
}

ckl_status hasher_end(digest *out, hasher *running, ckl_error *err)
{
    digest result;
    bool good = !running->failed && EVP_DigestFinal_ex(running->context, result.bytes, NULL) == 1 &&
                EVP_DigestInit_ex(running->context, EVP_sha256(), NULL) == 1;
    running->failed = false;
    if (!good)
        return error_set(err, CKL_NO_MEMORY, "libcrypto could not compute a SHA-256");
    *out = result;
    return CKL_OK;
}

void hasher_free(hasher *running)
{
    if (running == NULL)
        return;
    EVP_MD_CTX_free(running->context);
    free(running);
}

ckl_status hash_bytes(digest *out, const void *bytes, size_t size, ckl_error *err)
{
    digest result;
    if (EVP_Digest(size > 0 ? bytes : "", size, result.bytes, NULL, EVP_sha256(), NULL) != 1)
        return error_set(err, CKL_NO_MEMORY, "libcrypto could not compute a SHA-256");
    *out = result;
    return CKL_OK;
}

void digest_hex(char out[65], const digest *value)
{
    static const char HEX[] = "0123456789abcdef";
    for (size_t index = 0; index < sizeof value->bytes; index++) {
        out[2 * index] = HEX[value->bytes[index] >> 4];
        out[2 * index + 1] = HEX[value->bytes[index] & 15];
    }
    out[64] = '\0';
}

bool digest_equal(const digest *first, const digest *second)
{
    return memcmp(first->bytes, second->bytes, sizeof first->bytes) == 0;
}

void digest_segment(char out[CKL_SEGMENT_LENGTH + 1], const digest *value, unsigned offset)
{
    char hex[65];
    digest_hex(hex, value);
    memcpy(out, hex + offset, CKL_SEGMENT_LENGTH);
    out[CKL_SEGMENT_LENGTH] = '\0';
}

void hash_join(ckl_hash *out, const char *model, const char *config, const char *data)
{
    memcpy(out->text, model != NULL ? model : CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH);
    memcpy(out->text + 8, config != NULL ? config : CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH);
    memcpy(out->text + 16, data != NULL ? data : CKL_ABSENT_SEGMENT, CKL_SEGMENT_LENGTH);
    out->text[CKL_HASH_LENGTH] = '\0';
}

/* Whether the 8 characters are 0-9 or a-z, all at once: asked for millions of hashes. */
static bool is_segment(const char *text)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, text, sizeof word);
    if (word & high)
        return false;
    uint64_t from_0 = word + (0x80 - '0') * ones, over_9 = word + (0x80 - '9' - 1) * ones;
    uint64_t from_a = word + (0x80 - 'a') * ones, over_z = word + (0x80 - 'z' - 1) * ones;
    return (((from_0 & ~over_9) | (from_a & ~over_z)) & high) == high;
}

static bool is_hash(const char *text)
{
    return memchr(text, '\0', CKL_HASH_LENGTH + 1) == text + CKL_HASH_LENGTH && is_segment(text) &&
           is_segment(text + 8) && is_segment(text + 16);
}

ckl_status hash_check(const char *text, ckl_error *err)
{
    if (is_hash(text))
        return CKL_OK;
    size_t size = strlen(text);
    if (size == 16) {
        error_set(err, CKL_V2_HASH, "'%s': a 16-character V2 hash is not compatible: regenerate it",
                  text);
        error_hint(err, "hash model, configuration and data again: ckl hash");
        return CKL_V2_HASH;
    }
    if (size != CKL_HASH_LENGTH) {
        error_set(err, CKL_INVALID,
                  "'%.64s' is no experiment hash: it has %zu bytes, not 24 characters", text, size);
        error_hint(err, "model 8, configuration 8 and data 8 characters of 0-9 and a-z");
        return CKL_INVALID;
    }
    return error_set(err, CKL_INVALID, "'%s' is no experiment hash: only 0-9 and a-z", text);
}

ckl_status ckl_compare_hashes(ckl_components *out, const char *first, const char *second,
                              ckl_error *err)
{
    ckl_status status = hash_check(first, err);
    if (status == CKL_OK)
        status = hash_check(second, err);
    if (status != CKL_OK)
        return status;
    *out = (memcmp(first, second, CKL_SEGMENT_LENGTH) != 0 ? CKL_MODEL : 0) |
           (memcmp(first + 8, second + 8, CKL_SEGMENT_LENGTH) != 0 ? CKL_CONFIG : 0) |
           (memcmp(first + 16, second + 16, CKL_SEGMENT_LENGTH) != 0 ? CKL_DATA : 0);
    return CKL_OK;
}
