/** Allowed addresses as people type them: one per line, commas and spaces are accepted. The server decides what an address is. */

export function readAddresses(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
}

export const writeAddresses = (addresses: readonly string[] | null): string => (addresses ?? []).join('\n');

/** The text with one more address at its end, unless it is there. */
export function addAddress(text: string, address: string): string {
  const lines = readAddresses(text);
  return writeAddresses(lines.includes(address) ? lines : [...lines, address]);
}
