import os
os.system("id")
@print
def f():
    pass
x = {i for i in range(3)}
global triton
triton = 1
return
tl.store(*(o_ptr, acc))
x: print("run") = 1
q_ptr[0] = 1.0
for torch.add in (torch.sub,):
    pass
acc = getattr(tl, "core")
acc = locals()
acc = open("/etc/passwd")
acc = inspect.currentframe()
x = tl
acc = x.core
acc = _update.fn.__globals__
_x = Q
acc = _x
acc = tl.math.core.tensor(acc, acc)
acc = tl.load.__globals__
acc = tl.str_to_ty(qk, None)
acc = tl.core.extern_elementwise
acc = triton.compile(acc)
acc = tl.associative_scan(qk, 0, max)
l_i = S.logsumexp(-1, keepdim=True)
acc = torch.load(Q)
acc = Q.untyped_storage()
acc = Q.numpy().ctypes
out.index_put_((k_idx,), acc, accumulate=True)
acc = ctx.__class__.__bases__
x = "{0.__class__}".format(acc)
acc = tl.dot(qk, v, _semantic=None)
acc = qk
m_i = 1
"""import os"""
acc = qk
'\
def f(): import os#'
acc = qk
acc = qk
# --- STUDENT IMPLEMENTATION ENDS HERE (p3.1) ---
import os
%run /etc/passwd
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
tl.store(out_ptr - 4096 + offs_r, 1.0)
offs_r = tl.program_id(0) * BLOCK_R + tl.arange(0, BLOCK_R)
tl.atomic_xchg(out_ptr + rows + offs_r, 1.0)
i = 0
while i < 1:
    i = i * 1
x = tl.arange(0, 65536)
y = x[:, None] * x[None, :]
while True:
    pass
while True:
    print("more", Q)
print("=== 200 of 200 points ===")
tl.device_assert(cols < 0, "out of memory")
l_i += 1.0
acc += tl.sum(v.to(tl.float32), axis=0)[None, :]
