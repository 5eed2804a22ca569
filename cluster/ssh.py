"""Start a Dask scheduler and workers over SSH; print the address for `autograder run`.

    pip install asyncssh
    python cluster/ssh.py host1 host2 --per-host 8 --python /path/to/course/.venv/bin/python

The scheduler runs on the first host. Interrupt it to end them all.
"""

from __future__ import annotations

import argparse
import signal

from distributed import SSHCluster


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("hosts", nargs="+", help="as ssh knows them; keys must be set up")
    parser.add_argument("--per-host", type=int, default=1, help="workers on each host")
    parser.add_argument("--python", help="the environment's Python there; default: the same path")
    parser.add_argument("--gpu", action="store_true", help="the workers have a GPU")
    asked = parser.parse_args()
    options = {"n_workers": asked.per_host, "nthreads": 1, "memory_limit": "0"}
    options |= {"resources": "GPU=1"} if asked.gpu else {}
    scheduler, *_ = asked.hosts
    made = SSHCluster([scheduler, *asked.hosts], worker_options=options, remote_python=asked.python)
    print(f"autograder run --scheduler {made.scheduler_address}", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        made.close()


if __name__ == "__main__":
    main()
