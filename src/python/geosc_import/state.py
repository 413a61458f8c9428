"""The weights in a checkpoint: its state_dict, alone, among other things, or in the network itself."""

from . import ImportFailure
from .entry import check_count, naming
from .pickles import Object
from .tensors import File
from .text import printable
from .torch_file import SAVE_WEIGHTS, describe, is_unread_tensor, pairs_of, parts_of

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
DEEPEST = 16  # wrappers around each other
DEEPEST_MODULE = 64
MOST_MODULES = 100_000
ADVICE = f"in PyTorch, save the weights alone: {SAVE_WEIGHTS}"
SHOWN = 60  # characters of a name
LONGEST_KEY = 255  # bytes that geosc reads


def state_of(value):
    """{name: value} of what pickle sets on an object; {} of anything else."""
    state = value.state if isinstance(value, Object) else None
    if isinstance(state, tuple) and len(state) == 2:  # with __slots__
        state = state[0]
    return {name: part for name, part in pairs_of(state) or () if isinstance(name, str)}


class Finder:
    """Looks at each shared value once."""

    def __init__(self, tensors):
        self.tensors, self.states, self.modules, self.ignored = tensors, {}, {}, []

    def is_module(self, value):
        """Whether it is a network that was saved as a whole."""
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
        """The pair that holds the weights; None where `pairs` are the weights, or there is no telling."""
        parts = [pair for pair in pairs if pairs_of(pair[1]) or self.is_module(pair[1])]
        known = [pair for wrapper in WRAPPERS for pair in parts if pair[0] == wrapper]
        states = [pair for pair in parts if self.is_module(pair[1]) or self.is_state(pair[1])]
        if not known and len(states) > 1:
            names = ", ".join(printable(name, SHOWN) for name, _ in states[:8])
            raise ImportFailure(f"holds more than one state_dict: {names}; save the one that is meant alone")
        return next(iter(known + states), None)

    def find(self, value):
        """(name, tensor) of each weight."""
        for _ in range(DEEPEST):
            if self.is_module(value):
                return self.weights_of_module(value)
            pairs = pairs_of(value)
            if not pairs:
                what = describe(value) if pairs is None else "an empty one"
                raise ImportFailure(f"holds no state_dict, but {what}; {ADVICE}")
            inner = self.find_inner(pairs)
            if inner is None:
                return self.weights(pairs)
            for pair in pairs:
                if pair is not inner:
                    self.ignore(*pair)
            value = inner[1]
        raise ImportFailure(f"holds no state_dict in the first {DEEPEST} levels; {ADVICE}")

    def weights(self, pairs):
        found = []
        for name, part in pairs:
            if self.is_tensor(part):
                found.append((name, part))
            else:
                self.ignore(name, part)
        if not found:
            name, part = pairs[0]
            raise ImportFailure(f"holds no state_dict: {printable(name, SHOWN)} is no tensor, but {describe(part)}; {ADVICE}")
        return found

    def weights_of_module(self, module):
        """What its state_dict() would have: parameters and persistent buffers, those of modules within it behind their names."""
        found, todo = [], [("", module)]
        for _ in range(MOST_MODULES):
            if not todo:
                return found
            prefix, module = todo.pop()
            state = state_of(module)
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
        raise ImportFailure(f"holds a network whose modules are too many, or too deep; {ADVICE}")


def check_name(name):
    """Keys are names of datasets."""
    if not isinstance(name, str):
        raise ImportFailure(f"{printable(name, SHOWN)}: is no name, so this is no state_dict; {ADVICE}")
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        length = 0
    if not 0 < length <= LONGEST_KEY or "/" in name or "\0" in name or name in (".", ".."):
        raise ImportFailure(f"'{printable(name, SHOWN)}': is no name for a dataset")


def read(path):
    """({key: array} in the order of the checkpoint, what else was there, as texts)."""
    with File(path) as file:
        finder, state = Finder(file.tensors), {}
        found = finder.find(file.value)
        check_count(found)
        for name, part in found:
            check_name(name)
            with naming(name):
                entry = file.tensors.entry(part)
                if entry is None:
                    raise ImportFailure(f"is {describe(part)}; save it as a plain one")
                state[name] = file.array(entry)
        return state, finder.ignored
