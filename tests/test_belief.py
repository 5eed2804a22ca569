"""What of measured times, inputs and outputs is believed: no clock runs in these tests."""

from __future__ import annotations

import os
import random
import threading

import pytest
import torch

from autograder.grading import turns
from autograder.grading.belief import Rates, baseline_ms, floor_ms, remarks, steady
from autograder.grading.clock import NotTimed
from autograder.grading.pool import LINE, SMALLEST, draw_pool
from autograder.grading.speed import _check_floor
from autograder.grading.verify import farther
from autograder.registry import load, problem_ids
from autograder.sandbox.exchange import BadAnswer, create_line, hear_line, say_line
from autograder.sandbox.timed import seal
from autograder.selfcheck.device import Mode
from autograder.selfcheck.problem import find_problem

CPU = Mode("cpu", torch.float16, "")
SIZES = {"B": 1, "H": 2, "Nq": 64, "Nk": 64, "D": 16, "is_causal": True}


# --- times --------------------------------------------------------------------------------------


def test_slowing_the_solution_down_raises_nobodys_baseline():
    """Does the solution's time alone count, once somebody disturbed it beside his process?"""
    assert baseline_ms(beside=[5.0, 9.0, 7.0], alone=[1.1, 1.0, 1.2]) == 1.0


def test_a_machine_that_gets_slower_is_not_held_against_the_solution():
    assert baseline_ms(beside=[1.0, 1.1, 1.2], alone=[2.0, 2.1, 2.2]) == 1.0


def test_a_solution_that_could_not_run_beside_is_timed_alone():
    assert baseline_ms(beside=[], alone=[3.0, 1.0, 2.0]) == 1.0


def test_one_block_that_was_interrupted_makes_a_machine_unquiet():
    assert steady([1.0, 1.05, 1.2])
    assert not steady([1.0, 1.0, 1.6])


def test_nothing_below_the_cards_floor_is_believed():
    """Is a time refused that the card could not reach, by its copies or by its products?"""
    rates = Rates(bytes_per_ms=4e9, flops_per_ms=7e11)
    assert floor_ms(4e9, 0, rates) == pytest.approx(0.8)
    assert floor_ms(0, 14e11, rates) == pytest.approx(1.6)
    _check_floor(0.81, 4e9, 0, rates)
    with pytest.raises(NotTimed, match="not believed"):
        _check_floor(0.79, 4e9, 0, rates)


def test_every_speed_case_states_its_products():
    """Is the floor of a problem with matrix products more than its reading and writing?"""
    for problem_id in problem_ids():
        speed = load(problem_id).speed
        assert speed is None or speed.flops > 0 or problem_id == "p2"


def test_the_instructor_is_told_of_odd_figures():
    """Do a lying clock and a disturbed solution show, and honest figures say nothing?"""
    assert remarks(1.0, 0.97, beside=[0.5], alone=[0.5]) == ""
    assert "reported 0.010 ms" in remarks(1.0, 0.01, beside=[0.5], alone=[0.5])
    assert "its time alone counts" in remarks(1.0, 1.0, beside=[0.9], alone=[0.5])
    assert "only alone" in remarks(1.0, 1.0, beside=[], alone=[0.5])


# --- inputs -------------------------------------------------------------------------------------


def test_inputs_begin_anywhere_in_a_memory_far_larger_than_they_are():
    pool = draw_pool(find_problem("p1"), SIZES, CPU, seed=5)
    places = pool.places(random.Random(1), 100)
    assert min(len(x) for x in pool.memory.values()) >= SMALLEST
    assert len({tuple(at.values()) for at in places}) == 100
    assert all(start % LINE == 0 for at in places for start in at.values())
    for name, x in pool.inputs(places[0]).items():
        start = places[0][name]
        assert tuple(x.shape) == pool.shapes[name] and x.is_contiguous()
        assert torch.equal(x.flatten(), pool.memory[name][start : start + x.numel()])


def test_the_worker_finds_the_same_inputs_at_a_place(monkeypatch):
    """Do the process that is timed and the grader, which verifies, mean the same by a place?"""
    from autograder.sandbox import timed

    pool = draw_pool(find_problem("p1"), SIZES, CPU, seed=5)
    strides = {name: torch.empty(shape).stride() for name, shape in pool.shapes.items()}
    task = {"shapes": pool.shapes, "params": {"is_causal": True}}
    blocks = {"task": task, "strides": strides, "memory": pool.memory}
    monkeypatch.setattr(timed, "BLOCKS", blocks)
    for at in pool.places(random.Random(2), 5):
        values = timed.inputs_at(at)
        assert values.pop("is_causal") is True
        expected = pool.inputs(at)
        assert all(torch.equal(values[name], x) for name, x in expected.items())


# --- outputs ------------------------------------------------------------------------------------


def outputs(seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return {"O": torch.randn(7, 2, 33, 16).bfloat16(), "L": torch.randn(7, 2, 33)}


@pytest.mark.parametrize("name", ["O", "L"])
def test_the_seal_breaks_with_any_bit(name):
    """Does the lowest bit of one element of one call change the seal, wherever it is?"""
    whole = {"O": torch.int16, "L": torch.int32}[name]
    for position in (0, 1, 400, -1):
        changed = outputs()
        changed[name].view(-1).view(whole)[position] ^= 1
        assert seal(changed) != seal(outputs())


def test_the_seal_depends_on_values_not_on_layout():
    strided = {name: x.mT.contiguous().mT for name, x in outputs().items() if x.dim() > 3}
    assert seal(strided) == seal({"O": outputs()["O"]})


@pytest.mark.parametrize("shape", [(3, 1), (3, 5), (3, 2, 1000), (3, 64, 64)])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.uint8])
def test_outputs_of_any_size_can_be_sealed(shape, dtype):
    x = (torch.rand(shape) * 100).to(dtype)
    assert len(seal({"x": x})) == 64
    assert seal({"x": x}) == seal({"x": x.clone()}) != seal({"x": x + 1})


def test_calls_unlike_the_judged_ones_are_judged_too():
    """Is a wrong call found that the drawn sample missed, also where it is NaN?"""
    solved = {"O": torch.ones(6, 4, 8)}
    answer = {"O": solved["O"] + 0.001 * torch.rand(6, 4, 8)}
    assert farther(answer, solved, drawn=[0, 1, 2]) == set()
    answer["O"][4, 2, 3] = 1.1
    answer["O"][5, 0, 0] = torch.nan
    assert farther(answer, solved, drawn=[0, 1, 2]) == {4, 5}


# --- messages -----------------------------------------------------------------------------------


def test_a_message_is_heard_when_its_line_is_complete(tmp_path):
    handle = create_line(tmp_path / "go")
    assert hear_line(handle) is None
    os.pwrite(handle, b'{"seal": [1', 0)
    assert hear_line(handle) is None
    say_line(handle, {"seal": [1, 2]})
    assert hear_line(handle) == {"seal": [1, 2]}
    os.close(handle)


@pytest.mark.parametrize("said", [b"nonsense\n", b"[1]\n", b"x" * 100_000 + b"\n", b"\xff\n"])
def test_a_message_that_is_none_is_refused(said, tmp_path):
    handle = create_line(tmp_path / "sealed")
    os.pwrite(handle, said, 0)
    with pytest.raises(BadAnswer):
        hear_line(handle)
    os.close(handle)


def test_a_line_is_never_opened_through_what_lies_there(tmp_path):
    """Can a link planted under the line's name make the grader write elsewhere?"""
    (tmp_path / "target").write_text("untouched")
    (tmp_path / "go").symlink_to(tmp_path / "target")
    with pytest.raises(BadAnswer, match="already"):
        create_line(tmp_path / "go")
    assert (tmp_path / "target").read_text() == "untouched"


# --- turns --------------------------------------------------------------------------------------


@pytest.fixture
def one_gpu(monkeypatch, tmp_path):
    """Turns as on a machine with a GPU, with lock files of their own."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(turns, "card_name", lambda: "card")
    monkeypatch.setattr(turns, "lock_file", lambda name, card: tmp_path / f"{card}-{name}")


def test_nobody_uses_the_gpu_while_somebody_times(one_gpu):
    order = []

    def neighbour():
        with turns.shared_turn():
            order.append("neighbour")

    with turns.sole_turn():
        other = threading.Thread(target=neighbour)
        other.start()
        other.join(0.2)  # ample for a lock that did not hold
        order.append("timed")
    other.join()
    assert order == ["timed", "neighbour"]


def test_a_turn_within_a_turn_does_not_wait_for_itself(one_gpu):
    """Starting a notebook takes a turn for each cell, and may happen inside a case's turn."""
    with turns.shared_turn():
        waiting = threading.Thread(target=lambda: turns.sole_turn().__enter__(), daemon=True)
        waiting.start()  # it holds the door, and waits for us to leave the room
        with turns.shared_turn():
            pass
