from os import PathLike
from types import TracebackType
from typing import Any, Callable, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import TypedDict, Unpack

__version__: str

# Arrays: numpy, anything that numpy.asarray takes, or a PyTorch tensor on the CPU.
_Array = Union[ArrayLike, Any]
_Features = Union[_Array, Sequence[_Array]]  # [C, H, W] or [1, C, H, W], or levels of it
_Posed = Mapping[str, Union[_Features, Tuple[_Features, _Array]]]
_Pose = Literal["none", "hflip", "vflip", "rot180", "rot90", "rot270", "transpose", "antitranspose"]
_Poses = Union[str, Sequence[_Pose]]
_Units = Literal["cell", "pixel", "original"]
_PoseSource = Literal["auto", "stored", "derived"]
_Conv = Literal["auto", "direct", "winograd"]
_Imd = Literal["squared", "euclidean", "mutual", "none"]
_Restrict = Literal["no", "imd", "match", "both"]
_Preset = Literal["geoaware", "geoaware-zero-shot", "marco", "diy-sc"]
_Path = Union[str, bytes, "PathLike[str]"]

# Arguments that several functions have.
class _Run(TypedDict, total=False):
    threads: int
    isa: Optional[str]

class _Candidates(TypedDict, total=False):
    preset: Optional[_Preset]
    poses: Optional[_Poses]
    pose_source: Optional[_PoseSource]

class _Image(TypedDict, total=False):
    mask: Optional[_Array]
    posed: Optional[_Posed]
    norm_groups: Optional[Sequence[Optional[int]]]
    axes: Optional[str]
    size: Optional[_Array]
    placement: Optional[_Array]

class _Decoding(_Candidates, total=False):
    confidence: bool
    top: int
    kap: Union[float, Sequence[float], None]
    imd: Optional[_Imd]
    restrict_target: Optional[_Restrict]
    query: Optional[Literal["cell", "bilinear"]]
    similarity: Optional[Literal["cosine", "dot"]]
    window: Union[int, str, None]
    outside: Optional[Literal["drop", "zero"]]
    temperature: Optional[float]

class _Refine(_Run, _Candidates, _Image, total=False): ...

class _Match(_Run, _Decoding, total=False):
    mask: Optional[_Array]
    target_mask: Optional[_Array]
    posed: Optional[_Posed]
    norm_groups: Optional[Sequence[Optional[int]]]
    axes: Optional[str]
    units: _Units
    sizes: Optional[Tuple[_Array, _Array]]
    placements: Optional[Tuple[_Array, _Array]]
    mirror_index: Optional[_Array]
    target_keypoints: Optional[_Array]
    threshold: Optional[float]

class _Job(_Run, _Decoding, total=False):
    progress: Union[bool, Callable[[Progress], Any]]
    pairs: Optional[_Path]
    format: Literal["geosc", "hloc"]
    workers: int
    memory: int
    shard: Optional[Tuple[int, int]]
    force: bool
    restart: bool
    same_input: bool
    strict: bool
    allow_links: bool
    allow_plugins: bool
    conv: Optional[_Conv]
    heat: int

class Error(Exception): ...
class UsageError(Error, ValueError): ...

class Model:
    def __init__(
        self,
        state: Mapping[str, _Array],
        *,
        bn_eps: Optional[float] = None,
        gn_eps: Optional[float] = None,
        gn_groups: Optional[int] = None,
        conv: Optional[_Conv] = None,
    ) -> None: ...
    @classmethod
    def load(cls, model: _Path, *, conv: Optional[_Conv] = None) -> Model: ...
    @property
    def channels(self) -> int: ...
    @property
    def parameters(self) -> int: ...
    def refine(self, features: _Features, **arguments: Unpack[_Refine]) -> Refined: ...

class Refined:
    channels: int
    height: int
    width: int
    poses: Tuple[_Pose, ...]
    size: Optional[Tuple[float, float]]
    placement: Optional[Tuple[float, float, float]]
    status: str
    def map(self, pose: _Pose = "none") -> NDArray[np.float32]: ...

class _Answers:
    xy: NDArray[np.float32]
    score: NDArray[np.float32]
    poses: Tuple[_Pose, ...]
    imd: NDArray[np.float32]
    peak: Optional[NDArray[np.int32]]
    second: Optional[NDArray[np.float32]]
    mutual: Optional[NDArray[np.bool_]]
    cycle: Optional[NDArray[np.float32]]
    top_xy: Optional[NDArray[np.float32]]
    top_score: Optional[NDArray[np.float32]]
    kap_in: Optional[NDArray[np.float32]]
    kap_out: Optional[NDArray[np.float32]]
    kap_max: Optional[NDArray[np.float32]]
    kap_range: Optional[NDArray[np.float32]]

class Match(_Answers):
    pose: Optional[_Pose]
    status: str
    reason: Optional[str]
    @property
    def ok(self) -> bool: ...
    def show(self, source: Union[_Array, Refined, None] = None, target: Union[_Array, Refined, None] = None) -> Drawing: ...

class Drawing:
    svg: str
    def save(self, path: _Path) -> None: ...
    def _repr_svg_(self) -> str: ...

def refine(features: _Features, *, model: Optional[Model] = None, **arguments: Unpack[_Refine]) -> Refined: ...
def match(
    source: Union[_Features, Refined],
    target: Union[_Features, Refined],
    keypoints: Optional[_Array] = None,
    *,
    model: Optional[Model] = None,
    **arguments: Unpack[_Match],
) -> Match: ...

class Progress(NamedTuple):
    pairs_done: int
    pairs: int
    pairs_failed: int
    pairs_resumed: int
    maps_refined: int
    maps_to_refine: int
    maps_reused: int
    seconds: float
    seconds_left: float

class Report:
    pairs: int
    failed: int
    status: Mapping[str, int]
    chosen: Mapping[str, int]
    pairs_resumed: int
    maps_refined: int
    maps_reused: int
    bytes_read: int
    threads: int
    workers: int
    isa: str
    already_done: bool
    seconds: float
    seconds_wait: float
    seconds_decode: float
    seconds_refine: float
    seconds_score: float
    seconds_match: float
    seconds_write: float

def run(input: _Path, output: _Path, *, model: Optional[_Path] = None, **arguments: Unpack[_Job]) -> Report: ...

class Results(_Answers):
    pose: NDArray[np.object_]
    status: NDArray[np.object_]
    source: Optional[NDArray[Any]]
    target: Optional[NDArray[Any]]
    index: Optional[NDArray[np.int64]]
    kap: Optional[NDArray[np.float64]]
    heat: Optional[NDArray[np.uint8]]
    options: str
    units: _Units
    def __len__(self) -> int: ...
    def to_pandas(self) -> Any: ...

def read(output: _Path) -> Results: ...

class Writer:
    def __init__(self, output: _Path, *, units: _Units = "cell", overwrite: bool = False) -> None: ...
    def __enter__(self) -> Writer: ...
    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None: ...
    def image(
        self, name: str, features: _Features, *, keypoints: Optional[_Array] = None, rgb: Optional[_Array] = None, **arguments: Unpack[_Image]
    ) -> None: ...
    def pair(
        self,
        source: str,
        target: str,
        *,
        keypoints: Optional[_Array] = None,
        target_keypoints: Optional[_Array] = None,
        mirror_index: Optional[_Array] = None,
        threshold: Optional[float] = None,
        category: Optional[str] = None,
    ) -> None: ...
    def close(self) -> None: ...
    def discard(self) -> None: ...
