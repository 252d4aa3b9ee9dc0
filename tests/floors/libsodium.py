"""Hashes a password with libsodium, at the parameters of crates/domain/src/password.rs, as often as the first
argument says, and prints the CPU's nanoseconds of each."""

import os
import sys
import time

from nacl.bindings import crypto_pwhash_ALG_ARGON2ID13, crypto_pwhash_alg

MEMORY_BYTES = 19 * 1024 * 1024
PASSES = 2

for _ in range(int(sys.argv[1])):
    salt = os.urandom(16)
    began = time.thread_time_ns()
    crypto_pwhash_alg(
        32, b"correct horse battery staple", salt, PASSES, MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13
    )
    print(time.thread_time_ns() - began)
