"""What a region may say: the allow-lists of `grammar`, one set of words for each kind of region.

A path such as `tl.load` is one word: what is not listed, `tl.core` say, is not there. Left out on
purpose is whatever leads out of the world of tensors and numbers: inline assembly, `tl.extra`, raw
handles, files, and functions that take functions. PyTorch regions also lack what is ready-made.
"""

from __future__ import annotations

from dataclasses import dataclass

from .regions import FUNCTIONS, KERNEL, TORCH


def words(text: str, prefix: str = "") -> frozenset[str]:
    return frozenset(prefix + word for word in text.split())


_NODES = words("""
    Assign AugAssign Expr If For While Pass BinOp UnaryOp BoolOp Compare IfExp Call keyword
    Constant Attribute Subscript Name Tuple List Slice Add Sub Mult Div FloorDiv Mod Pow LShift
    RShift BitOr BitXor BitAnd UAdd USub Not Invert And Or Eq NotEq Lt LtE Gt GtE Is IsNot""")

_TL_CALLS = words(
    """
    abs add advance arange argmax argmin associative_scan assume atomic_add atomic_and atomic_cas
    atomic_max atomic_min atomic_or atomic_xchg atomic_xor broadcast broadcast_to cast cat cdiv ceil
    clamp constexpr cos cumprod cumsum debug_barrier device_assert device_print div_rn dot
    dot_scaled erf exp exp2 expand_dims fdiv flip floor fma full gather histogram interleave join
    load load_tensor_descriptor log log2 make_block_ptr make_tensor_descriptor max max_constancy
    max_contiguous maximum min minimum mul multiple_of num_programs permute philox program_id rand
    rand4x randint randint4x randn randn4x range ravel reduce reduce_or reshape rsqrt sigmoid sin
    softmax sort split sqrt sqrt_rn squeeze static_assert static_range store
    store_tensor_descriptor sub sum swizzle2d to_tensor topk trans umulhi unsqueeze view where
    xor_sum zeros zeros_like
    math.abs math.ceil math.cos math.div_rn math.erf math.exp math.exp2 math.fdiv math.floor
    math.fma math.log math.log2 math.rsqrt math.sin math.sqrt math.sqrt_rn math.umulhi""",
    "tl.",
)
_TL_VALUES = words(
    """
    float16 bfloat16 float32 float64 float8e4b15 float8e4b8 float8e4nv float8e5 float8e5b16 int1
    int8 int16 int32 int64 uint8 uint16 uint32 uint64 PropagateNan.ALL PropagateNan.NONE""",
    "tl.",
)
# Public methods of tl.tensor. Left out: `item`, those that take a function, and exp, log and such:
# as methods they fail in Triton's interpreter, where the functions `tl.exp` … work.
TL_METHODS = words("""
    abs advance argmax argmin atomic_add atomic_and atomic_cas atomic_max atomic_min atomic_or
    atomic_xchg atomic_xor broadcast_to cast cdiv cumprod cumsum expand_dims flip gather histogram
    logical_and logical_or max min permute ravel reduce_or reshape sigmoid softmax sort split store
    sum to trans view xor_sum""")
# What a dtype is asked, and how a descriptor loads; then what may be read.
_TL_ASKED = words("""
    is_ptr is_block is_floating is_int is_int_signed is_bool is_fp16 is_bf16 is_fp32 is_fp64 is_fp8
    is_int8 is_int16 is_int32 is_int64 load scatter""")
_TL_FACTS = words("""
    T dtype shape type numel element_ty scalar primitive_bitwidth itemsize block_shape""")

_MATH_CALLS = words(
    """
    acos asin atan atan2 cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs floor fmod hypot
    isclose isfinite isinf isnan isqrt log log10 log1p log2 pow sin sinh sqrt tan tanh trunc""",
    "math.",
)
# Methods of a torch tensor that are functions of torch too; those with `_` are methods alone.
_SHARED = """
    abs absolute add addcdiv addcmul all allclose amax amin aminmax any argmax argmin argsort
    bitwise_and bitwise_not bitwise_or bitwise_xor ceil chunk clamp clamp_max clamp_min clip clone
    copysign cos cummax cumprod cumsum diag diagonal div divide eq erf exp exp2 expm1 flatten flip
    floor floor_divide fmax fmin ge greater greater_equal gt index_select isclose isfinite isinf
    isnan isneginf isposinf ldexp le less less_equal log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor lt masked_fill masked_select max maximum mean min
    minimum moveaxis movedim mul multiply nan_to_num narrow ne neg negative nonzero not_equal numel
    outer permute pow prod ravel reciprocal relu remainder reshape roll round rsqrt select sigmoid
    sign sin split sqrt square squeeze std sub subtract sum swapaxes swapdims take_along_dim tanh
    tile topk transpose tril triu true_divide trunc unbind unflatten unsqueeze var where
    addmm addmv baddbmm bmm dot gather inner matmul mm mv index_add index_fill scatter scatter_add
    sort t unsafe_chunk repeat_interleave count_nonzero is_floating_point"""
_TORCH_CALLS = words(_SHARED, "torch.") | words(
    """
    arange as_tensor block_diag broadcast_tensors broadcast_to cat concat concatenate einsum eye
    finfo full full_like hstack iinfo is_tensor linspace meshgrid ones ones_like scalar_tensor stack
    tensor tensordot tril_indices triu_indices vstack zeros zeros_like""",
    "torch.",
)
_TORCH_VALUES = words(
    """
    float16 half bfloat16 float32 float float64 double bool uint8 int8 int16 short int32 int int64
    long inf nan pi e""",
    "torch.",
) | words("inf nan pi e tau", "math.")
TORCH_METHODS = words(_SHARED) | words("""
    abs_ add_ addcdiv_ addcmul_ clamp_ clamp_max_ clamp_min_ copy_ div_ exp_ exp2_ fill_ log_ log2_
    masked_fill_ mul_ multiply_ nan_to_num_ neg_ pow_ reciprocal_ relu_ sqrt_ square_ sub_ tril_
    triu_ zero_ addmm_ baddbmm_ index_add_ index_fill_ index_copy_ scatter_ scatter_add_
    bfloat16 bool broadcast_to contiguous detach dim double expand expand_as float half int item
    long matmul ndimension nelement new_full new_ones new_tensor new_zeros repeat reshape_as size
    stride to type_as view view_as unfold""")
_TORCH_FACTS = words("""
    T mT dtype device shape ndim is_cuda itemsize eps tiny smallest_normal values indices
    min max""")  # min and max are those of torch.finfo


@dataclass(frozen=True)
class Words:
    """What one kind of region may say. `calls` and `builtins` stand only where they are called."""

    nodes: frozenset[str]
    modules: frozenset[str]
    calls: frozenset[str]
    values: frozenset[str]
    methods: frozenset[str]  # of a value; they are called
    facts: frozenset[str]  # of a value; they are read
    builtins: frozenset[str]
    loops: frozenset[str]  # what a `for` may run over; where empty, any value
    speaking: frozenset[str]  # calls that may be given a text

    @property
    def attributes(self) -> frozenset[str]:
        return self.methods | self.facts


_KERNEL = Words(
    nodes=_NODES | {"AnnAssign"},
    modules=frozenset({"tl", "triton"}),
    calls=_TL_CALLS | {"triton.cdiv", "triton.next_power_of_2"},
    values=_TL_VALUES,
    methods=TL_METHODS | _TL_ASKED,
    facts=_TL_FACTS,
    builtins=words("range min max abs float int bool len print"),
    loops=words("range tl.range tl.static_range"),
    speaking=words("tl.static_assert tl.device_print tl.device_assert print"),
)
WORDS = {
    KERNEL: _KERNEL,
    TORCH: Words(
        nodes=_NODES | words("Assert Break Continue MatMult"),
        modules=frozenset({"torch", "math"}),
        calls=_TORCH_CALLS | _MATH_CALLS,
        values=_TORCH_VALUES,
        methods=TORCH_METHODS,
        facts=_TORCH_FACTS,
        builtins=words("range min max abs float int bool len print round sum zip enumerate slice"),
        loops=frozenset(),
        speaking=words("print torch.einsum"),
    ),
    FUNCTIONS: Words(**{**vars(_KERNEL), "nodes": _KERNEL.nodes | {"Return"}}),
}

# Texts that are options of a call, by keyword.
OPTIONS = words("""
    .ca .cg .cs .cv .wb .wt evict_first evict_last evict_normal tf32 tf32x3 ieee bf16x3 bf16x6 zero
    nan acquire release acq_rel relaxed gpu cta sys rtne rtz floor trunc ij xy""")
NUMBERS = words("inf -inf +inf nan infinity -infinity")  # what float() may read
COMBINING = words("tl.reduce tl.associative_scan")  # they may be given a helper
# Nobody may give these names to a value: what stands around a region relies on them.
RESERVED = words("""
    tl triton torch math np numpy interpreter_semantic getattr hasattr isinstance list range min max
    abs float int bool len print locals""")
