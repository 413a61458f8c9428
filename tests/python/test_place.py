"""Where an import puts its output: whole or not at all, over nothing that it was not told to replace, and never over what it reads."""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap

import numpy as np
from support import BUILD, Scratch, environment, small_model

# Kills itself with signal argv[1] at call argv[2] of a function of geosc.importers, and says how many there were where it gets to the end.
# Signals are caught from call 8 on.
DRIVER = textwrap.dedent("""
    import os, sys
    from geosc.importers import start
    number, at, calls = int(sys.argv.pop(1)), int(sys.argv.pop(1)), [0]
    def look(frame, event, _):
        if event == "call" and "importers" in frame.f_code.co_filename:
            calls[0] += 1
            if calls[0] == at:
                os.kill(os.getpid(), number)
    for name in ("command", "model", "writer"):
        __import__("geosc.importers." + name)
    sys.setprofile(look)
    status = start.main("0")
    sys.setprofile(None)
    print("calls", calls[0])
    sys.exit(status)
""")
FEATURES = ("features", ".", "-o", "x.h5", "--pairs", "pairs.txt")
MODEL = ("model", "w.npz", "x.h5")


class Case(Scratch):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(3)
        for name in "ab":
            np.save(name + ".npy", random.normal(size=(4, 5, 6)).astype("f4"))
            np.save(name + "_keypoints.npy", np.ones((2, 2)))
            np.save(name + "_mask.npy", np.ones((5, 6)))
        np.savez("w.npz", **small_model())
        with open("pairs.txt", "w", encoding="utf-8") as file:
            file.write("a b\n")
        self.inputs = set(os.listdir("."))

    def refuse(self, reason, *words):
        said = self.geosc_import(*words, status=1)
        self.assertRegex(said.stderr, f"^geosc-import: {reason}")
        self.assertEqual(len(said.stderr.splitlines()), 1, said.stderr)

    def new_names(self):
        return sorted(set(os.listdir(".")) - self.inputs)


class Place(Case):
    def test_over_its_inputs(self):
        """Under any name of the file, and with --force."""
        os.symlink("a.npy", "link.npy")
        os.link("a_mask.npy", "other.npy")
        before = {}
        for name in os.listdir("."):
            with open(name, "rb") as file:
                before[name] = file.read()
        for output in ("a.npy", "./b.npy", "pairs.txt", "a_keypoints.npy", "a_mask.npy", "link.npy", "other.npy"):
            self.refuse(f"{output}: is an input of this import", *FEATURES[:3], output, *FEATURES[4:], "-f")
        self.refuse("w.npz: is an input of this import", "model", "w.npz", "w.npz", "-f")
        for name, content in before.items():
            with open(name, "rb") as file:
                self.assertEqual(file.read(), content, name)
        self.assertEqual(set(os.listdir(".")), set(before))

    def test_over_its_annotations(self):
        from geoaware_folder import make_spair, make_symmetry

        make_spair("S")
        make_symmetry("symmetry.json")
        for output in ("symmetry.json", "S/PairAnnotation/test/000000-2008_000000-2008_000001:cat.json", "S/ImageAnnotation/cat/2008_000001.json",
                       "S/JPEGImages/cat/2008_000001.jpg", "S/features/cat/2008_000001_mask.png", "S/features/cat/2008_000001_sd.pt"):
            size = os.path.getsize(output)
            self.refuse(f"{output}: is an input of this import", "dataset", "spair", "S", "-o", output, "--symmetry", "symmetry.json", "-f")
            self.assertEqual(os.path.getsize(output), size)

    def test_names_that_cannot_be(self):
        os.symlink("/dev/null", "null.h5")
        os.symlink("null.h5", "chain.h5")
        os.mkfifo("fifo.h5")
        os.mkdir("folder.h5")
        self.inputs.update(("null.h5", "chain.h5", "fifo.h5", "folder.h5"))
        for output, reason in (("-", "an HDF5 file cannot be written to stdout"), ("", "the name of the output file is empty"),
                               ("x/", "is the name of a folder"),
                               ("no/x.h5", ".*its folder does not exist"), ("a.npy/x.h5", ".*cannot be written: Not a directory"),
                               ("n" * 250, "cannot be written: its name is too long"), ("/dev/null", ".* it is in /dev"),
                               ("/dev/fd/../x.h5", ".* it is in /"), ("/proc/self/x.h5", ".* it is in /proc"), ("/sys/x.h5", ".* it is in /sys"),
                               ("null.h5", ".* /dev, or leads there"), ("chain.h5", ".* /dev, or leads there"), ("fifo.h5", ".* it is a FIFO"),
                               ("folder.h5", ".* it is a folder")):
            start = f"(?:{output}(?:.partial.log)?: )?"
            for force in ((), ("-f",)):
                self.refuse(start + reason, "model", "w.npz", output, *force)
                self.refuse(start + reason, *FEATURES[:3], output, *FEATURES[4:], *force)
        self.assertEqual(self.new_names(), [])
        self.assertEqual(os.readlink("null.h5"), "/dev/null")

    def test_links(self):
        for words in (MODEL, FEATURES):
            for there in ("elsewhere.h5", "kept.txt"):
                with open("kept.txt", "w", encoding="utf-8") as file:
                    file.write("kept")
                os.symlink(there, "x.h5")
                self.refuse("x.h5: is a symbolic link and already exists.*--force", *words)
                self.assertEqual(os.readlink("x.h5"), there)
                self.geosc_import(*words, "-f")
                self.assertFalse(os.path.islink("x.h5"))
                self.assertEqual(os.path.getsize("kept.txt"), 4)
                os.unlink("x.h5")
                self.assertEqual(self.new_names(), ["kept.txt"])

    def test_files_beside_it(self):
        """Names that it would like to have belong to whoever has them."""
        os.symlink("victim", "x.h5.partial")
        self.geosc_import(*MODEL)
        self.assertEqual(os.readlink("x.h5.partial"), "victim")
        os.unlink("x.h5")
        with open("x.h5.partial.log", "w", encoding="utf-8") as file:
            file.write("my diary\n")
        for words in (MODEL, FEATURES, (*FEATURES, "--restart")):
            self.refuse("x.h5.partial.log: .*is not a log of geosc-import, .*; move it away", *words)
        with open("x.h5.partial.log", encoding="utf-8") as file:
            self.assertEqual(file.read(), "my diary\n")
        os.unlink("x.h5.partial.log")
        for make in (lambda name: os.symlink("victim", name), os.mkfifo, os.mkdir):
            make("x.h5.partial.log")
            for words in (MODEL, FEATURES):
                self.refuse("x.h5.partial.log: ", *words)
            (os.rmdir if os.path.isdir("x.h5.partial.log") else os.unlink)("x.h5.partial.log")
        self.assertFalse(os.path.exists("victim") or os.path.exists("x.h5"))

    def test_a_log_that_names_others(self):
        """What it names is opened, and removed, only if an import can have made it."""
        for name in ("a.npy", "../w.npz", "x.h5.0123456x.partial", "/etc/passwd"):
            with open("x.h5.partial.log", "w", encoding="utf-8") as file:
                file.write(f"geosc-import {'0' * 64} {name}\n0 0123456789abcdef\n")
            self.geosc_import(*FEATURES, "-f")
            self.assertEqual(self.new_names(), ["x.h5"])

    def test_two_at_once(self):
        with open("x.h5.partial.log", "a", encoding="utf-8") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            for words in (MODEL, FEATURES):
                self.refuse("x.h5.partial.log: another import is writing this output", *words)
        self.geosc_import(*MODEL)

    def test_no_locks(self):
        """Only one answer means that another import is at work."""
        with open("shim.c", "w", encoding="utf-8") as file:
            file.write("#include <errno.h>\n#include <stdlib.h>\nint flock(int fd, int op) { (void)fd; (void)op; "
                       'errno = atoi(getenv("FLOCK_ERRNO")); return -1; }\n')
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            self.skipTest("no compiler")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", "shim.so", "shim.c"], check=True)
        for number in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, 524, errno.EBADF, errno.EIO):
            for words in (MODEL, FEATURES):
                shim = ("env", f"FLOCK_ERRNO={number}", "LD_PRELOAD=./shim.so")
                said = self.run_command(*shim, os.path.join(BUILD, "geosc-import"), *words, "-f").stderr
                self.assertEqual(said.count("x.h5.partial.log: cannot be locked ("), 1, said)
        said = self.run_command("env", f"FLOCK_ERRNO={errno.EWOULDBLOCK}", *shim[2:], os.path.join(BUILD, "geosc-import"), *MODEL, "-f", status=1)
        self.assertIn("another import is writing this output", said.stderr)

    def test_what_killed_ones_left(self):
        """Is swept by the next one, and nothing else is."""
        names = (".x.h5.123.0123abcd.import.tmp", ".x.h5.123.0123abcd.tmp", ".y.h5.123.0123abcd.import.tmp")
        for name in names:
            with open(name, "w", encoding="utf-8"):
                pass
        self.geosc_import(*MODEL)
        self.assertEqual(self.new_names(), sorted([*names[1:], "x.h5"]))

    def test_mode_is_the_umasks(self):
        for words in (MODEL, FEATURES):
            self.run_command("sh", "-c", 'umask 027; exec "$@"', "sh", os.path.join(BUILD, "geosc-import"), *words, "-f")
            self.assertEqual(stat.S_IMODE(os.stat("x.h5").st_mode), 0o640)


class Signals(Case):
    """Wherever they come."""

    def drive(self, number, at, *words):
        return subprocess.run([sys.executable, "-c", DRIVER, str(int(number)), str(at), *words], env=environment(), capture_output=True, text=True,
                              timeout=300)

    def calls(self, *words):
        result = self.drive(0, 0, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        os.rename("x.h5", "whole.h5")
        with open("whole.h5", "rb") as file:
            return int(result.stdout.split()[-1]), file.read()

    def stops(self, number, count, *words):
        """The results of imports that get the signal at one of their calls, each at a later one."""
        return (self.drive(number, at, *words) for at in np.linspace(40, count, 14).astype(int))

    def check_stopped(self, result, number, said):
        last = result.stderr.splitlines()[-1]
        self.assertEqual((result.returncode, last), (75, f"geosc-import: stopped by {signal.Signals(number).name}{said}"), result.stderr)
        self.assertNotIn("Traceback", result.stderr)

    def test_model(self):
        count, _ = self.calls(*MODEL)
        stopped = 0
        for result in self.stops(signal.SIGTERM, count, *MODEL):
            if result.returncode:
                self.check_stopped(result, signal.SIGTERM, "")
                self.assertEqual(self.new_names(), ["whole.h5"])
                stopped += 1
            else:  # it came when the file was put in place
                self.geosc("inspect", "x.h5")
                os.unlink("x.h5")
                self.assertEqual(self.new_names(), ["whole.h5"])
        self.assertGreater(stopped, 5)

    def test_features(self):
        """The next one ends in the same bytes, and leaves nothing beside them."""
        count, whole = self.calls(*FEATURES)
        stopped = 0
        for result in self.stops(signal.SIGHUP, count, *FEATURES):
            if result.returncode:
                self.check_stopped(result, signal.SIGHUP, "; repeat the command to resume")
                self.assertFalse(os.path.exists("x.h5"))
                self.geosc_import(*FEATURES)
                stopped += 1
            with open("x.h5", "rb") as file:
                self.assertEqual(file.read(), whole)
            os.unlink("x.h5")
            self.assertEqual(self.new_names(), ["whole.h5"])
        self.assertGreater(stopped, 8)

    def test_of_one_that_fails(self):
        """Nothing but lines is said, and nothing left."""
        words = ("model", "no.npz", "x.h5")
        count = 60
        for at in np.linspace(8, count, 12).astype(int):
            result = self.drive(signal.SIGINT, at, *words)
            self.assertIn(result.returncode, (1, 75), result.stderr)
            self.assertTrue(result.stderr and all(line.startswith("geosc-import: ") for line in result.stderr.splitlines()), result.stderr)
            self.assertEqual(self.new_names(), [])

    def test_each(self):
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGXCPU"):
            number = getattr(signal, name)
            self.check_stopped(self.drive(number, 20, *MODEL), number, "")

    def test_ignored_ones_stay_ignored(self):
        result = subprocess.run(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-c", DRIVER, str(int(signal.SIGHUP)), "20", *MODEL],
                                env=environment(), capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_full_disk(self):
        """No room for a file of this size: the model leaves nothing."""
        for blocks in (0, 1, 8, 16):
            limited = f'ulimit -f {blocks}; exec "$@"'
            said = self.run_command("sh", "-c", limited, "sh", os.path.join(BUILD, "geosc-import"), *MODEL, status=1).stderr
            self.assertRegex(said, "^geosc-import: x.h5: cannot be written: File too large\n$")
            self.assertEqual(self.new_names(), [])


class Durable(Case):
    def test_order(self):
        """The file is on the disk before it has its name, and the folder after it."""
        from geosc.importers import place

        calls, real = [], {name: getattr(os, name) for name in ("fsync", "link", "rename")}
        with contextlib.ExitStack() as stack:
            for name, function in real.items():
                def noted(*arguments, name=name, function=function):
                    folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
                    calls.append(name + " folder" * folder)
                    return function(*arguments)
                setattr(os, name, noted)
                stack.callback(setattr, os, name, function)
            for force, put in ((False, "link"), (True, "rename")):
                calls.clear()
                with place.claim("y.h5") as claim:
                    with place.new_output(claim, force) as (descriptor, _):
                        os.write(descriptor, b"1")
                    claim.release()
                self.assertEqual(calls, ["fsync", put, "fsync folder"])
        self.assertEqual(self.new_names(), ["y.h5"])
