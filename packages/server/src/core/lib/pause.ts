/** Lets everything else that waits have its turn; for work that is done in slices. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
