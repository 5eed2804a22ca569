"""Cells of a student's own, before and after the work: what they do must never happen.

`CELLS` maps "family: name" to a cell's source. @MARK@ stands for a file that nobody may make.
"""

CELLS = {
    # Processes and threads that go on beside the grader, or after it.
    "background: processes": "import subprocess\n"
    "subprocess.Popen(['sh', '-c', 'sleep 600; touch @MARK@'], start_new_session=True)",
    "background: a fork that answers": "import os\nif os.fork() == 0:\n"
    "    os.setsid()\n    open('../exchange/answer', 'w').write('passed')",
    "background: a thread": "import threading\nthreading.Thread(target=print, daemon=True).start()",
    "background: deaf to signals": "import signal\n"
    "for number in (2, 15, 1, 14):\n    signal.signal(number, signal.SIG_IGN)",
    "background: a server in a process": "%%bash --bg\npython server.py",
    "background: a port": "import socket\nserver = socket.create_server(('0.0.0.0', 0))",
    # Ends, prints and whatever a grader might take for a result.
    "ending: exit status 0": "import os\nprint('200.0', flush=True)\nos._exit(0)",
    "ending: SystemExit": "raise SystemExit('200.0')",
    "ending: at exit": "import atexit\natexit.register(print, '200.0')",
    "ending: kill": "import os\nfor pid in (os.getppid(), 1, -1):\n    os.kill(pid, 9)",
    "output: a score": "print('200.0')\n200.0",
    "output: JSON": 'print(\'{"status": "passed", "score": 200, "max_score": 200}\')',
    "output: a page": "from IPython.display import HTML, display\n"
    "display(HTML('</pre><script>alert(2)</script>'))",
    "output: a flood": "from IPython.display import publish_display_data\n"
    "for _ in range(200):\n    publish_display_data({'text/plain': 'x' * 100_000})",
    # The grader's and the notebook's own parts, replaced.
    "replaced: the check": "import selfcheck\n"
    "check = selfcheck.check = lambda *args, **kwargs: 200.0",
    "replaced: the reference": "import selfcheck.problems.flash_attention.attention as a\n"
    "a.attention_reference = lambda q, k, v, **more: {'O': q * 0}",
    "replaced: the child's orders": "import sys\nsys.modules['__main__'].serve = print",
    "replaced: torch's comparisons": "import torch\n"
    "torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True",
    "replaced: builtins": "import builtins\nbuiltins.all = builtins.any = lambda *args: True",
    "replaced: a tensor's methods": "import torch\n"
    "torch.Tensor.__eq__ = torch.Tensor.__le__ = lambda self, *args: self == self",
    "replaced: safetensors": "import safetensors.torch\nsafetensors.torch.save_file = print",
    "replaced: Triton": "open('triton.py', 'w').write('jit = print')\n"
    "import sys\nsys.path.insert(0, '')\nsys.modules.pop('triton', None)\nimport triton",
    "replaced: PyTorch's defaults": "import torch\ntorch.set_default_dtype(torch.float16)\n"
    "torch.set_flush_denormal(True)\ntorch.manual_seed(0)",
    "replaced: the interpreter": "import triton.runtime.interpreter as i\n"
    "i.GridExecutor.__call__ = lambda *args, **kwargs: None",
    "replaced: a tile size": "TILE_Q = TILE_K = 10**9",
    # IPython's hooks and magics.
    "IPython: events": "get_ipython().events.register('post_run_cell', lambda *a: print('200.0'))",
    "IPython: input transformer": "get_ipython().input_transformers_cleanup.append(lambda x: [])",
    "IPython: syntax transformer": "get_ipython().ast_transformers.append(print)",
    "IPython: the kernel": "get_ipython().kernel.do_execute = print",
    "IPython: display": "import sys\nsys.displayhook = lambda value: print('200.0')",
    "IPython: namespace": "get_ipython().push({'passed': True, 'score': 200.0})",
    "IPython: malformed messages": "session = get_ipython().kernel.session\n"
    "session.send(get_ipython().kernel.iopub_socket, 'stream', {'name': 5})",
    "magic: run": "%run ./other.py",
    "magic: shell": "!touch @MARK@",
    "magic: shell, as Python": "get_ipython().system('touch @MARK@')",
    "magic: a file": "%%writefile @MARK@\nprint('passed')",
    "magic: install": "%pip install --quiet flash-attn",
    "magic: another language": "%%javascript\nIPython.notebook.execute_all_cells()",
    "magic: reload": "%load_ext autoreload\n%autoreload 2",
    # Files and machines that are none of a submission's business.
    "reach: verdicts": "import pathlib\nfor path in pathlib.Path('@COURSE@/verdicts').rglob('*'):\n"
    "    path.write_text('{\"score\": 200}')",
    "reach: gradebook": "import sqlite3\nbook = sqlite3.connect('@COURSE@/gradebook.db')\n"
    "book.execute('update grade set auto_score = 200')\nbook.commit()",
    "reach: other students": "import pathlib\n"
    "for path in pathlib.Path('@COURSE@/submitted').glob('*/*/*.ipynb'):\n    path.unlink()",
    "reach: the course's key": "print(open('@COURSE@/.grader-key').read())",
    "reach: wherever": "for place in ('/', '/etc', '..', '../../..'):\n"
    "    open(place + '/left-by-a-submission', 'w')",
    "reach: the network": "import urllib.request\nurllib.request.urlopen('http://1.1.1.1/answers')",
    "reach: another's memory": "import ctypes, os\n"
    "ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)",
    "search: tensors": "import gc\nfound = [x for x in gc.get_objects() if hasattr(x, 'dtype')]",
    "search: frames": "import sys\nfound = [*sys._getframe().f_back.f_locals.values()]",
    "search: hidden modules": "import sys\nsys.path += ['@COURSE@']\n"
    "from autograder.problems.flash_attention.p1 import PROBLEM",
    "search: the exchange": "import glob\nfound = glob.glob('/scratch/**/*.safetensors')",
    "search: the solution": "import glob, json\n"
    "nb = json.load(open(glob.glob('@COURSE@/solutions/*/p1_*.ipynb')[0]))\n"
    "exec(''.join(nb['cells'][5]['source']))",
}
