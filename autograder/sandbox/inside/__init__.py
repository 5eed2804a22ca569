"""What runs inside the sandbox. Nothing hidden stands here, and nothing here judges.

The folder is copied into the sandbox beside the student half, as the packages `inside` and
`selfcheck`.
"""
