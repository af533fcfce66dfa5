"""Private parts of other libraries that are worth their risk: a file a library
(tests/test_private_apis.py).
"""
