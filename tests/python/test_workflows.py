"""What packaging/workflows has, run: stopped and killed in the middle, it goes on from geosc's journals and ends in a single run's bytes."""

import contextlib
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import textwrap
import time
from functools import partial

import h5py
import numpy as np
from support import SOURCE, Scratch, environment

WORKFLOWS = os.path.join(SOURCE, "packaging", "workflows")
SLOW = ("--isa", "c")  # a second or more for each shard: slow enough to interrupt
HEADER = 1200  # bytes: a journal without a pair is smaller


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def bytes_of(name):
    with open(name, "rb") as file:
        return file.read()


class Workflows(Scratch):
    def setUp(self):
        super().setUp()
        self.geosc("synth", "-o", "pairs.h5", "--model-out", "model.h5", "--layout", "indexed", "--images", "24", "--pairs", "160",
                   "--channels", "192", "--height", "32", "--width", "32", "--keypoints", "4", "--hidden", "64", "--blocks", "2")  # fmt: skip

    def needs(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed (./bootstrap deps all)")

    def assert_whole(self, name="matches.h5"):
        self.geosc("match", "pairs.h5", "-m", "model.h5", "-o", "whole.h5", "-q", *SLOW)
        self.assertEqual(bytes_of(name), bytes_of("whole.h5"))
        self.assertEqual([name for folder in os.walk(".") for name in folder[2] if name.endswith(".journal")], [])

    def begin(self, *words):
        """A command in a session of its own, whose output goes to the file "said"."""
        # One thread leaves more time to interrupt; what the programs keep for later goes with this test.
        own = {**environment(), "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": self.folder, "PARALLEL_HOME": self.folder}
        with open("said", "ab") as said:
            process = subprocess.Popen(words, env=own, stdout=said, stderr=said, start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        """Kills the command's session, and what works here although a program put it into a session of its own."""
        for call, number in ((os.killpg, process.pid), *((os.kill, number) for number in self.here())):
            with contextlib.suppress(ProcessLookupError):
                call(number, signal.SIGKILL)
        process.wait()
        self.until(lambda: not self.here())

    def here(self, program="geosc"):
        """Processes of a program that work in this test's folder."""
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                if read(f"/proc/{number}/comm").strip() == program and os.readlink(f"/proc/{number}/cwd").startswith(self.folder):
                    found.append(int(number))
            except OSError:
                pass  # it ended
        return found

    def until(self, condition, seconds=300):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline, read("said") if os.path.exists("said") else "")
            time.sleep(0.01)

    def at_work(self, name):
        return os.path.exists(f"{name}.journal") and os.path.getsize(f"{name}.journal") > HEADER

    def stop(self, name):
        """Tells the process that writes name to stop, when it has a pair: exit status 75."""
        self.until(partial(self.at_work, name))
        for number in self.here():
            os.kill(number, signal.SIGUSR1)

    def kill(self, process, name):
        """Kills everything, when name's journal has a pair."""
        self.until(partial(self.at_work, name))
        self.end(process)
        self.assertTrue(self.at_work(name))

    def blocks(self, heading):
        """The lines to run below a heading of the page, and geosc slow enough to interrupt."""
        section = read(os.path.join(WORKFLOWS, "README.md")).split(f"\n## {heading}\n")[1].split("\n## ")[0]
        lines = "\n".join(re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S))
        return lines.replace("geosc match", f"geosc match {' '.join(SLOW)}")


class Parallel(Workflows):
    def test_parallel(self):
        """A shard that is stopped is tried again; everything killed, the same lines go on."""
        self.needs("parallel")
        lines = self.blocks("GNU parallel")
        process = self.begin("sh", "-e", "-c", lines)
        self.stop("part-0-of-4.h5")
        self.kill(process, "part-1-of-4.h5")
        self.assertTrue(os.path.exists("part-0-of-4.h5"))
        self.assertFalse(os.path.exists("matches.h5"))
        self.assertEqual(self.begin("sh", "-e", "-c", lines).wait(300), 0, read("said"))
        said = read("said")
        self.assertEqual(said.count("of them by an interrupted run"), 2, said)
        self.assertIn("part-0-of-4.h5 is complete", said)
        self.assert_whole()


class Snakemake(Workflows):
    def setUp(self):
        super().setUp()
        self.needs("snakemake")

    def write(self):
        files = {"pairs": "pairs.h5", "model": "model.h5", "matches": "out/matches.h5"}
        with open("config.json", "w", encoding="utf-8") as file:
            json.dump({"geosc": {**files, "shards": 2, "options": " ".join(SLOW)}}, file)
        with open("Snakefile", "w", encoding="utf-8") as file:
            file.write(f'configfile: "config.json"\ninclude: "{os.path.relpath(WORKFLOWS)}/snakemake/geosc.smk"\n')

    def snakemake(self, *words):
        return self.begin("snakemake", "--cores", "1", "out/matches.h5", "out/matches.json", *words)

    def test_rules(self):
        """A shard that is stopped is tried again; Snakemake killed, another goes on."""
        self.write()
        self.run_command("snakemake", "--lint")
        process = self.snakemake()
        self.until(lambda: any(self.at_work(f"out/matches.part-{i}-of-2.h5") for i in (0, 1)))
        first = 0 if self.at_work("out/matches.part-0-of-2.h5") else 1
        self.stop(f"out/matches.part-{first}-of-2.h5")
        self.kill(process, f"out/matches.part-{1 - first}-of-2.h5")
        self.assertFalse(os.path.exists("out/matches.h5"))
        self.run_command("snakemake", "--unlock", "--cores", "1")
        self.assertEqual(self.snakemake("--rerun-incomplete").wait(300), 0, read("said"))
        for shard in (0, 1):
            said = read(f"out/matches.part-{shard}-of-2.log")
            self.assertEqual(said.count("of them by an interrupted run"), 1, said)
        self.assertIn("2 shards merged: 160 pairs, 0 failed", read("out/matches.log"))
        self.assertIn("per_point", json.loads(read("out/matches.json"))["all"])
        self.assertEqual([name for name in os.listdir("out") if ".part-" in name and name.endswith(".h5")], [])
        self.assert_whole("out/matches.h5")

    def test_wrapper(self):
        """In a rule of one's own: a pair without an answer does not fail the job, a wrong option does. The names are odd."""
        with h5py.File("pairs.h5", "a") as file:
            file["images/features"][3] = np.nan
        os.rename("pairs.h5", "the pairs.h5")
        rule = """
            rule match:
                input:
                    pairs="the pairs.h5",
                output:
                    "the matches.h5",
                params:
                    extra="--poses none {extra}",
                log:
                    "match.log",
                resources:
                    mem_mb=1000,
                wrapper:
                    "file:{workflows}/snakemake/match"
            """
        for extra, status in (("", 0), ("--window 4", 1)):
            with open("Snakefile", "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(rule.format(extra=extra, workflows=WORKFLOWS)))
            self.assertEqual(self.begin("snakemake", "--cores", "1", "--forceall").wait(300), status, read("said"))
            self.assertEqual(os.path.exists("the matches.h5"), status == 0)
        self.assertIn("--window", read("match.log"))


class Nextflow(Workflows):
    """The scripts of the modules, with Groovy in place of Nextflow."""

    def setUp(self):
        super().setUp()
        self.needs("groovy")

    def module(self, name):
        return os.path.join(WORKFLOWS, "nextflow", "modules", "geosc", name, "main.nf")

    def groovy(self, *words, status=0):
        return self.run_command("groovy", os.path.join(SOURCE, "tests", "recipes", "nextflow.groovy"), *words, status=status).stdout

    def scripts(self, module, *cases):
        """For each case, a Groovy map of what a task knows: what the sections of the module give."""
        return json.loads(self.groovy(self.module(module), *cases))

    def bash(self, script, folder, status=0):
        """As Nextflow runs it: by bash -ue, in a folder of its own with links to the inputs."""
        os.mkdir(folder)
        for name in os.listdir("."):
            if name.endswith(".h5"):
                os.symlink(os.path.join("..", name), os.path.join(folder, name))
        result = subprocess.run(["bash", "-ue", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, status, script + result.stderr)

    def test_modules(self):
        known = "[meta: [id: 'set'], pairs: 'pairs.h5', model: %s, shard: '%s', task: [ext: [args: '%s', resume_dir: %s], cpus: 1, memory: [toMega: { 2000 }]]]"
        plain, kept, alone = self.scripts("match", *(known % (model, shard, " ".join(SLOW), place) for model, shard, place in (
            ("'model.h5'", "0/2", "null"), ("'model.h5'", "1/2", f"'{self.folder}/kept'"), ("[]", "", "null"))))  # fmt: skip
        self.assertTrue(all(case["when"] for case in (plain, kept, alone)))
        self.assertEqual(plain["on"], ["finish", "retry", "retry"])
        self.assertEqual([case["prefix"] for case in (plain, kept, alone)], ["set.part-0-of-2", "set.part-1-of-2", "set"])
        self.bash(plain["script"], "a")
        self.assertIn("(0 failed)", read("a/set.part-0-of-2.log"))
        # Stopped, then tried again in another folder.
        attempt = self.begin("bash", "-ue", "-c", f"mkdir b; cd b; ln -s ../*.h5 .; {kept['script']}")
        self.stop("kept/set.part-1-of-2.h5")
        self.assertEqual(attempt.wait(300), 75)
        self.bash(kept["script"], "c")
        self.assertIn("of them by an interrupted run", read("c/set.part-1-of-2.log"))
        self.assertEqual(os.listdir("kept"), [])
        self.bash(plain["stub"], "d")
        self.assertTrue({"set.part-0-of-2.h5", "set.part-0-of-2.log"} < set(os.listdir("d")))
        os.rename("a/set.part-0-of-2.h5", "set.part-0-of-2.h5")
        os.rename("c/set.part-1-of-2.h5", "set.part-1-of-2.h5")
        (merge,) = self.scripts("merge", "[meta: [id: 'set'], shards: 'set.part-0-of-2.h5 set.part-1-of-2.h5', task: [ext: [:]]]")
        self.bash(merge["script"], "e")
        self.assert_whole("e/set.h5")
        # One input without a model, in which a pair has no answer.
        with h5py.File("pairs.h5", "a") as file:
            file["images/features"][3] = np.nan
        self.bash(alone["script"], "f")
        self.assertTrue(os.path.exists("f/set.h5"))

    def test_versions(self):
        """The command that reports the version."""
        for module in ("match", "merge"):
            command = re.search(r'eval\("(.*?)"\)', read(self.module(module)))[1]
            said = self.run_command("bash", "-c", command).stdout
            self.assertRegex(said, r"^\d+\.\d+\.\d+\n$")
            self.assertIn(f"geosc {said.strip()} ", self.geosc("--version").stdout)

    def test_syntax(self):
        """Groovy takes both whole files, and their tests, for its own."""
        names = glob.glob(os.path.join(WORKFLOWS, "nextflow", "**", "*.nf*"), recursive=True)
        self.assertEqual(len(names), 4)
        self.groovy("--parse", *names)
        with open("broken.nf", "w", encoding="utf-8") as file:
            file.write(read(names[0])[:-3])
        self.groovy("--parse", "broken.nf", status=1)
