/* pages_comment: owns how a comment of a header becomes roff: paragraphs, lists, examples, and what
 * can fail. */
#ifndef PAGES_COMMENT_H
#define PAGES_COMMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The first sentence, in one line, without its full stop. */
void put_summary(FILE *page, const char *text);
/* All but what follows "Errors:". False when there was nothing. */
bool put_description(FILE *page, const char *text);
/* What follows "Errors:"; false, and nothing is put, when there is none. */
bool put_errors(FILE *page, const char *text);
/* `length` bytes as they are, in roff. */
void put_span(FILE *page, const char *start, size_t length);

#endif
