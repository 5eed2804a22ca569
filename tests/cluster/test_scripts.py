"""The ready scripts in cluster/: what Slurm is asked for, and that the recipes are whole."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CLUSTER = Path(__file__).resolve().parents[2] / "cluster"


def asked(**more) -> argparse.Namespace:
    usual = {"walltime": "02:00:00", "partition": "short", "account": None, "memory": None}
    return argparse.Namespace(**{**usual, "gpu": False, "prologue": [], **more})


@pytest.fixture(scope="module")
def slurm():
    """cluster/slurm.py as a module."""
    pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is for clusters alone")
    spec = importlib.util.spec_from_file_location("slurm", CLUSTER / "slurm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(slurm, **more) -> str:
    with slurm.cluster(asked(**more)) as made:
        return made.job_script()


def test_workers_end_before_slurm_ends_them(slurm):
    """Two hours: does each worker leave between 115 minutes and 8 minutes before that?"""
    text = script(slurm)
    assert "#SBATCH -t 02:00:00" in text and "#SBATCH -p short" in text
    assert "--lifetime 6660s" in text and "--lifetime-stagger 240s" in text


def test_memory_is_asked_for_only_where_one_says_so(slurm):
    """Is --mem left out, which some sites forbid, unless it is asked for?"""
    assert "#SBATCH --mem" not in script(slurm)
    assert "#SBATCH --mem=8G" in script(slurm, memory="8GB")


def test_a_gpu_is_asked_for_and_told(slurm):
    text = script(slurm, gpu=True)
    assert "#SBATCH --gres=gpu:1" in text and "--resources GPU=1" in text


def test_a_short_walltime_is_refused(slurm):
    with pytest.raises(SystemExit, match="15 minutes"):
        slurm.cluster(asked(walltime="00:08:00"))
    assert slurm.seconds("1-01:00:30") == 90030


def test_the_kubernetes_recipe_is_whole():
    """Does it read as YAML, with one worker and a scheduler of the same image?"""
    spec = yaml.safe_load((CLUSTER / "kubernetes.yaml").read_text())["spec"]
    worker, scheduler = (spec[one]["spec"]["containers"][0] for one in ("worker", "scheduler"))
    assert worker["image"] == scheduler["image"]
    assert worker["args"][worker["args"].index("--nthreads") + 1] == "1"


@pytest.mark.parametrize("name", ["ssh.py"])
def test_the_scripts_say_what_they_take(name):
    done = subprocess.run(
        [sys.executable, CLUSTER / name, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "Interrupt" not in done.stderr
