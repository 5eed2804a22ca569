import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.softmax(q, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = q @ k
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    q @= k
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = q.matmul(k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = (q * 2).mT.softmax(-1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = F.scaled_dot_product_attention(q, k, v)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    from torch import einsum as e

    x = e("ij,jk", q, k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    t = torch
    x = t.mm(q, k)
    return x
