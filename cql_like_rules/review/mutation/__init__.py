"""Mutation: every number of the policies is changed, one at a time, and a case has to fail.

A number that can be changed without a case failing is a number that nobody checks. The numbers of shared libraries are
held to it too: a case of any policy may notice.
"""
