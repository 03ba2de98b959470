/**
 * Signing in in a separate window. The issuer's pages are isolated from other windows (Cross-Origin-Opener-Policy), so the two
 * windows of the application find each other on a channel of their origin, named after the `state` that only they know.
 */
import { KeyhouseError } from './errors.ts';
import { findPage, type PopupWindow } from './page.ts';

const FEATURES = 'popup,width=480,height=720';
const TAKEN_WITHIN_MS = 1_000;

/** Must be called before anything is awaited: browsers open windows only while a click is handled. */
export function openPopup(): PopupWindow {
  const popup = findPage()?.open('', '_blank', FEATURES) ?? null;
  if (popup === null) throw new KeyhouseError('popup_blocked', 'The browser did not open the sign-in window.');
  return popup;
}

/** In the window that opened the other: the address that it came back to. */
export function answerFromPopup(state: string, signal: AbortSignal): Promise<string> {
  const channel = new BroadcastChannel(nameOf(state));
  return new Promise<string>((resolve, reject) => {
    const abort = () => reject(new KeyhouseError('aborted', 'The sign-in was cancelled.', { cause: signal.reason }));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    listen(channel, (data) => {
      if (!isAnswer(data)) return;
      channel.postMessage(TAKEN);
      resolve(data.address);
    });
  }).finally(() => channel.close());
}

/** In the other, which then closes itself: false if no window waits for this answer. */
export async function handOver(state: string, address: string): Promise<boolean> {
  const channel = new BroadcastChannel(nameOf(state));
  const isTaken = await new Promise<boolean>((resolve) => {
    listen(channel, (data) => {
      if (data === TAKEN) resolve(true);
    });
    channel.postMessage({ address });
    setTimeout(() => resolve(false), TAKEN_WITHIN_MS);
  });
  channel.close();
  if (!isTaken) return false;
  const page = findPage();
  page?.close();
  // The application must not start in a window that is about to close.
  if (page?.closed) await new Promise<never>(() => {});
  return true;
}

const TAKEN = 'taken';
const nameOf = (state: string): string => `keyhouse:popup:${state}`;

const isAnswer = (data: unknown): data is { readonly address: string } =>
  typeof data === 'object' && data !== null && typeof (data as { address?: unknown }).address === 'string';

function listen(channel: InstanceType<typeof BroadcastChannel>, listener: (data: unknown) => void): void {
  (channel as unknown as { onmessage: (event: { data: unknown }) => void }).onmessage = ({ data }) => listener(data);
}
