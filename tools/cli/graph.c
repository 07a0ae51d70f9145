#include "graph.h"

#include <stdio.h>
#include <stdlib.h>

/* The lane that waits for `seq`, or a free one. SIZE_MAX: out of memory. */
static size_t find_lane(graph *lanes, int64_t seq)
{
    for (size_t lane = 0; lane < lanes->count; lane++) {
        if (lanes->lanes[lane] == seq)
            return lane;
    }
    for (size_t lane = 0; lane < lanes->count; lane++) {
        if (lanes->lanes[lane] == 0)
            return lane;
    }
    if (lanes->count == lanes->capacity) {
        size_t capacity = lanes->capacity == 0 ? 8 : lanes->capacity * 2;
        int64_t *grown = realloc(lanes->lanes, capacity * sizeof *grown);
        if (grown == NULL)
            return SIZE_MAX;
        lanes->lanes = grown;
        lanes->capacity = capacity;
    }
    return lanes->count++;
}

bool graph_put_node(graph *lanes, int64_t seq)
{
    size_t node = find_lane(lanes, seq);
    if (node == SIZE_MAX)
        return false;
    lanes->lanes[node] = seq;
    lanes->node = node;
    for (size_t lane = 0; lane < lanes->count; lane++)
        fputs(lane == node ? "* " : lanes->lanes[lane] != 0 ? "| " : "  ", stdout);
    return true;
}

/* Two lanes that wait for one state become one: the right one bends to the left. */
static void put_join(graph *lanes, size_t left, size_t right)
{
    for (size_t lane = 0; lane < lanes->count; lane++) {
        bool bends = lane > left && lane <= right;
        if (lane == right)
            fputs("/ ", stdout);
        else if (lanes->lanes[lane] != 0)
            fputs(bends ? "|_" : lane == left ? "|" : "| ", stdout);
        else
            fputs(bends ? "_" : "  ", stdout);
        if (lane == left)
            fputs(left + 1 == right ? "" : "_", stdout);
    }
    fputc('\n', stdout);
    lanes->lanes[right] = 0;
}

bool graph_put_edges(graph *lanes, int64_t parent)
{
    size_t node = lanes->node;
    lanes->lanes[node] = 0;
    for (size_t lane = 0; parent != 0 && lane < lanes->count; lane++) {
        if (lanes->lanes[lane] != parent)
            continue;
        lanes->lanes[node] = parent;
        put_join(lanes, lane < node ? lane : node, lane < node ? node : lane);
        parent = 0;
    }
    if (parent != 0)
        lanes->lanes[node] = parent;
    while (lanes->count > 0 && lanes->lanes[lanes->count - 1] == 0)
        lanes->count--;
    return true;
}

void graph_free(graph *lanes)
{
    free(lanes->lanes);
    *lanes = (graph){0};
}
