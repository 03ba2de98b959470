/** Lets everything else that waits have its turn; for work that goes on in slices. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
