/* graph: owns the lanes that are drawn before the lines of `log --graph`: newest first, one lane
 * for each line of states that has not come to its beginning. */
#ifndef GRAPH_H
#define GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct graph {
    int64_t *lanes; /* the event that each waits for; 0: free */
    size_t count, capacity;
    size_t node; /* the lane of the last node */
} graph;

/* Prints the lanes with a star where the event stands. False: out of memory. */
bool graph_put_node(graph *lanes, int64_t seq);
/* After its line: the lane waits for its parent now (0: it ends), and lanes that wait for the same
 * one are joined, with a line of their own. False: out of memory. */
bool graph_put_edges(graph *lanes, int64_t parent);
void graph_free(graph *lanes);

#endif
