"""Weaves pages out of what is compiled, tested and measured: a Sphinx extension and its checks."""
