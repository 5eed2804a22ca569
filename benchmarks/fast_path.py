"""The notebooks' attention with Hopper's copy engine (TMA): a fast path for p3, p4 and p5, D <= 64.

    python benchmarks/fast_path.py        # on a GPU of compute capability 9.0: check, then time

The algorithm is that of the notebooks: two phases, base-2 online softmax, dots in the input dtype.
Two things differ, and neither would help a reader of p4, so they are kept here.

* Loads go through *tensor descriptors*: one instruction fetches a whole tile, and the hardware
  computes addresses and fills in zeros past the edge. That frees the registers and instructions
  that a block of addresses costs: most is gained at D=128, where registers are short. A descriptor
  needs a last stride of 1, and the other strides and the address on 16 bytes.
* Programs are numbered so that those that run at about the same time read the same few heads, whose
  keys and values then stay in the L2 cache; within such a batch of heads the heavy tiles go first.
"""

from __future__ import annotations

import itertools
import math

import torch
import triton
import triton.language as tl
from triton.tools.tensor_descriptor import TensorDescriptor

L2_SHARE = 8 << 20  # bytes of keys and values that may be in use at a time
TILES = {  # head dimension -> (BLOCK_M, BLOCK_N, num_warps, num_stages)
    16: (64, 128, 4, 3),
    32: (64, 64, 4, 3),
    64: (64, 128, 4, 3),
    128: (128, 128, 8, 3),
}
CAUSAL_TILES = TILES | {64: (128, 64, 4, 4)}


@triton.jit
def _update(q, k, v, qk, m_i, l_i, acc, qk_scale):
    """The online softmax with one tile of raw scores."""
    m_new = tl.maximum(m_i, tl.max(qk, axis=1) * qk_scale)
    alpha = tl.exp2(m_i - m_new)
    p = tl.exp2(qk * qk_scale - m_new[:, None])
    l_i = l_i * alpha + tl.sum(p, axis=1)
    acc = tl.dot(p.to(v.dtype), v, acc * alpha[:, None])
    return m_new, l_i, acc


@triton.jit
def attention_tma_kernel(
    q_desc, k_desc, v_desc, o_desc,  # (B, H, N, D) each; tiles are (1, 1, BLOCK, D)
    B, H, GROUP, Nq, Nk,
    TOGETHER,  # heads worked on at a time
    qk_scale,
    CAUSAL: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_D: tl.constexpr,
):  # fmt: skip
    tiles = tl.cdiv(Nq, BLOCK_M)
    first_head = tl.program_id(0) // (TOGETHER * tiles) * TOGETHER
    within = tl.program_id(0) - first_head * tiles
    heads = tl.minimum(TOGETHER, B * H - first_head)
    pid_bh = first_head + within % heads
    start_m = (tiles - 1 - within // heads) * BLOCK_M
    b, h = pid_bh // H, pid_bh % H
    kv_h = h // GROUP

    offs_m = start_m + tl.arange(0, BLOCK_M)
    offs_n = tl.arange(0, BLOCK_N)
    q = q_desc.load([b, h, start_m, 0]).reshape(BLOCK_M, BLOCK_D)
    m_i = tl.full([BLOCK_M], float("-inf"), dtype=tl.float32)
    l_i = tl.zeros([BLOCK_M], dtype=tl.float32)
    acc = tl.zeros([BLOCK_M, BLOCK_D], dtype=tl.float32)

    unmasked = (tl.minimum(start_m, Nk) if CAUSAL else Nk) // BLOCK_N * BLOCK_N
    stop = tl.minimum(start_m + BLOCK_M, Nk) if CAUSAL else Nk
    for start_n in range(0, unmasked, BLOCK_N):
        k = k_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        v = v_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        qk = tl.dot(q, tl.trans(k))
        m_i, l_i, acc = _update(q, k, v, qk, m_i, l_i, acc, qk_scale)
    for start_n in range(unmasked, stop, BLOCK_N):
        k = k_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        v = v_desc.load([b, kv_h, start_n, 0]).reshape(BLOCK_N, BLOCK_D)
        qk = tl.dot(q, tl.trans(k))
        key = start_n + offs_n
        visible = key[None, :] < Nk
        if CAUSAL:
            visible = visible & (key[None, :] <= offs_m[:, None])
        qk = tl.where(visible, qk, float("-inf"))
        m_i, l_i, acc = _update(q, k, v, qk, m_i, l_i, acc, qk_scale)

    o = (acc / l_i[:, None]).to(o_desc.dtype)
    o_desc.store([b, h, start_m, 0], o.reshape(1, 1, BLOCK_M, BLOCK_D))


def suits(x: torch.Tensor) -> bool:
    """Whether a tensor descriptor can describe x: (B, H, N, D)."""
    aligned = all(s * x.element_size() % 16 == 0 for s in x.stride()[:-1])
    return x.stride(-1) == 1 and aligned and x.data_ptr() % 16 == 0


def heads_together(q: torch.Tensor, k: torch.Tensor) -> int:
    """Query heads whose keys and values fill L2_SHARE. q: (B, Hq, Nq, D); k: (B, Hkv, Nk, D)."""
    B, Hq = q.shape[:2]
    _, Hkv, Nk, D = k.shape
    bytes_per_head = 2 * Nk * D * k.element_size() * Hkv // Hq
    return max(1, min(B * Hq, L2_SHARE // max(bytes_per_head, 1)))


def fast_attention(q, k, v, is_causal=True, tiles=None):
    """Attention with shared kv heads. q: (B, Hq, Nq, D); k, v: (B, Hkv, Nk, D), 16-bit.

    Raises ValueError where a tensor does not suit a descriptor: use the notebooks' kernel there.
    """
    if not all(suits(x) for x in (q, k, v)):
        raise ValueError("Tensor descriptors need a last stride of 1 and rows on 16 bytes.")
    B, Hq, Nq, D = q.shape
    Hkv, Nk = k.shape[1], k.shape[2]
    BLOCK_M, BLOCK_N, num_warps, num_stages = tiles or (CAUSAL_TILES if is_causal else TILES)[D]
    o = torch.empty((B, Hq, Nq, D), dtype=q.dtype, device=q.device)

    def tiles_of(x, block):
        return TensorDescriptor.from_tensor(x, [1, 1, block, D])

    attention_tma_kernel[(triton.cdiv(Nq, BLOCK_M) * B * Hq,)](
        tiles_of(q, BLOCK_M), tiles_of(k, BLOCK_N), tiles_of(v, BLOCK_N), tiles_of(o, BLOCK_M),
        B, Hq, Hq // Hkv, Nq, Nk, heads_together(q, k),
        qk_scale=math.log2(math.e) / math.sqrt(D),
        CAUSAL=is_causal,
        BLOCK_M=BLOCK_M,
        BLOCK_N=BLOCK_N,
        BLOCK_D=D,
        num_warps=num_warps,
        num_stages=num_stages,
    )  # fmt: skip
    return o


AWKWARD = (  # Nq, Nk, causal
    (1, 1, True),
    (203, 77, True),
    (77, 203, False),
    (640, 300, True),
    (513, 513, True),
)
SHAPES = (  # (B, Hq, Hkv, N, D), causal
    ((1, 16, 16, 4096, 16), False),
    ((1, 16, 16, 4096, 16), True),
    ((1, 16, 16, 4096, 64), False),
    ((4, 16, 16, 4096, 64), True),
    ((2, 16, 16, 16384, 64), True),
    ((4, 16, 16, 4096, 128), False),
    ((4, 16, 16, 4096, 128), True),
    ((2, 16, 16, 16384, 128), True),
    ((4, 32, 8, 8192, 128), True),
)


def demonstrate(attention, dims: tuple[int, ...]) -> None:
    """Check `attention(q, k, v, is_causal)` on awkward shapes, then time it beside SDPA."""
    from attention_rivals import sdpa

    from autograder.selfcheck.problems.flash_attention.attention import attention_reference
    from autograder.selfcheck.timing import measure_together

    if not torch.cuda.is_available() or torch.cuda.get_device_capability()[0] != 9:
        raise SystemExit("This needs a Hopper GPU (compute capability 9.0).")

    def draw(b, h, n, d):
        return torch.randn(b, h, n, d, device="cuda", dtype=torch.bfloat16)

    for (n_q, n_k, causal), dim in itertools.product(AWKWARD, dims):
        q, k, v = draw(2, 4, n_q, dim), draw(2, 2, n_k, dim), draw(2, 2, n_k, dim)
        wanted = attention_reference(q, k, v, {"is_causal": causal})[0]
        error = (attention(q, k, v, causal) - wanted).norm() / wanted.norm()
        print(f"Nq={n_q} Nk={n_k} D={dim} causal={causal}: relative error {error:.1e}")
    for (b, h, hkv, n, d), causal in SHAPES:
        if d not in dims:
            continue
        x = {"q": draw(b, h, n, d), "k": draw(b, hkv, n, d), "v": draw(b, hkv, n, d)}
        calls = {"fast path": lambda x=x, causal=causal: attention(**x, is_causal=causal)}
        rivals = sdpa(x, causal, h != hkv)
        calls |= {name: rivals[name] for name in ("SDPA flash", "SDPA cuDNN")}
        work = 4 * b * h * n * n * d / (2 if causal else 1)
        times = {m.name: m.median_ms for m in measure_together(calls, 3, 15)}
        shown = (f"{n} {ms:.4f} ms ({work / ms / 1e9:.0f} TFLOP/s)" for n, ms in times.items())
        print(f"{(b, h, hkv, n, d)} {'causal' if causal else 'full'}: {', '.join(shown)}")


if __name__ == "__main__":
    demonstrate(fast_attention, dims=(16, 32, 64))
