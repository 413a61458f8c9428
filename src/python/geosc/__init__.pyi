from os import PathLike
from types import TracebackType
from typing import Any, Callable, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple, Type, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

# Arrays: numpy, anything that numpy.asarray takes, or a PyTorch tensor on the CPU.
_Array = Union[ArrayLike, Any]
_Features = Union[_Array, Sequence[_Array]]  # [C, H, W], or levels of it
_Posed = Mapping[str, Union[_Features, Tuple[_Features, _Array]]]
_Pose = Literal["none", "hflip", "vflip", "rot180", "rot90", "rot270", "transpose", "antitranspose"]
_Poses = Union[str, Sequence[_Pose]]
_Units = Literal["cell", "pixel", "original"]
_PoseSource = Literal["auto", "stored", "derived"]
_Conv = Literal["auto", "direct", "winograd"]
_Imd = Literal["squared", "euclidean", "mutual", "none"]
_Restrict = Literal["no", "imd", "match", "both"]
_Path = Union[str, bytes, "PathLike[str]"]

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
    def refine(
        self,
        features: _Features,
        *,
        mask: Optional[_Array] = None,
        poses: Optional[_Poses] = None,
        pose_source: Optional[_PoseSource] = None,
        posed: Optional[_Posed] = None,
        norm_groups: Optional[Sequence[Optional[int]]] = None,
        size: Optional[_Array] = None,
        placement: Optional[_Array] = None,
        threads: int = 0,
        isa: Optional[str] = None,
    ) -> Refined: ...

class Refined:
    channels: int
    height: int
    width: int
    poses: Tuple[_Pose, ...]
    status: str
    def map(self, pose: _Pose = "none") -> NDArray[np.float32]: ...

class Match:
    xy: NDArray[np.float32]
    score: NDArray[np.float32]
    pose: Optional[_Pose]
    poses: Tuple[_Pose, ...]
    imd: NDArray[np.float32]
    status: str
    reason: Optional[str]
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
    @property
    def ok(self) -> bool: ...

def refine(
    features: _Features,
    *,
    model: Optional[Model] = None,
    mask: Optional[_Array] = None,
    poses: Optional[_Poses] = None,
    pose_source: Optional[_PoseSource] = None,
    posed: Optional[_Posed] = None,
    norm_groups: Optional[Sequence[Optional[int]]] = None,
    size: Optional[_Array] = None,
    placement: Optional[_Array] = None,
    threads: int = 0,
    isa: Optional[str] = None,
) -> Refined: ...
def match(
    source: Union[_Features, Refined],
    target: Union[_Features, Refined],
    keypoints: Optional[_Array] = None,
    *,
    model: Optional[Model] = None,
    mask: Optional[_Array] = None,
    target_mask: Optional[_Array] = None,
    poses: Optional[_Poses] = None,
    pose_source: Optional[_PoseSource] = None,
    posed: Optional[_Posed] = None,
    norm_groups: Optional[Sequence[Optional[int]]] = None,
    units: _Units = "cell",
    sizes: Optional[Tuple[_Array, _Array]] = None,
    placements: Optional[Tuple[_Array, _Array]] = None,
    mirror_index: Optional[_Array] = None,
    confidence: bool = False,
    top: int = 0,
    kap: Union[float, Sequence[float], None] = None,
    target_keypoints: Optional[_Array] = None,
    threshold: Optional[float] = None,
    threads: int = 0,
    isa: Optional[str] = None,
    imd: Optional[_Imd] = None,
    restrict_target: Optional[_Restrict] = None,
    query: Optional[Literal["cell", "bilinear"]] = None,
    similarity: Optional[Literal["cosine", "dot"]] = None,
    window: Union[int, str, None] = None,
    outside: Optional[Literal["drop", "zero"]] = None,
    temperature: Optional[float] = None,
) -> Match: ...

class Progress(NamedTuple):
    pairs_done: int
    pairs: int
    pairs_failed: int
    pairs_resumed: int
    images_refined: int
    images_to_refine: int
    cache_hits: int
    seconds: float

class Report:
    pairs: int
    failed: int
    status: Mapping[str, int]
    chosen: Mapping[str, int]
    pairs_resumed: int
    images_refined: int
    cache_hits: int
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

def run(
    input: _Path,
    output: _Path,
    *,
    model: Optional[_Path] = None,
    progress: Union[bool, Callable[[Progress], Any]] = False,
    pairs: Optional[_Path] = None,
    format: Literal["geosc", "hloc"] = "geosc",
    threads: int = 0,
    workers: int = 0,
    isa: Optional[str] = None,
    memory: int = 0,
    shard: Optional[Tuple[int, int]] = None,
    force: bool = False,
    restart: bool = False,
    same_input: bool = False,
    strict: bool = False,
    allow_links: bool = False,
    allow_plugins: bool = False,
    poses: Optional[_Poses] = None,
    pose_source: Optional[_PoseSource] = None,
    conv: Optional[_Conv] = None,
    confidence: Optional[bool] = None,
    top: Optional[int] = None,
    kap: Union[float, Sequence[float], None] = None,
    imd: Optional[_Imd] = None,
    restrict_target: Optional[_Restrict] = None,
    query: Optional[Literal["cell", "bilinear"]] = None,
    similarity: Optional[Literal["cosine", "dot"]] = None,
    window: Union[int, str, None] = None,
    outside: Optional[Literal["drop", "zero"]] = None,
    temperature: Optional[float] = None,
) -> Report: ...

class Results:
    xy: NDArray[np.float32]
    score: NDArray[np.float32]
    pose: NDArray[np.object_]
    poses: Tuple[_Pose, ...]
    imd: NDArray[np.float32]
    status: NDArray[np.object_]
    source: Optional[NDArray[Any]]
    target: Optional[NDArray[Any]]
    index: Optional[NDArray[np.int64]]
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
    kap: Optional[NDArray[np.float64]]
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
        self,
        name: str,
        features: _Features,
        *,
        mask: Optional[_Array] = None,
        posed: Optional[_Posed] = None,
        norm_groups: Optional[Sequence[Optional[int]]] = None,
        size: Optional[_Array] = None,
        placement: Optional[_Array] = None,
        keypoints: Optional[_Array] = None,
        rgb: Optional[_Array] = None,
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
