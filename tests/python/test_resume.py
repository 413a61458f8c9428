"""An import that is killed goes on where it was, and ends in the same bytes."""

import os
import shutil
import signal
import subprocess
import time

import torch
from geoaware_folder import make_spair
from support import BUILD, Scratch, environment

ARGUMENTS = ("dataset", "spair", "S", "-o", "in.h5")


class Resuming(Scratch):
    def setUp(self):
        super().setUp()
        make_spair("S")
        self.geosc_import(*ARGUMENTS[:-1], "whole.h5")
        with open("whole.h5", "rb") as file:
            self.whole = file.read()

    def assert_whole(self):
        with open("in.h5", "rb") as file:
            self.assertEqual(file.read(), self.whole)
        self.assertEqual([name for name in os.listdir(".") if "partial" in name], [])

    def kill_after(self, images):
        """Kills an import when so many images are in its log; the time that an image takes is stretched by a pipe."""
        slow = "S/features/cat/2008_000002_mask.png"
        os.rename(slow, "kept.png")
        os.mkfifo(slow)  # the import waits here for ever
        process = subprocess.Popen([os.path.join(BUILD, "geosc-import"), *ARGUMENTS], env=environment(), stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            if os.path.exists("in.h5.partial.log"):
                with open("in.h5.partial.log", encoding="utf-8") as file:
                    if len(file.read().splitlines()) > images:
                        break
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        os.unlink(slow)
        os.rename("kept.png", slow)

    def test_killed(self):
        self.kill_after(6)
        self.assertFalse(os.path.exists("in.h5"))
        result = self.geosc_import(*ARGUMENTS)
        self.assertIn("resuming: 6 of 8 images are finished", result.stderr)
        self.assert_whole()

    def test_torn_log_and_changed_features(self):
        wrong = "S/features/aeroplane/2008_000000_dino.pt"
        os.rename(wrong, "right.pt")
        shutil.copy("S/features/aeroplane/2008_000001_dino.pt", wrong)
        self.kill_after(6)
        with open("in.h5.partial.log", "a", encoding="utf-8") as file:
            file.write("7 abc")  # not a whole line
        os.rename("right.pt", wrong)  # it was mended meanwhile: it is read again
        self.geosc_import(*ARGUMENTS)
        self.assert_whole()

    def test_another_import(self):
        self.kill_after(2)
        result = self.geosc_import(*ARGUMENTS, "--no-masks", status=1)
        self.assertIn("belongs to another import", result.stderr)
        self.geosc_import(*ARGUMENTS, "--restart")
        self.assert_whole()

    def test_another_import_that_had_nothing(self):
        """What failed at its first image is in nobody's way."""
        os.rename("S/features/cat/2008_000001_dino.pt", "kept.pt")
        self.assertIn("2008_000001_dino.pt: cannot be read", self.geosc_import(*ARGUMENTS, status=1).stderr)
        os.rename("kept.pt", "S/features/cat/2008_000001_dino.pt")
        self.geosc_import(*ARGUMENTS, "--no-flip")
        self.geosc_import(*ARGUMENTS, "-f")
        self.assert_whole()

    def test_full_disk(self):
        """HDF5 crashes where it can't write; an import says what there is to say."""
        torch.save({"w": torch.zeros(50000)}, "model.pth")
        for blocks in (0, 8, 16, 40, 80, 200):
            for arguments in (ARGUMENTS, ("model", "model.pth", "model.h5")):
                limited = f'ulimit -f {blocks}; exec "$@"'
                said = self.run_command("sh", "-c", limited, "sh", os.path.join(BUILD, "geosc-import"), *arguments, status=1).stderr
                self.assertRegex(said, r"geosc-import: (in|model).h5\S*: cannot be written: File too large\n$")
                self.assertNotIn("Traceback", said)
            self.assertEqual([name for name in os.listdir(".") if name.startswith("model.h5")], [])
        self.geosc_import(*ARGUMENTS)
        self.assert_whole()

    def test_output_that_is_there(self):
        self.assertIn("--force", self.geosc_import(*ARGUMENTS[:-1], "whole.h5", status=1).stderr)
        self.geosc_import(*ARGUMENTS)
        self.assert_whole()
        self.geosc_import(*ARGUMENTS, "--force")
        self.assert_whole()
