"""Ways around the policy. A line that must be named ends with `# HIT`; no other may be."""

from __future__ import annotations

from policy_sources import ENTRY, IMPORTS, calls, with_cells

BODY_EVASIONS = {
    "plain": "x = torch.softmax(q, -1)  # HIT",
    "operator": "x = q @ k  # HIT",
    "in-place operator": "q @= k  # HIT",
    "method": "x = q.matmul(k)  # HIT",
    "method on an expression": "x = (q * 2).mT.softmax(-1)  # HIT",
    "SDPA": "x = F.scaled_dot_product_attention(q, k, v)  # HIT",
    "import inside": "from torch import einsum as e\nx = e('ij,jk', q, k)  # HIT",
    "alias of torch": "t = torch\nx = t.mm(q, k)  # HIT",
    "alias of a function": "f = torch.softmax  # HIT\nx = f(q, -1)",
    "getattr": "x = getattr(torch, 'softmax')(q, -1)  # HIT",
    "getattr, string in parts": "x = getattr(q, 'soft' + 'max')(-1)  # HIT",
    "getattr, f-string": "x = getattr(q, f'{\"mat\"}mul')(k)  # HIT",
    "getattr, string turned round": "x = getattr(torch, 'xamtfos'[::-1])(q, -1)  # HIT",
    "getattr, bytes": "x = getattr(q, bytes([109, 109]).decode())(k)  # HIT",
    "getattr passed on": "x = functools.reduce(getattr, ['nn'], torch)  # HIT",
    "exec": "exec('out = q @ k')  # HIT",
    "eval": "x = eval('q @ k')  # HIT",
    "import by name": "x = __import__('torch')  # HIT",
    "importlib": "import importlib\nx = importlib.import_module('torch')  # HIT",
    "lambda": "x = (lambda a: a.softmax(-1))(q)  # HIT",
    "nested function": "def inner(a):\n    return a.bmm(k)  # HIT\nx = inner(q)",
    "walrus": "x = (f := torch.matmul)(q, k)  # HIT",
    "comprehension": "x = [torch.mv(a, k) for a in q]  # HIT",
    "partial": "x = functools.partial(torch.softmax, dim=-1)(q)  # HIT",
    "unbound method": "x = torch.Tensor.__matmul__(q, k)  # HIT",
    "special method": "x = q.__matmul__(k)  # HIT",
    "torch.ops": "x = torch.ops.aten.mm(q, k)  # HIT",
    "torch._C": "x = torch._C._nn.linear(q, k)  # HIT",
    "operator module": "x = operator.matmul(q, k)  # HIT",
    "methodcaller": "x = operator.methodcaller('softmax', -1)(q)  # HIT",
    "attrgetter": "x = operator.attrgetter('nn.functional')(torch)  # HIT",
    "__dict__": "x = torch.__dict__['softmax'](q, -1)  # HIT",
    "vars": "x = vars(torch)['softmax'](q, -1)  # HIT",
    "sys.modules": "x = sys.modules['torch']  # HIT",
    "module behind a module": "x = torch.nn.functional.torch._C  # HIT",
    "globals": "x = globals()['torch']  # HIT",
    "layer": "x = torch.nn.Softmax(-1)(q)  # HIT",
    "linalg": "x = torch.linalg.multi_dot([q, k])  # HIT",
    "torch.compile": "x = torch.compile(lambda a: a + 1)(q)  # HIT",
    "numpy": "import numpy as np\nx = np.einsum('ij,jk', q.numpy(), k.numpy())  # HIT",
    "exponential by hand": "x = (q[:, None] * k).sum(-1).exp()  # HIT",
    "CUDA graph": "g = torch.cuda.CUDAGraph()  # HIT\ng.replay()",
    "ctypes": "import ctypes\nx = ctypes.CDLL('libcublas.so')  # HIT",
    "subprocess": "import subprocess\nsubprocess.run(['python'])  # HIT",
    "fork": "os.fork()  # HIT",
    "the self-check's own": "import selfcheck\nx = selfcheck.naive_attention(q, k)  # HIT",
    "ready-made kernel": "from flash_attn import flash_attn_func\nx = flash_attn_func(q)  # HIT",
    "flex attention": "from torch.nn.attention import flex_attention as f\nx = f(q)  # HIT",
    "IPython history": "x = _5(q)  # HIT",
    "inductor": "import torch._inductor as i\nx = i.compile(q)  # HIT",
    "torch handed on": "def run(t):\n    return t.compile(k)\nx = run(torch)  # HIT",
    "torch in a list": "x = [torch][0].compile(q)  # HIT",
    "object's own getattr": "x = object.__getattribute__(q, 'softmax')(-1)  # HIT",
    "numpy behind Triton": "import triton.runtime.interpreter as i\nx = i.np.matmul(q, k)  # HIT",
    "pattern": "match torch:\n    case object(softmax=s):  # HIT\n        x = s(q, -1)",
    "script": "x = torch.jit.CompilationUnit('def f(a): return a')  # HIT",
}

CELL_EVASIONS = {
    "torch under another name": calls("x = np.softmax(q, -1)  # HIT", "import torch as np"),
    "from import": calls("x = s(q, -1)  # HIT", "from torch import softmax as s"),
    "star import": calls("x = softmax(q, -1)  # HIT", "from torch import *"),
    "helper": calls("x = helper(q)", "def helper(x):\n    return x.softmax(-1)  # HIT"),
    "helper of a helper": calls(
        "x = a(q)", "def b(x):\n    return x @ x  # HIT", "def a(x):\n    return b(x)"
    ),
    "global alias": calls("x = f(q, -1)", "f = torch.softmax  # HIT"),
    "list": calls("x = ops[0](q, -1)", "ops = [torch.softmax]  # HIT"),
    "dictionary, filled later": calls(
        "x = ops['s'](q, -1)", "ops = {}", "ops['s'] = torch.softmax  # HIT"
    ),
    "list, appended to": calls("x = ops[0](q)", "ops = []", "ops.append(torch.softmax)  # HIT"),
    "list, filled by a function": calls(
        "x = ops[0](q)", "ops = []\ndef fill():\n    ops.append(torch.softmax)  # HIT\nfill()"
    ),
    "global lambda": calls("x = f(q)", "f = lambda x: torch.softmax(x, -1)  # HIT"),
    "global statement": calls(
        "x = f(q)", "def install():\n    global f\n    f = torch.softmax  # HIT\ninstall()"
    ),
    "loop variable": calls("x = f(q)", "for f in [torch.softmax]:  # HIT\n    pass"),
    "class method": calls(
        "x = Tool().go(q)", "class Tool:\n    def go(self, x):\n        return x @ x  # HIT"
    ),
    "class attribute": calls("x = T.f(q)", "class T:\n    f = torch.softmax  # HIT"),
    "class attribute, set later": calls("x = T.f(q)", "class T: pass", "T.f = torch.mm  # HIT"),
    "call operator": calls(
        "x = T()(q)", "class T:\n    def __call__(self, x):\n        return x.softmax(-1)  # HIT"
    ),
    "decorator": with_cells(
        "def swap(f):\n    return F.scaled_dot_product_attention  # HIT",
        "@swap\n" + ENTRY + "    return out\n",
    ),
    "compiled entry": with_cells(ENTRY + "    return out\n", "entry = torch.compile(entry)  # HIT"),
    "default argument": with_cells(
        ENTRY.replace("is_causal=False", "f=torch.softmax").replace(":\n", ":  # HIT\n", 1)
    ),
    "replaced code": with_cells(
        "def other(q, k, v):\n    return q @ k",
        ENTRY + "    return out\n",
        "entry.__code__ = other.__code__  # HIT",
    ),
    "later definition in a cell that fails": with_cells(
        "def entry(q, k, v):\n    return q @ k  # HIT",
        "1 / 0\n" + ENTRY + "    return out\n",
    ),
    "later definition that is conditional": with_cells(
        "def entry(q, k, v):\n    return q @ k  # HIT",
        "if False:\n    def entry(q, k, v):\n        copy_kernel[(1,)](q)",
    ),
    "helper kept before it is replaced": with_cells(
        "def helper(x):\n    return x.softmax(-1)  # HIT",
        "def entry(q, k, v, f=helper):\n    copy_kernel[(1,)](q)\n    return f(q)",
        "def helper(x):\n    return x",
    ),
    "timed definition": with_cells("%%time\ndef entry(q, k, v):\n    return q @ k  # HIT"),
    "definition under a line magic": with_cells(
        "\n\n%time entry = F.scaled_dot_product_attention  # HIT"
    ),
    "patched library": with_cells("torch.empty_like = lambda x: x.softmax(-1)  # HIT"),
    "patched through an alias": with_cells("t = torch\nt.Tensor.contiguous = None  # HIT"),
    "patched by setattr": with_cells("setattr(torch, 'empty', torch.zeros)  # HIT"),
    "patched Triton": with_cells("tl.load = None  # HIT"),
    "patched self-check": with_cells("import selfcheck\nselfcheck.check = print  # HIT"),
    "patched builtins": with_cells("import builtins\nbuiltins.len = None  # HIT"),
    "patched inside a function": with_cells("def f():\n    math.sqrt = None  # HIT\nf()"),
    "replaced module": with_cells("sys.modules['torch'] = None  # HIT"),
    "module's dictionary": with_cells("torch.__dict__['empty'] = None  # HIT"),
    "exec anywhere": with_cells("exec('def entry(q, k, v): return q @ k')  # HIT"),
    "globals anywhere": with_cells("globals()['entry'] = None  # HIT"),
    "globals updated": with_cells("globals().update(entry=None)  # HIT"),
    "main module": with_cells("import __main__\n__main__.entry = None  # HIT"),
    "IPython hook": with_cells("ip = get_ipython()\nip.events.register('a', print)  # HIT"),
    "modules searched": with_cells("for m in list(sys.modules.values()):  # HIT\n    print(m)"),
    "module by an unclear name": with_cells("m = sys.modules['hcrot'[::-1]]  # HIT"),
    "module asked for by an unclear name": with_cells("m = sys.modules.get('a'.upper())  # HIT"),
    "module asked for, then patched": with_cells("sys.modules.get('torch').empty = 1  # HIT"),
    "table of modules imported": with_cells("from sys import modules\nprint(modules)  # HIT"),
    "table of modules by getattr": with_cells("m = getattr(sys, 'seludom'[::-1])  # HIT"),
    "table of modules in vars": with_cells("m = vars(sys)['modules']  # HIT"),
    "globals under another name": with_cells("g = globals  # HIT\ng()['entry'] = None"),
    "shell behind the kernel": with_cells(
        "get_ipython().kernel.shell.user_ns.update(entry=None)  # HIT"
    ),
    "shell by its class": with_cells(
        "from IPython.core.interactiveshell import InteractiveShell as I\n"
        "I.instance().user_ns.clear()  # HIT"
    ),
    "shell kept in a class": with_cells("class T: pass\nT.s = get_ipython()  # HIT\nT.s.x()"),
    "shell as a default": with_cells("def f(s=get_ipython()):  # HIT\n    s.user_ns.clear()\nf()"),
    "shell as a keyword": with_cells("def f(s):\n    s.user_ns.clear()\nf(s=get_ipython())  # HIT"),
    "memory by its address": with_cells(
        "import numpy as np\nclass A:\n"
        "    __array_interface__ = {'data': (q.data_ptr(), False)}  # HIT\nG = np.asarray(A())"
    ),
    "memory by its address, set later": with_cells("A.__array_interface__ = {'data': 1}  # HIT"),
    "sys handed on": with_cells("def f(s):\n    print(s.modules)\nf(sys)  # HIT"),
    "banned module by name": with_cells("sys.modules['ctypes'].memset(1, 2, 3)  # HIT"),
    "modules, asked later": with_cells("g = sys.modules.get\ng('x'.lower())  # HIT"),
    "shell in a list": with_cells("[get_ipython()][0].user_ns['entry'] = None  # HIT"),
    "shell handed to a lambda": with_cells("(lambda s: s.user_ns)(get_ipython()).clear()  # HIT"),
    "shell returned": with_cells("def f():\n    return get_ipython()  # HIT\nf().user_ns.clear()"),
    "memory written to": with_cells("import ctypes\nctypes.memset(id(1), 0, 8)  # HIT"),
    "frames": with_cells(
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
        "    e.__traceback__.tb_frame.f_globals.clear()  # HIT"
    ),
    "closure": with_cells("torch.Tensor.numpy.__closure__[0].cell_contents.clear()  # HIT"),
    "watch switched off": with_cells("kept = torch._C._DisableTorchDispatch()  # HIT"),
    "IPython namespace": with_cells("get_ipython().user_ns['entry'] = None  # HIT"),
    "code from a file": with_cells("%run other.py  # HIT"),
    "own magic": with_cells(
        "from IPython.core.magic import register_line_magic\n@register_line_magic  # HIT\n"
        "def m(line): pass"
    ),
    "list, filled through a parameter": calls(
        "x = ops[0](q)", "ops = []\ndef put(f):\n    ops.append(f)\nput(torch.softmax)  # HIT"
    ),
    "list, filled by a decorator": calls(
        "x = ops[0](q)",
        "ops = []\ndef put(f):\n    ops.append(f)\n    return f",
        "@put\ndef other(x):\n    return x.softmax(-1)  # HIT",
    ),
    "imported entry": [
        IMPORTS,
        "from torch.nn.functional import scaled_dot_product_attention as entry  # HIT",
    ],
    "a file in Triton's place": with_cells("%%writefile triton.py  # HIT\njit = None"),
    "pickled function": calls("x = f(q)", "import pickle\nf = pickle.loads(b'')  # HIT"),
    "torch in a kernel": with_cells(
        "@triton.jit\ndef kernel(x):\n    torch.relu(x)  # HIT",
        "def entry(q, k, v):\n    kernel[(1,)](q)\n    return q",
    ),
    "what the interpreter holds": with_cells(
        "@triton.jit\ndef k2(x_ptr):\n    x = tl.load(x_ptr)\n    x.handle.data *= 2  # HIT\n"
        "    tl.store(x_ptr, x)",
        "def entry(q, k, v):\n    k2[(1,)](q)\n    return q",
    ),
    "kept tensors in a kernel": with_cells(
        "KEPT = []",
        "@triton.jit\ndef kernel(x):\n    KEPT[0].softmax(-1)  # HIT",
        "def entry(q, k, v):\n    kernel[(1,)](q)\n    return q",
    ),
    "no kernel": with_cells("def entry(q, k, v):  # HIT\n    return q * k"),
    "kernel never launched": with_cells(
        "def entry(q, k, v):  # HIT\n    kernel = copy_kernel\n    return q * k"
    ),
    "a jit that is not Triton's": with_cells(
        "def jit(f):\n    return f",
        "@jit\ndef kernel(x):\n    return x @ x  # HIT",
        "def entry(q, k, v):\n    return kernel(q)",
    ),
    "kernel launched elsewhere": with_cells(
        "def entry(q, k, v):  # HIT\n    return q * k", "copy_kernel[(1,)](1, 2, 3, BLOCK=64)"
    ),
}
