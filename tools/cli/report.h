/* report: owns what `ckl report` gathers before it becomes a page: texts, states, and for each
 * component a tree of contents in which each node holds what differs from the one above. Keeps
 * true: a text stands in the page once; what is left out for size is counted; nothing of the ledger
 * reaches the page other than escaped (page_text). */
#ifndef REPORT_H
#define REPORT_H

#include "command.h"

/* What keeps a page below 20 MB whatever the ledger holds. */
#define MOVES_MAX         15000   /* events that moved a head: the newest */
#define OTHERS_MAX        15000   /* dumps, checkpoints and the rest: the newest */
#define WORDS_MAX         1000000 /* bytes of reasons, names and notes */
#define WORD_MAX          500     /* bytes of one of them */
#define CONFIG_BYTES_MAX  1500000
#define MODEL_BYTES_MAX   1500000
#define SAMPLE_BYTES_MAX  5000000
#define METRIC_POINTS_MAX 120000
#define METRIC_LINES_MAX  1500
#define METRIC_MARKS_MAX  40000

/* ---- texts (cmd_report_text.c) --------------------------------------------------------------- */

typedef struct text_row {
    char *text;
    uint32_t size;
    uint32_t cost;   /* bytes that it takes in the page */
    int64_t number;  /* its place in the page; -1: it is not in it */
    int32_t weighed; /* the node that counted its cost last */
    bool is_chosen;  /* its cost is counted */
    bool is_touched; /* some change in the page is about it */
} text_row;

/* Texts by number, each once. All zero is an empty one. */
typedef struct text_table {
    text_row *rows;
    size_t count, capacity;
    uint32_t *slots; /* row + 1; 0: free */
    size_t slot_count;
} text_table;

/* *is_new may be NULL. */
ckl_status text_intern(int32_t *out, bool *is_new, text_table *table, const char *text, size_t size,
                       ckl_error *err);
/* -1 when it is not there. */
int32_t text_find(const text_table *table, const char *text);
void text_table_free(text_table *table);

/* JSON that may stand in a script element: <, >, &, U+2028, U+2029, control characters and what is
 * not UTF-8 are escaped. */
void page_text(FILE *out, const char *text, size_t size);
size_t page_text_cost(const char *text, size_t size);
/* Makes room for one more element. */
ckl_status grow(void **array, size_t *capacity, size_t count, size_t size, ckl_error *err);

/* ---- states and events (cmd_report_history.c) ------------------------------------------------ */

typedef enum part { PART_MODEL, PART_CONFIG, PART_DATA, PART_COUNT } part;

typedef struct report_state {
    int32_t nodes[PART_COUNT]; /* -1: absent */
    int32_t name, note;        /* texts, -1: none */
    int64_t checkpoints, total, discarded, tagged;
    bool dumped;
} report_state;

typedef struct report_event {
    int64_t seq, at_us, step;
    int32_t run, kind, state, from, actor, reason; /* texts and states; -1: none */
    bool superseded;
} report_event;

/* ---- contents (cmd_report_nodes.c) ----------------------------------------------------------- */

/* A name (configuration path, module, uid) and what it has from here on. */
typedef struct node_row {
    int32_t name, value; /* texts; value -1: it is not there */
    int32_t flag;        /* configuration: ignored; sample: discarded */
} node_row;

typedef struct report_node {
    int32_t parent;      /* -1: it holds all of its content */
    int32_t state, from; /* of which states it is read */
    node_row *rows;
    size_t row_count, row_capacity;
    size_t total;     /* rows in the ledger */
    bool has_touched; /* of a root: the rows that some change is about are all there */
    bool *is_chosen;  /* rows that are in the page; NULL: none of them */
    size_t chosen_count;
} report_node;

typedef struct report_tree {
    text_table segments; /* node by segment */
    report_node *nodes;
    size_t capacity;   /* nodes: as many as segments */
    size_t budget;     /* bytes */
    uint64_t left_out; /* rows */
} report_tree;

/* ---- the whole ------------------------------------------------------------------------------- */

typedef struct report {
    ckl_manager *manager;
    bool all_runs;
    int64_t point_limit;
    FILE *out;
    text_table texts;
    int32_t text_count; /* that are in the page */
    size_t word_bytes;
    text_table hashes; /* state by hash */
    report_state *states;
    size_t state_capacity; /* states: as many as hashes */
    report_event *events;
    size_t event_count, event_capacity;
    int64_t last_seq; /* what is later is not in the page */
    report_tree trees[PART_COUNT];
    uint64_t run_count, events_left_out, words_left_out;
    uint64_t value_count, point_count, lines_left_out, marks_left_out;
} report;

/* Words of people (a reason, a note), cut to WORD_MAX; -1 when there are none, or too many. */
ckl_status report_word(int32_t *out, report *page, const char *text, ckl_error *err);
/* Writes the number that a text has in the page; -1 where there is none. */
void page_number_of(report *page, int32_t text);

/* Each reads its part of the ledger, or writes it into the page as a member of an object. */
ckl_status report_read_history(report *page, ckl_error *err);
ckl_status report_write_runs(report *page, ckl_error *err);
void report_write_states(report *page);
void report_write_events(report *page);
/* Notes that the content of the states' `which` differs, where `state` is the first that has it. */
ckl_status report_add_node(report *page, part which, int32_t state, int32_t from, ckl_error *err);
ckl_status report_read_nodes(report *page, ckl_error *err);
void report_write_nodes(report *page, part which);
ckl_status report_write_metrics(report *page, ckl_error *err);
void report_free(report *page);

#endif
