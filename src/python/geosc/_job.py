"""A whole job, from HDF5 file to HDF5 file."""

import sys
from collections import namedtuple

from ._library import POSE_NAMES, ProgressFunction, Summary, UsageError, WarningFunction, c, context, interruptible, lib, status_name, warn
from ._options import isa_name, make_options, path, whole

FORMATS = ("geosc", "hloc")
Progress = namedtuple("Progress", "pairs_done pairs pairs_failed pairs_resumed maps_refined maps_to_refine maps_reused seconds seconds_left")
Progress.__doc__ = "Progress of a running job: geosc.run(..., progress=function) calls function(Progress)."

_FIGURES = (
    "pairs", "pairs_resumed", "maps_refined", "maps_reused", "bytes_read", "threads", "workers", "already_done", "seconds", "seconds_wait",
    "seconds_decode", "seconds_refine", "seconds_score", "seconds_match", "seconds_write",
)  # fmt: skip


class Report:
    """What a job did: pairs, pairs_resumed, maps_refined, maps_reused, bytes_read, threads, workers, isa, seconds and seconds_* by stage.

    status: {name: number of pairs}; chosen: {pose: number of pairs}; failed: pairs without an answer of status "ok".
    already_done: the output was there, complete, from the same input, model and options.
    """

    def __init__(self, summary):
        for name in _FIGURES:
            setattr(self, name, getattr(summary, name))
        self.isa = summary.isa.decode()
        self.status = {status_name(i): count for i, count in enumerate(summary.status) if count}
        self.chosen = {pose: count for pose, count in zip(POSE_NAMES, summary.chosen) if count}
        self.failed = sum(self.status.values()) - self.status.get("ok", 0)

    def __repr__(self):
        return f"<geosc.Report: {self.pairs} pairs, {self.failed} failed, {self.seconds:.1f} s>"


def _clock(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


class Bar:
    """One changing line on stderr, as in a terminal or a notebook."""

    WIDTH = 20

    def __init__(self):
        self.length = 0

    def __call__(self, progress):
        done, pairs, new = progress.pairs_done, progress.pairs, progress.pairs_done - progress.pairs_resumed
        share = done / pairs if pairs else 1
        left = "?" if progress.seconds_left != progress.seconds_left else _clock(progress.seconds_left)
        rate = f"{new / progress.seconds:.3g} pairs/s" if new and progress.seconds > 0 else "? pairs/s"
        failed = f", {progress.pairs_failed} failed" if progress.pairs_failed else ""
        bar = ("#" * int(self.WIDTH * share)).ljust(self.WIDTH)
        text = f"geosc: {int(100 * share):3} %|{bar}| {done}/{pairs} [{_clock(progress.seconds)}<{left}, {rate}{failed}]"
        print("\r" + text.ljust(self.length), end="", file=sys.stderr, flush=True)
        self.length = len(text)

    def end(self):
        if self.length:
            print(file=sys.stderr, flush=True)


class _Watch:
    """What a job reports, handed from its thread to the caller's, which may do with it what it likes."""

    def __init__(self, tell):
        self.tell, self.latest, self.told, self.lines = tell, None, None, []

    def keep(self, _, progress):
        now = progress.contents
        self.latest = Progress(*(getattr(now, name) for name in Progress._fields))

    def warn(self, _, line):
        self.lines.append(line.decode(errors="replace"))

    def pass_on(self):
        while self.lines:
            warn(self.lines.pop(0))
        latest = self.latest
        if self.tell and latest is not None and latest != self.told:
            self.told = latest
            self.tell(latest)

    def wait(self, done):
        while not done(0.1):
            self.pass_on()
        self.pass_on()


def _take_tell(progress):
    if callable(progress):
        return progress
    if not isinstance(progress, bool) and progress is not None:
        raise TypeError(f"progress is {type(progress).__name__}, expected True, False or a function")
    return Bar() if progress else None


def _take_shard(shard, options):
    if shard is None:
        return
    if not isinstance(shard, (tuple, list)) or len(shard) != 2:
        raise TypeError(f"shard is {shard!r:.60}, expected (i, n)")
    options.shard, options.shards = (whole("shard", part) for part in shard)


def run(input, output, *, model=None, progress=False, pairs=None, format="geosc", threads=0, workers=0, isa=None, memory=0, shard=None, force=False,
        restart=False, same_input=False, strict=False, allow_links=False, allow_plugins=False, **options):
    """Matches all pairs of an input file, as geosc match does: the output has the same bytes, and appears complete or not at all.

    input, model, output, pairs: paths (geosc-files(5)); model None: no post-processor; pairs: a text file of image names, two per line.
    progress: True shows a line on stderr; a function is called with geosc.Progress, in this thread, at most ten times a second.
    format: "geosc" or "hloc". memory: limit in bytes; 0: 70 % of what is available. shard: (i, n), only part i of n.
    The other arguments are the options of geosc match: preset, poses, imd, window, ..., force, restart, strict.

    Returns geosc.Report; failed pairs are in report.status and in the output. Ctrl-C and exceptions of `progress` stop the job; the same call
    continues from there. Raises TypeError, geosc.UsageError (a ValueError) or geosc.Error.
    """
    names = [path("input", input), None if model is None else path("model", model), path("output", output)]
    settings, watch = make_options(options), _Watch(_take_tell(progress))
    if format not in FORMATS:
        raise UsageError(f"format: {format!r} is none of {', '.join(FORMATS)}")
    if isinstance(memory, bool) or not hasattr(memory, "__index__") or not 0 <= memory.__index__() < 2**63:
        raise TypeError(f"memory is {memory!r:.60}, expected a number of bytes")
    settings.format, settings.memory = FORMATS.index(format), memory
    settings.threads, settings.workers, settings.isa = whole("threads", threads), whole("workers", workers), isa_name(isa)
    settings.pairs = None if pairs is None else path("pairs", pairs)
    _take_shard(shard, settings)
    for name, value in dict(force=force, restart=restart, same_input=same_input, strict=strict, allow_links=allow_links,
                            allow_plugins=allow_plugins).items():  # fmt: skip
        setattr(settings, name, bool(value))
    settings.progress, settings.warning = ProgressFunction(watch.keep), WarningFunction(watch.warn)
    summary = Summary()

    def work(stop):
        here = context()
        settings.stop = c.pointer(stop)
        here.check(lib.geosc_match_file(here.pointer, *names, c.byref(settings), c.byref(summary)))

    try:
        interruptible(work, watch.wait)
    finally:
        if isinstance(watch.tell, Bar):
            watch.tell.end()
    return Report(summary)
