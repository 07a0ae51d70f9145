/* pages: owns what is made from the table of commands, the schema and the headers beside the help:
 * manual pages and completions. Runs at build time; what it prints is said once, where the command
 * says it. */
#ifndef PAGES_H
#define PAGES_H

#include <stdio.h>

#include "command.h"

/* Text in roff: nothing of it is a request or an escape. */
void put_roff(FILE *out, const char *text);
/* Opens FOLDER/NAME for writing; ends the program when it cannot. */
FILE *open_page(const char *folder, const char *name);
void close_page(FILE *page, const char *name);

void write_command_pages(const char *folder); /* ckl.1, ckl-COMMAND.1 */
void write_ledger_page(const char *folder);   /* ckl-ledger.5 */
void write_completions(const char *folder);   /* ckl.bash, _ckl, ckl.fish */
/* libckl.3, libckl-HEADER.3, ckl_FUNCTION.3; the paths of the headers end with a NULL. */
void write_api_pages(const char *folder, char **headers);

#endif
