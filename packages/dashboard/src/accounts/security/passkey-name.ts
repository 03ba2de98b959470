/** A first name for a passkey: the device that it is created on, and a number if there is one of that name. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android phone'],
  [/Windows/, 'Windows PC'],
  [/CrOS/, 'Chromebook'],
  [/Mac OS X|Macintosh/, 'Mac'],
  [/Linux/, 'Linux PC'],
];

export function suggestName(userAgent: string, taken: readonly string[]): string {
  const name = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Passkey';
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
