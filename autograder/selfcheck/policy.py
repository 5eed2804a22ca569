"""What graded code may not use, as data. The rules are public: the self-check applies them too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ban:
    """Things that graded code must not use, and why, as the student reads it.

    `names` are last names: functions of torch or numpy, and methods of whatever is not the
    student's own (`"@"` is the operator). `paths` are dotted names, with all that is below them;
    one that ends with `*` is a beginning.
    """

    why: str
    names: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """The rules of one problem. `modules` are those that graded code may use at all.

    Where a kernel is needed, PyTorch's operations may handle at most `work` times as many elements
    as the inputs have, not counting those that only move or fill memory.
    """

    bans: tuple[Ban, ...]
    needs_kernel: bool = False
    modules: frozenset[str] = frozenset()
    work: float = 4.0


def words(text: str) -> frozenset[str]:
    """The words of a text, so that lists stay readable."""
    return frozenset(text.split())


MODULES = words(
    "torch triton math cmath numpy operator functools itertools typing typing_extensions "
    "collections dataclasses enum abc numbers contextlib warnings logging copy time random "
    "string textwrap platform os sys gc json traceback pathlib pprint datetime timeit bisect heapq "
    "tqdm selfcheck __future__ builtins"
)

KERNEL_WHY = "this problem asks you to compute in your own Triton kernel"
ATTENTION_WHY = "this problem asks you to write the attention yourself"
UNSEEN_WHY = "what this does cannot be checked, so graded code must not use it"
MODULE_WHY = "graded code may use torch, triton, numpy, math and a few standard modules only"
INSIDE_WHY = "a kernel may name triton.language and numbers only"
LAUNCH_WHY = "no launch `kernel[grid](...)` of a @triton.jit kernel of yours can be reached from it"
PATCH_WHY = (
    "this changes what other code does behind its back, so nothing can be checked any more; "
    "remove it, restart, and run all cells"
)

READY_MADE = Ban(
    ATTENTION_WHY,
    words(
        "scaled_dot_product_attention flex_attention multi_head_attention_forward "
        "MultiheadAttention Transformer TransformerEncoder TransformerEncoderLayer "
        "TransformerDecoder TransformerDecoderLayer"
    ),
    ("torch.nn.attention", "triton.ops"),
)
PRODUCTS = Ban(
    KERNEL_WHY,
    words(
        "@ __matmul__ __rmatmul__ __imatmul__ matmul mm bmm addmm addmm_ addbmm addbmm_ baddbmm "
        "baddbmm_ sspaddmm smm hspmm mv addmv addmv_ dot vdot vecdot inner tensordot einsum "
        "chain_matmul multi_dot matrix_power matrix_exp bilinear linear Linear LazyLinear Bilinear "
        "Conv1d Conv2d Conv3d conv1d conv2d conv3d convolution conv_transpose1d conv_transpose2d "
        "conv_transpose3d cdist pdist pairwise_distance cosine_similarity CosineSimilarity cov "
        "corrcoef correlate convolve"
    ),
    ("torch.linalg", "torch.sparse", "torch.fft", "numpy.linalg", "numpy.fft"),
)
EXPONENTIALS = Ban(
    KERNEL_WHY,
    words(
        "softmax Softmax Softmax2d _softmax log_softmax LogSoftmax softmin Softmin gumbel_softmax "
        "logsumexp logcumsumexp logaddexp logaddexp2 exp exp_ exp2 exp2_ expm1 expm1_"
    ),
)
SUMS = Ban(
    KERNEL_WHY,
    words(
        "sum nansum mean nanmean cumsum cumsum_ trapz trapezoid norm segment_reduce index_add "
        "index_add_ index_reduce index_reduce_ scatter_add scatter_add_ scatter_reduce "
        "scatter_reduce_ sum_to_size avg_pool1d adaptive_avg_pool1d"
    ),
)
COMPILERS = Ban(KERNEL_WHY, frozenset(), ("torch.compile",))

# Ways around any list of names. Private parts of torch hold a second door to every operation.
UNSEEN = Ban(
    UNSEEN_WHY,
    words(
        "__dict__ __globals__ __builtins__ __subclasses__ __mro__ __bases__ __code__ __closure__ "
        "__getattribute__ __getattr__ __loader__ __spec__ __reduce__ __import__ f_globals f_locals "
        "f_back gi_frame tb_frame handle"  # handle: a kernel's tensor as the interpreter holds it
    ),
    (
        *("torch.ops", "torch.jit", "torch.library", "torch.hub", "torch.load", "torch.classes"),
        *("torch.fx", "torch.export", "torch.package", "torch.overrides", "torch.multiprocessing"),
        *("torch.distributed", "torch.utils.cpp_extension", "torch.cuda.jiterator"),
        *("torch.cuda.CUDAGraph", "torch.cuda.graph*", "torch.cuda.make_graphed_callables"),
        *("sys.modules", "sys.settrace", "sys.setprofile", "sys.meta_path"),
        *("os.system", "os.popen", "os.fork*", "os.exec*", "os.spawn*", "os.posix_spawn*"),
        *("builtins.exec", "builtins.eval", "builtins.compile", "builtins.__import__"),
        *("builtins.globals", "builtins.locals", "builtins.vars", "builtins.__builtins__"),
        *("builtins.getattr", "builtins.__loader__", "builtins.__spec__", "builtins.breakpoint"),
        *("IPython", "operator.attrgetter", "operator.methodcaller"),
    ),
)
SELFCHECK_INSIDE = Ban("the self-check's own answers are not yours to use", paths=("selfcheck",))
SELFCHECK_PUBLIC = words("selfcheck selfcheck.check selfcheck.setup selfcheck.Mode")

# What no cell may do, wherever it stands: a cell that is never called can still change the rest.
# `sys.modules`, the globals and the shell may be asked, but not handed on (see policy_patches.py).
PATCHES = Ban(
    PATCH_WHY,
    words(
        "__globals__ __closure__ __code__ __subclasses__ cell_contents f_back f_globals f_locals "
        "f_builtins tb_frame gi_frame cr_frame ag_frame __array_interface__ __array_struct__ "
        "__cuda_array_interface__"  # memory by its address
    ),
    (
        *("builtins.exec", "builtins.eval", "builtins.globals", "builtins.__builtins__"),
        *("__main__", "unittest.mock", "ctypes", "_ctypes", "cffi", "sys.modules", "sys.__dict__"),
        *("torch.library", "torch.overrides", "torch.utils._python_dispatch", "torch.__dict__"),
        *("torch.utils._mode_utils", "torch._C", "gc.get_*", "gc.__dict__", "builtins.__dict__"),
        *("sys._getframe*", "sys._current_*", "sys.settrace", "sys.setprofile", "sys.monitoring"),
        *("sys.meta_path", "sys.path_hooks", "sys.path_importer_cache", "threading.settrace*"),
        *("inspect.currentframe", "inspect.stack", "inspect.trace", "inspect.getouterframes"),
        *("traceback.walk_stack", "IPython.core.magic", "IPython.shell", "ipykernel"),
        *("IPython.core.interactiveshell.InteractiveShell.*", "IPython.InteractiveShell.*"),
        *("IPython.core.inputtransformer2", "IPython.core.getipython", "IPython.terminal"),
    ),
)
PATCHED = words("torch triton selfcheck builtins math numpy operator functools __main__ IPython")
# Meant to be set.
SETTINGS = (".config", "torch.backends", "triton.knobs", "numpy.random")
SHELL_SETTINGS = words("ast_node_interactivity")

SHELL_METHODS = words("run_line_magic run_cell_magic system getoutput __class__ kernel")
MAGICS_WITH_CODE = words("time timeit prun capture memit mprun lprun")
# These run code that is not in the notebook, or change how cells are read.
HIDDEN_MAGICS = words("run load loadpy rerun recall macro edit autocall pylab alias_magic")
ROOTS = words("torch numpy sys os builtins importlib ctypes subprocess inspect gc pickle marshal")
MODULE_PATHS = words("torch torch.nn torch.nn.functional torch.functional numpy operator sys os")
KERNEL_ROOTS = words("triton math builtins")  # what a kernel itself may name
KERNEL_METHODS = words("softmax exp exp2 sum cumsum")  # tensors inside a kernel have these too
HISTORY = r"_+|_i+|_i?\d+|In|Out|_ih|_oh|_dh"  # IPython's own names for past inputs and outputs

_ALWAYS = (READY_MADE, SELFCHECK_INSIDE, UNSEEN)
TRITON_POLICY = Policy((PRODUCTS, EXPONENTIALS, COMPILERS, *_ALWAYS), True, MODULES)
# A row sum uses each element once: PyTorch must not do even half of that.
ROW_SUM_POLICY = Policy((SUMS, PRODUCTS, EXPONENTIALS, COMPILERS, *_ALWAYS), True, MODULES, 0.5)
PYTORCH_POLICY = Policy(_ALWAYS, False, MODULES)
