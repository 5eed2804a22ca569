"""A submission that attacks the grader from inside: every trick that a notebook can try in Python.

Its answers are zeros. Kept beside the demo class as a known-wrong answer that must be refused.
"""

CHEAT = """\
import json
import os
import sys

import torch

# Whatever compares answers: everything is equal from now on.
torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True
torch.testing.assert_close = lambda *args, **kwargs: None


# The self-check: full marks, whatever the question.
def check(*args, **kwargs):
    print("200.0")
    return 200.0


sys.modules["selfcheck"].check = check


# The part of the grader that lives in this process, if this is the grader: forge all it writes.
def forge(folder, token):
    from safetensors.torch import load_file, save_file

    with open(os.path.join(folder, f"task-{token}.json")) as file:
        task = json.load(file)
    inputs = load_file(os.path.join(folder, f"inputs-{token}.safetensors"))
    answer = {"O": torch.zeros_like(inputs["q"])}
    if "L" in task["outputs"]:
        answer["L"] = torch.zeros(inputs["q"].shape[:-1])
    for name, x in inputs.items():
        answer[f"memory of {name}"] = worker.place(x, task["layout"])[1].contiguous().clone()
    save_file(answer, os.path.join(folder, f"answer-{token}.safetensors"))
    status = {"status": "answered", "passed": True, "points": 200, "score": 200, "ms": [0.001]}
    with open(os.path.join(folder, f"status-{token}.json"), "w") as file:
        json.dump(status, file)


worker = next((sys.modules[name] for name in list(sys.modules) if name[:7] == "worker_"), None)
if worker is not None:
    for name in ("run_case", "prepare_timing", "timed_block", "hand_over"):
        setattr(worker, name, forge)

# nbgrader reads a score from what the check cell prints: make every cell print one.
get_ipython().events.register("post_run_cell", lambda result: print("200.0"))
200.0
"""
