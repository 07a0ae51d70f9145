/* What the tables of commands share; a row without a name ends each. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "command.h"

#define REASON                                                                                     \
    {                                                                                              \
        "--reason", "TEXT", "why, for the history", false                                          \
    }

extern const command RECORD_COMMANDS[], ASK_COMMANDS[], KEEP_COMMANDS[];

#endif
