"""Start a Dask scheduler here and workers as Slurm jobs; print the address for `autograder run`.

    pip install dask-jobqueue
    python cluster/slurm.py --workers 64 --walltime 02:00:00 [--gpu] [--partition NAME]

Interrupt it to end them all.
"""

from __future__ import annotations

import argparse
import signal

from dask_jobqueue import SLURMCluster

BEFORE = 300  # seconds before Slurm's limit at which a worker ends by itself ...
STAGGER = 240  # ... give or take, so that not all end at once


def seconds(walltime: str) -> int:
    """ "02:00:00" in seconds; days as Slurm writes them, "1-00:00:00"."""
    days, _, rest = walltime.rpartition("-")
    hours, minutes, secs = (int(part) for part in rest.split(":"))
    return int(days or 0) * 86400 + hours * 3600 + minutes * 60 + secs


def cluster(asked: argparse.Namespace) -> SLURMCluster:
    """The scheduler, and workers that are replaced when their time is over."""
    life = seconds(asked.walltime) - BEFORE
    if life <= STAGGER:
        raise SystemExit("The walltime is too short: take 15 minutes or more.")
    worker = ["--lifetime", f"{life - STAGGER}s", "--lifetime-stagger", f"{STAGGER}s"]
    worker += ["--memory-limit", "0"]  # the sandboxes have their own
    worker += ["--resources", "GPU=1"] if asked.gpu else []
    extra = ["--gres=gpu:1"] if asked.gpu else []
    return SLURMCluster(
        cores=1,
        processes=1,
        memory=asked.memory or "8GB",
        queue=asked.partition,
        account=asked.account,
        walltime=asked.walltime,
        worker_extra_args=worker,
        job_extra_directives=extra,
        job_directives_skip=[] if asked.memory else ["--mem"],
        job_script_prologue=["export OMP_NUM_THREADS=1", *asked.prologue],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workers", type=int, default=16, help="at most so many jobs")
    parser.add_argument("--walltime", default="02:00:00")
    parser.add_argument("--partition")
    parser.add_argument("--account")
    parser.add_argument("--memory", help="--mem of a job, like 8GB; left out if you do not say it")
    parser.add_argument("--gpu", action="store_true", help="a GPU for each worker")
    parser.add_argument("--prologue", action="append", default=[], help="a line before each worker")
    asked = parser.parse_args()
    made = cluster(asked)
    made.adapt(minimum=1, maximum=asked.workers)
    print(f"autograder run --scheduler {made.scheduler_address}", flush=True)
    print(f"The workers: {made.dashboard_link}. Interrupt this to end them.", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        made.close()


if __name__ == "__main__":
    main()
