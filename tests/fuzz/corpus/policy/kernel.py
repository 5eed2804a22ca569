import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl

# %%
import torch, triton
import triton.language as tl


@triton.jit
def _kernel(q_ptr, BLOCK: tl.constexpr):
    # --- STUDENT IMPLEMENTATION STARTS HERE (p3.1) ---
    # Step 1: mask.
    x = tl.load(q_ptr + tl.arange(0, BLOCK))
    # --- STUDENT IMPLEMENTATION ENDS HERE (p3.1) ---


def flash_attention_forward(q, k, v, is_causal=False):
    _kernel[(1,)](q, BLOCK=16)
    return q
