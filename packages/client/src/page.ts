/**
 * The parts of a browser's page that are used. Looked up when needed: the same code runs in Node and in workers, where there is
 * no page, and its types need no DOM library.
 */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface PopupWindow {
  readonly location: { replace(url: string): void };
  close(): void;
}

export interface Page {
  readonly document: { readonly baseURI: string };
  readonly location: { readonly href: string; readonly origin: string; assign(url: string): void };
  readonly history: { readonly state: unknown; replaceState(state: unknown, unused: string, url: string): void };
  readonly localStorage: WebStorage;
  readonly sessionStorage: WebStorage;
  open(url: string, target: string, features: string): PopupWindow | null;
  readonly closed: boolean;
  close(): void;
  addEventListener(type: 'storage', listener: (event: { readonly key: string | null }) => void): void;
  removeEventListener(type: 'storage', listener: (event: { readonly key: string | null }) => void): void;
}

/** Null outside of a page. */
export const findPage = (): Page | null =>
  'document' in globalThis && 'location' in globalThis ? (globalThis as unknown as Page) : null;
