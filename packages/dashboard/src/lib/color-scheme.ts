/** Light or dark: as in the system, or as the user chose; remembered under the key that Mantine reads too. */
export type Scheme = 'light' | 'dark' | 'auto';
const KEY = 'mantine-color-scheme-value';

export function readScheme(): Scheme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'auto';
  } catch {
    return 'auto';
  }
}

/** Undefined if the browser cannot be asked. */
const prefersDark = (): MediaQueryList | undefined => globalThis.matchMedia?.('(prefers-color-scheme: dark)');

/** Before the first paint, so that a dark page does not start with a bright flash. */
export function applyScheme(scheme: Scheme): void {
  const isDark = scheme === 'dark' || (scheme === 'auto' && prefersDark()?.matches === true);
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
}

/** Continues to follow the system while the page is open, where nothing else does. */
export function followScheme(): void {
  prefersDark()?.addEventListener('change', () => applyScheme(readScheme()));
}

export function writeScheme(scheme: Scheme): void {
  try {
    localStorage.setItem(KEY, scheme);
  } catch {
    // If nothing may be stored it lasts until the page is left.
  }
}
