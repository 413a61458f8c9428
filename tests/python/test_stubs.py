"""The stubs of the package geosc name what its code has, and the options that geosc match has."""

import ast
import inspect
import os

from support import SOURCE
from test_geosc import Quiet, geosc

STUBS = os.path.join(SOURCE, "src", "python", "geosc", "__init__.pyi")


class Stubs(Quiet):
    def setUp(self):
        super().setUp()
        with open(STUBS, encoding="utf-8") as file:
            body = ast.parse(file.read()).body
        self.classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}

    def names_of(self, name):
        """The names that are declared in a class and in those from which it comes."""
        node = self.classes.get(name)
        if node is None:
            return set()
        own = {part.target.id for part in node.body if isinstance(part, ast.AnnAssign)}
        own |= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        return own.union(*(self.names_of(base.id) for base in node.bases if isinstance(base, ast.Name)))

    def arguments_of(self, function):
        """The names of a function's arguments, also those of Unpack[...]."""
        names = {argument.arg for argument in function.args.posonlyargs + function.args.args + function.args.kwonlyargs}
        if function.args.kwarg:
            names |= self.names_of(function.args.kwarg.annotation.slice.id)
        return names

    def methods(self):
        for name, node in self.classes.items():
            for part in node.body:
                function = getattr(getattr(geosc, name, None), getattr(part, "name", ""), None)
                if inspect.isroutine(function) and part.name != "__exit__":
                    yield f"{name}.{part.name}", part, function

    def test_names(self):
        self.assertLessEqual(set(geosc.__all__), set(self.classes) | set(self.functions))
        for name in ("Drawing", "Match", "Model", "Refined", "Report", "Results", "Writer"):
            public = {part for part in vars(getattr(geosc, name)) if not part.startswith("_")}
            self.assertLessEqual(public, self.names_of(name), name)
        self.assertEqual(set(geosc.Progress._fields), self.names_of("Progress"))

    def test_arguments(self):
        functions = [(name, node, getattr(geosc, name)) for name, node in self.functions.items()]
        checked = 0
        for name, node, function in [*functions, *self.methods()]:
            parameters = inspect.signature(function).parameters.values()
            own = {parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD} - {"self"}
            stub = self.arguments_of(node) - {"self", "cls"}
            self.assertLessEqual(own, stub, name)
            if len(own) == len(parameters) - ("self" in inspect.signature(function).parameters):
                self.assertEqual(own, stub, name)  # there are no further ones by name
            checked += 1
        self.assertGreater(checked, 12)

    def test_options(self):
        """Each option that shapes the result, by the names in an output."""
        with geosc.Writer("in.h5") as writer:
            writer.image("a", self.images()[0], keypoints=[[1, 1]])
            writer.pair("a", "a")
        geosc.run("in.h5", "out.h5", top=2)
        names = {word.split("=")[0].replace("-", "_") for word in geosc.read("out.h5").options.split()}
        self.assertIn("window", names)
        self.assertLessEqual(names, self.names_of("_Job"))
        self.assertLessEqual(names - {"conv"}, self.names_of("_Match"))
