"""What to tell of mistakes in where a grouped kernel reads."""

from __future__ import annotations

from ...witness import Reason

GROUPS = "Six query heads and two kv heads: which query heads read kv head 0?"
NEIGHBOURS = "each kv head serves GROUP query heads in a row."
REASONS = {
    "kv-head-modulo": Reason(
        "head", "The kv head is a remainder, so neighbours read different ones.", GROUPS, NEIGHBOURS
    ),
    "kv-head-divided-by-hkv": Reason(
        "head", "The query head is divided by the number of kv heads.", GROUPS, NEIGHBOURS
    ),
    "kv-head-counts-batches": Reason(
        "head",
        "The kv head is counted through all sequences.",
        "pid_bh counts the query heads of all sequences. Which number is the head's own?",
        NEIGHBOURS,
    ),
    "kv-head-rounded-up": Reason(
        "head", "The division by GROUP is rounded up.", GROUPS, NEIGHBOURS
    ),
    "kv-head-multiplied": Reason(
        "head",
        "The kv head is a multiple of GROUP, so most programs read beyond the last one.",
        GROUPS,
        NEIGHBOURS,
    ),
    "kv-head-zero": Reason("head", "Every query head reads kv head 0.", GROUPS, NEIGHBOURS),
    "kv-head-is-query-head": Reason("head", "Query head h reads kv head h.", GROUPS, NEIGHBOURS),
    "kv-head-of-v-wrong": Reason(
        "base",
        "v is not read from the kv head's place, k is.",
        "k and v belong together. Do they begin at the same head?",
        "k and v begin at the same sequence and kv head.",
    ),
    "kv-head-of-k-wrong": Reason(
        "base",
        "k is not read from the kv head's place, v is.",
        "k and v belong together. Do they begin at the same head?",
        "k and v begin at the same sequence and kv head.",
    ),
    "q-head-is-kv-head": Reason(
        "base",
        "q is read from the kv head's place.",
        "Two query heads share a kv head. Do they share their queries too?",
        "q begins at this program's own query head.",
    ),
    "batch-missing": Reason(
        "split",
        "Every program works on the first sequence.",
        "The programs of the second sequence: which number do they find in pid_bh?",
        "b is the sequence, h the query head of this program.",
    ),
    "batch-missing-in-base": Reason(
        "base",
        "A tensor is read from the first sequence, whatever the sequence.",
        "Where does the second sequence begin in each of the three tensors?",
        "each base holds the step to its sequence and to its head.",
    ),
    "batch-and-head-split-wrong": Reason(
        "split",
        "The sequence and the head do not come out of pid_bh as they should.",
        "How many programs does one sequence have for a tile of queries?",
        "b is the sequence, h the query head of this program.",
    ),
    "heads-counted-through": Reason(
        "base",
        "The heads of all sequences are counted in steps of the head's stride.",
        "Where heads lie inside of rows, how far is it from one sequence to the next?",
        "each base holds the step to its sequence and to its head.",
    ),
    "stride-of-axis": Reason(
        "base",
        "The step to a sequence or a head is taken by the stride of the rows.",
        "Which of a tensor's strides leads to the next head?",
        "each base holds the step to its sequence and to its head.",
    ),
    "strides-swapped": Reason(
        "base",
        "The strides of sequence and head have changed places.",
        "How far apart are two sequences, and how far two heads of one sequence?",
        "each base holds the step to its sequence and to its head.",
    ),
    "head-missing": Reason(
        "base",
        "A tensor is read from the first head, whatever the head.",
        "Where does the second head begin?",
        "each base holds the step to its sequence and to its head.",
    ),
    "tile-advanced-twice": Reason(
        "load",
        "The tile is moved on twice: the base already stands at it.",
        "Which of base and offsets moves from tile to tile?",
        "k and v hold the rows of this tile's keys.",
    ),
    "tile-stays": Reason(
        "load",
        "The first tile is read again and again.",
        "Which of base and offsets moves from tile to tile?",
        "k and v hold the rows of this tile's keys.",
    ),
    "base-wrong": Reason(
        "base",
        "A tensor is not read from where its sequence and head begin.",
        "Where does the second head of the second sequence begin?",
        "each base holds the step to its sequence and to its head.",
        vague=True,
    ),
    "pads-bound-wrong": Reason(
        "load",
        "The last key is read as 0.",
        "With N keys, what is the position of the last one?",
        "keys that exist are read, all others are 0.",
    ),
    "keys-read-as-zero": Reason(
        "load",
        "Rows of keys or values that exist are read as 0.",
        "The mask of a load: which rows does it let through, and which exist?",
        "keys that exist are read, all others are 0.",
    ),
    "pads-not-zero": Reason(
        "load",
        "Keys that do not exist are read as another number than 0.",
        "Their weight is 0. What is 0 times inf?",
        "keys that exist are read, all others are 0.",
    ),
    "k-not-masked": Reason(
        "load",
        "Keys beyond the last one are read from memory.",
        "What lies in memory behind the last key?",
        "keys that exist are read, all others are 0.",
    ),
    "v-not-masked": Reason(
        "load",
        "Values beyond the last one are read from memory.",
        "Their weight is 0. What is 0 times NaN?",
        "values that exist are read, all others are 0.",
    ),
    "nk-taken-for-nq": Reason(
        "load",
        "Key positions are held against the number of queries.",
        "Keys and queries may differ in number. Which of the two lengths do keys end at?",
        "keys are compared with the number of keys.",
    ),
    "tile-wrong": Reason(
        "load",
        "The tiles k and v do not hold the rows that they should.",
        "Take key 3 of the second tile. At which address does its row begin?",
        "k and v hold the rows of this tile's keys.",
        vague=True,
    ),
}
