"""geosc match for Snakemake. meta.yaml beside this file says what it takes."""

__author__ = "The geosc authors"
__license__ = "MIT"

import shlex

from snakemake.shell import shell

words = ["geosc", "match", snakemake.input.pairs, "-o", snakemake.output[0], "-j", snakemake.threads, "--progress", "line"]
if snakemake.input.get("model"):
    words += ["-m", snakemake.input.model]
if snakemake.params.get("shard"):
    words += ["--shard", snakemake.params.shard]
if snakemake.resources.get("mem_mb"):
    # A tenth is for what the program itself takes, and for HDF5.
    words += ["--memory", f"{int(snakemake.resources.mem_mb * 0.9)}M"]
command = shlex.join(map(str, words))
extra = snakemake.params.get("extra", "")
# Appended: a second attempt says that it goes on from the first one's journal.
log = snakemake.log_fmt_shell(append=True)

# Exit status 3: done, but some pairs have no answer, as /pairs/status says. The others are worth keeping.
shell("{command} {extra} {log} || {{ status=$?; test $status = 3 || exit $status; }}")
