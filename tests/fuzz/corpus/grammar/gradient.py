# Step 1: what the backward pass needs. lse, (BLOCK_M,): for each query the one number from
#   which p is rebuilt as exp2(qk - lse), already divided by the row's sum. Everything here is
#   in base 2, so lse is as well: which function of m_i and l_i is it?
lse = m_i + tl.log2(l_i)
