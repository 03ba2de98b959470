/**
 * ROCA (CVE-2017-15361): chips by one maker drew RSA primes of the form k·M + (65537^a mod M), and such keys can be factored.
 * Their moduli are powers of 65537 modulo each small prime that divides M; a sound modulus is so with a chance below 2^-27.
 * The test is the fingerprint of Nemec et al., "The Return of Coppersmith's Attack" (CCS 2017), §2.3.
 */
const GENERATOR = 65_537;

/** Primes that divide M for every key length, and whose group 65537 does not generate, so that membership says something. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

const powersModulo = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * GENERATOR) % prime) powers.add(power);
  return powers;
};

const MARKS = PRIMES.map((prime) => ({ prime: BigInt(prime), powers: powersModulo(prime) }));

/** Whether an RSA modulus (big-endian bytes) has the fingerprint of the broken generator. */
export const isRocaModulus = (modulus: Uint8Array): boolean => {
  const n = modulus.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return MARKS.every(({ prime, powers }) => powers.has(Number(n % prime)));
};
