/* journal_overhead: the journal's share of a run's wall time, measured around each of its calls, in the working
 * folder. This should be on a disk: elsewhere, fsync costs nothing. Linked with --wrap for these calls. */
#include "base/clock.h"
#include "base/options.h"
#include "results/journal.h"
#include "tools/synth.h"

#include <stdio.h>
#include <unistd.h>

static double spent;   /* seconds in calls of the journal */
static double syncing; /* of them, in fsync */
static bool inside;
static unsigned syncs;

int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    double since = clock_seconds(), took;
    int result = __real_fsync(fd);

    took = clock_seconds() - since;
    syncs += inside;
    syncing += inside ? took : 0;
    return result;
}

/* Defines __wrap_NAME, which takes and forwards the same arguments. */
#define TIMED(name, parameters, arguments)                  \
    enum geosc_status __real_##name parameters;             \
    enum geosc_status __wrap_##name parameters;             \
    enum geosc_status __wrap_##name parameters              \
    {                                                       \
        double since = clock_seconds();                     \
        inside = true;                                      \
        enum geosc_status status = __real_##name arguments; \
        inside = false;                                     \
        clock_lap(&since, &spent);                          \
        return status;                                      \
    }

TIMED(journal_lock,
      (geosc_context * context, const char *output, const struct geosc_options *options, struct journal **journal),
      (context, output, options, journal))
TIMED(journal_load,
      (geosc_context * context, struct journal *journal, const struct fingerprint *fingerprint, struct results *results,
       bool *done, size_t *resumed),
      (context, journal, fingerprint, results, done, resumed))
TIMED(journal_append, (geosc_context * context, struct journal *journal, const struct results *results, size_t pair),
      (context, journal, results, pair))
TIMED(journal_end, (geosc_context * context, struct journal *journal), (context, journal))
TIMED(journal_remove, (geosc_context * context, struct journal *journal), (context, journal))

/* A data set of so many pairs and images, and what is said of it. */
struct load {
    const char *name;
    size_t pairs, images, channels, side;
};

static const struct load loads[] = {
    {"pairs of 16 x 8 x 8", 4000, 200, 16, 8},
    {"pairs of 64 x 16 x 16", 2000, 100, 64, 16},
    {"pairs of 1536 x 60 x 60", 24, 6, 1536, 60},
};

static const char input[] = "journal_overhead.in.h5", model[] = "journal_overhead.model.h5",
                  output[] = "journal_overhead.out.h5";

static enum geosc_status run(geosc_context *context, const struct load *load)
{
    struct synth_options synth;
    struct geosc_options options;
    struct geosc_summary summary;
    enum geosc_status status;

    synth_options_init(&synth);
    synth.pairs = load->pairs;
    synth.images = load->images;
    synth.channels = load->channels;
    synth.height = synth.width = load->side;
    synth.layout = SYNTH_INDEXED;
    synth.force = true;
    TRY(synth_write(context, input, model, &synth));
    spent = syncing = 0;
    syncs = 0;
    geosc_options_init(&options);
    options.force = options.restart = true;
    TRY(geosc_match_file(context, input, model, output, &options, &summary));
    printf("%-24s %6zu %9.2f %10.3f %11.1f %6u %9.4f %9.3f %%\n", load->name, load->pairs, summary.seconds,
           1e3 * summary.seconds / (double)load->pairs, 1e6 * (spent - syncing) / (double)load->pairs, syncs, syncing,
           100 * spent / summary.seconds);
    fflush(stdout);
done:
    if (status != GEOSC_OK)
        fprintf(stderr, "%s\n", geosc_message(context));
    return status;
}

int main(void)
{
    geosc_context *context = geosc_create();
    int failed = !context;

    printf("%-24s %6s %9s %10s %11s %6s %9s %11s\n", "journal", "pairs", "wall s", "ms a pair", "us written", "fsyncs",
           "s in them", "of the wall");
    for (size_t i = 0; !failed && i < sizeof loads / sizeof *loads; i++)
        failed = run(context, &loads[i]) != GEOSC_OK;
    unlink(input);
    unlink(model);
    unlink(output);
    geosc_destroy(context);
    return failed;
}
