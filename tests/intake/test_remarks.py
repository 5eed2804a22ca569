"""What a student is told of code that stands outside the markers."""

from __future__ import annotations

from autograder.selfcheck.given import changed_given

from .notebooks import cells_of, found_in, frame, solved, work, written


def edited(old: str, new: str, problem: str = "p3"):
    nb = solved(problem)
    cell = cells_of(nb)[0]
    assert old in cell["source"]
    cell["source"] = cell["source"].replace(old, new, 1)
    return found_in(written(nb), problem), cell["source"]


def test_a_changed_line_is_told_with_its_number():
    """Is the line told, as it stands in the student's cell, and the work the same?"""
    found, source = edited("o = acc / l_i[:, None]", "o = acc")
    number = next(i for i, line in enumerate(source.split("\n"), 1) if line.startswith("    o = "))
    (remark,) = found.remarks
    assert remark.startswith(f"You changed given code in line {number} (`o = acc")
    assert remark.endswith("grading uses the original.")
    assert found.work == work("p3")
    assert list(found.remarks) == changed_given(frame("p3"), "p3.1", source)


def test_an_added_and_a_deleted_line():
    """Are a line put into a given function and one taken out told?"""
    found, _ = edited("    o = torch.empty", "    q = q * 2\n    o = torch.empty")
    assert "(`q = q * 2`)" in found.remarks[0]
    found, _ = edited("    k_base = k_ptr + b * stride_kb + h * stride_kh\n", "")
    assert found.remarks[0].startswith("You deleted given code after line")


def test_layout_and_notes_are_no_changes():
    """Do comments, blank lines, line breaks, magics and functions of one's own go untold?"""
    found, _ = edited("    o = torch.empty", "\n    # mine\n    o = torch.empty")
    assert found.remarks == ()
    found, _ = edited("@triton.jit", "%%time\n# note\n\ndef mine(x):\n    return x\n\n@triton.jit")
    assert found.remarks == ()
    found, _ = edited("    H, Nq, Nk,\n", "    H,\n    Nq,\n    Nk,\n")
    assert found.remarks == ()


def test_a_helper_outside_is_named_if_it_is_used():
    """Is a function of the student's own named where a region calls it, and only there?"""
    nb = solved("p3")
    cell = cells_of(nb)[0]
    cell["source"] = cell["source"].replace("tl.exp2(qk", "my_exp(qk", 1)
    helper = "@triton.jit\ndef my_exp(x):\n    return tl.exp2(x)\n\ndef unused():\n    pass\n"
    nb["cells"].insert(3, {**cell, "source": helper})
    found = found_in(written(nb), "p3")
    assert found.remarks == (
        "`my_exp` stands outside the markers; only what stands between them is graded.",
    )
    assert [r.what for r in found.refusals] == ["my_exp"]


def test_the_stub_line_that_was_left():
    """Is a student told who wrote the work and left the line that ends it?"""
    found, _ = edited("        m_i = m_new\n", "        m_i = m_new\n" + STUB)
    assert "p3.1 still has the line" in found.remarks[0]


STUB = '        tl.static_assert(False, "p3.1: not implemented yet")\n'
