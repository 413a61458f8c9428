# geosc on many machines by Snakemake: an input's pairs in shards, and the merge, which has the bytes of a single run.
#
#   include: "PREFIX/share/geosc/snakemake/geosc.smk"
#
# with, in the configuration:
#
#   geosc:
#     pairs: pairs.h5
#     model: model.h5             # optional
#     matches: results/matches.h5
#     shards: 32
#     threads: 8                  # for each shard
#     mem_mb: 8000                # for each shard
#     options: "--preset geoaware"  # of geosc match; optional
#
# Targets: the matches; geosc_evaluation, their PCK (results/matches.json), if the input has ground truth. Whatever ends a shard's job,
# its journal stays, and the next attempt goes on from there: with retries at once, or when Snakemake is started again.
geosc = config["geosc"]
geosc_shards = int(geosc.get("shards", 1))
geosc_stem = geosc["matches"].removesuffix(".h5")


localrules:
    geosc_evaluation,


rule geosc_match:
    input:
        pairs=geosc["pairs"],
        model=geosc.get("model") or [],
    output:
        temp(f"{geosc_stem}.part-{{shard}}-of-{geosc_shards}.h5"),
    log:
        f"{geosc_stem}.part-{{shard}}-of-{geosc_shards}.log",
    params:
        shard=lambda wildcards: f"{wildcards.shard}/{geosc_shards}",
        extra=geosc.get("options", ""),
    threads: int(geosc.get("threads", 1))
    resources:
        mem_mb=int(geosc.get("mem_mb", 4000)),
    retries: int(geosc.get("retries", 3))
    conda:
        "match/environment.yaml"
    script:
        "match/wrapper.py"


rule geosc_merge:
    input:
        expand(rules.geosc_match.output, shard=range(geosc_shards)),
    output:
        geosc["matches"],
    log:
        f"{geosc_stem}.log",
    conda:
        "match/environment.yaml"
    # 3: done, but some pairs have no answer, as each shard's log says.
    shell:
        "geosc merge -o {output:q} {input:q} >{log:q} 2>&1 || {{ status=$?; test $status = 3 || exit $status; }}"


rule geosc_evaluation:
    input:
        pairs=geosc["pairs"],
        matches=geosc["matches"],
    output:
        f"{geosc_stem}.json",
    log:
        f"{geosc_stem}.json.log",
    conda:
        "match/environment.yaml"
    shell:
        "geosc eval {input.pairs:q} {input.matches:q} --json >{output:q} 2>{log:q}"
