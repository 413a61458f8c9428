"""Checkpoints whose names, norms and layers are not geosc's: what --rename, --gn-groups and folded biases make of them."""

import os

import h5py
import numpy as np
import torch
from support import Scratch
from test_geoaware import aggregation_state
from test_odd import Odd


class OwnBlock(torch.nn.Module):
    """A residual block as somebody may write it, with biases."""

    def __init__(self, channels=12, hidden=5):
        super().__init__()
        for number, (into, out, side) in enumerate(((channels, hidden, 1), (hidden, hidden, 3), (hidden, channels, 1)), 1):
            self.add_module(f"conv{number}", torch.nn.Conv2d(into, out, side, padding=side // 2))
            self.add_module(f"bn{number}", torch.nn.BatchNorm2d(out))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(x + self.bn3(self.conv3(y)))


class Normed(torch.nn.Conv2d):
    """A convolution and its GroupNorm, as detectron2 names them."""

    def __init__(self, inputs, outputs, side):
        super().__init__(inputs, outputs, side, padding=side // 2, bias=False)
        self.norm = torch.nn.GroupNorm(4, outputs)
        torch.nn.init.uniform_(self.norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(self.norm.bias, -0.5, 0.5)

    def forward(self, x):
        return self.norm(super().forward(x))


class Bottleneck(torch.nn.Module):
    def __init__(self, inputs, outputs, side):
        super().__init__()
        hidden = outputs // 4
        self.conv1, self.conv2, self.conv3 = Normed(inputs, hidden, side), Normed(hidden, hidden, 3), Normed(hidden, outputs, 1)
        self.shortcut = Normed(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x):
        y = self.conv3(torch.relu(self.conv2(torch.relu(self.conv1(x)))))
        return torch.relu(y + (self.shortcut(x) if self.shortcut else x))


class Aggregation(torch.nn.Module):
    """Levels of several bottlenecks, which all time steps share."""

    def __init__(self, widths=(2, 4), outputs=32, blocks=(2, 3), steps=2, side=3):
        super().__init__()
        self.widths = widths
        self.bottleneck_layers = torch.nn.ModuleList(
            torch.nn.Sequential(*[Bottleneck(outputs if block else width, outputs, side) for block in range(count)]) for width, count in zip(widths, blocks))
        self.mixing_weights = torch.nn.Parameter(torch.randn(len(widths) * steps))
        self.logit_scale, self.self_logit_scale = torch.nn.Parameter(torch.tensor(2.6)), torch.nn.Parameter(torch.tensor(2.6))

    def forward(self, x):
        weights, first, total = torch.softmax(self.mixing_weights, 0), 0, 0
        for i, weight in enumerate(weights):
            level = i % len(self.widths)
            total = total + weight * self.bottleneck_layers[level](x[:, first : first + self.widths[level]])
            first += self.widths[level]
        return total


RENAMES = [word for number in (1, 2, 3) for word in ("--rename", f"conv{number}=net.{3 * number - 3}", "--rename", f"bn{number}=net.{3 * number - 2}")]


class Networks(Scratch):
    def setUp(self):
        super().setUp()
        torch.manual_seed(2)
        self.network = torch.nn.Sequential(OwnBlock(), OwnBlock())
        for part in self.network.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(part.weight, 0.5, 1.5)
                for name, low in (("bias", -1), ("running_mean", -1), ("running_var", 0.5)):
                    torch.nn.init.uniform_(getattr(part, name), low, 1.5)
        self.network.eval()

    def refined_input(self):
        features = torch.randn(2, 12, 4, 5, generator=torch.Generator().manual_seed(4))
        with h5py.File("in.h5", "w") as file:
            file["source"], file["target"] = features[:1].numpy(), features[1:].numpy()
        return features

    def refined(self, model):
        """What geosc makes of features: the similarity of each cell of one image to each of another, by way of dense answers."""
        features = self.refined_input()
        self.geosc("match", "in.h5", "-m", model, "-o", "out.h5", "-q", "-f", "--poses", "none", "--window", 1)
        with h5py.File("out.h5") as file:
            return features, file["matches/score"][0], file["matches/xy"][0]

    def assert_same_as(self, model, network):
        features, score, xy = self.refined(model)
        with torch.no_grad():
            out = network(features.double())
        source, target = (one.flatten(1) / (one.flatten(1).norm(dim=0) + 1e-6) for one in out)
        similarity = source.T @ target
        np.testing.assert_allclose(score.reshape(-1), similarity.max(1).values.numpy(), atol=2e-6)
        best = similarity.argmax(1).numpy()
        np.testing.assert_array_equal(xy.reshape(-1, 2), np.stack([best % 5, best // 5], -1))

    def test_biases_and_own_names(self):
        torch.save(self.network.state_dict(), "own.pth")
        said = self.geosc_import("model", "own.pth", "model.h5", *RENAMES).stdout
        self.assertIn("6 biases of convolutions folded into BatchNorm", said)
        with h5py.File("model.h5") as file:
            self.assertIn("0.net.1.running_mean", file)
            self.assertNotIn("0.net.0.bias", file)
        self.assert_same_as("model.h5", self.network.double())
        said = self.geosc_import("model", "own.pth", "x.h5", status=1).stderr
        self.assertRegex(said, r"^geosc-import: own.pth: is not a model for geosc: it has no key such as BLOCK.net.0.weight .*; its first keys are "
                               r"0.conv1.weight, 0.conv1.bias, 0.bn1.weight, 0.bn1.bias, and --rename changes keys, see geosc-import\(1\) \[not-ours\]\n$")
        self.assertEqual(said.count("is not a model"), 1)

    def test_without_biases_nothing_changes(self):
        state = {key: value for key, value in self.network.state_dict().items() if not (key.endswith("bias") and "conv" in key)}
        torch.save(state, "own.pth")
        self.assertNotIn("folded", self.geosc_import("model", "own.pth", "model.h5", *RENAMES).stdout)
        with h5py.File("model.h5") as file:
            np.testing.assert_array_equal(file["1.net.4.running_mean"][:], state["1.bn2.running_mean"].numpy())

    def test_biases_that_cannot_be_folded(self):
        """Stay, and geosc says so."""
        state = self.network.state_dict()
        state["0.conv1.bias"] = torch.zeros(3)
        torch.save(state, "own.pth")
        self.assertRegex(self.geosc_import("model", "own.pth", "x.h5", *RENAMES, status=1).stderr, "/0.net.0.bias: ")
        state["0.conv1.bias"] = torch.full((5,), float("nan"))
        torch.save(state, "own.pth")
        self.assertRegex(self.geosc_import("model", "own.pth", "x.h5", *RENAMES, status=1).stderr, "/0.net.1.running_mean: ")
        self.assertFalse(os.path.exists("x.h5"))

    def test_groups(self):
        """The number of groups is in no state_dict; in a whole network it is."""
        state = aggregation_state([4, 8], 16, 32)
        torch.save(state, "a.pth")
        self.assertIn("/bottleneck_layers.0.0.conv1.weight: its 16 outputs are not a multiple of 32 groups",
                      self.geosc_import("model", "a.pth", "x.h5", status=1).stderr)
        for groups in (16, 8):
            said = self.geosc_import("model", "a.pth", "model.h5", "-f", "--gn-groups", groups).stdout
            self.assertIn(f"GroupNorm of {groups} groups", said)
            with h5py.File("model.h5") as file:
                self.assertEqual(file.attrs["gn_groups"], groups)
            from reference import aggregate

            self.assert_same_as("model.h5", lambda x, groups=groups: torch.stack([aggregate(one, state, groups) for one in x]))
        torch.save(aggregation_state([4, 8], 32, 64), "wide.pth")
        self.assertIn("GroupNorm taken to have 32 groups, see --gn-groups", self.geosc_import("model", "wide.pth", "wide.h5").stdout)
        torch.save(self.network.state_dict(), "own.pth")
        self.assertIn("own.pth: --gn-groups: the model has no GroupNorm",
                      self.geosc_import("model", "own.pth", "x.h5", "--gn-groups", 16, *RENAMES, status=1).stderr)

    def test_deeper_aggregation(self):
        """Several bottlenecks a level, time steps, first convolutions of 3x3: the keys tell, and import geosc takes them, too."""
        for number, (blocks, steps, side) in enumerate((((1, 1), 1, 1), ((2, 3), 2, 3), ((1, 2), 2, 1), ((3, 1), 1, 3))):
            network = Aggregation((2, 4) if steps == 2 else (5, 7), blocks=blocks, steps=steps, side=side)
            torch.save(network.state_dict(), "net.pth")
            self.geosc_import("model", "net.pth", "model.h5", "-f", "--gn-groups", 4)
            said = self.geosc("inspect", "model.h5").stdout
            self.assertRegex(said, "architecture +aggregation\n")
            self.assertRegex(said, f"levels +2\nbottlenecks +{blocks[0]}[+]{blocks[1]}\nconv1 +{side}x{side}\ntime_steps +{steps}\n")
            self.assertRegex(said, "channels +12\nwidths +" + ("5[+]7", "2[+]4[+]2[+]4")[steps - 1] + "\n")
            self.assert_same_as("model.h5", network.double())
            self.check_python(network.float(), number)

    def check_python(self, network, number):
        try:
            import geosc
        except ImportError:  # a build without a shared library
            return
        features, score, xy = self.refined("model.h5")
        models = geosc.Model(network.state_dict(), gn_groups=4), geosc.Model.load("model.h5")
        found = geosc.match(features[0], features[1], model=models[number % 2], poses="none", window=1)
        np.testing.assert_array_equal(found.score, score)
        np.testing.assert_array_equal(found.xy, xy)

    def test_deeper_aggregation_that_cannot_be(self):
        """Refused by name: at import, and where it is loaded."""
        good = Aggregation().state_dict()
        for change, reason in (
            ({key: None for key in good if ".1.1." in key}, r"/bottleneck_layers.1.1.conv1.weight: missing"),
            ({"mixing_weights": torch.zeros(3)}, r"/mixing_weights: has 3 numbers, expected 2, one for each level, or a multiple"),
            ({"mixing_weights": torch.zeros(2, 2)}, r"/mixing_weights: has shape \[2, 2\], expected \[2\]"),
            ({"mixing_weights": torch.zeros(2 * 4096)}, r"/mixing_weights: has 8192 numbers, more than 4096"),
            ({"mixing_weights": None}, r"/mixing_weights: missing"),
            ({"bottleneck_layers.0.1.conv1.weight": torch.zeros(8, 31, 3, 3)}, r"0.1.conv1.weight: has shape \[8, 31, 3, 3\], expected \[8, 32, 3, 3\]"),
            ({"bottleneck_layers.0.0.conv1.weight": torch.zeros(8, 2, 5, 5)}, r"0.0.conv1.weight: has shape \[8, 2, 5, 5\], expected \[8, 2, 1, 1\]"),
            ({"bottleneck_layers.0.1.conv2.bias": torch.zeros(8)}, r"/bottleneck_layers.0.1.conv2.bias: is not part of this model"),
        ):
            state = {key: value for key, value in {**good, **change}.items() if value is not None}
            with self.subTest(reason):
                torch.save(state, "net.pth")
                self.assertRegex(self.geosc_import("model", "net.pth", "x.h5", "--gn-groups", 4, status=1).stderr, "is not a model for geosc: .*" + reason)
                with h5py.File("bad.h5", "w") as file:
                    for key, value in state.items():
                        file[key] = value.numpy()
                    file.attrs["gn_groups"] = 4
                self.refined_input()
                self.assertRegex(self.geosc("match", "in.h5", "-m", "bad.h5", "-o", "x.h5", status=1).stderr, reason)
                self.assertFalse(os.path.exists("x.h5"))

    def whole_network(self, *groups):
        """The published network's modules, with norms of these numbers of groups."""
        network = torch.nn.Module()
        network.mixing_weights = torch.nn.Parameter(torch.zeros(len(groups)))
        network.bottleneck_layers = torch.nn.ModuleList()
        for count in groups:
            block = torch.nn.Module()
            for name, (out, into, side) in (("conv1", (16, 6, 1)), ("conv2", (16, 16, 3)), ("conv3", (32, 16, 1)), ("shortcut", (32, 6, 1))):
                convolution = torch.nn.Conv2d(into, out, side, bias=False)
                convolution.norm = torch.nn.GroupNorm(count, out)
                setattr(block, name, convolution)
            network.bottleneck_layers.append(torch.nn.Sequential(block))
        return network

    def test_groups_of_a_whole_network(self):
        torch.save(self.whole_network(16, 16), "net.pth")
        self.assertIn("GroupNorm of 16 groups", self.geosc_import("model", "net.pth", "model.h5").stdout)
        with h5py.File("model.h5") as file:
            self.assertEqual(file.attrs["gn_groups"], 16)
        said = self.geosc_import("model", "net.pth", "x.h5", "--gn-groups", 8, status=1).stderr
        self.assertIn("net.pth: --gn-groups 8: the network has GroupNorms of 16 groups", said)
        torch.save(self.whole_network(16, 8), "net.pth")
        self.assertIn("net.pth: has GroupNorms of 8, 16 groups; geosc knows one number for all",
                      self.geosc_import("model", "net.pth", "x.h5", status=1).stderr)


class Names(Odd):
    """--rename, in this process."""

    def test_rules(self):
        from geosc.importers.rename import rename

        keys = ["a.b.weight", "a.b.b.weight", "ab.weight", "module.a.b.bias"]
        state = {key: number for number, key in enumerate(keys)}
        for changes, expected in (([("a.b", "x")], ["x.weight", "x.b.weight", "ab.weight", "module.x.bias"]),
                                  ([("b", "a"), ("a", "b")], ["b.a.weight", "b.a.a.weight", "ab.weight", "module.b.a.bias"]),
                                  ([("module", "")], ["a.b.weight", "a.b.b.weight", "ab.weight", "a.b.bias"]),
                                  ([("a", "x.y.z")], ["x.y.z.b.weight", "x.y.z.b.b.weight", "ab.weight", "module.x.y.z.b.bias"])):
            self.assertEqual(list(rename(state, changes)), expected)
            self.assertEqual(list(rename(state, changes).values()), [0, 1, 2, 3])

    def test_what_may_be_wrong(self):
        torch.save({"a.weight": torch.ones(2), "b.weight": torch.ones(2), "weight": torch.ones(2)}, "c.pth")
        for word, reason in (("c=x", "c.pth: --rename c=x: no key has the part c; the first keys are a.weight, b.weight, weight"),
                             ("a=b", "c.pth: b.weight: --rename leaves two tensors of the name b.weight"), ("weight=", "c.pth: weight: --rename leaves no name"),
                             ("a=\x1b/", "cannot be the name of a dataset")):
            self.refused(reason.replace(".", "[.]"), "model", "c.pth", "out.h5", "--rename", word)
        for word in ("a", "=b", "a..b=c", "a=b.", "", "="):
            self.assertEqual(self.start("model", "c.pth", "out.h5", "--rename", word)[0], 2, word)
        for number in ("0", "-3", "1048577", "x"):
            self.assertEqual(self.start("model", "c.pth", "out.h5", "--gn-groups", number)[0], 2, number)
