/**
 * How much work a page does for an action: components that React rendered, counted by its own hook for developer tools, and rows
 * of the document. A clock would measure how busy the machine is.
 */
import type { Page } from 'playwright-core';

/** The parts of the hook's arguments that are read. */
interface Fiber {
  readonly tag: number;
  readonly flags: number;
  readonly alternate: Fiber | null;
  readonly child: Fiber | null;
  readonly sibling: Fiber | null;
}

declare global {
  var renderedSoFar: number;
}

/** Before the page is opened. */
export async function countWork(page: Page): Promise<void> {
  await page.addInitScript(() => {
    // React's work tags: functions, classes, forwardRef, memo, and memo of a plain function. Its flag 1: it performed work.
    const COMPONENTS = new Set([0, 1, 11, 14, 15]);
    const rendered = (fiber: Fiber): number => {
      const before = fiber.alternate;
      let count = COMPONENTS.has(fiber.tag) && (before === null || (fiber.flags & 1) === 1) ? 1 : 0;
      // The same child: nothing below was rendered again.
      if (before !== null && before.child === fiber.child) return count;
      for (let child = fiber.child; child !== null; child = child.sibling) count += rendered(child);
      return count;
    };
    globalThis.renderedSoFar = 0;
    Object.assign(globalThis, {
      __REACT_DEVTOOLS_GLOBAL_HOOK__: {
        supportsFiber: true,
        isDisabled: false,
        renderers: new Map(),
        checkDCE: () => undefined,
        inject: () => 1,
        onCommitFiberUnmount: () => undefined,
        onPostCommitFiberRoot: () => undefined,
        onCommitFiberRoot: (_: number, root: { readonly current: Fiber }) => {
          globalThis.renderedSoFar += rendered(root.current);
        },
      },
    });
  });
}

/** Components that were rendered by an action and by what the page did because of it until it had nothing more to do. */
export async function workOf(page: Page, act: () => Promise<unknown>): Promise<number> {
  const before = await page.evaluate(() => globalThis.renderedSoFar);
  await act();
  return (await settled(page)) - before;
}

/** Two frames in which nothing was rendered. */
async function settled(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (let before = -1; before !== globalThis.renderedSoFar; await frames()) before = globalThis.renderedSoFar;
    return globalThis.renderedSoFar;
  });
}
