/* Completions for bash, zsh and fish: commands, their options, files, and, asked of the ledger at
 * hand, runs and names. */
#include <string.h>

#include "pages.h"

static const char GLOBALS[] = "-C --run --json --format --no-pager --private --help --version";

/* ---- bash ------------------------------------------------------------------------------------ */

static void write_bash(const char *folder)
{
    FILE *page = open_page(folder, "ckl.bash");
    fputs(
        "# bash completion for ckl\n_ckl()\n{\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command= options= index\n"
        "    COMPREPLY=()\n"
        "    for ((index = 1; index < COMP_CWORD; index++)); do\n"
        "        case ${COMP_WORDS[index]} in\n"
        "        -C|--run|--format) ((index++)) ;;\n"
        "        -*) ;;\n"
        "        *) command=${COMP_WORDS[index]}; break ;;\n"
        "        esac\n"
        "    done\n"
        "    case $before in\n"
        "    -C) mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return ;;\n"
        "    --format) mapfile -t COMPREPLY < <(compgen -W 'table csv tsv jsonl md' -- \"$word\")\n"
        "        return ;;\n"
        "    --run) mapfile -t COMPREPLY < <(compgen -W \"$(ckl runs --format tsv 2>/dev/null |\n"
        "        tail -n +2 | cut -f1)\" -- \"$word\"); return ;;\n",
        page);
    fputs("    esac\n    case $command in\n", page);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        fprintf(page, "    %s) options='", each->name);
        for (int index = 0; index < OPTION_MAX && each->options[index].name != NULL; index++)
            fprintf(page, "%s ", each->options[index].name);
        fputs("' ;;\n", page);
    }
    fputs("    esac\n    if [ -z \"$command\" ]; then\n        options='", page);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each))
        fprintf(page, "%s ", each->name);
    fprintf(page,
            "'\n        case $word in -*) options='%s' ;; esac\n"
            "    elif [[ $word = -* ]]; then\n        options=\"$options %s\"\n"
            "    else\n"
            "        options=$(ckl name --format tsv 2>/dev/null | tail -n +2 | cut -f2)\n"
            "        mapfile -t COMPREPLY < <(compgen -f -W \"$options\" -- \"$word\"); return\n"
            "    fi\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
            "}\ncomplete -o filenames -F _ckl ckl\n",
            GLOBALS, GLOBALS);
    close_page(page, "ckl.bash");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

/* In single quotes, where a colon and brackets mean something to _arguments. */
static void put_zsh(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", page);
        else if (strchr("[]:\\", *text) != NULL)
            fprintf(page, "\\%c", *text);
        else
            fputc(*text, page);
    }
}

static void put_zsh_option(FILE *page, const option_spec *option)
{
    fprintf(page, "            '%s%s[", option->repeats ? "*" : "", option->name);
    put_zsh(page, option->help);
    fputc(']', page);
    if (option->value != NULL)
        fprintf(page, ":%s:%s", option->value, strcmp(option->value, "FILE") == 0 ? "_files" : " ");
    fputs("' \\\n", page);
}

static void write_zsh(const char *folder)
{
    FILE *page = open_page(folder, "_ckl");
    fputs("#compdef ckl\n# zsh completion for ckl\n_ckl() {\n"
          "    local context state state_descr line\n    typeset -A opt_args\n"
          "    _arguments -C \\\n"
          "        '-C[the root folder]:root:_files -/' \\\n"
          "        '--run[the line of history]:run:"
          "($(ckl runs --format tsv 2>/dev/null | tail -n +2 | cut -f1))' \\\n"
          "        '--json[one JSON object on standard output]' \\\n"
          "        '--format[how rows are printed]:format:(table csv tsv jsonl md)' \\\n"
          "        '--no-pager[do not page]' '--private[only for the owner]' \\\n"
          "        '--help[help]' '--version[version]' \\\n"
          "        '1:command:->command' '*::argument:->argument'\n"
          "    case $state in\n    command)\n        local -a commands=(\n",
          page);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        fprintf(page, "            '%s:", each->name);
        put_zsh(page, each->summary);
        fputs("'\n", page);
    }
    fputs("        )\n        _describe command commands ;;\n    argument)\n"
          "        case $words[1] in\n",
          page);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        fprintf(page, "        %s) _arguments \\\n", each->name);
        for (int index = 0; index < OPTION_MAX && each->options[index].name != NULL; index++)
            put_zsh_option(page, &each->options[index]);
        fputs("            '*:argument:_files' ;;\n", page);
    }
    fputs("        esac ;;\n    esac\n}\n_ckl \"$@\"\n", page);
    close_page(page, "_ckl");
}

/* ---- fish ------------------------------------------------------------------------------------ */

static void put_fish(FILE *page, const char *text)
{
    fputc('\'', page);
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', page);
        fputc(*text, page);
    }
    fputc('\'', page);
}

static void write_fish(const char *folder)
{
    FILE *page = open_page(folder, "ckl.fish");
    fputs("# fish completion for ckl\n"
          "complete -c ckl -s C -r -F -d 'the root folder'\n"
          "complete -c ckl -l run -x -d 'the line of history' -a "
          "'(ckl runs --format tsv 2>/dev/null | tail -n +2 | cut -f1)'\n"
          "complete -c ckl -l json -d 'one JSON object on standard output'\n"
          "complete -c ckl -l format -x -a 'table csv tsv jsonl md' -d 'how rows are printed'\n"
          "complete -c ckl -l no-pager -d 'do not page'\n"
          "complete -c ckl -l private -d 'only for the owner'\n"
          "complete -c ckl -l help -d help\ncomplete -c ckl -l version -d version\n",
          page);
    for (const command *each = next_command(NULL); each != NULL; each = next_command(each)) {
        fprintf(page, "complete -c ckl -n __fish_use_subcommand -f -a %s -d ", each->name);
        put_fish(page, each->summary);
        fputc('\n', page);
        for (int index = 0; index < OPTION_MAX && each->options[index].name != NULL; index++) {
            const option_spec *option = &each->options[index];
            fprintf(page, "complete -c ckl -n '__fish_seen_subcommand_from %s' -l %s%s -d ",
                    each->name, option->name + 2, option->value == NULL ? "" : " -r");
            put_fish(page, option->help);
            fputc('\n', page);
        }
    }
    close_page(page, "ckl.fish");
}

void write_completions(const char *folder)
{
    write_bash(folder);
    write_zsh(folder);
    write_fish(folder);
}
