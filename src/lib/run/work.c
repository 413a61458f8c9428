#include "run/work.h"

#include "base/options.h"

#include "network/load.h"

/* Scratch for reading masks. */
struct mask_reader {
    geosc_context *context;
    struct raw raw;
    struct load_scratch scratch;
    float *mask;
};

/* Reads the mask of an unposed image; false if there is none or it is unusable. */
static enum geosc_status read_mask(struct mask_reader *reader, const struct catalog *catalog, size_t image,
                                   bool *usable)
{
    enum geosc_pair_status found = GEOSC_PAIR_UNREADABLE;
    enum geosc_status status = GEOSC_OK;

    if (catalog_image(catalog, image)->pose[GEOSC_POSE_NONE].has_mask) {
        TRY(catalog_read_mask(reader->context, catalog, image, GEOSC_POSE_NONE, &reader->raw));
        TRY(load_mask(reader->context, &reader->raw, &reader->scratch, reader->mask, &found));
    }
done:
    *usable = found == GEOSC_PAIR_OK;
    return status;
}

static size_t cells_of(const float *mask, size_t cells)
{
    size_t count = 0;

    for (size_t i = 0; i < cells; i++)
        count += mask[i] > 0;
    return count;
}

static size_t area(const struct box *box)
{
    return (box->y1 - box->y0) * (box->x1 - box->x0);
}

/* Finds the maps that an image needs as a source. */
static void count_maps(const struct work *work, size_t image)
{
    const struct image_set *set = catalog_image(work->catalog, image);

    for (size_t q = 0; q < work->options->pose_count; q++) {
        enum geosc_pose pose = work->options->poses[q];
        bool own = pose != GEOSC_POSE_NONE && plan_origin(set, work->options, work->tells_poses, pose) != ORIGIN_ALIAS;
        work->posed_maps[image] += own;
        work->plain_candidate[image] |= !own;
    }
}

/* Counts the cells of one image, and the work of its maps. */
static enum geosc_status weigh_image(struct mask_reader *reader, const geosc_model *model,
                                     const struct queries *queries, size_t image, struct work *work)
{
    enum geosc_status status = GEOSC_OK;
    const struct features *plain = &catalog_image(work->catalog, image)->pose[GEOSC_POSE_NONE];
    size_t cells = plain->height * plain->width, part = cells;
    double per_cell = model ? model_work(model) : (double)work->catalog->channels;
    bool usable = false;

    if (queries->sources[image] || work->options->restrict_target)
        TRY(read_mask(reader, work->catalog, image, &usable));
    count_maps(work, image);
    work->masked[image] = usable ? cells_of(reader->mask, cells) : cells;
    work->matched[image] = options_restrict_for(work->options, GEOSC_RESTRICT_IMD) ? work->masked[image] : cells;
    if (usable && work->tells_poses) {
        struct box asked = box_join(box_mask(reader->mask, plain->height, plain->width), queries->boxes[image]);
        asked = box_grow(asked, model_reach(model), plain->height, plain->width);
        part = area(&asked);
    }
    work->part[image] = part;
    work->whole[image] = queries->targets[image] ? cells : part;
    work->posed[image] = per_cell * (double)part;
    work->plain[image] = per_cell * (double)work->whole[image];
done:
    return status;
}

enum geosc_status work_create(geosc_context *context, const struct catalog *catalog,
                              const struct geosc_options *options, const geosc_model *model,
                              const struct queries *queries, struct work *work)
{
    enum geosc_status status;
    struct mask_reader reader = {.context = context};
    size_t most = 0;

    *work = (struct work){.catalog = catalog,
                          .options = options,
                          .tells_poses = model_tells_poses(model),
                          .channels = model_outputs(model, catalog->channels)};
    for (size_t s = 0; s < catalog->set_count; s++) {
        const struct features *plain = &catalog->sets[s].pose[GEOSC_POSE_NONE];
        if (plain->height * plain->width > most)
            most = plain->height * plain->width;
    }
    TRY(memory_allocate(context, &reader.mask, most, sizeof(float), "a mask"));
    TRY(memory_allocate_zero(context, &work->posed_maps, catalog->images, 1, "the work of images"));
    TRY(memory_allocate_zero(context, &work->plain_candidate, catalog->images, sizeof(bool), "the work of images"));
    TRY(memory_allocate(context, &work->plain, catalog->images, sizeof(double), "the work of images"));
    TRY(memory_allocate(context, &work->posed, catalog->images, sizeof(double), "the work of images"));
    TRY(memory_allocate(context, &work->whole, catalog->images, sizeof(size_t), "the work of images"));
    TRY(memory_allocate(context, &work->part, catalog->images, sizeof(size_t), "the work of images"));
    TRY(memory_allocate(context, &work->masked, catalog->images, sizeof(size_t), "the work of images"));
    TRY(memory_allocate(context, &work->matched, catalog->images, sizeof(size_t), "the work of images"));
    for (size_t i = 0; i < catalog->images; i++) {
        TRY(check_stop(context));
        TRY(weigh_image(&reader, model, queries, i, work));
    }
done:
    raw_free(&reader.raw);
    load_scratch_free(&reader.scratch);
    memory_free(reader.mask);
    return status;
}

void work_free(struct work *work)
{
    memory_free(work->posed_maps);
    memory_free(work->plain_candidate);
    memory_free(work->plain);
    memory_free(work->posed);
    memory_free(work->whole);
    memory_free(work->part);
    memory_free(work->masked);
    memory_free(work->matched);
    *work = (struct work){0};
}

static bool is_posed(const struct plan_read *read, const struct plan_make *make)
{
    return read->stored != GEOSC_POSE_NONE || make->pose != GEOSC_POSE_NONE;
}

size_t work_cells(const struct work *work, const struct plan_read *read, const struct plan_make *make)
{
    return (is_posed(read, make) ? work->part : work->whole)[read->image];
}

double work_score(const struct work *work, size_t pair)
{
    const struct catalog *catalog = work->catalog;
    size_t source = catalog->source[pair];
    double candidates = (double)work->posed_maps[source] + work->plain_candidate[source];

    if (work->options->imd == GEOSC_IMD_NONE)
        return 0;
    return candidates * (double)work->masked[source] * (double)work->matched[catalog->target[pair]] *
           (double)work->channels;
}

double work_match(const struct work *work, size_t pair)
{
    const struct catalog *catalog = work->catalog;
    size_t queries = catalog->keypoints ? catalog->keypoints : work->masked[catalog->source[pair]];

    return (double)queries * (double)work->matched[catalog->target[pair]] * (double)work->channels;
}

void work_add_pair(const struct work *work, size_t pair, struct work_sum *sum)
{
    sum->score += work_score(work, pair);
    sum->match += work_match(work, pair);
}

void work_add_read(const struct work *work, const struct plan *plan, size_t read, struct work_sum *sum)
{
    const struct plan_read *of = &plan->reads[read];

    sum->reads++;
    sum->maps += of->make_count;
    for (size_t m = of->first_make; m < of->first_make + of->make_count; m++)
        sum->refine += (is_posed(of, &plan->makes[m]) ? work->posed : work->plain)[of->image];
}
