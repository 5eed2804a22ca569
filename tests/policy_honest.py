"""Honest code that the policy must leave alone: bodies of the entry point, and whole cells."""

from __future__ import annotations

from policy_sources import ENTRY

HONEST_BODIES = {
    "shapes": "q = q.reshape(-1, 64).transpose(0, 1).expand(2, 2, 64).contiguous().mT",
    "buffers": "a = torch.zeros(3); b = torch.full((2,), -math.inf); c = torch.arange(4)",
    "devices": "ok = q.is_cuda and torch.cuda.get_device_capability(q.device) >= (8, 0)",
    "padding": "q = F.pad(q, (0, 1)); q = torch.nn.functional.pad(q, (0, 2))",
    "row sums for a backward pass": "delta = (out * v).sum(dim=-1)",
    "math": "s = math.exp(1.0) * math.log2(math.e) / math.sqrt(q.shape[-1])",
    "a comment": "x = 1  # like torch.softmax(q @ k, -1)",
    "a string": "note = 'torch.softmax, F.scaled_dot_product_attention, exec'",
    "names that look alike": "softmax = 1; matmul = softmax + 1; einsum_like = matmul",
    "a dtype by name": "t = getattr(torch, 'float' + '16'); u = getattr(q, 'is_cuda', False)",
    "an assertion": "assert q.shape == k.shape, f'{q.shape} @ {k.shape}'",
    "version": "new = torch.__version__ >= '2'",
    "environment": "debug = os.environ.get('DEBUG') or os.path.join('a', 'b')",
    "own kernel by name": "f = copy_kernel if is_causal else copy_kernel; f[(1,)](q, q, 1)",
    "launcher kept": "go = copy_kernel[(1,)]; go(q, out, 1, BLOCK=64)",
    "grid function": "copy_kernel[lambda meta: (triton.cdiv(4, meta['BLOCK']),)](q, out, 1)",
    "context": "with torch.cuda.device(0), torch.no_grad(): pass",
    "p as a local name": "p = {'exp': 1}; e = p['exp']; f = [s for s in (1, 2)]",
}

HONEST_CELLS = {
    "comparison with SDPA": [
        "expected = F.scaled_dot_product_attention(q, k, v)\n"
        "print((entry(q, k, v) - expected).abs().max())"
    ],
    "reference function": ["def reference(q, k, v):\n    return torch.softmax(q @ k.mT, -1) @ v"],
    "reference of the same local names": ["out = q = torch.softmax(torch.ones(3) @ k, -1)"],
    "first attempt, replaced": [
        "def entry(q, k, v):\n    return F.scaled_dot_product_attention(q, k, v)",
        ENTRY + "    return out\n",
    ],
    "plot": ["import matplotlib.pyplot as plt\nplt.rcParams['a'] = 1\nplt.plot(torch.exp(x))"],
    "benchmark": [
        "%timeit F.scaled_dot_product_attention(q, k, v)\n!nvidia-smi\n%matplotlib inline"
    ],
    "timed cell": ["%%time\nprint(entry(q, k, v), torch.compile(reference)(q @ k))"],
    "shell cell": ["%%bash\npip install flash-attn\nexec('x')"],
    "ready-made kernels, to compare": [
        "from flash_attn import flash_attn_func\nflash_attn_func(q)"
    ],
    "settings": [
        "torch.backends.cuda.matmul.allow_tf32 = True\ntorch._dynamo.config.cache_size_limit = 9\n"
        "os.environ['TRITON_PRINT_AUTOTUNING'] = '1'\ntriton.knobs.autotuning.print = True"
    ],
    "model.eval": ["model = torch.nn.Linear(2, 2).eval()\nmodel.weight.grad = None"],
    "a cell that does not parse": ["def broken(:\n    exec('1')"],
    "own softmax method": [
        "class Tool:\n    def softmax(self, x):\n        return x\n    def go(self, x):\n"
        "        return self.softmax(x)\n",
        "def helper(x):\n    return Tool().go(Tool().softmax(x))",
        ENTRY + "    return helper(out)\n",
    ],
    "own function of a banned name": [
        "def softmax(x):\n    return x\n",
        ENTRY + "    return softmax(out)\n",
    ],
    "table of tiles": ["TILES = {16: (64, 64)}\nprint(TILES)", ENTRY + "    return TILES[16]\n"],
    "given weights": [
        "scale = float(torch.softmax(torch.ones(3), -1)[0]) * (torch.ones(3) @ torch.ones(3))",
        ENTRY + "    return out * scale\n",
    ],
    "notebook or not": [
        "shell = get_ipython().__class__.__name__\nif 'google.colab' in str(get_ipython()):\n"
        "    get_ipython().run_line_magic('matplotlib', 'inline')\n'entry' in globals()"
    ],
    "asking where it runs": [
        "colab = 'google.colab' in sys.modules or 'x' in sys.modules.keys()\n"
        "version = sys.modules['torch'].__version__, sys.modules.get('triton')\n"
        "shell = get_ipython()\nprint(type(shell), 'Colab' in str(get_ipython()))\n"
        "import gc\ngc.collect()\nhere = locals().get('q') is not None\n"
        "if shell is not None:\n    print(shell.kernel)"
    ],
    "every result shown": [
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.ast_node_interactivity = 'all'",
        "get_ipython().ast_node_interactivity = 'last_expr_or_assign'",
    ],
    "autograd function": [
        "class Fn(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, q):\n"
        "        ctx.save_for_backward(q)\n        out = torch.empty_like(q)\n"
        "        copy_kernel[(1,)](q, out, 1, BLOCK=64)\n        return out\n"
        "    @staticmethod\n    def backward(ctx, g):\n        (q,) = ctx.saved_tensors\n"
        "        return (g * q).sum(-1)\n",
        "def entry(q, k, v):\n    return Fn.apply(q)",
    ],
    "autotuned kernel": [
        "@triton.autotune(configs=[triton.Config({'BLOCK': 64})], key=['n'])\n@triton.jit\n"
        "def tuned(x_ptr, n, BLOCK: tl.constexpr):\n    tl.store(x_ptr, n)",
        "def entry(q, k, v):\n    tuned[(1,)](q, 1)\n    return q",
    ],
    "kernels in a table": [
        "KERNELS = {True: copy_kernel}",
        "def entry(q, k, v):\n    KERNELS[True][(1,)](q, q, 1, BLOCK=64)\n    return q",
    ],
    "a launcher that is given the kernel": [
        "def launch(kernel, grid, *args):\n    kernel[grid](*args)",
        "def entry(q, k, v):\n    launch(copy_kernel, (1,), q)\n    return q",
    ],
    "unfinished": [
        "def entry(q, k, v):\n    raise NotImplementedError('p3.1: not implemented yet')"
    ],
    "numpy for numbers": [
        "import numpy as np",
        ENTRY + "    return out * float(np.sqrt(2.0) * np.log2(np.e))\n",
    ],
}
