"""The student half: what a student may see and run. Generation packs it into every notebook.

The order of the imports below is the order of the packed module.
"""
# ruff: noqa: F401, I001

from .device import Mode, current_mode, setup
from .policy import PYTORCH_POLICY, ROW_SUM_POLICY, TRITON_POLICY, Policy
from .problem import PROBLEMS, Case, Problem, find_problem
from .memory import place
from .calling import invoke
from .attention import attention_reference, naive_attention, visible
from .attention_inputs import attention_inputs
from .attention_suspects import attention_suspects
from .window import window_suspects
from .row_sum import row_sum_inputs
from .compare import compare_rows
from .attention_grads import gradient_reference, gradient_yardstick
from .gradient_suspects import gradient_suspects
from .diagnose import explain
from .timing import measure_together
from .policy_names import Scope
from .policy_notebook import Notebook
from .policy_origins import Origins
from .policy_cells import read_cell
from .policy_walk import Hit
from .policy_handles import Handles
from .policy_patches import Patches
from .policy_kernels import Kernels
from .policy_reach import Reach
from .policy_scan import policy_of, scan
from .report import Report
from .check import check

from . import problems as _problems  # registers every problem; a packed module holds one
