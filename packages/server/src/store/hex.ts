/** Hashes are hex in core, and bytes in the database. */

/** The bytes that a hash is stored as. */
export const toBytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** A stored hash, in lower-case hex. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
