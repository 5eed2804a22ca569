import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    q = q.reshape(-1, 64).transpose(0, 1).expand(2, 2, 64).contiguous().mT
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    a = torch.zeros(3)
    b = torch.full((2,), -math.inf)
    c = torch.arange(4)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    ok = q.is_cuda and torch.cuda.get_device_capability(q.device) >= (8, 0)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    q = F.pad(q, (0, 1))
    q = torch.nn.functional.pad(q, (0, 2))
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    delta = (out * v).sum(dim=-1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    s = math.exp(1.0) * math.log2(math.e) / math.sqrt(q.shape[-1])
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = 1  # like torch.softmax(q @ k, -1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    note = "torch.softmax, F.scaled_dot_product_attention, exec"
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    softmax = 1
    matmul = softmax + 1
    einsum_like = matmul
    return x
