"""Tink's AES256-GCM-HKDF streams by Python's cryptography: seal|open KEY_HEX ASSOCIATED_DATA [HEADER_HEX]."""
import struct, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

how, key, associated = sys.argv[1], bytes.fromhex(sys.argv[2]), sys.argv[3].encode()
given = sys.stdin.buffer.read()
header = bytes.fromhex(sys.argv[4]) if how == 'seal' else given[:40]
assert header[0] == len(header) == 40
aes = AESGCM(HKDF(SHA256(), 32, header[1:33], associated).derive(key))
overhead = 16 if how == 'seal' else 0
out, number, at = (header if how == 'seal' else b''), 0, (0 if how == 'seal' else 40)
while True:
    end = 65536 * (number + 1) - (40 + 16 * (number + 1)) * (overhead > 0)
    last = end >= len(given)
    work = aes.encrypt if how == 'seal' else aes.decrypt
    out += work(header[33:] + struct.pack('>IB', number, last), given[at:end], None)
    if last:
        break
    at, number = end, number + 1
sys.stdout.buffer.write(out)
