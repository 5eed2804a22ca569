"""Does the parent take exactly the tensors it asked for, and nothing else, from the child?"""

import os

import pytest
import torch
from safetensors.torch import save

from autograder.sandbox.exchange import BadAnswer, json_object, read_answer, write_tensors

SHAPE = (1, 8, 64, 16)
EXPECTED = {"O": (torch.float16, SHAPE), "L": (torch.float32, (1, 8, 64))}


def good_answer() -> dict[str, torch.Tensor]:
    return {name: torch.ones(shape, dtype=dtype) for name, (dtype, shape) in EXPECTED.items()}


def refusal(path, expected=EXPECTED, **options) -> str:
    with pytest.raises(BadAnswer) as caught:
        read_answer(path, expected, **options)
    return str(caught.value)


def test_tensors_of_any_layout_come_back_equal(tmp_path):
    """Are views, strided tensors and every dtype written by value?"""
    base = torch.randn(4, 6)
    tensors = {
        "strided": base.t(),
        "view": base[1:, ::2],
        "same": base,
        "alias": base,
        "half": base.to(torch.bfloat16),
        "empty": torch.empty(0, 3),
    }
    path = tmp_path / "in.safetensors"
    write_tensors(path, tensors)
    found = read_answer(path, {n: (t.dtype, tuple(t.shape)) for n, t in tensors.items()})
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
    assert os.listdir(tmp_path) == ["in.safetensors"]


def test_writing_replaces_a_link_and_does_not_follow_it(tmp_path):
    """Can the child redirect the parent's writing?"""
    target, path = tmp_path / "target", tmp_path / "in.safetensors"
    target.write_text("untouched")
    path.symlink_to(target)
    write_tensors(path, good_answer())
    assert target.read_text() == "untouched"
    assert not path.is_symlink()


def test_a_folder_in_the_way_of_the_inputs_is_the_childs_fault(tmp_path):
    (tmp_path / "in.safetensors").mkdir()
    with pytest.raises(BadAnswer, match="folder"):
        write_tensors(tmp_path / "in.safetensors", good_answer())
    assert os.listdir(tmp_path) == ["in.safetensors"]


def test_nan_is_not_this_layers_business(tmp_path):
    answer = good_answer() | {"O": torch.full(SHAPE, float("nan"), dtype=torch.float16)}
    write_tensors(tmp_path / "out", answer)
    assert read_answer(tmp_path / "out", EXPECTED)["O"].isnan().all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"O": torch.ones(SHAPE)}, "O is float32, expected float16."),
        (
            {"O": torch.ones(1, 8, 64, 8, dtype=torch.float16)},
            "O has shape (1, 8, 64, 8), expected (1, 8, 64, 16).",
        ),
        ({"O": None}, "The answer lacks O."),
        ({"M": torch.ones(3)}, "The answer holds 1 tensors that were not asked for."),
    ],
)
def test_a_wrong_tensor_is_named_in_a_sentence(tmp_path, change, sentence):
    """Does a student learn which tensor is wrong, and how?"""
    answer = {name: t for name, t in (good_answer() | change).items() if t is not None}
    (tmp_path / "out").write_bytes(save(answer))
    assert refusal(tmp_path / "out") == sentence


def test_what_is_no_ordinary_file_is_refused_without_waiting(tmp_path):
    """Do a link, a FIFO, a folder or a missing file neither block nor lead elsewhere?"""
    write_tensors(tmp_path / "real", good_answer())
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    assert refusal(tmp_path / "link") == "link is a symbolic link."
    assert refusal(tmp_path / "fifo") == "fifo is not an ordinary file."
    assert refusal(tmp_path / "folder") == "folder is not an ordinary file."
    assert refusal(tmp_path / "none") == "No answer was written (none is missing)."


def test_a_file_larger_than_the_answer_is_not_read(tmp_path):
    """Is the size judged by what was asked for, before anything is read?"""
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 40)  # sparse: reading it would take a terabyte of memory
    assert "larger than the answer can be" in refusal(tmp_path / "huge", slack_bytes=1000)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not safetensors",
        b"\xff" * 64,
        save(good_answer())[:-1],
        (100).to_bytes(8, "little") + b"{" * 100,
        (47).to_bytes(8, "little") + b'{"O":{"dtype":"F8","shape":[1],"data_offsets":[',
    ],
)
def test_a_damaged_file_is_refused(tmp_path, data):
    (tmp_path / "out").write_bytes(data)
    assert refusal(tmp_path / "out") == "The answer's file is damaged."


def test_a_message_is_a_json_object():
    assert json_object(b'{"ok": true}') == {"ok": True}
    for text in (b"[1]", b"3", b"{", b"[" * 60000, b'{"a": "\\ud800"}', b"9" * 9999, b"\xff", b""):
        with pytest.raises(BadAnswer):
            json_object(text)
