import { fileURLToPath } from 'node:url';

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A path in this folder. */
export const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
