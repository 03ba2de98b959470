/** Pages of a list, newest first: `before` is the id that the page begins below. */
import { invalid } from '../faults.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Asks for one more than the page has: this shows whether there is a next page. */
export function readPage({ before, limit }: { before?: string | undefined; limit?: string | undefined }): {
  beforeId?: number;
  limit: number;
} {
  const wanted = limit === undefined ? DEFAULT_LIMIT : Number(limit);
  if (wanted > MAX_LIMIT) throw invalid('limit', `The limit field may be at most ${MAX_LIMIT}.`);
  if (before === undefined) return { limit: wanted };
  if (!/^[1-9]\d{0,14}$/.test(before)) throw invalid('before', 'The before field must be the value of next from another page.');
  return { beforeId: Number(before), limit: wanted };
}

/** The rows of the page, and where the next one begins. `found` holds one more than `limit` where there is one. */
export function cutPage<Row extends { readonly id: number }>(
  found: readonly Row[],
  limit: number,
): { rows: readonly Row[]; next: string | null } {
  const rows = found.slice(0, limit);
  return { rows, next: found.length > limit ? String(rows.at(-1)?.id ?? '') : null };
}
