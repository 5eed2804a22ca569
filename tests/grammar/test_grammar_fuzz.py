"""Whatever the grammar accepts reaches nothing but the names and attributes that it lists."""

from __future__ import annotations

import ast
import io
import keyword
import random
import tokenize
from itertools import pairwise

import pytest
import recorder
import variants
from grammar_frames import problem, region, region_cheats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.selfcheck.grammar import refusals, region_refusals
from autograder.selfcheck.grammar_words import NUMBERS, OPTIONS, WORDS
from autograder.selfcheck.regions import KERNEL, TORCH, Region, canonical

RELAXED = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=400)
NAMES = ["x", "y", "acc", "ctx"]
HELPERS = ["_helper"]
REGIONS = {
    kind: Region("t1.1", kind, "", "    ", "f", frozenset(NAMES), frozenset(HELPERS))
    for kind in (KERNEL, TORCH)
}
BAD_NAMES = ["eval", "getattr", "np", "__builtins__", "_y", "os", "self", "type", "open", "sum"]
BAD_ATTRIBUTES = ["__class__", "handle", "data", "fn", "core", "format", "_x", "nn", "softmax"]


def expressions(kind: str) -> st.SearchStrategy[str]:
    """Texts of expressions, most of them of allowed parts."""
    words = WORDS[kind]
    modules = sorted(words.modules)
    paths = sorted(words.calls | words.values)
    callees = sorted(words.calls) + sorted(words.builtins) + HELPERS
    known = st.sampled_from(NAMES * 6 + ["a", "b", *modules, *HELPERS, "max", *BAD_NAMES[:3]])
    text = st.sampled_from(['"x"', '"cuda"', '"""a\ndef f(): pass"""', 'f"{x!r}"', 'b"x"'])
    number = st.sampled_from(["0", "1.5", "None", "True", "2**70", "10**10**10", "...", "-1"])
    atom = known | known | number | st.sampled_from(paths) | text | st.sampled_from(BAD_NAMES)
    option = st.sampled_from(["axis=0", "dtype=x.dtype", "_semantic=x", "**x", "mask=y", "out=x"])

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        attribute = st.sampled_from(sorted(words.attributes) * 2 + BAD_ATTRIBUTES)
        arguments = st.lists(inner, min_size=1, max_size=3).map(", ".join)
        called = st.builds("{}({})".format, st.sampled_from(callees), arguments)
        method = st.builds("{}.{}({})".format, inner, attribute, arguments)
        pair = st.builds("({} {} {})".format, inner, st.sampled_from(_SIGNS), inner)
        common = [
            called,
            called,
            method,
            pair,
            pair,
            st.builds("{}.{}".format, inner, attribute),
            st.builds("{}[:, None]".format, inner),
            st.builds("{}[{}]".format, inner, inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("({}, {})".format, inner, inner),
            st.builds("(-{})".format, inner),
            st.builds("{}({}, {})".format, st.sampled_from(callees), inner, option),
        ]
        rare = st.one_of(
            st.builds("(lambda: {})".format, inner),
            st.builds("[{} for b in {}]".format, inner, inner),
            st.builds("{}({})".format, inner, inner),
            st.builds("(b := {})".format, inner),
            st.builds("{}.{}".format, st.sampled_from(paths), attribute),
        )
        return st.one_of(*common, *common, rare)

    return st.recursive(atom, grown, max_leaves=5)


_SIGNS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "&",
    "|",
    "^",
    "<",
    "<=",
    "==",
    "!=",
    "and",
    "or",
    "is",
    "@",
    "in",
    "**",
    "<<",
]


def programs(kind: str) -> st.SearchStrategy[str]:
    """Texts of regions: one to four statements."""
    value = expressions(kind)
    target = st.sampled_from(
        ["a", "b", "acc", "a, b", "x[0]", "x.data", "tl", "torch", "_y", "max"]
    )
    plain = st.sampled_from(["a", "b", "acc"])
    statement = st.one_of(
        st.builds("{} = {}".format, plain, value),
        st.builds("{} = {}".format, target, value),
        st.builds("{} += {}".format, plain, value),
        st.builds("{}".format, value),
        st.builds("if {}:\n    {} = {}\nelse:\n    a = {}".format, value, plain, value, value),
        st.builds("for {} in range({}):\n    a = {}".format, plain, value, value),
        st.builds("for {} in {}:\n    a = {}".format, plain, value, value),
        st.builds("while x < {}:\n    a = {}".format, value, value),
        st.builds("b: tl.constexpr = {}".format, value),
        st.builds("assert {}, {}".format, value, value),
        st.sampled_from(["import os", "return x", "del x", "pass", "global a", "raise x"]),
    )
    return st.lists(statement, min_size=1, max_size=3).map("\n".join)


@pytest.mark.parametrize("kind", [KERNEL, TORCH])
def test_accepted_programs_reach_only_what_is_listed(kind):
    accepted: list[str] = []

    @RELAXED
    @given(programs(kind))
    def check(text: str) -> None:
        if region_refusals(text, REGIONS[kind]) == []:
            accepted.append(text)
            called = recorder.run(text, WORDS[kind], NAMES, HELPERS)
            assert set(called) <= WORDS[kind].calls | WORDS[kind].builtins | set(HELPERS)
            assert_words(text, REGIONS[kind])

    check()
    assert len(set(accepted)) > 20


CORPUS = [
    *((id, text) for id, texts in variants.REGIONS.items() for text in texts.values()),
    *((id, text) for c in region_cheats() for id, text in c.work.items() if len(text) < 2000),
]
PIECES = """
    import|lambda|def f():|class|@|(|)|[|]|{|}|:|,|.|..|=|:=|==|*|**|"|'|
    \"\"\"|\\|\\\n|\n|\n    |\n\t|
    \f|\r|\0|\u2028|\x85|\x1c|#|;|f"{x}"|.handle|.fn|.__class__|tl|tl.core|torch|getattr|eval|np|
    __builtins__|_semantic=|1e999|9999999999999999999999|in|not|is|await|async|yield|global|if 1:|
    else:|elif x:|return|ｅval|\u200b|\ufeff|def """.replace("|\n    ", "|").split("|")


@settings(RELAXED, max_examples=300)
@given(st.sampled_from(CORPUS), st.integers(0, 2**32), st.integers(1, 4))
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


@settings(RELAXED, max_examples=200)
@given(st.text())
def test_any_text_gets_an_answer(text):
    for kind in (KERNEL, TORCH):
        for refusal in region_refusals(text, REGIONS[kind]):
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
    bound = {a.string for a, b in pairwise(code) if _binds(a, b, code)}
    for before, token, after in zip([code[0], *code], code, [*code[1:], code[-1]], strict=False):
        if token.type == tokenize.NAME and before.string == "." and before is not token:
            assert token.string in dotted, token
        elif token.type == tokenize.NAME and after.string != "=":
            assert token.string in plain | bound, token
        elif token.type == tokenize.STRING and before.string not in ("(", ","):
            value = ast.literal_eval(token.string)
            remark = before.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
            known = value.lower() in NUMBERS or value in OPTIONS
            assert known or remark or before is token or before.type == tokenize.STRING, token


def _binds(token: tokenize.TokenInfo, after: tokenize.TokenInfo, code: list) -> bool:
    """Whether a name is given a value somewhere: before = or a comma, after `for`."""
    return token.type == tokenize.NAME and (after.string in ("=", ",", "in", ":", ")", "+="))
