%%capture
!pip install x
%time y = 1
# %%
x = !ls
class A:
    def __getattr__(self, n): return lambda *a: (yield)
# %%
match q:
    case [a, *b] if (c := a): pass
try: pass
except* E as e: del e
async def f():
    async with x as y: await z
