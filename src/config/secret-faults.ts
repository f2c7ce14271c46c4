const FERNET_KEY = /^[A-Za-z0-9_-]{43}=$/;

/** What is wrong with a master key, without a word of its value; undefined when nothing is. */
export function masterKeyFault(key: string): string | undefined {
  const bytes = Buffer.from(key, 'base64url');
  const isKey = FERNET_KEY.test(key) && `${bytes.toString('base64url')}=` === key;
  if (!isKey) return 'must be a Fernet key: 32 bytes in URL-safe base64, 44 characters';
  return variety(bytes) < 12 ? 'is too regular for a random key' : undefined;
}

/** The same for a secret that signs tokens. */
export function signingSecretFault(secret: string): string | undefined {
  if (secret.length < 32) return 'must be at least 32 characters long';
  return variety(Buffer.from(secret)) < 10 ? 'is too regular for a random secret' : undefined;
}

/** How many different bytes there are; 32 random ones hold some 30. */
function variety(bytes: Buffer): number {
  return new Set(bytes).size;
}

/** What is wrong with a list of them, without a word of their values. */
export function secretFaults(
  name: string,
  secrets: string[],
  faultOf: (secret: string) => string | undefined,
): string[] {
  const faults = secrets.flatMap((secret, index) => {
    const fault = faultOf(secret);
    return fault ? [`${name}, value ${index + 1} of ${secrets.length}, ${fault}`] : [];
  });
  const isTwice = new Set(secrets).size < secrets.length;
  return [...(isTwice ? [`${name} lists one value twice`] : []), ...faults];
}
