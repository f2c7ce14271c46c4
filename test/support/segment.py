"""Opens a segment of search by Python's cryptography: CHAT_KEY_HEX AUTHOR_KEY_HEX CHAT_ID FIRST_SEQ LAST_SEQ KEY_AT.

Reads `data` from standard input, all of one author, and writes a line of JSON for each message: seq and words.
"""
import json, struct, sys, uuid, zlib
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

chat_key, author_key, chat, first, last, key_at = sys.argv[1:]
key = HKDF(SHA256(), 32, None, b'conclave/search/v1').derive(bytes.fromhex(chat_key + author_key))
data = sys.stdin.buffer.read()
assert data[0] == 1
at = 1
while at < len(data):
    author, flag = data[at:at + 16], data[at + 16:at + 17]
    (length,) = struct.unpack_from('>I', data, at + 17)
    nonce, tag = data[at + 21:at + 33], data[at + 33:at + 49]
    sealed, at = data[at + 49:at + 49 + length], at + 49 + length
    bound = (b'\x01' + uuid.UUID(chat).bytes + struct.pack('>II', int(first), int(last))
             + uuid.UUID(key_at).bytes + author + flag)
    part = AESGCM(key).decrypt(nonce, sealed + tag, bound)
    if flag == b'\x01':
        part = zlib.decompress(part, -15)
    (count,) = struct.unpack_from('>I', part)
    seqs = struct.unpack_from(f'>{count}H', part, 4)
    texts = part[4 + 2 * count:].decode().split('\n')[1:]
    assert len(texts) == count and all(text[0] == text[-1] == ' ' for text in texts)
    for seq, text in zip(seqs, texts):
        print(json.dumps([str(uuid.UUID(bytes=author)), int(first) + seq, text[1:-1]]))
