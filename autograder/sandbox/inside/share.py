"""The part of the GPU's memory that one submission may take, so that it leaves some to others."""

SHARE = "GRADER_GPU_SHARE"  # in the environment; unset: all of it
