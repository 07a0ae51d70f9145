/* report: texts that stand in the page once, and how they are escaped there. */
#include <stdlib.h>
#include <string.h>

#include "report.h"

ckl_status grow(void **array, size_t *capacity, size_t count, size_t size, ckl_error *err)
{
    if (count < *capacity)
        return CKL_OK;
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = wanted > SIZE_MAX / size ? NULL : realloc(*array, wanted * size);
    if (grown == NULL)
        return fail(err, CKL_NO_MEMORY, "out of memory");
    *array = grown;
    *capacity = wanted;
    return CKL_OK;
}

/* ---- escaping -------------------------------------------------------------------------------- */

/* The bytes of the character at `text`, or 0 when they are no UTF-8. */
static size_t character_size(const unsigned char *text, size_t size)
{
    unsigned first = text[0], least = 0, code = 0;
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || length > size)
        return 0;
    code = length == 1 ? first : first & (0x7fu >> length);
    for (size_t index = 1; index < length; index++) {
        if ((text[index] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[index] & 0x3fu);
    }
    least = length == 3 ? 0x800 : length == 4 ? 0x10000 : 0;
    return code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : length;
}

/* What stands for the character in the page, in `out`; NULL: the character itself. */
static const char *escape_of(char out[8], const unsigned char *at, size_t length)
{
    static const unsigned char LINE[] = {0xe2, 0x80, 0xa8}, PARAGRAPH[] = {0xe2, 0x80, 0xa9};
    if (length == 0)
        return "\\ufffd";
    if (length == 3 && memcmp(at, LINE, 3) == 0)
        return "\\u2028";
    if (length == 3 && memcmp(at, PARAGRAPH, 3) == 0)
        return "\\u2029";
    if (length > 1 || (at[0] >= 0x20 && at[0] < 0x7f && strchr("\"\\<>&", at[0]) == NULL))
        return NULL;
    snprintf(out, 8, "\\u%04x", at[0]);
    return out;
}

/* Writes to `out`, or with NULL only counts. */
static size_t escape(FILE *out, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    size_t written = 2;
    while (at < end) {
        char buffer[8];
        size_t length = character_size(at, (size_t)(end - at));
        const char *escaped = escape_of(buffer, at, length);
        size_t step = length == 0 ? 1 : length;
        if (out != NULL && escaped != NULL)
            fputs(escaped, out);
        else if (out != NULL)
            fwrite(at, 1, step, out);
        written += escaped != NULL ? 6 : step;
        at += step;
    }
    return written;
}

void page_text(FILE *out, const char *text, size_t size)
{
    putc('"', out);
    escape(out, text, size);
    putc('"', out);
}

size_t page_text_cost(const char *text, size_t size)
{
    return escape(NULL, text, size) + 1;
}

/* ---- the table ------------------------------------------------------------------------------- */

static uint64_t hash_text(const char *text, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t index = 0; index < size; index++)
        hash = (hash ^ (unsigned char)text[index]) * UINT64_C(1099511628211);
    return hash ^ hash >> 29;
}

/* The slot that has the text, or the free one where it would be. */
static size_t find_slot(const text_table *table, const char *text, size_t size)
{
    size_t slot = (size_t)hash_text(text, size) & (table->slot_count - 1);
    while (table->slots[slot] != 0) {
        const text_row *row = &table->rows[table->slots[slot] - 1];
        if (row->size == size && memcmp(row->text, text, size) == 0)
            break;
        slot = (slot + 1) & (table->slot_count - 1);
    }
    return slot;
}

static ckl_status widen(text_table *table, ckl_error *err)
{
    if (table->count * 2 < table->slot_count)
        return CKL_OK;
    size_t wanted = table->slot_count == 0 ? 64 : table->slot_count * 2;
    uint32_t *slots = calloc(wanted, sizeof *slots);
    if (slots == NULL || table->count >= INT32_MAX / 2) {
        free(slots);
        return fail(err, CKL_NO_MEMORY, "out of memory");
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = wanted;
    for (size_t index = 0; index < table->count; index++) {
        const text_row *row = &table->rows[index];
        slots[find_slot(table, row->text, row->size)] = (uint32_t)index + 1;
    }
    return CKL_OK;
}

ckl_status text_intern(int32_t *out, bool *is_new, text_table *table, const char *text, size_t size,
                       ckl_error *err)
{
    ckl_status status = widen(table, err);
    if (status != CKL_OK)
        return status;
    size_t slot = find_slot(table, text, size);
    if (is_new != NULL)
        *is_new = table->slots[slot] == 0;
    if (table->slots[slot] != 0) {
        *out = (int32_t)table->slots[slot] - 1;
        return CKL_OK;
    }
    status = grow((void **)&table->rows, &table->capacity, table->count, sizeof *table->rows, err);
    char *copy = status == CKL_OK && size < UINT32_MAX / 8 ? malloc(size + 1) : NULL;
    if (copy == NULL)
        return status != CKL_OK ? status : fail(err, CKL_NO_MEMORY, "out of memory");
    memcpy(copy, text, size);
    copy[size] = '\0';
    table->rows[table->count] = (text_row){.text = copy,
                                           .size = (uint32_t)size,
                                           .cost = (uint32_t)page_text_cost(text, size),
                                           .number = -1,
                                           .weighed = -1};
    table->slots[slot] = (uint32_t)++table->count;
    *out = (int32_t)table->count - 1;
    return CKL_OK;
}

int32_t text_find(const text_table *table, const char *text)
{
    if (table->slot_count == 0)
        return -1;
    size_t slot = find_slot(table, text, strlen(text));
    return (int32_t)table->slots[slot] - 1;
}

void text_table_free(text_table *table)
{
    for (size_t index = 0; index < table->count; index++)
        free(table->rows[index].text);
    free(table->rows);
    free(table->slots);
    *table = (text_table){0};
}

/* ---- in the page ----------------------------------------------------------------------------- */

ckl_status report_word(int32_t *out, report *page, const char *text, ckl_error *err)
{
    char cut[WORD_MAX + 8];
    *out = -1;
    if (text == NULL || text[0] == '\0')
        return CKL_OK;
    size_t size = strlen(text);
    if (size > WORD_MAX) {
        size = WORD_MAX;
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
        size = (size_t)snprintf(cut, sizeof cut, "%.*s\u2026", (int)size, text);
        text = cut;
    }
    size_t cost = page_text_cost(text, size);
    if (page->word_bytes + cost > WORDS_MAX && text_find(&page->texts, text) < 0) {
        page->words_left_out++;
        return CKL_OK;
    }
    bool is_new = false;
    ckl_status status = text_intern(out, &is_new, &page->texts, text, size, err);
    page->word_bytes += is_new ? cost : 0;
    return status;
}

void page_number_of(report *page, int32_t text)
{
    if (text < 0) {
        fputs("-1", page->out);
        return;
    }
    text_row *row = &page->texts.rows[text];
    if (row->number < 0)
        row->number = page->text_count++;
    fprintf(page->out, "%lld", (long long)row->number);
}
