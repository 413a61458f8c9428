# The command: linked with core, so that ./geosc is a real program. Its parts are a library, for the tests.
bin_PROGRAMS = geosc
geosc_SOURCES = %D%/main.c
geosc_CPPFLAGS = $(COMMAND_CPPFLAGS)
geosc_LDADD = libcommand.la libdraw.la libgeosc_core.la
noinst_LTLIBRARIES += libcommand.la
libcommand_la_SOURCES = \
	%D%/system/environment.c %D%/system/environment.h %D%/system/file_out.c %D%/system/file_out.h %D%/system/message.c \
	%D%/system/message.h %D%/system/probe.c %D%/system/probe.h %D%/system/signals.c %D%/system/signals.h %D%/system/slurm.c \
	%D%/system/slurm.h \
	%D%/rows/arguments.c %D%/rows/arguments.h %D%/rows/command.h %D%/rows/completion.c %D%/rows/completion.h %D%/rows/help.c \
	%D%/rows/help.h %D%/rows/manual.c %D%/rows/rows.h %D%/rows/topics.c %D%/rows/topics.h \
	%D%/show/base64.c %D%/show/base64.h %D%/show/blend_page.c %D%/show/blend_page.h %D%/show/csv.c %D%/show/csv.h %D%/show/eval_csv.c \
	%D%/show/eval_json.c %D%/show/eval_table.c %D%/show/eval_table.h %D%/show/eval_text.c \
	%D%/show/json.c %D%/show/json.h %D%/show/matched.c %D%/show/matched.h %D%/show/page.c %D%/show/page.h %D%/show/points.c %D%/show/points.h \
	%D%/show/print_eval.h %D%/show/print_plan.c %D%/show/print_plan.h %D%/show/progress.c %D%/show/progress.h \
	%D%/show/report_columns.c %D%/show/report_columns.h %D%/show/report_data.c %D%/show/report_data.h %D%/show/report_gallery.c \
	%D%/show/report_gallery.h %D%/show/report_page.h %D%/show/report_source.h %D%/show/summary.c %D%/show/summary.h \
	%D%/commands/cmd_bench.c %D%/commands/cmd_eval.c %D%/commands/cmd_help.c %D%/commands/cmd_inspect.c %D%/commands/cmd_match.c \
	%D%/commands/cmd_merge.c %D%/commands/cmd_render.c %D%/commands/cmd_report.c %D%/commands/cmd_synth.c %D%/commands/commands.h
libcommand_la_CPPFLAGS = $(COMMAND_CPPFLAGS)
nodist_libcommand_la_SOURCES = %D%/show/blend_html.c %D%/show/report_page.c

# The report's page: its files as C strings. The modules of its script become one, in an order in which each follows what it imports.
report_js = $(addsuffix .js,data elements state pairs marks charts table view gallery plots groups main)
report_files = data/report/report.html data/report/report.css $(addprefix data/report/,$(report_js))
%D%/show/report_page.c: $(report_files) data/report/lines.sed
	$(AM_V_GEN)$(MKDIR_P) %D%/show && { echo '#include "show/report_page.h"'; \
	    for kind in html css js; do \
	        echo "const char *const report_$$kind[] = {"; \
	        for file in $(report_files); do \
	            case $$file in *.$$kind) sed -f $(srcdir)/data/report/lines.sed $(srcdir)/$$file ;; esac; \
	        done; \
	        echo '    0};'; \
	    done; } >$@.new && mv $@.new $@
CLEANFILES += %D%/show/report_page.c
# So is the page that render --format html writes.
%D%/show/blend_html.c: data/blend/blend.html data/report/lines.sed
	$(AM_V_GEN)$(MKDIR_P) %D%/show && { echo '#include "show/page.h"'; echo 'const char *const blend_html[] = {'; \
	    sed -f $(srcdir)/data/report/lines.sed $(srcdir)/data/blend/blend.html; echo '    0};'; \
	} >$@.new && mv $@.new $@
CLEANFILES += %D%/show/blend_html.c

dist_man1_MANS = $(wildcard $(srcdir)/man/*.1)
dist_man5_MANS = man/geosc-files.5
dist_man7_MANS = man/geosc-cluster.7
# What shells need to complete geosc's command lines: made from the option rows, as the man pages are.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = data/completion/geosc
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = data/completion/_geosc
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = data/completion/geosc.fish

# What is made from the rows of commands and options: man pages, completions, the kinds of IMD in docs/computation.md.
EXTRA_DIST += man/update
update-man: geosc$(EXEEXT)
	$(srcdir)/man/update ./geosc$(EXEEXT) $(srcdir) $(srcdir)
.PHONY: update-man
