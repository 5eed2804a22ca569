import functools, math, operator, os, sys
import torch
import torch.nn.functional as F
import triton
import triton.language as tl


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import torch._inductor as i

    x = i.compile(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    def run(t):
        return t.compile(k)

    x = run(torch)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = [torch][0].compile(q)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = object.__getattribute__(q, "softmax")(-1)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    import triton.runtime.interpreter as i

    x = i.np.matmul(q, k)
    return x


# %%
def flash_attention_forward(q, k, v, is_causal=False):
    x = torch.jit.CompilationUnit("def f(a): return a")
    return x
