/** The options of the command line. */
const value = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const only = value('only')?.split(',');
export const quick = process.argv.includes('--quick');
/** Ends with an exit code that is not 0 if a row is worse than its limit, or could not be judged. */
export const gate = process.argv.includes('--gate');
export const wanted = (part: string): boolean => only === undefined || only.includes(part);
export const refuseUnknownParts = (known: readonly string[]): void => {
  const unknown = only?.filter((part) => !known.includes(part)) ?? [];
  if (unknown.length > 0) throw new Error(`--only takes ${known.join(', ')}; not ${unknown.join(', ')}.`);
};
export const sizes: readonly number[] = (value('rows') ?? (quick ? '1000,300000' : '1000,1000000,10000000'))
  .split(',')
  .map(Number);
export const rounds = quick ? 3 : 5;
export const timing = quick ? { seconds: 1, warmupSeconds: 0.5 } : { seconds: 4, warmupSeconds: 2 };
/** Long enough that what a server puts off has to be done. */
export const sustained = quick ? { seconds: 8, warmupSeconds: 4 } : { seconds: 40, warmupSeconds: 20 };
/** How long a whole run waits for a quiet machine and repeats disturbed rounds, in total. */
export const patienceSeconds = Number(value('patience') ?? (quick ? 15 : 180));
/** The table whose figures are compared with the goals. */
export const mainSize = sizes.includes(1_000_000) ? 1_000_000 : Math.max(...sizes);
if (sizes.some((size) => !Number.isInteger(size) || size < 100))
  throw new Error('--rows wants whole numbers from 100, with commas.');
