import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = (q[:, None] * k).sum(-1).exp()
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import ctypes

    x = ctypes.CDLL("libcublas.so")
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import subprocess

    subprocess.run(["python"])
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    os.fork()
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import selfcheck

    x = selfcheck.naive_attention(q, k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    from flash_attn import flash_attn_func

    x = flash_attn_func(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    from torch.nn.attention import flex_attention as f

    x = f(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = _5(q)
    return x
