/** Pages of a list, as APIs return them: a page that is not the last one is not the whole list. */

type Page = Readonly<Record<string, unknown>>;

/** Members in which a page has its entries: Unkey's v2 and v1, better-auth's, and a table's name. */
const LISTS = ['data', 'keys', 'apiKeys', 'apikey'] as const;

export const isPage = (value: unknown): value is Page => isRecord(value) && LISTS.some((name) => Array.isArray(value[name]));

export function entriesOf(page: Page): readonly unknown[] {
  const list = LISTS.map((name) => page[name]).find((each) => Array.isArray(each));
  return Array.isArray(list) ? list : [];
}

/** Why more pages must follow `last`; null: nothing in it says so. `read`: the number of entries of all pages so far. */
export function whyIncomplete(last: Page, read: number): string | null {
  const places = [last, last.pagination, last.meta].filter(isRecord);
  for (const place of places) {
    for (const name of ['hasMore', 'has_more', 'hasNextPage']) {
      if (place[name] === true) return `its page has "${name}": true`;
      // A cursor on the same page then leads nowhere.
      if (place[name] === false) return null;
    }
  }
  for (const place of places) {
    for (const name of ['cursor', 'nextCursor', 'next_cursor', 'nextPageToken', 'next'])
      if (typeof place[name] === 'string' && place[name] !== '')
        return `its page has a "${name}", which is the link to the next page`;
    for (const name of ['total', 'totalCount', 'total_count'])
      if (typeof place[name] === 'number' && place[name] > read)
        return `its page has "${name}": ${place[name]}, but it has ${read} rows`;
  }
  return null;
}

const isRecord = (value: unknown): value is Page => typeof value === 'object' && value !== null && !Array.isArray(value);
