/* pages_header: owns the public headers as the pages of section 3 need them: what is declared, with
 * the comment before it. Everything is a piece of a header's text, which is kept to the end. */
#ifndef PAGES_HEADER_H
#define PAGES_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of a header; length 0: nothing. */
typedef struct piece {
    const char *start;
    size_t length;
} piece;

typedef enum entry_kind { ENTRY_SECTION, ENTRY_TYPE, ENTRY_FUNCTION } entry_kind;
typedef struct entry {
    entry_kind kind;
    size_t header; /* its number in HEADERS */
    piece name;    /* of a section its title */
    piece text;    /* the declaration, without CKL_API */
    size_t indent; /* of its lines after the first: what CKL_API takes */
    piece about;   /* the comment before it; functions without a gap between them share one */
    bool has_body; /* a type of which the members are told */
    size_t leader; /* the number of the first function that shares the comment */
} entry;
#define NO_ENTRY ((size_t)-1) /* the number of none */

typedef struct header {
    const char *path;
    piece name;  /* "manager" of include/ckl/manager.h */
    piece about; /* its first comment */
} header;

extern header HEADERS[32];
extern size_t HEADER_COUNT;
extern entry ENTRIES[1024];
extern size_t ENTRY_COUNT;

/* Adds a header and what it declares; ends the program when it cannot be read. */
void read_header(const char *path);
bool same_text(piece first, piece second);
/* The comment without its frame, with line ends, without references to the design and the guide.
 * Valid until the next call. */
const char *comment_text(piece comment);

#endif
