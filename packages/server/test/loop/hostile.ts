/** Bodies and heads that cost a careless server far more than they cost their sender. */

/** As much as the largest body that a route takes. */
const LIMIT = 1024 * 1024;
const WIDE = 100_000;

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly type?: unknown;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
}

/** By name. `schema`: of the body that an honest client would send, so that the hostile part is where the route reads it. */
export function hostileJson(schema: Schema | undefined): Readonly<Record<string, string>> {
  const fields = Object.entries(schema?.properties ?? {});
  const names = fields.length === 0 ? ['x'] : fields.map(([name]) => name);
  const everyField = (value: (share: number) => string): string =>
    `{${names.map((name) => `${JSON.stringify(name)}:${value(Math.floor(LIMIT / names.length) - name.length - 10)}`).join()}}`;
  return {
    'nested 5,000 deep': everyField(() => `${'['.repeat(5000)}${']'.repeat(5000)}`.slice(0, 10_000)).slice(0, LIMIT),
    'nested to the limit': `${'{"a":['.repeat(LIMIT / 8)}${']}'.repeat(LIMIT / 8)}`,
    'arrays to the limit': `${'['.repeat(LIMIT / 2)}${']'.repeat(LIMIT / 2)}`,
    'never closed': '['.repeat(LIMIT),
    'a hundred thousand members': `{${Array.from({ length: WIDE }, (_, at) => `"${at.toString(36)}":0`).join()}}`,
    'a hundred thousand elements': everyField((share) => `[${'0,'.repeat(Math.min(WIDE, share / 2 - 2))}0]`),
    'elements that are objects': everyField((share) => `[${'{},'.repeat(Math.min(WIDE, share / 3 - 2))}{}]`),
    'the longest text': everyField((share) => `"${'\\u0041'.repeat(share / 6 - 1)}"`),
    'members that nobody knows, in every element': everyField(
      (share) => `[${`{${Array.from({ length: 50 }, (_, at) => `"u${at}":0`).join()}},`.repeat(share / 400)}{}]`,
    ),
    'as many as may be, all wrong': JSON.stringify(allWrong(schema ?? {}, 5000)),
  };
}

/** Matches the schema in its outline, and is wrong in every leaf. */
function allWrong(schema: Schema, most: number): unknown {
  const { properties, items, maxItems = 1000, anyOf } = schema;
  if (anyOf !== undefined)
    return allWrong(anyOf.find((each) => each.items !== undefined || each.properties !== undefined) ?? {}, most);
  if (items !== undefined) {
    const count = Math.min(maxItems, most);
    return Array.from({ length: count }, () => allWrong(items, Math.max(1, Math.floor(most / Math.max(1, count)))));
  }
  if (properties === undefined) return [];
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, allWrong(each, most)]));
}

export const hostileForms: Readonly<Record<string, string>> = {
  'a hundred thousand parameters': Array.from({ length: WIDE }, (_, at) => `${at.toString(36)}=1`).join('&'),
  'a million ampersands': '&'.repeat(LIMIT),
  'a million pluses': `token=${'+'.repeat(LIMIT - 6)}`,
  'a million escapes': `token=${'%2B'.repeat(LIMIT / 3 - 3)}`,
  'what fits, in pluses': `token=${'+'.repeat(65_000)}`,
};

/** Node takes 16 KB of head. */
const HEAD = 15_000;

export const hostileHeads: Readonly<
  Record<string, { readonly query?: string; readonly headers?: Readonly<Record<string, string>> }>
> = {
  'thousands of parameters': {
    query: Array.from({ length: HEAD / 5 }, (_, at) => at.toString(36))
      .join('&')
      .slice(0, HEAD),
  },
  'one long parameter': { query: `q=${'+'.repeat(HEAD)}` },
  'thousands of cookies': {
    headers: {
      cookie: Array.from({ length: HEAD / 7 }, (_, at) => `${at.toString(36)}=1`)
        .join('; ')
        .slice(0, HEAD),
    },
  },
  'thousands of headers': { headers: Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`x${at.toString(36)}`, '1'])) },
  'a long list of languages': { headers: { 'accept-language': 'a,'.repeat(HEAD / 2), accept: '*/*' } },
  'a long list of types': { headers: { accept: 'a/b;q=0.1,'.repeat(HEAD / 10) } },
  'a long credential': { headers: { authorization: `Bearer ${'eyJ'.repeat(HEAD / 3)}` } },
  'a credential of many parts': { headers: { authorization: `Bearer eyJ${'.'.repeat(HEAD)}` } },
};
