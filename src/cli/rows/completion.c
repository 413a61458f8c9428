#include "rows/completion.h"

#include <string.h>

#include "rows/help.h"

enum { SENTENCE = 200 };

const char *completion_shell(int shell)
{
    static const char *const names[] = {"bash", "zsh", "fish"};

    return shell >= 0 && (size_t)shell < sizeof names / sizeof *names ? names[shell] : NULL;
}

/* ---- words --------------------------------------------------------------------------------------- */

static bool takes_file(const struct option *option)
{
    return option->argument && strcmp(option->argument, "FILE") == 0;
}

static bool has_choices(const struct option *option)
{
    return option->choice != NULL;
}

/* The first sentence or clause of a text, without quotes and characters that are special in shells. */
static const char *sentence(const char *help, char out[SENTENCE])
{
    size_t used = 0;

    for (; *help && used + 1 < SENTENCE && !(*help == '.' && (help[1] == ' ' || help[1] == 0)) && *help != ';' &&
           *help != ':';
         help++)
        if (!strchr("'\"`$\\[]", *help))
            out[used++] = *help;
    out[used] = 0;
    return out;
}

static void print_choices(FILE *out, const struct option *option)
{
    for (int i = 0; option->choice(i); i++)
        fprintf(out, "%s%s", i ? " " : "", option->choice(i));
}

/* Prints the arguments of `geosc help`: commands and topics. */
static void print_subjects(FILE *out, const struct command *const *commands)
{
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "%s%s", i ? " " : "", commands[i]->name);
    for (size_t i = 0; topics[i].name; i++)
        fprintf(out, " %s", topics[i].name);
}

/* ---- bash ---------------------------------------------------------------------------------------- */

static void print_bash_values(FILE *out, const struct command *command)
{
    for (const struct option *option = command->options; option->name; option++) {
        if (!has_choices(option))
            continue;
        fprintf(out, "    %s:--%s) words='", command->name, option->name);
        print_choices(out, option);
        fputs("' ;;\n", out);
    }
}

/* Options whose argument is neither a file nor a choice: no completion. */
static void print_bash_free(FILE *out, const struct command *command)
{
    for (const struct option *option = command->options; option->name; option++) {
        if (!option->argument || takes_file(option) || has_choices(option))
            continue;
        fprintf(out, "    %s:--%s", command->name, option->name);
        if (option->letter)
            fprintf(out, "|%s:-%c", command->name, option->letter);
        fputs(") return ;;\n", out);
    }
}

static void print_bash(FILE *out, const struct command *const *commands)
{
    fputs(
        "# bash completion for geosc, made by: geosc help --completion bash\n"
        "_geosc() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
        "    COMPREPLY=()\n"
        "    if test \"$COMP_CWORD\" -eq 1; then\n"
        "        COMPREPLY=($(compgen -W '",
        out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "%s ", commands[i]->name);
    fputs("--help --version' -- \"$word\"))\n"
          "        return\n"
          "    fi\n"
          "    # The shell splits --option=value in three words.\n"
          "    if test \"$word\" = '='; then\n"
          "        word=\n"
          "    elif test \"$before\" = '='; then\n"
          "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    fi\n"
          "    case $command:$before in\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        print_bash_values(out, commands[i]);
        print_bash_free(out, commands[i]);
    }
    fputs("    esac\n"
          "    if test -z \"$words\" && test \"${word#-}\" != \"$word\"; then\n"
          "        case $command in\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "        %s) words='", commands[i]->name);
        for (const struct option *option = commands[i]->options; option->name; option++)
            fprintf(out, "%s--%s", option == commands[i]->options ? "" : " ", option->name);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n"
          "    elif test -z \"$words\" && test \"$command\" = help; then\n"
          "        words='",
          out);
    print_subjects(out, commands);
    fputs("'\n"
          "    fi\n"
          "    # Without words, -o default completes file names.\n"
          "    test -z \"$words\" || COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -o default -F _geosc geosc\n",
          out);
}

/* ---- zsh ----------------------------------------------------------------------------------------- */

static void print_zsh_option(FILE *out, const struct option *option)
{
    char help[SENTENCE];

    fputs("            ", out);
    if (option->letter)
        fprintf(out, "'(-%c --%s)'{-%c,--%s%s}", option->letter, option->name, option->letter, option->name,
                option->argument ? "=" : "");
    else
        fprintf(out, "'--%s%s'", option->name, option->argument ? "=" : "");
    fprintf(out, "'[%s]", sentence(option->help, help));
    if (takes_file(option)) {
        fprintf(out, ":%s:_files", option->argument);
    } else if (has_choices(option)) {
        fprintf(out, "%s%s:(", option->type->takes ? "::" : ":", option->argument);
        print_choices(out, option);
        fputc(')', out);
    } else if (option->argument) {
        fprintf(out, "%s%s:", option->type->takes ? "::" : ":", option->argument);
    }
    fputs("' \\\n", out);
}

static void print_zsh(FILE *out, const struct command *const *commands)
{
    char summary[SENTENCE];

    fputs("#compdef geosc\n"
          "# zsh completion for geosc, made by: geosc help --completion zsh\n"
          "_geosc() {\n"
          "    local curcontext=$curcontext state line\n"
          "    local -a commands=(\n",
          out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "        '%s:%s'\n", commands[i]->name, sentence(commands[i]->summary, summary));
    fputs("    )\n"
          "    if (( CURRENT == 2 )); then\n"
          "        _describe -t commands 'geosc command' commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    shift words\n"
          "    (( CURRENT-- ))\n"
          "    case $command in\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    %s)\n        _arguments -s \\\n", commands[i]->name);
        for (const struct option *option = commands[i]->options; option->name; option++)
            print_zsh_option(out, option);
        if (strcmp(commands[i]->name, "help") == 0) {
            fputs("            '*:subject:(", out);
            print_subjects(out, commands);
            fputs(")' ;;\n", out);
        } else {
            fputs("            '*:file:_files' ;;\n", out);
        }
    }
    fputs("    esac\n"
          "}\n"
          "if [[ $funcstack[1] = _geosc ]]; then\n"
          "    _geosc \"$@\"\n"
          "else\n"
          "    compdef _geosc geosc\n"
          "fi\n",
          out);
}

/* ---- fish ---------------------------------------------------------------------------------------- */

static void print_fish_option(FILE *out, const struct command *command, const struct option *option)
{
    char help[SENTENCE];

    fprintf(out, "complete -c geosc -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter)
        fprintf(out, " -s %c", option->letter);
    if (takes_file(option)) {
        fputs(" -r -F", out);
    } else if (has_choices(option)) {
        fputs(option->type->takes ? " -f -a '" : " -x -a '", out);
        print_choices(out, option);
        fputc('\'', out);
    } else if (option->argument) {
        fputs(option->type->takes ? " -f" : " -x", out);
    }
    fprintf(out, " -d '%s'\n", sentence(option->help, help));
}

static void print_fish(FILE *out, const struct command *const *commands)
{
    char summary[SENTENCE];

    fputs("# fish completion for geosc, made by: geosc help --completion fish\n", out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "complete -c geosc -n __fish_use_subcommand -f -a %s -d '%s'\n", commands[i]->name,
                sentence(commands[i]->summary, summary));
    fputs("complete -c geosc -n __fish_use_subcommand -l version -d 'version, compiler, libraries, instruction sets'\n"
          "complete -c geosc -n __fish_use_subcommand -l help -d 'help'\n"
          "complete -c geosc -n '__fish_seen_subcommand_from help' -f -a '",
          out);
    print_subjects(out, commands);
    fputs("'\n", out);
    for (size_t i = 0; commands[i]; i++)
        for (const struct option *option = commands[i]->options; option->name; option++)
            print_fish_option(out, commands[i], option);
}

void completion_print(FILE *out, const struct command *const *commands, int shell)
{
    static void (*const prints[])(FILE *, const struct command *const *) = {print_bash, print_zsh, print_fish};

    prints[shell](out, commands);
}
