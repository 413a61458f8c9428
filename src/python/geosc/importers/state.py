"""Finds the weights in a checkpoint: a state_dict alone, beside other data, or in a whole network."""

from . import ImportFailure
from .entry import check_count, naming
from .pickles import Object
from .tensors import File
from .text import printable
from .torch_file import SAVE_WEIGHTS, describe, is_unread_tensor, pairs_of, parts_of

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
DEEPEST = 16  # nested wrappers
DEEPEST_MODULE = 64
MOST_MODULES = 100_000
ADVICE = f"in PyTorch, save only the weights: {SAVE_WEIGHTS}"
SHOWN = 60  # characters of a name
LONGEST_KEY = 255  # bytes, in geosc


def state_of(value):
    """{name: value} of the attributes that the pickle sets on an object; {} for anything else."""
    state = value.state if isinstance(value, Object) else None
    if isinstance(state, tuple) and len(state) == 2:  # with __slots__
        state = state[0]
    return {name: part for name, part in pairs_of(state) or () if isinstance(name, str)}


class Finder:
    """Finds weights; examines each shared value only once."""

    def __init__(self, tensors):
        self.tensors, self.states, self.modules, self.ignored = tensors, {}, {}, []
        self.groups = set()  # numbers of groups of the GroupNorms in a whole network

    def is_module(self, value):
        """Whether a value is a network that was saved as a whole."""
        if not isinstance(value, Object):
            return False
        if id(value) not in self.modules:
            self.modules[id(value)] = "_parameters" in (state := state_of(value)) and "_modules" in state
        return self.modules[id(value)]

    def is_tensor(self, value):
        return is_unread_tensor(value) or self.tensors.described(value) is not None

    def is_state(self, value):
        pairs = pairs_of(value)
        if not pairs:
            return False
        if id(value) not in self.states:
            self.states[id(value)] = all(isinstance(key, str) and self.is_tensor(part) for key, part in pairs)
        return self.states[id(value)]

    def ignore(self, name, value):
        self.ignored.append(f"{printable(name, SHOWN)} ({describe(value)})")

    def find_inner(self, pairs):
        """The pair with the weights in its value; None if `pairs` are the weights themselves, or no pair can be told apart."""
        parts = [pair for pair in pairs if pairs_of(pair[1]) or self.is_module(pair[1])]
        known = [pair for wrapper in WRAPPERS for pair in parts if pair[0] == wrapper]
        states = [pair for pair in parts if self.is_module(pair[1]) or self.is_state(pair[1])]
        if not known and len(states) > 1:
            names = ", ".join(printable(name, SHOWN) for name, _ in states[:8])
            raise ImportFailure(f"has more than one state_dict: {names}; save only one")
        return next(iter(known + states), None)

    def find(self, value):
        """(name, tensor) of each weight."""
        for _ in range(DEEPEST):
            if self.is_module(value):
                return self.weights_of_module(value)
            pairs = pairs_of(value)
            if not pairs:
                what = describe(value) if pairs is None else "an empty one"
                raise ImportFailure(f"has no state_dict, but {what}; {ADVICE}")
            inner = self.find_inner(pairs)
            if inner is None:
                return self.weights(pairs)
            for pair in pairs:
                if pair is not inner:
                    self.ignore(*pair)
            value = inner[1]
        raise ImportFailure(f"has no state_dict in the first {DEEPEST} levels; {ADVICE}")

    def weights(self, pairs):
        found = []
        for name, part in pairs:
            if self.is_tensor(part):
                found.append((name, part))
            else:
                self.ignore(name, part)
        if not found:
            name, part = pairs[0]
            raise ImportFailure(f"has no state_dict: {printable(name, SHOWN)} is not a tensor, but {describe(part)}; {ADVICE}")
        return found

    def weights_of_module(self, module):
        """The items of its state_dict(): parameters and persistent buffers; those of inner modules are prefixed with the module's name."""
        found, todo = [], [("", module)]
        for _ in range(MOST_MODULES):
            if not todo:
                return found
            prefix, module = todo.pop()
            state = state_of(module)
            if type(state.get("num_groups")) is int:
                self.groups.add(state["num_groups"])
            passing = set(part for part in parts_of(state.get("_non_persistent_buffers_set")) if isinstance(part, str))
            for kind in ("_parameters", "_buffers"):
                for name, part in pairs_of(state.get(kind)) or ():
                    if part is not None and name not in passing and isinstance(name, str):
                        found.append((prefix + name, part))
            check_count(found)
            inner = [(name, part) for name, part in pairs_of(state.get("_modules")) or () if part is not None and isinstance(name, str)]
            if inner and prefix.count(".") > DEEPEST_MODULE:
                break
            todo += [(f"{prefix}{name}.", part) for name, part in reversed(inner) if self.is_module(part)]
        raise ImportFailure(f"has a network with too many modules, or too deeply nested ones; {ADVICE}")


def check_name(name):
    """Refuses keys that cannot be names of datasets."""
    if not isinstance(name, str):
        raise ImportFailure(f"{printable(name, SHOWN)}: is not a name, so this is not a state_dict; {ADVICE}")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        length = 0
    if not 0 < length <= LONGEST_KEY or "/" in name or "\0" in name or name in (".", ".."):
        raise ImportFailure(f"'{printable(name, SHOWN)}': cannot be the name of a dataset")


def read(path):
    """({key: array} in the order of the checkpoint, descriptions of ignored parts)."""
    state, finder = read_all(path)
    return state, finder.ignored


def read_all(path):
    """As read, with the Finder, which knows more of a whole network."""
    with File(path) as file:
        finder, state = Finder(file.tensors), {}
        found = finder.find(file.value)
        check_count(found)
        for name, part in found:
            check_name(name)
            with naming(name):
                entry = file.tensors.entry(part)
                if entry is None:
                    raise ImportFailure(f"is {describe(part)}; save it as a plain tensor")
                state[name] = file.array(entry)
        return state, finder
