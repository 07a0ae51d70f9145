/* schema: the SQL of schema/, embedded at build time (tools/embed.cmake). */
#ifndef SCHEMA_H
#define SCHEMA_H

typedef struct schema_file {
    const char *name; /* without ".sql"; NULL ends the table */
    const char *sql;
} schema_file;

extern const schema_file schema_files[];

#endif
