/** The options of the command line. */
const value = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const only = value('only')?.split(',');
export const quick = process.argv.includes('--quick');
export const wanted = (part: string): boolean => only === undefined || only.includes(part);
export const sizes: readonly number[] = (value('rows') ?? (quick ? '1000,100000' : '1000,100000,1000000,10000000'))
  .split(',')
  .map(Number);
export const rounds = quick ? 3 : 5;
export const timing = quick ? { seconds: 2, warmupSeconds: 1 } : { seconds: 4, warmupSeconds: 2 };
/** How long a whole run waits for a quiet machine and repeats disturbed rounds, in total. */
export const patienceSeconds = Number(value('patience') ?? (quick ? 60 : 180));
/** The table whose figures are compared with the goals. */
export const mainSize = sizes.includes(1_000_000) ? 1_000_000 : Math.max(...sizes);
if (sizes.some((size) => !Number.isInteger(size) || size < 100))
  throw new Error('--rows wants whole numbers from 100, with commas.');
