"""Whatever the grammar accepts reaches nothing but the names and attributes that it lists."""

from __future__ import annotations

import ast
import io
import keyword
import os
import random
import tokenize
from itertools import pairwise

import pytest
import recorder
import variants
from cheats.regions import REGION_CHEATS
from grammar_frames import one_region, problem, region
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.selfcheck.grammar import refusals
from autograder.selfcheck.grammar_words import NUMBERS, OPTIONS, WORDS
from autograder.selfcheck.program import Region
from autograder.selfcheck.regions import KERNEL, TORCH, canonical

# The same examples every time; GRAMMAR_EXAMPLES=20 makes it 20 times as many.
MORE = int(os.environ.get("GRAMMAR_EXAMPLES", "1"))
RELAXED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=500 * MORE,
    derandomize=True,
    database=None,
)
NAMES = ["x", "y", "acc", "ctx"]
HELPERS = ["_helper"]
FRAMES = {kind: one_region(kind, NAMES, *HELPERS) for kind in (KERNEL, TORCH)}
BAD_NAMES = ["eval", "getattr", "np", "__builtins__", "_y", "os", "self", "type", "open", "sum"]
BAD_TEXTS = [
    '"x"',
    '"cuda"',
    '"""a\ndef f(): pass"""',
    'f"{x!r}"',
    'b"x"',
    "2**70",
    "10**10**10",
    "...",
]
BAD_ATTRIBUTES = ["__class__", "handle", "data", "fn", "core", "format", "_x", "nn", "softmax"]


some = st.sampled_from
FLAWS = ("name", "attribute", "callee", "option", "sign", "shape")


def expressions(kind: str, flaw: str = "") -> st.SearchStrategy[str]:
    """Texts of expressions, of allowed parts alone, or with one sort of others."""
    words = WORDS[kind]
    signs = "+ - * / // % & | ^ < <= == != is".split()  # noqa: SIM905
    atoms = some([*NAMES, *NAMES, "0", "1.5", "None", "True", *sorted(words.values)])
    callee = some(sorted(words.calls - words.loops) + HELPERS)
    method, fact = some(sorted(words.methods)), some(sorted(words.facts))
    option, sign = some(["axis=0", "dtype=x.dtype", "mask=y"]), some(signs)
    if flaw == "name":
        others = ["a", *words.modules, *HELPERS, *BAD_NAMES, *BAD_TEXTS]
        atoms = atoms | some(others) | some(sorted(words.calls))
    elif flaw == "attribute":
        method = method | some(BAD_ATTRIBUTES) | fact
        fact = fact | some(BAD_ATTRIBUTES) | method
    elif flaw == "callee":
        callee = (
            callee | some(sorted(words.builtins) + BAD_NAMES + NAMES) | fact.map("tl.{}".format)
        )
    elif flaw == "option":
        option = some(["_semantic=x", "**x", "out=x", "*x", "combine_fn=_helper", "sep=y"])
    elif flaw == "sign":
        sign = some(["and", "or", "in", "@", "**", "<<", "not in", "if x else"])

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        shapes = [
            st.builds("{}({}, {})".format, callee, inner, inner),
            st.builds("{}({}, {})".format, callee, inner, option),
            st.builds("({}).{}({})".format, inner, method, inner),
            st.builds("({} {} {})".format, inner, sign, inner),
            st.builds("({}).{}".format, inner, fact),
            st.builds("({})[:, None]".format, inner),
            st.builds("({})[{}]".format, inner, inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({}, -{})".format, inner, inner),
        ]
        if flaw == "shape":
            shapes += [
                st.builds("(lambda: {})".format, inner),
                st.builds("[{} for b in {}]".format, inner, inner),
                st.builds("({})({})".format, inner, inner),
                st.builds("(b := {})".format, inner),
                st.builds("{}.{}".format, callee, fact),
                st.builds("{}.{}".format, callee, method),
            ]
        return st.one_of(*shapes)

    return st.recursive(atoms, grown, max_leaves=6)


def programs(kind: str) -> st.SearchStrategy[str]:
    """Texts of regions: one to three statements, honest ones and others."""
    value = st.one_of(*[expressions(kind)] * 3, *(expressions(kind, flaw) for flaw in FLAWS))
    target = some(["a", "b", "acc", "a, b", "x[0]", "x.data", "tl", "torch", "_y", "max"])
    plain = some(["a", "b", "acc"])
    plain_statements = [
        st.builds("{} = {}".format, plain, value),
        st.builds("{} += {}".format, plain, value),
        st.builds("{}".format, value),
        st.builds("if {}:\n    {} = {}\nelse:\n    a = {}".format, value, plain, value, value),
        st.builds("for {} in range({}):\n    a = {}".format, plain, value, value),
        st.builds("while x < {}:\n    a = {}".format, value, value),
    ]
    statement = st.one_of(
        *plain_statements,
        *plain_statements,
        st.builds("{} = {}".format, target, value),
        st.builds("for {} in {}:\n    a = {}".format, plain, value, value),
        st.builds("b: tl.constexpr = {}".format, value),
        st.builds("assert {}, {}".format, value, value),
        some(["import os", "return x", "del x", "pass", "global a", "raise x"]),
    )
    return st.lists(statement, min_size=1, max_size=3).map("\n".join)


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_accepted_programs_reach_only_what_is_listed(kind):
    accepted: list[str] = []

    @RELAXED
    @given(programs(kind))
    def check(text: str) -> None:
        if refusals(FRAMES[kind], {"x1.1": text}) == []:
            accepted.append(text)
            called = recorder.run(text, WORDS[kind], NAMES, HELPERS)
            assert set(called) <= WORDS[kind].calls | WORDS[kind].builtins | set(HELPERS)
            assert_words(text, FRAMES[kind].regions["x1.1"])

    check()
    assert len(set(accepted)) > 50


CORPUS = [
    *((id, text) for id, texts in variants.REGIONS.items() for text in texts.values()),
    *((id, text) for c in REGION_CHEATS for id, text in c.work.items() if len(text) < 2000),
]
PIECES = """
    import|lambda|def f():|class|@|(|)|[|]|{|}|:|,|.|..|=|:=|==|*|**|"|'|
    \"\"\"|\\|\\\n|\n|\n    |\n\t|
    \f|\r|\0|\u2028|\x85|\x1c|#|;|f"{x}"|.handle|.fn|.__class__|tl|tl.core|torch|getattr|eval|np|
    __builtins__|_semantic=|1e999|9999999999999999999999|in|not|is|await|async|yield|global|if 1:|
    else:|elif x:|return|ｅval|\u200b|\ufeff|def """.replace("|\n    ", "|").split("|")


@settings(RELAXED, max_examples=300 * MORE)
@given(some(CORPUS), st.integers(0, 2**32), st.integers(1, 4))
def test_changed_regions_stay_in_their_place(work, seed, changes):
    """A region that is accepted changes nothing in the program but itself."""
    id, text = work
    draw = random.Random(seed)
    for _ in range(changes):
        at = draw.randrange(len(text) + 1)
        until = min(len(text), at + draw.choice([0, 0, 1, 4]))
        text = text[:at] + draw.choice(PIECES) + text[until:]
    assert_in_place(id, text)
    assert_in_place(id, canonical(text))


@settings(RELAXED, max_examples=150 * MORE)
@given(st.text())
def test_any_text_gets_an_answer(text):
    for kind in (KERNEL, TORCH):
        for refusal in refusals(FRAMES[kind], {"x1.1": text}):
            assert refusal.line >= 1
            assert "\n" not in refusal.sentence
            assert len(refusal.sentence) < 300


def assert_in_place(id: str, text: str) -> None:
    frame, _ = problem(id.partition(".")[0])
    if refusals(frame, {id: text}):
        return
    assert_words(text, region(id))
    filled, empty = (ast.parse(frame.program(work).source) for work in ({id: text}, {}))
    assert len(filled.body) == len(empty.body)
    changed = [a for a, b in zip(filled.body, empty.body, strict=True) if _dump(a) != _dump(b)]
    assert len(changed) <= 1
    program = frame.program({id: text})
    assert program.source.splitlines() == program.source.split("\n")[: program.source.count("\n")]
    start, end = program.spans[id]
    for line in program.source.split("\n")[start : end - 1]:
        assert not line.strip().startswith("def "), "Triton's interpreter would begin here"


def _dump(node: ast.AST) -> str:
    return ast.dump(node)


def assert_words(text: str, where: Region) -> None:
    """By tokens, without `ast`: every word of an accepted text is one that may be there."""
    words = WORDS[where.kind]
    listed = words.calls | words.values
    dotted = words.attributes | {part for path in listed for part in path.split(".")}
    plain = where.names | where.helpers | words.modules | words.builtins | set(keyword.kwlist)
    tokens = list(tokenize.generate_tokens(io.StringIO(text + "\n").readline))
    code = [t for t in tokens if t.type not in (tokenize.COMMENT, tokenize.NL)]
    bound = {a.string for a, b in pairwise(code) if _binds(a, b)}
    for before, token, after in zip([code[0], *code], code, [*code[1:], code[-1]], strict=False):
        if token.type == tokenize.NAME and before.string == "." and before is not token:
            assert token.string in dotted, token
        elif token.type == tokenize.NAME and after.string != "=":
            assert token.string in plain | bound, token
        elif token.type == tokenize.STRING and before.string not in ("(", ",", "="):
            value = ast.literal_eval(token.string)
            remark = before.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
            known = value.lower() in NUMBERS or value in OPTIONS
            assert known or remark or before is token or before.type == tokenize.STRING, token


def _binds(token: tokenize.TokenInfo, after: tokenize.TokenInfo) -> bool:
    """Whether a name is given a value somewhere: before = or a comma, after `for`."""
    return token.type == tokenize.NAME and after.string in ("=", ",", "in", ":", ")", "+=")


REACHES = [
    "a = x.__class__",
    "a = x.handle.data",
    "a = tl.core",
    "a = tl.load.fn",
    "a = tl.abs(tl)",
    "a = tl.abs(max)",
    "a = (x, _helper)[0] + _helper",
    "a = x.sum + x.sum",
    "x.data = y",
    "tl.load = y",
    "global a\na = x",
    "a = f'{x}'",
    "a = tl.abs(x, _semantic=y)",
]


@pytest.mark.parametrize("text", REACHES)
def test_the_recorder_sees_what_the_grammar_refuses(text):
    assert refusals(FRAMES[KERNEL], {"x1.1": text})
    with pytest.raises(recorder.Escape):
        recorder.run(text, WORDS[KERNEL], NAMES, HELPERS)
